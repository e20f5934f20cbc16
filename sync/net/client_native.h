/* What the files of the client share: requests (client.c) and their connection (client_link.c). */
#ifndef VN_NET_CLIENT_NATIVE_H
#define VN_NET_CLIENT_NATIVE_H

#include "sync/net/channel.h"
#include "sync/net/client.h"
#include "sync/net/message.h"

#define VN_LINK_ADDRESSES_MAX 8 /* of one host name that are tried */

struct vn_link; /* a connection, being made or standing; freed by itself after vn_link_drop */

struct vn_http_client {
    uv_loop_t *loop;
    struct vn_clock clock;
    struct vn_log *log;
    char *socket_path;
    char *host;
    char *label;
    uint16_t port;
    struct vn_tls_context *tls;
    struct vn_link *link; /* NULL: none */
    size_t links;         /* alive, dropped ones that close included */
    uv_timer_t timer;
    bool timer_closed;
    bool destroyed;
    char reason[VN_HTTP_REASON_MAX];
    bool sending;            /* within vn_http_client_send, which never calls back */
    enum vn_status deferred; /* a failure found there, told from the loop */

    /* the request under way */
    bool busy;
    bool on_used_link; /* it went out on a connection that had served before: may be sent once more */
    bool head_only;
    struct vn_buf request; /* the head without its empty line, then the body */
    size_t request_head;   /* bytes of the head */
    size_t response_max;
    size_t (*late)(void *ctx, struct vn_http_header_out *out, size_t max);
    void (*on_chunk)(void *ctx, struct vn_view piece);
    void (*on_head)(void *ctx, const struct vn_http_response *head);
    int64_t sent_ms, due_ms; /* by the loop's clock; due_ms 0: no time-out */
    int64_t silent_ms;
    int64_t stream_max; /* bytes that on_chunk may still get */
    vn_http_done done;
    void *ctx;
    struct vn_channel_scratch scratch;
};

/* Ends the request under way and calls its callback. */
void vn_client_finish(struct vn_http_client *client, enum vn_status status,
                      const struct vn_http_response *response);
/* The same with a reason; drops the link. */
void vn_client_fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Queues the request, late headers included, on a channel that is ready. VN_ARG: these are no headers; VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_client_queue(struct vn_http_client *client, struct vn_channel *channel);
/* The head is there and the answer streams: only silence ends it from now on. */
void vn_client_streams(struct vn_http_client *client);
/* The link was lost without a byte of an answer: sends once more if it may, otherwise fails. */
void vn_client_lost(struct vn_http_client *client, const char *text);
/* Frees a destroyed client whose last handle has closed. */
void vn_client_release(struct vn_http_client *client);

/* Starts to connect; the client's request is sent as soon as that is done. VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_link_open(struct vn_http_client *client);
/* Sends the client's request on its standing link. */
void vn_link_send(struct vn_link *link);
bool vn_link_stands(const struct vn_link *link);
/* When the last byte came, by the loop's clock; 0: none did. */
int64_t vn_link_heard_ms(const struct vn_link *link);
bool vn_link_resumed(const struct vn_link *link);
/* Closes; nothing of it calls the client any more but vn_client_release. NULL is fine. */
void vn_link_drop(struct vn_http_client *client);
/* The dates of the server's certificate by the clock. False: *reason says why not. */
bool vn_link_dates_ok(const struct vn_link *link, struct vn_error *reason);

#endif
