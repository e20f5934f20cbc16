/* Certificates, requests and keys that somebody sends or brings: PEM, and certificates as DER too. What can be read of a
 * key is written, and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "agent/crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct vn_view pem)
{
    struct vn_public_key key, again;
    struct vn_buf out;
    vn_buf_init(&out, VN_PEM_MAX);
    memset(&key, 0, sizeof key);
    memset(&again, 0, sizeof again);
    if (vn_public_key_from_pem(pem, &key) == VN_OK &&
        (vn_public_key_to_pem(&key, &out) != VN_OK ||
         vn_public_key_from_pem(vn_buf_view(&out), &again) != VN_OK ||
         memcmp(&key, &again, sizeof key) != 0)) {
        abort();
    }
    vn_buf_deinit(&out);
}

/* An issuer of ours, made once. */
struct issuer {
    struct vn_random random;
    uint64_t seed;
    struct vn_key *key;
    struct vn_buf pem;
};

static const struct issuer *issuer_of(void)
{
    static struct issuer issuer;
    struct vn_error error;
    if (issuer.key == NULL) {
        issuer.seed = 7;
        issuer.random = vn_random_seeded(&issuer.seed);
        vn_buf_init(&issuer.pem, VN_PEM_MAX);
        if (vn_key_generate(&issuer.random, &issuer.key) != VN_OK ||
            vn_ca_create(issuer.key, &issuer.random, "ca", 0, INT64_C(4000000000000), &issuer.pem, &error) !=
                VN_OK) {
            abort();
        }
    }
    return &issuer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_cert_info info;
    static struct vn_cert_names names;
    static const struct vn_cert_terms terms = {
        .common_name = "till", .not_before_ms = 0, .not_after_ms = INT64_C(4000000000000)};
    const struct issuer *issuer = issuer_of();
    struct vn_view bytes = vn_view_of(data, size);
    struct vn_error error;
    struct vn_buf issued;
    vn_buf_init(&issued, VN_PEM_MAX);
    check_key(bytes);
    (void)!vn_cert_read_der(bytes, &info, &error);
    (void)!vn_cert_names(bytes, &names, &error);
    if (vn_cert_read(bytes, &info, &error) == VN_OK &&
        vn_cert_check(bytes, vn_buf_view(&issuer->pem), &error) == VN_OK) {
        abort(); /* nobody else can sign for this authority */
    }
    if (vn_cert_issue(issuer->key, vn_buf_view(&issuer->pem), bytes, &terms, &issuer->random, &issued,
                      &error) == VN_OK &&
        (vn_cert_read(vn_buf_view(&issued), &info, &error) != VN_OK || info.is_ca ||
         vn_cert_check(vn_buf_view(&issued), vn_buf_view(&issuer->pem), &error) != VN_OK)) {
        abort();
    }
    vn_buf_deinit(&issued);
    return 0;
}
