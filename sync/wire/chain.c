#include "sync/wire/chain.h"

#include "agent/crypto/hash.h"

void vn_chain_start(const struct vn_enrolment_id *enrolment, struct vn_hash *out)
{
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_str("verno-journal-1"));
    vn_sha256_add(&hash, vn_view_of(enrolment->bytes, sizeof enrolment->bytes));
    vn_sha256_finish(&hash, out->bytes);
}

void vn_chain_next(const struct vn_hash *previous, int64_t seq, struct vn_view body, struct vn_hash *out)
{
    uint8_t place[8];
    for (int i = 0; i < 8; i++) {
        place[i] = (uint8_t)((uint64_t)seq >> (56 - 8 * i));
    }
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(previous->bytes, sizeof previous->bytes));
    vn_sha256_add(&hash, vn_view_of(place, sizeof place));
    vn_sha256_add(&hash, body);
    vn_sha256_finish(&hash, out->bytes);
}
