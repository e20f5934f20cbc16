#include "sync/hub/core/health_bad.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define HOUR_MS INT64_C(3600000)

/* What a till that is well, and not newer than the hub, is not answered. (404 is: about a card that nobody has.) */
static bool is_unread(int status)
{
    static const int statuses[] = {400, 405, 411, 413, 414, 415, 417, 426, 431};
    bool found = false;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses && !found; i++) {
        found = statuses[i] == status;
    }
    return found;
}

static void turn(struct vn_bad *bad, int64_t hour)
{
    if (hour != bad->hour) {
        bad->before = hour == bad->hour + 1 ? bad->now : (struct vn_bad_count){0, 0};
        bad->now = (struct vn_bad_count){0, 0};
        bad->hour = hour;
    }
}

void vn_bad_note(struct vn_bad *bad, int64_t mono_ms, int status, const char *till)
{
    turn(bad, mono_ms / HOUR_MS);
    if (status == 408) {
        bad->now.slow++;
    } else if (till[0] != '\0' && is_unread(status)) {
        bad->now.unread++;
        bad->status = status;
        (void)snprintf(bad->till, sizeof bad->till, "%s", till);
    }
}

struct vn_bad_count vn_bad_lately(const struct vn_bad *bad, int64_t mono_ms)
{
    struct vn_bad turned = *bad;
    turn(&turned, mono_ms / HOUR_MS);
    return (struct vn_bad_count){turned.now.unread + turned.before.unread,
                                 turned.now.slow + turned.before.slow};
}
