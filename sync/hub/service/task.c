/* Tasks and their answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/service/requote.h"
#include "sync/hub/service/service.h"
#include "sync/wire/batch.h"

/* --- answers ---------------------------------------------------------------------------------------------- */

static void take_text(char *out, size_t size, const char *text)
{
    size_t len = text == NULL ? 0 : strnlen(text, size - 1);
    memcpy(out, text == NULL ? "" : text, len);
    out[len] = '\0';
}

void vn_answer_deinit(struct vn_answer *answer)
{
    vn_buf_deinit(&answer->body);
    answer->http_status = 0;
}

void vn_answer_bytes(struct vn_answer *answer, int http_status, const char *type, struct vn_buf *body)
{
    vn_answer_deinit(answer);
    answer->http_status = http_status;
    answer->type = type;
    answer->body = *body;
    vn_buf_init(body, 0);
}

void vn_answer_json(struct vn_answer *answer, int http_status, json_t *json)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_HTTP_REPLY_MAX);
    if (json == NULL || vn_json_dump(json, &body) != VN_OK) {
        vn_answer_problem(answer, 500, "no-memory", "the answer does not fit", NULL);
    } else {
        vn_answer_bytes(answer, http_status, "application/json", &body);
    }
    json_decref(json);
    vn_buf_deinit(&body);
}

void vn_answer_problem(struct vn_answer *answer, int http_status, const char *title, const char *detail,
                       const char *pointer)
{
    vn_answer_deinit(answer);
    answer->http_status = http_status;
    answer->type = NULL;
    take_text(answer->title, sizeof answer->title, title);
    take_text(answer->detail, sizeof answer->detail, detail);
    take_text(answer->pointer, sizeof answer->pointer, pointer);
}

/* What is said of trouble that nobody has said anything of: it is the store's, or our own. */
static const char *sentence_of(enum vn_status status)
{
    static const char *const sentences[] = {
        [VN_IO] = "the hub's database can't be read or written: look at its disk; verno-hub health says more",
        [VN_GONE] = "the hub's database is away: see that it runs; the hub goes on by itself",
        [VN_TIMEOUT] = "the hub's database does not answer in time: try again",
        [VN_AGAIN] = "the hub's database was busy with others: try again",
        [VN_CORRUPT] = "the hub's database is damaged: verno-hub audit says where; restore a backup",
        [VN_FULL] = "the disk of the hub's database is full: make room, the hub goes on by itself",
        [VN_DENIED] =
            "the hub's database refuses what the hub asks of it: look at its rights and at the hub's log",
        [VN_NOMEM] = "the hub is out of memory"};
    const char *sentence = (size_t)status < sizeof sentences / sizeof *sentences ? sentences[status] : NULL;
    return sentence != NULL ? sentence : "this failed within the hub: its log says more";
}

void vn_answer_status(struct vn_answer *answer, struct vn_hub *hub, enum vn_status status,
                      const struct vn_error *error)
{
    static const int http[] = {
        [VN_INPUT] = 400,       [VN_CORRUPT] = 400, [VN_FULL] = 413,    [VN_DENIED] = 403,
        [VN_UNSUPPORTED] = 426, [VN_ABSENT] = 404,  [VN_CONFLICT] = 409};
    bool told = error != NULL && error->status == status && error->text[0] != '\0';
    /* Without a sentence it is our own trouble, whatever the status: a full disk is no 413. */
    int code = told && (size_t)status < sizeof http / sizeof *http ? http[status] : 0;
    if (code == 0) {
        struct vn_error own = {VN_OK, "", ""};
        if (hub->storage != NULL) {
            vn_storage_describe(hub->storage, status, &own);
        }
        vn_log_event(hub->log, VN_LOG_ERROR, "request_failed", VN_S("status", vn_status_name(status)),
                     VN_S("reason", told ? error->text : own.text));
        code = 503;
        vn_answer_problem(answer, code, vn_status_name(status), told ? error->text : sentence_of(status),
                          told ? error->pointer : NULL);
        answer->retry_after_s = VN_HUB_TROUBLE_S;
        answer->trouble = status;
        take_text(answer->reason, sizeof answer->reason, told ? error->text : own.text);
        return;
    }
    vn_answer_problem(answer, code, vn_status_name(status), told ? error->text : NULL,
                      told ? error->pointer : NULL);
}

