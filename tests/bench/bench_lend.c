/* What a right costs that a neighbour till has: two tills on one machine and one thread, their journals on its disk, TLS between
 * them over the loopback net; from the wish to its answer, with all that is journaled and signed on the way. Beside it, measured
 * between the loans, one fsync of a page: a loan has two of them behind one another.
 *
 *     bench_lend DIR LOANS      prints one JSON object, times in nanoseconds
 *
 * Loans that shake hands first, as after a restart, are a figure of their own, and so is what the signature of a give costs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/app/peer_link.h"
#include "agent/crypto/x509.h"
#include "tests/bench/bench.h"

#define TILLS   2
#define YEAR_MS INT64_C(31536000000)
#define PORT    17445
#define PAGE    4096

#define HANDSHAKES 30
#define SIGNATURES 200

struct world;
struct till {
    struct world *world;
    struct vn_enrolment enrolment;
    struct vn_key *key;
    struct vn_journal *journal;
    struct vn_peer *peer;
    struct vn_peer_link *link;
    uv_timer_t timer;
    uv_idle_t idle; /* runs jobs, so that none is run within a call */
    struct vn_peer_job *jobs[32];
    size_t job_count;
    bool told;
    int64_t got;
};
struct world {
    uv_loop_t loop;
    struct vn_random random;
    struct vn_key *authority, *publishing;
    char ca[VN_PEM_MAX];
    struct till tills[TILLS];
};

static void must(enum vn_status status, const char *what, const struct vn_error *error)
{
    if (status != VN_OK) {
        bench_die(what, error->text[0] == '\0' ? vn_status_name(status) : error->text);
    }
}

/* --- a till's hands */

static void io_ask(void *ctx, const struct vn_peer_request *request)
{
    vn_peer_link_ask(((struct till *)ctx)->link, request);
}

static void on_timer(uv_timer_t *timer)
{
    vn_peer_on_timer(((struct till *)timer->data)->peer);
}

static void io_timer(void *ctx, int64_t delay_ms)
{
    struct till *till = ctx;
    (void)uv_timer_stop(&till->timer);
    if (delay_ms >= 0) {
        (void)uv_timer_start(&till->timer, on_timer, (uint64_t)delay_ms, 0);
    }
}

static void run_job(struct till *till, struct vn_peer_job *job)
{
    const struct vn_journal_append append = {.entry = &job->entry};
    job->status = VN_OK;
    switch (job->kind) {
    case VN_PEER_LOOK:
        for (unsigned i = 0; i < job->count; i++) {
            job->status = vn_journal_counters(till->journal, job->accounts[i], &job->counters[i]);
        }
        break;
    case VN_PEER_KNOWN: job->status = VN_UNSUPPORTED; break; /* nobody here asks for so much */
    case VN_PEER_APPEND:
        job->status = vn_journal_append(till->journal, &append, &job->seq, &job->error);
        break;
    case VN_PEER_OPEN:
        job->status = vn_journal_open_gives(till->journal, job->gives, VN_PEER_GIVES_MAX, &job->give_count);
        break;
    case VN_PEER_ENDED:
        job->status = vn_journal_give_ended(till->journal, job->give.transfer, job->state);
        break;
    }
    must(job->status, "journal", &job->error);
}

static void on_idle(uv_idle_t *idle)
{
    struct till *till = idle->data;
    (void)uv_idle_stop(idle);
    while (till->job_count > 0) {
        struct vn_peer_job *job = till->jobs[0];
        memmove(till->jobs, till->jobs + 1, --till->job_count * sizeof till->jobs[0]);
        run_job(till, job);
        vn_peer_on_job(till->peer, job);
    }
}

static void io_job(void *ctx, struct vn_peer_job *job)
{
    struct till *till = ctx;
    till->jobs[till->job_count++] = job;
    (void)uv_idle_start(&till->idle, on_idle);
}

static void io_borrowed(void *ctx, const struct vn_counters *rights, unsigned count)
{
    struct till *till = ctx;
    till->told = true;
    till->got = count == 0 ? 0 : rights[0].in;
}

/* Nobody looks here. */
static void io_nearby(void *ctx, const char *account, int64_t amount, unsigned answered)
{
    (void)ctx;
    (void)account;
    (void)amount;
    (void)answered;
}

static void io_answer(void *ctx, uint64_t call, int http_status, struct vn_view json, const char *problem)
{
    vn_peer_link_answer(((struct till *)ctx)->link, call, http_status, json, problem);
}

static void io_changed(void *ctx)
{
    (void)ctx;
}

static void on_call(void *ctx, uint64_t call, const char *from, const char *path, struct vn_view body)
{
    vn_peer_call(((struct till *)ctx)->peer, call, from, path, body);
}

static void on_gone(void *ctx, uint64_t call)
{
    vn_peer_forget_call(((struct till *)ctx)->peer, call);
}

static void on_response(void *ctx, unsigned neighbour, const struct vn_peer_response *response)
{
    vn_peer_on_response(((struct till *)ctx)->peer, neighbour, response);
}

