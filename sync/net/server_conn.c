/* One connection of a client, from accept to close.
 *
 * Requests come one after the other; while one is being answered, what the client sends ahead is stashed (and
 * reading goes on as long as the stash is small, because a client that leaves shows itself only by reading).
 * A connection that was refused is not closed at once: bytes that it still sends would make the kernel throw
 * away our answer, so it lingers, reading and forgetting, for a moment. */
#define _GNU_SOURCE /* struct ucred */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sync/net/server_native.h"

#define STASH_PAUSE 16384 /* reading pauses here */
#define STASH_MAX   (STASH_PAUSE + 2 * VN_CHANNEL_READ_MAX)
#define KEEPALIVE_S 60

static void on_timer(uv_timer_t *timer);
static void take(struct vn_conn *conn, struct vn_view data);

static void list_idle(struct vn_conn *conn)
{
    struct vn_http_server *server = conn->server;
    conn->idle_prev = server->idle_last;
    conn->idle_next = NULL;
    *(server->idle_last == NULL ? &server->idle_first : &server->idle_last->idle_next) = conn;
    server->idle_last = conn;
}

static void unlist_idle(struct vn_conn *conn)
{
    struct vn_http_server *server = conn->server;
    *(conn->idle_prev == NULL ? &server->idle_first : &conn->idle_prev->idle_next) = conn->idle_next;
    *(conn->idle_next == NULL ? &server->idle_last : &conn->idle_next->idle_prev) = conn->idle_prev;
}

/* The one way from state to state: whoever is idle is in the list. */
static void set_state(struct vn_conn *conn, enum vn_conn_state state)
{
    if (conn->state == VN_CONN_IDLE && state != VN_CONN_IDLE) {
        unlist_idle(conn);
    } else if (conn->state != VN_CONN_IDLE && state == VN_CONN_IDLE) {
        list_idle(conn);
    }
    conn->state = state;
}

/* 0: none, as while the handler or a stream has the exchange. */
static void set_timer(struct vn_conn *conn, int64_t ms)
{
    if (ms > 0 && conn->state != VN_CONN_CLOSED) {
        (void)uv_timer_start(&conn->timer, on_timer, (uint64_t)ms, 0);
    } else {
        (void)uv_timer_stop(&conn->timer);
    }
}

static void handle_closed(struct vn_conn *conn)
{
    struct vn_http_exchange *exchange = &conn->exchange;
    if (--conn->handles > 0) {
        return;
    }
    if (exchange->open && exchange->on_gone != NULL) {
        exchange->on_gone(exchange->on_gone_ctx, exchange);
    }
    vn_exchange_reset(exchange);
    vn_message_deinit(&conn->message);
    vn_buf_deinit(&conn->stash);
    vn_server_conn_gone(conn->server, conn);
    free(conn);
}

void vn_conn_hold(struct vn_conn *conn)
{
    conn->handles++;
}

bool vn_conn_let_go(struct vn_conn *conn)
{
    bool closed = conn->state == VN_CONN_CLOSED;
    handle_closed(conn); /* the channel's and the timer's keep an open one */
    return closed;
}

static void on_timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void on_close(void *ctx)
{
    handle_closed(ctx);
}

void vn_conn_close(struct vn_conn *conn)
{
    if (conn->state == VN_CONN_CLOSED) {
        return;
    }
    set_state(conn, VN_CONN_CLOSED);
    vn_channel_close(&conn->channel);
    uv_close((uv_handle_t *)&conn->timer, on_timer_closed);
}

static void linger(struct vn_conn *conn)
{
    if (conn->ended) {
        vn_conn_close(conn);
        return;
    }
    set_state(conn, VN_CONN_LINGER);
    vn_buf_deinit(&conn->stash);
    vn_channel_finish(&conn->channel);
    vn_channel_resume(&conn->channel);
    set_timer(conn, VN_HTTP_LINGER_MS);
}

