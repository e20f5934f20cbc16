#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static void test_quote_hold_and_commit(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    uint64_t quote = world_quote(world, "1", 1, 9);
    assert_int_equal(world_field(world, quote, "discount_minor"), 1000);
    assert_non_null(strstr(world_body(world, quote), "\"names\":{\"milk\":\"Milk\"}"));
    uint64_t hold = world_hold(world, "1", 0, 1, 9);
    assert_int_equal(world_field(world, hold, "held"), 1);
    assert_non_null(strstr(world_body(world, hold), "\"names\":{\"milk\":\"Milk\"}"));
    assert_int_equal(world_field(world, hold, "seq"), 2); /* after the boot entry */
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_HELD);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, commit), 200);
    assert_int_equal(world_field(world, commit, "seq"), 3);
    assert_int_equal(world_field(world, commit, "points_earned"), 19);
    assert_int_equal(world_field(world, commit, "balance"), 719);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_DONE);
    assert_int_equal(vn_till_session(world->till)->balance, 719);
    assert_int_equal(world_points(world, "w1"), 19);
    assert_int_equal(world->overlaps, 0);
}

static void test_a_repeated_step_gets_the_same_reply_byte_for_byte(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    uint64_t hold = world_hold(world, "1", 0, 1, 9);
    uint64_t again = world_hold(world, "1", 0, 1, 9);
    assert_string_equal(world_body(world, hold), world_body(world, again));
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    world_card(world, JOVAN); /* whatever has changed since */
    uint64_t retry = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, retry), 200);
    assert_string_equal(world_body(world, commit), world_body(world, retry));
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 1);
    assert_int_equal(world_points(world, "w1"), 19);
}

static void test_the_same_step_with_other_content_is_a_conflict_and_a_finding(void **state)
{
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 1, 9);
    uint64_t other = world_hold(world, "1", 0, 2, 9);
    assert_int_equal(world_http(world, other), 409);
    assert_string_equal(world_body(world, other), "The same step with other content");
    assert_int_equal(world_entries(world, VN_ENTRY_FINDING), 1);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 3, 9)), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_FINDING), 1); /* one is enough */
    assert_int_equal(world->answers[other].count, 1);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
}

static void test_hold_cancel_and_hold_again_with_the_next_step(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 5)), 200);
    assert_int_equal(world_http(world, world_quote(world, "1", 0, 6)), 409); /* the customer pays */
    uint64_t cancel = world_step(world, VN_TILL_CANCEL, "1", 0);
    assert_int_equal(world_field(world, cancel, "cancelled"), 1);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_OPEN);
    assert_int_equal(world_http(world, world_quote(world, "1", 0, 6)), 200);
    assert_int_equal(world_http(world, world_hold(world, "1", 1, 0, 6)), 200);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_HOLD), 2);
}

static void test_a_cancel_without_a_hold_is_refused(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_CANCEL), 0);
}

static void test_commit_after_a_restart_comes_from_the_hold(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_hold(world, "1", 0, 1, 9);
    world_restart(world);
    world_card(world, JOVAN); /* the next customer is here already */
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, commit), 200);
    assert_int_equal(world_field(world, commit, "points_earned"), 19);
    assert_int_equal(world_field(world, commit, "balance"), -1); /* not that of who stands here now */
    assert_int_equal(world_points(world, "w1"), 19);
    assert_int_equal(world_points(world, "w2"), 0);
    assert_string_equal(vn_till_session(world->till)->first_name, "Jovan");
}

static void test_what_was_held_counts_though_the_sale_was_quoted_again_after_a_restart(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_hold(world, "1", 0, 1, 9);
    world_restart(world);
    (void)world_quote(world, "1", 1, 9); /* without the card */
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_points(world, "w1"), 19);
}

static void test_a_late_commit_is_reckoned_from_the_basket_as_printed(void **state)
{
    struct world *world = *state;
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "7", 0)), 404);
    uint64_t call = world_call_async(world, VN_TILL_COMMIT, "7", 0, world_basket("7", 1, 1), "late");
    world_pump(world);
    assert_int_equal(world_http(world, call), 200);
    assert_int_equal(world_field(world, call, "committed"), 1);
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 1);
    assert_int_equal(vn_till_session(world->till)->phase, VN_SESSION_IDLE);
}

static void test_a_late_commit_leaves_the_open_sale_alone(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 1, 9);
    (void)world_call_async(world, VN_TILL_COMMIT, "7", 0, world_basket("7", 0, 490), "late");
    world_pump(world);
    world_card(world, MILICA); /* quotes again: what is known of the goods is still there */
    assert_int_equal(vn_till_session(world->till)->discount_minor, 1000);
    assert_int_equal(world_field(world, world_step(world, VN_TILL_COMMIT, "1", 0), "points_earned"), 19);
}

static void test_a_printed_basket_that_differs_is_honoured_and_flagged(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    uint64_t call = world_call_async(world, VN_TILL_COMMIT, "1", 0, world_basket("1", 0, 6), "");
    world_pump(world);
    assert_int_equal(world_http(world, call), 200);
    struct vn_sale_state sale;
    struct vn_sale_key key = world_key("1");
    struct vn_buf hold;
    struct vn_buf commit;
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world->journal, &key, &sale, &hold, &commit), VN_OK);
    assert_int_equal(vn_buf_append(&commit, vn_view_of("", 1)), VN_OK);
    assert_non_null(strstr((const char *)commit.data, "\"differs\":true"));
    assert_non_null(strstr((const char *)commit.data, "other5"));
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
}

