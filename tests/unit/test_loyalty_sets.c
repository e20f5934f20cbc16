/* Rewards on sets of pieces, worked out by hand. */
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
    assert_int_equal(world_line_discount(world, 3), 400);
    assert_int_equal(world_line_discount(world, 6), 250);
    assert_int_equal(world->out.discount_minor, 650);
    quote(world,
          "{'id':'p','group':'first','then':{'kind':'nth_free','n':3,'free':1,'cheapest':false,'rate_bp':"
          "5000}}",
          stairs(7, lines));
    assert_int_equal(world_line_discount(world, 1), 500);
    assert_int_equal(world_line_discount(world, 4), 350);
    assert_int_equal(world->out.discount_minor, 850);
}

static void test_of_limited_runs_those_that_give_most_are_taken(void **state)
{
    struct world *world = *state;
    /* the two at 10.00 have 0.10 each left to give, those at 9.00 and 8.00 all */
    static const int64_t gives[] = {900, 1700, 1710};
    for (unsigned i = 0; i < sizeof gives / sizeof gives[0]; i++) {
        char text[1024];
        (void)snprintf(text, sizeof text,
                       "{'header':{'engine':2,'groups':[{'id':'cut','stage':'units','choice':'all'},"
                       "{'id':'sets','stage':'units','base':'list','choice':'first'}]},'promotions':["
                       "{'id':'cut','group':'cut','then':{'kind':'new_price','price_minor':10,'selector':"
                       "{'codes':['1']}}},{'id':'p','group':'sets','limits':{'per_receipt':%u},"
                       "'then':{'kind':'nth_free','n':2,'free':1}}],'lines':["
                       "{'id':1,'code':'1','qty_milli':2000,'amount_minor':2000},"
                       "{'id':2,'code':'2','qty_milli':2000,'amount_minor':1800},"
                       "{'id':3,'code':'3','qty_milli':2000,'amount_minor':1600}]}",
                       i + 1);
        world_outcome(world, text);
        assert_int_equal(world_discount(world, "p"), gives[i]);
    }
    /* of runs that give the same the earlier */
    quote(world,
          "{'id':'p','group':'first','limits':{'per_receipt':1},'then':{'kind':'nth_free','n':2,'free':1}}",
          "{'id':1,'code':'1','qty_milli':2000,'amount_minor':2000},"
          "{'id':2,'code':'2','qty_milli':2000,'amount_minor':2000}");
    assert_int_equal(world_line_discount(world, 1), 1000);
    assert_int_equal(world_line_discount(world, 2), 0);
}

static void test_weighed_lines_are_pieces_when_the_promotion_says_so(void **state)
{
    struct world *world = *state;
    quote(world, "{'id':'p','group':'first','then':{'kind':'nth_free','n':2,'free':1,'weighed':true}}",
          "{'id':1,'code':'a','kind':'weighed','qty_milli':300,'amount_minor':1000},"
          "{'id':2,'code':'b','amount_minor':900}");
    assert_int_equal(world_line_discount(world, 2), 900);
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
    assert_int_equal(world_line_discount(world, 3), 1);
    assert_int_equal(world_line_discount(world, 4), 1);
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
    assert_int_equal(world_line_discount(world, 1), 211); /* 400 x 1000 / 1900 = 210.5 */
    assert_int_equal(world_line_discount(world, 2), 189);
    assert_int_equal(world_line_discount(world, 3), 0);
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
        assert_int_equal(world_line_discount(world, 1), 100);
        assert_int_equal(world_line_discount(world, 2), 90);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_each_run_of_n_gives_its_cheapest_at_the_rate),
        T(test_of_limited_runs_those_that_give_most_are_taken),
        T(test_weighed_lines_are_pieces_when_the_promotion_says_so),
        T(test_a_set_that_lacks_a_piece_is_a_near_miss),
        T(test_what_is_got_is_the_dearest_and_what_is_bought_the_cheapest),
        T(test_one_set_that_gives_more_is_better_than_two),
        T(test_a_bundle_takes_the_dearest_of_each_part),
        T(test_a_bundle_whose_parts_share_pieces_tells_all_that_is_missing),
        T(test_a_bundle_goes_no_lower_than_the_floors),
        T(test_sets_are_limited_by_rights_of_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
