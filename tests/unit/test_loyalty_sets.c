/* Rewards on sets of pieces, and groups that take the best of what competes: worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

static int64_t line_discount(const struct world *world, int64_t id)
{
    for (unsigned i = 0; i < world->out.line_count; i++) {
        if (world->out.lines[i].line_id == id) {
            return world->out.lines[i].discount_minor;
        }
    }
    fail_msg("no such line");
    return -1;
}

/* Pieces of 10.00, 9.00, ... down to 10.00 less count - 1, each with the code of its number. */
static const char *stairs(unsigned count, char out[2048])
{
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(out + len, 2048 - len, "%s{'id':%u,'code':'%u','amount_minor':%u}",
                                i == 0 ? "" : ",", i + 1, i + 1, 1000 - 100 * i);
    }
    return out;
}

static void test_each_run_of_n_gives_its_cheapest_at_the_rate(void **state)
{
    struct world *world = *state;
    char lines[2048];
    quote(world, "{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1,'rate_bp':5000}}",
          stairs(7, lines));
    assert_int_equal(line_discount(world, 3), 400);
    assert_int_equal(line_discount(world, 6), 250);
    assert_int_equal(world->out.discount_minor, 650);
    quote(world,
          "{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1,'cheapest':false,'rate_bp':"
          "5000}}",
          stairs(7, lines));
    assert_int_equal(line_discount(world, 1), 500);
    assert_int_equal(line_discount(world, 4), 350);
    assert_int_equal(world->out.discount_minor, 850);
}

static void test_weighed_lines_are_pieces_when_the_promotion_says_so(void **state)
{
    struct world *world = *state;
    quote(world, "{'id':'p','group':'first','then':{'kind':'nth_free','n':2,'free':1,'weighed':true}}",
          "{'id':1,'code':'a','kind':'weighed','qty_milli':300,'amount_minor':1000},"
          "{'id':2,'code':'b','amount_minor':900}");
    assert_int_equal(line_discount(world, 2), 900);
}

static void test_a_set_that_lacks_a_piece_is_a_near_miss(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    char lines[2048];
    quote(world, "{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1}}", stairs(2, lines));
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
    assert_int_equal(world->out.near_miss_count, 1);
    assert_int_equal(world->out.explanations[0].worth_minor, 900);
    quote(world,
          "{'id':'p','group':'first','then':{'kind':'buy_get','buy':{'selector':{'codes':['1']},'n':2},"
          "'get':{'selector':{'codes':['2']},'n':1}}}",
          stairs(2, lines));
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 900);
    quote(world,
          "{'id':'p','group':'first','then':{'kind':'bundle','price_minor':1500,'parts':["
          "{'selector':{'codes':['1']},'n':1},{'selector':{'codes':['2']},'n':1},"
          "{'selector':{'codes':['9']},'n':1}]}}",
          stairs(2, lines));
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
    assert_int_equal(world->out.explanations[world->out.near_misses[0]].worth_minor, 400);
}

static void test_what_is_got_is_the_dearest_and_what_is_bought_the_cheapest(void **state)
{
    struct world *world = *state;
    char lines[2048];
    /* two sets of five pieces: 10.00 and 9.00 are got, of the rest the cheapest four are bought */
    quote(world,
          "{'id':'p','group':'first','priority':1,'then':{'kind':'buy_get','buy':{'n':2},'get':{'n':1}}},"
          "{'id':'q','group':'first','then':{'kind':'amount_off','amount_minor':1}}",
          stairs(8, lines));
    assert_int_equal(world_discount(world, "p"), 1900);
    assert_int_equal(line_discount(world, 3), 1);
    assert_int_equal(line_discount(world, 4), 1);
    assert_int_equal(world_discount(world, "q"), 2);
}

static void test_one_set_that_gives_more_is_better_than_two(void **state)
{
    struct world *world = *state;
    /* a piece of 100.00 may be bought or got: with one set it is got; two sets would need it to be bought */
    quote(world,
          "{'id':'p','group':'first','then':{'kind':'buy_get','buy':{'selector':{'codes':['a','d']},'n':1},"
          "'get':{'selector':{'codes':['a','b']},'n':1}}}",
          "{'id':1,'code':'a','amount_minor':10000},{'id':2,'code':'b','qty_milli':2000,'amount_minor':200},"
          "{'id':3,'code':'d','amount_minor':50}");
    assert_int_equal(world->out.discount_minor, 10000);
}

#define BUNDLE(group)                                                                                        \
    "{'id':'p','group':'" group "','then':{'kind':'bundle','price_minor':1500,'parts':["                     \
    "{'selector':{'codes':['1','3']},'n':1},{'selector':{'codes':['2','4']},'n':1}]}}"

