/* What a promotion gives. Each kind of reward has a row in a table: its name, the function that reads it, and the
 * stages in which it can stand. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"

struct reader {
    struct vn_ruleset *ruleset;
    struct vn_promotion *promotion;
};

static void read_on_return(const struct vn_json_in *in, struct vn_reward *out)
{
    static const char *const words[] = {"revoke_if_unused", "keep", "charge", NULL};
    int word = VN_RETURN_REVOKE_IF_UNUSED;
    vn_take_word(in, "on_return", words, &word);
    out->on_return = (enum vn_on_return)word;
    vn_take_int(in, "charge_minor", &out->charge_minor);
    if ((word == VN_RETURN_CHARGE) != (out->charge_minor > 0)) {
        vn_json_refuse(in, "charge_minor", "\"on_return\":\"charge\" and charge_minor go together");
    }
}

static void read_wallet(const struct vn_json_in *in, const struct vn_ruleset *ruleset, struct vn_reward *out)
{
    char id[VN_TAG_MAX] = "";
    vn_json_str(in, "wallet", VN_OPTIONAL, id, sizeof id);
    for (unsigned i = 0; i < ruleset->wallet_count && !vn_json_failed(in); i++) {
        if (strcmp(ruleset->wallets[i].id, id) == 0) {
            out->wallet = ruleset->wallets[i].id;
            return;
        }
    }
    vn_read_unknown(in, "wallet", "a wallet of the header", id);
}

static void read_percent_off(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    int64_t cap = 0;
    vn_take_int(in, "rate_bp", &out->rate_bp);
    vn_take_int(in, "max_discount_minor", &cap);
    int64_t *most = &reader->promotion->max_discount_minor;
    *most = cap > 0 && (*most == 0 || cap < *most) ? cap : *most;
}

static void read_amount_off(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    (void)reader;
    vn_take_int(in, "amount_minor", &out->amount_minor);
}

static void read_new_price(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    (void)reader;
    vn_take_bool(in, "table_price", &out->table_price);
    vn_take_int(in, "price_minor", &out->amount_minor);
    if (out->table_price && (out->selector == NULL || out->selector->table_id == NULL)) {
        vn_json_refuse(in, "table_price", "table_price needs a selector with a table");
    }
}

static void read_rate(const struct vn_json_in *in, struct vn_reward *out)
{
    out->rate_bp = VN_BP_WHOLE;
    vn_take_int(in, "rate_bp", &out->rate_bp);
    vn_take_bool(in, "weighed", &out->weighed);
}

static void read_nth(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    (void)reader;
    vn_take_int(in, "n", &out->n);
    vn_json_int(in, "free", VN_REQUIRED, 1, out->n - 1, &out->take);
    vn_take_bool(in, "cheapest", &out->cheapest);
    read_rate(in, out);
}

static struct vn_part *take_parts(const struct vn_json_in *in, struct vn_ruleset *ruleset, size_t count,
                                  struct vn_reward *out)
{
    struct vn_part *parts = vn_arena_take(&ruleset->arena, count * sizeof *parts);
    if (parts == NULL) {
        vn_read_nomem(in);
        return NULL;
    }
    out->parts = parts;
    out->part_count = (uint32_t)count;
    return parts;
}

static void read_part(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_part *out)
{
    out->selector = vn_selector_read(in, "selector", ruleset);
    vn_take_int(in, "n", &out->n);
}

static void read_buy_get(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    struct vn_json_in buy = vn_json_object(in, "buy", VN_REQUIRED);
    struct vn_json_in get = vn_json_object(in, "get", VN_REQUIRED);
    struct vn_part *parts = vn_json_failed(in) ? NULL : take_parts(in, reader->ruleset, 1, out);
    if (parts == NULL) {
        return;
    }
    struct vn_part given = {NULL, 0};
    read_part(&buy, reader->ruleset, &parts[0]);
    read_part(&get, reader->ruleset, &given);
    out->n = parts[0].n;
    out->selector = given.selector;
    out->take = given.n;
    read_rate(in, out);
}

static void read_bundle(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "parts", VN_REQUIRED, VN_PARTS_MAX, &count);
    struct vn_part *parts = vn_json_failed(in) ? NULL : take_parts(in, reader->ruleset, count, out);
    for (size_t i = 0; parts != NULL && i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        read_part(&at, reader->ruleset, &parts[i]);
    }
    vn_take_int(in, "price_minor", &out->amount_minor);
}

static void read_gift(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    (void)reader;
    out->take = 1;
    vn_take_int(in, "n", &out->take);
    read_on_return(in, out);
}

static void read_step(const struct vn_json_in *in, const struct vn_step *before, struct vn_step *out)
{
    vn_take_int(in, "rate_bp", &out->rate_bp);
    vn_take_int(in, "amount_minor", &out->amount_minor);
    vn_take_int(in, "from_minor", &out->from);
    if (out->tier == NULL && before != NULL && out->from <= before->from) {
        vn_json_refuse(in, "from_minor", "steps must ascend");
    }
}

/* The tier of a step, as an accumulative discount may have it. Either all steps have one, each its own, or none has. */
static void read_step_tier(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                           const struct vn_step *steps, size_t at, struct vn_step *out)
{
    out->tier = vn_text_read(in, "tier", VN_TAG_MAX, &ruleset->arena);
    for (size_t i = 0; i < at && !vn_json_failed(in); i++) {
        if ((out->tier == NULL) != (steps[i].tier == NULL)) {
            vn_json_refuse(in, NULL, "steps go by spend or by tier, not by both");
        } else if (out->tier != NULL && strcmp(out->tier, steps[i].tier) == 0) {
            vn_json_fail(in, "tier", "a tier of its own");
        }
    }
}

