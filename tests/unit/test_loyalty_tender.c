/* Points that pay as a tender: they lower no price, and what they pay earns nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

#define TENDER_WALLET                                                                                        \
    "'wallet':{'worth':{'points':1,'minor':1},'spent_as':'%s'%s},'earning':{'points':1,'per_minor':100}"

static void pay(struct world *world, const char *way, const char *terms, int64_t points)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{'header':{" TENDER_WALLET ",'tiers':{'by':'spend','steps':[{'id':'gold','from':50000}]},"
                   "'floor_bp':9000},'member':{'known':true,'account':'w1','tier':'','balance':50000,"
                   "'qualifying':20000},'rights':{'w1':50000},'spend_points':%lld,'lines':["
                   "{'id':1,'code':'a','amount_minor':20000},{'id':2,'code':'b','amount_minor':10000}]}",
                   way, terms, (long long)points);
    world_outcome(world, text);
}

static void test_a_tender_pays_and_lowers_no_price(void **state)
{
    struct world *world = *state;
    pay(world, "tender", "", 10001);
    const struct vn_outcome *out = &world->out;
    assert_true(out->spent_as_tender);
    assert_int_equal(out->points_spent, 10001);
    assert_int_equal(out->points_value_minor, 10001);
    assert_int_equal(out->tender_minor, 10001);
    assert_int_equal(out->discount_minor, 0);
    assert_int_equal(out->payable_minor, 30000); /* the tax is on all of it */
    assert_int_equal(out->lines[0].discount_minor, 0);
    assert_int_equal(out->lines[0].earn_minor, 20000 - 6667); /* by largest remainder */
    assert_int_equal(out->lines[1].earn_minor, 10000 - 3334);
    assert_int_equal(out->points_earned, 199); /* of 199.99 */
    assert_int_equal(world_consumed(world, "w1"), 10001);
    pay(world, "discount", "", 10001); /* the floor holds a discount, but no payment */
    assert_false(out->spent_as_tender);
    assert_int_equal(out->tender_minor, 0);
    assert_int_equal(out->points_spent, 3000);
    assert_int_equal(out->payable_minor, 27000);
    assert_int_equal(out->points_earned, 270);
}

static void test_a_tender_can_pay_all_but_what_is_left(void **state)
{
    struct world *world = *state;
    pay(world, "tender", "", 50000);
    assert_int_equal(world->out.tender_minor, 30000);
    assert_int_equal(world->out.points_earned, 0);
    pay(world, "tender", ",'spend_left_minor':100", 50000);
    assert_int_equal(world->out.tender_minor, 29900);
    pay(world, "tender", ",'exclude':{'codes':['b']}", 50000);
    assert_int_equal(world->out.tender_minor, 20000);
    assert_int_equal(world->out.lines[0].earn_minor, 0);
    assert_int_equal(world->out.lines[1].earn_minor, 10000);
    pay(world, "tender", ",'spend_share_bp':2500", 50000);
    assert_int_equal(world->out.tender_minor, 7500);
}

static void test_spending_points_demotes_nobody(void **state)
{
    struct world *world = *state;
    static const int64_t points[] = {0, 1, 10001, 30000};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        pay(world, "tender", "", points[i]);
        assert_int_equal(world->out.points_spent, points[i]);
        assert_int_equal(world->out.qualifying, 30000);
        assert_string_equal(world->out.tier_after, "gold");
    }
}

static void test_discount_and_tender_on_one_receipt(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'worth':{'points':1,'minor':1}},'earning':{'points':1,'per_minor':100},"
        "'wallets':[{'id':'t','worth':{'points':1,'minor':1},'spent_as':'tender','spend_share_bp':5000},"
        "{'id':'u','worth':{'points':1,'minor':1},'spent_as':'tender'}]},'member':{'known':true,'account':'"
        "w1',"
        "'balance':90000,'wallets':[{'id':'t','account':'w2','balance':90000},"
        "{'id':'u','account':'w3','balance':90000}]},'rights':{'w1':90000,'w2':90000,'w3':90000},"
        "'spend_points':2000,'spends':[{'wallet':'u','points':3000},{'wallet':'t','points':90000}],"
        "'lines':[{'id':1,'code':'a','amount_minor':10000}]}";
    world_outcome(world, document);
    const struct vn_outcome *out = &world->out;
    assert_int_equal(out->payable_minor, 8000);
    assert_int_equal(out->wallets[1].value_minor, 3000);
    assert_int_equal(out->wallets[0].value_minor, 4000); /* half of what is payable */
    assert_true(out->wallets[0].tender);
    assert_int_equal(out->tender_minor, 7000);
    assert_false(out->spent_as_tender); /* the first wallet's were a discount */
    assert_int_equal(out->lines[0].earn_minor, 1000);
    assert_int_equal(out->points_earned, 10);
}

static void test_discounts_come_before_tenders_whatever_was_chosen_first(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallets':[{'id':'d','worth':{'points':1,'minor':1},'spend_share_bp':5000},"
        "{'id':'t','worth':{'points':1,'minor':1},'spent_as':'tender','spend_share_bp':5000},"
        "{'id':'u','worth':{'points':1,'minor':1},'spent_as':'tender','spend_left_minor':%d}]},"
        "'member':{'known':true,'account':'w1','wallets':[{'id':'d','account':'w2','balance':90000},"
        "{'id':'t','account':'w3','balance':90000},{'id':'u','account':'w4','balance':90000}]},"
        "'rights':{'w2':90000,'w3':90000,'w4':90000},'spends':[%s],"
        "'lines':[{'id':1,'code':'a','amount_minor':10000}]}";
    char text[1024];
    (void)snprintf(text, sizeof text, document, 500,
                   "{'wallet':'u','points':1500},{'wallet':'t','points':90000},{'wallet':'d','points':2000}");
    world_outcome(world, text);
    const struct vn_wallet_outcome *rows = world->out.wallets;
    assert_int_equal(rows[0].spent, 2000);
    assert_int_equal(rows[2].spent, 1500);
    assert_int_equal(rows[2].spend_max, 7500);
    assert_int_equal(rows[1].spent, 4000); /* half of the 80.00 that are payable */
    assert_int_equal(world->out.payable_minor, 8000);
    assert_int_equal(world->out.tender_minor, 5500);
    (void)snprintf(
        text, sizeof text, document, 500,
        "{'wallet':'t','points':90000},{'wallet':'u','points':90000},{'wallet':'d','points':2000}");
    world_outcome(world, text);
    assert_int_equal(rows[1].spent, 4000);
    assert_int_equal(rows[2].spent, 3500); /* 80.00, less 40.00 that are paid and 5.00 that stay */
    /* of those that were not chosen the range is told, after the others */
    (void)snprintf(text, sizeof text, document, 0, "{'wallet':'d','points':2000}");
    world_outcome(world, text);
    assert_int_equal(rows[0].spend_max, 5000);
    assert_int_equal(rows[1].spend_max, 4000);
    assert_int_equal(rows[2].spend_max, 8000);
    (void)snprintf(text, sizeof text, document, 0, "{'wallet':'t','points':1000}");
    world_outcome(world, text);
    assert_int_equal(rows[0].spend_max, 5000);
    assert_int_equal(rows[1].spend_max, 5000);
    assert_int_equal(rows[2].spend_max, 9000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_tender_pays_and_lowers_no_price),
        T(test_a_tender_can_pay_all_but_what_is_left),
        T(test_spending_points_demotes_nobody),
        T(test_discount_and_tender_on_one_receipt),
        T(test_discounts_come_before_tenders_whatever_was_chosen_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
