/* The functions of sync/net/server.h as messages, see client.c. A request is judged by its certificate, its length and the
 * hook `admit` as by the real one, and an exchange lives as server.h says.
 *
 * Not here: connections and bodies counted, Host and Origin, slow clients. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/net/gzip.h"
#include "sync/net/server_rules.h"
#include "tests/sim/net/flight.h"

struct vn_http_server {
    uv_loop_t *loop;
    struct sim_proc *proc;
    struct vn_clock clock;
    struct vn_log *log;
    struct vn_http_server_options options;
    char zipped_path[VN_HTTP_TARGET_MAX], renew_path[VN_HTTP_TARGET_MAX];
    bool tls, closing;
    struct vn_buf cert, trusted;
    vn_http_handler handler;
    void *ctx;
    uint16_t port;
    struct vn_http_exchange *exchanges;
    struct sim_line **lines; /* that stand */
    size_t line_count, line_cap;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

struct vn_http_exchange {
    struct vn_http_server *server;
    struct sim_call *call;
    struct sim_line *line;
    struct vn_http_request request;
    struct vn_http_peer peer;
    void (*on_gone)(void *ctx, struct vn_http_exchange *exchange);
    void *on_gone_ctx;
    struct sim_answer *answer; /* being put together */
    bool streams;
    int64_t asked_ns;
    struct vn_http_exchange *next;
};

/* --- who listens --------------------------------------------------------------------------------------------- */

enum vn_status vn_http_server_listen_unix(struct vn_http_server *server, const char *path, unsigned mode,
                                          struct vn_error *error)
{
    (void)mode;
    if (sim_server_at_path(path) != NULL) {
        return vn_fail(error, VN_CONFLICT, "%s: somebody listens there", path);
    }
    sim_listen_at(server, path, 0, false);
    return VN_OK;
}

enum vn_status vn_http_server_listen_tcp(struct vn_http_server *server, const char *host, uint16_t port,
                                         struct vn_error *error)
{
    bool six = strchr(host, ':') != NULL; /* of its machine, whatever it is called */
    if (sim_listener_at(sim_proc_host(server->proc), port, six) != NULL) {
        return vn_fail(error, VN_CONFLICT, "port %u is in use", (unsigned)port);
    }
    server->port = port;
    sim_listen_at(server, "", port, six);
    return VN_OK;
}

