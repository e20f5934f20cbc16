/* What the cashier and the POS are told: how many of a member's points can be paid at this till now, and why not all of them.
 * Milica has 700 points, and a choice takes 50 to 500 of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/till_world.h"

static const struct vn_session *session(const struct world *world)
{
    return vn_till_session(world->till);
}

static void check_here(const struct world *world, int64_t points, enum vn_session_limit limit)
{
    assert_int_equal(session(world)->available_here, points);
    assert_int_equal(session(world)->limit, limit);
    assert_int_equal(session(world)->balance, 700);
    assert_true(vn_session_spend_all(session(world)) <= points);
}

static void begin(struct world *world, const char *receipt)
{
    world_card(world, MILICA);
    (void)world_quote(world, receipt, 0, 10);
}

static void cut_off(struct world *world)
{
    vn_till_network(world->till, false, 1, false);
    world_pump(world);
}

static void test_online_all_of_it_can_be_paid_as_far_as_anybody_knows(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
    uint64_t quote = world_quote(world, "1", 0, 10);
    assert_non_null(strstr(world_body(world, quote), "\"available_here\":700"));
    assert_null(strstr(world_body(world, quote), "available_why"));
    uint64_t call = world_choose(world, "1", 300);
    world_grant(world);
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
    assert_int_equal(world_field(world, call, "available_here"), 700);
}

static void test_cut_off_it_is_what_was_granted_ahead(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 120);
    cut_off(world);
    world_card(world, MILICA);
    check_here(world, 120, VN_SESSION_LIMIT_ALONE);
    uint64_t quote = world_quote(world, "1", 0, 10);
    assert_int_equal(vn_session_spend_all(session(world)), 120);
    assert_int_equal(vn_session_spend_half(session(world)), 60);
    assert_non_null(strstr(world_body(world, quote), "\"available_here\":120"));
    assert_non_null(strstr(world_body(world, quote), "\"available_why\":\"alone\""));
    uint64_t more = world_choose(world, "1", 130);
    assert_non_null(strstr(world_body(world, more), "\"spend\":\"needs_hub\""));
    assert_non_null(strstr(world_body(world, more), "\"available_why\":\"alone\""));
    vn_till_tap(world->till, VN_ACTION_SPEND_ALL);
    world_pump(world);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_GRANTED);
    assert_int_equal(session(world)->spend_points, 120);
    (void)world_hold(world, "1", 0, 0, 10);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 120);
    world_card(world, MILICA); /* none is left, and 580 and what was earned is the balance */
    assert_int_equal(session(world)->available_here, 0);
    assert_int_equal(session(world)->limit, VN_SESSION_LIMIT_ALONE);
    vn_till_network(world->till, true, 0, false);
    assert_int_equal(session(world)->available_here, session(world)->balance);
}

static void test_neighbours_are_asked_once_what_they_have(void **state)
{
    struct world *world = *state;
    vn_till_neighbours(world->till, true);
    world_tell(world, "w1", 100);
    begin(world, "1");
    assert_int_equal(world->looked_nearby, 0); /* the hub is there */
    cut_off(world);
    assert_int_equal(world->looked_nearby, 1);
    assert_string_equal(world->nearby, "w1");
    check_here(world, 100, VN_SESSION_LIMIT_ALONE); /* until they have answered */
    vn_till_on_nearby(world->till, "w7", 400, 2);   /* of somebody who was here before */
    check_here(world, 100, VN_SESSION_LIMIT_ALONE);
    vn_till_on_nearby(world->till, "w1", 150, 2);
    check_here(world, 250, VN_SESSION_LIMIT_STORE);
    (void)world_quote(world, "1", 0, 10);
    assert_int_equal(world->looked_nearby, 1);
    uint64_t call = world_choose(world, "1", 250); /* more than this till has: they are asked to lend */
    assert_int_equal(world->request.wants[0].granted, 250);
    vn_till_on_borrowed(world->till, NULL, 0); /* another till was quicker */
    world_pump(world);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"needs_hub\""));
    assert_int_equal(world->looked_nearby, 2);
    vn_till_on_nearby(world->till, "w1", 0, 2);
    check_here(world, 100, VN_SESSION_LIMIT_STORE);
    vn_till_on_nearby(world->till, "w1", 900, 1); /* who says more than there is */
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
    world_card(world, MILICA); /* scanned again: asked again */
    assert_int_equal(world->looked_nearby, 3);
    vn_till_on_nearby(world->till, "w1", 0, 0);
    check_here(world, 100, VN_SESSION_LIMIT_ALONE); /* nobody answers: alone, */
    (void)world_quote(world, "1", 0, 10);
    assert_int_equal(world->looked_nearby, 4); /* and asked once more */
    vn_till_on_nearby(world->till, "w1", 150, 1);
    (void)world_choose(world, "1", 200);
    struct vn_counters lent = {.account = "w1", .granted = 100, .in = 100};
    vn_till_on_borrowed(world->till, &lent, 1);
    world_pump(world);
    check_here(world, 250, VN_SESSION_LIMIT_STORE); /* it is in one place */
    assert_int_equal(session(world)->spend_points, 200);
}

