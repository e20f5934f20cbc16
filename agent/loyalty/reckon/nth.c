/* Some of each n pieces for less: the cheapest, or the dearest.
 *
 * By itself a promotion takes what gives most: sets are runs of the pieces sorted by price, so that the dearest of what may be
 * called cheapest is given. A set that gives nothing is none. */
#include <string.h>

#include "agent/loyalty/reckon/rewards.h"
#include "agent/loyalty/sort.h"

static bool gives_more(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_unit *units = ctx;
    return units[a].off_minor != units[b].off_minor ? units[a].off_minor > units[b].off_minor : a < b;
}

/* As where all give the same: there the last of a set are given. */
static bool gives_more_last(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_unit *units = ctx;
    return units[a].off_minor != units[b].off_minor ? units[a].off_minor > units[b].off_minor : a > b;
}

/* Of the picks, sorted by price, the next run at one price, from *end on, that would not all give the same; false: there is
 * none. */
static bool next_unlike(const struct vn_quote_work *work, bool running, size_t *first, size_t *end)
{
    while (*end < work->pick_count) {
        const struct vn_unit *one = &work->units[work->picks[*end]];
        bool alike = true;
        for (*first = *end; *end < work->pick_count; (*end)++) {
            const struct vn_unit *unit = &work->units[work->picks[*end]];
            if (vn_unit_base(unit, running) != vn_unit_base(one, running)) {
                break;
            }
            alike = alike && unit->off_minor == one->off_minor;
        }
        if (!alike) {
            return true;
        }
    }
    return false;
}

/* The place in the order of price is of a piece that is given. */
static bool is_given(const struct vn_reward *reward, size_t place)
{
    size_t run = (size_t)reward->n;
    size_t given = (size_t)reward->take;
    return reward->cheapest ? place % run >= run - given : place % run < given;
}

/* Of pieces at one price any may be called the cheapest, or the dearest: those that give most, if an earlier group left
 * some of them less to give. */
static void give_of_equals(struct vn_quote_work *work, const struct vn_reward *reward, bool running)
{
    size_t sets_end = work->pick_count - work->pick_count % (size_t)reward->n;
    size_t first = 0;
    size_t end = 0;
    uint16_t order[VN_UNITS_MAX];
    while (next_unlike(work, running, &first, &end)) {
        size_t next = 0;
        memcpy(order, &work->picks[first], (end - first) * sizeof order[0]);
        vn_sort_order(order, end - first, gives_more_last, work->units);
        for (size_t at = first; at < end; at++) {
            work->picks[at] = at < sets_end && is_given(reward, at) ? order[next++] : UINT16_MAX;
        }
        vn_sort_order(&order[next], end - first - next, gives_more, work->units);
        for (size_t at = first; at < end; at++) {
            work->picks[at] = work->picks[at] == UINT16_MAX ? order[next++] : work->picks[at];
        }
    }
}

/* What each set gives, in `parts`. */
static void weigh_sets(struct vn_quote_work *work, const struct vn_reward *reward, size_t sets)
{
    size_t run = (size_t)reward->n;
    for (size_t set = 0; set < sets; set++) {
        work->parts[set] = 0;
        for (size_t i = 0; i < run; i++) {
            struct vn_unit *unit = &work->units[work->picks[set * run + i]];
            unit->off_minor = is_given(reward, i) ? unit->off_minor : 0;
            work->parts[set] += unit->off_minor;
        }
    }
}

/* Keeps the sets that give most, `times` at most; of those that give the same the dearer. */
static void keep_sets(struct vn_quote_work *work, const struct vn_reward *reward, int64_t times,
                      struct vn_offer *offer)
{
    size_t run = (size_t)reward->n;
    size_t sets = work->pick_count / run;
    int64_t least = 0; /* what the last of them gives */
    int64_t level = 0; /* so many more that give just that */
    weigh_sets(work, reward, sets);
    if (times < (int64_t)sets) {
        memcpy(work->weights, work->parts, sets * sizeof work->parts[0]);
        least = vn_sort_nth_largest(work->weights, sets, (size_t)times);
        level = times;
        for (size_t set = 0; set < sets; set++) {
            level -= work->parts[set] > least ? 1 : 0;
        }
    }
    work->pick_count = 0;
    for (size_t set = 0; set < sets; set++) {
        int64_t worth = work->parts[set];
        bool last = worth == least && level > 0;
        level -= last ? 1 : 0;
        if (worth > 0 && (worth > least || last)) {
            memmove(&work->picks[work->pick_count], &work->picks[set * run], run * sizeof work->picks[0]);
            work->pick_count += run;
            offer->worth_minor += worth;
            offer->times++;
        }
    }
}

enum vn_status vn_nth_offer(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                            struct vn_offer *offer)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    bool running = work->ruleset->groups[promotion->group].running;
    offer->reason = vn_pick(work, promotion, reward, vn_reward_forbids(promotion), !reward->weighed);
    if (offer->reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    vn_pick_sort_by_price(work, running);
    int64_t pieces = (int64_t)work->pick_count;
    if (pieces < reward->n) {
        /* what would be given if the set were complete: the cheapest of what is there */
        size_t given = (size_t)(pieces < reward->take ? pieces : reward->take);
        bool fits =
            vn_set_give(work, promotion, &work->picks[work->pick_count - given], given, &offer->worth_minor);
        vn_set_fall_short(work, reward->n, reward->n - pieces, offer);
        return fits ? VN_OK : vn_quote_overflow(work);
    }
    int64_t sum = 0; /* of what each would give */
    if (!vn_set_give(work, promotion, work->picks, work->pick_count, &sum)) {
        return vn_quote_overflow(work);
    }
    give_of_equals(work, reward, running);
    keep_sets(work, reward, times, offer);
    vn_pick_sort_by_place(work);
    return VN_OK;
}
