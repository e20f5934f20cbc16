/* Warnings about rulesets that are correct: each with a ruleset that deserves it, and one that just doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"
#include "agent/loyalty/rules/lint.h"

#define NOW_MS INT64_C(1795345200000) /* 2026-11-22T12:00, a Sunday, at +01:00 */

/* In `a` and `b` list prices, in `r` and `k` what is left. */
#define HEAD(extra)                                                                                          \
    "{'ruleset':7,'engine':2,'currency':'RSD','exponent':2,'utc_offset_min':60,'law':'rs','groups':["        \
    "{'id':'a','stage':'units','base':'list','choice':'first'},{'id':'b','stage':'units','base':'list',"     \
    "'choice':'first'},"                                                                                     \
    "{'id':'r','stage':'units','base':'running','choice':'all'},"                                            \
    "{'id':'k','stage':'basket','base':'running','choice':'all'},"                                           \
    "{'id':'c','stage':'coupons','base':'running','choice':'all'},"                                          \
    "{'id':'e','stage':'earning','choice':'all'}]" extra "}\n"
#define OFF(rate)          "'then':{'kind':'percent_off','rate_bp':" rate "}"
#define ON(selector, rate) "'then':{'kind':'percent_off','selector':{" selector "},'rate_bp':" rate "}"
#define P(rest)            "{'id':'p','group':'a'," rest "}\n"
#define COFFEE             "'codes':['1']"
#define TEA                "'codes':['2']"

static const struct vn_item catalogue[] = {
    {.known = true,
     .code = "1",
     .category = "food/coffee",
     .brand = "dark",
     .price_minor = 10000,
     .tag_count = 1,
     .tags = {"hot"}},
    {.known = true, .code = "2", .category = "food/tea", .price_minor = 5000},
    {.known = true, .code = "3", .category = "smoke", .legal_class = "tobacco", .price_minor = 40000},
    {.known = true, .code = "4", .category = "food/gum", .price_minor = 1},
};

static struct vn_ruleset *parse(const char *head, const char *promotions)
{
    struct vn_error error;
    struct vn_ruleset *ruleset = NULL;
    struct vn_buf text;
    vn_buf_init(&text, VN_RULESET_MAX);
    assert_int_equal(vn_buf_append_str(&text, head), VN_OK);
    assert_int_equal(vn_buf_append_str(&text, promotions), VN_OK);
    for (size_t i = 0; i < text.len; i++) {
        text.data[i] = text.data[i] == '\'' ? '"' : text.data[i];
    }
    if (vn_ruleset_parse(vn_buf_view(&text), &ruleset, &error) != VN_OK) {
        fail_msg("%s: %s at %s", promotions, error.text, error.pointer);
    }
    if (vn_ruleset_skipped_count(ruleset) != 0) {
        fail_msg("%s: %s", promotions, vn_ruleset_skipped(ruleset)->text);
    }
    vn_buf_deinit(&text);
    return ruleset;
}

static void lint(const char *head, const char *promotions, bool with_catalogue, struct vn_lint *out)
{
    struct vn_ruleset *ruleset = parse(head, promotions);
    const struct vn_lint_input input = {
        .ruleset = ruleset,
        .items = with_catalogue ? catalogue : NULL,
        .item_count = with_catalogue ? sizeof catalogue / sizeof catalogue[0] : 0,
        .now_ms = NOW_MS,
    };
    vn_ruleset_lint(&input, out);
    vn_ruleset_destroy(ruleset);
}

struct pair {
    enum vn_lint_code code;
    const char *head, *doubtful, *good, *other;
};

