/* What a quote knows about the customer: the cached member, his coupons, and the rights that this till holds.
 */
#ifndef VN_LOYALTY_MEMBER_H
#define VN_LOYALTY_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

struct vn_lot {
    int64_t id;
    int64_t amount; /* points left */
    int64_t earned_ms;
    int64_t matures_ms;
    int64_t expires_ms; /* 0: never */
};

/* A wallet beside the first: a partner's points, a second programme. */
struct vn_member_wallet {
    char id[VN_TAG_MAX];     /* as the ruleset's header names it */
    char account[VN_ID_MAX]; /* at the hub */
    int64_t balance;
    unsigned lot_count;
    struct vn_lot lots[VN_LOTS_MAX]; /* soonest to expire first */
};

/* A count that is the member's own: stamps on a card, uses of a limited offer. */
struct vn_member_counter {
    char account[VN_ID_MAX]; /* agent/loyalty/accounts.h makes the names */
    int64_t value;
};

struct vn_member {
    bool known; /* false: a card of the chain's own range that the cache does not have; earns provisionally */
    bool blocked;                /* neither earns nor spends */
    char account[VN_ID_MAX];     /* the wallet's account at the hub, "w" and a number; "" when unknown */
    char first_name[VN_TAG_MAX]; /* only if the chain wants greetings */
    char tier[VN_TAG_MAX];
    int64_t balance; /* points, as shown: the hub's figure and this till's own entries above included_seq */
    int64_t lifetime_spend_minor;
    unsigned birth_month, birth_day; /* 0: unknown */
    unsigned segment_count;
    char segments[VN_SEGMENTS_MAX][VN_TAG_MAX];
    unsigned lot_count;
    struct vn_lot lots[VN_LOTS_MAX]; /* soonest to expire first */

    char id[VN_ID_MAX];        /* of the member, whatever his wallets; "": the account stands for it */
    char household[VN_ID_MAX]; /* "": none */
    /* Whose login at a POS is his own: there his card works under nobody's eyes, and so not at all. "": none */
    char operator_id[VN_ID_MAX];
    bool staff;
    bool referred;         /* somebody brought him, and he has not been thanked for it yet */
    int64_t as_of_ms;      /* when the hub wrote this row; 0: not said */
    int64_t joined_ms;     /* 0: unknown */
    int64_t last_visit_ms; /* 0: unknown */
    int64_t visits;        /* receipts before this one */
    int64_t qualifying;    /* of the tiers' counter in its period: minor units or points */
    int64_t debt;          /* points that the next earning pays */
    int64_t earned_today;  /* of the first wallet, as far as this till knows; where the ruleset limits it */
    unsigned club_count;
    char clubs[VN_CLUBS_MAX][VN_TAG_MAX];
    unsigned counter_count;
    struct vn_member_counter counters[VN_COUNTERS_MAX];
    unsigned wallet_count;
    struct vn_member_wallet wallets[VN_WALLETS_MAX - 1];
};

/* A coupon that was presented, decoded and found. Single-use coupons have an account of their own: "c" and a
 * number. */
struct vn_coupon {
    char account[VN_ID_MAX];   /* "" for coupons without a count */
    char promotion[VN_ID_MAX]; /* the promotion that asks for it */
    char label[VN_CODE_MAX];   /* how the cashier names it: the last four characters */
    bool single_use;
    bool spent;                            /* the hub has seen it used */
    int64_t valid_from_ms, valid_until_ms; /* 0: open */
    char member[VN_ID_MAX];                /* the member whose it is alone; "": anybody's */
    /* Terms that the coupon itself carries, decoded and verified: a signed coupon, a GS1 8112. With terms it needs no
     * promotion of the ruleset; it then stands under the id "~" and its own label. */
    bool has_terms;
    int64_t off_bp, off_minor; /* one of them; of all goods, or of the codes */
    int64_t least_minor;       /* spend on the same goods */
    unsigned code_count;
    char codes[VN_COUPON_CODES_MAX][VN_CODE_MAX];
};

/* What this till may consume of an account now: granted + in - out, holds of this sale given back. */
struct vn_right {
    char account[VN_ID_MAX];
    int64_t available;
};

/* What the customer chose. */
struct vn_choices {
    int64_t spend_points; /* of the first wallet; 0: none */
    unsigned spend_count; /* of further wallets, in the order in which the customer said it */
    struct {
        char wallet[VN_TAG_MAX];
        int64_t points;
    } spends[VN_WALLETS_MAX - 1];
    unsigned coupon_count;
    struct vn_coupon coupons[VN_COUPONS_MAX];
};

#endif
