/* GET /v1/feed with its long-poll, and GET /v1/snapshot. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed.h"
#include "sync/hub/service.h"

#define NDJSON "application/x-ndjson"

struct vn_waiter {
    struct vn_waiter *next;
    struct vn_service *service;
    struct vn_http_exchange *exchange;
    struct vn_enrolment_id enrolment;
    int64_t after;
    uint64_t until_ms; /* of the loop's clock */
};

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct vn_waiter *waiter = ctx;
    struct vn_waiter **link = &waiter->service->waiters;
    (void)exchange;
    while (*link != NULL && *link != waiter) {
        link = &(*link)->next;
    }
    if (*link == waiter) {
        *link = waiter->next;
    }
    free(waiter);
}

static void on_patience(uv_timer_t *handle)
{
    vn_waiters_expire(handle->data);
}

/* Starts the timer for the waiter whose patience ends first. */
static void set_timer(struct vn_service *service)
{
    uint64_t first_ms = UINT64_MAX;
    for (const struct vn_waiter *w = service->waiters; w != NULL; w = w->next) {
        first_ms = w->until_ms < first_ms ? w->until_ms : first_ms;
    }
    if (first_ms == UINT64_MAX) {
        (void)uv_timer_stop(&service->patience);
        return;
    }
    uint64_t now_ms = uv_now(service->loop);
    (void)uv_timer_start(&service->patience, on_patience, first_ms > now_ms ? first_ms - now_ms : 0, 0);
}

/* Replies if there is something, or if `always`. Returns whether it did; the exchange is gone then. */
static bool reply_frame(struct vn_service *service, struct vn_http_exchange *exchange,
                        const struct vn_enrolment_row *row, int64_t after, bool always)
{
    struct vn_buf frame;
    unsigned count = 0;
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    enum vn_status status = vn_feed_frame(service->hub, row, after, false, VN_FEED_ITEMS_MAX, &frame, &count);
    bool reply = status != VN_OK || count > 0 || always;
    if (status != VN_OK) {
        vn_reply_status(service, exchange, status, NULL);
    } else if (reply) {
        vn_http_reply(exchange, 200, NDJSON, vn_buf_view(&frame));
    }
    vn_buf_deinit(&frame);
    return reply;
}

static void wait_for_change(struct vn_service *service, struct vn_http_exchange *exchange,
                            const struct vn_enrolment_row *row, int64_t after, int64_t wait_s)
{
    struct vn_waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL) {
        vn_reply_status(service, exchange, VN_NOMEM, NULL);
        return;
    }
    *waiter = (struct vn_waiter){.next = service->waiters,
                                 .service = service,
                                 .exchange = exchange,
                                 .enrolment = row->enrolment,
                                 .after = after,
                                 .until_ms = uv_now(service->loop) + (uint64_t)wait_s * 1000};
    service->waiters = waiter;
    vn_http_exchange_on_gone(exchange, on_gone, waiter);
    set_timer(service);
}

void vn_api_feed(struct vn_service *service, struct vn_http_exchange *exchange,
                 const struct vn_http_request *request, const struct vn_enrolment_row *row)
{
    char text[VN_ID_MAX];
    struct vn_cursor cursor = {0, 0};
    int64_t wait_s = 0;
    bool usable = false;
    enum vn_status status = vn_http_query(request, "cursor", text, sizeof text);
    if (status == VN_OK) {
        status = vn_cursor_read(vn_view_str(text), &cursor);
    }
    if (status != VN_OK) {
        vn_http_reply_problem(exchange, 400, "input", "expected cursor=epoch.number", NULL);
        return;
    }
    status = vn_http_query_int(request, "wait", 0, VN_POLL_WAIT_S_MAX, &wait_s);
    if (status != VN_OK && status != VN_ABSENT) {
        vn_http_reply_problem(exchange, 400, "input", "expected wait in seconds, 0 to 55", NULL);
        return;
    }
    status = vn_feed_usable(service->hub, &cursor, &usable);
    if (status != VN_OK) {
        vn_reply_status(service, exchange, status, NULL);
    } else if (!usable) {
        vn_http_reply_problem(exchange, 410, "gone", "the feed can't go on from there: take a snapshot",
                              NULL);
    } else if (!reply_frame(service, exchange, row, cursor.number, wait_s == 0)) {
        wait_for_change(service, exchange, row, cursor.number, wait_s);
    }
}

void vn_api_snapshot(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_enrolment_row *row)
{
    struct vn_buf frame;
    unsigned count = 0;
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    enum vn_status status = vn_feed_frame(service->hub, row, 0, true, VN_SNAPSHOT_ITEMS_MAX, &frame, &count);
    if (status == VN_OK) {
        vn_http_reply(exchange, 200, NDJSON, vn_buf_view(&frame));
    } else {
        vn_reply_status(service, exchange, status, NULL);
    }
    vn_buf_deinit(&frame);
}

/* Looks at every waiter: whose patience has ended is answered whatever there is. */
static void look(struct vn_service *service, uint64_t now_ms)
{
    struct vn_waiter **link = &service->waiters;
    while (*link != NULL) {
        struct vn_waiter *waiter = *link;
        struct vn_enrolment_row row;
        bool gone = true;
        enum vn_status status = vn_storage_enrolment_get(service->hub->storage, &waiter->enrolment, &row);
        if (status != VN_OK) {
            vn_reply_status(service, waiter->exchange, status, NULL);
        } else if (row.state != VN_ENROLMENT_ACTIVE) {
            vn_http_reply_problem(waiter->exchange, 403, vn_enrolment_state_name(row.state), NULL, NULL);
        } else {
            gone = reply_frame(service, waiter->exchange, &row, waiter->after, waiter->until_ms <= now_ms);
        }
        if (gone) {
            *link = waiter->next;
            free(waiter);
        } else {
            link = &waiter->next;
        }
    }
    set_timer(service);
}

void vn_waiters_wake(struct vn_service *service)
{
    look(service, 0);
}

void vn_waiters_expire(struct vn_service *service)
{
    look(service, uv_now(service->loop));
}
