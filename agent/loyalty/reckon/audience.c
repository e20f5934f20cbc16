/* Is this customer meant? What a cached member can't be asked any more (too old, unknown here) is the hub's to say: such a
 * promotion does not apply, and the card earns its base points all the same. */
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/clock.h"
#include "agent/loyalty/rules/time_text.h"

#define MS_OF_S 1000

const char *vn_audience_member_id(const struct vn_member *member)
{
    return member->id[0] != '\0' ? member->id : member->account;
}

int64_t vn_audience_counter(const struct vn_member *member, const char *account)
{
    for (unsigned i = 0; i < member->counter_count && i < VN_COUNTERS_MAX; i++) {
        if (strcmp(member->counters[i].account, account) == 0) {
            return member->counters[i].value;
        }
    }
    return 0;
}

static bool wants_member(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return promotion->who.kind != VN_WHO_ANYONE || promotion->cond.stamps != NULL ||
           promotion->limits.member_count > 0 ||
           work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING;
}

bool vn_scope_is_fresh(const struct vn_quote_work *work)
{
    int64_t most_s = work->ruleset->member_max_age_s;
    int64_t as_of = work->input->member->as_of_ms;
    if (most_s == 0) {
        return true;
    }
    /* a row that was written after the sale began has no age; the header keeps the product in range */
    return as_of > 0 && work->input->basket->started_ms - as_of <= most_s * MS_OF_S;
}

bool vn_audience_is_blocked(const struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    return member != NULL &&
           (member->blocked || (member->operator_id[0] != '\0' &&
                                strcmp(member->operator_id, work->input->basket->operator_id) == 0));
}

enum vn_reason vn_audience_judge_card(const struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (member == NULL) {
        return VN_REASON_NEEDS_MEMBER;
    }
    if (vn_audience_is_blocked(work)) {
        return VN_REASON_BLOCKED;
    }
    return member->known ? VN_REASON_APPLIED : VN_REASON_NEEDS_HUB;
}

/* Members of some kind, on some day. */
static bool asks_for_some(const struct vn_who *who)
{
    return who->tiers.count > 0 || who->segments.count > 0 || who->clubs.count > 0 || who->birthday ||
           who->anniversary || who->first_purchase || who->nth_visit > 0 || who->days_since_visit > 0 ||
           who->referral;
}

/* Conditions that hang on what the hub knew when it wrote the member's row. */
static bool asks_row(const struct vn_who *who)
{
    return asks_for_some(who) || who->not_segments.count > 0;
}

bool vn_audience_asks_card_alone(const struct vn_promotion *promotion)
{
    const struct vn_who *who = &promotion->who;
    return who->kind != VN_WHO_STAFF && who->kind != VN_WHO_HOUSEHOLDS && !asks_for_some(who) &&
           promotion->cond.stamps == NULL;
}

static bool in_segment(const struct vn_member *member, const struct vn_terms *segments)
{
    for (unsigned i = 0; i < member->segment_count && i < VN_SEGMENTS_MAX; i++) {
        if (vn_terms_have(segments, member->segments[i])) {
            return true;
        }
    }
    return false;
}

static bool in_club(const struct vn_member *member, const struct vn_terms *clubs)
{
    for (unsigned i = 0; i < member->club_count && i < VN_CLUBS_MAX; i++) {
        if (vn_terms_have(clubs, member->clubs[i])) {
            return true;
        }
    }
    return false;
}

bool vn_audience_is_of(const struct vn_member *member, unsigned key, const struct vn_terms *terms)
{
    return member != NULL && (key == VN_SYMBOL_SEGMENT ? in_segment(member, terms) : in_club(member, terms));
}

static int64_t local_day(const struct vn_quote_work *work, int64_t wall_ms)
{
    const struct vn_zone *zone = vn_clock_zone(work->ruleset, work->input->place.store);
    return vn_clock_day(vn_time_local_minute(wall_ms, vn_clock_offset_min(zone, wall_ms)));
}

