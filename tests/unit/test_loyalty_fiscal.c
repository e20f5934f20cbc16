/* Fiscal lines: each is judged here as a register of the profile judges it, without the code that made it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/fiscal.h"
#include "tests/unit/loyalty_after.h"

struct papers {
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_sold sold;
    struct vn_fiscal fiscal;
    struct vn_error error;
    struct after_fiscal work;
};

static int set_up(void **state)
{
    *state = calloc(1, sizeof(struct papers));
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static void print(struct papers *papers, enum vn_fiscal_country country)
{
    if (vn_fiscal_lines(vn_fiscal_profile(country), &papers->basket, &papers->outcome, &papers->sold,
                        &papers->fiscal, &papers->error) != VN_OK) {
        fail_msg("%s", papers->error.text);
    }
}

static void expect(const struct papers *papers, unsigned at, int64_t id, int64_t qty, int64_t price,
                   int64_t total)
{
    const struct vn_fiscal_line *line = &papers->fiscal.lines[at];
    assert_true(at < papers->fiscal.count);
    assert_int_equal(line->line_id, id);
    assert_int_equal(line->qty_milli, qty);
    assert_int_equal(line->unit_price_minor, price);
    assert_int_equal(line->total_minor, total);
}

static void test_ten_for_three_pieces_is_two_prices(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 3000, 1200, 200);
    print(papers, VN_FISCAL_RS);
    assert_int_equal(papers->fiscal.count, 2);
    expect(papers, 0, 1, 2000, 333, 666);
    expect(papers, 1, 1, 1000, 334, 334);
    assert_int_equal(papers->fiscal.off_minor, 0);
    print(papers, VN_FISCAL_RU); /* 0.01 off the product is taken */
    assert_int_equal(papers->fiscal.count, 1);
    expect(papers, 0, 1, 3000, 333, 1000);
    print(papers, VN_FISCAL_NONE);
    assert_int_equal(papers->fiscal.count, 1);
    assert_int_equal(papers->fiscal.lines[0].total_minor, 1000);
    papers->basket.lines[0].amount_minor = 1201; /* 3 x 3.34 is 10.02 */
    papers->outcome.lines[0].payable_minor = papers->outcome.payable_minor = 1001;
    print(papers, VN_FISCAL_RU);
    assert_int_equal(papers->fiscal.count, 1);
    expect(papers, 0, 1, 3000, 334, 1001);
}

static void test_a_weighed_line_takes_the_highest_price_that_does_not_exceed_it(void **state)
{
    struct papers *papers = *state;
    /* 3.500 kg for 10.00: 2.85 gives 9.98 and 2.86 gives 10.01 */
    after_add(&papers->basket, &papers->outcome, 3500, 1100, 100)->kind = VN_LINE_WEIGHED;
    print(papers, VN_FISCAL_RS);
    assert_int_equal(papers->fiscal.count, 1);
    expect(papers, 0, 1, 3500, 285, 998);
    assert_int_equal(papers->fiscal.total_minor, 998);
    assert_int_equal(papers->fiscal.off_minor, 2);
    print(papers, VN_FISCAL_RU);
    expect(papers, 0, 1, 3500, 286, 1000);
    assert_int_equal(papers->fiscal.off_minor, 0);
}

/* 2.500 kg: 0.03 makes 7.5, which rounds to 8, so that 7 has to do with 0.02 and 5. */
static void test_half_a_minor_unit_rounds_away_from_zero(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2500, 8, 1)->kind = VN_LINE_WEIGHED;
    print(papers, VN_FISCAL_RS);
    expect(papers, 0, 1, 2500, 2, 5);
    assert_int_equal(papers->fiscal.off_minor, 2);
    print(papers, VN_FISCAL_RU);
    expect(papers, 0, 1, 2500, 3, 7);
    /* 800 g for 0.02: 0.02 makes 1.6, and 0.03 still makes no more than 2.4 */
    after_add(&papers->basket, &papers->outcome, 800, 2, 0)->kind = VN_LINE_WEIGHED;
    print(papers, VN_FISCAL_RS);
    expect(papers, 1, 2, 800, 3, 2);
}

