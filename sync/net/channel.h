/* A stream of plain bytes over a unix socket or TCP, with or without TLS: what server and client have in
 * common below HTTP.
 *
 * Inside sync/net; embedded in its owner's struct. Callbacks come from the loop; any of them may close the
 * channel. After vn_channel_close only on_close comes, and only then the memory may go. */
#ifndef VN_NET_CHANNEL_H
#define VN_NET_CHANNEL_H

#include <uv.h>

#include "sync/net/tls_conn.h"

#define VN_CHANNEL_READ_MAX 65536
#define VN_CHANNEL_TLS_MAX  16384 /* plain bytes of one TLS record */

/* Read buffers, shared by all channels of one owner: bytes are in them only while callbacks run. */
struct vn_channel_scratch {
    uint8_t line[VN_CHANNEL_READ_MAX];
    uint8_t plain[VN_CHANNEL_TLS_MAX];
};

struct vn_channel_events {
    void (*on_ready)(void *ctx); /* started, and the TLS handshake is over */
    void (*on_data)(void *ctx, struct vn_view data);
    void (*on_drain)(void *ctx); /* all that was written has left */
    /* The stream is over; close it. VN_GONE: orderly end, or cut (`text` is set then); VN_DENIED, VN_INPUT,
     * VN_IO, VN_NOMEM with a text. */
    void (*on_end)(void *ctx, enum vn_status status, const char *text);
    void (*on_close)(void *ctx);
};

/* Where the bytes behind the queue come from, when they are not to be copied into it. */
struct vn_channel_source {
    /* Asked when the line is free: at most `max` bytes, good until the next call. VN_ABSENT: that was all, and the
     * source is forgotten. VN_AGAIN: they are not there yet; vn_channel_pull says when. */
    enum vn_status (*next)(void *ctx, size_t max, struct vn_view *piece); /* NULL: no source */
    void *ctx;
};

struct vn_hand;  /* channel_shake.h: a thread that shakes hands */
struct vn_shake; /* a handshake on it */

struct vn_channel {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct vn_channel_scratch *scratch;
    const struct vn_channel_events *events;
    void *ctx;
    const char *label; /* of the other end, for texts */
    struct vn_tls_conn *tls;
    struct vn_hand *hand;   /* NULL: the loop shakes hands */
    struct vn_shake *shake; /* while it does not */
    struct vn_buf queue;    /* plain bytes that wait, from queue_at on */
    size_t queue_at;
    struct vn_channel_source source;
    struct vn_buf wire;   /* bytes for the line, filled by TLS or from queue and source */
    struct vn_buf flight; /* being written */
    uint64_t handed_over; /* bytes given to libuv so far */
    int64_t heard_ms;     /* when the line brought something last, by the loop's clock; 0: never */
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool hears_out; /* the owner's: when sending fails, read on, for the other end may have said why */
    bool writing, ready, closing, paused, finishing, shut, dirty;
};

/* libuv writes with write(2), so a peer that left would end the process by SIGPIPE: ignored from here on,
 * unless the program has a handler of its own. */
void vn_channel_ignore_sigpipe(void);

/* The uv handle is made; `tls` NULL is plain. A server may set `hand` before start. Then connect or accept on uv.stream, then
 * start. VN_IO, VN_NOMEM: nothing is open. */
VN_MUST_USE enum vn_status vn_channel_init(struct vn_channel *channel, uv_loop_t *loop, bool is_unix,
                                           struct vn_tls_context *tls, struct vn_channel_scratch *scratch,
                                           const struct vn_channel_events *events, void *ctx);
/* Connected: reads, and shakes hands. on_ready of a plain channel comes before this returns. VN_IO. */
VN_MUST_USE enum vn_status vn_channel_start(struct vn_channel *channel);

/* Copies the bytes into the queue. VN_FULL, VN_NOMEM: nothing was taken. Errors of the line come by on_end. */
VN_MUST_USE enum vn_status vn_channel_queue(struct vn_channel *channel, struct vn_view data);
/* The same, and starts sending what is queued. */
VN_MUST_USE enum vn_status vn_channel_write(struct vn_channel *channel, struct vn_view data);
/* Sends what the source gives once the queue is empty; nothing is queued before on_drain. */
void vn_channel_send_from(struct vn_channel *channel, struct vn_channel_source source);
void vn_channel_pull(struct vn_channel *channel); /* the source has bytes again */
size_t
vn_channel_pending(const struct vn_channel *channel); /* bytes that wait, those of a source not counted */
/* Bytes that the line has taken so far: it moves as long as this grows. */
uint64_t vn_channel_taken(const struct vn_channel *channel);
/* Stops reading from the line (what is read already still comes), and goes on. */
void vn_channel_pause(struct vn_channel *channel);
void vn_channel_resume(struct vn_channel *channel);
/* Tells the other end that nothing more comes; call when drained. */
void vn_channel_finish(struct vn_channel *channel);
void vn_channel_close(struct vn_channel *channel); /* also when it is closing already */

#endif
