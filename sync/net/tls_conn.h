/* TLS as a filter between bytes of the line and plain bytes: mbedTLS inside, no sockets.
 *
 * Inside sync/net. A context is what connections of a server, or of a client, share. The handshake alone may run on
 * another thread than the loop's, one at a time of a context, while nobody else touches the connection and its wire; a connection
 * belongs to one channel. Bytes that came from the line are lent with vn_tls_lend and are all taken by handshake and
 * read; bytes for the line are appended to the `wire` buffer of the channel.
 *
 * Dates: mbedTLS judges them only in full handshakes and by the machine's clock, so the verify callback clears
 * them, and vn_tls_peer gives the window in which the whole chain is valid, our authority's own certificate
 * included, for full and for resumed sessions alike. Judging is the owner's. */
#ifndef VN_NET_TLS_CONN_H
#define VN_NET_TLS_CONN_H

#include "agent/base/error.h"
#include "agent/base/random.h"
#include "agent/crypto/x509.h"
#include "sync/net/tls.h"

struct vn_tls_context; /* opaque */
struct vn_tls_conn;    /* opaque */

struct vn_tls_tickets; /* tls_tickets.h */

VN_MUST_USE enum vn_status vn_tls_server_context(const struct vn_tls_server_options *options,
                                                 struct vn_tls_tickets *tickets, struct vn_tls_context **out,
                                                 struct vn_error *error);
VN_MUST_USE enum vn_status vn_tls_client_context(const struct vn_tls_client_options *options,
                                                 const char *host_name, const struct vn_random *random,
                                                 struct vn_tls_context **out, struct vn_error *error);
/* Lets go of it; the memory goes with its last connection. NULL is fine. */
void vn_tls_context_destroy(struct vn_tls_context *context);
/* The client offers no earlier session any more. */
void vn_tls_forget_session(struct vn_tls_context *context);

VN_MUST_USE enum vn_status vn_tls_conn_create(struct vn_tls_context *context, struct vn_buf *wire,
                                              struct vn_tls_conn **out);
void vn_tls_conn_destroy(struct vn_tls_conn *conn);

void vn_tls_lend(struct vn_tls_conn *conn, struct vn_view from_line);
/* VN_OK: done. VN_AGAIN: more bytes are needed. VN_DENIED: certificates or settings don't agree; VN_INPUT: the
 * other end doesn't speak TLS; `reason` says why, with `label` for the other end. */
VN_MUST_USE enum vn_status vn_tls_handshake(struct vn_tls_conn *conn, const char *label,
                                            struct vn_error *reason);
/* VN_OK: *len bytes. VN_AGAIN. VN_GONE: the other end closed. VN_DENIED: it sent an alert. VN_INPUT: broken. */
VN_MUST_USE enum vn_status vn_tls_read(struct vn_tls_conn *conn, uint8_t *out, size_t size, size_t *len);
/* VN_NOMEM or VN_IO: the connection is of no use any more. */
VN_MUST_USE enum vn_status vn_tls_write(struct vn_tls_conn *conn, struct vn_view plain);
void vn_tls_close_notify(struct vn_tls_conn *conn);
/* Says "unknown authority" to the other end. */
void vn_tls_refuse(struct vn_tls_conn *conn);

/* The other end's own certificate, with the window of its whole chain for dates. VN_ABSENT: it showed none.
 * VN_DENIED: it isn't signed by our authority (servers; a client's handshake fails by itself). VN_INPUT. */
VN_MUST_USE enum vn_status vn_tls_peer(const struct vn_tls_conn *conn, struct vn_cert_info *out);
bool vn_tls_resumed(const struct vn_tls_conn *conn);
/* Keeps this connection's session for the next one. */
void vn_tls_keep_session(struct vn_tls_conn *conn);

#endif
