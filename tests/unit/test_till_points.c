#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static enum vn_session_spend spend(const struct world *world)
{
    return vn_till_session(world->till)->spend;
}

static void begin(struct world *world, const char *receipt)
{
    world_card(world, MILICA);
    (void)world_quote(world, receipt, 0, 10);
}

static int64_t available(struct world *world, const char *account)
{
    struct vn_counters counters = world_counters(world, account);
    return vn_counters_available(&counters);
}

static void test_points_are_granted_by_the_hub_journaled_and_then_taken(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    assert_int_equal(world_http(world, call), 0); /* the hub is being asked */
    assert_int_equal(spend(world), VN_SESSION_SPEND_ASKING);
    assert_string_equal(world->request.wants[0].account, "w1");
    assert_int_equal(world->request.wants[0].granted, 300);
    world_grant(world);
    assert_int_equal(world_entries(world, VN_ENTRY_GRANT), 1);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"granted\""));
    assert_int_equal(world_field(world, call, "payable_minor"), 70000);
    assert_int_equal(world_field(world, call, "available_points"), 300);
    (void)world_hold(world, "1", 0, 0, 10);
    assert_int_equal(available(world, "w1"), 0);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 300);
    assert_int_equal(world_field(world, commit, "balance"), 700 - 300 + 14);
}

static void test_a_right_that_is_here_is_taken_without_asking(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    vn_till_network(world->till, false, 1, false);
    uint64_t call = world_choose(world, "1", 200);
    assert_int_equal(world_field(world, call, "payable_minor"), 80000);
    assert_int_equal(world->asked_count, 1);
}

static void test_offline_needs_the_hub_and_the_sale_goes_on(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    vn_till_network(world->till, false, 1, false);
    uint64_t call = world_choose(world, "1", 300);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"needs_hub\""));
    assert_int_equal(world_field(world, call, "payable_minor"), 100000);
    assert_false(world->asked);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 0);
}

static void test_no_answer_in_time_needs_the_hub(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    vn_till_on_rights(world->till, NULL, true);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"needs_hub\""));
    vn_till_on_rights(world->till, NULL, true);
    assert_int_equal(world->answers[call].count, 1);
}

static void test_too_little_at_the_hub_is_short(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    world->accounts[0].free = 120;
    uint64_t call = world_choose(world, "1", 300);
    world_grant(world);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"short\""));
    assert_int_equal(world_field(world, call, "available_points"), 120);
    assert_int_equal(spend(world), VN_SESSION_SPEND_SHORT);
    uint64_t less = world_choose(world, "1", 120);
    assert_int_equal(world_field(world, less, "payable_minor"), 88000);
}

static void test_nothing_at_the_hub_is_short_too(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    world->accounts[0].free = 0;
    uint64_t call = world_choose(world, "1", 300);
    world_grant(world);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"short\""));
    assert_int_equal(world_entries(world, VN_ENTRY_GRANT), 0);
}

static void test_a_choice_is_undone(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    uint64_t undo = world_choose(world, "1", 0);
    assert_int_equal(world_field(world, undo, "payable_minor"), 100000);
    assert_int_equal(spend(world), VN_SESSION_SPEND_NONE);
}

static void test_a_choice_is_undone_while_the_hub_is_asked(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    uint64_t undo = world_choose(world, "1", 0);
    assert_int_equal(world_http(world, undo), 200);
    assert_int_equal(world_http(world, call), 409);
    world_grant(world); /* comes late: journaled, and stays for this sale */
    assert_int_equal(spend(world), VN_SESSION_SPEND_NONE);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
    assert_int_equal(available(world, "w1"), 300);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(available(world, "w1"), 0);
}

static void test_amounts_outside_the_range_name_the_field(void **state)
{
    static const int64_t wrong[] = {10, 49, 55, 510, 100000};
    struct world *world = *state;
    begin(world, "1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t call = world_choose(world, "1", wrong[i]);
        assert_int_equal(world_http(world, call), 422);
        assert_string_equal(world->answers[call].pointer, "/spend_points");
    }
    assert_int_equal(world_http(world, world_choose(world, "2", 100)), 404);
}

static void test_what_is_left_goes_back_after_the_commit(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    (void)world_choose(world, "1", 100);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(available(world, "w1"), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.out, 300);
}

static void test_what_is_left_goes_back_when_the_sale_is_abandoned(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(available(world, "w1"), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
    assert_int_equal(vn_till_session(world->till)->card, VN_SESSION_CARD_NONE);
}

static void test_what_the_last_run_had_stays_over_a_restart(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    world_restart(world);
    assert_int_equal(available(world, "w1"), 300);
    assert_int_equal(world_entries(world, VN_ENTRY_BOOT), 2);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 0);
}

