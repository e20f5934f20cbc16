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
#include "tests/unit/loyalty_lint.h"

#define WHEN(when) P("'when':{" when "}," OFF("1000"))

static void test_times_that_never_come(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
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
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

#define WHERE(where) P("'where':{" where "}," OFF("1000"))

static void test_stores_that_are_meant_and_excluded(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
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
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
}

#define WHO(who) P("'who':{'kind':'members'," who "}," OFF("1000"))
#define TIERS    ",'tiers':{'by':'spend','steps':[{'id':'silver','from':1000},{'id':'gold','from':5000}]}"
#define LADDER(tier)                                                                                         \
    "{'id':'p','group':'k','who':{'kind':'members'},'then':{'kind':'accumulative','steps':[{'tier':'" tier   \
    "','rate_bp':100}]}}"

static void test_customers_that_nobody_is(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
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
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
    /* without tiers in the header members have those that they were imported with */
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    lint_run(HEAD(""), WHO("'tiers':['platinum']"), false, found);
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
    static const struct lint_pair rows[] = {
        {VN_LINT_NO_STAMPS, HEAD(""), STAMPS("coffe"), STAMPS("coffee"), NULL},
        {VN_LINT_EXCLUDES_ALL, HEAD(""), P(ON("'codes':['1','2'],'exclude':{'codes':['1','2']}", "1000")),
         P(ON("'codes':['1','2'],'exclude':{'codes':['1']}", "1000")), NULL},
        {VN_LINT_EXCLUDES_ALL, HEAD(""), SPEND("'categories':['a/b'],'exclude':{'categories':['a']}"),
         SPEND("'categories':['a'],'exclude':{'categories':['a/b']}"), NULL},
    };
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], false);
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    lint_run(HEAD(",'cards':[{'prefix':'2990','length':13}]"), COUPON, false, found);
    assert_int_equal(found->count, 1);
    assert_int_equal(found->list[0].code, VN_LINT_NO_COUPON);
    lint_run(HEAD(",'coupons':[{'prefix':'2991','length':13}]"), COUPON, false, found);
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

#define GIVES(reward) "{'id':'p','group':'e','who':{'kind':'members'},'then':" reward "}"

/* One warning a promotion, by the key that the hub does not serve; none where nobody asks for it. */
static void test_what_the_hub_does_not_do_yet(void **state)
{
    (void)state;
    static const struct {
        const char *promotion;
        enum vn_lint_code code;
        const char *begins; /* NULL: all is well */
    } rows[] = {
        {P("'limits':{'per_receipt':2}," OFF("1000")), 0, NULL},
        {WHO("'tiers':['gold'],'segments':['s'],'control':{'campaign':'c','held_out_bp':1}"), 0, NULL},
        {GIVES("{'kind':'points_bonus','points':1}"), 0, NULL},
        {GIVES("{'kind':'say','where':'prompt','text':{'en':'x'}}"), 0, NULL},
        {P("'limits':{'member':{'count':1,'period':'day'}}," OFF("1000")), 0, NULL},
        {P("'limits':{'all':{'count':5}}," OFF("1000")), 0, NULL},
        {P("'limits':{'all':{'budget_minor':5}}," OFF("1000")), 0, NULL},
        {WHO("'birthday':{}"), 0, NULL},
        {WHO("'anniversary':{}"), 0, NULL},
        {WHO("'first_purchase':true"), 0, NULL},
        {WHO("'referral':true"), 0, NULL},
        {P("'who':{'kind':'members'},'if':{'stamps':{'card':'c','count':9}}," OFF(
             "1000")) "{'id':'z','group':'a','then':[{'kind':'percent_off','rate_bp':1},{'kind':'stamp',"
                      "'card':'c'}]}",
         0, NULL},
        {P("'offline':'risk','limits':{'all':{'count':5}}," OFF("1000")), 0, NULL},
        {WHO("'clubs':['c']"), 0, NULL},
        {P("'who':{'kind':'staff'}," OFF("1000")), 0, NULL},
        {P("'who':{'kind':'not_staff'}," OFF("1000")), 0, NULL},
        {P("'who':{'kind':'households'}," OFF("1000")), 0, NULL},
        {WHO("'nth_visit':{'n':2}"), 0, NULL},
        {WHO("'days_since_visit':2"), 0, NULL},
        {GIVES("{'kind':'stamp','card':'c'}"), 0, NULL},
        {GIVES("{'kind':'issue_coupon','coupon':'c','valid_days':9}"), VN_LINT_NOT_ISSUED, "coupons for"},
        {GIVES("{'kind':'add_tag','tag':'c'}"), 0, NULL},
        {GIVES("{'kind':'points_bonus','points':1,'wallet':'w'}"), 0, NULL},
    };
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vn_ruleset *ruleset =
            lint_parse(HEAD(",'wallets':[{'id':'w','worth':{'points':1,'minor':1}}]"), rows[i].promotion);
        struct vn_lint_input input = {.ruleset = ruleset, .now_ms = LINT_NOW_MS, .hub_gaps = true};
        const struct vn_warning *first = &found->list[0];
        vn_ruleset_lint(&input, found);
        if ((found->count > 0) != (rows[i].begins != NULL)) {
            fail_msg("%s: %u warnings: %s", rows[i].promotion, found->count, first->text);
        }
        if (rows[i].begins != NULL) {
            assert_int_equal(first->code, rows[i].code);
            assert_string_equal(first->promotion, "p");
            assert_int_equal(strncmp(first->text, rows[i].begins, strlen(rows[i].begins)), 0);
            assert_true(strlen(first->text) < VN_ERROR_TEXT_MAX - 1);
        }
        input.hub_gaps = false;
        vn_ruleset_lint(&input, found);
        assert_int_equal(found->count, 0);
        vn_ruleset_destroy(ruleset);
    }
    free(found);
}

