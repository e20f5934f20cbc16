/* Posting what was taken in: entries above an enrolment's posted_seq become movements of the ledger, in their order, a slice of
 * many tills at a time.
 *
 * An entry that can't be applied is in quarantine (post.h), with a sentence why, and its counters count. Its points are not
 * posted, but stay in the balance that its own till is told, if the envelope can be read. When the store itself refuses to go on
 * with a till (a damaged row, say), the others are posted without it, and it is tried again later: it *stands still*.
 *
 * Of several processes over one database one posts, whatever any of them took in, and the others wait (storage/lease.h): what two
 * prepare at once is done twice and collides. It gives the lease back when nothing is left. Only vn_posting_till does not ask: a
 * till waits for it. */
#ifndef VN_HUB_POSTING_H
#define VN_HUB_POSTING_H

#include "sync/hub/core/hub.h"
#include "sync/hub/storage/segments.h"

#define VN_POSTING_LEASE "posting"

/* One that stands still. */
struct vn_posting_still {
    int64_t enrolment;
    char till[VN_ID_MAX];
    int64_t said_ms; /* when the log said so last */
    bool waits;      /* it failed since all were tried again last */
};

/* Whose turn it is. Zeros to begin with; it belongs to whoever posts. */
struct vn_posting {
    int64_t after; /* enrolment that had the last turn */
    struct vn_posting_still still[VN_POSTING_STILL_MAX];
    unsigned still_count;
    int64_t again_ms; /* wall time when those that stand still are tried again */
    bool mine;        /* the last slice had the lease, and kept it */
};

struct vn_posting_result {
    unsigned entries; /* posted, or put into quarantine */
    bool more;        /* there is more, and it can be posted now */
    bool still;       /* there is more, and all of it stands still */
    bool others;      /* nothing was done: another process posts */
};

/* One slice, in a transaction of its own: at most `max` entries, and no new one after `budget_ms`. VN_OK: `out` says what was
 * done; statuses of the store: nothing was, and it may be tried again. */
VN_MUST_USE enum vn_status vn_posting_slice(struct vn_hub *hub, struct vn_posting *posting, unsigned max,
                                            int64_t budget_ms, struct vn_posting_result *out);

/* How many enrolments stand still; *till: one of them, as long as nothing is posted. */
unsigned vn_posting_still(const struct vn_posting *posting, const char **till);

/* Entries of one enrolment, at most `max`. *all: nothing is left of it. */
VN_MUST_USE enum vn_status vn_posting_till(struct vn_hub *hub, const struct vn_enrolment_id *enrolment,
                                           unsigned max, bool *all);

#endif
