#include <stdio.h>
#include <string.h>

#include "sync/net/gzip.h"
#include "sync/net/server_native.h"

void vn_exchange_reset(struct vn_http_exchange *exchange)
{
    struct vn_conn *conn = exchange->conn;
    vn_buf_deinit(&exchange->inflated);
    vn_buf_deinit(&exchange->headers);
    vn_body_release(exchange);
    vn_give_room(conn);
    memset(exchange, 0, sizeof *exchange);
    exchange->conn = conn;
    vn_buf_init(&exchange->headers, VN_HTTP_REPLY_HEAD_MAX / 2);
}

void vn_http_exchange_on_gone(struct vn_http_exchange *exchange,
                              void (*on_gone)(void *ctx, struct vn_http_exchange *exchange), void *ctx)
{
    exchange->on_gone = on_gone;
    exchange->on_gone_ctx = ctx;
}

enum vn_status vn_http_reply_header(struct vn_http_exchange *exchange, const char *name, const char *value)
{
    if (!vn_http_header_is_sound(name, value)) {
        return VN_INPUT;
    }
    return vn_buf_printf(&exchange->headers, "%s: %s\r\n", name, value);
}

static bool has_no_body(int status)
{
    return status == 204 || status == 304;
}

enum vn_status vn_reply_head(struct vn_http_exchange *exchange, int status, const char *content_type,
                             int64_t length, bool zipped)
{
    struct vn_conn *conn = exchange->conn;
    struct vn_buf head;
    vn_buf_init(&head, VN_HTTP_REPLY_HEAD_MAX);
    enum vn_status result = vn_buf_printf(&head, "HTTP/1.1 %d %s\r\n", status, vn_http_status_text(status));
    if (result == VN_OK && content_type != NULL && vn_http_text_is_printable(content_type)) {
        result = vn_buf_printf(&head, "Content-Type: %s\r\n", content_type);
    }
    if (result == VN_OK && length >= 0 && !has_no_body(status)) {
        result = vn_buf_printf(&head, "Content-Length: %lld\r\n", (long long)length);
    }
    if (result == VN_OK && zipped) {
        result = vn_buf_append_str(&head, "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
    }
    if (result == VN_OK && exchange->chunked) {
        result = vn_buf_append_str(&head, "Transfer-Encoding: chunked\r\n");
    }
    if (result == VN_OK) {
        result = vn_buf_append(&head, vn_buf_view(&exchange->headers));
    }
    if (result == VN_OK && (!conn->keep_alive || conn->message.parser.http_minor == 0)) {
        result = vn_buf_printf(&head, "Connection: %s\r\n", conn->keep_alive ? "keep-alive" : "close");
    }
    if (result == VN_OK) {
        result = vn_buf_append_str(&head, "\r\n");
    }
    if (result == VN_OK) {
        result = vn_channel_queue(&conn->channel, vn_buf_view(&head)); /* leaves with the body */
    }
    vn_buf_deinit(&head);
    const struct vn_http_server_options *options = &conn->server->options;
    if (options->on_reply != NULL) {
        options->on_reply(options->on_reply_ctx, &conn->peer,
                          exchange->request.path == NULL ? "" : exchange->request.path, status);
    }
    return result;
}

void vn_http_reply(struct vn_http_exchange *exchange, int status, const char *content_type,
                   struct vn_view body)
{
    struct vn_conn *conn = exchange->conn;
    struct vn_buf zipped;
    bool zip = conn->zips && body.len > VN_HTTP_ZIP_MIN;
    exchange->open = false;
    if (conn->state == VN_CONN_CLOSED) {
        return;
    }
    if (exchange->streams) {
        vn_conn_close(conn); /* a second answer within the first: nothing sensible can be sent */
        return;
    }
    vn_buf_init(&zipped, VN_HTTP_REPLY_MAX);
    if (zip) {
        zip = vn_gzip(body, 1, &zipped) == VN_OK && zipped.len < body.len;
    }
    if (zip) {
        body = vn_buf_view(&zipped);
    }
    vn_conn_replied(conn);
    enum vn_status result = vn_reply_head(exchange, status, content_type, (int64_t)body.len, zip);
    if (result == VN_OK) {
        bool bare = conn->head_only || has_no_body(status);
        result = vn_channel_write(&conn->channel, bare ? VN_VIEW_NONE : body);
    }
    vn_buf_deinit(&zipped);
    if (result != VN_OK) {
        vn_log_event(conn->server->log, VN_LOG_ERROR, "http_reply_lost",
                     VN_S("status", vn_status_name(result)), VN_I("bytes", body.len));
        vn_conn_close(conn);
    }
}

/* --- streams ---------------------------------------------------------------------------------------------- */

enum vn_status vn_http_stream_begin(struct vn_http_exchange *exchange, const char *content_type)
{
    struct vn_conn *conn = exchange->conn;
    if (exchange->streams) {
        return VN_ARG;
    }
    exchange->streams = true;
    if (conn->state == VN_CONN_CLOSED) {
        return VN_OK;
    }
    exchange->chunked = conn->message.parser.http_minor >= 1;
    if (!exchange->chunked) {
        conn->keep_alive = false;
    }
    enum vn_status status = vn_reply_head(exchange, 200, content_type, -1, false);
    if (status == VN_OK) {
        status = vn_channel_write(&conn->channel, VN_VIEW_NONE);
    }
    if (status != VN_OK) {
        vn_conn_close(conn);
    }
    return status;
}

static enum vn_status write_chunk(struct vn_http_exchange *exchange, struct vn_view piece)
{
    char size[24];
    struct vn_channel *channel = &exchange->conn->channel;
    if (!exchange->chunked) {
        return vn_channel_write(channel, piece);
    }
    (void)snprintf(size, sizeof size, "%zx\r\n", piece.len);
    enum vn_status status = vn_channel_queue(channel, vn_view_str(size));
    if (status == VN_OK) {
        status = vn_channel_queue(channel, piece);
    }
    return status == VN_OK ? vn_channel_write(channel, vn_view_str("\r\n")) : status;
}

enum vn_status vn_http_stream_write(struct vn_http_exchange *exchange, struct vn_view piece)
{
    struct vn_conn *conn = exchange->conn;
    if (!exchange->streams) {
        return VN_ARG;
    }
    if (conn->state == VN_CONN_CLOSED || conn->head_only || piece.len == 0) {
        return VN_OK; /* an empty chunk would end the stream */
    }
    size_t pending = vn_channel_pending(&conn->channel);
    if (piece.len > VN_HTTP_STREAM_QUEUE_MAX || pending > VN_HTTP_STREAM_QUEUE_MAX - piece.len) {
        vn_log_event(conn->server->log, VN_LOG_NOTICE, "http_stream_cut", VN_I("pending", pending));
        vn_conn_close(conn);
        return VN_FULL;
    }
    enum vn_status status = write_chunk(exchange, piece);
    if (status != VN_OK) {
        vn_conn_close(conn);
    }
    return status;
}

void vn_http_stream_end(struct vn_http_exchange *exchange)
{
    struct vn_conn *conn = exchange->conn;
    exchange->open = false;
    if (conn->state == VN_CONN_CLOSED) {
        return;
    }
    vn_conn_replied(conn);
    if (exchange->chunked && !conn->head_only) {
        if (vn_channel_write(&conn->channel, vn_view_str("0\r\n\r\n")) != VN_OK) {
            vn_conn_close(conn);
        }
    } else if (vn_channel_pending(&conn->channel) == 0) {
        vn_conn_close(conn); /* all is out, and the end of the connection is the end of the stream */
    }
}