static void reply(struct vn_http_exchange *exchange, const struct vn_answer *answer)
{
    if (answer->retry_after_s > 0) {
        char text[24];
        (void)snprintf(text, sizeof text, "%lld", (long long)answer->retry_after_s);
        enum vn_status ignored = vn_http_reply_header(exchange, "Retry-After", text);
        (void)ignored; /* a reply without it is as good */
    }
    if (answer->type != NULL) {
        vn_http_reply(exchange, answer->http_status, answer->type, vn_buf_view(&answer->body));
    } else {
        vn_http_reply_problem(exchange, answer->http_status, answer->title,
                              answer->detail[0] == '\0' ? NULL : answer->detail,
                              answer->pointer[0] == '\0' ? NULL : answer->pointer);
    }
}

/* --- tasks ------------------------------------------------------------------------------------------------ */

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct vn_task *task = ctx;
    (void)exchange;
    task->exchange = NULL;
    if (task->left != NULL) {
        task->left(task);
    }
}

/* Method, path, query and body, one after the other. The method's name is static in the server. */
static enum vn_status copy_request(struct vn_task *task, const struct vn_http_request *request)
{
    size_t path = strlen(request->path) + 1;
    size_t query = strlen(request->query) + 1;
    vn_buf_init(&task->text, path + query + request->body.len);
    enum vn_status status = vn_buf_append(&task->text, vn_view_of(request->path, path));
    if (status == VN_OK) {
        status = vn_buf_append(&task->text, vn_view_of(request->query, query));
    }
    if (status == VN_OK) {
        status = vn_buf_append(&task->text, request->body);
    }
    if (status == VN_OK) {
        const char *text = (const char *)task->text.data;
        task->request = (struct vn_http_request){.method = request->method,
                                                 .path = text,
                                                 .query = text + path,
                                                 .body = vn_view_of(text + path + query, request->body.len),
                                                 .zipped = request->zipped};
    }
    return status;
}

void *vn_task_new(size_t size, struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request)
{
    struct vn_task *task = vn_task_own(size, service);
    if (task == NULL || copy_request(task, request) != VN_OK) {
        if (task != NULL) {
            vn_task_free(task);
        }
        vn_http_reply_problem(exchange, 503, "no-memory", NULL, NULL);
        return NULL;
    }
    task->exchange = exchange;
    vn_http_exchange_on_gone(exchange, on_gone, task);
    return task;
}

void *vn_task_own(size_t size, struct vn_service *service)
{
    struct vn_task *task = calloc(1, size);
    if (task != NULL) {
        task->service = service;
    }
    return task;
}

void vn_task_free(struct vn_task *task)
{
    if (task->free != NULL) {
        task->free(task);
    }
    vn_answer_deinit(&task->answer);
    vn_buf_deinit(&task->text);
    free(task);
}

void vn_task_answer(struct vn_task *task)
{
    if (task->exchange != NULL) {
        reply(task->exchange, &task->answer);
    }
    vn_task_free(task);
}

static void run_writing(struct vn_job *job, void *owned)
{
    struct vn_task *task = (struct vn_task *)job;
    struct vn_hub *hub = owned;
    task->run(task, hub);
    task->lost = vn_storage_is_lost(hub->storage);
}

struct reading {
    struct vn_task *task;
    struct vn_hub *hub;
};

static enum vn_status read_unit(void *ctx, struct vn_storage *storage)
{
    const struct reading *reading = ctx;
    (void)storage; /* it is the hub's */
    vn_answer_deinit(&reading->task->answer);
    reading->task->run(reading->task, reading->hub);
    return VN_OK;
}

/* One read transaction a task: all that it says is of one moment. */
static void run_reading(struct vn_job *job, void *owned)
{
    struct reading reading = {(struct vn_task *)job, owned};
    enum vn_status status = vn_storage_unit(reading.hub->storage, VN_SQL_SNAPSHOT, read_unit, &reading);
    if (status != VN_OK) {
        vn_answer_status(&reading.task->answer, reading.hub, status, NULL);
    }
    reading.task->lost = vn_storage_is_lost(reading.hub->storage);
}

static void run_helping(struct vn_job *job, void *owned)
{
    struct vn_task *task = (struct vn_task *)job;
    task->run(task, owned);
}

