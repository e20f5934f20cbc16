/* Commits that name the hold which they do not change: the hub posts what the hold said. */
#include "tests/unit/hub_world.h"

#include <stdio.h>
#include <string.h>

/* A commit of receipt `receipt` by member 1, that names entry `held`. */
static void append_commit(struct world_till *till, const char *receipt, int64_t points, int64_t held)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{\"v\":2,\"kind\":\"commit\",\"t\":%lld,\"up_since\":0,\"sale\":[\"1\",\"2026-11-22\",\"%s\"],"
        "\"account\":\"w1\",\"points\":%lld,\"body\":{\"fiscal\":\"F-1\",\"held\":%lld}}",
        (long long)till->world->now_ms, receipt, (long long)points, (long long)held);
    world_append_raw(till, text);
}

static void append_hold(struct world_till *till, const char *receipt, const char *at_risk)
{
    world_append(till, &(struct world_step){.kind = VN_ENTRY_HOLD,
                                            .receipt = receipt,
                                            .account = "w1",
                                            .total_minor = 100000,
                                            .earned = 20,
                                            .at_risk = at_risk});
}

static void test_hub_posts_what_the_named_hold_said(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    append_hold(&till, "1", "c1");
    append_commit(&till, "1", 20, till.head_seq);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.state, VN_SALE_COMMITTED);
    assert_int_equal(sale.total_minor, 100000);
    assert_int_equal(sale.points_earned, 20);
    assert_string_equal(sale.fiscal, "F-1");
    assert_string_equal(sale.flags, "risk"); /* what it took is in the hold's outcome alone */
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
}

static void test_hub_finds_the_hold_in_an_earlier_batch(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_sale_row sale;
    world_start(world, &till);
    append_hold(&till, "1", NULL);
    int64_t held = till.head_seq;
    assert_int_equal(world_sync(&till), 0);
    world_reopen(world);
    append_commit(&till, "1", 20, held);
    assert_int_equal(world_sync(&till), 0);
    world_sale(world, "1", &sale);
    assert_int_equal(sale.total_minor, 100000);
    assert_string_equal(sale.flags, "");
    assert_int_equal(world_owned(world, "w1"), 520);
    world_audit(world);
    world_till_end(&till);
}

static void test_hub_quarantines_a_commit_whose_hold_is_none(void **state)
{
    struct world *world = *state;
    struct world_till till;
    world_start(world, &till);
    append_hold(&till, "1", NULL);
    int64_t held = till.head_seq;
    append_commit(&till, "2", 20, held); /* of another sale */
    assert_int_equal(world_sync(&till), 1);
    append_commit(&till, "1", 20, held + 17); /* that is not there */
    assert_int_equal(world_sync(&till), 2);
    world_commit(&till, "3", "w1", 5000, 1);
    append_commit(&till, "1", 20, till.head_seq); /* no hold */
    assert_int_equal(world_sync(&till), 3);
    assert_int_equal(world_owned(world, "w1"), 501);
    world_audit(world);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hub_posts_what_the_named_hold_said, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_hub_finds_the_hold_in_an_earlier_batch, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_hub_quarantines_a_commit_whose_hold_is_none, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