/* They are asked what they have of the customer before, or lend to him: nobody has asked them of this one. */
static void test_neighbours_that_could_not_be_asked_are_asked_when_something_happens(void **state)
{
    struct world *world = *state;
    vn_till_neighbours(world->till, true);
    world_tell(world, "w1", 100);
    world->nearby_busy = true;
    cut_off(world);
    begin(world, "1");
    assert_int_equal(world->looked_nearby, 0);
    world->nearby_busy = false;
    vn_till_on_nearby(world->till, "w7", 400, 2); /* what they were busy with */
    assert_int_equal(world->looked_nearby, 1);
    assert_string_equal(world->nearby, "w1");
    vn_till_on_nearby(world->till, "w1", 150, 2);
    check_here(world, 250, VN_SESSION_LIMIT_STORE);
    assert_int_equal(world->looked_nearby, 1);
}

static void test_the_chains_risk_counts_while_the_hub_is_away(void **state)
{
    struct world *world = *state;
    vn_till_risk(world->till, 60);
    world_tell(world, "w1", 100);
    world_tell(world, "r", 1000);
    cut_off(world);
    begin(world, "1");
    check_here(world, 160, VN_SESSION_LIMIT_RISK);
    uint64_t call = world_choose(world, "1", 160);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"granted\""));
    assert_non_null(strstr(world_body(world, call), "\"available_why\":\"risk\""));
    vn_till_network(world->till, true, 0, false);
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
}

static void test_a_loan_that_falls_short_is_made_up_by_the_risk(void **state)
{
    struct world *world = *state;
    vn_till_risk(world->till, 60);
    vn_till_neighbours(world->till, true);
    world_tell(world, "w1", 100);
    world_tell(world, "r", 1000);
    cut_off(world);
    begin(world, "1");
    vn_till_on_nearby(world->till, "w1", 40, 1);
    check_here(world, 200, VN_SESSION_LIMIT_RISK);
    uint64_t call = world_choose(world, "1", 200);
    assert_int_equal(world_http(world, call), 0);
    struct vn_counters borrowed = {.account = "w1", .granted = 100, .in = 40};
    vn_till_on_borrowed(world->till, &borrowed, 1);
    world_pump(world);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"granted\""));
}

static void test_a_till_that_the_hub_refuses_pays_nothing(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 300);
    vn_till_network(world->till, false, 1, true);
    begin(world, "1");
    check_here(world, 0, VN_SESSION_LIMIT_REFUSED);
    uint64_t call = world_choose(world, "1", 100);
    assert_non_null(strstr(world_body(world, call), "\"available_why\":\"refused\""));
}

static void answer(struct world *world, struct vn_rights_reply *reply)
{
    world->asked = false;
    vn_till_on_rights(world->till, reply, true);
    world_pump(world);
}

static void test_points_at_a_till_that_does_not_answer_are_named(void **state)
{
    struct world *world = *state;
    static struct vn_rights_reply reply;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    reply = (struct vn_rights_reply){
        .number = 1, .count = 1, .grants = {{.account = "w1", .granted = 120, .elsewhere = 580}}};
    answer(world, &reply);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"short\""));
    assert_non_null(strstr(world_body(world, call), "\"available_why\":\"elsewhere\""));
    check_here(world, 120, VN_SESSION_LIMIT_ELSEWHERE);
    assert_int_equal(session(world)->elsewhere, 580);
    assert_int_equal(vn_session_spend_all(session(world)), 120);
    world_card(world, MILICA); /* as the screen says */
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
    assert_false(world->asked);
    (void)world_choose(world, "1", 300); /* a choice asks once more */
    assert_true(world->asked);
    assert_int_equal(world->request.wants[0].granted, 300);
}

