/* Points for what is really paid.
 *
 * Each unit has a factor, 10000 for the base rate, and every multiplier adds to it what it gives beyond the base (two
 * doubles are a triple). The receipt's points are floored once, over all; what a promotion gave is how much the floored
 * sum grew when it was added, so that the parts add up. */
#include "agent/loyalty/reckon/quote_work.h"

static bool earns(const struct vn_quote_work *work, const struct vn_unit *unit)
{
    return (work->lines[unit->line].forbids & VN_FORBID_EARN) == 0;
}

/* Points of the receipt by the factors as they are; with `extra_bp` for the picks. */
static bool receipt_points(struct vn_quote_work *work, int64_t extra_bp, int64_t *points)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    int64_t sum = 0;
    size_t pick = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        int64_t factor = unit->factor_bp;
        if (pick < work->pick_count && work->picks[pick] == u) {
            factor += extra_bp;
            pick++;
        }
        int64_t part = 0;
        if (!earns(work, unit)) {
            continue;
        }
        if (__builtin_mul_overflow(unit->running_minor, factor, &part) ||
            __builtin_add_overflow(sum, part, &sum)) {
            return false;
        }
    }
    return vn_money_mul_div(sum, ruleset->wallets[0].earn_points,
                            ruleset->wallets[0].earn_per_minor * VN_BP_WHOLE, VN_ROUND_DOWN, points);
}

/* Points that multipliers count on, without fixed bonuses. */
static int64_t points_so_far(struct vn_quote_work *work, bool *fits)
{
    int64_t points = 0;
    size_t picks = work->pick_count;
    work->pick_count = 0;
    *fits = receipt_points(work, 0, &points);
    work->pick_count = picks;
    return points;
}

enum vn_status vn_earning_base(struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (member == NULL || member->blocked) {
        return VN_OK;
    }
    bool fits = false;
    int64_t points = points_so_far(work, &fits);
    if (!fits) {
        return vn_quote_overflow(work);
    }
    if (points > 0) {
        vn_apply_points(work, "", "", points);
    }
    return VN_OK;
}

static enum vn_status points_of(struct vn_quote_work *work, const struct vn_reward *reward, int64_t *points)
{
    *points = reward->points;
    if (reward->kind == VN_REWARD_POINTS_MULTIPLIER) {
        bool fits = false;
        int64_t before = points_so_far(work, &fits);
        if (!fits || !receipt_points(work, reward->rate_bp - VN_BP_WHOLE, points)) {
            return vn_quote_overflow(work);
        }
        *points -= before;
    }
    return VN_OK;
}

static bool something_is_paid(const struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->pick_count; i++) {
        if (work->units[work->picks[i]].running_minor > 0) {
            return true;
        }
    }
    return false;
}

enum vn_status vn_stage_earning(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                struct vn_offer *offer)
{
    int64_t points = 0;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    offer->reason = vn_pick(work, promotion, &promotion->rewards[0], VN_FORBID_EARN, false);
    if (offer->reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    enum vn_status status = points_of(work, &promotion->rewards[0], &points);
    if (status != VN_OK) {
        return status;
    }
    if (points == 0 || !something_is_paid(work)) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    return vn_points_value(&work->ruleset->wallets[0], points, &offer->worth_minor) ? VN_OK
                                                                                    : vn_quote_overflow(work);
}

enum vn_status vn_earning_apply(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    int64_t points = 0;
    enum vn_status status = points_of(work, &promotion->rewards[0], &points);
    if (status != VN_OK) {
        return status;
    }
    if (promotion->rewards[0].kind == VN_REWARD_POINTS_MULTIPLIER) {
        for (size_t i = 0; i < work->pick_count; i++) {
            work->units[work->picks[i]].factor_bp += promotion->rewards[0].rate_bp - VN_BP_WHOLE;
        }
    } else {
        work->pick_count = 0; /* a bonus is for the receipt: only what met its condition serves */
    }
    vn_apply_points(work, promotion->id, "", points);
    vn_apply_taken(work, promotion);
    return VN_OK;
}