/* The one warning that a ruleset deserves, and none for its neighbour. */
static void check_pairs(const struct pair *rows, size_t count, bool with_catalogue)
{
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    for (size_t i = 0; i < count; i++) {
        lint(rows[i].head, rows[i].doubtful, with_catalogue, found);
        if (found->count != 1 || found->list[0].code != rows[i].code) {
            fail_msg("%s: %u warnings, the first is %s: %s", rows[i].doubtful, found->count,
                     vn_lint_name(found->list[0].code), found->list[0].text);
        }
        assert_string_equal(found->list[0].promotion, "p");
        assert_string_equal(found->list[0].other, rows[i].other == NULL ? "" : rows[i].other);
        assert_true(strlen(found->list[0].text) > 20);
        assert_false(found->more);
        lint(rows[i].head, rows[i].good, with_catalogue, found);
        if (found->count != 0) {
            fail_msg("%s: %s: %s", rows[i].good, vn_lint_name(found->list[0].code), found->list[0].text);
        }
    }
    free(found);
}

#define WHEN(when) P("'when':{" when "}," OFF("1000"))

static void test_times_that_never_come(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_PAST, HEAD(""), WHEN("'to':'2026-11-22T12:00'"), WHEN("'to':'2026-11-22T12:01'"), NULL},
        /* it is still eleven in the west */
        {VN_LINT_PAST, HEAD(",'zones':[{'stores':['w'],'utc_offset_min':0}]"),
         WHEN("'to':'2026-11-22T11:00'"), WHEN("'to':'2026-11-22T12:00'"), NULL},
        {VN_LINT_NO_TIME, HEAD(""), WHEN("'from':'2026-11-23T00:00','to':'2026-11-25T00:00','weekdays':[3]"),
         WHEN("'from':'2026-11-23T00:00','to':'2026-11-25T00:01','weekdays':[3]"), NULL},
        /* the Sunday of today is over before the window's last minute */
        {VN_LINT_NO_TIME, HEAD(""),
         WHEN("'to':'2026-11-29T00:00','weekdays':[7],'hours':[['08:00','12:00']]"),
         WHEN("'to':'2026-11-29T00:00','weekdays':[7],'hours':[['08:00','12:01']]"), NULL},
        {VN_LINT_NO_TIME, HEAD(""),
         WHEN("'from':'2026-11-23T12:00','to':'2026-11-23T13:00','hours':[['13:00','14:00']]"),
         WHEN("'from':'2026-11-23T12:00','to':'2026-11-23T13:01','hours':[['13:00','14:00']]"), NULL},
        /* what runs over midnight belongs to the day on which it begins */
        {VN_LINT_NO_TIME, HEAD(""),
         WHEN("'from':'2026-11-23T00:00','to':'2026-11-23T02:00','weekdays':[7],'hours':[['22:00','24:00']]"),
         WHEN("'from':'2026-11-23T00:00','to':'2026-11-23T02:00','weekdays':[7],'hours':[['22:00','02:00']]"),
         NULL},
        {VN_LINT_NO_TIME, HEAD(",'calendars':{'rs':['2027-01-01']}"),
         WHEN("'to':'2027-01-01T00:00','holidays':'rs'"), WHEN("'to':'2027-01-01T00:01','holidays':'rs'"),
         NULL},
        {VN_LINT_NO_TIME, HEAD(",'calendars':{'rs':['2027-01-01']}"),
         WHEN("'from':'2027-01-01T00:00','to':'2027-01-02T00:00','not_holidays':'rs'"),
         WHEN("'from':'2027-01-01T00:00','to':'2027-01-02T00:01','not_holidays':'rs'"), NULL},
        {VN_LINT_NO_TIME, HEAD(",'calendars':{'rs':['2026-01-01']}"), WHEN("'holidays':'rs'"),
         WHEN("'not_holidays':'rs'"), NULL},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
}

#define WHERE(where) P("'where':{" where "}," OFF("1000"))
#define EAST         ",'store_groups':{'east':['s1','s2'],'west':['s3']}"

