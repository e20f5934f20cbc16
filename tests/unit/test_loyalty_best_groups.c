/* Groups that take the best of what competes: worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "tests/unit/loyalty_world.h"

static void quote(struct world *world, const char *promotions, const char *lines)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "{'header':{'engine':2},'promotions':[%s],'lines':[%s]}", promotions,
                   lines);
    world_outcome(world, text);
}

#define THREE_FOR_TWO "{'id':'three','group':'best','then':{'kind':'nth_free','n':3,'free':1}}"
#define TWENTY        "{'id':'twenty','group':'best','then':{'kind':'percent_off','rate_bp':2000}}"

static void test_best_mixes_three_for_two_with_a_percentage(void **state)
{
    struct world *world = *state;
    /* 10.00 10.00 10.00 gives 10.00 against 6.00; of 5.00 4.00 1.00 the percentage gives more */
    quote(world, THREE_FOR_TWO "," TWENTY,
          "{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000},{'id':2,'code':'b','amount_minor':500},"
          "{'id':3,'code':'c','amount_minor':400},{'id':4,'code':'d','amount_minor':100}");
    assert_int_equal(world_discount(world, "three"), 1000);
    assert_int_equal(world_discount(world, "twenty"), 200);
    assert_true(world->out.optimal);
}

static void test_best_leaves_a_good_set_for_two_better_ones(void **state)
{
    struct world *world = *state;
    /* a + b for 1.00 gains most alone (17.00), but then c and d find no partner: a + c and b + d gain 9.00 each */
    quote(world,
          "{'id':'ab','group':'best','priority':5,'then':{'kind':'bundle','price_minor':200,'parts':["
          "{'selector':{'codes':['a']},'n':1},{'selector':{'codes':['b']},'n':1}]}},"
          "{'id':'ac','group':'best','then':{'kind':'bundle','price_minor':200,'parts':["
          "{'selector':{'codes':['a']},'n':1},{'selector':{'codes':['c']},'n':1}]}},"
          "{'id':'bd','group':'best','then':{'kind':'bundle','price_minor':200,'parts':["
          "{'selector':{'codes':['b']},'n':1},{'selector':{'codes':['d']},'n':1}]}}",
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':900},"
          "{'id':3,'code':'c','amount_minor':200},{'id':4,'code':'d','amount_minor':250}");
    assert_int_equal(world_discount(world, "ab"), 0);
    assert_int_equal(world->out.discount_minor, 1000 + 950);
    assert_int_equal(world_reason(world, "ab", NULL), VN_REASON_OUTBID);
}

static void test_best_knows_caps_and_limits(void **state)
{
    struct world *world = *state;
    static const char lines[] =
        "{'id':1,'code':'1','amount_minor':1000},{'id':2,'code':'2','amount_minor':900},"
        "{'id':3,'code':'3','amount_minor':800}";
    /* half price is capped at 4.50: that is half of 9.00, and 20 % of 10.00 and 8.00 come to it */
    quote(world,
          "{'id':'half','group':'best','caps':{'max_discount_minor':450},'then':{'kind':'percent_off',"
          "'rate_bp':5000}}," TWENTY,
          lines);
    assert_int_equal(world_line_discount(world, 2), 450);
    assert_int_equal(world->out.discount_minor, 450 + 200 + 160);
    quote(world,
          "{'id':'half','group':'best','limits':{'per_receipt':1},'then':{'kind':'percent_off',"
          "'rate_bp':5000}}," TWENTY,
          lines);
    assert_int_equal(world_line_discount(world, 1), 500);
    assert_int_equal(world->out.discount_minor, 500 + 180 + 160);
}

static void test_best_counts_what_a_condition_takes_away(void **state)
{
    struct world *world = *state;
    static const char promotions[] =
        "{'id':'wine','group':'best','if':{'quantity':{'selector':{'codes':['c']},'qty_milli':2000}},"
        "'then':{'kind':'amount_off','amount_minor':%d,'selector':{'codes':['w']}}}," TWENTY;
    static const char lines[] = "{'id':1,'code':'c','qty_milli':2000,'amount_minor':2000},"
                                "{'id':2,'code':'w','amount_minor':1000}";
    char text[1024];
    (void)snprintf(text, sizeof text, promotions, 599); /* 20 % of all are 6.00 */
    quote(world, text, lines);
    assert_int_equal(world_discount(world, "twenty"), 600);
    (void)snprintf(text, sizeof text, promotions, 601);
    quote(world, text, lines);
    assert_int_equal(world_discount(world, "wine"), 601);
    assert_int_equal(world->out.discount_minor, 601);
}

