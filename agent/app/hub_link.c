#include "agent/app/hub_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/net/client.h"
#include "sync/wire/feed.h"
#include "sync/wire/roster.h"
#include "sync/wire/snapshot.h"

#define UNSENT_MS         200
#define RETRY_AFTER_S_MAX 86400
#define TIMERS            (VN_UPLINK_CHANNELS + 1) /* one a channel, and the deadline of a request for rights */
#define LINE_TEXT_MAX     256

struct line {
    struct vn_hub_link *link;
    enum vn_uplink_channel channel;
    struct vn_http_client *client;
    bool unsent;                   /* its timer answers the request */
    char stamp[VN_STAMP_TEXT_MAX]; /* of the request that leaves */
    char path[LINE_TEXT_MAX];      /* of the last one; asked again when its connection is given up */
    char accept[LINE_TEXT_MAX], range[LINE_TEXT_MAX]; /* its headers; "": without */
    char match[LINE_TEXT_MAX], none_match[LINE_TEXT_MAX];
    int64_t timeout_ms, silent_ms;
    bool given_up; /* the client that it is under way on */
};

struct vn_hub_link {
    uv_loop_t *loop;
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log;
    char host[VN_NAME_MAX];
    uint16_t port;
    struct vn_uplink *uplink;
    void (*stamp)(void *ctx, struct vn_stamp *out);
    void *ctx;
    struct line lines[VN_UPLINK_CHANNELS];
    uv_timer_t timers[TIMERS];
    unsigned open_timers;
    bool ending;
};

static void on_response(void *ctx, enum vn_status status, const struct vn_http_response *response);

static void on_timer(uv_timer_t *timer)
{
    struct vn_hub_link *link = timer->data;
    ptrdiff_t index = timer - link->timers;
    if (index == VN_UPLINK_CHANNELS) {
        vn_uplink_on_rights_timer(link->uplink);
    } else if (link->lines[index].unsent) {
        link->lines[index].unsent = false;
        on_response(&link->lines[index], VN_NOMEM, NULL);
    } else {
        vn_uplink_on_timer(link->uplink, (enum vn_uplink_channel)index);
    }
}

static void start_timer(struct vn_hub_link *link, unsigned index, int64_t delay_ms)
{
    (void)uv_timer_start(&link->timers[index], on_timer, delay_ms < 0 ? 0 : (uint64_t)delay_ms, 0);
}

void vn_hub_link_timer(struct vn_hub_link *link, enum vn_uplink_channel channel, int64_t delay_ms)
{
    start_timer(link, (unsigned)channel, delay_ms);
}

void vn_hub_link_rights_timer(struct vn_hub_link *link, int64_t delay_ms)
{
    start_timer(link, VN_UPLINK_CHANNELS, delay_ms);
}

/* Title and detail of a problem document (RFC 9457) in one sentence; "" for any other body. */
static void problem_text(const struct vn_http_response *response, char *out, size_t size)
{
    struct vn_error error;
    json_t *root = NULL;
    out[0] = '\0';
    if (response->status < 400 || vn_json_parse(response->body, &root, &error) != VN_OK) {
        return;
    }
    const char *title = json_string_value(json_object_get(root, "title"));
    const char *detail = json_string_value(json_object_get(root, "detail"));
    (void)snprintf(out, size, "%s%s%s", title == NULL ? "" : title, detail == NULL ? "" : ": ",
                   detail == NULL ? "" : detail);
    json_decref(root);
}

/* A header that is a number and nothing else; -1: it is not there, or above `most`. */
static int64_t number_in(const struct vn_http_response *response, const char *name, int64_t most)
{
    struct vn_view value;
    char text[24];
    char *end = NULL;
    if (!vn_http_response_header(response, name, &value) ||
        vn_view_copy_str(value, text, sizeof text) != VN_OK) {
        return -1;
    }
    long long number = strtoll(text, &end, 10);
    return end == text || *end != '\0' || number < 0 || number > most ? -1 : number;
}

static bool take_mark(const struct vn_http_response *response, struct vn_rights_mark *out)
{
    struct vn_view value;
    return vn_http_response_header(response, VN_RIGHTS_HEADER, &value) &&
           vn_rights_mark_read(value, out) == VN_OK;
}

