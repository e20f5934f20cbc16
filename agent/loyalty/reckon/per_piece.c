/* Rewards on each piece by itself: a percentage, an amount, a new price, and gifts that are in the basket. */
#include "agent/loyalty/reckon/rewards.h"
#include "agent/loyalty/sort.h"

bool vn_reward_is_on_units(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    enum vn_stage stage = work->ruleset->groups[promotion->group].stage;
    if (stage == VN_STAGE_UNITS) {
        return true;
    }
    enum vn_reward_kind kind =
        promotion->rewards[0].kind; /* with coupons, percentages and amounts are for the basket */
    return stage == VN_STAGE_COUPONS && kind >= VN_REWARD_NEW_PRICE && kind <= VN_REWARD_GIFT;
}

unsigned vn_reward_forbids(const struct vn_promotion *promotion)
{
    return VN_FORBID_DISCOUNT | (promotion->cond.coupon ? VN_FORBID_COUPON : 0) |
           (vn_reward_is_gift(promotion) ? VN_FORBID_GIFT : 0);
}

static bool is_running(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return work->ruleset->groups[promotion->group].running;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool vn_piece_rate_off(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                       const struct vn_unit *unit, int64_t *off)
{
    int64_t base = vn_unit_base(unit, is_running(work, promotion));
    if (!vn_money_mul_div(base, promotion->rewards[0].rate_bp, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, off)) {
        return false;
    }
    *off = smaller(*off, vn_unit_room(unit));
    return true;
}

static bool new_price_off(const struct vn_quote_work *work, const struct vn_reward *reward,
                          const struct vn_unit *unit, int64_t *off)
{
    int64_t price = reward->amount_minor;
    int64_t target = 0;
    if (reward->table_price &&
        !vn_match_price(work, reward->selector->table, &work->lines[unit->line], &price)) {
        return true; /* the selector means lines with a row alone */
    }
    if (!vn_money_mul_div(price, unit->qty_milli, 1000, VN_ROUND_HALF_AWAY, &target)) {
        return false;
    }
    *off = unit->running_minor > target ? unit->running_minor - target : 0;
    return true;
}

/* The first of the promotion's per-piece rewards that means the line; NULL: none does. */
static const struct vn_reward *reward_on(const struct vn_quote_work *work,
                                         const struct vn_promotion *promotion, size_t line)
{
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        if (vn_match_line(work, promotion->rewards[i].selector, line)) {
            return &promotion->rewards[i];
        }
    }
    return NULL;
}

static bool off_by(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                   const struct vn_reward *reward, const struct vn_unit *unit, int64_t *off)
{
    *off = 0;
    bool fits = true;
    int64_t room = vn_unit_room(unit);
    switch (reward->kind) {
    case VN_REWARD_PERCENT_OFF:
        fits = vn_money_mul_div(vn_unit_base(unit, is_running(work, promotion)), reward->rate_bp, VN_BP_WHOLE,
                                VN_ROUND_HALF_AWAY, off);
        break;
    case VN_REWARD_NEW_PRICE: fits = new_price_off(work, reward, unit, off); break;
    case VN_REWARD_GIFT:
        room = unit->running_minor > unit->law_minor ? unit->running_minor - unit->law_minor : 0;
        *off = unit->whole && !unit->given ? room : 0;
        break;
    default: *off = reward->amount_minor; break;
    }
    *off = smaller(*off, room);
    return fits;
}

bool vn_piece_off(const struct vn_quote_work *work, const struct vn_promotion *promotion, size_t number,
                  int64_t *off)
{
    const struct vn_unit *unit = &work->units[number];
    const struct vn_reward *reward = reward_on(work, promotion, unit->line);
    *off = 0;
    return reward == NULL || off_by(work, promotion, reward, unit, off);
}

/* Picks the line's free units of which something can be taken off; what is taken off one of them is taken off those that
 * follow it and are like it. */
static bool pick_in_line(struct vn_quote_work *work, const struct vn_promotion *promotion,
                         const struct vn_reward *reward, const struct vn_work_line *at, bool *free)
{
    bool all = vn_group_is_all(work, promotion);
    const struct vn_unit *last = NULL;
    for (size_t u = at->first; u < at->first + at->count; u++) {
        struct vn_unit *unit = &work->units[u];
        if (!all && unit->taken) {
            continue;
        }
        if (last != NULL && vn_unit_is_like(last, unit)) {
            unit->off_minor = last->off_minor;
        } else if (!off_by(work, promotion, reward, unit, &unit->off_minor)) {
            return false;
        }
        last = unit;
        if (unit->off_minor > 0) {
            work->picks[work->pick_count++] = (uint16_t)u;
        }
    }
    *free = *free || last != NULL;
    return true;
}

/* Picks the free units of which something can be taken off. */
static enum vn_status pick_pieces(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                  enum vn_reason *reason)
{
    unsigned forbids = vn_reward_forbids(promotion);
    bool matching = false;
    bool lawful = false;
    bool free = false;
    work->pick_count = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        const struct vn_reward *reward = at->counts ? reward_on(work, promotion, i) : NULL;
        matching = matching || reward != NULL;
        if (reward == NULL || (at->forbids & forbids) != 0) {
            continue;
        }
        lawful = true;
        if (!pick_in_line(work, promotion, reward, at, &free)) {
            return vn_quote_overflow(work);
        }
    }
    *reason = work->pick_count > 0 ? VN_REASON_APPLIED
              : free               ? VN_REASON_CAPPED
              : lawful             ? VN_REASON_OUTBID
              : matching           ? VN_REASON_LAW
                                   : VN_REASON_NOTHING_MATCHES;
    return VN_OK;
}

/* Keeps the `most` picks that give most; of equal worth the dearer piece, of equal price the earlier. */
static void keep_most(struct vn_quote_work *work, bool running, size_t most)
{
    for (size_t i = 0; i < work->pick_count; i++) {
        work->weights[i] = work->units[work->picks[i]].off_minor;
    }
    int64_t least = vn_sort_nth_largest(work->weights, work->pick_count, most);
    size_t level = most; /* of those that give just that */
    for (size_t i = 0; i < work->pick_count; i++) {
        level -= work->units[work->picks[i]].off_minor > least ? 1 : 0;
    }
    size_t count = work->pick_count;
    vn_pick_sort_by_price(work, running);
    work->pick_count = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t off = work->units[work->picks[i]].off_minor;
        bool keep = off > least || (off == least && level > 0);
        level -= keep && off == least ? 1 : 0;
        if (keep) {
            work->picks[work->pick_count++] = work->picks[i];
        }
    }
    vn_pick_sort_by_place(work);
}

enum vn_status vn_pieces_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                               int64_t times, struct vn_offer *offer)
{
    bool gift = vn_reward_is_gift(promotion);
    int64_t most = gift ? promotion->rewards[0].take : times;
    enum vn_status status = pick_pieces(work, promotion, &offer->reason);
    if (status != VN_OK) {
        return status;
    }
    if (most < (int64_t)work->pick_count) {
        keep_most(work, is_running(work, promotion), (size_t)most);
    }
    for (size_t i = 0; i < work->pick_count; i++) {
        offer->worth_minor += work->units[work->picks[i]].off_minor;
    }
    offer->times = (int64_t)work->pick_count;
    if (gift) {
        offer->times = 1;
        offer->gifts_missing = vn_gifts_missing(work, promotion);
        offer->reason = offer->gifts_missing > 0 ? VN_REASON_APPLIED : offer->reason;
    }
    return VN_OK;
}
