#include "agent/till/internal.h"

#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "agent/loyalty/wants.h"

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

void lane_update_right(struct vn_till *till, const struct vn_counters *counters)
{
    struct vn_counters *known = lane_right(till, counters->account);
    if (known != NULL) {
        *known = *counters;
        known->move = 0;
    }
}

void lane_store_right(struct vn_till *till, const struct vn_counters *counters)
{
    struct vn_counters *known = lane_right(till, counters->account);
    if (known == NULL && counters->account[0] != '\0' && till->lane.right_count < VN_RIGHTS_MAX) {
        till->lane.asked[till->lane.right_count] = 0;
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
        till->sweep_due = true;
    }
}

void lane_note_asked(struct vn_till *till, const char *account, int64_t amount)
{
    const struct vn_counters *known = lane_right(till, account);
    if (known != NULL) {
        till->lane.asked[known - till->lane.rights] += amount;
    }
}

void lane_give_back(struct vn_till *till)
{
    struct lane *lane = &till->lane;
    for (unsigned i = 0; i < lane->right_count; i++) {
        lane->rights[i].move = lane->asked[i];
    }
    unsigned count = lane->right_count;
    lane->right_count = 0;
    lane->question_count = 0;
    till->asking.count = 0;
    till->back_due = true;
    release_queue(till, lane->rights, count);
}

void lane_give_back_one(struct vn_till *till, const char *account)
{
    struct lane *lane = &till->lane;
    struct vn_counters *known = lane_right(till, account);
    if (known != NULL) {
        struct vn_counters right = *known;
        right.move = lane->asked[known - lane->rights];
        lane->asked[known - lane->rights] = lane->asked[lane->right_count - 1];
        *known = lane->rights[--lane->right_count];
        release_queue(till, &right, 1);
    }
}

void lane_reset(struct vn_till *till)
{
    till->deferred_count = 0;
    choice_abandon(till, "the POS went on to another receipt");
    lane_give_back(till);
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
    lane->coupon_label[0] = '\0';
    lane->coupon_promotion[0] = '\0';
    lane->spend = VN_SESSION_SPEND_NONE;
    lane->risk_known = false;
    lane->risk = 0;
    lane->lacks = false;
    lane->spend_fell = false;
    here_forget(till);
    till->memory.count = 0;
    till->notice = VN_SESSION_CARD_NONE;
    lane_swap_ruleset(till);
}

/* --- basket and items --------------------------------------------------------------------------------------------- */

bool lane_try(struct vn_till *till)
{
    struct vn_error error;
    const struct lane *lane = &till->lane;
    const struct vn_basket *basket = till->op.call.basket;
    bool going_on = lane->phase == VN_SESSION_OPEN || lane->phase == VN_SESSION_HELD;
    if (!going_on || vn_sale_key_equal(&lane->basket.key, &basket->key)) {
        return true;
    }
    till->other_basket = *basket;
    if (lane_quote_other(till, &error) == VN_OK) {
        return true;
    }
    till_unreckonable(till, till->op.call.id, &error);
    till_finish(till);
    return false;
}

bool lane_adopt(struct vn_till *till, const struct vn_basket *basket)
{
    struct lane *lane = &till->lane;
    bool same = lane->has_basket && vn_sale_key_equal(&lane->basket.key, &basket->key);
    if (lane->phase == VN_SESSION_HELD && same) {
        return false;
    }
    if (lane->phase != VN_SESSION_IDLE && (lane->phase != VN_SESSION_OPEN || !same)) {
        lane_reset(
            till); /* the POS went on to another receipt: what was open is abandoned, what is held stays so */
    }
    till->can_revert = lane->has_basket;
    if (till->can_revert) {
        till->other_basket = lane->basket;
    }
    int64_t started_ms = lane->has_basket ? lane->basket.started_ms : basket->started_ms;
    lane->basket = *basket;
    lane->basket.started_ms = started_ms > 0 ? started_ms : vn_clock_wall_ms(&till->config.clock);
    lane->has_basket = true;
    lane->phase = VN_SESSION_OPEN;
    lane->nearby_asked = lane->nearby_asked && lane->nearby_heard; /* who was silent is asked once more */
    return true;
}

static const struct vn_item *remembered(const struct vn_till *till, const char *code)
{
    for (unsigned i = 0; i < till->memory.count; i++) {
        if (strcmp(till->memory.codes[i], code) == 0) {
            return &till->memory.items[i];
        }
    }
    return NULL;
}