static void refuse(struct vn_conn *conn, struct vn_refusal refusal)
{
    vn_log_event(conn->server->log, VN_LOG_INFO, "http_refused", VN_I("status", refusal.status),
                 VN_S("reason", refusal.detail), VN_S("peer", conn->peer.name));
    conn->keep_alive = false;
    set_state(conn, VN_CONN_HANDLING);
    conn->exchange.open = true;
    vn_http_reply_problem(&conn->exchange, refusal.status, vn_http_status_text(refusal.status),
                          refusal.detail, NULL);
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_conn *conn = timer->data;
    if (conn->state == VN_CONN_HEAD) {
        refuse(conn, (struct vn_refusal){408, "the head of the request did not come in time"});
    } else if (conn->state == VN_CONN_BODY) {
        refuse(conn, (struct vn_refusal){408, "the body of the request did not come in time"});
    } else if (conn->state == VN_CONN_REPLYING && vn_channel_taken(&conn->channel) > conn->taken) {
        conn->taken = vn_channel_taken(&conn->channel); /* slow, but it moves */
        set_timer(conn, conn->server->options.body_ms);
    } else {
        vn_conn_close(conn);
    }
}

/* --- requests --------------------------------------------------------------------------------------------- */

static void next_request(struct vn_conn *conn)
{
    struct vn_buf stash = conn->stash;
    vn_exchange_reset(&conn->exchange);
    vn_message_reset(&conn->message, conn->server->options.body_max);
    vn_buf_init(&conn->stash, STASH_MAX);
    set_state(conn, VN_CONN_IDLE);
    conn->head_only = false;
    conn->zips = false;
    set_timer(conn, conn->server->options.idle_ms);
    if (stash.len > 0) {
        take(conn, vn_buf_view(&stash));
    }
    vn_buf_deinit(&stash);
    if (conn->state == VN_CONN_CLOSED) {
        return;
    }
    if (conn->stash.len < STASH_PAUSE) {
        vn_channel_resume(&conn->channel);
    }
    if (conn->ended && conn->state != VN_CONN_HANDLING && conn->state != VN_CONN_REPLYING) {
        vn_conn_close(conn); /* it sent its last byte, and nothing whole is left */
    }
}

void vn_conn_replied(struct vn_conn *conn)
{
    if (conn->state != VN_CONN_CLOSED) {
        set_state(conn, VN_CONN_REPLYING);
        conn->taken = vn_channel_taken(&conn->channel);
        set_timer(conn, conn->server->options.body_ms);
    }
}

static void on_drain(void *ctx)
{
    struct vn_conn *conn = ctx;
    if (conn->state != VN_CONN_REPLYING) {
        return; /* a stream, or "100 Continue" */
    }
    if (conn->keep_alive) {
        next_request(conn);
    } else {
        linger(conn);
    }
}

static struct vn_refusal refusal_of(enum vn_message_event event)
{
    switch (event) {
    case VN_MESSAGE_HEAD_FULL: return (struct vn_refusal){431, "the head of the request is too large"};
    case VN_MESSAGE_BODY_FULL: return (struct vn_refusal){413, "the body of the request is too large"};
    case VN_MESSAGE_NOMEM: return (struct vn_refusal){503, "out of memory"};
    default: return (struct vn_refusal){400, "the request is not HTTP/1.1"};
    }
}

/* With a Retry-After of a second. */
static void refuse_later(struct vn_conn *conn, struct vn_refusal refusal)
{
    if (vn_http_reply_header(&conn->exchange, "Retry-After", "1") != VN_OK) {
        vn_conn_close(conn);
        return;
    }
    refuse(conn, refusal);
}

/* Whether the body is wanted. Whoever says no has answered; what else comes on this connection is forgotten. */
static bool admitted(struct vn_conn *conn, size_t room)
{
    struct vn_http_exchange *exchange = &conn->exchange;
    bool keep_alive = conn->keep_alive;
    if (conn->server->options.admit == NULL || room == 0) {
        return true; /* there is nobody to ask, or nothing to be read */
    }
    conn->keep_alive = false;
    set_state(conn, VN_CONN_HANDLING);
    exchange->open = true;
    if (!conn->server->options.admit(conn->server->ctx, exchange, &exchange->request)) {
        return false;
    }
    exchange->open = false;
    conn->keep_alive = keep_alive;
    return true;
}

