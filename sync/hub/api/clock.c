#include "sync/hub/api/clock.h"

#include <string.h>

#include "agent/base/json.h"
#include "sync/hub/api/admin.h"

bool vn_api_clock(struct vn_clock_guard *guard, struct vn_log *log, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request)
{
    bool accept = strcmp(request->method, "POST") == 0;
    if (strcmp(request->path, "/admin/clock") != 0 || (!accept && strcmp(request->method, "GET") != 0)) {
        return false;
    }
    if (accept) {
        char who[VN_WHO_MAX];
        vn_clock_guard_accept(guard);
        vn_admin_who(request->peer, who);
        vn_log_event(log, VN_LOG_NOTICE, "clock_accepted", VN_S("by", who));
    }
    struct vn_clock_view view = vn_clock_guard_look(guard);
    struct vn_buf body;
    vn_buf_init(&body, 256);
    json_t *json = json_pack("{s:I, s:I, s:b}", "machine_ms", (json_int_t)view.machine_ms, "hub_ms",
                             (json_int_t)view.hub_ms, "doubted", view.doubted ? 1 : 0);
    if (json == NULL || vn_json_dump(json, &body) != VN_OK) {
        vn_http_reply_problem(exchange, 500, "no-memory", NULL, NULL);
    } else {
        vn_http_reply(exchange, 200, "application/json", vn_buf_view(&body));
    }
    json_decref(json);
    vn_buf_deinit(&body);
    return true;
}
