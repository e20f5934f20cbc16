/* What the running hub knows of itself: counters of replies, levels, and what is wrong (metrics.h, health.h).
 *
 * Loop thread only. What stands in the database alone, or in files, is read every two seconds, so that being asked costs nothing
 * and is answered also while the database is away; so are the settings (setting.h), which another hub of the chain may have
 * changed. */
#ifndef VN_HUB_SERVICE_WATCH_H
#define VN_HUB_SERVICE_WATCH_H

#include "sync/hub/core/health.h"
#include "sync/hub/core/metrics.h"
#include "sync/hub/service/service.h"
#include "sync/hub/storage/lending.h"

struct vn_watch {
    const struct vn_hub *hub;
    struct vn_service *service; /* NULL: the database was not there yet */
    int64_t away_since_ms;      /* as long as it is NULL, and why */
    char away_reason[VN_ERROR_TEXT_MAX];
    const struct vn_http_server *tills; /* whose connections are counted; NULL: not yet */
    struct vn_metrics metrics;
    struct vn_bad bad;
    int64_t started_ns;
    int64_t quarantined, backup_ms, epoch, unshown, not_told; /* when last looked at */
    struct vn_open_loans untold, unended;                     /* likewise */
    struct vn_ca_look keys;                                   /* likewise */
    bool looked, standby;                                     /* it was; commits wait for one */
    uv_timer_t timer;
    bool busy; /* a look is under way */
};

/* Before anything else. */
void vn_watch_init(struct vn_watch *watch, const struct vn_hub *hub);
/* The service can't be started, because the database is away. Says whether that is news: the first time, or another reason. */
bool vn_watch_away(struct vn_watch *watch, const char *reason);
/* On the loop; the watch and the service outlive the timer. */
void vn_watch_start(struct vn_watch *watch, struct vn_service *service);
void vn_watch_close(struct vn_watch *watch); /* what start began, before the service is closed */

/* Hook of the tills' server. */
void vn_watch_replied(void *watch, const struct vn_http_peer *peer, const char *path, int status);

void vn_watch_health(const struct vn_watch *watch, struct vn_health *out);
/* The metrics' text. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_watch_metrics(const struct vn_watch *watch, struct vn_buf *out);

#endif
