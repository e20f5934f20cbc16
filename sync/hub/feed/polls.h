/* Who waits for news: long-polls by the store of their till, and by the second in which their patience ends.
 *
 * A checkpoint names the stores that it touches; only their buckets are looked at, so ten thousand tills that wait cost
 * nothing while one store's members change. Patience is one wheel with a slot a second: a tick looks at one slot.
 * Whoever is to be answered moves to one queue, in the order in which it was found, and is taken from there in portions
 * of the caller's choice: ten thousand replies are not one turn of the loop.
 *
 * Pure but for memory; single-threaded; nothing blocks. A poll is the caller's, embedded in something of his. */
#ifndef VN_HUB_FEED_POLLS_H
#define VN_HUB_FEED_POLLS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/limits.h"
#include "agent/base/status.h"

struct vn_polls; /* opaque */
struct vn_poll_bucket;

/* Zeroed before its first use. What is in it is not the caller's. */
struct vn_poll {
    struct vn_poll *next, *prev;             /* in its bucket, or in the queue */
    struct vn_poll *wheel_next, *wheel_prev; /* in its slot; not in the queue */
    struct vn_poll_bucket *bucket;
    unsigned slot;
    bool waits; /* in a bucket, or in the queue */
    bool queued;
    bool expired; /* for whom takes it from the queue: patience ended, answer whatever there is */
};

VN_MUST_USE enum vn_status vn_polls_create(struct vn_polls **out); /* VN_NOMEM */
void vn_polls_destroy(struct vn_polls *polls);                     /* nobody may wait any more */

/* Waits in the bucket of `store`, at most wait_s (1 to VN_POLL_WAIT_S_MAX) ticks from now. VN_NOMEM, VN_ARG. */
VN_MUST_USE enum vn_status vn_polls_add(struct vn_polls *polls, struct vn_poll *poll, const char *store,
                                        unsigned wait_s);
/* To be answered as soon as its turn comes. */
void vn_polls_queue(struct vn_polls *polls, struct vn_poll *poll);
/* Out of whatever it is in; also for one that waits for nothing. */
void vn_polls_remove(struct vn_polls *polls, struct vn_poll *poll);

void vn_polls_touch(struct vn_polls *polls, const char *store); /* queues the bucket of a store */
void vn_polls_touch_all(struct vn_polls *polls);
void vn_polls_tick(struct vn_polls *polls); /* a second has passed: queues whose patience ended */
/* Queues everybody as expired: the end of the program. */
void vn_polls_expire_all(struct vn_polls *polls);

/* The next to be answered, or NULL. It waits for nothing then; add it again if there was nothing for it. */
struct vn_poll *vn_polls_take(struct vn_polls *polls);

size_t vn_polls_count(const struct vn_polls *polls);  /* who waits, the queue included */
size_t vn_polls_queued(const struct vn_polls *polls); /* of those, who is to be answered */

#endif