/* However many promotions wait for the hub, what the author can mend is told, and before it. */
static void test_what_the_hub_does_not_do_takes_no_room(void **state)
{
    (void)state;
    struct vn_lint *found = calloc(1, sizeof *found);
    struct vn_buf text;
    assert_non_null(found);
    vn_buf_init(&text, VN_RULESET_MAX);
    for (int i = 0; i < VN_WARNINGS_MAX; i++) {
        assert_int_equal(vn_buf_printf(&text,
                                       "{'id':'q%d','group':'e','who':{'kind':'members'},"
                                       "'then':{'kind':'issue_coupon','coupon':'c','valid_days':9}}\n",
                                       i),
                         VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&text, P(OFF("8000"))), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    struct vn_ruleset *ruleset = lint_parse(HEAD(FLOOR), (const char *)text.data);
    const struct vn_lint_input input = {.ruleset = ruleset, .now_ms = LINT_NOW_MS, .hub_gaps = true};
    vn_ruleset_lint(&input, found);
    assert_int_equal(found->count, VN_WARNINGS_MAX);
    assert_true(found->more);
    assert_int_equal(found->list[0].code, VN_LINT_BELOW_FLOOR);
    assert_string_equal(found->list[0].promotion, "p");
    assert_int_equal(found->list[1].code, VN_LINT_NOT_ISSUED);
    assert_string_equal(found->list[1].promotion, "q0");
    vn_ruleset_destroy(ruleset);
    vn_buf_deinit(&text);
    free(found);
}

static void test_promotions_against_the_catalogue(void **state)
{
    (void)state;
    static const struct lint_pair rows[] = {
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
    check_lint_pairs(rows, sizeof rows / sizeof rows[0], true);
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
    lint_run(HEAD(""), (const char *)text.data, false, found);
    assert_int_equal(found->count, VN_WARNINGS_MAX);
    assert_false(found->more);
    text.len--;
    assert_int_equal(vn_buf_append_str(&text, P("'when':{'to':'2026-01-01T00:00'}," OFF("1"))), VN_OK);
    assert_int_equal(vn_buf_append(&text, vn_view_of("", 1)), VN_OK);
    lint_run(HEAD(""), (const char *)text.data, false, found);
    assert_int_equal(found->count, VN_WARNINGS_MAX);
    assert_true(found->more);
    vn_buf_deinit(&text);
    free(found);
}

static void test_a_legal_class_that_the_law_does_not_have_is_told_once(void **state)
{
    (void)state;
    static const struct vn_item items[] = {
        {.known = true, .code = "1", .legal_class = "tobaco"},
        {.known = true, .code = "2", .legal_class = "tobaco"},
        {.known = true, .code = "3", .legal_class = "tobacco"},
        {.known = true, .code = "4", .legal_class = "general"},
        {.known = true, .code = "5"},
    };
    struct vn_lint *found = calloc(1, sizeof *found);
    assert_non_null(found);
    struct vn_ruleset *ruleset = lint_parse(HEAD(""), "");
    struct vn_lint_input input = {.ruleset = ruleset, .items = items, .item_count = 5, .now_ms = LINT_NOW_MS};
    vn_ruleset_lint(&input, found);
    assert_int_equal(found->count, 1);
    assert_int_equal(found->list[0].code, VN_LINT_NO_CLASS);
    assert_string_equal(found->list[0].promotion, "");
    assert_string_equal(found->list[0].other, "tobaco");
    assert_non_null(strstr(found->list[0].text, "(1, ...)"));
    input.items = &items[2];
    input.item_count = 3;
    vn_ruleset_lint(&input, found);
    assert_int_equal(found->count, 0);
    vn_ruleset_destroy(ruleset);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_legal_class_that_the_law_does_not_have_is_told_once),
        cmocka_unit_test(test_times_that_never_come),
        cmocka_unit_test(test_stores_that_are_meant_and_excluded),
        cmocka_unit_test(test_customers_that_nobody_is),
        cmocka_unit_test(test_conditions_that_nothing_meets),
        cmocka_unit_test(test_what_the_hub_does_not_do_yet),
        cmocka_unit_test(test_what_the_hub_does_not_do_takes_no_room),
        cmocka_unit_test(test_promotions_against_the_catalogue),
        cmocka_unit_test(test_warnings_end_and_say_that_there_is_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
