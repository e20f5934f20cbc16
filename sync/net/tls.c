#include "sync/net/tls.h"

#include <mbedtls/oid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/net/tls_native.h"

/* 1.2 alone: a session resumed by a TLS 1.3 ticket has lost the client's certificate. */
static const int ciphersuites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                   MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
                                   MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, 0};
static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
                                  MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
static const uint16_t signatures[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
                                      MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_NONE};

/* The library does not tell whether a session was resumed; a ticket that it could open says so. */
static int parse_ticket(void *ctx, mbedtls_ssl_session *session, unsigned char *ticket, size_t len)
{
    struct vn_tls_context *context = ctx;
    int code = mbedtls_ssl_ticket_parse(&context->tickets->context, session, ticket, len);
    context->ticket_accepted = code == 0;
    return code;
}

static int write_ticket(void *ctx, const mbedtls_ssl_session *session, unsigned char *start,
                        const unsigned char *end, size_t *len, uint32_t *lifetime)
{
    struct vn_tls_context *context = ctx;
    return mbedtls_ssl_ticket_write(&context->tickets->context, session, start, end, len, lifetime);
}

static struct vn_tls_context *context_new(bool is_server)
{
    struct vn_tls_context *context = calloc(1, sizeof *context);
    if (context != NULL) {
        context->is_server = is_server;
        context->holders = 1;
        mbedtls_entropy_init(&context->entropy);
        mbedtls_ctr_drbg_init(&context->drbg);
        mbedtls_x509_crt_init(&context->ca);
        mbedtls_x509_crt_init(&context->own);
        mbedtls_ssl_config_init(&context->config);
        mbedtls_ssl_session_init(&context->session);
    }
    return context;
}

void vn_tls_context_destroy(struct vn_tls_context *context)
{
    if (context == NULL || --context->holders > 0) {
        return;
    }
    mbedtls_ssl_session_free(&context->session);
    mbedtls_ssl_config_free(&context->config);
    mbedtls_x509_crt_free(&context->own);
    mbedtls_x509_crt_free(&context->ca);
    mbedtls_ctr_drbg_free(&context->drbg);
    mbedtls_entropy_free(&context->entropy);
    vn_key_destroy(context->key);
    free(context);
}

void vn_tls_forget_session(struct vn_tls_context *context)
{
    mbedtls_ssl_session_free(&context->session);
    mbedtls_ssl_session_init(&context->session);
    context->has_session = false;
}

/* Certificates in PEM, all of them; partly readable is not readable. */
static enum vn_status read_certs(struct vn_view pem, mbedtls_x509_crt *out)
{
    if (pem.len == 0 || pem.len > 4 * VN_PEM_MAX) {
        return VN_ARG;
    }
    unsigned char *text = malloc(pem.len + 1);
    if (text == NULL) {
        return VN_NOMEM;
    }
    memcpy(text, pem.data, pem.len);
    text[pem.len] = '\0';
    int code = mbedtls_x509_crt_parse(out, text, pem.len + 1);
    free(text);
    return code == 0 ? VN_OK : VN_ARG;
}

static enum vn_status set_own(struct vn_tls_context *context, struct vn_view cert_pem,
                              const struct vn_key *key, struct vn_error *error)
{
    struct vn_cert_info info;
    struct vn_public_key public_key;
    if (key != NULL && vn_key_copy(key, &context->key) != VN_OK) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (key == NULL || read_certs(cert_pem, &context->own) != VN_OK ||
        vn_cert_read(cert_pem, &info, NULL) != VN_OK) {
        return vn_fail(error, VN_ARG, "our own certificate or key can't be used");
    }
    vn_key_public(key, &public_key);
    if (memcmp(&public_key, &info.public_key, sizeof public_key) != 0) {
        return vn_fail(error, VN_ARG, "our own certificate is not for our key");
    }
    if (context->is_server &&
        mbedtls_x509_crt_check_extended_key_usage(&context->own, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
        return vn_fail(error, VN_ARG, "our own certificate is not one for servers");
    }
    if (mbedtls_ssl_conf_own_cert(&context->config, &context->own, vn_key_native(context->key)) != 0) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    return VN_OK;
}

static enum vn_status set_common(struct vn_tls_context *context, struct vn_view ca_pem, struct vn_view seed,
                                 struct vn_error *error)
{
    mbedtls_ssl_config *config = &context->config;
    if (mbedtls_ctr_drbg_seed(&context->drbg, mbedtls_entropy_func, &context->entropy, seed.data, seed.len) !=
        0) {
        return vn_fail(error, VN_IO, "no entropy");
    }
    int end = context->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT;
    if (mbedtls_ssl_config_defaults(config, end, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) !=
        0) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (read_certs(ca_pem, &context->ca) != VN_OK) {
        return vn_fail(error, VN_ARG, "the authority's certificate can't be used");
    }
    mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_ciphersuites(config, ciphersuites);
    mbedtls_ssl_conf_groups(config, groups);
    mbedtls_ssl_conf_sig_algs(config, signatures);
    mbedtls_ssl_conf_cert_profile(config, &mbedtls_x509_crt_profile_suiteb);
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &context->drbg);
    mbedtls_ssl_conf_ca_chain(config, &context->ca, NULL);
    return VN_OK;
}

enum vn_status vn_tls_server_context(const struct vn_tls_server_options *options,
                                     struct vn_tls_tickets *tickets, struct vn_tls_context **out,
                                     struct vn_error *error)
{
    *out = NULL;
    struct vn_tls_context *context = context_new(true);
    if (context == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = set_common(context, options->ca_pem, VN_VIEW_NONE, error);
    if (status == VN_OK) {
        status = set_own(context, options->cert_pem, options->key, error);
    }
    if (status != VN_OK) {
        vn_tls_context_destroy(context);
        return status;
    }
    context->tickets = tickets;
    mbedtls_ssl_conf_session_tickets_cb(&context->config, write_ticket, parse_ticket, context);
    /* Optional: enrolment comes without a certificate. One that is shown and not ours is refused after the
     * handshake. */
    mbedtls_ssl_conf_authmode(&context->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    *out = context;
    return VN_OK;
}

enum vn_status vn_tls_client_context(const struct vn_tls_client_options *options, const char *host_name,
                                     const struct vn_random *random, struct vn_tls_context **out,
                                     struct vn_error *error)
{
    uint8_t seed[32];
    *out = NULL;
    struct vn_tls_context *context = context_new(false);
    if (context == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = VN_OK;
    if (snprintf(context->host_name, sizeof context->host_name, "%s", host_name) >=
        (int)sizeof context->host_name) {
        status = vn_fail(error, VN_ARG, "host name too long");
    } else if (vn_random_fill(random, seed, sizeof seed) != VN_OK) {
        status = vn_fail(error, VN_IO, "no randomness");
    }
    if (status == VN_OK) {
        status = set_common(context, options->ca_pem, vn_view_of(seed, sizeof seed), error);
    }
    if (status == VN_OK && options->cert_pem.len > 0) {
        status = set_own(context, options->cert_pem, options->key, error);
    }
    if (status != VN_OK) {
        vn_tls_context_destroy(context);
        return status;
    }
    mbedtls_ssl_conf_authmode(&context->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_session_tickets(&context->config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    *out = context;
    return VN_OK;
}
