/* What a quote lacked. The first look is at the promotions that it judged: their accounts are named, and one that can't have
 * bound them is left out. How much of each is wanted is seen by quoting once more without bounds: promotions compete, and what
 * one of them would take hangs on all others. */
#include "agent/loyalty/wants.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"

#define ACCOUNTS_MAX 5 /* member limit, count, budget, stamps, coupon */

/* The accounts of one promotion, with the most that this basket can take of each. */
struct named {
    unsigned count;
    struct vn_quote_want rows[ACCOUNTS_MAX]; /* missing: the most */
};

static struct vn_quote_want *add(struct named *named, const char *promotion, int64_t most)
{
    struct vn_quote_want *row = &named->rows[named->count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion);
    row->missing = most;
    return row;
}

static void name_accounts(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                          struct named *named)
{
    const struct vn_member *member = work->input->member;
    const struct vn_limits *limits = &promotion->limits;
    named->count = 0;
    if (limits->member_count > 0 && member != NULL) {
        struct vn_quote_want *row = add(named, promotion->id, 1);
        row->day = vn_limits_member_account(work, promotion, row->account);
        (void)snprintf(row->member, sizeof row->member, "%s", vn_audience_member_id(member));
    }
    if (promotion->cond.stamps != NULL && member != NULL) {
        struct vn_quote_want *row = add(named, promotion->id, 0);
        row->missing = vn_limits_stamps(work, promotion->cond.stamps, row->account);
        (void)snprintf(row->member, sizeof row->member, "%s", vn_audience_member_id(member));
        (void)snprintf(row->card, sizeof row->card, "%s", promotion->cond.stamps);
    }
    if (limits->all_count > 0) {
        vn_account_chain_count(promotion->id, add(named, promotion->id, (int64_t)work->unit_count)->account);
    }
    if (limits->all_budget_minor > 0) {
        vn_account_chain_budget(promotion->id, add(named, promotion->id, work->goods_minor)->account);
    }
}

/* --- the first look ----------------------------------------------------------------------------------------------- */

struct list {
    unsigned count;
    char (*accounts)[VN_ID_MAX];
};

static void note(struct list *list, const char *account)
{
    bool there = account[0] == '\0' || list->count == VN_RIGHTS_MAX;
    for (unsigned i = 0; i < list->count && !there; i++) {
        there = strcmp(list->accounts[i], account) == 0;
    }
    if (!there) {
        memcpy(list->accounts[list->count++], account, VN_ID_MAX);
    }
}

static void note_promotion(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                           struct list *list)
{
    struct named named;
    name_accounts(work, promotion, &named);
    for (unsigned i = 0; i < named.count; i++) {
        if (vn_scope_available(work, named.rows[i].account) < named.rows[i].missing) {
            note(list, named.rows[i].account);
        }
    }
}

/* Of coupons the account is the coupon's own, and of points the wallet's. */
static void note_choices(const struct vn_quote_work *work, struct list *list)
{
    const struct vn_choices *choices = work->input->choices;
    const struct vn_member *member = work->input->member;
    for (unsigned i = 0; choices != NULL && i < choices->coupon_count && i < VN_COUPONS_MAX; i++) {
        if (vn_scope_available(work, choices->coupons[i].account) < 1 &&
            strcmp(choices->coupons[i].account, "") != 0) {
            note(list, choices->coupons[i].account);
        }
    }
    if (choices != NULL && member != NULL && choices->spend_points > work->out->points_spent) {
        note(list, member->account);
    }
    for (unsigned i = 0; choices != NULL && member != NULL && i < choices->spend_count; i++) {
        for (unsigned w = 0; w < member->wallet_count; w++) {
            if (strcmp(member->wallets[w].id, choices->spends[i].wallet) == 0) {
                note(list, member->wallets[w].account);
            }
        }
    }
}

/* What was refused for want of a right, then what may have got less than it could. */
static void note_candidates(const struct vn_quote_work *work, bool refused, struct list *list)
{
    for (size_t i = 0; i < work->candidate_count; i++) {
        enum vn_reason reason = work->verdicts[i].reason;
        bool bound = reason == VN_REASON_APPLIED || reason == VN_REASON_CAPPED || reason == VN_REASON_OUTBID;
        if (refused ? reason == VN_REASON_NEEDS_HUB : bound) {
            note_promotion(work, vn_work_promotion(work, work->candidates[i]), list);
        }
    }
}

