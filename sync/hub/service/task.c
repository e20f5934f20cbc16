/* Tasks: from the loop to a thread and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/post.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/service/requote.h"
#include "sync/hub/service/service.h"
#include "sync/hub/service/waits.h"

static void reply(struct vn_http_exchange *exchange, const struct vn_answer *answer)
{
    if (answer->retry_after_s > 0) {
        vn_answer_retry_after(exchange, answer->retry_after_s);
    }
    if (answer->type != NULL) {
        vn_http_reply(exchange, answer->http_status, answer->type, vn_buf_view(&answer->body));
    } else {
        vn_http_reply_problem(exchange, answer->http_status, answer->title,
                              answer->detail[0] == '\0' ? NULL : answer->detail,
                              answer->pointer[0] == '\0' ? NULL : answer->pointer);
    }
}

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
    free(task->news);
    free(task);
}

void vn_task_answer(struct vn_task *task)
{
    if (task->exchange != NULL) {
        reply(task->exchange, &task->answer);
    }
    vn_task_free(task);
}

/* What can't be kept is noticed by who waits for it, a little later. */
static void note_news(struct vn_task *task, struct vn_hub *hub)
{
    struct vn_post_news news;
    vn_post_take_news(hub->post, &news);
    if ((news.account_count + news.store_count > 0 || news.lent) && task->news == NULL) {
        task->news = malloc(sizeof news);
        if (task->news != NULL) {
            *task->news = news;
        }
    }
}

static void tell_news(struct vn_task *task)
{
    struct vn_post_news *news = task->news;
    task->news = NULL;
    if (news != NULL) {
        for (unsigned i = 0; i < news->store_count; i++) {
            vn_feed_service_touch(task->service->feed, news->stores[i]);
        }
        vn_waits_news(task->service->waits, news->accounts, news->account_count);
        task->service->try_again = task->service->try_again || news->lent;
        free(news);
    }
}

static void run_writing(struct vn_job *job, void *owned)
{
    struct vn_task *task = (struct vn_task *)job;
    struct vn_hub *hub = owned;
    task->run(task, hub);
    task->lost = vn_storage_is_lost(hub->storage);
    note_news(task, hub);
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
        (void)snprintf(service->trouble.reason, sizeof service->trouble.reason, "%s", answer->reason);
    }
}

static void on_done(struct vn_job *job)
{
    struct vn_task *task = (struct vn_task *)job;
    struct vn_service *service = task->service;
    service->tasks--;
    service->lost = service->lost || task->lost;
    note_trouble(service, task);
    tell_news(task);
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
                                         [VN_LANE_HANDS] = service->hands,
                                         [VN_LANE_HANDS_LAST] = service->hands};
    static const unsigned lanes[] = {[VN_LANE_INTAKE] = 0, [VN_LANE_VERBS] = 1,  [VN_LANE_POSTING] = 0,
                                     [VN_LANE_LAST] = 2,   [VN_LANE_READER] = 0, [VN_LANE_LOOKS] = 1,
                                     [VN_LANE_AUDIT] = 1,  [VN_LANE_HANDS] = 0,  [VN_LANE_HANDS_LAST] = 1};
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
                    : lane >= VN_LANE_HANDS ? run_helping
                                            : run_reading);
}
