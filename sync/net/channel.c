#include "sync/net/channel.h"

#include <signal.h>
#include <string.h>

#include "sync/net/channel_shake.h"

/* Plain bytes encrypted and written at a time, so that a large body never holds the loop. */
#define PIECE_MAX VN_HTTP_PIECE_MAX
#define WIRE_MAX  (4 * PIECE_MAX)

static void pump(struct vn_channel *channel);

void vn_channel_ignore_sigpipe(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action.sa_handler = SIG_IGN;
        (void)sigaction(SIGPIPE, &action, NULL);
    }
}

enum vn_status vn_channel_init(struct vn_channel *channel, uv_loop_t *loop, bool is_unix,
                               struct vn_tls_context *tls, struct vn_channel_scratch *scratch,
                               const struct vn_channel_events *events, void *ctx)
{
    memset(channel, 0, sizeof *channel);
    channel->scratch = scratch;
    channel->events = events;
    channel->ctx = ctx;
    channel->label = "the other end";
    vn_buf_init(&channel->queue, VN_HTTP_REPLY_MAX + VN_HTTP_REPLY_HEAD_MAX);
    vn_buf_init(&channel->wire, WIRE_MAX);
    vn_buf_init(&channel->flight, WIRE_MAX);
    if (tls != NULL) {
        enum vn_status status = vn_tls_conn_create(tls, &channel->wire, &channel->tls);
        if (status != VN_OK) {
            return status;
        }
    }
    int code = is_unix ? uv_pipe_init(loop, &channel->uv.pipe, 0) : uv_tcp_init(loop, &channel->uv.tcp);
    if (code != 0) {
        vn_tls_conn_destroy(channel->tls);
        return VN_IO;
    }
    channel->uv.handle.data = channel;
    return VN_OK;
}

void vn_channel_ended(struct vn_channel *channel, enum vn_status status, const char *text)
{
    if (!channel->closing) {
        channel->events->on_end(channel->ctx, status, text);
    }
}

static void on_shutdown(uv_shutdown_t *request, int code)
{
    (void)request; /* if it failed the connection is gone anyway, and reading will say so */
    (void)code;
}

static void shut_when_idle(struct vn_channel *channel)
{
    if (channel->finishing && !channel->writing && !channel->closing && !channel->shut) {
        channel->shut = true;
        (void)uv_shutdown(&channel->shutdown, &channel->uv.stream, on_shutdown);
    }
}

static void on_written(uv_write_t *write, int code)
{
    struct vn_channel *channel = write->data;
    channel->writing = false;
    channel->flight.len = 0;
    if (channel->closing) {
        return;
    }
    if (code != 0) {
        channel->queue.len = 0;
        channel->queue_at = 0;
        if (!channel->hears_out) {
            vn_channel_ended(channel, VN_GONE, "connection lost while sending");
        }
        return;
    }
    pump(channel);
    shut_when_idle(channel);
    if (!channel->writing && channel->dirty && channel->source.next == NULL && !channel->closing) {
        channel->dirty = false;
        vn_buf_deinit(&channel->queue);
        vn_buf_deinit(&channel->wire);
        vn_buf_deinit(&channel->flight);
        channel->events->on_drain(channel->ctx);
    }
}

void vn_channel_flush(struct vn_channel *channel)
{
    if (channel->writing || channel->wire.len == 0) {
        return;
    }
    struct vn_buf full = channel->wire;
    channel->wire = channel->flight;
    channel->flight = full;
    uv_buf_t piece = uv_buf_init((char *)full.data, (unsigned)full.len);
    channel->write.data = channel;
    int code = uv_write(&channel->write, &channel->uv.stream, &piece, 1, on_written);
    if (code == 0) {
        channel->writing = true;
        channel->handed_over += full.len;
    } else {
        channel->flight.len = 0;
        vn_channel_ended(channel, VN_GONE, "connection lost while sending");
    }
}

static enum vn_status encode(struct vn_channel *channel, struct vn_view piece)
{
    return channel->tls == NULL ? vn_buf_append(&channel->wire, piece) : vn_tls_write(channel->tls, piece);
}