static void test_corrections_are_of_their_own_kind(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 2000, 100, 0)->kind = VN_LINE_DEPOSIT;
    struct vn_line *line = after_add(&papers->basket, &papers->outcome, -1000, -50, 0);
    line->kind = VN_LINE_DEPOSIT; /* of the deposit: one is left */
    line->parent = 2;
    line = after_add(&papers->basket, &papers->outcome, -1000, -30, 0);
    line->kind = VN_LINE_DEPOSIT; /* names goods, which it is none of */
    line->parent = 1;
    line = after_add(&papers->basket, &papers->outcome, -1000, -20, 0);
    line->kind = VN_LINE_DEPOSIT_RETURN; /* packaging is handed in, whatever it names */
    line->parent = 2;
    line = after_add(&papers->basket, &papers->outcome, 1000, 400, 0);
    line->parent = 1; /* a line above 0 corrects nothing */
    after_add(&papers->basket, &papers->outcome, 1000, 300, 0)->kind = VN_LINE_SERVICE;
    line = after_add(&papers->basket, &papers->outcome, -1000, -300, 0);
    line->kind = VN_LINE_SERVICE; /* a delivery that is called off, and no relief */
    line->parent = 7;
    print(papers, VN_FISCAL_RS);
    assert_int_equal(papers->fiscal.count, 3);
    expect(papers, 0, 1, 2000, 500, 1000);
    expect(papers, 1, 2, 1000, 50, 50);
    expect(papers, 2, 6, 1000, 400, 400);
    assert_int_equal(papers->fiscal.apart_minor, -50);
    papers->basket.lines[2].kind = VN_LINE_GOODS; /* goods correct whatever they name */
    print(papers, VN_FISCAL_RS);
    expect(papers, 1, 2, 1000, 50, 50);
}

static void unprintable(struct papers *papers, const char *text)
{
    assert_int_equal(vn_fiscal_lines(vn_fiscal_profile(VN_FISCAL_RS), &papers->basket, &papers->outcome,
                                     &papers->sold, &papers->fiscal, &papers->error),
                     VN_INPUT);
    assert_string_equal(papers->error.text, text);
}

/* What a quote refuses is not printed either. */
static void test_a_correction_that_no_quote_takes_is_refused(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 3000, 900, 0);
    struct vn_line *line = after_add(&papers->basket, &papers->outcome, -1000, -300, 0);
    line->parent = 1;
    print(papers, VN_FISCAL_RS);
    expect(papers, 0, 1, 2000, 300, 600);
    line->parent = 9;
    unprintable(papers, "line 2 corrects a line that is not there");
    line->parent = 2;
    unprintable(papers, "line 2 corrects a line that is not there");
    line->parent = 1;
    line->qty_milli = 1; /* more goods, and less money */
    unprintable(papers, "line 2 takes back a quantity above 0");
    line->qty_milli = -4000;
    unprintable(papers, "line 1 has more taken off than it has");
    line->qty_milli = 0;
    print(papers, VN_FISCAL_RS);
    expect(papers, 0, 1, 3000, 200, 600);
}

static void test_the_price_of_the_pos_stands_where_it_fits(void **state)
{
    struct papers *papers = *state;
    struct vn_line *line = after_add(&papers->basket, &papers->outcome, 734, 29287, 0);
    line->kind = VN_LINE_WEIGHED;
    line->unit_price_minor = 39900;
    print(papers, VN_FISCAL_RS);
    expect(papers, 0, 1, 734, 39900, 29287);
    line->unit_price_minor = 41000; /* does not make this amount */
    print(papers, VN_FISCAL_RS);
    assert_true(papers->fiscal.lines[0].unit_price_minor != 41000);
    after_judge(VN_FISCAL_RS, &papers->fiscal.lines[0]);
    assert_int_equal(papers->fiscal.off_minor, 0);
}

static void test_what_may_not_cost_nothing_costs_the_least(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 500, 500);
    after_add(&papers->basket, &papers->outcome, 1000, 900, 0);
    print(papers, VN_FISCAL_RS);
    expect(papers, 0, 1, 2000, 1, 2);
    expect(papers, 1, 2, 1000, 900, 900);
    assert_int_equal(papers->fiscal.off_minor, -2);
    print(papers, VN_FISCAL_PL); /* a discount of the receipt makes up for it */
    expect(papers, 0, 1, 2000, 1, 2);
    assert_int_equal(papers->fiscal.receipt_discount_minor, 2);
    assert_int_equal(papers->fiscal.total_minor, 900);
    assert_int_equal(papers->fiscal.off_minor, 0);
    print(papers, VN_FISCAL_NONE);
    expect(papers, 0, 1, 2000, 0, 0);
}

