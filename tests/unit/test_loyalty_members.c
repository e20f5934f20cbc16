/* Members, points, coupons and rights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/clock.h"
#include "tests/unit/loyalty_world.h"

static int setup(void **state)
{
    *state = world_create();
    return 0;
}

static int teardown(void **state)
{
    world_destroy(*state);
    return 0;
}

#define MEMBER_OFFER                                                                                         \
    "{'id':'m','group':'first','who':{'kind':'members'%s},'then':{'kind':'percent_off','rate_bp':1000}},"    \
    "{'id':'d','group':'points','then':{'kind':'points_multiplier','times_bp':20000}}"

static void quote_member(struct world *world, const char *who, const char *member)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{%s'promotions':[" MEMBER_OFFER "],'lines':[{'id':1,'code':'x','amount_minor':100000}]}",
                   member, who);
    world_quote(world, text);
    assert_int_equal(world->status, VN_OK);
}

static void test_members_tiers_and_segments(void **state)
{
    struct world *world = *state;
    quote_member(world, "", "");
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_NEEDS_MEMBER);
    assert_int_equal(world->out.near_miss_count, 2);
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 10000);
    quote_member(world, ",'tiers':['gold']", "'member':{'known':true,'tier':'silver'},");
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_NEEDS_TIER);
    /* for any goods, but for few members: nobody else is bothered with it */
    quote_member(world, ",'segments':['a','b']", "'member':{'known':true,'segments':['c']},");
    assert_int_equal(world_reason(world, "m", NULL), -1);
    quote_member(world, ",'segments':['a','b']", "'member':{'known':true,'segments':['c','b']},");
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_APPLIED);
    assert_int_equal(world->out.points_earned, 18);
}

static void test_a_blocked_member_neither_earns_nor_spends(void **state)
{
    struct world *world = *state;
    quote_member(world, "",
                 "'member':{'known':true,'blocked':true,'account':'w1','balance':500},'rights':{'w1':500},'"
                 "spend_points':200,");
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_BLOCKED);
    assert_int_equal(world_reason(world, "d", NULL), VN_REASON_BLOCKED);
    assert_int_equal(world_reason(world, "", NULL), VN_REASON_BLOCKED);
    assert_int_equal(world->out.points_earned, 0);
    assert_int_equal(world->out.spend_max_points, 0);
    assert_int_equal(world->out.discount_minor, 0);
}

static void test_an_unknown_member_earns_base_points_alone(void **state)
{
    struct world *world = *state;
    quote_member(world, "", "'member':{'balance':500},'spend_points':100,");
    assert_int_equal(world->out.points_earned, 10);
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_NEEDS_HUB);
    assert_int_equal(world_reason(world, "d", NULL), VN_REASON_NEEDS_HUB);
    assert_int_equal(world->out.spend_max_points, 0);
}

static void test_a_card_before_the_first_item_counts(void **state)
{
    struct world *world = *state;
    world_quote(world, "{'member':{'known':true,'account':'w1'},'promotions':[],'lines':[]}");
    assert_int_equal(world->status, VN_OK);
    assert_int_equal(world->out.points_earned, 0);
    world_quote(world, "{'member':{'known':true,'account':'w1'},'promotions':[],'lines':[{'id':1,'code':'x','"
                       "amount_minor':20000}]}");
    assert_int_equal(world->out.points_earned, 2);
}

static void test_a_discount_never_earns(void **state)
{
    struct world *world = *state;
    world_quote(
        world,
        "{'member':{'known':true,'account':'w1'},'promotions':[{'id':'p','group':'first','then':{'kind':"
        "'percent_off','rate_bp':5000}}],'lines':[{'id':1,'code':'x','amount_minor':39999}]}");
    assert_int_equal(world->out.payable_minor, 19999);
    assert_int_equal(world->out.points_earned, 1);
}

static void test_multipliers_add_and_the_receipt_is_floored_once(void **state)
{
    struct world *world = *state;
    world_quote(
        world,
        "{'member':{'known':true,'account':'w1'},'promotions':[{'id':'a','group':'points','then':{'kind':"
        "'points_multiplier','selector':{'codes':['x']},'times_bp':20000}},{'id':'b','group':'points','then':"
        "{'kind':'points_multiplier','times_bp':15000}}],'lines':[{'id':1,'code':'x','amount_minor':9000},"
        "{'id':2,'code':'y','amount_minor':9000}]}");
    /* 0.9 + 0.9; a: 1.8 + 0.9; b: 2.25 + 1.35 */
    assert_int_equal(world->out.points_earned, 3);
    assert_int_equal(world_points(world, ""), 1);
    assert_int_equal(world_points(world, "a"), 1);
    assert_int_equal(world_points(world, "b"), 1);
}

