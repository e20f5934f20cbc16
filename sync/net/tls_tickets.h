/* Keys that session tickets are sealed with: by them a client comes back for 0.1 ms instead of 9.
 *
 * Inside sync/net; a server's, shared by all its contexts. A key seals for half a day by the injected clock and opens
 * for another half: a ticket is good for a day at most. Kept in a file (0600) they survive a restart of the server, so
 * that a fleet that lost its hub for a moment does not shake hands anew, ten thousand at once. What is in a session
 * is judged anew at each request in any case: a revoked certificate resumes, and is refused.
 * Turning is the loop's, sealing and opening any thread's: the library locks. */
#ifndef VN_NET_TLS_TICKETS_H
#define VN_NET_TLS_TICKETS_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl_ticket.h>

#include "agent/base/clock.h"
#include "agent/base/error.h"

#define VN_TLS_TICKET_TURN_MS INT64_C(43200000) /* half a day */

struct vn_tls_tickets {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    mbedtls_ssl_ticket_context context;
    int64_t made_ms; /* when the key that seals was drawn; wall time */
    char *path;      /* NULL: in memory alone */
};

/* `path` may be NULL; a file that can't be read, or is too old, is as none. VN_IO (entropy), VN_NOMEM. */
VN_MUST_USE enum vn_status vn_tls_tickets_create(const char *path, int64_t now_ms,
                                                 struct vn_tls_tickets **out);
void vn_tls_tickets_destroy(struct vn_tls_tickets *tickets); /* NULL is fine */

/* Draws another key if it is time to. Does file I/O then: twice a day. */
void vn_tls_tickets_turn(struct vn_tls_tickets *tickets, int64_t now_ms);

#endif
