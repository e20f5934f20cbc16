/* Warnings about two promotions, or one and the header's floor: each with a ruleset that deserves it, and one that just
 * doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_lint.h"

/* `one` comes before `p` */
#define TWO(group, then, other_group, other_then)                                                            \
    "{'id':'one','priority':9,'group':'" group "'," then "}\n{'id':'p','group':'" other_group                \
    "'," other_then "}\n"

static void test_discounts_that_pass_the_floor(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), P(OFF("7001")), P(OFF("7000")), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR ",'max_unit_discount_bp':5000"), P(OFF("5001")), P(OFF("5000")),
         NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         "{'id':'p','group':'k','then':{'kind':'ladder','steps':[{'from_minor':1,'rate_bp':100},"
         "{'from_minor':2,'rate_bp':7001}]}}",
         "{'id':'p','group':'k','then':{'kind':'ladder','steps':[{'from_minor':1,'rate_bp':100},"
         "{'from_minor':2,'rate_bp':7000}]}}",
         NULL},
        /* 40 % and then half of the rest leaves the 30 % */
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), TWO("a", OFF("4000"), "r", OFF("5100")),
         TWO("a", OFF("4000"), "r", OFF("5000")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), TWO("a", OFF("4000"), "b", OFF("3001")),
         TWO("a", OFF("4000"), "b", OFF("3000")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), TWO("r", OFF("4000"), "r", OFF("5100")),
         TWO("a", OFF("4000"), "a", OFF("5100")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), TWO("a", OFF("4000"), "k", OFF("5100")),
         TWO("a", OFF("4000"), "k", OFF("5000")), "one"},
        /* only what can meet on one piece */
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), TWO("a", ON(COFFEE, "4000"), "b", ON(COFFEE, "4000")),
         TWO("a", ON(COFFEE, "4000"), "b", ON(TEA, "4000")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", "'when':{'weekdays':[1,2]}," OFF("4000"), "b", "'when':{'weekdays':[2,3]}," OFF("4000")),
         TWO("a", "'when':{'weekdays':[1,2]}," OFF("4000"), "b", "'when':{'weekdays':[3]}," OFF("4000")),
         "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", "'when':{'to':'2026-12-01T00:01'}," OFF("4000"), "b",
             "'when':{'from':'2026-12-01T00:00'}," OFF("4000")),
         TWO("a", "'when':{'to':'2026-12-01T00:00'}," OFF("4000"), "b",
             "'when':{'from':'2026-12-01T00:00'}," OFF("4000")),
         "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", "'where':{'stores':['s1']}," OFF("4000"), "b", "'where':{'stores':['s1']}," OFF("4000")),
         TWO("a", "'where':{'stores':['s1']}," OFF("4000"), "b", "'where':{'stores':['s2']}," OFF("4000")),
         "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", "'who':{'kind':'staff'}," OFF("4000"), "b", "'who':{'kind':'members'}," OFF("4000")),
         TWO("a", "'who':{'kind':'staff'}," OFF("4000"), "b", "'who':{'kind':'not_staff'}," OFF("4000")),
         "one"},
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

/* What a set gives for nothing is a piece like any other, and a second reward counts as the first. */
static void test_floors_of_sets_and_of_several_rewards(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), P("'then':{'kind':'nth_free','n':3,'free':1}"),
         P("'then':{'kind':'nth_free','n':3,'free':1,'rate_bp':7000}"), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         P("'then':{'kind':'buy_get','buy':{'n':1},'get':{'n':1},'rate_bp':7001}"),
         P("'then':{'kind':'buy_get','buy':{'n':1},'get':{'n':1},'rate_bp':7000}"), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a",
             "'then':[{'kind':'percent_off','selector':{" COFFEE "},'rate_bp':5000},"
             "{'kind':'percent_off','selector':{" TEA "},'rate_bp':4000}]",
             "b", ON(TEA, "3001")),
         TWO("a",
             "'then':[{'kind':'percent_off','selector':{" COFFEE "},'rate_bp':5000},"
             "{'kind':'percent_off','selector':{" TEA "},'rate_bp':4000}]",
             "b", ON(TEA, "3000")),
         "one"},
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

/* Two that are each right, and too much together: told where one receipt can be of both, and not where none can. */
#define MEET(a, b)                                                                                           \
    {VN_LINT_BELOW_FLOOR, HEAD(FLOOR EAST ",'calendars':{'rs':['2026-12-25'],'pl':['2026-12-26']}"), a, b,   \
     "one"}
#define BOTH(one, p)    TWO("a", one "," OFF("4000"), "b", p "," OFF("4000"))
#define WHEN_IS(when)   "'when':{" when "}"
#define WHERE_IS(where) "'where':{" where "}"
#define WHO_IS(who)     "'who':{'kind':'members'," who "}"

