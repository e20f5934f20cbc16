/* Frames that many tills share: what one moment has for the tills that stand at one place of the feed, made and zipped once.
 *
 * Tills of one store with the same cursor get the same bytes. Where nothing of a store's own is new, its tills get those of
 * everybody, and cursors between which nothing of everybody's lies count as one: a ruleset for ten thousand tills is one frame,
 * whatever their stores heard last. */
#ifndef VN_HUB_FRAME_H
#define VN_HUB_FRAME_H

#include "sync/hub/feed/feed.h"
#include "sync/net/shared.h"

struct vn_frame_ask {
    const char *store;
    int64_t after;
    const struct vn_enrolment_row *own; /* this till's own frame, shared by nobody; NULL: a shared one */
    /* Filled: */
    enum vn_status status;
    struct vn_feed_made made;
    struct vn_shared *bytes; /* a reference that is the caller's; NULL unless VN_OK */
};

/* Answers all of them from one moment: call it inside of a read transaction. Statuses as vn_feed_make, one by one; VN_NOMEM
 * for what the asks share. */
VN_MUST_USE enum vn_status vn_frames_make(struct vn_hub *hub, struct vn_frame_ask *asks, size_t count);

#endif
