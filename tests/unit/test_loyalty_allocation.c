/* A quote allocates nothing: the linker routes all allocation of this program through counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static unsigned allocations;

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

static void test_a_quote_allocates_nothing(void **state)
{
    (void)state;
    struct world *world = world_create();
    world_quote(
        world,
        "{'ruleset':'worked.ndjson','items':{'100':{'category':'food/coffee'},'201':{'tags':['yoghurt']}},"
        "'coupons':[{'account':'c1','promotion':'coupon-100'}],'rights':{'c1':1,'w5':300},'spend_points':300,"
        "'member':{'known':true,'account':'w5','tier':'gold','balance':1000},'lines':["
        "{'id':1,'code':'100','qty_milli':3000,'amount_minor':150000},"
        "{'id':2,'code':'201','qty_milli':900000,'amount_minor':5000000},"
        "{'id':3,'code':'9','amount_minor':-500}]}");
    assert_int_equal(world->status, VN_OK);
    assert_true(allocations > 0); /* the counters count */
    allocations = 0;
    world_again(world);
    assert_int_equal(world->status, VN_OK);
    assert_int_equal(allocations, 0);
    assert_int_equal(world->out.points_spent, 300);
    assert_int_equal(world->out.consumption_count, 2);
    world_destroy(world);
}

/* Every choice of a group, rewards of every stage, and a coupon with terms of its own. */
static void test_neither_do_sets_members_and_coupons_with_terms(void **state)
{
    (void)state;
    struct world *world = world_create();
    world_quote(
        world,
        "{'promotions':["
        "{'id':'n','group':'best','then':{'kind':'nth_free','n':3,'free':1,'selector':{'codes':['a','b']}}},"
        "{'id':'p','group':'best','then':{'kind':'percent_off','rate_bp':3000,'selector':{'codes':['a']}}},"
        "{'id':'u','group':'best','then':{'kind':'bundle','parts':[{'selector':{'codes':['a']},'n':1},{'"
        "selector':"
        "{'codes':['c']},'n':1}],'price_minor':900}},"
        "{'id':'s','group':'basket','who':{'kind':'members','segments':['x']},'then':[{'kind':'ladder','"
        "steps':[{"
        "'from_minor':1,'rate_bp':500}]},{'kind':'stamp','card':'k','once':true},{'kind':'points_bonus','"
        "points':3}]"
        "},{'id':'m','group':'points','then':{'kind':'points_multiplier','times_bp':20000}}],"
        "'coupons':[{'account':'c1','promotion':'','label':'1','terms':{'off_bp':1000,'codes':['b']}}],"
        "'rights':{'c1':1},'member':{'known':true,'id':'m1','account':'w1','segments':['x']},'lines':["
        "{'id':1,'code':'a','qty_milli':5000,'amount_minor':5000},"
        "{'id':2,'code':'b','qty_milli':4000,'amount_minor':3000},"
        "{'id':3,'code':'c','qty_milli':1000,'amount_minor':400}]}");
    assert_int_equal(world->status, VN_OK);
    allocations = 0;
    world_again(world);
    assert_int_equal(allocations, 0);
    assert_int_equal(world_reason(world, "s", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "m", NULL), VN_REASON_APPLIED);
    assert_int_equal(world_reason(world, "~1", NULL), VN_REASON_APPLIED);
    assert_true(world->out.optimal);
    assert_int_equal(world->out.given_count, 1);
    world_destroy(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_quote_allocates_nothing),
        cmocka_unit_test(test_neither_do_sets_members_and_coupons_with_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
