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
#include "tests/sim/net/flight.h"

#define SILENT_MS 120000 /* after which a system gives a connection up by itself */

struct vn_http_client {
    uv_loop_t *loop;
    struct sim_proc *proc;
    struct vn_clock clock;
    char socket_path[VN_PATH_MAX], host[VN_HOST_MAX], host_name[VN_HOST_MAX], label[VN_NAME_MAX];
    uint16_t port;
    bool tls, busy, destroyed, resent, on_used_line;
    struct vn_buf ca, cert;
    struct vn_cert_info info; /* of cert */
    struct sim_line *line;
    struct sim_call *call;
    uv_timer_t timer;
    size_t response_max;
    size_t (*late)(void *ctx, struct vn_http_header_out *out, size_t max);
    void (*on_chunk)(void *ctx, struct vn_view piece);
    void (*on_head)(void *ctx, const struct vn_http_response *head);
    vn_http_done done;
    void *ctx;
    char reason[VN_HTTP_REASON_MAX];
};

/* A step of a call on its way: run at the client, or on its way to the server. */
struct step {
    struct sim_post post; /* first */
    struct sim_call *call;
    struct sim_line *line; /* may be NULL */
    enum vn_status status;
    const char *reason;
};

static void start(struct vn_http_client *client);

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

static void drop_line(struct vn_http_client *client)
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
        delay_ns = SILENT_MS * SIM_MS;
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
    drop_line(client);
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

static void fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail(struct vn_http_client *client, enum vn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(client->reason, sizeof client->reason, format, args);
    va_end(args);
    drop_line(client);
    finish(client, status, NULL);
}

void vn_http_client_cancel(struct vn_http_client *client)
{
    if (client->busy) {
        fail(client, VN_GONE, "cancelled");
    }
}

static void on_timeout(uv_timer_t *timer)
{
    fail(timer->data, VN_TIMEOUT, "time-out");
}

/* --- steps --------------------------------------------------------------------------------------------------- */

static struct step *step_new(struct sim_call *call, struct sim_line *line,
                             void (*run)(struct sim_post *post, bool alive))
{
    struct step *step = calloc(1, sizeof *step);
    assert(step != NULL);
    step->post.run = run;
    step->call = sim_call_hold(call);
    step->line = line == NULL ? NULL : sim_line_hold(line);
    return step;
}

static void step_free(struct step *step)
{
    sim_call_drop(step->call);
    sim_line_drop(step->line);
    free(step);
}

/* A connection that nobody wants any more. */
static void abandon(const struct step *step)
{
    if (step->line != NULL && step->line->server != NULL) {
        step->line->broken = true;
        sim_server_line_gone(step->line->server, step->line);
    }
}

/* Back at the client's machine: to its loop, if it still waits. */
static void to_client(void *arg)
{
    struct step *step = arg;
    if (step->call->client == NULL || sim_proc_crashed(step->call->client->proc)) {
        abandon(step);
        step_free(step);
        return;
    }
    sim_loop_post(step->call->client->loop, &step->post);
}

static void run_failed(struct sim_post *post, bool alive)
{
    struct step *step = (struct step *)post;
    if (alive && step->call->client != NULL) {
        fail(step->call->client, step->status, "%s", step->reason);
    }
    step_free(step);
}

static void fail_later(struct vn_http_client *client, enum vn_status status, const char *reason,
                       int64_t delay_ns)
{
    struct step *step = step_new(client->call, NULL, run_failed);
    step->status = status;
    step->reason = reason;
    if (delay_ns == 0) {
        sim_loop_post(client->loop, &step->post);
    } else {
        sim_after(delay_ns, to_client, step);
    }
}

/* The request is at the server's machine. */
static void at_server(void *arg)
{
    struct step *step = arg;
    struct sim_line *line = step->line;
    if (line->server != NULL && !sim_proc_crashed(line->server_proc)) {
        sim_server_deliver(line->server, step->call, line);
    } else { /* the machine is there again, and knows no such connection */
        sim_answer_send(sim_answer_new(step->call, line, SIM_RESET));
    }
    step_free(step);
}

static void add_header(struct sim_call *call, const char *name, const char *value)
{
    assert(call->header_count < SIM_CALL_HEADERS);
    size_t at = call->header_count++;
    call->names[at] = strdup(name);
    call->values[at] = strdup(value);
    call->headers[at] = (struct vn_http_header){vn_view_str(call->names[at]), vn_view_str(call->values[at])};
}

/* The headers that must be fresh are asked for now: of a call that is sent once more the first ones stay what they were,
 * so it becomes another call. */
