#include "ui/feed/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/random.h"
#include "sync/net/client.h"

struct vn_screen_feed {
    struct vn_screen_feed_options options;
    char locale[VN_TAG_MAX];
    struct vn_http_client *models;
    struct vn_http_client *taps;
    uv_timer_t retry;
    int64_t wait_ms;
    struct vn_buf line;
    bool skipping; /* until the end of a line that is too long */
    bool shown;
    bool connected;
    bool closing;
    struct vn_screen_model last;
};

static void ask(struct vn_screen_feed *feed);

static void show(struct vn_screen_feed *feed, const struct vn_screen_model *model)
{
    if (feed->shown && vn_screen_model_equal(&feed->last, model)) {
        return;
    }
    feed->shown = true;
    feed->last = *model;
    feed->options.show(feed->options.ctx, &feed->last);
}

static void on_line(struct vn_screen_feed *feed)
{
    struct vn_screen_model model;
    struct vn_error error = {0};
    if (feed->line.len == 0) {
        return;
    }
    if (vn_screen_model_decode(vn_buf_view(&feed->line), &model, &error) != VN_OK) {
        vn_log_event(feed->options.log, VN_LOG_WARN, "screen_model_refused", VN_S("why", error.text),
                     VN_S("where", error.pointer));
        return;
    }
    feed->connected = true;
    feed->wait_ms = VN_SCREEN_RETRY_MIN_MS;
    (void)snprintf(feed->locale, sizeof feed->locale, "%s", model.locale);
    show(feed, &model);
}

/* Pieces end anywhere; a line may come in many, or many in one. */
static void on_chunk(void *ctx, struct vn_view piece)
{
    struct vn_screen_feed *feed = ctx;
    while (piece.len > 0) {
        const uint8_t *end = memchr(piece.data, '\n', piece.len);
        size_t len = end != NULL ? (size_t)(end - piece.data) : piece.len;
        if (!feed->skipping && vn_buf_append(&feed->line, vn_view_of(piece.data, len)) != VN_OK) {
            vn_log_event(feed->options.log, VN_LOG_WARN, "screen_line_too_long", VN_I("max", feed->line.max));
            feed->skipping = true;
        }
        if (end == NULL) {
            return;
        }
        if (!feed->skipping) {
            on_line(feed);
        }
        feed->skipping = false;
        vn_buf_clear(&feed->line);
        piece = vn_view_of(piece.data + len + 1, piece.len - len - 1);
    }
}

static void on_retry(uv_timer_t *timer)
{
    ask(timer->data);
}

/* The first loss is usually the agent's restart: the old picture stays for one more try. */
static void later(struct vn_screen_feed *feed)
{
    if (feed->connected) {
        feed->connected = false;
    } else {
        struct vn_screen_model absent;
        vn_screen_model_absent(feed->locale, &absent);
        show(feed, &absent);
    }
    (void)uv_timer_start(&feed->retry, on_retry, (uint64_t)feed->wait_ms, 0);
    feed->wait_ms = feed->wait_ms * 2 < VN_SCREEN_RETRY_MAX_MS ? feed->wait_ms * 2 : VN_SCREEN_RETRY_MAX_MS;
}

static void on_models_done(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct vn_screen_feed *feed = ctx;
    if (feed->closing) {
        return;
    }
    vn_log_event(feed->options.log, VN_LOG_INFO, "screen_feed_ended", VN_S("status", vn_status_name(status)),
                 VN_I("http", response == NULL ? 0 : response->status),
                 VN_S("why", vn_http_client_reason(feed->models)));
    vn_buf_clear(&feed->line);
    feed->skipping = false;
    later(feed);
}

static void ask(struct vn_screen_feed *feed)
{
    const struct vn_http_request_out request = {
        .method = "GET", .path = "/v1/screen", .timeout_ms = VN_SCREEN_REPLY_MS, .on_chunk = on_chunk};
    if (vn_http_client_send(feed->models, &request, on_models_done, feed) != VN_OK) {
        later(feed);
    }
}

static void on_tap_done(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    const struct vn_screen_feed *feed = ctx;
    if (!feed->closing && (status != VN_OK || response->status >= 300)) {
        vn_log_event(feed->options.log, VN_LOG_WARN, "tap_lost", VN_S("status", vn_status_name(status)),
                     VN_I("http", response == NULL ? 0 : response->status));
    }
}

enum vn_status vn_screen_feed_tap(struct vn_screen_feed *feed, enum vn_action action)
{
    if (!feed->connected) {
        return VN_GONE;
    }
    char body[64];
    int len = snprintf(body, sizeof body, "{\"action\":\"%s\"}", vn_action_name(action));
    const struct vn_http_request_out request = {.method = "POST",
                                                .path = "/v1/tap",
                                                .body = vn_view_of(body, (size_t)len),
                                                .timeout_ms = VN_SCREEN_REPLY_MS};
    return vn_http_client_send(feed->taps, &request, on_tap_done, feed);
}

enum vn_status vn_screen_feed_create(uv_loop_t *loop, const struct vn_screen_feed_options *options,
                                     struct vn_screen_feed **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_screen_feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    feed->options = *options;
    feed->wait_ms = VN_SCREEN_RETRY_MIN_MS;
    (void)snprintf(feed->locale, sizeof feed->locale, "%s", options->locale == NULL ? "en" : options->locale);
    vn_buf_init(&feed->line, VN_SCREEN_LINE_MAX);
    const struct vn_http_target target = {.socket_path = options->socket_path, .label = "the agent"};
    enum vn_status status = vn_http_client_create(loop, vn_clock_system(), vn_random_system(), options->log,
                                                  &target, &feed->models, error);
    if (status == VN_OK) {
        status = vn_http_client_create(loop, vn_clock_system(), vn_random_system(), options->log, &target,
                                       &feed->taps, error);
    }
    if (status != VN_OK) {
        vn_http_client_destroy(feed->models);
        free(feed);
        return status;
    }
    (void)uv_timer_init(loop, &feed->retry); /* cannot fail */
    feed->retry.data = feed;
    (void)uv_timer_start(&feed->retry, on_retry, 0, 0);
    *out = feed;
    return VN_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct vn_screen_feed *feed = handle->data;
    vn_buf_deinit(&feed->line);
    free(feed);
}

void vn_screen_feed_destroy(struct vn_screen_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    feed->closing = true;
    vn_http_client_destroy(feed->models);
    vn_http_client_destroy(feed->taps);
    uv_close((uv_handle_t *)&feed->retry, on_closed);
}
