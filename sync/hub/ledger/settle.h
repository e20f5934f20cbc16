/* What members owe of the chain's risk, for who settles it: a till that was alone gave it, and the allowance (accounts.h, "r")
 * has so much less until they have paid, or somebody books it as lost.
 *
 * Settled points were had and never earned, so the chain bears them: issued -> debt. Whatever else the account owes stays. */
#ifndef VN_HUB_SETTLE_H
#define VN_HUB_SETTLE_H

#include "sync/hub/core/hub.h"
#include "sync/hub/ledger/post.h"

/* What an account ("w7") owes of it. VN_ABSENT, with a sentence. */
VN_MUST_USE enum vn_status vn_settle_look(struct vn_hub *hub, const char *account, int64_t *points,
                                          struct vn_error *error);
/* Books it as lost, if it is `points`: VN_CONFLICT with a sentence if it is not, and nothing was done. The log says by whom. A
 * unit of its own. */
VN_MUST_USE enum vn_status vn_settle(struct vn_hub *hub, const char *account, int64_t points, const char *who,
                                     struct vn_error *error);

#endif
