/* Replies whose body is neither copied nor queued: shared bytes, and parts of files.
 *
 * The channel asks for a piece when the line has taken the one before, so a client that reads slowly costs one
 * piece, not the body. Files are read on libuv's threads, one piece ahead of nobody: the loop never waits for a
 * disk. A reading that is under way when its connection closes keeps the connection's memory until it is back. */
#include <stdlib.h>
#include <unistd.h>

#include "sync/net/gzip.h"
#include "sync/net/server_native.h"

struct vn_file_body {
    struct vn_conn *conn;
    uv_fs_t read;
    int fd;
    int64_t at;
    int64_t left;
    size_t len; /* bytes in `piece` that nobody has had */
    bool reading;
    uint8_t piece[VN_HTTP_PIECE_MAX];
};

void vn_body_release(struct vn_http_exchange *exchange)
{
    vn_shared_drop(exchange->shared);
    exchange->shared = NULL;
    if (exchange->file != NULL) {
        (void)close(exchange->file->fd);
        free(exchange->file);
        exchange->file = NULL;
    }
}

/* Whether a reply can begin; if the exchange is beyond that, it is closed or gone already. */
static bool may_reply(struct vn_http_exchange *exchange)
{
    struct vn_conn *conn = exchange->conn;
    exchange->open = false;
    if (conn->state != VN_CONN_CLOSED && exchange->streams) {
        vn_conn_close(conn); /* a second answer within the first: nothing sensible can be sent */
    }
    return conn->state != VN_CONN_CLOSED;
}

/* The head goes out with the first piece. */
static void send_body(struct vn_http_exchange *exchange, int status, const char *content_type, int64_t length,
                      bool zipped, struct vn_channel_source source)
{
    struct vn_conn *conn = exchange->conn;
    vn_conn_replied(conn);
    if (vn_reply_head(exchange, status, content_type, length, zipped) != VN_OK) {
        vn_log_event(conn->server->log, VN_LOG_ERROR, "http_reply_lost", VN_S("status", "head"),
                     VN_I("bytes", length));
        vn_conn_close(conn);
    } else if (conn->head_only || length == 0) {
        vn_channel_pull(&conn->channel);
    } else {
        vn_channel_send_from(&conn->channel, source);
    }
}

/* --- shared bytes ----------------------------------------------------------------------------------------- */

static enum vn_status next_shared(void *ctx, size_t max, struct vn_view *piece)
{
    struct vn_http_exchange *exchange = ctx;
    struct vn_view all = vn_shared_view(exchange->shared);
    size_t left = all.len - exchange->shared_at;
    size_t len = left < max ? left : max;
    if (len == 0) {
        return VN_ABSENT;
    }
    *piece = vn_view_of(all.data + exchange->shared_at, len);
    exchange->shared_at += len;
    return VN_OK;
}

static void reply_inflated(struct vn_http_exchange *exchange, int status, const char *content_type,
                           struct vn_view zipped)
{
    struct vn_buf plain;
    vn_buf_init(&plain, VN_HTTP_REPLY_MAX);
    if (vn_gunzip(zipped, VN_HTTP_REPLY_MAX, &plain) == VN_OK) {
        vn_http_reply(exchange, status, content_type, vn_buf_view(&plain));
    } else {
        vn_http_reply_problem(exchange, 406, "Not Acceptable", "this answer is sent to those that take gzip",
                              NULL);
    }
    vn_buf_deinit(&plain);
}

void vn_http_reply_shared(struct vn_http_exchange *exchange, int status, const char *content_type,
                          struct vn_shared *body)
{
    bool zipped = vn_shared_is_zipped(body);
    if (zipped && !exchange->conn->zips) {
        reply_inflated(exchange, status, content_type, vn_shared_view(body));
        return;
    }
    if (!may_reply(exchange)) {
        return;
    }
    exchange->shared = vn_shared_hold(body);
    exchange->shared_at = 0;
    send_body(exchange, status, content_type, (int64_t)vn_shared_view(body).len, zipped,
              (struct vn_channel_source){next_shared, exchange});
}

/* --- files ------------------------------------------------------------------------------------------------ */

static void on_file_read(uv_fs_t *read)
{
    struct vn_file_body *file = read->data;
    struct vn_conn *conn = file->conn;
    ssize_t got = read->result;
    uv_fs_req_cleanup(read);
    file->reading = false;
    if (got > 0) {
        file->len = (size_t)got;
        file->at += got;
        file->left -= got;
    }
    if (vn_conn_let_go(conn)) {
        return;
    }
    if (got > 0) {
        vn_channel_pull(&conn->channel);
    } else {
        vn_log_event(conn->server->log, VN_LOG_ERROR, "http_file_cut",
                     VN_S("reason", got == 0 ? "the file is shorter than it was" : uv_strerror((int)got)),
                     VN_I("left", file->left));
        vn_conn_close(conn);
    }
}

static enum vn_status next_of_file(void *ctx, size_t max, struct vn_view *piece)
{
    struct vn_file_body *file = ctx;
    if (file->len > 0) {
        *piece = vn_view_of(file->piece, file->len);
        file->len = 0;
        return VN_OK;
    }
    if (file->reading) {
        return VN_AGAIN;
    }
    if (file->left == 0) {
        return VN_ABSENT;
    }
    size_t len = max < sizeof file->piece ? max : sizeof file->piece;
    len = (int64_t)len < file->left ? len : (size_t)file->left;
    uv_buf_t into = uv_buf_init((char *)file->piece, (unsigned)len);
    file->read.data = file;
    if (uv_fs_read(file->conn->server->loop, &file->read, file->fd, &into, 1, file->at, on_file_read) != 0) {
        return VN_IO;
    }
    file->reading = true;
    vn_conn_hold(file->conn);
    return VN_AGAIN;
}

void vn_http_reply_file(struct vn_http_exchange *exchange, int status, const char *content_type, int fd,
                        int64_t offset, int64_t len)
{
    struct vn_file_body *file = NULL;
    if (!may_reply(exchange)) {
        (void)close(fd);
        return;
    }
    file = malloc(sizeof *file);
    if (file == NULL) {
        (void)close(fd);
        vn_conn_close(exchange->conn);
        return;
    }
    file->conn = exchange->conn;
    file->fd = fd;
    file->at = offset;
    file->left = len;
    file->len = 0;
    file->reading = false;
    exchange->file = file;
    send_body(exchange, status, content_type, len, false, (struct vn_channel_source){next_of_file, file});
}
