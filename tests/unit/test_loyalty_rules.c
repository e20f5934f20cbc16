/* Each rule of the reckoning by itself, with its boundaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/quote.h"
#include "tests/unit/loyalty_world.h"

#define TEN_OFF(id, group, more)                                                                             \
    "{'id':'" id "','group':'" group "'" more ",'then':{'kind':'percent_off','rate_bp':1000}}"

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

static void quote(struct world *world, const char *document)
{
    world_quote(world, document);
    if (world->status != VN_OK) {
        fail_msg("%s at %s", world->error.text, world->error.pointer);
    }
}

/* units and lines */

static void test_a_line_of_pieces_is_cut_by_largest_remainder(void **state)
{
    struct world *world = *state;
    /* 10.00 for 3: 334 333 333; the cheapest of three is 333 */
    quote(world, "{'promotions':[{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1}}],"
                 "'lines':[{'id':1,'code':'a','qty_milli':3000,'amount_minor':1000}]}");
    assert_int_equal(world->out.discount_minor, 333);
}

static void test_a_cheapest_item_is_never_discounted_beyond_its_price(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'promotions':[{'id':'p','group':'all','priority':9,'then':{'kind':'percent_off','rate_bp':5000}},"
          "{'id':'q','group':'all','then':{'kind':'nth_free','n':2,'free':1}}],"
          "'lines':[{'id':1,'code':'a','amount_minor':1000},{'id':2,'code':'b','amount_minor':300}]}");
    assert_int_equal(world_discount(world, "p"), 650);
    assert_int_equal(world_discount(world, "q"), 150); /* what half price left of it */
    quote(world, "{'promotions':[{'id':'p','group':'first','then':{'kind':'amount_off','amount_minor':500}}],"
                 "'lines':[{'id':1,'code':'a','amount_minor':300}]}");
    assert_int_equal(world->out.payable_minor, 0);
}

static void test_weighed_lines_take_no_part_in_n_for_m(void **state)
{
    struct world *world = *state;
    quote(
        world,
        "{'promotions':[{'id':'p','group':'first','then':{'kind':'nth_free','n':2,'free':1}}],"
        "'lines':[{'id':1,'code':'a','qty_milli':2000,'kind':'weighed','amount_minor':1000},"
        "{'id':2,'code':'a','qty_milli':1500,'amount_minor':1000},{'id':3,'code':'a','amount_minor':500}]}");
    int64_t missing = 0;
    assert_int_equal(world->out.discount_minor, 0);
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
}

static void test_more_pieces_than_units_are_one_unit(void **state)
{
    struct world *world = *state;
    quote(world, "{'promotions':[" TEN_OFF(
                     "p", "first", "") "],'lines':["
                                       "{'id':1,'code':'a','qty_milli':5000000,'amount_minor':500000},"
                                       "{'id':2,'code':'b','qty_milli':3999000,'amount_minor':39990}]}");
    assert_int_equal(world->out.discount_minor, 50000 + 3999);
}

static void test_deposits_gift_cards_and_services_get_and_count_for_nothing(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'member':{'known':true,'account':'w1','balance':100000},'promotions':[" TEN_OFF(
              "p", "first", "") ",{'id':'s','group':'basket','if':{'min_spend':{'amount_minor':20001}},"
                                "'then':{'kind':'amount_off','amount_minor':1}}],'lines':["
                                "{'id':1,'code':'a','amount_minor':20000},{'id':2,'parent':1,'code':'d','"
                                "kind':'deposit','amount_minor':5000},"
                                "{'id':3,'code':'g','kind':'gift_card','amount_minor':90000},{'id':4,'code':'"
                                "s','kind':'service','amount_minor':70000},"
                                "{'id':5,'code':'r','kind':'deposit_return','amount_minor':-3000}]}");
    assert_int_equal(world->out.discount_minor, 2000);
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_SPEND_SHORT);
    assert_int_equal(world->out.points_earned, 1);    /* of 18000 */
    assert_int_equal(world->out.spend_max_points, 0); /* half of 180.00 is less than the least, 100 points */
    assert_int_equal(world->out.payable_minor, 180000);
}

static void test_a_correction_is_netted_before_anything_is_evaluated(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'promotions':[{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1}}],'lines':["
          "{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000},"
          "{'id':2,'parent':1,'code':'a','qty_milli':-1000,'amount_minor':-1000}]}");
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
    assert_int_equal(world->out.payable_minor, 2000);
}