/* {0, 0}: none that can be read. */
static struct vn_cursor take_roster(const struct vn_http_response *response)
{
    struct vn_view value;
    struct vn_cursor out = {0, 0};
    if (!vn_http_response_header(response, VN_ROSTER_HEADER, &value) ||
        vn_cursor_read(value, &out) != VN_OK) {
        return (struct vn_cursor){0, 0};
    }
    return out;
}

/* Of a snapshot's file; "" for anything else. */
static void take_etag(const struct vn_http_response *response, char *out, size_t size)
{
    struct vn_view type, tag;
    bool file = vn_http_response_header(response, "Content-Type", &type) &&
                vn_view_is(type, VN_SNAPSHOT_TYPE) && vn_http_response_header(response, "ETag", &tag);
    if (!file || vn_view_copy_str(tag, out, size) != VN_OK) {
        out[0] = '\0';
    }
}

static void on_response(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct line *line = ctx;
    struct vn_hub_link *link = line->link;
    char problem[VN_ERROR_TEXT_MAX] = "";
    char etag[VN_ERROR_TEXT_MAX] = "";
    if (link->ending || line->given_up) {
        return;
    }
    struct vn_uplink_response out = {.status = status,
                                     .reason = vn_http_client_reason(line->client),
                                     .retry_after_ms = -1,
                                     .included_seq = -1,
                                     .told_seq = -1,
                                     .etag = etag,
                                     .problem = problem};
    if (status == VN_OK) {
        problem_text(response, problem, sizeof problem);
        out.http_status = response->status;
        int64_t retry_after_s = number_in(response, "Retry-After", RETRY_AFTER_S_MAX);
        out.retry_after_ms = retry_after_s < 0 ? -1 : retry_after_s * 1000;
        out.included_seq = number_in(response, VN_INCLUDED_HEADER, VN_NUMBER_MAX);
        out.told_seq = number_in(response, VN_TOLD_HEADER, VN_NUMBER_MAX);
        out.has_mark = take_mark(response, &out.mark);
        out.roster = take_roster(response);
        take_etag(response, etag, sizeof etag);
        out.body = response->body;
    }
    vn_uplink_on_response(link->uplink, line->channel, &out);
}

/* The stamp says what the journal holds when the request leaves, not when it was asked for: connecting takes long on a
 * bad line, and the hub may rely on a connection's stamps being younger than the connection. */
static size_t on_leaving(void *ctx, struct vn_http_header_out *out, size_t max)
{
    struct line *line = ctx;
    struct vn_stamp stamp;
    (void)max; /* at least one */
    line->link->stamp(line->link->ctx, &stamp);
    vn_stamp_write(&stamp, line->stamp);
    out[0] = (struct vn_http_header_out){VN_STAMP_HEADER, line->stamp};
    return 1;
}

/* What a line says last is kept: an uplink's texts are gone when it has been sent. NULL is "". */
static void keep(char out[LINE_TEXT_MAX], const char *text)
{
    enum vn_status status = vn_view_copy_str(vn_view_str(text), out, LINE_TEXT_MAX);
    if (status != VN_OK) {
        abort(); /* all of them are short: anything else is our bug */
    }
}

/* A request that could not even be sent, for want of memory, is answered a little later. */
static void send_on(struct line *line, struct vn_http_request_out *out)
{
    struct vn_http_header_out headers[4];
    const struct vn_http_header_out wanted[] = {{"Accept", line->accept},
                                                {"Range", line->range},
                                                {"If-Match", line->match},
                                                {"If-None-Match", line->none_match}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (wanted[i].value[0] != '\0') {
            headers[out->header_count++] = wanted[i];
        }
    }
    out->headers = headers;
    out->late = on_leaving;
    out->path = line->path;
    out->timeout_ms = line->timeout_ms;
    out->silent_ms = line->silent_ms;
    enum vn_status status = vn_http_client_send(line->client, out, on_response, line);
    line->unsent = status == VN_NOMEM;
    if (line->unsent) {
        start_timer(line->link, line->channel, UNSENT_MS);
    } else if (status != VN_OK) {
        abort(); /* one request a channel, within all limits: anything else is our bug */
    }
}

