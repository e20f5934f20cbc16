/* GET /v1/feed and GET /v1/snapshot: rows that changed since a cursor, as they are now (sync/wire/feed.h).
 *
 * The list of changes has one number for each member, item, coupon, the ruleset, and each stop: that of its
 * last change. A frame holds the rows in the order of these numbers, each whole, and its cursor is the number
 * of the last one, so a frame may end anywhere. Everything that one frame says is read in one go, with
 * included_seq = the number up to which the till's own journal is posted at that moment. */
#ifndef VN_HUB_FEED_H
#define VN_HUB_FEED_H

#include "sync/hub/hub.h"

#define VN_FRAME_BYTES_SOFT                                                                                  \
    (4 * 1024 * 1024) /* a frame ends with the row that passes this: a till holds it in memory */

/* What follows `after`, at most `max` rows, for this enrolment. *count 0: nothing new. Statuses of the store;
 * VN_FULL: a row is too large. Nothing is locked: call it outside of a transaction, from the store's thread.
 */
VN_MUST_USE enum vn_status vn_feed_frame(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                         int64_t after, bool snapshot, unsigned max, struct vn_buf *out,
                                         unsigned *count);

/* A cursor that the feed can go on from: of this epoch, not 0, not ahead of what there is. */
VN_MUST_USE enum vn_status vn_feed_usable(struct vn_hub *hub, const struct vn_cursor *cursor, bool *out);

/* The member's row as tills see it. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_member(struct vn_hub *hub, int64_t id, struct vn_member *out);
/* The same as a feed item for one till, with cards: its own entries are included up to posted_seq, and points of
 * those in quarantine stand in the balance too, since it shows them. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_member_item(struct vn_hub *hub, int64_t id,
                                               const struct vn_enrolment_row *row, struct vn_feed_item *out);

#endif
