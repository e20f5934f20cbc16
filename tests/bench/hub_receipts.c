/* Receipts as a till journals them: a basket of 1 to 14 goods, a member's card, quoted, encoded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/loyalty/quote.h"
#include "sync/wire/entry_sale.h"
#include "tests/bench/bench.h"
#include "tests/bench/hub_tills.h"

#define LINES_LEAST 1
#define LINES_SPAN  14
#define SPAN_MS     INT64_C(259200000) /* receipts are of the last three days */
#define STEP_MS     20000              /* and so far apart, and up to as much again */

struct bench_receipts {
    long members;
    enum bench_sale_kind kind;
    uint64_t state;
    int64_t start_ms;
    struct vn_ruleset *ruleset;
    struct vn_quote_work *work;
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_outcome outcome;
    struct vn_with with;
};

/* xorshift64: which card and which goods; the same in each run. */
static uint64_t draw(struct bench_receipts *receipts, uint64_t below)
{
    receipts->state ^= receipts->state << 13;
    receipts->state ^= receipts->state >> 7;
    receipts->state ^= receipts->state << 17;
    return receipts->state % below;
}

struct bench_receipts *bench_receipts_make(long members, enum bench_sale_kind kind)
{
    struct vn_error error = {VN_OK, "", ""};
    struct bench_receipts *receipts = calloc(1, sizeof *receipts);
    struct vn_buf text;
    if (receipts == NULL || vn_quote_work_create(&receipts->work) != VN_OK) {
        bench_die("receipts", "out of memory");
    }
    vn_buf_init(&text, VN_RULESET_MAX);
    bench_ruleset(BENCH_HUB_PROMOTIONS, &text);
    if (vn_ruleset_parse(vn_buf_view(&text), &receipts->ruleset, &error) != VN_OK) {
        bench_die("ruleset", error.text);
    }
    vn_buf_deinit(&text);
    receipts->members = members;
    receipts->kind = kind;
    receipts->state = 88172645463325252U;
    struct vn_clock clock = vn_clock_system();
    receipts->start_ms = vn_clock_wall_ms(&clock) - SPAN_MS;
    return receipts;
}

void bench_receipts_free(struct bench_receipts *receipts)
{
    vn_ruleset_destroy(receipts->ruleset);
    vn_quote_work_destroy(receipts->work);
    free(receipts);
}

static void fill_basket(struct bench_receipts *receipts, int64_t number)
{
    struct vn_basket *basket = &receipts->basket;
    memset(basket, 0, offsetof(struct vn_basket, lines));
    (void)snprintf(basket->key.pos, VN_ID_MAX, "1");
    (void)snprintf(basket->key.date, VN_ID_MAX, "2026-11-22");
    (void)snprintf(basket->key.receipt, VN_ID_MAX, "%lld", (long long)number);
    (void)snprintf(basket->operator_id, VN_ID_MAX, "7");
    basket->started_ms = receipts->start_ms + number * STEP_MS + (int64_t)draw(receipts, STEP_MS);
    basket->line_count = LINES_LEAST + (unsigned)draw(receipts, LINES_SPAN);
    for (unsigned i = 0; i < basket->line_count; i++) {
        struct vn_line *line = &basket->lines[i];
        struct vn_item *item = &receipts->items[i];
        bench_item((unsigned)draw(receipts, BENCH_CATALOGUE), item);
        memset(line, 0, sizeof *line);
        line->id = i + 1;
        (void)snprintf(line->code, sizeof line->code, "%s", item->code);
        (void)snprintf(line->name, sizeof line->name, "%s", item->name);
        line->qty_milli = 1000;
        line->unit_price_minor = item->price_minor;
        line->amount_minor = item->price_minor;
        line->list_amount_minor = item->price_minor; /* as it is read when the POS does not say it */
    }
}

static void quote(struct bench_receipts *receipts)
{
    struct vn_error error = {VN_OK, "", ""};
    const struct vn_quote_input input = {.ruleset = receipts->ruleset,
                                         .basket = &receipts->basket,
                                         .items = receipts->items,
                                         .member = &receipts->member,
                                         .place = {"s1", "t1"},
                                         .hub_reachable = true};
    if (vn_quote(receipts->work, &input, &receipts->outcome, &error) != VN_OK) {
        bench_die("quote", error.text);
    }
    vn_with_take(&input, &receipts->with);
    vn_with_narrow(&receipts->with, receipts->ruleset, &receipts->basket);
}

/* The sums alone: what is left when a chain keeps its baskets to itself. */
static json_t *sums(const struct vn_outcome *outcome)
{
    static struct vn_outcome plain;
    memset(&plain, 0, sizeof plain);
    plain.optimal = true;
    plain.ruleset = outcome->ruleset;
    plain.engine = outcome->engine;
    plain.total_minor = outcome->payable_minor;
    plain.payable_minor = outcome->payable_minor;
    plain.points_earned = outcome->points_earned;
    return vn_outcome_write_journal(&plain, NULL);
}

/* As a till fills it. */
static enum vn_status fill_body(struct bench_receipts *receipts, int64_t number, struct vn_entry *entry)
{
    char fiscal[VN_ID_MAX];
    (void)snprintf(fiscal, sizeof fiscal, "F-%lld", (long long)number);
    if (receipts->kind == BENCH_PLAIN) {
        entry->body = json_pack("{s:s, s:o*}", "fiscal", fiscal, "outcome", sums(&receipts->outcome));
        return entry->body == NULL ? VN_NOMEM : VN_OK;
    }
    entry->body = json_pack("{s:s}", "fiscal", fiscal);
    return entry->body == NULL ? VN_NOMEM
                               : vn_entry_sale_write(entry, &receipts->basket, receipts->items,
                                                     &receipts->outcome, &receipts->with);
}

void bench_receipt_entry(struct bench_receipts *receipts, int64_t number, struct vn_buf *out)
{
    struct vn_entry entry;
    long member = 1 + (long)draw(receipts, (uint64_t)receipts->members);
    memset(&receipts->member, 0, sizeof receipts->member);
    receipts->member.known = true;
    (void)snprintf(receipts->member.account, VN_ID_MAX, "w%ld", member);
    fill_basket(receipts, number);
    quote(receipts);
    vn_entry_init(&entry, VN_ENTRY_COMMIT);
    entry.wall_ms = receipts->basket.started_ms + 1000;
    entry.mono_ms = entry.wall_ms - receipts->start_ms;
    entry.has_sale = true;
    entry.sale = receipts->basket.key;
    memcpy(entry.account, receipts->member.account, sizeof entry.account);
    entry.points = receipts->outcome.points_earned;
    if (fill_body(receipts, number, &entry) != VN_OK || vn_entry_encode(&entry, out) != VN_OK) {
        bench_die("entry", "can't be encoded");
    }
    vn_entry_deinit(&entry);
}