/* What a task tells of the store: that it failed, or that something was committed again. */
static void note_trouble(struct vn_service *service, const struct vn_task *task)
{
    const struct vn_answer *answer = &task->answer;
    if (task->changed) {
        service->trouble.since_ms = 0;
    } else if (answer->http_status == 503 && answer->trouble != VN_OK && answer->trouble != VN_AGAIN &&
               answer->trouble != VN_GONE && service->trouble.since_ms == 0) {
        service->trouble.since_ms = vn_hub_now_ms(service->hub);
        service->trouble.status = answer->trouble;
        take_text(service->trouble.reason, sizeof service->trouble.reason, answer->reason);
    }
}

static void on_done(struct vn_job *job)
{
    struct vn_task *task = (struct vn_task *)job;
    struct vn_service *service = task->service;
    service->tasks--;
    service->lost = service->lost || task->lost;
    note_trouble(service, task);
    if (task->changed) {
        task->changed = false;
        vn_service_changed(service);
    }
    if (task->ended == NULL || !task->ended(task)) {
        vn_task_answer(task);
    }
    vn_service_look_idle(service);
}

void vn_task_post_as(struct vn_task *task, enum vn_lane lane, void (*run)(struct vn_job *job, void *owned))
{
    struct vn_service *service = task->service;
    struct vn_worker *const workers[] = {[VN_LANE_INTAKE] = service->writer,
                                         [VN_LANE_VERBS] = service->writer,
                                         [VN_LANE_POSTING] = service->writer,
                                         [VN_LANE_LAST] = service->writer,
                                         [VN_LANE_READER] = service->reader,
                                         [VN_LANE_LOOKS] = service->reader,
                                         [VN_LANE_AUDIT] = vn_requotes_worker(service->requotes),
                                         [VN_LANE_HANDS] = service->hands};
    static const unsigned lanes[] = {
        [VN_LANE_INTAKE] = 0, [VN_LANE_VERBS] = 1, [VN_LANE_POSTING] = 0, [VN_LANE_LAST] = 2,
        [VN_LANE_READER] = 0, [VN_LANE_LOOKS] = 1, [VN_LANE_AUDIT] = 1,   [VN_LANE_HANDS] = 0};
    task->job.run = run;
    task->job.done = on_done;
    service->tasks++;
    if (vn_worker_post_lane(workers[lane], &task->job, lanes[lane]) != VN_OK) {
        vn_answer_status(&task->answer, &service->helps, VN_AGAIN, NULL);
        task->ended = NULL;
        on_done(&task->job);
    }
}

void vn_task_post(struct vn_task *task, enum vn_lane lane)
{
    vn_task_post_as(task, lane,
                    lane < VN_LANE_READER   ? run_writing
                    : lane == VN_LANE_HANDS ? run_helping
                                            : run_reading);
}

/* --- calls of tills --------------------------------------------------------------------------------------- */

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

/* What a till expects that shows entries which the hub lost when it was set back. */
static void answer_lost(struct vn_call *call, struct vn_hub *hub)
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

/* False: it must not go on, and is answered. */
static bool check_epoch(struct vn_call *call, struct vn_hub *hub)
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
    if (!call->brings_journal && call->row.epoch != hub->epoch &&
        call->stamp.acked_seq > call->row.high_seq) {
        answer_lost(call, hub);
        return false;
    }
    vn_epoch_shown(hub, &call->row, &call->stamp);
    return true;
}

/* Sets call->branch if where the till says it stands can't be true. */
static enum vn_status check_journal(struct vn_call *call, struct vn_hub *hub)
{
    if (call->stamp.head_seq < call->least_seq) {
        call->branch = "the till's journal went back behind what the hub has of it";
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
    if (status == VN_OK && call->row.state != VN_ENROLMENT_ACTIVE) {
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
    call->fits = true;
    call->seen_seq = call->row.high_seq;
    return check_epoch(call, hub);
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

void vn_call_end_branch(struct vn_task *task, struct vn_hub *hub)
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
    if (call->branch != NULL) {
        task->run = vn_call_end_branch;
        vn_task_post(task, VN_LANE_INTAKE);
        return true;
    }
    if (call->ahead != NULL) {
        task->run = open_epoch;
        vn_task_post(task, VN_LANE_INTAKE);
        return true;
    }
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &call->enrolment);
    if (seen != NULL && call->row.id != 0 && call->row.state != VN_ENROLMENT_ACTIVE) {
        seen->state = call->row.state;
    }
    if (seen != NULL && call->row.id != 0) {
        /* What another process took in. */
        vn_fleet_seen_took(seen, &call->row, vn_hub_mono_ms(task->service->hub));
    }
    return false;
}
