/* The feed's side of the service: who waits for news, and when checkpoints are closed. Loop thread only. */
#ifndef VN_HUB_SERVICE_FEED_H
#define VN_HUB_SERVICE_FEED_H

#include "sync/hub/feed/frame.h"
#include "sync/hub/feed/polls.h"
#include "sync/hub/service/service.h"

#define VN_FEED_TYPE "application/x-ndjson"

struct vn_feed_service; /* opaque */

/* A GET /v1/feed. */
struct vn_long_poll {
    struct vn_call call; /* first */
    struct vn_poll poll;
    struct vn_cursor cursor;
    unsigned wait_s;
    bool lean; /* takes frames whose rows leave included_seq to the header */
    bool
        walks; /* the cursor is one that this hub gave with a snapshot in parts: no tombstone is missing yet */
    /* The feed's own: */
    unsigned until; /* the tick that ends its patience */
    bool looking;   /* it is on the reader */
    bool always;
    struct vn_frame_ask *ask;
    int64_t told;
    struct vn_cursor roster; /* of its store */
};

/* VN_NOMEM. Closes at once what the last run left. */
VN_MUST_USE enum vn_status vn_feed_service_create(struct vn_service *service, struct vn_feed_service **out);
/* After the threads have ended; nobody may wait any more. The loop must run until the timers are closed, before free. */
void vn_feed_service_close(struct vn_feed_service *feed);
void vn_feed_service_free(struct vn_feed_service *feed);

/* Something was committed that tills may wait for. */
void vn_feed_service_changed(struct vn_feed_service *feed);
/* The highest number that was closed, as far as the loop knows. */
int64_t vn_feed_service_closed(const struct vn_feed_service *feed);
/* Answers it when there is something, or when its patience ends. */
void vn_feed_service_poll(struct vn_feed_service *feed, struct vn_long_poll *poll);
/* Looks at everybody who waits: an enrolment may have ended. */
void vn_feed_service_look(struct vn_feed_service *feed);
/* Looks at those of a store: rights may be granted to one of them, or asked back, or who is in the store is another. */
void vn_feed_service_touch(struct vn_feed_service *feed, const char *store);
/* Answers all of them with what there is. */
void vn_feed_service_end(struct vn_feed_service *feed);

#endif
