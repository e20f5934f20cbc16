/* An HTTP/1.1 server on the caller's libuv loop: unix sockets, TCP, TCP with TLS.
 *
 *     options = vn_http_server_options_default();
 *     vn_http_server_create(loop, clock, log, &options, handler, ctx, &server, &error);
 *     vn_http_server_listen_unix(server, "/var/lib/verno/pos.sock", 0660, &error);
 *     static void handler(void *ctx, struct vn_http_exchange *x, const struct vn_http_request *request)
 *     {
 *         vn_http_reply(x, 200, "application/json", vn_view_str("{}"));
 *     }
 *
 * One request is one *exchange*. The handler answers it at once or keeps it and answers later (long-poll), or
 * streams. An exchange, its request and its peer live until the reply is given (vn_http_reply,
 * vn_http_reply_problem, vn_http_stream_end) or until on_gone has returned; every exchange ends in exactly
 * one of these ways, and the pointer must not be used after it.
 *
 * The server itself refuses, with a problem document (RFC 9457), before the handler is asked: what isn't
 * HTTP/1.1 (400), a head or body over the limits (431, 413), what comes too slowly (408), an unknown
 * Content-Encoding (415), an Origin header or a Host that isn't on the list (403, as options say), a client
 * certificate that is revoked or out of its dates (403), bodies beyond what all, or those of one client, may be together (429),
 * connections above the limit (503; with TLS, and when very many come at once, the connection is closed).
 * Bodies may be chunked or zipped; Expect: 100-continue is honoured once the head was accepted.
 * Pipelined requests wait and are served in order, one at a time. A client that half-closes its side while it
 * waits is taken as gone.
 *
 * Not here: routing, HTTP/2, WebSocket, static files.
 * Everything is on the loop's thread but handshakes, if options say so; nothing blocks. The first create makes the process ignore
 * SIGPIPE. */
#ifndef VN_NET_SERVER_H
#define VN_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "sync/net/http.h"
#include "sync/net/shared.h"
#include "sync/net/tls.h"

struct vn_http_server;   /* opaque */
struct vn_http_exchange; /* opaque */

typedef void (*vn_http_handler)(void *ctx, struct vn_http_exchange *exchange,
                                const struct vn_http_request *request);

struct vn_http_server_options {
    size_t body_max; /* bytes of a request's body, zipped and inflated */
    size_t connections_max;
    /* For one above that limit the longest idle is closed, if any is: its client connects again when it asks again. */
    bool makes_room;
    size_t
        bodies_max; /* of the bodies of all requests under way, as they travel: more gets 429; 0: any number */
    size_t bodies_each; /* of those, of one certificate's; all without one count as one. 0: any number */
    int64_t idle_ms;    /* between requests */
    int64_t head_ms;    /* TLS handshake; and a head from its first byte */
    int64_t
        body_ms; /* a body from its head's end, and VN_HTTP_SLOWEST_LINE more; longest standstill of a reply being read */
    bool refuse_origin;       /* 403 for any request with an Origin header: browsers have no business here */
    const char *const *hosts; /* TCP only: names without port that Host may have; NULL: any */
    size_t host_count;
    const struct vn_tls_server_options *tls; /* for TCP listeners; NULL: plain. Read at create */
    unsigned hands; /* threads for TLS handshakes, up to VN_HTTP_HANDS_MAX; 0: the loop does them */
    /* Asked when a request's head has come, before its body is read. False: it was answered, and that ends the
     * connection. ctx is the handler's; NULL: all are read. */
    bool (*admit)(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request);
    /* The most bytes of this request's body, zipped and inflated; above body_max it is that. ctx is the handler's; NULL:
     * body_max. */
    size_t (*body_most)(void *ctx, const struct vn_http_request *request);
    /* Asked at every request of a client that showed a certificate; NULL: never revoked. */
    bool (*is_revoked)(void *ctx, const struct vn_http_peer *peer);
    void *is_revoked_ctx;
    const char *zipped_path; /* the one path whose zipped bodies the handler gets as they came; NULL: none */
    const char *renew_path;  /* the one path that an out-of-date certificate may still use; NULL: none */
    /* The latest that it can be, where the server's clock may be behind: a certificate has begun that began before. NULL: the
     * server's clock says it. */
    int64_t (*latest_ms)(void *ctx);
    void *latest_ctx;
    /* Told each time a reply begins, on the loop: to whom, and its path, "" for a request that was refused before it was read.
     * NULL: nobody. */
    void (*on_reply)(void *ctx, const struct vn_http_peer *peer, const char *path, int status);
    void *on_reply_ctx;
};

/* Limits from limits.h, VN_POS_BODY_MAX, no TLS, no access rules. */
struct vn_http_server_options vn_http_server_options_default(void);

/* Texts and keys of `options` are copied, `log` (may be NULL) is borrowed. VN_ARG: certificates or
 * key unusable (text in *error); VN_NOMEM. */