static void test_a_committed_sale_can_not_be_held_or_committed_anew(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 5);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, world_hold(world, "1", 3, 0, 5)), 409);
    assert_int_equal(world_entries(world, VN_ENTRY_HOLD), 0);
}

static void test_a_basket_that_can_not_be_reckoned_changes_nothing(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 1, 9);
    struct vn_basket *bad = world_basket("1", 1, 2);
    bad->lines[1].id = bad->lines[0].id;
    uint64_t call = world_call_async(world, VN_TILL_QUOTE, "1", 0, bad, "");
    world_pump(world);
    assert_int_equal(world_http(world, call), 422);
    assert_int_equal(vn_till_session(world->till)->line_count, 10);
    assert_int_equal(world_field(world, world_step(world, VN_TILL_COMMIT, "1", 0), "points_earned"), 19);
}

/* Not even the receipt that it would have ended: card, points and all stay. */
static void test_a_basket_of_another_receipt_that_can_not_be_reckoned_changes_nothing(void **state)
{
    static const enum vn_till_call_kind kinds[] = {VN_TILL_QUOTE, VN_TILL_HOLD};
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 1, 9);
    for (size_t i = 0; i < 2; i++) {
        struct vn_basket *bad = world_basket("2", 1, 2);
        bad->lines[1].id = bad->lines[0].id;
        uint64_t call = world_call_async(world, kinds[i], "2", 0, bad, "");
        world_pump(world);
        assert_int_equal(world_http(world, call), 422);
        assert_int_equal(vn_till_session(world->till)->line_count, 10);
        assert_string_equal(vn_till_session(world->till)->first_name, "Milica");
    }
    assert_int_equal(world_field(world, world_step(world, VN_TILL_COMMIT, "1", 0), "points_earned"), 19);
    assert_int_equal(world_points(world, "w1"), 19);
}

/* The lane believes that its hold is still open; the journal knows better, and the POS hears what it knows. */
static void test_a_commit_that_the_journal_has_already_gets_the_stored_reply(void **state)
{
    struct world *world = *state;
    int64_t seq = 0;
    struct vn_error error;
    (void)world_hold(world, "1", 0, 0, 3);
    uint64_t call = world_call_async(world, VN_TILL_COMMIT, "1", 0, NULL, "");
    assert_non_null(world->write); /* straight away, and not yet served */
    struct vn_entry entry;
    vn_entry_init(&entry, VN_ENTRY_COMMIT);
    entry.has_sale = true;
    entry.sale = world_key("1");
    entry.body = json_pack("{s:s}", "fiscal", "F-1");
    struct vn_journal_append append = {
        .entry = &entry, .reply_status = 200, .reply = vn_view_str("{\"committed\":true,\"stored\":1}")};
    memcpy(append.digest, world->write->digest, sizeof append.digest);
    assert_int_equal(vn_journal_append(world->journal, &append, &seq, &error), VN_OK);
    vn_entry_deinit(&entry);
    world_pump(world);
    assert_int_equal(world_field(world, call, "stored"), 1);
    assert_int_equal(world_entries(world, VN_ENTRY_COMMIT), 1);
}

static void test_before_the_first_ruleset_nothing_is_discounted_and_the_pos_goes_on(void **state)
{
    struct world *world = *state;
    struct vn_till *with = world->till;
    struct vn_till_config config = {.place = {"1", "1"}, .clock = vn_clock_system()};
    struct vn_till_io io = {0};
    assert_int_equal(vn_till_create(&config, &io, &world->till), VN_OK);
    assert_int_equal(vn_till_ruleset_number(world->till), 0);
    assert_int_equal(vn_till_promotion_count(world->till), 0);
    vn_till_destroy(world->till);
    world->till = with;
    assert_int_equal(vn_till_ruleset_number(world->till), 1);
    assert_int_equal(vn_till_promotion_count(world->till), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_quote_hold_and_commit, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_repeated_step_gets_the_same_reply_byte_for_byte, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_the_same_step_with_other_content_is_a_conflict_and_a_finding,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_hold_cancel_and_hold_again_with_the_next_step, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_cancel_without_a_hold_is_refused, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_commit_after_a_restart_comes_from_the_hold, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            test_what_was_held_counts_though_the_sale_was_quoted_again_after_a_restart, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_commit_is_reckoned_from_the_basket_as_printed,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_late_commit_leaves_the_open_sale_alone, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_printed_basket_that_differs_is_honoured_and_flagged,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_committed_sale_can_not_be_held_or_committed_anew, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            test_a_basket_of_another_receipt_that_can_not_be_reckoned_changes_nothing, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_that_the_journal_has_already_gets_the_stored_reply,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_basket_that_can_not_be_reckoned_changes_nothing, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(
            test_before_the_first_ruleset_nothing_is_discounted_and_the_pos_goes_on, world_setup,
            world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