/* --- making them */

static void certify(struct world *world, struct till *till, int64_t now_ms)
{
    struct vn_error error = {VN_OK, "", ""};
    char name[2 * VN_ID_BYTES + 1];
    struct vn_buf csr;
    struct vn_buf pem;
    vn_buf_init(&csr, VN_PEM_MAX - 1);
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    vn_hex_encode(vn_view_of(till->enrolment.id.bytes, VN_ID_BYTES), name);
    const struct vn_cert_terms terms = {VN_CERT_TILL, name, now_ms - YEAR_MS, now_ms + YEAR_MS, NULL, 0};
    must(vn_csr_create(till->key, &world->random, name, &csr, &error), "csr", &error);
    must(vn_cert_issue(world->authority, vn_view_str(world->ca), vn_buf_view(&csr), &terms, &world->random,
                       &pem, &error),
         "certificate", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), till->enrolment.certificate, VN_PEM_MAX), "certificate", &error);
    memcpy(till->enrolment.hub_ca, world->ca, sizeof world->ca);
    vn_buf_deinit(&csr);
    vn_buf_deinit(&pem);
}

static void make_till(struct world *world, unsigned number, const char *folder)
{
    struct till *till = &world->tills[number];
    struct vn_error error = {VN_OK, "", ""};
    char path[VN_PATH_MAX];
    const struct vn_clock clock = vn_clock_system();
    const struct vn_peer_link_events events = {on_call, on_gone, on_response, till};
    const struct vn_peer_io io = {.ask = io_ask,
                                  .timer = io_timer,
                                  .job = io_job,
                                  .borrowed = io_borrowed,
                                  .nearby = io_nearby,
                                  .answer = io_answer,
                                  .changed = io_changed,
                                  .ctx = till};
    till->world = world;
    memset(till->enrolment.id.bytes, 0x41 + (int)number, VN_ID_BYTES);
    must(vn_key_generate(&world->random, &till->key), "key", &error);
    certify(world, till, vn_clock_wall_ms(&clock));
    (void)snprintf(path, sizeof path, "%s/lend-%u.db", folder, number);
    (void)unlink(path);
    must(vn_journal_create(path, &till->enrolment.id, NULL, &error), "journal", &error);
    must(vn_journal_open(path, &till->enrolment.id, &world->random, NULL, &till->journal, &error), "journal",
         &error);
    struct vn_peer_config config = {
        .own = till->enrolment.id, .store = "s1", .clock = clock, .random = world->random};
    vn_key_public(world->publishing, &config.publishing_key);
    must(vn_peer_create(&config, &io, till->key, &till->peer), "peer", &error);
    must(vn_peer_link_create(&world->loop, clock, world->random, NULL, &events, &till->link), "link", &error);
    must(vn_peer_link_identity(till->link, &till->enrolment, till->key, &error), "link", &error);
    must(vn_peer_link_listen(till->link, "127.0.0.1", (uint16_t)(PORT + number), &error), "listen", &error);
    (void)uv_timer_init(&world->loop, &till->timer);
    (void)uv_idle_init(&world->loop, &till->idle);
    till->timer.data = till->idle.data = till;
}

static void show_roster(struct world *world)
{
    static struct vn_roster roster = {.store = "s1", .number = 1, .epoch = 1, .till_count = TILLS};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_signature signature;
    struct vn_buf text;
    struct vn_buf signed_text;
    struct vn_buf document;
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    vn_buf_init(&signed_text, 2 * VN_ROSTER_BYTES_MAX);
    vn_buf_init(&document, 2 * VN_ROSTER_BYTES_MAX);
    for (unsigned i = 0; i < TILLS; i++) {
        struct vn_roster_till *row = &roster.tills[i];
        row->enrolment = world->tills[i].enrolment.id;
        (void)snprintf(row->till, sizeof row->till, "t%u", i);
        (void)snprintf(row->place.addresses[0], VN_ADDRESS_MAX, "127.0.0.1");
        row->place.address_count = 1;
        row->place.port = PORT + i;
        vn_key_public(world->tills[i].key, &row->place.key);
    }
    must(vn_roster_write(&roster, &text), "roster", &error);
    must(vn_roster_signed_text(vn_buf_view(&text), &signed_text), "roster", &error);
    must(vn_sign(world->publishing, &world->random, vn_buf_view(&signed_text), signature.bytes,
                 &signature.len),
         "roster", &error);
    must(vn_roster_encode(vn_buf_view(&text), vn_view_of(signature.bytes, signature.len), &document),
         "roster", &error);
    for (unsigned i = 0; i < TILLS; i++) {
        must(vn_peer_roster(world->tills[i].peer, vn_buf_view(&document), &error), "roster", &error);
        vn_peer_start(world->tills[i].peer);
    }
    vn_buf_deinit(&text);
    vn_buf_deinit(&signed_text);
    vn_buf_deinit(&document);
}

