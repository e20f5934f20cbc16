#include "sync/hub/core/clock_guard.h"

#define SLACK_MS 100 /* two clocks are never read at the same moment */

static int64_t mono_ms(const struct vn_clock_guard *guard)
{
    return vn_clock_mono_ns(&guard->machine) / 1000000;
}

static int64_t apart(int64_t a_ms, int64_t b_ms)
{
    return a_ms > b_ms ? a_ms - b_ms : b_ms - a_ms;
}

struct vn_clock_view vn_clock_guard_look(struct vn_clock_guard *guard)
{
    int64_t count_ms = mono_ms(guard);
    int64_t ahead_ms = atomic_load_explicit(&guard->ahead_ms, memory_order_relaxed);
    struct vn_clock_view view = {.machine_ms = vn_clock_wall_ms(&guard->machine),
                                 .hub_ms = count_ms + ahead_ms};
    int64_t drift_ms = apart(view.machine_ms, view.hub_ms);
    view.doubted = drift_ms > VN_CLOCK_STEP_MS;
    if (view.doubted) {
        return view;
    }
    if (drift_ms > SLACK_MS) { /* unless the machine was accepted meanwhile */
        (void)atomic_compare_exchange_strong(&guard->ahead_ms, &ahead_ms, view.machine_ms - count_ms);
    }
    view.hub_ms = view.machine_ms;
    return view;
}

int64_t vn_clock_guard_latest_ms(void *guard)
{
    struct vn_clock_view view = vn_clock_guard_look(guard);
    return view.machine_ms > view.hub_ms ? view.machine_ms : view.hub_ms;
}

static int64_t wall(void *ctx)
{
    return vn_clock_guard_look(ctx).hub_ms;
}

static int64_t mono(void *ctx)
{
    return vn_clock_mono_ns(&((const struct vn_clock_guard *)ctx)->machine);
}

void vn_clock_guard_init(struct vn_clock_guard *guard, struct vn_clock machine, int64_t known_ms)
{
    *guard = (struct vn_clock_guard){.machine = machine};
    atomic_init(&guard->ahead_ms, vn_clock_wall_ms(&machine) - mono_ms(guard));
    vn_clock_guard_know(guard, known_ms);
}

void vn_clock_guard_know(struct vn_clock_guard *guard, int64_t known_ms)
{
    if (!guard->knows && known_ms != 0) {
        guard->knows = true;
        atomic_store(&guard->ahead_ms, known_ms - mono_ms(guard));
    }
}

struct vn_clock vn_clock_guard_clock(struct vn_clock_guard *guard)
{
    return (struct vn_clock){wall, mono, guard};
}

void vn_clock_guard_accept(struct vn_clock_guard *guard)
{
    atomic_store(&guard->ahead_ms, vn_clock_wall_ms(&guard->machine) - mono_ms(guard));
    guard->vote_count = 0;
}

/* The till's last word; when there are too many, the oldest gives way. */
static void note(struct vn_clock_guard *guard, int64_t till, int vote)
{
    size_t at = 0;
    while (at < guard->vote_count && guard->votes[at].till != till) {
        at++;
    }
    if (at == VN_CLOCK_VOTES_MAX) {
        at = guard->oldest++ % VN_CLOCK_VOTES_MAX;
    } else if (at == guard->vote_count) {
        guard->vote_count++;
    }
    guard->votes[at] = (struct vn_clock_vote){till, vote};
}

bool vn_clock_guard_heard(struct vn_clock_guard *guard, int64_t till, int64_t wall_ms, size_t tills)
{
    struct vn_clock_view view = vn_clock_guard_look(guard);
    size_t with = 0;
    if (!view.doubted) {
        guard->vote_count = 0;
        return false;
    }
    if (apart(wall_ms, view.machine_ms) <= VN_CLOCK_AGREE_MS) {
        note(guard, till, 1);
    } else if (apart(wall_ms, view.hub_ms) <= VN_CLOCK_AGREE_MS) {
        note(guard, till, -1);
    }
    for (size_t i = 0; i < guard->vote_count; i++) {
        with += guard->votes[i].vote > 0 ? 1 : 0;
    }
    size_t wanted = tills < VN_CLOCK_WITNESSES ? 1 : VN_CLOCK_WITNESSES;
    if (with < wanted || with <= guard->vote_count - with) {
        return false;
    }
    vn_clock_guard_accept(guard);
    return true;
}
