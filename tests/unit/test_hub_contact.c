/* A till that went back and says nothing new, told from healthy ones by when its connections were opened: a simulation of a
 * till, its two connections, the net's delays, several hub processes over one database, and their restarts. */
#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/fleet/table.h"
#include "tests/unit/hub_world.h"

#define PROCESSES 3
#define CHANNELS  2
#define HISTORY   4096
#define ROUNDS    300
#define STEPS     400

struct moment {
    int64_t seq, at_ms;
};

/* A hub process: its table, and what it ever learned. */
struct process {
    struct vn_fleet_table *fleet;
    struct moment history[HISTORY];
    unsigned count;
};

/* A connection, and the request on it. */
struct channel {
    bool open, first; /* first: nothing was said on it yet */
    unsigned process;
    int64_t opened_ms;
    bool under_way, uploads;
    int64_t stamp_seq, last_seq; /* as it left */
    int64_t arrives_ms, ends_ms; /* the hub commits in between */
    bool taken;
};

struct sim {
    struct world *world;
    struct world_till till;
    struct vn_random random;
    uint64_t seed;
    struct process processes[PROCESSES];
    struct channel channels[CHANNELS];
    struct channel lost[2 * CHANNELS]; /* requests of broken connections, still on their way */
    int64_t now_ms;
    int64_t head;  /* the till's */
    int64_t high;  /* the database's */
    int64_t image; /* head of the disk image that may be put back; -1: none */
    bool went_back;
    unsigned found, late;
};

static int64_t draw(struct sim *sim, int64_t below)
{
    uint8_t bytes[2];
    assert_int_equal(vn_random_fill(&sim->random, bytes, sizeof bytes), VN_OK);
    return (bytes[0] * 256 + bytes[1]) % below;
}

static void row_now(struct sim *sim, struct vn_enrolment_row *row)
{
    world_row(&sim->till, row);
    row->high_seq = sim->high;
}

static void learn(struct sim *sim, struct process *process)
{
    struct vn_enrolment_row row;
    row_now(sim, &row);
    struct vn_fleet_seen *seen = vn_fleet_table_find(process->fleet, &sim->till.enrolment);
    assert_non_null(seen);
    if (row.high_seq > seen->high_seq) {
        vn_fleet_seen_took(seen, &row, sim->now_ms);
        assert_true(process->count < HISTORY);
        process->history[process->count++] = (struct moment){row.high_seq, sim->now_ms};
    }
}

static void start_process(struct sim *sim, struct process *process)
{
    vn_fleet_table_destroy(process->fleet);
    assert_int_equal(vn_fleet_table_create(sim->world->hub.storage, sim->now_ms, &process->fleet), VN_OK);
    process->count = 0;
    learn(sim, process);
}

/* What the process knew before the connection was there. */
static int64_t known_at(const struct process *process, int64_t opened_ms)
{
    int64_t seq = 0;
    for (unsigned i = 0; i < process->count; i++) {
        seq = process->history[i].at_ms < opened_ms ? process->history[i].seq : seq;
    }
    return seq;
}

static void arrive(struct sim *sim, struct channel *channel)
{
    struct process *process = &sim->processes[channel->process];
    const struct vn_fleet_seen *seen = vn_fleet_table_find(process->fleet, &sim->till.enrolment);
    bool alarm = channel->stamp_seq < vn_fleet_seen_least(seen, channel->opened_ms);
    if (!sim->went_back) {
        assert_false(alarm);
    }
    if (channel->first) {
        assert_int_equal(alarm, channel->stamp_seq < known_at(process, channel->opened_ms));
    }
    channel->first = false;
    sim->found += alarm ? 1 : 0;
    sim->late += !alarm && sim->went_back && channel->stamp_seq < sim->high ? 1 : 0;
    if (!alarm && channel->uploads && channel->last_seq > sim->high) {
        sim->high = channel->last_seq;
    }
    channel->taken = true;
}

static void follow(struct sim *sim, struct channel *channel)
{
    if (channel->under_way && !channel->taken && sim->now_ms >= channel->arrives_ms) {
        arrive(sim, channel);
    }
    if (channel->under_way && channel->taken && sim->now_ms >= channel->ends_ms) {
        learn(sim, &sim->processes[channel->process]);
        channel->under_way = false;
    }
}

