#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static enum vn_session_coupon coupon(const struct world *world)
{
    return vn_till_session(world->till)->coupon;
}

static int64_t available(struct world *world, const char *account)
{
    struct vn_counters counters = world_counters(world, account);
    return vn_counters_available(&counters);
}

static void test_a_single_use_coupon_is_backed_by_a_right_and_used_once(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world_coupon(world, COUPON_ONE);
    assert_string_equal(world->request.wants[0].account, "c1");
    assert_int_equal(world->request.wants[0].granted, 1);
    world_grant(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 45000);
    (void)world_hold(world, "1", 0, 0, 5);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    struct vn_counters right = world_counters(world, "c1");
    assert_int_equal(right.out, 1);
    (void)world_quote(world, "2", 0, 5);
    world_coupon(world, COUPON_ONE);
    world_grant(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_SPENT);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 50000);
}

static void test_a_coupon_before_the_first_item(void **state)
{
    struct world *world = *state;
    world_coupon(world, COUPON_ONE);
    world_grant(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
    uint64_t call = world_quote(world, "1", 0, 5);
    assert_int_equal(world_field(world, call, "payable_minor"), 45000);
}

static void test_the_second_scan_of_a_coupon_changes_nothing(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world_coupon(world, COUPON_ONE);
    world_coupon(world, COUPON_ONE); /* while the hub is asked: put off */
    world_grant(world);
    world_coupon(world, COUPON_ONE);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 45000);
    assert_int_equal(world->asked_count, 1);
}

static void test_a_coupon_offline_needs_the_hub(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    vn_till_network(world->till, false, 1, false);
    world_coupon(world, COUPON_ONE);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NEEDS_HUB);
    assert_false(world->asked);
    world_coupon(world, COUPON_MANY); /* without a count there is nothing to ask */
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 45000);
}

static void test_coupons_that_are_no_good_say_why(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world_coupon(world, COUPON_SPENT);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_SPENT);
    world_coupon(world, COUPON_EXPIRED);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_EXPIRED);
    world_coupon(world, COUPON_UNKNOWN);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_UNKNOWN);
    assert_string_equal(vn_till_session(world->till)->coupon_name, "");
    vn_till_tap(world->till, VN_ACTION_DISMISS);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NONE);
}

static void test_a_second_coupon_waits_for_the_first_ones_answer(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world_coupon(world, COUPON_ONE);
    world_coupon(world, COUPON_TWO);
    assert_int_equal(world->asked_count, 1);
    world_grant(world);
    assert_int_equal(world->asked_count, 2);
    assert_string_equal(world->request.wants[0].account, "c2");
    world_grant(world);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(available(world, "c1") + available(world, "c2"), 0);
}

static void test_a_coupon_waits_for_the_answer_about_points(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_choose(world, "1", 100);
    world_coupon(world, COUPON_ONE);
    vn_till_on_rights(world->till, NULL, true);
    world_pump(world);
    assert_int_equal(world_http(world, call), 200);
    assert_string_equal(world->request.wants[0].account, "c1");
    world_grant(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
}

static void test_a_coupon_that_does_nothing_goes_back(void **state)
{
    struct world *world = *state;
    world_coupon(world, COUPON_ONE);
    world_grant(world);
    assert_int_equal(available(world, "c1"), 1);
    (void)world_quote(world, "1", 0, 0);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NO_EFFECT);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(available(world, "c1"), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
}

static void test_a_void_gives_a_coupon_back(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world_coupon(world, COUPON_ONE);
    world_grant(world);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    (void)world_step(world, VN_TILL_VOID, "1", 0);
    struct vn_counters right = world_counters(world, "c1");
    assert_int_equal(right.in, 1);
    assert_int_equal(right.out, 2); /* used, and released */
}

static void test_a_coupon_scanned_while_the_customer_pays_changes_nothing(void **state)
{
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 0, 5);
    world_coupon(world, COUPON_MANY);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NONE);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, commit), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_single_use_coupon_is_backed_by_a_right_and_used_once,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_coupon_before_the_first_item, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_second_scan_of_a_coupon_changes_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_coupon_offline_needs_the_hub, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_coupons_that_are_no_good_say_why, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_second_coupon_waits_for_the_first_ones_answer, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_coupon_waits_for_the_answer_about_points, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_coupon_that_does_nothing_goes_back, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_void_gives_a_coupon_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_coupon_scanned_while_the_customer_pays_changes_nothing,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
