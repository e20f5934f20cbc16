/* A card that was forgotten, attached after the sale: until the lane's next receipt starts, or within some days by the
 * receipt's own code; earning only, once for a receipt, from the stored basket and outcome (rules.md, "Points"). Pure.
 *
 *     vn_late_judge       may it be, by what is known of the receipt
 *     vn_late_basket      the stored basket at the prices that were paid
 *     vn_quote            with that basket, the member, and earning_only
 *     vn_late_join        the sale's outcome with what it now earned: what voids and returns work on from then on
 *
 * Prices, and so the fiscal document, stay what they are. */
#ifndef VN_LOYALTY_LATE_H
#define VN_LOYALTY_LATE_H

#include "agent/base/error.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/outcome.h"

enum vn_late_answer {
    VN_LATE_YES,
    VN_LATE_NOT_PAID,   /* held, cancelled or unknown */
    VN_LATE_TAKEN_BACK, /* voided, or something of it came back */
    VN_LATE_HAS_CARD,   /* it earned at the till, or late already */
    VN_LATE_NEEDS_CODE, /* the lane went on: the receipt's own code must be shown */
    VN_LATE_TOO_LATE,
};

struct vn_late_receipt {
    bool committed, taken_back, has_card;
    bool next_started; /* the lane's next receipt */
    bool by_code;      /* the receipt's own code was scanned or keyed */
    int64_t committed_ms;
};

const char *vn_late_name(enum vn_late_answer answer); /* "needs-code"; static */

/* `days`: how long the receipt's code counts (vn_ruleset_late_card_days), 0: not at all. A clock that was set back makes nothing
 * late. */
enum vn_late_answer vn_late_judge(const struct vn_late_receipt *receipt, int64_t days, int64_t now_ms);

/* The basket for a quote with earning_only: each line costs what was paid for it, the rest is as it was (list prices and
 * the POS's own cuts too, because conditions look at them). VN_INPUT when basket and outcome are not of each other. */
VN_MUST_USE enum vn_status vn_late_basket(const struct vn_basket *basket, const struct vn_outcome *outcome,
                                          struct vn_basket *out, struct vn_error *error);

/* *out = the sale's outcome and what `late` (of vn_late_basket, earning only) earned, gave and uses up. One account has
 * one row: risk of either is risk of both. VN_INPUT when they are not of each other, or the sale has earned or spent already;
 * VN_FULL when it has no room; *out is then undefined. */
VN_MUST_USE enum vn_status vn_late_join(const struct vn_outcome *sale, const struct vn_outcome *late,
                                        struct vn_outcome *out, struct vn_error *error);

#endif
