/* The functions of sync/net/client.h as messages. What TCP and TLS would do is reduced to what a program can notice: a
 * connection takes a while to be made, its server's certificate is judged, headers that must be fresh are asked for when
 * the request leaves, a connection that breaks before an answer is made anew once if it had served before.
 *
 * Not here: zipping, stalls in the middle of a body. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/crypto/x509.h"
#include "sync/net/gzip.h"
#include "tests/sim/net/client_native.h"

/* --- life -------------------------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text == NULL ? "" : text);
}

static enum vn_status take_tls(struct vn_http_client *client, const struct vn_tls_client_options *tls,
                               struct vn_error *error)
{
    enum vn_status status = vn_buf_append(&client->ca, tls->ca_pem);
    client->tls = true;
    copy_text(client->host_name, sizeof client->host_name,
              tls->host_name == NULL ? client->host : tls->host_name);
    if (status == VN_OK && tls->cert_pem.len > 0) {
        status = vn_buf_append(&client->cert, tls->cert_pem);
        if (status == VN_OK) {
            status = vn_cert_read(tls->cert_pem, &client->info, error);
        }
    }
    return status;
}

static void client_free(struct vn_http_client *client)
{
    vn_buf_deinit(&client->ca);
    vn_buf_deinit(&client->cert);
    free(client);
}

enum vn_status vn_http_client_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                     struct vn_log *log, const struct vn_http_target *target,
                                     struct vn_http_client **out, struct vn_error *error)
{
    struct vn_http_client *client = calloc(1, sizeof *client);
    (void)random;
    (void)log;
    *out = NULL;
    if (client == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    client->loop = loop;
    client->proc = sim_loop_proc(loop);
    client->clock = clock;
    client->port = target->port;
    copy_text(client->socket_path, sizeof client->socket_path, target->socket_path);
    copy_text(client->host, sizeof client->host, target->host);
    copy_text(client->label, sizeof client->label, target->label == NULL ? "the server" : target->label);
    vn_buf_init(&client->ca, 8 * (size_t)VN_PEM_MAX);
    vn_buf_init(&client->cert, 8 * (size_t)VN_PEM_MAX);
    enum vn_status status = target->tls == NULL ? VN_OK : take_tls(client, target->tls, error);
    if (status != VN_OK) {
        client_free(client);
        return status;
    }
    (void)uv_timer_init(loop, &client->timer);
    client->timer.data = client;
    *out = client;
    return VN_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    client_free(handle->data);
}

/* The server hears of it a moment later, if it can. */
struct parting {
    struct sim_line *line;
};

static void part(void *arg)
{
    struct parting *parting = arg;
    if (parting->line->server != NULL) {
        sim_server_line_gone(parting->line->server, parting->line);
    }
    sim_line_drop(parting->line);
    free(parting);
}

void sim_client_drop_line(struct vn_http_client *client)
{
    struct sim_line *line = client->line;
    int64_t delay_ns = 0;
    client->line = NULL;
    if (line == NULL) {
        return;
    }
    line->client = NULL;
    line->broken = true;
    struct parting *parting = malloc(sizeof *parting);
    assert(parting != NULL);
    parting->line = line; /* with our reference */
    if (line->local) {
        delay_ns = 0;
    } else if (sim_proc_crashed(client->proc) ||
               sim_net_send(sim_proc_host(client->proc), sim_proc_host(line->server_proc), &delay_ns) !=
                   SIM_ARRIVES) {
        delay_ns = SIM_SILENT_MS * SIM_MS;
    }
    sim_after(delay_ns, part, parting);
}

void vn_http_client_destroy(struct vn_http_client *client)
{
    if (client == NULL || client->destroyed) {
        return;
    }
    client->destroyed = true;
    vn_http_client_cancel(client);
    sim_client_drop_line(client);
    uv_close((uv_handle_t *)&client->timer, on_timer_closed);
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
    return client->tls && client->line != NULL && client->line->used;
}

/* --- the end of a call ----------------------------------------------------------------------------------- */

static void finish(struct vn_http_client *client, enum vn_status status,
                   const struct vn_http_response *response)
{
    vn_http_done done = client->done;
    struct sim_call *call = client->call;
    (void)uv_timer_stop(&client->timer);
    sim_loop_drop(client->loop);
    client->busy = false;
    client->call = NULL;
    call->client = NULL;
    done(client->ctx, status, status == VN_OK ? response : NULL);
    sim_call_drop(call);
}

void sim_client_fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(client->reason, sizeof client->reason, format, args);
    va_end(args);
    sim_client_drop_line(client);
    finish(client, status, NULL);
}

void vn_http_client_cancel(struct vn_http_client *client)
{
    if (client->busy) {
        sim_client_fail(client, VN_GONE, "cancelled");
    }
}

static void on_timeout(uv_timer_t *timer)
{
    sim_client_fail(timer->data, VN_TIMEOUT, "time-out");
}

/* --- sending ------------------------------------------------------------------------------------------------- */

