/* When, where, for whom and on what condition a promotion applies. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/readers.h"
#include "agent/loyalty/rules/time_text.h"

/* 24:00 is the midnight that the day ends with: up to the next 00:00 there is nothing. */
static bool is_no_time(const struct vn_hours *hours)
{
    return hours->from_minute == hours->to_minute ||
           (hours->from_minute == VN_MINUTES_OF_DAY && hours->to_minute == 0);
}

static void read_hours(const struct vn_json_in *in, struct vn_when *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "hours", VN_OPTIONAL, VN_HOURS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in span = vn_json_at(&list, i);
        char text[2][8] = {"", ""};
        for (size_t end = 0; end < 2; end++) {
            struct vn_json_in at = vn_json_at(&span, end);
            vn_json_str(&at, NULL, VN_REQUIRED, text[end], sizeof text[end]);
        }
        struct vn_hours *hours = &out->hours[i];
        if (!vn_json_failed(in) && (!vn_time_read_hour(text[0], &hours->from_minute) ||
                                    !vn_time_read_hour(text[1], &hours->to_minute) || is_no_time(hours))) {
            vn_json_fail(&span, NULL, "two different times as [\"08:00\",\"11:00\"]");
        }
    }
    out->hours_count = (unsigned)count;
}

static void read_weekdays(const struct vn_json_in *in, struct vn_when *out)
{
    size_t count = 0;
    struct vn_json_in days = vn_json_array(in, "weekdays", VN_OPTIONAL, 7, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&days, i);
        int64_t day = 1;
        vn_take_int(&at, NULL, &day);
        out->weekdays |= 1U << (day - 1);
    }
}

static void read_calendar(const struct vn_json_in *in, const char *key, const struct vn_ruleset *ruleset,
                          struct vn_when *out)
{
    char id[VN_TAG_MAX] = "";
    vn_json_str(in, key, VN_OPTIONAL, id, sizeof id);
    if (vn_json_failed(in) || !vn_json_has(in, key)) {
        return;
    }
    for (uint32_t i = 0; i < ruleset->calendar_count; i++) {
        if (strcmp(ruleset->calendars[i].id, id) == 0) {
            out->holidays = &ruleset->calendars[i];
            return;
        }
    }
    vn_read_unknown(in, key, "a calendar of the header", id);
}

void vn_when_read(const struct vn_json_in *in, const struct vn_ruleset *ruleset, struct vn_when *out)
{
    out->from_minute = INT64_MIN;
    out->to_minute = INT64_MAX;
    struct vn_json_in when = vn_json_object(in, "when", VN_OPTIONAL);
    if (when.value == NULL) {
        return;
    }
    vn_local_time_read(&when, "from", &out->from_minute);
    vn_local_time_read(&when, "to", &out->to_minute);
    read_weekdays(&when, out);
    read_hours(&when, out);
    read_calendar(&when, "holidays", ruleset, out);
    read_calendar(&when, "not_holidays", ruleset, out);
    out->not_holidays = vn_json_has(&when, "not_holidays");
}

/* Every group that is named must be one of the header's: a misspelt one would quietly mean no store. */
static void read_store_groups(const struct vn_json_in *in, const char *key, struct vn_ruleset *ruleset,
                              struct vn_terms *out)
{
    vn_terms_read(in, key, VN_TAG_MAX, &ruleset->arena, out);
    for (uint32_t i = 0; i < out->count && !vn_json_failed(in); i++) {
        if (vn_store_group_find(ruleset, out->values[i]) == ruleset->store_group_count) {
            vn_read_unknown(in, key, "store groups of the header", out->values[i]);
        }
    }
}

void vn_where_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_where *out)
{
    static const char *const lanes[] = {"manned", "self", "web", NULL};
    struct vn_arena *arena = &ruleset->arena;
    struct vn_json_in where = vn_json_object(in, "where", VN_OPTIONAL);
    if (where.value == NULL) {
        return;
    }
    vn_terms_read(&where, "stores", VN_ID_MAX, arena, &out->stores);
    vn_terms_read(&where, "not_stores", VN_ID_MAX, arena, &out->not_stores);
    read_store_groups(&where, "store_groups", ruleset, &out->store_groups);
    read_store_groups(&where, "not_store_groups", ruleset, &out->not_store_groups);
    vn_terms_read(&where, "tills", VN_ID_MAX, arena, &out->tills);
    vn_terms_read(&where, "not_tills", VN_ID_MAX, arena, &out->not_tills);
    size_t count = 0;
    struct vn_json_in list = vn_json_array(&where, "lanes", VN_OPTIONAL, 3, &count);
    for (size_t i = 0; i < count; i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        int lane = 0;
        vn_take_word(&at, NULL, lanes, &lane);
        out->lanes |= 1U << lane;
    }
}

