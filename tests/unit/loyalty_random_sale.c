/* Random sales: goods, customers, coupons and rights that random rulesets could mean. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"
#include "tests/unit/loyalty_random.h"

#define DAY_MS  86400000
#define YEAR_MS 1767225600000 /* 2026-01-01T00:00:00Z */

static void put_text(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void put_text(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out, size, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= size) {
        abort();
    }
}

static int64_t between(uint64_t *seed, int64_t least, int64_t most)
{
    return least + (int64_t)random_below(seed, (uint32_t)(most - least + 1));
}

static void fill_item(uint64_t *seed, unsigned code, struct vn_item *item)
{
    static const char *const classes[] = {"tobacco", "alcohol", "infant-formula", "general", ""};
    memset(item, 0, sizeof *item);
    item->known = !random_once_in(seed, 7);
    put_text(item->code, sizeof item->code, "%u", code);
    put_text(item->category, sizeof item->category, "c%u/s%u", code % 3, code % 2);
    put_text(item->brand, sizeof item->brand, "b%u", random_below(seed, 3));
    uint32_t class = random_below(seed, 20);
    put_text(item->legal_class, sizeof item->legal_class, "%s", classes[class < 4 ? class : 4]);
    item->min_price_minor = random_once_in(seed, 4) ? between(seed, 1, 600) : 0;
    item->tag_count = 1 + random_below(seed, 2);
    for (unsigned i = 0; i < item->tag_count; i++) {
        put_text(item->tags[i], sizeof item->tags[i], "t%u", random_below(seed, 3));
    }
}

static void fill_amounts(uint64_t *seed, struct vn_line *line)
{
    int64_t price = random_once_in(seed, 3) ? 100 * between(seed, 0, 20) : between(seed, 0, 2000);
    line->unit_price_minor = price;
    line->qty_milli = 1000 * between(seed, 1, random_once_in(seed, 6) ? 12 : 4);
    if (random_once_in(seed, 9)) {
        line->kind = VN_LINE_WEIGHED;
        line->qty_milli = between(seed, 1, 3000);
    }
    line->amount_minor = price * line->qty_milli / 1000;
    if (random_once_in(seed, 6)) {
        line->amount_minor -= line->pos_discounts_minor = between(seed, 0, line->amount_minor);
    }
    line->list_amount_minor = line->amount_minor + line->pos_discounts_minor;
}

/* What is no goods, and corrections of an earlier line or of nothing. */
static void fill_odd(uint64_t *seed, const struct vn_line *first, struct vn_line *line)
{
    uint32_t what = random_below(seed, 24);
    if (what == 0) {
        line->kind = (enum vn_line_kind)(VN_LINE_DEPOSIT + (int)random_below(seed, 4));
        if (line->kind == VN_LINE_DEPOSIT_RETURN) {
            line->amount_minor = -line->amount_minor;
            line->list_amount_minor = -line->list_amount_minor;
        }
    } else if (what == 1) {
        line->kind = VN_LINE_GOODS;
        line->qty_milli = -1000;
        line->pos_discounts_minor = 0;
        line->amount_minor = line->list_amount_minor = -between(seed, 0, 500);
    } else if (what == 2 && first != line && first->kind != VN_LINE_WEIGHED && first->amount_minor >= 0 &&
               first->qty_milli >= 1000) {
        int64_t pieces = first->qty_milli / 1000;
        *line = *first;
        line->parent = first->id;
        line->qty_milli = -1000;
        line->pos_discounts_minor = 0;
        line->amount_minor = -(first->amount_minor / pieces);
        line->list_amount_minor = -(first->list_amount_minor / pieces);
    } else if (what == 3 && random_once_in(seed, 20)) {
        line->amount_minor = line->list_amount_minor = VN_AMOUNT_MAX - between(seed, 0, 9);
        line->pos_discounts_minor = 0;
    }
}