static void test_stores_that_are_meant_and_excluded(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_NO_STORE, HEAD(""), WHERE("'stores':['s1','s2'],'not_stores':['s2']"),
         WHERE("'stores':['s1','s2'],'not_stores':['s3']"), NULL},
        {VN_LINT_NO_STORE, HEAD(""), WHERE("'tills':['1'],'not_tills':['1']"),
         WHERE("'tills':['1'],'not_tills':['2']"), NULL},
        {VN_LINT_NO_STORE, HEAD(EAST), WHERE("'store_groups':['east'],'not_store_groups':['east']"),
         WHERE("'store_groups':['east'],'not_store_groups':['west']"), NULL},
        {VN_LINT_NO_STORE, HEAD(EAST), WHERE("'stores':['s2'],'not_store_groups':['east']"),
         WHERE("'stores':['s2'],'not_store_groups':['west']"), NULL},
        {VN_LINT_NO_STORE, HEAD(EAST), WHERE("'store_groups':['east'],'not_stores':['s1','s2']"),
         WHERE("'store_groups':['east'],'not_stores':['s1']"), NULL},
        {VN_LINT_NO_STORE, HEAD(",'store_groups':{'east':['s1'],'all':['s1','s3']}"),
         WHERE("'store_groups':['east'],'not_store_groups':['all']"),
         WHERE("'store_groups':['all'],'not_store_groups':['east']"), NULL},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
}

#define WHO(who) P("'who':{'kind':'members'," who "}," OFF("1000"))
#define TIERS    ",'tiers':{'by':'spend','steps':[{'id':'silver','from':1000},{'id':'gold','from':5000}]}"
#define LADDER(tier)                                                                                         \
    "{'id':'p','group':'k','who':{'kind':'members'},'then':{'kind':'accumulative','steps':[{'tier':'" tier   \
    "','rate_bp':100}]}}"

static void test_customers_that_nobody_is(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_UNKNOWN_TIER, HEAD(TIERS), WHO("'tiers':['gold','platinum']"),
         WHO("'tiers':['gold','silver']"), NULL},
        {VN_LINT_UNKNOWN_TIER, HEAD(TIERS), LADDER("platinum"), LADDER("gold"), NULL},
        {VN_LINT_NO_CUSTOMER, HEAD(""), WHO("'segments':['x','y'],'not_segments':['x','y','z']"),
         WHO("'segments':['x','y'],'not_segments':['x','z']"), NULL},
        {VN_LINT_NO_CUSTOMER, HEAD(""), WHO("'first_purchase':true,'nth_visit':{'n':2}"),
         WHO("'first_purchase':true,'nth_visit':{'n':1}"), NULL},
        {VN_LINT_NO_CUSTOMER, HEAD(""), WHO("'first_purchase':true,'days_since_visit':30"),
         WHO("'days_since_visit':30"), NULL},
        {VN_LINT_NO_CUSTOMER, HEAD(""), WHO("'nth_visit':{'n':1},'days_since_visit':30"),
         WHO("'nth_visit':{'n':1,'every':true},'days_since_visit':30"), NULL},
        {VN_LINT_NO_CUSTOMER, HEAD(""), WHO("'control':{'campaign':'c','held_out_bp':10000}"),
         WHO("'control':{'campaign':'c','held_out_bp':9999}"), NULL},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
    /* without tiers in the header members have those that they were imported with */
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    lint(HEAD(""), WHO("'tiers':['platinum']"), false, found);
    assert_int_equal(found->count, 0);
    free(found);
}

#define COUPON "{'id':'p','group':'c','if':{'coupon':true}," OFF("1000") "}\n"
#define STAMPS(card)                                                                                         \
    P("'who':{'kind':'members'},'if':{'stamps':{'card':'" card "','count':9}}," OFF("1000"))                 \
    "{'id':'s','group':'e','who':{'kind':'members'},'then':{'kind':'stamp','card':'coffee'}}\n"
#define SPEND(selector) P("'if':{'min_spend':{'selector':{" selector "},'amount_minor':100}}," OFF("1000"))

