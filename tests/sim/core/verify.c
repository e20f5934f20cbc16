/* A signature that was found good is not reckoned again: each till of a chain is shown the same rulesets, rosters and gives, and
 * their programs run in one here. mbedTLS says what is good, and is asked anew about everything else: another key, another hash,
 * another byte. The linker leads the boxes' calls here (--wrap). Of two that share a place the later one is known. */
#include <mbedtls/pk.h>
#include <stdint.h>
#include <string.h>

#include "agent/crypto/hash.h"

#define PLACES 4096

static uint8_t known[PLACES][VN_HASH_SIZE];

int __real_mbedtls_pk_verify(mbedtls_pk_context *key, mbedtls_md_type_t kind, const unsigned char *hash,
                             size_t hash_len, const unsigned char *signature, size_t len);
int __wrap_mbedtls_pk_verify(mbedtls_pk_context *key, mbedtls_md_type_t kind, const unsigned char *hash,
                             size_t hash_len, const unsigned char *signature, size_t len);

static bool name_of(mbedtls_pk_context *key, mbedtls_md_type_t kind, struct vn_view hash,
                    struct vn_view signature, uint8_t out[VN_HASH_SIZE])
{
    unsigned char point[MBEDTLS_ECP_MAX_PT_LEN];
    size_t len = 0;
    struct vn_sha256 sum;
    const uint64_t sizes[] = {(uint64_t)kind, hash.len, signature.len};
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECKEY) ||
        mbedtls_ecp_write_public_key(mbedtls_pk_ec(*key), MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point,
                                     sizeof point) != 0) {
        return false;
    }
    vn_sha256_start(&sum);
    vn_sha256_add(&sum, vn_view_of(sizes, sizeof sizes));
    vn_sha256_add(&sum, vn_view_of(point, len));
    vn_sha256_add(&sum, hash);
    vn_sha256_add(&sum, signature);
    vn_sha256_finish(&sum, out);
    return true;
}

int __wrap_mbedtls_pk_verify(mbedtls_pk_context *key, mbedtls_md_type_t kind, const unsigned char *hash,
                             size_t hash_len, const unsigned char *signature, size_t len)
{
    uint8_t name[VN_HASH_SIZE];
    if (!name_of(key, kind, vn_view_of(hash, hash_len), vn_view_of(signature, len), name)) {
        return __real_mbedtls_pk_verify(key, kind, hash, hash_len, signature, len);
    }
    uint8_t *place = known[((unsigned)name[0] << 8 | name[1]) % PLACES];
    if (memcmp(place, name, sizeof name) == 0) {
        return 0;
    }
    int code = __real_mbedtls_pk_verify(key, kind, hash, hash_len, signature, len);
    if (code == 0) {
        memcpy(place, name, sizeof name);
    }
    return code;
}
