#include "tests/unit/peer_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 5000

/* --- the clock and the messages */

static int64_t world_wall_ms(void *ctx)
{
    return 1795334400000 + ((struct peer_world *)ctx)->now_ms;
}

static int64_t world_mono_ns(void *ctx)
{
    return ((struct peer_world *)ctx)->now_ms * 1000000;
}

static struct world_message *new_message(struct peer_world *world)
{
    for (size_t i = 0; i < WORLD_MESSAGES; i++) {
        if (!world->messages[i].used) {
            memset(&world->messages[i], 0, sizeof world->messages[i]);
            world->messages[i].used = true;
            return &world->messages[i];
        }
    }
    fail_msg("too many messages");
    abort();
}

static unsigned till_of(const struct vn_enrolment_id *enrolment)
{
    return enrolment->bytes[0] - 0x41U;
}

static void io_ask(void *ctx, const struct vn_peer_request *request)
{
    struct world_till *till = ctx;
    struct world_message *m = new_message(till->world);
    m->at_ms = till->world->now_ms + 1;
    m->from = till->number;
    m->to = till_of(&request->enrolment);
    m->neighbour = request->neighbour;
    m->life = till->life;
    m->call = ++till->world->calls;
    m->len = request->body.len;
    assert_true(m->len <= sizeof m->body);
    memcpy(m->body, request->body.data, m->len);
    (void)snprintf(m->path, sizeof m->path, "%s", request->path);
    assert_true(request->timeout_ms > 0);
    assert_int_equal(request->port, 7000 + m->to);
    /* When nothing comes, that is the answer. */
    struct world_message *none = new_message(till->world);
    *none = *m;
    none->is_reply = true;
    none->at_ms = till->world->now_ms + request->timeout_ms;
}

static void io_timer(void *ctx, int64_t delay_ms)
{
    struct world_till *till = ctx;
    till->timer_ms = delay_ms < 0 ? -1 : till->world->now_ms + delay_ms;
}

static void io_job(void *ctx, struct vn_peer_job *job)
{
    struct world_till *till = ctx;
    assert_true(till->job_count < WORLD_JOBS);
    till->jobs[till->job_count++] = job;
}

static void io_borrowed(void *ctx, const struct vn_counters *rights, unsigned count)
{
    struct world_till *till = ctx;
    till->told++;
    till->got_count = count;
    memcpy(till->got, rights, count * sizeof *rights);
}

static void io_nearby(void *ctx, const char *account, int64_t amount, unsigned answered)
{
    struct world_till *till = ctx;
    assert_string_equal(account, "w1");
    till->looked++;
    till->nearby = amount;
    till->nearby_answered = answered;
}

/* Takes the place of the answer that would come when none does. */
static void io_answer(void *ctx, uint64_t call, int http_status, struct vn_view json, const char *problem)
{
    struct world_till *till = ctx;
    struct peer_world *world = till->world;
    for (size_t i = 0; i < WORLD_MESSAGES; i++) {
        struct world_message *m = &world->messages[i];
        if (m->used && m->is_reply && m->call == call) {
            m->at_ms = world->now_ms + 1;
            m->status = http_status;
            m->len = json.len;
            assert_true(m->len <= sizeof m->body);
            if (json.len > 0) {
                memcpy(m->body, json.data, json.len);
            }
            (void)snprintf(m->text, sizeof m->text, "%s", problem);
        }
    }
}

static void io_changed(void *ctx)
{
    (void)ctx;
}

/* --- the journal, as the agent serves it */

static void run_append(struct vn_journal *journal, struct vn_peer_job *job)
{
    const struct vn_journal_append append = {.entry = &job->entry};
    job->entry.wall_ms = 1795334400123;
    job->entry.mono_ms = 1;
    job->known_state = VN_TRANSFER_STATES;
    job->status = vn_journal_append(journal, &append, &job->seq, &job->error);
    if (job->status == VN_CONFLICT) {
        assert_int_equal(vn_journal_transfer(journal, job->give.transfer[0] == '\0' ? "" : job->give.transfer,
                                             &job->known, &job->known_state),
                         VN_OK);
    }
}