static void test_a_negative_line_without_parent_lowers_earning_but_no_threshold(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'member':{'known':true,'account':'w1'},'promotions':[{'id':'s','group':'basket',"
        "'if':{'min_spend':{'amount_minor':50000,'base':'%s'}},'then':{'kind':'percent_off','rate_bp':1000}}]"
        ",'lines':["
        "{'id':1,'code':'a','amount_minor':30000},{'id':2,'code':'b','amount_minor':20000},"
        "{'id':3,'code':'v','amount_minor':-10000}]}";
    char text[1024];
    static const char *const bases[] = {"list", "running"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, document, bases[i]);
        quote(world, text);
        assert_int_equal(world->out.discount_minor, 4000); /* of the 400.00 that are left */
        assert_int_equal(world->out.lines[0].discount_minor, 2400);
        assert_int_equal(world->out.points_earned, 3); /* of 36000 */
    }
}

static void test_contradicting_lines_name_their_place(void **state)
{
    struct world *world = *state;
    static const char *const rows[][2] = {
        {"{'id':1,'code':'a','amount_minor':100},{'id':2,'parent':9,'code':'a','amount_minor':-50}",
         "/lines/1/parent"},
        {"{'id':2,'parent':1,'code':'a','amount_minor':-50},{'id':1,'parent':2,'code':'a','amount_minor':-"
         "50}",
         "/lines/1/parent"},
        {"{'id':2,'parent':1,'code':'a','qty_milli':0,'amount_minor':-150},{'id':1,'code':'a','amount_minor':"
         "100}",
         "/lines/1/amount_minor"},
        {"{'id':1,'code':'a','qty_milli':-1000,'amount_minor':100}", "/lines/0/qty_milli"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "{'promotions':[],'lines':[%s]}", rows[i][0]);
        world_quote(world, text);
        assert_int_equal(world->status, VN_INPUT);
        assert_string_equal(world->error.pointer, rows[i][1]);
        assert_int_equal(world->out.line_count, 0);
        assert_int_equal(world->out.total_minor, 0);
    }
}

static void test_sums_out_of_range_are_an_input_error(void **state)
{
    struct world *world = *state;
    world_quote(world, "{'promotions':[],'lines':[{'id':1,'code':'a','amount_minor':1000000000000000},"
                       "{'id':2,'code':'a','amount_minor':1}]}");
    assert_int_equal(world->status, VN_INPUT);
    world_quote(world, "{'member':{'known':true,'account':'w1'},'promotions':[],"
                       "'lines':[{'id':1,'code':'a','amount_minor':1000000000000000}]}");
    assert_int_equal(world->status, VN_INPUT);
    assert_string_equal(world->error.text, "sums out of range");
}

/* law */

static void test_law_forbids_by_class_whatever_a_promotion_says(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'law':'%s'},'items':{'a':{'legal_class':'%s'}},'member':{'known':true,"
        "'account':'w1','balance':9999},"
        "'coupons':[{'promotion':'c'}],'promotions':[" TEN_OFF(
            "p", "first", "") ","
                              "{'id':'c','group':'coupons','if':{'coupon':true},'then':{'"
                              "kind':'amount_off','amount_minor':100}}],"
                              "'lines':[{'id':1,'code':'a','amount_minor':100000}]}";
    static const char *const rows[][2] = {{"rs", "tobacco"},        {"pl", "tobacco"}, {"ru", "tobacco"},
                                          {"pl", "infant-formula"}, {"pl", "alcohol"}, {"ru", "medicine"}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i][0], rows[i][1]);
        quote(world, text);
        assert_int_equal(world->out.discount_minor, 0);
        assert_int_equal(world->out.points_earned, 0);
        assert_int_equal(world->out.spend_max_points, 0);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_LAW);
        assert_int_equal(world_reason(world, "c", NULL), VN_REASON_LAW);
    }
    (void)snprintf(text, sizeof text, document, "none", "tobacco");
    quote(world, text);
    assert_int_equal(world->out.discount_minor, 10100);
    (void)snprintf(text, sizeof text, document, "ru", "general");
    quote(world, text);
    assert_int_equal(world->out.points_earned, 8);
}

static void test_tobacco_counts_to_no_threshold(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'items':{'t':{'legal_class':'tobacco'}},'promotions':[{'id':'s','group':'basket',"
          "'if':{'min_spend':{'amount_minor':5000}},'then':{'kind':'percent_off','rate_bp':1000}}],"
          "'lines':[{'id':1,'code':'t','amount_minor':90000},{'id':2,'code':'b','amount_minor':4999}]}");
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "s", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 1);
}

/* groups, stacking, floor */

