/* The client's connection: look up the name, try its addresses in turn, shake hands, send, read the answer.
 *
 * A link that is dropped loses its client at once and frees itself when libuv has let go of its handles, so a
 * new one can be opened while the old one closes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/net/client_native.h"
#include "sync/net/gzip.h"

/* A connection may have ended without this side hearing of it: something on the way has forgotten it, or the hub died while the
 * line was cut. A till that waits for news at such a one says nothing itself; the probe after this time is what finds out, and
 * not the end of the long-poll's minute. */
#define KEEPALIVE_S 10

struct vn_link {
    struct vn_http_client *client; /* kept after the drop, for vn_client_release */
    bool dropped;
    bool has_channel; /* a uv handle is open */
    bool stands;
    bool asked;    /* a request is out, its answer is not complete */
    bool answered; /* bytes of the answer have come */
    bool telling;  /* a callback is looking at the answer */
    bool resolving;
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    struct sockaddr_storage addresses[VN_LINK_ADDRESSES_MAX];
    size_t address_count;
    size_t address_next;
    int last_code;
    struct vn_channel channel;
    struct vn_cert_info server; /* with TLS */
    struct vn_message message;
    struct vn_buf inflated;
};

static void connect_next(struct vn_link *link);

static void link_free(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    vn_message_deinit(&link->message);
    vn_buf_deinit(&link->inflated);
    free(link);
    client->links--;
    vn_client_release(client);
}

void vn_link_drop(struct vn_http_client *client)
{
    struct vn_link *link = client->link;
    if (link == NULL) {
        return;
    }
    client->link = NULL;
    link->dropped = true;
    link->stands = false;
    if (link->resolving) {
        (void)uv_cancel((uv_req_t *)&link->lookup); /* its callback comes in any case and frees */
    } else if (link->has_channel) {
        vn_channel_close(&link->channel);
    } else {
        link_free(link);
    }
}

bool vn_link_stands(const struct vn_link *link)
{
    return link->stands;
}

int64_t vn_link_heard_ms(const struct vn_link *link)
{
    return link->channel.heard_ms;
}

bool vn_link_resumed(const struct vn_link *link)
{
    return link->stands && link->channel.tls != NULL && vn_tls_resumed(link->channel.tls);
}

bool vn_link_dates_ok(const struct vn_link *link, struct vn_error *reason)
{
    char date[VN_TIME_TEXT_MAX];
    if (link->channel.tls == NULL) {
        return true;
    }
    int64_t now_ms = vn_clock_wall_ms(&link->client->clock);
    if (now_ms > link->server.not_after_ms) {
        vn_time_text(link->server.not_after_ms, date);
        (void)vn_fail(reason, VN_DENIED, "the certificate of %s expired on %s", link->client->label, date);
        return false;
    }
    if (now_ms < link->server.not_before_ms) {
        vn_time_text(link->server.not_before_ms, date);
        (void)vn_fail(reason, VN_DENIED, "the certificate of %s is valid only from %s; is our clock right?",
                      link->client->label, date);
        return false;
    }
    return true;
}

/* --- answers ---------------------------------------------------------------------------------------------- */

static bool on_piece(void *ctx, struct vn_view piece)
{
    struct vn_link *link = ctx;
    struct vn_http_client *client = link->client;
    if ((int64_t)piece.len > client->stream_max) {
        vn_client_fail(client, VN_FULL, "the answer of %s is too large", client->label);
        return false;
    }
    client->stream_max -= (int64_t)piece.len;
    client->on_chunk(client->ctx, piece);
    return !link->dropped;
}

/* Interim answers (1xx) are passed over. */
static bool is_interim(const struct vn_link *link)
{
    return link->message.parser.status_code < 200;
}

/* Three digits are a status for llhttp; those of HTTP begin with 1 to 5 (RFC 9110, 15). */
static bool is_status(const struct vn_link *link)
{
    return link->message.parser.status_code >= 100 && link->message.parser.status_code <= 599;
}

