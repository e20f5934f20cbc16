#include "sync/hub/service/jobs.h"

#include <limits.h>

#include "sync/hub/ledger/jobs.h"

#define EVERY_MS   10000
/* Between two looks for what may go on out of quarantine, and between two that count: a till may be off for two days before
 * people are asked. */
#define LOOK_TURNS 60
#define SET_TURNS  (18 * LOOK_TURNS)

struct slice {
    struct vn_task task; /* first */
    struct vn_job_keeper *keeper;
    struct vn_jobs_result result;
    enum vn_status status;
    int64_t backlog; /* over a server: what another hub may have taken in and died over */
};

static void begin(struct vn_job_keeper *keeper);

static void run_slice(struct vn_task *task, struct vn_hub *hub)
{
    struct slice *slice = (struct slice *)task;
    slice->status = vn_jobs_slice(hub, &slice->result);
    if (slice->status == VN_OK && vn_storage_is_server(hub->storage)) {
        slice->status = vn_storage_backlog(hub->storage, &slice->backlog);
    }
    task->changed = slice->status == VN_OK && slice->result.worked > 0;
    if (slice->status != VN_OK) {
        struct vn_error error = {VN_OK, "", ""};
        int64_t times = 0;
        vn_storage_describe(hub->storage, slice->status, &error);
        if (vn_said_failed(&slice->keeper->said, vn_hub_mono_ms(hub), error.text, &times)) {
            vn_log_event(hub->log, VN_LOG_ERROR, "job_failed", VN_S("status", vn_status_name(slice->status)),
                         VN_S("reason", error.text), VN_I("times", times));
        }
    } else {
        vn_said_worked(&slice->keeper->said);
    }
}

static bool slice_ended(struct vn_task *task)
{
    struct slice *slice = (struct slice *)task;
    slice->keeper->busy = false;
    if (slice->backlog > 0 && task->service->backlog == 0) {
        vn_service_taken(task->service, slice->backlog < UINT_MAX ? (unsigned)slice->backlog : UINT_MAX);
    }
    if (slice->status == VN_OK && slice->result.more && !task->service->ending) {
        begin(slice->keeper);
    }
    return false;
}

static void begin(struct vn_job_keeper *keeper)
{
    struct slice *slice =
        keeper->busy || keeper->service->ending ? NULL : vn_task_own(sizeof *slice, keeper->service);
    if (slice != NULL) {
        keeper->busy = true;
        slice->keeper = keeper;
        slice->task.run = run_slice;
        slice->task.ended = slice_ended;
        vn_task_post(&slice->task, VN_LANE_POSTING);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_job_keeper *keeper = timer->data;
    begin(keeper);
    keeper->turn++;
    if (keeper->turn % SET_TURNS == 0) {
        vn_service_look(keeper->service);
    } else if (keeper->turn % LOOK_TURNS == 1 || keeper->service->try_again) {
        vn_service_release(keeper->service);
    }
}

void vn_job_keeper_start(struct vn_job_keeper *keeper, struct vn_service *service)
{
    *keeper = (struct vn_job_keeper){.service = service};
    (void)uv_timer_init(service->loop, &keeper->timer);
    keeper->timer.data = keeper;
    (void)uv_timer_start(&keeper->timer, on_timer, 0, EVERY_MS);
}

void vn_job_keeper_close(struct vn_job_keeper *keeper)
{
    uv_close((uv_handle_t *)&keeper->timer, NULL);
}
