/* Compiling: from what was read to what a quote can find its way in. Not for other boxes.
 *
 * Which promotions a receipt is asked about is a rule of its own ("in scope"), and the index only a fast way to it:
 *
 * - what its reward means must be in the basket. A set (buy and get, bundle) is in scope with any of its parts;
 * - a reward on any goods, or a gift, which need not be there yet, is brought in by the goods of its quantity
 *   conditions, else of its spend condition;
 * - a promotion for any goods but a narrow audience is brought in by a member of its segments, else of its clubs;
 * - one that is for any goods and needs a coupon, by the coupon alone; and a presented coupon always brings in what it
 *   names;
 * - anything else is in scope of every receipt with goods. */
#ifndef VN_LOYALTY_COMPILE_H
#define VN_LOYALTY_COMPILE_H

#include "agent/loyalty/rules/compiled.h"

/* The most selectors that bring one promotion into scope. */
#define VN_FINDERS_MAX (VN_REWARDS_MAX + VN_PARTS_MAX + 2)

/* Goods that bring it into scope: any of so many selectors. 0: no goods do. */
size_t vn_promotion_goods(const struct vn_promotion *promotion, const struct vn_selector **out);
/* The segments (key VN_SYMBOL_SEGMENT) or clubs that bring a promotion of any goods into scope; NULL: none do. */
const struct vn_terms *vn_promotion_audience(const struct vn_promotion *promotion, unsigned *key);

/* compile_selectors.c: gives every text of a selector its symbol, and equal selectors one number. */
VN_MUST_USE enum vn_status vn_compile_selectors(struct vn_ruleset *ruleset, struct vn_error *error);
/* compile_index.c: from symbols to promotions; those that any goods bring into scope apart. */
VN_MUST_USE enum vn_status vn_compile_index(struct vn_ruleset *ruleset, struct vn_error *error);

#endif