static void test_a_bundle_takes_the_dearest_of_each_part(void **state)
{
    struct world *world = *state;
    char lines[2048];
    /* 10.00 + 9.00 for 15.00, then 8.00 + 7.00 would gain nothing */
    quote(world, BUNDLE("first"), stairs(4, lines));
    assert_int_equal(world->out.discount_minor, 400);
    assert_int_equal(line_discount(world, 1), 211); /* 400 x 1000 / 1900 = 210.5 */
    assert_int_equal(line_discount(world, 2), 189);
    assert_int_equal(line_discount(world, 3), 0);
    quote(world, BUNDLE("first"),
          "{'id':1,'code':'1','amount_minor':800},{'id':2,'code':'2','amount_minor':700}");
    assert_int_equal(world_reason(world, "p", NULL), VN_REASON_CAPPED);
}

static void test_a_bundle_whose_parts_share_pieces_tells_all_that_is_missing(void **state)
{
    struct world *world = *state;
    static const char promotion[] =
        "{'id':'p','group':'first','then':{'kind':'bundle','parts':[{'n':1,'selector':{'codes':['a','b']}},"
        "{'n':1,'selector':{'codes':['a','b']}},{'n':1,'selector':{'codes':['b']}}],'price_minor':100}}";
    int64_t missing = 0;
    /* one piece fits all three parts, and stands for one */
    quote(world, promotion, "{'id':1,'code':'b','amount_minor':500}");
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 2000);
    /* three of a lack the b */
    quote(world, promotion, "{'id':1,'code':'a','qty_milli':3000,'amount_minor':1500}");
    assert_int_equal(world_reason(world, "p", &missing), VN_REASON_QUANTITY_SHORT);
    assert_int_equal(missing, 1000);
    quote(world, promotion,
          "{'id':1,'code':'a','qty_milli':2000,'amount_minor':1000},{'id':2,'code':'b','amount_minor':500}");
    assert_int_equal(world->out.discount_minor, 1400);
    assert_true(world->out.optimal); /* few pieces: all was tried */
}

static void test_a_bundle_goes_no_lower_than_the_floors(void **state)
{
    struct world *world = *state;
    char lines[2048];
    char text[4096];
    static const char *const groups[] = {"first", "best"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text,
                       "{'header':{'engine':2,'floor_bp':9000},'promotions':[{'id':'p','group':'%s','then':"
                       "{'kind':'bundle','price_minor':100,'parts':[{'n':2}]}}],'lines':[%s]}",
                       groups[i], stairs(2, lines));
        world_outcome(world, text);
        assert_int_equal(line_discount(world, 1), 100);
        assert_int_equal(line_discount(world, 2), 90);
    }
}

static void test_sets_are_limited_by_rights_of_the_chain(void **state)
{
    struct world *world = *state;
    char account[VN_ID_MAX];
    char text[4096];
    char lines[2048];
    vn_account_chain_count("p", account);
    static const char *const groups[] = {"first", "best"};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(
            text, sizeof text,
            "{'header':{'engine':2},'rights':{'%s':2},'promotions':[{'id':'p','group':'%s',"
            "'limits':{'all':{'count':100}},'then':{'kind':'nth_free','n':2,'free':1}}],'lines':[%s]}",
            account, groups[i], stairs(8, lines));
        world_outcome(world, text);
        assert_int_equal(world->out.discount_minor, 900 + 700);
        assert_int_equal(world->out.consumption_count, 1);
        assert_int_equal(world->out.consumptions[0].amount, 2);
    }
}

/* best */

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
    char lines[2048];
    /* half price is capped at 4.50: that is half of 9.00, and 20 % of 10.00 and 8.00 come to it */
    quote(world,
          "{'id':'half','group':'best','caps':{'max_discount_minor':450},'then':{'kind':'percent_off',"
          "'rate_bp':5000}}," TWENTY,
          stairs(3, lines));
    assert_int_equal(line_discount(world, 2), 450);
    assert_int_equal(world->out.discount_minor, 450 + 200 + 160);
    quote(world,
          "{'id':'half','group':'best','limits':{'per_receipt':1},'then':{'kind':'percent_off',"
          "'rate_bp':5000}}," TWENTY,
          stairs(3, lines));
    assert_int_equal(line_discount(world, 1), 500);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_run_of_n_gives_its_cheapest_at_the_rate),
        T(test_weighed_lines_are_pieces_when_the_promotion_says_so),
        T(test_a_set_that_lacks_a_piece_is_a_near_miss),
        T(test_what_is_got_is_the_dearest_and_what_is_bought_the_cheapest),
        T(test_one_set_that_gives_more_is_better_than_two),
        T(test_a_bundle_takes_the_dearest_of_each_part),
        T(test_a_bundle_whose_parts_share_pieces_tells_all_that_is_missing),
        T(test_a_bundle_goes_no_lower_than_the_floors),
        T(test_sets_are_limited_by_rights_of_the_chain),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
