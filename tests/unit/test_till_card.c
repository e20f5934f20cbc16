#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static const struct vn_session *session(const struct world *world)
{
    return vn_till_session(world->till);
}

static void test_a_card_before_the_first_item_stays_with_the_sale(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_KNOWN);
    assert_int_equal(session(world)->phase, VN_SESSION_IDLE);
    uint64_t call = world_quote(world, "1", 0, 10);
    assert_int_equal(world_http(world, call), 200);
    assert_int_equal(world_field(world, call, "points_earned"), 20);
    assert_non_null(strstr(world_body(world, call), "\"first_name\":\"Milica\""));
    assert_int_equal(world_field(world, call, "spend_max_points"), 500);
}

static void test_a_card_after_the_items_quotes_again_and_tells_the_pos(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 10);
    assert_int_equal(session(world)->points_earned, 0);
    unsigned outcomes = world->outcomes;
    world_card(world, MILICA);
    assert_int_equal(world->outcomes, outcomes + 1);
    assert_int_equal(session(world)->points_earned, 20);
    assert_int_equal(session(world)->balance, 700);
}

static void test_the_last_of_two_cards_counts(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    world_card(world, JOVAN);
    assert_string_equal(session(world)->first_name, "Jovan");
    assert_int_equal(session(world)->spend_max, 100);
    uint64_t call = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_http(world, call), 200);
    assert_int_equal(world_points(world, "w2"), 20);
    assert_int_equal(world_points(world, "w1"), 0);
}

static void test_an_unknown_card_of_the_chain_earns_provisionally(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 10);
    world_card(world, STRANGER);
    assert_int_equal(world->last_card, VN_SESSION_CARD_NEW);
    assert_int_equal(session(world)->points_earned, 20);
    assert_int_equal(session(world)->spend_max, 0);
    uint64_t call = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, call, "points_earned"), 20);
    assert_int_equal(world_field(world, call, "balance"), -1); /* nobody knows it here */
}

static void test_a_cache_that_can_not_be_read_leaves_a_card_provisional(void **state)
{
    struct world *world = *state;
    world->fail_lookup = VN_IO;
    world_card(world, MILICA);
    assert_int_equal(world->last_card, VN_SESSION_CARD_NEW);
    world->fail_lookup = VN_OK;
    world_card(world, MILICA); /* scanned again: all is there, the right too */
    assert_int_equal(world->last_card, VN_SESSION_CARD_KNOWN);
}

static void test_a_blocked_card_neither_earns_nor_spends(void **state)
{
    struct world *world = *state;
    world_card(world, BLOCKED);
    (void)world_quote(world, "1", 0, 10);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_BLOCKED);
    assert_int_equal(session(world)->points_earned, 0);
    assert_int_equal(session(world)->spend_max, 0);
    assert_int_equal(world_http(world, world_choose(world, "1", 100)), 422);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_points(world, "w3"), 0);
}

static void test_cards_that_are_not_ours_are_said_and_the_sale_goes_on(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    assert_int_equal(vn_till_scan(world->till, "", vn_view_str("4111111111111111")), VN_CODE_PAYMENT);
    assert_int_equal(world->last_card, VN_SESSION_CARD_PAYMENT);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_PAYMENT);
    assert_int_equal(vn_till_scan(world->till, "]E0", vn_view_str("2990000000010")), VN_CODE_DAMAGED);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_DAMAGED);
    vn_till_unreadable(world->till);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_UNREADABLE);
    (void)world_quote(world, "1", 0, 11);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_KNOWN); /* shown until the next event, no longer */
    assert_string_equal(session(world)->first_name, "Milica");
}

static void test_what_the_last_customer_bought_leaves_the_screen_with_the_next_ones_card(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    (void)world_choose(world, "1", 100);
    world_grant(world);
    (void)world_choose(world, "1", 0); /* so that a right goes back to the hub after the commit */
    (void)world_call_async(world, VN_TILL_COMMIT, "1", 0, NULL, "");
    while (session(world)->phase != VN_SESSION_DONE) {
        assert_true(world_serve(world));
    }
    assert_string_equal(session(world)->first_name, "Milica");
    assert_non_null(world->write); /* and is being written while she scans */
    (void)vn_till_scan(world->till, "", vn_view_str("4111111111111111"));
    world_pump(world);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_PAYMENT);
    assert_string_equal(session(world)->first_name, "");
    assert_int_equal(session(world)->line_count, 0);
    assert_int_equal(session(world)->phase, VN_SESSION_IDLE);
}

