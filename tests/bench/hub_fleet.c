/* A fleet of tills in one process: each with an enrolment and certificate of its own, two TLS connections, and the uplink that
 * tills are shipped with, so that back-off, jitter, delays and long-polls are the real ones. The hub closes one of the two when
 * it was not used for two minutes, so a till that idles has one. Journal and cache are left out: entries are
 * taken from a pool that all tills share, frames are read for their cursor and dropped.
 *
 *     bench_hub_fleet DIR PORT PID TILLS SALES IDLE_S MEMBERS
 *
 * DIR, PORT and PID are those of a running hub, MEMBERS how many it has (hub_fill.c). Catalogue and ruleset are imported, all
 * tills come up, idle for IDLE_S seconds, and hear of a new ruleset. Then it says "outage" and waits for a line: the hub is gone.
 * Each till sells SALES receipts; it says "sold" and waits for the number of a hub's process that listens on the same port. It
 * ends when that one has acknowledged all, with one JSON object, times in nanoseconds. A till that a hub refuses for good ends it
 * at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sync/wire/feed.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_fleet_till.h"
#include "tests/bench/hub_watch.h"

#define POOL_MAX     200000 /* receipts that the tills share */
#define FILES_KEPT   64
#define RAMP_MS      100
#define RAMP_TILLS   6 /* in each RAMP_MS */
#define LINE_MAX_LEN 64
#define WAIT_NS      INT64_C(1200000000000)

static void must(enum vn_status status, const char *what)
{
    if (status != VN_OK) {
        bench_die(what, vn_status_name(status));
    }
}

/* A till has two connections while it uploads: as many as this process may have open. */
static void raise_file_limit(long tills)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < (rlim_t)tills + FILES_KEPT) {
            bench_die("fleet", "more open files are needed than this process may have: ulimit -Hn");
        }
    }
}

/* --- coming up ------------------------------------------------------------------------------------------------------ */

/* A few at a time, as stores open: what is measured is not a first contact. */
static void on_ramp(uv_timer_t *timer)
{
    struct fleet *fleet = timer->data;
    for (int i = 0; i < RAMP_TILLS && fleet->started < fleet->tills; i++) {
        struct fleet_till *till = &fleet->all[fleet->started++];
        fleet_till_grow(till, 1);
        vn_uplink_start(
            till->uplink,
            &(struct vn_uplink_from){.head_seq = 1, .cursor = till->cursor, .enrolment = till->enrolment});
        vn_uplink_report(till->uplink);
    }
    if (fleet->started == fleet->tills) {
        (void)uv_timer_stop(timer);
    }
}

/* Asks, and takes over the cursor. Returns how many rows came. */
static unsigned read_frame(struct bench_till *till, const char *path, struct vn_cursor *cursor)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_feed_header header;
    struct vn_view line;
    struct vn_buf frame;
    bench_till_get(till, path, &frame);
    struct vn_view rest = vn_buf_view(&frame);
    if (!vn_wire_next_line(&rest, &line) || vn_feed_header_decode(line, &header, &error) != VN_OK) {
        bench_die(path, error.text);
    }
    *cursor = header.cursor;
    vn_buf_deinit(&frame);
    return header.count;
}

/* The cursor of a till that has everything: a snapshot may be only the first part of that. */
static void read_cursor(struct fleet *fleet)
{
    struct bench_till till;
    char path[96] = "/v1/snapshot";
    bench_till_start(&fleet->hub, &till, "first");
    while (read_frame(&till, path, &fleet->cursor) > 0) {
        char cursor[VN_ID_MAX];
        vn_cursor_write(&fleet->cursor, cursor);
        (void)snprintf(path, sizeof path, "/v1/feed?cursor=%s&wait=0", cursor);
    }
    bench_till_end(&till);
}

static void make_pool(struct fleet *fleet)
{
    fleet->pool = calloc((size_t)fleet->pool_size, sizeof *fleet->pool);
    if (fleet->pool == NULL) {
        bench_die("receipts", "out of memory");
    }
    for (long i = 0; i < fleet->pool_size; i++) {
        vn_buf_init(&fleet->pool[i], VN_ENTRY_MAX);
        bench_receipt_entry(fleet->hub.receipts, i % fleet->sales, &fleet->pool[i]);
    }
}

