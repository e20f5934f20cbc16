/* The worked examples of docs/rules.md, as they stand in fixtures/baskets. */
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

static void run_case(const char *name)
{
    char path[VN_PATH_MAX];
    (void)snprintf(path, sizeof path, "fixtures/baskets/%s.json", name);
    char *text = world_read_file(path);
    json_error_t where;
    json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (document == NULL) {
        fail_msg("%s: %s line %d", path, where.text, where.line);
    }
    struct world *world = world_create();
    world_quote_json(world, document);
    assert_int_equal(world->status, VN_OK);
    world_check_sums(world);
    json_t *outcome = vn_outcome_write(&world->out);
    const char *key = NULL;
    json_t *expected = NULL;
    json_object_foreach(json_object_get(document, "expect"), key, expected)
    {
        json_t *found = json_object_get(outcome, key);
        if (!(json_is_null(expected) && found == NULL) && !json_equal(expected, found)) {
            char *whole = json_dumps(outcome, JSON_COMPACT);
            fail_msg("%s: %s differs: %s", name, key, whole);
        }
    }
    json_decref(outcome);
    json_decref(document);
    world_destroy(world);
    free(text);
}

static void test_percent_off_is_rounded_once_a_line(void **state)
{
    (void)state;
    run_case("percent-off");
}

static void test_amount_off_counts_for_each_unit(void **state)
{
    (void)state;
    run_case("amount-off");
}

static void test_three_for_two_frees_the_cheapest_of_each_three(void **state)
{
    (void)state;
    run_case("nth-free");
}

static void test_percent_off_the_basket_is_spread_by_largest_remainder(void **state)
{
    (void)state;
    run_case("basket-percent");
}

static void test_coupon_of_an_amount_is_spread_and_its_parts_add_up(void **state)
{
    (void)state;
    run_case("coupon");
}

static void test_multiplier_comes_before_the_one_floor(void **state)
{
    (void)state;
    run_case("multiplier");
}

static void test_bonus_for_a_quantity(void **state)
{
    (void)state;
    run_case("bonus");
}

static void test_points_chosen_by_the_cashier_are_a_discount_on_lines(void **state)
{
    (void)state;
    run_case("points-spent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent_off_is_rounded_once_a_line),
        cmocka_unit_test(test_amount_off_counts_for_each_unit),
        cmocka_unit_test(test_three_for_two_frees_the_cheapest_of_each_three),
        cmocka_unit_test(test_percent_off_the_basket_is_spread_by_largest_remainder),
        cmocka_unit_test(test_coupon_of_an_amount_is_spread_and_its_parts_add_up),
        cmocka_unit_test(test_multiplier_comes_before_the_one_floor),
        cmocka_unit_test(test_bonus_for_a_quantity),
        cmocka_unit_test(test_points_chosen_by_the_cashier_are_a_discount_on_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
