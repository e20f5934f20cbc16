/* What must hold of fiscal lines and returns, for random sales under random rulesets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/fiscal.h"
#include "agent/loyalty/returns.h"
#include "tests/unit/loyalty_worlds.h"

/* --- fiscal lines ------------------------------------------------------------------------------------------------------- */

static unsigned splits, off_receipts;

static int64_t product(int64_t price_minor, int64_t qty_milli)
{
    int64_t minor = 0;
    assert_true(vn_money_mul_div(price_minor, qty_milli, 1000, VN_ROUND_HALF_AWAY, &minor));
    return minor;
}

static void check_fiscal(const struct random_world *world, const struct vn_fiscal_profile *profile)
{
    struct vn_sold *sold = calloc(1, sizeof *sold);
    struct vn_fiscal *fiscal = calloc(1, sizeof *fiscal);
    if (sold == NULL || fiscal == NULL) {
        fail_msg("out of memory");
        abort();
    }
    assert_int_equal(vn_fiscal_lines(profile, &world->sale.basket, &world->out, sold, fiscal, NULL), VN_OK);
    int64_t total = 0;
    int64_t qty_milli = 0;
    for (unsigned i = 0; i < fiscal->count; i++) {
        const struct vn_fiscal_line *line = &fiscal->lines[i];
        int64_t off = line->total_minor - product(line->unit_price_minor, line->qty_milli);
        assert_true(off <= profile->tolerance_minor && -off <= profile->tolerance_minor);
        assert_true(line->qty_milli > 0);
        assert_true(profile->zero_allowed || line->total_minor > 0);
        assert_true(line->unit_price_minor >= profile->least_price_minor ||
                    (profile->zero_allowed && line->unit_price_minor == 0));
        assert_true(i == 0 || line->line_id >= fiscal->lines[i - 1].line_id);
        splits += i > 0 && line->line_id == fiscal->lines[i - 1].line_id ? 1 : 0;
        total += line->total_minor;
        qty_milli += line->qty_milli;
    }
    for (unsigned i = 0; i < sold->count; i++) {
        qty_milli -= sold->lines[i].payable_minor >= 0 ? sold->lines[i].qty_milli : 0;
    }
    assert_int_equal(qty_milli, 0);
    assert_int_equal(total - fiscal->receipt_discount_minor, fiscal->total_minor);
    assert_int_equal(fiscal->total_minor + fiscal->apart_minor + fiscal->off_minor, world->out.payable_minor);
    assert_true(profile->receipt_discount_allowed || fiscal->receipt_discount_minor == 0);
    /* what can't be printed is a cent or less a piece that was given for nothing, or a rest of a weighed line */
    off_receipts += fiscal->off_minor != 0 ? 1 : 0;
    free(sold);
    free(fiscal);
}

static void check_all_fiscal(struct random_world *world)
{
    for (int country = 0; world->status == VN_OK && country < VN_FISCAL_COUNT; country++) {
        check_fiscal(world, vn_fiscal_profile((enum vn_fiscal_country)country));
    }
}

static void test_fiscal_lines_of_each_country_add_up_to_the_outcome(void **state)
{
    (void)state;
    splits = off_receipts = 0;
    unsigned quoted = 0;
    worlds_each(250, NULL, check_all_fiscal, &quoted);
    worlds_assert_seen(splits, 100);
    assert_true(off_receipts < quoted * VN_FISCAL_COUNT / 2);
}

/* --- returns -------------------------------------------------------------------------------------------------------------- */

/* What has come back of one receipt, by returns in random order and sizes. */
struct back {
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_return_item before[20 * VN_LINES_MAX], now[VN_LINES_MAX];
    size_t before_count, now_count;
    bool goods; /* something was sold */
    int64_t left_milli[VN_LINES_MAX];
    int64_t refund_minor, tender_minor, charge_minor, spend_minor, qualifying;
    int64_t taken, given, other_taken, other_given, lots, funded, discounts, consumed;
};

static int64_t sum_of_lots(const struct vn_lot_use *uses, unsigned count)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        assert_true(uses[i].amount > 0);
        sum += uses[i].amount;
    }
    return sum;
}

static int64_t sum_of_fundings(const struct vn_funding *fundings, unsigned count)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += fundings[i].amount_minor;
    }
    return sum;
}

/* Some pieces, or a part, of some of the lines that are left; at least of one. */
static void choose(struct random_world *world, const struct vn_sold *sold, struct back *back)
{
    back->now_count = 0;
    while (back->now_count == 0) {
        for (unsigned i = 0; i < sold->count; i++) {
            int64_t left = back->left_milli[i];
            if (left == 0 || !random_once_in(&world->state, 3)) {
                continue;
            }
            int64_t qty_milli = left;
            if (random_once_in(&world->state, 2)) {
                int64_t piece = sold->lines[i].pieces ? 1000 : 1;
                qty_milli = piece * (1 + (int64_t)random_below(&world->state, (uint32_t)(left / piece)));
            }
            back->left_milli[i] -= qty_milli;
            back->now[back->now_count++] = (struct vn_return_item){sold->lines[i].line_id, qty_milli};
        }
    }
}

