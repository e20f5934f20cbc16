#include "agent/crypto/sign.h"

#include <mbedtls/asn1.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"
#include "agent/crypto/hash.h"
#include "agent/crypto/native.h"

#define RNG_FAILED (-1) /* comes back through mbedTLS, alone or added to one of its codes */

int vn_native_rng(void *random, unsigned char *out, size_t len)
{
    return vn_random_fill((const struct vn_random *)random, out, len) == VN_OK ? 0 : RNG_FAILED;
}

enum vn_status vn_native_status(int code, enum vn_status otherwise)
{
    switch (code) {
    case 0: return VN_OK;
    case RNG_FAILED:
    case MBEDTLS_ERR_ECP_RANDOM_FAILED: return VN_IO;
    case MBEDTLS_ERR_MPI_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_ASN1_ALLOC_FAILED:
    case MBEDTLS_ERR_PEM_ALLOC_FAILED: return VN_NOMEM;
    default: return otherwise;
    }
}

bool vn_native_point(const mbedtls_pk_context *pk, struct vn_public_key *out)
{
    struct vn_public_key point;
    size_t len = 0;
    if (!mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY)) {
        return false;
    }
    const mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
    if (mbedtls_ecp_keypair_get_group_id(pair) != MBEDTLS_ECP_DP_SECP256R1) {
        return false;
    }
    if (mbedtls_ecp_write_public_key(pair, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, point.point,
                                     sizeof point.point) != 0 ||
        len != sizeof point.point) {
        return false;
    }
    if (out != NULL) {
        *out = point;
    }
    return true;
}

enum vn_status vn_native_pem(struct vn_view pem, unsigned char **out, size_t *size)
{
    *out = NULL;
    *size = 0;
    if (pem.len == 0 || pem.len > VN_PEM_MAX || memchr(pem.data, 0, pem.len) != NULL) {
        return VN_INPUT;
    }
    unsigned char *text = malloc(pem.len + 1);
    if (text == NULL) {
        return VN_NOMEM;
    }
    memcpy(text, pem.data, pem.len);
    text[pem.len] = '\0';
    *out = text;
    *size = pem.len + 1;
    return VN_OK;
}

enum vn_status vn_key_generate(const struct vn_random *random, struct vn_key **out)
{
    *out = NULL;
    struct vn_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        return VN_NOMEM;
    }
    mbedtls_pk_init(&key->pk);
    int code = mbedtls_pk_setup(&key->pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (code == 0) {
        code = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key->pk), vn_native_rng,
                                   (void *)(uintptr_t)random);
    }
    if (code != 0) {
        vn_key_destroy(key);
        return vn_native_status(code, VN_IO);
    }
    *out = key;
    return VN_OK;
}

void vn_key_destroy(struct vn_key *key)
{
    if (key != NULL) {
        mbedtls_pk_free(&key->pk);
        free(key);
    }
}

struct mbedtls_pk_context *vn_key_native(struct vn_key *key)
{
    return &key->pk;
}

void vn_key_public(const struct vn_key *key, struct vn_public_key *out)
{
    memset(out, 0, sizeof *out);
    (void)vn_native_point(&key->pk, out); /* a key of ours is always on the curve */
}

/* A point that is not on the curve must not get into any computation: it is checked here. */
static int public_to_native(const struct vn_public_key *key, mbedtls_pk_context *pk)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    int code = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (code == 0) {
        code = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    }
    if (code == 0) {
        code = mbedtls_ecp_point_read_binary(&group, &point, key->point, sizeof key->point);
    }
    if (code == 0) {
        code = mbedtls_ecp_check_pubkey(&group, &point);
    }
    if (code == 0) {
        code = mbedtls_ecp_set_public_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), &point);
    }
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return code;
}

enum vn_status vn_public_key_to_pem(const struct vn_public_key *key, struct vn_buf *out)
{
    unsigned char text[512]; /* a P-256 public key in PEM is 178 bytes */
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int code = public_to_native(key, &pk);
    if (code == 0) {
        code = mbedtls_pk_write_pubkey_pem(&pk, text, sizeof text);
    }
    mbedtls_pk_free(&pk);
    return code == 0 ? vn_buf_append_str(out, (const char *)text) : vn_native_status(code, VN_INPUT);
}

enum vn_status vn_public_key_from_pem(struct vn_view pem, struct vn_public_key *out)
{
    unsigned char *text = NULL;
    size_t size = 0;
    mbedtls_pk_context pk;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_native_pem(pem, &text, &size);
    if (status != VN_OK) {
        return status;
    }
    mbedtls_pk_init(&pk);
    int code = mbedtls_pk_parse_public_key(&pk, text, size);
    if (code != 0) {
        status = vn_native_status(code, VN_INPUT);
    } else if (!vn_native_point(&pk, out)) {
        status = VN_INPUT;
    }
    mbedtls_pk_free(&pk);
    free(text);
    return status;
}

enum vn_status vn_sign(const struct vn_key *key, const struct vn_random *random, struct vn_view message,
                       uint8_t out[VN_SIGNATURE_MAX], size_t *len)
{
    uint8_t hash[VN_HASH_SIZE];
    *len = 0;
    vn_sha256(message, hash);
    /* The pk functions take a non-const context for engines that cache; a plain EC key is only read. */
    mbedtls_pk_context *pk = (mbedtls_pk_context *)(uintptr_t)&key->pk;
    int code = mbedtls_pk_sign(pk, MBEDTLS_MD_SHA256, hash, sizeof hash, out, VN_SIGNATURE_MAX, len,
                               vn_native_rng, (void *)(uintptr_t)random);
    return vn_native_status(code, VN_IO);
}

enum vn_status vn_verify(const struct vn_public_key *key, struct vn_view message, struct vn_view signature)
{
    uint8_t hash[VN_HASH_SIZE];
    mbedtls_pk_context pk;
    if (signature.len == 0 || signature.len > VN_SIGNATURE_MAX) {
        return VN_CORRUPT;
    }
    vn_sha256(message, hash);
    mbedtls_pk_init(&pk);
    int code = public_to_native(key, &pk);
    if (code == 0) {
        code = mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, signature.data, signature.len);
    }
    mbedtls_pk_free(&pk);
    return code == 0 ? VN_OK : vn_native_status(code, VN_CORRUPT);
}
