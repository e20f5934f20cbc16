/* Returns: any sequence of them ends at exactly the whole, of money, points and who paid for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_returns_world.h"

#define SALES 3000

static void test_three_for_ten_come_back_one_by_one(void **state)
{
    struct papers *papers = *state;
    static const int64_t parts[] = {333, 334, 333};
    int64_t sum = 0;
    after_add(&papers->basket, &papers->outcome, 3000, 1200, 200);
    for (int i = 0; i < 3; i++) {
        back_one(papers, 1, 1000);
        assert_int_equal(papers->plan.refund_minor, parts[i]);
        assert_int_equal(papers->plan.line_count, 1);
        assert_int_equal(papers->plan.lines[0].refund_minor, parts[i]);
        assert_int_equal(papers->plan.lines[0].qty_milli, 1000);
        assert_int_equal(papers->plan.application_count, 1);
        assert_string_equal(papers->plan.applications[0].promotion, "p0");
        sum += papers->plan.applications[0].discount_minor;
        assert_int_equal(papers->plan.all, i == 2);
    }
    assert_int_equal(sum, 200);
}

static void test_a_weighed_line_comes_back_by_the_gram(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 734, 500, 1)->kind = VN_LINE_WEIGHED;
    back_one(papers, 1, 367);
    assert_int_equal(papers->plan.refund_minor, 250); /* 249.5 */
    back_one(papers, 1, 1);
    assert_int_equal(papers->plan.refund_minor, 0); /* 250.18 so far */
    back_one(papers, 1, 366);
    assert_int_equal(papers->plan.refund_minor, 249);
}

static void refused(struct papers *papers, int64_t line_id, int64_t qty_milli, const char *pointer)
{
    const struct vn_return_item items[] = {{1, 1000}, {line_id, qty_milli}};
    assert_int_equal(back_plan(papers, items, 2), VN_INPUT);
    assert_string_equal(papers->error.pointer, pointer);
    assert_int_equal(papers->plan.line_count, 0);
    assert_int_equal(papers->plan.refund_minor, 0);
}

static void test_what_can_not_come_back_is_named(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 3000, 900, 0);
    after_add(&papers->basket, &papers->outcome, 3000, 75, 0)->kind = VN_LINE_DEPOSIT;
    papers->basket.lines[1].parent = 1;
    after_add(&papers->basket, &papers->outcome, -1000, -300, 0)->parent = 1; /* a correction: two are left */
    refused(papers, 1, 2000, "/lines/1/qty_milli");                           /* with the one before it */
    refused(papers, 1, 0, "/lines/1/qty_milli");
    refused(papers, 1, -1000, "/lines/1/qty_milli");
    refused(papers, 1, 500, "/lines/1/qty_milli"); /* a part of a piece */
    refused(papers, 2, 1000, "/lines/1/id");       /* a deposit follows */
    refused(papers, 3, 1000, "/lines/1/id");
    refused(papers, 9, 1000, "/lines/1/id");
    const struct vn_return_item unknown = {9, 1000};
    const struct vn_return_input silent = {
        .basket = &papers->basket, .outcome = &papers->outcome, .now = &unknown, .now_count = 1};
    assert_int_equal(vn_return_plan(&silent, &papers->work, &papers->plan, NULL), VN_INPUT);
    back_one(papers, 1, 1000);
    refused(papers, 1, 1000, "/lines/1/qty_milli"); /* it is the third of two */
    papers->before[0].line_id = 7;
    refused(papers, 1, 1000, "/before/0/id");
    papers->outcome.applications[0].discount_minor = -1;
    papers->outcome.application_count = 1;
    assert_int_equal(back_plan(papers, NULL, 0), VN_INPUT);
    papers->outcome.application_count = 0;
    back_anew(papers);
    assert_int_equal(back_plan(papers, NULL, 0), VN_OK);
    papers->outcome.payable_minor++; /* of another basket */
    assert_int_equal(back_plan(papers, NULL, 0), VN_INPUT);
    papers->outcome.payable_minor--;
    papers->basket.lines[2].parent =
        2; /* the deposit is corrected away, and the correction is one that is sold */
    papers->basket.lines[2].kind = VN_LINE_DEPOSIT_RETURN;
    papers->basket.lines[1].qty_milli = papers->basket.lines[1].amount_minor = 0;
    papers->outcome.lines[1].payable_minor = 0;
    papers->outcome.payable_minor -= 75;
    refused(papers, 2, 1000, "/lines/1/id"); /* between two that are there */
}

