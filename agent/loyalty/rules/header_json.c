/* The first line of a ruleset: what all its promotions share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/schema.h"
#include "agent/loyalty/rules/time_text.h"

static void read_offsets(const struct vn_json_in *in, struct vn_arena *arena, struct vn_zone *out)
{
    vn_take_int(in, "utc_offset_min", &out->offset_min);
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "utc_offsets", VN_OPTIONAL, VN_OFFSETS_MAX, &count);
    if (vn_json_failed(in) || count == 0) {
        return;
    }
    struct vn_offset *changes = vn_arena_take(arena, count * sizeof *changes);
    if (changes == NULL) {
        vn_read_nomem(in);
        return;
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_take_int(&at, "from_ms", &changes[i].from_ms);
        vn_take_int(&at, "offset_min", &changes[i].offset_min);
        if (!vn_json_failed(in) && i > 0 && changes[i].from_ms <= changes[i - 1].from_ms) {
            vn_json_refuse(&at, "from_ms", "the changes of the clocks must ascend");
        }
    }
    out->changes = changes;
    out->change_count = (uint32_t)count;
}

static void read_zones(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "zones", VN_OPTIONAL, VN_ZONES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_zone *zone = &ruleset->zones[i];
        vn_terms_read(&at, "stores", VN_ID_MAX, &ruleset->arena, &zone->stores);
        vn_terms_read(&at, "store_groups", VN_TAG_MAX, &ruleset->arena, &zone->store_groups);
        for (uint32_t name = 0; name < zone->store_groups.count && !vn_json_failed(in); name++) {
            if (vn_store_group_find(ruleset, zone->store_groups.values[name]) == ruleset->store_group_count) {
                vn_read_unknown(&at, "store_groups", "store groups of the header",
                                zone->store_groups.values[name]);
            }
        }
        read_offsets(&at, &ruleset->arena, zone);
    }
    ruleset->zone_count = (uint32_t)count;
}

static void read_store_groups(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    struct vn_json_in groups = vn_json_object(in, "store_groups", VN_OPTIONAL);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)groups.value, name, value)
    {
        if (ruleset->store_group_count == VN_STORE_GROUPS_MAX || strlen(name) >= VN_TAG_MAX) {
            vn_json_fail(in, "store_groups", "at most 64 names of at most 31 bytes");
        }
        if (vn_json_failed(in)) {
            return;
        }
        struct vn_store_group *group = &ruleset->store_groups[ruleset->store_group_count++];
        group->id = vn_arena_text(&ruleset->arena, name);
        vn_terms_read(&groups, name, VN_ID_MAX, &ruleset->arena, &group->stores);
        if (group->id == NULL) {
            vn_read_nomem(in);
        }
    }
}

static int day_order(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a;
    int32_t right = *(const int32_t *)b;
    return left < right ? -1 : left > right ? 1 : 0;
}

static void read_calendar(const struct vn_json_in *in, const char *name, struct vn_arena *arena,
                          struct vn_calendar *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, name, VN_REQUIRED, VN_HOLIDAYS_MAX, &count);
    out->id = vn_arena_text(arena, name);
    int32_t *days = vn_arena_take(arena, (count + 1) * sizeof *days);
    if (out->id == NULL || days == NULL) {
        vn_read_nomem(in);
        return;
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        char text[16] = "";
        vn_json_str(&at, NULL, VN_REQUIRED, text, sizeof text);
        if (!vn_json_failed(in) && !vn_time_read_day(text, &days[i])) {
            vn_json_fail(&at, NULL, "a day as 2026-01-01");
        }
    }
    qsort(days, count, sizeof *days, day_order);
    out->days = days;
    out->count = (uint32_t)count;
}

static void read_calendars(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    struct vn_json_in calendars = vn_json_object(in, "calendars", VN_OPTIONAL);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)calendars.value, name, value)
    {
        if (ruleset->calendar_count == VN_CALENDARS_MAX || strlen(name) >= VN_TAG_MAX) {
            vn_json_fail(in, "calendars", "at most 8 names of at most 31 bytes");
        }
        if (vn_json_failed(in)) {
            return;
        }
        read_calendar(&calendars, name, &ruleset->arena, &ruleset->calendars[ruleset->calendar_count++]);
    }
}

static void read_tiers(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    static const char *const counters[] = {"spend", "points", NULL};
    static const char *const periods[] = {"ever", "month", "quarter", "half-year", "year", NULL};
    static const unsigned months[] = {0, 1, 3, 6, 12};
    struct vn_json_in tiers = vn_json_object(in, "tiers", VN_OPTIONAL);
    if (tiers.value == NULL) {
        return;
    }
    int by = 0;
    vn_take_word(&tiers, "by", counters, &by);
    ruleset->tiers_by_points = by == 1;
    int period = 0;
    vn_take_word(&tiers, "period", periods, &period);
    ruleset->tier_months = months[period];
    vn_take_int(&tiers, "grace_days", &ruleset->tier_grace_days);
    size_t count = 0;
    struct vn_json_in steps = vn_json_array(&tiers, "steps", VN_REQUIRED, VN_TIERS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&steps, i);
        struct vn_tier *tier = &ruleset->tiers[i];
        tier->id = vn_text_read(&at, "id", VN_TAG_MAX, &ruleset->arena);
        vn_take_int(&at, "from", &tier->from);
        for (size_t other = 0; other < i && !vn_json_failed(in); other++) {
            if (strcmp(ruleset->tiers[other].id, tier->id) == 0) {
                vn_json_fail(&at, "id", "an id of its own");
            }
        }
        if (!vn_json_failed(in) && i > 0 && tier->from <= ruleset->tiers[i - 1].from) {
            vn_json_refuse(&at, "from", "tiers must ascend");
        }
    }
    ruleset->tier_count = (uint32_t)count;
}

static void read_group(const struct vn_json_in *in, struct vn_group *out)
{
    static const char *const bases[] = {"list", "running", NULL};
    static const char *const choices[] = {"first", "all", "best"};
    static const enum vn_stage stages[] = {VN_STAGE_UNITS, VN_STAGE_BASKET, VN_STAGE_COUPONS,
                                           VN_STAGE_EARNING};
    char stage[VN_TAG_MAX] = "";
    char choice[VN_TAG_MAX] = "";
    int base = 1;
    vn_json_str(in, "id", VN_REQUIRED, out->id, sizeof out->id);
    vn_json_str(in, "stage", VN_REQUIRED, stage, sizeof stage);
    vn_take_word(in, "base", bases, &base);
    vn_json_str(in, "choice", VN_REQUIRED, choice, sizeof choice);
    out->running = base == 1;
    bool stage_known = false;
    bool choice_known = false;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (strcmp(choices[i], choice) == 0) {
            out->choice = (enum vn_choice)i;
            choice_known = true;
        }
    }
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        if (strcmp(vn_stage_name(stages[i]), stage) == 0) {
            out->stage = stages[i];
            stage_known = true;
        }
    }
    out->newer = !stage_known || !choice_known;
}

static void read_groups(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    size_t count = 0;
    struct vn_json_in groups = vn_json_array(in, "groups", VN_OPTIONAL, VN_GROUPS_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&groups, i);
        read_group(&at, &ruleset->groups[i]);
        for (size_t other = 0; other < i; other++) {
            if (strcmp(ruleset->groups[other].id, ruleset->groups[i].id) == 0) {
                vn_json_fail(&at, "id", "an id of its own");
            }
        }
    }
    ruleset->group_count = (unsigned)count;
}

static void read_ranges(const struct vn_json_in *in, const char *key, bool coupon, struct vn_ruleset *ruleset)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, VN_CARD_RANGES_MAX, &count);
    if (count > VN_CARD_RANGES_MAX - ruleset->range_count) {
        char sentence[64];
        (void)snprintf(sentence, sizeof sentence, "expected at most %d ranges in cards and coupons together",
                       VN_CARD_RANGES_MAX);
        vn_json_refuse(in, key, sentence);
    }
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_card_range *range = &ruleset->ranges[ruleset->range_count];
        int64_t length = 0;
        vn_json_str(&at, "prefix", VN_REQUIRED, range->prefix, sizeof range->prefix);
        vn_json_int(&at, "length", VN_REQUIRED, (int64_t)strlen(range->prefix), VN_CARD_TEXT_MAX - 1,
                    &length);
        range->length = (unsigned)length;
        range->coupon = coupon;
        ruleset->range_count++;
    }
}

static void read_caps(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    vn_take_int(in, "floor_bp", &ruleset->floor_bp);
    vn_take_int(in, "max_unit_discount_bp", &ruleset->max_unit_discount_bp);
    vn_take_int(in, "max_unit_discount_minor", &ruleset->max_unit_discount_minor);
    vn_take_int(in, "max_receipt_discount_bp", &ruleset->max_receipt_discount_bp);
    vn_take_int(in, "max_receipt_discount_minor", &ruleset->max_receipt_discount_minor);
    vn_take_int(in, "member_max_age_s", &ruleset->member_max_age_s);
    vn_take_int(in, "late_card_days", &ruleset->late_card_days);
}

void vn_header_read(const struct vn_json_in *in, struct vn_ruleset *ruleset)
{
    if (!vn_engine_fits(in) || !vn_schema_check(&vn_schema_ruleset_header, in)) {
        return;
    }
    int law = 0;
    vn_take_int(in, "ruleset", &ruleset->number);
    vn_json_str(in, "currency", VN_REQUIRED, ruleset->currency, sizeof ruleset->currency);
    vn_take_int(in, "exponent", &ruleset->exponent);
    vn_take_word(in, "law", vn_law_names, &law);
    ruleset->law = (enum vn_law)law;
    read_offsets(in, &ruleset->arena, &ruleset->zone);
    read_store_groups(in, ruleset);
    read_zones(in, ruleset);
    read_calendars(in, ruleset);
    vn_wallets_read(in, ruleset);
    read_tiers(in, ruleset);
    read_caps(in, ruleset);
    read_groups(in, ruleset);
    read_ranges(in, "cards", false, ruleset);
    read_ranges(in, "coupons", true, ruleset);
}