static void freshen(struct vn_http_client *client)
{
    struct vn_http_header_out late[VN_HTTP_LATE_MAX];
    struct sim_call *old = client->call;
    if (old->head_sent) {
        struct sim_call *call = calloc(1, sizeof *call);
        assert(call != NULL);
        call->refs = 1;
        call->client = client;
        call->zips = old->zips;
        call->method = strdup(old->method);
        call->path = strdup(old->path);
        call->query = call->path + (old->query - old->path);
        if (old->query > old->path && old->query[-1] == '\0') {
            free(call->path);
            size_t len = (size_t)(old->query - old->path) + strlen(old->query) + 1;
            call->path = malloc(len);
            assert(call->path != NULL);
            memcpy(call->path, old->path, len);
            call->query = call->path + (old->query - old->path);
        }
        for (size_t i = 0; i < old->header_count; i++) {
            if (strcmp(old->names[i], "Verno-Till") != 0) {
                add_header(call, old->names[i], old->values[i]);
            }
        }
        vn_buf_init(&call->body, VN_HTTP_REPLY_MAX);
        if (vn_buf_append(&call->body, vn_buf_view(&old->body)) != VN_OK) {
            abort();
        }
        old->client = NULL;
        sim_call_drop(old);
        client->call = call;
    }
    size_t count = client->late == NULL ? 0 : client->late(client->ctx, late, VN_HTTP_LATE_MAX);
    for (size_t i = 0; i < count; i++) {
        add_header(client->call, late[i].name, late[i].value);
    }
    client->call->head_sent = true;
}

static void send_on_line(struct vn_http_client *client)
{
    struct sim_line *line = client->line;
    int64_t delay_ns = 0;
    int64_t later_ns = 0;
    client->on_used_line = line->used;
    freshen(client);
    sim_net_counts()->requests++;
    struct step *step = step_new(client->call, line, NULL);
    if (line->local) {
        at_server(step);
        return;
    }
    switch (sim_net_send(sim_proc_host(client->proc), sim_proc_host(line->server_proc), &delay_ns)) {
    case SIM_ARRIVES:
        if (sim_net_repeats(&later_ns)) {
            sim_after(delay_ns + later_ns, at_server, step_new(client->call, line, NULL));
        }
        sim_after(delay_ns, at_server, step);
        return;
    case SIM_IS_RESET:
        sim_net_counts()->resets++;
        sim_answer_send(sim_answer_new(client->call, line, SIM_RESET));
        break;
    case SIM_IS_SILENT: break;
    }
    step_free(step);
}

/* By the client's own clock. */
static bool dates_ok(struct vn_http_client *client, const struct sim_line *line)
{
    char date[VN_TIME_TEXT_MAX];
    if (!client->tls || !line->server_cert_shown) {
        return true;
    }
    int64_t now_ms = vn_clock_wall_ms(&client->clock);
    if (now_ms > line->server_cert.not_after_ms) {
        vn_time_text(line->server_cert.not_after_ms, date);
        (void)snprintf(client->reason, sizeof client->reason, "the certificate of %s expired on %s",
                       client->label, date);
        return false;
    }
    if (now_ms < line->server_cert.not_before_ms) {
        vn_time_text(line->server_cert.not_before_ms, date);
        (void)snprintf(client->reason, sizeof client->reason,
                       "the certificate of %s is valid only from %s; is our clock right?", client->label,
                       date);
        return false;
    }
    return true;
}

static bool judge_dates(struct vn_http_client *client)
{
    char reason[VN_HTTP_REASON_MAX];
    if (dates_ok(client, client->line)) {
        return true;
    }
    sim_net_counts()->expired_certificates++;
    memcpy(reason, client->reason, sizeof reason);
    fail(client, VN_DENIED, "%s", reason);
    return false;
}

