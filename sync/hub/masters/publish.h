/* Publishing: rulesets and stops get a number, a signature and a place in the feed. */
#ifndef VN_HUB_PUBLISH_H
#define VN_HUB_PUBLISH_H

#include "agent/loyalty/rules/lint.h"
#include "sync/hub/core/hub.h"

struct vn_published {
    int64_t number;
    int64_t promotions; /* compiled */
    int64_t skipped;    /* that need a newer engine */
};

enum vn_publish_skipped {
    VN_PUBLISH_REFUSE_SKIPPED, /* a promotion that this hub's engine would skip is a mistake: VN_INPUT */
    VN_PUBLISH_ALLOW_SKIPPED,  /* it is meant for tills with a newer engine */
};

/* `text` is a ruleset (agent/loyalty/ruleset.h) whose header's "ruleset" number is replaced by the next one.
 * Stops of the ruleset before it end. VN_INPUT with line and pointer in *error, VN_UNSUPPORTED, VN_FULL,
 * VN_NOMEM, statuses of the store. One transaction of its own. */
VN_MUST_USE enum vn_status vn_publish_ruleset(struct vn_hub *hub, struct vn_view text,
                                              enum vn_publish_skipped skipped, struct vn_published *out,
                                              struct vn_error *error);

/* What is doubtful in a ruleset that was published, and would better be known to its author; without the catalogue. VN_INPUT
 * for a text that is no ruleset; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_publish_warnings(struct vn_hub *hub, struct vn_view text, struct vn_lint *out);

/* Stops a promotion of the ruleset in force. VN_ABSENT: it has no such promotion, or there is no ruleset. One
 * transaction of its own. */
VN_MUST_USE enum vn_status vn_publish_stop(struct vn_hub *hub, const char *promotion, int64_t *number,
                                           struct vn_error *error);

/* The ruleset in force and its stops once more, under new numbers: what a hub does that was set back, since tills take
 * higher numbers alone. Without a ruleset nothing. In the caller's transaction. Statuses of the store, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_publish_again(struct vn_hub *hub);

#endif
