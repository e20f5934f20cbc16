/* What monitoring asks: /metrics (OpenMetrics) and /health, on a listener of their own, plain HTTP, and on the admin socket.
 * Answered by the loop at once, whatever the database does. */
#include <string.h>

#include "sync/hub/api/monitor.h"

static void reply_health(const struct vn_watch *watch, struct vn_http_exchange *exchange, int failing_status)
{
    struct vn_health health;
    struct vn_buf body;
    vn_buf_init(&body, 16384);
    vn_watch_health(watch, &health);
    json_t *json = vn_health_json(&health);
    if (json == NULL || vn_json_dump(json, &body) != VN_OK) {
        vn_http_reply_problem(exchange, 500, "no-memory", NULL, NULL);
    } else {
        vn_http_reply(exchange, health.failing ? failing_status : 200, "application/json",
                      vn_buf_view(&body));
    }
    json_decref(json);
    vn_buf_deinit(&body);
}

static void reply_metrics(const struct vn_watch *watch, struct vn_http_exchange *exchange)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_HTTP_REPLY_MAX);
    if (vn_watch_metrics(watch, &body) == VN_OK) {
        vn_http_reply(exchange, 200, VN_METRICS_TYPE, vn_buf_view(&body));
    } else {
        vn_http_reply_problem(exchange, 500, "no-memory", NULL, NULL);
    }
    vn_buf_deinit(&body);
}

void vn_api_monitor(void *watch, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    if (strcmp(request->method, "GET") != 0) {
        vn_http_reply_problem(exchange, 405, "method", "only GET", NULL);
    } else if (strcmp(request->path, "/metrics") == 0) {
        reply_metrics(watch, exchange);
    } else if (strcmp(request->path, "/health") == 0) {
        reply_health(watch, exchange, 503);
    } else {
        vn_http_reply_problem(exchange, 404, "absent", "there are /metrics and /health", NULL);
    }
}

bool vn_api_monitor_admin(const struct vn_watch *watch, struct vn_http_exchange *exchange,
                          const struct vn_http_request *request)
{
    if (strcmp(request->path, "/admin/health") != 0 || strcmp(request->method, "GET") != 0) {
        return false;
    }
    reply_health(watch, exchange, 200); /* the verb reads the document */
    return true;
}