VN_MUST_USE enum vn_status vn_http_server_create(uv_loop_t *loop, struct vn_clock clock, struct vn_log *log,
                                                 const struct vn_http_server_options *options,
                                                 vn_http_handler handler, void *ctx,
                                                 struct vn_http_server **out, struct vn_error *error);

/* Another certificate, key or authority, for connections from now on; those that stand keep what they began with, and
 * sessions go on being resumed. VN_ARG (text in *error), VN_NOMEM: nothing has changed. */
VN_MUST_USE enum vn_status vn_http_server_set_tls(struct vn_http_server *server,
                                                  const struct vn_tls_server_options *tls,
                                                  struct vn_error *error);

/* Up to VN_HTTP_LISTENERS_MAX listeners a server (VN_FULL). A stale socket file is replaced; a live one
 * (someone accepts there) is VN_CONFLICT, another kind of file too. VN_ARG: path too long; VN_IO. The file is
 * removed at close. */
VN_MUST_USE enum vn_status vn_http_server_listen_unix(struct vn_http_server *server, const char *path,
                                                      unsigned mode, struct vn_error *error);
/* `host` is an IPv4 or IPv6 address (VN_ARG otherwise), port 0 takes a free one. VN_CONFLICT: the port is in
 * use; VN_DENIED; VN_IO; VN_FULL. */
VN_MUST_USE enum vn_status vn_http_server_listen_tcp(struct vn_http_server *server, const char *host,
                                                     uint16_t port, struct vn_error *error);
/* The bound port of the last TCP listener, 0 if there is none. */
uint16_t vn_http_server_port(const struct vn_http_server *server);
/* Without those that are being turned away. */
size_t vn_http_server_connections(const struct vn_http_server *server);

/* Stops listening, calls on_gone for exchanges that wait or stream, lets replies in flight out (at most
 * VN_HTTP_CLOSE_MS), then frees the server and calls `done` (may be NULL). Ends on the loop. */
void vn_http_server_close(struct vn_http_server *server, void (*done)(void *ctx), void *ctx);

/* --- an exchange ---------------------------------------------------------------------------------------- */

/* `on_gone` is called once, from the loop, if the client leaves or is cut before the exchange is answered (a
 * stream: ended). It must not call anything on the exchange; it is the moment to forget it. Between the
 * client's leaving and the call, replies go nowhere and do no harm. */
void vn_http_exchange_on_gone(struct vn_http_exchange *exchange,
                              void (*on_gone)(void *ctx, struct vn_http_exchange *exchange), void *ctx);

/* Adds a header to the reply to come (Retry-After, ETag, ...). VN_INPUT: control characters; VN_FULL. */
VN_MUST_USE enum vn_status vn_http_reply_header(struct vn_http_exchange *exchange, const char *name,
                                                const char *value);

/* Answers; the body is copied, and zipped above VN_HTTP_ZIP_MIN bytes if the client takes it. Ends the
 * exchange. Out of memory closes the connection. `content_type` may be NULL when there is no body. */
void vn_http_reply(struct vn_http_exchange *exchange, int status, const char *content_type,
                   struct vn_view body);

/* The same with bytes that many replies share: none is copied, they are written piece by piece as the client takes
 * them. Zipped ones go out with Content-Encoding: gzip; for a client that doesn't take it they are inflated, at the
 * price of a copy. The exchange holds a reference of its own; the caller's stays the caller's. */
void vn_http_reply_shared(struct vn_http_exchange *exchange, int status, const char *content_type,
                          struct vn_shared *body);

/* The same with `len` bytes of a file from `offset` on (200, or 206 with a Content-Range by vn_http_reply_header;
 * see vn_http_range). They are read piece by piece, on another thread, as the client takes them. `fd` is the
 * server's from here on and is closed in any case. If the file is shorter than was said, the client is cut. */
void vn_http_reply_file(struct vn_http_exchange *exchange, int status, const char *content_type, int fd,
                        int64_t offset, int64_t len);

/* application/problem+json: {"title", "status", "detail", "pointer"}; `detail` and `pointer` may be NULL and
 * are left out then. Ends the exchange. */
void vn_http_reply_problem(struct vn_http_exchange *exchange, int status, const char *title,
                           const char *detail, const char *pointer);

/* A reply in pieces, without a known end: status 200, chunked, never zipped. VN_ARG when begun already. */
VN_MUST_USE enum vn_status vn_http_stream_begin(struct vn_http_exchange *exchange, const char *content_type);
/* One piece. VN_FULL: the client reads too slowly and more than VN_HTTP_STREAM_QUEUE_MAX bytes wait; it is
 * cut, and on_gone is called from the loop soon: write no more. VN_ARG: not begun, VN_NOMEM (cut too). */
VN_MUST_USE enum vn_status vn_http_stream_write(struct vn_http_exchange *exchange, struct vn_view piece);
void vn_http_stream_end(struct vn_http_exchange *exchange); /* ends the exchange */

#endif
