/* What is doubtful in a ruleset that is correct: promotions that can never apply, that mean no goods, that stand in each
 * other's way, or that ask for more than the floor allows. For the author, before publishing; nothing here is refused.
 *
 * A warning is a guess from the ruleset, and from the catalogue if there is one: what it can't see (stops, prices of the
 * POS, members) it takes as it may be. It never blocks, allocates nothing, and ends: after VN_LINT_STEPS_MAX looks at
 * goods or pairs of promotions, and after VN_WARNINGS_MAX warnings, it says that there is more. */
#ifndef VN_LOYALTY_LINT_H
#define VN_LOYALTY_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/limits.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/ruleset.h"

enum vn_lint_code {
    /* without a catalogue */
    VN_LINT_PAST,         /* its time is over */
    VN_LINT_NO_TIME,      /* weekdays, hours or holidays never meet its window */
    VN_LINT_NO_STORE,     /* a store or till that is both meant and excluded */
    VN_LINT_NO_CUSTOMER,  /* what it asks of a customer contradicts itself */
    VN_LINT_UNKNOWN_TIER, /* a tier that the header does not have */
    VN_LINT_NO_COUPON,    /* it asks for a coupon, and the header has no numbers of coupons */
    VN_LINT_NO_STAMPS,    /* it asks for stamps that no promotion gives */
    VN_LINT_EXCLUDES_ALL, /* a selector takes out all that it lets in */
    VN_LINT_BELOW_FLOOR,  /* by itself or together with another it asks for more than the floor leaves */
    VN_LINT_NOTHING_LEFT, /* a group of the same stage takes all that it could take */
    /* with one */
    VN_LINT_NO_GOODS,    /* a selector means nothing in the catalogue */
    VN_LINT_NOTHING_OFF, /* it rounds to nothing, or the new price is not below the list price */
    VN_LINT_LAW,         /* the law forbids it for all the goods that it means */
    VN_LINT_NO_CLASS,    /* of the catalogue: a legal class that the law's table does not have */
    /* with hub_gaps */
    VN_LINT_NOT_ISSUED, /* the coupon that it gives is booked, and can't be presented */
    VN_LINT_CODES,
};

/* "no-goods"; static. */
const char *vn_lint_name(enum vn_lint_code code);

struct vn_warning {
    enum vn_lint_code code;
    char promotion[VN_ID_MAX];    /* "": the catalogue itself */
    char other[VN_ID_MAX];        /* the one that it stands against, the catalogue's class; "": none */
    char text[VN_ERROR_TEXT_MAX]; /* one sentence that says what to do */
};

struct vn_lint {
    unsigned count;
    bool more; /* a bound was reached */
    struct vn_warning list[VN_WARNINGS_MAX];
};

struct vn_lint_input {
    const struct vn_ruleset *ruleset;
    const struct vn_item *items; /* ascending by code; NULL: there is no catalogue */
    size_t item_count;
    int64_t now_ms;
    /* Tells what this version's hub and tills don't do yet for promotions: check_hub in lint.c, which says what and why. */
    bool hub_gaps;
};

void vn_ruleset_lint(const struct vn_lint_input *input, struct vn_lint *out);

#endif