/* The stamp is written when the connection stands, not before. */
static void send(struct sim *sim, struct channel *channel, bool uploads)
{
    if (!channel->open) {
        *channel = (struct channel){
            .open = true, .first = true, .process = (unsigned)draw(sim, PROCESSES), .opened_ms = sim->now_ms};
        sim->now_ms += draw(sim, 300); /* the handshake */
    }
    channel->under_way = true;
    channel->taken = false;
    channel->uploads = uploads;
    channel->stamp_seq = sim->head;
    channel->last_seq = sim->head - (sim->head > 0 ? draw(sim, sim->head < 3 ? sim->head + 1 : 3) : 0);
    channel->arrives_ms = sim->now_ms + draw(sim, draw(sim, 10) == 0 ? 20000 : 200);
    channel->ends_ms = channel->arrives_ms + draw(sim, 50);
}

/* What was sent may arrive even so. */
static void break_off(struct sim *sim, struct channel *channel)
{
    for (unsigned i = 0; i < 2 * CHANNELS && channel->under_way; i++) {
        if (!sim->lost[i].under_way) {
            sim->lost[i] = *channel;
            break;
        }
    }
    *channel = (struct channel){.open = false};
}

/* The machine is set back while it runs: the same start, an older journal, and no connection. */
static void go_back(struct sim *sim)
{
    sim->went_back = true;
    sim->head = sim->image;
    for (unsigned i = 0; i < CHANNELS; i++) {
        break_off(sim, &sim->channels[i]);
    }
}

static void step(struct sim *sim)
{
    struct channel *channel = &sim->channels[draw(sim, CHANNELS)];
    sim->now_ms += draw(sim, 40);
    for (unsigned i = 0; i < CHANNELS; i++) {
        follow(sim, &sim->channels[i]);
    }
    for (unsigned i = 0; i < 2 * CHANNELS; i++) {
        follow(sim, &sim->lost[i]);
    }
    switch (draw(sim, 12)) {
    case 0: break_off(sim, channel); return;
    case 1: learn(sim, &sim->processes[draw(sim, PROCESSES)]); return;
    case 2:
        if (draw(sim, 10) == 0) {
            start_process(sim, &sim->processes[draw(sim, PROCESSES)]);
        }
        return;
    case 3: sim->image = sim->image < 0 ? sim->head : sim->image; return;
    case 4:
    case 5:
    case 6: sim->head += sim->went_back ? 0 : draw(sim, 3); return;
    default:
        if (!channel->under_way) {
            send(sim, channel, !sim->went_back && draw(sim, 2) == 0);
        }
    }
}

static void sim_round(struct world *world, struct sim *sim, uint64_t seed, bool goes_back)
{
    struct world_till till = sim->till;
    *sim = (struct sim){.world = world, .till = till, .seed = seed, .now_ms = 1000, .image = -1};
    sim->random = vn_random_seeded(&sim->seed);
    for (unsigned i = 0; i < PROCESSES; i++) {
        start_process(sim, &sim->processes[i]);
    }
    for (unsigned i = 0; i < STEPS; i++) {
        if (i == STEPS / 2 && goes_back && sim->image >= 0) {
            go_back(sim);
        }
        step(sim);
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        vn_fleet_table_destroy(sim->processes[i].fleet);
    }
}

static void test_healthy_tills_are_never_taken_for_one_that_went_back(void **state)
{
    struct sim *sim = calloc(1, sizeof *sim);
    assert_non_null(sim);
    world_till_start(*state, &sim->till, "t1");
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        sim_round(*state, sim, seed, false);
    }
    free(sim);
}

static void test_a_till_that_went_back_is_found_at_the_first_request_of_a_new_connection(void **state)
{
    struct sim *sim = calloc(1, sizeof *sim);
    unsigned found = 0;
    unsigned late = 0;
    unsigned back = 0;
    assert_non_null(sim);
    world_till_start(*state, &sim->till, "t1");
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        sim_round(*state, sim, seed, true);
        back += sim->went_back && sim->head < sim->high ? 1 : 0;
        found += sim->went_back && sim->head < sim->high && sim->found > 0 ? 1 : 0;
        late += sim->late > 0 ? 1 : 0;
    }
    /* Each one is; one process or the other hears of it later than the others. */
    assert_true(back > ROUNDS / 2);
    assert_int_equal(found, back);
    assert_true(late > 0 && late < back);
    free(sim);
}

