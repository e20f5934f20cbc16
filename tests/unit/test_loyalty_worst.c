/* The worst baskets: as many lines and pieces as there may be, and promotions that all mean all of them. What a quote costs
 * must not grow with the square of either. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "agent/loyalty/reckon/best_work.h"
#include "tests/unit/loyalty_world.h"

#define PIECES    (VN_UNITS_MAX / VN_LINES_MAX)
#define SECONDS   12 /* of the processor: many times what it takes, and far below what squares would take */
#define TEXT_ROOM (1 << 20)
#define GROUPS                                                                                               \
    "'groups':[{'id':'first','stage':'units','base':'list','choice':'first'},"                               \
    "{'id':'best','stage':'units','base':'list','choice':'best'},"                                           \
    "{'id':'basket','stage':'basket','base':'running','choice':'all'},"                                      \
    "{'id':'sum','stage':'basket','base':'running','choice':'best'}]"

/* 500 lines of 8 pieces each, at some hundred prices, and `count` promotions of one kind; `then` has a %u that differs. */
static void quote_many(struct world *world, unsigned count, const char *before, const char *then,
                       const char *after)
{
    char *text = calloc(1, TEXT_ROOM);
    assert_non_null(text);
    size_t len = (size_t)snprintf(text, TEXT_ROOM, "{'header':{'engine':2," GROUPS "},'promotions':[");
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len, "%s{'id':'p%u',%s%s%u%s}", i == 0 ? "" : ",", i,
                                before, then, i + 1, after);
    }
    len += (size_t)snprintf(text + len, TEXT_ROOM - len, "],'lines':[");
    for (unsigned i = 0; i < VN_LINES_MAX; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len,
                                "%s{'id':%u,'code':'c%u','qty_milli':%d,'amount_minor':%u}",
                                i == 0 ? "" : ",", i + 1, i, PIECES * 1000, PIECES * (100 + i * 7919 % 900));
    }
    len += (size_t)snprintf(text + len, TEXT_ROOM - len, "]}");
    assert_true(len < TEXT_ROOM);
    clock_t start = clock();
    world_outcome(world, text);
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS);
    world_check_sums(world);
    free(text);
}

#define TWO_OF_ALL "'then':{'kind':'bundle','parts':[{'n':1},{'n':1}],'price_minor':1000"

static void test_bundles_that_share_pieces_share_their_steps(void **state)
{
    struct world *world = *state;
    /* none is worth its price, and it takes all steps to prove that of one */
    quote_many(world, 200, "'group':'first',", TWO_OF_ALL, "}");
    assert_int_equal(world->out.discount_minor, 0);
    assert_false(world->out.optimal);
    quote_many(world, 200, "'group':'best',", TWO_OF_ALL, "}");
    assert_int_equal(world->out.discount_minor, 0);
    /* the next quote has its own */
    world_outcome(world,
                  "{'header':{'engine':2},'promotions':[{'id':'p','group':'first','then':{'kind':'bundle',"
                  "'parts':[{'n':1,'selector':{'codes':['a','b']}},{'n':1,'selector':{'codes':['a']}}],"
                  "'price_minor':100}}],'lines':[{'id':1,'code':'a','qty_milli':2000,'amount_minor':400},"
                  "{'id':2,'code':'b','amount_minor':150}]}");
    assert_int_equal(world->out.discount_minor, 300);
    assert_true(world->out.optimal);
}

static void test_many_that_buy_and_get(void **state)
{
    struct world *world = *state;
    quote_many(world, 1000, "'group':'best',",
               "'then':{'kind':'buy_get','buy':{'n':1},'get':{'n':1},'rate_bp':", "}");
    assert_true(world->out.discount_minor > 0);
}

/* Looks of a promotion with so many rewards, each spread over all pieces, or conditions. */
static int64_t looks_of(int64_t count)
{
    return 100 + count * VN_UNITS_MAX;
}

#define TENTH "{'kind':'percent_off','rate_bp':1000},"

static void test_promotions_that_are_too_many_for_a_quote_are_passed_over(void **state)
{
    struct world *world = *state;
    static const char eight[] =
        "'then':[" TENTH TENTH TENTH TENTH TENTH TENTH TENTH "{'kind':'percent_off','rate_bp':";
    static const char *const groups[] = {"'group':'basket',", "'group':'sum',"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        quote_many(world, 1800, groups[i], eight, "}]");
        assert_false(world->out.optimal);
        assert_true(world->out.discount_minor > 0);
        assert_true(world->work->looks > VN_QUOTE_TRIALS_MAX);
        /* what a sequence was found of is still taken */
        assert_true(world->work->looks < VN_QUOTE_LOOKS_MAX + (VN_BEST_ORDER_MAX + 1) * looks_of(16));
    }
    /* what a search compares leaves the other half to the groups that follow */
    quote_many(world, 100, groups[1], eight, "}]");
    assert_false(world->out.optimal);
    assert_true(world->out.discount_minor > 0);
    assert_in_range(world->work->looks, VN_QUOTE_TRIALS_MAX, VN_QUOTE_TRIALS_MAX + 101 * looks_of(16));
    quote_many(world, 100, groups[0], eight, "}]");
    assert_true(world->out.optimal);
    assert_int_equal(world->work->looks, 100 * looks_of(16));
}

