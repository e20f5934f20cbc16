/* The handlers for monitoring; docs/hub.md has the page for operators. */
#ifndef VN_HUB_API_MONITOR_H
#define VN_HUB_API_MONITOR_H

#include "sync/hub/service/watch.h"

/* Of the listener that --monitor names; the context is a struct vn_watch. */
void vn_api_monitor(void *watch, struct vn_http_exchange *exchange, const struct vn_http_request *request);
/* On the admin socket: false when the request is another one. */
bool vn_api_monitor_admin(const struct vn_watch *watch, struct vn_http_exchange *exchange,
                          const struct vn_http_request *request);

#endif
