/* What a ruleset's promotions ask for and say, for those who tell an outcome in words. */
#ifndef VN_LOYALTY_ASKS_H
#define VN_LOYALTY_ASKS_H

#include "agent/loyalty/outcome.h"
#include "agent/loyalty/ruleset.h"

/* The span of the one limit that a promotion has; OTHER: for ever, of the whole chain, several, or none. */
enum vn_limit_span {
    VN_LIMIT_OTHER,
    VN_LIMIT_DAY,
    VN_LIMIT_WEEK,
    VN_LIMIT_MONTH,
    VN_LIMIT_YEAR,
};

/* What the condition behind `reason` wants one of: tiers, segments, clubs, ways to pay, with ", " between them. "" when it
 * lists none, or the ruleset has no such promotion. What does not fit is left out, and "..." stands for it. */
void vn_ruleset_asked(const struct vn_ruleset *ruleset, const char *promotion, enum vn_reason reason,
                      char out[VN_NAME_MAX]);
bool vn_ruleset_has(const struct vn_ruleset *ruleset, const char *promotion);
enum vn_limit_span vn_ruleset_limit_span(const struct vn_ruleset *ruleset, const char *promotion);
/* The text that a promotion's reward says, in `locale`, else in English, else in the first language that it has; NULL when
 * there is no such reward. Borrowed from the ruleset. */
const char *vn_ruleset_said(const struct vn_ruleset *ruleset, const char *promotion, unsigned reward,
                            const char *locale);
/* Decimals of a wallet's points ("" is the first); 0 for one that the ruleset does not have. */
unsigned vn_ruleset_points_exponent(const struct vn_ruleset *ruleset, const char *wallet);

#endif
