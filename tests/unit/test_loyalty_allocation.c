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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_quote_allocates_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
