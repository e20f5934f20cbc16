#include <arpa/inet.h>
#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include <stdlib.h>
#include <string.h>

#include "agent/crypto/native.h"
#include "agent/crypto/x509.h"

/* Days since 1970-01-01 of a Gregorian date (Howard Hinnant's days_from_civil). */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t time_ms(const mbedtls_x509_time *time)
{
    int64_t days = days_from_civil(time->year, time->mon, time->day);
    return (((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec) * 1000;
}

static enum vn_status read_common_name(const mbedtls_x509_name *subject, char *out, size_t out_size)
{
    out[0] = '\0';
    for (const mbedtls_x509_name *part = subject; part != NULL; part = part->next) {
        if (part->oid.p != NULL && MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0) {
            return vn_view_copy_str(vn_view_of(part->val.p, part->val.len), out, out_size);
        }
    }
    return VN_OK;
}

static enum vn_status read_cert(const mbedtls_x509_crt *cert, struct vn_cert_info *out,
                                struct vn_error *error)
{
    if (2 * cert->serial.len >= sizeof out->serial) {
        return vn_fail(error, VN_INPUT, "the certificate's serial number is too long");
    }
    if (read_common_name(&cert->subject, out->common_name, sizeof out->common_name) != VN_OK) {
        return vn_fail(error, VN_INPUT, "the certificate's name is too long");
    }
    if (!vn_native_point(&cert->pk, &out->public_key)) {
        return vn_fail(error, VN_INPUT, "the certificate's key is not a P-256 key");
    }
    vn_hex_encode(vn_view_of(cert->serial.p, cert->serial.len), out->serial);
    out->not_before_ms = time_ms(&cert->valid_from);
    out->not_after_ms = time_ms(&cert->valid_to);
    out->is_ca = mbedtls_x509_crt_get_ca_istrue(cert) == 1;
    out->serves = mbedtls_x509_crt_check_extended_key_usage(cert, MBEDTLS_OID_SERVER_AUTH,
                                                            MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
    return VN_OK;
}

static enum vn_status parse_pem(struct vn_view pem, mbedtls_x509_crt *cert)
{
    unsigned char *text = NULL;
    size_t size = 0;
    enum vn_status status = vn_native_pem(pem, &text, &size);
    if (status == VN_OK) {
        int code = mbedtls_x509_crt_parse(cert, text, size);
        status = code == 0 ? VN_OK : vn_native_status(code, VN_INPUT);
    }
    free(text);
    return status;
}

enum vn_status vn_cert_read(struct vn_view pem, struct vn_cert_info *out, struct vn_error *error)
{
    mbedtls_x509_crt cert;
    memset(out, 0, sizeof *out);
    mbedtls_x509_crt_init(&cert);
    enum vn_status status = parse_pem(pem, &cert);
    status = status == VN_OK ? read_cert(&cert, out, error) : vn_fail(error, status, "not a certificate");
    mbedtls_x509_crt_free(&cert);
    return status;
}

enum vn_status vn_cert_read_der(struct vn_view der, struct vn_cert_info *out, struct vn_error *error)
{
    mbedtls_x509_crt cert;
    memset(out, 0, sizeof *out);
    mbedtls_x509_crt_init(&cert);
    int code = der.len == 0 ? MBEDTLS_ERR_X509_INVALID_FORMAT
                            : mbedtls_x509_crt_parse_der_nocopy(&cert, der.data, der.len);
    enum vn_status status = code == 0 ? read_cert(&cert, out, error)
                                      : vn_fail(error, vn_native_status(code, VN_INPUT), "not a certificate");
    mbedtls_x509_crt_free(&cert);
    return status;
}

/* One name of the certificate's list; false when it is of no kind of ours, or too long. */
static bool read_name(const mbedtls_x509_buf *raw, char out[VN_HOST_MAX])
{
    mbedtls_x509_subject_alternative_name name;
    if (mbedtls_x509_parse_subject_alt_name(raw, &name) != 0) {
        return false;
    }
    const mbedtls_x509_buf *text = &name.san.unstructured_name;
    bool good = false;
    if (name.type == MBEDTLS_X509_SAN_DNS_NAME) {
        good = vn_view_copy_str(vn_view_of(text->p, text->len), out, VN_HOST_MAX) == VN_OK;
    } else if (name.type == MBEDTLS_X509_SAN_IP_ADDRESS && (text->len == 4 || text->len == 16)) {
        good = inet_ntop(text->len == 4 ? AF_INET : AF_INET6, text->p, out, VN_HOST_MAX) != NULL;
    }
    mbedtls_x509_free_subject_alt_name(&name);
    return good;
}

enum vn_status vn_cert_names(struct vn_view pem, struct vn_cert_names *out, struct vn_error *error)
{
    mbedtls_x509_crt cert;
    memset(out, 0, sizeof *out);
    mbedtls_x509_crt_init(&cert);
    enum vn_status status = parse_pem(pem, &cert);
    if (status != VN_OK) {
        (void)vn_fail(error, status, "not a certificate");
    }
    for (const mbedtls_x509_sequence *at = &cert.subject_alt_names; status == VN_OK && at != NULL;
         at = at->next) {
        if (at->buf.p == NULL) {
            continue; /* the list's head, of a certificate without names */
        }
        if (out->count == VN_CERT_NAMES_MAX || !read_name(&at->buf, out->name[out->count])) {
            status = vn_fail(error, VN_FULL, "too many names in the certificate, or too long ones");
        } else {
            out->count++;
        }
    }
    mbedtls_x509_crt_free(&cert);
    return status;
}

/* Dates are judged elsewhere, by a clock that can be trusted more than the machine's. */
static int ignore_dates(void *ctx, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
    (void)ctx;
    (void)cert;
    (void)depth;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    return 0;
}

enum vn_status vn_cert_check(struct vn_view pem, struct vn_view ca_pem, struct vn_error *error)
{
    uint32_t flags = 0;
    mbedtls_x509_crt cert;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt_init(&cert);
    mbedtls_x509_crt_init(&ca);
    enum vn_status status = parse_pem(pem, &cert);
    if (status == VN_OK) {
        status = parse_pem(ca_pem, &ca);
    }
    if (status != VN_OK) {
        (void)vn_fail(error, status, "not a certificate");
    } else {
        int code = mbedtls_x509_crt_verify_with_profile(&cert, &ca, NULL, &mbedtls_x509_crt_profile_suiteb,
                                                        NULL, &flags, ignore_dates, NULL);
        if (code != 0) {
            status = vn_fail(error, vn_native_status(code, VN_DENIED),
                             "the certificate is not signed by this authority");
        }
    }
    mbedtls_x509_crt_free(&ca);
    mbedtls_x509_crt_free(&cert);
    return status;
}
