/* Which points are spent: lots that mature and expire, and debts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

#define NOW 1000000

static void spend_lots(struct world *world, const char *lots, const char *more, int64_t points)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{'header':{'wallet':{'worth':{'points':1,'minor':1}}},'started_ms':%d,'member':{"
                   "'known':true,'account':'w1','balance':1000%s,'lots':[%s]},'rights':{'w1':1000},"
                   "'spend_points':%lld,'lines':[{'id':1,'code':'a','amount_minor':100000}]}",
                   NOW, more, lots, (long long)points);
    world_outcome(world, text);
}

static void expect_lots(const struct world *world, size_t count, const int64_t expected[][2])
{
    assert_int_equal(world->out.lot_use_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(world->out.lot_uses[i].account, "w1");
        assert_int_equal(world->out.lot_uses[i].lot, expected[i][0]);
        assert_int_equal(world->out.lot_uses[i].amount, expected[i][1]);
    }
}

static void test_lots_expire_soonest_first(void **state)
{
    struct world *world = *state;
    static const char lots[] = "{'id':5,'amount':100},{'id':9,'amount':100,'expires_ms':3000000},"
                               "{'id':7,'amount':100,'expires_ms':2000000},"
                               "{'id':3,'amount':100,'expires_ms':3000000},{'id':2,'amount':100}";
    spend_lots(world, lots, "", 450);
    expect_lots(world, 5, (const int64_t[][2]){{7, 100}, {3, 100}, {9, 100}, {2, 100}, {5, 50}});
    spend_lots(world, lots, "", 100);
    expect_lots(world, 1, (const int64_t[][2]){{7, 100}});
    spend_lots(world, lots, "", 101);
    expect_lots(world, 2, (const int64_t[][2]){{7, 100}, {3, 1}});
}

static void test_lots_are_spent_when_mature_and_until_they_expire(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    spend_lots(world,
               "{'id':1,'amount':100,'matures_ms':1000001},{'id':2,'amount':10,'matures_ms':1000000},"
               "{'id':3,'amount':100,'expires_ms':1000000},{'id':4,'amount':20,'expires_ms':1000001}",
               "", 200);
    assert_int_equal(world->out.spend_max_points, 30);
    expect_lots(world, 2, (const int64_t[][2]){{4, 20}, {2, 10}});
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 170);
    spend_lots(world, "{'id':1,'amount':100,'matures_ms':1000001}", "", 50);
    assert_int_equal(world->out.points_spent, 0);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 50);
}

static void test_lots_beyond_the_balance_are_spent_already(void **state)
{
    struct world *world = *state;
    spend_lots(world, "{'id':1,'amount':700},{'id':2,'amount':700}", "", 5000);
    assert_int_equal(world->out.points_spent, 1000); /* the balance has this till's own spending in it */
    expect_lots(world, 2, (const int64_t[][2]){{1, 700}, {2, 300}});
}

static void test_debts_come_before_spending(void **state)
{
    struct world *world = *state;
    int64_t missing = 0;
    spend_lots(world, "{'id':1,'amount':1000}", ",'debt':300", 1000);
    assert_int_equal(world->out.spend_max_points, 700);
    assert_int_equal(world->out.points_spent, 700);
    spend_lots(world, "", ",'debt':999", 1000); /* without lots: the balance */
    assert_int_equal(world->out.points_spent, 1);
    assert_int_equal(world->out.lot_use_count, 0);
    spend_lots(world, "", ",'debt':1000", 10);
    assert_int_equal(world_reason(world, "", &missing), VN_REASON_BALANCE_SHORT);
    assert_int_equal(missing, 10);
}

static void test_no_more_lots_are_spent_than_an_outcome_can_name(void **state)
{
    struct world *world = *state;
    char lots[4096] = "";
    size_t len = 0;
    for (int i = 1; i <= VN_LOTS_MAX; i++) {
        len +=
            (size_t)snprintf(lots + len, sizeof lots - len, "%s{'id':%d,'amount':1}", i == 1 ? "" : ",", i);
    }
    char text[16384];
    (void)snprintf(
        text, sizeof text,
        "{'header':{'wallet':{'worth':{'points':1,'minor':1}},'wallets':[{'id':'b','worth':"
        "{'points':1,'minor':1}}]},'member':{'known':true,'account':'w1','balance':64,'lots':[%s],"
        "'wallets':[{'id':'b','account':'w2','balance':64,'lots':[%s]}]},'rights':{'w1':64,'w2':64},"
        "'spend_points':60,'spends':[{'wallet':'b','points':64}],"
        "'lines':[{'id':1,'code':'a','amount_minor':100000}]}",
        lots, lots);
    world_outcome(world, text);
    assert_int_equal(world->out.points_spent, 60);
    assert_int_equal(world->out.wallets[0].spend_max, 4);
    assert_int_equal(world->out.wallets[0].spent, 4);
    assert_int_equal(world->out.lot_use_count, VN_LOT_USES_MAX);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(test_lots_expire_soonest_first),
        T(test_lots_are_spent_when_mature_and_until_they_expire),
        T(test_lots_beyond_the_balance_are_spent_already),
        T(test_debts_come_before_spending),
        T(test_no_more_lots_are_spent_than_an_outcome_can_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
