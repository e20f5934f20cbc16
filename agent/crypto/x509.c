#include "agent/crypto/x509.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/crypto/native.h"

#define SERIAL_SIZE      16
#define COMMON_NAME_MAX  64 /* ub-common-name of RFC 5280 */
#define SUBJECT_TEXT_MAX 512
#define CERT_TEXT_MAX    4096
#define TIME_DIGITS      15 /* YYYYMMDDhhmmss and the NUL */

/* mbedTLS takes names as "CN=..." text; with these characters nothing in it can be mistaken for syntax. */
bool vn_cert_name_ok(const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);
    if (len == 0 || len > COMMON_NAME_MAX || name[0] == ' ' || name[len - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)name[i]) && strchr(" .-_:@/", name[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool time_digits(int64_t wall_ms, char out[TIME_DIGITS])
{
    char text[VN_TIME_TEXT_MAX];
    size_t n = 0;
    vn_time_text(wall_ms, text); /* 2026-11-22T08:15:30.123Z */
    for (size_t i = 0; i < 19 && text[i] != '\0'; i++) {
        if (isdigit((unsigned char)text[i])) {
            out[n++] = text[i];
        }
    }
    out[n] = '\0';
    return n == TIME_DIGITS - 1;
}

static enum vn_status random_serial(const struct vn_random *random, uint8_t serial[SERIAL_SIZE])
{
    enum vn_status status = vn_random_fill(random, serial, SERIAL_SIZE);
    /* Positive, and of full length whatever was drawn: its text is always 32 digits. */
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return status;
}

static int set_name_and_dates(mbedtls_x509write_cert *cert, const char *common_name, int64_t not_before_ms,
                              int64_t not_after_ms)
{
    char subject[COMMON_NAME_MAX + 4];
    char from[TIME_DIGITS];
    char to[TIME_DIGITS];
    if (!vn_cert_name_ok(common_name) || not_after_ms <= not_before_ms || !time_digits(not_before_ms, from) ||
        !time_digits(not_after_ms, to)) {
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    }
    (void)snprintf(subject, sizeof subject, "CN=%s", common_name);
    int code = mbedtls_x509write_crt_set_subject_name(cert, subject);
    return code != 0 ? code : mbedtls_x509write_crt_set_validity(cert, from, to);
}

static enum vn_status write_cert(mbedtls_x509write_cert *cert, const struct vn_random *random,
                                 struct vn_buf *pem, struct vn_error *error)
{
    unsigned char text[CERT_TEXT_MAX];
    int code = mbedtls_x509write_crt_pem(cert, text, sizeof text, vn_native_rng, (void *)(uintptr_t)random);
    if (code != 0) {
        return vn_fail(error, vn_native_status(code, VN_ARG), "can't write the certificate");
    }
    enum vn_status status = vn_buf_append_str(pem, (const char *)text);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "no room for the certificate");
}

/* `below`: how many authorities may stand between it and an end certificate. */
static int set_authority(mbedtls_x509write_cert *cert, int below)
{
    int code = mbedtls_x509write_crt_set_basic_constraints(cert, 1, below);
    if (code == 0) {
        code = mbedtls_x509write_crt_set_key_usage(cert,
                                                   MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
    }
    return code == 0 ? mbedtls_x509write_crt_set_subject_key_identifier(cert) : code;
}

enum vn_status vn_ca_create(struct vn_key *key, const struct vn_random *random, const char *common_name,
                            int64_t not_before_ms, int64_t not_after_ms, struct vn_buf *pem,
                            struct vn_error *error)
{
    char issuer[COMMON_NAME_MAX + 4];
    uint8_t serial[SERIAL_SIZE];
    if (random_serial(random, serial) != VN_OK) {
        return vn_fail(error, VN_IO, "no randomness for the serial number");
    }
    mbedtls_x509write_cert cert;
    mbedtls_x509write_crt_init(&cert);
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, &key->pk);
    mbedtls_x509write_crt_set_issuer_key(&cert, &key->pk);
    int code = set_name_and_dates(&cert, common_name, not_before_ms, not_after_ms);
    if (code == 0) {
        (void)snprintf(issuer, sizeof issuer, "CN=%s", common_name);
        code = mbedtls_x509write_crt_set_issuer_name(&cert, issuer);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_serial_raw(&cert, serial, sizeof serial);
    }
    if (code == 0) {
        code = set_authority(&cert, 1);
    }
    enum vn_status status =
        code == 0 ? write_cert(&cert, random, pem, error)
                  : vn_fail(error, vn_native_status(code, VN_ARG), "name or dates of the authority");
    mbedtls_x509write_crt_free(&cert);
    return status;
}

enum vn_status vn_csr_create(struct vn_key *key, const struct vn_random *random, const char *common_name,
                             struct vn_buf *pem, struct vn_error *error)
{
    char subject[COMMON_NAME_MAX + 4];
    unsigned char text[CERT_TEXT_MAX];
    if (!vn_cert_name_ok(common_name)) {
        return vn_fail(error, VN_ARG, "the name of the request");
    }
    (void)snprintf(subject, sizeof subject, "CN=%s", common_name);
    mbedtls_x509write_csr request;
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request, &key->pk);
    int code = mbedtls_x509write_csr_set_subject_name(&request, subject);
    if (code == 0) {
        code =
            mbedtls_x509write_csr_pem(&request, text, sizeof text, vn_native_rng, (void *)(uintptr_t)random);
    }
    mbedtls_x509write_csr_free(&request);
    if (code != 0) {
        return vn_fail(error, vn_native_status(code, VN_ARG), "can't write the request");
    }
    enum vn_status status = vn_buf_append_str(pem, (const char *)text);
    return status == VN_OK ? VN_OK : vn_fail(error, status, "no room for the request");
}

