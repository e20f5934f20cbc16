/* Leases: one of several processes over PostgreSQL has the work, and the next one has it soon after it died. */
#include <time.h>

#include "sync/hub/storage/lease.h"
#include "tests/unit/hub_world.h"

#define SHORT_MS 60

struct taking {
    int64_t for_ms;
    bool held, free;
};

static enum vn_status take_unit(void *ctx, struct vn_storage *storage)
{
    struct taking *taking = ctx;
    enum vn_status status = vn_storage_lease(storage, "work", taking->for_ms, &taking->held);
    if (status == VN_OK && taking->held && taking->free) {
        status = vn_storage_lease_free(storage, "work");
    }
    return status;
}

static bool takes(struct vn_storage *storage, int64_t for_ms)
{
    struct taking taking = {for_ms, false, false};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, take_unit, &taking), VN_OK);
    return taking.held;
}

static void give_back(struct vn_storage *storage)
{
    struct taking taking = {VN_LEASE_MS, false, true};
    assert_int_equal(vn_storage_unit(storage, VN_SQL_WRITE, take_unit, &taking), VN_OK);
    assert_true(taking.held);
}

static bool is_others(struct vn_storage *storage)
{
    bool others = false;
    assert_int_equal(vn_storage_lease_is_others(storage, "work", &others), VN_OK);
    return others;
}

static void pass_ms(long ms)
{
    const struct timespec wait = {0, ms * 1000000};
    (void)nanosleep(&wait, NULL);
}

static struct vn_storage *another(const struct world *world)
{
    struct vn_storage *storage = NULL;
    struct vn_error error;
    assert_int_equal(vn_storage_open(world->database, NULL, &storage, &error), VN_OK);
    return storage;
}

static void test_lease_of_one_process_is_always_its_own(void **state)
{
    struct vn_storage *storage = ((struct world *)*state)->hub.storage;
    assert_false(is_others(storage));
    assert_true(takes(storage, SHORT_MS));
    assert_true(takes(storage, SHORT_MS));
    assert_false(is_others(storage));
    give_back(storage);
    assert_true(takes(storage, SHORT_MS));
}

static void test_lease_is_had_by_one_until_it_is_given_back(void **state)
{
    struct world *world = *state;
    if (world->database == NULL) {
        return; /* SQLite has one process */
    }
    struct vn_storage *one = world->hub.storage;
    struct vn_storage *two = another(world);
    assert_true(takes(one, VN_LEASE_MS));
    assert_true(is_others(two));
    assert_false(takes(two, VN_LEASE_MS));
    assert_true(takes(one, VN_LEASE_MS));
    give_back(one);
    assert_false(is_others(two));
    assert_true(takes(two, VN_LEASE_MS));
    assert_true(is_others(one));
    vn_storage_close(two);
}

static void test_lease_ends_by_the_clock_of_the_database(void **state)
{
    struct world *world = *state;
    if (world->database == NULL) {
        return;
    }
    struct vn_storage *one = world->hub.storage;
    struct vn_storage *two = another(world);
    world->now_ms += INT64_C(10000000); /* nobody asks the hub's own */
    assert_true(takes(one, SHORT_MS));
    assert_false(takes(two, SHORT_MS));
    pass_ms(SHORT_MS + 1);
    assert_false(is_others(two));
    assert_true(takes(two, VN_LEASE_MS));
    assert_false(takes(one, VN_LEASE_MS)); /* it was away for too long */
    vn_storage_close(two);
}

static void test_lease_is_renewed_by_working(void **state)
{
    struct world *world = *state;
    if (world->database == NULL) {
        return;
    }
    struct vn_storage *one = world->hub.storage;
    struct vn_storage *two = another(world);
    for (int i = 0; i < 12; i++) { /* longer than the lease */
        assert_true(takes(one, INT64_C(10) * SHORT_MS));
        pass_ms(SHORT_MS);
    }
    assert_false(takes(two, SHORT_MS));
    vn_storage_close(two);
}