/* A total of zero is no better than a price of zero, however it comes about. */
static void test_no_line_that_must_cost_something_is_printed_for_nothing(void **state)
{
    static const enum vn_fiscal_country countries[] = {VN_FISCAL_RS, VN_FISCAL_PL, VN_FISCAL_RU};
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 500, 500);
    after_add(&papers->basket, &papers->outcome, 10, 500, 500)->kind = VN_LINE_WEIGHED;
    after_add(&papers->basket, &papers->outcome, 400, 500, 500)->kind = VN_LINE_WEIGHED;
    after_add(&papers->basket, &papers->outcome, 1499, 500, 500)->kind = VN_LINE_WEIGHED;
    after_add(&papers->basket, &papers->outcome, 4000000, 900, 899);
    for (size_t i = 0; i < sizeof countries / sizeof countries[0]; i++) {
        print(papers, countries[i]);
        expect(papers, 0, 1, 1000, 1, 1);
        assert_int_equal(papers->fiscal.lines[1].total_minor, 1);
        assert_int_equal(papers->fiscal.lines[2].total_minor, 1);
        assert_int_equal(papers->fiscal.lines[3].total_minor, 1);
        expect(papers, 4, 5, 4000000, 1, 4000);
        for (unsigned line = 0; line < papers->fiscal.count; line++) {
            after_judge(countries[i], &papers->fiscal.lines[line]);
        }
    }
}

/* No register that is known asks for more than 0.01; one that did, and still took 0, gets no price in between. */
static void test_between_nothing_and_the_least_price_there_is_none(void **state)
{
    struct papers *papers = *state;
    struct vn_fiscal_profile profile = {.least_price_minor = 5, .zero_allowed = true, .split_allowed = true};
    after_add(&papers->basket, &papers->outcome, 1000, 3, 0)->unit_price_minor = 3;
    after_add(&papers->basket, &papers->outcome, 2000, 1, 0);
    after_add(&papers->basket, &papers->outcome, 2000, 11, 0);
    assert_int_equal(vn_fiscal_lines(&profile, &papers->basket, &papers->outcome, &papers->sold,
                                     &papers->fiscal, &papers->error),
                     VN_OK);
    assert_int_equal(papers->fiscal.count, 4);
    expect(papers, 0, 1, 1000, 0, 0);
    expect(papers, 1, 2, 2000, 0, 0);
    expect(papers, 2, 3, 1000, 5, 5);
    expect(papers, 3, 3, 1000, 6, 6);
    assert_int_equal(papers->fiscal.off_minor, 4);
    profile.least_price_minor = 2; /* 1 is still not to be had by splitting into 0 and 1 */
    assert_int_equal(vn_fiscal_lines(&profile, &papers->basket, &papers->outcome, &papers->sold,
                                     &papers->fiscal, &papers->error),
                     VN_OK);
    expect(papers, 1, 2, 2000, 0, 0);
    profile.least_price_minor = 5;
    profile.tolerance_minor = 2; /* 3 may stand beside 1 x 5, and 1 beside 0 */
    assert_int_equal(vn_fiscal_lines(&profile, &papers->basket, &papers->outcome, &papers->sold,
                                     &papers->fiscal, &papers->error),
                     VN_OK);
    expect(papers, 0, 1, 1000, 5, 3);
    expect(papers, 1, 2, 2000, 0, 1);
    expect(papers, 2, 3, 2000, 5, 11);
    assert_int_equal(papers->fiscal.off_minor, 0);
}

