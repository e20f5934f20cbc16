/* The ladder of tiers that a ruleset's header lists. Ranks: 0 for no tier, 1 for the lowest step, and so on; a tier that is
 * not listed stands above all: the chain's own doing, left alone. Not for other boxes. */
#ifndef VN_LOYALTY_LADDER_H
#define VN_LOYALTY_LADDER_H

#include "agent/loyalty/rules/compiled.h"

unsigned vn_tier_rank(const struct vn_ruleset *ruleset, const char *tier);
/* The highest step whose number the counter has reached; 0: none. */
unsigned vn_tier_reached(const struct vn_ruleset *ruleset, int64_t counter);
/* "" for 0; rank at most the number of steps. Borrowed from the ruleset. */
const char *vn_tier_name(const struct vn_ruleset *ruleset, unsigned rank);

#endif
