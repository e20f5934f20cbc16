/* The clocks and calendars of a chain's stores: which zone a store is in, what its clocks show, which days are holidays,
 * and how a day lies to a yearly occasion. Days are local, counted from 1970-01-01 as day 0. Not for other boxes. */
#ifndef VN_LOYALTY_CLOCK_H
#define VN_LOYALTY_CLOCK_H

#include "agent/loyalty/rules/compiled.h"

struct vn_date {
    int64_t year;
    unsigned month, day; /* from 1 */
};

/* The first zone that names the store, else the first that names one of its store groups, else the ruleset's own. */
const struct vn_zone *vn_clock_zone(const struct vn_ruleset *ruleset, const char *store);
int64_t vn_clock_offset_min(const struct vn_zone *zone, int64_t wall_ms);

int64_t vn_clock_day(int64_t local_minute);
struct vn_date vn_clock_date(int64_t day);
/* A day of a month that is shorter is its last: 29 February of 2027 is the 28th. */
int64_t vn_clock_day_of(int64_t year, unsigned month, unsigned day);
/* The first day of the period that the day is in; weeks begin on Monday; 0 for VN_PERIOD_EVER. */
int64_t vn_clock_period_start(enum vn_period period, int64_t day);

bool vn_calendar_has(const struct vn_calendar *calendar, int64_t day);

/* Is `day` at most so many days before or after the month's day of some year? *occasion: that day itself, the one in whose
 * window `day` lies; else the next one that is to come. */
bool vn_clock_near_occasion(int64_t day, unsigned month, unsigned of_month, int64_t before, int64_t after,
                            int64_t *occasion);

#endif
