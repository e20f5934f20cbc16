#include "tests/sim/core/sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/core/fiber.h"
#include "tests/sim/core/heap.h"

enum fiber_state { READY, BLOCKED, RETURNED };

struct sim_fiber {
    struct sim_proc *proc;
    struct sim_fiber_stack *stack;
    enum fiber_state state;
    const void *waits_for;
    int64_t until_ns;  /* by its process's clock; -1: for ever */
    uint64_t sleeping; /* number of the wait that an event may end; 0: none */
    bool timed_out;
    bool joined; /* somebody is told, and lets go of it */
    void (*entry)(void *arg);
    void *arg;
    struct sim_fiber *next; /* of the process */
};

struct sim_proc {
    char name[32], host[32];
    int64_t warp_ns; /* of its own clocks, once it has crashed */
    int64_t skew_ms;
    uint64_t random;
    bool crashed;
    struct sim_proc *next_dying;
    void (*ask)(void *arg);
    void (*ended)(void *arg);
    void *arg;
    struct sim_fiber *fibers;
    struct sim_proc *next;
};

static struct {
    int64_t now_ns, wall_ms;
    uint64_t draws, digest, waits;
    bool stop;
    struct sim_fiber **ready;
    size_t ready_count, ready_cap;
    struct sim_fiber *self;
    struct sim_proc *procs, *dying;
    struct sim_fiber *graves; /* events may still name them */
    struct sim_heap heap;
} sim;

static uint64_t mix(uint64_t *state)
{
    uint64_t word = *state += 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
}

/* --- the simulation ------------------------------------------------------------------------------------ */

void sim_begin(uint64_t seed, int64_t wall_ms)
{
    memset(&sim, 0, sizeof sim);
    sim.draws = seed * 0x2545f4914f6cdd1dU + 1;
    sim.digest = 0xcbf29ce484222325U;
    sim.wall_ms = wall_ms;
}

int64_t sim_now_ns(void)
{
    return sim.now_ns;
}

int64_t sim_wall_ms(void)
{
    return sim.wall_ms + sim.now_ns / SIM_MS;
}

uint64_t sim_draw(uint64_t below)
{
    assert(below > 0);
    return mix(&sim.draws) % below;
}

bool sim_chance(unsigned per_10000)
{
    return per_10000 > 0 && sim_draw(10000) < per_10000;
}

int64_t sim_between(int64_t from, int64_t to)
{
    return from + (int64_t)sim_draw((uint64_t)(to - from) + 1);
}

void sim_trace(const char *what, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        sim.digest = (sim.digest ^ (uint8_t)what[i]) * 0x100000001b3U;
    }
    sim.digest = (sim.digest ^ (uint64_t)sim.now_ns) * 0x100000001b3U;
}

uint64_t sim_digest(void)
{
    return sim.digest;
}

void sim_at(int64_t ns, void (*fn)(void *arg), void *arg)
{
    sim_heap_push(&sim.heap, ns < sim.now_ns ? sim.now_ns : ns, fn, arg, 0);
}

void sim_after(int64_t ns, void (*fn)(void *arg), void *arg)
{
    sim_at(sim.now_ns + ns, fn, arg);
}

void sim_stop(void)
{
    sim.stop = true;
}

/* --- fibers ---------------------------------------------------------------------------------------------- */

static void make_ready(struct sim_fiber *fiber)
{
    fiber->state = READY;
    fiber->waits_for = NULL;
    fiber->sleeping = 0;
    if (sim.ready_count == sim.ready_cap) {
        sim.ready_cap = sim.ready_cap == 0 ? 64 : 2 * sim.ready_cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        sim.ready = realloc(sim.ready, sim.ready_cap * sizeof(struct sim_fiber *));
        assert(sim.ready != NULL);
    }
    sim.ready[sim.ready_count++] = fiber;
}

static void begin_fiber(void *arg)
{
    struct sim_fiber *fiber = arg;
    fiber->entry(fiber->arg);
}

struct sim_fiber *sim_spawn(struct sim_proc *proc, void (*entry)(void *arg), void *arg)
{
    struct sim_fiber *fiber = calloc(1, sizeof *fiber);
    assert(fiber != NULL);
    fiber->proc = proc;
    fiber->entry = entry;
    fiber->arg = arg;
    fiber->until_ns = -1;
    fiber->stack = sim_fiber_stack_create(begin_fiber, fiber);
    fiber->next = proc->fibers;
    proc->fibers = fiber;
    make_ready(fiber);
    return fiber;
}

