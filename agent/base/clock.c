#include "agent/base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/limits.h"

static int64_t system_wall_ms(void *ctx)
{
    struct timespec now;
    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono_ns(void *ctx)
{
    struct timespec now;
    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct vn_clock vn_clock_system(void)
{
    return (struct vn_clock){system_wall_ms, system_mono_ns, NULL};
}

void vn_time_text(int64_t wall_ms, char *out)
{
    const int64_t year_10000_ms = 253402300800000;
    if (wall_ms < 0 || wall_ms >= year_10000_ms) {
        memcpy(out, "-", 2);
        return;
    }
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    (void)snprintf(out, VN_TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)(wall_ms % 1000));
}
