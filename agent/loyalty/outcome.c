#include "agent/loyalty/outcome.h"

#include <stddef.h>
#include <string.h>

const char *vn_reason_name(enum vn_reason reason)
{
    static const char *const names[] = {
        [VN_REASON_APPLIED] = "applied",
        [VN_REASON_SPEND_SHORT] = "spend-short",
        [VN_REASON_QUANTITY_SHORT] = "quantity-short",
        [VN_REASON_NEEDS_MEMBER] = "needs-member",
        [VN_REASON_NEEDS_TIER] = "needs-tier",
        [VN_REASON_NEEDS_SEGMENT] = "needs-segment",
        [VN_REASON_NEEDS_COUPON] = "needs-coupon",
        [VN_REASON_COUPON_SPENT] = "coupon-spent",
        [VN_REASON_COUPON_EXPIRED] = "coupon-expired",
        [VN_REASON_NEEDS_HUB] = "needs-hub",
        [VN_REASON_NOT_NOW] = "not-now",
        [VN_REASON_NOT_HERE] = "not-here",
        [VN_REASON_NOTHING_MATCHES] = "nothing-matches",
        [VN_REASON_LAW] = "law",
        [VN_REASON_OUTBID] = "outbid",
        [VN_REASON_CAPPED] = "capped",
        [VN_REASON_STOPPED] = "stopped",
        [VN_REASON_BLOCKED] = "blocked",
        [VN_REASON_BALANCE_SHORT] = "balance-short",
        [VN_REASON_HELD_OUT] = "held-out",
        [VN_REASON_LIMIT_USED] = "limit-used",
        [VN_REASON_NEEDS_CLUB] = "needs-club",
        [VN_REASON_NEEDS_OCCASION] = "needs-occasion",
        [VN_REASON_NEEDS_TENDER] = "needs-tender",
        [VN_REASON_STAMPS_SHORT] = "stamps-short",
        [VN_REASON_NEEDS_PROOF] = "needs-proof",
        [VN_REASON_TOO_OLD] = "too-old",
    };
    return (size_t)reason < sizeof names / sizeof names[0] ? names[reason] : "unknown";
}

const char *const vn_given_names[] = {"coupon", "tag", "stamp", "gift", "say", NULL};
const char *const vn_on_return_names[] = {"revoke_if_unused", "keep", "charge", NULL};

const char *vn_stage_name(enum vn_stage stage)
{
    static const char *const names[] = {
        [VN_STAGE_UNITS] = "units",   [VN_STAGE_BASKET] = "basket",   [VN_STAGE_COUPONS] = "coupons",
        [VN_STAGE_POINTS] = "points", [VN_STAGE_EARNING] = "earning",
    };
    return (size_t)stage < sizeof names / sizeof names[0] ? names[stage] : "unknown";
}

void vn_outcome_reverse(const struct vn_outcome *outcome, struct vn_reversal *out)
{
    memset(out, 0, sizeof *out);
    out->refund_minor = outcome->payable_minor;
    out->points_taken_back = outcome->points_earned;
    out->points_given_back = outcome->points_spent;
    out->consumption_count = outcome->consumption_count;
    memcpy(out->consumptions, outcome->consumptions, sizeof out->consumptions);
}
