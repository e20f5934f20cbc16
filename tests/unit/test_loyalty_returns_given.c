/* Returns: what was handed over with a sale, or used up by it, can't be divided: on_return and thresholds decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_returns_world.h"

/* Four pieces at 10.00, and something that was given for a spend of 25.00 on them. */
static struct vn_given *four_and_a_gift(struct papers *papers, enum vn_given_kind kind,
                                        enum vn_on_return on_return)
{
    memset(&papers->basket, 0, sizeof papers->basket);
    memset(&papers->outcome, 0, sizeof papers->outcome);
    back_anew(papers);
    after_add(&papers->basket, &papers->outcome, 4000, 4000, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 9000, 0);
    papers->outcome.given_count = 1;
    struct vn_given *given = &papers->outcome.given[0];
    *given = (struct vn_given){.promotion = "p1",
                               .kind = kind,
                               .what = "next",
                               .amount = 1,
                               .on_return = on_return,
                               .least = 2500,
                               .lines = {1}};
    return given;
}

static void test_a_coupon_is_revoked_once_the_rest_no_longer_earns_it(void **state)
{
    struct papers *papers = *state;
    (void)four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_REVOKE_IF_UNUSED);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* 30.00 are kept */
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);
    assert_string_equal(papers->plan.given[0].what, "next");
    assert_int_equal(papers->plan.given[0].charge_minor, 0);
    assert_int_equal(papers->plan.refund_minor, 1000);
    back_one(papers, 1, 2000);
    assert_int_equal(papers->plan.given_count, 0); /* once */

    (void)four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_KEEP);
    back_one(papers, 1, 4000);
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0);

    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_TAG, VN_RETURN_REVOKE_IF_UNUSED);
    given->by_quantity = true;
    given->least = 4000;
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* not one of its lines */
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);

    given = four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_REVOKE_IF_UNUSED);
    given->least = 0;
    given->lines[0] = 0; /* of the whole receipt, as long as anything is kept */
    back_one(papers, 1, 4000);
    assert_int_equal(papers->plan.given_count, 0);
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 1);
}

/* Thresholds of money are measured in list amounts, not in pieces; a tag has no amount, and is one. */
static void test_what_is_kept_is_measured_as_it_was_asked_for(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_TAG, VN_RETURN_REVOKE_IF_UNUSED);
    papers->outcome.lines[0].list_minor = 8000;
    given->least = 5000;
    given->amount = 0;
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* 60.00 are kept */
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);
    assert_int_equal(papers->plan.given[0].amount, 1);
}

static void test_keeping_it_may_cost_something_but_never_more_than_comes_back(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_CHARGE);
    given->charge_minor = 2300;
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 1000);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 0);
    assert_int_equal(papers->plan.charge_minor, 1000);
    assert_int_equal(papers->plan.uncharged_minor, 1300);
    assert_int_equal(papers->plan.given[0].charge_minor, 2300);
    back_one(papers, 1, 2000);
    assert_int_equal(papers->plan.refund_minor, 700);
    assert_int_equal(papers->plan.charge_minor, 1300);
    assert_int_equal(papers->plan.uncharged_minor, 0);
    assert_int_equal(papers->plan.given_count, 0);
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 9000);
}

static void test_stamps_by_the_piece_go_with_the_pieces(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_STAMP, VN_RETURN_REVOKE_IF_UNUSED);
    given->by_quantity = true;
    given->least = 0;
    given->amount = 4;
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0);
    back_one(papers, 1, 3000);
    assert_int_equal(papers->plan.given[0].amount, 3);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given[0].amount, 1);

    given->amount = 3; /* of four pieces: 2.25, 1.5 and 0.75 would be kept */
    back_anew(papers);
    for (int i = 0; i < 3; i++) {
        back_one(papers, 1, 1000);
        assert_int_equal(papers->plan.given_count, 1);
        assert_int_equal(papers->plan.given[0].amount, 1);
    }
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 0);
}

/* Without a threshold anything that is kept is enough, even when it is worth less than half a minor unit. */
static void test_what_has_no_threshold_stands_while_a_piece_is_kept(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_REVOKE_IF_UNUSED);
    papers->outcome.lines[0].list_minor = 1;
    papers->outcome.lines[0].payable_minor = 0; /* nor when it cost nothing */
    papers->outcome.lines[0].discount_minor = 4000;
    papers->outcome.payable_minor -= 4000;
    given->least = 0;
    back_one(papers, 1, 3000);
    assert_int_equal(papers->plan.given_count, 0);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);
}

static void test_what_was_used_up_comes_back_with_the_last_piece(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 1000, 100);
    papers->outcome.consumption_count = 3;
    papers->outcome.consumptions[0] = (struct vn_consumption){"c7", 1, false};
    papers->outcome.consumptions[1] = (struct vn_consumption){"w1", 50, false};
    papers->outcome.consumptions[2] = (struct vn_consumption){"n0123456789abcdef", 1, true};
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.consumption_count, 0);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.consumption_count, 2); /* points come back as points */
    assert_string_equal(papers->plan.consumptions[0].account, "c7");
    assert_true(papers->plan.consumptions[1].risk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_coupon_is_revoked_once_the_rest_no_longer_earns_it,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_kept_is_measured_as_it_was_asked_for, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_keeping_it_may_cost_something_but_never_more_than_comes_back,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_stamps_by_the_piece_go_with_the_pieces, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_what_has_no_threshold_stands_while_a_piece_is_kept, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_used_up_comes_back_with_the_last_piece, back_set_up,
                                        back_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
