/* Requests that make no sense, counted, so that health can say that a till sends such: those of enrolled tills that are broken,
 * too large or too new for this hub, and those of anybody that do not come in time. Of this hour and the one before.
 *
 * Pure. Times are of the monotonic clock. */
#ifndef VN_HUB_HEALTH_BAD_H
#define VN_HUB_HEALTH_BAD_H

#include <stdint.h>

#include "agent/base/limits.h"

struct vn_bad_count {
    int64_t unread; /* of tills: 400, 411, 413, 415, 426 and their like */
    int64_t slow;   /* 408 */
};

struct vn_bad {
    int64_t hour;
    struct vn_bad_count now, before;
    int status;           /* of the last that was unread, */
    char till[VN_ID_MAX]; /* and whose it was */
};

/* An answer to somebody. `till` is "" when it is no enrolled till. */
void vn_bad_note(struct vn_bad *bad, int64_t mono_ms, int status, const char *till);
struct vn_bad_count vn_bad_lately(const struct vn_bad *bad, int64_t mono_ms);

#endif
