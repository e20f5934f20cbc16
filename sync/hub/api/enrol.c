/* POST /v1/enrol: the one thing that anybody may ask for. So it is read apart, after what tills send, and waits for the writer
 * behind all that they ask for. */
#include <stdlib.h>

#include "sync/hub/fleet/fleet.h"
#include "sync/hub/service/service.h"

struct enrol_task {
    struct vn_task task; /* first */
    struct vn_enrol_request said;
    struct vn_enrolment_row row;
    bool enrolled;
};

/* On a hand: what comes may be made to hurt. */
static void read_enrol(struct vn_task *task, struct vn_hub *hub)
{
    struct enrol_task *self = (struct enrol_task *)task;
    struct vn_error error = {VN_OK, "", ""};
    enum vn_status status = vn_enrol_request_decode(task->request.body, &self->said, &error);
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, &error);
    }
}

static void enrol(struct vn_task *task, struct vn_hub *hub)
{
    struct enrol_task *self = (struct enrol_task *)task;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_enrol_reply *reply = calloc(1, sizeof *reply);
    struct vn_buf body;
    vn_buf_init(&body, 4 * VN_PEM_MAX);
    enum vn_status status = reply == NULL ? VN_NOMEM : vn_fleet_enrol(hub, &self->said, reply, &error);
    if (status == VN_OK) {
        status = vn_storage_enrolment_get(hub->storage, &reply->enrolment, &self->row);
        self->enrolled = status == VN_OK;
    }
    if (status == VN_OK) {
        status = vn_enrol_reply_encode(reply, &body);
        vn_log_event(hub->log, VN_LOG_NOTICE, "till_enrolled", VN_S("store", reply->store),
                     VN_S("till", reply->till));
    }
    if (status == VN_OK) {
        vn_answer_bytes(&task->answer, 200, "application/json", &body);
    } else {
        vn_answer_status(&task->answer, hub, status, &error);
    }
    vn_buf_deinit(&body);
    free(reply);
}

static bool enrolled(struct vn_task *task)
{
    struct enrol_task *self = (struct enrol_task *)task;
    int64_t mono_ms = vn_hub_mono_ms(task->service->hub);
    if (self->enrolled && vn_fleet_table_put(task->service->fleet, &self->row, mono_ms) != VN_OK) {
        vn_log_event(task->service->hub->log, VN_LOG_ERROR, "fleet_not_known", VN_S("till", self->row.till));
    }
    return false;
}

static bool enrol_read(struct vn_task *task)
{
    if (task->answer.http_status != 0) {
        return false;
    }
    task->run = enrol;
    task->ended = enrolled;
    vn_task_post(task, VN_LANE_LAST);
    return true;
}

void vn_api_enrol(struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request)
{
    struct enrol_task *self = vn_task_new(sizeof *self, service, exchange, request);
    if (self != NULL) {
        self->task.run = read_enrol;
        self->task.ended = enrol_read;
        vn_task_post(&self->task, VN_LANE_HANDS_LAST);
    }
}
