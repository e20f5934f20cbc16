/* Law first: every row of the table through a quote, and what no promotion can do to change it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/rules/law.h"
#include "tests/unit/loyalty_world.h"

#define NOON "1795345200000" /* 2026-11-22 12:00 in the zone of the usual header, +60 min */

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

/* One piece at 1000.00 of the class and one at 500.00 of nothing special, and a promotion of each kind that law can
 * forbid. `law` and `legal_class` fill the two places. */
static void quote_class(struct world *world, const char *law, const char *legal_class, const char *started)
{
    static const char document[] =
        "{'header':{'law':'%s'},'hub':true,'started_ms':%s,"
        "'items':{'a':{'legal_class':'%s','tags':['it']},'b':{}},"
        "'member':{'known':true,'account':'w1','balance':100000},"
        "'coupons':[{'promotion':'coupon'}],'promotions':["
        "{'id':'discount','group':'first','then':{'kind':'percent_off','rate_bp':1000,'selector':{'tags':['"
        "it']}}},"
        "{'id':'coupon','group':'coupons','if':{'coupon':true},'then':{'kind':'amount_off','amount_minor':"
        "100,"
        "'selector':{'tags':['it']}}},"
        "{'id':'threshold','group':'basket','if':{'min_spend':{'selector':{'tags':['it']},'amount_minor':1}},"
        "'then':{'kind':'percent_off','rate_bp':100,'selector':{'codes':['b']}}},"
        "{'id':'quantity','group':'points','if':{'quantity':{'selector':{'tags':['it']},'qty_milli':1000}},"
        "'then':{'kind':'points_bonus','points':7}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':100000},{'id':2,'code':'b','amount_minor':50000}]}";
    char text[2048];
    int len = snprintf(text, sizeof text, document, law, started, legal_class);
    assert_true(len > 0 && (size_t)len < sizeof text);
    world_quote(world, text);
    assert_int_equal(world->status, VN_OK);
}

static int64_t line_discount(const struct world *world, size_t line)
{
    return world->out.lines[line].discount_minor;
}

/* What the quote gives must be what the bits leave, for all bits that a quote can show. */
static void check_class(struct world *world, const char *law, const char *legal_class, unsigned forbids)
{
    quote_class(world, law, legal_class, NOON);
    bool discount = (forbids & VN_FORBID_DISCOUNT) == 0;
    bool coupon = discount && (forbids & VN_FORBID_COUPON) == 0;
    bool threshold = (forbids & VN_FORBID_THRESHOLD) == 0;
    assert_int_equal(world_discount(world, "discount"), discount ? 10000 : 0);
    assert_int_equal(world_discount(world, "coupon"), coupon ? 100 : 0);
    assert_int_equal(line_discount(world, 0), (discount ? 10000 : 0) + (coupon ? 100 : 0));
    assert_int_equal(world_discount(world, "threshold"), threshold ? 500 : 0);
    assert_int_equal(world_points(world, "quantity"), threshold ? 7 : 0);
    int64_t of_a = (forbids & VN_FORBID_EARN) == 0 ? 100000 - line_discount(world, 0) : 0;
    assert_int_equal(world_points(world, ""), (of_a + 50000 - line_discount(world, 1)) / 10000);
    /* half of what points may pay, in steps of 50 */
    int64_t payable = world->out.lines[1].payable_minor;
    payable += (forbids & VN_FORBID_SPEND) == 0 ? world->out.lines[0].payable_minor : 0;
    assert_int_equal(world->out.spend_max_points, payable / 2 / 100 / 50 * 50);
    assert_int_equal(world_reason(world, "discount", NULL), discount ? VN_REASON_APPLIED : VN_REASON_LAW);
    assert_int_equal(world_reason(world, "coupon", NULL), coupon ? VN_REASON_APPLIED : VN_REASON_LAW);
}

