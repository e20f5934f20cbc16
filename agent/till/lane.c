#include "agent/till/internal.h"

#include <stdio.h>
#include <string.h>

#define EXPIRY_HINT_MS (30LL * 24 * 3600 * 1000)

/* --- rights that the session knows -------------------------------------------------------------------------------- */

struct vn_counters *lane_right(struct vn_till *till, const char *account)
{
    for (unsigned i = 0; i < till->lane.right_count; i++) {
        if (strcmp(till->lane.rights[i].account, account) == 0) {
            return &till->lane.rights[i];
        }
    }
    return NULL;
}

void lane_store_right(struct vn_till *till, const struct vn_counters *counters)
{
    struct vn_counters *known = lane_right(till, counters->account);
    if (known == NULL && counters->account[0] != '\0' && till->lane.right_count < VN_RIGHTS_MAX) {
        known = &till->lane.rights[till->lane.right_count++];
    }
    if (known != NULL) {
        *known = *counters;
        known->move = 0;
    }
}

/* --- between two receipts ----------------------------------------------------------------------------------------- */

void lane_swap_ruleset(struct vn_till *till)
{
    if (till->next_ruleset != NULL) {
        vn_ruleset_destroy(till->ruleset);
        till->ruleset = till->next_ruleset;
        till->next_ruleset = NULL;
    }
}

/* What the till holds and did not use goes back, so that the customer finds his points everywhere. */
static void give_back(struct vn_till *till)
{
    struct op op = {.kind = OP_RELEASE};
    for (unsigned i = 0; i < till->lane.right_count; i++) {
        if (vn_counters_available(&till->lane.rights[i]) > 0) {
            op.rights[op.right_count++] = till->lane.rights[i];
        }
    }
    if (op.right_count > 0 && till_enqueue(till, &op) != VN_OK) {
        /* The queue is full: they stay with this till and go back when it starts again. */
        vn_log_event(till->config.log, VN_LOG_WARN, "release_put_off", VN_I("accounts", op.right_count));
    }
}

void lane_reset(struct vn_till *till)
{
    give_back(till);
    struct lane *lane = &till->lane;
    lane->phase = VN_SESSION_IDLE;
    lane->has_basket = false;
    lane->has_outcome = false;
    lane->basket.line_count = 0;
    memset(&lane->basket.key, 0, sizeof lane->basket.key);
    lane->outcome.spend_max_points = 0;
    lane->card = VN_SESSION_CARD_NONE;
    memset(&lane->member, 0, sizeof lane->member);
    memset(&lane->choices, 0, sizeof lane->choices);
    lane->coupon = VN_SESSION_COUPON_NONE;
    lane->spend = VN_SESSION_SPEND_NONE;
    lane->right_count = 0;
    till->memory.count = 0;
    till->pending.active = false;
    till->deferred_count = 0;
    till->notice = VN_SESSION_CARD_NONE;
    lane_swap_ruleset(till);
}

/* --- basket and items --------------------------------------------------------------------------------------------- */

bool lane_adopt(struct vn_till *till, const struct vn_basket *basket)
{
    struct lane *lane = &till->lane;
    if (lane->phase == VN_SESSION_HELD) {
        return false;
    }
    if (lane->phase == VN_SESSION_DONE || lane->phase == VN_SESSION_VOIDED ||
        lane->phase == VN_SESSION_RETURNED) {
        lane_reset(till);
    } else if (lane->has_basket && !vn_sale_key_equal(&lane->basket.key, &basket->key)) {
        lane_reset(till); /* the POS went on to another receipt: that one was abandoned */
    }
    int64_t started_ms = lane->has_basket ? lane->basket.started_ms : basket->started_ms;
    lane->basket = *basket;
    lane->basket.started_ms = started_ms > 0 ? started_ms : vn_clock_wall_ms(&till->config.clock);
    lane->has_basket = true;
    lane->phase = VN_SESSION_OPEN;
    return true;
}

