/* Rights at a till: what a quote wants is asked for and taken, what the hub asks back goes when it is there to go, what the chain
 * risks is bounded, and what a sale asked for in vain goes back when it ends. */
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

/* Once a member and day: 10.00 off. */
#define ONCE_A_DAY                                                                                           \
    "{'ruleset':2,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','wallet':{'worth'" \
    ":{'points':1,'minor':100},'spend_min':50,'spend_step':10,'spend_share_bp':5000},"                       \
    "'earning':{'points':1,'per_minor':5000},'cards':[{'prefix':'2990','length':13}],"                       \
    "'groups':[{'id':'basket','stage':'basket','choice':'all'}]}\n"                                          \
    "{'id':'once','group':'basket','who':{'kind':'members'},'then':{'kind':'amount_off','amount_minor':"     \
    "1000},"                                                                                                 \
    "'limits':{'member':{'count':1,'period':'day'}}}\n"

static void once_a_day(struct world *world)
{
    char *quoted = text_quoted(ONCE_A_DAY);
    world_rules(world, quoted);
    free(quoted);
}

static int64_t available(struct world *world, const char *account)
{
    struct vn_counters counters = world_counters(world, account);
    return vn_counters_available(&counters);
}

static void begin(struct world *world, const char *receipt)
{
    (void)world_quote(world, receipt, 0, 10);
    world_card(world, MILICA);
}

/* --- wants --------------------------------------------------------------------------------------------------------- */

static void test_what_a_quote_wants_is_asked_for_and_told_when_it_is_there(void **state)
{
    struct world *world = *state;
    once_a_day(world);
    vn_till_network(world->till, true, 0, false);
    begin(world, "1");
    assert_true(world->asked);
    assert_int_equal(world->request.count, 1);
    const char *account = world->request.wants[0].account;
    assert_true(vn_account_is_named(account));
    assert_int_equal(world->request.wants[0].granted, 1);
    struct world_account *fresh = &world->accounts[4]; /* the first that is not in use */
    assert_string_equal(fresh->account, "");
    memcpy(fresh->account, account, VN_ID_MAX);
    fresh->free = 1;
    world_grant(world);
    assert_int_equal(world->last_payable_minor, 99000); /* the POS hears of it */
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 10)), 200);
    assert_int_equal(available(world, account), 0);
}

static void test_it_is_asked_once(void **state)
{
    struct world *world = *state;
    once_a_day(world);
    vn_till_network(world->till, true, 0, false);
    begin(world, "1");
    unsigned before = world->asked_count;
    (void)world_quote(world, "1", 0, 11);
    (void)world_quote(world, "1", 0, 12);
    assert_int_equal(world->asked_count, before);
    world_grant(world); /* the hub has none */
    (void)world_quote(world, "1", 0, 13);
    assert_int_equal(world->asked_count, before);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 13)), 200);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_earned"), 26); /* nothing was off */
}

static void test_what_was_granted_ahead_is_used_without_a_network(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 300);
    vn_till_network(world->till, false, 1, false);
    begin(world, "1");
    uint64_t choice = world_choose(world, "1", 200);
    assert_int_equal(world_field(world, choice, "payable_minor"), 80000);
    (void)world_hold(world, "1", 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(available(world, "w1"), 100);
    assert_int_equal(world->asked_count, 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 0); /* it stays for the next time */
}

/* --- what the hub asks back ------------------------------------------------------------------------------------------ */

static void test_what_is_asked_back_goes_at_once_when_nobody_needs_it(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 300);
    world_ask_back(world, "w1", 120);
    assert_int_equal(available(world, "w1"), 180);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
    world_ask_back(world, "w1", 120); /* the same target again */
    assert_int_equal(available(world, "w1"), 180);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
}

static void test_a_hold_is_not_taken_and_the_rest_goes_when_it_ends(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 300);
    begin(world, "1");
    (void)world_choose(world, "1", 200);
    assert_int_equal(world_http(world, world_hold(world, "1", 0, 0, 10)), 200);
    world_ask_back(world, "w1", 300);
    assert_int_equal(available(world, "w1"), 0); /* the 100 that no hold has went back */
    struct vn_counters right = world_counters(world, "w1");
    assert_int_equal(right.out - right.in, 300);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_CANCEL, "1", 0)), 200);
    world_pump(world);
    right = world_counters(world, "w1");
    assert_int_equal(right.in, 200);
    assert_int_equal(available(world, "w1"), 0); /* and the 200 followed */
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 2);
}