static void run_job(struct vn_journal *journal, struct vn_peer_job *job)
{
    job->status = VN_OK;
    switch (job->kind) {
    case VN_PEER_LOOK:
        for (unsigned i = 0; i < job->count; i++) {
            assert_int_equal(vn_journal_counters(journal, job->accounts[i], &job->counters[i]), VN_OK);
        }
        break;
    case VN_PEER_APPEND: run_append(journal, job); break;
    case VN_PEER_KNOWN:
        job->status = vn_journal_transfer(journal, job->give.transfer, &job->known, &job->known_state);
        job->status = job->status == VN_OK ? VN_CONFLICT : job->status;
        break;
    case VN_PEER_OPEN:
        job->status = vn_journal_open_gives(journal, job->gives, VN_PEER_GIVES_MAX, &job->give_count);
        break;
    case VN_PEER_ENDED: job->status = vn_journal_give_ended(journal, job->give.transfer, job->state); break;
    }
}

/* --- tills */

static void start(struct world_till *till)
{
    struct peer_world *world = till->world;
    const struct vn_peer_io io = {.ask = io_ask,
                                  .timer = io_timer,
                                  .job = io_job,
                                  .borrowed = io_borrowed,
                                  .nearby = io_nearby,
                                  .answer = io_answer,
                                  .changed = io_changed,
                                  .ctx = till};
    struct vn_peer_config config = {.own = till->journal.enrolment,
                                    .store = "s1",
                                    .clock = {world_wall_ms, world_mono_ns, world},
                                    .random = world->random};
    vn_key_public(world->publishing, &config.publishing_key);
    assert_int_equal(vn_peer_create(&config, &io, till->key, &till->peer), VN_OK);
    till->life++;
    till->timer_ms = -1;
    till->job_count = 0;
}

static void create_journal(struct world_till *till)
{
    struct world *world = &till->journal;
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x41 + (int)till->number, sizeof world->enrolment.bytes);
    world->random = vn_random_seeded(&world->seed);
    (void)snprintf(world->path, sizeof world->path, "%s", folder_file(&world->folder, "journal.db"));
    assert_int_equal(vn_journal_create(world->path, &world->enrolment, NULL, &world->error), VN_OK);
    world_open(world);
}

void peers_create(struct peer_world *world)
{
    memset(world, 0, sizeof *world);
    world->fault_step = -1;
    world->random = vn_random_seeded(&world->seed);
    struct vn_random real = vn_random_system();
    assert_int_equal(vn_key_generate(&real, &world->publishing), VN_OK);
    assert_int_equal(vn_key_generate(&real, &world->stranger), VN_OK);
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        struct world_till *till = &world->tills[i];
        till->world = world;
        till->number = i;
        assert_int_equal(vn_key_generate(&real, &till->key), VN_OK);
        create_journal(till);
        start(till);
    }
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        const struct roster_terms terms = {"s1", 1, 1, 7, 0, false};
        assert_int_equal(peers_show_roster(world, i, &terms), VN_OK);
        vn_peer_start(world->tills[i].peer);
    }
    peers_run(world, 0);
}

void peers_destroy(struct peer_world *world)
{
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        vn_peer_destroy(world->tills[i].peer);
        vn_key_destroy(world->tills[i].key);
        world_destroy(&world->tills[i].journal);
    }
    vn_key_destroy(world->publishing);
    vn_key_destroy(world->stranger);
}

enum vn_status peers_show_roster(struct peer_world *world, unsigned till, const struct roster_terms *terms)
{
    struct vn_roster *roster = calloc(1, sizeof *roster);
    struct vn_signature signature;
    struct vn_error error;
    struct vn_buf text;
    struct vn_buf message;
    struct vn_buf document;
    assert_non_null(roster);
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    vn_buf_init(&message, 2 * VN_ROSTER_BYTES_MAX);
    vn_buf_init(&document, 2 * VN_ROSTER_BYTES_MAX);
    (void)snprintf(roster->store, sizeof roster->store, "%s", terms->store);
    roster->epoch = terms->epoch;
    roster->number = terms->number;
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        if ((terms->gone & 1U << i) != 0) {
            roster->gone[roster->gone_count++] = world->tills[i].journal.enrolment;
        }
        if ((terms->mask & 1U << i) == 0) {
            continue;
        }
        struct vn_roster_till *row = &roster->tills[roster->till_count++];
        row->enrolment = world->tills[i].journal.enrolment;
        (void)snprintf(row->till, sizeof row->till, "till-%u", i);
        (void)snprintf(row->place.addresses[0], VN_ADDRESS_MAX, "10.0.0.%u", i + 1);
        row->place.address_count = 1;
        row->place.port = 7000 + i;
        vn_key_public(world->tills[i].key, &row->place.key);
    }
    if (world->open != NULL) {
        roster->open[roster->open_count++] = *world->open;
    }
    assert_int_equal(vn_roster_write(roster, &text), VN_OK);
    assert_int_equal(vn_roster_signed_text(vn_buf_view(&text), &message), VN_OK);
    assert_int_equal(vn_sign(terms->forged ? world->stranger : world->publishing, &world->random,
                             vn_buf_view(&message), signature.bytes, &signature.len),
                     VN_OK);
    assert_int_equal(
        vn_roster_encode(vn_buf_view(&text), vn_view_of(signature.bytes, signature.len), &document), VN_OK);
    enum vn_status status = vn_peer_roster(world->tills[till].peer, vn_buf_view(&document), &error);
    vn_buf_deinit(&text);
    vn_buf_deinit(&message);
    vn_buf_deinit(&document);
    free(roster);
    return status;
}