static void grant(struct till *till, int64_t amount)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_entry entry;
    int64_t seq = 0;
    vn_entry_init(&entry, VN_ENTRY_GRANT);
    entry.right_count = 1;
    entry.rights[0] = (struct vn_counters){.account = "w1", .granted = amount};
    entry.body = json_pack("{s:i, s:[]}", "number", 1, "slices");
    must(vn_journal_append(till->journal, &(struct vn_journal_append){.entry = &entry}, &seq, &error),
         "grant", &error);
    vn_entry_deinit(&entry);
}

/* --- measuring */

static int64_t one_loan(struct world *world, int64_t before)
{
    struct till *borrower = &world->tills[1];
    const struct vn_rights_request request = {.count = 1, .wants = {{.account = "w1", .granted = 1}}};
    int64_t start = bench_now_ns();
    borrower->told = false;
    vn_peer_ask(borrower->peer, &request);
    while (!borrower->told) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    int64_t took = bench_now_ns() - start;
    if (borrower->got != before + 1) {
        bench_die("loan", "nothing was lent");
    }
    return took;
}

static int64_t one_fsync(int fd)
{
    static const char page[PAGE] = {1};
    int64_t start = bench_now_ns();
    if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fsync(fd) != 0) {
        bench_die("fsync", "the disk does not take a page");
    }
    return bench_now_ns() - start;
}

/* As after a restart of the borrower: its next loan shakes hands, without a session to resume. */
static void forget_connection(struct till *till)
{
    struct vn_error error = {VN_OK, "", ""};
    must(vn_peer_link_identity(till->link, &till->enrolment, till->key, &error), "link", &error);
}

/* What both tills reckon in a loan: one signs the give, the other looks at the signature. */
static void time_signature(struct world *world, int64_t *signs, int64_t *verifies)
{
    struct vn_give give = {.lender = world->tills[0].enrolment.id,
                           .borrower = world->tills[1].enrolment.id,
                           .account = "w1",
                           .amount = 1};
    struct vn_error error = {VN_OK, "", ""};
    struct vn_signature signature;
    struct vn_public_key key;
    vn_key_public(world->tills[0].key, &key);
    for (size_t i = 0; i < SIGNATURES; i++) {
        vn_transfer_number(&give.borrower, (int64_t)i, give.transfer);
        int64_t start = bench_now_ns();
        must(vn_give_sign(&give, world->tills[0].key, &world->random, &signature), "sign", &error);
        int64_t signed_ns = bench_now_ns();
        must(vn_give_verify(&give, &signature, &key), "verify", &error);
        signs[i] = signed_ns - start;
        verifies[i] = bench_now_ns() - signed_ns;
    }
}

static void make_world(struct world *world, const char *folder)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_clock clock = vn_clock_system();
    struct vn_buf pem;
    world->random = vn_random_system();
    (void)uv_loop_init(&world->loop);
    vn_buf_init(&pem, VN_PEM_MAX - 1);
    must(vn_key_generate(&world->random, &world->authority), "key", &error);
    must(vn_key_generate(&world->random, &world->publishing), "key", &error);
    must(vn_ca_create(world->authority, &world->random, "bench", vn_clock_wall_ms(&clock) - YEAR_MS,
                      vn_clock_wall_ms(&clock) + YEAR_MS, &pem, &error),
         "ca", &error);
    must(vn_view_copy_str(vn_buf_view(&pem), world->ca, sizeof world->ca), "ca", &error);
    vn_buf_deinit(&pem);
    for (unsigned i = 0; i < TILLS; i++) {
        make_till(world, i, folder);
    }
    show_roster(world);
}

int main(int argc, char **argv)
{
    static struct world world;
    static int64_t shaken[HANDSHAKES], signs[SIGNATURES], verifies[SIGNATURES];
    char path[VN_PATH_MAX];
    long loans = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (loans < 2 || loans > 1000000) {
        (void)fprintf(stderr, "Usage: bench_lend DIR LOANS\n");
        return 2;
    }
    int64_t *times = calloc((size_t)loans, sizeof *times);
    int64_t *syncs = calloc((size_t)loans, sizeof *syncs);
    (void)mkdir(argv[1], 0700);
    (void)snprintf(path, sizeof path, "%s/fsync", argv[1]);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (times == NULL || syncs == NULL || fd < 0) {
        bench_die("start", "no memory, or no folder");
    }
    make_world(&world, argv[1]);
    grant(&world.tills[0], loans + HANDSHAKES);
    for (int i = 0; i < HANDSHAKES; i++) {
        forget_connection(&world.tills[1]);
        shaken[i] = one_loan(&world, i);
    }
    for (long i = 0; i < loans; i++) {
        times[i] = one_loan(&world, HANDSHAKES + i);
        syncs[i] = one_fsync(fd);
    }
    time_signature(&world, signs, verifies);
    (void)printf("{");
    bench_print("loan", times, (size_t)loans, ",");
    bench_print("fsync", syncs, (size_t)loans, ",");
    bench_print("shaken", shaken, HANDSHAKES, ",");
    bench_print("sign", signs, SIGNATURES, ",");
    bench_print("verify", verifies, SIGNATURES, "}\n");
    return 0;
}