static void test_negative_lines_lower_what_they_name_or_the_receipt(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 3000, 0);
    after_add(&papers->basket, &papers->outcome, -1000, -500, 0)->parent = 1;
    after_add(&papers->basket, &papers->outcome, -1000, -700, 0); /* names none */
    after_add(&papers->basket, &papers->outcome, 1000, 400, 0);
    after_add(&papers->basket, &papers->outcome, -1000, -400, 0)->parent = 5;
    print(papers, VN_FISCAL_RS);
    assert_int_equal(papers->fiscal.count, 2);
    expect(papers, 0, 1, 1000, 400, 400); /* 500 less 100 of the 700 */
    expect(papers, 1, 2, 1000, 2400, 2400);
    assert_int_equal(papers->fiscal.off_minor, 0);
    print(papers, VN_FISCAL_PL);
    expect(papers, 0, 1, 1000, 500, 500);
    expect(papers, 1, 2, 1000, 3000, 3000);
    assert_int_equal(papers->fiscal.receipt_discount_minor, 700);
    assert_int_equal(papers->fiscal.total_minor, papers->outcome.payable_minor);
}

static void test_packaging_is_paid_out_beside_the_lines(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 1000, 0);
    struct vn_line *deposit = after_add(&papers->basket, &papers->outcome, 2000, 100, 0);
    deposit->kind = VN_LINE_DEPOSIT;
    deposit->parent = 1;
    after_add(&papers->basket, &papers->outcome, -3000, -150, 0)->kind = VN_LINE_DEPOSIT_RETURN;
    after_add(&papers->basket, &papers->outcome, 1000, 5000, 0)->kind = VN_LINE_GIFT_CARD;
    print(papers, VN_FISCAL_RS);
    assert_int_equal(papers->fiscal.count, 3);
    expect(papers, 1, 2, 2000, 50, 100);
    expect(papers, 2, 4, 1000, 5000, 5000);
    assert_int_equal(papers->fiscal.total_minor, 6100);
    assert_int_equal(papers->fiscal.apart_minor, -150);
    assert_int_equal(papers->fiscal.off_minor, 0);
}

static void test_a_basket_of_another_outcome_is_refused(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 500, 100);
    const struct vn_fiscal_profile *rs = vn_fiscal_profile_named("rs");
    assert_ptr_equal(rs, vn_fiscal_profile(VN_FISCAL_RS));
    assert_null(vn_fiscal_profile_named("xx"));
    struct vn_outcome *outcome = &papers->outcome;
    const struct vn_outcome before = *outcome;
    outcome->lines[0].line_id = 2;
    assert_int_equal(
        vn_fiscal_lines(rs, &papers->basket, outcome, &papers->sold, &papers->fiscal, &papers->error),
        VN_INPUT);
    *outcome = before;
    outcome->lines[0].payable_minor++;
    assert_int_equal(vn_fiscal_lines(rs, &papers->basket, outcome, &papers->sold, &papers->fiscal, NULL),
                     VN_INPUT);
    outcome->payable_minor++; /* it adds up, and still is not what the line cost */
    assert_int_equal(vn_fiscal_lines(rs, &papers->basket, outcome, &papers->sold, &papers->fiscal, NULL),
                     VN_INPUT);
    *outcome = before;
    outcome->payable_minor--;
    assert_int_equal(vn_fiscal_lines(rs, &papers->basket, outcome, &papers->sold, &papers->fiscal, NULL),
                     VN_INPUT);
    *outcome = before;
    outcome->line_count = 0;
    assert_int_equal(vn_fiscal_lines(rs, &papers->basket, outcome, &papers->sold, &papers->fiscal, NULL),
                     VN_INPUT);
    assert_int_equal(papers->fiscal.count, 0);
}

static enum vn_status read_sold(struct papers *papers)
{
    return vn_sold_read(&papers->basket, &papers->outcome, &papers->sold, NULL);
}

/* Two lines, of which the second has these figures. */
static enum vn_status read_second(struct papers *papers, int64_t qty_milli, int64_t amount_minor,
                                  int64_t discount_minor)
{
    memset(&papers->basket, 0, sizeof papers->basket);
    memset(&papers->outcome, 0, sizeof papers->outcome);
    after_add(&papers->basket, &papers->outcome, 1000, 500, 0);
    after_add(&papers->basket, &papers->outcome, qty_milli, amount_minor, 0);
    struct vn_line_outcome *of = &papers->outcome.lines[1];
    of->discount_minor = discount_minor;
    of->payable_minor -= discount_minor;
    papers->outcome.payable_minor -= discount_minor;
    return read_sold(papers);
}

