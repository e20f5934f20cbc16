/* Who pays for a discount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"
#include "tests/unit/loyalty_world.h"

/* An amount off the basket, paid for by these funders. */
static void fund(struct world *world, int64_t off, const char *funders)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "{'promotions':[{'id':'p','group':'basket','funders':[%s],"
                   "'then':{'kind':'amount_off','amount_minor':%lld}}],"
                   "'lines':[{'id':1,'code':'a','qty_milli':3000,'amount_minor':3000},"
                   "{'id':2,'code':'b','qty_milli':1300,'kind':'weighed','amount_minor':2000}]}",
                   funders, (long long)off);
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, off);
}

static int64_t paid_by(const struct world *world, const char *promotion, const char *funder)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < world->out.funding_count; i++) {
        const struct vn_funding *row = &world->out.fundings[i];
        bool same = strcmp(row->promotion, promotion) == 0 && strcmp(row->funder, funder) == 0;
        sum += same ? row->amount_minor : 0;
    }
    return sum;
}

static void test_shares_are_rounded_together_with_the_chain_s(void **state)
{
    struct world *world = *state;
    fund(world, 1000, "{'id':'x','share_bp':5000}");
    assert_int_equal(paid_by(world, "p", "x"), 500);
    fund(world, 1001,
         "{'id':'x','share_bp':5000}"); /* a tie goes to the earlier part, and the chain is the last */
    assert_int_equal(paid_by(world, "p", "x"), 501);
    fund(world, 100, "{'id':'x','share_bp':3333},{'id':'y','share_bp':3333}");
    assert_int_equal(paid_by(world, "p", "x"), 33);
    assert_int_equal(paid_by(world, "p", "y"), 33); /* the odd one is the chain's: 33.34 */
    fund(world, 100, "{'id':'x','share_bp':3334},{'id':'y','share_bp':3333}");
    assert_int_equal(paid_by(world, "p", "x"), 34);
    assert_int_equal(paid_by(world, "p", "y"), 33);
    fund(world, 999, "{'id':'x','share_bp':2500},{'id':'y','share_bp':7500}"); /* 249.75 and 749.25 */
    assert_int_equal(paid_by(world, "p", "x"), 250);
    assert_int_equal(paid_by(world, "p", "y"), 749);
    assert_int_equal(world->out.funding_count, 2);
}

static void test_an_amount_for_each_piece_goes_by_weight_too(void **state)
{
    struct world *world = *state;
    fund(world, 2000, "{'id':'x','per_unit_minor':101}"); /* 3 pieces and 1.3 kg */
    assert_int_equal(paid_by(world, "p", "x"), 434);      /* 434.3 */
    fund(world, 2000, "{'id':'x','per_unit_minor':1}");
    assert_int_equal(paid_by(world, "p", "x"), 4);
    fund(world, 2000, "{'id':'x','per_unit_minor':105}"); /* 451.5 */
    assert_int_equal(paid_by(world, "p", "x"), 452);
    world_outcome(world,
                  "{'promotions':[{'id':'p','group':'first','funders':[{'id':'x','per_unit_minor':30}],"
                  "'limits':{'per_receipt':2},'then':{'kind':'amount_off','amount_minor':50}}],"
                  "'lines':[{'id':1,'code':'a','qty_milli':5000,'amount_minor':5000}]}");
    assert_int_equal(world->out.discount_minor, 100);
    assert_int_equal(paid_by(world, "p", "x"), 60); /* of the discounted pieces alone */
}

static void test_nobody_pays_more_than_his_cap_or_what_is_left(void **state)
{
    struct world *world = *state;
    fund(world, 1000, "{'id':'x','share_bp':9000,'cap_minor':899}");
    assert_int_equal(paid_by(world, "p", "x"), 899);
    fund(world, 1000, "{'id':'x','share_bp':9000,'cap_minor':901}");
    assert_int_equal(paid_by(world, "p", "x"), 900);
    fund(world, 1000, "{'id':'x','per_unit_minor':1000}");
    assert_int_equal(paid_by(world, "p", "x"), 1000);
    fund(world, 1000,
         "{'id':'x','share_bp':8000},{'id':'y','per_unit_minor':100},{'id':'z','per_unit_minor':1}");
    assert_int_equal(paid_by(world, "p", "x"), 800);
    assert_int_equal(paid_by(world, "p", "y"), 200); /* of 430, what the one before left */
    assert_int_equal(paid_by(world, "p", "z"), 0);
    assert_int_equal(world->out.funding_count, 2); /* who pays nothing has no row */
}