static void test_a_grant_that_comes_after_the_sale_is_journaled_and_goes_back(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, call), 409); /* whoever waits hears it */
    world_grant(world);
    assert_int_equal(world_entries(world, VN_ENTRY_GRANT), 1);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
    assert_int_equal(available(world, "w1"), 0);
    assert_int_equal(world->answers[call].count, 1);
}

static void test_a_question_is_given_up_when_the_pos_goes_on(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    (void)world_quote(world, "2", 0, 3);
    assert_int_equal(world_http(world, call), 409);
    world_card(world, JOVAN);
    uint64_t next = world_choose(world, "2", 100);
    assert_int_equal(world_http(world, next), 0);
    struct vn_rights_reply late = {.number = 5, .count = 1, .grants = {{.account = "w1", .granted = 300}}};
    vn_till_on_rights(world->till, &late, false); /* the other customer's: not taken for this one's */
    world_pump(world);
    assert_int_equal(world_http(world, next), 0);
    assert_int_equal(available(world, "w1"), 0);
    world->grant_number = 5;
    world_grant(world);
    assert_non_null(strstr(world_body(world, next), "\"spend\":\"granted\""));
}

static void test_a_hold_ends_the_question(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    (void)world_hold(world, "1", 0, 0, 10);
    assert_int_equal(world_http(world, call), 409);
    world_grant(world);
    assert_int_equal(spend(world), VN_SESSION_SPEND_NONE);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 0);
    assert_int_equal(available(world, "w1"), 0);
}

static void test_another_card_takes_the_choice_away(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    world_card(world, JOVAN);
    assert_int_equal(world_http(world, call), 409);
    world_grant(world);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(available(world, "w1"), 0);
}

static void test_a_held_choice_that_is_cancelled_can_be_made_again(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world);
    (void)world_hold(world, "1", 0, 0, 10);
    (void)world_step(world, VN_TILL_CANCEL, "1", 0);
    assert_int_equal(available(world, "w1"), 300);
    uint64_t call = world_choose(world, "1", 200);
    assert_int_equal(world_field(world, call, "payable_minor"), 80000);
    (void)world_hold(world, "1", 1, 0, 10);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_points(world, "w1"), -200 + 16);
    assert_int_equal(available(world, "w1"), 0);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.granted + right.in - right.out, 0);
}

static void test_taps_mean_what_the_screen_offers(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    vn_till_tap(world->till, VN_ACTION_SPEND_ALL);
    world_pump(world);
    assert_int_equal(world->request.wants[0].granted, 500);
    world_grant(world);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 50000);
    vn_till_tap(world->till, VN_ACTION_SPEND_HALF);
    world_pump(world);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 75000);
    vn_till_tap(world->till, VN_ACTION_SPEND_UNDO);
    world_pump(world);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
}

static void test_a_tap_that_is_not_offered_does_nothing(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 10);
    for (int action = VN_ACTION_NONE; action < VN_ACTION_COUNT; action++) {
        vn_till_tap(world->till, (enum vn_action)action);
        world_pump(world);
    }
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
    assert_int_equal(world->asked_count, 0);
}

static void test_a_basket_that_shrinks_takes_the_points_along(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    (void)world_choose(world, "1", 500);
    world_grant(world);
    (void)world_quote(world, "1", 0, 4);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 20000); /* at most half */
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 200);
    assert_int_equal(available(world, "w1"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_are_granted_by_the_hub_journaled_and_then_taken,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_right_that_is_here_is_taken_without_asking, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_offline_needs_the_hub_and_the_sale_goes_on, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_no_answer_in_time_needs_the_hub, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_too_little_at_the_hub_is_short, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_at_the_hub_is_short_too, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_is_undone, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_is_undone_while_the_hub_is_asked, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_amounts_outside_the_range_name_the_field, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_left_goes_back_after_the_commit, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_left_goes_back_when_the_sale_is_abandoned, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_the_last_run_had_stays_over_a_restart, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_grant_that_comes_after_the_sale_is_journaled_and_goes_back,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_question_is_given_up_when_the_pos_goes_on, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_hold_ends_the_question, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_another_card_takes_the_choice_away, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_held_choice_that_is_cancelled_can_be_made_again, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_taps_mean_what_the_screen_offers, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_tap_that_is_not_offered_does_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_basket_that_shrinks_takes_the_points_along, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