static void test_best_weighs_points_and_gives_gifts_with_what_is_left(void **state)
{
    struct world *world = *state;
    /* 1.00 off and 2 points (1.00 each) against 2.50 off; the gift needs a piece that nobody else wants */
    world_outcome(
        world, "{'header':{'engine':2},'member':{'known':true,'account':'w1'},'promotions':["
               "{'id':'points','group':'best','then':[{'kind':'amount_off','amount_minor':100,'selector':"
               "{'codes':['a']}},{'kind':'points_bonus','points':2}]},"
               "{'id':'money','group':'best','then':{'kind':'amount_off','amount_minor':250,'selector':"
               "{'codes':['a']}}},"
               "{'id':'gift','group':'best','if':{'quantity':{'selector':{'codes':['b']},'qty_milli':1000}},"
               "'then':{'kind':'gift','selector':{'codes':['g']}}}],"
               "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':1000}]}");
    assert_int_equal(world_discount(world, "points"), 100);
    assert_int_equal(world_discount(world, "money"), 0);
    assert_int_equal(world_reason(world, "gift", NULL), VN_REASON_APPLIED);
    assert_int_equal(world->out.given_count, 1);
}

static void test_best_in_earning_gives_each_piece_to_one_promotion(void **state)
{
    struct world *world = *state;
    /* 100.00 a point: tenfold 9 more on 500.00 is 45, against 60 for the piece; the other line is left to the multiplier */
    world_outcome(world, "{'header':{'engine':2,'groups':[{'id':'e','stage':'earning','choice':'best'}]},"
                         "'member':{'known':true,'account':'w1'},'promotions':["
                         "{'id':'ten','group':'e','then':{'kind':'points_multiplier','times_bp':100000}},"
                         "{'id':'sixty','group':'e','then':{'kind':'points_per_unit','points':60,'selector':"
                         "{'codes':['a']}}}],'lines':[{'id':1,'code':'a','amount_minor':50000},"
                         "{'id':2,'code':'b','amount_minor':30000}]}");
    assert_int_equal(world_points(world, "sixty"), 60);
    assert_int_equal(world_points(world, "ten"), 27);
    assert_int_equal(world_points(world, ""), 8);
}

static void test_ties_go_to_priority_then_to_the_id(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'id':'b','group':'best','priority':%d,'then':{'kind':'nth_free','n':2,'free':1}},"
        "{'id':'a','group':'best','then':{'kind':'percent_off','rate_bp':5000}}";
    char text[512];
    for (int priority = 0; priority < 2; priority++) {
        (void)snprintf(text, sizeof text, document, priority);
        quote(world, text, "{'id':1,'code':'a','qty_milli':4000,'amount_minor':4000}");
        assert_int_equal(world_discount(world, "b"), priority == 0 ? 0 : 2000);
        assert_int_equal(world->out.discount_minor, 2000);
    }
}

static void test_the_best_sequence_of_basket_rewards(void **state)
{
    struct world *world = *state;
    /* each takes what it means: all first gives 30 % of 100.00; a's half first (20.00), then 30 % of the other 60.00 */
    static const char document[] =
        "{'header':{'engine':2,'groups':[{'id':'b','stage':'basket','base':'running','choice':'best'}]},"
        "'promotions':[{'id':'all','priority':9,'group':'b','then':{'kind':'percent_off','rate_bp':3000}},"
        "{'id':'half','group':'b','then':{'kind':'percent_off','rate_bp':5000,'selector':{'codes':['a']}}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':%d},{'id':2,'code':'b','amount_minor':6000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, 4000);
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "half"), 2000);
    assert_int_equal(world_discount(world, "all"), 1800);
    assert_true(world->out.optimal);
}