static void test_lease_that_was_rolled_back_was_not_taken(void **state)
{
    struct world *world = *state;
    if (world->database == NULL) {
        return;
    }
    struct vn_storage *two = another(world);
    bool held = false;
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_storage_lease(world->hub.storage, "work", VN_LEASE_MS, &held), VN_OK);
    assert_true(held);
    vn_storage_rollback(world->hub.storage);
    assert_true(takes(two, VN_LEASE_MS));
    vn_storage_close(two);
}

/* One slice of posting; how many entries it did. */
static unsigned posts(struct world *world, bool others)
{
    struct vn_posting posting = {.after = 0};
    struct vn_posting_result result;
    assert_int_equal(vn_posting_slice(&world->hub, &posting, VN_POSTING_ENTRIES_MAX, 1000, &result), VN_OK);
    assert_int_equal(result.others, others);
    return result.entries;
}

static void hold_posting(struct vn_storage *storage, int64_t for_ms)
{
    bool held = false;
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_storage_lease(storage, VN_POSTING_LEASE, for_ms, &held), VN_OK);
    assert_true(held);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
}

static void test_posting_is_done_by_one_and_by_the_next_when_that_died(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    bool others = true;
    if (world->database == NULL) {
        return;
    }
    struct vn_storage *two = another(world);
    world_start(world, &till);
    world_commit(&till, "1", "w1", 1000, 10);
    world_take(&till, 1, &result);
    hold_posting(two, INT64_C(5) * SHORT_MS);
    assert_int_equal(posts(world, true), 0);
    assert_int_equal(world_owned(world, "w1"), 500);
    vn_storage_close(two); /* it gave nothing back */
    pass_ms(5 * SHORT_MS + 1);
    assert_int_equal(posts(world, false), till.head_seq);
    assert_int_equal(world_owned(world, "w1"), 510);
    two = another(world);
    assert_int_equal(vn_storage_lease_is_others(two, VN_POSTING_LEASE, &others), VN_OK);
    assert_false(others); /* all was posted, and the lease given back with that */
    vn_storage_close(two);
    world_till_end(&till);
}

/* Another process that writes down what the till says of itself while the slice posts; and the slice takes its time. */
struct rival {
    struct world *world;
    struct vn_storage *storage;
    int64_t enrolment;
    int looks; /* at the clock */
};

static int64_t rival_wall_ms(void *ctx)
{
    return ((struct rival *)ctx)->world->now_ms;
}

static int64_t rival_mono_ns(void *ctx)
{
    struct rival *rival = ctx;
    int64_t now_ms = rival->world->now_ms;
    rival->looks++;
    if (rival->looks == 2) { /* the slice has begun to read */
        assert_int_equal(vn_storage_begin(rival->storage), VN_OK);
        assert_int_equal(vn_storage_report_put(rival->storage, rival->enrolment, "{}", 1), VN_OK);
        assert_int_equal(vn_storage_commit(rival->storage), VN_OK);
    } else if (rival->looks == 3) {
        rival->world->now_ms += 2000;
    }
    return now_ms * 1000000;
}

static void test_posting_that_collided_has_all_its_time_again(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_ingest_result result;
    if (world->database == NULL) {
        return; /* nothing collides */
    }
    struct rival rival = {.world = world, .storage = another(world)};
    const struct vn_clock clock = world->hub.clock;
    world_start(world, &till);
    world_commit(&till, "1", "w1", 1000, 10);
    world_take(&till, 1, &result);
    rival.enrolment = till.id;
    world->hub.clock = (struct vn_clock){rival_wall_ms, rival_mono_ns, &rival};
    assert_int_equal(posts(world, false), till.head_seq);
    world->hub.clock = clock;
    assert_int_equal(vn_storage_repeats(world->hub.storage), 1);
    assert_int_equal(world_owned(world, "w1"), 510);
    vn_storage_close(rival.storage);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lease_of_one_process_is_always_its_own, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_lease_is_had_by_one_until_it_is_given_back, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_lease_ends_by_the_clock_of_the_database, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_lease_is_renewed_by_working, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_posting_is_done_by_one_and_by_the_next_when_that_died,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_posting_that_collided_has_all_its_time_again, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_lease_that_was_rolled_back_was_not_taken, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