static void test_a_commit_keeps_what_was_asked_back_too_late(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 200);
    begin(world, "1");
    (void)world_choose(world, "1", 200);
    (void)world_hold(world, "1", 0, 0, 10);
    world_ask_back(world, "w1", 200);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 0);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 200);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 0); /* there is nothing to give */
    assert_int_equal(available(world, "w1"), 0);
}

static void test_an_open_sale_hears_that_its_right_went_back(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 200);
    begin(world, "1");
    (void)world_choose(world, "1", 200);
    assert_int_equal(vn_till_session(world->till)->payable_minor, 80000);
    world_ask_back(world, "w1", 200);
    assert_int_equal(available(world, "w1"), 0);
    assert_int_equal(world->last_payable_minor, 100000);
    (void)world_hold(world, "1", 0, 0, 10);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "1", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 0);
}

static void test_what_is_asked_back_is_known_after_it_was_taken_off_the_list(void **state)
{
    struct world *world = *state;
    unsigned count = 9;
    world_tell(world, "w1", 200);
    begin(world, "1");
    (void)world_choose(world, "1", 200);
    (void)world_hold(world, "1", 0, 0, 10);
    world_ask_back(world, "w1", 200);
    (void)vn_till_asked_back(world->till, &count);
    assert_int_equal(count, 1);
    world_ask_back(world, NULL, 0); /* the hub does not want it any more */
    (void)vn_till_asked_back(world->till, &count);
    assert_int_equal(count, 0);
    (void)world_step(world, VN_TILL_CANCEL, "1", 0);
    world_pump(world);
    assert_int_equal(available(world, "w1"), 200); /* so it stays */
}

/* --- risk ------------------------------------------------------------------------------------------------------------ */

static int64_t risk_payable(struct world *world, const char *receipt, int64_t points)
{
    begin(world, receipt);
    uint64_t choice = world_choose(world, receipt, points);
    int64_t payable = world_field(world, choice, "payable_minor");
    (void)world_hold(world, receipt, 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, receipt, 0)), 200);
    return payable;
}

static void test_risk_ends_with_the_members_share_of_an_outage(void **state)
{
    struct world *world = *state;
    world_tell(world, VN_ACCOUNT_RISK, 5000);
    vn_till_risk(world->till, 150);
    vn_till_network(world->till, false, 1, false);
    assert_int_equal(risk_payable(world, "1", 100), 90000);
    assert_int_equal(available(world, VN_ACCOUNT_RISK), 4900);
    begin(world, "2");
    uint64_t choice = world_choose(world, "2", 100); /* 50 are left to him */
    assert_null(strstr(world_body(world, choice), "\"spend\":\"granted\""));
    (void)world_hold(world, "2", 0, 0, 10);
    uint64_t commit = world_step(world, VN_TILL_COMMIT, "2", 0);
    assert_int_equal(world_field(world, commit, "points_spent"), 0);
    assert_int_equal(risk_payable(world, "3", 50), 95000);
    assert_int_equal(available(world, VN_ACCOUNT_RISK), 4850);
}

static void test_risk_ends_with_the_tills_allowance(void **state)
{
    struct world *world = *state;
    world_tell(world, VN_ACCOUNT_RISK, 60);
    vn_till_risk(world->till, 1000);
    vn_till_network(world->till, false, 1, false);
    begin(world, "1");
    uint64_t choice = world_choose(world, "1", 100);
    assert_null(strstr(world_body(world, choice), "\"spend\":\"granted\""));
    assert_int_equal(risk_payable(world, "2", 60), 94000);
    assert_int_equal(available(world, VN_ACCOUNT_RISK), 0);
    begin(world, "3");
    choice = world_choose(world, "3", 50);
    assert_null(strstr(world_body(world, choice), "\"spend\":\"granted\""));
}

static void test_nothing_is_risked_while_the_hub_answers(void **state)
{
    struct world *world = *state;
    world_tell(world, VN_ACCOUNT_RISK, 5000);
    vn_till_risk(world->till, 1000);
    begin(world, "1");
    (void)world_choose(world, "1", 100);
    assert_true(world->asked); /* the hub is asked, and says no */
    world->accounts[0].free = 0;
    world_grant(world);
    assert_int_equal(vn_till_session(world->till)->spend, VN_SESSION_SPEND_SHORT);
    assert_int_equal(available(world, VN_ACCOUNT_RISK), 5000);
}

/* --- at the end of a sale --------------------------------------------------------------------------------------------- */

