/* Rewards on units, within what limits and caps leave. */
#include "agent/loyalty/reckon/rewards.h"

/* Basket rewards are spread over what their lines have left: over lines first, so that the parts of a line follow it. */

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

/* Gives each pick its part of what its line has in base_minor. */
static enum vn_status spread_in_lines(struct vn_quote_work *work,
                                      int64_t (*weigh)(const struct vn_unit *unit))
{
    for (size_t start = 0; start < work->pick_count;) {
        size_t end = line_end(work, start);
        for (size_t i = start; i < end; i++) {
            work->weights[i - start] = weigh(&work->units[work->picks[i]]);
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

enum vn_status vn_spread_over_picks_by(struct vn_quote_work *work, int64_t total,
                                       int64_t (*weigh)(const struct vn_unit *unit))
{
    size_t lines = 0;
    for (size_t start = 0; start < work->pick_count; lines++) {
        size_t end = line_end(work, start);
        work->weights[lines] = 0;
        for (; start < end; start++) {
            work->weights[lines] += weigh(&work->units[work->picks[start]]);
        }
    }
    if (!vn_money_spread(total, work->weights, lines, &work->spread, work->parts)) {
        return vn_quote_overflow(work);
    }
    lines = 0;
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        work->lines[work->units[work->picks[start]].line].base_minor = work->parts[lines++];
    }
    return spread_in_lines(work, weigh);
}

enum vn_status vn_spread_over_picks(struct vn_quote_work *work, int64_t total)
{
    return vn_spread_over_picks_by(work, total, vn_unit_room);
}

enum vn_status vn_stage_units(struct vn_quote_work *work, const struct vn_promotion *promotion,
                              struct vn_offer *offer)
{
    enum vn_reason why = VN_REASON_APPLIED;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    work->pick_count = 0;
    int64_t times = vn_limits_times(work, promotion, &why);
    int64_t money = times == 0 ? 0 : vn_limits_money(work, promotion, &why);
    bool told = times == 0 && why == VN_REASON_NEEDS_MEMBER; /* it tells what a card would give */
    if (money == 0 && !told) {
        offer->reason = why;
        return VN_OK;
    }
    times = told ? INT64_MAX : times;
    money = told ? INT64_MAX : money;
    enum vn_status status = vn_reward_is_set(&promotion->rewards[0])
                                ? vn_sets_offer(work, promotion, times, offer)
                                : vn_pieces_offer(work, promotion, times, offer);
    if (status != VN_OK || offer->reason != VN_REASON_APPLIED) {
        return status;
    }
    status = vn_picks_cap(work, offer->worth_minor, money);
    offer->worth_minor = offer->worth_minor < money ? offer->worth_minor : money;
    if (offer->worth_minor == 0 && offer->gifts_missing == 0) {
        offer->reason = VN_REASON_CAPPED;
    }
    return status;
}