void peers_grant(struct peer_world *world, unsigned till, const char *account, int64_t granted)
{
    static int64_t number =
        0; /* rises over all tests: grants are numbered per enrolment, and gaps are fine */
    assert_int_equal(world_grant(&world->tills[till].journal, ++number, account, granted), VN_OK);
}

void peers_wish(struct peer_world *world, unsigned till, const char *account, int64_t more)
{
    struct vn_counters counters;
    struct vn_rights_request request = {.count = 1};
    assert_int_equal(vn_journal_counters(world->tills[till].journal.journal, account, &counters), VN_OK);
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    request.wants[0].granted = counters.granted + more;
    vn_peer_ask(world->tills[till].peer, &request);
}

/* What is under way to it is refused; what it said is on its way. */
void peers_crash(struct peer_world *world, unsigned number)
{
    struct world_till *till = &world->tills[number];
    const struct roster_terms terms = {"s1", 1, 1, 7, 0, false};
    vn_peer_destroy(till->peer);
    till->peer = NULL;
    world_reopen(&till->journal);
    start(till);
    if (!till->dead) {
        assert_int_equal(peers_show_roster(world, number, &terms), VN_OK);
        vn_peer_start(till->peer);
    }
}

/* --- steps */

static bool goes_wrong(struct peer_world *world, enum world_fault fault)
{
    return world->fault == fault && world->step == world->fault_step;
}

static void do_job(struct peer_world *world, struct world_till *till)
{
    world->step++;
    if (goes_wrong(world, FAULT_CRASH)) {
        peers_crash(world, till->number);
        return;
    }
    struct vn_peer_job *job = till->jobs[0];
    memmove(till->jobs, till->jobs + 1, --till->job_count * sizeof till->jobs[0]);
    if (world->full > 0 && job->kind == VN_PEER_APPEND) {
        world->full--;
        job->status = VN_FULL;
    } else {
        run_job(till->journal.journal, job);
    }
    if (goes_wrong(world, FAULT_CRASH_DONE)) {
        peers_crash(world, till->number);
        return;
    }
    vn_peer_on_job(till->peer, job);
}

static void deliver_reply(struct peer_world *world, struct world_till *till, const struct world_message *m)
{
    const struct vn_peer_response response = {.status = m->status == 0 ? VN_TIMEOUT : VN_OK,
                                              .reason = "no answer",
                                              .http_status = m->status,
                                              .problem = m->text,
                                              .body = vn_view_of(m->body, m->len)};
    (void)world;
    if (m->life == till->life) {
        vn_peer_on_response(till->peer, m->neighbour, &response);
    }
}

static void deliver(struct peer_world *world, struct world_message *message)
{
    struct world_message m = *message;
    struct world_till *till = &world->tills[m.is_reply ? m.from : m.to];
    char name[2 * VN_ID_BYTES + 1];
    bool silence = m.is_reply && m.status == 0;
    message->used = false;
    if (!silence) {
        world->step++;
        if (m.is_reply && world->twist != NULL) {
            world->twist(world, &m);
        }
        if (goes_wrong(world, FAULT_LOSE) || world->tills[m.from].deaf || world->tills[m.to].deaf) {
            m.status = 0;
            if (!m.is_reply) {
                return;
            }
        } else if (goes_wrong(world, FAULT_CRASH)) {
            peers_crash(world, till->number);
        }
    }
    if (m.is_reply) {
        deliver_reply(world, till, &m);
    } else {
        vn_hex_encode(vn_view_of(world->tills[m.from].journal.enrolment.bytes, VN_ID_BYTES), name);
        vn_peer_call(till->peer, m.call, name, m.path, vn_view_of(m.body, m.len));
    }
    if (!silence && goes_wrong(world, FAULT_CRASH_DONE)) {
        peers_crash(world, till->number);
    }
}

