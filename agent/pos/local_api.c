/* Requests come with whatever a POS vendor's afternoon produced: each is parsed against the exact fields that its path
 * takes, and the first one that does not fit is named by its JSON pointer. Nothing changes before the whole request has
 * been read. What identifies a repeated step is the digest of the request in canonical form (sorted keys, no blanks), so
 * that a client may lay its JSON out as it likes. */
#include "agent/pos/local_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/crypto/hash.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/returns_json.h"
#include "agent/pos/guard.h"
#include "agent/pos/streams.h"
#include "sync/net/server.h"

struct waiting_call {
    uint64_t id; /* 0: free */
    struct vn_http_exchange *exchange;
    struct vn_local_api *api;
};

struct vn_local_api {
    struct vn_http_server *server;
    struct vn_local_api_sources sources;
    struct vn_till *till;
    char locale[VN_TAG_MAX];
    uint64_t next_id;
    struct waiting_call calls[VN_LOCAL_CONNECTIONS_MAX];
    struct vn_streams streams;
};

static void bad_request(struct vn_http_exchange *x, const struct vn_error *error)
{
    int status = error->status == VN_NOMEM ? 503 : 400;
    vn_http_reply_problem(x, status, "The request can't be read", error->text, error->pointer);
}

/* --- calls that the till answers later ---------------------------------------------------------------------------- */

static void call_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct waiting_call *call = ctx;
    (void)exchange;
    if (call->api->till != NULL) {
        vn_till_forget_call(call->api->till, call->id);
    }
    call->id = 0;
    call->exchange = NULL;
}

static struct waiting_call *wait_for(struct vn_local_api *api, struct vn_http_exchange *x)
{
    for (size_t i = 0; i < VN_LOCAL_CONNECTIONS_MAX; i++) {
        struct waiting_call *call = &api->calls[i];
        if (call->id == 0) {
            *call = (struct waiting_call){++api->next_id, x, api};
            vn_http_exchange_on_gone(x, call_gone, call);
            return call;
        }
    }
    return NULL;
}

static struct vn_http_exchange *take_call(struct vn_local_api *api, uint64_t id)
{
    for (size_t i = 0; id != 0 && i < VN_LOCAL_CONNECTIONS_MAX; i++) {
        if (api->calls[i].id == id) {
            struct vn_http_exchange *x = api->calls[i].exchange;
            api->calls[i] = (struct waiting_call){0};
            return x;
        }
    }
    return NULL;
}

void vn_local_api_answer(struct vn_local_api *api, uint64_t call, int http_status, struct vn_view json)
{
    struct vn_http_exchange *x = take_call(api, call);
    if (x != NULL) {
        vn_http_reply(x, http_status, "application/json", json);
    }
}

void vn_local_api_problem(struct vn_local_api *api, uint64_t call, int http_status, const char *title,
                          const char *detail, const char *pointer)
{
    struct vn_http_exchange *x = take_call(api, call);
    if (x != NULL) {
        vn_http_reply_problem(x, http_status, title, detail, pointer[0] == '\0' ? NULL : pointer);
    }
}

/* --- reading calls ------------------------------------------------------------------------------------------------ */

static int digest_piece(const char *piece, size_t size, void *ctx)
{
    vn_sha256_add(ctx, vn_view_of(piece, size));
    return 0;
}

static bool digest_of(const json_t *json, const char *path, uint8_t out[VN_HASH_SIZE])
{
    struct vn_sha256 hash;
    vn_sha256_start(&hash);
    vn_sha256_add(&hash, vn_view_str(path));
    bool done = json_dump_callback(json, digest_piece, &hash, JSON_COMPACT | JSON_SORT_KEYS) == 0;
    vn_sha256_finish(&hash, out);
    return done;
}

/* Reads the basket into memory that the till takes over. A failure is recorded in the reader. */
static struct vn_basket *read_basket(const struct vn_json_in *in, enum vn_json_need need)
{
    struct vn_json_in value = vn_json_object(in, "basket", need);
    if (value.value == NULL) {
        return NULL;
    }
    struct vn_basket *basket = malloc(sizeof *basket);
    if (basket == NULL) {
        (void)vn_fail(in->error, VN_NOMEM, "out of memory");
        return NULL;
    }
    vn_basket_read(&value, basket);
    return basket;
}