static void read_steps(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "steps", VN_REQUIRED, VN_STEPS_MAX, &count);
    if (vn_json_failed(in)) {
        return;
    }
    struct vn_step *steps = vn_arena_take(&reader->ruleset->arena, count * sizeof *steps);
    if (steps == NULL) {
        vn_read_nomem(in);
        return;
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        read_step_tier(&at, reader->ruleset, steps, i, &steps[i]);
        read_step(&at, i == 0 ? NULL : &steps[i - 1], &steps[i]);
    }
    out->steps = steps;
    out->step_count = (uint32_t)count;
}

static void read_ladder(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    static const char *const bases[] = {"list", "running", NULL};
    int base = 0;
    vn_take_word(in, "base", bases, &base);
    out->running = base == 1;
    read_steps(in, reader, out);
}

static void read_points(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    vn_take_int(in, "points", &out->points);
    vn_take_int(in, "per_minor", &out->per_minor);
    read_wallet(in, reader->ruleset, out);
}

static void read_multiplier(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    (void)reader;
    vn_take_int(in, "times_bp", &out->rate_bp);
}

static void read_stamp(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    out->what = vn_text_read(in, "card", VN_ID_MAX, &reader->ruleset->arena);
    out->points = 1;
    vn_take_int(in, "points", &out->points);
    vn_take_bool(in, "once", &out->once);
    read_on_return(in, out);
}

static void read_issue_coupon(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    out->what = vn_text_read(in, "coupon", VN_ID_MAX, &reader->ruleset->arena);
    vn_take_int(in, "valid_after_days", &out->valid_after_days);
    vn_take_int(in, "valid_days", &out->valid_days);
    out->n = 1;
    vn_take_int(in, "n", &out->n);
    read_on_return(in, out);
}

static void read_add_tag(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    out->what = vn_text_read(in, "tag", VN_TAG_MAX, &reader->ruleset->arena);
    read_on_return(in, out);
}

static void read_say(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    static const char *const places[] = {"prompt", "receipt", NULL};
    int place = 0;
    vn_take_word(in, "where", places, &place);
    out->what = places[place];
    vn_names_read(in, "text", VN_PROMPT_TEXT_MAX, &reader->ruleset->arena, &out->text);
}

enum {
    ON_UNITS = 1 << VN_STAGE_UNITS,
    ON_BASKET = 1 << VN_STAGE_BASKET,
    WITH_COUPON = 1 << VN_STAGE_COUPONS,
    EARNING = 1 << VN_STAGE_EARNING,
    ANYWHERE = ON_UNITS | ON_BASKET | WITH_COUPON | EARNING,
};

