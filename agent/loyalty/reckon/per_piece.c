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

bool vn_piece_off(const struct vn_quote_work *work, const struct vn_promotion *promotion, size_t number,
                  int64_t *off)
{
    const struct vn_unit *unit = &work->units[number];
    const struct vn_reward *reward = NULL;
    *off = 0;
    for (uint32_t i = 0; reward == NULL && i < promotion->price_count; i++) {
        reward =
            vn_match_line(work, promotion->rewards[i].selector, unit->line) ? &promotion->rewards[i] : NULL;
    }
    if (reward == NULL) {
        return true;
    }
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

/* Picks the free units of which something can be taken off. */
static enum vn_status pick_pieces(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                  enum vn_reason *reason)
{
    unsigned forbids = vn_reward_forbids(promotion);
    bool all = vn_group_is_all(work, promotion);
    bool matching = false;
    bool lawful = false;
    bool free = false;
    work->pick_count = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        bool meant = false;
        for (uint32_t i = 0; !meant && i < promotion->price_count; i++) {
            meant = vn_match_line(work, promotion->rewards[i].selector, unit->line);
        }
        bool allowed = meant && (work->lines[unit->line].forbids & forbids) == 0;
        matching = matching || meant;
        lawful = lawful || allowed;
        if (!allowed || (!all && unit->taken)) {
            continue;
        }
        free = true;
        if (!vn_piece_off(work, promotion, u, &unit->off_minor)) {
            return vn_quote_overflow(work);
        }
        if (unit->off_minor > 0) {
            work->picks[work->pick_count++] = (uint16_t)u;
        }
    }
    *reason = work->pick_count > 0 ? VN_REASON_APPLIED
              : free               ? VN_REASON_CAPPED
              : lawful             ? VN_REASON_OUTBID
              : matching           ? VN_REASON_LAW
                                   : VN_REASON_NOTHING_MATCHES;
    return VN_OK;
}

/* What gives more; of equal worth the dearer piece, of equal price the earlier. */
struct worth_order {
    const struct vn_unit *units;
    bool running;
};

static bool gives_more(const void *ctx, uint16_t a, uint16_t b)
{
    const struct worth_order *by = ctx;
    const struct vn_unit *one = &by->units[a];
    const struct vn_unit *two = &by->units[b];
    int64_t left = vn_unit_base(one, by->running);
    int64_t right = vn_unit_base(two, by->running);
    if (one->off_minor != two->off_minor) {
        return one->off_minor > two->off_minor;
    }
    return left != right ? left > right : a < b;
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
        struct worth_order by = {work->units, is_running(work, promotion)};
        vn_sort_order(work->picks, work->pick_count, gives_more, &by);
        work->pick_count = (size_t)most;
        vn_pick_sort_by_place(work);
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
