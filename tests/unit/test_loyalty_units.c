/* Rewards on each piece by itself: what a piece costs after them, worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

/* A promotion and its lines. */
static void quote(struct world *world, const char *promotions, const char *lines)
{
    char text[4096];
    (void)snprintf(text, sizeof text, "{'header':{'engine':2},'promotions':[%s],'lines':[%s]}", promotions,
                   lines);
    world_outcome(world, text);
}

#define PERCENT "{'id':'p','group':'first','then':{'kind':'percent_off','rate_bp':1500}}"

static void test_a_percentage_is_rounded_once_a_piece(void **state)
{
    struct world *world = *state;
    /* 10.00 for 3 is 334 333 333: 15 % are 50.1, 49.95, 49.95, and so 50 each */
    quote(world, PERCENT, "{'id':1,'code':'a','qty_milli':3000,'amount_minor':1000}");
    assert_int_equal(world->out.discount_minor, 150);
    quote(world, PERCENT,
          "{'id':1,'code':'a','amount_minor':334},{'id':2,'code':'a','qty_milli':2000,'amount_minor':666}");
    assert_int_equal(world->out.discount_minor, 150);
    /* a weighed line is one piece, and half a unit is rounded up */
    quote(world, PERCENT, "{'id':1,'code':'a','kind':'weighed','qty_milli':3000,'amount_minor':1030}");
    assert_int_equal(world->out.discount_minor, 155); /* 154.5 */
}

