/* The result of a quote: what each line costs now, why, what it consumes and what the cashier may offer.
 * Plain data. */
#ifndef VN_LOYALTY_OUTCOME_H
#define VN_LOYALTY_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

enum vn_stage {
    VN_STAGE_UNITS,
    VN_STAGE_BASKET,
    VN_STAGE_COUPONS,
    VN_STAGE_POINTS, /* points as a discount */
    VN_STAGE_EARNING,
    VN_STAGE_COUNT,
};

/* Why a promotion in scope did or did not apply. `missing` of the reason carries the number (money,
 * thousandths of quantity, points) where one is named. */
enum vn_reason {
    VN_REASON_APPLIED,
    VN_REASON_SPEND_SHORT,    /* missing: minor units */
    VN_REASON_QUANTITY_SHORT, /* missing: thousandths */
    VN_REASON_NEEDS_MEMBER,
    VN_REASON_NEEDS_TIER,
    VN_REASON_NEEDS_SEGMENT,
    VN_REASON_NEEDS_COUPON,
    VN_REASON_COUPON_SPENT,
    VN_REASON_COUPON_EXPIRED,
    VN_REASON_NEEDS_HUB,       /* the account that it consumes needs a right that this till does not hold */
    VN_REASON_NOT_NOW,         /* outside dates, weekdays or hours */
    VN_REASON_NOT_HERE,        /* other stores */
    VN_REASON_NOTHING_MATCHES, /* no line that it could act on */
    VN_REASON_LAW,             /* the law table forbids it for the goods that match */
    VN_REASON_OUTBID,          /* another promotion of its group was chosen */
    VN_REASON_CAPPED,          /* limits, caps or the floor left nothing */
    VN_REASON_STOPPED,         /* stopped by the chain */
    VN_REASON_BLOCKED,         /* the member is blocked */
    VN_REASON_BALANCE_SHORT,   /* missing: points */
};

const char *vn_reason_name(enum vn_reason reason); /* "spend-short"; static */
const char *vn_stage_name(enum vn_stage stage);    /* "units"; static */

/* One promotion acting on one line (line_id 0: on the receipt, as earned points are). */
struct vn_application {
    char promotion
        [VN_ID_MAX]; /* "" for points paid as a discount (stage points) and base points (stage earning) */
    enum vn_stage stage;
    int64_t line_id;
    int64_t discount_minor; /* >= 0 */
    int64_t points;         /* earned >= 0 */
};

struct vn_explanation {
    char promotion[VN_ID_MAX];
    enum vn_reason reason;
    int64_t missing;
    int64_t
        worth_minor; /* what it gave, or would give the customer if nothing were missing; ranks near misses */
};

/* What a commit of this outcome takes out of an account that needs a right. */
struct vn_consumption {
    char account[VN_ID_MAX];
    int64_t amount;
};

struct vn_line_outcome {
    int64_t line_id;
    int64_t discount_minor; /* sum of the line's applications */
    int64_t payable_minor;
};

struct vn_outcome {
    uint64_t ruleset;       /* number of the ruleset that it was reckoned with; 0: none */
    bool optimal;           /* false when the step limit of a `best` group was reached */
    int64_t total_minor;    /* as the POS had it */
    int64_t discount_minor; /* all discounts, points as discount included */
    int64_t payable_minor;  /* total - discount */
    int64_t points_earned;
    int64_t points_spent;
    int64_t points_value_minor; /* what points_spent took off */
    /* The range that the customer may choose from, by rules, balance and basket alone; rights are asked for
     * later. */
    int64_t spend_min_points, spend_max_points, spend_step_points;
    unsigned line_count;
    struct vn_line_outcome lines[VN_LINES_MAX]; /* by line id, whatever the basket's order */
    unsigned application_count;
    struct vn_application applications[VN_APPLICATIONS_MAX];
    unsigned explanation_count;
    struct vn_explanation explanations[VN_REASONS_MAX];
    unsigned near_miss_count; /* indices into explanations, most valuable first */
    uint16_t near_misses[VN_NEAR_MISSES_MAX];
    unsigned consumption_count;
    struct vn_consumption consumptions[VN_RIGHTS_MAX];
};

/* The opposite of what was given: what a void or a return of the whole receipt takes back and gives back.
 * Computed from the stored outcome, never by evaluating promotions again. */
struct vn_reversal {
    int64_t refund_minor;       /* what the customer gets back in money: the payable amount */
    int64_t points_taken_back;  /* earned points */
    int64_t points_given_back;  /* spent points */
    unsigned consumption_count; /* accounts that get their right back */
    struct vn_consumption consumptions[VN_RIGHTS_MAX];
};

void vn_outcome_reverse(const struct vn_outcome *outcome, struct vn_reversal *out);

#endif
