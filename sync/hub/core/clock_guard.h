/* The hub's time: what it judges codes and certificates by, what lots mature and expire by, what is forgotten for its age.
 *
 * A machine's clock can be wrong by years for ten seconds (an empty battery, a hypervisor, a slip of the hand), and what expired
 * then does not come back. So the hub goes by the clock of its machine only as long as that stays within VN_CLOCK_STEP_MS of what
 * the hub knows: the time at which it last ran, counted on by the monotonic clock, which nobody sets. Beyond that, ahead or
 * behind, the machine is *doubted*, and the hub goes on by its own count: never ahead of the truth, and behind it by as long as
 * it was off.
 *
 * A hub that was really off for longer is told by its tills: when the clocks of two of them (of one, where there is one) agree
 * with the machine's, and more than agree with the count, the machine is believed. They don't take their time from the hub, so
 * what agrees was set apart. Otherwise a person says it (verno-hub clock accept), or sets the clock.
 *
 * It is a struct vn_clock itself, so who is given it needs to know nothing of this. Asking for the time is lock-free and may be
 * done on any thread; vn_clock_guard_heard and _accept belong to one. Times in ms since 1970. */
#ifndef VN_HUB_CLOCK_GUARD_H
#define VN_HUB_CLOCK_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/base/clock.h"

#define VN_CLOCK_STEP_MS   INT64_C(86400000) /* by which the machine may differ from what is known */
#define VN_CLOCK_AGREE_MS  INT64_C(3600000)  /* clocks that are so close agree */
#define VN_CLOCK_WITNESSES 2                 /* tills, where there are as many */
#define VN_CLOCK_VOTES_MAX 16                /* tills whose word is kept while the machine is doubted */

struct vn_clock_vote {
    int64_t till; /* the hub's number of the enrolment */
    int vote;     /* 1: for the machine, -1: for the count */
};

struct vn_clock_guard {
    struct vn_clock machine;
    _Atomic int64_t ahead_ms; /* of the monotonic clock, what the hub takes for true */
    bool knows;
    struct vn_clock_vote votes[VN_CLOCK_VOTES_MAX];
    size_t vote_count, oldest;
};

/* `known_ms`: when the hub last ran; 0: nobody knows, and the machine is believed. The guard outlives all who have its clock. */
void vn_clock_guard_init(struct vn_clock_guard *guard, struct vn_clock machine, int64_t known_ms);
/* The same later, by what the tills were last told, where the guard knows nothing yet: a folder of an earlier version, or one
 * beside another that serves the same chain. */
void vn_clock_guard_know(struct vn_clock_guard *guard, int64_t known_ms);
struct vn_clock vn_clock_guard_clock(struct vn_clock_guard *guard);

/* Both times of this moment; `hub_ms` is what the guard's clock says. */
struct vn_clock_view {
    int64_t machine_ms, hub_ms;
    bool doubted;
};
struct vn_clock_view vn_clock_guard_look(struct vn_clock_guard *guard);
/* The later of both: ctx is a guard. For what may not be taken for the future because the hub's count is behind, and for nothing
 * else, since it may be years ahead. */
int64_t vn_clock_guard_latest_ms(void *guard);

/* A till, by the hub's number of its enrolment, has just sent what it wrote down at `wall_ms` by its own clock. `tills` is how
 * many there are. True: that settled it, and the machine is believed. */
bool vn_clock_guard_heard(struct vn_clock_guard *guard, int64_t till, int64_t wall_ms, size_t tills);
/* A person says that the machine is right. */
void vn_clock_guard_accept(struct vn_clock_guard *guard);

#endif