/* Each figure that is out of range is found, wherever it stands; at the ends of its range it is planned. */
static void test_figures_that_no_quote_makes_are_refused(void **state)
{
    struct papers *papers = *state;
    struct vn_outcome *at = &papers->outcome;
    after_add(&papers->basket, at, 1000, 900, 100);
    after_add(&papers->basket, at, 1000, 900, 0);
    at->wallet_count = at->given_count = at->lot_use_count = at->funding_count = 1;
    const struct {
        int64_t *figure, most;
    } rows[] = {{&papers->charged_minor, INT64_MAX},
                {&at->points_earned, INT64_MAX},
                {&at->points_spent, INT64_MAX},
                {&at->points_value_minor, VN_AMOUNT_MAX},
                {&at->qualifying, INT64_MAX},
                {&at->lines[1].earn_minor, INT64_MAX / VN_LINES_MAX},
                {&at->lines[1].list_minor, VN_AMOUNT_MAX},
                {&at->applications[0].discount_minor, VN_AMOUNT_MAX},
                {&at->wallets[0].earned, INT64_MAX},
                {&at->wallets[0].spent, INT64_MAX},
                {&at->wallets[0].value_minor, VN_AMOUNT_MAX},
                {&at->given[0].amount, INT64_MAX},
                {&at->given[0].charge_minor, VN_AMOUNT_MAX},
                {&at->lot_uses[0].amount, INT64_MAX},
                {&at->fundings[0].amount_minor, INT64_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t was = *rows[i].figure;
        *rows[i].figure = -1;
        assert_int_equal(back_plan(papers, NULL, 0), VN_INPUT);
        *rows[i].figure = 0;
        assert_int_equal(back_plan(papers, NULL, 0), VN_OK);
        *rows[i].figure = rows[i].most;
        assert_int_equal(back_plan(papers, NULL, 0), VN_OK);
        if (rows[i].most < INT64_MAX) {
            *rows[i].figure = rows[i].most + 1;
            assert_int_equal(back_plan(papers, NULL, 0), VN_INPUT);
        }
        *rows[i].figure = was;
    }
}

/* The lots of an account are one wallet's: for two there would be no room. */
static void test_two_wallets_that_spend_of_one_account_are_refused(void **state)
{
    struct papers *papers = *state;
    struct vn_outcome *at = &papers->outcome;
    after_add(&papers->basket, at, 1000, 1000, 0);
    at->wallet_count = 2;
    for (unsigned i = 0; i < at->wallet_count; i++) {
        at->wallets[i] =
            (struct vn_wallet_outcome){.spent = VN_LOT_USES_MAX, .value_minor = 500, .tender = true};
        (void)snprintf(at->wallets[i].wallet, VN_TAG_MAX, "p%u", i);
        (void)snprintf(at->wallets[i].account, VN_ID_MAX, "w2");
    }
    at->lot_use_count = VN_LOT_USES_MAX;
    for (unsigned i = 0; i < at->lot_use_count; i++) {
        at->lot_uses[i] = (struct vn_lot_use){.lot = i + 1, .amount = 1};
        (void)snprintf(at->lot_uses[i].account, VN_ID_MAX, "w2");
    }
    const struct vn_return_item all = {1, 1000};
    assert_int_equal(back_plan(papers, &all, 1), VN_INPUT);
    at->wallets[1].spent = 0; /* what it earned is in another lot */
    assert_int_equal(back_plan(papers, &all, 1), VN_OK);
    assert_int_equal(papers->plan.lot_use_count, VN_LOT_USES_MAX);
    at->wallets[1].spent = VN_LOT_USES_MAX;
    (void)snprintf(at->wallets[1].account, VN_ID_MAX, "w3");
    assert_int_equal(back_plan(papers, &all, 1), VN_OK);
    assert_int_equal(papers->plan.lot_use_count, VN_LOT_USES_MAX);
}

static void test_deposits_follow_and_packaging_is_paid_for(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 4000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 4000, 100, 0)->kind = VN_LINE_DEPOSIT;
    papers->basket.lines[1].parent = 1;
    after_add(&papers->basket, &papers->outcome, -2000, -50, 0)->kind = VN_LINE_DEPOSIT_RETURN;
    back_one(papers, 1, 3000);
    assert_int_equal(papers->plan.refund_minor, 825);
    assert_int_equal(papers->plan.line_count, 2);
    assert_int_equal(papers->plan.lines[1].qty_milli, 3000);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 275);
    assert_true(papers->plan.all); /* what was handed in is not the customer's any more */
    back_one(papers, 3, 2000);
    assert_int_equal(papers->plan.refund_minor, -50);
}

