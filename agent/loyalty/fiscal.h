/* The lines of an outcome as a country's fiscal printer takes them (rules.md, "Fiscal shape"). Pure.
 *
 * What a line costs after its discounts must come out of unit price x quantity, rounded half away from zero, within the
 * profile's tolerance. Pieces are split until it does (10.00 for 3 = 2 x 3.33 + 3.34), into two lines at most; what
 * can't be split (a weighed line, a register that takes no split) gets the highest unit price whose product does not
 * exceed the target, and that product is what is recorded. Where the POS's own unit price fits, it stands.
 *
 * What becomes a line:
 *   goods, weighed        at what they cost after corrections and discounts; corrected away: no line
 *   gift cards, services  the same; nothing ever discounts them
 *   deposits              a line of their own beside the goods that they belong to
 *   returned packaging    none: it is no sale but money paid out, and stands in apart_minor
 *   negative lines that name none: the receipt's discount where the profile knows one, else off the other lines
 *
 * Cash rounding belongs to the POS and is not in here.
 *
 * The profiles. "rules" marks what rules.md states; all else is our strict reading, chosen so that a register that is
 * laxer takes the lines too:
 *   none  no printer judges: one line for each, total as it is
 *   rs    unit price, quantity and total are all carried (rules): product and total equal; no price of zero
 *   pl    product and total equal; no price of zero; a discount of the whole receipt may be printed (rules)
 *   ru    a total up to 0.01 off the product is taken, no receipt discount (rules); no price of zero */
#ifndef VN_LOYALTY_FISCAL_H
#define VN_LOYALTY_FISCAL_H

#include "agent/base/error.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/outcome.h"

enum vn_fiscal_country { VN_FISCAL_NONE, VN_FISCAL_RS, VN_FISCAL_PL, VN_FISCAL_RU, VN_FISCAL_COUNT };

struct vn_fiscal_profile {
    const char *name;          /* "rs" */
    int64_t tolerance_minor;   /* how far a line's total may be off price x quantity */
    int64_t least_price_minor; /* the smallest unit price that is not zero; above 0 */
    bool zero_allowed; /* a price and a total may be nothing; else such a line costs the least that it can */
    bool split_allowed;
    bool receipt_discount_allowed; /* a discount of the whole receipt may be printed as such */
};

struct vn_fiscal_line {
    int64_t line_id; /* of the basket's line that it is part of */
    int64_t qty_milli;
    int64_t unit_price_minor;
    int64_t total_minor;
};

struct vn_fiscal {
    unsigned count;
    int64_t total_minor;            /* sum of the lines, less the receipt's discount */
    int64_t receipt_discount_minor; /* 0 where the profile allows none */
    int64_t apart_minor;            /* <= 0: what the POS pays out beside the lines */
    /* The outcome's payable less total and apart: > 0 if the receipt costs less than that. */
    int64_t off_minor;
    struct vn_fiscal_line lines[VN_FISCAL_LINES_MAX]; /* by line id */
};

struct vn_sold; /* after/sold.h: scratch */

const struct vn_fiscal_profile *vn_fiscal_profile(enum vn_fiscal_country country); /* static */
/* The one of that name, or NULL. */
const struct vn_fiscal_profile *vn_fiscal_profile_named(const char *name);
/* VN_INPUT when outcome and basket are not of each other; *out is then empty. */
VN_MUST_USE enum vn_status vn_fiscal_lines(const struct vn_fiscal_profile *profile,
                                           const struct vn_basket *basket, const struct vn_outcome *outcome,
                                           struct vn_sold *scratch, struct vn_fiscal *out,
                                           struct vn_error *error);

#endif
