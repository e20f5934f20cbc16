/* P-256 keys and ECDSA signatures over SHA-256.
 *
 * A private key is opaque and stays in this process and its file. A public key is its uncompressed point
 * (SEC 1: 0x04, X, Y), so it can be stored, compared and sent as it is. Other curves and RSA are refused.
 * Signing takes about 0.6 ms, verifying 2 ms; nothing blocks except load and save, which do file I/O. */
#ifndef VN_CRYPTO_SIGN_H
#define VN_CRYPTO_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "agent/base/random.h"

#define VN_PUBLIC_KEY_SIZE 65
#define VN_SIGNATURE_MAX   72 /* DER of two 32-byte integers with leading zeros */

struct vn_key; /* opaque: a private key and its public half; may be used from one thread at a time */

struct vn_public_key {
    uint8_t point[VN_PUBLIC_KEY_SIZE];
};

/* A new key. VN_IO when `random` fails, VN_NOMEM. The key is owned by the caller (vn_key_destroy). */
VN_MUST_USE enum vn_status vn_key_generate(const struct vn_random *random, struct vn_key **out);
void vn_key_destroy(struct vn_key *key); /* wipes it; NULL is fine */

/* Writes PEM (RFC 5915) to a new file of mode 0600 and syncs it; it appears whole or not at all. An existing
 * file is never overwritten: VN_CONFLICT. VN_ARG (path too long), VN_IO, VN_FULL (no space), VN_NOMEM. */
VN_MUST_USE enum vn_status vn_key_save(const struct vn_key *key, const char *path, struct vn_error *error);

/* The same text, appended to a buffer that the caller wipes. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_key_to_pem(const struct vn_key *key, struct vn_buf *out);

/* Reads the private key in a PEM file, which may hold certificates as well. VN_ABSENT: no such file. VN_DENIED: not readable for
 * us, or readable or writable for group or others. VN_INPUT: not a P-256 private key. VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_key_load(const char *path, struct vn_key **out, struct vn_error *error);

/* A key of its own for another thread. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_key_copy(const struct vn_key *key, struct vn_key **out);

void vn_key_public(const struct vn_key *key, struct vn_public_key *out);

/* Appends SubjectPublicKeyInfo as PEM. VN_INPUT (not a point of the curve), VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_public_key_to_pem(const struct vn_public_key *key, struct vn_buf *out);
/* VN_INPUT for anything but one P-256 public key. */
VN_MUST_USE enum vn_status vn_public_key_from_pem(struct vn_view pem, struct vn_public_key *out);

/* Signs SHA-256 of the message: deterministic ECDSA (RFC 6979), `random` only blinds the arithmetic.
 * *len <= VN_SIGNATURE_MAX. VN_IO when `random` fails, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_sign(const struct vn_key *key, const struct vn_random *random,
                                   struct vn_view message, uint8_t out[VN_SIGNATURE_MAX], size_t *len);

/* VN_OK only for a good signature; VN_CORRUPT otherwise, whatever is wrong with key, message or signature;
 * VN_NOMEM. */
VN_MUST_USE enum vn_status vn_verify(const struct vn_public_key *key, struct vn_view message,
                                     struct vn_view signature);

/* For sync/net alone, which speaks TLS with it: the library's own key, owned by `key`. */
struct mbedtls_pk_context;
struct mbedtls_pk_context *vn_key_native(struct vn_key *key);

#endif