static void test_conditions_that_nothing_meets(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_NO_STAMPS, HEAD(""), STAMPS("coffe"), STAMPS("coffee"), NULL},
        {VN_LINT_EXCLUDES_ALL, HEAD(""), P(ON("'codes':['1','2'],'exclude':{'codes':['1','2']}", "1000")),
         P(ON("'codes':['1','2'],'exclude':{'codes':['1']}", "1000")), NULL},
        {VN_LINT_EXCLUDES_ALL, HEAD(""), SPEND("'categories':['a/b'],'exclude':{'categories':['a']}"),
         SPEND("'categories':['a'],'exclude':{'categories':['a/b']}"), NULL},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    lint(HEAD(",'cards':[{'prefix':'2990','length':13}]"), COUPON, false, found);
    assert_int_equal(found->count, 1);
    assert_int_equal(found->list[0].code, VN_LINT_NO_COUPON);
    lint(HEAD(",'coupons':[{'prefix':'2991','length':13}]"), COUPON, false, found);
    assert_int_equal(found->count, 0);
    free(found);
}

#define FLOOR ",'floor_bp':3000"
/* `one` comes before `p` */
#define TWO(group, then, other_group, other_then)                                                            \
    "{'id':'one','priority':9,'group':'" group "'," then "}\n{'id':'p','group':'" other_group                \
    "'," other_then "}\n"

static void test_discounts_that_pass_the_floor(void **state)
{
    (void)state;
    static const struct pair rows[] = {
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
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
}

/* What a set gives for nothing is a piece like any other, and a second reward counts as the first. */
static void test_floors_of_sets_and_of_several_rewards(void **state)
{
    (void)state;
    static const struct pair rows[] = {
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
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
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
    static const struct pair rows[] = {
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
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
}

static void test_groups_that_leave_each_other_nothing(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_NOTHING_LEFT, HEAD(""), TWO("a", OFF("6000"), "b", OFF("4001")),
         TWO("a", OFF("6000"), "b", OFF("4000")), "one"},
        {VN_LINT_NOTHING_LEFT, HEAD(FLOOR), TWO("a", OFF("7000"), "r", OFF("100")),
         TWO("a", OFF("6900"), "r", OFF("100")), "one"},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], false);
}

static void test_goods_meet_by_the_catalogue(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", ON("'categories':['food']", "4000"), "b", ON("'brands':['dark']", "4000")),
         TWO("a", ON("'categories':['food/tea']", "4000"), "b", ON("'brands':['dark']", "4000")), "one"},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR),
         TWO("a", ON("'categories':['food']", "4000"), "b", ON("'categories':['food/coffee']", "4000")),
         TWO("a", ON("'categories':['food/tea']", "4000"), "b", ON("'categories':['food/coffee']", "4000")),
         "one"},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], true);
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    /* without one, different keys may or may not meet: nothing is said */
    lint(rows[0].head, rows[0].doubtful, false, found);
    assert_int_equal(found->count, 0);
    free(found);
}

#define NEW_PRICE(selector, price)                                                                           \
    P("'then':{'kind':'new_price','selector':{" selector "},'price_minor':" price "}")
#define BUNDLE(price)                                                                                        \
    P("'then':{'kind':'bundle','parts':[{'selector':{" COFFEE "},'n':1},{'selector':{" TEA                   \
      "},'n':1}],'price_minor':" price "}")
#define TIMES(selector)                                                                                      \
    "{'id':'p','group':'e','who':{'kind':'members'},'then':{'kind':'points_multiplier','selector':"          \
    "{" selector "},'times_bp':20000}}"
#define AMOUNT(minor) P("'then':{'kind':'amount_off','selector':{" COFFEE "},'amount_minor':" minor "}")
#define GIFT(code)    P("'then':{'kind':'gift','selector':{'codes':['" code "']}}")
#define LEAFLET_AT(code, price)                                                                              \
    P("'then':{'kind':'new_price','selector':{'table':'leaflet'},'table_price':true}")                       \
    "{'table':'leaflet','code':'" code "','price_minor':" price "}\n"                                        \
    "{'table':'leaflet','code':'" code "','price_minor':50000,'from':'2027-01-01T00:00'}\n"
#define LEAFLET(code) LEAFLET_AT(code, "999")
#define PAIR(buy, get)                                                                                       \
    P("'then':{'kind':'buy_get','buy':{'selector':{" buy "},'n':1},'get':{'selector':{" get                  \
      "},'n':1},'rate_bp':1000}")
