/* Edges that faults put into the reckoning (toolchain/mutants) got past all other tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/loyalty/rules/law.h"
#include "tests/unit/loyalty_world.h"

static void test_the_share_that_a_receipt_may_be_discounted_by_is_rounded_down(void **state)
{
    struct world *world = *state;
    world_outcome(world, "{'header':{'engine':2,'max_receipt_discount_bp':5000},'promotions':["
                         "{'id':'p','group':'basket','then':{'kind':'percent_off','rate_bp':9000}}],"
                         "'lines':[{'id':1,'code':'x','amount_minor':999}]}");
    assert_int_equal(world->out.discount_minor, 499); /* of 499.5 */
}

static void test_a_weighed_line_beside_a_set_stays_out_of_it_in_a_group_of_choice_best(void **state)
{
    struct world *world = *state;
    world_outcome(world,
                  "{'promotions':[{'id':'n','group':'best','then':{'kind':'nth_free','n':2,'free':1}}],"
                  "'lines':[{'id':1,'code':'x','amount_minor':300},{'id':2,'code':'y','amount_minor':200},"
                  "{'id':3,'code':'z','kind':'weighed','qty_milli':500,'amount_minor':250}]}");
    assert_int_equal(world->out.discount_minor, 200);
    assert_int_equal(world->out.lines[2].discount_minor, 0);
}

static void test_hours_of_sale_begin_with_their_first_minute_and_end_before_their_last(void **state)
{
    (void)state;
    const struct vn_law_row *rows = NULL;
    size_t count = vn_law_rows(&rows);
    unsigned with_hours = 0;
    for (size_t i = 0; i < count; i++) {
        const struct vn_law_row *row = &rows[i];
        if (row->from_minute == row->to_minute) {
            continue;
        }
        with_hours++;
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->from_minute), row->forbids);
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->to_minute - 1), row->forbids);
        assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->to_minute), VN_FORBID_ALL);
        if (row->from_minute > 0) {
            assert_int_equal(vn_law_forbids_at(row->law, row->legal_class, row->from_minute - 1),
                             VN_FORBID_ALL);
        }
    }
    assert_true(with_hours > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_share_that_a_receipt_may_be_discounted_by_is_rounded_down),
        TEST(test_a_weighed_line_beside_a_set_stays_out_of_it_in_a_group_of_choice_best),
        TEST(test_hours_of_sale_begin_with_their_first_minute_and_end_before_their_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
