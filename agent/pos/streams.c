#include "agent/pos/streams.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"

#define LINE_MAX_BYTES (1024 * 1024)

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct vn_stream *stream = ctx;
    (void)exchange;
    stream->exchange = NULL;
}

static void send_line(struct vn_stream *stream, struct vn_view line)
{
    if (!stream->cut) {
        stream->cut = vn_http_stream_write(stream->exchange, line) != VN_OK;
    }
}

static void show(struct vn_stream *stream, const struct vn_session *session, bool first)
{
    struct vn_screen_model model;
    vn_screen_model_make(session, stream->locale, &model);
    if (!first && vn_screen_model_equal(&model, &stream->last)) {
        return;
    }
    struct vn_buf line;
    vn_buf_init(&line, LINE_MAX_BYTES);
    if (vn_screen_model_encode(&model, &line) == VN_OK && vn_buf_append_str(&line, "\n") == VN_OK) {
        stream->last = model;
        send_line(stream, vn_buf_view(&line));
    }
    vn_buf_deinit(&line);
}

void vn_streams_add(struct vn_streams *streams, struct vn_http_exchange *exchange, bool screen,
                    const char *locale, const struct vn_session *session)
{
    struct vn_stream *stream = NULL;
    for (size_t i = 0; i < VN_LOCAL_CONNECTIONS_MAX && stream == NULL; i++) {
        stream = streams->slots[i].exchange == NULL ? &streams->slots[i] : NULL;
    }
    if (stream == NULL) {
        vn_http_reply_problem(exchange, 503, "Too many followers", "close a screen or a listener first",
                              NULL);
        return;
    }
    if (vn_http_stream_begin(exchange, "application/x-ndjson") != VN_OK) {
        vn_http_reply_problem(exchange, 503, "Out of memory", "try again", NULL);
        return;
    }
    stream->exchange = exchange;
    stream->screen = screen;
    stream->cut = false;
    stream->all = streams;
    (void)snprintf(stream->locale, sizeof stream->locale, "%s", locale);
    vn_http_exchange_on_gone(exchange, on_gone, stream);
    if (screen) {
        show(stream, session, true);
    }
}

void vn_streams_session(struct vn_streams *streams, const struct vn_session *session)
{
    for (size_t i = 0; i < VN_LOCAL_CONNECTIONS_MAX; i++) {
        if (streams->slots[i].exchange != NULL && streams->slots[i].screen) {
            show(&streams->slots[i], session, false);
        }
    }
}

void vn_streams_event(struct vn_streams *streams, json_t *event)
{
    struct vn_buf line;
    vn_buf_init(&line, LINE_MAX_BYTES);
    if (event != NULL && vn_json_dump(event, &line) == VN_OK && vn_buf_append_str(&line, "\n") == VN_OK) {
        for (size_t i = 0; i < VN_LOCAL_CONNECTIONS_MAX; i++) {
            struct vn_stream *stream = &streams->slots[i];
            if (stream->exchange != NULL && !stream->screen) {
                send_line(stream, vn_buf_view(&line));
            }
        }
    }
    vn_buf_deinit(&line);
    json_decref(event);
}

void vn_streams_end(struct vn_streams *streams)
{
    for (size_t i = 0; i < VN_LOCAL_CONNECTIONS_MAX; i++) {
        struct vn_http_exchange *exchange = streams->slots[i].exchange;
        streams->slots[i].exchange = NULL;
        if (exchange != NULL) {
            vn_http_stream_end(exchange);
        }
    }
}