static void test_an_amount_is_never_more_than_the_piece(void **state)
{
    struct world *world = *state;
    quote(world, "{'id':'p','group':'first','then':{'kind':'amount_off','amount_minor':300}}",
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':1000},{'id':2,'code':'b','amount_minor':200}");
    assert_int_equal(world_line_discount(world, 1), 600);
    assert_int_equal(world_line_discount(world, 2), 200);
}

static void test_a_new_price_is_a_target_and_never_raises(void **state)
{
    struct world *world = *state;
    static const char promotion[] =
        "{'id':'p','group':'first','then':{'kind':'new_price','price_minor':999}}";
    quote(world, promotion,
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':2500},{'id':2,'code':'b','amount_minor':950}");
    assert_int_equal(world_line_discount(world, 1), 502);
    assert_int_equal(world_line_discount(world, 2), 0);
    quote(world, promotion, "{'id':2,'code':'b','amount_minor':950}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_CAPPED);
    /* the POS's own cut counts: the target is what the customer pays */
    quote(world, promotion, "{'id':1,'code':'a','amount_minor':1200,'pos_discounts_minor':300}");
    assert_int_equal(world_line_discount(world, 1), 201);
}

static void test_a_new_price_of_weighed_goods_is_per_kilogram(void **state)
{
    struct world *world = *state;
    quote(world, "{'id':'p','group':'first','then':{'kind':'new_price','price_minor':499}}",
          "{'id':1,'code':'a','kind':'weighed','qty_milli':1235,'amount_minor':740}");
    assert_int_equal(world->out.discount_minor, 740 - 616); /* 616.265 */
}

static void test_a_new_price_may_stand_in_a_table(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'table':'leaflet','code':'a','price_minor':100},{'table':'leaflet','code':'b','price_minor':900},"
          "{'id':'p','group':'first','then':{'kind':'new_price','table_price':true,'selector':{'table':'"
          "leaflet'}}}",
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':500},{'id':2,'code':'b','amount_minor':800},"
          "{'id':3,'code':'c','amount_minor':800},{'id':4,'code':'a','kind':'weighed','qty_milli':500,"
          "'amount_minor':90}");
    assert_int_equal(world_line_discount(world, 1), 300);
    assert_int_equal(world_line_discount(world, 2), 0);
    assert_int_equal(world_line_discount(world, 3), 0);
    assert_int_equal(world_line_discount(world, 4), 40);
}

static void test_of_several_rewards_a_piece_takes_the_first_that_means_it(void **state)
{
    struct world *world = *state;
    quote(
        world,
        "{'id':'p','group':'first','then':[{'kind':'percent_off','rate_bp':5000,'selector':{'codes':['a']}},"
        "{'kind':'new_price','price_minor':700,'selector':{'codes':['a','b']}},"
        "{'kind':'amount_off','amount_minor':10}]}",
        "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':1000},"
        "{'id':3,'code':'c','amount_minor':1000}");
    assert_int_equal(world_line_discount(world, 1), 500);
    assert_int_equal(world_line_discount(world, 2), 300);
    assert_int_equal(world_line_discount(world, 3), 10);
}

static void test_a_limit_takes_the_dearest_pieces_and_the_rest_stays_free(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'id':'p','group':'first','priority':1,'limits':{'per_receipt':2},'then':{'kind':'percent_off',"
          "'rate_bp':5000}},{'id':'q','group':'first','then':{'kind':'percent_off','rate_bp':1000}}",
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':600},{'id':2,'code':'b','amount_minor':200},"
          "{'id':3,'code':'c','amount_minor':400}");
    assert_int_equal(world_line_discount(world, 3), 200);
    assert_int_equal(world_line_discount(world, 1), 150 + 30); /* of equal price the earlier */
    assert_int_equal(world_line_discount(world, 2), 20);
}

static void test_a_cap_is_spread_by_what_each_piece_would_have_off(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'id':'p','group':'first','caps':{'max_discount_minor':100},'then':{'kind':'percent_off',"
          "'rate_bp':5000}}",
          "{'id':1,'code':'a','amount_minor':400},{'id':2,'code':'b','amount_minor':200},"
          "{'id':3,'code':'c','amount_minor':1}");
    /* 200, 100 and 1 of 301: 66.4, 33.2 and 0.3 */
    assert_int_equal(world_line_discount(world, 1), 67);
    assert_int_equal(world_line_discount(world, 2), 33);
    assert_int_equal(world_line_discount(world, 3), 0);
    assert_int_equal(world->out.discount_minor, 100);
}

static void test_conditions_are_met_by_rewarded_pieces_then_by_the_cheapest(void **state)
{
    struct world *world = *state;
    /* three coffees: the two that are rewarded count, and of the others the cheapest serves */
    quote(world,
          "{'id':'p','group':'first','priority':1,'if':{'quantity':{'selector':{'codes':['a','b','c']},"
          "'qty_milli':3000}},'then':{'kind':'percent_off','rate_bp':5000,'selector':{'codes':['a']}}},"
          "{'id':'q','group':'first','then':{'kind':'amount_off','amount_minor':1}}",
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':400},{'id':2,'code':'b','amount_minor':100},"
          "{'id':3,'code':'c','amount_minor':90}");
    assert_int_equal(world_discount(world, "p"), 200);
    assert_int_equal(world_line_discount(world, 2), 1);
    assert_int_equal(world_line_discount(world, 3), 0);
}

static void test_each_of_several_conditions_takes_its_pieces(void **state)
{
    struct world *world = *state;
    static const char promotions[] =
        "{'id':'p','group':'first','priority':1,'if':{'quantity':[{'selector':{'codes':['b']},'qty_milli':"
        "1000},"
        "{'selector':{'codes':['c']},'qty_milli':1500}]},'then':{'kind':'amount_off','amount_minor':50,"
        "'selector':{'codes':['a']}}},{'id':'q','group':'first','then':{'kind':'amount_off','amount_minor':1}"
        "}";
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':400},{'id':2,'code':'b','qty_milli':2000,'amount_minor':200},"
          "{'id':3,'code':'c','qty_milli':3000,'amount_minor':300}");
    assert_int_equal(world_discount(world, "p"), 50);
    assert_int_equal(world_line_discount(world, 2), 1); /* one of two serves */
    assert_int_equal(world_line_discount(world, 3), 1); /* two of three serve for 1.5 */
    quote(world, promotions,
          "{'id':1,'code':'a','amount_minor':400},{'id':2,'code':'b','amount_minor':200},"
          "{'id':3,'code':'c','amount_minor':300}");
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 500);
    assert_int_equal(world->out.near_miss_count, 1);
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 50);
}