static void test_gifts_are_not_asked_for_when_it_takes_too_long_to_say_which(void **state)
{
    struct world *world = *state;
    quote_many(world, 400, "'group':'first','if':{'quantity':{'qty_milli':1000000}},",
               "'then':{'kind':'gift','n':9,'selector':{'codes':['c", "']}}");
    assert_false(world->out.optimal);
    assert_true(world->out.discount_minor > 0);
    assert_int_equal(world->out.given_count, 0);
    assert_true(world->work->looks < VN_QUOTE_LOOKS_MAX);
    quote_many(world, 4, "'group':'first','if':{'quantity':{'qty_milli':1000000}},",
               "'then':{'kind':'gift','n':9,'selector':{'codes':['c", "']}}");
    assert_true(world->out.optimal);
    assert_true(world->out.given_count > 0);
}

static void test_half_of_the_looks_are_left_for_what_gifts_give(void **state)
{
    struct world *world = *state;
    static const char five[] = "'group':'first','if':{'quantity':[{'qty_milli':1},{'qty_milli':1},"
                               "{'qty_milli':1},{'qty_milli':1},{'qty_milli':1}]},";
    quote_many(world, 4300, five, "'then':{'kind':'gift','selector':{'codes':['c", "']}}");
    assert_false(world->out.optimal);
    assert_true(world->out.discount_minor > 0);
    assert_int_equal(world->out.given_count, 0);
    assert_true(world->work->looks < VN_QUOTE_LOOKS_MAX + looks_of(6));
}

/* Seven stamps each for all pieces, beside a price; and then bonuses that have a sentence to say. */
static void test_what_is_handed_over_is_counted_once_a_promotion(void **state)
{
    struct world *world = *state;
    static const char rules[] =
        "{'header':{'engine':2,'groups':[{'id':'u','stage':'units','choice':'all'},"
        "{'id':'e','stage':'earning','choice':'all'}]},'member':{'known':true,'account':'w1','id':'m1'},"
        "'promotions':[";
    char *text = calloc(1, TEXT_ROOM);
    assert_non_null(text);
    size_t len = (size_t)snprintf(text, TEXT_ROOM, rules);
    for (unsigned i = 0; i < 900; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len,
                                "{'id':'a%u','group':'u','then':[{'kind':'amount_off','amount_minor':1,"
                                "'selector':{'codes':['a']}}",
                                i);
        for (unsigned s = 0; s < 7; s++) {
            len += (size_t)snprintf(text + len, TEXT_ROOM - len, ",{'kind':'stamp','card':'k'}");
        }
        len += (size_t)snprintf(text + len, TEXT_ROOM - len, "]},");
    }
    for (unsigned i = 0; i < 3000; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len,
                                "%s{'id':'b%u','group':'e','then':[{'kind':'points_bonus','points':1},"
                                "{'kind':'say','where':'receipt','text':{'en':'.'}}]}",
                                i == 0 ? "" : ",", i);
    }
    len += (size_t)snprintf(text + len, TEXT_ROOM - len,
                            "],'lines':[{'id':1,'code':'a','amount_minor':100000},"
                            "{'id':2,'code':'b','qty_milli':%d,'amount_minor':500000}]}",
                            (VN_UNITS_MAX - 1) * 1000);
    assert_true(len < TEXT_ROOM);
    clock_t start = clock();
    world_outcome(world, text);
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS);
    assert_int_equal(world->out.discount_minor, 900);
    assert_int_equal(world->out.given_count,
                     63); /* nine times seven: the tenth has no room for all of its stamps */
    free(text);
}

static void test_groups_share_the_steps_of_their_searches(void **state)
{
    struct world *world = *state;
    static const char rules[] =
        "{'header':{'engine':2,'groups':[{'id':'a','stage':'units','base':'list','choice':'best'},"
        "{'id':'b','stage':'units','base':'list','choice':'best'}]},'promotions':[%s]%s}";
    char *text = calloc(1, TEXT_ROOM);
    char *promotions = calloc(1, TEXT_ROOM);
    char *lines = calloc(1, TEXT_ROOM);
    assert_true(text != NULL && promotions != NULL && lines != NULL);
    size_t len = 0;
    for (unsigned i = 0; i < 20; i++) { /* ten in each group that compete for sixty different pieces */
        len += (size_t)snprintf(promotions + len, TEXT_ROOM - len,
                                "%s{'id':'%c%u','group':'%c','then':{'kind':'nth_free','n':%u,'free':1,"
                                "'rate_bp':%u}}",
                                i == 0 ? "" : ",", "ab"[i / 10], i, "ab"[i / 10], 2 + i % 5, 5000 + 37 * i);
    }
    len = (size_t)snprintf(lines, TEXT_ROOM, ",'lines':[");
    for (unsigned i = 0; i < 60; i++) {
        len += (size_t)snprintf(lines + len, TEXT_ROOM - len, "%s{'id':%u,'code':'c%u','amount_minor':%u}",
                                i == 0 ? "" : ",", i + 1, i, 100 + i * 79 % 901);
    }
    (void)snprintf(lines + len, TEXT_ROOM - len, "]");
    (void)snprintf(text, TEXT_ROOM, rules, promotions, lines);
    world_outcome(world, text);
    assert_false(world->out.optimal);
    assert_in_range(world->work->best->group_steps, 0, VN_BEST_STEPS_MAX / 8);
    assert_true(world->out.discount_minor > 0);
    free(lines);
    free(promotions);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bundles_that_share_pieces_share_their_steps, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_many_that_buy_and_get, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_promotions_that_are_too_many_for_a_quote_are_passed_over,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_gifts_are_not_asked_for_when_it_takes_too_long_to_say_which,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_half_of_the_looks_are_left_for_what_gifts_give, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_handed_over_is_counted_once_a_promotion, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_groups_share_the_steps_of_their_searches, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests_name("loyalty_worst", tests, NULL, NULL);
}
