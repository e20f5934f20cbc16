/* A promotion's document becomes a struct vn_promotion. docs/rules.md has the format. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/shape.h"
#include "agent/loyalty/rules/time_text.h"

#define TIMES_BP_MAX (100 * VN_BP_WHOLE)
#define POINTS_MAX   1000000000
#define PRIORITY_MAX 1000000
#define VERSION_MAX  1000000000

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void out_of_memory(const struct vn_json_in *in)
{
    (void)vn_fail(in->error, VN_NOMEM, "out of memory");
}

/* A list of texts. An empty list is refused: it would read as "none", and leaving it out means "any". */
static void read_terms(const struct vn_json_in *in, const char *key, size_t text_size, struct vn_arena *arena,
                       struct vn_terms *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, VN_SELECTOR_VALUES_MAX, &count);
    if (vn_json_failed(in) || list.value == NULL) {
        return;
    }
    if (count == 0) {
        vn_json_fail(in, key, "at least one text");
        return;
    }
    out->values = vn_arena_take(arena, count * sizeof *out->values);
    if (out->values == NULL) {
        out_of_memory(in);
        return;
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        char text[VN_NAME_MAX];
        vn_json_str(&at, NULL, VN_REQUIRED, text, text_size);
        if (!vn_json_failed(in) && text[0] == '\0') {
            vn_json_fail(&at, NULL, "a text that is not empty");
        }
        if (!vn_json_failed(in) && (out->values[i] = vn_arena_text(arena, text)) == NULL) {
            out_of_memory(in);
        }
    }
    if (!vn_json_failed(in)) {
        qsort(out->values, count, sizeof *out->values, text_order);
        out->count = (uint32_t)count;
    }
}

static void read_keys(const struct vn_json_in *in, struct vn_arena *arena, struct vn_terms *terms)
{
    read_terms(in, "codes", VN_CODE_MAX, arena, &terms[VN_SELECT_CODES]);
    read_terms(in, "brands", VN_TAG_MAX, arena, &terms[VN_SELECT_BRANDS]);
    read_terms(in, "tags", VN_TAG_MAX, arena, &terms[VN_SELECT_TAGS]);
    read_terms(in, "categories", VN_NAME_MAX, arena, &terms[VN_SELECT_CATEGORIES]);
}

static const struct vn_selector *read_selector(const struct vn_json_in *in, struct vn_arena *arena)
{
    struct vn_json_in value = vn_json_object(in, "selector", VN_OPTIONAL);
    if (vn_json_failed(in) || value.value == NULL || json_object_size(value.value) == 0) {
        return NULL;
    }
    struct vn_selector *out = vn_arena_take(arena, sizeof *out);
    if (out == NULL) {
        out_of_memory(in);
        return NULL;
    }
    read_keys(&value, arena, out->include);
    struct vn_json_in exclude = vn_json_object(&value, "exclude", VN_OPTIONAL);
    if (exclude.value != NULL) {
        read_keys(&exclude, arena, out->exclude);
    }
    return out;
}

static void read_names(const struct vn_json_in *in, struct vn_arena *arena, struct vn_promotion *out)
{
    struct vn_json_in names = vn_json_object(in, "name", VN_OPTIONAL);
    size_t count = names.value == NULL ? 0 : json_object_size(names.value);
    if (count > VN_LOCALES_MAX) {
        vn_json_fail(in, "name", "at most 16 languages");
    }
    if (vn_json_failed(in) || count == 0) {
        return;
    }
    struct vn_name *list = vn_arena_take(arena, count * sizeof *list);
    if (list == NULL) {
        out_of_memory(in);
        return;
    }
    const char *locale = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)names.value, locale, value)
    {
        char text[VN_NAME_MAX];
        vn_json_str(&names, locale, VN_REQUIRED, text, sizeof text);
        if (vn_json_failed(in)) {
            return;
        }
        struct vn_name name = {vn_arena_text(arena, locale), vn_arena_text(arena, text)};
        if (name.locale == NULL || name.text == NULL) {
            out_of_memory(in);
            return;
        }
        list[out->name.count++] = name;
    }
    out->name.list = list;
}