static void test_every_row_is_held_by_a_quote(void **state)
{
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    assert_true(count >= 33);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(vn_law_forbids(rows[i].law, rows[i].legal_class), rows[i].forbids);
        assert_int_equal(vn_law_has_min_price(rows[i].law, rows[i].legal_class), rows[i].min_price);
        check_class(*state, vn_law_names[rows[i].law], rows[i].legal_class, rows[i].forbids);
    }
}

static void test_each_law_judges_each_class_once(void **state)
{
    (void)state;
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    size_t of_law[VN_LAW_RU + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        of_law[rows[i].law]++;
        for (size_t other = 0; other < i; other++) {
            assert_false(rows[other].law == rows[i].law &&
                         strcmp(rows[other].legal_class, rows[i].legal_class) == 0);
        }
    }
    assert_int_equal(of_law[VN_LAW_NONE], 0);
    assert_int_equal(of_law[VN_LAW_RS], of_law[VN_LAW_PL]);
    assert_int_equal(of_law[VN_LAW_RS], of_law[VN_LAW_RU]);
}

static void test_what_was_not_read_is_forbidden_and_adults_goods_are_no_gifts(void **state)
{
    (void)state;
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    for (size_t i = 0; i < count; i++) {
        bool by_choice = strcmp(rows[i].legal_class, "age-restricted") == 0;
        if (rows[i].verified == NULL && !by_choice) {
            assert_int_equal(rows[i].forbids, VN_FORBID_ALL);
        }
        if (rows[i].age_restricted) {
            assert_true((rows[i].forbids & VN_FORBID_GIFT) != 0);
            assert_true((rows[i].forbids & VN_FORBID_PROMPT) != 0);
        }
        assert_true(rows[i].verified == NULL || rows[i].verified[0] != '\0');
        assert_non_null(rows[i].note);
        assert_true(rows[i].from_minute <= rows[i].to_minute && rows[i].to_minute < 1440);
    }
}

static void test_a_class_outside_the_table_and_a_country_without_one_are_free(void **state)
{
    check_class(*state, "rs", "general", 0);
    check_class(*state, "rs", "", 0);
    check_class(*state, "ru", "bread", 0);
    check_class(*state, "none", "tobacco", 0);
    assert_int_equal(vn_law_forbids(VN_LAW_NONE, "tobacco"), 0);
    assert_int_equal(vn_law_forbids_at(VN_LAW_RU, "bread", 0), 0);
    assert_false(vn_law_has_min_price(VN_LAW_RU, "bread"));
}

static void test_outside_the_hours_of_sale_everything_is_forbidden(void **state)
{
    (void)state;
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    size_t timed = 0;
    for (size_t i = 0; i < count; i++) {
        const struct vn_law_row *row = &rows[i];
        if (row->to_minute == 0) {
            assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, 0), row->forbids);
            assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, 1439), row->forbids);
            continue;
        }
        timed++;
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->from_minute - 1), VN_FORBID_ALL);
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->from_minute), row->forbids);
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->to_minute - 1), row->forbids);
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->to_minute), VN_FORBID_ALL);
    }
    assert_int_equal(timed, 2); /* alcohol and beer in Russia */
}

