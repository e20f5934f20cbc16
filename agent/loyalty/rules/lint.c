#include "agent/loyalty/rules/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/lint_work.h"
#include "agent/loyalty/rules/time_text.h"

#define LOOK_AHEAD_DAYS (3 * 366)
#define BP_WHOLE        10000

const char *vn_lint_name(enum vn_lint_code code)
{
    static const char *const names[VN_LINT_CODES] = {
        [VN_LINT_PAST] = "past",
        [VN_LINT_NO_TIME] = "no-time",
        [VN_LINT_NO_STORE] = "no-store",
        [VN_LINT_NO_CUSTOMER] = "no-customer",
        [VN_LINT_UNKNOWN_TIER] = "unknown-tier",
        [VN_LINT_NO_COUPON] = "no-coupon",
        [VN_LINT_NO_STAMPS] = "no-stamps",
        [VN_LINT_EXCLUDES_ALL] = "excludes-all",
        [VN_LINT_BELOW_FLOOR] = "below-floor",
        [VN_LINT_NOTHING_LEFT] = "nothing-left",
        [VN_LINT_NOT_ISSUED] = "not-issued",
        [VN_LINT_NO_GOODS] = "no-goods",
        [VN_LINT_NOTHING_OFF] = "nothing-off",
        [VN_LINT_LAW] = "law",
        [VN_LINT_NO_CLASS] = "no-class",
    };
    return (unsigned)code < VN_LINT_CODES ? names[code] : "unknown";
}

void vn_lint_warn(struct vn_lint_work *work, enum vn_lint_code code, const char *promotion, const char *other,
                  const char *format, ...)
{
    if (work->out->count == VN_WARNINGS_MAX) {
        work->out->more = true;
        return;
    }
    struct vn_warning *warning = &work->out->list[work->out->count++];
    warning->code = code;
    (void)snprintf(warning->promotion, sizeof warning->promotion, "%s", promotion);
    (void)snprintf(warning->other, sizeof warning->other, "%s", other);
    va_list values;
    va_start(values, format);
    (void)vsnprintf(warning->text, sizeof warning->text, format, values);
    va_end(values);
}

const char *vn_lint_rate(int64_t rate_bp, char out[VN_LINT_RATE_MAX])
{
    long long whole = rate_bp / 100;
    long long rest = rate_bp % 100;
    if (rest == 0) {
        (void)snprintf(out, VN_LINT_RATE_MAX, "%lld %%", whole);
    } else if (rest % 10 == 0) {
        (void)snprintf(out, VN_LINT_RATE_MAX, "%lld.%lld %%", whole, rest / 10);
    } else {
        (void)snprintf(out, VN_LINT_RATE_MAX, "%lld.%02lld %%", whole, rest);
    }
    return out;
}

bool vn_lint_all_in(const struct vn_terms *terms, const struct vn_terms *in)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        if (!vn_terms_have(in, terms->values[i])) {
            return false;
        }
    }
    return true;
}

bool vn_lint_common(const struct vn_terms *a, const struct vn_terms *b, const char **which)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (vn_terms_have(b, a->values[i])) {
            *which = a->values[i];
            return true;
        }
    }
    return false;
}

bool vn_lint_apart(const struct vn_terms *a, const struct vn_terms *b)
{
    const char *ignored = NULL;
    return a->count > 0 && b->count > 0 && !vn_lint_common(a, b, &ignored);
}

static void add_use(struct vn_lint_use *out, size_t *count, const struct vn_selector *selector,
                    const char *what)
{
    if (selector != NULL) {
        out[(*count)++] = (struct vn_lint_use){selector, what};
    }
}

size_t vn_lint_uses(const struct vn_promotion *promotion, struct vn_lint_use out[VN_LINT_USES_MAX])
{
    size_t count = 0;
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        add_use(out, &count, reward->selector, "the reward");
        for (uint32_t part = 0; part < reward->part_count; part++) {
            add_use(out, &count, reward->parts[part].selector, "a part of the set");
        }
    }
    add_use(out, &count, promotion->cond.spend_selector, "min_spend");
    for (uint32_t i = 0; i < promotion->cond.quantity_count; i++) {
        add_use(out, &count, promotion->cond.quantities[i].selector, "quantity");
    }
    return count;
}

