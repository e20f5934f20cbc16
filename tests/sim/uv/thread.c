#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/sim/core/sim.h"

/* What is in the memory of libuv's own types. */
struct lock {
    struct sim_fiber *owner;
    unsigned waiting;
};

unsigned uv_available_parallelism(void)
{
    return 2;
}

void uv_sleep(unsigned ms)
{
    sim_sleep(ms * SIM_MS);
}

struct thread_start {
    uv_thread_cb entry;
    void *arg;
};

static void thread_main(void *arg)
{
    struct thread_start start = *(struct thread_start *)arg;
    free(arg);
    start.entry(start.arg);
}

int uv_thread_create(uv_thread_t *out, uv_thread_cb entry, void *arg)
{
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL) {
        return UV_ENOMEM;
    }
    *start = (struct thread_start){entry, arg};
    *out = (uv_thread_t)(uintptr_t)sim_spawn(sim_self_proc(), thread_main, start);
    return 0;
}

int uv_thread_join(uv_thread_t *thread) /* NOLINT(readability-non-const-parameter): as libuv says */
{
    sim_join((
        struct sim_fiber *)(uintptr_t)*thread); /* NOLINT(performance-no-int-to-ptr): what create put there */
    return 0;
}

/* --- mutexes --------------------------------------------------------------------------------------------- */

int uv_mutex_init(uv_mutex_t *mutex)
{
    memset(mutex, 0, sizeof *mutex);
    return 0;
}

void uv_mutex_destroy(uv_mutex_t *mutex)
{
    (void)mutex;
}

void uv_mutex_lock(uv_mutex_t *mutex)
{
    struct lock *lock = (struct lock *)mutex;
    struct sim_fiber *self = sim_self();
    if (self == NULL) {
        return; /* the simulator itself, between two fibers: nobody holds what it may touch */
    }
    while (lock->owner != NULL) {
        lock->waiting++;
        sim_block(lock);
        lock->waiting--;
    }
    lock->owner = self;
}

void uv_mutex_unlock(uv_mutex_t *mutex)
{
    struct lock *lock = (struct lock *)mutex;
    lock->owner = NULL;
    if (lock->waiting > 0) {
        sim_wake_one(sim_self_proc(), lock);
    }
}

/* --- conditions -------------------------------------------------------------------------------------------- */

int uv_cond_init(uv_cond_t *cond)
{
    memset(cond, 0, sizeof *cond);
    return 0;
}

void uv_cond_destroy(uv_cond_t *cond)
{
    (void)cond;
}

void uv_cond_wait(uv_cond_t *cond, uv_mutex_t *mutex)
{
    uv_mutex_unlock(mutex);
    sim_block(cond);
    uv_mutex_lock(mutex);
}

void uv_cond_signal(uv_cond_t *cond)
{
    sim_wake_one(sim_self_proc(), cond);
}

void uv_cond_broadcast(uv_cond_t *cond)
{
    sim_wake_all(sim_self_proc(), cond);
}
