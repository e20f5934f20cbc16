#include "tests/unit/loyalty_after.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/random.h"

unsigned after_below(uint64_t *seed, unsigned limit)
{
    uint32_t value = 0;
    struct vn_random random = vn_random_seeded(seed);
    assert_int_equal(vn_random_fill(&random, (uint8_t *)&value, sizeof value), VN_OK);
    return value % limit;
}

static void discount(struct vn_outcome *outcome, const char *promotion, enum vn_stage stage,
                     const char *wallet, unsigned at, int64_t minor)
{
    struct vn_application *row = &outcome->applications[outcome->application_count++];
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion);
    (void)snprintf(row->wallet, sizeof row->wallet, "%s", wallet);
    row->stage = stage;
    row->line_id = outcome->lines[at].line_id;
    row->discount_minor = minor;
    outcome->lines[at].discount_minor += minor;
    outcome->lines[at].payable_minor -= minor;
    outcome->discount_minor += minor;
    outcome->payable_minor -= minor;
}

struct vn_line *after_add(struct vn_basket *basket, struct vn_outcome *outcome, int64_t qty_milli,
                          int64_t amount_minor, int64_t discount_minor)
{
    unsigned at = basket->line_count++;
    struct vn_line *line = &basket->lines[at];
    line->id = at + 1;
    line->qty_milli = qty_milli;
    line->amount_minor = line->list_amount_minor = amount_minor;
    outcome->line_count = basket->line_count;
    outcome->lines[at] = (struct vn_line_outcome){.line_id = line->id,
                                                  .payable_minor = amount_minor,
                                                  .list_minor = amount_minor > 0 ? amount_minor : 0};
    outcome->total_minor += amount_minor;
    outcome->payable_minor += amount_minor;
    if (discount_minor > 0) {
        discount(outcome, "p0", VN_STAGE_UNITS, "", at, discount_minor);
    }
    return line;
}

static void random_line(uint64_t *seed, struct vn_basket *basket, struct vn_outcome *outcome)
{
    unsigned kind = after_below(seed, 14);
    int64_t amount = after_below(seed, 5) == 0 ? after_below(seed, 8) : after_below(seed, 9000);
    int64_t pieces = 1000 * (int64_t)(1 + after_below(seed, 7));
    int64_t first = basket->line_count == 0 ? 0 : basket->lines[0].id;
    struct vn_line *line = after_add(basket, outcome, pieces, amount, 0);
    switch (kind) {
    case 0:
    case 1:
        line->kind = VN_LINE_WEIGHED;
        line->qty_milli = 1 + after_below(seed, 9000);
        break;
    case 2: line->qty_milli = 1 + after_below(seed, 4000); break;
    case 3:
        line->kind = VN_LINE_DEPOSIT;
        line->parent = after_below(seed, 2) == 0 ? 0 : first;
        break;
    case 4: line->kind = VN_LINE_GIFT_CARD; break;
    case 5: line->kind = VN_LINE_SERVICE; break;
    default: break;
    }
}

/* Lines below 0: packaging, corrections, and cuts that name no line. */
static void random_negative(uint64_t *seed, struct vn_basket *basket, struct vn_outcome *outcome)
{
    unsigned parent = after_below(seed, basket->line_count);
    const struct vn_line *of = &basket->lines[parent];
    int64_t amount = -(int64_t)after_below(seed, 900);
    if (of->kind == VN_LINE_GOODS && of->amount_minor >= 2000 && of->qty_milli >= 2000) {
        struct vn_line *line = after_add(basket, outcome, -1000, amount, 0);
        line->parent = basket->lines[parent].id;
        return;
    }
    struct vn_line *line = after_add(basket, outcome, -1000, amount, 0);
    line->kind = after_below(seed, 3) == 0   ? VN_LINE_DEPOSIT_RETURN
                 : after_below(seed, 2) == 0 ? VN_LINE_SERVICE
                                             : VN_LINE_GOODS;
}

