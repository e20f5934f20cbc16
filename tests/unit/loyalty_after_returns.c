/* What any sequence of returns must come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_after.h"

/* What a sequence of plans adds up to; lists by the places of the outcome's. */
struct sums {
    int64_t refund, tender, spend, qualifying, taken, given, wallets[VN_WALLETS_MAX][3];
    int64_t lines[VN_LINES_MAX], lots[VN_LOT_USES_MAX], funded[VN_FUNDINGS_MAX];
    int64_t discounts, stamps, revoked, charged, consumed;
};

static void add_lists(const struct vn_outcome *outcome, struct sums *sums, const struct vn_return *plan)
{
    for (unsigned i = 0; i < plan->line_count; i++) {
        for (unsigned at = 0; at < outcome->line_count; at++) {
            bool same = outcome->lines[at].line_id == plan->lines[i].line_id;
            sums->lines[at] += same ? plan->lines[i].refund_minor : 0;
        }
    }
    for (unsigned i = 0; i < plan->lot_use_count; i++) {
        const struct vn_lot_use *row = &plan->lot_uses[i];
        assert_true(row->amount > 0);
        for (unsigned at = 0; at < outcome->lot_use_count; at++) {
            const struct vn_lot_use *of = &outcome->lot_uses[at];
            bool same = of->lot == row->lot && strcmp(of->account, row->account) == 0;
            sums->lots[at] += same ? row->amount : 0;
        }
    }
    for (unsigned i = 0; i < plan->funding_count; i++) {
        const struct vn_funding *row = &plan->fundings[i];
        for (unsigned at = 0; at < outcome->funding_count; at++) {
            const struct vn_funding *of = &outcome->fundings[at];
            bool same = strcmp(of->promotion, row->promotion) == 0 && strcmp(of->funder, row->funder) == 0;
            sums->funded[at] += same ? row->amount_minor : 0;
        }
    }
    for (unsigned i = 0; i < plan->wallet_count; i++) {
        const struct vn_wallet_back *row = &plan->wallets[i];
        for (unsigned at = 0; at < outcome->wallet_count; at++) {
            bool same = strcmp(outcome->wallets[at].wallet, row->wallet) == 0;
            sums->wallets[at][0] += same ? row->taken_back : 0;
            sums->wallets[at][1] += same ? row->given_back : 0;
            sums->wallets[at][2] += same ? row->value_minor : 0;
        }
    }
}

static void add(const struct vn_outcome *outcome, struct sums *sums, const struct vn_return *plan)
{
    sums->refund += plan->refund_minor + plan->charge_minor;
    sums->tender += plan->tender_minor;
    sums->spend += plan->spend_minor;
    sums->qualifying += plan->qualifying;
    sums->taken += plan->points_taken_back;
    sums->given += plan->points_given_back;
    sums->consumed += plan->consumption_count;
    add_lists(outcome, sums, plan);
    for (unsigned i = 0; i < plan->application_count; i++) {
        assert_true(plan->applications[i].discount_minor > 0);
        sums->discounts += plan->applications[i].discount_minor;
    }
    for (unsigned i = 0; i < plan->given_count; i++) {
        const struct vn_given_back *row = &plan->given[i];
        sums->stamps += row->kind == VN_GIVEN_STAMP ? row->amount : 0;
        sums->revoked += row->charge_minor == 0 && row->kind != VN_GIVEN_STAMP ? row->amount : 0;
        sums->charged += row->charge_minor;
    }
}

/* No amount of one plan goes the other way. */
static void check_plan(const struct vn_return *at)
{
    bool packaging = false;
    int64_t spend = 0;
    for (unsigned i = 0; i < at->line_count; i++) {
        packaging = packaging || at->lines[i].refund_minor < 0;
        spend += at->lines[i].refund_minor;
        assert_true(at->lines[i].qty_milli >= 0);
    }
    assert_int_equal(spend, at->spend_minor);
    assert_int_equal(at->spend_minor - at->tender_minor - at->charge_minor, at->refund_minor);
    assert_true(packaging || at->refund_minor >= 0);
    assert_true(at->tender_minor >= 0 && at->charge_minor >= 0 && at->uncharged_minor >= 0);
    assert_true(at->uncharged_minor == 0 || at->refund_minor <= 0);
    assert_true(at->points_taken_back >= 0 && at->points_given_back >= 0 && at->qualifying >= 0);
    for (unsigned i = 0; i < at->wallet_count; i++) {
        assert_true(at->wallets[i].taken_back >= 0 && at->wallets[i].given_back >= 0);
    }
}

