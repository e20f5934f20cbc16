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
    VN_REASON_NEEDS_SEGMENT, /* another part of the members: segments, staff, households */
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
    VN_REASON_BLOCKED,         /* the member is blocked, or his own login is the one that sells */
    VN_REASON_BALANCE_SHORT,   /* missing: points, to what was chosen, whatever was taken of it */
    VN_REASON_HELD_OUT,        /* the member is in the campaign's control group */
    /* the member's limit of the period is used up; missing: days until the next period, of a birthday's or anniversary's year
     * until the next window, 0: never */
    VN_REASON_LIMIT_USED,
    VN_REASON_NEEDS_CLUB,
    /* birthday, anniversary, first or nth visit, days since the last, referral: not today, not this customer; missing: days or
     * visits until then, where that can be said */
    VN_REASON_NEEDS_OCCASION,
    VN_REASON_NEEDS_TENDER, /* another way to pay */
    VN_REASON_STAMPS_SHORT, /* missing: stamps */
    VN_REASON_NEEDS_PROOF,  /* the card must be proved: rotating code, SMS, PIN */
    VN_REASON_TOO_OLD,      /* the member's row is older than the ruleset allows; the hub can say */
    VN_REASON_COUNT,
};

const char *vn_reason_name(enum vn_reason reason); /* "spend-short"; static */
const char *vn_stage_name(enum vn_stage stage);    /* "units"; static */

/* One promotion acting on one line (line_id 0: on the receipt, as earned points are). */
struct vn_application {
    char promotion
        [VN_ID_MAX]; /* "" for points paid as a discount (stage points) and base points (stage earning) */
    enum vn_stage stage;
    int64_t line_id;
    int64_t discount_minor;  /* >= 0 */
    int64_t points;          /* earned >= 0 */
    int64_t qty_milli;       /* of the line that the discount is for; 0 on the receipt */
    char wallet[VN_TAG_MAX]; /* of points: ""  for the first wallet */
};

/* A ladder that applied and has another step has a second row, SPEND_SHORT, with what is missing to that step and what
 * the step would give beyond what it gives now. */
struct vn_explanation {
    char promotion[VN_ID_MAX]; /* "": spending points of `wallet` */
    char wallet[VN_TAG_MAX];   /* "": the first */
    enum vn_reason reason;
    int64_t missing;
    /* What it gave, or would give the customer if nothing were missing; ranks near misses. */
    int64_t worth_minor;
};

/* What a commit of this outcome takes out of an account that needs a right. */
struct vn_consumption {
    char account[VN_ID_MAX];
    int64_t amount;
    bool risk; /* all of it at the risk of the till: too little right of the account was there */
};

struct vn_line_outcome {
    int64_t line_id;
    int64_t discount_minor; /* sum of the line's applications */
    int64_t payable_minor;
    /* What is left of the line after its corrections; 0 for lines that no reward may touch. */
    int64_t qty_milli;
    int64_t list_minor; /* the same of its list amount */
    int64_t earn_minor; /* what it earned on, times its multipliers: points go back in this proportion */
};

/* Who pays how much of a promotion's discount. What no row names is the chain's own. */
struct vn_funding {
    char promotion[VN_ID_MAX];
    char funder[VN_ID_MAX];
    int64_t amount_minor;
};

/* What a wallet beside the first earned and spent. */
struct vn_wallet_outcome {
    char wallet[VN_TAG_MAX];
    char account[VN_ID_MAX];
    int64_t earned, spent;
    int64_t value_minor; /* what `spent` took off or paid */
    bool tender;         /* it paid, and lowered no price */
    int64_t spend_min, spend_max, spend_step;
};

/* Points of a lot that this receipt spends: mature lots, soonest to expire first. */
struct vn_lot_use {
    char account[VN_ID_MAX];
    int64_t lot;
    int64_t amount;
};

enum vn_given_kind {
    VN_GIVEN_COUPON, /* `what`: the kind of coupon that the hub issues for the next visit */
    VN_GIVEN_TAG,    /* `what`: the segment that the member joins */
    VN_GIVEN_STAMP,  /* `what`: the stamp card; `amount` stamps */
    VN_GIVEN_GIFT, /* `what`: the code of a gift that the POS has yet to add; nothing is discounted for it yet */
    VN_GIVEN_SAY, /* `what`: "prompt" or "receipt"; the text is the promotion's reward number `reward` */
};

/* on_return of what can't be given back in proportion (rules.md, "Holds, commits, voids, returns"). */
enum vn_on_return { VN_RETURN_REVOKE_IF_UNUSED, VN_RETURN_KEEP, VN_RETURN_CHARGE };

/* As documents write enum vn_given_kind and enum vn_on_return; NULL-terminated. */
extern const char *const vn_given_names[];
extern const char *const vn_on_return_names[];

