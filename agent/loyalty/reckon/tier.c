/* Tiers come from a counter of what was paid or earned, never from the balance: spending points demotes nobody, and what points
 * paid as a tender counts. An upgrade takes effect at once; downgrades are the hub's. A tier that the ruleset does not list is
 * the chain's own doing, and is left alone. */
#include <stdio.h>

#include "agent/loyalty/reckon/points.h"
#include "agent/loyalty/rules/ladder.h"

/* What is payable of the lines that earn. */
static int64_t spend(const struct vn_quote_work *work)
{
    int64_t sum = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        if ((work->lines[unit->line].forbids & VN_FORBID_EARN) == 0) {
            sum += unit->running_minor;
        }
    }
    return sum;
}

enum vn_status vn_tier_close(struct vn_quote_work *work)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    const struct vn_member *member = work->input->member;
    struct vn_outcome *out = work->out;
    if (ruleset->tier_count == 0 || !member->known) {
        return VN_OK;
    }
    out->qualifying = ruleset->tiers_by_points ? out->points_earned : spend(work);
    int64_t counter = 0;
    if (__builtin_add_overflow(member->qualifying, out->qualifying, &counter)) {
        return vn_quote_overflow(work);
    }
    unsigned reached = vn_tier_reached(ruleset, counter);
    if (reached > vn_tier_rank(ruleset, member->tier)) {
        (void)snprintf(out->tier_after, sizeof out->tier_after, "%s", vn_tier_name(ruleset, reached));
    }
    return VN_OK;
}
