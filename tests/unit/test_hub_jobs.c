/* What the hub does by the clock alone: lots mature and expire, what is out at tills stays. */
#include <stdio.h>

#include "sync/hub/jobs.h"
#include "sync/hub/ledger.h"
#include "sync/hub/publish.h"
#include "tests/unit/hub_world.h"

#define DAY_MS INT64_C(86400000)

static const char ruleset[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"wallet\":{\"worth\":{\"points\":1,\"minor\":100},\"matures_days\":14,\"expires_days\":30},"
    "\"groups\":[]}\n";

static void publish(struct world *world)
{
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    if (vn_publish_ruleset(&world->hub, vn_view_str(ruleset), VN_PUBLISH_REFUSE_SKIPPED, &published,
                           &error) != VN_OK) {
        fail_msg("%s %s", error.pointer, error.text);
    }
    world_publish(world);
}

/* All slices that there are. How many accounts were changed. */
static unsigned work(struct world *world)
{
    struct vn_jobs_result result;
    unsigned worked = 0;
    do {
        assert_int_equal(vn_jobs_slice(&world->hub, &result), VN_OK);
        worked += result.worked;
        assert_true(worked < 10000);
    } while (result.more);
    world_audit(world);
    return worked;
}

static void check(struct world *world, const char *account, int64_t waiting, int64_t free_, int64_t expired)
{
    assert_int_equal(world_balance(world, account, VN_PLACE_WAITING, 0), waiting);
    assert_int_equal(world_balance(world, account, VN_PLACE_FREE, 0), free_);
    assert_int_equal(world_balance(world, account, VN_PLACE_EXPIRED, 0), expired);
}

static void test_lots_mature_and_expire_on_their_days(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    check(world, "w2", 35, 0, 0);
    assert_int_equal(work(world), 0);
    int64_t earned_ms = world->now_ms;
    world->now_ms = earned_ms + 14 * DAY_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms = earned_ms + 14 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 35, 0);
    assert_int_equal(work(world), 0); /* nothing is done twice */
    world->now_ms = earned_ms + 30 * DAY_MS - 1;
    assert_int_equal(work(world), 0);
    world->now_ms = earned_ms + 30 * DAY_MS;
    assert_int_equal(work(world), 1);
    check(world, "w2", 0, 0, 35);
    assert_int_equal(world_owned(world, "w2"), 0);
    assert_int_equal(work(world), 0);
    world_till_end(&till);
}

static void test_what_is_out_at_a_till_does_not_expire(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms += 14 * DAY_MS;
    assert_int_equal(work(world), 1);
    assert_int_equal(world_rights(&till, "w2", 20), 20);
    world->now_ms += 365 * DAY_MS;
    assert_true(work(world) >= 1); /* the opening balance of w1 is a year old by then */
    check(world, "w2", 0, 0, 15);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_RIGHT, till.id), 20);
    world_till_end(&till);
}

static void test_more_than_a_slice_is_done_slice_by_slice(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    for (int i = 100; i < 100 + 2 * VN_JOBS_ACCOUNTS_MAX + 5; i++) {
        char line[96];
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"cards\":[],\"balance\":10}\n", i);
        world_import(world, VN_IMPORT_MEMBERS, line);
    }
    world->now_ms += 31 * DAY_MS;
    assert_true(work(world) >= 2 * VN_JOBS_ACCOUNTS_MAX + 5);
    check(world, "w100", 0, 0, 10);
    check(world, "w232", 0, 0, 10);
    world_till_end(&till);
}

/* A sale of before the last day that is heard of after it takes the points out of what expired. */
static void test_points_that_were_spent_in_time_come_back_from_what_expired(void **state)
{
    struct world_till till;
    world_start(*state, &till);
    struct world *world = till.world;
    publish(world);
    world_commit(&till, "r1", "w2", 10000, 35);
    assert_int_equal(world_sync(&till), 0);
    world->now_ms += 20 * DAY_MS;
    assert_int_equal(work(world), 1);
    const struct world_step spend = {
        .kind = VN_ENTRY_COMMIT, .receipt = "r2", .account = "w2", .total_minor = 5000, .at_risk = "w2"};
    world_append(&till, &spend);
    world->now_ms += 11 * DAY_MS;
    assert_true(work(world) >= 1);
    check(world, "w2", 0, 0, 35);
    assert_int_equal(world_sync(&till), 0);
    check(world, "w2", 0, 0, 34);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_REDEEMED, 0), 1);
    assert_int_equal(world_balance(world, "w2", VN_PLACE_DEBT, 0), 0);
    world_audit(world);
    world_till_end(&till);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_lots_mature_and_expire_on_their_days),
        T(test_what_is_out_at_a_till_does_not_expire),
        T(test_more_than_a_slice_is_done_slice_by_slice),
        T(test_points_that_were_spent_in_time_come_back_from_what_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
