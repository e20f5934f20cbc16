/* What the running hub knows of itself: counters of replies, levels, and what is wrong (metrics.h, health.h).
 *
 * Loop thread only. What stands in the database alone is read every ten seconds, so that being asked costs nothing and is
 * answered also while the database is away. */
#ifndef VN_HUB_SERVICE_WATCH_H
#define VN_HUB_SERVICE_WATCH_H

#include "sync/hub/health.h"
#include "sync/hub/metrics.h"
#include "sync/hub/service.h"

struct vn_watch {
    struct vn_service *service;
    const struct vn_http_server *tills; /* whose connections are counted; NULL: not yet */
    struct vn_metrics metrics;
    int64_t started_ns;
    int64_t quarantined, backup_ms; /* when last looked at */
    uv_timer_t timer;
    bool busy; /* a look is under way */
};

/* On the loop; the watch and the service outlive the timer. */
void vn_watch_start(struct vn_watch *watch, struct vn_service *service);
void vn_watch_close(struct vn_watch *watch); /* before the service is closed */

/* Hook of the tills' server. */
void vn_watch_replied(void *watch, const char *path, int status);

void vn_watch_health(const struct vn_watch *watch, struct vn_health *out);
/* The metrics' text. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_watch_metrics(const struct vn_watch *watch, struct vn_buf *out);

#endif