#define SMOKE "'codes':['3']"

/* What is counted beyond the receipt is told by the key that counts it, where nobody hands out rights to it. */
static void test_rights_that_no_till_gets(void **state)
{
    (void)state;
    static const struct {
        const char *promotion, *key;
    } rows[] = {
        {P("'limits':{'per_receipt':2}," OFF("1000")), NULL},
        {WHO("'nth_visit':{'n':2}"), NULL},
        {P("'limits':{'member':{'count':1,'period':'day'}}," OFF("1000")), "limits.member"},
        {P("'limits':{'all':{'count':5}}," OFF("1000")), "limits.all"},
        {P("'limits':{'all':{'budget_minor':5}}," OFF("1000")), "limits.all"},
        {WHO("'birthday':{}"), "who.birthday"},
        {WHO("'anniversary':{}"), "who.anniversary"},
        {WHO("'first_purchase':true"), "who.first_purchase"},
        {WHO("'referral':true"), "who.referral"},
        {STAMPS("coffee"), "if.stamps"},
        {P("'offline':'risk','limits':{'all':{'count':5}}," OFF("1000")), "limits.all"},
    };
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_ruleset *ruleset = parse(HEAD(""), rows[i].promotion);
        struct vn_lint_input input = {.ruleset = ruleset, .now_ms = NOW_MS, .no_rights = true};
        vn_ruleset_lint(&input, found);
        assert_int_equal(found->count, rows[i].key == NULL ? 0 : 1);
        if (rows[i].key != NULL) {
            assert_int_equal(found->list[0].code, VN_LINT_NEEDS_RIGHT);
            assert_string_equal(found->list[0].promotion, "p");
            assert_int_equal(strncmp(found->list[0].text, rows[i].key, strlen(rows[i].key)), 0);
            bool risk = strstr(rows[i].promotion, "risk") != NULL;
            assert_int_equal(strstr(found->list[0].text, "risks while the hub is away") != NULL, risk);
            assert_true(strlen(found->list[0].text) < VN_ERROR_TEXT_MAX - 1);
        }
        input.no_rights = false;
        vn_ruleset_lint(&input, found);
        assert_int_equal(found->count, 0);
        vn_ruleset_destroy(ruleset);
    }
    free(found);
}