/* Figures of a line at the ends of their ranges are read, and one beyond refused. */
static void test_lines_that_no_quote_makes_are_refused(void **state)
{
    struct papers *papers = *state;
    assert_int_equal(read_second(papers, VN_QTY_MAX, VN_AMOUNT_MAX, VN_AMOUNT_MAX), VN_OK);
    assert_int_equal(read_second(papers, VN_QTY_MAX + 1, 700, 100), VN_INPUT);
    assert_int_equal(read_second(papers, 1000, VN_AMOUNT_MAX + 1, 1), VN_INPUT);
    assert_int_equal(read_second(papers, 1000, 700, -1), VN_INPUT);
    assert_int_equal(read_second(papers, 1000, 700, 701), VN_INPUT);
    assert_int_equal(read_second(papers, 1000, 0, 0), VN_OK);
    assert_int_equal(read_second(papers, 1000, VN_AMOUNT_MAX, VN_AMOUNT_MAX * 2 + 1), VN_INPUT);
    /* below 0: the receipt is lowered, and nothing of that is discounted */
    assert_int_equal(read_second(papers, -VN_QTY_MAX, -VN_AMOUNT_MAX, 0), VN_OK);
    assert_int_equal(read_second(papers, -VN_QTY_MAX - 1, -700, 0), VN_INPUT);
    assert_int_equal(read_second(papers, -1000, -VN_AMOUNT_MAX - 1, 0), VN_INPUT);
    assert_int_equal(read_second(papers, -1000, -700, 1), VN_INPUT);
    assert_int_equal(read_second(papers, -1000, 0, 0), VN_OK);
    assert_int_equal(read_second(papers, -1000, 1, 0), VN_INPUT);
    /* ids are above 0, and no two are the same */
    assert_int_equal(read_second(papers, 1000, 700, 0), VN_OK);
    papers->basket.lines[1].id = papers->outcome.lines[1].line_id = 1;
    assert_int_equal(read_sold(papers), VN_INPUT);
    papers->basket.lines[1].id = papers->outcome.lines[1].line_id = 2;
    papers->basket.lines[0].id = papers->outcome.lines[0].line_id = 0;
    assert_int_equal(read_sold(papers), VN_INPUT);
}

/* Amounts at the ends of their types come out, and in range. */
static void test_the_largest_amounts_and_quantities(void **state)
{
    struct papers *papers = *state;
    static const struct {
        int64_t qty, amount;
    } rows[] = {{1000, VN_AMOUNT_MAX}, {1, VN_AMOUNT_MAX}, {VN_QTY_MAX, VN_AMOUNT_MAX}, {VN_QTY_MAX, 1},
                {VN_QTY_MAX - 1, 7},   {999, 1},           {3000, VN_AMOUNT_MAX - 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int country = 0; country < VN_FISCAL_COUNT; country++) {
            memset(&papers->basket, 0, sizeof papers->basket);
            memset(&papers->outcome, 0, sizeof papers->outcome);
            after_add(&papers->basket, &papers->outcome, rows[i].qty, rows[i].amount, 0);
            print(papers, (enum vn_fiscal_country)country);
            assert_true(papers->fiscal.count >= 1 && papers->fiscal.count <= 2);
            assert_int_equal(papers->fiscal.total_minor + papers->fiscal.off_minor, rows[i].amount);
        }
    }
}

static void test_registers_take_the_lines_of_any_outcome(void **state)
{
    struct papers *papers = *state;
    uint64_t seed = 54;
    for (int n = 0; n < 4000; n++) {
        after_random(&seed, &papers->basket, &papers->outcome);
        after_check_fiscal(&papers->work, &papers->basket, &papers->outcome);
    }
    assert_true(papers->work.printed > 50000 && papers->work.split > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ten_for_three_pieces_is_two_prices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_weighed_line_takes_the_highest_price_that_does_not_exceed_it,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_a_minor_unit_rounds_away_from_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_corrections_are_of_their_own_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_correction_that_no_quote_takes_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_price_of_the_pos_stands_where_it_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_may_not_cost_nothing_costs_the_least, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_line_that_must_cost_something_is_printed_for_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_between_nothing_and_the_least_price_there_is_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_negative_lines_lower_what_they_name_or_the_receipt, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_packaging_is_paid_out_beside_the_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_basket_of_another_outcome_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_that_no_quote_makes_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_largest_amounts_and_quantities, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_registers_take_the_lines_of_any_outcome, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