#define GIFT(more)                                                                                           \
    "{'id':'p','group':'first'," more "'then':{'kind':'gift','selector':{'codes':['g']},'n':2}}"

static void test_a_gift_that_is_there_costs_nothing_whatever_the_floor(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'header':{'engine':2,'floor_bp':5000},'promotions':[" GIFT(
                             "") "],'lines':["
                                 "{'id':1,'code':'g','qty_milli':3000,'amount_minor':900},{'id':2,'code':'a',"
                                 "'amount_minor':500}]}");
    assert_int_equal(world_line_discount(world, 1), 600);
    assert_int_equal(world->out.discount_minor, 600);
    assert_int_equal(world->out.given_count, 0);
}

static void test_a_gift_that_is_not_there_is_handed_over(void **state)
{
    struct world *world = *state;
    quote(world, GIFT("'if':{'min_spend':{'amount_minor':500}},"),
          "{'id':1,'code':'g','amount_minor':300},{'id':2,'code':'a','amount_minor':200}");
    assert_int_equal(world->out.discount_minor, 300);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_APPLIED);
    assert_int_equal(world->out.given_count, 1);
    assert_int_equal(world->out.given[0].kind, VN_GIVEN_GIFT);
    assert_string_equal(world->out.given[0].what, "g");
    assert_int_equal(world->out.given[0].amount, 1);
    quote(world, GIFT(""), "{'id':2,'code':'a','amount_minor':200}");
    assert_int_equal(world->out.discount_minor, 0);
    assert_int_equal(world->out.given_count, 1);
    assert_int_equal(world->out.given[0].amount, 2);
}

static void test_the_law_forbids_gifts(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'header':{'engine':2},'items':{'g':{'legal_class':'tobacco'}},'promotions':[" GIFT(
                             "") "],'lines':[{'id':1,'code':'g','amount_minor':900}]}");
    assert_int_equal(world->out.discount_minor, 0);
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_LAW);
    assert_int_equal(world->out.given_count, 0);
}

static void test_pieces_of_other_promotions_are_outbid_and_said_so(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'id':'a','group':'first','then':{'kind':'amount_off','amount_minor':5}},"
          "{'id':'b','group':'first','then':{'kind':'new_price','price_minor':1}},"
          "{'id':'c','group':'first','then':{'kind':'percent_off','rate_bp':10,'selector':{'codes':['z']}}}",
          "{'id':1,'code':'a','amount_minor':100}");
    assert_int_equal(world_reason(world, "a", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "b", NULL), VN_REASON_OUTBID);
}

static void test_a_piece_that_gains_nothing_is_left_to_others(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'id':'a','priority':9,'group':'first','then':{'kind':'new_price','price_minor':500}},"
          "{'id':'b','group':'first','then':{'kind':'percent_off','rate_bp':1000}}",
          "{'id':1,'code':'a','amount_minor':600},{'id':2,'code':'b','amount_minor':500},"
          "{'id':3,'code':'c','amount_minor':400}");
    assert_int_equal(world_line_discount(world, 1), 100);
    assert_int_equal(world_line_discount(world, 2), 50);
    assert_int_equal(world_line_discount(world, 3), 40);
}