unsigned vn_quote_lacked(const struct vn_quote_work *work, char accounts[VN_RIGHTS_MAX][VN_ID_MAX])
{
    struct list list = {0, accounts};
    note_choices(work, &list);
    note_candidates(work, true, &list);
    note_candidates(work, false, &list);
    return list.count;
}

/* --- how much ----------------------------------------------------------------------------------------------------- */

static int64_t right_of(const struct vn_quote_input *input, const char *account)
{
    for (size_t i = 0; i < input->right_count; i++) {
        if (strcmp(input->rights[i].account, account) == 0) {
            return input->rights[i].available > 0 ? input->rights[i].available : 0;
        }
    }
    return 0;
}

/* Whose account it is, by the promotion that took from it. */
static void explain(const struct vn_quote_work *work, struct vn_quote_want *want)
{
    for (size_t i = 0; i < work->applied_count; i++) {
        struct named named;
        name_accounts(work, vn_work_promotion(work, work->applied[i].promotion), &named);
        for (unsigned at = 0; at < named.count; at++) {
            if (strcmp(named.rows[at].account, want->account) == 0) {
                int64_t missing = want->missing;
                *want = named.rows[at];
                want->missing = missing;
                return;
            }
        }
    }
}

static bool consumes(const struct vn_outcome *out, const char *account)
{
    for (unsigned i = 0; i < out->consumption_count; i++) {
        if (strcmp(out->consumptions[i].account, account) == 0) {
            return true;
        }
    }
    return false;
}

/* A budget must have something left for a promotion that gives no money this time: a gift that is not in the basket yet. */
static unsigned add_untouched(const struct vn_quote_work *work, const struct vn_quote_input *input,
                              struct vn_quote_want *wants, unsigned count)
{
    for (size_t i = 0; i < work->applied_count && count < VN_RIGHTS_MAX; i++) {
        char account[VN_ID_MAX];
        const struct vn_promotion *promotion = vn_work_promotion(work, work->applied[i].promotion);
        vn_account_chain_budget(promotion->id, account);
        if (promotion->limits.all_budget_minor > 0 && !consumes(work->out, account) &&
            right_of(input, account) < 1 && !vn_limits_may_risk(work, promotion)) {
            struct vn_quote_want *want = &wants[count++];
            memset(want, 0, sizeof *want);
            memcpy(want->account, account, VN_ID_MAX);
            (void)snprintf(want->promotion, sizeof want->promotion, "%s", promotion->id);
            want->missing = 1;
        }
    }
    return count;
}

unsigned vn_quote_wants(struct vn_quote_work *work, const struct vn_quote_input *input,
                        struct vn_outcome *scratch, struct vn_quote_want wants[VN_RIGHTS_MAX])
{
    unsigned count = 0;
    if (vn_quote_unbounded(work, input, scratch) != VN_OK) {
        return 0;
    }
    for (unsigned i = 0; i < scratch->consumption_count; i++) {
        const struct vn_consumption *row = &scratch->consumptions[i];
        int64_t missing = row->amount - right_of(input, row->account);
        if (missing > 0) {
            struct vn_quote_want *want = &wants[count++];
            memset(want, 0, sizeof *want);
            memcpy(want->account, row->account, VN_ID_MAX);
            want->missing = missing;
            explain(work, want);
        }
    }
    return add_untouched(work, input, wants, count);
}

/* --- what is withheld --------------------------------------------------------------------------------------------- */

static bool needs_hub(const struct vn_explanation *row)
{
    return row->reason == VN_REASON_NEEDS_HUB && row->promotion[0] != '\0';
}

static int64_t worth_of(const struct vn_outcome *outcome, const char *promotion)
{
    for (unsigned i = 0; i < outcome->explanation_count; i++) {
        const struct vn_explanation *row = &outcome->explanations[i];
        if (row->reason == VN_REASON_APPLIED && strcmp(row->promotion, promotion) == 0) {
            return row->worth_minor;
        }
    }
    return 0;
}

