/* Tasks of tills: whether the till may go on, by its enrolment's row and what it shows, and what follows when it may not. */
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/service/feed.h"
#include "sync/wire/batch.h"

void *vn_call_new(size_t size, struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request, const struct vn_fleet_seen *seen,
                  const struct vn_stamp *stamp)
{
    struct vn_call *call = vn_task_new(size, service, exchange, request);
    if (call != NULL) {
        call->enrolment = seen->enrolment;
        memcpy(call->serial, request->peer->serial, sizeof call->serial);
        call->stamp = *stamp;
        call->fits = vn_fleet_seen_fits(seen, stamp);
        call->seen_seq = seen->high_seq;
        call->least_seq = vn_fleet_seen_least(seen, request->peer->opened_ms);
        call->task.ended = vn_call_ended;
    }
    return call;
}

void vn_call_answer_expected(struct vn_call *call, struct vn_hub *hub)
{
    const struct vn_expected expected = {call->row.high_seq + 1, call->row.head};
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    enum vn_status status = vn_expected_encode(&expected, &body);
    if (status == VN_OK) {
        vn_answer_bytes(&call->task.answer, 409, "application/json", &body);
    } else {
        vn_answer_status(&call->task.answer, hub, status, NULL);
    }
    vn_buf_deinit(&body);
}

/* A certificate that is not the one in use: the next one, or one that it has replaced. False: it must not go on, and is
 * answered. */
static bool check_certificate(struct vn_call *call, struct vn_hub *hub)
{
    if (strcmp(call->serial, call->row.serial) == 0) {
        return true;
    }
    enum vn_status status = vn_fleet_other_certificate(hub, &call->row, call->serial, &call->first_use);
    if (status != VN_OK) {
        vn_answer_status(&call->task.answer, hub, status, NULL);
    } else if (!call->first_use) {
        vn_answer_problem(
            &call->task.answer, 403, "replaced",
            "the till has used a newer certificate than this one: its disk was set back or copied", NULL);
    }
    return call->first_use;
}

/* What a till shows is to be stored, since one that sells nothing may bring nothing by which it would be: not of a poll that
 * waited, which shows what was when it came. */
static void look_shown(struct vn_call *call, const struct vn_hub *hub, bool first)
{
    bool before = call->row.epoch != hub->epoch;
    vn_epoch_shown(hub, &call->row, &call->stamp);
    if (first && before && call->row.epoch == hub->epoch) {
        call->shown_epoch = hub->epoch;
    }
}

/* False: it must not go on, and is answered. `first`: it was not asked before. */
static bool check_epoch(struct vn_call *call, struct vn_hub *hub, bool first)
{
    enum vn_status status = vn_epoch_behind(hub, &call->row, &call->stamp, &call->ahead);
    if (status != VN_OK) {
        vn_answer_status(&call->task.answer, hub, status, NULL);
        return false;
    }
    if (call->ahead != NULL) {
        vn_answer_problem(&call->task.answer, 503, "set-back", call->ahead, NULL);
        call->task.answer.retry_after_s = 1;
        return false;
    }
    if (!call->brings_journal && !call->renews && call->row.epoch != hub->epoch &&
        call->stamp.acked_seq > call->row.high_seq) {
        vn_call_answer_expected(call, hub); /* entries which the hub lost when it was set back */
        return false;
    }
    look_shown(call, hub, first);
    return true;
}

/* Sets call->branch if where the till says it stands can't be true. */
static enum vn_status check_journal(struct vn_call *call, struct vn_hub *hub)
{
    if (call->passed) {
        return VN_OK; /* a poll that waited: its till may have been started anew meanwhile, more than once */
    }
    if (call->stamp.head_seq < call->least_seq) {
        call->branch = "the till's journal went back behind what the hub has of it, or was shown";
        return VN_OK;
    }
    if (call->fits && call->row.high_seq == call->seen_seq) {
        return VN_OK;
    }
    return vn_fleet_check(hub, &call->row, &call->stamp, &call->branch);
}

bool vn_call_check(struct vn_call *call, struct vn_hub *hub)
{
    enum vn_status status = vn_epoch_refresh(hub);
    if (status == VN_OK) {
        status = vn_storage_enrolment_get(hub->storage, &call->enrolment, &call->row);
    }
    return vn_call_check_row(call, hub, status);
}

bool vn_call_check_row(struct vn_call *call, struct vn_hub *hub, enum vn_status status)
{
    struct vn_answer *answer = &call->task.answer;
    call->branch = NULL;
    call->ahead = NULL;
    call->first_use = false;
    if (status == VN_OK && call->row.state != VN_ENROLMENT_ACTIVE && !VN_PLANTED(REVOKED_SERVED)) {
        vn_answer_problem(answer, 403, vn_enrolment_state_name(call->row.state),
                          "this enrolment has ended; the till must enrol anew, with --replaces", NULL);
        return false;
    }
    if (status == VN_OK && !check_certificate(call, hub)) {
        return false;
    }
    if (status == VN_OK) {
        status = check_journal(call, hub);
    }
    if (status != VN_OK) {
        vn_answer_status(answer, hub, status, NULL);
        return false;
    }
    if (call->branch != NULL) {
        vn_answer_problem(answer, 403, "branch", call->branch, NULL);
        return false;
    }
    bool first = !call->passed;
    call->fits = true;
    call->passed = true;
    call->seen_seq = call->row.high_seq;
    return check_epoch(call, hub, first);
}