static const struct vn_item *remembered(const struct vn_till *till, const char *code)
{
    for (unsigned i = 0; i < till->memory.count; i++) {
        if (strcmp(till->memory.items[i].code, code) == 0) {
            return &till->memory.items[i];
        }
    }
    return NULL;
}

bool lane_need_items(struct vn_till *till, const struct vn_basket *basket)
{
    struct vn_till_lookup *lookup = &till->lookup;
    lookup->want_card = false;
    lookup->want_coupon = false;
    lookup->code_count = 0;
    for (unsigned i = 0; i < basket->line_count; i++) {
        const char *code = basket->lines[i].code;
        bool asked = code[0] == '\0' || remembered(till, code) != NULL;
        for (unsigned j = 0; j < lookup->code_count && !asked; j++) {
            asked = strcmp(lookup->codes[j], code) == 0;
        }
        if (!asked) {
            memcpy(lookup->codes[lookup->code_count++], code, VN_CODE_MAX);
        }
    }
    if (lookup->code_count == 0) {
        return false;
    }
    till->io.lookup(till->io.ctx, lookup);
    return true;
}

void lane_take_items(struct vn_till *till)
{
    const struct vn_till_lookup *lookup = &till->lookup;
    if (till->memory.count + lookup->code_count > VN_LINES_MAX) {
        till->memory.count =
            0; /* a receipt whose lines change without end: start over, and ask again next time */
    }
    for (unsigned i = 0; i < lookup->code_count; i++) {
        struct vn_item *item = &till->memory.items[till->memory.count++];
        *item = lookup->items[i];
        memcpy(item->code, lookup->codes[i], VN_CODE_MAX);
    }
}

void lane_line_items(const struct vn_till *till, const struct vn_basket *basket, struct vn_item *out)
{
    for (unsigned i = 0; i < basket->line_count; i++) {
        const struct vn_item *item = remembered(till, basket->lines[i].code);
        if (item != NULL) {
            out[i] = *item;
        } else {
            memset(&out[i], 0, sizeof out[i]);
            memcpy(out[i].code, basket->lines[i].code, VN_CODE_MAX);
        }
    }
}

/* --- quoting ------------------------------------------------------------------------------------------------------ */

/* Before the first ruleset arrives nothing is discounted and nothing earned, and the POS goes on. */
static void quote_without_rules(const struct vn_basket *basket, struct vn_outcome *out)
{
    memset(out, 0, sizeof *out);
    out->optimal = true;
    out->total_minor = vn_basket_total_minor(basket);
    out->payable_minor = out->total_minor;
    out->line_count = basket->line_count;
    for (unsigned i = 0; i < basket->line_count; i++) {
        out->lines[i].line_id = basket->lines[i].id;
        out->lines[i].payable_minor = basket->lines[i].amount_minor;
    }
}

static enum vn_status quote(struct vn_till *till, const struct vn_basket *basket, const struct vn_item *items,
                            bool with_member, struct vn_outcome *out, struct vn_error *error)
{
    const struct lane *lane = &till->lane;
    if (till->ruleset == NULL) {
        quote_without_rules(basket, out);
        return VN_OK;
    }
    struct vn_right rights[VN_RIGHTS_MAX];
    for (unsigned i = 0; i < lane->right_count; i++) {
        memcpy(rights[i].account, lane->rights[i].account, VN_ID_MAX);
        rights[i].available = vn_counters_available(&lane->rights[i]);
    }
    struct vn_quote_input input = {
        .ruleset = till->ruleset,
        .stopped = (const char(*)[VN_ID_MAX])till->stops,
        .stopped_count = till->stop_count,
        .basket = basket,
        .items = items,
        .member = with_member && lane->card != VN_SESSION_CARD_NONE ? &lane->member : NULL,
        .rights = rights,
        .right_count = lane->right_count,
        .choices = with_member ? &lane->choices : NULL,
        .place = till->config.place,
    };
    return vn_quote(till->work, &input, out, error);
}

