/* What the hub does by the clock alone, in slices of bounded work, each a transaction of its own, so that receipts never wait
 * long:
 *
 *     ageing   lots mature and expire; tiers fall when a period ended that did not earn them again
 *     waking   after a ruleset whose tiers have other rules, every member is looked at once
 *
 * What is left to do is told by the rows themselves (an account's due time), so a slice that was lost is done again, and several
 * hubs may work on one database. An account that the store can't go on with (a damaged row, say) does not keep the others from
 * their turn: the log names it, and it is due again an hour later. */
#ifndef VN_HUB_JOBS_H
#define VN_HUB_JOBS_H

#include "sync/hub/core/hub.h"

#define VN_JOBS_ACCOUNTS_MAX 64   /* of a slice */
#define VN_JOBS_WAKE_MAX     2000 /* likewise */
#define VN_JOBS_AGAIN_MS     3600000

struct vn_jobs_result {
    unsigned worked; /* rows that were changed */
    bool more;       /* there is more to do now */
};

/* One slice. Statuses of the store: it may be tried again; of ageing some may have been done. For the writer. */
VN_MUST_USE enum vn_status vn_jobs_slice(struct vn_hub *hub, struct vn_jobs_result *out);

#endif