/* A bottle of three takes a third of what their crate cost with it. */
static void test_a_deposit_goes_by_its_goods_and_is_rounded_once(void **state)
{
    struct papers *papers = *state;
    static const int64_t parts[] = {3333, 3334, 3333};
    after_add(&papers->basket, &papers->outcome, 3000, 900, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 10000, 0)->kind = VN_LINE_DEPOSIT;
    papers->basket.lines[1].parent = 1;
    for (int i = 0; i < 3; i++) {
        back_one(papers, 1, 1000);
        assert_int_equal(papers->plan.line_count, 2);
        assert_int_equal(papers->plan.lines[1].qty_milli, i == 1 ? 334 : 333);
        assert_int_equal(papers->plan.lines[1].refund_minor, parts[i]);
        assert_int_equal(papers->plan.all, i == 2);
    }
}

static void test_a_line_below_zero_that_names_none_lowers_every_refund(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 3000, 0);
    after_add(&papers->basket, &papers->outcome, -1000, -400, 0);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 900);
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 2700);
    assert_true(papers->plan.all);
}

static void test_a_price_without_a_quantity_is_one_piece_even_when_it_is_free(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 0, 700, 700);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 0);
    assert_int_equal(papers->plan.line_count, 1);
    assert_int_equal(papers->plan.lines[0].qty_milli, 1000);
    assert_int_equal(papers->plan.application_count, 1);
    assert_int_equal(papers->plan.applications[0].discount_minor, 700);
    assert_true(papers->plan.all);
}

/* Only a deposit that was sold comes with its goods; other lines that name a line come back by themselves. */
static void test_what_names_goods_and_is_no_deposit_comes_back_alone(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 300, 0)->parent = 1;
    struct vn_line *line = after_add(&papers->basket, &papers->outcome, -1000, -25, 0);
    line->kind = VN_LINE_DEPOSIT;
    line->parent = 1;
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 300);
    back_one(papers, 3, 1000);
    assert_int_equal(papers->plan.refund_minor, -25);
}

/* An outcome from before it said what each line earned on. Of two lines for 0.02 each the first was relieved of half. */
static void test_points_go_back_by_what_was_paid_when_no_line_says_more(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 2, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 2, 0);
    after_add(&papers->basket, &papers->outcome, -1000, -1, 0);
    papers->outcome.points_earned = 30;
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 1);
    assert_int_equal(papers->plan.points_taken_back, 10);
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 2);
    assert_int_equal(papers->plan.points_taken_back, 20);
}

static void test_points_that_were_a_discount_go_back_with_their_lines(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 2000, 1000, 200);
    after_add(&papers->basket, &papers->outcome, 1000, 1000, 200);
    for (unsigned i = 0; i < 2; i++) {
        papers->outcome.applications[i].promotion[0] = '\0';
        papers->outcome.applications[i].stage = VN_STAGE_POINTS;
    }
    papers->outcome.points_spent = 40;
    papers->outcome.points_earned = 16;
    papers->outcome.lines[0].earn_minor = 800;
    papers->outcome.qualifying = 800;
    papers->outcome.lot_use_count = 2;
    papers->outcome.lot_uses[0] = (struct vn_lot_use){"w1", 5, 15};
    papers->outcome.lot_uses[1] = (struct vn_lot_use){"w1", 6, 25};
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 800);
    assert_int_equal(papers->plan.points_given_back, 20);
    assert_int_equal(papers->plan.points_taken_back, 0); /* it earned nothing */
    assert_int_equal(papers->plan.lot_use_count, 1);     /* the lot that was used last */
    assert_int_equal(papers->plan.lot_uses[0].lot, 6);
    assert_int_equal(papers->plan.lot_uses[0].amount, 20);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.points_given_back, 10);
    assert_int_equal(papers->plan.points_taken_back, 8);
    assert_int_equal(papers->plan.qualifying, 400);
    assert_int_equal(papers->plan.lot_use_count, 2);
    assert_int_equal(papers->plan.lot_uses[0].amount, 5);
    assert_int_equal(papers->plan.lot_uses[1].lot, 5);
    assert_int_equal(papers->plan.lot_uses[1].amount, 5);
}

