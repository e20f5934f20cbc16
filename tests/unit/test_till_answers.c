/* What a till makes of an answer that says nothing of what it waits for: it goes on waiting, or says that nobody knows. A coupon
 * is called used by who knows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_text.h"
#include "tests/unit/till_world.h"

/* Once a member and day: 10.00 off; and 50.00 for a coupon. */
#define ONCE_A_DAY                                                                                           \
    "{'ruleset':2,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','wallet':{'worth'" \
    ":{'points':1,'minor':100},'spend_min':50,'spend_step':10,'spend_share_bp':5000},"                       \
    "'earning':{'points':1,'per_minor':5000},'cards':[{'prefix':'2990','length':13}],"                       \
    "'coupons':[{'prefix':'2991','length':13}],"                                                             \
    "'groups':[{'id':'basket','stage':'basket','choice':'all'},{'id':'coupons','stage':'coupons',"           \
    "'choice':'all'}]}\n"                                                                                    \
    "{'id':'once','name':{'en':'Once a "                                                                     \
    "day'},'group':'basket','who':{'kind':'members'},'then':{'kind':'amount_off','amount_minor':"            \
    "1000},'limits':{'member':{'count':1,'period':'day'}}}\n"                                                \
    "{'id':'coupon-50','group':'coupons','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':"   \
    "5000}}\n"

static enum vn_session_coupon coupon(const struct world *world)
{
    return vn_till_session(world->till)->coupon;
}

/* A limit is asked for; its account is in the world's request. */
static void begin(struct world *world, bool online)
{
    char *quoted = text_quoted(ONCE_A_DAY);
    world_rules(world, quoted);
    free(quoted);
    vn_till_neighbours(world->till, !online);
    vn_till_network(world->till, online, online ? 0 : 1, false);
    world_pump(world);
    (void)world_quote(world, "1", 0, 10);
    world_card(world, MILICA);
    assert_true(world->asked);
    assert_int_equal(world->request.count, 1);
    assert_true(vn_account_is_named(world->request.wants[0].account));
}

static void test_neighbours_that_lend_something_else_do_not_know_of_a_coupon(void **state)
{
    struct world *world = *state;
    begin(world, false);
    struct vn_counters lent = {.granted = 0, .in = 1};
    memcpy(lent.account, world->request.wants[0].account, VN_ID_MAX);
    world_coupon(world, COUPON_ONE);
    assert_int_equal(world->request.count, 2); /* both are wished for at once */
    vn_till_on_borrowed(world->till, &lent, 1);
    world_pump(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NEEDS_HUB);
}

static void test_a_hub_with_no_room_for_a_coupon_has_not_said_that_it_is_used(void **state)
{
    struct world *world = *state;
    static struct vn_rights_reply reply;
    begin(world, true);
    world_coupon(world, COUPON_ONE);
    reply = (struct vn_rights_reply){.count = 1, .grants = {{.account = "w1"}}};
    vn_till_on_rights(world->till, &reply, true);
    world_pump(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NEEDS_HUB);
}

/* Scanned, and not looked up yet, while the answer about the limit comes. */
static void answer_while_looked_up(struct world *world)
{
    static struct vn_rights_reply first;
    char number[16];
    begin(world, true);
    first = (struct vn_rights_reply){.number = 1, .count = 1, .grants = {{.granted = 1}}};
    world->grant_number = 1;
    memcpy(first.grants[0].account, world->request.wants[0].account, VN_ID_MAX);
    world_number(number, "2991", COUPON_ONE);
    assert_int_equal(vn_till_scan(world->till, "]E0", vn_view_str(number)), VN_CODE_COUPON);
    vn_till_on_rights(world->till, &first, true);
    world_pump(world);
}

static void test_a_coupon_waits_for_its_own_answer(void **state)
{
    struct world *world = *state;
    answer_while_looked_up(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NONE);
    assert_string_equal(world->request.wants[0].account, "c1");
    assert_int_equal(vn_till_session(world->till)->payable_minor, 99000); /* the limit is here */
    world_grant(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_ACCEPTED);
}