static struct vn_http_response response_of(const struct vn_message *message)
{
    return (struct vn_http_response){.status = message->parser.status_code,
                                     .headers = message->headers,
                                     .header_count = message->header_count,
                                     .body = vn_buf_view(&message->body)};
}

static void begin_stream(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    struct vn_http_response head = response_of(&link->message);
    struct vn_view encoding;
    if (vn_http_response_header(&head, "Content-Encoding", &encoding) && !vn_view_is(encoding, "identity")) {
        vn_client_fail(client, VN_INPUT, "the answer of %s is zipped, which was not asked for",
                       client->label);
        return;
    }
    link->message.on_body = on_piece;
    link->message.on_body_ctx = link;
    vn_client_streams(client);
    if (client->on_head != NULL) {
        client->on_head(client->ctx, &head);
    }
}

static void head_done(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    int status = link->message.parser.status_code;
    bool streams = client->on_chunk != NULL && (status == 200 || status == 206);
    int64_t max = streams ? client->stream_max : (int64_t)client->response_max;
    if (!client->head_only && vn_message_length(&link->message) > max) {
        vn_client_fail(client, VN_FULL, "the answer of %s is too large", client->label);
    } else if (streams) {
        begin_stream(link);
    }
}

static void expect_answer(struct vn_link *link)
{
    vn_message_reset(&link->message, link->client->response_max);
    link->message.skip_body = link->client->head_only;
}

static void answer_done(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    struct vn_message *message = &link->message;
    struct vn_http_response response = response_of(message);
    struct vn_view encoding;
    bool keep = llhttp_should_keep_alive(&message->parser) != 0;
    link->asked = false;
    if (vn_http_response_header(&response, "Content-Encoding", &encoding) && vn_view_is(encoding, "gzip") &&
        response.body.len > 0) {
        vn_buf_init(&link->inflated, client->response_max);
        enum vn_status status = vn_gunzip(response.body, client->response_max, &link->inflated);
        if (status != VN_OK) {
            vn_client_fail(client, status, "the answer of %s is %s", client->label,
                           status == VN_FULL ? "too large" : "not gzip");
            return;
        }
        response.body = vn_buf_view(&link->inflated);
    }
    if (!keep) {
        vn_link_drop(client); /* its memory stays until the loop turns */
    }
    link->telling = true;
    vn_client_finish(client, VN_OK, &response);
    link->telling = false;
    /* Whatever the callback did (send, destroy), link and client live until the loop turns, and no byte of
     * another answer can have come yet. */
    vn_buf_deinit(&link->inflated);
    expect_answer(link);
}

static void feed(struct vn_link *link, struct vn_view data)
{
    struct vn_http_client *client = link->client;
    while (!link->dropped && link->asked) {
        enum vn_message_event event = vn_message_feed(&link->message, &data);
        if (event == VN_MESSAGE_HEAD && !is_status(link)) {
            event = VN_MESSAGE_BAD;
        }
        switch (event) {
        case VN_MESSAGE_MORE: return;
        case VN_MESSAGE_HEAD:
            if (!is_interim(link)) {
                head_done(link);
            }
            break;
        case VN_MESSAGE_DONE:
            if (!is_interim(link)) {
                answer_done(link);
                return; /* bytes behind it were not asked for: on_data finds them out */
            }
            expect_answer(link);
            break;
        case VN_MESSAGE_STOPPED: return;
        case VN_MESSAGE_BODY_FULL:
            vn_client_fail(client, VN_FULL, "the answer of %s is too large", client->label);
            return;
        case VN_MESSAGE_NOMEM: vn_client_fail(client, VN_NOMEM, "out of memory"); return;
        default: vn_client_fail(client, VN_INPUT, "the answer of %s is not HTTP", client->label); return;
        }
    }
}

