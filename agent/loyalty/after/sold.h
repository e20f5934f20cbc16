/* What was sold, as a basket and its outcome say it together: the common ground of fiscal lines and returns. Pure. To other
 * boxes it is scratch that they own, no more.
 *
 * A correction is taken off the line that it names, so that a line that was corrected away is not there at all. What
 * goods and services below 0 that correct no line take off the receipt is its relief: it lies on the goods in proportion
 * to what they cost, then on the rest; what is beyond all of that stays with the negative lines. Returned packaging stays
 * a line of its own, below 0. So the lines always add up to what the outcome says is payable. */
#ifndef VN_LOYALTY_SOLD_H
#define VN_LOYALTY_SOLD_H

#include "agent/base/error.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/money.h"
#include "agent/loyalty/outcome.h"

struct vn_sold_line {
    int64_t line_id;
    const struct vn_line *line; /* of the basket */
    unsigned at;                /* its place in the outcome's lines */
    int64_t qty_milli;          /* > 0; a line without a quantity is one piece */
    bool pieces;                /* can be cut into whole pieces; else it is one thing, by thousandths */
    int64_t payable_minor;      /* after corrections and discounts; < 0: the customer was paid it */
    int64_t relief_minor;       /* >= 0: its share of what negative lines took off beyond that */
    bool follows;               /* a deposit that comes and goes with its parent */
    unsigned parent;            /* then: its place in `lines` */
};

struct vn_sold {
    unsigned count;
    struct vn_sold_line lines[VN_LINES_MAX]; /* by line id */
    int64_t apart_minor;                     /* sum of the lines below 0 */
    /* scratch */
    uint16_t order[VN_LINES_MAX];
    uint16_t picks[VN_LINES_MAX];
    int64_t weights[VN_LINES_MAX], parts[VN_LINES_MAX];
    struct vn_spread_scratch spread;
};

/* VN_INPUT when outcome and basket are not of each other. Borrows the basket's lines. */
VN_MUST_USE enum vn_status vn_sold_read(const struct vn_basket *basket, const struct vn_outcome *outcome,
                                        struct vn_sold *out, struct vn_error *error);

/* The line's place in `lines`, or `count`. */
unsigned vn_sold_find(const struct vn_sold *sold, int64_t line_id);

#endif