static void random_discounts(uint64_t *seed, const struct vn_basket *basket, struct vn_outcome *outcome)
{
    for (unsigned i = 0; i < basket->line_count; i++) {
        const struct vn_line *line = &basket->lines[i];
        bool goods = line->kind == VN_LINE_GOODS || line->kind == VN_LINE_WEIGHED;
        /* corrections take 900 at most, once or twice */
        int64_t room = goods && line->amount_minor > 4000 ? (line->amount_minor - 3600) / 4 : 0;
        outcome->lines[i].earn_minor = goods && after_below(seed, 3) > 0 ? after_below(seed, 5000) : 0;
        if (room == 0) {
            continue;
        }
        for (unsigned n = after_below(seed, 3); n-- > 0;) {
            char promotion[VN_ID_MAX];
            (void)snprintf(promotion, sizeof promotion, "p%u", after_below(seed, 3));
            discount(outcome, promotion, VN_STAGE_UNITS, "", i, after_below(seed, (unsigned)room + 1));
        }
        if (!outcome->spent_as_tender && outcome->points_spent > 0) {
            int64_t minor = after_below(seed, (unsigned)room + 1);
            discount(outcome, "", VN_STAGE_POINTS, "", i, minor);
            outcome->points_value_minor += minor;
        }
    }
}

static void random_points(uint64_t *seed, struct vn_outcome *outcome)
{
    int64_t left = outcome->points_spent;
    outcome->points_earned = after_below(seed, 400);
    outcome->qualifying = after_below(seed, 90000);
    if (outcome->spent_as_tender && outcome->payable_minor > 0) {
        outcome->points_value_minor = after_below(seed, (unsigned)outcome->payable_minor / 2 + 1);
        outcome->tender_minor = outcome->points_value_minor;
    }
    for (int64_t lot = 1; left > 0; lot++) {
        struct vn_lot_use *use = &outcome->lot_uses[outcome->lot_use_count++];
        (void)snprintf(use->account, sizeof use->account, "w1");
        use->lot = lot;
        use->amount = lot == 4 ? left : 1 + after_below(seed, (unsigned)left);
        left -= use->amount;
    }
    if (after_below(seed, 2) == 0) {
        struct vn_wallet_outcome *wallet = &outcome->wallets[outcome->wallet_count++];
        (void)snprintf(wallet->wallet, sizeof wallet->wallet, "partner");
        (void)snprintf(wallet->account, sizeof wallet->account, "w2");
        wallet->earned = after_below(seed, 90);
        if (outcome->payable_minor > 0 && after_below(seed, 2) == 0) {
            wallet->tender = true;
            wallet->spent = 50;
            wallet->value_minor = after_below(seed, (unsigned)outcome->payable_minor / 3 + 1);
            outcome->tender_minor += wallet->value_minor;
            struct vn_lot_use *use = &outcome->lot_uses[outcome->lot_use_count++];
            *use = (struct vn_lot_use){"w2", 9, 50};
        }
    }
}

static void consume(struct vn_outcome *outcome, const char *account, int64_t amount)
{
    struct vn_consumption *row = &outcome->consumptions[outcome->consumption_count++];
    (void)snprintf(row->account, sizeof row->account, "%s", account);
    row->amount = amount;
}