struct sim_fiber *sim_self(void)
{
    return sim.self;
}

struct sim_proc *sim_self_proc(void)
{
    return sim.self == NULL ? NULL : sim.self->proc;
}

static void leave(void)
{
    struct sim_fiber *self = sim.self;
    assert(self != NULL);
    sim_fiber_stack_leave(self->stack);
}

void sim_block(const void *what)
{
    sim.self->state = BLOCKED;
    sim.self->waits_for = what;
    sim.self->until_ns = -1;
    leave();
}

bool sim_block_until(const void *what, int64_t ns)
{
    struct sim_fiber *self = sim.self;
    self->state = BLOCKED;
    self->waits_for = what;
    self->until_ns = ns;
    self->timed_out = false;
    self->sleeping = ++sim.waits;
    if (!self->proc->crashed) { /* else its clock leaps when nothing else of it can go on */
        int64_t left_ns = ns - sim_proc_mono_ns(self->proc);
        sim_heap_push(&sim.heap, sim.now_ns + (left_ns > 0 ? left_ns : 0), NULL, self, self->sleeping);
    }
    leave();
    return !self->timed_out;
}

void sim_sleep(int64_t ns)
{
    int64_t until = sim_proc_mono_ns(sim.self->proc) + ns;
    while (sim_block_until(NULL, until)) {
    }
}

void sim_yield(void)
{
    make_ready(sim.self);
    leave();
}

void sim_wake(struct sim_fiber *fiber)
{
    if (fiber->state == BLOCKED) {
        make_ready(fiber);
    }
}

void sim_wake_one(struct sim_proc *proc, const void *what)
{
    struct sim_fiber *last = NULL; /* the list has the newest first */
    for (struct sim_fiber *f = proc->fibers; f != NULL; f = f->next) {
        last = f->state == BLOCKED && f->waits_for == what ? f : last;
    }
    if (last != NULL) {
        make_ready(last);
    }
}

void sim_wake_all(struct sim_proc *proc, const void *what)
{
    for (struct sim_fiber *f = proc->fibers; f != NULL; f = f->next) {
        if (f->state == BLOCKED && f->waits_for == what) {
            make_ready(f);
        }
    }
}

bool sim_fiber_done(const struct sim_fiber *fiber)
{
    return fiber->state == RETURNED;
}

static void forget(struct sim_fiber *fiber)
{
    struct sim_fiber **at = &fiber->proc->fibers;
    while (*at != fiber) {
        at = &(*at)->next;
    }
    *at = fiber->next;
    fiber->next = sim.graves;
    sim.graves = fiber;
}

void sim_join(struct sim_fiber *fiber)
{
    fiber->joined = true;
    while (fiber->state != RETURNED) {
        sim_block(fiber);
    }
    forget(fiber);
}

static void go(struct sim_fiber *fiber)
{
    sim.self = fiber;
    bool returned = sim_fiber_stack_enter(fiber->stack);
    sim.self = NULL;
    if (returned) {
        fiber->state = RETURNED;
        sim_fiber_stack_destroy(fiber->stack);
        fiber->stack = NULL;
        sim_wake_all(fiber->proc, fiber);
    }
}

/* --- processes --------------------------------------------------------------------------------------------- */

static int64_t proc_wall(void *ctx)
{
    const struct sim_proc *proc = ctx;
    return sim_wall_ms() + proc->warp_ns / SIM_MS + proc->skew_ms;
}

static int64_t proc_mono(void *ctx)
{
    return sim_proc_mono_ns(ctx);
}

struct sim_proc *sim_proc_create(const char *name, const char *host)
{
    struct sim_proc *proc = calloc(1, sizeof *proc);
    assert(proc != NULL);
    (void)snprintf(proc->name, sizeof proc->name, "%s", name);
    (void)snprintf(proc->host, sizeof proc->host, "%s", host);
    proc->random = mix(&sim.draws);
    proc->next = sim.procs;
    sim.procs = proc;
    return proc;
}

const char *sim_proc_name(const struct sim_proc *proc)
{
    return proc->name;
}

const char *sim_proc_host(const struct sim_proc *proc)
{
    return proc->host;
}

struct vn_clock sim_proc_clock(struct sim_proc *proc)
{
    return (struct vn_clock){proc_wall, proc_mono, proc};
}

struct vn_random sim_proc_random(struct sim_proc *proc)
{
    return vn_random_seeded(&proc->random);
}

