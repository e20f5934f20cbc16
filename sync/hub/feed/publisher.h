/* From marks to checkpoints.
 *
 * Whoever changes what tills know leaves a *mark* in his transaction: kind and key of the row, and the store where it
 * happened. The publisher gives committed marks their numbers and closes a checkpoint over them; tills follow the numbers.
 * A number that was given before its transaction committed would be skipped by every till that reads in between: here
 * numbers are given to what is committed already, by one publisher at a time (taking numbers locks them until the commit).
 *
 * Who gets a row, by its *scopes*: "" is every till, anything else the tills of that store. What concerns all goes to all:
 * rules, stops, goods, coupons that are anybody's, members that were imported or blocked, and cards
 * that were blocked. What a receipt or a grant at
 * a store changes of a member, his row and his coupons, goes at once to the stores that are near him: where he joined, the
 * four that he visited last, and the one where it happened. All the others hear of it in the slow lane: one checkpoint an
 * hour with every row that changed since, as it is then. A chain of up to VN_SLOW_FROM_TILLS tills has no slow lane. How often,
 * and how many stores are near, the operator may choose otherwise (setting.h).
 *
 * A checkpoint is never parted, and what one entry changed together stands in one: a member's row with his coupons. Rules
 * have a checkpoint of their own, since they may be as large as a frame. */
#ifndef VN_HUB_FEED_PUBLISHER_H
#define VN_HUB_FEED_PUBLISHER_H

#include "sync/hub/core/hub.h"

#define VN_SLOW_FROM_TILLS 200
#define VN_SLOW_MS         INT64_C(3600000)
#define VN_TOMBSTONE_MS    (35 * INT64_C(86400000)) /* a till that was away for longer takes a snapshot */
#define VN_CHECKPOINT_SCOPES                                                                                 \
    4096 /* bytes of a checkpoint's list of stores; above that it counts as everybody's */

#define VN_FEED_FLOOR "feed-floor" /* number of the store: cursors below it may have missed a tombstone */

/* Closes checkpoints over one page of what is committed; over one of the slow lane when nothing else waits and it is due.
 * *last: the highest number closed, whoever closed it. *more: call again. A unit of its own. Statuses of the store. */
VN_MUST_USE enum vn_status vn_feed_publish(struct vn_hub *hub, int64_t *last, bool *more);

/* Whom the checkpoints above `after` concern: a call for each store, once a checkpoint, or with "" for everybody. */
typedef enum vn_status (*vn_scope_visit)(void *ctx, const char *scope);
VN_MUST_USE enum vn_status vn_feed_scopes(struct vn_hub *hub, int64_t after, vn_scope_visit visit, void *ctx);

/* Forgets tombstones older than VN_TOMBSTONE_MS, at most `max` changes looked at; cursors below what was forgotten can't go
 * on. *more: call again. A unit of its own. */
VN_MUST_USE enum vn_status vn_feed_bury(struct vn_hub *hub, unsigned max, bool *more);

#endif