/* Whatever the promotion: its group, its stage, its priority, 100 %, a coupon with terms of its own, points. */
static void test_nothing_overrides_the_law(void **state)
{
    struct world *world = *state;
    static const char *const promotions[] = {
        "{'id':'p','group':'first','priority':1000000,'then':{'kind':'percent_off','rate_bp':10000}}",
        "{'id':'p','group':'all','priority':1000000,'then':{'kind':'amount_off','amount_minor':100000}}",
        "{'id':'p','group':'best','then':{'kind':'percent_off','rate_bp':10000}}",
        "{'id':'p','group':'best','then':{'kind':'nth_free','n':2,'free':1,'selector':{'tags':['t']}}}",
        ("{'id':'p','group':'first','then':{'kind':'bundle','price_minor':1,'parts':["
         "{'selector':{'codes':['t']},'n':1},{'selector':{'tags':['t']},'n':1}]}}"),
        "{'id':'p','group':'first','then':{'kind':'gift','selector':{'codes':['t']}}}",
        "{'id':'p','group':'first','then':{'kind':'new_price','price_minor':1,'selector':{'codes':['t']}}}",
        "{'id':'p','group':'basket','then':{'kind':'percent_off','rate_bp':10000}}",
        "{'id':'p','group':'coupons','if':{'coupon':true},'then':{'kind':'percent_off','rate_bp':10000}}",
        "{'id':'p','group':'points','then':{'kind':'points_multiplier','times_bp':100000}}",
    };
    for (size_t i = 0; i < sizeof promotions / sizeof promotions[0]; i++) {
        char text[1024];
        int len = snprintf(
            text, sizeof text,
            "{'header':{'law':'ru'},'items':{'t':{'legal_class':'tobacco','tags':['t']}},"
            "'member':{'known':true,'account':'w1','balance':100000},'hub':true,"
            "'rights':{'w1':100000},'spend_points':500,'coupons':[{'promotion':'p'}],"
            "'promotions':[%s],'lines':[{'id':1,'code':'t','qty_milli':2000,'amount_minor':100000}]}",
            promotions[i]);
        assert_true(len > 0 && (size_t)len < sizeof text);
        world_quote(world, text);
        assert_int_equal(world->status, VN_OK);
        assert_int_equal(world->out.payable_minor, 100000);
        assert_int_equal(world->out.points_earned, 0);
        assert_int_equal(world->out.points_spent, 0);
        assert_int_equal(world_reason(world, "p", NULL), VN_REASON_LAW);
    }
}

/* Premiums and tie-in sales are named beside coupons: not only its own price must not induce to buy it. */
static void test_infant_formula_earns_nothing_on_other_goods(void **state)
{
    static const char *const promotions[] = {
        "'group':'first','then':{'kind':'buy_get','buy':{'selector':{'codes':['milk']},'n':1},"
        "'get':{'selector':{'codes':['wipes']},'n':1}}",
        "'group':'first','if':{'quantity':{'selector':{'codes':['milk']},'qty_milli':1000}},"
        "'then':{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['wipes']}}",
        "'group':'basket','if':{'min_spend':{'selector':{'codes':['milk']},'amount_minor':1}},"
        "'then':{'kind':'percent_off','rate_bp':1000,'selector':{'codes':['wipes']}}",
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof promotions / sizeof promotions[0]; i++) {
        char text[1024];
        int len =
            snprintf(text, sizeof text,
                     "{'header':{'law':'pl'},'items':{'milk':{'legal_class':'infant-formula'},'wipes':{}},"
                     "'promotions':[{'id':'p',%s}],'lines':[{'id':1,'code':'milk','amount_minor':5000},"
                     "{'id':2,'code':'wipes','amount_minor':1000}]}",
                     promotions[i]);
        assert_true(len > 0 && (size_t)len < sizeof text);
        world_quote(world, text);
        assert_int_equal(world->status, VN_OK);
        assert_int_equal(world->out.discount_minor, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_row_is_held_by_a_quote, setup, teardown),
        cmocka_unit_test(test_each_law_judges_each_class_once),
        cmocka_unit_test(test_what_was_not_read_is_forbidden_and_adults_goods_are_no_gifts),
        cmocka_unit_test_setup_teardown(test_a_class_outside_the_table_and_a_country_without_one_are_free,
                                        setup, teardown),
        cmocka_unit_test(test_outside_the_hours_of_sale_everything_is_forbidden),
        cmocka_unit_test_setup_teardown(test_nothing_overrides_the_law, setup, teardown),
        cmocka_unit_test_setup_teardown(test_infant_formula_earns_nothing_on_other_goods, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