static void head_done(struct vn_conn *conn, size_t more)
{
    struct vn_view value;
    size_t room = 0;
    struct vn_refusal refusal = vn_check_head(conn);
    conn->keep_alive = llhttp_should_keep_alive(&conn->message.parser) != 0 && !conn->server->closing;
    conn->head_only = conn->message.parser.method == HTTP_HEAD;
    (void)vn_http_header(conn->message.headers, conn->message.header_count, "Accept-Encoding", &value);
    conn->zips = vn_takes_gzip(value);
    if (refusal.status == 0) {
        vn_read_request(conn);
        refusal = vn_check_length(conn, &room);
    }
    if (refusal.status != 0) {
        refuse(conn, refusal);
        return;
    }
    if (!admitted(conn, room)) {
        return;
    }
    if (!vn_take_room(conn, room)) { /* last: who is turned away has none, however long he lingers */
        refuse_later(conn, (struct vn_refusal){429, "too much is being sent just now; send it again later"});
        return;
    }
    set_state(conn, VN_CONN_BODY);
    set_timer(conn, conn->server->options.body_ms + vn_message_length(&conn->message) / VN_HTTP_SLOWEST_LINE);
    if (more == 0 && vn_wants_continue(conn) &&
        vn_channel_write(&conn->channel, vn_view_str("HTTP/1.1 100 Continue\r\n\r\n")) != VN_OK) {
        vn_conn_close(conn);
    }
}

static void message_done(struct vn_conn *conn)
{
    struct vn_http_exchange *exchange = &conn->exchange;
    struct vn_refusal refusal = vn_check_body(conn);
    if (refusal.status != 0) {
        refuse(conn, refusal);
        return;
    }
    set_timer(conn, 0);
    set_state(conn, VN_CONN_HANDLING);
    exchange->open = true;
    conn->server->handler(conn->server->ctx, exchange, &exchange->request);
}

static void parse(struct vn_conn *conn, struct vn_view *data)
{
    if (conn->state == VN_CONN_IDLE) {
        set_state(conn, VN_CONN_HEAD);
        set_timer(conn, conn->server->options.head_ms);
    }
    enum vn_message_event event = vn_message_feed(&conn->message, data);
    switch (event) {
    case VN_MESSAGE_MORE: break;
    case VN_MESSAGE_HEAD: head_done(conn, data->len); break;
    case VN_MESSAGE_DONE: message_done(conn); break;
    default: refuse(conn, refusal_of(event)); break;
    }
}

/* A message without a body is complete only when llhttp is asked once more, without bytes. */
static bool parses(const struct vn_conn *conn, const struct vn_view *data)
{
    return (data->len > 0 && (conn->state == VN_CONN_IDLE || conn->state == VN_CONN_HEAD)) ||
           conn->state == VN_CONN_BODY;
}

static void take(struct vn_conn *conn, struct vn_view data)
{
    while (parses(conn, &data)) {
        enum vn_conn_state before = conn->state;
        parse(conn, &data);
        if (data.len == 0 && conn->state == before) {
            break;
        }
    }
    if (data.len == 0 || conn->state == VN_CONN_CLOSED || conn->state == VN_CONN_LINGER) {
        return;
    }
    if (!conn->keep_alive) {
        return; /* this was the last one; what follows is forgotten */
    }
    if (vn_buf_append(&conn->stash, data) != VN_OK) {
        vn_conn_close(conn);
    } else if (conn->stash.len >= STASH_PAUSE) {
        vn_channel_pause(&conn->channel);
    }
}

static void on_data(void *ctx, struct vn_view data)
{
    take(ctx, data);
}

static void on_end(void *ctx, enum vn_status status, const char *text)
{
    struct vn_conn *conn = ctx;
    if (conn->state == VN_CONN_SHAKING && text != NULL) {
        vn_log_event(conn->server->log, VN_LOG_INFO, "tls_failed", VN_S("status", vn_status_name(status)),
                     VN_S("reason", text));
    }
    conn->ended = true;
    if (text != NULL || conn->state != VN_CONN_REPLYING) {
        vn_conn_close(conn);
    }
}

/* --- the beginning ---------------------------------------------------------------------------------------- */

static void read_tls_peer(struct vn_conn *conn)
{
    struct vn_cert_info info;
    conn->peer.kind = VN_HTTP_PEER_TLS;
    conn->peer.resumed = vn_tls_resumed(conn->channel.tls);
    enum vn_status status = vn_tls_peer(conn->channel.tls, &info);
    if (status == VN_OK) {
        memcpy(conn->peer.name, info.common_name, sizeof conn->peer.name);
        memcpy(conn->peer.serial, info.serial, sizeof conn->peer.serial);
        conn->peer.not_before_ms = info.not_before_ms;
        conn->peer.not_after_ms = info.not_after_ms;
    } else if (status != VN_ABSENT) {
        vn_log_event(conn->server->log, VN_LOG_NOTICE, "tls_refused",
                     VN_S("reason", "the client's certificate is not signed by our authority"));
        vn_tls_refuse(conn->channel.tls);
        linger(conn);
    }
}

