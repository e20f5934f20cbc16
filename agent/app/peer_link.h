/* Between tills of a store: this till's listener, and a connection to each neighbour, both over TLS with the tills' own
 * certificates. Who a neighbour is says the name in his certificate; whether he is one says the caller. */
#ifndef VN_APP_PEER_LINK_H
#define VN_APP_PEER_LINK_H

#include <uv.h>

#include "agent/base/log.h"
#include "agent/base/random.h"
#include "agent/crypto/sign.h"
#include "agent/store/enrolment.h"
#include "sync/peer/peer.h"

struct vn_peer_link; /* opaque */

struct vn_peer_link_events {
    /* A request to answer with vn_peer_link_answer; `from`: the name in the certificate. */
    void (*call)(void *ctx, uint64_t call, const char *from, const char *path, struct vn_view body);
    void (*gone)(void *ctx, uint64_t call); /* nobody waits for it any more */
    void (*response)(void *ctx, unsigned neighbour, const struct vn_peer_response *response);
    void *ctx;
};

/* Neither listens nor connects yet. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_peer_link_create(uv_loop_t *loop, struct vn_clock clock,
                                               struct vn_random random, struct vn_log *log,
                                               const struct vn_peer_link_events *events,
                                               struct vn_peer_link **out);
/* No callback after it. The memory goes when the loop has closed the handles. NULL is fine. */
void vn_peer_link_destroy(struct vn_peer_link *link);

/* What is shown from now on; connections that stand keep what they began with. `enrolment` is borrowed, the key copied. VN_ARG:
 * the certificate is none for a till that listens, VN_NOMEM: it is as before. */
VN_MUST_USE enum vn_status vn_peer_link_identity(struct vn_peer_link *link,
                                                 const struct vn_enrolment *enrolment,
                                                 const struct vn_key *key, struct vn_error *error);
/* Listens, once; `address` "": at all of them. VN_CONFLICT: another program has the port; VN_ARG (the address, or the
 * certificate), VN_DENIED, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_peer_link_listen(struct vn_peer_link *link, const char *address, uint16_t port,
                                               struct vn_error *error);
bool vn_peer_link_listens(const struct vn_peer_link *link);
void vn_peer_link_answer(struct vn_peer_link *link, uint64_t call, int http_status, struct vn_view json,
                         const char *problem);
/* Then events->response, never from within. */
void vn_peer_link_ask(struct vn_peer_link *link, const struct vn_peer_request *request);

#endif