static void test_only_what_the_sale_asked_for_goes_back(void **state)
{
    struct world *world = *state;
    world_tell(world, "w1", 100); /* ahead */
    begin(world, "1");
    (void)world_choose(world, "1", 300);
    world_grant(world); /* 200 more */
    assert_int_equal(available(world, "w1"), 300);
    (void)world_choose(world, "1", 50); /* he has thought better of it */
    (void)world_hold(world, "1", 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    world_pump(world);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
    assert_int_equal(available(world, "w1"), 50); /* of what was here before, less what was spent */
}

/* --- promotions that are over ----------------------------------------------------------------------------------------- */

/* 10.00 off for members, in the whole chain a hundred times, until 9:30 of that day at the store: half an hour from now. */
#define COUNTED(number, promotion)                                                                           \
    "{'ruleset':" number ",'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','wallet'" \
    ":{'worth':{'points':1,'minor':100}},'earning':{'points':1,'per_minor':5000},"                           \
    "'cards':[{'prefix':'2990','length':13}],"                                                               \
    "'groups':[{'id':'basket','stage':'basket','choice':'all'}]}\n" promotion
#define COUNT_PROMO                                                                                          \
    "{'id':'many','group':'basket','who':{'kind':'members'},'when':{'to':'2026-11-22T09:30'},"               \
    "'then':{'kind':'amount_off','amount_minor':1000},'limits':{'all':{'count':100}}}\n"

static void counted(struct world *world, const char *text)
{
    char *quoted = text_quoted(text);
    world_rules(world, quoted);
    free(quoted);
    world_pump(world);
}

/* The till has a right to five of them, and a sale is over that took one. */
static void use_one_of_five(struct world *world, char account[VN_ID_MAX])
{
    counted(world, COUNTED("2", COUNT_PROMO));
    vn_account_chain_count("many", account);
    world_tell(world, account, 5);
    begin(world, "1");
    (void)world_hold(world, "1", 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "1", 0)), 200);
    assert_int_equal(available(world, account), 4);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 0);
}

static void test_what_is_left_goes_back_with_the_ruleset_that_ends_its_promotion(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    use_one_of_five(world, account);
    counted(world, COUNTED("3", COUNT_PROMO)); /* it goes on */
    assert_int_equal(available(world, account), 4);
    counted(world, COUNTED("4", "")); /* nobody scans anything */
    assert_int_equal(available(world, account), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
}

static void test_a_sale_that_is_open_ends_before_what_is_left_goes_back(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    use_one_of_five(world, account);
    begin(world, "2");
    (void)world_hold(world, "2", 0, 0, 10);
    assert_int_equal(available(world, account), 3);
    counted(world, COUNTED("3", ""));
    assert_int_equal(available(world, account), 3);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    world_card(world, MILICA); /* the next customer's */
    assert_int_equal(available(world, account), 0);
    assert_int_equal(world_entries(world, VN_ENTRY_RELEASE), 1);
}

static void test_what_is_left_of_a_promotion_that_is_stopped_goes_back(void **state)
{
    static const char stops[1][VN_ID_MAX] = {"many"};
    struct world *world = *state;
    char account[VN_ID_MAX];
    use_one_of_five(world, account);
    vn_till_stops(world->till, stops, 1);
    world_pump(world);
    assert_int_equal(available(world, account), 0);
}

static void test_what_is_left_when_its_time_is_over_goes_back_after_a_sale(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    use_one_of_five(world, account);
    world->now_ms += 2 * 3600 * 1000;
    begin(world, "2");
    assert_int_equal(available(world, account), 4);
    (void)world_hold(world, "2", 0, 0, 10);
    assert_int_equal(world_http(world, world_step(world, VN_TILL_COMMIT, "2", 0)), 200);
    world_pump(world);
    assert_int_equal(available(world, account), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_what_a_quote_wants_is_asked_for_and_told_when_it_is_there),
        TEST(test_it_is_asked_once),
        TEST(test_what_was_granted_ahead_is_used_without_a_network),
        TEST(test_what_is_asked_back_goes_at_once_when_nobody_needs_it),
        TEST(test_a_hold_is_not_taken_and_the_rest_goes_when_it_ends),
        TEST(test_a_commit_keeps_what_was_asked_back_too_late),
        TEST(test_an_open_sale_hears_that_its_right_went_back),
        TEST(test_what_is_asked_back_is_known_after_it_was_taken_off_the_list),
        TEST(test_risk_ends_with_the_members_share_of_an_outage),
        TEST(test_risk_ends_with_the_tills_allowance),
        TEST(test_nothing_is_risked_while_the_hub_answers),
        TEST(test_only_what_the_sale_asked_for_goes_back),
        TEST(test_what_is_left_goes_back_with_the_ruleset_that_ends_its_promotion),
        TEST(test_a_sale_that_is_open_ends_before_what_is_left_goes_back),
        TEST(test_what_is_left_of_a_promotion_that_is_stopped_goes_back),
        TEST(test_what_is_left_when_its_time_is_over_goes_back_after_a_sale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