/* mbedTLS parses a request but does not look at its signature. */
static int csr_check(mbedtls_x509_csr *csr)
{
    unsigned char hash[VN_HASH_SIZE];
    if (csr->MBEDTLS_PRIVATE(sig_md) != MBEDTLS_MD_SHA256) {
        return MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
    }
    int code = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), csr->cri.p, csr->cri.len, hash);
    if (code != 0) {
        return code;
    }
    return mbedtls_pk_verify(&csr->pk, MBEDTLS_MD_SHA256, hash, sizeof hash, csr->MBEDTLS_PRIVATE(sig).p,
                             csr->MBEDTLS_PRIVATE(sig).len);
}

static enum vn_status csr_read(struct vn_view pem, mbedtls_x509_csr *csr, struct vn_error *error)
{
    unsigned char *text = NULL;
    size_t size = 0;
    enum vn_status status = vn_native_pem(pem, &text, &size);
    if (status == VN_OK) {
        int code = mbedtls_x509_csr_parse(csr, text, size);
        status = code == 0 ? VN_OK : vn_native_status(code, VN_INPUT);
    }
    free(text);
    if (status != VN_OK) {
        return vn_fail(error, status, "not a certificate request");
    }
    if (!vn_native_point(&csr->pk, NULL)) {
        return vn_fail(error, VN_INPUT, "the request's key is not a P-256 key");
    }
    if (csr_check(csr) != 0) {
        return vn_fail(error, VN_CORRUPT, "the request is not signed by its own key");
    }
    return VN_OK;
}

/* The subject of the authority becomes the issuer, through its text form. */
static int set_issuer(mbedtls_x509write_cert *cert, struct vn_key *ca_key, struct vn_view ca_pem)
{
    char issuer[SUBJECT_TEXT_MAX];
    unsigned char *text = NULL;
    size_t size = 0;
    struct vn_public_key in_cert;
    struct vn_public_key ours;
    mbedtls_x509_crt ca;
    if (vn_native_pem(ca_pem, &text, &size) != VN_OK) {
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    }
    mbedtls_x509_crt_init(&ca);
    int code = mbedtls_x509_crt_parse(&ca, text, size);
    vn_key_public(ca_key, &ours);
    if (code == 0 && (!vn_native_point(&ca.pk, &in_cert) || memcmp(&in_cert, &ours, sizeof ours) != 0)) {
        code = MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    }
    if (code == 0) {
        int len = mbedtls_x509_dn_gets(issuer, sizeof issuer, &ca.subject);
        code = len < 0 ? len : mbedtls_x509write_crt_set_issuer_name(cert, issuer);
    }
    mbedtls_x509_crt_free(&ca);
    free(text);
    return code;
}

