/* Rewards on what a selector has left, in the stages basket and coupons: one sum, rounded once, spread over lines. */
#include "agent/loyalty/reckon/quote_work.h"

enum vn_status vn_stage_basket(struct vn_quote_work *work, const struct vn_promotion *promotion,
                               struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    bool running = work->ruleset->groups[promotion->group].running;
    unsigned forbids = VN_FORBID_DISCOUNT | (promotion->cond.coupon ? VN_FORBID_COUPON : 0);
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    offer->reason = vn_pick(work, promotion, reward, forbids, false);
    if (offer->reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    int64_t base = 0;
    int64_t room = 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        base += vn_unit_base(&work->units[work->picks[i]], running);
        room += vn_unit_room(&work->units[work->picks[i]]);
    }
    int64_t off = reward->amount_minor;
    if (reward->kind == VN_REWARD_PERCENT_OFF) {
        if (!vn_money_mul_div(base, reward->rate_bp, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, &off)) {
            return vn_quote_overflow(work);
        }
        if (promotion->max_discount_minor > 0 && off > promotion->max_discount_minor) {
            off = promotion->max_discount_minor;
        }
    }
    offer->worth_minor = off < room ? off : room;
    if (offer->worth_minor == 0) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    return vn_spread_over_picks(work, offer->worth_minor);
}
