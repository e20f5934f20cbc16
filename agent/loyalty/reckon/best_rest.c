/* What pieces bring that sets leave to the rewards on the basket, for the problem of a group that has both (best_joint.c).
 *
 * A unit is worth its own share of the reward: the rate of its base, unrounded, or an amount as far as its room goes. So the
 * reward is worth at least what it gives of any units that are left to it, less the rounding of its sum. */
#include "agent/loyalty/reckon/best_work.h"

#define THOUSANDTHS 1000

bool vn_best_rest_value(const struct vn_quote_work *work, const struct vn_promotion *promotion, size_t number,
                        int64_t *value, int64_t *room)
{
    const struct vn_unit *unit = &work->units[number];
    const struct vn_work_line *at = &work->lines[unit->line];
    unsigned forbids = VN_FORBID_DISCOUNT | (promotion->cond.coupon ? VN_FORBID_COUPON : 0);
    int64_t base = vn_unit_base(unit, work->ruleset->groups[promotion->group].running);
    int64_t left = vn_unit_room(unit);
    *value = 0;
    for (uint32_t i = 0; at->counts && (at->forbids & forbids) == 0 && i < promotion->price_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        int64_t rate_bp = 0;
        int64_t off = 0;
        if (!vn_match_line(work, reward->selector, unit->line) ||
            !vn_stage_basket_step(work, reward, &rate_bp, &off)) {
            continue;
        }
        off = off < left ? off : left;
        if ((rate_bp > 0 ? !vn_money_mul_div(base, rate_bp * THOUSANDTHS, VN_BP_WHOLE, VN_ROUND_UP, &off)
                         : __builtin_mul_overflow(off, THOUSANDTHS, &off)) ||
            __builtin_add_overflow(*value, off, value)) {
            return false;
        }
    }
    return !__builtin_mul_overflow(left, THOUSANDTHS, room);
}

bool vn_best_rest_terms(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                        struct vn_best_promotion *out)
{
    int64_t amounts = 0;
    bool rates = false;
    out->slot_count = 1;
    out->needs[0] = 1;
    out->most_sets = INT64_MAX;
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        int64_t rate_bp = 0;
        int64_t amount = 0;
        if (!vn_stage_basket_step(work, &promotion->rewards[i], &rate_bp, &amount)) {
            continue;
        }
        rates = rates || rate_bp > 0;
        if (__builtin_add_overflow(amounts, amount, &amounts)) {
            return false;
        }
    }
    if (!rates) {
        return !__builtin_mul_overflow(amounts, THOUSANDTHS, &out->most_value);
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        int64_t value = 0;
        int64_t room = 0;
        if (!vn_best_rest_value(work, promotion, u, &value, &room)) {
            return false;
        }
        out->pooled = out->pooled || room < value;
    }
    return true;
}