static void list_unknown(struct vn_till *till, const struct vn_basket *basket)
{
    struct vn_till_lookup *lookup = &till->lookup;
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
}

bool lane_need_items(struct vn_till *till, const struct vn_basket *basket)
{
    struct vn_till_lookup *lookup = &till->lookup;
    lookup->want_card = lookup->want_coupon = lookup->want_risk = lookup->want_chain = false;
    lookup->right_count = 0;
    list_unknown(till, basket);
    if (till->memory.count + lookup->code_count > VN_LINES_MAX) {
        till->memory.count =
            0; /* a receipt whose lines change without end: forget, and ask for all of this one's */
        list_unknown(till, basket);
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
    till->memory.since = till->memory.count == 0 ? lookup->items_since : till->memory.since;
    till->memory.at = lookup->items_at;
    for (unsigned i = 0; i < lookup->code_count && till->memory.count < VN_LINES_MAX; i++) {
        struct vn_item *item = &till->memory.items[till->memory.count];
        memcpy(till->memory.codes[till->memory.count++], lookup->codes[i], VN_CODE_MAX);
        *item = lookup->items[i];
        if (!item->known) {
            memcpy(item->code, lookup->codes[i], VN_CODE_MAX);
        }
    }
}

static void line_items(const struct vn_till *till, const struct vn_basket *basket, struct vn_item *out)
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

int64_t lane_available(const struct vn_till *till, const char *account)
{
    const struct lane *lane = &till->lane;
    for (unsigned i = 0; i < lane->right_count && !till->quarantined; i++) {
        if (strcmp(lane->rights[i].account, account) == 0) {
            return vn_counters_available(&lane->rights[i]);
        }
    }
    return 0;
}

int64_t lane_risk_left(const struct vn_till *till)
{
    if (till->online || !till->lane.risk_known) {
        return 0;
    }
    int64_t here = lane_available(till, VN_ACCOUNT_RISK);
    int64_t his = till->risk_member - till->lane.risked;
    if (VN_PLANTED(RISK_UNBOUNDED)) {
        return till->risk_member > 0 ? VN_AMOUNT_MAX : 0;
    }
    int64_t left = here < his ? here : his;
    return left > 0 ? left : 0;
}

static void fill_input(const struct vn_till *till, const struct vn_basket *basket,
                       const struct vn_item *items, struct vn_right rights[VN_RIGHTS_MAX],
                       struct vn_quote_input *out)
{
    const struct lane *lane = &till->lane;
    for (unsigned i = 0; i < lane->right_count; i++) {
        memcpy(rights[i].account, lane->rights[i].account, VN_ID_MAX);
        rights[i].available = lane_available(till, lane->rights[i].account);
    }
    *out = (struct vn_quote_input){
        .ruleset = till->ruleset,
        .stopped = (const char(*)[VN_ID_MAX])till->stops,
        .stopped_count = till->stop_count,
        .basket = basket,
        .items = items,
        .rights = rights,
        .right_count = lane->right_count,
        .place = till->config.place,
        .hub_reachable = till->online,
    };
}

void lane_input(const struct vn_till *till, struct vn_right rights[VN_RIGHTS_MAX], struct vn_quote_input *out)
{
    const struct lane *lane = &till->lane;
    fill_input(till, &lane->basket, lane->items, rights, out);
    out->member = lane->card != VN_SESSION_CARD_NONE ? &lane->member : NULL;
    out->choices = &lane->choices;
    out->risk_points = lane_risk_left(till);
    out->risk_allowed = out->risk_points > 0;
}

/* At risk all or nothing: what goes beyond what is left of it is quoted again without. */
static enum vn_status quote_lane(struct vn_till *till, struct vn_error *error)
{
    struct lane *lane = &till->lane;
    struct vn_quote_input *input = &till->quoted;
    lane->risk = 0;
    lane->withheld_count = 0;
    if (till->ruleset == NULL) {
        quote_without_rules(&lane->basket, &lane->outcome);
        return VN_OK;
    }
    lane_input(till, till->quoted_rights, input);
    enum vn_status status = vn_quote(till->work, input, &lane->outcome, error);
    if (status == VN_OK && input->risk_allowed) {
        lane->risk = vn_quote_risked(till->work);
    }
    if (lane->risk > input->risk_points) {
        lane->risk = 0;
        input->risk_allowed = false;
        input->risk_points = 0;
        status = vn_quote(till->work, input, &lane->outcome, error);
    }
    vn_with_take(input, &lane->with);
    return status;
}

/* "1.345"; "" for a cache that has heard nothing yet. */
static void write_cursor(const struct vn_cursor *cursor, char out[VN_ID_MAX])
{
    out[0] = '\0';
    if (cursor->epoch > 0) {
        vn_cursor_write(cursor, out);
    }
}

const struct vn_with *lane_quoted_with(const struct vn_till *till, const struct vn_basket *basket,
                                       const struct vn_outcome *outcome, struct vn_with *with)
{
    const struct item_memory *memory = &till->memory;
    if (till->ruleset == NULL || vn_ruleset_number(till->ruleset) != outcome->ruleset) {
        return NULL;
    }
    vn_with_narrow(with, till->ruleset, basket);
    write_cursor(&memory->at, with->items);
    write_cursor(&memory->since, with->items_since);
    if (strcmp(with->items, with->items_since) == 0) {
        with->items_since[0] = '\0';
    }
    return with;
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

void lane_match_items(struct vn_till *till)
{
    line_items(till, &till->lane.basket, till->lane.items);
}

enum vn_status lane_quote(struct vn_till *till, struct vn_error *error)
{
    struct lane *lane = &till->lane;
    lane->hold_seq = 0;
    enum vn_status status = quote_lane(till, error);
    if (status == VN_OK && lane->choices.spend_points > 0 && lane->outcome.points_spent == 0) {
        /* The basket shrank below what was chosen, or the right has gone: the choice falls, and the customer is asked again. */
        int64_t here = lane_available(till, lane->member.account) + lane_risk_left(till);
        lane->spend_fell = here < lane->choices.spend_points;
        lane->spend = lane->spend_fell ? VN_SESSION_SPEND_GONE : VN_SESSION_SPEND_NONE;
        lane->choices.spend_points = 0;
        status = quote_lane(till, error);
    }
    lane->has_outcome = status == VN_OK;
    if (status == VN_OK) {
        judge_coupon(lane);
    }
    return status;
}

void lane_revert(struct vn_till *till)
{
    struct vn_error error;
    struct lane *lane = &till->lane;
    if (till->can_revert) {
        lane->basket = till->other_basket;
        lane_match_items(till);
        if (lane_quote(till, &error) == VN_OK) {
            return;
        }
    }
    lane->has_basket = false;
    lane->has_outcome = false;
    lane->basket.line_count = 0;
    memset(&lane->basket.key, 0, sizeof lane->basket.key);
    lane->phase = VN_SESSION_IDLE;
}

enum vn_status lane_quote_other(struct vn_till *till, struct vn_error *error)
{
    struct vn_right rights[VN_RIGHTS_MAX];
    struct vn_quote_input input;
    line_items(till, &till->other_basket, till->other_items);
    if (till->ruleset == NULL) {
        quote_without_rules(&till->other_basket, &till->other_outcome);
        return VN_OK;
    }
    fill_input(till, &till->other_basket, till->other_items, rights, &input);
    vn_with_take(&input, &till->other_with);
    return vn_quote(till->work, &input, &till->other_outcome, error);
}

/* --- what the POS hears of the member ------------------------------------------------------------------------------ */

json_t *lane_member_json(const struct vn_till *till)
{
    const struct lane *lane = &till->lane;
    if (lane->card != VN_SESSION_CARD_KNOWN && lane->card != VN_SESSION_CARD_BLOCKED &&
        lane->card != VN_SESSION_CARD_NEW) {
        return NULL;
    }
    static const struct vn_member nobody; /* whoever shows a blocked card need not be its member */
    const struct vn_member *told = lane->member.blocked ? &nobody : &lane->member;
    json_t *json =
        json_pack("{s:b, s:b, s:s, s:s, s:I}", "known", lane->member.known, "blocked", lane->member.blocked,
                  "first_name", told->first_name, "tier", told->tier, "balance", (json_int_t)told->balance);
    if (!lane_here_json(till, json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

bool lane_here_json(const struct vn_till *till, json_t *json)
{
    struct here here;
    here_find(till, &here);
    const char *why = here_why(here.limit);
    return json_object_set_new(json, "available_here", json_integer((json_int_t)here.points)) == 0 &&
           (why[0] == '\0' || json_object_set_new(json, "available_why", json_string(why)) == 0);
}