static void test_a_tender_is_refunded_to_the_wallets_first(void **state)
{
    struct papers *papers = *state;
    struct vn_outcome *outcome = &papers->outcome;
    after_add(&papers->basket, outcome, 4000, 4000, 0);
    outcome->spent_as_tender = true;
    outcome->points_spent = 15;
    outcome->points_value_minor = 1500;
    outcome->wallet_count = 1;
    outcome->wallets[0] = (struct vn_wallet_outcome){
        .wallet = "partner", .account = "w2", .spent = 10, .value_minor = 1000, .tender = true};
    outcome->tender_minor = 2500;
    static const int64_t money[] = {0, 0, 500, 1000};
    static const int64_t own[] = {10, 5, 0, 0};
    static const int64_t other[] = {0, 5, 5, 0};
    for (int i = 0; i < 4; i++) {
        back_one(papers, 1, 1000);
        assert_int_equal(papers->plan.spend_minor, 1000);
        assert_int_equal(papers->plan.refund_minor, money[i]);
        assert_int_equal(papers->plan.points_given_back, own[i]);
        assert_int_equal(papers->plan.wallet_count, other[i] > 0 ? 1 : 0);
        assert_int_equal(papers->plan.wallets[0].given_back, other[i]);
        assert_int_equal(papers->plan.wallets[0].value_minor, 100 * other[i]);
    }
}

static void test_funders_get_their_share_of_what_comes_back(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 1000, 300);
    after_add(&papers->basket, &papers->outcome, 1000, 1000, 100);
    papers->outcome.funding_count = 1;
    papers->outcome.fundings[0] = (struct vn_funding){"p0", "nestle", 101};
    back_one(papers, 2, 1000);
    assert_int_equal(papers->plan.funding_count, 1);
    assert_string_equal(papers->plan.fundings[0].funder, "nestle");
    assert_int_equal(papers->plan.fundings[0].amount_minor, 25);
    back_one(papers, 1, 1000);
    assert_int_equal(papers->plan.fundings[0].amount_minor, 76);
}

static void test_any_sequence_of_returns_ends_at_exactly_the_whole(void **state)
{
    struct papers *papers = *state;
    struct after_returns *work = calloc(1, sizeof *work);
    uint64_t seed = 2611;
    assert_non_null(work);
    for (int n = 0; n < SALES; n++) {
        after_random(&seed, &papers->basket, &papers->outcome);
        after_check_returns(&seed, work, &papers->basket, &papers->outcome);
    }
    assert_true(work->revoked > SALES / 4 && work->charged > 0 && work->tender > 0);
    free(work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_three_for_ten_come_back_one_by_one, back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_a_weighed_line_comes_back_by_the_gram, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_what_can_not_come_back_is_named, back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_two_wallets_that_spend_of_one_account_are_refused, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_figures_that_no_quote_makes_are_refused, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_deposits_follow_and_packaging_is_paid_for, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_a_deposit_goes_by_its_goods_and_is_rounded_once, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_below_zero_that_names_none_lowers_every_refund,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_a_price_without_a_quantity_is_one_piece_even_when_it_is_free,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_what_names_goods_and_is_no_deposit_comes_back_alone, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_points_go_back_by_what_was_paid_when_no_line_says_more,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_points_that_were_a_discount_go_back_with_their_lines,
                                        back_set_up, back_tear_down),
        cmocka_unit_test_setup_teardown(test_a_tender_is_refunded_to_the_wallets_first, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_funders_get_their_share_of_what_comes_back, back_set_up,
                                        back_tear_down),
        cmocka_unit_test_setup_teardown(test_any_sequence_of_returns_ends_at_exactly_the_whole, back_set_up,
                                        back_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
