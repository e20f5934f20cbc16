#include <string.h>

#include "agent/loyalty/rules/ladder.h"

unsigned vn_tier_rank(const struct vn_ruleset *ruleset, const char *tier)
{
    if (tier[0] == '\0') {
        return 0;
    }
    unsigned place = 0;
    while (place < ruleset->tier_count && strcmp(ruleset->tiers[place].id, tier) != 0) {
        place++;
    }
    return place + 1;
}

unsigned vn_tier_reached(const struct vn_ruleset *ruleset, int64_t counter)
{
    unsigned rank = 0;
    while (rank < ruleset->tier_count && ruleset->tiers[rank].from <= counter) {
        rank++;
    }
    return rank;
}

const char *vn_tier_name(const struct vn_ruleset *ruleset, unsigned rank)
{
    return rank == 0 ? "" : ruleset->tiers[rank - 1].id;
}