#define VN_LINE_WORDS ((VN_LINES_MAX + 63) / 64)

struct vn_given {
    char promotion[VN_ID_MAX];
    enum vn_given_kind kind;
    char what[VN_ID_MAX];
    char account[VN_ID_MAX]; /* stamps: the member's counter; else "" */
    unsigned reward;         /* its place among the promotion's rewards, those on prices first */
    int64_t amount;
    int64_t valid_from_ms, valid_until_ms; /* coupons; 0: open */
    enum vn_on_return on_return;
    int64_t charge_minor; /* VN_RETURN_CHARGE: what it costs to keep it */
    /* It stands as long as what is kept of these lines reaches `least`; 0: as long as anything is kept. Stamps that were
     * given by the piece (by_quantity and no `least`) stand in the proportion of what is kept, rounded down. */
    bool by_quantity; /* thousandths, else list amounts */
    int64_t least;
    uint64_t lines[VN_LINE_WORDS]; /* bit n: lines[n] of the outcome */
};

/* How many it is: of coupons and tags that name no number, one. */
int64_t vn_given_amount(const struct vn_given *given);

struct vn_outcome {
    uint64_t ruleset;       /* number of the ruleset that it was reckoned with; 0: none */
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

    unsigned engine;      /* VN_ENGINE_VERSION that reckoned it; 0: before it was written down */
    bool optimal;         /* `best` took what is proved to be the best; docs/rules.md says when it is not */
    bool provisional;     /* the card is unknown here: the hub corrects what it earned */
    bool spent_as_tender; /* points_value_minor paid; it is in no discount */
    int64_t tender_minor; /* all points that paid, in money: what is left to pay is payable less this */
    int64_t qualifying;   /* what this receipt adds to the counter of the tiers */
    char tier_after[VN_TAG_MAX]; /* the tier that it lifts the member to; "": none */
    unsigned wallet_count;
    struct vn_wallet_outcome wallets[VN_WALLETS_MAX - 1];
    unsigned lot_use_count;
    struct vn_lot_use lot_uses[VN_LOT_USES_MAX];
    unsigned given_count;
    struct vn_given given[VN_GIVEN_MAX];
    unsigned funding_count;
    struct vn_funding fundings[VN_FUNDINGS_MAX];
};

/* What a void or a return does to a wallet beside the first. */
struct vn_wallet_back {
    char wallet[VN_TAG_MAX];
    char account[VN_ID_MAX];
    int64_t taken_back;  /* earned points */
    int64_t given_back;  /* spent points */
    int64_t value_minor; /* of those, what they had paid as a tender; 0 where they were a discount */
};

/* Something handed over that is taken back, if it was not used meanwhile, or that is kept for a charge. */
struct vn_given_back {
    char promotion[VN_ID_MAX];
    enum vn_given_kind kind; /* a coupon, a tag or stamps */
    char what[VN_ID_MAX];
    char account[VN_ID_MAX];
    int64_t amount;
    int64_t charge_minor; /* > 0: it stays with the customer, and costs this */
};

/* Makes it empty: sums, counts and texts of its own. Rows above a count keep what was in them, and mean nothing: an
 * outcome is compared by what it says, not by its bytes. */
void vn_outcome_reset(struct vn_outcome *outcome);

/* The opposite of what was given: what a void takes back and gives back, or a return of the whole receipt. Computed from
 * the stored outcome, never by evaluating promotions again. Who funded the discounts gets all of the outcome's fundings
 * back. A return of a part: returns.h. */
struct vn_reversal {
    int64_t refund_minor;       /* what the customer gets back in money: payable less what points paid */
    int64_t points_taken_back;  /* earned points */
    int64_t points_given_back;  /* spent points */
    unsigned consumption_count; /* accounts that get their right back */
    struct vn_consumption consumptions[VN_RIGHTS_MAX];
    int64_t tender_minor; /* what points had paid: goes back as points, in points_given_back and wallets */
    int64_t spend_minor;  /* of the member's lifetime spend */
    int64_t qualifying;   /* of the tiers' counter */
    unsigned wallet_count;
    struct vn_wallet_back wallets[VN_WALLETS_MAX - 1];
    unsigned lot_use_count; /* spent points by the lots that they go back to */
    struct vn_lot_use lot_uses[VN_LOT_USES_MAX];
    unsigned given_count; /* all that was handed over, whatever on_return says: the sale never was */
    struct vn_given_back given[VN_GIVEN_MAX];
};

void vn_outcome_reverse(const struct vn_outcome *outcome, struct vn_reversal *out);
/* The account is a wallet's: what is consumed of it are points. */
bool vn_outcome_is_wallet(const struct vn_outcome *outcome, const char *account);

#endif