static void read_hours(const struct vn_json_in *in, struct vn_when *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "hours", VN_OPTIONAL, VN_HOURS_MAX, &count);
    if (!vn_json_failed(in) && list.value != NULL && count == 0) {
        vn_json_fail(in, "hours", "at least one span");
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in span = vn_json_at(&list, i);
        if (!json_is_array(span.value) || json_array_size(span.value) != 2) {
            vn_json_fail(&span, NULL, "two times as [\"08:00\",\"11:00\"]");
            return;
        }
        char text[2][8] = {"", ""};
        for (size_t end = 0; end < 2; end++) {
            struct vn_json_in at = vn_json_at(&span, end);
            vn_json_str(&at, NULL, VN_REQUIRED, text[end], sizeof text[end]);
        }
        struct vn_hours *hours = &out->hours[i];
        if (!vn_json_failed(in) &&
            (!vn_time_read_hour(text[0], &hours->from_minute) ||
             !vn_time_read_hour(text[1], &hours->to_minute) || hours->from_minute == hours->to_minute)) {
            vn_json_fail(&span, NULL, "two different times as [\"08:00\",\"11:00\"]");
        }
    }
    out->hours_count = (unsigned)count;
}

static void read_minute(const struct vn_json_in *in, const char *key, int64_t *out)
{
    char text[24] = "";
    vn_json_str(in, key, VN_OPTIONAL, text, sizeof text);
    if (!vn_json_failed(in) && vn_json_has(in, key) && !vn_time_read_minute(text, out)) {
        vn_json_fail(in, key, "a local time as 2026-11-22T08:00");
    }
}

static void read_when(const struct vn_json_in *in, struct vn_when *out)
{
    out->from_minute = INT64_MIN;
    out->to_minute = INT64_MAX;
    struct vn_json_in when = vn_json_object(in, "when", VN_OPTIONAL);
    if (when.value == NULL) {
        return;
    }
    read_minute(&when, "from", &out->from_minute);
    read_minute(&when, "to", &out->to_minute);
    size_t count = 0;
    struct vn_json_in days = vn_json_array(&when, "weekdays", VN_OPTIONAL, 7, &count);
    if (!vn_json_failed(in) && days.value != NULL && count == 0) {
        vn_json_fail(&when, "weekdays", "at least one day");
    }
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&days, i);
        int64_t day = 1;
        vn_json_int(&at, NULL, VN_REQUIRED, 1, 7, &day);
        out->weekdays |= 1U << (day - 1);
    }
    read_hours(&when, out);
}

static void read_who(const struct vn_json_in *in, struct vn_arena *arena, struct vn_promotion *out)
{
    static const char *const kinds[] = {"anyone", "members", NULL};
    struct vn_json_in who = vn_json_object(in, "who", VN_OPTIONAL);
    if (who.value == NULL) {
        return;
    }
    int kind = 0;
    vn_json_enum(&who, "kind", VN_REQUIRED, kinds, &kind);
    read_terms(&who, "tiers", VN_TAG_MAX, arena, &out->who.tiers);
    read_terms(&who, "segments", VN_TAG_MAX, arena, &out->who.segments);
    out->who.kind = kind == 1 ? VN_WHO_MEMBERS : VN_WHO_ANYONE;
    if (kind == 0 && (out->who.tiers.count > 0 || out->who.segments.count > 0)) {
        vn_json_fail(&who, "kind", "\"members\", as tiers and segments ask for");
    }
}

