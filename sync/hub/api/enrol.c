/* POST /v1/enrol: the one thing that anybody may ask for. So it is read apart, after what tills send, and waits for the writer
 * behind all that they ask for. */
#include <stdlib.h>

#include "sync/hub/fleet/fleet.h"
#include "sync/hub/service/service.h"

#define RETRY_S 30
#define BUSY    "the hub has more to do than it can; the code stays good: run it again in a minute"

struct enrol_task {
    struct vn_task task; /* first */
    struct vn_enrol_request said;
    struct vn_enrolment_row row;
    bool enrolled;
    int64_t begun_ms; /* steady */
};

static void enrol_free(struct vn_task *task)
{
    task->service->enrols--;
}

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
    if (vn_hub_mono_ms(hub) - self->begun_ms >
        VN_HUB_ENROL_MS) { /* who asked is about to give up: the code stays good */
        task->answer.retry_after_s = RETRY_S;
        vn_answer_problem(&task->answer, 429, "busy", BUSY, NULL);
        return;
    }
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
    if (task->answer.http_status != 0 || task->exchange == NULL) {
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
    struct enrol_task *self = NULL;
    if (service->enrols < VN_HUB_ENROLS_MAX) {
        self = vn_task_new(sizeof *self, service, exchange, request);
    } else {
        vn_answer_retry_after(exchange, RETRY_S);
        vn_http_reply_problem(exchange, 429, "busy", BUSY, NULL);
    }
    if (self != NULL) {
        service->enrols++;
        self->task.free = enrol_free;
        self->begun_ms = vn_hub_mono_ms(service->hub);
        self->task.run = read_enrol;
        self->task.ended = enrol_read;
        vn_task_post(&self->task, VN_LANE_HANDS_LAST);
    }
}
