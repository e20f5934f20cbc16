/* POST /v1/rights (sync/wire/rights.h): what a till wants is granted out of what is free and spendable, what it was granted
 * beside and has not journaled is told, and what is asked back of it.
 *
 * A wanted counter is a target, so a repeat grants nothing twice. When the free points don't suffice, what the others hold can be
 * asked back: vn_rights_lack says who holds it, vn_rights_ask sets how much each shall have released. Both are inside the
 * caller's transaction; waiting for what comes of it is the service's. */
#ifndef VN_HUB_RIGHTS_H
#define VN_HUB_RIGHTS_H

#include "sync/hub/core/hub.h"
#include "sync/wire/rights.h"

/* Nothing is granted by a hub that was set back as long as enrolments have not shown what they have, nor were written off: the
 * reply says so. `row` is brought up to date. `after` is the highest grant that the till has journaled. VN_INPUT: an account that
 * is not known, with the place in *error. VN_DENIED: the enrolment has ended (a journal of the same turn may have been a
 * branch). */
VN_MUST_USE enum vn_status vn_rights_grant(struct vn_hub *hub, struct vn_enrolment_row *row,
                                           const struct vn_rights_request *request, int64_t after,
                                           struct vn_rights_reply *out, struct vn_error *error);

/* Who could give back of an account that the till wants more of than there is. */
struct vn_rights_holder {
    int64_t account; /* the hub's numbers */
    int64_t id;
    struct vn_enrolment_id enrolment;
    char store[VN_ID_MAX];
    int64_t right; /* at hand there, as far as the hub knows, and not asked back yet; may be 0 */
    bool
        near; /* it can be reached at once: for vn_rights_ask, who asks those first; nobody is when this is made */
};
struct vn_rights_lack {
    unsigned account_count;
    int64_t accounts[VN_RIGHTS_MAX];
    int64_t missing[VN_RIGHTS_MAX]; /* of each, beyond what is asked back already */
    unsigned holder_count;
    struct vn_rights_holder holders[VN_RIGHTS_HOLDERS_MAX]; /* by account, those that have most first */
};
/* After vn_rights_grant answered with `reply`: the accounts of which less was granted than was wanted, and others have
 * some at hand. */
VN_MUST_USE enum vn_status vn_rights_lack(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                          const struct vn_rights_request *request,
                                          const struct vn_rights_reply *reply, struct vn_rights_lack *out);
/* Asks holders back for what is missing, beside what others asked meanwhile. */
VN_MUST_USE enum vn_status vn_rights_ask(struct vn_hub *hub, const struct vn_rights_lack *lack);

#endif
