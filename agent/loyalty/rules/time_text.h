/* Local times as promotions write them, and local time from a clock's milliseconds. No time zone database: the ruleset
 * carries the offset. */
#ifndef VN_LOYALTY_TIME_TEXT_H
#define VN_LOYALTY_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define VN_MINUTES_OF_DAY 1440

/* "2026-11-22T08:00" -> minutes since 1970-01-01T00:00 of the same (local) calendar. */
bool vn_time_read_minute(const char *text, int64_t *minute);
/* "2026-11-22" -> days since 1970-01-01. */
bool vn_time_read_day(const char *text, int32_t *day);
/* "00:00" to "24:00" -> minute of the day. */
bool vn_time_read_hour(const char *text, unsigned *minute);

/* Minutes since 1970 in local time; 0 = Monday for the weekday of such a minute. */
int64_t vn_time_local_minute(int64_t wall_ms, int64_t utc_offset_min);
unsigned vn_time_weekday(int64_t local_minute);
unsigned vn_time_minute_of_day(int64_t local_minute);

#endif