/* The same of any day. */
static bool occasion_at(const struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t at,
                        int64_t *occasion)
{
    const struct vn_who *who = &promotion->who;
    const struct vn_member *member = work->input->member;
    int64_t joined = INT64_MIN;
    unsigned month = member->birth_month;
    unsigned day = member->birth_day;
    *occasion = at;
    if (who->anniversary) {
        if (member->joined_ms == 0) {
            return false;
        }
        joined = local_day(work, member->joined_ms);
        month = vn_clock_date(joined).month;
        day = vn_clock_date(joined).day;
    }
    if (month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool near = vn_clock_near_occasion(at, month, day, who->days_before, who->days_after, occasion);
    if (near && *occasion <= joined) { /* the day itself is no anniversary */
        *occasion = vn_clock_day_of(vn_clock_date(joined).year + 1, month, day);
        near = false;
    }
    return near;
}

bool vn_audience_occasion_day(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              int64_t *occasion)
{
    return occasion_at(work, promotion, vn_clock_day(work->local_minute), occasion);
}

int64_t vn_audience_next_window(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_who *who = &promotion->who;
    int64_t today = vn_clock_day(work->local_minute);
    int64_t occasion = 0;
    int64_t next = 0;
    if (!occasion_at(work, promotion, today, &occasion)) {
        return 0;
    }
    (void)occasion_at(work, promotion, occasion + who->days_after + 1, &next);
    return next - who->days_before - today;
}

/* How many more visits until this one would be the one that is meant; < 0: never again. */
static int64_t visits_missing(const struct vn_who *who, int64_t visits)
{
    int64_t number = visits + 1;
    if (who->every_nth) {
        return (who->nth_visit - number % who->nth_visit) % who->nth_visit;
    }
    return who->nth_visit - number;
}

/* *missing: days or visits until the occasion, where that can be said. */
static bool judge_occasion(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                           int64_t *missing)
{
    const struct vn_who *who = &promotion->who;
    const struct vn_member *member = work->input->member;
    int64_t today = vn_clock_day(work->local_minute);
    *missing = 0;
    if (who->birthday || who->anniversary) {
        int64_t occasion = 0;
        if (!vn_audience_occasion_day(work, promotion, &occasion)) {
            int64_t begins = occasion - who->days_before;
            *missing = begins > today ? begins - today : 0;
            return false;
        }
    }
    if (who->first_purchase && member->visits > 0) {
        return false;
    }
    if (who->nth_visit > 0) {
        int64_t more = visits_missing(who, member->visits);
        *missing = more > 0 ? more : 0;
        if (more != 0) {
            return false;
        }
    }
    if (who->days_since_visit > 0) {
        if (member->last_visit_ms == 0) {
            return false; /* who was never here did not stay away */
        }
        int64_t away = today - local_day(work, member->last_visit_ms);
        *missing = away < who->days_since_visit ? who->days_since_visit - away : 0;
        if (*missing > 0) {
            return false;
        }
    }
    return !who->referral || member->referred;
}

static bool is_kind(const struct vn_member *member, enum vn_audience kind)
{
    switch (kind) {
    case VN_WHO_HOUSEHOLDS: return member->household[0] != '\0';
    case VN_WHO_STAFF: return member->staff;
    case VN_WHO_NOT_STAFF: return !member->staff;
    default: return true;
    }
}

static enum vn_reason judge_row(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                int64_t *missing)
{
    const struct vn_who *who = &promotion->who;
    const struct vn_member *member = work->input->member;
    if (asks_row(who) && !vn_scope_is_fresh(work)) {
        return VN_REASON_TOO_OLD;
    }
    if (who->tiers.count > 0 && !vn_terms_have(&who->tiers, member->tier)) {
        return VN_REASON_NEEDS_TIER;
    }
    if (!is_kind(member, who->kind) || (who->segments.count > 0 && !in_segment(member, &who->segments)) ||
        in_segment(member, &who->not_segments)) {
        return VN_REASON_NEEDS_SEGMENT;
    }
    if (who->clubs.count > 0 && !in_club(member, &who->clubs)) {
        return VN_REASON_NEEDS_CLUB;
    }
    return judge_occasion(work, promotion, missing) ? VN_REASON_APPLIED : VN_REASON_NEEDS_OCCASION;
}

enum vn_reason vn_audience_judge(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                 int64_t *missing)
{
    const struct vn_member *member = work->input->member;
    *missing = 0;
    if (wants_member(work, promotion)) {
        enum vn_reason reason = vn_audience_judge_card(work);
        reason = reason == VN_REASON_APPLIED ? judge_row(work, promotion, missing) : reason;
        if (reason != VN_REASON_APPLIED) {
            return reason;
        }
    }
    /* last: held out is only who would have been meant, or the comparison is worth nothing */
    if (promotion->who.campaign != NULL && member != NULL && member->known &&
        vn_account_share_bp(vn_audience_member_id(member), promotion->who.campaign) <
            promotion->who.held_out_bp) {
        return VN_REASON_HELD_OUT;
    }
    return VN_REASON_APPLIED;
}
