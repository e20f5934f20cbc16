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
};

/* What this till may consume of an account now: granted + in - out, holds of this sale given back. */
struct vn_right {
    char account[VN_ID_MAX];
    int64_t available;
};

/* What the customer chose. */
struct vn_choices {
    int64_t spend_points; /* 0: none */
    unsigned coupon_count;
    struct vn_coupon coupons[VN_COUPONS_MAX];
};

#endif
