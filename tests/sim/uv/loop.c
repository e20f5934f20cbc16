#include "tests/sim/uv/loop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ACTIVE = 1, CLOSING = 2, SENT = 4 };

static struct sim_loop *loops; /* open ones */

struct sim_loop *sim_loop_of(const uv_loop_t *loop)
{
    return loop->internal_fields;
}

struct sim_proc *sim_loop_proc(const uv_loop_t *loop)
{
    return sim_loop_of(loop)->proc;
}

void sim_loop_hold(uv_loop_t *loop)
{
    sim_loop_of(loop)->holds++;
}

void sim_loop_drop(uv_loop_t *loop)
{
    struct sim_loop *self = sim_loop_of(loop);
    assert(self->holds > 0);
    self->holds--;
    sim_loop_wake(self);
}

void sim_loop_wake(struct sim_loop *loop)
{
    loop->woken = true;
    if (loop->fiber != NULL && loop->fiber != sim_self()) {
        sim_wake(loop->fiber);
    }
}

void sim_loop_post(uv_loop_t *loop, struct sim_post *post)
{
    struct sim_loop *self = sim_loop_of(loop);
    post->next = NULL;
    *self->posts_end = post;
    self->posts_end = &post->next;
    sim_loop_wake(self);
}

size_t sim_loops_open(void)
{
    size_t count = 0;
    for (const struct sim_loop *loop = loops; loop != NULL; loop = loop->next) {
        count++;
    }
    return count;
}

void sim_signal(struct sim_proc *proc, int number)
{
    for (struct sim_loop *loop = loops; loop != NULL; loop = loop->next) {
        uv_handle_t *next = NULL;
        for (uv_handle_t *h = loop->proc == proc ? loop->signals : NULL; h != NULL; h = next) {
            uv_signal_t *handle = (uv_signal_t *)h;
            next = h->u.reserved[1];
            if (handle->signum == number) {
                handle->caught_signals++;
                sim_loop_wake(loop);
            }
        }
    }
}

/* --- handles --------------------------------------------------------------------------------------------- */

void sim_handle_init(uv_loop_t *loop, uv_handle_t *handle, uv_handle_type type)
{
    void *data = handle->data;
    handle->loop = loop;
    handle->type = type;
    handle->flags = 0;
    handle->close_cb = NULL;
    memset(&handle->u, 0, sizeof handle->u);
    handle->data = data;
}

bool sim_handle_is_active(const uv_handle_t *handle)
{
    return (handle->flags & ACTIVE) != 0;
}

void sim_handle_activate(uv_handle_t *handle)
{
    if (!sim_handle_is_active(handle)) {
        handle->flags |= ACTIVE;
        sim_loop_of(handle->loop)->holds++;
    }
}

void sim_handle_deactivate(uv_handle_t *handle)
{
    if (sim_handle_is_active(handle)) {
        handle->flags &= ~(unsigned)ACTIVE;
        sim_loop_of(handle->loop)->holds--;
    }
}

void sim_handle_unchain(uv_handle_t **chain, const uv_handle_t *handle)
{
    for (; *chain != NULL; chain = (uv_handle_t **)&(*chain)->u.reserved[0]) {
        if (*chain == handle) {
            *chain = handle->u.reserved[0];
            return;
        }
    }
}

int uv_is_closing(const uv_handle_t *handle)
{
    return (handle->flags & CLOSING) != 0;
}

int uv_is_active(const uv_handle_t *handle)
{
    return sim_handle_is_active(handle);
}

static void unlink_signal(struct sim_loop *loop, const uv_handle_t *handle)
{
    for (uv_handle_t **at = &loop->signals; *at != NULL; at = (uv_handle_t **)&(*at)->u.reserved[1]) {
        if (*at == handle) {
            *at = handle->u.reserved[1];
            return;
        }
    }
}

