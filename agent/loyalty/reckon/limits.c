/* How often and for how much a promotion may apply on this receipt.
 *
 * Limits of one receipt are counted here alone. Limits of a member and of the chain are accounts: who has no right to take
 * from them does not, unless the promotion lets the till take the risk while the hub is away. A member's limit counts
 * receipts, the chain's counts applications and money, and each application uses its stamps. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/clock.h"

#define ACCOUNTS_MAX 5 /* member limit, count, budget, stamps, coupon */

bool vn_limits_may_risk(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return promotion->offline == VN_OFFLINE_RISK && work->input->risk_allowed && !work->input->hub_reachable;
}

/* A year's limit of a birthday offer is for the birthday's year: a window over New Year is one window. */
static bool is_of_occasions_year(const struct vn_promotion *promotion)
{
    return promotion->limits.member_period == VN_PERIOD_YEAR &&
           (promotion->who.birthday || promotion->who.anniversary);
}

static int64_t period_day(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    int64_t day = vn_clock_day(work->local_minute);
    if (is_of_occasions_year(promotion)) {
        (void)vn_audience_occasion_day(work, promotion, &day);
    }
    return vn_clock_period_start(promotion->limits.member_period, day);
}

int64_t vn_limits_days_left(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    if (is_of_occasions_year(promotion)) {
        return vn_audience_next_window(work, promotion);
    }
    enum vn_period period = promotion->limits.member_period;
    int64_t today = vn_clock_day(work->local_minute);
    int64_t start = vn_clock_period_start(period, today);
    struct vn_date date = vn_clock_date(start);
    switch (period) {
    case VN_PERIOD_DAY: return 1;
    case VN_PERIOD_WEEK: return start + 7 - today;
    case VN_PERIOD_MONTH:
        return (date.month == 12 ? vn_clock_day_of(date.year + 1, 1, 1)
                                 : vn_clock_day_of(date.year, date.month + 1, 1)) -
               today;
    case VN_PERIOD_YEAR: return vn_clock_day_of(date.year + 1, 1, 1) - today;
    default: return 0;
    }
}

int64_t vn_limits_member_account(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                 char out[VN_ID_MAX])
{
    int64_t day = period_day(work, promotion);
    vn_account_member_limit(vn_audience_member_id(work->input->member), promotion->id, day, out);
    return day;
}

static int64_t consumed(const struct vn_quote_work *work, const char *account)
{
    for (unsigned i = 0; i < work->out->consumption_count; i++) {
        if (strcmp(work->out->consumptions[i].account, account) == 0) {
            return work->out->consumptions[i].amount;
        }
    }
    return 0;
}

/* What this outcome holds of the promotion already. */
static struct vn_applied given_so_far(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    struct vn_applied sum = {.times = 0};
    for (size_t i = 0; i < work->applied_count; i++) {
        if (vn_work_promotion(work, work->applied[i].promotion) == promotion) {
            sum.times += work->applied[i].times;
            sum.discount_minor += work->applied[i].discount_minor;
        }
    }
    return sum;
}

static void lower(int64_t *least, int64_t value, enum vn_reason reason, enum vn_reason *why)
{
    value = value > 0 ? value : 0;
    if (value < *least) {
        *least = value;
        *why = reason;
    }
}

/* The member's limit lets this receipt in, or *why does not. */
static bool member_may(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                       enum vn_reason *why)
{
    char account[VN_ID_MAX];
    const struct vn_member *member = work->input->member;
    if (member == NULL) {
        *why = VN_REASON_NEEDS_MEMBER;
        return false;
    }
    (void)vn_limits_member_account(work, promotion, account);
    if (consumed(work, account) > 0) {
        return true; /* this receipt is counted */
    }
    if (vn_audience_counter(member, account) >= promotion->limits.member_count) {
        *why = VN_REASON_LIMIT_USED;
        return false;
    }
    if (vn_scope_available(work, account) < 1 && !vn_limits_may_risk(work, promotion)) {
        *why = VN_REASON_NEEDS_HUB;
        return false;
    }
    return true;
}

int64_t vn_limits_stamps(const struct vn_quote_work *work, const char *card, char account[VN_ID_MAX])
{
    const struct vn_member *member = work->input->member;
    vn_account_stamps(vn_audience_member_id(member), card, account);
    return vn_audience_counter(member, account) - consumed(work, account);
}

/* With too few stamps for one application the gate refuses it, and tells what it would give: no limit then. */
static int64_t stamps_times(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    char account[VN_ID_MAX];
    int64_t stamps = vn_limits_stamps(work, promotion->cond.stamps, account);
    if (stamps < promotion->cond.stamp_count) {
        return INT64_MAX;
    }
    int64_t available = vn_scope_available(work, account);
    if (available < stamps && !vn_limits_may_risk(work, promotion) && !VN_PLANTED(STAMPS_WITHOUT_RIGHT)) {
        stamps = available;
    }
    return stamps / promotion->cond.stamp_count;
}