static void test_goods_go_on_to_the_pos_however_long_their_code_is(void **state)
{
    struct world *world = *state;
    static const char *const url = "https://example.com/01/09506000134352/10/ABC";
    assert_int_equal(vn_till_scan(world->till, "]E0", vn_view_str("4006381333931")), VN_CODE_PRODUCT);
    assert_string_equal(world->last_scan, "4006381333931");
    assert_int_equal(vn_till_scan(world->till, "]Q1", vn_view_str(url)), VN_CODE_OTHER);
    assert_string_equal(world->last_scan, url);
}

/* A QR code in an old code page can't travel as JSON; it must not vanish without a word. */
static void test_a_scan_that_is_no_text_is_called_unreadable(void **state)
{
    struct world *world = *state;
    unsigned events = world->scans;
    assert_int_equal(vn_till_scan(world->till, "]Q1", vn_view_str("\xcf\xf0\xe8\xe2\xe5\xf2")),
                     VN_CODE_OTHER);
    assert_int_equal(vn_till_session(world->till)->card, VN_SESSION_CARD_UNREADABLE);
    assert_int_equal(world->scans, events);
}

static void test_a_card_is_forgotten_by_a_tap(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    unsigned outcomes = world->outcomes;
    vn_till_tap(world->till, VN_ACTION_FORGET_CARD);
    world_pump(world);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_NONE);
    assert_int_equal(session(world)->points_earned, 0);
    assert_int_equal(world->outcomes, outcomes + 1);
}

static void test_a_card_can_not_be_forgotten_while_the_hold_is_written(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_call_async(world, VN_TILL_HOLD, "1", 0, world_basket("1", 0, 10), "");
    vn_till_tap(world->till, VN_ACTION_FORGET_CARD);
    world_pump(world);
    assert_int_equal(world_http(world, call), 200);
    assert_int_equal(session(world)->card, VN_SESSION_CARD_KNOWN);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_points(world, "w1"), 20);
}

static void test_a_card_scanned_while_the_customer_pays_changes_nothing(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_hold(world, "1", 0, 0, 10);
    world_card(world, JOVAN);
    assert_string_equal(session(world)->first_name, "Milica");
}

static void test_a_card_scanned_for_the_next_customer_survives_a_void(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 10);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    world_card(world, MILICA);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_VOID, "1", 0)), 200);
    uint64_t call = world_quote(world, "2", 0, 10);
    assert_int_equal(world_field(world, call, "points_earned"), 20);
}

static void test_balances_that_were_asked_for_leave_room_for_the_next_customers_right(void **state)
{
    struct world *world = *state;
    for (int which = CROWD; which <= CROWD + VN_RIGHTS_MAX; which++) {
        world_card(world, which);
    }
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_choose(world, "1", 200);
    world_grant(world);
    assert_int_equal(world_field(world, call, "points_spent"), 200);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.granted, 200);
    assert_int_equal(vn_counters_available(&right), 0);
}

static void test_a_card_that_is_changed_gives_its_points_back_at_once(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    (void)world_choose(world, "1", 200);
    world_grant(world);
    world_card(world, JOVAN);
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.granted, 200);
    assert_int_equal(vn_counters_available(&right), 0);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_NONE);
    world_card(world, MILICA);
    uint64_t call = world_choose(world, "1", 300);
    world_grant(world);
    assert_int_equal(world_field(world, call, "points_spent"), 300);
}

static void test_a_card_that_is_changed_while_the_hub_is_asked_keeps_nothing_here(void **state)
{
    struct world *world = *state;
    world_card(world, MILICA);
    (void)world_quote(world, "1", 0, 10);
    uint64_t call = world_choose(world, "1", 200);
    world_card(world, JOVAN);
    assert_int_equal(world_http(world, call), 409);
    world_grant(world); /* the answer for Milica */
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.granted, 200);
    assert_int_equal(vn_counters_available(&right), 0);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_the_last_customer_bought_leaves_the_screen_with_the_next_ones_card, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_before_the_first_item_stays_with_the_sale, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_after_the_items_quotes_again_and_tells_the_pos,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_last_of_two_cards_counts, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_an_unknown_card_of_the_chain_earns_provisionally, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_cache_that_can_not_be_read_leaves_a_card_provisional,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_blocked_card_neither_earns_nor_spends, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_cards_that_are_not_ours_are_said_and_the_sale_goes_on,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_goods_go_on_to_the_pos_however_long_their_code_is, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_scan_that_is_no_text_is_called_unreadable, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_is_forgotten_by_a_tap, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_can_not_be_forgotten_while_the_hold_is_written,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_scanned_while_the_customer_pays_changes_nothing,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_scanned_for_the_next_customer_survives_a_void,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(
            test_balances_that_were_asked_for_leave_room_for_the_next_customers_right, world_setup,
            world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_that_is_changed_gives_its_points_back_at_once,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_card_that_is_changed_while_the_hub_is_asked_keeps_nothing_here,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