static void test_of_limited_pieces_those_that_gain_most_get_it(void **state)
{
    struct world *world = *state;
    /* the dearer one would save 0.10, the other 4.00 */
    quote(
        world,
        "{'table':'t','code':'a','price_minor':990},{'table':'t','code':'b','price_minor':500},"
        "{'id':'p','group':'first','limits':{'per_receipt':1},'then':{'kind':'new_price','table_price':true,"
        "'selector':{'table':'t'}}}",
        "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':900}");
    assert_int_equal(world_line_discount(world, 1), 0);
    assert_int_equal(world_line_discount(world, 2), 400);
    /* what saves as much is the dearer, then the earlier one */
    quote(world,
          "{'id':'p','group':'first','limits':{'per_receipt':2},'then':{'kind':'amount_off','amount_minor':"
          "100}}",
          "{'id':1,'code':'a','amount_minor':800},{'id':2,'code':'b','amount_minor':800},"
          "{'id':3,'code':'c','amount_minor':900}");
    assert_int_equal(world_line_discount(world, 1), 100);
    assert_int_equal(world_line_discount(world, 2), 0);
    assert_int_equal(world_line_discount(world, 3), 100);
}

static void test_the_most_a_unit_may_lose_counts_uncut_pieces(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'engine':2,'max_unit_discount_minor':100},'promotions':[{'id':'p','group':"
                  "'first','then':{'kind':'percent_off','rate_bp':5000}}],'lines':["
                  "{'id':1,'code':'a','qty_milli':5000000,'amount_minor':5000000},"
                  "{'id':2,'code':'b','kind':'weighed','qty_milli':3000,'amount_minor':3000}]}");
    assert_int_equal(world_line_discount(world, 1), 500000);
    assert_int_equal(world_line_discount(world, 2), 100);
}

static void test_a_list_price_is_corrected_down_to_nothing(void **state)
{
    struct world *world = *state;
    quote(world, "",
          "{'id':1,'code':'a','amount_minor':1000,'list_amount_minor':1200,'pos_discounts_minor':200},"
          "{'id':2,'parent':1,'code':'a','qty_milli':0,'amount_minor':-10,'list_amount_minor':-1201}");
    assert_int_equal(world->out.lines[0].list_minor, 0);
    assert_int_equal(world->out.payable_minor, 990);
}

/* Quotes a line of three pieces for 30.00 and a correction of it; the error's place, or "". */
static const char *correct(struct world *world, const char *correction)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'header':{'engine':2},'promotions':[{'id':'p','group':'first','then':{'kind':'nth_free',"
                   "'n':3,'free':1}}],'lines':[{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000},"
                   "{'id':2,'code':'a','parent':1,%s}]}",
                   correction);
    world_quote(world, text);
    assert_int_equal(world->status, world->error.pointer[0] == '\0' ? VN_OK : VN_INPUT);
    return world->error.pointer;
}

static void test_a_correction_says_what_it_takes_back(void **state)
{
    struct world *world = *state;
    /* a piece less; a lower price; never a piece more for less money */
    assert_string_equal(correct(world, "'qty_milli':-1000,'amount_minor':-1000"), "");
    assert_int_equal(world->out.discount_minor, 0);
    assert_string_equal(correct(world, "'qty_milli':0,'amount_minor':-600"), "");
    assert_int_equal(world->out.discount_minor, 800);
    assert_string_equal(correct(world, "'qty_milli':1000,'amount_minor':-1000"), "/lines/1/qty_milli");
    assert_string_equal(correct(world, "'amount_minor':-1000"), "/lines/1/qty_milli");
    assert_string_equal(correct(world, "'qty_milli':-1000,'amount_minor':1000"), "/lines/1/qty_milli");
    assert_string_equal(correct(world, "'qty_milli':-4000,'amount_minor':-1000"), "/lines/0/amount_minor");
    /* who names no line lowers the receipt, whatever its quantity */
    quote(world, PERCENT,
          "{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'a','qty_milli':1000,'amount_minor':-400}");
    assert_int_equal(world->out.payable_minor, 450);
}

/* Quotes goods for 10.00, a delivery for 3.00, a deposit for 0.50 and what the argument says; the error's place, or "". */
static const char *correct_other(struct world *world, const char *correction)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'header':{'engine':2,'earning':{'points':1,'per_minor':100}},'member':{'known':true,"
                   "'account':'w1'},'lines':[{'id':1,'code':'a','amount_minor':1000},"
                   "{'id':2,'code':'s','kind':'service','amount_minor':300},"
                   "{'id':3,'code':'d','kind':'deposit','parent':1,'qty_milli':2000,'amount_minor':50},"
                   "{'id':4,'code':'x',%s}]}",
                   correction);
    world_quote(world, text);
    assert_int_equal(world->status, world->error.pointer[0] == '\0' ? VN_OK : VN_INPUT);
    return world->error.pointer;
}

