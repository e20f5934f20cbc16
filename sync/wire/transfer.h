/* Lending between the tills of a store (docs/decisions/0028): what tills say to each other, and what their journals keep of it.
 *
 * A *transfer* has a number that its borrower made, "<borrower's enrolment>-<count>". The lender journals a give, the borrower a
 * take with the signed give inside, or a refusal, which the lender journals as a back:
 *
 *     POST /v1/peer/have  {"schema":1,"accounts":[..]}          -> {"schema":1,"rights":[{"account","available"}]}
 *     POST /v1/peer/lend  {"schema":1,"transfer","account","amount"}
 *                                          -> {"schema":1,"transfer","lender","borrower","account","amount","signature"}
 *     POST /v1/peer/end   the give, without its signature -> {"schema":1,"transfer","end":"taken|refused","signature"}
 *
 * What is signed is text, with the key of the signer's certificate:
 *
 *     "verno-give-1\n" transfer "\n" lender "\n" borrower "\n" account "\n" amount "\n"
 *     "verno-end-1\n" the same "\n" "taken" or "refused" "\n"
 *
 * In a journal the body of all four kinds is the give: {"transfer","lender","borrower","account","amount","signature"?}. A take
 * has the lender's signature of the give, a back the borrower's of the end; give and refuse have none, being their signer's
 * own. */
#ifndef VN_WIRE_TRANSFER_H
#define VN_WIRE_TRANSFER_H

#include "agent/base/error.h"
#include "agent/crypto/sign.h"
#include "sync/wire/chain.h"
#include "sync/wire/entry.h"

#define VN_PEER_HAVE_PATH "/v1/peer/have"
#define VN_PEER_LEND_PATH "/v1/peer/lend"
#define VN_PEER_END_PATH  "/v1/peer/end"

struct vn_give {
    char transfer[VN_TRANSFER_MAX];
    struct vn_enrolment_id lender, borrower;
    char account[VN_ID_MAX];
    int64_t amount; /* > 0 */
};

struct vn_signature {
    size_t len; /* 0: none */
    uint8_t bytes[VN_SIGNATURE_MAX];
};

enum vn_transfer_end { VN_TRANSFER_TAKEN, VN_TRANSFER_REFUSED, VN_TRANSFER_ENDS };

/* `count` up to VN_NUMBER_MAX. */
void vn_transfer_number(const struct vn_enrolment_id *borrower, int64_t count, char out[VN_TRANSFER_MAX]);
/* Whose it is. VN_INPUT: no such number, or not written as we write them. */
VN_MUST_USE enum vn_status vn_transfer_borrower(const char *transfer, struct vn_enrolment_id *out);
bool vn_enrolment_id_equal(const struct vn_enrolment_id *a, const struct vn_enrolment_id *b);
bool vn_give_equal(const struct vn_give *a, const struct vn_give *b);

/* By the lender. VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_give_sign(const struct vn_give *give, const struct vn_key *key,
                                        const struct vn_random *random, struct vn_signature *out);
/* VN_CORRUPT: it is not signed by this key; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_give_verify(const struct vn_give *give, const struct vn_signature *signature,
                                          const struct vn_public_key *key);
/* By the borrower; statuses likewise. */
VN_MUST_USE enum vn_status vn_end_sign(const struct vn_give *give, enum vn_transfer_end end,
                                       const struct vn_key *key, const struct vn_random *random,
                                       struct vn_signature *out);
VN_MUST_USE enum vn_status vn_end_verify(const struct vn_give *give, enum vn_transfer_end end,
                                         const struct vn_signature *signature,
                                         const struct vn_public_key *key);

/* --- in a journal ------------------------------------------------------------------------------------------------- */

bool vn_entry_is_transfer(enum vn_entry_kind kind);
/* Makes the body of a give, take, refuse or back, and for all but the refuse its one right. `signature` NULL: none. VN_NOMEM,
 * VN_ARG. */
VN_MUST_USE enum vn_status vn_entry_transfer_write(struct vn_entry *entry, const struct vn_give *give,
                                                   const struct vn_signature *signature);
/* VN_INPUT with the place in *error: also when the right is not the give's, or the signature is missing or too much. */
VN_MUST_USE enum vn_status vn_entry_transfer_read(const struct vn_entry *entry, struct vn_give *give,
                                                  struct vn_signature *signature, struct vn_error *error);

/* Its fields, in an object of another message: of the files of this box. */
struct vn_wire_out;
struct vn_json_in;
void vn_give_put(struct vn_wire_out *out, const struct vn_give *give);
void vn_give_read(const struct vn_json_in *in, struct vn_give *out);

/* --- between tills ------------------------------------------------------------------------------------------------ */

struct vn_have_request {
    unsigned count;
    char accounts[VN_RIGHTS_MAX][VN_ID_MAX];
};
struct vn_have {
    char account[VN_ID_MAX];
    int64_t available; /* >= 0 */
};
struct vn_have_reply {
    unsigned count;
    struct vn_have rights[VN_RIGHTS_MAX];
};
struct vn_lend_request {
    char transfer[VN_TRANSFER_MAX];
    char account[VN_ID_MAX];
    int64_t amount;
};
struct vn_lend_reply {
    struct vn_give give;
    struct vn_signature signature;
};
struct vn_end_reply {
    char transfer[VN_TRANSFER_MAX];
    enum vn_transfer_end end;
    struct vn_signature signature;
};

/* Encoding: VN_ARG, VN_NOMEM, VN_FULL. Decoding: VN_INPUT with the place in *error, VN_UNSUPPORTED (a newer schema), VN_NOMEM. */
VN_MUST_USE enum vn_status vn_have_request_encode(const struct vn_have_request *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_have_request_decode(struct vn_view bytes, struct vn_have_request *out,
                                                  struct vn_error *error);
VN_MUST_USE enum vn_status vn_have_reply_encode(const struct vn_have_reply *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_have_reply_decode(struct vn_view bytes, struct vn_have_reply *out,
                                                struct vn_error *error);
VN_MUST_USE enum vn_status vn_lend_request_encode(const struct vn_lend_request *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_lend_request_decode(struct vn_view bytes, struct vn_lend_request *out,
                                                  struct vn_error *error);
VN_MUST_USE enum vn_status vn_lend_reply_encode(const struct vn_lend_reply *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_lend_reply_decode(struct vn_view bytes, struct vn_lend_reply *out,
                                                struct vn_error *error);
VN_MUST_USE enum vn_status vn_end_request_encode(const struct vn_give *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_end_request_decode(struct vn_view bytes, struct vn_give *out,
                                                 struct vn_error *error);
VN_MUST_USE enum vn_status vn_end_reply_encode(const struct vn_end_reply *in, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_end_reply_decode(struct vn_view bytes, struct vn_end_reply *out,
                                               struct vn_error *error);

#endif