/* Runs the loop until the count is 0; it is counted down by what the tills hear. */
static int64_t wait_zero(struct fleet *fleet, const long *count, const char *what)
{
    int64_t start = bench_now_ns();
    while (*count > 0) {
        (void)uv_run(&fleet->hub.loop, UV_RUN_ONCE);
        if (bench_now_ns() - start > WAIT_NS) {
            bench_die(what, "it had twenty minutes");
        }
    }
    return bench_now_ns() - start;
}

static void on_nothing(uv_timer_t *timer)
{
    *(long *)timer->data = 0;
}

static void idle(struct fleet *fleet, int64_t ms)
{
    long waiting = 1;
    fleet->ramp.data = &waiting;
    (void)uv_timer_start(&fleet->ramp, on_nothing, (uint64_t)ms, 0);
    (void)wait_zero(fleet, &waiting, "idling");
    fleet->ramp.data = fleet;
}

/* --- the parts ------------------------------------------------------------------------------------------------------ */

static void come_up(struct fleet *fleet)
{
    struct bench_watch before;
    struct bench_watch after;
    int64_t start = bench_now_ns();
    for (long i = 0; i < fleet->tills; i++) {
        fleet_till_make(fleet, &fleet->all[i], i);
    }
    int64_t enrolled = bench_now_ns();
    bench_watch(fleet->pid, &before);
    int64_t own_ms = bench_own_cpu_ms();
    (void)uv_timer_start(&fleet->ramp, on_ramp, 0, RAMP_MS);
    long waiting = fleet->tills;
    while (waiting > 0) {
        (void)uv_run(&fleet->hub.loop, UV_RUN_ONCE);
        waiting = fleet->tills - fleet->live + fleet->behind + (fleet->tills - fleet->started) +
                  (fleet->loads < fleet->fresh);
        if (bench_now_ns() - enrolled > WAIT_NS) {
            bench_die("coming up", "it had twenty minutes");
        }
    }
    int64_t up = bench_now_ns();
    int64_t own_up_ms = bench_own_cpu_ms() - own_ms;
    idle(fleet, fleet->idle_s * 1000);
    bench_watch(fleet->pid, &after);
    (void)printf(
        "\"tills\":%ld,\"enrol_ns\":%lld,\"up_ns\":%lld,\"up_own_cpu_ms\":%lld,\"idle\":{\"before_kib\":%ld,"
        "\"files\":%ld,",
        fleet->tills, (long long)(enrolled - start), (long long)(up - enrolled), (long long)own_up_ms,
        before.rss_kib, after.files);
    bench_watch_print(&before, &after);
    (void)printf("},\"load_bytes\":%lld,", (long long)fleet->load_bytes);
    bench_print("load", fleet->load_times,
                (size_t)(fleet->loads < fleet->tills ? fleet->loads : fleet->tills), ",");
}

static void on_published(void *ctx, enum vn_status status, const struct vn_http_response *response)
{
    (void)ctx;
    if (status != VN_OK || response->status != 200) {
        bench_die("publish", "the hub refused it");
    }
}

static void publish(struct fleet *fleet)
{
    struct vn_buf rules;
    int64_t own_ms = bench_own_cpu_ms();
    vn_buf_init(&rules, VN_RULESET_MAX);
    bench_ruleset(BENCH_PROMOTIONS, &rules);
    const struct vn_http_request_out request = {
        .method = "POST", .path = "/admin/publish", .body = vn_buf_view(&rules)};
    fleet->without_ruleset = fleet->tills;
    for (long i = 0; i < fleet->tills; i++) {
        fleet->all[i].ruleset_ns = 0;
    }
    int64_t start = bench_now_ns();
    must(vn_http_client_send(fleet->hub.admin, &request, on_published, NULL), "publish");
    (void)wait_zero(fleet, &fleet->without_ruleset, "publishing");
    for (long i = 0; i < fleet->tills; i++) {
        fleet->times[i] = fleet->all[i].ruleset_ns - start;
    }
    bench_print("publish", fleet->times, (size_t)fleet->tills, ",");
    (void)printf("\"publish_own_cpu_ms\":%lld,\"ruleset_bytes\":%zu,",
                 (long long)(bench_own_cpu_ms() - own_ms), rules.len);
    vn_buf_deinit(&rules);
}

/* --- the outage ----------------------------------------------------------------------------------------------------- */

struct ear {
    uv_poll_t poll;
    char line[LINE_MAX_LEN];
    long waiting;
};

