/* What tls.c (contexts) and tls_conn.c (connections) share; nobody else includes it. */
#ifndef VN_NET_TLS_NATIVE_H
#define VN_NET_TLS_NATIVE_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include "sync/net/tls_conn.h"

struct vn_tls_context {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt own;
    mbedtls_ssl_config config;
    mbedtls_ssl_ticket_context tickets; /* server */
    mbedtls_ssl_session session;        /* client: the last good one */
    bool is_server;
    bool has_session;
    bool ticket_accepted; /* server: set by the ticket callback in the step that is running */
    char host_name[256];  /* client: what the certificate must carry */
};

#endif