static void test_sets_that_take_nothing_off_give_no_points(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'engine':2},'member':{'id':'m','known':true},'promotions':[{'id':'p','group':'%s','then':"
        "["
        "{'kind':'nth_free','n':2,'free':1},{'kind':'points_bonus','points':7}]},{'id':'q','group':'%s',"
        "'then':{'kind':'percent_off','rate_bp':1000}}],'lines':[{'id':1,'code':'a','amount_minor':0},"
        "{'id':2,'code':'b','amount_minor':1000}]}";
    static const char *const groups[] = {"first", "best"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text, document, groups[i], groups[i]);
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, 100);
        assert_int_equal(world_points(world, "p"), 0);
        assert_true(world->out.optimal);
    }
}

static void test_stamps_for_one_are_not_spent_twice(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    char text[1024];
    vn_account_stamps("m", "coffee", account);
    (void)snprintf(
        text, sizeof text,
        "{'header':{'engine':2},'rights':{'%s':9},'member':{'id':'m','known':true,'counters':["
        "{'account':'%s','value':9}]},'promotions':[{'id':'p','group':'best','limits':{'per_receipt':1},"
        "'if':{'stamps':{'card':'coffee','count':9}},'then':{'kind':'percent_off','rate_bp':5000,"
        "'selector':{'codes':['a']}}},{'id':'q','group':'best','limits':{'per_receipt':1},"
        "'if':{'stamps':{'card':'coffee','count':9}},'then':{'kind':'percent_off','rate_bp':10000,"
        "'selector':{'codes':['b']}}},{'id':'r','group':'best','limits':{'per_receipt':1},"
        "'then':{'kind':'percent_off','rate_bp':2000,'selector':{'codes':['b']}}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':1000}]}",
        account, account);
    world_outcome(world, text);
    assert_int_equal(world->out.consumption_count, 1);
    assert_int_equal(world->out.consumptions[0].amount, 9);
    /* the search knows no stamps: what it can't have is free again for others, and it does not call that the best */
    assert_int_equal(world_discount(world, "p"), 500);
    assert_int_equal(world_discount(world, "q"), 0);
    assert_int_equal(world_discount(world, "r"), 200);
    assert_false(world->out.optimal);
}