/* In the order of enum vn_reward_kind. */
static const struct kind {
    const char *name;
    void (*read)(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out);
    unsigned stages;
    bool alone; /* no other reward on prices beside it */
} kinds[] = {
    {"percent_off", read_percent_off, ON_UNITS | ON_BASKET | WITH_COUPON, false},
    {"amount_off", read_amount_off, ON_UNITS | ON_BASKET | WITH_COUPON, false},
    {"new_price", read_new_price, ON_UNITS | WITH_COUPON, false},
    {"nth_free", read_nth, ON_UNITS | WITH_COUPON, true},
    {"buy_get", read_buy_get, ON_UNITS | WITH_COUPON, true},
    {"bundle", read_bundle, ON_UNITS | WITH_COUPON, true},
    {"gift", read_gift, ON_UNITS | WITH_COUPON, true},
    {"ladder", read_ladder, ON_BASKET | WITH_COUPON, true},
    {"accumulative", read_steps, ON_BASKET | WITH_COUPON, true},
    {"points_per_spend", read_points, ANYWHERE, false},
    {"points_per_unit", read_points, ANYWHERE, false},
    {"points_multiplier", read_multiplier, ANYWHERE, false},
    {"points_bonus", read_points, ANYWHERE, false},
    {"stamp", read_stamp, ANYWHERE, false},
    {"issue_coupon", read_issue_coupon, ANYWHERE, false},
    {"add_tag", read_add_tag, ANYWHERE, false},
    {"say", read_say, ANYWHERE, false},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static bool on_price(const struct vn_reward *reward)
{
    return reward->kind <= VN_REWARD_ACCUMULATIVE;
}

static void read_reward(const struct vn_json_in *in, struct reader *reader, struct vn_reward *out)
{
    const char *names[KINDS + 1] = {NULL};
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
    }
    int kind = 0;
    vn_take_word(in, "kind", names, &kind);
    out->kind = (enum vn_reward_kind)kind;
    out->cheapest = true;
    out->wallet = "";
    out->selector = vn_selector_read(in, "selector", reader->ruleset);
    kinds[kind].read(in, reader, out);
    const struct vn_group *group = &reader->ruleset->groups[reader->promotion->group];
    if (!vn_json_failed(in) && (kinds[kind].stages & (1U << group->stage)) == 0) {
        char sentence[VN_ERROR_TEXT_MAX];
        (void)snprintf(sentence, sizeof sentence, "%s can't stand in a group of the stage %s",
                       kinds[kind].name, vn_stage_name(group->stage));
        vn_json_refuse(in, "kind", sentence);
    }
}

/* Rewards on prices, and what can stand beside them. */
static void check_together(const struct vn_json_in *in, const struct vn_group *group,
                           const struct vn_promotion *promotion)
{
    const struct vn_reward *rewards = promotion->rewards;
    for (uint32_t i = 0; i < promotion->price_count && promotion->price_count > 1; i++) {
        /* with a coupon a new price goes to pieces, a percentage or an amount to the basket: one or the other */
        bool mixed = group->stage == VN_STAGE_COUPONS &&
                     (rewards[i].kind == VN_REWARD_NEW_PRICE) != (rewards[0].kind == VN_REWARD_NEW_PRICE);
        if (kinds[rewards[i].kind].alone || mixed) {
            char sentence[VN_ERROR_TEXT_MAX];
            (void)snprintf(sentence, sizeof sentence, "%s can't stand beside another reward on prices%s",
                           kinds[rewards[i].kind].name, mixed ? " in the stage coupons" : "");
            vn_json_refuse(in, "then", sentence);
        }
    }
    if (promotion->price_count == 0 && group->stage != VN_STAGE_EARNING) {
        vn_json_refuse(in, "then", "without a reward on prices the group must be of the stage earning");
    }
}

void vn_then_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_promotion *out)
{
    bool many = json_is_array(json_object_get(in->value, "then"));
    size_t count = 1;
    struct vn_json_in then = many ? vn_json_array(in, "then", VN_REQUIRED, VN_REWARDS_MAX, &count)
                                  : vn_json_object(in, "then", VN_REQUIRED);
    struct vn_reward found[VN_REWARDS_MAX];
    memset(found, 0, sizeof found);
    struct reader reader = {ruleset, out};
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = many ? vn_json_at(&then, i) : then;
        read_reward(&at, &reader, &found[i]);
        out->price_count += on_price(&found[i]) ? 1 : 0;
    }
    struct vn_reward *sorted =
        vn_json_failed(in) ? NULL : vn_arena_take(&ruleset->arena, count * sizeof *sorted);
    if (sorted == NULL) {
        if (!vn_json_failed(in)) {
            vn_read_nomem(in);
        }
        return;
    }
    size_t price = 0;
    size_t rest = out->price_count;
    for (size_t i = 0; i < count; i++) {
        sorted[on_price(&found[i]) ? price++ : rest++] = found[i];
    }
    out->rewards = sorted;
    out->reward_count = (uint32_t)count;
    check_together(in, &ruleset->groups[out->group], out);
}
