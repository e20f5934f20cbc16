/* Coupons with terms of their own: which of them are the same, and that the order in which they were presented has no say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/loyalty_json.h"
#include "tests/unit/loyalty_world.h"

/* The outcome of a basket of 100.00 with these coupons, as JSON; free() it. */
static char *present(struct world *world, const char *first, const char *second)
{
    char text[2048];
    (void)snprintf(text, sizeof text,
                   "{'started_ms':1795345200000,'hub':true,'member':{'known':true,'id':'m','account':'w1'},"
                   "'coupons':[%s,%s],'lines':[{'id':1,'code':'a','amount_minor':6000},"
                   "{'id':2,'code':'b','amount_minor':4000}]}",
                   first, second);
    world_outcome(world, text);
    json_t *json = vn_outcome_write(&world->out);
    assert_non_null(json);
    char *out = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    assert_non_null(out);
    return out;
}

#define COUPON(more, terms) "{'label':'A'" more ",'terms':{" terms "}}"

static void test_two_coupons_of_one_label_come_in_one_order(void **state)
{
    struct world *world = *state;
    static const char *const pairs[][2] = {
        {COUPON("", "'off_bp':1000"), COUPON("", "'off_bp':2500")},
        {COUPON("", "'off_minor':333"), COUPON("", "'off_minor':1000")},
        {COUPON("", "'off_bp':1000"), COUPON("", "'off_minor':1000")},
        {COUPON("", "'off_bp':1000"), COUPON("", "'off_bp':1000,'least_minor':99999")},
        {COUPON("", "'off_bp':1000"), COUPON(",'member':'m'", "'off_bp':1000")},
        {COUPON("", "'off_bp':1000"), COUPON(",'valid_from_ms':1795345200001", "'off_bp':1000")},
        {COUPON("", "'off_bp':1000"), COUPON(",'valid_until_ms':1795345200000", "'off_bp':1000")},
        {COUPON("", "'off_bp':1000"), COUPON(",'spent':true", "'off_bp':1000")},
        {COUPON("", "'off_bp':1000"), COUPON(",'single_use':true", "'off_bp':1000")},
        {COUPON("", "'off_bp':1000"), COUPON("", "'off_bp':1000,'codes':['a']")},
        {COUPON("", "'off_bp':1000,'codes':['a']"), COUPON("", "'off_bp':1000,'codes':['a','b']")},
        {COUPON("", "'off_bp':1000,'codes':['a']"), COUPON("", "'off_bp':1000,'codes':['b']")},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *one = present(world, pairs[i][0], pairs[i][1]);
        assert_int_equal(world->out.explanation_count, 2); /* they are two */
        char *two = present(world, pairs[i][1], pairs[i][0]);
        assert_string_equal(one, two);
        char *same = present(world, pairs[i][1], pairs[i][1]);
        assert_int_equal(world->out.explanation_count, 1);
        free(one);
        free(two);
        free(same);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_two_coupons_of_one_label_come_in_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