static void spend(struct world *world, int balance, int right, int points, int amount)
{
    char text[512];
    (void)snprintf(
        text, sizeof text,
        "{'member':{'known':true,'account':'w1','balance':%d},'rights':{'w1':%d},'spend_points':%d,"
        "'promotions':[],'lines':[{'id':1,'code':'x','amount_minor':%d}]}",
        balance, right, points, amount);
    world_quote(world, text);
    assert_int_equal(world->status, VN_OK);
}

static void test_the_range_follows_balance_basket_and_step(void **state)
{
    struct world *world = *state;
    spend(world, 1000, 0, 0, 150000); /* half of 1500.00 is 750 points */
    assert_int_equal(world->out.spend_min_points, 100);
    assert_int_equal(world->out.spend_max_points, 750);
    assert_int_equal(world->out.spend_step_points, 50);
    spend(world, 349, 0, 0, 150000);
    assert_int_equal(world->out.spend_max_points, 300);
    spend(world, 99, 0, 0, 150000);
    assert_int_equal(world->out.spend_max_points, 0);
    assert_int_equal(world->out.spend_min_points, 0);
    spend(world, 1000, 0, 0, 19999); /* 99 points: below the least */
    assert_int_equal(world->out.spend_max_points, 0);
    spend(world, -5, 0, 0, 150000);
    assert_int_equal(world->out.spend_max_points, 0);
}

static void test_points_need_the_whole_right(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    spend(world, 1000, 299, 300, 150000);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(world->out.discount_minor, 0);
    assert_int_equal(world->out.consumption_count, 0);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_NEEDS_HUB);
    assert_int_equal(missing, 1);
    spend(world, 1000, 300, 300, 150000);
    assert_int_equal(world->out.points_spent, 300);
    assert_int_equal(world->out.points_value_minor, 30000);
    assert_int_equal(world->out.consumptions[0].amount, 300);
    assert_int_equal(world_reason(world, "", NULL), VN_REASON_APPLIED);
}

static void test_a_choice_shrinks_to_what_fits(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    spend(world, 1000, 1000, 760, 150000);
    assert_int_equal(world->out.points_spent, 750);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_CAPPED);
    assert_int_equal(missing, 10);
    spend(world, 1000, 1000, 149, 150000);
    assert_int_equal(world->out.points_spent, 100);
    spend(world, 1000, 1000, 99, 150000);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_CAPPED);
    assert_int_equal(missing, 1);
    spend(world, 50, 1000, 100, 150000);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 50);
}

/* Whatever is taken: "50 points short" are those that he would have to have. */
static void test_a_balance_is_short_of_what_it_lacks(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    spend(world, 349, 1000, 400, 150000); /* a step is 50 */
    assert_int_equal(world->out.points_spent, 300);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 51);
    spend(world, 1000, 1000, 1100, 150000); /* half of the receipt are 750 */
    assert_int_equal(world->out.points_spent, 750);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 100);
}

static int coupon_reason(struct world *world, const char *coupon, const char *rights)
{
    char text[768];
    (void)snprintf(text, sizeof text,
                   "{'coupons':[%s],'rights':{%s},'started_ms':1000,'promotions':[{'id':'c','group':'coupons'"
                   ",'if':{'coupon':true},"
                   "'then':{'kind':'amount_off','selector':{'codes':['x']},'amount_minor':100}}],"
                   "'lines':[{'id':1,'code':'x','amount_minor':500}]}",
                   coupon, rights);
    world_quote(world, text);
    assert_int_equal(world->status, VN_OK);
    int reason = world_reason(world, "c", NULL);
    assert_int_equal(world->out.discount_minor, reason == VN_REASON_APPLIED ? 100 : 0);
    return reason;
}