static int set_names(mbedtls_x509write_cert *cert, const struct vn_cert_terms *terms)
{
    mbedtls_x509_san_list list[VN_CERT_NAMES_MAX];
    uint8_t addresses[VN_CERT_NAMES_MAX][16];
    memset(list, 0, sizeof list);
    for (size_t i = 0; i < terms->name_count; i++) {
        mbedtls_x509_buf *name = &list[i].node.san.unstructured_name;
        list[i].next = i + 1 < terms->name_count ? &list[i + 1] : NULL;
        if (inet_pton(AF_INET, terms->names[i], addresses[i]) == 1) {
            list[i].node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
            *name = (mbedtls_x509_buf){.p = addresses[i], .len = 4};
        } else if (inet_pton(AF_INET6, terms->names[i], addresses[i]) == 1) {
            list[i].node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
            *name = (mbedtls_x509_buf){.p = addresses[i], .len = 16};
        } else {
            list[i].node.type = MBEDTLS_X509_SAN_DNS_NAME;
            *name = (mbedtls_x509_buf){.p = (unsigned char *)(uintptr_t)terms->names[i],
                                       .len = strlen(terms->names[i])};
        }
    }
    return mbedtls_x509write_crt_set_subject_alternative_name(cert, list);
}

static mbedtls_asn1_buf usage_of(const char *oid)
{
    return (mbedtls_asn1_buf){
        .tag = MBEDTLS_ASN1_OID, .len = strlen(oid), .p = (unsigned char *)(uintptr_t)oid};
}

static int set_usage(mbedtls_x509write_cert *cert, enum vn_cert_kind kind)
{
    if (kind == VN_CERT_ISSUING) {
        return set_authority(cert, 0);
    }
    const char *oid = kind == VN_CERT_SERVER ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    mbedtls_asn1_sequence serves = {.buf = usage_of(MBEDTLS_OID_SERVER_AUTH)};
    mbedtls_asn1_sequence usage = {.buf = usage_of(oid), .next = kind == VN_CERT_TILL ? &serves : NULL};
    int code = mbedtls_x509write_crt_set_basic_constraints(cert, 0, -1);
    if (code == 0) {
        code = mbedtls_x509write_crt_set_key_usage(cert, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    }
    return code != 0 ? code : mbedtls_x509write_crt_set_ext_key_usage(cert, &usage);
}

static bool terms_ok(const struct vn_cert_terms *terms)
{
    if (terms->kind != VN_CERT_SERVER) {
        return terms->name_count == 0;
    }
    if (terms->name_count == 0 || terms->name_count > VN_CERT_NAMES_MAX) {
        return false;
    }
    for (size_t i = 0; i < terms->name_count; i++) {
        size_t len = strlen(terms->names[i]);
        if (len == 0 || len >= VN_HOST_MAX) {
            return false;
        }
    }
    return true;
}

enum vn_status vn_cert_issue(struct vn_key *ca_key, struct vn_view ca_pem, struct vn_view csr_pem,
                             const struct vn_cert_terms *terms, const struct vn_random *random,
                             struct vn_buf *pem, struct vn_error *error)
{
    uint8_t serial[SERIAL_SIZE];
    if (!terms_ok(terms)) {
        return vn_fail(error, VN_ARG, "names of the certificate");
    }
    if (random_serial(random, serial) != VN_OK) {
        return vn_fail(error, VN_IO, "no randomness for the serial number");
    }
    mbedtls_x509_csr csr;
    mbedtls_x509write_cert cert;
    mbedtls_x509_csr_init(&csr);
    mbedtls_x509write_crt_init(&cert);
    int code = 0;
    enum vn_status status = csr_read(csr_pem, &csr, error);
    if (status != VN_OK) {
        goto cleanup;
    }
    mbedtls_x509write_crt_set_version(&cert, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&cert, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&cert, &csr.pk);
    mbedtls_x509write_crt_set_issuer_key(&cert, &ca_key->pk);
    code = set_name_and_dates(&cert, terms->common_name, terms->not_before_ms, terms->not_after_ms);
    if (code == 0) {
        code = set_issuer(&cert, ca_key, ca_pem);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_serial_raw(&cert, serial, sizeof serial);
    }
    if (code == 0) {
        code = set_usage(&cert, terms->kind);
    }
    if (code == 0) {
        code = mbedtls_x509write_crt_set_authority_key_identifier(&cert);
    }
    if (code == 0 && terms->kind == VN_CERT_SERVER) {
        code = set_names(&cert, terms);
    }
    status = code == 0 ? write_cert(&cert, random, pem, error)
                       : vn_fail(error, vn_native_status(code, VN_ARG),
                                 "terms of the certificate, or the authority's key and certificate differ");
cleanup:
    mbedtls_x509write_crt_free(&cert);
    mbedtls_x509_csr_free(&csr);
    return status;
}
