/* What stands in for libuv: its functions that the boxes call, over virtual time. The types are libuv's own (uv.h), their
 * private fields are ours.
 *
 *   uv/loop.c     loops, timers, wake-ups from threads, closing
 *   uv/address.c  a machine's own addresses
 *   uv/handles.c  signals, checks, idle handles, work for a thread; file and descriptor watching, which never see anything
 *   uv/thread.c   threads, mutexes, conditions: fibers
 *
 * Not here: everything else of libuv; who calls more of it does not link. */
#ifndef SIM_UV_LOOP_H
#define SIM_UV_LOOP_H

#include <stdbool.h>
#include <uv.h>

#include "tests/sim/core/sim.h"

/* Something to be done by the loop, in its own fiber, soon. `run` is called with false, and must only free, when the loop
 * ends before it comes to that. */
struct sim_post {
    void (*run)(struct sim_post *post, bool alive);
    struct sim_post *next;
};

/* Callable from everywhere; the memory of `post` is the loop's until it is run. */
void sim_loop_post(uv_loop_t *loop, struct sim_post *post);
struct sim_proc *sim_loop_proc(const uv_loop_t *loop);
/* What keeps a loop going besides its handles. */
void sim_loop_hold(uv_loop_t *loop);
void sim_loop_drop(uv_loop_t *loop);
/* Raises a signal in all loops of the process that wait for it. */
void sim_signal(struct sim_proc *proc, int number);
/* How many loops are open: each is closed by whoever opened it. */
size_t sim_loops_open(void);

/* --- among the files of this folder ---------------------------------------------------------------------- */

struct sim_loop {
    uv_loop_t *loop;
    struct sim_proc *proc;
    struct sim_fiber *fiber; /* in uv_run */
    uint64_t now_ms, starts;
    unsigned holds; /* active handles, work, and what others hold */
    bool woken;
    uv_timer_t **timers; /* active, a heap by time and start */
    size_t timer_count, timer_cap;
    struct sim_post *posts, **posts_end;
    uv_handle_t *closing; /* chained by u.reserved[0] */
    uv_handle_t *asyncs;  /* sent, chained by u.reserved[0] */
    uv_handle_t *checks, *idles, *signals;
    struct sim_loop *next;
};

struct sim_loop *sim_loop_of(const uv_loop_t *loop);
void sim_loop_wake(struct sim_loop *loop);
void sim_handle_init(uv_loop_t *loop, uv_handle_t *handle, uv_handle_type type);
void sim_handle_activate(uv_handle_t *handle);
void sim_handle_deactivate(uv_handle_t *handle);
bool sim_handle_is_active(const uv_handle_t *handle);
/* Takes it out of a chain by u.reserved[0]; nothing if it is not in it. */
void sim_handle_unchain(uv_handle_t **chain, const uv_handle_t *handle);
void sim_handle_run_idles(struct sim_loop *loop);
void sim_handle_run_checks(struct sim_loop *loop);

#endif