static void test_promotions_that_no_receipt_can_both_have(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
        MEET(BOTH(WHEN_IS("'hours':[['07:00','16:01']]"), WHEN_IS("'hours':[['16:00','18:00']]")),
             BOTH(WHEN_IS("'hours':[['07:00','16:00']]"), WHEN_IS("'hours':[['16:00','18:00']]"))),
        /* the night from Sunday to Monday */
        MEET(BOTH(WHEN_IS("'weekdays':[7],'hours':[['22:00','02:00']]"),
                  WHEN_IS("'weekdays':[1],'hours':[['01:59','03:00']]")),
             BOTH(WHEN_IS("'weekdays':[7],'hours':[['22:00','02:00']]"),
                  WHEN_IS("'weekdays':[1],'hours':[['02:00','03:00']]"))),
        MEET(BOTH(WHEN_IS("'holidays':'rs'"), WHEN_IS("'not_holidays':'pl'")),
             BOTH(WHEN_IS("'holidays':'rs'"), WHEN_IS("'not_holidays':'rs'"))),
        MEET(BOTH(WHEN_IS("'holidays':'rs','hours':[['22:00','02:00']]"), WHEN_IS("'not_holidays':'rs'")),
             BOTH(WHEN_IS("'holidays':'rs','hours':[['20:00','22:00']]"), WHEN_IS("'not_holidays':'rs'"))),
        MEET(BOTH(WHERE_IS("'store_groups':['east']"), WHERE_IS("'stores':['s2']")),
             BOTH(WHERE_IS("'store_groups':['east']"), WHERE_IS("'store_groups':['west']"))),
        MEET(BOTH(WHERE_IS("'stores':['s1','s2']"), WHERE_IS("'not_stores':['s1']")),
             BOTH(WHERE_IS("'not_stores':['s1']"), WHERE_IS("'stores':['s1']"))),
        MEET(BOTH(WHERE_IS("'store_groups':['east']"), WHERE_IS("'not_store_groups':['west']")),
             BOTH(WHERE_IS("'store_groups':['east']"), WHERE_IS("'not_store_groups':['east']"))),
        MEET(BOTH(WHERE_IS("'lanes':['self','web']"), WHERE_IS("'lanes':['manned','web']")),
             BOTH(WHERE_IS("'lanes':['self']"), WHERE_IS("'lanes':['manned']"))),
        MEET(BOTH(WHERE_IS("'tills':['1','2']"), WHERE_IS("'tills':['2']")),
             BOTH(WHERE_IS("'tills':['1']"), WHERE_IS("'tills':['2']"))),
        MEET(BOTH(WHERE_IS("'tills':['1','2']"), WHERE_IS("'not_tills':['1']")),
             BOTH(WHERE_IS("'tills':['1']"), WHERE_IS("'not_tills':['1']"))),
        MEET(BOTH(WHO_IS("'segments':['x','y']"), WHO_IS("'not_segments':['x']")),
             BOTH(WHO_IS("'segments':['x']"), WHO_IS("'not_segments':['x']"))),
        MEET(BOTH(WHO_IS("'tiers':['t','u']"), WHO_IS("'tiers':['t']")),
             BOTH(WHO_IS("'tiers':['u']"), WHO_IS("'tiers':['t']"))),
        MEET(BOTH(WHO_IS("'nth_visit':{'n':3,'every':true}"), WHO_IS("'nth_visit':{'n':4}")),
             BOTH(WHO_IS("'nth_visit':{'n':3}"), WHO_IS("'nth_visit':{'n':4}"))),
        MEET(BOTH(WHO_IS("'first_purchase':true"), WHO_IS("'nth_visit':{'n':1}")),
             BOTH(WHO_IS("'first_purchase':true"), WHO_IS("'nth_visit':{'n':2}"))),
        /* and goods, without a catalogue */
        MEET(TWO("a", ON("'tags':['x','y']", "4000"), "b", ON("'tags':['x','z']", "4000")),
             TWO("a", ON("'tags':['x','y']", "4000"), "b",
                 ON("'tags':['x','z'],'exclude':{'tags':['x']}", "4000"))),
        MEET(TWO("a", ON("'tags':['x'],'price':{'max_minor':100}", "4000"), "b",
                 ON("'tags':['x'],'price':{'min_minor':100}", "4000")),
             TWO("a", ON("'tags':['x'],'price':{'max_minor':100}", "4000"), "b",
                 ON("'tags':['x'],'price':{'min_minor':101}", "4000"))),
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

static void test_groups_that_leave_each_other_nothing(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
        {VN_LINT_NOTHING_LEFT, HEAD(""), TWO("a", OFF("6000"), "b", OFF("4001")),
         TWO("a", OFF("6000"), "b", OFF("4000")), "one"},
        {VN_LINT_NOTHING_LEFT, HEAD(FLOOR), TWO("a", OFF("7000"), "r", OFF("100")),
         TWO("a", OFF("6900"), "r", OFF("100")), "one"},
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

static void test_goods_meet_by_the_catalogue(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", ON("'categories':['food']", "4000"), "b", ON("'brands':['dark']", "4000")),
         TWO("a", ON("'categories':['food/tea']", "4000"), "b", ON("'brands':['dark']", "4000")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", ON("'categories':['food']", "4000"), "b", ON("'categories':['food/coffee']", "4000")),
         TWO("a", ON("'categories':['food/tea']", "4000"), "b", ON("'categories':['food/coffee']", "4000")),
         "one"},
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], true);
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    /* without one, different keys may or may not meet: nothing is said */
    lint_run(rows[0].head, rows[0].doubtful, false, found);
    assert_int_equal(found->count, 0);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discounts_that_pass_the_floor),
        cmocka_unit_test(test_floors_of_sets_and_of_several_rewards),
        cmocka_unit_test(test_promotions_that_no_receipt_can_both_have),
        cmocka_unit_test(test_groups_that_leave_each_other_nothing),
        cmocka_unit_test(test_goods_meet_by_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
