#include "agent/loyalty/with.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/compiled.h"

void vn_with_take(const struct vn_quote_input *input, struct vn_with *out)
{
    memset(out, 0, sizeof *out);
    out->has_member = input->member != NULL;
    if (out->has_member) {
        out->member = *input->member;
    }
    if (input->choices != NULL) {
        out->choices = *input->choices;
    }
    for (size_t i = 0; i < input->right_count && i < VN_RIGHTS_MAX; i++) {
        out->rights[out->right_count++] = input->rights[i];
    }
    for (size_t i = 0; i < input->stopped_count && i < VN_TILL_STOPS_MAX; i++) {
        memcpy(out->stopped[out->stopped_count++], input->stopped[i], VN_ID_MAX);
    }
    out->hub_reachable = input->hub_reachable;
    out->risk_allowed = input->risk_allowed;
    out->risk_points = input->risk_points;
}

void vn_with_give(const struct vn_with *with, struct vn_quote_input *out)
{
    out->member = with->has_member ? &with->member : NULL;
    out->choices = &with->choices;
    out->rights = with->rights;
    out->right_count = with->right_count;
    out->stopped = with->stopped;
    out->stopped_count = with->stopped_count;
    out->hub_reachable = with->hub_reachable;
    out->risk_allowed = with->risk_allowed;
    out->risk_points = with->risk_points;
}

/* --- what a ruleset can ask of a member --------------------------------------------------------------------------- */

struct asked {
    bool id, tier, lifetime, birth, joined, last_visit, visits, referred, household, staff, counters;
};

static void ask_rewards(const struct vn_promotion *promotion, struct asked *asked)
{
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        asked->id = asked->id || reward->kind == VN_REWARD_STAMP;
        if (reward->kind == VN_REWARD_ACCUMULATIVE) {
            asked->lifetime = true;
            asked->tier = true;
        }
    }
}

static void ask_who(const struct vn_who *who, struct asked *asked)
{
    asked->tier = asked->tier || who->tiers.count > 0;
    asked->birth = asked->birth || who->birthday;
    asked->joined = asked->joined || who->anniversary;
    asked->last_visit = asked->last_visit || who->days_since_visit > 0;
    asked->visits = asked->visits || who->first_purchase || who->nth_visit > 0;
    asked->referred = asked->referred || who->referral;
    asked->household = asked->household || who->kind == VN_WHO_HOUSEHOLDS;
    asked->staff = asked->staff || who->kind == VN_WHO_STAFF || who->kind == VN_WHO_NOT_STAFF;
    asked->id = asked->id || who->campaign != NULL;
}

static struct asked ask(const struct vn_with *with, const struct vn_ruleset *ruleset)
{
    struct asked asked = {.tier = ruleset->tier_count > 0};
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        const struct vn_promotion *promotion = &ruleset->promotions[i];
        ask_who(&promotion->who, &asked);
        ask_rewards(promotion, &asked);
        asked.counters =
            asked.counters || promotion->cond.stamps != NULL || promotion->limits.member_count > 0;
    }
    for (unsigned i = 0; i < with->choices.coupon_count; i++) {
        asked.id = asked.id || with->choices.coupons[i].member[0] != '\0';
    }
    asked.id = asked.id || asked.counters;
    return asked;
}

static bool asks_word(const struct vn_ruleset *ruleset, const char *word, bool club)
{
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        const struct vn_who *who = &ruleset->promotions[i].who;
        bool named = club ? vn_terms_have(&who->clubs, word)
                          : vn_terms_have(&who->segments, word) || vn_terms_have(&who->not_segments, word);
        if (named) {
            return true;
        }
    }
    return false;
}

static unsigned keep_words(const struct vn_ruleset *ruleset, char (*words)[VN_TAG_MAX], unsigned count,
                           bool club)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        if (asks_word(ruleset, words[i], club)) {
            memmove(words[kept++], words[i], VN_TAG_MAX);
        }
    }
    return kept;
}

/* Balances and lots are looked at when points are spent; before that a wallet has a name. */
static void narrow_points(struct vn_with *with, const struct vn_ruleset *ruleset)
{
    struct vn_member *member = &with->member;
    bool spends = with->choices.spend_points > 0 || with->choices.spend_count > 0;
    if (ruleset->wallet_count == 1) {
        member->wallet_count = 0;
    }
    if (spends) {
        return;
    }
    member->balance = 0;
    member->debt = 0;
    member->lot_count = 0;
    for (unsigned i = 0; i < member->wallet_count; i++) {
        member->wallets[i].balance = 0;
        member->wallets[i].lot_count = 0;
    }
}

