#include "tests/bench/hub_tills.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/crypto/x509.h"
#include "agent/loyalty/loyalty_json.h"
#include "sync/net/gzip.h"
#include "sync/wire/batch.h"
#include "sync/wire/enrol.h"
#include "sync/wire/entry.h"
#include "sync/wire/feed.h"
#include "sync/wire/rights.h"
#include "tests/bench/bench.h"

#define CHUNK_BYTES ((size_t)200 * 1024) /* a little below what the verbs send at once */
#define WAIT_MS     60000

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        bench_die(what, error->text[0] == '\0' ? vn_status_name(status) : error->text);
    }
}

/* --- one request, waited for ---------------------------------------------------------------------------------------- */

struct answer {
    bool done;
    enum vn_status status;
    int http;
    struct vn_buf body;
};

static void on_answer(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct answer *answer = ctx;
    answer->done = true;
    answer->status = status;
    if (response != NULL) {
        answer->http = response->status;
        must(vn_buf_append(&answer->body, response->body), "answer", &(struct vn_error){0});
    }
}

/* The body goes to `out`; anything but 200 ends the program. */
static void ask(struct bench_hub *hub, struct vn_http_client *client,
                const struct vn_http_request_out *request, struct vn_buf *out)
{
    struct answer answer = {.http = 0};
    vn_buf_init(&answer.body, VN_FEED_BYTES_MAX);
    must(vn_http_client_send(client, request, on_answer, &answer), request->path, &(struct vn_error){0});
    while (!answer.done) {
        (void)uv_run(&hub->loop, UV_RUN_ONCE);
    }
    if (answer.status != VN_OK) {
        bench_die(request->path, vn_http_client_reason(client));
    }
    if (answer.http != 200) {
        (void)fprintf(stderr, "%.*s\n", (int)answer.body.len, (const char *)answer.body.data);
        bench_die(request->path, vn_http_status_text(answer.http));
    }
    *out = answer.body;
}

json_t *bench_hub_admin(struct bench_hub *hub, const char *method, const char *path, struct vn_view body)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf reply;
    json_t *root = NULL;
    const struct vn_http_request_out request = {
        .method = method, .path = path, .body = body, .timeout_ms = WAIT_MS};
    ask(hub, hub->admin, &request, &reply);
    must(vn_json_parse(vn_buf_view(&reply), &root, &error), path, &error);
    vn_buf_deinit(&reply);
    return root;
}

/* --- the hub -------------------------------------------------------------------------------------------------------- */

static struct vn_http_client *client(struct bench_hub *hub, const struct vn_http_target *target)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_http_client *out = NULL;
    must(vn_http_client_create(&hub->loop, vn_clock_system(), vn_random_system(), NULL, target, &out, &error),
         "client", &error);
    return out;
}

void bench_hub_open(struct bench_hub *hub, const char *dir, int port, long members, enum bench_sale_kind kind)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    char path[VN_PATH_MAX];
    char pem[VN_PEM_MAX];
    memset(hub, 0, sizeof *hub);
    hub->dir = dir;
    hub->port = (uint16_t)port;
    (void)uv_loop_init(&hub->loop);
    vn_buf_init(&hub->ca, VN_PEM_MAX);
    vn_buf_init(&hub->csr, VN_PEM_MAX);
    must(vn_file_read_in(dir, "ca.pem", VN_FILE_OPEN, pem, sizeof pem, &error), "ca.pem", &error);
    must(vn_buf_append_str(&hub->ca, pem), "ca.pem", &error);
    must(vn_file_path(dir, "admin.sock", path, &error), "admin.sock", &error);
    hub->admin = client(hub, &(struct vn_http_target){.socket_path = path, .label = "the hub"});
    must(vn_key_generate(&random, &hub->key), "key", &error);
    must(vn_csr_create(hub->key, &random, "till", &hub->csr, &error), "csr", &error);
    const struct vn_tls_client_options tls = {.ca_pem = vn_buf_view(&hub->ca)};
    hub->nobody = client(hub, &(struct vn_http_target){
                                  .host = "127.0.0.1", .port = hub->port, .tls = &tls, .label = "the hub"});
    hub->receipts = bench_receipts_make(members, kind);
}

void bench_hub_close(struct bench_hub *hub)
{
    vn_http_client_destroy(hub->admin);
    vn_http_client_destroy(hub->nobody);
    (void)uv_run(&hub->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&hub->loop);
    bench_receipts_free(hub->receipts);
    vn_key_destroy(hub->key);
    vn_buf_deinit(&hub->ca);
    vn_buf_deinit(&hub->csr);
}

/* --- data ----------------------------------------------------------------------------------------------------------- */

static void import(struct bench_hub *hub, const char *path, struct vn_buf *lines, bool last)
{
    if (lines->len == 0 || (!last && lines->len < CHUNK_BYTES)) {
        return;
    }
    json_decref(bench_hub_admin(hub, "POST", path, vn_buf_view(lines)));
    vn_buf_clear(lines);
}