static void fill_basket(uint64_t *seed, unsigned lines, struct random_sale *out)
{
    static const char *const tenders[] = {"cash", "card", "voucher", "gift_card"};
    struct vn_item catalogue[RANDOM_CODES];
    struct vn_basket *basket = &out->basket;
    for (unsigned code = 0; code < RANDOM_CODES; code++) {
        fill_item(seed, code, &catalogue[code]);
    }
    put_text(basket->key.pos, VN_ID_MAX, "pos");
    put_text(basket->key.date, VN_ID_MAX, "2026-11-22");
    put_text(basket->key.receipt, VN_ID_MAX, "%u", random_below(seed, 100000));
    basket->started_ms = YEAR_MS + DAY_MS * between(seed, 0, 364);
    basket->started_ms += 1000 * between(seed, 0, 86399);
    basket->lane = (enum vn_lane_kind)random_below(seed, 3);
    basket->proof = random_once_in(seed, 2) ? VN_PROOF_NONE : (enum vn_proof)random_below(seed, 4);
    basket->tender_count = random_below(seed, 3);
    for (unsigned i = 0; i < basket->tender_count; i++) {
        put_text(basket->tenders[i].kind, VN_TAG_MAX, "%s", tenders[random_below(seed, 4)]);
        basket->tenders[i].amount_minor = between(seed, 1, 5000);
    }
    basket->line_count = random_below(seed, lines + 1);
    for (unsigned i = 0; i < basket->line_count; i++) {
        struct vn_line *line = &basket->lines[i];
        uint32_t code = random_below(seed, RANDOM_CODES);
        line->id = i + 1;
        put_text(line->code, sizeof line->code, "%u", code);
        fill_amounts(seed, line);
        fill_odd(seed, &basket->lines[0], line);
        line->id = i + 1;
        out->items[i] = catalogue[line->code[0] - '0'];
    }
}

static unsigned fill_lots(uint64_t *seed, int64_t now, int64_t first_id, struct vn_lot *lots)
{
    unsigned count = random_below(seed, 4);
    int64_t expires = now - 10 * (int64_t)DAY_MS;
    for (unsigned i = 0; i < count; i++) {
        expires += DAY_MS * between(seed, 0, 30);
        lots[i] = (struct vn_lot){.id = first_id + (int64_t)i,
                                  .amount = between(seed, 1, 900),
                                  .earned_ms = now - 40 * (int64_t)DAY_MS,
                                  .expires_ms = expires};
        lots[i].matures_ms = now + DAY_MS * between(seed, -20, 5);
        lots[i].expires_ms = i + 1 == count && random_once_in(seed, 2) ? 0 : expires;
    }
    return count;
}

static void fill_history(uint64_t *seed, int64_t now, struct vn_member *member)
{
    member->birth_month = random_below(seed, 13);
    member->birth_day = member->birth_month == 0 ? 0 : 1 + random_below(seed, 31);
    member->joined_ms = random_once_in(seed, 5) ? 0 : now - DAY_MS * between(seed, 0, 2000);
    member->last_visit_ms = random_once_in(seed, 5) ? 0 : now - DAY_MS * between(seed, 0, 60);
    member->visits = between(seed, 0, 6);
    member->as_of_ms = random_once_in(seed, 8) ? 0 : now - DAY_MS * between(seed, 0, 9);
    member->lifetime_spend_minor = between(seed, 0, 7000);
    member->qualifying = between(seed, 0, 5000);
    member->staff = random_once_in(seed, 4);
    member->referred = random_once_in(seed, 2);
    member->debt = random_once_in(seed, 5) ? between(seed, 1, 300) : 0;
}

