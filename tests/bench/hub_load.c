/* Receipts into a hub as fast as it takes them: each till has one connection, resumed, and sends its next batch when the last one
 * is acknowledged.
 *
 *     bench_hub_load DIR PORT PID MEMBERS TILLS RECEIPTS BATCH plain|baskets [ahead] [fill]
 *
 * DIR, PORT and PID are those of a running hub; with `fill` catalogue and ruleset are
 * imported first, with `ahead` the tills are granted points ahead. Its members are there (hub_fill.c). Prints one JSON
 * object, times in nanoseconds. Batches are quoted, chained and zipped before the clock starts. It starts with the first byte
 * sent and stops twice: when the last receipt is acknowledged, and when the hub says that all are posted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sync/wire/batch.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_tills.h"
#include "tests/bench/hub_watch.h"

#define POSTED_WAIT_NS  INT64_C(600000000000)
#define POSTED_PAUSE_US 20000
#define RETRY_MS        1000 /* when a hub that is full does not say how long */

struct run;

struct sender {
    struct run *run;
    struct bench_till till;
    struct bench_batch *batches;
    size_t count, next;
    int64_t sent_ns;
    uv_timer_t retry;
};

struct run {
    struct bench_hub hub;
    pid_t pid;
    long members, tills, receipts, batch;
    enum bench_sale_kind kind;
    bool ahead, fill;
    struct sender *senders;
    int64_t *replies; /* ns */
    size_t reply_count;
    size_t open; /* batches that are not acknowledged */
    long later;  /* answers 429 and 503 */
    int64_t zipped, plain, entries;
    bool resumed;
};

/* --- sending -------------------------------------------------------------------------------------------------------- */

static void on_reply(void *ctx, enum vn_status status, const struct vn_http_response *response);

static void send_next(struct sender *sender)
{
    sender->sent_ns = bench_now_ns();
    bench_till_send(&sender->till, &sender->batches[sender->next], on_reply, sender);
}

static void on_retry(uv_timer_t *timer)
{
    send_next(timer->data);
}

static void send_later(struct sender *sender, const struct vn_http_response *response)
{
    struct vn_view value;
    char text[16] = "";
    if (vn_http_response_header(response, "Retry-After", &value) &&
        vn_view_copy_str(value, text, sizeof text) != VN_OK) {
        text[0] = '\0';
    }
    long seconds = strtol(text, NULL, 10);
    sender->run->later++;
    (void)uv_timer_start(&sender->retry, on_retry, seconds > 0 ? (uint64_t)seconds * 1000 : RETRY_MS, 0);
}

static void check_ack(const struct sender *sender, const struct vn_http_response *response)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_ack ack;
    if (response->status != 200) {
        (void)fprintf(stderr, "%.*s\n", (int)response->body.len, (const char *)response->body.data);
        bench_die("journal", vn_http_status_text(response->status));
    }
    if (vn_ack_decode(response->body, &ack, &error) != VN_OK) {
        bench_die("ack", error.text);
    }
    if (ack.acked_seq != sender->batches[sender->next].last_seq || ack.quarantined != 0) {
        bench_die("ack", "the hub did not take the whole batch, or quarantined some of it");
    }
}

static void on_reply(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct sender *sender = ctx;
    struct run *run = sender->run;
    if (status != VN_OK) {
        bench_die("journal", vn_http_client_reason(sender->till.client));
    }
    if (response->status == 429 || response->status == 503) {
        send_later(sender, response);
        return;
    }
    check_ack(sender, response);
    run->replies[run->reply_count++] = bench_now_ns() - sender->sent_ns;
    run->open--;
    if (++sender->next < sender->count) {
        send_next(sender);
    } else if (run->open == 0) {
        uv_stop(&run->hub.loop);
    }
}

/* --- before the clock starts ---------------------------------------------------------------------------------------- */

static void on_warm(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    struct sender *sender = ctx;
    if (status != VN_OK) {
        bench_die("first contact", vn_http_client_reason(sender->till.client));
    }
    check_ack(sender, response);
    sender->next++;
    if (--sender->run->open == 0) {
        uv_stop(&sender->run->hub.loop);
    }
}

