/* How either end of a TLS connection is set up. The connection itself is inside server.h and client.h.
 *
 * TLS 1.2 only, ECDHE-ECDSA on P-256 or X25519 with AES-GCM or ChaCha20-Poly1305, sessions resumed by ticket.
 * A peer's chain is checked against `ca_pem` at each full handshake; its dates by the injected clock after
 * every handshake and again at each request, because mbedTLS checks them only in full handshakes and by the
 * machine's own clock. All texts are read at create and not kept; keys are copied. A server draws new ticket keys every half day
 * by its clock. */
#ifndef VN_NET_TLS_H
#define VN_NET_TLS_H

#include "agent/base/bytes.h"
#include "agent/crypto/sign.h"

struct vn_tls_server_options {
    struct vn_view cert_pem; /* the server's own, with intermediates if there are any */
    const struct vn_key *key;
    struct vn_view
        ca_pem; /* authorities of the clients' certificates: a root, or an issuer that is trusted itself */
    const char *ticket_file; /* keeps ticket keys over a restart, at most a day; NULL: not */
};

struct vn_tls_client_options {
    struct vn_view ca_pem;    /* authority of the server's certificate */
    struct vn_view cert_pem;  /* our own; empty: we show none (enrolment) */
    const struct vn_key *key; /* of cert_pem; NULL when that is empty */
    const char *host_name;    /* DNS name or IP address that the server's certificate must carry; NULL: the
                                target's host */
};

#endif