static void test_promotions_against_the_catalogue(void **state)
{
    (void)state;
    static const struct pair rows[] = {
        {VN_LINT_NO_GOODS, HEAD(""), P(ON("'codes':['9']", "1000")), P(ON("'codes':['1','9']", "1000")),
         NULL},
        {VN_LINT_NO_GOODS, HEAD(""), P(ON("'categories':['food/coff']", "1000")),
         P(ON("'categories':['food/coffee']", "1000")), NULL},
        {VN_LINT_NO_GOODS, HEAD(""), P(ON("'tags':['cold']", "1000")), P(ON("'tags':['hot']", "1000")), NULL},
        {VN_LINT_NO_GOODS, HEAD(""),
         P(ON("'categories':['food'],'exclude':{'categories':['food/tea','food/gum'],'brands':['dark']}",
              "1000")),
         P(ON("'categories':['food'],'exclude':{'brands':['dark']}", "1000")), NULL},
        {VN_LINT_NO_GOODS, HEAD(""), P(ON("'price':{'min_minor':40001}", "1000")),
         P(ON("'price':{'min_minor':10000,'max_minor':10000}", "1000")), NULL},
        {VN_LINT_NO_GOODS, HEAD(""), SPEND("'brands':['light']"), SPEND("'brands':['dark']"), NULL},
        {VN_LINT_NO_GOODS, HEAD(""), LEAFLET("9"), LEAFLET("1"), NULL},
        {VN_LINT_NOTHING_OFF, HEAD(""), NEW_PRICE(TEA, "5000"), NEW_PRICE(TEA, "4999"), NULL},
        {VN_LINT_NOTHING_OFF, HEAD(""), NEW_PRICE("'codes':['1','2']", "5000"),
         NEW_PRICE("'codes':['1','2']", "4999"), NULL},
        {VN_LINT_NOTHING_OFF, HEAD(""), P(ON("'codes':['4']", "4999")), P(ON("'codes':['4']", "5000")), NULL},
        {VN_LINT_NOTHING_OFF, HEAD(""), BUNDLE("15000"), BUNDLE("14999"), NULL},
        {VN_LINT_LAW, HEAD(""), P(ON("'categories':['smoke']", "1000")),
         P(ON("'categories':['smoke','food']", "1000")), NULL},
        {VN_LINT_LAW, HEAD(""), TIMES("'codes':['3']"), TIMES("'codes':['2','3']"), NULL},
        {VN_LINT_LAW, HEAD(""), GIFT("3"), GIFT("2"), NULL},
        {VN_LINT_NOTHING_OFF, HEAD(""), LEAFLET_AT("2", "5000"), LEAFLET_AT("2", "4999"), NULL},
        {VN_LINT_LAW, HEAD(""), PAIR(COFFEE, SMOKE), PAIR(COFFEE, TEA), NULL},
        {VN_LINT_LAW, HEAD(""), PAIR(SMOKE, TEA), PAIR(COFFEE, TEA), NULL},
        {VN_LINT_LAW, HEAD(""),
         P("'then':{'kind':'bundle','parts':[{'selector':{" COFFEE "},'n':1},{'selector':{" SMOKE
           "},'n':1}],'price_minor':100}"),
         BUNDLE("100"), NULL},
        {VN_LINT_LAW, HEAD(""), SPEND(SMOKE), SPEND(COFFEE), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), NEW_PRICE(COFFEE, "2999"), NEW_PRICE(COFFEE, "3000"), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(FLOOR), AMOUNT("7001"), AMOUNT("7000"), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(",'max_unit_discount_minor':500"), AMOUNT("501"), AMOUNT("500"), NULL},
        {VN_LINT_BELOW_FLOOR, HEAD(",'max_unit_discount_bp':1000"), AMOUNT("1001"), AMOUNT("1000"), NULL},
    };
    check_pairs(rows, sizeof rows / sizeof rows[0], true);
}

static void test_warnings_end_and_say_that_there_is_more(void **state)
{
    (void)state;
    struct vn_buf text;
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    vn_buf_init(&text, VN_RULESET_MAX);
    for (int i = 0; i < VN_WARNINGS_MAX; i++) {
        assert_int_equal(vn_buf_printf(&text,
                                       "{'id':'p%d','group':'a','when':{'to':'2026-01-01T00:00'},"
                                       "'then':{'kind':'percent_off','rate_bp':1}}\n",
                                       i),
                         VN_OK);
    }
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    lint(HEAD(""), (const char *)text.data, false, found);
    assert_int_equal(found->count, VN_WARNINGS_MAX);
    assert_false(found->more);
    text.len--;
    assert_int_equal(vn_buf_append_str(&text, P("'when':{'to':'2026-01-01T00:00'}," OFF("1"))), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    lint(HEAD(""), (const char *)text.data, false, found);
    assert_int_equal(found->count, VN_WARNINGS_MAX);
    assert_true(found->more);
    vn_buf_deinit(&text);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_that_never_come),
        cmocka_unit_test(test_stores_that_are_meant_and_excluded),
        cmocka_unit_test(test_customers_that_nobody_is),
        cmocka_unit_test(test_conditions_that_nothing_meets),
        cmocka_unit_test(test_discounts_that_pass_the_floor),
        cmocka_unit_test(test_floors_of_sets_and_of_several_rewards),
        cmocka_unit_test(test_promotions_that_no_receipt_can_both_have),
        cmocka_unit_test(test_groups_that_leave_each_other_nothing),
        cmocka_unit_test(test_goods_meet_by_the_catalogue),
        cmocka_unit_test(test_rights_that_no_till_gets),
        cmocka_unit_test(test_promotions_against_the_catalogue),
        cmocka_unit_test(test_warnings_end_and_say_that_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