/* The connection stands. */
static void run_connected(struct sim_post *post, bool alive)
{
    struct step *step = (struct step *)post;
    struct vn_http_client *client = step->call->client;
    struct sim_line *line = step->line;
    struct vn_view cert = VN_VIEW_NONE;
    struct vn_view trusted = VN_VIEW_NONE;
    if (alive && client != NULL && client->line == NULL) {
        client->line = sim_line_hold(line);
        line->client = client;
        if (line->server != NULL && client->tls && sim_server_tls(line->server, &cert, &trusted)) {
            line->server_cert_shown = vn_cert_read(cert, &line->server_cert, NULL) == VN_OK;
        }
        if (cert.len > 0 && !sim_trusts(cert, vn_buf_view(&client->ca))) {
            sim_net_counts()->refused_certificates++;
            fail(client, VN_DENIED, "the certificate of %s is not signed by our authority", client->label);
        } else if (cert.len > 0 && client->cert.len > 0 && !sim_trusts(vn_buf_view(&client->cert), trusted)) {
            sim_net_counts()->refused_certificates++;
            fail(client, VN_DENIED, "%s refuses our certificate", client->label);
        } else if (judge_dates(client)) {
            send_on_line(client);
        }
    } else {
        abandon(step);
    }
    step_free(step);
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

static struct sim_line *line_new(const struct vn_http_client *client, struct vn_http_server *server)
{
    struct sim_line *line = calloc(1, sizeof *line);
    assert(line != NULL);
    line->refs = 1;
    line->server = server;
    line->client_proc = client->proc;
    line->server_proc = sim_server_proc(server);
    line->local = client->socket_path[0] != '\0';
    line->used_ns = sim_now_ns();
    line->peer.kind = line->local ? VN_HTTP_PEER_UNIX : client->tls ? VN_HTTP_PEER_TLS : VN_HTTP_PEER_PLAIN;
    line->peer.opened_ms = sim_server_mono_ms(server);
    line->peer.uid = 1000;
    line->peer.gid = 1000;
    line->peer.pid = 1;
    if (client->cert.len > 0) {
        memcpy(line->peer.name, client->info.common_name, sizeof line->peer.name);
        memcpy(line->peer.serial, client->info.serial, sizeof line->peer.serial);
        line->peer.not_before_ms = client->info.not_before_ms;
        line->peer.not_after_ms = client->info.not_after_ms;
    }
    sim_server_know(server, line);
    return line;
}

/* At the server's machine: somebody listens there, or not. */
static void at_listener(void *arg)
{
    struct step *step = arg;
    struct vn_http_client *client = step->call->client;
    int64_t delay_ns = 0;
    if (client == NULL) {
        step_free(step);
        return;
    }
    struct vn_http_server *server = sim_server_at(client->host, client->port);
    if (server == NULL) {
        step->post.run = run_failed;
        step->status = VN_GONE;
        step->reason = "connection refused";
        sim_after(sim_net_plain_delay(), to_client, step);
        return;
    }
    if (sim_net_send(sim_proc_host(sim_server_proc(server)), sim_proc_host(client->proc), &delay_ns) !=
        SIM_ARRIVES) {
        step_free(step);
        return;
    }
    step->line = line_new(client, server);
    step->post.run = run_connected;
    sim_after(delay_ns, to_client, step);
}

static void connect_local(struct vn_http_client *client)
{
    struct vn_http_server *server = sim_server_at_path(client->socket_path);
    if (server == NULL) {
        fail_later(client, VN_ABSENT, "no such socket", 0);
        return;
    }
    client->line = line_new(client, server);
    client->line->client = client;
    send_on_line(client);
}

static void start(struct vn_http_client *client)
{
    int64_t delay_ns = 0;
    struct sim_line *line = client->line;
    if (line != NULL && !line->broken && line->server != NULL && dates_ok(client, line) &&
        sim_now_ns() - line->used_ns < sim_server_idle_ms(line->server) * SIM_MS) {
        send_on_line(client);
        return;
    }
    drop_line(client);
    if (client->socket_path[0] != '\0') {
        connect_local(client);
        return;
    }
    if (sim_net_send(sim_proc_host(client->proc), client->host, &delay_ns) == SIM_ARRIVES) {
        sim_after(delay_ns, at_listener, step_new(client->call, NULL, NULL));
    } else {
        fail_later(client, VN_TIMEOUT, "no answer to connecting", SILENT_MS * SIM_MS);
    }
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
        add_header(call, request->headers[i].name, request->headers[i].value);
    }
    if (request->body.len > 0) {
        add_header(call, "Content-Type",
                   request->content_type == NULL ? "application/json" : request->content_type);
    }
    vn_buf_init(&call->body, VN_HTTP_REPLY_MAX);
    if (vn_buf_append(&call->body, request->body) != VN_OK) {
        abort();
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
    client->busy = true;
    client->resent = false;
    client->call = call_new(client, request);
    client->late = request->late;
    client->on_chunk = request->on_chunk;
    client->on_head = request->on_head;
    client->response_max = request->response_max == 0 ? VN_FEED_BYTES_MAX : request->response_max;
    client->done = done;
    client->ctx = ctx;
    sim_loop_hold(client->loop);
    if (request->timeout_ms > 0) {
        (void)uv_timer_start(&client->timer, on_timeout, (uint64_t)request->timeout_ms, 0);
    }
    start(client);
    return VN_OK;
}

/* --- the answer -------------------------------------------------------------------------------------------- */

static void on_reset(struct vn_http_client *client)
{
    bool again = client->on_used_line && !client->resent;
    drop_line(client);
    if (again) {
        client->resent = true;
        start(client);
    } else {
        fail(client, VN_GONE, "the connection was lost");
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
        fail(client, status, "the answer of %s is too large, or broken", client->label);
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
