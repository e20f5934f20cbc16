/* What a request must be before the handler sees it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sync/net/gzip.h"
#include "sync/net/server_native.h"

#define REFUSE(status, detail) ((struct vn_refusal){(status), (detail)})
#define ACCEPT                 ((struct vn_refusal){0, NULL})

static size_t count(const struct vn_message *message, const char *name, struct vn_view *value)
{
    size_t found = 0;
    for (size_t i = 0; i < message->header_count; i++) {
        if (vn_http_header(&message->headers[i], 1, name, value)) {
            found++;
        }
    }
    (void)vn_http_header(message->headers, message->header_count, name, value);
    return found;
}

static bool same_text(struct vn_view view, const char *text)
{
    return view.len == strlen(text) && strncasecmp((const char *)view.data, text, view.len) == 0;
}

/* "till.local:8443", "127.0.0.1", "[::1]:80" without the port. */
static struct vn_view host_name(struct vn_view host)
{
    if (host.len > 0 && host.data[0] == '[') {
        const uint8_t *end = memchr(host.data, ']', host.len);
        return end == NULL ? host : vn_view_of(host.data + 1, (size_t)(end - host.data) - 1);
    }
    const uint8_t *colon = host.len == 0 ? NULL : memchr(host.data, ':', host.len);
    return colon == NULL ? host : vn_view_of(host.data, (size_t)(colon - host.data));
}

/* A page in a browser can be made to send requests to a loopback port under a name of its own (DNS
 * rebinding); it can't choose the Host and Origin that go with them. */
static struct vn_refusal check_access(const struct vn_conn *conn)
{
    const struct vn_http_server_options *options = &conn->server->options;
    struct vn_view host;
    struct vn_view origin;
    size_t hosts = count(&conn->message, "Host", &host);
    if (hosts > 1 || (hosts == 0 && conn->message.parser.http_minor >= 1)) {
        return REFUSE(400, "exactly one Host header is needed");
    }
    if (options->refuse_origin && count(&conn->message, "Origin", &origin) > 0) {
        return REFUSE(403, "requests from web pages are not taken");
    }
    if (conn->is_tcp && options->hosts != NULL) {
        for (size_t i = 0; i < options->host_count; i++) {
            if (same_text(host_name(host), options->hosts[i])) {
                return ACCEPT;
            }
        }
        return REFUSE(403, "this Host is not on the list");
    }
    return ACCEPT;
}

static bool is_path(const struct vn_message *message, const char *path)
{
    size_t len = path == NULL ? 0 : strlen(path);
    return path != NULL && strncmp(message->target, path, len) == 0 &&
           (message->target[len] == '\0' || message->target[len] == '?');
}

static struct vn_refusal check_form(const struct vn_conn *conn)
{
    const struct vn_message *message = &conn->message;
    struct vn_view value;
    if (message->parser.http_major != 1 || message->parser.http_minor > 1) {
        return REFUSE(400, "the request is not HTTP/1.1");
    }
    if (message->target_len > VN_HTTP_TARGET_MAX) {
        return REFUSE(414, "the target of the request is too long");
    }
    if (message->target_len == 0 || message->target[0] != '/') {
        return REFUSE(400, "the target of the request is not a path");
    }
    if (count(message, "Expect", &value) > 0 && !same_text(value, "100-continue")) {
        return REFUSE(417, "only 100-continue can be expected");
    }
    if (count(message, "Content-Encoding", &value) > 0 && !same_text(value, "gzip") &&
        !same_text(value, "identity")) {
        return REFUSE(415, "bodies may be zipped with gzip and nothing else");
    }
    return ACCEPT;
}

struct vn_refusal vn_check_head(struct vn_conn *conn)
{
    struct vn_refusal refusal = check_form(conn);
    if (refusal.status == 0) {
        refusal = check_access(conn);
    }
    if (refusal.status == 0) {
        const struct vn_http_server_options *options = &conn->server->options;
        refusal = vn_http_check_certificate(options, &conn->server->clock, &conn->peer,
                                            is_path(&conn->message, options->renew_path));
    }
    return refusal;
}

bool vn_wants_continue(const struct vn_conn *conn)
{
    struct vn_view value;
    return count(&conn->message, "Expect", &value) > 0 && conn->message.parser.http_minor >= 1;
}

static struct vn_refusal inflate_body(struct vn_conn *conn)
{
    struct vn_http_exchange *exchange = &conn->exchange;
    size_t max = conn->message.body.max;
    vn_buf_init(&exchange->inflated, max);
    switch (vn_gunzip(vn_buf_view(&conn->message.body), max, &exchange->inflated)) {
    case VN_OK: break;
    case VN_FULL: return REFUSE(413, "the body of the request is too large when inflated");
    case VN_NOMEM: return REFUSE(503, "out of memory");
    default: return REFUSE(400, "the body of the request is not gzip");
    }
    exchange->request.body = vn_buf_view(&exchange->inflated);
    vn_buf_deinit(&conn->message.body);
    return ACCEPT;
}

