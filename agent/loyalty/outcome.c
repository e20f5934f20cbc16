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

static void reverse_wallets(const struct vn_outcome *outcome, struct vn_reversal *out)
{
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *of = &outcome->wallets[i];
        struct vn_wallet_back *row = &out->wallets[out->wallet_count++];
        memcpy(row->wallet, of->wallet, sizeof row->wallet);
        memcpy(row->account, of->account, sizeof row->account);
        row->taken_back = of->earned;
        row->given_back = of->spent;
        row->value_minor = of->tender ? of->value_minor : 0;
    }
    out->lot_use_count = outcome->lot_use_count;
    memcpy(out->lot_uses, outcome->lot_uses, sizeof out->lot_uses);
}

int64_t vn_given_amount(const struct vn_given *given)
{
    return given->amount > 0 || given->kind == VN_GIVEN_STAMP ? given->amount : 1;
}

static void reverse_given(const struct vn_outcome *outcome, struct vn_reversal *out)
{
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *of = &outcome->given[i];
        int64_t amount = vn_given_amount(of);
        if (of->kind == VN_GIVEN_GIFT || of->kind == VN_GIVEN_SAY || amount == 0) {
            continue;
        }
        struct vn_given_back *row = &out->given[out->given_count++];
        memcpy(row->promotion, of->promotion, sizeof row->promotion);
        memcpy(row->what, of->what, sizeof row->what);
        memcpy(row->account, of->account, sizeof row->account);
        row->kind = of->kind;
        row->amount = amount;
    }
}

void vn_outcome_reset(struct vn_outcome *outcome)
{
    outcome->ruleset = 0;
    outcome->engine = 0;
    outcome->optimal = false;
    outcome->provisional = false;
    outcome->spent_as_tender = false;
    outcome->total_minor = 0;
    outcome->discount_minor = 0;
    outcome->payable_minor = 0;
    outcome->tender_minor = 0;
    outcome->points_earned = 0;
    outcome->points_spent = 0;
    outcome->points_value_minor = 0;
    outcome->spend_min_points = 0;
    outcome->spend_max_points = 0;
    outcome->spend_step_points = 0;
    outcome->qualifying = 0;
    memset(outcome->tier_after, 0, sizeof outcome->tier_after);
    outcome->line_count = 0;
    outcome->application_count = 0;
    outcome->explanation_count = 0;
    outcome->near_miss_count = 0;
    outcome->consumption_count = 0;
    outcome->wallet_count = 0;
    outcome->lot_use_count = 0;
    outcome->given_count = 0;
    outcome->funding_count = 0;
}

void vn_outcome_reverse(const struct vn_outcome *outcome, struct vn_reversal *out)
{
    memset(out, 0, sizeof *out);
    out->refund_minor = outcome->payable_minor - outcome->tender_minor;
    out->tender_minor = outcome->tender_minor;
    out->points_taken_back = outcome->points_earned;
    out->points_given_back = outcome->points_spent;
    out->spend_minor = outcome->payable_minor;
    out->qualifying = outcome->qualifying;
    out->consumption_count = outcome->consumption_count;
    memcpy(out->consumptions, outcome->consumptions, sizeof out->consumptions);
    reverse_wallets(outcome, out);
    reverse_given(outcome, out);
}

bool vn_outcome_is_wallet(const struct vn_outcome *outcome, const char *account)
{
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        if (strcmp(outcome->wallets[i].account, account) == 0) {
            return true;
        }
    }
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        if (strcmp(outcome->lot_uses[i].account, account) == 0) {
            return true;
        }
    }
    return account[0] == 'w'; /* member.h; accounts.h uses other letters */
}
