/* Whether one receipt can be of two promotions, as far as time, place and customer say so. What can't be known is taken as
 * it may be. */
#include "agent/loyalty/rules/lint_work.h"
#include "agent/loyalty/rules/time_text.h"

#define WEEK_DAYS    7
#define WEEK_MINUTES (WEEK_DAYS * VN_MINUTES_OF_DAY)

/* --- when */

static const struct vn_hours whole_day = {0, VN_MINUTES_OF_DAY};

static unsigned span_count(const struct vn_when *when)
{
    return when->hours_count == 0 ? 1 : when->hours_count;
}

static const struct vn_hours *span_at(const struct vn_when *when, unsigned at)
{
    return when->hours_count == 0 ? &whole_day : &when->hours[at];
}

static int64_t minutes_of(const struct vn_hours *span)
{
    int64_t minutes = (int64_t)span->to_minute - (int64_t)span->from_minute;
    return minutes > 0 ? minutes : minutes + VN_MINUTES_OF_DAY;
}

static bool is_weekday(const struct vn_when *when, unsigned day)
{
    return when->weekdays == 0 || (when->weekdays >> day & 1) != 0;
}

/* Two spans of the week, which is a circle: one begins inside the other. */
static bool spans_meet(unsigned a_day, const struct vn_hours *a, unsigned b_day, const struct vn_hours *b)
{
    int64_t a_from = (int64_t)a_day * VN_MINUTES_OF_DAY + a->from_minute;
    int64_t b_from = (int64_t)b_day * VN_MINUTES_OF_DAY + b->from_minute;
    int64_t ahead = (b_from - a_from + WEEK_MINUTES) % WEEK_MINUTES;
    int64_t behind = (a_from - b_from + WEEK_MINUTES) % WEEK_MINUTES;
    return ahead < minutes_of(a) || behind < minutes_of(b);
}

/* A span of `a` on that weekday meets one of `b` on any. */
static bool day_meets(struct vn_lint_work *work, const struct vn_when *a, unsigned day,
                      const struct vn_when *b)
{
    for (unsigned other = 0; other < WEEK_DAYS; other++) {
        for (unsigned i = 0; is_weekday(b, other) && i < span_count(a); i++) {
            for (unsigned j = 0; j < span_count(b) && work->steps > 0; j++) {
                work->steps--;
                if (spans_meet(day, span_at(a, i), other, span_at(b, j))) {
                    return true;
                }
            }
        }
    }
    return work->steps == 0;
}

static bool in_a_week(struct vn_lint_work *work, const struct vn_when *a, const struct vn_when *b)
{
    for (unsigned day = 0; day < WEEK_DAYS; day++) {
        if (is_weekday(a, day) && day_meets(work, a, day, b)) {
            return true;
        }
    }
    return false;
}

static bool runs_over_midnight(const struct vn_when *when)
{
    for (unsigned i = 0; i < when->hours_count; i++) {
        if (when->hours[i].from_minute > when->hours[i].to_minute) {
            return true;
        }
    }
    return false;
}

/* One is for the days of a calendar, the other for all but those. */
static bool on_other_days(const struct vn_when *a, const struct vn_when *b)
{
    return a->holidays != NULL && a->holidays == b->holidays && a->not_holidays != b->not_holidays &&
           !runs_over_midnight(a) && !runs_over_midnight(b);
}

static bool in_time(struct vn_lint_work *work, const struct vn_when *a, const struct vn_when *b)
{
    return a->from_minute < b->to_minute && b->from_minute < a->to_minute && !on_other_days(a, b) &&
           in_a_week(work, a, b);
}

/* --- where */

static bool in_group(const struct vn_ruleset *ruleset, const struct vn_terms *groups, const char *store)
{
    for (uint32_t i = 0; groups->count > 0 && i < ruleset->store_group_count; i++) {
        const struct vn_store_group *group = &ruleset->store_groups[i];
        if (vn_terms_have(groups, group->id) && vn_terms_have(&group->stores, store)) {
            return true;
        }
    }
    return false;
}

static bool names_stores(const struct vn_where *where)
{
    return where->stores.count > 0 || where->store_groups.count > 0;
}

static bool is_here(const struct vn_ruleset *ruleset, const struct vn_where *where, const char *store)
{
    bool in = !names_stores(where) || vn_terms_have(&where->stores, store) ||
              in_group(ruleset, &where->store_groups, store);
    return in && !vn_terms_have(&where->not_stores, store) &&
           !in_group(ruleset, &where->not_store_groups, store);
}

static bool any_here(struct vn_lint_work *work, const struct vn_terms *stores, const struct vn_where *a,
                     const struct vn_where *b)
{
    for (uint32_t i = 0; i < stores->count && work->steps > 0; i++) {
        work->steps--;
        if (is_here(work->ruleset, a, stores->values[i]) && is_here(work->ruleset, b, stores->values[i])) {
            return true;
        }
    }
    return work->steps == 0;
}

/* One of the stores that `a` names is of both. */
static bool share_a_store(struct vn_lint_work *work, const struct vn_where *a, const struct vn_where *b)
{
    bool found = any_here(work, &a->stores, a, b);
    for (uint32_t i = 0; !found && i < work->ruleset->store_group_count; i++) {
        const struct vn_store_group *group = &work->ruleset->store_groups[i];
        found = vn_terms_have(&a->store_groups, group->id) && any_here(work, &group->stores, a, b);
    }
    return found;
}

bool vn_lint_has_store(struct vn_lint_work *work, const struct vn_where *where)
{
    return !names_stores(where) || share_a_store(work, where, where);
}

static bool keeps_out(const struct vn_terms *in, const struct vn_terms *out)
{
    return in->count > 0 && vn_lint_all_in(in, out);
}

static bool in_place(struct vn_lint_work *work, const struct vn_where *a, const struct vn_where *b)
{
    bool on_a_till = !vn_lint_apart(&a->tills, &b->tills) && !keeps_out(&a->tills, &b->not_tills) &&
                     !keeps_out(&b->tills, &a->not_tills);
    bool on_a_lane = a->lanes == 0 || b->lanes == 0 || (a->lanes & b->lanes) != 0;
    bool in_a_store = names_stores(a)   ? share_a_store(work, a, b)
                      : names_stores(b) ? share_a_store(work, b, a)
                                        : true;
    return on_a_till && on_a_lane && in_a_store;
}

/* --- for whom */

static bool is_later_visit(const struct vn_who *who)
{
    return who->nth_visit > 1 || who->days_since_visit > 0;
}

static bool of_a_customer(const struct vn_who *a, const struct vn_who *b)
{
    bool staff_apart = (a->kind == VN_WHO_STAFF && b->kind == VN_WHO_NOT_STAFF) ||
                       (a->kind == VN_WHO_NOT_STAFF && b->kind == VN_WHO_STAFF);
    bool visits_apart = (a->first_purchase && is_later_visit(b)) ||
                        (b->first_purchase && is_later_visit(a)) ||
                        (a->nth_visit > 0 && b->nth_visit > 0 && !a->every_nth && !b->every_nth &&
                         a->nth_visit != b->nth_visit);
    return !staff_apart && !visits_apart && !vn_lint_apart(&a->tiers, &b->tiers) &&
           !keeps_out(&a->segments, &b->not_segments) && !keeps_out(&b->segments, &a->not_segments);
}

bool vn_lint_may_meet(struct vn_lint_work *work, const struct vn_promotion *a, const struct vn_promotion *b)
{
    return of_a_customer(&a->who, &b->who) && in_time(work, &a->when, &b->when) &&
           in_place(work, &a->where, &b->where);
}
