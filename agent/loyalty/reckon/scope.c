/* The conditions of a promotion, in the order in which a person would ask: is it stopped, here, now, for this customer,
 * with this coupon and this way to pay - and then what has to be in the basket. */
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"

/* The day is one on which it may begin. */
static bool is_day(const struct vn_when *when, int64_t day)
{
    unsigned weekday = vn_time_weekday(day * VN_MINUTES_OF_DAY);
    if (when->weekdays != 0 && (when->weekdays >> weekday & 1) == 0) {
        return false;
    }
    return when->holidays == NULL || vn_calendar_has(when->holidays, day) != when->not_holidays;
}

static bool is_now(const struct vn_when *when, int64_t minute)
{
    if (minute < when->from_minute || minute >= when->to_minute) {
        return false;
    }
    int64_t day = vn_clock_day(minute);
    unsigned of_day = vn_time_minute_of_day(minute);
    if (when->hours_count == 0) {
        return is_day(when, day);
    }
    for (unsigned i = 0; i < when->hours_count; i++) {
        const struct vn_hours *hours = &when->hours[i];
        bool over_midnight = hours->from_minute > hours->to_minute;
        if (of_day >= hours->from_minute && (over_midnight || of_day < hours->to_minute) &&
            is_day(when, day)) {
            return true;
        }
        /* the part after midnight belongs to the day on which the span began */
        if (over_midnight && of_day < hours->to_minute && is_day(when, day - 1)) {
            return true;
        }
    }
    return false;
}

static bool in_group(const struct vn_quote_work *work, const struct vn_terms *groups)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    for (uint32_t i = 0; groups->count > 0 && i < ruleset->store_group_count; i++) {
        if ((work->store_groups >> i & 1) != 0 && vn_terms_have(groups, ruleset->store_groups[i].id)) {
            return true;
        }
    }
    return false;
}

static bool is_here(const struct vn_quote_work *work, const struct vn_where *where)
{
    const struct vn_place *place = &work->input->place;
    bool anywhere = where->stores.count == 0 && where->store_groups.count == 0;
    if (!anywhere && !vn_terms_have(&where->stores, place->store) && !in_group(work, &where->store_groups)) {
        return false;
    }
    if (vn_terms_have(&where->not_stores, place->store) || in_group(work, &where->not_store_groups)) {
        return false;
    }
    if ((where->tills.count > 0 && !vn_terms_have(&where->tills, place->till)) ||
        vn_terms_have(&where->not_tills, place->till)) {
        return false;
    }
    return where->lanes == 0 || (where->lanes >> work->input->basket->lane & 1) != 0;
}

static bool is_stopped(const struct vn_quote_input *input, const char *id)
{
    for (size_t i = 0; i < input->stopped_count; i++) {
        if (strcmp(input->stopped[i], id) == 0) {
            return true;
        }
    }
    return false;
}

int64_t vn_scope_available(const struct vn_quote_work *work, const char *account)
{
    int64_t available = work->unbounded && account[0] != '\0' ? 3 * VN_AMOUNT_MAX : 0;
    for (size_t i = 0; account[0] != '\0' && !work->unbounded && i < work->input->right_count; i++) {
        if (strcmp(work->input->rights[i].account, account) == 0) {
            available = work->input->rights[i].available;
            break;
        }
    }
    for (unsigned i = 0; i < work->out->consumption_count; i++) {
        if (strcmp(work->out->consumptions[i].account, account) == 0) {
            available -= work->out->consumptions[i].amount;
        }
    }
    return available;
}

static enum vn_reason judge_stamps(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    char account[VN_ID_MAX];
    const struct vn_if *cond = &promotion->cond;
    if (vn_limits_stamps(work, cond->stamps, account) < cond->stamp_count) {
        return VN_REASON_STAMPS_SHORT;
    }
    return vn_scope_available(work, account) >= cond->stamp_count || vn_limits_may_risk(work, promotion)
               ? VN_REASON_APPLIED
               : VN_REASON_NEEDS_HUB;
}

static bool is_paid_so(const struct vn_basket *basket, const struct vn_terms *tenders)
{
    for (unsigned i = 0; i < basket->tender_count && i < VN_TENDERS_MAX; i++) {
        if (vn_terms_have(tenders, basket->tenders[i].kind)) {
            return true;
        }
    }
    return tenders->count == 0;
}

static bool has_its_hub(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return promotion->offline != VN_OFFLINE_NEVER || work->input->hub_reachable;
}

