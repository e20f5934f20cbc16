/* What the files of the server share: listeners (server.c), a connection's life (server_conn.c), what is
 * refused before the handler is asked (server_check.c), answers (server_reply.c), those whose body stays where it
 * is (server_body.c). */
#ifndef VN_NET_SERVER_NATIVE_H
#define VN_NET_SERVER_NATIVE_H

#include "sync/net/channel_shake.h"
#include "sync/net/message.h"
#include "sync/net/server_rules.h"
#include "sync/net/tls_tickets.h"

struct vn_conn;
struct vn_file_body; /* server_body.c */

struct vn_http_exchange {
    struct vn_conn *conn;
    struct vn_http_request request;
    struct vn_buf inflated; /* the body, when it came zipped */
    struct vn_buf headers;  /* extra headers of the reply, complete lines */
    void (*on_gone)(void *ctx, struct vn_http_exchange *exchange);
    void *on_gone_ctx;
    struct vn_shared *shared;  /* the body of the reply, when it is such a one */
    size_t shared_at;          /* what of it is on its way */
    struct vn_file_body *file; /* likewise */
    bool open;                 /* the handler has it */
    bool streams;              /* vn_http_stream_begin was called */
    bool chunked;
};

enum vn_conn_state {
    VN_CONN_SHAKING,  /* TLS handshake */
    VN_CONN_IDLE,     /* no byte of a request yet */
    VN_CONN_HEAD,     /* within a head */
    VN_CONN_BODY,     /* head accepted, body to come */
    VN_CONN_HANDLING, /* the handler has the exchange */
    VN_CONN_REPLYING, /* the reply is on its way out */
    VN_CONN_LINGER,   /* refused: reads on and forgets, so that the client can read why */
    VN_CONN_CLOSED,
};

struct vn_conn {
    struct vn_http_server *server;
    struct vn_conn *prev, *next;
    struct vn_conn *idle_prev, *idle_next; /* in the server's list, while it is idle */
    struct vn_channel channel;
    uv_timer_t timer;
    struct vn_message message;
    struct vn_http_peer peer;
    struct vn_http_exchange exchange;
    struct vn_buf stash; /* bytes that came while a request was being answered */
    enum vn_conn_state state;
    uint64_t taken;                        /* by the line, when last looked at */
    size_t room;                           /* of the server's body_bytes */
    struct vn_conn *room_prev, *room_next; /* in the server's list, while it has some */
    int handles;                           /* libuv's, not closed yet, and readings of files under way */
    bool keep_alive;
    bool ended; /* the client sent its last byte */
    bool is_tcp;
    bool turned_away; /* above the limit: it gets 503 and counts apart */
    bool zips;        /* the client takes gzip */
    bool head_only;
};

struct vn_listener {
    struct vn_http_server *server;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    bool is_tcp;
    bool waiting; /* a client could not be accepted for want of memory; asked again when another leaves */
};

struct vn_http_server {
    uv_loop_t *loop;
    struct vn_clock clock;
    struct vn_log *log;
    struct vn_http_server_options options; /* its pointers lead to the copies below */
    char *hosts[VN_HTTP_HOSTS_MAX];
    char *renew_path;
    char *zipped_path;
    size_t body_bytes;              /* of bodies under way */
    struct vn_conn *rooms;          /* those that they are of */
    struct vn_tls_tickets *tickets; /* NULL: no TLS */
    struct vn_hand hands[VN_HTTP_HANDS_MAX];
    unsigned hand_count; /* with TLS at least 1: the loop itself */
    vn_http_handler handler;
    void *ctx;
    struct vn_listener *listeners[VN_HTTP_LISTENERS_MAX];
    size_t listener_count;
    uint16_t port;
    struct vn_conn *conns;
    struct vn_conn *idle_first, *idle_last; /* those without a request, the longest idle first */
    size_t conn_count;                      /* all of `conns` */
    size_t turned_away_count;
    bool closing;
    uv_timer_t close_timer;
    void (*done)(void *ctx);
    void *done_ctx;
    struct vn_channel_scratch scratch;
};

/* server.c */
/* Accepts those that had to wait. */
void vn_server_accept_waiting(struct vn_http_server *server);

/* server_tls.c */
VN_MUST_USE enum vn_status vn_server_tls_init(struct vn_http_server *server,
                                              const struct vn_http_server_options *options,
                                              struct vn_error *error);
void vn_server_tls_deinit(struct vn_http_server *server); /* after its connections */
/* The hand for a new connection; NULL: all have more to do than a client would wait for. */
struct vn_hand *vn_server_hand(struct vn_http_server *server);

/* server.c */
void vn_server_conn_gone(struct vn_http_server *server, struct vn_conn *conn);

/* server_conn.c */
void vn_conn_accept(struct vn_listener *listener);
void vn_conn_close(struct vn_conn *conn);
/* A reading begins that needs the connection's memory; it is over. True: it was closed meanwhile and may be gone. */
void vn_conn_hold(struct vn_conn *conn);
VN_MUST_USE bool vn_conn_let_go(struct vn_conn *conn);
/* The reply is queued: waits until it is out, then takes the next request or closes. */
void vn_conn_replied(struct vn_conn *conn);

/* server_check.c */
struct vn_refusal vn_check_head(struct vn_conn *conn);
/* What the head says, into the exchange's request. */
void vn_read_request(struct vn_conn *conn);
/* How many bytes the body may have, and that the head does not say more. *room: how many it may come to. */
struct vn_refusal vn_check_length(struct vn_conn *conn, size_t *room);
/* Keeps room for the body until the exchange is reset. False: bodies_max or bodies_each is reached. */
bool vn_take_room(struct vn_conn *conn, size_t room);
void vn_give_room(struct vn_conn *conn);
struct vn_refusal vn_check_body(struct vn_conn *conn);
bool vn_wants_continue(const struct vn_conn *conn);
bool vn_takes_gzip(struct vn_view accept_encoding);

/* server_reply.c */
void vn_exchange_reset(struct vn_http_exchange *exchange);
/* Queues the head up to its empty line. `length` < 0: chunked, or up to the end of the connection. */
VN_MUST_USE enum vn_status vn_reply_head(struct vn_http_exchange *exchange, int status,
                                         const char *content_type, int64_t length, bool zipped);

/* server_body.c */
void vn_body_release(struct vn_http_exchange *exchange);

#endif
