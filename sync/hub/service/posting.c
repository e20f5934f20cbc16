/* Posting beside intake: one slice after the other in the writer's first lane, in turn with intake, as long as something
 * waits. */
#include <stdio.h>

#include "sync/hub/service/service.h"

struct slice {
    struct vn_task task; /* first */
    struct vn_posting_result result;
    enum vn_status status;
    int64_t work_ns;
    int64_t backlog;       /* while another process posts */
    struct vn_error error; /* of `status` */
};

static void post(struct vn_task *task, struct vn_hub *hub)
{
    struct slice *slice = (struct slice *)task;
    int64_t began_ns = vn_clock_mono_ns(&hub->clock);
    slice->status = vn_posting_slice(hub, &task->service->posting, VN_POSTING_ENTRIES_MAX,
                                     VN_POSTING_SLICE_MS, &slice->result);
    slice->work_ns = vn_clock_mono_ns(&hub->clock) - began_ns;
    if (slice->status == VN_OK && slice->result.others) {
        slice->status = vn_storage_backlog(hub->storage, &slice->backlog);
    }
    task->changed = slice->status == VN_OK && slice->result.entries > 0;
    if (slice->status != VN_OK) {
        slice->result = (struct vn_posting_result){.entries = 0}; /* all of it was rolled back */
        int64_t times = 0;
        vn_storage_describe(hub->storage, slice->status, &slice->error);
        if (vn_said_failed(&task->service->posting_said, vn_hub_mono_ms(hub), slice->error.text, &times)) {
            vn_log_event(hub->log, VN_LOG_ERROR, "posting_failed",
                         VN_S("status", vn_status_name(slice->status)), VN_S("reason", slice->error.text),
                         VN_I("times", times));
        }
    } else {
        vn_said_worked(&task->service->posting_said);
    }
}

static void on_again(uv_timer_t *timer)
{
    struct vn_service *service = timer->data;
    service->others_post = false;
    vn_service_post(service);
}

/* How much is left to post, by anybody: another process over the same database may have taken in what was posted here, or posted
 * what was taken in here. */
static int64_t left_over(const struct vn_service *service, const struct slice *slice)
{
    const struct vn_posting_result *result = &slice->result;
    if (slice->status == VN_OK && result->others) {
        return slice->backlog;
    }
    if (slice->status == VN_OK && !result->more && !result->still && !service->taken_meanwhile) {
        return 0;
    }
    return service->backlog > result->entries ? service->backlog - result->entries : 0;
}

static void note_still(struct vn_service *service)
{
    const char *till = "";
    service->still.count = vn_posting_still(&service->posting, &till);
    (void)snprintf(service->still.till, sizeof service->still.till, "%s", till);
}

/* The slice failed for all, which people are to hear of at once. One that is to be run again, or has lost its database, is told
 * apart. */
static void note_unposted(struct vn_service *service, const struct slice *slice)
{
    if (slice->status == VN_AGAIN || slice->status == VN_GONE) {
        return;
    }
    if (slice->status == VN_OK) {
        service->unposted.since_ms = 0;
    } else if (service->unposted.since_ms == 0) {
        service->unposted.since_ms = vn_hub_now_ms(service->hub);
    }
    (void)snprintf(service->unposted.reason, sizeof service->unposted.reason, "%s", slice->error.text);
}

static bool posted(struct vn_task *task)
{
    struct slice *slice = (struct slice *)task;
    struct vn_service *service = task->service;
    service->posts = false;
    service->backlog = left_over(service, slice);
    note_still(service);
    note_unposted(service, slice);
    vn_pace_add(&service->admission.posting, slice->result.entries, slice->work_ns);
    if (service->ending) {
        return false;
    }
    if (slice->status == VN_OK && slice->result.others) {
        if (service->backlog > 0 || service->taken_meanwhile) {
            service->others_post = true;
            (void)uv_timer_start(&service->again, on_again, VN_POSTING_OTHERS_MS, 0);
        }
    } else if (slice->status != VN_OK || (slice->result.still && !slice->result.more)) {
        (void)uv_timer_start(&service->again, on_again, VN_POSTING_AGAIN_MS, 0);
    } else if (slice->result.more || service->taken_meanwhile) {
        vn_service_post(service);
    }
    return false;
}

void vn_service_post(struct vn_service *service)
{
    if (service->posts || service->others_post || service->ending) {
        service->taken_meanwhile = true;
        return;
    }
    struct slice *slice = vn_task_own(sizeof *slice, service);
    if (slice == NULL) {
        (void)uv_timer_start(&service->again, on_again, VN_POSTING_AGAIN_MS, 0);
        return;
    }
    service->posts = true;
    service->taken_meanwhile = false;
    slice->task.run = post;
    slice->task.ended = posted;
    vn_task_post(&slice->task, VN_LANE_POSTING);
}

void vn_service_taken(struct vn_service *service, unsigned entries)
{
    if (entries > 0) {
        service->backlog += entries;
        vn_service_post(service);
    }
}
