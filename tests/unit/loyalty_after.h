/* Random baskets with outcomes as a quote could have made them, for the tests of what comes after the sale. No ruleset is
 * behind them: they hold the sums that an outcome promises, and go further in what they combine. */
#ifndef VN_TESTS_LOYALTY_AFTER_H
#define VN_TESTS_LOYALTY_AFTER_H

#include "agent/loyalty/returns.h"

unsigned after_below(uint64_t *seed, unsigned limit);
/* A basket and its outcome. Points of the first wallet are of account "w1", of the other of "w2". */
void after_random(uint64_t *seed, struct vn_basket *basket, struct vn_outcome *outcome);
/* A line at the end of both: `qty_milli` for `amount_minor`, `discount_minor` of it off by promotion "p0". */
struct vn_line *after_add(struct vn_basket *basket, struct vn_outcome *outcome, int64_t qty_milli,
                          int64_t amount_minor, int64_t discount_minor);
/* Random items that can still come back, at most `most`; adds them to `so_far`. */
size_t after_items(uint64_t *seed, const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX],
                   struct vn_return_item *items, size_t most);
/* All that can still come back. */
size_t after_rest(const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX], struct vn_return_item *items);

#endif
