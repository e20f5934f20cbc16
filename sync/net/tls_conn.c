#include "sync/net/tls_conn.h"

#include <mbedtls/error.h>
#include <stdlib.h>
#include <string.h>

#include "sync/net/tls_native.h"

struct vn_tls_conn {
    struct vn_tls_context *context;
    struct vn_buf *wire;
    struct vn_view lent;
    mbedtls_ssl_context ssl;
    bool verified; /* the chain was checked in this handshake: it was a full one */
    bool resumed;
};

static int send_to_wire(void *ctx, const unsigned char *data, size_t len)
{
    struct vn_tls_conn *conn = ctx;
    if (vn_buf_append(conn->wire, vn_view_of(data, len)) != VN_OK) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    return (int)len;
}

static int take_lent(void *ctx, unsigned char *out, size_t size)
{
    struct vn_tls_conn *conn = ctx;
    size_t len = conn->lent.len < size ? conn->lent.len : size;
    if (len == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    memcpy(out, conn->lent.data, len);
    conn->lent.data += len;
    conn->lent.len -= len;
    return (int)len;
}

static int clear_dates(void *ctx, mbedtls_x509_crt *cert, int depth, uint32_t *flags)
{
    struct vn_tls_conn *conn = ctx;
    (void)cert;
    (void)depth;
    conn->verified = true;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    return 0;
}

enum vn_status vn_tls_conn_create(struct vn_tls_context *context, struct vn_buf *wire,
                                  struct vn_tls_conn **out)
{
    *out = NULL;
    struct vn_tls_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return VN_NOMEM;
    }
    conn->context = context;
    context->holders++;
    conn->wire = wire;
    mbedtls_ssl_init(&conn->ssl);
    int code = mbedtls_ssl_setup(&conn->ssl, &context->config);
    if (code == 0 && !context->is_server) {
        code = mbedtls_ssl_set_hostname(&conn->ssl, context->host_name);
        if (code == 0 && context->has_session) {
            code = mbedtls_ssl_set_session(&conn->ssl, &context->session);
        }
    }
    if (code != 0) {
        vn_tls_conn_destroy(conn);
        return VN_NOMEM;
    }
    mbedtls_ssl_set_verify(&conn->ssl, clear_dates, conn);
    mbedtls_ssl_set_bio(&conn->ssl, conn, send_to_wire, take_lent, NULL);
    *out = conn;
    return VN_OK;
}

void vn_tls_conn_destroy(struct vn_tls_conn *conn)
{
    if (conn != NULL) {
        mbedtls_ssl_free(&conn->ssl);
        vn_tls_context_destroy(conn->context);
        free(conn);
    }
}

void vn_tls_lend(struct vn_tls_conn *conn, struct vn_view from_line)
{
    conn->lent = from_line;
}

static enum vn_status refusal(const struct vn_tls_conn *conn, const char *label, struct vn_error *reason)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&conn->ssl);
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        return vn_fail(reason, VN_DENIED, "the certificate of %s is not signed by our authority", label);
    }
    if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0) {
        return vn_fail(reason, VN_DENIED, "the certificate of %s is not for the name %s", label,
                       conn->context->host_name);
    }
    return vn_fail(reason, VN_DENIED, "the certificate of %s is not of an accepted kind", label);
}

enum vn_status vn_tls_handshake(struct vn_tls_conn *conn, const char *label, struct vn_error *reason)
{
    conn->context->ticket_accepted = false;
    int code = mbedtls_ssl_handshake(&conn->ssl);
    if (conn->context->ticket_accepted) {
        conn->resumed = true;
    }
    switch (code) {
    case 0:
        if (!conn->context->is_server) {
            conn->resumed = !conn->verified;
        }
        return VN_OK;
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE: return VN_AGAIN;
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED: return refusal(conn, label, reason);
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return vn_fail(reason, VN_DENIED, "%s refuses our certificate or TLS version", label);
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    case MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE:
        return vn_fail(reason, VN_DENIED, "%s has no TLS version or cipher in common with us", label);
    case MBEDTLS_ERR_SSL_ALLOC_FAILED: return vn_fail(reason, VN_NOMEM, "out of memory");
    default: return vn_fail(reason, VN_INPUT, "%s does not speak our TLS (-0x%04x)", label, (unsigned)-code);
    }
}