static void come_back(struct after_returns *work, const struct vn_basket *basket,
                      const struct vn_outcome *outcome, const struct vn_return_item *items, size_t count)
{
    struct vn_error error;
    const struct vn_return_input input = {.basket = basket,
                                          .outcome = outcome,
                                          .before = work->before,
                                          .before_count = work->before_count,
                                          .charged_minor = work->charged_minor,
                                          .now = items,
                                          .now_count = count};
    if (vn_return_plan(&input, &work->work, &work->plan, &error) != VN_OK) {
        fail_msg("%s at %s", error.text, error.pointer);
    }
    assert_int_equal(vn_return_plan(&input, &work->work, &work->again, &error), VN_OK);
    assert_memory_equal(&work->again, &work->plan, sizeof work->plan); /* the same once more */
    memcpy(&work->before[work->before_count], items, count * sizeof *items);
    work->before_count += count;
    work->charged_minor += work->plan.charge_minor;
    check_plan(&work->plan);
}

/* Brings all back: at once, or in steps of random items. */
static void bring_back(uint64_t *seed, struct after_returns *work, const struct vn_basket *basket,
                       const struct vn_outcome *outcome, int steps, struct sums *sums)
{
    struct vn_return_item items[VN_LINES_MAX];
    int64_t so_far[VN_LINES_MAX] = {0};
    memset(sums, 0, sizeof *sums);
    work->before_count = 0;
    work->charged_minor = 0;
    assert_int_equal(vn_sold_read(basket, outcome, &work->work.sold, NULL), VN_OK);
    for (int i = 0; i < steps; i++) {
        come_back(work, basket, outcome, items, after_items(seed, &work->work.sold, so_far, items, 3));
        add(outcome, sums, &work->plan);
    }
    come_back(work, basket, outcome, items, after_rest(&work->work.sold, so_far, items));
    add(outcome, sums, &work->plan);
}

/* What hangs on the goods, and comes back with the last of them. */
static void check_goods(const struct vn_outcome *outcome, const struct sums *sums)
{
    int64_t consumed = 0;
    int64_t charges = 0;
    int64_t stamps = 0;
    int64_t revoked = 0;
    assert_int_equal(sums->qualifying, outcome->qualifying);
    assert_int_equal(sums->taken, outcome->points_earned);
    assert_int_equal(sums->given, outcome->points_spent);
    assert_int_equal(sums->discounts, outcome->discount_minor);
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        assert_int_equal(sums->wallets[i][0], outcome->wallets[i].earned);
        assert_int_equal(sums->wallets[i][1], outcome->wallets[i].spent);
        assert_int_equal(sums->wallets[i][2],
                         outcome->wallets[i].tender ? outcome->wallets[i].value_minor : 0);
    }
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        consumed += outcome->consumptions[i].account[0] == 'w' ? 0 : 1;
    }
    assert_int_equal(sums->consumed, consumed);
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        assert_int_equal(sums->lots[i], outcome->lot_uses[i].amount);
    }
    for (unsigned i = 0; i < outcome->funding_count; i++) {
        assert_int_equal(sums->funded[i], outcome->fundings[i].amount_minor);
    }
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *given = &outcome->given[i];
        bool handed = given->kind != VN_GIVEN_GIFT && given->kind != VN_GIVEN_SAY;
        bool back = handed && given->on_return != VN_RETURN_KEEP;
        charges += back && given->on_return == VN_RETURN_CHARGE ? given->charge_minor : 0;
        stamps += back && given->kind == VN_GIVEN_STAMP ? given->amount : 0;
        bool revoke = back && given->kind != VN_GIVEN_STAMP && given->on_return != VN_RETURN_CHARGE;
        revoked += revoke ? vn_given_amount(given) : 0;
    }
    assert_int_equal(sums->charged, charges);
    assert_int_equal(sums->stamps, stamps);
    assert_int_equal(sums->revoked, revoked);
}

void after_check_returns(uint64_t *seed, struct after_returns *work, const struct vn_basket *basket,
                         const struct vn_outcome *outcome)
{
    struct sums whole;
    struct sums parts;
    bool sold = false; /* something that is not below 0: else there is nothing that could come back */
    bring_back(seed, work, basket, outcome, 0, &whole);
    vn_outcome_reverse(outcome, &work->reversal);
    for (unsigned i = 0; i < work->work.sold.count; i++) {
        sold = sold || work->work.sold.lines[i].payable_minor >= 0;
    }
    assert_int_equal(whole.refund, work->reversal.refund_minor);
    assert_int_equal(whole.tender, outcome->tender_minor);
    assert_int_equal(whole.spend, outcome->payable_minor);
    if (sold) {
        check_goods(outcome, &whole);
    }
    for (int way = 0; way < 3; way++) {
        bring_back(seed, work, basket, outcome, 2 + way, &parts);
        assert_memory_equal(&whole, &parts, sizeof whole);
    }
    work->revoked += whole.revoked;
    work->charged += whole.charged;
    work->tender += whole.tender;
}