static void test_points_may_outweigh_what_a_receipts_maximum_leaves(void **state)
{
    struct world *world = *state;
    static const char document[] = "{'header':{'engine':2,'max_receipt_discount_minor':300},'member':{'id':'"
                                   "m','known':true},'promotions':["
                                   "{'id':'p','group':'best','limits':{'per_receipt':1},'then':{'kind':'"
                                   "amount_off','amount_minor':900}},"
                                   "{'id':'q','group':'best','limits':{'per_receipt':1},'then':[{'kind':'"
                                   "amount_off','amount_minor':300}%s]}],"
                                   "'lines':[{'id':1,'code':'a','amount_minor':1000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, "");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 300);
    assert_true(world->out.optimal);
    (void)snprintf(text, sizeof text, document, ",{'kind':'points_bonus','points':1}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 300);
    assert_false(world->out.optimal);
}

/* a and f cost nothing by now, and have the highest list prices: the third dearest is given when others have taken both, and
 * r has left enough pieces. */
static void test_a_set_may_gain_by_what_others_take(void **state)
{
    struct world *world = *state;
    world_outcome(
        world,
        "{'header':{'engine':2,'groups':[{'id':'first','stage':'units','base':'list','choice':'first'},"
        "{'id':'c','stage':'coupons','base':'list','choice':'best'}]},'promotions':["
        "{'id':'z','group':'first','then':{'kind':'new_price','price_minor':0,'selector':{'codes':['a','f']}}"
        "},"
        "{'id':'r','priority':9,'group':'c','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':"
        "3,"
        "'selector':{'codes':['c','e']}}},"
        "{'id':'q1','group':'c','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':1,"
        "'selector':{'codes':['a','e1']}}},"
        "{'id':'q2','group':'c','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':1,"
        "'selector':{'codes':['f','e2']}}},"
        "{'id':'t','group':'c','if':{'coupon':true},'then':{'kind':'nth_free','n':3,'free':1,'cheapest':"
        "false,'selector':{'"
        "codes':"
        "['a','b','c','d','f']}}}],"
        "'coupons':[{'promotion':'r'},{'promotion':'q1'},{'promotion':'q2'},{'promotion':'t'}],"
        "'lines':[{'id':1,'code':'b','amount_minor':100},{'id':2,'code':'c','amount_minor':95},"
        "{'id':3,'code':'a','amount_minor':200},{'id':4,'code':'f','amount_minor':190},"
        "{'id':5,'code':'d','amount_minor':80},{'id':6,'code':'e','amount_minor':50},"
        "{'id':7,'code':'e1','amount_minor':50},{'id':8,'code':'e2','amount_minor':50}]}");
    assert_int_equal(world_discount(world, "t"), 100);
    assert_int_equal(world->out.discount_minor, 200 + 190 + 100 + 3 + 1 + 1);
    assert_true(world->out.optimal);
}

/* The receipt's maximum cuts off what the search counted on; points may then have been the better choice. */
static void test_a_maximum_leaves_the_best_sequence_open_where_points_count(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'engine':2,'max_receipt_discount_minor':300,'groups':[{'id':'b','stage':'basket','choice'"
        ":"
        "'best'}]},'member':{'id':'m','known':true},'promotions':["
        "{'id':'p','group':'b','then':{'kind':'amount_off','amount_minor':300,'selector':{'codes':['a']}}},"
        "{'id':'q','group':'b','then':[{'kind':'amount_off','amount_minor':300}%s]}],"
        "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':1000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, "");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 300);
    assert_true(world->out.optimal);
    (void)snprintf(text, sizeof text, document, ",{'kind':'points_bonus','points':1}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 300);
    assert_false(world->out.optimal);
}

static void test_the_best_sequence_knows_what_conditions_take(void **state)
{
    struct world *world = *state;
    /* 1.00 off a comes first by priority, and would take the a that 5.00 off x asks for */
    world_outcome(
        world,
        "{'header':{'engine':2,'groups':[{'id':'b','stage':'basket','choice':'best'}]},'promotions':["
        "{'id':'p','priority':9,'group':'b','then':{'kind':'amount_off','amount_minor':100,'selector':"
        "{'codes':['a']}}},{'id':'q','group':'b','if':{'quantity':{'selector':{'codes':['a']},"
        "'qty_milli':1000}},'then':{'kind':'amount_off','amount_minor':500,'selector':{'codes':['x']}}}"
        "],'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world_discount(world, "q"), 500);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_OUTBID);
    assert_true(world->out.optimal);
}

static void test_best_takes_nothing_off_what_the_law_forbids(void **state)
{
    struct world *world = *state;
    static const char *const limits[] = {"", "'limits':{'per_receipt':1},"};
    char text[1024];
    for (size_t i = 0; i < 2; i++) { /* by itself, and in the search */
        (void)snprintf(text, sizeof text,
                       "{'header':{'engine':2},'items':{'rum':{'legal_class':'alcohol'}},'promotions':["
                       "{'id':'p','group':'best',%s'then':{'kind':'percent_off','rate_bp':1000}}],'lines':["
                       "{'id':1,'code':'rum','amount_minor':9000},{'id':2,'code':'a','amount_minor':1000}]}",
                       limits[i]);
        world_outcome(world, text);
        assert_int_equal(world_line_discount(world, 1), 0);
        assert_int_equal(world_line_discount(world, 2), 100);
    }
}

static void test_best_uses_the_last_stamp(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    char text[1024];
    vn_account_stamps("m7", "coffee", account);
    (void)snprintf(text, sizeof text,
                   "{'header':{'engine':2},'rights':{'%s':8},'member':{'known':true,'id':'m7','account':'w7',"
                   "'counters':[{'account':'%s','value':8}]},'promotions':[{'id':'p','group':'best','if':{"
                   "'stamps':{'card':'coffee','count':4}},'then':{'kind':'amount_off','amount_minor':100}}],"
                   "'lines':[{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000}]}",
                   account, account);
    world_outcome(world, text);
    assert_int_equal(world_discount(world, "p"), 200);
    assert_int_equal(world_consumed(world, account), 8);
}

static void test_a_bonus_is_weighed_once_whatever_is_bought(void **state)
{
    struct world *world = *state;
    /* 1.00 off and a point of 1.00 against 2.50 off each of one code */
    static const char bonus[] =
        "{'id':'bonus','group':'best','then':[{'kind':'amount_off','amount_minor':100,'selector':{'codes':"
        "['a']}},{'kind':'points_bonus','points':%d}]},{'id':'money','group':'best','then':{'kind':"
        "'amount_off','amount_minor':250,'selector':{'codes':['a']}}}";
    char text[1024];
    for (int points = 1; points <= 2; points++) {
        (void)snprintf(text, sizeof text, bonus, points);
        char document[2048];
        (void)snprintf(document, sizeof document,
                       "{'header':{'engine':2},'member':{'known':true,'account':'w1'},'promotions':[%s],"
                       "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','qty_milli':3000,"
                       "'amount_minor':3000}]}",
                       text);
        world_outcome(world, document);
        assert_int_equal(world_discount(world, "bonus"), points == 2 ? 100 : 0);
        assert_int_equal(world_discount(world, "money"), points == 2 ? 0 : 250);
    }
}

static void test_what_very_large_promotions_may_still_give_is_summed_up(void **state)
{
    struct world *world = *state;
    char promotions[4096];
    size_t len = 0;
    /* 9 x 10^14 off everything, fifteen times, and what comes last in the order: 5 x 10^13 off one piece, which goes first */
    for (int i = 0; i < 15; i++) {
        len += (size_t)snprintf(promotions + len, sizeof promotions - len,
                                "{'id':'all-%02d','group':'sums','then':{'kind':'amount_off',"
                                "'amount_minor':900000000000000}},",
                                i);
    }
    (void)snprintf(promotions + len, sizeof promotions - len,
                   "{'id':'one','group':'sums','then':{'kind':'amount_off','amount_minor':50000000000000,"
                   "'selector':{'codes':['a']}}}");
    char text[8192];
    (void)snprintf(text, sizeof text,
                   "{'header':{'engine':2,'groups':[{'id':'sums','stage':'basket','choice':'best'}]},"
                   "'promotions':[%s],'lines':[{'id':1,'code':'a','amount_minor':50000000000000},"
                   "{'id':2,'code':'b','amount_minor':900000000000000}]}",
                   promotions);
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, 950000000000000);
    assert_int_equal(world_discount(world, "one"), 50000000000000);
}

/* Two coupons of one account, for two promotions, and a right to one: on units and on the basket one of them is used. */
static void test_a_coupons_account_is_not_spent_twice(void **state)
{
    struct world *world = *state;
    static const char *const rewards[] = {"'kind':'new_price','price_minor':500",
                                          "'kind':'amount_off','amount_minor':500"};
    for (size_t i = 0; i < 2; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text,
                       "{'header':{'engine':2,'groups':[{'id':'c','stage':'coupons','base':'list','choice':"
                       "'best'}]},'promotions':[{'id':'a','group':'c','if':{'coupon':true},'then':{%s,"
                       "'selector':{'codes':['1']}}},{'id':'b','group':'c','if':{'coupon':true},'then':{%s,"
                       "'selector':{'codes':['2']}}}],'coupons':[{'promotion':'a','account':'c1'},"
                       "{'promotion':'b','account':'c1'}],'rights':{'c1':1},'lines':[{'id':1,'code':'1',"
                       "'amount_minor':1000},{'id':2,'code':'2','amount_minor':1000}]}",
                       rewards[i], rewards[i]);
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, 500);
        assert_int_equal(world_consumed(world, "c1"), 1);
        assert_int_equal(world_reason(world, "b", NULL), VN_REASON_NEEDS_HUB);
        assert_false(world->out.optimal);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_best_mixes_three_for_two_with_a_percentage),
        T(test_best_leaves_a_good_set_for_two_better_ones),
        T(test_best_knows_caps_and_limits),
        T(test_best_counts_what_a_condition_takes_away),
        T(test_best_weighs_points_and_gives_gifts_with_what_is_left),
        T(test_best_in_earning_gives_each_piece_to_one_promotion),
        T(test_ties_go_to_priority_then_to_the_id),
        T(test_the_best_sequence_of_basket_rewards),
        T(test_sets_that_take_nothing_off_give_no_points),
        T(test_stamps_for_one_are_not_spent_twice),
        T(test_points_may_outweigh_what_a_receipts_maximum_leaves),
        T(test_a_set_may_gain_by_what_others_take),
        T(test_a_maximum_leaves_the_best_sequence_open_where_points_count),
        T(test_the_best_sequence_knows_what_conditions_take),
        T(test_best_takes_nothing_off_what_the_law_forbids),
        T(test_best_uses_the_last_stamp),
        T(test_a_bonus_is_weighed_once_whatever_is_bought),
        T(test_a_coupons_account_is_not_spent_twice),
        T(test_what_very_large_promotions_may_still_give_is_summed_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