enum vn_status vn_tls_read(struct vn_tls_conn *conn, uint8_t *out, size_t size, size_t *len)
{
    *len = 0;
    int code = mbedtls_ssl_read(&conn->ssl, out, size);
    if (code > 0) {
        *len = (size_t)code;
        return VN_OK;
    }
    switch (code) {
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE: return VN_AGAIN;
    case 0:
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY: return VN_GONE;
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: return VN_DENIED;
    default: return VN_INPUT;
    }
}

enum vn_status vn_tls_write(struct vn_tls_conn *conn, struct vn_view plain)
{
    while (plain.len > 0) {
        int code = mbedtls_ssl_write(&conn->ssl, plain.data, plain.len);
        if (code <= 0) {
            return code == MBEDTLS_ERR_SSL_ALLOC_FAILED ? VN_NOMEM : VN_IO;
        }
        plain.data += code;
        plain.len -= (size_t)code;
    }
    return VN_OK;
}

void vn_tls_close_notify(struct vn_tls_conn *conn)
{
    (void)mbedtls_ssl_close_notify(&conn->ssl);
}

void vn_tls_refuse(struct vn_tls_conn *conn)
{
    (void)mbedtls_ssl_send_alert_message(&conn->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                         MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA);
}

static void narrow(struct vn_cert_info *window, const mbedtls_x509_crt *cert)
{
    struct vn_cert_info info;
    if (vn_cert_read_der(vn_view_of(cert->raw.p, cert->raw.len), &info, NULL) != VN_OK) {
        window->not_after_ms = INT64_MIN; /* can't be judged, so it isn't valid */
        return;
    }
    if (info.not_before_ms > window->not_before_ms) {
        window->not_before_ms = info.not_before_ms;
    }
    if (info.not_after_ms < window->not_after_ms) {
        window->not_after_ms = info.not_after_ms;
    }
}

static bool issued(const mbedtls_x509_crt *ca, const mbedtls_x509_crt *cert)
{
    return vn_view_equal(vn_view_of(ca->subject_raw.p, ca->subject_raw.len),
                         vn_view_of(cert->issuer_raw.p, cert->issuer_raw.len));
}

enum vn_status vn_tls_peer(const struct vn_tls_conn *conn, struct vn_cert_info *out)
{
    const mbedtls_x509_crt *cert = mbedtls_ssl_get_peer_cert(&conn->ssl);
    memset(out, 0, sizeof *out);
    if (cert == NULL || cert->raw.len == 0) {
        return VN_ABSENT;
    }
    if (mbedtls_ssl_get_verify_result(&conn->ssl) != 0) {
        return VN_DENIED;
    }
    if (vn_cert_read_der(vn_view_of(cert->raw.p, cert->raw.len), out, NULL) != VN_OK) {
        return VN_INPUT;
    }
    const mbedtls_x509_crt *last = cert;
    for (const mbedtls_x509_crt *next = cert->next; next != NULL && next->raw.len > 0; next = next->next) {
        narrow(out, next);
        last = next;
    }
    for (const mbedtls_x509_crt *ca = &conn->context->ca; ca != NULL && ca->raw.len > 0; ca = ca->next) {
        if (issued(ca, last)) {
            narrow(out, ca);
        }
    }
    return VN_OK;
}

bool vn_tls_resumed(const struct vn_tls_conn *conn)
{
    return conn->resumed;
}

void vn_tls_keep_session(struct vn_tls_conn *conn)
{
    struct vn_tls_context *context = conn->context;
    vn_tls_forget_session(context);
    if (mbedtls_ssl_get_session(&conn->ssl, &context->session) == 0) {
        context->has_session = true;
    }
}
