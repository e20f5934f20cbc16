/* What pieces bring that sets leave to the rewards on the basket, for the problem of a group that has both (best_joint.c).
 *
 * A unit is worth its own share of the reward: the rate of its base, unrounded, or an amount as far as its room goes. So the
 * reward is worth at least what it gives of any units that are left to it, less the rounding of its sums. */
#include "agent/loyalty/reckon/best_work.h"

void vn_best_rest_begin(struct vn_quote_work *work, size_t count)
{
    struct vn_best_work *best = work->best;
    best->order_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (best->left_out[i] || vn_best_is_on_units(work, i)) {
            continue;
        }
        const struct vn_promotion *promotion = vn_best_promotion_of(work, i);
        best->order[best->order_count++] = i;
        for (uint32_t r = 0; r < promotion->price_count; r++) {
            struct vn_best_off *off = &best->offs[i][r];
            if (!vn_stage_basket_step(work, &promotion->rewards[r], &off->rate_bp, &off->amount_minor)) {
                *off = (struct vn_best_off){0, 0};
            }
        }
    }
}

/* What a unit is worth to one reward, in 1/1000 minor units. */
static bool reward_value(const struct vn_quote_work *work, size_t judged, uint32_t reward, size_t number,
                         int64_t *value)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    const struct vn_best_off *off = &work->best->offs[judged][reward];
    const struct vn_unit *unit = &work->units[number];
    const struct vn_work_line *at = &work->lines[unit->line];
    unsigned forbids = VN_FORBID_DISCOUNT | (promotion->cond.coupon ? VN_FORBID_COUPON : 0);
    int64_t base = vn_unit_base(unit, work->ruleset->groups[promotion->group].running);
    int64_t room = vn_unit_room(unit);
    *value = 0;
    if (!at->counts || (at->forbids & forbids) != 0 ||
        !vn_match_line(work, promotion->rewards[reward].selector, unit->line)) {
        return true;
    }
    if (off->rate_bp > 0) {
        return vn_money_mul_div(base, off->rate_bp * VN_BEST_PER_MINOR, VN_BP_WHOLE, VN_ROUND_UP, value);
    }
    return !__builtin_mul_overflow(off->amount_minor < room ? off->amount_minor : room, VN_BEST_PER_MINOR,
                                   value);
}

bool vn_best_rest_value(const struct vn_quote_work *work, size_t judged, size_t number, int64_t *value,
                        int64_t *room)
{
    *value = 0;
    for (uint32_t i = 0; i < vn_best_promotion_of(work, judged)->price_count; i++) {
        int64_t of_reward = 0;
        if (!reward_value(work, judged, i, number, &of_reward) ||
            __builtin_add_overflow(*value, of_reward, value)) {
            return false;
        }
    }
    return !__builtin_mul_overflow(vn_unit_room(&work->units[number]), VN_BEST_PER_MINOR, room);
}

bool vn_best_rest_terms(const struct vn_quote_work *work, size_t judged, struct vn_best_promotion *out)
{
    int64_t amounts = 0;
    bool rates = false;
    out->slot_count = 1;
    out->needs[0] = 1;
    out->most_sets = INT64_MAX;
    for (uint32_t i = 0; i < vn_best_promotion_of(work, judged)->price_count; i++) {
        const struct vn_best_off *off = &work->best->offs[judged][i];
        rates = rates || off->rate_bp > 0;
        if (__builtin_add_overflow(amounts, off->amount_minor, &amounts)) {
            return false;
        }
    }
    if (!rates) {
        return !__builtin_mul_overflow(amounts, VN_BEST_PER_MINOR, &out->most_value);
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        int64_t value = 0;
        int64_t room = 0;
        if (!vn_best_rest_value(work, judged, u, &value, &room)) {
            return false;
        }
        out->pooled = out->pooled || room < value;
    }
    return true;
}

/* Without a condition on pieces, and with this piece alone worth a minor unit, it surely applies and takes all that its first
 * reward means. To later ones that reward may leave nothing. */
static bool takes_surely(const struct vn_quote_work *work, size_t judged, size_t unit)
{
    int64_t value = 0;
    return vn_best_promotion_of(work, judged)->cond.quantity_count == 0 &&
           vn_unit_room(&work->units[unit]) > 0 && reward_value(work, judged, 0, unit, &value) &&
           value >= VN_BEST_PER_MINOR;
}

bool vn_best_rest_is_gone(const struct vn_quote_work *work, size_t judged, size_t unit)
{
    const struct vn_best_work *best = work->best;
    for (size_t i = 0; i < best->order_count && best->order[i] != judged; i++) {
        if (takes_surely(work, best->order[i], unit)) {
            return true;
        }
    }
    return false;
}