static void test_what_is_not_to_be_spent_yet_is_said_too(void **state)
{
    struct world *world = *state;
    begin(world, "1");
    world->accounts[0].free = 120;
    (void)world_choose(world, "1", 300);
    world_grant(world);
    check_here(world, 120, VN_SESSION_LIMIT_LATER);
    uint64_t less = world_choose(world, "1", 120);
    assert_non_null(strstr(world_body(world, less), "\"spend\":\"granted\""));
    assert_non_null(strstr(world_body(world, less), "\"available_why\":\"later\""));
}

static void test_a_hub_that_was_set_back_is_waited_for(void **state)
{
    struct world *world = *state;
    static struct vn_rights_reply reply;
    begin(world, "1");
    uint64_t call = world_choose(world, "1", 300);
    reply = (struct vn_rights_reply){.count = 1, .grants = {{.account = "w1", .free = 700}}};
    (void)snprintf(reply.reason, sizeof reply.reason, "the hub was set back");
    answer(world, &reply);
    assert_non_null(strstr(world_body(world, call), "\"spend\":\"needs_hub\""));
    assert_non_null(strstr(world_body(world, call), "\"available_why\":\"hub_waits\""));
    check_here(world, 0, VN_SESSION_LIMIT_HUB_WAITS);
    uint64_t again = world_choose(world, "1", 300); /* a POS may ask again */
    world_grant(world);
    assert_non_null(strstr(world_body(world, again), "\"spend\":\"granted\""));
    check_here(world, 700, VN_SESSION_LIMIT_NONE);
}

static void test_a_choice_whose_right_goes_is_told(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 300);
    cut_off(world);
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    assert_int_equal(session(world)->payable_minor, 70000);
    vn_till_network(world->till, true, 0, false);
    world_ask_back(world, "w1", 200);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_GONE);
    assert_int_equal(session(world)->event, VN_SESSION_EVENT_SPEND);
    assert_int_equal(session(world)->payable_minor, 100000);
    cut_off(world);
    check_here(world, 100, VN_SESSION_LIMIT_ALONE);
    vn_till_tap(world->till, VN_ACTION_SPEND_ALL);
    world_pump(world);
    assert_int_equal(session(world)->spend_points, 100);
}

static void test_an_offer_that_has_gone_is_told(void **state)
{
    struct world *world = *state;
    cut_off(world);
    begin(world, "1");
    vn_till_tap(world->till, VN_ACTION_SPEND_ALL); /* of a screen that was painted a moment ago */
    world_pump(world);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_GONE);
    assert_int_equal(session(world)->event, VN_SESSION_EVENT_SPEND);
    vn_till_tap(world->till, VN_ACTION_SPEND_UNDO);
    assert_int_equal(session(world)->spend, VN_SESSION_SPEND_GONE);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 0);
}

static void coupon_answer(struct world *world, const char *reason, int64_t elsewhere)
{
    static struct vn_rights_reply reply;
    (void)world_quote(world, "1", 0, 10);
    world_coupon(world, COUPON_ONE);
    reply = (struct vn_rights_reply){.count = 1, .grants = {{.account = "c1", .elsewhere = elsewhere}}};
    (void)snprintf(reply.reason, sizeof reply.reason, "%s", reason);
    answer(world, &reply);
}

static void test_a_coupon_at_another_till_is_not_called_used(void **state)
{
    struct world *world = *state;
    coupon_answer(world, "", 1);
    assert_int_equal(session(world)->coupon, VN_SESSION_COUPON_ELSEWHERE);
    coupon_answer(world, "the hub was set back", 0);
    assert_int_equal(session(world)->coupon, VN_SESSION_COUPON_NEEDS_HUB);
    coupon_answer(world, "", 0);
    assert_int_equal(session(world)->coupon, VN_SESSION_COUPON_SPENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        EACH(test_online_all_of_it_can_be_paid_as_far_as_anybody_knows),
        EACH(test_cut_off_it_is_what_was_granted_ahead),
        EACH(test_neighbours_are_asked_once_what_they_have),
        EACH(test_neighbours_that_could_not_be_asked_are_asked_when_something_happens),
        EACH(test_the_chains_risk_counts_while_the_hub_is_away),
        EACH(test_a_loan_that_falls_short_is_made_up_by_the_risk),
        EACH(test_a_till_that_the_hub_refuses_pays_nothing),
        EACH(test_points_at_a_till_that_does_not_answer_are_named),
        EACH(test_what_is_not_to_be_spent_yet_is_said_too),
        EACH(test_a_hub_that_was_set_back_is_waited_for),
        EACH(test_a_choice_whose_right_goes_is_told),
        EACH(test_an_offer_that_has_gone_is_told),
        EACH(test_a_coupon_at_another_till_is_not_called_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