static void add(const struct random_world *world, struct back *back)
{
    const struct vn_return *plan = &back->plan;
    assert_true(plan->charge_minor >= 0 && plan->tender_minor >= 0 && plan->points_taken_back >= 0 &&
                plan->points_given_back >= 0);
    assert_int_equal(plan->refund_minor, plan->spend_minor - plan->tender_minor - plan->charge_minor);
    back->refund_minor += plan->refund_minor;
    back->tender_minor += plan->tender_minor;
    back->charge_minor += plan->charge_minor;
    back->spend_minor += plan->spend_minor;
    back->qualifying += plan->qualifying;
    back->taken += plan->points_taken_back;
    back->given += plan->points_given_back;
    back->lots += sum_of_lots(plan->lot_uses, plan->lot_use_count);
    back->funded += sum_of_fundings(plan->fundings, plan->funding_count);
    for (unsigned i = 0; i < plan->application_count; i++) {
        back->discounts += plan->applications[i].discount_minor;
    }
    for (unsigned i = 0; i < plan->wallet_count; i++) {
        back->other_taken += plan->wallets[i].taken_back;
        back->other_given += plan->wallets[i].given_back;
    }
    for (unsigned i = 0; i < plan->consumption_count; i++) {
        assert_false(vn_outcome_is_wallet(&world->out, plan->consumptions[i].account));
        back->consumed += plan->consumptions[i].amount;
    }
    for (size_t i = 0; i < back->now_count; i++) {
        assert_true(back->before_count < sizeof back->before / sizeof back->before[0]);
        back->before[back->before_count++] = back->now[i];
    }
}

/* Discounts of the lines that can come back: one that was corrected down to nothing that a discount then took is gone. */
static int64_t discounts_of(const struct vn_outcome *out, const struct vn_sold *sold)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < sold->count; i++) {
        sum += out->lines[sold->lines[i].at].discount_minor;
    }
    return sum;
}

static void check_whole(const struct random_world *world, const struct vn_sold *sold, const struct back *back)
{
    const struct vn_outcome *out = &world->out;
    struct vn_reversal reversal;
    vn_outcome_reverse(out, &reversal);
    int64_t taken = 0;
    int64_t given = 0;
    for (unsigned i = 0; i < reversal.wallet_count; i++) {
        taken += reversal.wallets[i].taken_back;
        given += reversal.wallets[i].given_back;
    }
    int64_t consumed = 0;
    for (unsigned i = 0; i < out->consumption_count; i++) {
        consumed += vn_outcome_is_wallet(out, out->consumptions[i].account) ? 0 : out->consumptions[i].amount;
    }
    assert_int_equal(back->spend_minor, out->payable_minor);
    assert_int_equal(back->tender_minor, out->tender_minor);
    assert_int_equal(back->refund_minor + back->charge_minor, reversal.refund_minor);
    assert_int_equal(back->qualifying, reversal.qualifying);
    assert_int_equal(back->taken, reversal.points_taken_back);
    assert_int_equal(back->given, reversal.points_given_back);
    assert_int_equal(back->other_taken, taken);
    assert_int_equal(back->other_given, given);
    assert_int_equal(back->lots, sum_of_lots(reversal.lot_uses, reversal.lot_use_count));
    assert_int_equal(back->funded, sum_of_fundings(out->fundings, out->funding_count));
    assert_int_equal(back->discounts, discounts_of(out, sold));
    assert_int_equal(back->consumed, consumed);
}

static unsigned returned;

/* What is left with the customer; packaging that was handed in is not his, but its line can be taken out too. */
static int64_t left_of(const struct vn_sold *sold, const struct back *back, bool packaging)
{
    int64_t left = 0;
    for (unsigned i = 0; i < sold->count; i++) {
        left += packaging || sold->lines[i].payable_minor >= 0 ? back->left_milli[i] : 0;
    }
    return left;
}

static void return_some(struct random_world *world, const struct vn_sold *sold, struct back *back)
{
    choose(world, sold, back);
    const struct vn_return_input input = {
        .basket = &world->sale.basket,
        .outcome = &world->out,
        .before = back->before,
        .before_count = back->before_count,
        .charged_minor = back->charge_minor,
        .now = back->now,
        .now_count = back->now_count,
    };
    assert_int_equal(vn_return_plan(&input, &back->work, &back->plan, &world->error), VN_OK);
    assert_int_equal(back->plan.all, back->goods && left_of(sold, back, false) == 0);
    add(world, back);
}

static void check_returns(struct random_world *world)
{
    if (world->status != VN_OK) {
        return;
    }
    struct back *back = calloc(1, sizeof *back);
    struct vn_sold *sold = calloc(1, sizeof *sold);
    if (back == NULL || sold == NULL) {
        fail_msg("out of memory");
        abort();
    }
    assert_int_equal(vn_sold_read(&world->sale.basket, &world->out, sold, NULL), VN_OK);
    for (unsigned i = 0; i < sold->count; i++) {
        back->left_milli[i] = sold->lines[i].follows ? 0 : sold->lines[i].qty_milli;
    }
    back->goods = left_of(sold, back, false) > 0;
    while (left_of(sold, back, true) > 0) {
        return_some(world, sold, back);
    }
    if (back->goods) {
        check_whole(world, sold, back);
        returned++;
    }
    free(back);
    free(sold);
}

static void test_returns_in_any_parts_and_order_end_at_zero(void **state)
{
    (void)state;
    returned = 0;
    worlds_each(250, NULL, check_returns, NULL);
    worlds_assert_seen(returned, 500);
}

int main(int argc, char **argv)
{
    worlds_words(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_fiscal_lines_of_each_country_add_up_to_the_outcome, worlds_say_seed),
        cmocka_unit_test_teardown(test_returns_in_any_parts_and_order_end_at_zero, worlds_say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