static void test_coupons(void **state)
{
    struct world *world = *state;
    assert_int_equal(coupon_reason(world, "", ""), VN_REASON_NEEDS_COUPON);
    assert_int_equal(coupon_reason(world, "{'promotion':'other'}", ""), VN_REASON_NEEDS_COUPON);
    assert_int_equal(world_reason(world, "other", NULL), VN_REASON_NOTHING_MATCHES);
    assert_int_equal(coupon_reason(world, "{'promotion':'c'}", ""), VN_REASON_APPLIED);
    assert_int_equal(world->out.consumption_count, 0);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','spent':true}", ""), VN_REASON_COUPON_SPENT);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','valid_until_ms':1000}", ""),
                     VN_REASON_COUPON_EXPIRED);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','valid_until_ms':1001}", ""), VN_REASON_APPLIED);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','valid_from_ms':1001}", ""),
                     VN_REASON_COUPON_EXPIRED);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','single_use':true,'account':'c1'}", ""),
                     VN_REASON_NEEDS_HUB);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','single_use':true,'account':'c1'}", "'c1':0"),
                     VN_REASON_NEEDS_HUB);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','single_use':true}", "'':1"),
                     VN_REASON_NEEDS_HUB);
    assert_int_equal(coupon_reason(world, "{'promotion':'c','single_use':true,'account':'c1'}", "'c1':1"),
                     VN_REASON_APPLIED);
    assert_string_equal(world->out.consumptions[0].account, "c1");
    assert_int_equal(world->out.consumptions[0].amount, 1);
}

static void test_of_several_coupons_the_usable_one_is_used_once(void **state)
{
    struct world *world = *state;
    assert_int_equal(
        coupon_reason(world,
                      "{'promotion':'c','account':'c1','spent':true},{'promotion':'c','account':'c3'},"
                      "{'promotion':'c','account':'c2'}",
                      "'c2':1,'c3':1"),
        VN_REASON_APPLIED);
    assert_int_equal(world->out.consumption_count, 1);
    assert_string_equal(world->out.consumptions[0].account, "c2");
}

static void test_a_coupon_that_takes_nothing_off_is_not_used_up(void **state)
{
    struct world *world = *state;
    world_quote(
        world,
        "{'coupons':[{'promotion':'c','account':'c1'}],'rights':{'c1':1},'promotions':[{'id':'c','group':'"
        "coupons',"
        "'if':{'coupon':true},'then':{'kind':'amount_off','selector':{'codes':['x']},'amount_minor':100}}],"
        "'lines':[{'id':1,'code':'y','amount_minor':500}]}");
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_NOTHING_MATCHES);
    assert_int_equal(world->out.consumption_count, 0);
}

static void test_near_misses_are_ranked_by_worth(void **state)
{
    struct world *world = *state;
    world_quote(
        world,
        "{'promotions':[{'id':'a','group':'basket','if':{'min_spend':{'amount_minor':1100}},'then':{'kind':"
        "'percent_off','rate_bp':500}},{'id':'b','group':'basket','if':{'min_spend':{'amount_minor':1200}},'"
        "then':"
        "{'kind':'percent_off','rate_bp':1000}},{'id':'c','group':'basket','if':{'min_spend':{'amount_minor':"
        "9000}},"
        "'then':{'kind':'percent_off','rate_bp':9000}}],'lines':[{'id':1,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world->out.near_miss_count, 2); /* c is not near */
    assert_string_equal(world->out.explanations[world->out.near_misses[0]].promotion, "b");
    assert_string_equal(world->out.explanations[world->out.near_misses[1]].promotion, "a");
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 100);
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].missing, 200);
}

static void test_an_outcome_and_its_reversal_cancel_out(void **state)
{
    struct world *world = *state;
    spend(world, 1000, 300, 300, 150000);
    struct vn_reversal reversal;
    vn_outcome_reverse(&world->out, &reversal);
    assert_int_equal(world->out.payable_minor - reversal.refund_minor, 0);
    assert_int_equal(world->out.points_earned - reversal.points_taken_back, 0);
    assert_int_equal(world->out.points_spent - reversal.points_given_back, 0);
    assert_int_equal(reversal.consumption_count, 1);
    assert_memory_equal(reversal.consumptions, world->out.consumptions, sizeof reversal.consumptions);
    assert_true(reversal.points_given_back == 300 && reversal.refund_minor == 120000);
}

