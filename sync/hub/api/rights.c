/* POST /v1/rights. When less is free than a till wants, those are asked who hold it, and the answer waits for what they release,
 * on no thread: a hundred of them hold up nobody. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/till_call.h"
#include "sync/hub/rights/rights.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/service/waits.h"

struct rights_call {
    struct vn_till_call till; /* first */
    struct vn_wait wait;
    struct vn_rights_lack lack; /* by the last run */
    struct vn_rights_mark told; /* by the answer */
    bool asks;                  /* the run that asks holders back is under way */
    bool asked;
    bool late; /* the answer waits no longer */
};

static enum vn_status answer_with(struct rights_call *self, const struct vn_rights_reply *reply)
{
    struct vn_task *task = &self->till.call.task;
    struct vn_buf body;
    vn_buf_init(&body, 1024 * 1024);
    enum vn_status status = vn_rights_reply_encode(reply, &body);
    if (status == VN_OK) {
        vn_answer_bytes(&task->answer, 200, "application/json", &body);
        task->changed = true;
        self->told = (struct vn_rights_mark){reply->number, reply->asked};
    }
    vn_buf_deinit(&body);
    return status;
}

static enum vn_status grant(struct vn_till_call *call, struct vn_hub *hub, struct vn_error *error)
{
    struct rights_call *self = (struct rights_call *)call;
    struct vn_enrolment_row *row = &call->call.row;
    struct vn_rights_request request;
    struct vn_rights_reply *reply = calloc(1, sizeof *reply);
    self->lack.account_count = 0;
    enum vn_status status =
        reply == NULL ? VN_NOMEM : vn_rights_request_decode(call->call.task.request.body, &request, error);
    if (status == VN_OK && call->call.stamp.head_seq > row->high_seq) {
        free(reply);
        vn_call_answer_expected(&call->call, hub);
        return VN_OK;
    }
    if (status == VN_OK) {
        status = vn_rights_grant(hub, row, &request, call->call.stamp.grant, reply, error);
    }
    if (status == VN_OK && !self->late) {
        status = vn_rights_lack(hub, row, &request, reply, &self->lack);
    }
    if (status == VN_OK) {
        status = answer_with(self, reply);
    }
    free(reply);
    return status;
}

struct asking {
    struct vn_hub *hub;
    const struct vn_rights_lack *lack;
};

static enum vn_status ask_unit(void *ctx, struct vn_storage *storage)
{
    const struct asking *asking = ctx;
    (void)storage; /* it is the hub's */
    return vn_rights_ask(asking->hub, asking->lack);
}

/* If it can't be, the answer is what there is. */
static void ask(struct vn_task *task, struct vn_hub *hub)
{
    struct rights_call *self = (struct rights_call *)task;
    struct asking asking = {hub, &self->lack};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, ask_unit, &asking);
    if (status != VN_OK) {
        self->late = true;
        vn_log_event(hub->log, VN_LOG_ERROR, "rights_not_asked", VN_S("status", vn_status_name(status)));
    }
}

/* --- on the loop */

static void go_on(struct rights_call *self)
{
    struct vn_task *task = &self->till.call.task;
    task->left = NULL;
    vn_answer_deinit(&task->answer); /* it is made anew */
    task->run = vn_till_call_write;
    vn_task_post(task, VN_LANE_VERBS);
}

static void over(struct vn_wait *wait, bool late)
{
    struct rights_call *self = (struct rights_call *)((char *)wait - offsetof(struct rights_call, wait));
    self->late = self->late || late;
    go_on(self);
}

static void left(struct vn_task *task)
{
    struct rights_call *self = (struct rights_call *)task;
    if (self->wait.waits) {
        vn_waits_remove(task->service->waits, &self->wait);
        vn_task_free(task);
    }
}

static bool wait_on(struct rights_call *self)
{
    struct vn_task *task = &self->till.call.task;
    if (task->exchange == NULL || task->service->ending) {
        return false; /* nobody waits, or nobody may */
    }
    self->wait.account_count = self->lack.account_count;
    memcpy(self->wait.accounts, self->lack.accounts, sizeof self->wait.accounts);
    task->left = left;
    vn_waits_add(task->service->waits, &self->wait);
    return true;
}

/* Who can answer at once. */
static void find_near(struct rights_call *self)
{
    const struct vn_service *service = self->till.call.task.service;
    for (unsigned i = 0; i < self->lack.holder_count; i++) {
        struct vn_rights_holder *holder = &self->lack.holders[i];
        const struct vn_fleet_seen *seen = vn_fleet_table_find(service->fleet, &holder->enrolment);
        holder->near = seen != NULL && seen->polls > 0;
    }
}

static bool asked(struct rights_call *self)
{
    struct vn_task *task = &self->till.call.task;
    bool any = false;
    self->asks = false;
    self->asked = true;
    for (unsigned i = 0; i < self->lack.holder_count && !self->late; i++) {
        if (self->lack.holders[i].near) {
            vn_feed_service_touch(task->service->feed, self->lack.holders[i].store);
            any = true;
        }
    }
    self->wait.until_ms = uv_now(task->service->loop) + VN_RIGHTS_ASK_MS;
    self->wait.over = over;
    return any && wait_on(self);
}

static bool start_ask(struct rights_call *self)
{
    struct vn_task *task = &self->till.call.task;
    find_near(self);
    self->asks = true;
    task->run = ask;
    vn_task_post(task, VN_LANE_VERBS);
    return true;
}

static bool ended(struct vn_task *task)
{
    struct rights_call *self = (struct rights_call *)task;
    if (self->asks) {
        return asked(self);
    }
    if (vn_call_ended(task)) {
        return true;
    }
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &self->till.call.enrolment);
    if (seen != NULL && task->answer.http_status == 200) {
        seen->told.grant = self->told.grant > seen->told.grant ? self->told.grant : seen->told.grant;
        seen->told.asked = self->told.asked > seen->told.asked ? self->told.asked : seen->told.asked;
    }
    if (task->answer.http_status != 200 || self->late || self->lack.account_count == 0 ||
        task->service->ending) {
        return false;
    }
    return self->asked ? wait_on(self) : start_ask(self);
}

void vn_api_rights(struct vn_service *service, struct vn_http_exchange *exchange,
                   const struct vn_http_request *request, struct vn_fleet_seen *seen,
                   const struct vn_stamp *stamp)
{
    struct rights_call *self = vn_call_new(sizeof *self, service, exchange, request, seen, stamp);
    if (self != NULL) {
        self->till.run = grant;
        self->till.posts = true;
        self->till.call.task.run = vn_till_call_write;
        self->till.call.task.ended = ended;
        vn_task_post(&self->till.call.task, VN_LANE_VERBS);
    }
}
