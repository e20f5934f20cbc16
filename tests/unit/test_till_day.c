/* What a member may earn in a day is limited by the ruleset, and counted by the till's journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

#define DAY_MS INT64_C(86400000)
#define RULES                                                                                                \
    "{\"ruleset\":9,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"         \
    "\"none\",\"wallet\":{\"earn_max_day\":30},\"earning\":{\"points\":1,\"per_minor\":5000},"               \
    "\"cards\":[{\"prefix\":\"2990\",\"length\":13}]}\n"

/* Ten goods of 100.00 for 20 points; what the commit says was earned. */
static int64_t sell(struct world *world, const char *receipt, int card)
{
    (void)world_quote(world, receipt, 0, 10);
    world_card(world, card);
    (void)world_hold(world, receipt, 0, 0, 10);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, receipt, 0);
    assert_int_equal(world_http(world, commit), 200);
    return world_field(world, commit, "points_earned");
}

static void test_a_day_has_its_maximum(void **state)
{
    struct world *world = *state;
    world_rules(world, RULES);
    assert_int_equal(sell(world, "1", MILICA), 20);
    assert_int_equal(sell(world, "2", MILICA), 10);
    assert_int_equal(sell(world, "3", MILICA), 0);
    assert_int_equal(sell(world, "4", JOVAN), 20); /* that is another one's */
    assert_int_equal(world_points(world, "w1"), 30);
    world->now_ms += DAY_MS - 1000;
    assert_int_equal(sell(world, "5", MILICA), 0);
    world->now_ms += 2000;
    assert_int_equal(sell(world, "6", MILICA), 20);
    assert_int_equal(world_points(world, "w1"), 50);
}

static void test_it_is_counted_over_restarts(void **state)
{
    struct world *world = *state;
    world_rules(world, RULES);
    assert_int_equal(sell(world, "1", MILICA), 20);
    world_restart(world);
    world_rules(world, RULES);
    assert_int_equal(sell(world, "2", MILICA), 10);
}

static void test_a_card_that_is_not_known_has_a_day_of_its_own(void **state)
{
    struct world *world = *state;
    world_rules(world, RULES);
    assert_int_equal(sell(world, "1", STRANGER), 20);
    assert_int_equal(sell(world, "2", STRANGER), 10);
    assert_int_equal(sell(world, "3", STRANGER), 0);
}

static void test_a_clock_that_went_back_ends_the_day(void **state)
{
    struct world *world = *state;
    world_rules(world, RULES);
    world->now_ms += 300 * DAY_MS;
    assert_int_equal(sell(world, "1", MILICA), 20);
    world->now_ms -= 300 * DAY_MS;
    assert_int_equal(sell(world, "2", MILICA), 20); /* not none for the next 300 days */
}

static void test_without_a_maximum_nothing_is_counted(void **state)
{
    struct world *world = *state;
    int64_t earned = 0;
    for (int i = 0; i < 3; i++) {
        char receipt[4] = {(char)('1' + i), '\0'};
        assert_int_equal(sell(world, receipt, MILICA), 20);
    }
    assert_int_equal(vn_journal_earned(world->journal, "w1", INT64_C(1795334400000), &earned), VN_OK);
    assert_int_equal(earned, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_day_has_its_maximum),
        TEST(test_it_is_counted_over_restarts),
        TEST(test_a_card_that_is_not_known_has_a_day_of_its_own),
        TEST(test_a_clock_that_went_back_ends_the_day),
        TEST(test_without_a_maximum_nothing_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