void vn_read_request(struct vn_conn *conn)
{
    struct vn_message *message = &conn->message;
    char *query = strchr(message->target, '?');
    if (query != NULL) {
        *query++ = '\0';
    }
    conn->exchange.request = (struct vn_http_request){
        .method = llhttp_method_name((llhttp_method_t)message->parser.method),
        .path = message->target,
        .query = query == NULL ? "" : query,
        .headers = message->headers,
        .header_count = message->header_count,
        .peer = &conn->peer,
    };
}

struct vn_refusal vn_check_body(struct vn_conn *conn)
{
    struct vn_message *message = &conn->message;
    struct vn_http_request *request = &conn->exchange.request;
    struct vn_view encoding;
    request->body = vn_buf_view(&message->body);
    bool zipped =
        vn_http_request_header(request, "Content-Encoding", &encoding) && same_text(encoding, "gzip");
    request->zipped = zipped && is_path(message, conn->server->options.zipped_path);
    return zipped && !request->zipped ? inflate_body(conn) : ACCEPT;
}

/* A body without a length may become as long as any. */
struct vn_refusal vn_check_length(struct vn_conn *conn, size_t *room)
{
    const struct vn_http_server *server = conn->server;
    int64_t length = vn_message_length(&conn->message);
    bool chunked = (conn->message.parser.flags & F_CHUNKED) != 0;
    size_t most = server->options.body_max;
    if (server->options.body_most != NULL) {
        size_t asked = server->options.body_most(server->ctx, &conn->exchange.request);
        most = asked < most ? asked : most;
    }
    conn->message.body.max = most;
    *room = length > 0 ? (size_t)length : chunked ? most : 0;
    return length > (int64_t)most ? REFUSE(413, "the body of the request is too large") : ACCEPT;
}

static size_t room_of_client(const struct vn_http_server *server, const struct vn_http_peer *peer)
{
    size_t sum = 0;
    for (const struct vn_conn *conn = server->rooms; conn != NULL; conn = conn->room_next) {
        sum += strcmp(conn->peer.name, peer->name) == 0 ? conn->room : 0;
    }
    return sum;
}

bool vn_take_room(struct vn_conn *conn, size_t room)
{
    struct vn_http_server *server = conn->server;
    const struct vn_http_server_options *options = &server->options;
    if (room == 0) {
        return true;
    }
    if (options->bodies_max > 0 && room > options->bodies_max - server->body_bytes) {
        return false;
    }
    /* As long as all together are below it, one is. */
    if (options->bodies_each > 0 && server->body_bytes + room > options->bodies_each &&
        room_of_client(server, &conn->peer) + room > options->bodies_each) {
        return false;
    }
    conn->room = room;
    server->body_bytes += room;
    conn->room_next = server->rooms;
    if (conn->room_next != NULL) {
        conn->room_next->room_prev = conn;
    }
    server->rooms = conn;
    return true;
}

void vn_give_room(struct vn_conn *conn)
{
    if (conn->room == 0) {
        return;
    }
    *(conn->room_prev == NULL ? &conn->server->rooms : &conn->room_prev->room_next) = conn->room_next;
    if (conn->room_next != NULL) {
        conn->room_next->room_prev = conn->room_prev;
    }
    conn->server->body_bytes -= conn->room;
    conn->room_prev = conn->room_next = NULL;
    conn->room = 0;
}

/* ";q=0", ";q=0.000" mean "not this one". */
static bool weight_is_zero(const char *parameters, size_t len)
{
    const char *q = memchr(parameters, '=', len);
    if (q == NULL) {
        return false;
    }
    for (const char *at = q + 1; at < parameters + len; at++) {
        if (*at >= '1' && *at <= '9') {
            return false;
        }
    }
    return true;
}

bool vn_takes_gzip(struct vn_view accept)
{
    if (accept.len == 0) {
        return false;
    }
    const char *at = (const char *)accept.data;
    const char *end = at + accept.len;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma == NULL ? end : comma;
        while (at < stop && (*at == ' ' || *at == '\t')) {
            at++;
        }
        size_t len = (size_t)(stop - at);
        if (len >= 4 && strncasecmp(at, "gzip", 4) == 0 && (len == 4 || strchr("; \t", at[4]) != NULL)) {
            return !weight_is_zero(at + 4, len - 4);
        }
        at = comma == NULL ? end : comma + 1;
    }
    return false;
}