/* --- when */

static bool is_day(const struct vn_when *when, int64_t day)
{
    unsigned weekday = vn_time_weekday(day * VN_MINUTES_OF_DAY);
    if (when->weekdays != 0 && (when->weekdays >> weekday & 1) == 0) {
        return false;
    }
    return when->holidays == NULL || vn_calendar_has(when->holidays, day) != when->not_holidays;
}

/* A span of hours that begins on that day has a minute in from <= m < to. */
static bool day_meets(const struct vn_when *when, int64_t day, int64_t from, int64_t to)
{
    static const struct vn_hours whole_day = {0, VN_MINUTES_OF_DAY};
    unsigned count = when->hours_count == 0 ? 1 : when->hours_count;
    for (unsigned i = 0; i < count; i++) {
        const struct vn_hours *hours = when->hours_count == 0 ? &whole_day : &when->hours[i];
        int64_t begins = day * VN_MINUTES_OF_DAY + hours->from_minute;
        int64_t ends = day * VN_MINUTES_OF_DAY + hours->to_minute;
        if (hours->from_minute > hours->to_minute) {
            ends += VN_MINUTES_OF_DAY;
        }
        if (begins < to && ends > from) {
            return true;
        }
    }
    return false;
}

static bool ever_meets(const struct vn_when *when, int64_t from)
{
    int64_t first = vn_clock_day(from) - 1; /* a span over midnight may have begun the day before */
    for (int64_t day = first; day < first + LOOK_AHEAD_DAYS; day++) {
        if (day * VN_MINUTES_OF_DAY >= when->to_minute) {
            return false;
        }
        if (is_day(when, day) && day_meets(when, day, from, when->to_minute)) {
            return true;
        }
    }
    return false;
}

static void check_when(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    const struct vn_when *when = &promotion->when;
    int64_t from = when->from_minute > work->now_minute ? when->from_minute : work->now_minute;
    if (when->from_minute >= when->to_minute) {
        vn_lint_warn(work, VN_LINT_NO_TIME, promotion->id, "",
                     "its time ends before it begins: when.from must be before when.to");
    } else if (when->to_minute <= work->now_minute) {
        struct vn_date date = vn_clock_date(vn_clock_day(when->to_minute));
        vn_lint_warn(work, VN_LINT_PAST, promotion->id, "",
                     "its time was over on %04lld-%02u-%02u: take it out, or give it a later when.to",
                     (long long)date.year, date.month, date.day);
    } else if (!ever_meets(when, from)) {
        vn_lint_warn(work, VN_LINT_NO_TIME, promotion->id, "",
                     "no day and hour that it asks for lies in its time: change weekdays, hours, holidays or "
                     "the time from when.from to when.to");
    }
}

/* --- where */

static bool store_in_group(const struct vn_ruleset *ruleset, const struct vn_terms *groups,
                           const struct vn_terms *stores, const char **which)
{
    for (uint32_t i = 0; i < ruleset->store_group_count; i++) {
        const struct vn_store_group *group = &ruleset->store_groups[i];
        if (vn_terms_have(groups, group->id) && vn_lint_common(stores, &group->stores, which)) {
            return true;
        }
    }
    return false;
}

