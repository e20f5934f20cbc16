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

/* A till's folder whose journal is to be handed in. */
struct vn_old_till;

/* Opens it, so that no agent can start there until _close; looked at before anything that can't be undone is done for it. NULL
 * and a sentence in *error: no folder of a till, an agent runs there, its journal can't be read. */
VN_MUST_USE enum vn_status vn_old_till_open(const char *folder, struct vn_old_till **out,
                                            struct vn_error *error);
void vn_old_till_close(struct vn_old_till *old); /* NULL is fine */

/* `folder` is enrolled; no agent may run in it. Blocks on the net. On failure *error says what to do; what was sent until then
 * stays. */
VN_MUST_USE enum vn_status vn_hand_in(struct vn_old_till *old, const char *folder, struct vn_handed_in *out,
                                      struct vn_error *error);

#endif
