/* One group: its promotions are judged one after another, in the order in which they stand. */
#include "agent/loyalty/reckon/quote_work.h"

static enum vn_status offer_of(struct vn_quote_work *work, const struct vn_promotion *promotion,
                               struct vn_offer *offer)
{
    switch (work->ruleset->groups[promotion->group].stage) {
    case VN_STAGE_UNITS: return vn_stage_units(work, promotion, offer);
    case VN_STAGE_EARNING: return vn_stage_earning(work, promotion, offer);
    default: return vn_stage_basket(work, promotion, offer);
    }
}

/* Takes the offer: prices, rows and what it uses up. */
static enum vn_status take(struct vn_quote_work *work, uint16_t number, const struct vn_coupon *coupon,
                           struct vn_offer *offer)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, number);
    enum vn_stage stage = work->ruleset->groups[promotion->group].stage;
    struct vn_applied applied = {number, coupon, offer->times, offer->worth_minor, 0};
    if (stage == VN_STAGE_EARNING) {
        applied.discount_minor = 0;
    }
    if (work->applied_count == VN_APPLICATIONS_MAX || !vn_limits_consume(work, &applied)) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    if (stage == VN_STAGE_EARNING) {
        work->applied[work->applied_count++] = applied;
        return vn_earning_apply(work, promotion, offer->times);
    }
    if (!vn_apply_discount(work, promotion->id, stage)) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    work->applied[work->applied_count++] = applied;
    vn_apply_taken(work, promotion);
    return VN_OK;
}

static enum vn_status judge(struct vn_quote_work *work, size_t candidate)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[candidate]);
    struct vn_verdict *verdict = &work->verdicts[candidate];
    const struct vn_coupon *coupon = NULL;
    struct vn_offer offer;
    struct vn_offer conditions;
    enum vn_reason gate = vn_scope_gate(work, promotion, &coupon);
    *verdict = (struct vn_verdict){.reason = gate};
    if (gate == VN_REASON_STOPPED || gate == VN_REASON_NOT_HERE || gate == VN_REASON_NOT_NOW) {
        return VN_OK;
    }
    /* the offer is reckoned even if a condition fails: its worth ranks what the customer could still get */
    enum vn_status status = offer_of(work, promotion, &offer);
    if (status != VN_OK) {
        return status;
    }
    vn_scope_conditions(work, promotion, &conditions);
    if (gate != VN_REASON_APPLIED) {
        offer = (struct vn_offer){
            .reason = gate, .worth_minor = conditions.reason == VN_REASON_APPLIED ? offer.worth_minor : 0};
    } else if (conditions.reason != VN_REASON_APPLIED) {
        conditions.worth_minor = offer.worth_minor;
        offer = conditions;
    } else if (offer.reason == VN_REASON_APPLIED) {
        status = take(work, work->candidates[candidate], coupon, &offer);
    }
    *verdict = (struct vn_verdict){.reason = offer.reason,
                                   .missing = offer.missing,
                                   .worth_minor = offer.worth_minor,
                                   .near = vn_explain_is_near(promotion, &offer),
                                   .next_missing = offer.next_missing,
                                   .next_worth_minor = offer.next_worth_minor};
    return status;
}

enum vn_status vn_group_run(struct vn_quote_work *work, size_t from, size_t to)
{
    enum vn_status status = VN_OK;
    for (size_t i = from; i < to && status == VN_OK; i++) {
        status = judge(work, i);
    }
    return status;
}
