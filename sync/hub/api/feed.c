/* GET /v1/feed with its long-poll: what is asked; service/feed.c answers. */
#include "sync/hub/service/feed.h"

/* Accept: application/x-ndjson;schema=2 takes frames that tills share. */
static bool takes_lean(const struct vn_http_request *request)
{
    struct vn_view accept;
    return vn_http_request_header(request, "Accept", &accept) && vn_view_is(accept, VN_FEED_ACCEPT);
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
    struct vn_long_poll *poll = vn_call_new(sizeof *poll, service, exchange, request, seen, stamp);
    if (poll != NULL) {
        poll->cursor = cursor;
        poll->wait_s = (unsigned)wait_s;
        poll->always = wait_s == 0;
        poll->lean = takes_lean(request);
        poll->walks = seen->walk > 0 && seen->walk == cursor.number;
        vn_feed_service_poll(service->feed, poll);
    }
}
