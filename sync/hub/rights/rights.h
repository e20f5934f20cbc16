/* POST /v1/rights: a till that is online asks for the right to consume accounts (sync/wire/rights.h).
 *
 * A wanted counter is a target, so a repeat grants nothing twice; it gets what was granted before and the
 * till's stamp does not show yet. Grants come out of what is free and spendable. Asking other tills to
 * release, and grants ahead, are not there yet. */
#ifndef VN_HUB_RIGHTS_H
#define VN_HUB_RIGHTS_H

#include "sync/hub/core/hub.h"
#include "sync/wire/rights.h"

/* Inside the caller's transaction; `row` is brought up to date. `after` is the highest grant that the till
 * has journaled. VN_INPUT: an account that is not known, with the place in *error. VN_DENIED: the
 * enrolment has ended (a journal of the same turn may have been a branch). */
VN_MUST_USE enum vn_status vn_rights_grant(struct vn_hub *hub, struct vn_enrolment_row *row,
                                           const struct vn_rights_request *request, int64_t after,
                                           struct vn_rights_reply *out, struct vn_error *error);

#endif