void vn_with_narrow(struct vn_with *with, const struct vn_ruleset *ruleset, const struct vn_basket *basket)
{
    struct vn_member *member = &with->member;
    if (!with->has_member) {
        return;
    }
    const struct asked asked = ask(with, ruleset);
    narrow_points(with, ruleset);
    member->first_name[0] = '\0';
    member->id[0] = asked.id && strcmp(member->id, member->account) != 0 ? member->id[0] : '\0';
    member->tier[0] = asked.tier ? member->tier[0] : '\0';
    member->household[0] = asked.household ? member->household[0] : '\0';
    if (strcmp(member->operator_id, basket->operator_id) != 0) {
        member->operator_id[0] = '\0';
    }
    member->lifetime_spend_minor = asked.lifetime ? member->lifetime_spend_minor : 0;
    member->birth_month = asked.birth ? member->birth_month : 0;
    member->birth_day = asked.birth ? member->birth_day : 0;
    member->joined_ms = asked.joined ? member->joined_ms : 0;
    member->last_visit_ms = asked.last_visit ? member->last_visit_ms : 0;
    member->visits = asked.visits ? member->visits : 0;
    member->referred = asked.referred && member->referred;
    member->staff = asked.staff && member->staff;
    member->earned_today = ruleset->wallets[0].earn_max_day > 0 ? member->earned_today : 0;
    member->as_of_ms = ruleset->member_max_age_s > 0 ? member->as_of_ms : 0;
    member->qualifying = ruleset->tier_count > 0 ? member->qualifying : 0;
    member->counter_count = asked.counters ? member->counter_count : 0;
    member->segment_count = keep_words(ruleset, member->segments, member->segment_count, false);
    member->club_count = keep_words(ruleset, member->clubs, member->club_count, true);
}

/* --- as JSON ------------------------------------------------------------------------------------------------------ */

static json_t *write_member(const struct vn_member *member, const char *account)
{
    json_t *json = vn_member_write(member);
    if (strcmp(member->account, account) == 0) {
        (void)json_object_del(json, "account");
    }
    return json;
}

static json_t *write_rights(const struct vn_with *with)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < with->right_count; i++) {
        struct vn_json_out row = vn_json_out_array();
        vn_json_append(&row, json_string(with->rights[i].account));
        vn_json_append(&row, json_integer(with->rights[i].available));
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

json_t *vn_with_write(const struct vn_with *with, const char *account)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_str_unless(&out, "items", with->items, "");
    vn_json_put_str_unless(&out, "items_since", with->items_since, "");
    vn_json_put_true(&out, "offline", !with->hub_reachable);
    vn_json_put_true(&out, "risk", with->risk_allowed);
    vn_json_put_int_unless(&out, "risk_points", with->risk_points, 0);
    if (with->has_member) {
        vn_json_put(&out, "member", write_member(&with->member, account));
    }
    json_t *choices = vn_choices_write(&with->choices);
    if (choices != NULL && json_object_size(choices) == 0) {
        json_decref(choices);
    } else {
        vn_json_put(&out, "choices", choices);
    }
    vn_json_put_unless_empty(&out, "rights", write_rights(with));
    struct vn_json_out stopped = vn_json_out_array();
    for (unsigned i = 0; i < with->stopped_count; i++) {
        vn_json_append(&stopped, json_string(with->stopped[i]));
    }
    vn_json_put_unless_empty(&out, "stopped", vn_json_out_end(&stopped));
    return vn_json_out_end(&out);
}

static void read_rights(const struct vn_json_in *in, struct vn_with *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "rights", VN_OPTIONAL, VN_RIGHTS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in row = vn_json_at(&list, i);
        if (json_array_size(row.value) != 2) {
            vn_json_fail(&row, NULL, "an account and what is available of it");
            return;
        }
        struct vn_json_in account = vn_json_at(&row, 0);
        struct vn_json_in available = vn_json_at(&row, 1);
        vn_json_str(&account, NULL, VN_REQUIRED, out->rights[i].account, VN_ID_MAX);
        vn_json_int(&available, NULL, VN_REQUIRED, -VN_AMOUNT_MAX, 3 * VN_AMOUNT_MAX,
                    &out->rights[i].available);
    }
    out->right_count = (unsigned)count;
}

static void read_stopped(const struct vn_json_in *in, struct vn_with *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "stopped", VN_OPTIONAL, VN_TILL_STOPS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, NULL, VN_REQUIRED, out->stopped[i], VN_ID_MAX);
    }
    out->stopped_count = (unsigned)count;
}

void vn_with_read(const struct vn_json_in *in, const char *account, struct vn_with *out)
{
    bool offline = false;
    memset(out, 0, sizeof *out);
    vn_json_str(in, "items", VN_OPTIONAL, out->items, sizeof out->items);
    vn_json_str(in, "items_since", VN_OPTIONAL, out->items_since, sizeof out->items_since);
    vn_json_bool(in, "offline", VN_OPTIONAL, &offline);
    vn_json_bool(in, "risk", VN_OPTIONAL, &out->risk_allowed);
    vn_json_int(in, "risk_points", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &out->risk_points);
    out->hub_reachable = !offline;
    out->has_member = vn_json_has(in, "member");
    if (out->has_member) {
        struct vn_json_in member = vn_json_object(in, "member", VN_REQUIRED);
        vn_member_read(&member, &out->member);
    }
    if (out->has_member && out->member.account[0] == '\0') {
        (void)snprintf(out->member.account, sizeof out->member.account, "%s", account);
    }
    if (vn_json_has(in, "choices")) {
        struct vn_json_in choices = vn_json_object(in, "choices", VN_REQUIRED);
        vn_choices_read(&choices, &out->choices);
    }
    read_rights(in, out);
    read_stopped(in, out);
}
