/* GET /v1/feed with its long-poll.
 *
 * A long-poll is a call that looks on the reader whether there is something for it, and sleeps when there is not, until
 * something was committed or its patience ends. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed.h"
#include "sync/hub/service.h"

#define NDJSON "application/x-ndjson"

struct vn_waiter {
    struct vn_call call; /* first */
    struct vn_waiter *prev, *next;
    struct vn_cursor cursor;
    uint64_t until_ms; /* of the loop's clock */
    bool sleeps;       /* in the service's list and not on a thread */
    bool due;          /* something was committed since the look that is under way began */
    bool always;       /* its patience has ended: it is answered whatever there is */
};

static void on_patience(uv_timer_t *handle);

/* The timer is due when the first patience ends, or earlier. While the hub ends it is the end's. */
static void set_timer(struct vn_service *service, uint64_t until_ms)
{
    uint64_t now_ms = uv_now(service->loop);
    uint64_t in_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    bool runs = uv_is_active((const uv_handle_t *)&service->patience) != 0;
    if (!service->ending && (!runs || uv_timer_get_due_in(&service->patience) > in_ms)) {
        (void)uv_timer_start(&service->patience, on_patience, in_ms, 0);
    }
}

static void look_again(struct vn_waiter *waiter)
{
    waiter->sleeps = false;
    waiter->due = false;
    vn_task_post(&waiter->call.task, VN_LANE_LOOKS);
}

static void on_patience(uv_timer_t *handle)
{
    struct vn_service *service = handle->data;
    uint64_t now_ms = uv_now(service->loop);
    struct vn_waiter *next = NULL;
    for (struct vn_waiter *waiter = service->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->sleeps && waiter->until_ms <= now_ms) {
            waiter->always = true;
            look_again(waiter);
        } else if (waiter->sleeps) {
            set_timer(service, waiter->until_ms);
        }
    }
}

void vn_waiters_wake(struct vn_service *service)
{
    struct vn_waiter *next = NULL;
    for (struct vn_waiter *waiter = service->waiters; waiter != NULL; waiter = next) {
        next = waiter->next;
        if (waiter->sleeps) {
            waiter->always = service->ending;
            look_again(waiter);
        } else {
            waiter->due = true;
        }
    }
}

/* On the reader. */
static void look(struct vn_task *task, struct vn_hub *hub)
{
    struct vn_waiter *waiter = (struct vn_waiter *)task;
    struct vn_call *call = &waiter->call;
    struct vn_buf frame;
    unsigned count = 0;
    bool usable = false;
    if (!vn_call_check(call, hub)) {
        return;
    }
    enum vn_status status = vn_feed_usable(hub, &waiter->cursor, &usable);
    if (status == VN_OK && !usable) {
        vn_answer_problem(&task->answer, 410, "gone", "the feed can't go on from there: take a snapshot",
                          NULL);
        return;
    }
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    if (status == VN_OK) {
        status =
            vn_feed_frame(hub, &call->row, waiter->cursor.number, false, VN_FEED_ITEMS_MAX, &frame, &count);
    }
    if (status != VN_OK) {
        vn_answer_status(&task->answer, hub, status, NULL);
    } else if (count > 0 || waiter->always) {
        vn_answer_bytes(&task->answer, 200, NDJSON, &frame);
    }
    vn_buf_deinit(&frame);
}

static bool looked(struct vn_task *task)
{
    struct vn_waiter *waiter = (struct vn_waiter *)task;
    struct vn_service *service = task->service;
    if (vn_call_ended(task)) {
        return true;
    }
    if (task->answer.http_status != 0 || task->exchange == NULL) {
        return false;
    }
    if (waiter->due || service->ending) {
        waiter->always = service->ending;
        look_again(waiter);
        return true;
    }
    waiter->sleeps = true;
    set_timer(service, waiter->until_ms);
    return true;
}

static void unlink_waiter(struct vn_task *task)
{
    struct vn_waiter *waiter = (struct vn_waiter *)task;
    if (waiter->prev != NULL) {
        waiter->prev->next = waiter->next;
    } else {
        task->service->waiters = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->prev = waiter->prev;
    }
}

static void left(struct vn_task *task)
{
    if (((struct vn_waiter *)task)->sleeps) {
        vn_task_free(task);
    }
}

static bool read_query(const struct vn_http_request *request, struct vn_http_exchange *exchange,
                       struct vn_cursor *cursor, int64_t *wait_s)
{
    char text[VN_ID_MAX];
    enum vn_status status = vn_http_query(request, "cursor", text, sizeof text);
    if (status == VN_OK) {
        status = vn_cursor_read(vn_view_str(text), cursor);
    }
    if (status != VN_OK) {
        vn_http_reply_problem(exchange, 400, "input", "expected cursor=epoch.number", NULL);
        return false;
    }
    status = vn_http_query_int(request, "wait", 0, VN_POLL_WAIT_S_MAX, wait_s);
    if (status != VN_OK && status != VN_ABSENT) {
        vn_http_reply_problem(exchange, 400, "input", "expected wait in seconds, 0 to 55", NULL);
        return false;
    }
    return true;
}

void vn_api_feed(struct vn_service *service, struct vn_http_exchange *exchange,
                 const struct vn_http_request *request, struct vn_fleet_seen *seen,
                 const struct vn_stamp *stamp)
{
    struct vn_cursor cursor = {0, 0};
    int64_t wait_s = 0;
    if (!read_query(request, exchange, &cursor, &wait_s)) {
        return;
    }
    struct vn_waiter *waiter = vn_call_new(sizeof *waiter, service, exchange, request, seen, stamp);
    if (waiter == NULL) {
        return;
    }
    struct vn_task *task = &waiter->call.task;
    waiter->cursor = cursor;
    waiter->until_ms = uv_now(service->loop) + (uint64_t)wait_s * 1000;
    waiter->always = wait_s == 0;
    waiter->next = service->waiters;
    if (waiter->next != NULL) {
        waiter->next->prev = waiter;
    }
    service->waiters = waiter;
    task->run = look;
    task->ended = looked;
    task->left = left;
    task->free = unlink_waiter;
    vn_task_post(task, VN_LANE_READER);
}
