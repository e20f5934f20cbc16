#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/sort.h"

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

static bool place_before(const void *ctx, uint16_t a, uint16_t b)
{
    (void)ctx;
    return a < b;
}

void vn_pick_sort_by_price(struct vn_quote_work *work, bool running)
{
    struct price_order by = {work->units, running};
    vn_sort_order(work->picks, work->pick_count, dearer, &by);
}

void vn_pick_sort_by_place(struct vn_quote_work *work)
{
    vn_sort_order(work->picks, work->pick_count, place_before, NULL);
}

void vn_pick_dearest(struct vn_quote_work *work, bool running, size_t keep)
{
    if (keep >= work->pick_count) {
        return;
    }
    vn_pick_sort_by_price(work, running);
    work->pick_count = keep;
    vn_pick_sort_by_place(work);
}
