#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sync/wire/entry_sale.h"
#include "tests/unit/till_world.h"

static void test_a_ruleset_waits_for_the_end_of_the_receipt(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 10, 0);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 90000);
    world_ruleset(world, 2, 2000);
    assert_int_equal(vn_till_ruleset_number(world->till), 1);
    assert_int_equal(world_field(world, world_hold(world, "1", 0, 10, 0), "payable_minor"), 90000);
    (void)world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(vn_till_ruleset_number(world->till),
                     2); /* at once, not with the next receipt's first line */
    assert_int_equal(world_field(world, world_quote(world, "2", 10, 0), "payable_minor"), 80000);
}

static void test_a_ruleset_between_receipts_is_in_force_at_once(void **state)
{
    struct world *world = *state;
    unsigned changes = world->changes;
    world_ruleset(world, 2, 2000);
    assert_int_equal(vn_till_ruleset_number(world->till), 2);
    assert_int_equal(vn_till_session(world->till)->event, VN_SESSION_EVENT_RULES);
    assert_int_equal(world->changes, changes + 1);
}

static void test_the_last_of_two_waiting_rulesets_counts(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 10, 0);
    world_ruleset(world, 2, 2000);
    world_ruleset(world, 3, 3000);
    assert_int_equal(world_field(world, world_quote(world, "2", 10, 0), "payable_minor"), 70000);
}

static void test_a_stop_leaves_the_receipt_that_is_open(void **state)
{
    static const char stops[][VN_ID_MAX] = {"milk"};
    struct world *world = *state;
    (void)world_quote(world, "1", 10, 0);
    unsigned outcomes = world->outcomes;
    unsigned changes = world->changes;
    vn_till_stops(world->till, stops, 1);
    assert_int_equal(world->outcomes, outcomes + 1);
    assert_int_equal(world->last_payable_minor, 100000);
    assert_true(world->changes > changes);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 100000);
}

static void test_a_stop_does_not_touch_what_is_held(void **state)
{
    static const char stops[][VN_ID_MAX] = {"milk"};
    struct world *world = *state;
    (void)world_hold(world, "1", 0, 10, 0);
    vn_till_stops(world->till, stops, 1);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 90000);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
}

static void test_too_many_stops_are_cut(void **state)
{
    static char stops[VN_TILL_STOPS_MAX + 1][VN_ID_MAX];
    struct world *world = *state;
    (void)snprintf(stops[0], sizeof stops[0], "milk");
    vn_till_stops(world->till, (const char(*)[VN_ID_MAX])stops, VN_TILL_STOPS_MAX + 1);
    assert_int_equal(world_field(world, world_quote(world, "1", 10, 0), "payable_minor"), 100000);
}

static void test_a_receipt_of_five_hundred_lines_that_changes_keeps_its_goods(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 0, 490);
    uint64_t call =
        world_quote(world, "1", 60, 440); /* 60 new codes: more than can be remembered beside the others */
    assert_int_equal(world_field(world, call, "discount_minor"), 60000);
    world_card(world, MILICA);
    assert_int_equal(vn_till_session(world->till)->discount_minor, 60000);
}

static void test_the_time_of_the_first_line_stays(void **state)
{
    struct world *world = *state;
    (void)world_quote(world, "1", 1, 0);
    world->now_ms = 86400000;
    (void)world_hold(world, "1", 0, 2, 0);
    struct vn_sale_state sale;
    struct vn_sale_key key = world_key("1");
    struct vn_buf hold;
    struct vn_buf commit;
    vn_buf_init(&hold, VN_ENTRY_MAX);
    vn_buf_init(&commit, VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world->journal, &key, &sale, &hold, &commit), VN_OK);
    struct vn_entry entry;
    struct vn_error error;
    struct vn_entry_sale said;
    static struct vn_basket basket;
    static struct vn_outcome outcome;
    assert_int_equal(vn_entry_decode(vn_buf_view(&hold), &entry, &error), VN_OK);
    assert_int_equal(vn_entry_sale_read(&entry, &basket, &outcome, &said, &error), VN_OK);
    assert_true(entry.wall_ms > 1795334400000);
    assert_int_equal(basket.started_ms, 1795334400000);
    vn_entry_deinit(&entry);
    vn_buf_deinit(&hold);
    vn_buf_deinit(&commit);
}

static void test_network_and_devices_are_shown(void **state)
{
    struct world *world = *state;
    vn_till_network(world->till, false, 77, true);
    assert_false(vn_till_session(world->till)->online);
    assert_true(vn_till_session(world->till)->quarantined);
    assert_int_equal(vn_till_session(world->till)->offline_since_ms, 77);
    unsigned changes = world->changes;
    vn_till_network(world->till, false, 77, true);
    assert_int_equal(world->changes, changes);
    vn_till_device(world->till, "scanner", true);
    assert_true(vn_till_session(world->till)->device_lost);
    assert_string_equal(vn_till_session(world->till)->device, "scanner");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_ruleset_waits_for_the_end_of_the_receipt, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_ruleset_between_receipts_is_in_force_at_once, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_the_last_of_two_waiting_rulesets_counts, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_leaves_the_receipt_that_is_open, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_does_not_touch_what_is_held, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_too_many_stops_are_cut, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_receipt_of_five_hundred_lines_that_changes_keeps_its_goods,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_time_of_the_first_line_stays, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_network_and_devices_are_shown, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
