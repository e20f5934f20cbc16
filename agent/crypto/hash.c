#include "agent/crypto/hash.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#include <string.h>

/* The library's context is kept in the caller's struct by copying, so that no mbedTLS type is in our header
 * and no alignment or aliasing is assumed. The copy costs some 100 bytes a call. */
_Static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct vn_sha256), "the state fits");

void vn_sha256_start(struct vn_sha256 *hash)
{
    mbedtls_sha256_context context;
    mbedtls_sha256_init(&context);
    (void)mbedtls_sha256_starts(&context, 0); /* fails only for a wrong second argument */
    memcpy(hash->state, &context, sizeof context);
}

void vn_sha256_add(struct vn_sha256 *hash, struct vn_view data)
{
    mbedtls_sha256_context context;
    if (data.len == 0) {
        return;
    }
    memcpy(&context, hash->state, sizeof context);
    (void)mbedtls_sha256_update(&context, data.data, data.len);
    memcpy(hash->state, &context, sizeof context);
}

void vn_sha256_finish(struct vn_sha256 *hash, uint8_t out[VN_HASH_SIZE])
{
    mbedtls_sha256_context context;
    memcpy(&context, hash->state, sizeof context);
    (void)mbedtls_sha256_finish(&context, out);
    mbedtls_sha256_free(&context);
    mbedtls_platform_zeroize(hash, sizeof *hash);
}

void vn_sha256(struct vn_view data, uint8_t out[VN_HASH_SIZE])
{
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, data);
    vn_sha256_finish(&hash, out);
}

void vn_hmac_sha256(struct vn_view key, struct vn_view data, uint8_t out[VN_HASH_SIZE])
{
    enum { block = 64 };
    uint8_t pad[block] = {0};
    struct vn_sha256 hash;

    if (key.len > block) {
        vn_sha256(key, pad);
    } else if (key.len > 0) {
        memcpy(pad, key.data, key.len);
    }
    for (int i = 0; i < block; i++) {
        pad[i] ^= 0x36;
    }
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(pad, block));
    vn_sha256_add(&hash, data);
    vn_sha256_finish(&hash, out);
    for (int i = 0; i < block; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_of(pad, block));
    vn_sha256_add(&hash, vn_view_of(out, VN_HASH_SIZE));
    vn_sha256_finish(&hash, out);
    mbedtls_platform_zeroize(pad, sizeof pad);
}

bool vn_crypto_equal(struct vn_view a, struct vn_view b)
{
    return a.len == b.len && (a.len == 0 || mbedtls_ct_memcmp(a.data, b.data, a.len) == 0);
}

void vn_crypto_wipe(void *data, size_t len)
{
    mbedtls_platform_zeroize(data, len);
}
