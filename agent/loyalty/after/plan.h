/* What the steps of a return share. Not for other boxes. */
#ifndef VN_LOYALTY_PLAN_H
#define VN_LOYALTY_PLAN_H

#include "agent/loyalty/returns.h"

enum { VN_BEFORE, VN_AFTER }; /* this return */

struct vn_plan {
    const struct vn_return_input *input;
    struct vn_return_work *work;
    struct vn_return *out;
    struct vn_error *error;
    bool any[2], all[2];  /* something, all that was sold, has come back */
    int64_t paid_back[2]; /* what was paid for the lines that came back, without handed-in packaging */
};

/* How much of something has come back, before and after. Of nothing (den 0), all comes back with the last line. */
struct vn_plan_share {
    int64_t num[2], den;
};

/* total x num / den, half away from zero; 0 <= num <= den, den > 0. */
int64_t vn_plan_part(int64_t total, int64_t num, int64_t den);
/* What has come back of `total`, VN_BEFORE or VN_AFTER; and the difference, which is what this return moves. */
int64_t vn_plan_so_far(const struct vn_plan *plan, const struct vn_plan_share *share, int64_t total,
                       int when);
int64_t vn_plan_moved(const struct vn_plan *plan, const struct vn_plan_share *share, int64_t total);

/* returns.c: how much of a sold line has come back; a deposit comes back as the goods that it follows. */
struct vn_plan_share vn_plan_line(const struct vn_plan *plan, unsigned at);
/* What came back of a promotion's discounts, or (wallet != NULL) of those that a wallet's points made. */
struct vn_plan_share vn_plan_discounts(const struct vn_plan *plan, const char *promotion, const char *wallet);

/* returns_given.c: what was handed over, and accounts. Returns what keeping it has cost so far, with this return. */
int64_t vn_plan_given(struct vn_plan *plan);
void vn_plan_consumptions(struct vn_plan *plan);
/* returns_points.c: what wallets earned and spent, and the tiers' counter. */
void vn_plan_points(struct vn_plan *plan);

#endif
