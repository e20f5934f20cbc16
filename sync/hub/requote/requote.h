/* Posted receipts are quoted again in the background, each with the ruleset that its till had and with what its entry says it was
 * quoted with (agent/loyalty/requote.h). What the till committed is what is posted, whatever comes of it here; a receipt that
 * comes out otherwise is flagged, with a row that says how.
 *
 * A receipt that lacks an input, or that another version of the engine reckoned, is not judged, and counted apart. One
 * that is in quarantine is looked at when it has been released, and not when it was given up.
 *
 * In two steps: vn_requote_look reads a slice of journals on from where they were left, on a connection that only reads, for as
 * long as it may; vn_requote_note writes what came of it in a short transaction, if the journals still are where they were.
 * So it does not matter how often a slice is looked at, nor how many hubs do it. A row that a server can't read or write ends the
 * transaction that asks for it; then the step is done anew without that receipt, which the log names (requote_refused). */
#ifndef VN_HUB_REQUOTE_H
#define VN_HUB_REQUOTE_H

#include <stdatomic.h>

#include "agent/loyalty/requote.h"
#include "sync/hub/core/hub.h"
#include "sync/hub/storage/requote.h"

#define VN_REQUOTE_LEASE "requote"

/* What becomes of a receipt. */
enum vn_requoted {
    VN_REQUOTED_SAME,
    VN_REQUOTED_DIFFERS,
    VN_REQUOTED_UNREADABLE, /* its entry is not there any more, or it or what it was quoted with can't be read */
    VN_REQUOTED_WHY,        /* and further: not judged, by why - 1 */
    VN_REQUOTED_SUMS = VN_REQUOTED_WHY + VN_REQUOTE_WHYS - 1,
};
const char *vn_requoted_name(unsigned sum); /* "same"; "engine"; static */

/* A stretch of a journal, or one entry that was released from quarantine or given up. */
struct vn_requote_turn {
    struct vn_requote_place place;
    int64_t to; /* looked at up to here */
    bool released;
    unsigned sums[VN_REQUOTED_SUMS];
    unsigned differing_end,
        waiting_end; /* of the rows below, those before belong to this turn or earlier ones */
};

#define VN_REQUOTE_TURNS_MAX 128
#define VN_REQUOTE_ROWS_MAX  64

struct vn_requote_slice {
    unsigned turn_count, differing_count, waiting_count;
    bool full; /* it ended before all was looked at: there is more */
    struct vn_requote_turn turns[VN_REQUOTE_TURNS_MAX];
    struct vn_differing_row differing[VN_REQUOTE_ROWS_MAX];
    int64_t waiting[VN_REQUOTE_ROWS_MAX]; /* entries in quarantine */
};

struct vn_requote_budget {
    unsigned receipts;
    int64_t ms;              /* no further receipt after so long */
    const atomic_bool *stop; /* nor when this is true; may be NULL */
};

struct vn_requoter; /* scratch, rulesets, and whose turn it is; one thread */
VN_MUST_USE enum vn_status vn_requoter_create(struct vn_requoter **out); /* VN_NOMEM */
void vn_requoter_destroy(struct vn_requoter *requoter);                  /* NULL is fine */

/* The log says which receipt it is whose rows the database can't read or write, and what it said. */
void vn_requote_say_refused(struct vn_hub *hub, const char *till, int64_t seq);

/* Looks at what follows. Statuses of the store. */
VN_MUST_USE enum vn_status vn_requote_look(struct vn_requoter *requoter, struct vn_hub *hub,
                                           const struct vn_requote_budget *budget,
                                           struct vn_requote_slice *out);
/* Writes it down: a unit of its own. *held: this hub does this work; else nothing was written. */
VN_MUST_USE enum vn_status vn_requote_note(struct vn_hub *hub, const struct vn_requote_slice *slice,
                                           bool *held);
#define VN_REQUOTE_KEPT_MS (400 * INT64_C(86400000)) /* what is told of a receipt that differs */
/* Forgets states of items that no till can have any more, and what was found to differ long ago: a unit of its own. *more: call
 * again. */
VN_MUST_USE enum vn_status vn_requote_forget(struct vn_hub *hub, bool *more);

#define VN_REQUOTE_RECENT_MS (7 * INT64_C(86400000))
struct vn_requote_totals {
    int64_t sums[VN_REQUOTED_SUMS];
    int64_t lag;    /* entries that are posted and were not looked at */
    int64_t recent; /* receipts that were found to differ in the last VN_REQUOTE_RECENT_MS */
};
VN_MUST_USE enum vn_status vn_requote_totals(struct vn_hub *hub, struct vn_requote_totals *out);

#endif
