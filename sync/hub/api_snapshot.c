/* GET /v1/snapshot: the first part of everything, as a frame; the feed brings the rest. */
#include "sync/hub/feed.h"
#include "sync/hub/service_feed.h"

struct snapshot_call {
    struct vn_call call; /* first */
    int64_t walk;        /* the number that the part ends with */
};

static void make_part(struct vn_task *task, struct vn_hub *hub)
{
    struct snapshot_call *self = (struct snapshot_call *)task;
    struct vn_feed_ask ask = {.snapshot = true, .max = VN_SNAPSHOT_ITEMS_MAX, .own = &self->call.row};
    struct vn_feed_made made;
    struct vn_buf frame;
    if (!vn_call_check(&self->call, hub)) {
        return;
    }
    ask.store = self->call.row.store;
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    enum vn_status status = vn_feed_make(hub, &ask, &frame, &made);
    self->walk = made.to;
    if (status == VN_OK) {
        vn_answer_bytes(&task->answer, 200, VN_FEED_TYPE, &frame);
    } else {
        vn_answer_status(&task->answer, hub, status, NULL);
    }
    vn_buf_deinit(&frame);
}

static bool part_made(struct vn_task *task)
{
    struct snapshot_call *self = (struct snapshot_call *)task;
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &self->call.enrolment);
    if (seen != NULL) {
        seen->walk = self->walk;
    }
    return vn_call_ended(task);
}

void vn_api_snapshot(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_http_request *request, struct vn_fleet_seen *seen,
                     const struct vn_stamp *stamp)
{
    struct snapshot_call *self = vn_call_new(sizeof *self, service, exchange, request, seen, stamp);
    if (self != NULL) {
        self->call.task.run = make_part;
        self->call.task.ended = part_made;
        vn_task_post(&self->call.task, VN_LANE_READER);
    }
}
