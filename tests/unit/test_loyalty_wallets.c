/* Points into several wallets, and no more than a wallet's maximum of a receipt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

static void test_a_receipt_earns_no_more_than_the_wallet_s_maximum(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'wallet':{'earn_max_receipt':%d}},'member':{'known':true,'account':'w1'},'promotions':["
        "{'id':'b','priority':2,'group':'points','then':{'kind':'points_bonus','points':50}},"
        "{'id':'c','priority':1,'group':'points','then':{'kind':'points_bonus','points':50}},"
        "{'id':'p','group':'first','then':[{'kind':'amount_off','amount_minor':1},"
        "{'kind':'points_bonus','points':50}]}],'lines':[{'id':1,'code':'a','amount_minor':100001}]}";
    static const struct {
        int most;
        int64_t base, first, second, beside;
    } rows[] = {{160, 10, 50, 50, 50}, {159, 10, 50, 50, 49}, {110, 10, 50, 50, 0},
                {61, 10, 50, 1, 0},    {60, 10, 50, 0, 0},    {9, 9, 0, 0, 0}};
    char text[1024];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)snprintf(text, sizeof text, document, rows[i].most);
        world_outcome(world, text);
        assert_int_equal(world_points(world, ""), rows[i].base);
        assert_int_equal(world_points(world, "b"), rows[i].first);
        assert_int_equal(world_points(world, "c"), rows[i].second);
        assert_int_equal(world_points(world, "p"), rows[i].beside);
        assert_int_equal(world_reason(world, "c", NULL),
                         rows[i].second > 0 ? VN_REASON_APPLIED : VN_REASON_CAPPED);
    }
}

static int64_t points_in(const struct world *world, const char *promotion, const char *wallet)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < world->out.application_count; i++) {
        const struct vn_application *row = &world->out.applications[i];
        bool same = strcmp(row->promotion, promotion) == 0 && strcmp(row->wallet, wallet) == 0;
        sum += same ? row->points : 0;
    }
    return sum;
}

static void test_wallets_earn_each_at_its_own_rate(void **state)
{
    struct world *world = *state;
    static const char document[] =
        "{'header':{'earning':{'points':1,'per_minor':10000},'wallets':[{'id':'two','exponent':2,"
        "'earning':{'points':25,'per_minor':1000},'earn_max_receipt':%d}]},'member':{'known':%s,'account':'"
        "w1',"
        "'wallets':[%s]},'promotions':["
        "{'id':'m','group':'points','then':{'kind':'points_multiplier','times_bp':20000}},"
        "{'id':'b','group':'points','then':{'kind':'points_bonus','points':500,'wallet':'two'}}],"
        "'lines':[{'id':1,'code':'a','amount_minor':%d}]}";
    static const char has[] = "{'id':'two','account':'w2'}";
    char text[2048];
    (void)snprintf(text, sizeof text, document, 9999, "true", has, 12399);
    world_outcome(world, text);
    assert_int_equal(points_in(world, "", ""), 1);
    assert_int_equal(points_in(world, "m", ""), 1);     /* 2.4798 */
    assert_int_equal(points_in(world, "", "two"), 309); /* 3.09 of 3.09975, not doubled */
    assert_int_equal(points_in(world, "b", "two"), 500);
    assert_int_equal(world->out.points_earned, 2);
    assert_int_equal(world->out.wallets[0].earned, 809);
    (void)snprintf(text, sizeof text, document, 9999, "true", has, 12400);
    world_outcome(world, text);
    assert_int_equal(points_in(world, "", "two"), 310);
    (void)snprintf(text, sizeof text, document, 400, "true", has, 12399);
    world_outcome(world, text);
    assert_int_equal(points_in(world, "b", "two"), 91);
    assert_int_equal(world->out.points_earned, 2);
    (void)snprintf(text, sizeof text, document, 9999, "true", "", 12399);
    world_outcome(world, text);
    assert_int_equal(world_reason(world, "b", NULL), VN_REASON_NOTHING_MATCHES);
    assert_int_equal(world->out.wallet_count, 0);
    (void)snprintf(text, sizeof text, document, 9999, "false", has, 12399);
    world_outcome(world, text);
    assert_int_equal(world->out.wallet_count,
                     0); /* base points of the first wallet alone, until the hub knows more */
    assert_int_equal(world->out.points_earned, 1);
}

static void test_a_reward_names_its_wallet_among_several(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'header':{'wallets':[{'id':'two'},{'id':'three'}]},'member':{'known':true,'account':'w1',"
                  "'wallets':[{'id':'three','account':'w3'},{'id':'two','account':'w2'}]},'promotions':["
                  "{'id':'b','group':'points','then':[{'kind':'points_bonus','points':1},"
                  "{'kind':'points_bonus','points':2,'wallet':'two'},"
                  "{'kind':'points_bonus','points':3,'wallet':'three'}]}],'lines':[{'id':1,'code':'a',"
                  "'amount_minor':1}]}");
    assert_int_equal(points_in(world, "b", ""), 1);
    assert_int_equal(points_in(world, "b", "two"), 2);
    assert_int_equal(points_in(world, "b", "three"), 3);
    assert_string_equal(world->out.wallets[0].wallet, "two"); /* in the ruleset's order */
    assert_int_equal(world->out.wallets[1].earned, 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_receipt_earns_no_more_than_the_wallet_s_maximum),
        T(test_wallets_earn_each_at_its_own_rate),
        T(test_a_reward_names_its_wallet_among_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
