#include "sync/hub/app/run_wait.h"

#include <stddef.h>
#include <stdlib.h>

#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS   5000

static void run_try(struct vn_job *job, void *owned)
{
    struct vn_run_wait *wait = owned;
    (void)job;
    wait->error = (struct vn_error){VN_OK, "", ""};
    wait->status = vn_run_store_open(wait->store, &wait->error);
}

static void tried(struct vn_job *job)
{
    struct vn_run_wait *wait = (struct vn_run_wait *)((char *)job - offsetof(struct vn_run_wait, job));
    if (wait->ending) {
        return;
    }
    if (wait->status == VN_GONE) {
        vn_run_wait_again(wait);
    }
    wait->on_tried(wait->ctx, wait->status, &wait->error);
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_run_wait *wait = timer->data;
    wait->job = (struct vn_job){.run = run_try, .done = tried};
    if (vn_worker_post(wait->worker, &wait->job) != VN_OK) {
        abort(); /* there is one such job, and a place for many */
    }
}

void vn_run_wait_again(struct vn_run_wait *wait)
{
    (void)uv_timer_start(&wait->timer, on_timer, wait->pause_ms, 0);
    wait->pause_ms = wait->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : wait->pause_ms * 2;
}

enum vn_status vn_run_wait_start(struct vn_run_wait *wait, uv_loop_t *loop, struct vn_run_store *store,
                                 void (*on_tried)(void *ctx, enum vn_status status, struct vn_error *error),
                                 void *ctx)
{
    *wait =
        (struct vn_run_wait){.store = store, .pause_ms = PAUSE_FIRST_MS, .on_tried = on_tried, .ctx = ctx};
    enum vn_status status = vn_worker_create(loop, wait, &wait->worker);
    if (status == VN_OK) {
        (void)uv_timer_init(loop, &wait->timer); /* can't fail */
        wait->timer.data = wait;
        vn_run_wait_again(wait);
    }
    return status;
}

void vn_run_wait_close(struct vn_run_wait *wait)
{
    wait->ending = true;
    vn_worker_destroy(wait->worker);
    uv_close((uv_handle_t *)&wait->timer, NULL);
}
