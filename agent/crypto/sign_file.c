/* Key files. A private key that others can read is no longer private, so such a file is refused rather than
 * used with a warning. A new one never takes the place of another (agent/base/file.h). */
#include <mbedtls/pk.h>
#include <stdlib.h>

#include "agent/base/file.h"
#include "agent/crypto/hash.h"
#include "agent/crypto/native.h"
#include "agent/crypto/sign.h"

#define KEY_TEXT_MAX 1024 /* a P-256 key in PEM is 227 bytes */

enum vn_status vn_key_to_pem(const struct vn_key *key, struct vn_buf *out)
{
    unsigned char pem[KEY_TEXT_MAX];
    int code = mbedtls_pk_write_key_pem(&key->pk, pem, sizeof pem);
    enum vn_status status =
        code == 0 ? vn_buf_append_str(out, (const char *)pem) : vn_native_status(code, VN_IO);
    vn_crypto_wipe(pem, sizeof pem);
    return status;
}

static void wipe(struct vn_buf *text)
{
    if (text->data != NULL) {
        vn_crypto_wipe(text->data, text->len);
    }
    vn_buf_deinit(text);
}

enum vn_status vn_key_save(const struct vn_key *key, const char *path, struct vn_error *error)
{
    struct vn_buf pem;
    vn_buf_init(&pem, KEY_TEXT_MAX);
    enum vn_status status = vn_key_to_pem(key, &pem);
    status = status == VN_OK ? vn_file_create(path, vn_buf_view(&pem), error)
                             : vn_fail(error, status, "can't write the key as text");
    wipe(&pem);
    return status;
}

static enum vn_status parse(struct vn_view pem, struct vn_key **out)
{
    unsigned char *text = NULL;
    size_t size = 0;
    struct vn_random random = vn_random_system(); /* blinds the computation of the public half */
    enum vn_status status = vn_native_pem(pem, &text, &size);
    if (status != VN_OK) {
        return status;
    }
    struct vn_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        status = VN_NOMEM;
        goto cleanup;
    }
    mbedtls_pk_init(&key->pk);
    int code = mbedtls_pk_parse_key(&key->pk, text, size, NULL, 0, vn_native_rng, &random);
    if (code != 0) {
        status = vn_native_status(code, VN_INPUT);
    } else if (!vn_native_point(&key->pk, NULL)) {
        status = VN_INPUT;
    }
    if (status == VN_OK) {
        *out = key;
    } else {
        vn_key_destroy(key);
    }
cleanup:
    vn_crypto_wipe(text, size);
    free(text);
    return status;
}

enum vn_status vn_key_load(const char *path, struct vn_key **out, struct vn_error *error)
{
    char pem[2048];
    size_t len = 0;
    *out = NULL;
    enum vn_status status = vn_file_read(path, VN_FILE_SECRET, pem, sizeof pem, &len, error);
    if (status == VN_OK) {
        status = parse(vn_view_of(pem, len), out);
        if (status != VN_OK) {
            (void)vn_fail(error, status, "%s is not a P-256 private key", path);
        }
    }
    vn_crypto_wipe(pem, sizeof pem);
    return status;
}

enum vn_status vn_key_copy(const struct vn_key *key, struct vn_key **out)
{
    struct vn_buf pem;
    *out = NULL;
    vn_buf_init(&pem, KEY_TEXT_MAX);
    enum vn_status status = vn_key_to_pem(key, &pem);
    if (status == VN_OK) {
        status = parse(vn_buf_view(&pem), out);
    }
    wipe(&pem);
    return status;
}
