/* Which rights a quote lacked: what a till asks its journal, its neighbours and the hub for.
 *
 * This stands beside the quote and is no part of its outcome: what a till asked for has no say in what was reckoned, and is
 * not journaled. Pure, as the quote is; nothing is allocated. */
#ifndef VN_LOYALTY_WANTS_H
#define VN_LOYALTY_WANTS_H

#include "agent/loyalty/quote.h"

/* An account, how much more of it the sale would take, and what its name was made of (accounts.h). A wallet's and a coupon's
 * account have a number: then the promotion is "" and so is the rest. */
struct vn_quote_want {
    char account[VN_ID_MAX];
    int64_t missing;
    char promotion[VN_ID_MAX]; /* of stamps the one that takes them */
    char member[VN_ID_MAX];    /* of a member's limit and of stamps */
    int64_t day;               /* of a member's limit: the first of its period; 0: ever */
    char card[VN_ID_MAX];      /* of stamps */
};

/* Accounts of which the last quote of `work` might have taken more, had the till a right to more: those of promotions that were
 * refused for it come first. A promotion that finds goods only when others have what they lack is seen once it is quoted with
 * that. VN_RIGHTS_MAX at most. Cheap: nothing is quoted. */
unsigned vn_quote_lacked(const struct vn_quote_work *work, char accounts[VN_RIGHTS_MAX][VN_ID_MAX]);

/* Quotes the same with every right there could be, and says what that takes beyond the rights of `input`: exact to the unit,
 * and nothing for what is refused anyhow. VN_RIGHTS_MAX at most. `scratch` is the caller's, and garbage afterwards; so is what
 * `work` knew of the quote before. 0 for an input that can't be quoted. */
unsigned vn_quote_wants(struct vn_quote_work *work, const struct vn_quote_input *input,
                        struct vn_outcome *scratch, struct vn_quote_want wants[VN_RIGHTS_MAX]);

/* A promotion that was refused for want of the hub, and what it would have given. */
struct vn_withheld {
    char promotion[VN_ID_MAX];
    int64_t worth_minor;
};
/* Quotes the same with the hub there and every right that it could give: which of the promotions that `outcome` says need the
 * hub apply then, and are worth something. What a customer would not have got anyhow is not among them. VN_NEAR_MISSES_MAX at
 * most, in the outcome's order. Nothing is quoted when none needs the hub; else `scratch` and `work` as with vn_quote_wants. */
unsigned vn_quote_withheld(struct vn_quote_work *work, const struct vn_quote_input *input,
                           const struct vn_outcome *outcome, struct vn_outcome *scratch,
                           struct vn_withheld out[VN_NEAR_MISSES_MAX]);

/* What the last quote of `work` gave at risk, in points of the first wallet: points spent beyond their right, and all that
 * promotions gave which took from an account without one; money at what points are worth, rounded up. INT64_MAX when points have
 * no worth. */
int64_t vn_quote_risked(const struct vn_quote_work *work);

/* The account is the count or budget of a promotion that is not over at that moment, and not stopped. */
bool vn_ruleset_counts(const struct vn_ruleset *ruleset, const char (*stopped)[VN_ID_MAX],
                       size_t stopped_count, const char *account, const char *store, int64_t now_ms);

#endif