/* A birthday or an anniversary: the day, and so many days before and after it. */
static bool read_window(const struct vn_json_in *in, const char *key, struct vn_who *out)
{
    struct vn_json_in window = vn_json_object(in, key, VN_OPTIONAL);
    if (window.value == NULL) {
        return false;
    }
    vn_take_int(&window, "days_before", &out->days_before);
    vn_take_int(&window, "days_after", &out->days_after);
    return true;
}

static void read_occasions(const struct vn_json_in *who, struct vn_who *out)
{
    out->birthday = read_window(who, "birthday", out);
    out->anniversary = read_window(who, "anniversary", out);
    vn_take_bool(who, "first_purchase", &out->first_purchase);
    struct vn_json_in visit = vn_json_object(who, "nth_visit", VN_OPTIONAL);
    if (visit.value != NULL) {
        vn_take_int(&visit, "n", &out->nth_visit);
        vn_take_bool(&visit, "every", &out->every_nth);
    }
    vn_take_int(who, "days_since_visit", &out->days_since_visit);
    vn_take_bool(who, "referral", &out->referral);
}

/* Whatever is known of members alone must not be asked of anyone. */
static void check_kind(const struct vn_json_in *who, const struct vn_who *out)
{
    bool of_members = out->tiers.count > 0 || out->segments.count > 0 || out->not_segments.count > 0 ||
                      out->clubs.count > 0 || out->birthday || out->anniversary || out->first_purchase ||
                      out->nth_visit > 0 || out->days_since_visit > 0 || out->referral;
    if (out->kind == VN_WHO_ANYONE && of_members) {
        vn_json_fail(who, "kind",
                     "\"members\" or a part of them, as tiers, segments, clubs and occasions ask for");
    }
}

void vn_who_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_who *out)
{
    static const char *const kinds[] = {"anyone", "members", "households", "staff", "not_staff", NULL};
    struct vn_arena *arena = &ruleset->arena;
    struct vn_json_in who = vn_json_object(in, "who", VN_OPTIONAL);
    if (who.value == NULL) {
        return;
    }
    int kind = VN_WHO_ANYONE;
    vn_take_word(&who, "kind", kinds, &kind);
    out->kind = (enum vn_audience)kind;
    vn_terms_read(&who, "tiers", VN_TAG_MAX, arena, &out->tiers);
    vn_terms_read(&who, "segments", VN_TAG_MAX, arena, &out->segments);
    vn_terms_read(&who, "not_segments", VN_TAG_MAX, arena, &out->not_segments);
    vn_terms_read(&who, "clubs", VN_TAG_MAX, arena, &out->clubs);
    read_occasions(&who, out);
    struct vn_json_in control = vn_json_object(&who, "control", VN_OPTIONAL);
    if (control.value != NULL) {
        out->campaign = vn_text_read(&control, "campaign", VN_ID_MAX, arena);
        vn_take_int(&control, "held_out_bp", &out->held_out_bp);
    }
    check_kind(&who, out);
}

static void read_quantity(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_if *out)
{
    struct vn_quantity *quantity = &out->quantities[out->quantity_count++];
    quantity->selector = vn_selector_read(in, "selector", ruleset);
    vn_take_int(in, "qty_milli", &quantity->least_milli);
}

/* One quantity, or a list of them that must all be there. */
static void read_quantities(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_if *out)
{
    if (!json_is_array(json_object_get(in->value, "quantity"))) {
        struct vn_json_in quantity = vn_json_object(in, "quantity", VN_OPTIONAL);
        if (quantity.value != NULL) {
            read_quantity(&quantity, ruleset, out);
        }
        return;
    }
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "quantity", VN_OPTIONAL, VN_PARTS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        read_quantity(&at, ruleset, out);
    }
}

void vn_if_read(const struct vn_json_in *in, struct vn_ruleset *ruleset, struct vn_if *out)
{
    static const char *const bases[] = {"list", "running", NULL};
    struct vn_json_in all = vn_json_object(in, "if", VN_OPTIONAL);
    if (all.value == NULL) {
        return;
    }
    struct vn_json_in spend = vn_json_object(&all, "min_spend", VN_OPTIONAL);
    if (spend.value != NULL) {
        int base = 0;
        out->spend_asked = true;
        out->spend_selector = vn_selector_read(&spend, "selector", ruleset);
        vn_take_int(&spend, "amount_minor", &out->spend_least_minor);
        vn_take_word(&spend, "base", bases, &base);
        out->spend_running = base == 1;
    }
    read_quantities(&all, ruleset, out);
    vn_terms_read(&all, "tenders", VN_TAG_MAX, &ruleset->arena, &out->tenders);
    vn_take_bool(&all, "coupon", &out->coupon);
    struct vn_json_in stamps = vn_json_object(&all, "stamps", VN_OPTIONAL);
    if (stamps.value != NULL) {
        out->stamps = vn_text_read(&stamps, "card", VN_ID_MAX, &ruleset->arena);
        vn_take_int(&stamps, "count", &out->stamp_count);
    }
}