int64_t sim_proc_mono_ns(const struct sim_proc *proc)
{
    return 1000 * SIM_S + sim.now_ns + proc->warp_ns; /* a machine that was started a while ago */
}

void sim_proc_set_skew(struct sim_proc *proc, int64_t skew_ms)
{
    proc->skew_ms = skew_ms;
}

int64_t sim_proc_skew(const struct sim_proc *proc)
{
    return proc->skew_ms;
}

void sim_proc_crash(struct sim_proc *proc, void (*ask)(void *arg), void (*ended)(void *arg), void *arg)
{
    if (proc->crashed || proc->fibers == NULL) {
        return;
    }
    proc->crashed = true;
    proc->ask = ask;
    proc->ended = ended;
    proc->arg = arg;
    proc->next_dying = sim.dying;
    sim.dying = proc;
}

bool sim_proc_crashed(const struct sim_proc *proc)
{
    return proc->crashed;
}

bool sim_proc_alive(const struct sim_proc *proc)
{
    return !proc->crashed && proc->fibers != NULL;
}

static struct sim_fiber *take_ready(size_t at)
{
    struct sim_fiber *fiber = sim.ready[at];
    sim.ready[at] = sim.ready[--sim.ready_count];
    return fiber;
}

static struct sim_fiber *take_ready_of(const struct sim_proc *proc)
{
    for (size_t i = 0; i < sim.ready_count; i++) {
        if (sim.ready[i]->proc == proc) {
            return take_ready(i);
        }
    }
    return NULL;
}

/* Lets the process's clock leap to where one of its fibers has waited long enough. */
static bool leap(struct sim_proc *proc)
{
    struct sim_fiber *soonest = NULL;
    for (struct sim_fiber *f = proc->fibers; f != NULL; f = f->next) {
        if (f->state == BLOCKED && f->until_ns >= 0 && (soonest == NULL || f->until_ns < soonest->until_ns)) {
            soonest = f;
        }
    }
    if (soonest == NULL) {
        return false;
    }
    int64_t ahead = soonest->until_ns - sim_proc_mono_ns(proc);
    proc->warp_ns += ahead > 0 ? ahead : 0;
    soonest->timed_out = true;
    make_ready(soonest);
    return true;
}

static void free_returned(struct sim_proc *proc)
{
    struct sim_fiber *next = NULL;
    for (struct sim_fiber *f = proc->fibers; f != NULL; f = next) {
        next = f->next;
        if (f->state == RETURNED && !f->joined) {
            forget(f);
        }
    }
}

static void bury(struct sim_proc *proc)
{
    sim.dying = proc->next_dying;
    proc->ask(proc->arg);
    for (;;) {
        struct sim_fiber *fiber = take_ready_of(proc);
        if (fiber != NULL) {
            go(fiber);
        } else if (!leap(proc)) {
            break;
        }
    }
    free_returned(proc);
    if (proc->fibers != NULL) {
        (void)fprintf(stderr, "sim: %s does not end after a crash: a fiber waits for ever\n", proc->name);
        abort();
    }
    if (proc->ended != NULL) {
        proc->ended(proc->arg);
    }
}

static void fire(const struct sim_event *event)
{
    sim.now_ns = event->at_ns;
    if (event->wait == 0) {
        event->fn(event->arg);
        return;
    }
    struct sim_fiber *fiber = event->arg;
    if (fiber->state == BLOCKED && fiber->sleeping == event->wait) {
        fiber->timed_out = true;
        make_ready(fiber);
    }
}

void sim_run(void)
{
    struct sim_event event;
    sim.stop = false;
    while (!sim.stop) {
        if (sim.dying != NULL) {
            bury(sim.dying);
        } else if (sim.ready_count > 0) {
            go(take_ready(sim_draw(sim.ready_count)));
        } else if (sim_heap_pop(&sim.heap, &event)) {
            fire(&event);
        } else {
            return;
        }
    }
}

void sim_end(void)
{
    while (sim.procs != NULL) {
        struct sim_proc *proc = sim.procs;
        free_returned(proc);
        assert(proc->fibers == NULL);
        sim.procs = proc->next;
        free(proc);
    }
    while (sim.graves != NULL) {
        struct sim_fiber *grave = sim.graves;
        sim.graves = grave->next;
        free(grave);
    }
    free(sim.ready);
    sim_heap_deinit(&sim.heap);
    memset(&sim, 0, sizeof sim);
}
