#include "agent/app/peer_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/net/client.h"
#include "sync/net/server.h"

#define CONNECTIONS_MAX (2 * VN_ROSTER_TILLS_MAX)
#define WAITING_MAX     32

/* A neighbour, by his number. */
struct line {
    struct vn_peer_link *link;
    struct vn_http_client *client; /* NULL: none yet */
    struct vn_enrolment_id enrolment;
    char address[VN_ADDRESS_MAX];
    uint16_t port;
    uint64_t identity; /* that it was made with */
    bool silent;       /* it is being replaced */
};

struct waiting {
    uint64_t call; /* 0: free */
    struct vn_http_exchange *exchange;
};

struct vn_peer_link {
    uv_loop_t *loop;
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log;
    struct vn_peer_link_events events;
    const struct vn_enrolment *enrolment;
    struct vn_key *key;
    uint64_t identity; /* rises when it is another */
    struct vn_http_server *server;
    uint64_t calls;
    struct waiting waiting[WAITING_MAX];
    struct line lines[VN_ROSTER_TILLS_MAX];
    uv_idle_t failing; /* requests that could not be sent are answered on the next turn */
    bool fails[VN_ROSTER_TILLS_MAX];
    bool ending, server_closed, idle_closed;
};

enum vn_status vn_peer_link_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                   struct vn_log *log, const struct vn_peer_link_events *events,
                                   struct vn_peer_link **out)
{
    struct vn_peer_link *link = calloc(1, sizeof *link);
    *out = link;
    if (link == NULL) {
        return VN_NOMEM;
    }
    link->loop = loop;
    link->clock = clock;
    link->random = random;
    link->log = log;
    link->events = *events;
    link->server_closed = true;
    for (unsigned i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        link->lines[i].link = link;
    }
    (void)uv_idle_init(loop, &link->failing);
    link->failing.data = link;
    return VN_OK;
}

static void release(struct vn_peer_link *link)
{
    if (link->ending && link->server_closed && link->idle_closed) {
        vn_key_destroy(link->key);
        free(link);
    }
}

static void on_server_closed(void *ctx)
{
    struct vn_peer_link *link = ctx;
    link->server_closed = true;
    release(link);
}

static void on_idle_closed(uv_handle_t *handle)
{
    struct vn_peer_link *link = handle->data;
    link->idle_closed = true;
    release(link);
}

void vn_peer_link_destroy(struct vn_peer_link *link)
{
    if (link == NULL) {
        return;
    }
    link->ending = true;
    for (unsigned i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        vn_http_client_destroy(link->lines[i].client);
    }
    if (link->server != NULL) {
        vn_http_server_close(link->server, on_server_closed, link);
    }
    uv_close((uv_handle_t *)&link->failing, on_idle_closed);
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

static struct waiting *find_call(struct vn_peer_link *link, uint64_t call)
{
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (link->waiting[i].call == call) {
            return &link->waiting[i];
        }
    }
    return NULL;
}

static void on_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct vn_peer_link *link = ctx;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting *waiting = &link->waiting[i];
        if (waiting->call != 0 && waiting->exchange == exchange) {
            uint64_t call = waiting->call;
            waiting->call = 0;
            if (!link->ending) {
                link->events.gone(link->events.ctx, call);
            }
            return;
        }
    }
}

static void on_request(void *ctx, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    struct vn_peer_link *link = ctx;
    struct waiting *waiting = find_call(link, 0);
    const struct vn_http_peer *peer = request->peer;
    if (peer->kind != VN_HTTP_PEER_TLS || peer->name[0] == '\0') {
        vn_http_reply_problem(exchange, 401, "this needs a till's certificate", NULL, NULL);
    } else if (strcmp(request->method, "POST") != 0) {
        vn_http_reply_problem(exchange, 405, "method", NULL, NULL);
    } else if (waiting == NULL) {
        vn_http_reply_problem(exchange, 503, "too much is being asked of this till", NULL, NULL);
    } else {
        waiting->call = ++link->calls;
        waiting->exchange = exchange;
        vn_http_exchange_on_gone(exchange, on_gone, link);
        link->events.call(link->events.ctx, waiting->call, peer->name, request->path, request->body);
    }
}

void vn_peer_link_answer(struct vn_peer_link *link, uint64_t call, int http_status, struct vn_view json,
                         const char *problem)
{
    struct waiting *waiting = find_call(link, call);
    if (waiting == NULL) {
        return;
    }
    waiting->call = 0;
    if (http_status == 200) {
        vn_http_reply(waiting->exchange, 200, "application/json", json);
    } else {
        vn_http_reply_problem(waiting->exchange, http_status, problem, NULL, NULL);
    }
}

static struct vn_tls_server_options server_tls(const struct vn_peer_link *link)
{
    return (struct vn_tls_server_options){.cert_pem = vn_view_str(link->enrolment->certificate),
                                          .key = link->key,
                                          .ca_pem = vn_view_str(link->enrolment->hub_ca)};
}

/* Both families, each with a socket of its own: a listener at "::" takes no neighbour who comes by IPv4. A machine may lack one
 * of them; a port that another program has is told of in any case. */
static enum vn_status listen_everywhere(struct vn_http_server *server, uint16_t port, struct vn_error *error)
{
    struct vn_error other;
    enum vn_status four = vn_http_server_listen_tcp(server, "0.0.0.0", port, error);
    if (four == VN_CONFLICT) {
        return four;
    }
    enum vn_status six = vn_http_server_listen_tcp(server, "::", port, four == VN_OK ? &other : error);
    if (six == VN_CONFLICT && four == VN_OK) {
        *error = other;
    }
    return six == VN_CONFLICT ? six : four == VN_OK ? VN_OK : six;
}

