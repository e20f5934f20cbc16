/* Returns: any sequence of them ends at exactly the whole, and what can't be divided does what on_return says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_after.h"

#define SALES 3000

struct papers {
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_return_item before[4 * VN_LINES_MAX];
    size_t before_count;
    int64_t charged_minor;
    struct vn_error error;
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

static enum vn_status plan(struct papers *papers, const struct vn_return_item *now, size_t count)
{
    const struct vn_return_input input = {.basket = &papers->basket,
                                          .outcome = &papers->outcome,
                                          .before = papers->before,
                                          .before_count = papers->before_count,
                                          .charged_minor = papers->charged_minor,
                                          .now = now,
                                          .now_count = count};
    return vn_return_plan(&input, &papers->work, &papers->plan, &papers->error);
}

/* Plans, and remembers it as done. */
static void come_back(struct papers *papers, const struct vn_return_item *now, size_t count)
{
    if (plan(papers, now, count) != VN_OK) {
        fail_msg("%s at %s", papers->error.text, papers->error.pointer);
    }
    memcpy(&papers->before[papers->before_count], now, count * sizeof *now);
    papers->before_count += count;
    papers->charged_minor += papers->plan.charge_minor;
}

static void one_back(struct papers *papers, int64_t line_id, int64_t qty_milli)
{
    const struct vn_return_item item = {line_id, qty_milli};
    come_back(papers, &item, 1);
}

static void anew(struct papers *papers)
{
    papers->before_count = 0;
    papers->charged_minor = 0;
}

static void test_three_for_ten_come_back_one_by_one(void **state)
{
    struct papers *papers = *state;
    static const int64_t parts[] = {333, 334, 333};
    int64_t sum = 0;
    after_add(&papers->basket, &papers->outcome, 3000, 1200, 200);
    for (int i = 0; i < 3; i++) {
        one_back(papers, 1, 1000);
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
    one_back(papers, 1, 367);
    assert_int_equal(papers->plan.refund_minor, 250); /* 249.5 */
    one_back(papers, 1, 1);
    assert_int_equal(papers->plan.refund_minor, 0); /* 250.18 so far */
    one_back(papers, 1, 366);
    assert_int_equal(papers->plan.refund_minor, 249);
}

static void refused(struct papers *papers, int64_t line_id, int64_t qty_milli, const char *pointer)
{
    const struct vn_return_item items[] = {{1, 1000}, {line_id, qty_milli}};
    assert_int_equal(plan(papers, items, 2), VN_INPUT);
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
    one_back(papers, 1, 1000);
    refused(papers, 1, 1000, "/lines/1/qty_milli"); /* it is the third of two */
    papers->before[0].line_id = 7;
    refused(papers, 1, 1000, "/before/0/id");
    papers->outcome.applications[0].discount_minor = -1;
    papers->outcome.application_count = 1;
    assert_int_equal(plan(papers, NULL, 0), VN_INPUT);
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
        assert_int_equal(plan(papers, NULL, 0), VN_INPUT);
        *rows[i].figure = 0;
        assert_int_equal(plan(papers, NULL, 0), VN_OK);
        *rows[i].figure = rows[i].most;
        assert_int_equal(plan(papers, NULL, 0), VN_OK);
        if (rows[i].most < INT64_MAX) {
            *rows[i].figure = rows[i].most + 1;
            assert_int_equal(plan(papers, NULL, 0), VN_INPUT);
        }
        *rows[i].figure = was;
    }
}

static void test_deposits_follow_and_packaging_is_paid_for(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 4000, 1000, 0);
    after_add(&papers->basket, &papers->outcome, 4000, 100, 0)->kind = VN_LINE_DEPOSIT;
    papers->basket.lines[1].parent = 1;
    after_add(&papers->basket, &papers->outcome, -2000, -50, 0)->kind = VN_LINE_DEPOSIT_RETURN;
    one_back(papers, 1, 3000);
    assert_int_equal(papers->plan.refund_minor, 825);
    assert_int_equal(papers->plan.line_count, 2);
    assert_int_equal(papers->plan.lines[1].qty_milli, 3000);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 275);
    assert_true(papers->plan.all); /* what was handed in is not the customer's any more */
    one_back(papers, 3, 2000);
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
        one_back(papers, 1, 1000);
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
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 900);
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 2700);
    assert_true(papers->plan.all);
}

static void test_a_price_without_a_quantity_is_one_piece_even_when_it_is_free(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 0, 700, 700);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 0);
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
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 300);
    one_back(papers, 3, 1000);
    assert_int_equal(papers->plan.refund_minor, -25);
}