static void on_line(uv_poll_t *poll, int status, int events)
{
    struct ear *ear = poll->data;
    size_t len = strlen(ear->line);
    (void)events;
    ssize_t got = status == 0 ? read(STDIN_FILENO, ear->line + len, sizeof ear->line - 1 - len) : 0;
    if (got <= 0) {
        bench_die("outage", "nobody tells what became of the hub");
    }
    ear->line[len + (size_t)got] = '\0';
    if (strchr(ear->line, '\n') != NULL) {
        ear->waiting = 0;
        (void)uv_poll_stop(poll);
    }
}

static void closed(uv_handle_t *handle)
{
    *(long *)handle->data = 0;
}

/* Says it, and runs the loop until there is a line on standard input; its number, 0 when it is none. */
static long say_and_hear(struct fleet *fleet, const char *what)
{
    struct ear ear = {.waiting = 1};
    (void)printf("\n%s\n", what);
    (void)fflush(stdout);
    (void)uv_poll_init(&fleet->hub.loop, &ear.poll, STDIN_FILENO);
    ear.poll.data = &ear;
    (void)uv_poll_start(&ear.poll, UV_READABLE, on_line);
    (void)wait_zero(fleet, &ear.waiting, what);
    long closing = 1;
    ear.poll.data = &closing;
    uv_close((uv_handle_t *)&ear.poll, closed);
    (void)wait_zero(fleet, &closing, what);
    return strtol(ear.line, NULL, 10);
}

static void outage(struct fleet *fleet)
{
    struct bench_watch before;
    struct bench_watch after;
    (void)say_and_hear(fleet, "outage");
    for (long i = 0; i < fleet->tills; i++) {
        fleet_till_grow(&fleet->all[i], 1 + fleet->sales);
        vn_uplink_on_grown(fleet->all[i].uplink, fleet->all[i].head_seq);
    }
    long pid = say_and_hear(fleet, "sold");
    int64_t own_ms = bench_own_cpu_ms();
    bench_watch((pid_t)pid, &before);
    int64_t back_ns = wait_zero(fleet, &fleet->behind, "coming back");
    own_ms = bench_own_cpu_ms() - own_ms;
    bench_watch((pid_t)pid, &after);
    (void)printf("{\"sales\":%ld,\"back_ns\":%lld,\"own_cpu_ms\":%lld,\"files\":%ld,",
                 fleet->sales * fleet->tills, (long long)back_ns, (long long)own_ms, after.files);
    bench_watch_print(&before, &after);
    (void)printf("}\n");
}

int main(int argc, char **argv)
{
    static struct fleet fleet;
    if (argc != 8) {
        (void)fprintf(stderr, "Usage: bench_hub_fleet DIR PORT PID TILLS SALES IDLE_S MEMBERS\n");
        return 2;
    }
    fleet.pid = (pid_t)strtol(argv[3], NULL, 10);
    fleet.tills = strtol(argv[4], NULL, 10);
    fleet.sales = strtol(argv[5], NULL, 10);
    fleet.idle_s = strtol(argv[6], NULL, 10);
    fleet.all = calloc((size_t)fleet.tills, sizeof *fleet.all);
    fleet.times = calloc((size_t)fleet.tills, sizeof *fleet.times);
    fleet.load_times = calloc((size_t)fleet.tills, sizeof *fleet.load_times);
    if (fleet.all == NULL || fleet.times == NULL || fleet.load_times == NULL || fleet.tills < 1 ||
        fleet.sales < 1 || fleet.sales > POOL_MAX) {
        bench_die("fleet", "at least a till, and 1 to 200000 sales");
    }
    raise_file_limit(fleet.tills);
    fleet.pool_size = fleet.tills < POOL_MAX / fleet.sales ? fleet.tills * fleet.sales : POOL_MAX;
    fleet.pool_size -= fleet.pool_size % fleet.sales; /* a till has each number once */
    bench_hub_open(&fleet.hub, argv[1], (int)strtol(argv[2], NULL, 10), strtol(argv[7], NULL, 10),
                   BENCH_BASKETS);
    bench_hub_fill(&fleet.hub, 0);
    make_pool(&fleet);
    (void)uv_idle_init(&fleet.hub.loop, &fleet.wake);
    fleet.wake.data = &fleet;
    (void)uv_timer_init(&fleet.hub.loop, &fleet.ramp);
    fleet.ramp.data = &fleet;
    read_cursor(&fleet);
    (void)printf("{");
    come_up(&fleet);
    publish(&fleet);
    (void)printf("\"of\":\"fleet\"}");
    outage(&fleet);
    return 0; /* ten thousand connections need no farewell */
}