enum vn_reason vn_scope_gate(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                             const struct vn_coupon **coupon)
{
    const struct vn_quote_input *input = work->input;
    int64_t missing = 0;
    *coupon = NULL;
    if (is_stopped(input, promotion->id)) {
        return VN_REASON_STOPPED;
    }
    if (!is_here(work, &promotion->where)) {
        return VN_REASON_NOT_HERE;
    }
    if (!is_now(&promotion->when, work->local_minute)) {
        return VN_REASON_NOT_NOW;
    }
    enum vn_reason reason = vn_audience_judge(work, promotion, &missing);
    if (reason == VN_REASON_APPLIED && promotion->cond.coupon) {
        reason = vn_coupon_choose(work, promotion, coupon);
    }
    if (reason == VN_REASON_APPLIED && promotion->cond.stamps != NULL) {
        reason = judge_stamps(work, promotion);
    }
    if (reason == VN_REASON_APPLIED && !is_paid_so(input->basket, &promotion->cond.tenders)) {
        reason = VN_REASON_NEEDS_TENDER;
    }
    if (reason == VN_REASON_APPLIED && !has_its_hub(work, promotion)) {
        reason = VN_REASON_NEEDS_HUB;
    }
    return reason;
}

/* A card would do: everything that is asked after it is there. */
static bool lacks_card_alone(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_coupon *coupon = NULL;
    if (work->input->member != NULL || !vn_audience_asks_card_alone(promotion)) {
        return false;
    }
    enum vn_reason reason =
        promotion->cond.coupon ? vn_coupon_choose(work, promotion, &coupon) : VN_REASON_APPLIED;
    return (reason == VN_REASON_APPLIED || reason == VN_REASON_NEEDS_MEMBER) &&
           is_paid_so(work->input->basket, &promotion->cond.tenders) && has_its_hub(work, promotion);
}

bool vn_scope_lacks_alone(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                          enum vn_reason reason)
{
    switch (reason) {
    case VN_REASON_NEEDS_MEMBER: return lacks_card_alone(work, promotion);
    case VN_REASON_NEEDS_TENDER: return has_its_hub(work, promotion);
    case VN_REASON_NEEDS_HUB: return is_paid_so(work->input->basket, &promotion->cond.tenders);
    default: return true;
    }
}

int64_t vn_scope_missing(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         enum vn_reason reason)
{
    char account[VN_ID_MAX];
    int64_t missing = 0;
    switch (reason) {
    case VN_REASON_NEEDS_OCCASION: (void)vn_audience_judge(work, promotion, &missing); return missing;
    case VN_REASON_STAMPS_SHORT:
        return promotion->cond.stamp_count - vn_limits_stamps(work, promotion->cond.stamps, account);
    case VN_REASON_LIMIT_USED: return vn_limits_days_left(work, promotion);
    default: return 0;
    }
}

int64_t vn_scope_spend(const struct vn_quote_work *work, const struct vn_selector *selector, bool running)
{
    const struct vn_line_set *set = vn_match_lines(work, selector);
    int64_t sum = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        if (!vn_line_set_has(set, i) || (at->forbids & VN_FORBID_THRESHOLD) != 0) {
            continue;
        }
        if (!running) {
            sum += at->list_minor;
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            sum += work->units[u].begun_minor + work->units[u].relief_minor;
        }
    }
    return sum;
}

/* Thousandths; only units that are free, unless the group stacks. */
static int64_t quantity_of(const struct vn_quote_work *work, const struct vn_selector *selector, bool all)
{
    const struct vn_line_set *set = vn_match_lines(work, selector);
    int64_t sum = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        if (!vn_line_set_has(set, i) || (at->forbids & VN_FORBID_THRESHOLD) != 0) {
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            sum += all || !work->units[u].taken ? work->units[u].qty_milli : 0;
        }
    }
    return sum;
}

/* The first condition that fails is the reason. Another one behind it that is further away takes the hint away with it: no
 * `least`, no hint. */
static void note(struct vn_offer *offer, enum vn_reason reason, int64_t least, int64_t missing)
{
    if (missing <= 0) {
        return;
    }
    if (offer->reason == VN_REASON_APPLIED) {
        *offer = (struct vn_offer){.reason = reason, .missing = missing, .least = least};
    } else if (missing > least / 2) {
        offer->least = 0;
    }
}

void vn_scope_conditions(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         struct vn_offer *offer)
{
    const struct vn_if *cond = &promotion->cond;
    bool all = vn_group_is_all(work, promotion);
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    for (uint32_t i = 0; i < cond->quantity_count; i++) {
        int64_t least = cond->quantities[i].least_milli;
        note(offer, VN_REASON_QUANTITY_SHORT, least,
             least - quantity_of(work, cond->quantities[i].selector, all));
    }
    if (cond->spend_asked) {
        note(offer, VN_REASON_SPEND_SHORT, cond->spend_least_minor,
             cond->spend_least_minor - vn_scope_spend(work, cond->spend_selector, cond->spend_running));
    }
}
