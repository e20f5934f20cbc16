/* Rewards on units: a percentage (rounded once a line), an amount off each unit, and n-for-m. */
#include "agent/loyalty/reckon/quote_work.h"

/* The end of the run of picks that lie in one line. */
static size_t line_end(const struct vn_quote_work *work, size_t start)
{
    size_t end = start + 1;
    while (end < work->pick_count &&
           work->units[work->picks[end]].line == work->units[work->picks[start]].line) {
        end++;
    }
    return end;
}

static int64_t room_of(const struct vn_quote_work *work, size_t start, size_t end)
{
    int64_t room = 0;
    for (size_t i = start; i < end; i++) {
        room += vn_unit_room(&work->units[work->picks[i]]);
    }
    return room;
}

/* Gives each pick its part of what its line has in base_minor. */
static enum vn_status spread_in_lines(struct vn_quote_work *work)
{
    for (size_t start = 0; start < work->pick_count;) {
        size_t end = line_end(work, start);
        for (size_t i = start; i < end; i++) {
            work->weights[i - start] = vn_unit_room(&work->units[work->picks[i]]);
        }
        int64_t total = work->lines[work->units[work->picks[start]].line].base_minor;
        if (!vn_money_spread(total, work->weights, end - start, &work->spread, work->parts)) {
            return vn_quote_overflow(work);
        }
        for (size_t i = start; i < end; i++) {
            work->units[work->picks[i]].off_minor = work->parts[i - start];
        }
        start = end;
    }
    return VN_OK;
}

/* Spreads `total` over the picks' lines by `line_base`: the discount that each line would have. */
static enum vn_status spread_over_lines(struct vn_quote_work *work, int64_t total)
{
    size_t lines = 0;
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        work->weights[lines++] = work->lines[work->units[work->picks[start]].line].base_minor;
    }
    if (!vn_money_spread(total, work->weights, lines, &work->spread, work->parts)) {
        return vn_quote_overflow(work);
    }
    lines = 0;
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        work->lines[work->units[work->picks[start]].line].base_minor = work->parts[lines++];
    }
    return spread_in_lines(work);
}

enum vn_status vn_spread_over_picks(struct vn_quote_work *work, int64_t total)
{
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        work->lines[work->units[work->picks[start]].line].base_minor =
            room_of(work, start, line_end(work, start));
    }
    return spread_over_lines(work, total);
}

static enum vn_status percent_off(struct vn_quote_work *work, const struct vn_reward *reward, int64_t most,
                                  bool running, int64_t *worth)
{
    *worth = 0;
    for (size_t start = 0; start < work->pick_count;) {
        size_t end = line_end(work, start);
        int64_t base = 0;
        for (size_t i = start; i < end; i++) {
            base += vn_unit_base(&work->units[work->picks[i]], running);
        }
        int64_t off = 0;
        if (!vn_money_mul_div(base, reward->rate_bp, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, &off)) {
            return vn_quote_overflow(work);
        }
        int64_t room = room_of(work, start, end);
        off = off < room ? off : room;
        work->lines[work->units[work->picks[start]].line].base_minor = off;
        *worth += off;
        start = end;
    }
    if (most > 0 && *worth > most) {
        *worth = most;
        return spread_over_lines(work, *worth);
    }
    return spread_in_lines(work);
}

static void amount_off(struct vn_quote_work *work, int64_t amount_minor, int64_t *worth)
{
    *worth = 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        int64_t room = vn_unit_room(unit);
        unit->off_minor = amount_minor < room ? amount_minor : room;
        *worth += unit->off_minor;
    }
}

/* What `free` units would be worth if the set were complete: the cheapest of what is there. */
static int64_t worth_of_short_set(const struct vn_quote_work *work, int64_t free)
{
    int64_t worth = 0;
    for (size_t i = work->pick_count; i-- > 0 && free > 0; free--) {
        worth += vn_unit_room(&work->units[work->picks[i]]);
    }
    return worth;
}

/* Sorted by price, each run of n is a set: so the customer gets the dearest of what may be called cheapest. */
static void nth_free(struct vn_quote_work *work, const struct vn_promotion *promotion, bool running,
                     struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    vn_pick_sort_by_price(work, running);
    int64_t sets = (int64_t)work->pick_count / reward->n;
    if (sets == 0) {
        offer->reason = VN_REASON_QUANTITY_SHORT;
        offer->least = reward->n * 1000;
        offer->missing = offer->least - (int64_t)work->pick_count * 1000;
        offer->worth_minor = worth_of_short_set(work, reward->take);
        work->pick_count = 0;
        return;
    }
    if (promotion->limits.per_receipt > 0 && sets > promotion->limits.per_receipt) {
        sets = promotion->limits.per_receipt;
    }
    work->pick_count = (size_t)(sets * reward->n);
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        int64_t place = (int64_t)i % reward->n;
        bool is_free = reward->cheapest ? place >= reward->n - reward->take : place < reward->take;
        unit->off_minor = is_free ? vn_unit_room(unit) : 0;
        offer->worth_minor += unit->off_minor;
    }
    vn_pick_sort_by_place(work);
}

enum vn_status vn_stage_units(struct vn_quote_work *work, const struct vn_promotion *promotion,
                              struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    bool running = work->ruleset->groups[promotion->group].running;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    offer->reason = vn_pick(work, promotion, reward, VN_FORBID_DISCOUNT, reward->kind == VN_REWARD_NTH);
    if (offer->reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    enum vn_status status = VN_OK;
    if (reward->kind == VN_REWARD_NTH) {
        nth_free(work, promotion, running, offer);
    } else {
        if (promotion->limits.per_receipt > 0) {
            vn_pick_dearest(work, running, (size_t)promotion->limits.per_receipt);
        }
        if (reward->kind == VN_REWARD_PERCENT_OFF) {
            status = percent_off(work, reward, promotion->max_discount_minor, running, &offer->worth_minor);
        } else {
            amount_off(work, reward->amount_minor, &offer->worth_minor);
        }
    }
    if (offer->reason == VN_REASON_APPLIED && offer->worth_minor == 0) {
        offer->reason = VN_REASON_CAPPED;
    }
    return status;
}