static void fill_member(uint64_t *seed, int64_t now, struct vn_member *member)
{
    static const char *const tiers[] = {"", "silver", "gold"};
    member->known = !random_once_in(seed, 12);
    member->blocked = random_once_in(seed, 12);
    put_text(member->account, VN_ID_MAX, "%s", member->known ? "w1" : "");
    if (!random_once_in(seed, 3)) {
        put_text(member->id, VN_ID_MAX, "m%u", random_below(seed, 1000));
    }
    put_text(member->household, VN_ID_MAX, "%s", random_once_in(seed, 2) ? "" : "h1");
    put_text(member->tier, VN_TAG_MAX, "%s", tiers[random_below(seed, 3)]);
    member->balance = between(seed, -100, 3000);
    fill_history(seed, now, member);
    member->segment_count = random_below(seed, 3);
    for (unsigned i = 0; i < member->segment_count; i++) {
        put_text(member->segments[i], VN_TAG_MAX, "seg%u", random_below(seed, 3));
    }
    member->club_count = random_below(seed, 2);
    put_text(member->clubs[0], VN_TAG_MAX, "%s", member->club_count == 1 ? "wine" : "");
    member->lot_count = random_once_in(seed, 2) ? 0 : fill_lots(seed, now, 1, member->lots);
    member->wallet_count = random_below(seed, 2);
    for (unsigned i = 0; i < member->wallet_count; i++) {
        struct vn_member_wallet *wallet = &member->wallets[i];
        put_text(wallet->id, VN_TAG_MAX, "partner");
        put_text(wallet->account, VN_ID_MAX, "w2");
        wallet->balance = between(seed, 0, 2000);
        wallet->lot_count = fill_lots(seed, now, 11, wallet->lots);
    }
    const char *name = member->id[0] != '\0' ? member->id : member->account;
    member->counter_count = 2;
    for (unsigned i = 0; i < 2; i++) {
        char card[VN_TAG_MAX];
        put_text(card, sizeof card, "k%u", i);
        vn_account_stamps(name, card, member->counters[i].account);
        member->counters[i].value = between(seed, 0, 9);
    }
}

static void fill_coupon(uint64_t *seed, int64_t now, const char *promotion, struct vn_coupon *coupon)
{
    put_text(coupon->promotion, VN_ID_MAX, "%s", promotion);
    put_text(coupon->label, VN_CODE_MAX, "%04u", random_below(seed, 10000));
    coupon->single_use = random_once_in(seed, 2);
    coupon->spent = random_once_in(seed, 9);
    coupon->valid_from_ms = random_once_in(seed, 8) ? now + between(seed, -1, 1) : 0;
    coupon->valid_until_ms = random_once_in(seed, 8) ? now + between(seed, -1, 1) : 0;
    if (random_once_in(seed, 9)) {
        put_text(coupon->member, VN_ID_MAX, "m%u", random_below(seed, 1000));
    }
    if (promotion[0] != '\0') {
        return;
    }
    coupon->has_terms = true;
    if (random_once_in(seed, 2)) {
        coupon->off_bp = between(seed, 1, 10000);
    } else {
        coupon->off_minor = between(seed, 1, 900);
    }
    coupon->least_minor = random_once_in(seed, 2) ? between(seed, 1, 3000) : 0;
    coupon->code_count = random_below(seed, 3);
    for (unsigned i = 0; i < coupon->code_count; i++) {
        put_text(coupon->codes[i], VN_CODE_MAX, "%u", random_below(seed, RANDOM_CODES));
    }
}

static void fill_choices(uint64_t *seed, const struct random_rules *rules, struct random_sale *out)
{
    struct vn_choices *choices = &out->choices;
    int64_t now = out->basket.started_ms;
    choices->spend_points = random_once_in(seed, 2) ? 0 : between(seed, 1, 2000);
    if (random_once_in(seed, 3)) {
        choices->spend_count = 1;
        put_text(choices->spends[0].wallet, VN_TAG_MAX, "partner");
        choices->spends[0].points = between(seed, 1, 1500);
    }
    for (unsigned i = 0; i < rules->count && choices->coupon_count < VN_COUPONS_MAX; i++) {
        if (rules->promotions[i].coupon && !random_once_in(seed, 4)) {
            fill_coupon(seed, now, rules->promotions[i].id, &choices->coupons[choices->coupon_count++]);
        }
    }
    if (random_once_in(seed, 4) && choices->coupon_count < VN_COUPONS_MAX) {
        fill_coupon(seed, now, "", &choices->coupons[choices->coupon_count++]);
    }
    for (unsigned i = 0; i < choices->coupon_count; i++) {
        if (choices->coupons[i].single_use || random_once_in(seed, 4)) {
            put_text(choices->coupons[i].account, VN_ID_MAX, "c%u", i + 1);
        }
    }
}

