/* Time comes in through this interface, so that tests and the simulator own it.
 *
 * Wall time (milliseconds since the Unix epoch, UTC) may jump and may be wrong by years: it is for people and
 * for validity windows, never for order. Monotonic time (nanoseconds since some start) never goes back: it is
 * for time-outs and measurements. */
#ifndef VN_BASE_CLOCK_H
#define VN_BASE_CLOCK_H

#include <stdint.h>

struct vn_clock {
    int64_t (*wall_ms)(void *ctx);
    int64_t (*mono_ns)(void *ctx);
    void *ctx;
};

static inline int64_t vn_clock_wall_ms(const struct vn_clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

static inline int64_t vn_clock_mono_ns(const struct vn_clock *clock)
{
    return clock->mono_ns(clock->ctx);
}

/* The machine's own clocks. */
struct vn_clock vn_clock_system(void);

/* "2026-11-22T08:15:30.123Z" (ISO 8601). `out` holds VN_TIME_TEXT_MAX characters. Years 1970 to 9999; others
 * give "-". */
void vn_time_text(int64_t wall_ms, char *out);

#endif