static void on_dropped(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    (void)ctx;
    (void)status;
    (void)response;
}

/* Drops each connection by a request that is cancelled, so that what follows begins with a resumed one. */
static void drop_connections(struct run *run)
{
    for (long i = 0; i < run->tills; i++) {
        struct bench_till *till = &run->senders[i].till;
        const struct vn_http_header_out stamp = {VN_STAMP_HEADER, run->senders[i].batches[0].stamp};
        const struct vn_http_request_out nothing = {
            .method = "GET", .path = "/v1/nothing", .headers = &stamp, .header_count = 1};
        if (vn_http_client_send(till->client, &nothing, on_dropped, NULL) != VN_OK) {
            bench_die("dropping", "can't be asked");
        }
        vn_http_client_cancel(till->client);
    }
}

static void make_batches(struct run *run, struct sender *sender, long receipts)
{
    sender->count = 1 + (size_t)((receipts + run->batch - 1) / run->batch);
    sender->batches = calloc(sender->count, sizeof *sender->batches);
    if (sender->batches == NULL) {
        bench_die("batches", "out of memory");
    }
    bench_till_batch(&sender->till, 1, &sender->batches[0]); /* its boot */
    for (size_t i = 1; i < sender->count; i++) {
        long left = receipts - (long)(i - 1) * run->batch;
        struct bench_batch *batch = &sender->batches[i];
        bench_till_batch(&sender->till, (unsigned)(left < run->batch ? left : run->batch), batch);
        run->zipped += (int64_t)batch->zipped.len;
        run->plain += (int64_t)batch->plain_bytes;
        run->entries += batch->receipts;
    }
}

static void prepare(struct run *run)
{
    run->senders = calloc((size_t)run->tills, sizeof *run->senders);
    run->replies = calloc((size_t)(run->receipts / run->batch + 2 * run->tills), sizeof *run->replies);
    if (run->senders == NULL || run->replies == NULL) {
        bench_die("tills", "out of memory");
    }
    for (long i = 0; i < run->tills; i++) {
        struct sender *sender = &run->senders[i];
        char name[VN_ID_MAX];
        (void)snprintf(name, sizeof name, "t%ld-%ld", (long)getpid(), i + 1); /* other tills in each run */
        sender->run = run;
        (void)uv_timer_init(&run->hub.loop, &sender->retry);
        sender->retry.data = sender;
        bench_till_start(&run->hub, &sender->till, name);
        make_batches(run, sender, run->receipts / run->tills);
        sender->next = 0;
    }
    run->open = (size_t)run->tills;
    for (long i = 0; i < run->tills; i++) {
        bench_till_send(&run->senders[i].till, &run->senders[i].batches[0], on_warm, &run->senders[i]);
    }
    (void)uv_run(&run->hub.loop, UV_RUN_DEFAULT);
    for (long i = 0; i < run->tills && run->ahead; i++) {
        bench_till_rights(&run->senders[i].till, run->senders[i].batches[0].stamp);
    }
    drop_connections(run);
}

/* --- the measured part ---------------------------------------------------------------------------------------------- */

/* Whether the ledger has all that was acknowledged. A hub that posts before it acknowledges does not list what is posted. */
static bool is_posted(struct run *run)
{
    json_t *fleet = bench_hub_admin(&run->hub, "GET", "/admin/fleet", VN_VIEW_NONE);
    const json_t *tills = json_object_get(fleet, "tills");
    bool posted = json_array_size(tills) > 0;
    for (size_t i = 0; i < json_array_size(tills); i++) {
        const json_t *till = json_array_get(tills, i);
        const json_t *seq = json_object_get(till, "posted_seq");
        posted = posted && (seq == NULL || json_integer_value(seq) >=
                                               json_integer_value(json_object_get(till, "acked_seq")));
        if (json_integer_value(json_object_get(till, "quarantined")) != 0) {
            bench_die("fleet", "the hub quarantined receipts");
        }
    }
    json_decref(fleet);
    return posted;
}

