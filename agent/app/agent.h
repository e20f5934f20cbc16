/* The agent: everything wired together on one loop. The only place that knows all concrete types. */
#ifndef VN_APP_AGENT_H
#define VN_APP_AGENT_H

#include <stdbool.h>
#include <uv.h>

#include "agent/app/config.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/random.h"

struct vn_agent; /* opaque */

/* What it takes from the machine. */
struct vn_agent_world {
    uv_loop_t *loop; /* borrowed, as the log */
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log;
};

/* Opens databases, listens for the POS, starts the devices and the link to the hub. `folder` is the till's. The reason of a
 * failure is in *error; VN_ABSENT: not enrolled. */
VN_MUST_USE enum vn_status vn_agent_create(const struct vn_agent_world *world, const char *folder,
                                           const struct vn_app_config *config, struct vn_agent **out,
                                           struct vn_error *error);
/* Ends everything in order; what was accepted is written before this returns. Run the loop until it has closed its
 * handles. NULL is fine. */
void vn_agent_destroy(struct vn_agent *agent);
/* True when the journal's disk failed or the cache was damaged: the loop was stopped, and the program must exit, so that the
 * next start reads what is really there. */
bool vn_agent_failed(const struct vn_agent *agent);

#endif