void uv_close(uv_handle_t *handle, uv_close_cb close_cb)
{
    struct sim_loop *loop = sim_loop_of(handle->loop);
    assert((handle->flags & CLOSING) == 0);
    if (handle->type == UV_TIMER) {
        (void)uv_timer_stop((uv_timer_t *)handle);
    } else if (handle->type == UV_ASYNC && (handle->flags & SENT) != 0) {
        sim_handle_unchain(&loop->asyncs, handle);
    } else if (handle->type == UV_IDLE) {
        (void)uv_idle_stop((uv_idle_t *)handle);
    } else if (handle->type == UV_CHECK) {
        sim_handle_unchain(&loop->checks, handle);
    } else if (handle->type == UV_SIGNAL) {
        unlink_signal(loop, handle);
    }
    sim_handle_deactivate(handle);
    handle->flags |= CLOSING;
    handle->close_cb = close_cb;
    handle->u.reserved[0] = loop->closing;
    loop->closing = handle;
    sim_loop_wake(loop);
}

/* --- timers ---------------------------------------------------------------------------------------------- */

static bool sooner(const uv_timer_t *a, const uv_timer_t *b)
{
    return a->timeout != b->timeout ? a->timeout < b->timeout : a->start_id < b->start_id;
}

/* Where it is in the heap stands in heap_node[0]. */
static void place(struct sim_loop *loop, size_t at, uv_timer_t *timer)
{
    loop->timers[at] = timer;
    timer->heap_node[0] = (void *)(uintptr_t)at;
}

static void sift(struct sim_loop *loop, size_t at, uv_timer_t *timer)
{
    for (; at > 0 && sooner(timer, loop->timers[(at - 1) / 2]); at = (at - 1) / 2) {
        place(loop, at, loop->timers[(at - 1) / 2]);
    }
    for (size_t child = 2 * at + 1; child < loop->timer_count; child = 2 * at + 1) {
        if (child + 1 < loop->timer_count && sooner(loop->timers[child + 1], loop->timers[child])) {
            child++;
        }
        if (!sooner(loop->timers[child], timer)) {
            break;
        }
        place(loop, at, loop->timers[child]);
        at = child;
    }
    place(loop, at, timer);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
    sim_handle_init(loop, (uv_handle_t *)timer, UV_TIMER);
    return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
    struct sim_loop *loop = sim_loop_of(timer->loop);
    if (sim_handle_is_active((uv_handle_t *)timer)) {
        size_t at = (size_t)(uintptr_t)timer->heap_node[0];
        uv_timer_t *last = loop->timers[--loop->timer_count];
        if (last != timer) {
            sift(loop, at, last);
        }
        sim_handle_deactivate((uv_handle_t *)timer);
    }
    return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout_ms, uint64_t repeat_ms)
{
    struct sim_loop *loop = sim_loop_of(timer->loop);
    if (uv_is_closing((uv_handle_t *)timer) || cb == NULL) {
        return UV_EINVAL;
    }
    (void)uv_timer_stop(timer);
    timer->timer_cb = cb;
    timer->timeout = loop->now_ms + timeout_ms;
    timer->repeat = repeat_ms;
    timer->start_id = loop->starts++;
    if (loop->timer_count == loop->timer_cap) {
        loop->timer_cap = loop->timer_cap == 0 ? 32 : 2 * loop->timer_cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        loop->timers = realloc(loop->timers, loop->timer_cap * sizeof(uv_timer_t *));
        assert(loop->timers != NULL);
    }
    sim_handle_activate((uv_handle_t *)timer);
    sift(loop, loop->timer_count++, timer);
    sim_loop_wake(loop);
    return 0;
}

static void run_timers(struct sim_loop *loop)
{
    while (loop->timer_count > 0 && loop->timers[0]->timeout <= loop->now_ms) {
        uv_timer_t *timer = loop->timers[0];
        (void)uv_timer_stop(timer);
        if (timer->repeat != 0) {
            (void)uv_timer_start(timer, timer->timer_cb, timer->repeat, timer->repeat);
        }
        timer->timer_cb(timer);
    }
}

/* --- wake-ups from threads --------------------------------------------------------------------------------- */

int uv_async_init(uv_loop_t *loop, uv_async_t *async, uv_async_cb cb)
{
    sim_handle_init(loop, (uv_handle_t *)async, UV_ASYNC);
    async->async_cb = cb;
    sim_handle_activate((uv_handle_t *)async);
    return 0;
}