int64_t vn_limits_times(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                        enum vn_reason *why)
{
    char account[VN_ID_MAX];
    const struct vn_limits *limits = &promotion->limits;
    int64_t times = INT64_MAX;
    *why = VN_REASON_APPLIED;
    if (limits->per_receipt > 0) {
        lower(&times, limits->per_receipt - given_so_far(work, promotion).times, VN_REASON_CAPPED, why);
    }
    if (limits->member_count > 0 && !member_may(work, promotion, why)) {
        return 0;
    }
    if (promotion->cond.stamps != NULL && work->input->member != NULL) {
        lower(&times, stamps_times(work, promotion), VN_REASON_NEEDS_HUB, why);
    }
    if (limits->all_count > 0 && !vn_limits_may_risk(work, promotion)) {
        vn_account_chain_count(promotion->id, account);
        lower(&times, vn_scope_available(work, account), VN_REASON_NEEDS_HUB, why);
    }
    return times;
}

int64_t vn_limits_receipt(const struct vn_quote_work *work)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    int64_t money = INT64_MAX;
    int64_t share = 0;
    if (ruleset->max_receipt_discount_minor > 0) {
        money = ruleset->max_receipt_discount_minor - work->out->discount_minor;
    }
    /* a share that does not fit its type is above any receipt */
    if (ruleset->max_receipt_discount_bp > 0 &&
        vn_money_mul_div(work->goods_minor, ruleset->max_receipt_discount_bp, VN_BP_WHOLE, VN_ROUND_DOWN,
                         &share)) {
        share -= work->out->discount_minor;
        money = share < money ? share : money;
    }
    return money > 0 ? money : 0;
}

int64_t vn_limits_money(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                        enum vn_reason *why)
{
    char account[VN_ID_MAX];
    int64_t money = INT64_MAX;
    *why = VN_REASON_APPLIED;
    if (promotion->max_discount_minor > 0) {
        lower(&money, promotion->max_discount_minor - given_so_far(work, promotion).discount_minor,
              VN_REASON_CAPPED, why);
    }
    lower(&money, vn_limits_receipt(work), VN_REASON_CAPPED, why);
    if (promotion->limits.all_budget_minor > 0 && !vn_limits_may_risk(work, promotion)) {
        vn_account_chain_budget(promotion->id, account);
        lower(&money, vn_scope_available(work, account), VN_REASON_NEEDS_HUB, why);
    }
    return money;
}

/* What an application takes out of accounts. */
struct takings {
    size_t count;
    struct vn_consumption rows[ACCOUNTS_MAX];
};

static void add_taking(struct takings *takings, const char *account, int64_t amount)
{
    if (amount > 0 && account[0] != '\0') {
        struct vn_consumption *row = &takings->rows[takings->count++];
        row->amount = amount;
        memcpy(row->account, account, VN_ID_MAX);
    }
}

static void collect_takings(const struct vn_quote_work *work, const struct vn_applied *applied,
                            struct takings *takings)
{
    char account[VN_ID_MAX];
    const struct vn_promotion *promotion = vn_work_promotion(work, applied->promotion);
    takings->count = 0;
    if (promotion->limits.member_count > 0) {
        (void)vn_limits_member_account(work, promotion, account);
        add_taking(takings, account, consumed(work, account) > 0 ? 0 : 1);
    }
    if (promotion->limits.all_count > 0) {
        vn_account_chain_count(promotion->id, account);
        add_taking(takings, account, applied->times);
    }
    if (promotion->limits.all_budget_minor > 0) {
        vn_account_chain_budget(promotion->id, account);
        add_taking(takings, account, applied->discount_minor);
    }
    if (promotion->cond.stamps != NULL) {
        vn_account_stamps(vn_audience_member_id(work->input->member), promotion->cond.stamps, account);
        add_taking(takings, account, applied->times * promotion->cond.stamp_count);
    }
    if (applied->coupon != NULL) {
        add_taking(takings, applied->coupon->account, 1);
    }
}

bool vn_limits_consume(struct vn_quote_work *work, const struct vn_applied *applied)
{
    struct takings takings;
    size_t rows = work->out->consumption_count;
    collect_takings(work, applied, &takings);
    for (size_t i = 0; i < takings.count; i++) {
        rows += consumed(work, takings.rows[i].account) > 0 ? 0 : 1;
    }
    if (rows > VN_RIGHTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < takings.count; i++) {
        const struct vn_consumption *row = &takings.rows[i];
        bool risk = vn_scope_available(work, row->account) < row->amount;
        (void)vn_apply_consumption(work, row->account, row->amount, risk);
    }
    return true;
}
