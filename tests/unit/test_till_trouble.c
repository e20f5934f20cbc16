#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static void test_a_full_queue_answers_at_once(void **state)
{
    struct world *world = *state;
    uint64_t first = world->last_call + 1;
    for (int i = 0; i < VN_TILL_QUEUE_MAX + 3; i++) {
        (void)world_call_async(world, VN_TILL_HOLD, "1", i, world_basket("1", 0, 1), "");
    }
    uint64_t last = world->last_call;
    assert_int_equal(world_http(world, last), 503); /* one is under way, the queue is full */
    assert_int_equal(world_http(world, last - 1), 503);
    assert_int_equal(world_http(world, last - 2), 0);
    world_card(world, MILICA); /* dropped; the cashier scans again */
    assert_int_equal(world_http(world, first), 200);
    for (uint64_t id = first; id <= last; id++) {
        assert_int_equal(world->answers[id].count, 1);
    }
}

static void test_a_journal_that_can_not_be_written_is_a_problem_and_the_session_goes_on(void **state)
{
    static const struct {
        enum vn_status status;
        int http;
    } cases[] = {{VN_FULL, 507},  {VN_INPUT, 413},   {VN_IO, 503},
                 {VN_NOMEM, 503}, {VN_CORRUPT, 503}, {VN_CONFLICT, 409}};
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 1, 9);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world->fail_write = cases[i].status;
        assert_int_equal(world_http(world, world_hold(world, "1", 0, 1, 9)), cases[i].http);
        assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
        assert_int_equal(vn_till_session(world->till)->payable_minor, 99000);
        world->fail_write = cases[i].status;
        assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), cases[i].http);
        assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
    }
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 1, 9)), 200);
    assert_int_equal(world_field(world, world_step(world, VN_TILL_COMMIT, "1", 0), "points_earned"), 19);
}

static void test_a_right_that_is_gone_refuses_the_hold_and_lets_the_customer_choose_again(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    (void)world_choose(world, "1", 300);
    world_grant(world);
    world->fail_write = VN_DENIED;
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 10)), 409);
    assert_int_equal(vn_till_session(world->till)->spend, VN_SESSION_SPEND_GONE);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 10)), 200);
}

static void test_a_commit_whose_right_is_gone_is_honoured_without_it(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    (void)world_choose(world, "1", 300);
    world_grant(world);
    world->fail_write = VN_DENIED;
    uint64_t call = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, call), 200);
    assert_int_equal(world_points(world, "w1"), -300 + 14);
    assert_null(strstr(strstr(world_body(world, call), "\"seq\"") + 1, "\"seq\"")); /* numbered once */
    assert_string_equal(world_body(world, call),
                        world_body(world, world_step(world, VN_TILL_COMMIT, "1", 0)));
}

static void test_a_grant_that_can_not_be_journaled_is_not_used(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_choose(world, "1", 300);
    world->fail_write = VN_FULL;
    world_grant(world);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"needs_hub\""));
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
    uint64_t again = world_choose(world, "1", 300); /* the hub says it again: counters are cumulative */
    world_grant(world);
    assert_int_equal(world_entries(world, VN_ENTRY_GRANT), 1);
    assert_non_null(strstr(world_body(world, again), "\"spend\":\"granted\""));
}

static void test_a_journal_that_can_not_be_read_is_a_problem(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    world->fail_inspect = VN_IO;
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 503);
    world->fail_inspect = VN_OK;
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
}

static void test_what_a_pos_that_left_asked_for_is_done_without_an_answer(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    uint64_t hold = world_call_async(world, VN_TILL_HOLD, "1", 0, world_basket("1", 0, 5), "");
    uint64_t commit = world_call_async(world, VN_TILL_COMMIT, "1", 0, NULL, "");
    vn_till_forget_call(world->till, hold);   /* under way */
    vn_till_forget_call(world->till, commit); /* waits */
    world_pump(world);
    assert_int_equal(world->answers[hold].count + world->answers[commit].count, 0);
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 1);
}

static void test_a_choice_of_a_pos_that_left_is_taken_without_an_answer(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_choose(world, "1", 300);
    vn_till_forget_call(world->till, call);
    world_grant(world);
    assert_int_equal(world->answers[call].count, 0);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 70000);
}

static void test_a_till_can_be_destroyed_with_everything_under_way(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 5; i++) {
        (void)world_call_async(world, VN_TILL_HOLD, "1", i, world_basket("1", 0, 1), "");
    }
    assert_non_null(world->inspect); /* the rest is seen by the sanitizer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_full_queue_answers_at_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_journal_that_can_not_be_written_is_a_problem_and_the_session_goes_on, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_right_that_is_gone_refuses_the_hold_and_lets_the_customer_choose_again, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_whose_right_is_gone_is_honoured_without_it, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_grant_that_can_not_be_journaled_is_not_used, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_journal_that_can_not_be_read_is_a_problem, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_a_pos_that_left_asked_for_is_done_without_an_answer,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_choice_of_a_pos_that_left_is_taken_without_an_answer,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_till_can_be_destroyed_with_everything_under_way, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
