/* What comes back when a part of a receipt comes back: money, points, who funded what, limits, and what was handed over.
 * Pure: from the stored basket and outcome, what came back before, and what comes back now. Promotions are never
 * evaluated again. A void of the whole is vn_outcome_reverse (outcome.h). An exchange is a return, then a sale.
 *
 * Every amount is cumulative: of a line of which `back` of `qty` came back so far, round(amount x back / qty) has gone
 * back, half away from zero - the largest remainder between what came back and what is kept - and a plan is the
 * difference between after and before. So each sequence of returns ends at exactly the whole, whatever its order, and no
 * amount ever goes the other way.
 *
 *   refund      lines at what was paid for them, relief of negative lines taken off. What points paid as a tender goes
 *               back first, as points; then charges are taken off, never below 0; the rest is money
 *   earned      by the lines' earn_minor; an outcome that has none: by what was paid for goods
 *   spent       as a discount: with the discount rows that it made. As a tender: with what it paid. Lots get it back in the
 *               reverse order of their use
 *   fundings    with the discounts of their promotion
 *   limits, coupons that were presented, stamps that were used up: when nothing that was sold is left
 *   handed over (vn_given): on_return. `keep`: nothing. The others fall when what is kept of their lines no longer reaches
 *               `least`: `revoke_if_unused` is taken back (by the hub, if it was not used), `charge` costs charge_minor.
 *               Stamps by the piece are taken back with the pieces
 *
 * A deposit that names goods as its parent comes and goes with them. Packaging that was handed in (a line below 0) can be
 * taken out again like any line: the customer then pays for it. */
#ifndef VN_LOYALTY_RETURNS_H
#define VN_LOYALTY_RETURNS_H

#include "agent/loyalty/after/sold.h"

struct vn_return_item {
    int64_t line_id; /* of the receipt that comes back */
    int64_t qty_milli;
};

struct vn_return_input {
    const struct vn_basket *basket; /* as stored with the sale */
    const struct vn_outcome *outcome;
    const struct vn_return_item *before; /* all earlier returns together; a line may stand more than once */
    size_t before_count;
    int64_t charged_minor; /* >= 0: what their plans charged */
    const struct vn_return_item *now;
    size_t now_count;
};

struct vn_return_line {
    int64_t line_id;
    int64_t qty_milli;
    int64_t refund_minor; /* < 0: the customer pays */
};

/* A discount that ends with the goods that it was for. */
struct vn_return_application {
    char promotion[VN_ID_MAX]; /* "": points as a discount */
    enum vn_stage stage;
    int64_t line_id;
    int64_t discount_minor; /* > 0 */
};

struct vn_return {
    int64_t refund_minor;      /* in money: spend - tender - charge */
    int64_t tender_minor;      /* goes back as points */
    int64_t charge_minor;      /* kept rewards that cost something now */
    int64_t uncharged_minor;   /* the same, above what this return can carry: the next one takes it off */
    int64_t spend_minor;       /* what the lines had cost; of the member's lifetime spend */
    int64_t qualifying;        /* of the tiers' counter */
    int64_t points_taken_back; /* of the first wallet: earned */
    int64_t points_given_back; /* and spent */
    bool all;                  /* nothing that was sold is left with the customer */
    unsigned line_count, application_count, funding_count, wallet_count, lot_use_count, consumption_count,
        given_count;
    struct vn_return_line lines[VN_LINES_MAX]; /* by line id; deposits that follow stand here too */
    struct vn_return_application applications[VN_APPLICATIONS_MAX];
    struct vn_funding fundings[VN_FUNDINGS_MAX]; /* who gets how much back */
    struct vn_wallet_back wallets[VN_WALLETS_MAX - 1];
    struct vn_lot_use lot_uses[VN_LOT_USES_MAX];       /* spent points by the lots that they go back to */
    struct vn_consumption consumptions[VN_RIGHTS_MAX]; /* accounts that get their right back; no wallets */
    struct vn_given_back given[VN_GIVEN_MAX];
};

/* Scratch; the caller's. */
struct vn_return_work {
    struct vn_sold sold;
    /* Of each sold line but deposits that follow, before and after this return. */
    int64_t back[2][VN_LINES_MAX];
};

/* VN_INPUT: basket and outcome are not of each other, or more comes back than was sold, a part of a piece, a line that was
 * not sold; the pointer names it ("/lines/1/qty_milli", "/before/0/id"). Also when two wallets of the outcome spent points of
 * one account: their lots can't be told apart. *out is then empty. */
VN_MUST_USE enum vn_status vn_return_plan(const struct vn_return_input *input, struct vn_return_work *work,
                                          struct vn_return *out, struct vn_error *error);

#endif