static void test_the_order_within_a_millisecond_is_not_known(void **state)
{
    struct world_till till;
    struct vn_fleet_table *fleet = NULL;
    struct vn_enrolment_row row;
    world_till_start(*state, &till, "t1");
    world_row(&till, &row);
    assert_int_equal(vn_fleet_table_create(((struct world *)*state)->hub.storage, 50, &fleet), VN_OK);
    struct vn_fleet_seen *seen = vn_fleet_table_find(fleet, &till.enrolment);
    assert_int_equal(vn_fleet_seen_least(seen, 1000), 0);
    row.high_seq = 7;
    vn_fleet_seen_took(seen, &row, 100);
    assert_int_equal(vn_fleet_seen_least(seen, 99), 0);
    assert_int_equal(vn_fleet_seen_least(seen, 100), 0);
    assert_int_equal(vn_fleet_seen_least(seen, 101), 7);
    vn_fleet_seen_took(seen, &row, 300); /* nothing new: nothing was learned */
    row.high_seq = 6;
    vn_fleet_seen_took(seen, &row, 300); /* read before the other, told after it */
    assert_int_equal(vn_fleet_seen_least(seen, 200), 7);
    assert_int_equal(vn_fleet_seen_least(seen, 1000), 7);
    for (int64_t i = 0; i < VN_FLEET_MARKS; i++) {
        row.high_seq = 10 + i;
        vn_fleet_seen_took(seen, &row, 1000 + i);
    }
    assert_int_equal(vn_fleet_seen_least(seen, 1001), 10);
    assert_int_equal(vn_fleet_seen_least(seen, 1000),
                     0); /* forgotten: the rule is weaker on old connections */
    vn_fleet_table_destroy(fleet);
}

/* Before it could send that, its disk was set back: nobody has it any more, and it is not waited for. */
static void test_what_a_till_showed_a_new_epoch_it_has_since(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_fleet_table *fleet = NULL;
    struct vn_enrolment_row row;
    world_till_start(world, &till, "t1");
    world_set_back(world);
    world_row(&till, &row);
    assert_int_equal(vn_fleet_table_create(world->hub.storage, 50, &fleet), VN_OK);
    struct vn_fleet_seen *seen = vn_fleet_table_find(fleet, &till.enrolment);
    assert_int_equal(vn_fleet_seen_least(seen, 1000), row.high_seq);
    const struct vn_stamp stamp = {.head_seq = row.high_seq + 9};
    vn_epoch_shown(&world->hub, &row, &stamp);
    vn_fleet_seen_took(seen, &row, 100);
    assert_int_equal(vn_fleet_seen_least(seen, 100), 0); /* on its way meanwhile */
    assert_int_equal(vn_fleet_seen_least(seen, 101), stamp.head_seq);
    row.high_seq += 3; /* sent: less than it has */
    vn_fleet_seen_took(seen, &row, 200);
    assert_int_equal(seen->high_seq, row.high_seq);
    assert_int_equal(vn_fleet_seen_least(seen, 201), stamp.head_seq);
    assert_int_equal(vn_storage_enrolment_put(world->hub.storage, &row), VN_OK);
    vn_fleet_table_destroy(fleet);
    assert_int_equal(vn_fleet_table_create(world->hub.storage, 300, &fleet), VN_OK); /* a start knows it */
    seen = vn_fleet_table_find(fleet, &till.enrolment);
    assert_int_equal(vn_fleet_seen_least(seen, 301), stamp.head_seq);
    vn_fleet_table_destroy(fleet);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_healthy_tills_are_never_taken_for_one_that_went_back),
        TEST(test_a_till_that_went_back_is_found_at_the_first_request_of_a_new_connection),
        TEST(test_the_order_within_a_millisecond_is_not_known),
        TEST(test_what_a_till_showed_a_new_epoch_it_has_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