static void on_ready(void *ctx)
{
    struct vn_conn *conn = ctx;
    set_state(conn, VN_CONN_IDLE);
    set_timer(conn, conn->server->options.idle_ms);
    if (conn->channel.tls != NULL) {
        read_tls_peer(conn);
    }
}

static const struct vn_channel_events events = {on_ready, on_data, on_drain, on_end, on_close};

static void read_unix_peer(struct vn_conn *conn)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    uv_os_fd_t fd = -1;
    conn->peer.uid = UINT32_MAX;
    conn->peer.gid = UINT32_MAX;
    if (uv_fileno(&conn->channel.uv.handle, &fd) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
        conn->peer.uid = credentials.uid;
        conn->peer.gid = credentials.gid;
        conn->peer.pid = credentials.pid;
    }
}

/* `hand` NULL: without TLS. */
static struct vn_conn *conn_new(struct vn_listener *listener, struct vn_hand *hand)
{
    struct vn_http_server *server = listener->server;
    struct vn_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return NULL;
    }
    if (vn_channel_init(&conn->channel, server->loop, !listener->is_tcp, hand == NULL ? NULL : hand->context,
                        &server->scratch, &events, conn) != VN_OK) {
        free(conn);
        return NULL;
    }
    conn->channel.hand = hand != NULL && hand->worker != NULL ? hand : NULL;
    (void)uv_timer_init(server->loop, &conn->timer); /* can't fail */
    conn->timer.data = conn;
    conn->channel.label = "the client";
    conn->handles = 2;
    conn->server = server;
    conn->is_tcp = listener->is_tcp;
    conn->state = VN_CONN_SHAKING;
    conn->keep_alive = true;
    conn->exchange.conn = conn;
    conn->peer.kind = listener->is_tcp ? VN_HTTP_PEER_PLAIN : VN_HTTP_PEER_UNIX;
    conn->peer.opened_ms = vn_clock_mono_ns(&server->clock) / 1000000;
    vn_message_init(&conn->message, HTTP_REQUEST, server->options.body_max);
    vn_exchange_reset(&conn->exchange);
    vn_buf_init(&conn->stash, STASH_MAX);
    conn->next = server->conns;
    if (conn->next != NULL) {
        conn->next->prev = conn;
    }
    server->conns = conn;
    server->conn_count++;
    return conn;
}

/* Answers before anything was asked: whoever opens too many connections is the one that can close some. */
static void turn_away(struct vn_conn *conn)
{
    refuse_later(conn, (struct vn_refusal){
                           503, "too many connections are open; close what is not needed and try again"});
}

/* Whether the longest idle connection was closed for another one. */
static bool makes_room(struct vn_http_server *server)
{
    if (!server->options.makes_room || server->idle_first == NULL) {
        return false;
    }
    vn_conn_close(server->idle_first);
    return true;
}

void vn_conn_accept(struct vn_listener *listener)
{
    struct vn_http_server *server = listener->server;
    bool has_tls = listener->is_tcp && server->tickets != NULL;
    struct vn_hand *hand = has_tls ? vn_server_hand(server) : NULL;
    struct vn_conn *conn = has_tls && hand == NULL ? NULL : conn_new(listener, hand);
    listener->waiting = conn == NULL;
    if (conn == NULL) {
        return;
    }
    conn->turned_away =
        vn_http_server_connections(server) > server->options.connections_max && !makes_room(server);
    server->turned_away_count += conn->turned_away;
    if (uv_accept(&listener->uv.stream, &conn->channel.uv.stream) != 0 ||
        server->turned_away_count > VN_HTTP_TURNED_AWAY_MAX ||
        (conn->turned_away && conn->channel.tls != NULL)) {
        vn_conn_close(conn);
        return;
    }
    if (conn->is_tcp) {
        (void)uv_tcp_nodelay(&conn->channel.uv.tcp, 1);
        (void)uv_tcp_keepalive(&conn->channel.uv.tcp, 1, KEEPALIVE_S);
    } else {
        read_unix_peer(conn);
    }
    set_timer(conn, server->options.head_ms);
    if (vn_channel_start(&conn->channel) != VN_OK) {
        vn_conn_close(conn);
    } else if (conn->turned_away) {
        turn_away(conn);
    }
}
