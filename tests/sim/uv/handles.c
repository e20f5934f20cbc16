#include <assert.h>
#include <stdlib.h>

#include "tests/sim/uv/loop.h"

/* --- each turn: idle ones, signals that came, and checks ------------------------------------------------------- */

int uv_check_init(uv_loop_t *loop, uv_check_t *check)
{
    sim_handle_init(loop, (uv_handle_t *)check, UV_CHECK);
    return 0;
}

int uv_check_start(uv_check_t *check, uv_check_cb cb)
{
    struct sim_loop *loop = sim_loop_of(check->loop);
    check->check_cb = cb;
    if (!sim_handle_is_active((uv_handle_t *)check)) {
        check->u.reserved[0] = loop->checks;
        loop->checks = (uv_handle_t *)check;
        sim_handle_activate((uv_handle_t *)check);
    }
    return 0;
}

int uv_idle_init(uv_loop_t *loop, uv_idle_t *idle)
{
    sim_handle_init(loop, (uv_handle_t *)idle, UV_IDLE);
    return 0;
}

int uv_idle_start(uv_idle_t *idle, uv_idle_cb cb)
{
    struct sim_loop *loop = sim_loop_of(idle->loop);
    if (!sim_handle_is_active((uv_handle_t *)idle)) {
        idle->idle_cb = cb;
        idle->u.reserved[0] = loop->idles;
        loop->idles = (uv_handle_t *)idle;
        sim_handle_activate((uv_handle_t *)idle);
        sim_loop_wake(loop);
    }
    return 0;
}

int uv_idle_stop(uv_idle_t *idle)
{
    sim_handle_unchain(&sim_loop_of(idle->loop)->idles, (uv_handle_t *)idle);
    sim_handle_deactivate((uv_handle_t *)idle);
    return 0;
}

void sim_handle_run_idles(struct sim_loop *loop)
{
    uv_handle_t *next = NULL;
    for (uv_handle_t *h = loop->idles; h != NULL; h = next) {
        next = h->u.reserved[0];
        ((uv_idle_t *)h)->idle_cb((uv_idle_t *)h);
    }
}

int uv_signal_init(uv_loop_t *loop, uv_signal_t *handle)
{
    sim_handle_init(loop, (uv_handle_t *)handle, UV_SIGNAL);
    handle->caught_signals = 0;
    handle->dispatched_signals = 0;
    return 0;
}

int uv_signal_start(uv_signal_t *handle, uv_signal_cb cb, int number)
{
    struct sim_loop *loop = sim_loop_of(handle->loop);
    handle->signal_cb = cb;
    handle->signum = number;
    if (!sim_handle_is_active((uv_handle_t *)handle)) {
        handle->u.reserved[1] = loop->signals;
        loop->signals = (uv_handle_t *)handle;
        sim_handle_activate((uv_handle_t *)handle);
    }
    return 0;
}

void sim_handle_run_checks(struct sim_loop *loop)
{
    uv_handle_t *next = NULL;
    for (uv_handle_t *h = loop->signals; h != NULL; h = next) {
        uv_signal_t *handle = (uv_signal_t *)h;
        next = h->u.reserved[1];
        if (handle->dispatched_signals < handle->caught_signals) {
            handle->dispatched_signals = handle->caught_signals;
            handle->signal_cb(handle, handle->signum);
        }
    }
    for (uv_handle_t *h = loop->checks; h != NULL; h = next) {
        next = h->u.reserved[0];
        ((uv_check_t *)h)->check_cb((uv_check_t *)h);
    }
}

/* --- what nothing happens at: no file of the simulated world is changed behind a program's back ------------- */

int uv_fs_poll_init(uv_loop_t *loop, uv_fs_poll_t *poll)
{
    sim_handle_init(loop, (uv_handle_t *)poll, UV_FS_POLL);
    return 0;
}

int uv_fs_poll_start(uv_fs_poll_t *poll, uv_fs_poll_cb cb, const char *path, unsigned interval_ms)
{
    (void)cb;
    (void)path;
    (void)interval_ms;
    sim_handle_activate((uv_handle_t *)poll);
    return 0;
}

/* There are no devices. */
int uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
    (void)loop;
    (void)poll;
    (void)fd;
    return UV_ENOTSUP;
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb)
{
    (void)poll;
    (void)events;
    (void)cb;
    return UV_ENOTSUP;
}

/* --- work for a thread of libuv's own ----------------------------------------------------------------------- */

struct work {
    struct sim_post post; /* first */
    uv_work_t *request;
    uv_loop_t *loop;
};

static void after_work(struct sim_post *post, bool alive)
{
    struct work *work = (struct work *)post;
    if (alive) {
        sim_loop_drop(work->loop);
        work->request->after_work_cb(work->request, 0);
    }
    free(work);
}

static void run_work(void *arg)
{
    struct work *work = arg;
    work->request->work_cb(work->request);
    sim_loop_post(work->loop, &work->post);
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *request, uv_work_cb work_cb, uv_after_work_cb after_work_cb)
{
    struct work *work = calloc(1, sizeof *work);
    assert(work != NULL);
    request->loop = loop;
    request->work_cb = work_cb;
    request->after_work_cb = after_work_cb;
    work->post.run = after_work;
    work->request = request;
    work->loop = loop;
    sim_loop_hold(loop);
    (void)sim_spawn(sim_loop_proc(loop), run_work, work);
    return 0;
}