static void put_item(unsigned n, struct vn_buf *lines)
{
    struct vn_item item;
    bench_item(n, &item);
    json_t *json = vn_item_write(&item);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    if (text == NULL || vn_buf_printf(lines, "%s\n", text) != VN_OK) {
        bench_die("catalogue", "out of memory");
    }
    free(text);
    json_decref(json);
}

static void put_member(long n, struct vn_buf *lines)
{
    char card[BENCH_CARD_SIZE];
    bench_card(n, card);
    if (vn_buf_printf(lines, "{\"id\":%ld,\"cards\":[\"%s\"],\"balance\":%ld}\n", n, card,
                      bench_balance(n)) != VN_OK) {
        bench_die("members", "out of memory");
    }
}

void bench_hub_store(struct bench_hub *hub, const char *store)
{
    char text[2 * VN_ID_MAX];
    (void)snprintf(text, sizeof text, "{\"id\":\"%s\",\"name\":\"%s\"}", store, store);
    json_decref(bench_hub_admin(hub, "POST", "/admin/stores", vn_view_str(text)));
}

void bench_hub_fill(struct bench_hub *hub, long members)
{
    struct vn_buf lines;
    struct vn_buf rules;
    vn_buf_init(&lines, 2 * CHUNK_BYTES);
    vn_buf_init(&rules, VN_RULESET_MAX);
    for (unsigned n = 0; n < BENCH_CATALOGUE; n++) {
        put_item(n, &lines);
        import(hub, "/admin/import/catalogue", &lines, n + 1 == BENCH_CATALOGUE);
    }
    for (long n = 1; n <= members; n++) {
        put_member(n, &lines);
        import(hub, "/admin/import/members", &lines, n == members);
    }
    bench_ruleset(BENCH_HUB_PROMOTIONS, &rules);
    json_decref(bench_hub_admin(hub, "POST", "/admin/publish", vn_buf_view(&rules)));
    bench_hub_store(hub, "s1");
    vn_buf_deinit(&lines);
    vn_buf_deinit(&rules);
}

/* --- tills ---------------------------------------------------------------------------------------------------------- */

void bench_hub_enrol(struct bench_hub *hub, const char *store, const char *name, struct vn_enrol_reply *reply)
{
    static struct vn_enrol_request request;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf body;
    struct vn_buf answer;
    char ask_code[3 * VN_ID_MAX];
    (void)snprintf(ask_code, sizeof ask_code, "{\"store\":\"%s\",\"till\":\"%s\"}", store, name);
    json_t *code = bench_hub_admin(hub, "POST", "/admin/codes", vn_view_str(ask_code));
    const char *text = json_string_value(json_object_get(code, "code"));
    (void)snprintf(request.code, sizeof request.code, "%s", text == NULL ? "" : text);
    json_decref(code);
    must(vn_view_copy_str(vn_buf_view(&hub->csr), request.csr, sizeof request.csr), "csr", &error);
    vn_buf_init(&body, (size_t)4 * VN_PEM_MAX);
    must(vn_enrol_request_encode(&request, &body), "enrol", &error);
    const struct vn_http_request_out out = {
        .method = "POST", .path = "/v1/enrol", .body = vn_buf_view(&body), .timeout_ms = WAIT_MS};
    ask(hub, hub->nobody, &out, &answer);
    must(vn_enrol_reply_decode(vn_buf_view(&answer), reply, &error), "enrol", &error);
    vn_buf_deinit(&answer);
    vn_buf_deinit(&body);
}

void bench_till_start(struct bench_hub *hub, struct bench_till *till, const char *name)
{
    static struct vn_enrol_reply reply;
    struct vn_random random = vn_random_system();
    memset(till, 0, sizeof *till);
    till->hub = hub;
    bench_hub_enrol(hub, "s1", name, &reply);
    till->enrolment = reply.enrolment;
    vn_chain_start(&till->enrolment, &till->head);
    must(vn_random_fill(&random, till->boot, sizeof till->boot), "boot", &(struct vn_error){0});
    const struct vn_tls_client_options tls = {
        .ca_pem = vn_buf_view(&hub->ca), .cert_pem = vn_view_str(reply.certificate), .key = hub->key};
    till->client = client(hub, &(struct vn_http_target){
                                   .host = "127.0.0.1", .port = hub->port, .tls = &tls, .label = "the hub"});
}

void bench_till_end(struct bench_till *till)
{
    vn_http_client_destroy(till->client);
}

/* --- batches -------------------------------------------------------------------------------------------------------- */