static void check_where(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    const struct vn_where *where = &promotion->where;
    const struct {
        const struct vn_terms *in, *out;
        const char *name;
    } rows[] = {{&where->stores, &where->not_stores, "stores"},
                {&where->store_groups, &where->not_store_groups, "store_groups"},
                {&where->tills, &where->not_tills, "tills"}};
    const char *which = NULL;
    unsigned before = work->out->count;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (vn_lint_common(rows[i].in, rows[i].out, &which)) {
            vn_lint_warn(
                work, VN_LINT_NO_STORE, promotion->id, "",
                "'%s' is in %s and in not_%s, so it does not apply there: take it out of one of them", which,
                rows[i].name, rows[i].name);
        }
    }
    if (store_in_group(work->ruleset, &where->not_store_groups, &where->stores, &which)) {
        vn_lint_warn(
            work, VN_LINT_NO_STORE, promotion->id, "",
            "store '%s' is in stores and in a group of not_store_groups, so it does not apply there: "
            "take it out of one of them",
            which);
    }
    if (work->out->count == before && !vn_lint_has_store(work, where)) {
        vn_lint_warn(work, VN_LINT_NO_STORE, promotion->id, "",
                     "no store is left: all of its stores and store_groups are in not_stores or "
                     "not_store_groups");
    }
}

/* --- for whom */