/* The coupon that was scanned last: did it do anything? */
static void judge_coupon(struct lane *lane)
{
    if (lane->coupon != VN_SESSION_COUPON_ACCEPTED && lane->coupon != VN_SESSION_COUPON_NO_EFFECT) {
        return;
    }
    lane->coupon = VN_SESSION_COUPON_NO_EFFECT;
    for (unsigned i = 0; i < lane->outcome.application_count; i++) {
        if (strcmp(lane->outcome.applications[i].promotion, lane->coupon_promotion) == 0) {
            lane->coupon = VN_SESSION_COUPON_ACCEPTED;
        }
    }
}

enum vn_status lane_quote(struct vn_till *till, struct vn_error *error)
{
    struct lane *lane = &till->lane;
    lane_line_items(till, &lane->basket, lane->items);
    enum vn_status status = quote(till, &lane->basket, lane->items, true, &lane->outcome, error);
    if (status == VN_OK && lane->choices.spend_points > 0 && lane->outcome.points_spent == 0) {
        /* The basket shrank below what was chosen: the choice falls, and the customer is asked again. */
        lane->choices.spend_points = 0;
        lane->spend = VN_SESSION_SPEND_NONE;
        status = quote(till, &lane->basket, lane->items, true, &lane->outcome, error);
    }
    lane->has_outcome = status == VN_OK;
    if (status == VN_OK) {
        judge_coupon(lane);
    }
    return status;
}

enum vn_status lane_quote_other(struct vn_till *till, struct vn_error *error)
{
    lane_line_items(till, &till->other_basket, till->other_items);
    return quote(till, &till->other_basket, till->other_items, false, &till->other_outcome, error);
}

/* --- facts for the screen ----------------------------------------------------------------------------------------- */

static void fill_member(struct vn_till *till, struct vn_session *out)
{
    const struct lane *lane = &till->lane;
    out->card = till->notice != VN_SESSION_CARD_NONE ? till->notice : lane->card;
    if (lane->card != VN_SESSION_CARD_KNOWN) {
        return;
    }
    const struct vn_member *member = &lane->member;
    memcpy(out->first_name, member->first_name, sizeof out->first_name);
    memcpy(out->tier, member->tier, sizeof out->tier);
    out->balance = member->balance;
    const struct vn_counters *right = lane_right(till, member->account);
    out->available_here = right == NULL ? 0 : vn_counters_available(right);
    int64_t now_ms = vn_clock_wall_ms(&till->config.clock);
    char today[VN_TIME_TEXT_MAX];
    char birthday[8];
    vn_time_text(now_ms + out->utc_offset_min * 60000, today);
    (void)snprintf(birthday, sizeof birthday, "%02u-%02u", member->birth_month, member->birth_day);
    out->birthday = member->birth_month > 0 && strncmp(today + 5, birthday, 5) == 0;
    for (unsigned i = 0; i < member->lot_count; i++) {
        const struct vn_lot *lot = &member->lots[i];
        if (lot->expires_ms > now_ms && lot->expires_ms < now_ms + EXPIRY_HINT_MS && lot->amount > 0) {
            out->expiring_points = lot->amount;
            out->expiring_ms = lot->expires_ms;
            break;
        }
    }
}

static void copy_name(const struct vn_till *till, const char *promotion, char out[VN_NAME_MAX])
{
    const char *name = till->ruleset == NULL
                           ? promotion
                           : vn_ruleset_promotion_name(till->ruleset, promotion, till->config.locale);
    (void)snprintf(out, VN_NAME_MAX, "%s", name);
}

/* One benefit a promotion, over all the lines that it touched. */
static void fill_benefits(const struct vn_till *till, struct vn_session *out)
{
    const struct vn_outcome *outcome = &till->lane.outcome;
    const char *ids[VN_SESSION_BENEFITS_MAX];
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *a = &outcome->applications[i];
        unsigned at = 0;
        while (at < out->benefit_count && strcmp(ids[at], a->promotion) != 0) {
            at++;
        }
        if (a->promotion[0] == '\0' || at == VN_SESSION_BENEFITS_MAX) {
            continue;
        }
        if (at == out->benefit_count) {
            ids[at] = a->promotion;
            out->benefit_count++;
            copy_name(till, a->promotion, out->benefits[at].name);
        }
        out->benefits[at].discount_minor += a->discount_minor;
        out->benefits[at].points += a->points;
    }
}

