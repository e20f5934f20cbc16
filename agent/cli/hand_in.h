/* The way out for a till that was set back or copied, after it was enrolled anew: what the hub lacks of its old journal is handed
 * in under the new enrolment (POST /v1/branch). What was handed in before is not taken twice, so it can be run again. */
#ifndef VN_CLI_HAND_IN_H
#define VN_CLI_HAND_IN_H

#include <stdint.h>

#include "agent/base/error.h"

struct vn_handed_in {
    int64_t entries; /* that the old journal has */
    int64_t sent;    /* of these now, whether the hub had them or not */
};

/* `folder` is enrolled, `old_folder` has the journal; no agent may run in either. Blocks on the net. On failure *error says what to
 * do; what was sent until then stays. */
VN_MUST_USE enum vn_status vn_hand_in(const char *old_folder, const char *folder, struct vn_handed_in *out,
                                      struct vn_error *error);

#endif