/* Likewise. */
static struct vn_till_lines *read_lines(const struct vn_json_in *in)
{
    if (!vn_json_has(in, "lines")) {
        return NULL;
    }
    struct vn_till_lines *lines = malloc(sizeof *lines);
    if (lines == NULL) {
        (void)vn_fail(in->error, VN_NOMEM, "out of memory");
        return NULL;
    }
    vn_return_items_read(in, "lines", VN_LINES_MAX, lines->rows, &lines->count);
    if (!vn_json_failed(in) && lines->count == 0) {
        vn_json_refuse(in, "lines", "name the lines that come back, or leave them out for all that is left");
    }
    return lines;
}

static void read_call(enum vn_till_call_kind kind, const struct vn_json_in *in, struct vn_till_call *call)
{
    int64_t step = 0;
    call->kind = kind;
    if (kind == VN_TILL_QUOTE || kind == VN_TILL_HOLD) {
        call->basket = read_basket(in, VN_REQUIRED);
        if (call->basket != NULL) {
            call->sale = call->basket->key;
        }
    } else {
        vn_sale_key_read(in, "sale", &call->sale);
    }
    if (kind == VN_TILL_HOLD || kind == VN_TILL_CANCEL || kind == VN_TILL_RETURN) {
        vn_json_int(in, "step", VN_OPTIONAL, 0, 1000, &step);
    }
    call->step = (int)step;
    if (kind == VN_TILL_COMMIT) {
        vn_json_str(in, "fiscal", VN_OPTIONAL, call->fiscal, sizeof call->fiscal);
        call->basket = read_basket(in, VN_OPTIONAL);
        if (call->basket != NULL && !vn_json_failed(in) &&
            !vn_sale_key_equal(&call->basket->key, &call->sale)) {
            vn_json_fail(in, "basket", "the basket of the same sale");
        }
    }
    if (kind == VN_TILL_CHOICE) {
        vn_json_int(in, "spend_points", VN_REQUIRED, 0, VN_AMOUNT_MAX, &call->spend_points);
    }
    if (kind == VN_TILL_RETURN) {
        vn_sale_key_read(in, "of", &call->of);
        call->lines = read_lines(in);
        if (vn_sale_key_equal(&call->sale, &call->of)) {
            vn_json_refuse(in, "sale", "a return has a receipt number of its own; send that one");
        }
    }
}