static bool is_tier(const struct vn_ruleset *ruleset, const char *id)
{
    for (uint32_t i = 0; i < ruleset->tier_count; i++) {
        if (strcmp(ruleset->tiers[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static void check_tier(struct vn_lint_work *work, const struct vn_promotion *promotion, const char *id)
{
    /* without tiers in the header, members have those that they were imported with */
    if (work->ruleset->tier_count > 0 && !is_tier(work->ruleset, id)) {
        vn_lint_warn(
            work, VN_LINT_UNKNOWN_TIER, promotion->id, "",
            "the header's tiers have no '%s', so no member gets it for that: correct the name, or add "
            "the tier",
            id);
    }
}

static void check_who(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    const struct vn_who *who = &promotion->who;
    for (uint32_t i = 0; i < who->tiers.count; i++) {
        check_tier(work, promotion, who->tiers.values[i]);
    }
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        for (uint32_t step = 0; step < reward->step_count; step++) {
            if (reward->steps[step].tier != NULL) {
                check_tier(work, promotion, reward->steps[step].tier);
            }
        }
    }
    if (who->segments.count > 0 && vn_lint_all_in(&who->segments, &who->not_segments)) {
        vn_lint_warn(work, VN_LINT_NO_CUSTOMER, promotion->id, "",
                     "all of its segments are in not_segments too: take them out of one of them");
    }
    if (who->first_purchase && (who->nth_visit > 1 || who->days_since_visit > 0)) {
        vn_lint_warn(work, VN_LINT_NO_CUSTOMER, promotion->id, "",
                     "a first purchase is no later visit: ask for first_purchase, or for %s",
                     who->nth_visit > 1 ? "nth_visit" : "days_since_visit");
    }
    if (who->nth_visit == 1 && !who->every_nth && who->days_since_visit > 0) {
        vn_lint_warn(work, VN_LINT_NO_CUSTOMER, promotion->id, "",
                     "who comes for the first time did not stay away: ask for nth_visit, or for "
                     "days_since_visit");
    }
    if (who->campaign != NULL && who->held_out_bp == BP_WHOLE) {
        vn_lint_warn(work, VN_LINT_NO_CUSTOMER, promotion->id, "",
                     "its control group is everybody: held_out_bp must be below 10000");
    }
}

/* --- on what condition */

static bool has_coupon_range(const struct vn_ruleset *ruleset)
{
    for (unsigned i = 0; i < ruleset->range_count; i++) {
        if (ruleset->ranges[i].coupon) {
            return true;
        }
    }
    return false;
}

static bool gives_stamps(const struct vn_ruleset *ruleset, const char *card)
{
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        const struct vn_promotion *promotion = &ruleset->promotions[i];
        for (uint32_t r = 0; r < promotion->reward_count; r++) {
            const struct vn_reward *reward = &promotion->rewards[r];
            if (reward->kind == VN_REWARD_STAMP && strcmp(reward->what, card) == 0) {
                return true;
            }
        }
    }
    return false;
}

struct covered {
    const struct vn_terms *by;
};

static bool is_covering(void *ctx, const char *category)
{
    return vn_terms_have(((const struct covered *)ctx)->by, category);
}

/* Every value that a key lets in is taken out by the same key; for categories also by one above it. */
static bool excludes_all(const struct vn_selector *selector)
{
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        const struct vn_terms *in = &selector->include[key];
        struct covered covered = {&selector->exclude[key]};
        uint32_t out = 0;
        for (uint32_t i = 0; i < in->count; i++) {
            bool gone = key == VN_SELECT_CATEGORIES ? vn_category_walk(in->values[i], is_covering, &covered)
                                                    : vn_terms_have(covered.by, in->values[i]);
            out += gone ? 1 : 0;
        }
        if (in->count > 0 && out == in->count) {
            return true;
        }
    }
    return false;
}

static void check_condition(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    struct vn_lint_use uses[VN_LINT_USES_MAX];
    size_t count = vn_lint_uses(promotion, uses);
    for (size_t i = 0; i < count; i++) {
        if (excludes_all(uses[i].selector)) {
            vn_lint_warn(work, VN_LINT_EXCLUDES_ALL, promotion->id, "",
                         "the selector of %s excludes all that it means: take the values out of exclude",
                         uses[i].what);
            break;
        }
    }
    if (promotion->cond.coupon && !has_coupon_range(work->ruleset)) {
        vn_lint_warn(
            work, VN_LINT_NO_COUPON, promotion->id, "",
            "it asks for a coupon, and no number is one: add the range of its numbers to the header's "
            "coupons");
    }
    if (promotion->cond.stamps != NULL && !gives_stamps(work->ruleset, promotion->cond.stamps)) {
        vn_lint_warn(
            work, VN_LINT_NO_STAMPS, promotion->id, "",
            "no promotion gives stamps on the card '%s': correct the name, or add one that does, unless "
            "members have theirs from before",
            promotion->cond.stamps);
    }
}

/* --- what the hub of this version does not do */

static bool issues_coupon(const struct vn_promotion *promotion)
{
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        if (promotion->rewards[i].kind == VN_REWARD_ISSUE_COUPON) {
            return true;
        }
    }
    return false;
}

/* Of the coupons that a sale gives the hub books kind and number, and makes none that a scanner could read. The check goes, with
 * hub_gaps, when that comes. */
static void check_hub(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    if (issues_coupon(promotion)) {
        vn_lint_warn(
            work, VN_LINT_NOT_ISSUED, promotion->id, "",
            "coupons for the next visit are booked with the member, and this version's hub makes none that "
            "could be scanned: nobody can use them the next time");
    }
}

/* Where it is earliest: what is over there is over everywhere. */
static int64_t earliest_minute(const struct vn_ruleset *ruleset, int64_t now_ms)
{
    int64_t offset_min = vn_clock_offset_min(&ruleset->zone, now_ms);
    for (uint32_t i = 0; i < ruleset->zone_count; i++) {
        int64_t other_min = vn_clock_offset_min(&ruleset->zones[i], now_ms);
        offset_min = other_min < offset_min ? other_min : offset_min;
    }
    return vn_time_local_minute(now_ms, offset_min);
}

void vn_ruleset_lint(const struct vn_lint_input *input, struct vn_lint *out)
{
    memset(out, 0, sizeof *out);
    struct vn_lint_work work = {.input = input,
                                .ruleset = input->ruleset,
                                .out = out,
                                .now_minute = earliest_minute(input->ruleset, input->now_ms),
                                .steps = VN_LINT_STEPS_MAX};
    if (input->items != NULL) {
        vn_lint_classes(&work);
    }
    for (size_t i = 0; i < input->ruleset->promotion_count; i++) {
        const struct vn_promotion *promotion = &input->ruleset->promotions[i];
        check_when(&work, promotion);
        check_where(&work, promotion);
        check_who(&work, promotion);
        check_condition(&work, promotion);
        if (input->items != NULL) {
            vn_lint_goods(&work, promotion);
        }
    }
    vn_lint_floors(&work);
    /* last, so that what a later version mends takes no room from what the author must */
    for (size_t i = 0; input->hub_gaps && i < input->ruleset->promotion_count; i++) {
        check_hub(&work, &input->ruleset->promotions[i]);
    }
    out->more = out->more || work.steps == 0;
}
