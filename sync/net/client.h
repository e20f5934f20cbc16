/* An HTTP/1.1 client on the caller's libuv loop: one target, one persistent connection, one request at a
 * time.
 *
 * The connection is opened when a request needs it, kept, and opened again on demand. A request that met a
 * connection which the server had just dropped (no byte of a reply came) is sent once more on a new one; so a
 * request can arrive twice, and whatever is sent must bear that (all of Verno's requests do).
 * With TLS the session is kept and offered again (0.1 ms instead of 7 ms).
 *
 * A 4xx or 5xx is VN_OK with that status in the response. Failures without a response have a status and a
 * sentence (vn_http_client_reason) for people.
 * Everything is on the loop's thread; nothing blocks (a host name is looked up on libuv's own thread pool; an
 * address is not). The first create makes the process ignore SIGPIPE. No redirects, proxies, cookies. */
#ifndef VN_NET_CLIENT_H
#define VN_NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/base/random.h"
#include "sync/net/http.h"
#include "sync/net/tls.h"

struct vn_http_client; /* opaque */

struct vn_http_target {
    const char *socket_path; /* a unix socket; NULL: TCP */
    const char *host;        /* name or address */
    uint16_t port;
    const struct vn_tls_client_options *tls; /* NULL: plain */
    const char *label; /* what the sentences call the other end, "the hub"; NULL: "the server" */
};

/* `response` is NULL unless status is VN_OK, and lives until the callback returns. The callback may send the
 * next request or destroy the client. Called exactly once for each request that was accepted, never from
 * within vn_http_client_send. Status otherwise:
 * VN_TIMEOUT   no complete answer within timeout_ms, or silence for silent_ms
 * VN_GONE      refused, lost, cancelled or client destroyed
 * VN_ABSENT    no such host, or no such socket
 * VN_DENIED    certificate trouble of either side (expired, wrong authority, wrong name), or no right to the
 * socket VN_INPUT     the answer isn't HTTP; VN_FULL: it is larger than response_max; VN_IO; VN_NOMEM */
typedef void (*vn_http_done)(void *ctx, enum vn_status status, const struct vn_http_response *response);

struct vn_http_header_out {
    const char *name;
    const char *value;
};

/* All callbacks of a request get the `ctx` that it was sent with. */
struct vn_http_request_out {
    const char *method;
    const char *path; /* with query, percent-encoded by the caller */
    const struct vn_http_header_out *headers;
    size_t header_count;
    const char *content_type; /* NULL: application/json when there is a body */
    struct vn_view body;      /* copied */
    bool gzip;                /* zip the body (level 1) if it is above VN_HTTP_ZIP_MIN */
    int64_t timeout_ms; /* from send to the whole answer, connecting included; 0: none. With on_chunk: to the
                            answer's head */
    size_t
        response_max; /* bytes of the answer's body, inflated; 0: VN_FEED_BYTES_MAX, with on_chunk no limit */
    /* Headers that must be as fresh as can be: asked when the request leaves on a connection that is ready (once more
     * if it is sent once more). Fills up to `max` entries and returns how many; their texts are read at once. */
    size_t (*late)(void *ctx, struct vn_http_header_out *out, size_t max);
    /* If set, the body's pieces go here as they come, for answers with status 200 and 206; nothing is zipped then.
     * on_head, which may be NULL, has seen the head before. Either may cancel or destroy the client. */
    void (*on_chunk)(void *ctx, struct vn_view piece);
    void (*on_head)(void *ctx, const struct vn_http_response *head);
    int64_t
        silent_ms; /* longest time without a byte from the server, from send to the whole answer; 0: none */
};

/* Texts and keys are copied; `log` (may be NULL) is borrowed. `random` seeds the TLS generator besides
 * the system's own entropy. VN_ARG: target or certificates unusable (text in *error), VN_NOMEM. Does not
 * connect. */
VN_MUST_USE enum vn_status vn_http_client_create(uv_loop_t *loop, struct vn_clock clock,
                                                 struct vn_random random, struct vn_log *log,
                                                 const struct vn_http_target *target,
                                                 struct vn_http_client **out, struct vn_error *error);

/* VN_AGAIN: a request is under way. VN_ARG, VN_FULL (head too large), VN_NOMEM: nothing was sent, no
 * callback. */
VN_MUST_USE enum vn_status vn_http_client_send(struct vn_http_client *client,
                                               const struct vn_http_request_out *request, vn_http_done done,
                                               void *ctx);
bool vn_http_client_busy(const struct vn_http_client *client);

/* Drops the request under way, if any, and its connection; its callback gets VN_GONE before this returns. */
void vn_http_client_cancel(struct vn_http_client *client);

/* Why the last request failed, one sentence: "the certificate of the hub is not signed by our authority",
 * "the certificate of the hub expired on 2026-11-22T08:15:30.000Z", "connection refused", "no such host",
 * "time-out". "" after a success. Lives as long as the client. */
const char *vn_http_client_reason(const struct vn_http_client *client);
/* Whether the present TLS session was resumed; false without TLS or connection. */
bool vn_http_client_resumed(const struct vn_http_client *client);

/* A callback outstanding gets VN_GONE before this returns. The memory goes when the loop has closed the
 * handles: run it until then. NULL is fine. */
void vn_http_client_destroy(struct vn_http_client *client);

#endif