uint16_t vn_http_server_port(const struct vn_http_server *server)
{
    return server->port;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

struct vn_http_server_options vn_http_server_options_default(void)
{
    return (struct vn_http_server_options){
        .body_max = VN_POS_BODY_MAX,
        .connections_max = VN_HTTP_CONNECTIONS_MAX,
        .idle_ms = VN_HTTP_IDLE_MS,
        .head_ms = VN_HTTP_HEAD_MS,
        .body_ms = VN_HTTP_BODY_MS,
    };
}

enum vn_status vn_http_server_set_tls(struct vn_http_server *server, const struct vn_tls_server_options *tls,
                                      struct vn_error *error)
{
    vn_buf_clear(&server->cert);
    vn_buf_clear(&server->trusted);
    server->tls = true;
    enum vn_status status = vn_buf_append(&server->cert, tls->cert_pem);
    if (status == VN_OK) {
        status = vn_buf_append(&server->trusted, tls->ca_pem);
    }
    return status == VN_OK ? VN_OK : vn_fail(error, status, "out of memory");
}

enum vn_status vn_http_server_create(uv_loop_t *loop, struct vn_clock clock, struct vn_log *log,
                                     const struct vn_http_server_options *options, vn_http_handler handler,
                                     void *ctx, struct vn_http_server **out, struct vn_error *error)
{
    struct vn_http_server *server = calloc(1, sizeof *server);
    *out = NULL;
    if (server == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    server->loop = loop;
    server->proc = sim_loop_proc(loop);
    server->clock = clock;
    server->log = log;
    server->options = *options;
    server->handler = handler;
    server->ctx = ctx;
    (void)snprintf(server->zipped_path, sizeof server->zipped_path, "%s",
                   options->zipped_path == NULL ? "" : options->zipped_path);
    (void)snprintf(server->renew_path, sizeof server->renew_path, "%s",
                   options->renew_path == NULL ? "" : options->renew_path);
    vn_buf_init(&server->cert, 8 * (size_t)VN_PEM_MAX);
    vn_buf_init(&server->trusted, 8 * (size_t)VN_PEM_MAX);
    sim_loop_hold(loop);
    *out = server;
    return options->tls == NULL ? VN_OK : vn_http_server_set_tls(server, options->tls, error);
}

size_t vn_http_server_connections(const struct vn_http_server *server)
{
    return server->line_count;
}

struct sim_proc *sim_server_proc(const struct vn_http_server *server)
{
    return server->proc;
}

int64_t sim_server_mono_ms(const struct vn_http_server *server)
{
    return vn_clock_mono_ns(&server->clock) / SIM_MS;
}

int64_t sim_server_idle_ms(const struct vn_http_server *server)
{
    return server->options.idle_ms;
}

bool sim_server_tls(const struct vn_http_server *server, struct vn_view *cert, struct vn_view *trusted)
{
    *cert = vn_buf_view(&server->cert);
    *trusted = vn_buf_view(&server->trusted);
    return server->tls;
}

/* --- exchanges ----------------------------------------------------------------------------------------------- */

static struct vn_http_exchange *exchange_new(struct vn_http_server *server, struct sim_call *call,
                                             struct sim_line *line)
{
    struct vn_http_exchange *exchange = calloc(1, sizeof *exchange);
    assert(exchange != NULL);
    exchange->server = server;
    exchange->call = sim_call_hold(call);
    exchange->line = sim_line_hold(line);
    exchange->peer = line->peer;
    exchange->asked_ns = sim_now_ns();
    exchange->request = (struct vn_http_request){.method = call->method,
                                                 .path = call->path,
                                                 .query = call->query,
                                                 .headers = call->headers,
                                                 .header_count = call->header_count,
                                                 .peer = &exchange->peer};
    exchange->answer = sim_answer_new(call, line, SIM_REPLY);
    exchange->next = server->exchanges;
    server->exchanges = exchange;
    return exchange;
}

static void exchange_free(struct vn_http_exchange *exchange)
{
    struct vn_http_exchange **at = &exchange->server->exchanges;
    while (*at != exchange) {
        at = &(*at)->next;
    }
    *at = exchange->next;
    if (exchange->answer != NULL) {
        sim_answer_free(exchange->answer);
    }
    sim_call_drop(exchange->call);
    sim_line_drop(exchange->line);
    free(exchange);
}

void vn_http_exchange_on_gone(struct vn_http_exchange *exchange,
                              void (*on_gone)(void *ctx, struct vn_http_exchange *exchange), void *ctx)
{
    exchange->on_gone = on_gone;
    exchange->on_gone_ctx = ctx;
}

static void lose(struct vn_http_exchange *exchange)
{
    if (exchange->on_gone != NULL) {
        exchange->on_gone(exchange->on_gone_ctx, exchange);
    }
    exchange_free(exchange);
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): who is lost is taken off the list, and it is read anew */
static void lose_those_of(struct vn_http_server *server, const struct sim_line *line)
{
    struct vn_http_exchange *exchange = server->exchanges;
    while (exchange != NULL) {
        if (line == NULL || exchange->line == line) {
            lose(exchange);
            exchange = server->exchanges; /* what is told may have ended others */
        } else {
            exchange = exchange->next;
        }
    }
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */

static void forget_line(struct vn_http_server *server, const struct sim_line *line)
{
    for (size_t i = 0; i < server->line_count; i++) {
        if (server->lines[i] == line) {
            server->lines[i]->server = NULL;
            sim_line_drop(server->lines[i]);
            server->lines[i] = server->lines[--server->line_count];
            return;
        }
    }
}

void sim_server_know(struct vn_http_server *server, struct sim_line *line)
{
    if (server->line_count == server->line_cap) {
        server->line_cap = server->line_cap == 0 ? 16 : 2 * server->line_cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        server->lines = realloc(server->lines, server->line_cap * sizeof(struct sim_line *));
        assert(server->lines != NULL);
    }
    server->lines[server->line_count++] = sim_line_hold(line);
}

/* --- replies ------------------------------------------------------------------------------------------------- */

static void add_header(struct sim_answer *answer, const char *name, const char *value)
{
    assert(answer->header_count < SIM_CALL_HEADERS);
    answer->names[answer->header_count] = strdup(name);
    answer->values[answer->header_count++] = strdup(value);
}

enum vn_status vn_http_reply_header(struct vn_http_exchange *exchange, const char *name, const char *value)
{
    if (!vn_http_header_is_sound(name, value)) {
        return VN_INPUT;
    }
    add_header(exchange->answer, name, value);
    return VN_OK;
}

static void begin_answer(struct vn_http_exchange *exchange, int status, const char *content_type)
{
    const struct vn_http_server_options *options = &exchange->server->options;
    exchange->answer->status = status;
    sim_line_answered(exchange->line, &exchange->request, status, exchange->asked_ns);
    if (content_type != NULL) {
        add_header(exchange->answer, "Content-Type", content_type);
    }
    if (options->on_reply != NULL) {
        options->on_reply(options->on_reply_ctx, &exchange->peer, exchange->request.path, status);
    }
}

static void show(const struct vn_http_exchange *exchange)
{
    const struct sim_answer *answer = exchange->answer;
    if (!exchange->line->local && !sim_proc_crashed(exchange->server->proc) &&
        (answer->news == SIM_REPLY || answer->news == SIM_HEAD)) {
        const struct sim_net_seen seen = {.server = sim_proc_host(exchange->server->proc),
                                          .method = exchange->request.method,
                                          .path = exchange->request.path,
                                          .status = answer->status,
                                          .asked = exchange->request.body,
                                          .answered =
                                              answer->zipped ? VN_VIEW_NONE : vn_buf_view(&answer->body)};
        sim_net_show(&seen);
    }
}

static void send_answer(struct vn_http_exchange *exchange)
{
    struct sim_answer *answer = exchange->answer;
    show(exchange);
    exchange->answer = NULL;
    if (sim_proc_crashed(exchange->server->proc)) {
        sim_answer_free(answer);
    } else {
        sim_answer_send(answer);
    }
}

static void end_with(struct vn_http_exchange *exchange, int status, const char *content_type,
                     struct vn_view body, bool zipped)
{
    begin_answer(exchange, status, content_type);
    exchange->answer->zipped = zipped;
    if (vn_buf_append(&exchange->answer->body, body) != VN_OK) {
        exchange->answer->news = SIM_RESET;
    }
    send_answer(exchange);
    exchange_free(exchange);
}

void vn_http_reply(struct vn_http_exchange *exchange, int status, const char *content_type,
                   struct vn_view body)
{
    end_with(exchange, status, content_type, body, false);
}

void vn_http_reply_shared(struct vn_http_exchange *exchange, int status, const char *content_type,
                          struct vn_shared *body)
{
    end_with(exchange, status, content_type, vn_shared_view(body), vn_shared_is_zipped(body));
}

void vn_http_reply_file(struct vn_http_exchange *exchange, int status, const char *content_type, int fd,
                        int64_t offset, int64_t len)
{
    uint8_t piece[16384];
    begin_answer(exchange, status, content_type);
    while (len > 0) {
        size_t wanted = len < (int64_t)sizeof piece ? (size_t)len : sizeof piece;
        ssize_t got = pread(fd, piece, wanted, offset);
        if (got <= 0 || vn_buf_append(&exchange->answer->body, vn_view_of(piece, (size_t)got)) != VN_OK) {
            exchange->answer->news = SIM_RESET;
            break;
        }
        offset += got;
        len -= got;
    }
    (void)close(fd);
    send_answer(exchange);
    exchange_free(exchange);
}

/* --- streams ----------------------------------------------------------------------------------------------- */

enum vn_status vn_http_stream_begin(struct vn_http_exchange *exchange, const char *content_type)
{
    if (exchange->streams) {
        return VN_ARG;
    }
    begin_answer(exchange, 200, content_type);
    exchange->streams = true;
    exchange->answer->news = SIM_HEAD;
    send_answer(exchange);
    return VN_OK;
}

enum vn_status vn_http_stream_write(struct vn_http_exchange *exchange, struct vn_view piece)
{
    if (!exchange->streams) {
        return VN_ARG;
    }
    exchange->answer = sim_answer_new(exchange->call, exchange->line, SIM_PIECE);
    enum vn_status status = vn_buf_append(&exchange->answer->body, piece);
    send_answer(exchange);
    return status;
}

void vn_http_stream_end(struct vn_http_exchange *exchange)
{
    exchange->answer = sim_answer_new(exchange->call, exchange->line, SIM_END);
    exchange->answer->status = 200;
    send_answer(exchange);
    exchange_free(exchange);
}

/* --- a request arrives ----------------------------------------------------------------------------------- */

struct delivery {
    struct sim_post post; /* first */
    struct sim_call *call;
    struct sim_line *line;
};

static void refuse(struct vn_http_exchange *exchange, int status, const char *detail)
{
    vn_log_event(exchange->server->log, VN_LOG_INFO, "http_refused", VN_I("status", status),
                 VN_S("reason", detail), VN_S("peer", exchange->peer.name));
    vn_http_reply_problem(exchange, status, vn_http_status_text(status), detail, NULL);
}

static bool certificate_ok(struct vn_http_exchange *exchange)
{
    const struct vn_http_server *server = exchange->server;
    const struct vn_refusal refusal =
        vn_http_check_certificate(&server->options, &server->clock, &exchange->peer,
                                  strcmp(exchange->request.path, server->renew_path) == 0);
    sim_net_counts()->expired_certificates += refusal.status == 401;
    if (refusal.status != 0) {
        refuse(exchange, refusal.status, refusal.detail);
    }
    return refusal.status == 0;
}

static void handle(struct vn_http_server *server, struct vn_http_exchange *exchange)
{
    const struct vn_http_server_options *options = &server->options;
    struct vn_view body = vn_buf_view(&exchange->call->body);
    if (!certificate_ok(exchange)) {
        return;
    }
    size_t most = options->body_max;
    if (options->body_most != NULL) {
        size_t asked = options->body_most(server->ctx, &exchange->request);
        most = asked < most ? asked : most;
    }
    if (body.len > most) {
        refuse(exchange, 413, "the body of the request is too large");
        return;
    }
    if (options->admit != NULL && !options->admit(server->ctx, exchange, &exchange->request)) {
        return;
    }
    exchange->request.body = body;
    server->handler(server->ctx, exchange, &exchange->request);
}

static void run_delivery(struct sim_post *post, bool alive)
{
    struct delivery *delivery = (struct delivery *)post;
    struct vn_http_server *server = delivery->line->server;
    if (alive && server != NULL && !server->closing) {
        handle(server, exchange_new(server, delivery->call, delivery->line));
    }
    sim_call_drop(delivery->call);
    sim_line_drop(delivery->line);
    free(delivery);
}

void sim_server_deliver(struct vn_http_server *server, struct sim_call *call, struct sim_line *line)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    assert(delivery != NULL);
    delivery->post.run = run_delivery;
    delivery->call = sim_call_hold(call);
    delivery->line = sim_line_hold(line);
    sim_loop_post(server->loop, &delivery->post);
}

static void run_gone(struct sim_post *post, bool alive)
{
    struct delivery *delivery = (struct delivery *)post;
    struct vn_http_server *server = delivery->line->server;
    if (alive && server != NULL && !server->closing) {
        sim_net_counts()->left++;
        lose_those_of(server, delivery->line);
        forget_line(server, delivery->line);
    }
    sim_line_drop(delivery->line);
    free(delivery);
}

void sim_server_line_gone(struct vn_http_server *server, struct sim_line *line)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    assert(delivery != NULL);
    delivery->post.run = run_gone;
    delivery->line = sim_line_hold(line);
    sim_loop_post(server->loop, &delivery->post);
}

/* --- the end ------------------------------------------------------------------------------------------------- */

struct closing {
    struct sim_post post; /* first */
    struct vn_http_server *server;
};

/* Those whose answer is not out yet are cut. */
static void run_close(struct sim_post *post, bool alive)
{
    struct closing *closing = (struct closing *)post;
    struct vn_http_server *server = closing->server;
    (void)alive;
    for (struct vn_http_exchange *x = server->exchanges; x != NULL; x = x->next) {
        if (!sim_proc_crashed(server->proc) || sim_chance(5000)) {
            sim_answer_send(sim_answer_new(x->call, x->line, SIM_RESET));
        }
    }
    lose_those_of(server, NULL);
    while (server->line_count > 0) {
        server->lines[0]->broken = true;
        forget_line(server, server->lines[0]);
    }
    if (server->closed != NULL) {
        server->closed(server->closed_ctx);
    }
    sim_loop_drop(server->loop);
    vn_buf_deinit(&server->cert);
    vn_buf_deinit(&server->trusted);
    free(server->lines);
    free(server);
    free(closing);
}

void vn_http_server_close(struct vn_http_server *server, void (*done)(void *ctx), void *ctx)
{
    struct closing *closing = calloc(1, sizeof *closing);
    assert(closing != NULL && !server->closing);
    sim_listen_no_more(server);
    server->closing = true;
    server->closed = done;
    server->closed_ctx = ctx;
    closing->post.run = run_close;
    closing->server = server;
    sim_loop_post(server->loop, &closing->post);
}