static void random_given(uint64_t *seed, struct vn_outcome *outcome)
{
    static const char *const accounts[] = {"", "", "s5"};
    for (unsigned n = after_below(seed, 5); n-- > 0;) {
        struct vn_given *given = &outcome->given[outcome->given_count++];
        given->kind = (enum vn_given_kind)after_below(seed, 5);
        (void)snprintf(given->promotion, sizeof given->promotion, "p%u", after_below(seed, 3));
        (void)snprintf(given->what, sizeof given->what, "x%u", after_below(seed, 3));
        (void)snprintf(given->account, sizeof given->account, "%s",
                       given->kind == VN_GIVEN_STAMP ? accounts[2] : "");
        given->amount = 1 + (given->kind == VN_GIVEN_STAMP ? after_below(seed, 6) : 0);
        given->on_return = (enum vn_on_return)after_below(seed, 3);
        given->charge_minor = given->on_return == VN_RETURN_CHARGE ? 1 + after_below(seed, 900) : 0;
        given->by_quantity = after_below(seed, 2) == 0;
        given->least = after_below(seed, 2) * after_below(seed, 6000);
        given->lines[0] = after_below(seed, 4) == 0 ? 0 : after_below(seed, 1U << outcome->line_count);
    }
    if (outcome->points_spent > 0) {
        consume(outcome, "w1", outcome->points_spent);
    }
    consume(outcome, "n0123456789abcdef", 1);
    consume(outcome, "c7", 1);
    consume(outcome, "s5", 1 + after_below(seed, 9));
    for (unsigned i = 0; i < 3; i++) {
        int64_t sum = 0;
        char promotion[VN_ID_MAX];
        (void)snprintf(promotion, sizeof promotion, "p%u", i);
        for (unsigned a = 0; a < outcome->application_count; a++) {
            bool mine = strcmp(outcome->applications[a].promotion, promotion) == 0;
            sum += mine ? outcome->applications[a].discount_minor : 0;
        }
        if (sum > 0) {
            struct vn_funding *row = &outcome->fundings[outcome->funding_count++];
            memcpy(row->promotion, promotion, sizeof row->promotion);
            (void)snprintf(row->funder, sizeof row->funder, "maker");
            row->amount_minor = after_below(seed, (unsigned)sum + 1);
        }
    }
}

void after_random(uint64_t *seed, struct vn_basket *basket, struct vn_outcome *outcome)
{
    memset(basket, 0, sizeof *basket);
    memset(outcome, 0, sizeof *outcome);
    for (unsigned n = 1 + after_below(seed, 9); n-- > 0;) {
        random_line(seed, basket, outcome);
    }
    for (unsigned n = after_below(seed, 3); n-- > 0;) {
        random_negative(seed, basket, outcome);
    }
    outcome->spent_as_tender = after_below(seed, 2) == 0;
    outcome->points_spent = after_below(seed, 2) * (1 + after_below(seed, 700));
    random_discounts(seed, basket, outcome);
    random_points(seed, outcome);
    random_given(seed, outcome);
    for (unsigned i = basket->line_count; i-- > 1;) {
        unsigned other = after_below(seed, i + 1);
        struct vn_line line = basket->lines[i];
        basket->lines[i] = basket->lines[other];
        basket->lines[other] = line;
    }
}

size_t after_items(uint64_t *seed, const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX],
                   struct vn_return_item *items, size_t most)
{
    size_t count = 0;
    for (unsigned i = 0; i < sold->count && count < most; i++) {
        const struct vn_sold_line *at = &sold->lines[i];
        int64_t unit = at->pieces ? 1000 : 1;
        int64_t left = (at->qty_milli - so_far[i]) / unit;
        if (at->follows || left == 0 || after_below(seed, 3) != 0) {
            continue;
        }
        items[count++] =
            (struct vn_return_item){at->line_id, unit * (int64_t)(1 + after_below(seed, (unsigned)left))};
        so_far[i] += items[count - 1].qty_milli;
    }
    return count;
}

size_t after_rest(const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX], struct vn_return_item *items)
{
    size_t count = 0;
    for (unsigned i = 0; i < sold->count; i++) {
        const struct vn_sold_line *at = &sold->lines[i];
        if (!at->follows && so_far[i] < at->qty_milli) {
            items[count++] = (struct vn_return_item){at->line_id, at->qty_milli - so_far[i]};
            so_far[i] = at->qty_milli;
        }
    }
    return count;
}