void vn_hub_link_send(struct vn_hub_link *link, enum vn_uplink_channel channel,
                      const struct vn_uplink_request *request)
{
    struct vn_http_request_out out = {.method = request->method,
                                      .content_type = request->content_type,
                                      .body = request->body,
                                      .gzip = request->gzip};
    struct line *line = &link->lines[channel];
    keep(line->path, request->path);
    keep(line->accept, request->accept);
    keep(line->range, request->range);
    keep(line->match, request->match);
    keep(line->none_match, request->none_match);
    line->timeout_ms = request->timeout_ms;
    line->silent_ms = request->silent_ms;
    send_on(line, &out);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct vn_hub_link *link = handle->data;
    if (--link->open_timers == 0) {
        free(link);
    }
}

void vn_hub_link_destroy(struct vn_hub_link *link)
{
    if (link == NULL) {
        return;
    }
    link->ending = true;
    for (unsigned i = 0; i < VN_UPLINK_CHANNELS; i++) {
        vn_http_client_destroy(link->lines[i].client);
    }
    for (unsigned i = 0; i < TIMERS; i++) {
        uv_close((uv_handle_t *)&link->timers[i], on_timer_closed);
    }
}

enum vn_status vn_hub_link_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                  struct vn_log *log, const struct vn_hub_link_target *target,
                                  void (*stamp)(void *ctx, struct vn_stamp *out), void *ctx,
                                  struct vn_hub_link **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_hub_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    link->loop = loop;
    link->clock = clock;
    link->random = random;
    link->log = log;
    link->port = target->port;
    link->stamp = stamp;
    link->ctx = ctx;
    for (unsigned i = 0; i < TIMERS; i++) {
        (void)uv_timer_init(loop, &link->timers[i]);
        link->timers[i].data = link;
        link->open_timers++;
    }
    for (unsigned i = 0; i < VN_UPLINK_CHANNELS; i++) {
        link->lines[i].link = link;
        link->lines[i].channel = (enum vn_uplink_channel)i;
    }
    enum vn_status status = vn_view_copy_str(vn_view_str(target->host), link->host, sizeof link->host);
    if (status != VN_OK) {
        status = vn_fail(error, VN_ARG, "the hub's name is too long");
    } else {
        status = vn_hub_link_renew(link, target->enrolment, target->key, error);
    }
    if (status != VN_OK) {
        vn_hub_link_destroy(link);
        return status;
    }
    *out = link;
    return VN_OK;
}

enum vn_status vn_hub_link_renew(struct vn_hub_link *link, const struct vn_enrolment *enrolment,
                                 const struct vn_key *key, struct vn_error *error)
{
    struct vn_http_client *fresh[VN_UPLINK_CHANNELS] = {NULL};
    const struct vn_tls_client_options tls = {.ca_pem = vn_view_str(enrolment->hub_ca),
                                              .cert_pem = vn_view_str(enrolment->certificate),
                                              .key = key};
    const struct vn_http_target to = {
        .host = link->host, .port = link->port, .tls = &tls, .label = "the hub"};
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < VN_UPLINK_CHANNELS && status == VN_OK; i++) {
        status =
            vn_http_client_create(link->loop, link->clock, link->random, link->log, &to, &fresh[i], error);
    }
    for (unsigned i = 0; i < VN_UPLINK_CHANNELS; i++) {
        struct line *line = &link->lines[i];
        if (status != VN_OK) {
            vn_http_client_destroy(fresh[i]);
            continue;
        }
        bool asks = line->client != NULL && vn_http_client_busy(line->client);
        line->given_up = true; /* what is under way ends within destroy */
        vn_http_client_destroy(line->client);
        line->given_up = false;
        line->client = fresh[i];
        if (asks) {
            send_on(line, &(struct vn_http_request_out){.method = "GET"});
        }
    }
    return status;
}

void vn_hub_link_uplink(struct vn_hub_link *link, struct vn_uplink *uplink)
{
    link->uplink = uplink;
}