static void test_first_goes_by_priority_then_id_and_takes_its_units(void **state)
{
    struct world *world = *state;
    quote(world, "{'promotions':[" TEN_OFF("b", "first", "") "," TEN_OFF(
                     "a", "first", "") ","
                                       "{'id':'z','group':'first','priority':1,'then':{'kind':'percent_off','"
                                       "selector':{'codes':['x']},"
                                       "'rate_bp':2000}}],'lines':[{'id':1,'code':'x','amount_minor':1000},{'"
                                       "id':2,'code':'y','amount_minor':1000}]}");
    assert_int_equal(world_discount(world, "z"), 200);
    assert_int_equal(world_discount(world, "a"), 100); /* the other line */
    assert_int_equal(world_discount(world, "b"), 0);
    assert_int_equal(world_reason(world, "b", NULL), VN_REASON_OUTBID);
}

static void test_all_stacks_on_the_running_price_by_priority(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'promotions':[" TEN_OFF("a", "all", "") ",{'id':'b','group':'all','priority':5,"
                                                    "'then':{'kind':'amount_off','amount_minor':100}}],'"
                                                    "lines':[{'id':1,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world_discount(world, "b"), 100);
    assert_int_equal(world_discount(world, "a"), 90);
}

static void test_list_base_ignores_cuts_of_the_pos_and_stays_within_the_price(void **state)
{
    struct world *world = *state;
    quote(world, "{'promotions':[{'id':'p','group':'first','then':{'kind':'percent_off','rate_bp':5000}}],"
                 "'lines':[{'id':1,'code':'x','amount_minor':400,'pos_discounts_minor':600},"
                 "{'id':2,'code':'y','amount_minor':800,'pos_discounts_minor':200}]}");
    assert_int_equal(world->out.lines[0].discount_minor, 400); /* half of 1000 is more than is left */
    assert_int_equal(world->out.lines[1].discount_minor, 500);
}

static void test_stacking_never_goes_below_the_floor(void **state)
{
    struct world *world = *state;
    /* 40 % and then 70 %, points on top: 6.67 x 30 % = 200.1, so 201 stay */
    quote(world, "{'header':{'floor_bp':3000,'wallet':{'worth':{'points':1,'minor':1}}},"
                 "'member':{'known':true,'account':'w1','balance':1000},'rights':{'w1':1000},'spend_points':"
                 "1000,'promotions':["
                 "{'id':'a','group':'all','then':{'kind':'percent_off','rate_bp':4000}},"
                 "{'id':'b','group':'basket','then':{'kind':'percent_off','rate_bp':7000}},"
                 "{'id':'c','group':'basket','priority':-1,'then':{'kind':'percent_off','rate_bp':7000}}],"
                 "'lines':[{'id':1,'code':'x','amount_minor':667}]}");
    assert_int_equal(world_discount(world, "a"), 267);
    assert_int_equal(world->out.payable_minor, 201);
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.spend_max_points, 0);
}

static void test_a_maximum_discount_is_spread_over_lines(void **state)
{
    struct world *world = *state;
    quote(world, "{'promotions':[{'id':'p','group':'first','then':{'kind':'percent_off','rate_bp':5000,"
                 "'max_discount_minor':100}}],'lines':[{'id':1,'code':'x','amount_minor':400},"
                 "{'id':2,'code':'y','amount_minor':200}]}");
    assert_int_equal(world->out.lines[0].discount_minor, 67);
    assert_int_equal(world->out.lines[1].discount_minor, 33);
}

static void test_a_limit_per_receipt_takes_the_dearest_units(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'promotions':[{'id':'p','group':'first','limits':{'per_receipt':2},"
          "'then':{'kind':'percent_off','rate_bp':1000}}],'lines':[{'id':1,'code':'x','amount_minor':100},"
          "{'id':2,'code':'y','qty_milli':2000,'amount_minor':600},{'id':3,'code':'y','amount_minor':500}]}");
    assert_int_equal(world->out.lines[0].discount_minor, 0);
    assert_int_equal(world->out.lines[1].discount_minor, 30);
    assert_int_equal(world->out.lines[2].discount_minor, 50);
    quote(world, "{'promotions':[{'id':'p','group':'first','limits':{'per_receipt':1},"
                 "'then':{'kind':'nth_free','n':2,'free':1}}],'lines':[{'id':1,'code':'x','qty_milli':4000,'"
                 "amount_minor':400}]}");
    assert_int_equal(world->out.discount_minor, 100);
}

static void test_units_that_trigger_serve_once_in_a_group(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'promotions':[{'id':'a','group':'%s','priority':1,'if':{'quantity':{'selector':"
        "{'codes':['c']},'qty_milli':2000}},'then':{'kind':'percent_off','selector':{'codes':['m']},"
        "'rate_bp':5000}},{'id':'b','group':'%s','then':{'kind':'percent_off','selector':{'codes':['c']},"
        "'rate_bp':1000}}],'lines':[{'id':1,'code':'c','qty_milli':3000,'amount_minor':300},"
        "{'id':2,'code':'m','amount_minor':100}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, "first", "first");
    quote(world, text);
    assert_int_equal(world_discount(world, "a"), 50);
    assert_int_equal(world_discount(world, "b"), 10); /* the third coffee alone */
    (void)snprintf(text, sizeof text, document, "all", "all");
    quote(world, text);
    assert_int_equal(world_discount(world, "b"), 30);
}

/* conditions */

static void test_thresholds_hold_at_their_exact_number(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'promotions':[{'id':'s','group':'basket','if':{'min_spend':{'amount_minor':1000},"
        "'quantity':{'qty_milli':%d}},'then':{'kind':'percent_off','rate_bp':1000}}],"
        "'lines':[{'id':1,'code':'x','qty_milli':2000,'amount_minor':%d}]}";
    char text[512];
    int64_t missing = 0;
    (void)snprintf(text, sizeof text, document, 2000, 1000);
    quote(world, text);
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_APPLIED);
    (void)snprintf(text, sizeof text, document, 2000, 880);
    quote(world, text);
    assert_int_equal(world_reason(world, "s", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 120);
    assert_int_equal(world->out.near_miss_count, 1);
    (void)snprintf(text, sizeof text, document, 3000, 1000);
    quote(world, text);
    assert_int_equal(world_reason(world, "s", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
}

static void test_list_thresholds_ignore_earlier_discounts_and_running_ones_feel_them(void **state)
{
    struct world *world = *state;
    quote(world, "{'promotions':[" TEN_OFF("p", "first",
                                           "") ","
                                               "{'id':'l','group':'basket','if':{'min_spend':{'amount_minor':"
                                               "1000}},'then':{'kind':'amount_off','amount_minor':1}},"
                                               "{'id':'r','group':'basket','priority':2,'if':{'min_spend':{'"
                                               "amount_minor':1000,'base':'running'}},"
                                               "'then':{'kind':'amount_off','amount_minor':1}}],'lines':[{'"
                                               "id':1,'code':'x','amount_minor':1000}]}");
    int64_t missing = 0;
    assert_int_equal(world_reason(world, "l", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "r", &missing), VN_REASON_SPEND_SHORT);
    assert_int_equal(missing, 100);
}

static int reason_at(struct world *world, const char *when, int64_t local_minute)
{
    char text[512];
    (void)snprintf(text, sizeof text,
                   "{'promotions':[" TEN_OFF(
                       "p", "first", ",'when':%s") "],'started_ms':%lld,"
                                                   "'lines':[{'id':1,'code':'x','amount_minor':1000}]}",
                   when, ((long long)local_minute - 60) * 60000 + 59999);
    quote(world, text);
    return world_reason(world, "p", NULL);
}

static void test_dates_weekdays_and_hours_are_of_the_store(void **state)
{
    struct world *world = *state;
    /* 2026-11-22 is a Sunday, 20779 days after the epoch */
    const int64_t midnight = 20779LL * 1440;
    assert_int_equal(reason_at(world, "{'from':'2026-11-22T00:00'}", midnight), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, "{'from':'2026-11-22T00:00'}", midnight - 1), VN_REASON_NOT_NOW);
    assert_int_equal(reason_at(world, "{'to':'2026-11-22T00:00'}", midnight - 1), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, "{'to':'2026-11-22T00:00'}", midnight), VN_REASON_NOT_NOW);
    assert_int_equal(reason_at(world, "{'weekdays':[7]}", midnight), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, "{'weekdays':[7]}", midnight - 1), VN_REASON_NOT_NOW);
    assert_int_equal(reason_at(world, "{'weekdays':[1,6]}", midnight - 1), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, "{'hours':[['08:00','11:00']]}", midnight + 480), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, "{'hours':[['08:00','11:00']]}", midnight + 479), VN_REASON_NOT_NOW);
    assert_int_equal(reason_at(world, "{'hours':[['08:00','11:00']]}", midnight + 660), VN_REASON_NOT_NOW);
    /* over midnight: Saturday's span runs into Sunday */
    const char *night = "{'weekdays':[6],'hours':[['22:00','02:00']]}";
    assert_int_equal(reason_at(world, night, midnight + 119), VN_REASON_APPLIED);
    assert_int_equal(reason_at(world, night, midnight + 120), VN_REASON_NOT_NOW);
    assert_int_equal(reason_at(world, night, midnight + 1320), VN_REASON_NOT_NOW);
}

static void test_stores_and_stops(void **state)
{
    struct world *world = *state;
    quote(
        world,
        "{'store':'s2','stopped':['z'],'promotions':[" TEN_OFF("a", "all", ",'where':{'stores':['s1']}") "," TEN_OFF(
            "b", "all", ",'where':{'not_stores':['s2']}") "," TEN_OFF("c", "all",
                                                                      ",'where':{'stores':['s1','s2']"
                                                                      "}") "," TEN_OFF("z", "all",
                                                                                       "") "],'lines':"
                                                                                           "[{'id':1,'"
                                                                                           "code':'x',"
                                                                                           "'amount_"
                                                                                           "minor':"
                                                                                           "1000}]}");
    assert_int_equal(world_reason(world, "a", NULL), VN_REASON_NOT_HERE);
    assert_int_equal(world_reason(world, "b", NULL), VN_REASON_NOT_HERE);
    assert_int_equal(world_reason(world, "c", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "z", NULL), VN_REASON_STOPPED);
    assert_int_equal(world->out.discount_minor, 100);
}

static void test_selectors_match_subtrees_and_respect_exclusions(void **state)
{
    struct world *world = *state;
    quote(
        world,
        "{'items':{'a':{'category':'food/coffee/beans','brand':'X','tags':['eco']},'b':{'category':'food/"
        "coffeehouse'},"
        "'c':{'category':'food/coffee','tags':['sale']}},'promotions':[{'id':'p','group':'all','then':"
        "{'kind':'amount_off','amount_minor':1,'selector':{'categories':['food/"
        "coffee'],'exclude':{'tags':['sale']}}}},"
        "{'id':'q','group':'all','then':{'kind':'amount_off','amount_minor':1,'selector':{'brands':['X'],'"
        "tags':['eco','bio']}}},"
        "{'id':'r','group':'all','then':{'kind':'amount_off','amount_minor':1,'selector':{'exclude':{'tags':["
        "'sale']}}}},"
        "{'id':'u','group':'all','then':{'kind':'amount_off','amount_minor':1,'selector':{'codes':['u']}}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':10},{'id':2,'code':'b','amount_minor':10},"
        "{'id':3,'code':'c','amount_minor':10},{'id':4,'code':'u','amount_minor':10}]}");
    assert_int_equal(world_discount(world, "p"), 1);
    assert_int_equal(world_discount(world, "q"), 1);
    assert_int_equal(world_discount(world, "r"), 2); /* not the unknown item: nobody knows its tags */
    assert_int_equal(world_discount(world, "u"), 1);
}

static void test_offline_never_needs_the_hub(void **state)
{
    struct world *world = *state;
    quote(world,
          "{'promotions':[" TEN_OFF(
              "p", "first", ",'offline':'never'") "],'lines':[{'id':1,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_NEEDS_HUB);
    quote(world,
          "{'hub':true,'promotions':[" TEN_OFF(
              "p", "first", ",'offline':'never'") "],'lines':[{'id':1,'code':'x','amount_minor':1000}]}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_APPLIED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_line_of_pieces_is_cut_by_largest_remainder),
        T(test_a_cheapest_item_is_never_discounted_beyond_its_price),
        T(test_weighed_lines_take_no_part_in_n_for_m),
        T(test_more_pieces_than_units_are_one_unit),
        T(test_deposits_gift_cards_and_services_get_and_count_for_nothing),
        T(test_a_correction_is_netted_before_anything_is_evaluated),
        T(test_a_negative_line_without_parent_lowers_earning_but_no_threshold),
        T(test_contradicting_lines_name_their_place),
        T(test_sums_out_of_range_are_an_input_error),
        T(test_law_forbids_by_class_whatever_a_promotion_says),
        T(test_tobacco_counts_to_no_threshold),
        T(test_first_goes_by_priority_then_id_and_takes_its_units),
        T(test_all_stacks_on_the_running_price_by_priority),
        T(test_list_base_ignores_cuts_of_the_pos_and_stays_within_the_price),
        T(test_stacking_never_goes_below_the_floor),
        T(test_a_maximum_discount_is_spread_over_lines),
        T(test_a_limit_per_receipt_takes_the_dearest_units),
        T(test_units_that_trigger_serve_once_in_a_group),
        T(test_thresholds_hold_at_their_exact_number),
        T(test_list_thresholds_ignore_earlier_discounts_and_running_ones_feel_them),
        T(test_dates_weekdays_and_hours_are_of_the_store),
        T(test_stores_and_stops),
        T(test_selectors_match_subtrees_and_respect_exclusions),
        T(test_offline_never_needs_the_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