static void read_if(const struct vn_json_in *in, struct vn_arena *arena, struct vn_promotion *out)
{
    static const char *const bases[] = {"list", "running", NULL};
    struct vn_json_in all = vn_json_object(in, "if", VN_OPTIONAL);
    if (all.value == NULL) {
        return;
    }
    struct vn_json_in spend = vn_json_object(&all, "min_spend", VN_OPTIONAL);
    if (spend.value != NULL) {
        int base = 0;
        out->cond.spend_asked = true;
        out->cond.spend_selector = read_selector(&spend, arena);
        vn_json_int(&spend, "amount_minor", VN_REQUIRED, 1, VN_AMOUNT_MAX, &out->cond.spend_least_minor);
        vn_json_enum(&spend, "base", VN_OPTIONAL, bases, &base);
        out->cond.spend_running = base == 1;
    }
    struct vn_json_in quantity = vn_json_object(&all, "quantity", VN_OPTIONAL);
    if (quantity.value != NULL) {
        out->cond.quantity_count = 1;
        out->cond.quantities[0].selector = read_selector(&quantity, arena);
        vn_json_int(&quantity, "qty_milli", VN_REQUIRED, 1, VN_QTY_MAX, &out->cond.quantities[0].least_milli);
    }
    vn_json_bool(&all, "coupon", VN_OPTIONAL, &out->cond.coupon);
}

static void read_then(const struct vn_json_in *in, struct vn_arena *arena, struct vn_promotion *promotion)
{
    static const char *const kinds[] = {"percent_off",       "amount_off",   "nth_free",
                                        "points_multiplier", "points_bonus", NULL};
    struct vn_json_in then = vn_json_object(in, "then", VN_REQUIRED);
    int kind = 0;
    vn_json_enum(&then, "kind", VN_REQUIRED, kinds, &kind);
    if (vn_json_failed(in)) {
        return;
    }
    struct vn_reward *out = vn_arena_take(arena, sizeof *out);
    if (out == NULL) {
        out_of_memory(in);
        return;
    }
    static const enum vn_reward_kind known[] = {VN_REWARD_PERCENT_OFF, VN_REWARD_AMOUNT_OFF, VN_REWARD_NTH,
                                                VN_REWARD_POINTS_MULTIPLIER, VN_REWARD_POINTS_BONUS};
    promotion->rewards = out;
    promotion->reward_count = 1;
    out->kind = known[kind];
    promotion->price_count = out->kind <= VN_REWARD_ACCUMULATIVE ? 1 : 0;
    out->wallet = "";
    out->cheapest = true;
    out->selector = read_selector(&then, arena);
    switch (out->kind) {
    case VN_REWARD_PERCENT_OFF:
        vn_json_int(&then, "rate_bp", VN_REQUIRED, 1, VN_BP_WHOLE, &out->rate_bp);
        vn_json_int(&then, "max_discount_minor", VN_OPTIONAL, 1, VN_AMOUNT_MAX,
                    &promotion->max_discount_minor);
        break;
    case VN_REWARD_AMOUNT_OFF:
        vn_json_int(&then, "amount_minor", VN_REQUIRED, 1, VN_AMOUNT_MAX, &out->amount_minor);
        break;
    case VN_REWARD_NTH:
        vn_json_int(&then, "n", VN_REQUIRED, 2, 100, &out->n);
        vn_json_int(&then, "free", VN_REQUIRED, 1, out->n - 1, &out->take);
        out->rate_bp = VN_BP_WHOLE;
        vn_json_bool(&then, "cheapest", VN_OPTIONAL, &out->cheapest);
        break;
    case VN_REWARD_POINTS_MULTIPLIER:
        vn_json_int(&then, "times_bp", VN_REQUIRED, VN_BP_WHOLE + 1, TIMES_BP_MAX, &out->rate_bp);
        break;
    case VN_REWARD_POINTS_BONUS:
        vn_json_int(&then, "points", VN_REQUIRED, 1, POINTS_MAX, &out->points);
        break;
    default: break;
    }
}

static void read_group(const struct vn_json_in *in, const struct vn_ruleset *ruleset,
                       struct vn_promotion *out)
{
    char id[VN_ID_MAX] = "";
    vn_json_str(in, "group", VN_REQUIRED, id, sizeof id);
    for (out->group = 0; out->group < ruleset->group_count; out->group++) {
        if (strcmp(ruleset->groups[out->group].id, id) == 0) {
            return;
        }
    }
    out->group = 0;
    vn_json_fail(in, "group", "a group of the header");
}

static bool stage_has(enum vn_stage stage, enum vn_reward_kind reward)
{
    switch (reward) {
    case VN_REWARD_PERCENT_OFF:
    case VN_REWARD_AMOUNT_OFF: return stage != VN_STAGE_EARNING;
    case VN_REWARD_NTH: return stage == VN_STAGE_UNITS;
    default: return stage == VN_STAGE_EARNING;
    }
}