static void on_data(void *ctx, struct vn_view data)
{
    struct vn_link *link = ctx;
    if (link->dropped) {
        return;
    }
    if (!link->asked) {
        vn_link_drop(link->client); /* it speaks without being asked */
        return;
    }
    link->answered = true;
    feed(link, data);
}

static void on_end(void *ctx, enum vn_status status, const char *text)
{
    struct vn_link *link = ctx;
    struct vn_http_client *client = link->client;
    if (link->dropped) {
        return;
    }
    if (link->stands && !link->asked) {
        vn_link_drop(client); /* an idle connection may end at any time */
        return;
    }
    if (status == VN_DENIED && link->stands) {
        vn_tls_forget_session(client->tls);
        vn_client_fail(client, VN_DENIED, "%s refuses our certificate", client->label);
    } else if (status != VN_GONE) {
        vn_client_fail(client, status, "%s", text);
    } else if (!link->stands) {
        vn_client_fail(client, VN_GONE, "%s closed the connection during the TLS handshake", client->label);
    } else if (!link->answered) {
        vn_client_lost(client, text == NULL ? "the connection was closed without an answer" : text);
    } else if (text == NULL && !is_interim(link) && vn_message_finish(&link->message) == VN_MESSAGE_DONE) {
        answer_done(link);
    } else {
        vn_client_fail(client, VN_GONE, "the connection was lost within an answer");
    }
}

void vn_link_send(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    if (!link->telling) {
        expect_answer(link);
    }
    link->asked = true;
    link->answered = false;
    enum vn_status status = vn_client_queue(client, &link->channel);
    if (status != VN_OK) {
        vn_client_fail(client, status, "the request can't be written");
    } else {
        vn_channel_pull(&link->channel); /* what fails from here on comes by on_end */
    }
}

/* --- connecting ------------------------------------------------------------------------------------------- */

static void on_ready(void *ctx)
{
    struct vn_link *link = ctx;
    struct vn_http_client *client = link->client;
    struct vn_error reason;
    if (link->dropped) {
        return;
    }
    if (link->channel.tls != NULL) {
        if (vn_tls_peer(link->channel.tls, &link->server) != VN_OK) {
            vn_client_fail(client, VN_DENIED, "the certificate of %s can't be read", client->label);
            return;
        }
        if (!vn_link_dates_ok(link, &reason)) {
            vn_tls_forget_session(client->tls);
            vn_client_fail(client, VN_DENIED, "%s", reason.text);
            return;
        }
        vn_tls_keep_session(link->channel.tls);
    }
    link->stands = true;
    vn_link_send(link);
}

static void on_drain(void *ctx)
{
    (void)ctx; /* nothing waits for it */
}

static void on_close(void *ctx)
{
    struct vn_link *link = ctx;
    link->has_channel = false;
    if (link->dropped) {
        link_free(link);
    } else {
        connect_next(link); /* the address before did not answer */
    }
}

static const struct vn_channel_events events = {on_ready, on_data, on_drain, on_end, on_close};

static void no_connection(struct vn_link *link, int code)
{
    struct vn_http_client *client = link->client;
    switch (code) {
    case UV_ECONNREFUSED: vn_client_fail(client, VN_GONE, "connection refused by %s", client->label); break;
    case UV_ENOENT: vn_client_fail(client, VN_ABSENT, "no socket %s", client->socket_path); break;
    case UV_EACCES:
    case UV_EPERM: vn_client_fail(client, VN_DENIED, "no right to connect to %s", client->label); break;
    case UV_ETIMEDOUT: vn_client_fail(client, VN_TIMEOUT, "time-out: no way to %s", client->label); break;
    case UV_ENETUNREACH:
    case UV_EHOSTUNREACH: vn_client_fail(client, VN_GONE, "no way to %s", client->label); break;
    default:
        vn_client_fail(client, VN_IO, "can't connect to %s: %s", client->label, uv_strerror(code));
        break;
    }
}