static void open_epoch(struct vn_task *task, struct vn_hub *hub)
{
    struct vn_call *call = (struct vn_call *)task;
    bool believed = false;
    enum vn_status status = vn_epoch_till_is_ahead(hub, &call->enrolment, &call->stamp, &believed);
    call->ahead = NULL; /* told */
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, NULL);
    } else if (!believed) {
        call->row.state = VN_ENROLMENT_BRANCH;
        task->answer.retry_after_s = 0;
        vn_answer_problem(&task->answer, 403, "branch",
                          "the till showed numbers that this hub never gave, for the second time in an hour",
                          NULL);
    }
    task->changed = true;
}

struct use_task {
    struct vn_task task; /* first */
    int64_t enrolment;
    char serial[VN_SERIAL_TEXT_MAX];
};

static enum vn_status use_unit(void *ctx, struct vn_storage *storage)
{
    const struct use_task *use = ctx;
    return vn_storage_certificate_use(storage, use->enrolment, use->serial);
}

/* What fails is tried again with the next request that shows the certificate. */
static void use_certificate(struct vn_task *task, struct vn_hub *hub)
{
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, use_unit, task);
    if (status != VN_OK) {
        vn_log_event(hub->log, VN_LOG_ERROR, "certificate_use_failed",
                     VN_S("status", vn_status_name(status)));
    }
}

static void note_use(const struct vn_call *call)
{
    struct use_task *use = vn_task_own(sizeof *use, call->task.service);
    if (use != NULL) {
        use->enrolment = call->row.id;
        memcpy(use->serial, call->serial, sizeof use->serial);
        use->task.run = use_certificate;
        vn_task_post(&use->task, VN_LANE_INTAKE);
    }
}

struct show_task {
    struct vn_task task; /* first */
    struct vn_hub *hub;
    struct vn_enrolment_id enrolment;
    struct vn_stamp stamp;
    int64_t epoch;
};

static enum vn_status show_unit(void *ctx, struct vn_storage *storage)
{
    const struct show_task *show = ctx;
    struct vn_enrolment_row row;
    enum vn_status status = vn_epoch_refresh(show->hub);
    if (status == VN_OK) {
        status = vn_storage_enrolment_get(storage, &show->enrolment, &row);
    }
    if (status != VN_OK || show->hub->epoch != show->epoch || row.epoch == show->epoch ||
        row.state != VN_ENROLMENT_ACTIVE) {
        return status;
    }
    vn_epoch_shown(show->hub, &row, &show->stamp);
    return vn_storage_enrolment_put(storage, &row);
}

/* What fails is tried again with the till's next request. */
static void store_shown(struct vn_task *task, struct vn_hub *hub)
{
    struct show_task *show = (struct show_task *)task;
    show->hub = hub;
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, show_unit, show);
    if (status != VN_OK) {
        vn_log_event(hub->log, VN_LOG_ERROR, "shown_not_stored", VN_S("status", vn_status_name(status)));
    }
}

static void note_shown(const struct vn_call *call)
{
    struct show_task *show = vn_task_own(sizeof *show, call->task.service);
    if (show != NULL) {
        show->enrolment = call->enrolment;
        show->stamp = call->stamp;
        show->epoch = call->shown_epoch;
        show->task.run = store_shown;
        vn_task_post(&show->task, VN_LANE_INTAKE);
    }
}

struct ending {
    struct vn_call *call;
    struct vn_hub *hub;
    bool fine;
};

static enum vn_status end_unit(void *ctx, struct vn_storage *storage)
{
    struct ending *ending = ctx;
    (void)storage; /* it is the hub's */
    vn_answer_deinit(&ending->call->task.answer);
    ending->fine = vn_call_check(ending->call, ending->hub);
    return ending->call->branch == NULL ? VN_OK : vn_fleet_branch(ending->hub, &ending->call->row);
}

/* If it still looks like one, in a transaction of its own, on the writer. */
static void end_branch(struct vn_task *task, struct vn_hub *hub)
{
    struct ending ending = {(struct vn_call *)task, hub, false};
    ending.call->fits = false;
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, end_unit, &ending);
    ending.call->branch = NULL; /* told */
    if (status != VN_OK || ending.fine) {
        vn_answer_status(&task->answer, hub, status == VN_OK ? VN_AGAIN : status, NULL);
    }
}

bool vn_call_ended(struct vn_task *task)
{
    struct vn_call *call = (struct vn_call *)task;
    if (call->first_use) {
        call->first_use = false;
        note_use(call);
    }
    if (call->shown_epoch != 0) {
        note_shown(call);
        call->shown_epoch = 0;
    }
    if (call->branch != NULL) {
        task->run = end_branch;
        vn_task_post(task, VN_LANE_INTAKE);
        return true;
    }
    if (call->ahead != NULL) {
        task->run = open_epoch;
        vn_task_post(task, VN_LANE_INTAKE);
        return true;
    }
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &call->enrolment);
    if (seen == NULL || call->row.id == 0) {
        return false;
    }
    /* What another process took in, or ended. */
    vn_fleet_seen_took(seen, &call->row, vn_hub_mono_ms(task->service->hub));
    if (call->row.state != VN_ENROLMENT_ACTIVE && call->row.state != seen->state) {
        seen->state = call->row.state;
        vn_feed_service_touch(task->service->feed, call->row.store); /* its roster is another */
    }
    return false;
}