/* Rewards have their stages; other pairs are left to a newer engine. */
static void check_group(const struct vn_json_in *in, const struct vn_group *group,
                        const struct vn_promotion *promotion)
{
    if (group->newer) {
        (void)vn_shape_unknown(in, "group", "the choice or stage of this group");
    } else if (promotion->cond.coupon != (group->stage == VN_STAGE_COUPONS)) {
        (void)vn_shape_unknown(in, "group",
                               promotion->cond.coupon
                                   ? "a condition of a coupon outside the stage 'coupons'"
                                   : "the stage 'coupons' without a condition of a coupon");
    } else if (!stage_has(group->stage, promotion->rewards[0].kind)) {
        (void)vn_shape_unknown(in, "group", "this reward in the stage of this group");
    }
}

static void read_rest(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_promotion *out)
{
    struct vn_arena *arena = &ruleset->arena;
    read_when(in, &out->when);
    struct vn_json_in where = vn_json_object(in, "where", VN_OPTIONAL);
    if (where.value != NULL) {
        read_terms(&where, "stores", VN_ID_MAX, arena, &out->where.stores);
        read_terms(&where, "not_stores", VN_ID_MAX, arena, &out->where.not_stores);
    }
    read_who(in, arena, out);
    read_if(in, arena, out);
    read_then(in, arena, out);
    vn_json_int(in, "priority", VN_OPTIONAL, -PRIORITY_MAX, PRIORITY_MAX, &out->priority);
    struct vn_json_in limits = vn_json_object(in, "limits", VN_OPTIONAL);
    if (limits.value != NULL) {
        vn_json_int(&limits, "per_receipt", VN_OPTIONAL, 1, VN_UNITS_MAX, &out->limits.per_receipt);
    }
}

/* What is there beyond this engine; it is looked at before types and ranges, which a newer one may have changed. */
static bool is_known(const struct vn_json_in *in)
{
    int64_t engine = VN_ENGINE_VERSION;
    if (!json_is_object(in->value)) {
        vn_json_fail(in, NULL, "an object");
    }
    vn_json_int(in, "engine", VN_OPTIONAL, 1, VERSION_MAX, &engine);
    if (vn_json_failed(in)) {
        return false;
    }
    if (engine > VN_ENGINE_VERSION) {
        return vn_shape_unknown(in, "engine", "the rules of a newer one");
    }
    const char *offline = json_string_value(json_object_get(in->value, "offline"));
    if (offline != NULL && strcmp(offline, "rights") != 0 && strcmp(offline, "never") != 0) {
        return vn_shape_unknown(in, "offline", "this word");
    }
    return vn_shape_promotion_known(in);
}

enum vn_status vn_promotion_read(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                 struct vn_promotion *out)
{
    memset(out, 0, sizeof *out);
    if (!is_known(in)) {
        return in->error->status;
    }
    char id[VN_ID_MAX] = "";
    vn_json_str(in, "id", VN_REQUIRED, id, sizeof id);
    if (!vn_json_failed(in) && id[0] == '\0') {
        vn_json_fail(in, "id", "a text that is not empty");
    }
    out->version = 1;
    vn_json_int(in, "version", VN_OPTIONAL, 1, VERSION_MAX, &out->version);
    read_group(in, ruleset, out);
    if (!vn_json_failed(in) && (out->id = vn_arena_text(&ruleset->arena, id)) == NULL) {
        out_of_memory(in);
    }
    read_names(in, &ruleset->arena, out);
    read_rest(in, ruleset, out);
    char word[16] = "rights";
    vn_json_str(in, "offline", VN_OPTIONAL, word, sizeof word);
    out->offline = strcmp(word, "never") == 0 ? VN_OFFLINE_NEVER : VN_OFFLINE_RIGHTS;
    if (vn_json_failed(in)) {
        return in->error->status;
    }
    check_group(in, &ruleset->groups[out->group], out);
    return in->error->status;
}
