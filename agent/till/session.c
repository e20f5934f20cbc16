/* The facts for the screen: what the lane knows, as plain data without a language. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/asks.h"
#include "agent/till/internal.h"

#define EXPIRY_HINT_MS (30LL * 24 * 3600 * 1000)

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
    struct here here;
    here_find(till, &here);
    out->available_here = here.points;
    out->limit = here.limit;
    out->elsewhere = here.elsewhere;
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

static const char *name_of(const struct vn_till *till, const char *promotion)
{
    return till->ruleset == NULL ? promotion
                                 : vn_ruleset_promotion_name(till->ruleset, promotion, till->config.locale);
}

static void copy_name(const struct vn_till *till, const char *promotion, char out[VN_NAME_MAX])
{
    (void)snprintf(out, VN_NAME_MAX, "%s", name_of(till, promotion));
}

/* What promotions say is in the ruleset alone, which the POS does not have. */
static bool put_texts(const struct vn_till *till, const struct vn_outcome *outcome, json_t *json)
{
    const json_t *given = json_object_get(json, "given");
    for (unsigned i = 0; till->ruleset != NULL && i < outcome->given_count; i++) {
        const struct vn_given *row = &outcome->given[i];
        const char *text = row->kind == VN_GIVEN_SAY ? vn_ruleset_said(till->ruleset, row->promotion,
                                                                       row->reward, till->config.locale)
                                                     : NULL;
        if (text != NULL && json_object_set_new(json_array_get(given, i), "text", json_string(text)) != 0) {
            return false;
        }
    }
    return true;
}

json_t *vn_till_outcome_json(const struct vn_till *till, const struct vn_outcome *outcome)
{
    json_t *names = json_object();
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const char *promotion = outcome->applications[i].promotion;
        if (promotion[0] != '\0' && json_object_get(names, promotion) == NULL &&
            json_object_set_new(names, promotion, json_string(name_of(till, promotion))) != 0) {
            json_decref(names);
            return NULL;
        }
    }
    json_t *json = vn_outcome_write(outcome);
    /* jansson takes the reference even when it fails */
    if (json_object_set_new(json, "names", names) != 0 || !put_texts(till, outcome, json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* One benefit a promotion, over all the lines that it touched. */
static void fill_benefits(const struct vn_till *till, struct vn_session *out)
{
    const struct vn_outcome *outcome = &till->lane.outcome;
    const char *ids[VN_SESSION_BENEFITS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *a = &outcome->applications[i];
        unsigned at = 0;
        while (at < count && strcmp(ids[at], a->promotion) != 0) {
            at++;
        }
        if (a->promotion[0] == '\0' || at == VN_SESSION_BENEFITS_MAX) {
            continue;
        }
        if (at == count) {
            ids[at] = a->promotion;
            count++;
            copy_name(till, a->promotion, out->benefits[at].name);
        }
        out->benefits[at].discount_minor += a->discount_minor;
        out->benefits[at].points += a->points;
    }
    out->benefit_count = count;
}

static bool kind_of(enum vn_reason reason, enum vn_session_missing *out)
{
    switch (reason) {
    case VN_REASON_SPEND_SHORT: *out = VN_SESSION_MISSING_MONEY; return true;
    case VN_REASON_QUANTITY_SHORT: *out = VN_SESSION_MISSING_PIECES; return true;
    case VN_REASON_NEEDS_MEMBER: *out = VN_SESSION_MISSING_CARD; return true;
    case VN_REASON_NEEDS_TENDER: *out = VN_SESSION_MISSING_TENDER; return true;
    case VN_REASON_STAMPS_SHORT: *out = VN_SESSION_MISSING_STAMPS; return true;
    default: return false; /* a coupon that needs the hub has a message of its own */
    }
}

/* The most valuable first; of the same worth what came first. */
static void add_hint(const struct vn_till *till, struct vn_session *out, const char *promotion,
                     const struct vn_session_hint *hint)
{
    unsigned at = out->hint_count < VN_NEAR_MISSES_MAX ? out->hint_count++ : VN_NEAR_MISSES_MAX;
    for (; at > 0 && out->hints[at - 1].worth_minor < hint->worth_minor; at--) {
        if (at < VN_NEAR_MISSES_MAX) {
            out->hints[at] = out->hints[at - 1];
        }
    }
    if (at < VN_NEAR_MISSES_MAX) {
        out->hints[at] = *hint;
        copy_name(till, promotion, out->hints[at].name);
    }
}

/* What is withheld is not said while somebody is asked for it. */
static void fill_hints(const struct vn_till *till, struct vn_session *out)
{
    const struct lane *lane = &till->lane;
    const struct vn_outcome *outcome = &lane->outcome;
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        const struct vn_explanation *miss = &outcome->explanations[outcome->near_misses[i]];
        struct vn_session_hint hint = {.missing = miss->missing, .worth_minor = miss->worth_minor};
        if (kind_of(miss->reason, &hint.kind)) {
            add_hint(till, out, miss->promotion, &hint);
        }
    }
    bool away = !till->online && !till->quarantined && till->asking.count == 0;
    for (unsigned i = 0; away && i < lane->withheld_count; i++) {
        const struct vn_session_hint hint = {.kind = VN_SESSION_MISSING_NETWORK,
                                             .worth_minor = lane->withheld[i].worth_minor};
        add_hint(till, out, lane->withheld[i].promotion, &hint);
    }
}

static void fill_outcome(const struct vn_till *till, struct vn_session *out)
{
    const struct vn_outcome *outcome = &till->lane.outcome;
    out->line_count = outcome->line_count;
    out->total_minor = outcome->total_minor;
    out->discount_minor = outcome->discount_minor;
    out->payable_minor = outcome->payable_minor - outcome->tender_minor;
    out->points_earned = outcome->points_earned;
    out->spend_min = outcome->spend_min_points;
    out->spend_max = choice_needs_proof(till) ? 0 : outcome->spend_max_points;
    out->spend_step = outcome->spend_step_points;
    out->spend_value_minor = outcome->points_value_minor;
    fill_benefits(till, out);
    fill_hints(till, out);
}

void session_fill(struct vn_till *till)
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
        out->utc_offset_min = vn_ruleset_utc_offset_min(till->ruleset, till->config.place.store,
                                                        vn_clock_wall_ms(&till->config.clock));
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
