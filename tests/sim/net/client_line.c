/* How a request gets from a client to its server: connecting, judging the server's certificate, headers that must be fresh. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/net/client_native.h"

/* A step of a call on its way: run at the client, or on its way to the server. */
struct step {
    struct sim_post post; /* first */
    struct sim_call *call;
    struct sim_line *line; /* may be NULL */
    enum vn_status status;
    const char *reason;
};

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
        sim_client_fail(step->call->client, step->status, "%s", step->reason);
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

void sim_call_add_header(struct sim_call *call, const char *name, const char *value)
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
                sim_call_add_header(call, old->names[i], old->values[i]);
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
        sim_call_add_header(client->call, late[i].name, late[i].value);
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
    sim_client_fail(client, VN_DENIED, "%s", reason);
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
            sim_client_fail(client, VN_DENIED, "the certificate of %s is not signed by our authority",
                            client->label);
        } else if (cert.len > 0 && client->cert.len > 0 && !sim_trusts(vn_buf_view(&client->cert), trusted)) {
            sim_net_counts()->refused_certificates++;
            sim_client_fail(client, VN_DENIED, "%s refuses our certificate", client->label);
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

void sim_client_start(struct vn_http_client *client)
{
    int64_t delay_ns = 0;
    struct sim_line *line = client->line;
    if (line != NULL && !line->broken && line->server != NULL && dates_ok(client, line) &&
        sim_now_ns() - line->used_ns < sim_server_idle_ms(line->server) * SIM_MS) {
        send_on_line(client);
        return;
    }
    sim_client_drop_line(client);
    if (client->socket_path[0] != '\0') {
        connect_local(client);
        return;
    }
    if (sim_net_send(sim_proc_host(client->proc), client->host, &delay_ns) == SIM_ARRIVES) {
        sim_after(delay_ns, at_listener, step_new(client->call, NULL, NULL));
    } else {
        fail_later(client, VN_TIMEOUT, "no answer to connecting", SIM_SILENT_MS * SIM_MS);
    }
}
