/* Points as payment: what points.c (ranges and choices), tender.c (points that pay) and lots.c (which points) share.
 *
 * A purse is one wallet of the customer with the ruleset's terms for it. All points are in the wallet's smallest unit, so
 * that exponents are a matter of showing them alone. */
#ifndef VN_LOYALTY_POINTS_H
#define VN_LOYALTY_POINTS_H

#include "agent/loyalty/reckon/quote_work.h"

struct vn_purse {
    const struct vn_wallet *terms;
    const char *account; /* borrowed from the member */
    int64_t balance, debt;
    const struct vn_lot *lots;     /* borrowed from the member; in any order */
    unsigned lot_count;            /* 0: its lots are not known here */
    struct vn_wallet_outcome *row; /* NULL: the first wallet, whose figures are the outcome's own */
};

/* The outcome's row of a further wallet; NULL when member or ruleset have no such one. */
struct vn_wallet_outcome *vn_points_row(const struct vn_quote_work *work, const char *wallet);

/* lots.c: the points that can be spent now: of the balance what lies in mature lots that have not expired, less debts. Only
 * lots that the outcome has room to name count. A purse without lots can spend its balance. */
int64_t vn_lots_spendable(const struct vn_quote_work *work, const struct vn_purse *purse);
/* Names the lots that `points` (no more than can be spent) come from: soonest to expire first, then by id. */
void vn_lots_use(struct vn_quote_work *work, const struct vn_purse *purse, int64_t points);

/* tender.c: what of a unit is still to be paid in other ways. */
static inline int64_t vn_unit_unpaid(const struct vn_unit *unit)
{
    return unit->running_minor - unit->paid_minor;
}
/* Notes on the picks what points pay of them, in proportion to what is unpaid: by lines first, then within each line. `minor`
 * is no more than they have unpaid. */
VN_MUST_USE enum vn_status vn_tender_pay(struct vn_quote_work *work, int64_t minor);

/* tier.c: what the receipt adds to the counter of the tiers, and the tier that it lifts the member to. When all points are
 * earned. */
VN_MUST_USE enum vn_status vn_tier_close(struct vn_quote_work *work);

#endif
