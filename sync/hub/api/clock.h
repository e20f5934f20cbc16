/* The verbs about the hub's clock (clock_guard.h), on the admin socket: GET /admin/clock, and POST /admin/clock, which accepts
 * the machine's. Answered by the loop at once, whatever the database does. */
#ifndef VN_HUB_API_CLOCK_H
#define VN_HUB_API_CLOCK_H

#include "agent/base/log.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/net/server.h"

/* False: the request is not about the clock, and is not answered. */
bool vn_api_clock(struct vn_clock_guard *guard, struct vn_log *log, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request);

#endif
