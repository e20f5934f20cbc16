/* What the files of this box share and nobody else includes: our key as mbedTLS sees it, our randomness as
 * mbedTLS asks for it. */
#ifndef VN_CRYPTO_NATIVE_H
#define VN_CRYPTO_NATIVE_H

#include <mbedtls/pk.h>
#include <stddef.h>

#include "agent/base/random.h"
#include "agent/crypto/sign.h"

struct vn_key {
    mbedtls_pk_context pk; /* always a P-256 key pair */
};

/* An mbedTLS f_rng over `const struct vn_random *`. */
int vn_native_rng(void *random, unsigned char *out, size_t len);

/* VN_NOMEM, VN_IO (randomness) or `otherwise` for an mbedTLS error. */
enum vn_status vn_native_status(int code, enum vn_status otherwise);

/* Whether the key, public or a pair, is on P-256; its point goes to *out (may be NULL). */
bool vn_native_point(const mbedtls_pk_context *pk, struct vn_public_key *out);

/* mbedTLS parses PEM only with its NUL inside the length: a copy with one. VN_INPUT above VN_PEM_MAX or with
 * a NUL inside, VN_NOMEM. The caller frees *out; *size counts the NUL. */
VN_MUST_USE enum vn_status vn_native_pem(struct vn_view pem, unsigned char **out, size_t *size);

#endif
