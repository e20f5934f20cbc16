#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static void sell(struct world *world, const char *receipt, int64_t points)
{
    world_card(world, MILICA);
    (void)world_quote(world, receipt, 0, 10);
    if (points > 0) {
        (void)world_choose(world, receipt, points);
        world_grant(world);
    }
    (void)world_hold(world, receipt, 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, receipt, 0)), 200);
}

/* Milica's sale of 1000.00, held with 200 points chosen. The hold may be refused. */
static uint64_t hold_with_points(struct world *world, const char *receipt, int step)
{
    world_card(world, MILICA);
    (void)world_quote(world, receipt, 0, 10);
    (void)world_choose(world, receipt, 200);
    if (world->asked) {
        world_grant(world);
    }
    return world_hold(world, receipt, step, 0, 10);
}

static void test_a_void_gives_everything_back(void **state)
{
    struct world *world = *state;
    sell(world, "1", 200);
    assert_int_equal(world_points(world, "w1"), -200 + 16); /* 800.00 are paid */
    uint64_t call = world_step(world, VN_TILL_VOID, "1", 0);
    assert_int_equal(world_field(world, call, "voided"), 1);
    assert_int_equal(world_points(world, "w1"), 0);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.granted, 200);
    assert_int_equal(right.in, 200);
    assert_int_equal(vn_counters_available(&right), 0); /* and the hub has it again */
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_VOIDED);
    assert_int_equal(vn_till_session(world->till)->balance, 700);
}

static void test_a_void_is_idempotent_and_happens_once(void **state)
{
    struct world *world = *state;
    sell(world, "1", 0);
    uint64_t call = world_step(world, VN_TILL_VOID, "1", 0);
    uint64_t again = world_step(world, VN_TILL_VOID, "1", 0);
    assert_string_equal(world_body(world, call), world_body(world, again));
    assert_int_equal(world_points(world, "w1"), 0);
    assert_int_equal(world_http(world, world_return(world, "2", "1", "")), 409);
}

static void test_a_hold_of_this_till_is_not_voided(void **state)
{
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 0, 5);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 404);
    assert_int_equal(world_http(world, world_return(world, "2", "1", "")), 404);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 404);
}

static void test_a_whole_receipt_comes_back_once(void **state)
{
    struct world *world = *state;
    sell(world, "1", 200);
    uint64_t call = world_return(world, "2", "1", "");
    assert_int_equal(world_field(world, call, "returned"), 1);
    assert_int_equal(world_field(world, call, "refund_minor"), 80000);
    assert_int_equal(world_field(world, call, "points_taken_back"), 16);
    assert_int_equal(world_field(world, call, "points_given_back"), 200);
    assert_int_equal(world_points(world, "w1"), 0);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_RETURNED);
    uint64_t retry = world_return(world, "2", "1", "");
    assert_string_equal(world_body(world, call), world_body(world, retry));
    uint64_t other = world_return(world, "3", "1", "other");
    assert_int_equal(world_http(world, other), 409);
    assert_string_equal(world_body(world, other), "The sale is taken back already");
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 409);
    assert_int_equal(world_points(world, "w1"), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RETURN), 1);
}

static void test_a_return_does_not_disturb_who_is_served(void **state)
{
    struct world *world = *state;
    sell(world, "1", 0);
    world_card(world, JOVAN);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_return(world, "3", "1", "")), 200);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
    assert_string_equal(vn_till_session(world->till)->first_name, "Jovan");
    assert_int_equal(vn_till_session(world->till)->balance, 100);
}

static void test_a_void_after_a_restart(void **state)
{
    struct world *world = *state;
    sell(world, "1", 200);
    world_restart(world);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(vn_counters_available(&right), 0);
}

static void test_a_hold_that_was_left_open_counts_as_used_when_the_next_receipt_commits(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    assert_int_equal(world_http(world, world_quote(world, "2", 0, 3)), 200); /* the POS went on */
    assert_int_equal(vn_till_session(world->till)->card, VN_SESSION_CARD_NONE);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 1);
    assert_int_equal(world_points(world, "w1"), -200);
    uint64_t late = world_step(world, VN_TILL_COMMIT, "1", 0); /* and now it commits after all */
    assert_int_equal(world_http(world, late), 200);
    assert_int_equal(world_points(world, "w1"), -200 + 16);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.out - right.in, 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
}

static void test_a_hold_that_the_lane_left_can_be_cancelled_and_its_right_goes_back(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.in, 200);
    assert_int_equal(vn_counters_available(&right), 0);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
}