static void on_connect(uv_connect_t *request, int code)
{
    struct vn_link *link = request->data;
    if (link->dropped) {
        return;
    }
    if (code == 0) {
        if (link->client->socket_path == NULL) {
            (void)uv_tcp_nodelay(&link->channel.uv.tcp, 1);
            (void)uv_tcp_keepalive(&link->channel.uv.tcp, 1, KEEPALIVE_S);
        }
        if (vn_channel_start(&link->channel) == VN_OK) {
            return;
        }
        code = UV_EIO;
    }
    if (link->address_next < link->address_count) {
        link->last_code = code;
        vn_channel_close(&link->channel);
    } else {
        no_connection(link, code);
    }
}

static enum vn_status open_channel(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    enum vn_status status = vn_channel_init(&link->channel, client->loop, client->socket_path != NULL,
                                            client->tls, &client->scratch, &events, link);
    if (status == VN_OK) {
        link->has_channel = true;
        link->channel.label = client->label;
        link->channel.hears_out = true;
        link->connect.data = link;
    }
    return status;
}

static void connect_next(struct vn_link *link)
{
    if (link->address_next == link->address_count) {
        no_connection(link, link->last_code);
        return;
    }
    const struct sockaddr *address = (const struct sockaddr *)&link->addresses[link->address_next++];
    if (open_channel(link) != VN_OK) {
        vn_client_fail(link->client, VN_NOMEM, "out of memory");
        return;
    }
    int code = uv_tcp_connect(&link->connect, &link->channel.uv.tcp, address, on_connect);
    if (code != 0) {
        link->last_code = code;
        vn_channel_close(&link->channel); /* on_close goes on with the next one */
    }
}

static void on_lookup(uv_getaddrinfo_t *request, int code, struct addrinfo *found)
{
    struct vn_link *link = request->data;
    link->resolving = false;
    for (struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        if (link->address_count < VN_LINK_ADDRESSES_MAX && at->ai_addrlen <= sizeof link->addresses[0]) {
            memcpy(&link->addresses[link->address_count++], at->ai_addr, at->ai_addrlen);
        }
    }
    uv_freeaddrinfo(found);
    if (link->dropped) {
        link_free(link);
    } else if (code != 0 || link->address_count == 0) {
        vn_client_fail(link->client, VN_ABSENT, "no such host: %s", link->client->host);
    } else {
        connect_next(link);
    }
}

/* An address needs no look-up, and so no thread. */
static enum vn_status find_addresses(struct vn_link *link)
{
    struct vn_http_client *client = link->client;
    char port[8];
    if (uv_ip4_addr(client->host, client->port, (struct sockaddr_in *)&link->addresses[0]) == 0 ||
        uv_ip6_addr(client->host, client->port, (struct sockaddr_in6 *)&link->addresses[0]) == 0) {
        link->address_count = 1;
        connect_next(link);
        return VN_OK;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    (void)snprintf(port, sizeof port, "%u", (unsigned)client->port);
    link->lookup.data = link;
    if (uv_getaddrinfo(client->loop, &link->lookup, on_lookup, client->host, port, &hints) != 0) {
        return VN_IO;
    }
    link->resolving = true;
    return VN_OK;
}

enum vn_status vn_link_open(struct vn_http_client *client)
{
    struct vn_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return VN_NOMEM;
    }
    link->client = client;
    client->link = link;
    client->links++;
    vn_message_init(&link->message, HTTP_RESPONSE, 0);
    vn_buf_init(&link->inflated, 0);
    if (client->socket_path == NULL) {
        enum vn_status status = find_addresses(link);
        if (status != VN_OK) {
            vn_link_drop(client);
        }
        return status;
    }
    enum vn_status status = open_channel(link);
    if (status != VN_OK) {
        vn_link_drop(client);
        return status;
    }
    uv_pipe_connect(&link->connect, &link->channel.uv.pipe, client->socket_path, on_connect);
    return VN_OK;
}
