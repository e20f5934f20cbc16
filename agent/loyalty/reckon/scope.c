/* The conditions of a promotion, in the order in which a person would ask: is it stopped, here, now, for this customer,
 * with this coupon - and then what has to be in the basket. */
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"

static bool is_now(const struct vn_when *when, int64_t minute)
{
    if (minute < when->from_minute || minute >= when->to_minute) {
        return false;
    }
    unsigned weekday = vn_time_weekday(minute);
    unsigned of_day = vn_time_minute_of_day(minute);
    unsigned days = when->weekdays == 0 ? 0x7f : when->weekdays;
    bool today = (days >> weekday & 1) != 0;
    if (when->hours_count == 0) {
        return today;
    }
    bool yesterday = (days >> ((weekday + 6) % 7) & 1) != 0;
    for (unsigned i = 0; i < when->hours_count; i++) {
        const struct vn_hours *hours = &when->hours[i];
        bool over_midnight = hours->from_minute > hours->to_minute;
        if (today && of_day >= hours->from_minute && (over_midnight || of_day < hours->to_minute)) {
            return true;
        }
        /* the part after midnight belongs to the day on which the span began */
        if (yesterday && over_midnight && of_day < hours->to_minute) {
            return true;
        }
    }
    return false;
}

static bool is_here(const struct vn_promotion *promotion, const char *store)
{
    return (promotion->where.stores.count == 0 || vn_terms_have(&promotion->where.stores, store)) &&
           !vn_terms_have(&promotion->where.not_stores, store);
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

static enum vn_reason judge_member(const struct vn_promotion *promotion, const struct vn_member *member,
                                   bool earning)
{
    if (promotion->who.kind == VN_WHO_ANYONE && !earning) {
        return VN_REASON_APPLIED;
    }
    if (member == NULL) {
        return VN_REASON_NEEDS_MEMBER;
    }
    if (member->blocked) {
        return VN_REASON_BLOCKED;
    }
    if (!member->known) {
        return VN_REASON_NEEDS_HUB;
    }
    if (promotion->who.tiers.count > 0 && !vn_terms_have(&promotion->who.tiers, member->tier)) {
        return VN_REASON_NEEDS_TIER;
    }
    bool segment = promotion->who.segments.count == 0;
    for (unsigned i = 0; i < member->segment_count && i < VN_SEGMENTS_MAX; i++) {
        segment = segment || vn_terms_have(&promotion->who.segments, member->segments[i]);
    }
    return segment ? VN_REASON_APPLIED : VN_REASON_NEEDS_SEGMENT;
}

int64_t vn_scope_available(const struct vn_quote_work *work, const char *account)
{
    int64_t available = 0;
    for (size_t i = 0; account[0] != '\0' && i < work->input->right_count; i++) {
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

static enum vn_reason judge_coupon(const struct vn_quote_work *work, const struct vn_coupon *coupon)
{
    int64_t now = work->input->basket->started_ms;
    if (coupon->spent) {
        return VN_REASON_COUPON_SPENT;
    }
    if ((coupon->valid_from_ms != 0 && now < coupon->valid_from_ms) ||
        (coupon->valid_until_ms != 0 && now >= coupon->valid_until_ms)) {
        return VN_REASON_COUPON_EXPIRED;
    }
    bool counted = coupon->single_use || coupon->account[0] != '\0';
    return counted && vn_scope_available(work, coupon->account) < 1 ? VN_REASON_NEEDS_HUB : VN_REASON_APPLIED;
}

/* Of several coupons for one promotion one is used: a usable one, of these the first by account, so that the order in
 * which they were presented does not matter. */
static enum vn_reason choose_coupon(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                    const struct vn_coupon **coupon)
{
    enum vn_reason best = VN_REASON_NEEDS_COUPON;
    const struct vn_choices *choices = work->input->choices;
    for (unsigned i = 0; choices != NULL && i < choices->coupon_count && i < VN_COUPONS_MAX; i++) {
        const struct vn_coupon *at = &choices->coupons[i];
        if (strcmp(at->promotion, promotion->id) != 0) {
            continue;
        }
        enum vn_reason reason = judge_coupon(work, at);
        bool better = *coupon == NULL || (reason == VN_REASON_APPLIED && best != VN_REASON_APPLIED) ||
                      ((reason == VN_REASON_APPLIED) == (best == VN_REASON_APPLIED) &&
                       strcmp(at->account, (*coupon)->account) < 0);
        if (better) {
            best = reason;
            *coupon = at;
        }
    }
    return best;
}

enum vn_reason vn_scope_gate(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                             const struct vn_coupon **coupon)
{
    const struct vn_quote_input *input = work->input;
    *coupon = NULL;
    if (is_stopped(input, promotion->id)) {
        return VN_REASON_STOPPED;
    }
    if (!is_here(promotion, input->place.store)) {
        return VN_REASON_NOT_HERE;
    }
    if (!is_now(&promotion->when, work->local_minute)) {
        return VN_REASON_NOT_NOW;
    }
    bool earning = work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING;
    enum vn_reason reason = judge_member(promotion, input->member, earning);
    if (reason == VN_REASON_APPLIED && promotion->cond.coupon) {
        reason = choose_coupon(work, promotion, coupon);
    }
    if (reason == VN_REASON_APPLIED && promotion->offline == VN_OFFLINE_NEVER && !input->hub_reachable) {
        reason = VN_REASON_NEEDS_HUB;
    }
    return reason;
}

/* What the basket has of a condition. Quantities count only units that are free, unless the group stacks. */
static int64_t measure(const struct vn_quote_work *work, const struct vn_selector *selector, bool money,
                       bool running, bool all)
{
    int64_t sum = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        if (!at->counts || (at->forbids & VN_FORBID_THRESHOLD) != 0 ||
            !vn_selector_matches(selector, at->line, at->item)) {
            continue;
        }
        if (money && !running) {
            sum += at->list_minor;
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            const struct vn_unit *unit = &work->units[u];
            if (money) {
                sum += unit->running_minor + unit->relief_minor;
            } else if (all || !unit->taken) {
                sum += unit->qty_milli;
            }
        }
    }
    return sum;
}

void vn_scope_conditions(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         struct vn_offer *offer)
{
    bool all = work->ruleset->groups[promotion->group].choice == VN_CHOICE_ALL;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    for (uint32_t i = 0; i < promotion->cond.quantity_count; i++) {
        const struct vn_quantity *quantity = &promotion->cond.quantities[i];
        offer->least = quantity->least_milli;
        offer->missing = offer->least - measure(work, quantity->selector, false, false, all);
        if (offer->missing > 0) {
            offer->reason = VN_REASON_QUANTITY_SHORT;
            return;
        }
    }
    if (promotion->cond.spend_asked) {
        offer->least = promotion->cond.spend_least_minor;
        offer->missing = offer->least - measure(work, promotion->cond.spend_selector, true,
                                                promotion->cond.spend_running, all);
        if (offer->missing > 0) {
            offer->reason = VN_REASON_SPEND_SHORT;
            return;
        }
    }
    offer->missing = 0;
}