static void fill_hints(const struct vn_till *till, struct vn_session *out)
{
    const struct vn_outcome *outcome = &till->lane.outcome;
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        const struct vn_explanation *miss = &outcome->explanations[outcome->near_misses[i]];
        struct vn_session_hint *hint = &out->hints[out->hint_count];
        switch (miss->reason) {
        case VN_REASON_SPEND_SHORT: hint->kind = VN_SESSION_MISSING_MONEY; break;
        case VN_REASON_QUANTITY_SHORT: hint->kind = VN_SESSION_MISSING_PIECES; break;
        case VN_REASON_NEEDS_TIER: hint->kind = VN_SESSION_MISSING_TIER; break;
        default: continue;
        }
        copy_name(till, miss->promotion, hint->name);
        hint->missing = miss->missing;
        hint->worth_minor = miss->worth_minor;
        out->hint_count++;
    }
}

static void fill_outcome(const struct vn_till *till, struct vn_session *out)
{
    const struct vn_outcome *outcome = &till->lane.outcome;
    out->line_count = outcome->line_count;
    out->total_minor = outcome->total_minor;
    out->discount_minor = outcome->discount_minor;
    out->payable_minor = outcome->payable_minor;
    out->points_earned = outcome->points_earned;
    out->spend_min = outcome->spend_min_points;
    out->spend_max = outcome->spend_max_points;
    out->spend_step = outcome->spend_step_points;
    out->spend_value_minor = outcome->points_value_minor;
    fill_benefits(till, out);
    fill_hints(till, out);
}

void lane_fill_session(struct vn_till *till)
{
    struct vn_session *out = &till->session;
    const struct lane *lane = &till->lane;
    memset(out, 0, sizeof *out);
    out->phase = lane->phase;
    out->event = till->event;
    out->online = till->online;
    out->offline_since_ms = till->offline_since_ms;
    out->quarantined = till->quarantined;
    out->device_lost = till->device_lost;
    memcpy(out->device, till->device, sizeof out->device);
    if (till->ruleset != NULL) {
        (void)snprintf(out->currency, sizeof out->currency, "%s", vn_ruleset_currency(till->ruleset));
        out->currency_exponent = vn_ruleset_currency_exponent(till->ruleset);
        out->points_exponent = vn_ruleset_wallet(till->ruleset)->exponent;
        out->utc_offset_min = vn_ruleset_utc_offset_min(till->ruleset);
    }
    fill_member(till, out);
    out->coupon = lane->coupon;
    memcpy(out->coupon_label, lane->coupon_label, sizeof out->coupon_label);
    if (lane->coupon_promotion[0] != '\0') {
        copy_name(till, lane->coupon_promotion, out->coupon_name);
    }
    out->spend = lane->spend;
    out->spend_points =
        lane->spend == VN_SESSION_SPEND_ASKING ? till->pending.spend_points : lane->choices.spend_points;
    if (lane->has_outcome) {
        fill_outcome(till, out);
    }
}

json_t *lane_member_json(const struct vn_till *till)
{
    const struct lane *lane = &till->lane;
    if (lane->card != VN_SESSION_CARD_KNOWN && lane->card != VN_SESSION_CARD_BLOCKED &&
        lane->card != VN_SESSION_CARD_NEW) {
        return NULL;
    }
    return json_pack("{s:b, s:b, s:s, s:s, s:I}", "known", lane->member.known, "blocked",
                     lane->member.blocked, "first_name", lane->member.first_name, "tier", lane->member.tier,
                     "balance", (json_int_t)lane->member.balance);
}