static void test_an_earlier_receipt_that_commits_leaves_the_one_that_is_being_paid_held(void **state)
{
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 0, 10);
    (void)world_hold(world, "2", 0, 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 0);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_HELD);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "2", 0)), 200);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
}

/* The POS may have printed it before: the agent was not asked. */
static void test_a_receipt_that_was_never_quoted_leaves_the_one_that_is_being_paid_held(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    assert_int_equal(
        world_http(world, world_call_async(world, VN_TILL_COMMIT, "7", 0, world_basket("7", 1, 1), "late")),
        0);
    world_pump(world);
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 1);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 0);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_HELD);
    assert_int_equal(world_http(world, world_quote(world, "2", 0, 3)), 200); /* and this one is later */
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 1);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.out - right.in, 200);
}

static void test_a_cancel_of_a_hold_from_before_the_restart_gives_its_right_back(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    world_restart(world);
    (void)world_quote(world, "1", 0, 10); /* the lane has the sale again, without its card */
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.in, 200);
    assert_int_equal(vn_counters_available(&right), 0);
}

static void leave_one_used(struct world *world)
{
    (void)world_hold(world, "1", 0, 0, 3);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 1);
}

static void test_what_the_journal_said_of_one_sale_does_not_touch_the_commit_of_another(void **state)
{
    struct world *world = *state;
    leave_one_used(world);
    assert_int_equal(world_http(world, hold_with_points(world, "3", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 409);
    uint64_t call = world_step(world, VN_TILL_COMMIT, "3", 0);
    assert_int_equal(world_field(world, call, "points_spent"), 200);
    assert_int_equal(world_points(world, "w1"), 16 - 200);
}

static void test_a_late_commit_of_a_used_sale_does_not_touch_the_next_commit(void **state)
{
    struct world *world = *state;
    leave_one_used(world);
    assert_int_equal(world_http(world, hold_with_points(world, "3", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "3", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 16 - 200);
}

static void test_a_sale_that_counts_as_used_takes_no_new_hold(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    assert_int_equal(world_points(world, "w1"), -200);
    assert_int_equal(world_http(world, hold_with_points(world, "1", 1)), 409);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), -200 + 16);
}

static void test_a_sale_that_counts_as_used_can_be_voided_by_a_customer_who_went(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, hold_with_points(world, "1", 0)), 200);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    uint64_t cancel = world_step(world, VN_TILL_CANCEL, "1", 0);
    assert_int_equal(world_http(world, cancel), 409);
    assert_string_equal(world_body(world, cancel), "The sale counts as used");
    assert_int_equal(world_points(world, "w1"), -200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    assert_int_equal(world_points(world, "w1"), 0);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.in, 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200); /* the same step */
    assert_int_equal(world_points(world, "w1"), 0);
}

/* While the commit of 2 is being written, the POS takes 1 up again and holds it: it is not used any more. */
static void test_a_hold_that_is_taken_up_again_meanwhile_does_not_count_as_used(void **state)
{
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 0, 10);
    (void)world_quote(world, "2", 0, 3);
    (void)world_call_async(world, VN_TILL_COMMIT, "2", 0, NULL, "");
    (void)world_call_async(world, VN_TILL_CANCEL, "1", 0, NULL, "");
    (void)world_call_async(world, VN_TILL_HOLD, "1", 1, world_basket("1", 0, 10), "");
    world_pump(world);
    assert_int_equal(world_entries(world, VN_ENTRY_USED), 0);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_the_journal_said_of_one_sale_does_not_touch_the_commit_of_another, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_commit_of_a_used_sale_does_not_touch_the_next_commit,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_sale_that_counts_as_used_can_be_voided_by_a_customer_who_went,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_sale_that_counts_as_used_takes_no_new_hold, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_hold_that_is_taken_up_again_meanwhile_does_not_count_as_used,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_void_gives_everything_back, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_void_is_idempotent_and_happens_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_hold_of_this_till_is_not_voided, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_whole_receipt_comes_back_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_return_does_not_disturb_who_is_served, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_void_after_a_restart, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_hold_that_was_left_open_counts_as_used_when_the_next_receipt_commits, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_hold_that_the_lane_left_can_be_cancelled_and_its_right_goes_back, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_an_earlier_receipt_that_commits_leaves_the_one_that_is_being_paid_held, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_receipt_that_was_never_quoted_leaves_the_one_that_is_being_paid_held, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_cancel_of_a_hold_from_before_the_restart_gives_its_right_back,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
