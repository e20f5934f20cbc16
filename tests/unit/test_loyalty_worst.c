/* The worst baskets: as many lines and pieces as there may be, and promotions that all mean all of them. What a quote costs
 * must not grow with the square of either. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/loyalty_world.h"

#define PIECES    (VN_UNITS_MAX / VN_LINES_MAX)
#define SECONDS   12 /* of the processor: many times what it takes, and far below what squares would take */
#define TEXT_ROOM (1 << 20)

/* 500 lines of 8 pieces each, at some hundred prices, and `count` promotions of one kind; `then` has a %u that differs. */
static void quote_many(struct world *world, unsigned count, const char *before, const char *then,
                       const char *after)
{
    char *text = calloc(1, TEXT_ROOM);
    assert_non_null(text);
    size_t len = (size_t)snprintf(text, TEXT_ROOM, "{'header':{'engine':2},'promotions':[");
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len, "%s{'id':'p%u',%s%s%u%s}", i == 0 ? "" : ",", i,
                                before, then, i + 1, after);
    }
    len += (size_t)snprintf(text + len, TEXT_ROOM - len, "],'lines':[");
    for (unsigned i = 0; i < VN_LINES_MAX; i++) {
        len += (size_t)snprintf(text + len, TEXT_ROOM - len,
                                "%s{'id':%u,'code':'c%u','qty_milli':%d,'amount_minor':%u}",
                                i == 0 ? "" : ",", i + 1, i, PIECES * 1000, PIECES * (100 + i * 7919 % 900));
    }
    len += (size_t)snprintf(text + len, TEXT_ROOM - len, "]}");
    assert_true(len < TEXT_ROOM);
    clock_t start = clock();
    world_outcome(world, text);
    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS);
    world_check_sums(world);
    free(text);
}

#define TWO_OF_ALL "'then':{'kind':'bundle','parts':[{'n':1},{'n':1}],'price_minor':1000"

static void test_bundles_that_share_pieces_share_their_steps(void **state)
{
    struct world *world = *state;
    /* none is worth its price, and it takes all steps to prove that of one */
    quote_many(world, 200, "'group':'first',", TWO_OF_ALL, "}");
    assert_int_equal(world->out.discount_minor, 0);
    assert_false(world->out.optimal);
    quote_many(world, 200, "'group':'best',", TWO_OF_ALL, "}");
    assert_int_equal(world->out.discount_minor, 0);
    /* the next quote has its own */
    world_outcome(world,
                  "{'header':{'engine':2},'promotions':[{'id':'p','group':'first','then':{'kind':'bundle',"
                  "'parts':[{'n':1,'selector':{'codes':['a','b']}},{'n':1,'selector':{'codes':['a']}}],"
                  "'price_minor':100}}],'lines':[{'id':1,'code':'a','qty_milli':2000,'amount_minor':400},"
                  "{'id':2,'code':'b','amount_minor':150}]}");
    assert_int_equal(world->out.discount_minor, 300);
    assert_true(world->out.optimal);
}

static void test_many_that_buy_and_get(void **state)
{
    struct world *world = *state;
    quote_many(world, 1000, "'group':'best',",
               "'then':{'kind':'buy_get','buy':{'n':1},'get':{'n':1},'rate_bp':", "}");
    assert_true(world->out.discount_minor > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bundles_that_share_pieces_share_their_steps, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_many_that_buy_and_get, world_setup, world_teardown),
    };
    return cmocka_run_group_tests_name("loyalty_worst", tests, NULL, NULL);
}
