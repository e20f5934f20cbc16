/* SHA-256, HMAC-SHA-256 and a comparison that takes the same time whatever the bytes are.
 *
 * Pure: no I/O, no allocation, nothing blocks, nothing can fail. */
#ifndef VN_CRYPTO_HASH_H
#define VN_CRYPTO_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/limits.h"

/* SHA-256 (FIPS 180-4) of the view. */
void vn_sha256(struct vn_view data, uint8_t out[VN_HASH_SIZE]);

/* The same in pieces: start, add as often as needed, finish once. The caller owns the struct; it holds no
 * other resource and can be dropped or copied at any point. */
struct vn_sha256 {
    uint64_t state[16];
};

void vn_sha256_start(struct vn_sha256 *hash);
void vn_sha256_add(struct vn_sha256 *hash, struct vn_view data);
void vn_sha256_finish(struct vn_sha256 *hash, uint8_t out[VN_HASH_SIZE]);

/* HMAC-SHA-256 (RFC 2104) with a key of any length. */
void vn_hmac_sha256(struct vn_view key, struct vn_view data, uint8_t out[VN_HASH_SIZE]);

/* For secrets, tokens and MACs. Lengths are not secret; views of different length are unequal. */
bool vn_crypto_equal(struct vn_view a, struct vn_view b);

/* Overwrites memory that held a secret; the compiler can't leave it out. */
void vn_crypto_wipe(void *data, size_t len);

#endif