/* An outcome from before it said what each line earned on. Of two lines for 0.01 each the first was relieved of all. */
static void test_points_go_back_by_what_was_paid_when_no_line_says_more(void **state)
{
    struct papers *papers = *state;
    after_add(&papers->basket, &papers->outcome, 1000, 1, 0);
    after_add(&papers->basket, &papers->outcome, 1000, 1, 0);
    after_add(&papers->basket, &papers->outcome, -1000, -1, 0);
    papers->outcome.points_earned = 10;
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 0);
    assert_int_equal(papers->plan.points_taken_back, 0);
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 1);
    assert_int_equal(papers->plan.points_taken_back, 10);
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
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 800);
    assert_int_equal(papers->plan.points_given_back, 20);
    assert_int_equal(papers->plan.points_taken_back, 0); /* it earned nothing */
    assert_int_equal(papers->plan.lot_use_count, 1);     /* the lot that was used last */
    assert_int_equal(papers->plan.lot_uses[0].lot, 6);
    assert_int_equal(papers->plan.lot_uses[0].amount, 20);
    one_back(papers, 1, 1000);
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
        one_back(papers, 1, 1000);
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
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.funding_count, 1);
    assert_string_equal(papers->plan.fundings[0].funder, "nestle");
    assert_int_equal(papers->plan.fundings[0].amount_minor, 25);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.fundings[0].amount_minor, 76);
}

/* Four pieces at 10.00, and something that was given for a spend of 25.00 on them. */
static struct vn_given *four_and_a_gift(struct papers *papers, enum vn_given_kind kind,
                                        enum vn_on_return on_return)
{
    memset(&papers->basket, 0, sizeof papers->basket);
    memset(&papers->outcome, 0, sizeof papers->outcome);
    anew(papers);
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
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* 30.00 are kept */
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);
    assert_string_equal(papers->plan.given[0].what, "next");
    assert_int_equal(papers->plan.given[0].charge_minor, 0);
    assert_int_equal(papers->plan.refund_minor, 1000);
    one_back(papers, 1, 2000);
    assert_int_equal(papers->plan.given_count, 0); /* once */

    (void)four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_KEEP);
    one_back(papers, 1, 4000);
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0);

    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_TAG, VN_RETURN_REVOKE_IF_UNUSED);
    given->by_quantity = true;
    given->least = 4000;
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* not one of its lines */
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);

    given = four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_REVOKE_IF_UNUSED);
    given->least = 0;
    given->lines[0] = 0; /* of the whole receipt, as long as anything is kept */
    one_back(papers, 1, 4000);
    assert_int_equal(papers->plan.given_count, 0);
    one_back(papers, 2, 1000);
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
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 0); /* 60.00 are kept */
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given_count, 1);
    assert_int_equal(papers->plan.given[0].amount, 1);
}

static void test_keeping_it_may_cost_something_but_never_more_than_comes_back(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_COUPON, VN_RETURN_CHARGE);
    given->charge_minor = 2300;
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 1000);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.refund_minor, 0);
    assert_int_equal(papers->plan.charge_minor, 1000);
    assert_int_equal(papers->plan.uncharged_minor, 1300);
    assert_int_equal(papers->plan.given[0].charge_minor, 2300);
    one_back(papers, 1, 2000);
    assert_int_equal(papers->plan.refund_minor, 700);
    assert_int_equal(papers->plan.charge_minor, 1300);
    assert_int_equal(papers->plan.uncharged_minor, 0);
    assert_int_equal(papers->plan.given_count, 0);
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.refund_minor, 9000);
}

static void test_stamps_by_the_piece_go_with_the_pieces(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = four_and_a_gift(papers, VN_GIVEN_STAMP, VN_RETURN_REVOKE_IF_UNUSED);
    given->by_quantity = true;
    given->least = 0;
    given->amount = 4;
    one_back(papers, 2, 1000);
    assert_int_equal(papers->plan.given_count, 0);
    one_back(papers, 1, 3000);
    assert_int_equal(papers->plan.given[0].amount, 3);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.given[0].amount, 1);

    given->amount = 3; /* of four pieces: 2.25, 1.5 and 0.75 would be kept */
    anew(papers);
    for (int i = 0; i < 3; i++) {
        one_back(papers, 1, 1000);
        assert_int_equal(papers->plan.given_count, 1);
        assert_int_equal(papers->plan.given[0].amount, 1);
    }
    one_back(papers, 1, 1000);
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
    one_back(papers, 1, 3000);
    assert_int_equal(papers->plan.given_count, 0);
    one_back(papers, 1, 1000);
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
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.consumption_count, 0);
    one_back(papers, 1, 1000);
    assert_int_equal(papers->plan.consumption_count, 2); /* points come back as points */
    assert_string_equal(papers->plan.consumptions[0].account, "c7");
    assert_true(papers->plan.consumptions[1].risk);
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
        cmocka_unit_test_setup_teardown(test_three_for_ten_come_back_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_weighed_line_comes_back_by_the_gram, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_can_not_come_back_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_figures_that_no_quote_makes_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deposits_follow_and_packaging_is_paid_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_deposit_goes_by_its_goods_and_is_rounded_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_line_below_zero_that_names_none_lowers_every_refund, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_price_without_a_quantity_is_one_piece_even_when_it_is_free,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_names_goods_and_is_no_deposit_comes_back_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_points_go_back_by_what_was_paid_when_no_line_says_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_points_that_were_a_discount_go_back_with_their_lines, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_tender_is_refunded_to_the_wallets_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_funders_get_their_share_of_what_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_coupon_is_revoked_once_the_rest_no_longer_earns_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_kept_is_measured_as_it_was_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keeping_it_may_cost_something_but_never_more_than_comes_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stamps_by_the_piece_go_with_the_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_has_no_threshold_stands_while_a_piece_is_kept, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_used_up_comes_back_with_the_last_piece, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_any_sequence_of_returns_ends_at_exactly_the_whole, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