/* Up to PIECE_MAX bytes of the queue; *len counts them. */
static enum vn_status encode_queue(struct vn_channel *channel, size_t *len)
{
    size_t waiting = channel->queue.len - channel->queue_at;
    *len = waiting < PIECE_MAX ? waiting : PIECE_MAX;
    if (waiting == 0) {
        return VN_OK;
    }
    enum vn_status status = encode(channel, vn_view_of(channel->queue.data + channel->queue_at, *len));
    channel->queue_at += *len;
    if (channel->queue_at == channel->queue.len) {
        channel->queue_at = 0;
        channel->queue.len = 0;
    } else if (channel->queue_at > channel->queue.len / 2) {
        vn_buf_drop_front(&channel->queue, channel->queue_at); /* seldom enough to cost nothing */
        channel->queue_at = 0;
    }
    return status;
}

static enum vn_status encode_source(struct vn_channel *channel, size_t max)
{
    struct vn_view piece = VN_VIEW_NONE;
    enum vn_status status = channel->source.next(channel->source.ctx, max, &piece);
    if (status == VN_OK) {
        return encode(channel, piece);
    }
    if (status == VN_ABSENT) {
        channel->source.next = NULL;
    }
    return status == VN_ABSENT || status == VN_AGAIN ? VN_OK : status; /* nothing more, or nothing yet */
}

/* Moves one piece to the line, if the line is free: what is queued, then what the source has. */
static void pump(struct vn_channel *channel)
{
    if (!channel->writing && channel->ready) {
        size_t len = 0;
        enum vn_status status = encode_queue(channel, &len);
        if (status == VN_OK && len < PIECE_MAX && channel->source.next != NULL) {
            status = encode_source(channel, PIECE_MAX - len);
        }
        if (status != VN_OK) {
            vn_channel_ended(channel, status,
                             status == VN_NOMEM ? "out of memory while sending"
                                                : "can't read what is to be sent");
            return;
        }
    }
    vn_channel_flush(channel);
}

void vn_channel_is_ready(struct vn_channel *channel)
{
    channel->ready = true;
    channel->events->on_ready(channel->ctx);
    if (!channel->closing) {
        pump(channel);
    }
}

static void shake_hands(struct vn_channel *channel)
{
    struct vn_error reason = {VN_OK, "", ""};
    enum vn_status status = vn_tls_handshake(channel->tls, channel->label, &reason);
    vn_channel_flush(channel);
    if (channel->closing || status == VN_AGAIN) {
        return;
    }
    if (status != VN_OK) {
        vn_channel_ended(channel, status, reason.text);
        return;
    }
    vn_channel_is_ready(channel);
}

void vn_channel_read(struct vn_channel *channel)
{
    while (channel->ready && !channel->closing) {
        size_t len = 0;
        enum vn_status status =
            vn_tls_read(channel->tls, channel->scratch->plain, sizeof channel->scratch->plain, &len);
        vn_channel_flush(channel); /* alerts */
        if (channel->closing || status == VN_AGAIN) {
            break;
        }
        if (status != VN_OK) {
            vn_channel_ended(channel, status, status == VN_GONE ? NULL : "the TLS connection was broken off");
            break;
        }
        channel->events->on_data(channel->ctx, vn_view_of(channel->scratch->plain, len));
    }
}

static void tls_data(struct vn_channel *channel, struct vn_view data)
{
    if (!channel->ready && channel->hand != NULL) {
        vn_shake_feed(channel, data);
        return;
    }
    vn_tls_lend(channel->tls, data);
    if (!channel->ready) {
        shake_hands(channel);
    }
    vn_channel_read(channel);
    /* The lent bytes are gone when we return; whatever was not read is lost with the closing channel. */
    vn_tls_lend(channel->tls, VN_VIEW_NONE);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct vn_channel *channel = handle->data;
    (void)suggested;
    *out = uv_buf_init((char *)channel->scratch->line, sizeof channel->scratch->line);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct vn_channel *channel = stream->data;
    if (channel->closing || got == 0) {
        return;
    }
    channel->heard_ms = (int64_t)uv_now(stream->loop);
    if (got == UV_EOF) {
        vn_channel_ended(channel, VN_GONE, NULL);
    } else if (got < 0) {
        vn_channel_ended(channel, VN_GONE, "connection lost");
    } else if (channel->tls != NULL) {
        tls_data(channel, vn_view_of(buf->base, (size_t)got));
    } else {
        channel->events->on_data(channel->ctx, vn_view_of(buf->base, (size_t)got));
    }
}