int uv_async_send(uv_async_t *async)
{
    struct sim_loop *loop = sim_loop_of(async->loop);
    if ((async->flags & (SENT | CLOSING)) == 0) {
        async->flags |= SENT;
        async->u.reserved[0] = loop->asyncs;
        loop->asyncs = (uv_handle_t *)async;
        sim_loop_wake(loop);
    }
    return 0;
}

static void run_asyncs(struct sim_loop *loop)
{
    while (loop->asyncs != NULL) {
        uv_async_t *async = (uv_async_t *)loop->asyncs;
        loop->asyncs = async->u.reserved[0];
        async->flags &= ~(unsigned)SENT;
        async->async_cb(async);
    }
}

/* --- loops ------------------------------------------------------------------------------------------------- */

int uv_loop_init(uv_loop_t *loop)
{
    struct sim_loop *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return UV_ENOMEM;
    }
    memset(loop, 0, sizeof *loop);
    loop->internal_fields = self;
    self->loop = loop;
    self->proc = sim_self_proc();
    self->posts_end = &self->posts;
    self->now_ms = (uint64_t)(sim_proc_mono_ns(self->proc) / SIM_MS);
    self->next = loops;
    loops = self;
    return 0;
}

static void drop_posts(struct sim_loop *loop)
{
    while (loop->posts != NULL) {
        struct sim_post *post = loop->posts;
        loop->posts = post->next;
        post->run(post, false);
    }
    loop->posts_end = &loop->posts;
}

int uv_loop_close(uv_loop_t *loop)
{
    struct sim_loop *self = sim_loop_of(loop);
    if (self->holds > 0 || self->closing != NULL) {
        return UV_EBUSY;
    }
    drop_posts(self);
    struct sim_loop **at = &loops;
    while (*at != self) {
        at = &(*at)->next;
    }
    *at = self->next;
    free(self->timers);
    free(self);
    loop->internal_fields = NULL;
    return 0;
}

void uv_update_time(uv_loop_t *loop)
{
    struct sim_loop *self = sim_loop_of(loop);
    self->now_ms = (uint64_t)(sim_proc_mono_ns(self->proc) / SIM_MS);
}

uint64_t uv_now(const uv_loop_t *loop)
{
    return sim_loop_of(loop)->now_ms;
}

void uv_stop(uv_loop_t *loop)
{
    loop->stop_flag = 1;
    sim_loop_wake(sim_loop_of(loop));
}

static void run_posts(struct sim_loop *loop)
{
    struct sim_post *all = loop->posts;
    loop->posts = NULL;
    loop->posts_end = &loop->posts;
    while (all != NULL) {
        struct sim_post *post = all;
        all = post->next;
        post->run(post, true);
    }
}

static void run_closing(struct sim_loop *loop)
{
    uv_handle_t *all = loop->closing;
    loop->closing = NULL;
    while (all != NULL) {
        uv_handle_t *handle = all;
        all = handle->u.reserved[0];
        if (handle->close_cb != NULL) {
            handle->close_cb(handle);
        }
    }
}

/* Until there is something to do. */
static void wait(struct sim_loop *loop)
{
    while (!loop->woken && loop->idles == NULL) {
        if (loop->timer_count == 0) {
            sim_block(loop);
        } else if (!sim_block_until(loop, (int64_t)loop->timers[0]->timeout * SIM_MS)) {
            break;
        }
    }
}

static bool is_alive(const struct sim_loop *loop)
{
    return loop->holds > 0 || loop->closing != NULL;
}

int uv_run(uv_loop_t *uv, uv_run_mode mode)
{
    struct sim_loop *loop = sim_loop_of(uv);
    loop->fiber = sim_self();
    while (is_alive(loop) && uv->stop_flag == 0) {
        uv_update_time(uv);
        loop->woken = false;
        run_timers(loop);
        run_asyncs(loop);
        run_posts(loop);
        sim_handle_run_idles(loop);
        sim_handle_run_checks(loop);
        run_closing(loop);
        if (mode != UV_RUN_DEFAULT) {
            break;
        }
        if (is_alive(loop) && uv->stop_flag == 0) {
            wait(loop);
        }
    }
    uv->stop_flag = 0;
    loop->fiber = NULL;
    return is_alive(loop) ? 1 : 0;
}
