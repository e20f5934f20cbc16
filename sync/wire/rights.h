/* POST /v1/rights: a till that is online asks for the right to consume an account. The wanted `granted` is a
 * target, so that a request that is repeated changes nothing. The hub answers when the till's journal is
 * ingested up to the head that the stamp names, otherwise 409. */
#ifndef VN_WIRE_RIGHTS_H
#define VN_WIRE_RIGHTS_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/limits.h"

struct vn_right_want {
    char account[VN_ID_MAX];
    int64_t granted; /* the counter that the till would like to see */
};

struct vn_rights_request {
    unsigned count;
    struct vn_right_want wants[VN_RIGHTS_MAX];
};

/* A named part of a lot that a grant moved to the till. */
struct vn_slice {
    int64_t lot;
    int64_t amount;
    int64_t expires_ms;
};

struct vn_grant {
    char account[VN_ID_MAX];
    int64_t granted; /* the counter as it is now: at most what was wanted, never less than before */
    int64_t free;    /* what the account has left at the hub, for "available here" */
    unsigned slice_count;
    struct vn_slice slices[VN_LOTS_MAX]; /* of this grant alone */
};

struct vn_rights_reply {
    int64_t number; /* rising by enrolment; 0 when nothing was granted */
    unsigned count;
    struct vn_grant grants[VN_RIGHTS_MAX];
};

VN_MUST_USE enum vn_status vn_rights_request_encode(const struct vn_rights_request *request,
                                                    struct vn_buf *out);
VN_MUST_USE enum vn_status vn_rights_request_decode(struct vn_view bytes, struct vn_rights_request *out,
                                                    struct vn_error *error);
VN_MUST_USE enum vn_status vn_rights_reply_encode(const struct vn_rights_reply *reply, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_rights_reply_decode(struct vn_view bytes, struct vn_rights_reply *out,
                                                  struct vn_error *error);

#endif