enum vn_status vn_channel_start(struct vn_channel *channel)
{
    if (uv_read_start(&channel->uv.stream, on_alloc, on_read) != 0) {
        return VN_IO;
    }
    if (channel->tls == NULL) {
        channel->ready = true;
        channel->events->on_ready(channel->ctx);
    } else if (channel->hand == NULL) {
        shake_hands(channel); /* the client speaks first; a server finds nothing to do yet */
    }
    return VN_OK;
}

enum vn_status vn_channel_queue(struct vn_channel *channel, struct vn_view data)
{
    if (channel->closing) {
        return VN_OK;
    }
    channel->dirty = true;
    return vn_buf_append(&channel->queue, data);
}

enum vn_status vn_channel_write(struct vn_channel *channel, struct vn_view data)
{
    enum vn_status status = vn_channel_queue(channel, data);
    if (status == VN_OK && !channel->closing) {
        pump(channel);
    }
    return status;
}

void vn_channel_send_from(struct vn_channel *channel, struct vn_channel_source source)
{
    channel->source = source;
    channel->dirty = true;
    vn_channel_pull(channel);
}

void vn_channel_pull(struct vn_channel *channel)
{
    if (!channel->closing) {
        pump(channel);
    }
}

uint64_t vn_channel_taken(const struct vn_channel *channel)
{
    return channel->handed_over - uv_stream_get_write_queue_size(&channel->uv.stream);
}

size_t vn_channel_pending(const struct vn_channel *channel)
{
    return channel->queue.len - channel->queue_at + channel->wire.len + channel->flight.len;
}

void vn_channel_pause(struct vn_channel *channel)
{
    if (!channel->paused && !channel->closing) {
        channel->paused = true;
        (void)uv_read_stop(&channel->uv.stream);
    }
}

void vn_channel_resume(struct vn_channel *channel)
{
    if (channel->paused && !channel->closing) {
        channel->paused = false;
        if (uv_read_start(&channel->uv.stream, on_alloc, on_read) != 0) {
            vn_channel_ended(channel, VN_GONE, "connection lost");
        }
    }
}

/* Alerts and the last word of TLS are sent as far as the line takes them just now. */
static void last_words(struct vn_channel *channel)
{
    if (vn_shake_is_under_way(channel)) {
        return;
    }
    if (channel->tls != NULL && channel->ready && !channel->finishing) {
        vn_tls_close_notify(channel->tls);
    }
    if (!channel->writing && channel->wire.len > 0) {
        uv_buf_t piece = uv_buf_init((char *)channel->wire.data, (unsigned)channel->wire.len);
        (void)uv_try_write(&channel->uv.stream, &piece, 1);
        channel->wire.len = 0;
    }
}

void vn_channel_finish(struct vn_channel *channel)
{
    if (channel->closing || channel->finishing) {
        return;
    }
    if (channel->tls != NULL && channel->ready) {
        vn_tls_close_notify(channel->tls);
    }
    channel->finishing = true;
    vn_channel_flush(channel);
    shut_when_idle(channel);
}

static void on_closed(uv_handle_t *handle)
{
    struct vn_channel *channel = handle->data;
    if (!vn_shake_keeps(channel)) {
        vn_channel_released(channel);
    }
}

void vn_channel_released(struct vn_channel *channel)
{
    vn_shake_free(channel);
    vn_tls_conn_destroy(channel->tls);
    vn_buf_deinit(&channel->queue);
    vn_buf_deinit(&channel->wire);
    vn_buf_deinit(&channel->flight);
    channel->events->on_close(channel->ctx);
}

void vn_channel_close(struct vn_channel *channel)
{
    if (channel->closing) {
        return;
    }
    last_words(channel);
    channel->closing = true;
    uv_close(&channel->uv.handle, on_closed);
}