unsigned vn_quote_withheld(struct vn_quote_work *work, const struct vn_quote_input *input,
                           const struct vn_outcome *outcome, struct vn_outcome *scratch,
                           struct vn_withheld out[VN_NEAR_MISSES_MAX])
{
    struct vn_quote_input online = *input;
    unsigned count = 0;
    unsigned first = 0;
    online.hub_reachable = true;
    while (first < outcome->explanation_count && !needs_hub(&outcome->explanations[first])) {
        first++;
    }
    if (first == outcome->explanation_count || vn_quote_unbounded(work, &online, scratch) != VN_OK) {
        return 0;
    }
    for (unsigned i = first; i < outcome->explanation_count && count < VN_NEAR_MISSES_MAX; i++) {
        const struct vn_explanation *row = &outcome->explanations[i];
        int64_t worth = needs_hub(row) ? worth_of(scratch, row->promotion) : 0;
        if (worth > 0) {
            memcpy(out[count].promotion, row->promotion, VN_ID_MAX);
            out[count++].worth_minor = worth;
        }
    }
    return count;
}

/* --- risk --------------------------------------------------------------------------------------------------------- */

static bool is_at_risk(const struct vn_outcome *out, const char *account)
{
    for (unsigned i = 0; i < out->consumption_count; i++) {
        if (out->consumptions[i].risk && strcmp(out->consumptions[i].account, account) == 0) {
            return true;
        }
    }
    return false;
}

static bool took_at_risk(const struct vn_quote_work *work, const struct vn_applied *applied)
{
    struct named named;
    bool risk = applied->coupon != NULL && is_at_risk(work->out, applied->coupon->account);
    name_accounts(work, vn_work_promotion(work, applied->promotion), &named);
    for (unsigned i = 0; i < named.count && !risk; i++) {
        risk = is_at_risk(work->out, named.rows[i].account);
    }
    return risk;
}

static int64_t points_for(const struct vn_quote_work *work, int64_t minor)
{
    const struct vn_wallet *wallet = &work->ruleset->wallets[0];
    int64_t points = 0;
    if (minor == 0) {
        return 0;
    }
    return wallet->worth_minor_num > 0 && vn_money_mul_div(minor, wallet->worth_minor_den,
                                                           wallet->worth_minor_num, VN_ROUND_UP, &points)
               ? points
               : INT64_MAX;
}

static int64_t points_at_risk(const struct vn_quote_work *work)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < work->out->consumption_count; i++) {
        const struct vn_consumption *row = &work->out->consumptions[i];
        if (row->risk && vn_outcome_is_wallet(work->out, row->account)) {
            sum += row->amount - right_of(work->input, row->account);
        }
    }
    return sum;
}

int64_t vn_quote_risked(const struct vn_quote_work *work)
{
    const struct vn_outcome *out = work->out;
    int64_t points = points_at_risk(work);
    int64_t minor = 0;
    for (size_t i = 0; i < work->applied_count; i++) {
        const char *id = vn_work_promotion(work, work->applied[i].promotion)->id;
        for (unsigned a = 0; took_at_risk(work, &work->applied[i]) && a < out->application_count; a++) {
            if (strcmp(out->applications[a].promotion, id) == 0) {
                minor += out->applications[a].discount_minor;
                points += out->applications[a].points;
            }
        }
    }
    int64_t worth = points_for(work, minor);
    return worth == INT64_MAX ? worth : points + worth;
}

/* --- what a ruleset counts ---------------------------------------------------------------------------------------- */

static bool is_stopped(const char (*stopped)[VN_ID_MAX], size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(stopped[i], id) == 0) {
            return true;
        }
    }
    return false;
}

bool vn_ruleset_counts(const struct vn_ruleset *ruleset, const char (*stopped)[VN_ID_MAX],
                       size_t stopped_count, const char *account, const char *store, int64_t now_ms)
{
    int64_t minute = vn_time_local_minute(now_ms, vn_ruleset_utc_offset_min(ruleset, store, now_ms));
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        char count[VN_ID_MAX];
        char budget[VN_ID_MAX];
        const struct vn_promotion *promotion = &ruleset->promotions[i];
        vn_account_chain_count(promotion->id, count);
        vn_account_chain_budget(promotion->id, budget);
        bool counts = (promotion->limits.all_count > 0 && strcmp(count, account) == 0) ||
                      (promotion->limits.all_budget_minor > 0 && strcmp(budget, account) == 0);
        if (counts && minute < promotion->when.to_minute &&
            !is_stopped(stopped, stopped_count, promotion->id)) {
            return true;
        }
    }
    return false;
}
