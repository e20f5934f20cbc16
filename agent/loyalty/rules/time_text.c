#include "agent/loyalty/rules/time_text.h"

#include <string.h>

#define MS_OF_MINUTE 60000

/* As many digits as `pattern` has 9s; all else must be equal. The numbers found go to `out`. */
static bool read_pattern(const char *text, const char *pattern, unsigned *out)
{
    if (strlen(text) != strlen(pattern)) {
        return false;
    }
    unsigned *number = out;
    *number = 0;
    for (size_t i = 0; pattern[i] != '\0'; i++) {
        if (pattern[i] != '9') {
            if (text[i] != pattern[i]) {
                return false;
            }
            *++number = 0;
            continue;
        }
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *number = *number * 10 + (unsigned)(text[i] - '0');
    }
    return true;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970 of a year, a month and a day; false when there is no such day. */
static bool count_days(const unsigned part[3], int32_t *out)
{
    unsigned year = part[0];
    unsigned month = part[1];
    unsigned day = part[2];
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month)) {
        return false;
    }
    unsigned days = day - 1;
    for (unsigned y = 1970; y < year; y++) {
        days += days_of_month(y, 2) == 29 ? 366 : 365;
    }
    for (unsigned m = 1; m < month; m++) {
        days += days_of_month(year, m);
    }
    *out = (int32_t)days;
    return true;
}

bool vn_time_read_day(const char *text, int32_t *day)
{
    unsigned part[4];
    return read_pattern(text, "9999-99-99", part) && count_days(part, day);
}

bool vn_time_read_minute(const char *text, int64_t *minute)
{
    unsigned part[6];
    int32_t days = 0;
    if (!read_pattern(text, "9999-99-99T99:99", part) || !count_days(part, &days) || part[3] > 23 ||
        part[4] > 59) {
        return false;
    }
    *minute = (int64_t)days * VN_MINUTES_OF_DAY + part[3] * 60 + part[4];
    return true;
}

bool vn_time_read_hour(const char *text, unsigned *minute)
{
    unsigned part[3];
    if (!read_pattern(text, "99:99", part) || part[1] > 59 || part[0] * 60 + part[1] > VN_MINUTES_OF_DAY) {
        return false;
    }
    *minute = part[0] * 60 + part[1];
    return true;
}

int64_t vn_time_local_minute(int64_t wall_ms, int64_t utc_offset_min)
{
    int64_t minute = wall_ms / MS_OF_MINUTE - (wall_ms % MS_OF_MINUTE < 0 ? 1 : 0);
    return minute + utc_offset_min;
}

static int64_t floor_mod(int64_t value, int64_t by)
{
    int64_t rest = value % by;
    return rest < 0 ? rest + by : rest;
}

unsigned vn_time_weekday(int64_t local_minute)
{
    int64_t of_day = floor_mod(local_minute, VN_MINUTES_OF_DAY);
    int64_t day = (local_minute - of_day) / VN_MINUTES_OF_DAY;
    return (unsigned)floor_mod(day + 3, 7); /* 1970-01-01 was a Thursday */
}

unsigned vn_time_minute_of_day(int64_t local_minute)
{
    return (unsigned)floor_mod(local_minute, VN_MINUTES_OF_DAY);
}
