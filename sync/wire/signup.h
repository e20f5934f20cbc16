/* POST /v1/members: a till signs up a customer by the card that he was just given. The answer is the member's feed item
 * (feed.h), 201 when he is new, 200 when the card had its member already; a request that is repeated changes nothing. */
#ifndef VN_WIRE_SIGNUP_H
#define VN_WIRE_SIGNUP_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"
#include "sync/wire/chain.h"

struct vn_signup {
    struct vn_hash card;         /* keyed hash of its number */
    char first_name[VN_TAG_MAX]; /* "": he gave none */
    unsigned consent_count;
    char consents[VN_CONSENTS_MAX][VN_TAG_MAX]; /* what he agreed to, in the chain's own words: "sms" */
};

/* VN_ARG: outside of the limits; VN_NOMEM, VN_FULL. */
VN_MUST_USE enum vn_status vn_signup_encode(const struct vn_signup *signup, struct vn_buf *out);
/* VN_INPUT with a pointer; VN_UNSUPPORTED: a newer schema. */
VN_MUST_USE enum vn_status vn_signup_decode(struct vn_view bytes, struct vn_signup *out,
                                            struct vn_error *error);

#endif