static void send_all(struct run *run)
{
    for (long i = 0; i < run->tills; i++) {
        run->open += run->senders[i].count - 1;
    }
    for (long i = 0; i < run->tills; i++) {
        send_next(&run->senders[i]);
    }
    (void)uv_run(&run->hub.loop, UV_RUN_DEFAULT);
    run->resumed = true;
    for (long i = 0; i < run->tills; i++) {
        run->resumed = run->resumed && vn_http_client_resumed(run->senders[i].till.client);
    }
}

static void measure(struct run *run)
{
    struct bench_watch before;
    struct bench_watch after;
    bench_watch(run->pid, &before);
    int64_t own_ms = bench_own_cpu_ms();
    int64_t start = bench_now_ns();
    send_all(run);
    int64_t acked = bench_now_ns();
    own_ms = bench_own_cpu_ms() - own_ms;
    while (!is_posted(run)) {
        if (bench_now_ns() - acked > POSTED_WAIT_NS) {
            bench_die("posting", "the hub had ten minutes");
        }
        bench_pause_us(POSTED_PAUSE_US);
    }
    int64_t posted = bench_now_ns();
    bench_watch(run->pid, &after);
    (void)printf("\"receipts\":%lld,\"tills\":%ld,\"batch\":%ld,\"resumed\":%s,\"later\":%ld,",
                 (long long)run->entries, run->tills, run->batch, run->resumed ? "true" : "false",
                 run->later);
    (void)printf("\"zipped\":%lld,\"plain\":%lld,\"acked_ns\":%lld,\"posted_ns\":%lld,\"own_cpu_ms\":%lld,",
                 (long long)run->zipped, (long long)run->plain, (long long)(acked - start),
                 (long long)(posted - start), (long long)own_ms);
    bench_print("reply", run->replies, run->reply_count, ",");
    bench_watch_print(&before, &after);
}

static void finish(struct run *run)
{
    for (long i = 0; i < run->tills; i++) {
        struct sender *sender = &run->senders[i];
        bench_till_end(&sender->till);
        uv_close((uv_handle_t *)&sender->retry, NULL);
        for (size_t b = 0; b < sender->count; b++) {
            bench_batch_deinit(&sender->batches[b]);
        }
        free(sender->batches);
    }
    bench_hub_close(&run->hub);
    free(run->senders);
    free(run->replies);
}

static bool read_words(struct run *run, int argc, char **argv)
{
    if (argc < 9) {
        return false;
    }
    for (int i = 9; i < argc; i++) {
        bool ahead = strcmp(argv[i], "ahead") == 0;
        if (!ahead && strcmp(argv[i], "fill") != 0) {
            return false;
        }
        run->ahead = run->ahead || ahead;
        run->fill = run->fill || !ahead;
    }
    run->pid = (pid_t)strtol(argv[3], NULL, 10);
    run->members = strtol(argv[4], NULL, 10);
    run->tills = strtol(argv[5], NULL, 10);
    run->receipts = strtol(argv[6], NULL, 10);
    run->batch = strtol(argv[7], NULL, 10);
    run->kind = strcmp(argv[8], "plain") == 0 ? BENCH_PLAIN : BENCH_BASKETS;
    return run->pid > 0 && run->members > 0 && run->tills > 0 && run->receipts >= run->tills &&
           run->batch > 0 && run->batch <= VN_BATCH_ENTRIES_MAX;
}

int main(int argc, char **argv)
{
    static struct run run;
    if (!read_words(&run, argc, argv)) {
        (void)fprintf(
            stderr,
            "Usage: bench_hub_load DIR PORT PID MEMBERS TILLS RECEIPTS BATCH plain|baskets [ahead] [fill]\n");
        return 2;
    }
    bench_hub_open(&run.hub, argv[1], (int)strtol(argv[2], NULL, 10), run.members, run.kind);
    (void)printf("{");
    if (run.fill) {
        bench_hub_fill(&run.hub, 0);
    }
    prepare(&run);
    measure(&run);
    (void)printf("}\n");
    finish(&run);
    return 0;
}