static void test_a_coupon_whose_own_answer_does_not_come_needs_the_hub(void **state)
{
    struct world *world = *state;
    answer_while_looked_up(world);
    vn_till_on_rights(world->till, NULL, true);
    world_pump(world);
    assert_int_equal(coupon(world), VN_SESSION_COUPON_NEEDS_HUB);
}

/* --- what is withheld ------------------------------------------------------------------------------------------------- */

static const struct vn_session *session(const struct world *world)
{
    return vn_till_session(world->till);
}

static void check_withheld(const struct world *world)
{
    assert_int_equal(session(world)->hint_count, 1);
    assert_int_equal(session(world)->hints[0].kind, VN_SESSION_MISSING_NETWORK);
    assert_string_equal(session(world)->hints[0].name, "Once a day");
    assert_int_equal(session(world)->hints[0].worth_minor, 1000);
}

static void test_an_offer_that_waits_for_the_hub_is_told_when_nobody_can_be_asked(void **state)
{
    struct world *world = *state;
    begin(world, true);
    assert_int_equal(session(world)->hint_count, 0); /* the hub is asked */
    vn_till_on_rights(world->till, NULL, true);
    vn_till_network(world->till, false, 1, false);
    world_pump(world);
    check_withheld(world);
    (void)world_quote(world, "1", 0, 11);
    check_withheld(world);
    (void)world_quote(world, "1", 0, 0); /* nothing to take it off */
    assert_int_equal(session(world)->hint_count, 0);
    (void)world_quote(world, "1", 0, 10);
    vn_till_network(world->till, false, 1, true); /* the network would not help */
    assert_int_equal(session(world)->hint_count, 0);
    vn_till_network(world->till, true, 0, false);
    assert_int_equal(session(world)->hint_count, 0);
}

static void test_an_offer_that_neighbours_are_asked_for_is_not_withheld_yet(void **state)
{
    struct world *world = *state;
    begin(world, false);
    assert_int_equal(session(world)->hint_count, 0);
    vn_till_on_borrowed(world->till, NULL, 0);
    world_pump(world);
    check_withheld(world);
    vn_till_tap(world->till, VN_ACTION_FORGET_CARD); /* nobody to give it to */
    world_pump(world);
    assert_int_equal(session(world)->hint_count, 1);
    assert_int_equal(session(world)->hints[0].kind, VN_SESSION_MISSING_CARD);
}

static void test_an_offer_that_neighbours_lend_is_given(void **state)
{
    struct world *world = *state;
    begin(world, false);
    struct vn_counters lent = {.granted = 0, .in = 1};
    memcpy(lent.account, world->request.wants[0].account, VN_ID_MAX);
    vn_till_on_borrowed(world->till, &lent, 1);
    world_pump(world);
    assert_int_equal(session(world)->hint_count, 0);
    assert_int_equal(session(world)->payable_minor, 99000);
}

static void test_a_stranger_is_promised_nothing(void **state)
{
    struct world *world = *state;
    begin(world, true);
    vn_till_network(world->till, false, 1, false);
    world_card(world, STRANGER);
    assert_int_equal(session(world)->hint_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define EACH(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
        EACH(test_neighbours_that_lend_something_else_do_not_know_of_a_coupon),
        EACH(test_a_hub_with_no_room_for_a_coupon_has_not_said_that_it_is_used),
        EACH(test_a_coupon_waits_for_its_own_answer),
        EACH(test_a_coupon_whose_own_answer_does_not_come_needs_the_hub),
        EACH(test_an_offer_that_waits_for_the_hub_is_told_when_nobody_can_be_asked),
        EACH(test_an_offer_that_neighbours_are_asked_for_is_not_withheld_yet),
        EACH(test_an_offer_that_neighbours_lend_is_given),
        EACH(test_a_stranger_is_promised_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
