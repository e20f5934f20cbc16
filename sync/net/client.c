#include "sync/net/client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "sync/net/client_native.h"
#include "sync/net/gzip.h"

#define REQUEST_HEAD_MAX VN_HTTP_HEAD_MAX

static char *copy(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

static void client_free(struct vn_http_client *client)
{
    vn_tls_context_destroy(client->tls);
    vn_buf_deinit(&client->request);
    free(client->socket_path);
    free(client->host);
    free(client->label);
    free(client);
}

void vn_client_release(struct vn_http_client *client)
{
    if (client->destroyed && client->timer_closed && client->links == 0) {
        client_free(client);
    }
}

static enum vn_status check_target(const struct vn_http_target *target, struct vn_error *error)
{
    if (target->socket_path != NULL) {
        size_t len = strlen(target->socket_path);
        if (len == 0 || len >= sizeof(((struct sockaddr_un *)NULL)->sun_path) || target->tls != NULL) {
            return vn_fail(error, VN_ARG, "path of the socket is empty or too long, or TLS is asked for");
        }
        return VN_OK;
    }
    if (target->host == NULL || target->host[0] == '\0' || strlen(target->host) > 253 || target->port == 0 ||
        strpbrk(target->host, "\r\n \t/") != NULL) {
        return vn_fail(error, VN_ARG, "host or port of the target");
    }
    return VN_OK;
}

static enum vn_status fill(struct vn_http_client *client, const struct vn_http_target *target,
                           const struct vn_random *random, struct vn_error *error)
{
    client->socket_path = copy(target->socket_path);
    client->host = copy(target->socket_path != NULL ? "localhost" : target->host);
    client->label = copy(target->label == NULL ? "the server" : target->label);
    client->port = target->port;
    if ((target->socket_path != NULL && client->socket_path == NULL) || client->host == NULL ||
        client->label == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (target->tls == NULL) {
        return VN_OK;
    }
    const char *name = target->tls->host_name == NULL ? target->host : target->tls->host_name;
    return vn_tls_client_context(target->tls, name, random, &client->tls, error);
}

enum vn_status vn_http_client_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                     struct vn_log *log, const struct vn_http_target *target,
                                     struct vn_http_client **out, struct vn_error *error)
{
    *out = NULL;
    enum vn_status status = check_target(target, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_http_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    vn_channel_ignore_sigpipe();
    client->loop = loop;
    client->clock = clock;
    client->log = log;
    vn_buf_init(&client->request, REQUEST_HEAD_MAX + VN_HTTP_REPLY_MAX);
    status = fill(client, target, &random, error);
    if (status != VN_OK) {
        client_free(client);
        return status;
    }
    (void)uv_timer_init(loop, &client->timer); /* can't fail */
    client->timer.data = client;
    *out = client;
    return VN_OK;
}

bool vn_http_client_busy(const struct vn_http_client *client)
{
    return client->busy;
}

const char *vn_http_client_reason(const struct vn_http_client *client)
{
    return client->reason;
}

bool vn_http_client_resumed(const struct vn_http_client *client)
{
    return client->link != NULL && vn_link_resumed(client->link);
}

/* --- ends ------------------------------------------------------------------------------------------------- */

void vn_client_finish(struct vn_http_client *client, enum vn_status status,
                      const struct vn_http_response *response)
{
    vn_http_done done = client->done;
    if (!client->busy) {
        return;
    }
    if (status == VN_OK) {
        client->reason[0] = '\0';
    } else {
        vn_log_event(client->log, VN_LOG_DEBUG, "http_failed", VN_S("status", vn_status_name(status)),
                     VN_S("reason", client->reason));
    }
    client->busy = false;
    client->deferred = VN_OK;
    (void)uv_timer_stop(&client->timer);
    vn_buf_deinit(&client->request);
    done(client->ctx, status, response);
}

static void on_timer(uv_timer_t *timer);

void vn_client_fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(client->reason, sizeof client->reason, format, args);
    va_end(args);
    vn_link_drop(client);
    if (client->sending) {
        client->deferred = status;
        (void)uv_timer_start(&client->timer, on_timer, 0, 0);
    } else {
        vn_client_finish(client, status, NULL);
    }
}

/* When it has been silent for too long; INT64_MAX: never. */
static int64_t silence_ms(const struct vn_http_client *client)
{
    int64_t heard_ms = client->link == NULL ? 0 : vn_link_heard_ms(client->link);
    int64_t from_ms = heard_ms > client->sent_ms ? heard_ms : client->sent_ms;
    return client->silent_ms == 0 ? INT64_MAX : from_ms + client->silent_ms;
}

/* What comes in moves the end of silence only when the timer looks: it costs nothing while bytes come. */
static void wait_on(struct vn_http_client *client)
{
    int64_t now_ms = (int64_t)uv_now(client->loop);
    int64_t end_ms = silence_ms(client);
    end_ms = client->due_ms != 0 && client->due_ms < end_ms ? client->due_ms : end_ms;
    if (end_ms == INT64_MAX) {
        (void)uv_timer_stop(&client->timer);
    } else {
        (void)uv_timer_start(&client->timer, on_timer, (uint64_t)(end_ms > now_ms ? end_ms - now_ms : 0), 0);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_http_client *client = timer->data;
    int64_t now_ms = (int64_t)uv_now(client->loop);
    if (client->deferred != VN_OK) {
        vn_client_finish(client, client->deferred, NULL);
    } else if (client->due_ms != 0 && now_ms >= client->due_ms) {
        vn_client_fail(client, VN_TIMEOUT, "time-out: no answer from %s", client->label);
    } else if (now_ms >= silence_ms(client)) {
        vn_client_fail(client, VN_TIMEOUT, "time-out: nothing came from %s for %lld ms", client->label,
                       (long long)client->silent_ms);
    } else {
        wait_on(client);
    }
}

void vn_client_streams(struct vn_http_client *client)
{
    client->due_ms = 0;
    wait_on(client);
}

void vn_client_lost(struct vn_http_client *client, const char *text)
{
    if (!client->on_used_link) {
        vn_client_fail(client, VN_GONE, "%s", text);
        return;
    }
    client->on_used_link = false;
    vn_link_drop(client);
    if (vn_link_open(client) != VN_OK) {
        vn_client_fail(client, VN_IO, "can't open a connection to %s", client->label);
    }
}

void vn_http_client_cancel(struct vn_http_client *client)
{
    if (client->busy) {
        vn_client_fail(client, VN_GONE, "cancelled");
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct vn_http_client *client = handle->data;
    client->timer_closed = true;
    vn_client_release(client);
}

void vn_http_client_destroy(struct vn_http_client *client)
{
    if (client == NULL || client->destroyed) {
        return;
    }
    client->destroyed = true;
    vn_http_client_cancel(client);
    vn_link_drop(client);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
}

/* --- sending ---------------------------------------------------------------------------------------------- */

/* One line's worth of text without anything that could end the line. */
static bool plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool header_ok(const struct vn_http_header_out *header)
{
    return header->name[0] != '\0' && strpbrk(header->name, ": ") == NULL && plain(header->name) &&
           plain(header->value);
}

static bool request_ok(const struct vn_http_request_out *request)
{
    bool ok = request->method != NULL && request->path != NULL && request->method[0] != '\0' &&
              request->path[0] == '/' && plain(request->method) && plain(request->path) &&
              strchr(request->method, ' ') == NULL && strchr(request->path, ' ') == NULL &&
              request->header_count <= VN_HTTP_HEADERS_MAX / 2 &&
              (request->content_type == NULL || plain(request->content_type));
    for (size_t i = 0; ok && i < request->header_count; i++) {
        ok = header_ok(&request->headers[i]);
    }
    return ok;
}

static enum vn_status write_head(const struct vn_http_client *client,
                                 const struct vn_http_request_out *request, size_t body_len, bool zipped,
                                 struct vn_buf *head)
{
    const char *type = request->content_type == NULL ? "application/json" : request->content_type;
    bool is_v6 = strchr(client->host, ':') != NULL;
    enum vn_status status = vn_buf_printf(head, "%s %s HTTP/1.1\r\nHost: %s%s%s", request->method,
                                          request->path, is_v6 ? "[" : "", client->host, is_v6 ? "]" : "");
    if (status == VN_OK && client->port != 0) {
        status = vn_buf_printf(head, ":%u", (unsigned)client->port);
    }
    if (status == VN_OK) {
        status =
            vn_buf_append_str(head, request->on_chunk == NULL ? "\r\nAccept-Encoding: gzip\r\n" : "\r\n");
    }
    if (status == VN_OK && body_len > 0) {
        status = vn_buf_printf(head, "Content-Type: %s\r\n", type);
    }
    bool has_body = strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
    if (status == VN_OK && (has_body || body_len > 0)) {
        status = vn_buf_printf(head, "Content-Length: %zu\r\n", body_len);
    }
    if (status == VN_OK && zipped) {
        status = vn_buf_append_str(head, "Content-Encoding: gzip\r\n");
    }
    for (size_t i = 0; status == VN_OK && i < request->header_count; i++) {
        status = vn_buf_printf(head, "%s: %s\r\n", request->headers[i].name, request->headers[i].value);
    }
    return status == VN_OK && head->len > REQUEST_HEAD_MAX ? VN_FULL : status;
}

static enum vn_status write_request(struct vn_http_client *client, const struct vn_http_request_out *request)
{
    struct vn_buf zipped;
    struct vn_view body = request->body;
    bool zip = request->gzip && body.len > VN_HTTP_ZIP_MIN;
    vn_buf_init(&zipped, VN_HTTP_REPLY_MAX);
    if (zip) {
        zip = vn_gzip(body, 1, &zipped) == VN_OK && zipped.len < body.len;
    }
    if (zip) {
        body = vn_buf_view(&zipped);
    }
    vn_buf_clear(&client->request);
    enum vn_status status = write_head(client, request, body.len, zip, &client->request);
    client->request_head = client->request.len;
    if (status == VN_OK) {
        status = vn_buf_append(&client->request, body);
    }
    vn_buf_deinit(&zipped);
    return status;
}

enum vn_status vn_client_queue(struct vn_http_client *client, struct vn_channel *channel)
{
    struct vn_http_header_out late[VN_HTTP_LATE_MAX];
    size_t count = client->late == NULL ? 0 : client->late(client->ctx, late, VN_HTTP_LATE_MAX);
    struct vn_view all = vn_buf_view(&client->request);
    struct vn_buf lines;
    vn_buf_init(&lines, REQUEST_HEAD_MAX - client->request_head);
    enum vn_status status = count <= VN_HTTP_LATE_MAX ? VN_OK : VN_ARG;
    for (size_t i = 0; status == VN_OK && i < count; i++) {
        status =
            header_ok(&late[i]) ? vn_buf_printf(&lines, "%s: %s\r\n", late[i].name, late[i].value) : VN_ARG;
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(&lines, "\r\n");
    }
    if (status == VN_OK) {
        status = vn_channel_queue(channel, vn_view_of(all.data, client->request_head));
    }
    if (status == VN_OK) {
        status = vn_channel_queue(channel, vn_buf_view(&lines));
    }
    if (status == VN_OK) {
        status = vn_channel_queue(
            channel, vn_view_of(all.data + client->request_head, all.len - client->request_head));
    }
    vn_buf_deinit(&lines);
    return status;
}

/* A standing connection is used if its server's certificate is still good: it may live longer than that. */
static void start(struct vn_http_client *client)
{
    struct vn_error reason;
    if (client->link != NULL && vn_link_stands(client->link) && vn_link_dates_ok(client->link, &reason)) {
        client->on_used_link = true;
        vn_link_send(client->link);
        return;
    }
    vn_link_drop(client);
    enum vn_status status = vn_link_open(client);
    if (status != VN_OK) {
        vn_client_fail(client, status, "can't open a connection to %s", client->label);
    }
}

enum vn_status vn_http_client_send(struct vn_http_client *client, const struct vn_http_request_out *request,
                                   vn_http_done done, void *ctx)
{
    if (client->busy) {
        return VN_AGAIN;
    }
    if (client->destroyed || !request_ok(request) || request->timeout_ms < 0 || request->silent_ms < 0) {
        return VN_ARG;
    }
    enum vn_status status = write_request(client, request);
    if (status != VN_OK) {
        vn_buf_deinit(&client->request);
        return status;
    }
    client->busy = true;
    client->on_used_link = false;
    client->head_only = strcmp(request->method, "HEAD") == 0;
    client->response_max =
        request->response_max == 0 || request->on_chunk != NULL ? VN_FEED_BYTES_MAX : request->response_max;
    client->stream_max = request->response_max == 0 ? INT64_MAX : (int64_t)request->response_max;
    client->late = request->late;
    client->on_chunk = request->on_chunk;
    client->on_head = request->on_head;
    client->sent_ms = (int64_t)uv_now(client->loop);
    client->due_ms = request->timeout_ms > 0 ? client->sent_ms + request->timeout_ms : 0;
    client->silent_ms = request->silent_ms;
    client->done = done;
    client->ctx = ctx;
    wait_on(client);
    client->sending = true;
    start(client);
    client->sending = false;
    return VN_OK;
}
