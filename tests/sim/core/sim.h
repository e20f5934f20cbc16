/* Virtual time, and whose turn it is.
 *
 * A simulation is a set of *processes*, each of them fibers (its main one, and one for each thread that it starts), and
 * events in virtual time. When several fibers can go on, the seed says which does. Time stands still while anybody can
 * go on, and leaps to the next event when nobody can. One simulation at a time: libuv's functions have no other way to
 * find it.
 *
 * A process that *crashed* goes on until it has let go of its memory, alone, with a clock of its own that leaps, and
 * what it does then reaches nobody: its disk and network ask sim_proc_crashed(). */
#ifndef SIM_CORE_SIM_H
#define SIM_CORE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/random.h"

#define SIM_MS 1000000LL /* of nanoseconds */
#define SIM_S  (1000 * SIM_MS)

struct sim_fiber; /* opaque */
struct sim_proc;  /* opaque */

/* --- the simulation ------------------------------------------------------------------------------------ */

void sim_begin(uint64_t seed, int64_t wall_ms); /* the wall time at the beginning */
/* Until sim_stop, or until no event is left. */
void sim_run(void);
void sim_stop(void);
void sim_end(void); /* all processes must have ended */

int64_t sim_now_ns(void);  /* since the beginning */
int64_t sim_wall_ms(void); /* the true one, which clocks of machines may miss */
/* Below `below`, which is above 0; one stream for all that the simulator decides. */
uint64_t sim_draw(uint64_t below);
bool sim_chance(unsigned per_10000);
int64_t sim_between(int64_t from, int64_t to); /* both included */
/* Each thing that happened, in order, goes into this number: the same seed gives the same. */
void sim_trace(const char *what, size_t len);
uint64_t sim_digest(void);

/* Calls fn(arg) then, outside of any fiber. */
void sim_at(int64_t ns, void (*fn)(void *arg), void *arg);
void sim_after(int64_t ns, void (*fn)(void *arg), void *arg);

/* --- fibers ---------------------------------------------------------------------------------------------- */

struct sim_fiber *sim_spawn(struct sim_proc *proc, void (*entry)(void *arg), void *arg);
struct sim_fiber *sim_self(void); /* NULL outside of fibers */
struct sim_proc *sim_self_proc(void);
/* Until somebody wakes it. `what` is what it waits for, see sim_wake_all; may be NULL. */
void sim_block(const void *what);
/* The same at most until then, by the process's clock; false: the time has come. */
bool sim_block_until(const void *what, int64_t ns);
void sim_sleep(int64_t ns); /* time-outs of its own, whatever wakes it */
void sim_yield(void);
void sim_wake(struct sim_fiber *fiber); /* does nothing to one that isn't blocked */
/* Wakes the fibers of this process that wait for it: one, or all. */
void sim_wake_one(struct sim_proc *proc, const void *what);
void sim_wake_all(struct sim_proc *proc, const void *what);
bool sim_fiber_done(const struct sim_fiber *fiber);
/* Until it has returned; then it is forgotten. */
void sim_join(struct sim_fiber *fiber);

/* --- processes --------------------------------------------------------------------------------------------- */

/* `host`: of the machine, for the network; "" for those that have none. The memory lasts until sim_end. */
struct sim_proc *sim_proc_create(const char *name, const char *host);
const char *sim_proc_name(const struct sim_proc *proc);
const char *sim_proc_host(const struct sim_proc *proc);
/* What its clocks show. The wall clock misses by `skew_ms`. */
struct vn_clock sim_proc_clock(struct sim_proc *proc);
struct vn_random sim_proc_random(struct sim_proc *proc);
int64_t sim_proc_mono_ns(const struct sim_proc *proc);
void sim_proc_set_skew(struct sim_proc *proc, int64_t skew_ms);
int64_t sim_proc_skew(const struct sim_proc *proc);
/* From here on nobody hears of it. Its end is asked for by `ask` (outside of fibers), and then it runs alone until all its
 * fibers have returned; `ended` (may be NULL) is called then. Again for one that crashed: nothing. */
void sim_proc_crash(struct sim_proc *proc, void (*ask)(void *arg), void (*ended)(void *arg), void *arg);
bool sim_proc_crashed(const struct sim_proc *proc);
bool sim_proc_alive(const struct sim_proc *proc); /* it has fibers, and did not crash */

#endif
