/* What makes which scanner beep, over its serial line: one row a family, after the makers' manuals. A profile
 * that isn't here is written out in the spec (good=, bad=), so that a till never waits for a release. */
#ifndef VN_DRIVERS_PROFILE_H
#define VN_DRIVERS_PROFILE_H

#include "drivers/driver.h"

struct vn_profile {
    const char *name;
    struct vn_beep_bytes beep[VN_BEEPS]; /* good: one high beep; bad: two low ones, or what comes close */
};

/* NULL when there is none of that name. "generic" is silent: bytes that a scanner doesn't expect can do
 * anything to it. */
const struct vn_profile *vn_profile_find(struct vn_view name);

#endif
