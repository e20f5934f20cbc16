/* What tls.c (contexts) and tls_conn.c (connections) share; nobody else includes it.
 *
 * Of one context at most one thread shakes hands at a time: what a handshake writes to it needs no lock. */
#ifndef VN_NET_TLS_NATIVE_H
#define VN_NET_TLS_NATIVE_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>

#include "sync/net/tls_conn.h"
#include "sync/net/tls_tickets.h"

struct vn_tls_context {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_x509_crt ca;
    mbedtls_x509_crt own;
    mbedtls_ssl_config config;
    struct vn_key *key;             /* our own, if any */
    struct vn_tls_tickets *tickets; /* server; borrowed */
    mbedtls_ssl_session session;    /* client: the last good one */
    unsigned holders;               /* connections, and whoever made it */
    bool is_server;
    bool has_session;
    bool ticket_accepted; /* server: set by the ticket callback in the step that is running */
    char host_name[256];  /* client: what the certificate must carry */
};

#endif
