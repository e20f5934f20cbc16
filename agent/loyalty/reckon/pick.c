#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/sort.h"

#define FEW 32 /* below this part of the units sorting is cheaper than going through all of them */

int64_t vn_unit_base(const struct vn_unit *unit, bool running)
{
    return running ? unit->running_minor : unit->list_minor;
}

enum vn_reason vn_pick(struct vn_quote_work *work, const struct vn_promotion *promotion,
                       const struct vn_reward *reward, unsigned forbids, bool whole_alone)
{
    bool all = vn_group_is_all(work, promotion);
    size_t matching = 0;
    size_t lawful = 0;
    work->pick_count = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        if (!at->counts || !vn_match_line(work, reward->selector, i)) {
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            struct vn_unit *unit = &work->units[u];
            if (whole_alone && !unit->whole) {
                continue;
            }
            matching++;
            if ((at->forbids & forbids) != 0) {
                continue;
            }
            lawful++;
            if (all || !unit->taken) {
                unit->off_minor = 0;
                work->picks[work->pick_count++] = (uint16_t)u;
            }
        }
    }
    if (work->pick_count > 0) {
        return VN_REASON_APPLIED;
    }
    return lawful > 0 ? VN_REASON_OUTBID : matching > 0 ? VN_REASON_LAW : VN_REASON_NOTHING_MATCHES;
}

struct price_order {
    const struct vn_unit *units;
    bool running;
};

static bool dearer(const void *ctx, uint16_t a, uint16_t b)
{
    const struct price_order *by = ctx;
    int64_t left = vn_unit_base(&by->units[a], by->running);
    int64_t right = vn_unit_base(&by->units[b], by->running);
    return left != right ? left > right : a < b;
}

const uint16_t *vn_units_by_price(struct vn_quote_work *work, bool running)
{
    enum vn_priced priced = running ? VN_PRICED_RUNNING : VN_PRICED_LIST;
    if (work->priced != priced) {
        struct price_order by = {work->units, running};
        for (size_t u = 0; u < work->unit_count; u++) {
            work->by_price[u] = (uint16_t)u;
        }
        vn_sort_order(work->by_price, work->unit_count, dearer, &by);
        work->priced = priced;
    }
    return work->by_price;
}

/* The picks, a bit each. */
struct picked {
    uint64_t words[(VN_UNITS_MAX + 63) / 64];
};

static size_t mark_picks(const struct vn_quote_work *work, struct picked *out)
{
    size_t words = (work->unit_count + 63) / 64;
    memset(out->words, 0, words * sizeof out->words[0]);
    for (size_t i = 0; i < work->pick_count; i++) {
        out->words[work->picks[i] / 64] |= UINT64_C(1) << (work->picks[i] % 64);
    }
    return words;
}

/* Few picks are sorted by themselves; of many the order is that of all units without the others. */
void vn_pick_sort_by_price(struct vn_quote_work *work, bool running)
{
    if (work->pick_count < work->unit_count / FEW) {
        struct price_order by = {work->units, running};
        vn_sort_order(work->picks, work->pick_count, dearer, &by);
        return;
    }
    struct picked picked;
    const uint16_t *order = vn_units_by_price(work, running);
    size_t count = work->pick_count;
    (void)mark_picks(work, &picked);
    work->pick_count = 0;
    for (size_t i = 0; work->pick_count < count; i++) {
        if ((picked.words[order[i] / 64] >> (order[i] % 64) & 1) != 0) {
            work->picks[work->pick_count++] = order[i];
        }
    }
}

void vn_pick_sort_by_place(struct vn_quote_work *work)
{
    struct picked picked;
    size_t words = mark_picks(work, &picked);
    work->pick_count = 0;
    for (size_t word = 0; word < words; word++) {
        for (uint64_t left = picked.words[word]; left != 0; left &= left - 1) {
            work->picks[work->pick_count++] = (uint16_t)(word * 64 + (size_t)__builtin_ctzll(left));
        }
    }
}