static struct sim_call *call_new(struct vn_http_client *client, const struct vn_http_request_out *request)
{
    struct sim_call *call = calloc(1, sizeof *call);
    assert(call != NULL);
    call->refs = 1;
    call->client = client;
    call->zips = request->on_chunk == NULL;
    call->method = strdup(request->method);
    call->path = strdup(request->path);
    char *query = strchr(call->path, '?');
    call->query = query == NULL ? call->path + strlen(call->path) : query + 1;
    if (query != NULL) {
        *query = '\0';
    }
    for (size_t i = 0; i < request->header_count; i++) {
        sim_call_add_header(call, request->headers[i].name, request->headers[i].value);
    }
    if (request->body.len > 0) {
        sim_call_add_header(call, "Content-Type",
                            request->content_type == NULL ? "application/json" : request->content_type);
    }
    vn_buf_init(&call->body, VN_HTTP_REPLY_MAX);
    if (vn_buf_append(&call->body, request->body) != VN_OK) {
        sim_call_drop(call);
        return NULL;
    }
    return call;
}

enum vn_status vn_http_client_send(struct vn_http_client *client, const struct vn_http_request_out *request,
                                   vn_http_done done, void *ctx)
{
    if (client->busy) {
        return VN_AGAIN;
    }
    if (client->destroyed) {
        return VN_ARG;
    }
    client->call = call_new(client, request);
    if (client->call == NULL) {
        return VN_NOMEM;
    }
    client->busy = true;
    client->resent = false;
    client->late = request->late;
    client->on_chunk = request->on_chunk;
    client->on_head = request->on_head;
    client->response_max = request->response_max == 0 ? VN_FEED_BYTES_MAX : request->response_max;
    client->done = done;
    client->ctx = ctx;
    sim_loop_hold(client->loop);
    bool silence =
        request->silent_ms > 0 && (request->timeout_ms == 0 || request->silent_ms < request->timeout_ms);
    client->silent_ms = silence ? request->silent_ms : 0;
    if (silence || request->timeout_ms > 0) {
        (void)uv_timer_start(&client->timer, on_timeout,
                             (uint64_t)(silence ? request->silent_ms : request->timeout_ms), 0);
    }
    sim_client_start(client);
    return VN_OK;
}

/* --- the answer -------------------------------------------------------------------------------------------- */

static void on_reset(struct vn_http_client *client)
{
    bool again = client->on_used_line && !client->resent;
    sim_client_drop_line(client);
    if (again) {
        client->resent = true;
        sim_client_start(client);
    } else {
        sim_client_fail(client, VN_GONE, "the connection was lost");
    }
}

static void on_reply(struct vn_http_client *client, struct sim_answer *answer)
{
    struct vn_http_header headers[SIM_CALL_HEADERS];
    struct vn_buf plain;
    vn_buf_init(&plain, VN_HTTP_REPLY_MAX);
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < answer->header_count; i++) {
        headers[i] = (struct vn_http_header){vn_view_str(answer->names[i]), vn_view_str(answer->values[i])};
    }
    struct vn_http_response response = {.status = answer->status,
                                        .headers = headers,
                                        .header_count = answer->header_count,
                                        .body = vn_buf_view(&answer->body)};
    if (answer->zipped) {
        status = vn_gunzip(response.body, client->response_max, &plain);
        response.body = vn_buf_view(&plain);
    } else if (response.body.len > client->response_max) {
        status = VN_FULL;
    }
    answer->line->used = true;
    answer->line->used_ns = sim_now_ns();
    if (status != VN_OK) {
        sim_client_fail(client, status, "the answer of %s is too large, or broken", client->label);
    } else if (answer->news == SIM_HEAD) {
        if (client->on_head != NULL) {
            client->on_head(client->ctx, &response);
        }
    } else {
        client->reason[0] = '\0';
        finish(client, VN_OK, &response);
    }
    vn_buf_deinit(&plain);
}

static void run_answer(struct sim_post *post, bool alive)
{
    struct sim_answer *answer = (struct sim_answer *)post;
    struct vn_http_client *client = answer->call->client;
    if (alive && client != NULL && client->line == answer->line) {
        if (client->silent_ms > 0) {
            (void)uv_timer_start(&client->timer, on_timeout, (uint64_t)client->silent_ms, 0);
        }
        if (answer->news == SIM_RESET) {
            on_reset(client);
        } else if (answer->news == SIM_PIECE && client->on_chunk != NULL) {
            client->on_chunk(client->ctx, vn_buf_view(&answer->body));
        } else {
            on_reply(client, answer);
        }
    }
    sim_answer_free(answer);
}

static void answer_arrives(void *arg)
{
    struct sim_answer *answer = arg;
    struct vn_http_client *client = answer->call->client;
    if (client == NULL || sim_proc_crashed(client->proc)) {
        sim_answer_free(answer);
        return;
    }
    answer->post.run = run_answer;
    sim_loop_post(client->loop, &answer->post);
}

void sim_answer_send(struct sim_answer *answer)
{
    const struct sim_line *line = answer->line;
    int64_t delay_ns = 0;
    sim_net_counts()->replies++;
    if (line->local) {
        answer_arrives(answer);
        return;
    }
    sim_lie(answer);
    if (sim_net_is_mute(sim_proc_host(line->client_proc), answer->call->path)) {
        sim_answer_free(answer);
        return;
    }
    switch (sim_net_send(sim_proc_host(line->server_proc), sim_proc_host(line->client_proc), &delay_ns)) {
    case SIM_ARRIVES: sim_after(delay_ns, answer_arrives, answer); return;
    case SIM_IS_RESET:
        sim_net_counts()->resets++;
        answer->news = SIM_RESET;
        sim_after(delay_ns, answer_arrives, answer);
        return;
    case SIM_IS_SILENT: sim_answer_free(answer); return;
    }
}