static void test_each_promotion_has_its_own_rows_and_none_without_a_discount(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'floor_bp':9000},'promotions':["
                  "{'id':'p','group':'all','funders':[{'id':'x','share_bp':5000}],'then':{'kind':'percent_"
                  "off','rate_bp':500}},"
                  "{'id':'q','priority':3,'group':'basket','funders':[{'id':'x','share_bp':10000}],"
                  "'then':{'kind':'amount_off','amount_minor':300}},"
                  "{'id':'r','priority':2,'group':'basket','then':{'kind':'amount_off','amount_minor':100}},"
                  "{'id':'s','priority':1,'group':'basket','funders':[{'id':'x','share_bp':10000}],"
                  "'then':{'kind':'amount_off','amount_minor':300}},"
                  "{'id':'t','priority':0,'group':'basket','funders':[{'id':'x','share_bp':10000}],"
                  "'then':{'kind':'amount_off','amount_minor':300}}],"
                  "'lines':[{'id':1,'code':'a','amount_minor':10000}]}");
    assert_int_equal(world->out.discount_minor, 1000);
    assert_int_equal(paid_by(world, "p", "x"), 250);
    assert_int_equal(paid_by(world, "q", "x"), 300);
    assert_int_equal(paid_by(world, "s", "x"), 100); /* what the floor left for it */
    assert_int_equal(world_reason(world, "t", NULL), VN_REASON_CAPPED);
    assert_int_equal(world->out.funding_count, 3);
}

static void test_beyond_its_room_an_outcome_leaves_a_promotion_s_funders_out(void **state)
{
    struct world *world = *state;
    static char text[65536];
    char last[16];
    int count = VN_FUNDINGS_MAX / 4 + 1;
    size_t len = (size_t)snprintf(text, sizeof text, "{'promotions':[");
    for (int i = 0; i < count; i++) {
        len += (size_t)snprintf(
            text + len, sizeof text - len,
            "%s{'id':'p%d','priority':%d,'group':'basket','funders':[{'id':'w','share_bp':2500},"
            "{'id':'x','share_bp':2500},{'id':'y','share_bp':2500},{'id':'z','share_bp':2500}],"
            "'then':{'kind':'amount_off','amount_minor':40}}",
            i == 0 ? "" : ",", i, count - i);
    }
    (void)snprintf(text + len, sizeof text - len, "],'lines':[{'id':1,'code':'a','amount_minor':100000}]}");
    world_outcome(world, text);
    assert_int_equal(world->out.discount_minor, (int64_t)count * 40);
    assert_int_equal(world->out.funding_count, VN_FUNDINGS_MAX);
    (void)snprintf(last, sizeof last, "p%d", count - 2);
    assert_int_equal(paid_by(world, last, "z"), 10);
    (void)snprintf(last, sizeof last, "p%d", count - 1);
    assert_int_equal(paid_by(world, last, "w"), 0);
}

/* Fundings never exceed the discount that they are for, nor a funder's cap; what the shares alone say is at most one off. */
static void test_random_discounts_are_never_overpaid(void **state)
{
    struct world *world = *state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t at = seed;
        struct vn_random random = vn_random_seeded(&at);
        uint16_t r[8];
        char funders[512];
        assert_int_equal(vn_random_fill(&random, (uint8_t *)r, sizeof r), VN_OK);
        int64_t off = 1 + r[0] % 5000;
        int first = 1 + r[1] % 5000;
        int second = 1 + r[2] % 5000;
        bool capped = r[3] % 2 == 0;
        (void)snprintf(funders, sizeof funders,
                       "{'id':'x','share_bp':%d%s},{'id':'y','share_bp':%d},{'id':'z','per_unit_minor':%d}",
                       first, capped ? ",'cap_minor':100" : "", second, 1 + r[4] % 2000);
        fund(world, off, funders);
        int64_t x = paid_by(world, "p", "x");
        int64_t y = paid_by(world, "p", "y");
        int64_t z = paid_by(world, "p", "z");
        assert_true(x + y + z <= off);
        assert_true(!capped || x <= 100);
        assert_true(capped || (x >= off * first / 10000 && x <= off * first / 10000 + 1));
        assert_true(y >= off * second / 10000 && y <= off * second / 10000 + 1);
        assert_true(z == off - x - y || z == ((1 + r[4] % 2000) * 4300 + 500) / 1000);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_shares_are_rounded_together_with_the_chain_s),
        T(test_an_amount_for_each_piece_goes_by_weight_too),
        T(test_nobody_pays_more_than_his_cap_or_what_is_left),
        T(test_each_promotion_has_its_own_rows_and_none_without_a_discount),
        T(test_beyond_its_room_an_outcome_leaves_a_promotion_s_funders_out),
        T(test_random_discounts_are_never_overpaid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
