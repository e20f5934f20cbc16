/* What the tills are told: rows that changed since a cursor, as they are now (sync/wire/feed.h).
 *
 * A till follows two scopes, what is everybody's and what is its store's (feed/publisher.h). A frame holds the rows of both in
 * the order of their numbers, each whole, and ends where a checkpoint does. The rows are those of the moment when the frame is
 * made, so a row that changed again meanwhile stands where its last change does, and here as well if its scope is another.
 *
 * In a till's own frame each member's row says up to where the till's journal is in it. A shared frame leaves that out: whoever
 * sends it says it in a header, with the number of the same moment; so all is read in one transaction. */
#ifndef VN_HUB_FEED_H
#define VN_HUB_FEED_H

#include "sync/hub/core/hub.h"

#define VN_FRAME_BYTES_SOFT                                                                                  \
    (4 * 1024 * 1024) /* a frame ends with the checkpoint that passes this: a till holds it in memory */

struct vn_feed_ask {
    const char *store;
    int64_t after;                      /* a cursor's number */
    bool snapshot;                      /* begins with the rules in force, and has no tombstones */
    unsigned max;                       /* rows after which it ends, where it may */
    const struct vn_enrolment_row *own; /* whose frame it is; NULL: a shared one */
};

struct vn_feed_made {
    int64_t to;     /* the cursor's number after it */
    unsigned count; /* rows; 0: nothing new */
    bool all;       /* nothing follows it */
};

/* Appends the frame. Statuses of the store; VN_FULL: a row is too large. Inside of a transaction, or where nothing else
 * writes. */
VN_MUST_USE enum vn_status vn_feed_make(struct vn_hub *hub, const struct vn_feed_ask *ask, struct vn_buf *out,
                                        struct vn_feed_made *made);

/* Between which numbers a cursor can go on. */
struct vn_feed_bounds {
    int64_t epoch; /* of the hub */
    int64_t floor; /* below it a tombstone that its till may need is gone */
    int64_t last;  /* closed */
};
VN_MUST_USE enum vn_status vn_feed_bounds(struct vn_hub *hub, struct vn_feed_bounds *out);
/* Whether the feed can go on from the cursor: of this epoch, or of an earlier one where that had not branched off yet. */
VN_MUST_USE enum vn_status vn_feed_usable(struct vn_hub *hub, const struct vn_feed_bounds *bounds,
                                          const struct vn_cursor *cursor, bool *out);

/* The member's row as tills see it. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_member(struct vn_hub *hub, int64_t id, struct vn_member *out);
/* The same as a feed item, with cards. `row` is the till that it is for: its own entries are included up to posted_seq, and
 * points of those in quarantine stand in the balance too, since it shows them. NULL: any till. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_member_item(struct vn_hub *hub, int64_t id,
                                               const struct vn_enrolment_row *row, struct vn_feed_item *out);
/* What a card leads to: its member's row, or its own when it is blocked. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_card_item(struct vn_hub *hub, const struct vn_hash *card,
                                             const struct vn_enrolment_row *row, struct vn_feed_item *out);
/* The ruleset in force, or the last stop of a promotion, as a feed item; `text` holds what the item points to. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_rules_item(struct vn_hub *hub, const char *promotion, struct vn_buf *text,
                                              struct vn_feed_item *out);
/* By a code of the item, its own or an alias. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_goods_item(struct vn_hub *hub, const char *code, struct vn_feed_item *out);
/* The coupon's row as a feed item. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_feed_coupon_item(struct vn_hub *hub, const char *account,
                                               struct vn_feed_item *out);

#endif