/* What is due first; false: nothing before `until_ms`. */
static bool do_next(struct peer_world *world, int64_t until_ms)
{
    struct world_message *first = NULL;
    struct world_till *timer = NULL;
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        struct world_till *till = &world->tills[i];
        if (till->job_count > 0) {
            do_job(world, till);
            return true;
        }
        if (till->timer_ms >= 0 && (timer == NULL || till->timer_ms < timer->timer_ms)) {
            timer = till;
        }
    }
    for (size_t i = 0; i < WORLD_MESSAGES; i++) {
        struct world_message *m = &world->messages[i];
        if (m->used && (first == NULL || m->at_ms < first->at_ms)) {
            first = m;
        }
    }
    int64_t at_ms = first != NULL && (timer == NULL || first->at_ms <= timer->timer_ms) ? first->at_ms
                    : timer != NULL                                                     ? timer->timer_ms
                                                                                        : INT64_MAX;
    if (at_ms > until_ms) {
        return false;
    }
    world->now_ms = at_ms > world->now_ms ? at_ms : world->now_ms;
    if (first != NULL && first->at_ms == at_ms) {
        deliver(world, first);
    } else {
        timer->timer_ms = -1;
        vn_peer_on_timer(timer->peer);
    }
    return true;
}

void peers_run(struct peer_world *world, int64_t until_ms)
{
    int64_t end_ms = world->now_ms + until_ms;
    int steps = 0;
    while (do_next(world, end_ms)) {
        assert_true(++steps < STEPS_MAX);
    }
    world->now_ms = end_ms;
}

/* --- looking */

int64_t peers_available(struct peer_world *world, unsigned till, const char *account)
{
    struct vn_counters counters;
    assert_int_equal(vn_journal_counters(world->tills[till].journal.journal, account, &counters), VN_OK);
    return vn_counters_available(&counters);
}

int64_t peers_available_in_all(struct peer_world *world, const char *account)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        sum += peers_available(world, i, account);
    }
    return sum;
}

size_t peers_open_gives(struct peer_world *world)
{
    size_t sum = 0;
    for (unsigned i = 0; i < WORLD_TILLS; i++) {
        struct vn_give gives[VN_PEER_GIVES_MAX];
        size_t count = 0;
        assert_int_equal(
            vn_journal_open_gives(world->tills[i].journal.journal, gives, VN_PEER_GIVES_MAX, &count), VN_OK);
        sum += count;
    }
    return sum;
}

const char *peers_trouble(struct peer_world *world, unsigned till, unsigned neighbour)
{
    static struct vn_peer_info info;
    char name[VN_ID_MAX];
    (void)snprintf(name, sizeof name, "till-%u", neighbour);
    vn_peer_info(world->tills[till].peer, &info);
    for (unsigned i = 0; i < info.count; i++) {
        if (strcmp(info.neighbours[i].till, name) == 0) {
            return info.neighbours[i].trouble;
        }
    }
    return "no such neighbour";
}

int peers_ask(struct peer_world *world, unsigned from, unsigned to, const char *path, struct vn_view body,
              struct world_message *reply)
{
    char name[2 * VN_ID_BYTES + 1];
    struct world_message *m = new_message(world);
    uint64_t call = ++world->calls;
    m->is_reply = true;
    m->at_ms = INT64_MAX;
    m->from = from;
    m->call = call;
    vn_hex_encode(vn_view_of(world->tills[from].journal.enrolment.bytes, VN_ID_BYTES), name);
    vn_peer_call(world->tills[to].peer, call, name, path, body);
    for (int i = 0; i < 100 && m->at_ms == INT64_MAX; i++) {
        (void)do_next(world, world->now_ms);
    }
    *reply = *m;
    m->used = false;
    return reply->status;
}