static void handle_call(struct vn_local_api *api, struct vn_http_exchange *x,
                        const struct vn_http_request *request, int kind)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    struct vn_till_call call = {0};
    if (vn_json_parse(request->body, &root, &error) != VN_OK) {
        bad_request(x, &error);
        return;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    if (!json_is_object(root)) {
        vn_json_fail(&in, NULL, "an object");
    } else {
        vn_pos_guard(root, &in); /* before the digest, too: it is stored */
        read_call((enum vn_till_call_kind)kind, &in, &call);
    }
    if (vn_json_failed(&in)) {
        bad_request(x, &error);
        free(call.basket);
        free(call.lines);
        json_decref(root);
        return;
    }
    bool digested = digest_of(root, request->path, call.digest);
    json_decref(root);
    const struct waiting_call *waiting = digested ? wait_for(api, x) : NULL;
    if (waiting == NULL) {
        vn_http_reply_problem(x, 503, "The till is busy", "too many requests wait; try again", NULL);
        free(call.basket);
        free(call.lines);
        return;
    }
    call.id = waiting->id;
    vn_till_call(api->till, &call);
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

static void handle_scan(struct vn_local_api *api, struct vn_http_exchange *x,
                        const struct vn_http_request *request, int unused)
{
    static const char *const kinds[] = {
        [VN_CODE_PRODUCT] = "product", [VN_CODE_CARD] = "card",       [VN_CODE_COUPON] = "coupon",
        [VN_CODE_PAYMENT] = "payment", [VN_CODE_FOREIGN] = "foreign", [VN_CODE_DAMAGED] = "damaged",
        [VN_CODE_OTHER] = "other",
    };
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    char aim[4] = "";
    char data[VN_SCAN_MAX] = "";
    (void)unused;
    if (vn_json_parse(request->body, &root, &error) != VN_OK) {
        bad_request(x, &error);
        return;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_str(&in, "aim", VN_OPTIONAL, aim, sizeof aim);
    vn_json_raw(&in, "data", VN_REQUIRED, data, sizeof data);
    if (!vn_json_failed(&in) && data[0] == '\0') {
        vn_json_fail(&in, "data", "what the scanner read");
    }
    if (vn_json_failed(&in)) {
        bad_request(x, &error);
    } else {
        json_t *json = json_pack("{s:s}", "kind", kinds[vn_till_scan(api->till, aim, vn_view_str(data))]);
        struct vn_buf text;
        vn_buf_init(&text, 256);
        if (vn_json_dump(json, &text) == VN_OK) {
            vn_http_reply(x, 200, "application/json", vn_buf_view(&text));
        } else {
            vn_http_reply_problem(x, 503, "Out of memory", "try again", NULL);
        }
        vn_buf_deinit(&text);
        json_decref(json);
    }
    vn_crypto_wipe(data, sizeof data); /* it may have been a payment card */
    json_decref(root);
}

static void handle_tap(struct vn_local_api *api, struct vn_http_exchange *x,
                       const struct vn_http_request *request, int unused)
{
    struct vn_error error = {VN_OK, "", ""};
    json_t *root = NULL;
    char name[VN_TAG_MAX] = "";
    (void)unused;
    if (vn_json_parse(request->body, &root, &error) != VN_OK) {
        bad_request(x, &error);
        return;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    vn_json_str(&in, "action", VN_REQUIRED, name, sizeof name);
    enum vn_action action = vn_action_of(name);
    if (!vn_json_failed(&in) && action == VN_ACTION_NONE) {
        vn_json_fail(&in, "action", "one of: spend_all spend_half spend_undo forget_card dismiss");
    }
    if (vn_json_failed(&in)) {
        bad_request(x, &error);
    } else {
        vn_till_tap(api->till, action);
        vn_http_reply(x, 200, "application/json", vn_view_str("{}"));
    }
    json_decref(root);
}

static void reply_json(struct vn_http_exchange *x, const json_t *json)
{
    struct vn_buf text;
    vn_buf_init(&text, VN_POS_BODY_MAX);
    if (json != NULL && vn_json_dump(json, &text) == VN_OK) {
        vn_http_reply(x, 200, "application/json", vn_buf_view(&text));
    } else {
        vn_http_reply_problem(x, 503, "Out of memory", "try again", NULL);
    }
    vn_buf_deinit(&text);
}

static void handle_status(struct vn_local_api *api, struct vn_http_exchange *x,
                          const struct vn_http_request *request, int unused)
{
    (void)request;
    (void)unused;
    json_t *json = api->sources.status(api->sources.ctx);
    reply_json(x, json);
    json_decref(json);
}

static void journal_read(void *ctx, enum vn_status status, struct vn_view lines)
{
    struct waiting_call *call = ctx;
    struct vn_http_exchange *x = call->exchange;
    *call = (struct waiting_call){0};
    if (x == NULL) {
        return;
    }
    if (status == VN_OK) {
        vn_http_reply(x, 200, "application/x-ndjson", lines);
    } else {
        vn_http_reply_problem(x, 503, "The journal can't be read", vn_status_name(status), NULL);
    }
}

/* The slot stays taken until the journal's thread has answered, even when the client has left. */
static void reader_gone(void *ctx, struct vn_http_exchange *exchange)
{
    struct waiting_call *call = ctx;
    (void)exchange;
    call->exchange = NULL;
}

static void handle_journal(struct vn_local_api *api, struct vn_http_exchange *x,
                           const struct vn_http_request *request, int unused)
{
    int64_t from = 1;
    int64_t count = 100;
    (void)unused;
    enum vn_status a = vn_http_query_int(request, "from", 1, INT64_MAX, &from);
    enum vn_status b = vn_http_query_int(request, "count", 1, VN_BATCH_ENTRIES_MAX, &count);
    if ((a != VN_OK && a != VN_ABSENT) || (b != VN_OK && b != VN_ABSENT)) {
        vn_http_reply_problem(x, 400, "The request can't be read", "from is 1 or more, count 1 to 500", NULL);
        return;
    }
    struct waiting_call *call = wait_for(api, x);
    if (call != NULL) {
        vn_http_exchange_on_gone(x, reader_gone, call);
    }
    if (call == NULL || api->sources.journal(api->sources.ctx, from, count, journal_read, call) != VN_OK) {
        if (call != NULL) {
            *call = (struct waiting_call){0};
        }
        vn_http_reply_problem(x, 503, "The till is busy", "too many requests wait; try again", NULL);
    }
}

static void rights_counted(void *ctx, json_t *rights)
{
    struct waiting_call *call = ctx;
    struct vn_http_exchange *x = call->exchange;
    *call = (struct waiting_call){0};
    if (x != NULL && rights == NULL) {
        vn_http_reply_problem(x, 503, "The rights can't be read", "see verno status on this till", NULL);
    } else if (x != NULL) {
        reply_json(x, rights);
    }
    json_decref(rights);
}

static void handle_rights(struct vn_local_api *api, struct vn_http_exchange *x,
                          const struct vn_http_request *request, int unused)
{
    struct waiting_call *call = wait_for(api, x);
    (void)request;
    (void)unused;
    if (call != NULL) {
        vn_http_exchange_on_gone(x, reader_gone, call);
    }
    if (call == NULL || api->sources.rights(api->sources.ctx, rights_counted, call) != VN_OK) {
        if (call != NULL) {
            *call = (struct waiting_call){0};
        }
        vn_http_reply_problem(x, 503, "The till is busy", "too many requests wait; try again", NULL);
    }
}

static void handle_stream(struct vn_local_api *api, struct vn_http_exchange *x,
                          const struct vn_http_request *request, int screen)
{
    char locale[VN_TAG_MAX];
    if (vn_http_query(request, "locale", locale, sizeof locale) != VN_OK) {
        (void)snprintf(locale, sizeof locale, "%s", api->locale);
    }
    vn_streams_add(&api->streams, x, screen != 0, locale, vn_till_session(api->till));
}

struct route {
    const char *method;
    const char *path;
    void (*handle)(struct vn_local_api *api, struct vn_http_exchange *x,
                   const struct vn_http_request *request, int detail);
    int detail;
};

static const struct route routes[] = {
    {"POST", "/v1/quote", handle_call, VN_TILL_QUOTE},
    {"POST", "/v1/choice", handle_call, VN_TILL_CHOICE},
    {"POST", "/v1/hold", handle_call, VN_TILL_HOLD},
    {"POST", "/v1/cancel", handle_call, VN_TILL_CANCEL},
    {"POST", "/v1/commit", handle_call, VN_TILL_COMMIT},
    {"POST", "/v1/void", handle_call, VN_TILL_VOID},
    {"POST", "/v1/return", handle_call, VN_TILL_RETURN},
    {"POST", "/v1/scan", handle_scan, 0},
    {"POST", "/v1/tap", handle_tap, 0},
    {"GET", "/v1/status", handle_status, 0},
    {"GET", "/v1/journal", handle_journal, 0},
    {"GET", "/v1/rights", handle_rights, 0},
    {"GET", "/v1/screen", handle_stream, 1},
    {"GET", "/v1/events", handle_stream, 0},
};

static void handle(void *ctx, struct vn_http_exchange *x, const struct vn_http_request *request)
{
    struct vn_local_api *api = ctx;
    const char *allowed = NULL; /* each path has one method */
    if (api->till == NULL) {
        vn_http_reply_problem(x, 503, "The agent is ending", "try again in a moment", NULL);
        return;
    }
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strcmp(routes[i].path, request->path) == 0) {
            allowed = routes[i].method;
            if (strcmp(routes[i].method, request->method) == 0) {
                routes[i].handle(api, x, request, routes[i].detail);
                return;
            }
        }
    }
    if (allowed != NULL && vn_http_reply_header(x, "Allow", allowed) == VN_OK) {
        vn_http_reply_problem(x, 405, "Method not allowed", "see docs/integrator.md", NULL);
    } else {
        vn_http_reply_problem(x, 404, "No such path", "see docs/integrator.md", NULL);
    }
}

/* --- events ------------------------------------------------------------------------------------------------------- */

void vn_local_api_changed(struct vn_local_api *api)
{
    vn_streams_session(&api->streams, vn_till_session(api->till));
}

void vn_local_api_event(struct vn_local_api *api, const struct vn_till_event *event)
{
    static const char *const cards[] = {
        [VN_SESSION_CARD_NONE] = "none",       [VN_SESSION_CARD_KNOWN] = "known",
        [VN_SESSION_CARD_NEW] = "new",         [VN_SESSION_CARD_BLOCKED] = "blocked",
        [VN_SESSION_CARD_FOREIGN] = "foreign", [VN_SESSION_CARD_DAMAGED] = "damaged",
        [VN_SESSION_CARD_PAYMENT] = "payment", [VN_SESSION_CARD_UNREADABLE] = "unreadable",
    };
    switch (event->kind) {
    case VN_TILL_EVENT_SCAN:
        vn_streams_event(&api->streams, json_pack("{s:s, s:s}", "event", "scan", "code", event->code));
        break;
    case VN_TILL_EVENT_CARD:
        vn_streams_event(&api->streams,
                         json_pack("{s:s, s:s}", "event", "card", "state", cards[event->card]));
        break;
    case VN_TILL_EVENT_OUTCOME:
        vn_streams_event(&api->streams, json_pack("{s:s, s:o*, s:o}", "event", "outcome", "sale",
                                                  vn_sale_key_write(event->sale), "outcome",
                                                  vn_till_outcome_json(api->till, event->outcome)));
        break;
    }
}

void vn_local_api_event_network(struct vn_local_api *api, bool online)
{
    vn_streams_event(&api->streams, json_pack("{s:s, s:b}", "event", "network", "online", online));
}

void vn_local_api_event_ruleset(struct vn_local_api *api, int64_t number)
{
    vn_streams_event(&api->streams,
                     json_pack("{s:s, s:I}", "event", "ruleset", "number", (json_int_t)number));
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

enum vn_status vn_local_api_create(uv_loop_t *loop, struct vn_clock clock, struct vn_log *log,
                                   const char *path, const char *locale,
                                   const struct vn_local_api_sources *sources, struct vn_local_api **out,
                                   struct vn_error *error)
{
    *out = NULL;
    struct vn_local_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    api->sources = *sources;
    (void)snprintf(api->locale, sizeof api->locale, "%s", locale);
    struct vn_http_server_options options = vn_http_server_options_default();
    options.connections_max = VN_LOCAL_CONNECTIONS_MAX;
    options.refuse_origin = true;
    enum vn_status status =
        vn_http_server_create(loop, clock, log, &options, handle, api, &api->server, error);
    if (status != VN_OK) {
        free(api);
        return status;
    }
    status = vn_http_server_listen_unix(api->server, path, 0660, error);
    if (status != VN_OK) {
        vn_local_api_destroy(api);
        return status;
    }
    *out = api;
    return VN_OK;
}

void vn_local_api_till(struct vn_local_api *api, struct vn_till *till)
{
    api->till = till;
}

static void on_closed(void *ctx)
{
    free(ctx);
}

void vn_local_api_destroy(struct vn_local_api *api)
{
    if (api != NULL) {
        api->till = NULL; /* it may go before the last connection does */
        vn_streams_end(&api->streams);
        vn_http_server_close(api->server, on_closed, api);
    }
}