/* The account's right, unless the till is to lack it. */
static void add_right(uint64_t *seed, struct random_sale *out, const char *account, int64_t most)
{
    if (account[0] == '\0' || out->input.right_count == VN_RIGHTS_MAX || random_once_in(seed, 4)) {
        return;
    }
    struct vn_right *right = &out->rights[out->input.right_count++];
    put_text(right->account, VN_ID_MAX, "%s", account);
    right->available = between(seed, 0, most);
}

/* The day that the account of a member's limit is named after; what is implied is once ever, or once a year. */
static int64_t limit_day(uint64_t *seed, const struct random_promotion *promotion, int64_t today)
{
    enum vn_period period = random_once_in(seed, 2) ? VN_PERIOD_EVER : VN_PERIOD_YEAR;
    if (promotion->member_period >= 0) {
        period = (enum vn_period)promotion->member_period;
    }
    return vn_clock_period_start(period, today);
}

/* Sometimes the member has used it already. */
static void add_use(uint64_t *seed, struct vn_member *member, const char *account)
{
    if (member->counter_count < VN_COUNTERS_MAX && random_once_in(seed, 3)) {
        struct vn_member_counter *counter = &member->counters[member->counter_count++];
        put_text(counter->account, VN_ID_MAX, "%s", account);
        counter->value = between(seed, 0, 2);
    }
}

static void fill_rights(uint64_t *seed, const struct random_rules *rules, int64_t today,
                        struct random_sale *out)
{
    const struct vn_member *member = &out->member;
    const char *name = member->id[0] != '\0' ? member->id : member->account;
    char account[VN_ID_MAX];
    add_right(seed, out, "w1", 4000);
    add_right(seed, out, "w2", 2000);
    for (unsigned i = 0; i < out->choices.coupon_count; i++) {
        add_right(seed, out, out->choices.coupons[i].account, 2);
    }
    for (unsigned i = 0; i < 2; i++) {
        add_right(seed, out, member->counters[i].account, 9);
    }
    for (unsigned i = 0; i < rules->count; i++) {
        const struct random_promotion *at = &rules->promotions[i];
        if (at->member_period >= 0 || at->member_once) {
            vn_account_member_limit(name, at->id, limit_day(seed, at, today), account);
            add_right(seed, out, account, 2);
            add_use(seed, &out->member, account);
        }
        if (at->chain_count) {
            vn_account_chain_count(at->id, account);
            add_right(seed, out, account, 5);
        }
        if (at->chain_budget) {
            vn_account_chain_budget(at->id, account);
            add_right(seed, out, account, 900);
        }
    }
}

void random_sale(uint64_t *seed, const struct random_rules *rules, const struct vn_ruleset *ruleset,
                 unsigned lines, struct random_sale *out)
{
    memset(out, 0, sizeof *out);
    struct vn_quote_input *input = &out->input;
    fill_basket(seed, lines, out);
    put_text(input->place.store, VN_ID_MAX, "s%u", random_below(seed, 4));
    put_text(input->place.till, VN_ID_MAX, "t%u", random_below(seed, 2));
    fill_member(seed, out->basket.started_ms, &out->member);
    fill_choices(seed, rules, out);
    int64_t now = out->basket.started_ms;
    int64_t offset_min = vn_ruleset_utc_offset_min(ruleset, input->place.store, now);
    fill_rights(seed, rules, vn_clock_day(vn_time_local_minute(now, offset_min)), out);
    if (rules->count > 0 && random_once_in(seed, 9)) {
        put_text(out->stopped[0], VN_ID_MAX, "%s", rules->promotions[random_below(seed, rules->count)].id);
        input->stopped_count = 1;
    }
    input->ruleset = ruleset;
    input->stopped = out->stopped;
    input->basket = &out->basket;
    input->items = out->items;
    input->member = random_once_in(seed, 7) ? NULL : &out->member;
    input->rights = out->rights;
    input->choices = random_once_in(seed, 9) ? NULL : &out->choices;
    input->hub_reachable = random_once_in(seed, 2);
    input->risk_allowed = true;
}
