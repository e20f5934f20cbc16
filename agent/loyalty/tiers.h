/* A member's tier over time: periods that end, grace, and what falls (docs/rules.md, Points). Pure; whoever keeps members
 * stores the state and looks again when it is due.
 *
 * The counter of a period begins anew with each calendar period of the chain's own clock. What the period that ended did not
 * earn again is kept for the header's days of grace, then the tier falls to what that period, or the one under way, has
 * earned. Upgrades take effect at once. A tier that the header doesn't list neither rises nor falls. */
#ifndef VN_LOYALTY_TIERS_H
#define VN_LOYALTY_TIERS_H

#include "agent/base/error.h"
#include "agent/loyalty/member.h"
#include "agent/loyalty/ruleset.h"

/* A number for the header's rules of tiers: another one when they change; 0: its tiers have no periods. */
int64_t vn_tier_rules(const struct vn_ruleset *ruleset);

struct vn_tier_state {
    char tier[VN_TAG_MAX];
    int64_t
        qualifying; /* counted in the period under way: minor units or points, as the header says; may be below 0 */
    int64_t before;    /* counted in the period before that one */
    int64_t period_ms; /* the first moment of the period under way; 0: no period has begun yet */
    int64_t fall_ms;   /* when the tier falls; 0: nothing threatens it */
};

/* Brings the state to `now_ms`: periods that ended meanwhile, and falls that are due. The first period begins with the
 * calendar's and takes over what was counted until then. Going back in time changes nothing. */
void vn_tier_turn(const struct vn_ruleset *ruleset, int64_t now_ms, struct vn_tier_state *state);

/* When vn_tier_turn will have something to do: 0: never; 1: at once, no period has begun yet. */
int64_t vn_tier_due_ms(const struct vn_ruleset *ruleset, const struct vn_tier_state *state);

/* A receipt of `at_ms` adds `amount`, below 0 for what comes back. What belongs to the period before counts there, and may save a
 * tier that is about to fall; what is older counts nowhere. Call vn_tier_turn first. VN_INPUT: the sum does not
 * fit, and nothing has changed. */
VN_MUST_USE enum vn_status vn_tier_count(const struct vn_ruleset *ruleset, int64_t at_ms, int64_t amount,
                                         struct vn_tier_state *state, struct vn_error *error);

#endif
