/* The hash chain over a journal: gapless, bound to its enrolment, recomputed by both ends.
 *
 *     hash(0)   = SHA-256("verno-journal-1" || enrolment id)
 *     hash(seq) = SHA-256(hash(seq - 1) || seq as 8 bytes big-endian || body bytes)      seq = 1, 2, 3, ...
 */
#ifndef VN_WIRE_CHAIN_H
#define VN_WIRE_CHAIN_H

#include "agent/base/bytes.h"
#include "agent/base/limits.h"

struct vn_enrolment_id {
    uint8_t bytes[VN_ID_BYTES];
};

struct vn_hash {
    uint8_t bytes[VN_HASH_SIZE];
};

void vn_chain_start(const struct vn_enrolment_id *enrolment, struct vn_hash *out);
void vn_chain_next(const struct vn_hash *previous, int64_t seq, struct vn_view body, struct vn_hash *out);

#endif