/* Whoever keeps counters and has no room asks when they may be forgotten. */
static void test_a_limits_counter_is_told_by_its_name_and_has_an_end(void **state)
{
    struct world *world = *state;
#define LIMITED(id, who, period)                                                                             \
    "{'id':'" id "','group':'first','who':{'kind':'members'" who                                             \
    "},'then':{'kind':'percent_off','rate_bp':1},"                                                           \
    "'limits':{'member':{'count':1,'period':'" period "'}}}"
    world_quote(
        world,
        "{'promotions':[" LIMITED("d", "", "day") "," LIMITED("w", "", "week") "," LIMITED(
            "m", "",
            "month") "," LIMITED("y", "",
                                 "year") "," LIMITED("b", ",'birthday':{}",
                                                     "year") "," LIMITED("e", "",
                                                                         "ever") "],'lines':[{'id':1,'code':'"
                                                                                 "x','amount_minor':1}]}");
    assert_int_equal(world->status, VN_OK);
    const int64_t day = vn_clock_day_of(2026, 11, 22); /* a Sunday */
    const struct {
        const char *promotion;
        int64_t start, end; /* end 0: not looked at */
    } rows[] = {{"d", day, day + 1},
                {"d", day - 1, day},
                {"d", day + 1, day + 2},
                {"d", day - 2, 0},
                {"w", day - 6, day + 1},
                {"w", day + 1, day + 8},
                {"w", day - 13, 0},
                {"m", vn_clock_day_of(2026, 11, 1), vn_clock_day_of(2026, 12, 1)},
                {"m", vn_clock_day_of(2026, 10, 1), 0},
                {"y", vn_clock_day_of(2026, 1, 1), vn_clock_day_of(2027, 1, 1)},
                {"y", vn_clock_day_of(2025, 1, 1), vn_clock_day_of(2026, 1, 1)},
                {"y", vn_clock_day_of(2024, 1, 1), 0},
                {"b", vn_clock_day_of(2025, 1, 1), vn_clock_day_of(2027, 1, 1)},
                {"e", 0, INT64_MAX},
                {"e", day, 0},
                {"gone", 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char account[VN_ID_MAX];
        vn_account_member_limit("w7", rows[i].promotion, rows[i].start, account);
        assert_int_equal(vn_ruleset_limit_end(world->ruleset, "w7", account, day), rows[i].end);
        assert_int_equal(vn_ruleset_limit_end(world->ruleset, "w8", account, day), 0);
    }
    const char *promotion = NULL;
    int64_t start = -1;
    char account[VN_ID_MAX];
    vn_account_member_limit("w7", "w", day - 6, account);
    assert_true(vn_ruleset_limited(world->ruleset, "w7", account, day, &promotion, &start));
    assert_string_equal(promotion, "w");
    assert_int_equal(start, day - 6);
    assert_false(vn_ruleset_limited(world->ruleset, "w8", account, day, &promotion, &start));
    vn_account_chain_count("y", account);
    assert_true(vn_ruleset_limited(world->ruleset, "", account, day, &promotion, &start));
    assert_string_equal(promotion, "y");
    assert_int_equal(start, 0);
    vn_account_chain_budget("e", account);
    assert_true(vn_ruleset_limited(world->ruleset, "", account, day, &promotion, &start));
    assert_string_equal(promotion, "e");
    account[0] = 's'; /* the same number, of something else */
    assert_false(vn_ruleset_limited(world->ruleset, "", account, day, &promotion, &start));
    vn_account_chain_count("gone", account);
    assert_false(vn_ruleset_limited(world->ruleset, "", account, day, &promotion, &start));
    assert_false(vn_ruleset_limited(world->ruleset, "w7", "w7", day, &promotion, &start));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_members_tiers_and_segments),
        T(test_a_blocked_member_neither_earns_nor_spends),
        T(test_an_unknown_member_earns_base_points_alone),
        T(test_a_card_before_the_first_item_counts),
        T(test_a_discount_never_earns),
        T(test_multipliers_add_and_the_receipt_is_floored_once),
        T(test_the_range_follows_balance_basket_and_step),
        T(test_points_need_the_whole_right),
        T(test_a_choice_shrinks_to_what_fits),
        T(test_a_balance_is_short_of_what_it_lacks),
        T(test_coupons),
        T(test_of_several_coupons_the_usable_one_is_used_once),
        T(test_a_coupon_that_takes_nothing_off_is_not_used_up),
        T(test_near_misses_are_ranked_by_worth),
        T(test_an_outcome_and_its_reversal_cancel_out),
        T(test_a_limits_counter_is_told_by_its_name_and_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