enum vn_status vn_peer_link_listen(struct vn_peer_link *link, const char *address, uint16_t port,
                                   struct vn_error *error)
{
    const struct vn_tls_server_options tls = server_tls(link);
    struct vn_http_server_options options = vn_http_server_options_default();
    options.connections_max = CONNECTIONS_MAX;
    options.makes_room = true;
    options.body_max = VN_PEER_BODY_MAX;
    options.refuse_origin = true;
    options.tls = &tls;
    if (link->server != NULL) {
        return VN_OK;
    }
    enum vn_status status = vn_http_server_create(link->loop, link->clock, link->log, &options, on_request,
                                                  link, &link->server, error);
    if (status != VN_OK) {
        return status;
    }
    link->server_closed = false;
    status = address[0] == '\0' ? listen_everywhere(link->server, port, error)
                                : vn_http_server_listen_tcp(link->server, address, port, error);
    if (status != VN_OK) {
        vn_http_server_close(link->server, NULL, NULL);
        link->server = NULL;
        link->server_closed = true;
    }
    return status;
}

bool vn_peer_link_listens(const struct vn_peer_link *link)
{
    return link->server != NULL;
}

enum vn_status vn_peer_link_identity(struct vn_peer_link *link, const struct vn_enrolment *enrolment,
                                     const struct vn_key *key, struct vn_error *error)
{
    struct vn_key *copy = NULL;
    enum vn_status status = vn_key_copy(key, &copy);
    if (status != VN_OK) {
        return vn_fail(error, status, "out of memory");
    }
    vn_key_destroy(link->key);
    link->key = copy;
    link->enrolment = enrolment;
    link->identity++;
    const struct vn_tls_server_options tls = server_tls(link);
    return link->server == NULL ? VN_OK : vn_http_server_set_tls(link->server, &tls, error);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* The title of a problem document; "" for any other body. */
static void problem_of(const struct vn_http_response *response, char *out, size_t size)
{
    struct vn_error error;
    json_t *root = NULL;
    out[0] = '\0';
    if (response->status >= 400 && vn_json_parse(response->body, &root, &error) == VN_OK) {
        const char *title = json_string_value(json_object_get(root, "title"));
        (void)snprintf(out, size, "%s", title == NULL ? "" : title);
    }
    json_decref(root);
}

static void on_response(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct line *line = ctx;
    struct vn_peer_link *link = line->link;
    char problem[VN_ERROR_TEXT_MAX] = "";
    struct vn_peer_response out = {
        .status = status, .reason = vn_http_client_reason(line->client), .problem = problem};
    if (link->ending || line->silent) {
        return;
    }
    if (status == VN_OK) {
        problem_of(response, problem, sizeof problem);
        out.http_status = response->status;
        out.body = response->body;
    }
    link->events.response(link->events.ctx, (unsigned)(line - link->lines), &out);
}

static void on_failing(uv_idle_t *idle)
{
    struct vn_peer_link *link = idle->data;
    (void)uv_idle_stop(idle);
    for (unsigned i = 0; i < VN_ROSTER_TILLS_MAX; i++) {
        if (link->fails[i]) {
            link->fails[i] = false;
            link->events.response(link->events.ctx, i,
                                  &(struct vn_peer_response){.status = VN_ARG,
                                                             .reason = "this till can't speak to it with the "
                                                                       "certificate that it has",
                                                             .problem = ""});
        }
    }
}

static bool is_same(const struct line *line, const struct vn_peer_request *request)
{
    return line->client != NULL && line->identity == line->link->identity && line->port == request->port &&
           vn_enrolment_id_equal(&line->enrolment, &request->enrolment) &&
           strcmp(line->address, request->address) == 0;
}

static enum vn_status connect_line(struct line *line, const struct vn_peer_request *request)
{
    struct vn_peer_link *link = line->link;
    char name[2 * VN_ID_BYTES + 1];
    char label[VN_ID_MAX + 8];
    struct vn_error error;
    vn_hex_encode(vn_view_of(request->enrolment.bytes, VN_ID_BYTES), name);
    (void)snprintf(label, sizeof label, "till %s", request->till);
    (void)snprintf(line->address, sizeof line->address, "%s", request->address);
    line->enrolment = request->enrolment;
    line->port = request->port;
    line->identity = link->identity;
    const struct vn_tls_client_options tls = {.ca_pem = vn_view_str(link->enrolment->hub_ca),
                                              .cert_pem = vn_view_str(link->enrolment->certificate),
                                              .key = link->key,
                                              .host_name = name};
    const struct vn_http_target target = {
        .host = line->address, .port = request->port, .tls = &tls, .label = label};
    line->silent = true;
    vn_http_client_destroy(line->client);
    line->silent = false;
    line->client = NULL;
    return vn_http_client_create(link->loop, link->clock, link->random, link->log, &target, &line->client,
                                 &error);
}

void vn_peer_link_ask(struct vn_peer_link *link, const struct vn_peer_request *request)
{
    struct line *line = &link->lines[request->neighbour];
    const struct vn_http_request_out out = {.method = "POST",
                                            .path = request->path,
                                            .body = request->body,
                                            .timeout_ms = request->timeout_ms,
                                            .response_max = VN_PEER_BODY_MAX};
    enum vn_status status = is_same(line, request) ? VN_OK : connect_line(line, request);
    if (status == VN_OK) {
        status = vn_http_client_send(line->client, &out, on_response, line);
    }
    if (status != VN_OK) {
        link->fails[request->neighbour] = true;
        (void)uv_idle_start(&link->failing, on_failing);
    }
}