void bench_boot_entry(const uint8_t boot[VN_ID_BYTES], struct vn_buf *out)
{
    struct vn_entry entry;
    char hex[2 * VN_ID_BYTES + 1];
    vn_hex_encode(vn_view_of(boot, VN_ID_BYTES), hex);
    vn_entry_init(&entry, VN_ENTRY_BOOT);
    entry.wall_ms = 1;
    entry.body = json_pack("{s:s, s:s, s:i}", "boot", hex, "version", VERNO_VERSION, "engine", 2);
    if (entry.body == NULL || vn_entry_encode(&entry, out) != VN_OK) {
        bench_die("boot", "can't be encoded");
    }
    vn_entry_deinit(&entry);
}

static void write_stamp(const struct bench_till *till, char out[VN_STAMP_TEXT_MAX])
{
    struct vn_stamp stamp = {.enrolment = till->enrolment,
                             .head_seq = till->head_seq,
                             .head_hash = till->head,
                             .acked_seq = till->acked_seq};
    memcpy(stamp.boot, till->boot, sizeof stamp.boot);
    vn_stamp_write(&stamp, out);
}

void bench_till_batch(struct bench_till *till, unsigned count, struct bench_batch *out)
{
    static struct vn_batch batch;
    struct vn_buf bodies[VN_BATCH_ENTRIES_MAX];
    struct vn_buf plain;
    memset(&batch, 0, sizeof batch);
    memset(out, 0, sizeof *out);
    batch.enrolment = till->enrolment;
    batch.from_seq = till->head_seq + 1;
    batch.prev_hash = till->head;
    batch.count = count;
    for (unsigned i = 0; i < count; i++) {
        vn_buf_init(&bodies[i], VN_ENTRY_MAX);
        if (till->head_seq == 0) {
            bench_boot_entry(till->boot, &bodies[i]);
        } else {
            bench_receipt_entry(till->hub->receipts, ++till->receipts, &bodies[i]);
            out->receipts++;
        }
        batch.bodies[i] = vn_buf_view(&bodies[i]);
        till->head_seq++;
        vn_chain_next(&till->head, till->head_seq, batch.bodies[i], &till->head);
    }
    batch.head = till->head;
    vn_buf_init(&plain, VN_BATCH_BYTES_MAX);
    vn_buf_init(&out->zipped, VN_BATCH_BYTES_MAX);
    if (vn_batch_encode(&batch, &plain) != VN_OK || vn_gzip(vn_buf_view(&plain), 1, &out->zipped) != VN_OK) {
        bench_die("batch", "can't be encoded");
    }
    out->plain_bytes = plain.len;
    out->entries = count;
    out->last_seq = till->head_seq;
    write_stamp(till, out->stamp);
    vn_buf_deinit(&plain);
    for (unsigned i = 0; i < count; i++) {
        vn_buf_deinit(&bodies[i]);
    }
}

void bench_batch_deinit(struct bench_batch *batch)
{
    vn_buf_deinit(&batch->zipped);
}

void bench_till_send(struct bench_till *till, const struct bench_batch *batch, vn_http_done done, void *ctx)
{
    const struct vn_http_header_out headers[] = {{VN_STAMP_HEADER, batch->stamp},
                                                 {"Content-Encoding", "gzip"}};
    const struct vn_http_request_out request = {.method = "POST",
                                                .path = "/v1/journal",
                                                .headers = headers,
                                                .header_count = 2,
                                                .content_type = "application/x-ndjson",
                                                .body = vn_buf_view(&batch->zipped),
                                                .timeout_ms = WAIT_MS};
    must(vn_http_client_send(till->client, &request, done, ctx), "journal", &(struct vn_error){0});
}

void bench_till_get(struct bench_till *till, const char *path, struct vn_buf *out)
{
    char stamp[VN_STAMP_TEXT_MAX];
    const struct vn_http_header_out headers[] = {{VN_STAMP_HEADER, stamp}, {"Accept", VN_FEED_ACCEPT}};
    const struct vn_http_request_out request = {
        .method = "GET", .path = path, .headers = headers, .header_count = 2, .timeout_ms = WAIT_MS};
    write_stamp(till, stamp);
    ask(till->hub, till->client, &request, out);
}

void bench_till_rights(struct bench_till *till, const char *stamp)
{
    static const struct vn_rights_request nothing = {.count = 0};
    struct vn_buf body;
    struct vn_buf reply;
    const struct vn_http_header_out header = {VN_STAMP_HEADER, stamp};
    vn_buf_init(&body, VN_POS_BODY_MAX);
    must(vn_rights_request_encode(&nothing, &body), "rights", &(struct vn_error){0});
    const struct vn_http_request_out request = {.method = "POST",
                                                .path = "/v1/rights",
                                                .headers = &header,
                                                .header_count = 1,
                                                .content_type = "application/json",
                                                .body = vn_buf_view(&body),
                                                .timeout_ms = WAIT_MS};
    ask(till->hub, till->client, &request, &reply);
    vn_buf_deinit(&reply);
    vn_buf_deinit(&body);
}