static void test_services_and_deposits_are_corrected_like_goods(void **state)
{
    struct world *world = *state;
    /* a delivery that is called off costs nothing, and the goods earn as before */
    assert_string_equal(
        correct_other(world, "'kind':'service','parent':2,'qty_milli':-1000,'amount_minor':-300"), "");
    assert_int_equal(world->out.payable_minor, 1050);
    assert_int_equal(world->out.points_earned, 10);
    /* a POS that knows goods alone may take back whatever it names */
    assert_string_equal(correct_other(world, "'parent':3,'qty_milli':-1000,'amount_minor':-25"), "");
    assert_int_equal(world->out.points_earned, 10);
    /* what names no line of its kind lowers the receipt, or is packaging, whatever its number */
    assert_string_equal(
        correct_other(world, "'kind':'service','parent':1,'qty_milli':-1000,'amount_minor':-300"), "");
    assert_int_equal(world->out.points_earned, 7);
    assert_string_equal(correct_other(world, "'kind':'deposit_return','parent':3,'amount_minor':-75"), "");
    assert_int_equal(world->out.points_earned, 10);
    /* no more than there is, and never a piece more for less money */
    assert_string_equal(correct_other(world, "'parent':3,'qty_milli':-1000,'amount_minor':-51"),
                        "/lines/2/amount_minor");
    assert_string_equal(
        correct_other(world, "'kind':'deposit','parent':3,'qty_milli':-3000,'amount_minor':-50"),
        "/lines/2/amount_minor");
    assert_string_equal(correct_other(world, "'kind':'deposit','parent':3,'amount_minor':-25"),
                        "/lines/3/qty_milli");
}

static void test_list_amounts_stay_in_range(void **state)
{
    struct world *world = *state;
    assert_string_equal(
        correct(world, "'qty_milli':0,'amount_minor':-1,'list_amount_minor':1000000000000000"),
        "/lines/0/list_amount_minor");
    world->basket.lines[1].list_amount_minor = VN_AMOUNT_MAX + 1;
    world_again(world);
    assert_string_equal(world->error.pointer, "/lines/1/list_amount_minor");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_percentage_is_rounded_once_a_piece),
        T(test_an_amount_is_never_more_than_the_piece),
        T(test_a_new_price_is_a_target_and_never_raises),
        T(test_a_new_price_of_weighed_goods_is_per_kilogram),
        T(test_a_new_price_may_stand_in_a_table),
        T(test_of_several_rewards_a_piece_takes_the_first_that_means_it),
        T(test_a_limit_takes_the_dearest_pieces_and_the_rest_stays_free),
        T(test_a_cap_is_spread_by_what_each_piece_would_have_off),
        T(test_conditions_are_met_by_rewarded_pieces_then_by_the_cheapest),
        T(test_each_of_several_conditions_takes_its_pieces),
        T(test_a_gift_that_is_there_costs_nothing_whatever_the_floor),
        T(test_a_gift_that_is_not_there_is_handed_over),
        T(test_the_law_forbids_gifts),
        T(test_pieces_of_other_promotions_are_outbid_and_said_so),
        T(test_the_most_a_unit_may_lose_counts_uncut_pieces),
        T(test_a_list_price_is_corrected_down_to_nothing),
        T(test_a_piece_that_gains_nothing_is_left_to_others),
        T(test_of_limited_pieces_those_that_gain_most_get_it),
        T(test_a_correction_says_what_it_takes_back),
        T(test_services_and_deposits_are_corrected_like_goods),
        T(test_list_amounts_stay_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
