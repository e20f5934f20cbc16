/* One group: its promotions in scope are judged by the group's choice.
 *
 * `first` and `all` try one after another, in the order in which they stand. With `first` a unit that served is gone, and what
 * gifts make free is kept for them (gifts.c); with `all` all units stay. `best` asks for the set of applications that gives
 * most (best.h). Each promotion in scope gets a verdict. */
#include "agent/loyalty/reckon/rewards.h"

#define LOOKS_AT_LEAST 100 /* what a promotion costs without a single piece */

/* What an offer costs: each reward, part and condition looks at all pieces, and what is spread over them looks twice. */
static int64_t looks_of(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    int64_t looks = promotion->cond.quantity_count + (promotion->cond.spend_asked ? 1 : 0);
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        looks += 1 + promotion->rewards[i].part_count;
    }
    looks += vn_reward_is_on_units(work, promotion) ? 0 : promotion->price_count;
    return LOOKS_AT_LEAST + looks * (int64_t)work->unit_count;
}

enum vn_status vn_group_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                              struct vn_offer *offer)
{
    work->looks += looks_of(work, promotion);
    if (work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING) {
        return vn_stage_earning(work, promotion, offer);
    }
    return vn_reward_is_on_units(work, promotion) ? vn_stage_units(work, promotion, offer)
                                                  : vn_stage_basket(work, promotion, offer);
}

void vn_group_verdict(struct vn_quote_work *work, const struct vn_judged *judged)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[judged->candidate]);
    const struct vn_offer *offer = &judged->offer;
    work->verdicts[judged->candidate] = (struct vn_verdict){.reason = offer->reason,
                                                            .missing = offer->missing,
                                                            .worth_minor = offer->worth_minor,
                                                            .near = vn_explain_is_near(promotion, offer),
                                                            .next_missing = offer->next_missing,
                                                            .next_worth_minor = offer->next_worth_minor};
}

bool vn_group_passes_over(struct vn_quote_work *work, size_t candidate, int64_t most)
{
    if (work->looks < most) {
        return false;
    }
    work->verdicts[candidate] = (struct vn_verdict){.reason = VN_REASON_CAPPED};
    work->out->optimal = false;
    return true;
}

enum vn_status vn_group_judge(struct vn_quote_work *work, size_t candidate, struct vn_judged *out)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[candidate]);
    struct vn_offer conditions;
    *out = (struct vn_judged){.candidate = candidate};
    enum vn_reason gate = vn_scope_gate(work, promotion, &out->coupon);
    out->offer.reason = gate;
    if (gate == VN_REASON_STOPPED || gate == VN_REASON_NOT_HERE || gate == VN_REASON_NOT_NOW) {
        vn_group_verdict(work, out);
        return VN_OK;
    }
    /* the offer is reckoned even if a condition fails: its worth ranks what the customer could still get */
    enum vn_status status = vn_group_offer(work, promotion, &out->offer);
    if (status != VN_OK) {
        return status;
    }
    vn_scope_conditions(work, promotion, &conditions);
    int64_t worth = out->offer.worth_minor;
    if (gate != VN_REASON_APPLIED) {
        out->offer = (struct vn_offer){.reason = gate,
                                       .worth_minor = conditions.reason == VN_REASON_APPLIED ? worth : 0};
    } else if (conditions.reason != VN_REASON_APPLIED) {
        out->offer = conditions;
        out->offer.worth_minor = worth;
    }
    vn_group_verdict(work, out);
    return VN_OK;
}

/* Prices, rows and what it uses up; false when the outcome has no room for them. */
static bool take_prices(struct vn_quote_work *work, const struct vn_judged *judged)
{
    uint16_t number = work->candidates[judged->candidate];
    const struct vn_promotion *promotion = vn_work_promotion(work, number);
    enum vn_stage stage = work->ruleset->groups[promotion->group].stage;
    struct vn_applied applied = {.promotion = number,
                                 .coupon = judged->coupon,
                                 .times = judged->offer.times,
                                 .discount_minor = stage == VN_STAGE_EARNING ? 0 : judged->offer.worth_minor,
                                 .gifts_missing = judged->offer.gifts_missing,
                                 .rows = vn_given_rows(work, promotion, judged->offer.gifts_missing)};
    bool given_alone = stage != VN_STAGE_EARNING && judged->offer.worth_minor == 0;
    if (work->applied_count == VN_APPLICATIONS_MAX ||
        (given_alone && !vn_given_has_room(work, applied.rows)) ||
        (stage != VN_STAGE_EARNING && !vn_apply_discount_fits(work)) || !vn_limits_consume(work, &applied)) {
        return false;
    }
    work->applied[work->applied_count++] = applied;
    return stage == VN_STAGE_EARNING || vn_apply_discount(work, promotion->id, stage);
}

enum vn_status vn_group_take(struct vn_quote_work *work, struct vn_judged *judged, bool serve)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[judged->candidate]);
    bool earning = work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING;
    if (!take_prices(work, judged)) {
        judged->offer.reason = VN_REASON_CAPPED;
        vn_group_verdict(work, judged);
        return VN_OK;
    }
    vn_group_verdict(work, judged);
    if (earning) {
        return vn_earning_apply(work, promotion, judged->offer.times);
    }
    if (serve) {
        vn_apply_taken(work, promotion);
    }
    for (size_t i = 0; !serve && i < work->pick_count; i++) {
        work->units[work->picks[i]].taken = true;
    }
    vn_gifts_hold(work, promotion, serve);
    return VN_OK;
}

static enum vn_status run_in_order(struct vn_quote_work *work, size_t from, size_t to)
{
    bool all = vn_group_is_all(work, vn_work_promotion(work, work->candidates[from]));
    enum vn_status status = all ? VN_OK : vn_gifts_keep(work, from, to);
    for (size_t i = from; i < to && status == VN_OK; i++) {
        struct vn_judged judged;
        if (vn_group_passes_over(work, i, VN_QUOTE_LOOKS_MAX)) {
            continue;
        }
        status = all ? vn_group_judge(work, i, &judged) : vn_gifts_judge(work, i, &judged);
        work->out->optimal = work->out->optimal && !judged.offer.guessed;
        if (status == VN_OK && judged.offer.reason == VN_REASON_APPLIED) {
            status = vn_group_take(work, &judged, true);
        }
        vn_gifts_release(work, vn_work_promotion(work, work->candidates[i]));
    }
    return status;
}

enum vn_status vn_group_run(struct vn_quote_work *work, size_t from, size_t to)
{
    unsigned number = vn_work_promotion(work, work->candidates[from])->group;
    const struct vn_group *group = &work->ruleset->groups[number];
    if (group->choice != VN_CHOICE_BEST) {
        return run_in_order(work, from, to);
    }
    bool units = group->stage == VN_STAGE_UNITS || group->stage == VN_STAGE_EARNING;
    for (size_t i = from; !units && i < to; i++) {
        if (!vn_reward_is_on_units(work, vn_work_promotion(work, work->candidates[i]))) {
            return vn_best_run_order(work, from, to);
        }
    }
    return vn_best_run_units(work, from, to);
}
