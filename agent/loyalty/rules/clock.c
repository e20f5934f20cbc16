#include "agent/loyalty/rules/clock.h"

#include "agent/loyalty/rules/time_text.h"

#define DAYS_OF_400_YEARS 146097
#define DAYS_TO_1970      719468 /* from 0000-03-01 */

const struct vn_zone *vn_clock_zone(const struct vn_ruleset *ruleset, const char *store)
{
    for (uint32_t i = 0; i < ruleset->zone_count; i++) {
        if (vn_terms_have(&ruleset->zones[i].stores, store)) {
            return &ruleset->zones[i];
        }
    }
    uint64_t groups = ruleset->zone_count == 0 ? 0 : vn_store_groups_of(ruleset, store);
    for (uint32_t i = 0; groups != 0 && i < ruleset->zone_count; i++) {
        for (uint32_t group = 0; group < ruleset->store_group_count; group++) {
            if ((groups >> group & 1) != 0 &&
                vn_terms_have(&ruleset->zones[i].store_groups, ruleset->store_groups[group].id)) {
                return &ruleset->zones[i];
            }
        }
    }
    return &ruleset->zone;
}

int64_t vn_clock_offset_min(const struct vn_zone *zone, int64_t wall_ms)
{
    uint32_t low = 0;
    uint32_t high = zone->change_count;
    while (low < high) { /* the first change that is after the moment */
        uint32_t middle = low + (high - low) / 2;
        if (zone->changes[middle].from_ms <= wall_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? zone->offset_min : zone->changes[low - 1].offset_min;
}

int64_t vn_clock_day(int64_t local_minute)
{
    int64_t day = local_minute / VN_MINUTES_OF_DAY;
    return local_minute % VN_MINUTES_OF_DAY < 0 ? day - 1 : day;
}

/* Years are taken to begin in March, so that a leap day is the last of its year; eras are 400 years. */
struct vn_date vn_clock_date(int64_t day)
{
    int64_t shifted = day + DAYS_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_OF_400_YEARS - 1)) / DAYS_OF_400_YEARS;
    int64_t of_era = shifted - era * DAYS_OF_400_YEARS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; /* 0: March */
    return (struct vn_date){
        .year = year + era * 400 + (month >= 10 ? 1 : 0),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(of_year - (153 * month + 2) / 5 + 1),
    };
}

static int64_t day_from_parts(int64_t year, unsigned month, unsigned day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    int64_t of_era = shifted - era * 400;
    int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * DAYS_OF_400_YEARS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

int64_t vn_clock_day_of(int64_t year, unsigned month, unsigned day)
{
    int64_t first = day_from_parts(year, month, 1);
    int64_t next = day_from_parts(year, month + 1, 1); /* month 13 is January of the next year */
    int64_t wanted = first + (int64_t)day - 1;
    return wanted < next ? wanted : next - 1;
}

int64_t vn_clock_period_start(enum vn_period period, int64_t day)
{
    struct vn_date date = vn_clock_date(day);
    switch (period) {
    case VN_PERIOD_DAY: return day;
    case VN_PERIOD_WEEK: return day - vn_time_weekday(day * VN_MINUTES_OF_DAY);
    case VN_PERIOD_MONTH: return day - (int64_t)date.day + 1;
    case VN_PERIOD_YEAR: return day_from_parts(date.year, 1, 1);
    default: return 0;
    }
}

bool vn_calendar_has(const struct vn_calendar *calendar, int64_t day)
{
    uint32_t low = 0;
    uint32_t high = calendar->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calendar->days[middle] < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < calendar->count && calendar->days[low] == day;
}

/* The window of last year's occasion may reach into this year, that of next year's may begin in it. */
bool vn_clock_near_occasion(int64_t day, unsigned month, unsigned of_month, int64_t before, int64_t after,
                            int64_t *occasion)
{
    int64_t year = vn_clock_date(day).year;
    int64_t next = INT64_MAX;
    for (int64_t of = year - 1; of <= year + 1; of++) {
        int64_t at = vn_clock_day_of(of, month, of_month);
        if (day >= at - before && day <= at + after) {
            *occasion = at;
            return true;
        }
        next = at - before > day && at < next ? at : next;
    }
    *occasion = next;
    return false;
}
