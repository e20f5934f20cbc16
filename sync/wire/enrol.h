/* POST /v1/enrol: a one-time code and a CSR against a certificate. The key never leaves the till.
 * POST /v1/renew: a CSR alone against the next certificate, asked with the present one, even if that has expired. */
#ifndef VN_WIRE_ENROL_H
#define VN_WIRE_ENROL_H

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "sync/wire/chain.h"

#define VN_RENEW_PATH     "/v1/renew"
#define VN_ENROL_CODE_MAX 40 /* "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X": 26 base-32 characters, 130 bits */

struct vn_enrol_request {
    char code[VN_ENROL_CODE_MAX];
    char csr[VN_PEM_MAX];
};

struct vn_enrol_reply {
    struct vn_enrolment_id enrolment;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    char certificate[VN_PEM_MAX];    /* and its chain behind it */
    char publishing_key[VN_PEM_MAX]; /* public; checks rulesets and stops */
    uint8_t card_key[VN_HASH_SIZE];  /* for the keyed hashes of card numbers */
    int64_t epoch;
};

struct vn_renew_request {
    char csr[VN_PEM_MAX];
};

struct vn_renew_reply {
    char certificate[VN_PEM_MAX]; /* and its chain behind it */
    char authority[VN_PEM_MAX];   /* what the hub is known by from now on */
};

VN_MUST_USE enum vn_status vn_enrol_request_encode(const struct vn_enrol_request *request,
                                                   struct vn_buf *out);
VN_MUST_USE enum vn_status vn_enrol_request_decode(struct vn_view bytes, struct vn_enrol_request *out,
                                                   struct vn_error *error);
VN_MUST_USE enum vn_status vn_enrol_reply_encode(const struct vn_enrol_reply *reply, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_enrol_reply_decode(struct vn_view bytes, struct vn_enrol_reply *out,
                                                 struct vn_error *error);
VN_MUST_USE enum vn_status vn_renew_request_encode(const struct vn_renew_request *request,
                                                   struct vn_buf *out);
VN_MUST_USE enum vn_status vn_renew_request_decode(struct vn_view bytes, struct vn_renew_request *out,
                                                   struct vn_error *error);
VN_MUST_USE enum vn_status vn_renew_reply_encode(const struct vn_renew_reply *reply, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_renew_reply_decode(struct vn_view bytes, struct vn_renew_reply *out,
                                                 struct vn_error *error);

#endif
