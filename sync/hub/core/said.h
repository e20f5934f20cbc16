/* What goes on failing each second is said once in the log: the first time, when its reason is another, and then each
 * VN_SAY_AGAIN_MS, with how often it happened meanwhile. Of one thread, which starts it with zeros. */
#ifndef VN_HUB_SAID_H
#define VN_HUB_SAID_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/error.h"

struct vn_said {
    char what[VN_ERROR_TEXT_MAX];
    int64_t at_ms;  /* monotonic */
    int64_t unsaid; /* times since then */
    bool said;
};

/* It failed once more, because of `what`. Whether to say so now, and *times: how often since it was said last, this time
 * included. */
bool vn_said_failed(struct vn_said *said, int64_t mono_ms, const char *what, int64_t *times);
/* It worked: the next failure is news. */
void vn_said_worked(struct vn_said *said);

#endif
