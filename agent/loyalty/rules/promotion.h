/* A promotion as it is after parsing: what the rest of this box works on. Not for other boxes.
 *
 * One JSON document, immutable once published; docs/rules.md tells what each key means, agent/loyalty/schema has the
 * published schema. All texts and lists live in the ruleset's arena. */
#ifndef VN_LOYALTY_PROMOTION_H
#define VN_LOYALTY_PROMOTION_H

#include "agent/base/json.h"
#include "agent/loyalty/outcome.h"
#include "agent/loyalty/rules/selector.h"

enum vn_reward_kind {
    /* on units: each piece by itself */
    VN_REWARD_PERCENT_OFF,
    VN_REWARD_AMOUNT_OFF,
    VN_REWARD_NEW_PRICE,
    /* on sets of units */
    VN_REWARD_NTH,     /* `take` cheapest (or dearest) of each `n`, at rate_bp off */
    VN_REWARD_BUY_GET, /* buy n of `parts[0]`, get `take` of `selector` at rate_bp off */
    VN_REWARD_BUNDLE,  /* the parts together for amount_minor */
    VN_REWARD_GIFT, /* `take` of `selector` for nothing, if they are in the basket; else they are offered */
    /* on what is left of a selector's lines together */
    VN_REWARD_LADDER,       /* by spend: steps[].from in minor units */
    VN_REWARD_ACCUMULATIVE, /* by lifetime spend (steps[].from) or tier (steps[].tier) */
    /* points */
    VN_REWARD_POINTS_PER_SPEND, /* `points` for each `per_minor` paid, floored once */
    VN_REWARD_POINTS_PER_UNIT,  /* `points` for each piece */
    VN_REWARD_POINTS_MULTIPLIER,
    VN_REWARD_POINTS_BONUS,
    /* what is counted or handed over, not reckoned */
    VN_REWARD_STAMP, /* `points` stamps on `what`: for each piece of the selector, or once a receipt (`once`) */
    VN_REWARD_ISSUE_COUPON,
    VN_REWARD_ADD_TAG,
    VN_REWARD_SAY,
};

/* A text in several languages. */
struct vn_name {
    const char *locale, *text;
};
struct vn_names {
    const struct vn_name *list;
    uint32_t count;
};

struct vn_part {
    const struct vn_selector *selector; /* NULL: all */
    int64_t n;                          /* pieces */
};

struct vn_step {
    int64_t from; /* minor units; reached when the spend is at least this */
    const char *tier;
    int64_t rate_bp, amount_minor; /* one of them */
};

struct vn_reward {
    enum vn_reward_kind kind;
    uint32_t part_count, step_count;
    enum vn_on_return on_return;
    bool table_price; /* new_price: the price stands in the selector's table */
    bool cheapest;    /* nth: of each n, the cheapest or the dearest */
    bool weighed;     /* sets: weighed lines are pieces too */
    bool once;
    bool running;                       /* ladder: measured on what is left to pay, not on list amounts */
    const struct vn_selector *selector; /* NULL: all */
    int64_t rate_bp;                    /* percent off; multiplier: 20000 doubles */
    int64_t amount_minor; /* amount_off: a unit in stage units, else in all; new_price, bundle: the price */
    int64_t n, take;      /* issue_coupon: n coupons */
    const struct vn_part *parts;
    const struct vn_step *steps;
    int64_t points, per_minor;
    const char *wallet; /* points: "" for the first */
    const char *what;   /* coupon, tag, stamp card, "prompt" or "receipt" */
    struct vn_names text;
    int64_t valid_after_days, valid_days; /* of an issued coupon, from the day of the sale; 0 days: no end */
    int64_t charge_minor;
};

struct vn_hours {
    unsigned from_minute, to_minute; /* of the day; from > to runs over midnight */
};

struct vn_calendar; /* rules/clock.h */

struct vn_when {
    int64_t from_minute, to_minute; /* local minutes since 1970, from <= now < to */
    unsigned weekdays;              /* bit 0: Monday; 0: all */
    unsigned hours_count;           /* 0: all day */
    struct vn_hours hours[VN_HOURS_MAX];
    const struct vn_calendar *holidays; /* NULL: not asked */
    bool not_holidays;                  /* only on other days than those */
};

struct vn_where {
    struct vn_terms stores, not_stores, store_groups, not_store_groups, tills, not_tills;
    unsigned lanes; /* bit of enum vn_lane_kind; 0: all */
};

enum vn_audience { VN_WHO_ANYONE, VN_WHO_MEMBERS, VN_WHO_HOUSEHOLDS, VN_WHO_STAFF, VN_WHO_NOT_STAFF };

struct vn_who {
    enum vn_audience kind; /* all but ANYONE ask for a member */
    struct vn_terms tiers, segments, not_segments, clubs;
    bool birthday, anniversary; /* a window around the day; once a year unless limits.member says otherwise */
    int64_t days_before, days_after;
    bool first_purchase;
    int64_t nth_visit;        /* this receipt is the member's nth; 0: not asked */
    bool every_nth;           /* each nth */
    int64_t days_since_visit; /* at least; 0: not asked */
    bool referral;
    const char *campaign; /* control group: NULL: none */
    int64_t held_out_bp;  /* this share of members, by a stable hash of member and campaign, gets nothing */
};

struct vn_quantity {
    const struct vn_selector *selector; /* NULL: all */
    int64_t least_milli;
};

struct vn_if {
    bool spend_asked;
    const struct vn_selector *spend_selector;
    int64_t spend_least_minor;
    bool spend_running;                          /* measured on what is left to pay, not on the list price */
    struct vn_quantity quantities[VN_PARTS_MAX]; /* all of them; mix and match */
    uint32_t quantity_count;
    struct vn_terms tenders; /* any of them */
    bool coupon;             /* a presented coupon names this promotion */
    const char *stamps;      /* NULL: not asked; the stamp card, of which `stamp_count` are used up */
    int64_t stamp_count;
};

enum vn_period { VN_PERIOD_EVER, VN_PERIOD_DAY, VN_PERIOD_WEEK, VN_PERIOD_MONTH, VN_PERIOD_YEAR };

/* Each but per_receipt is an account that needs a right (accounts.h). */
struct vn_limits {
    int64_t per_receipt;  /* applications: units or sets; 0: no limit */
    int64_t member_count; /* receipts of one member in the period; 0: no limit */
    enum vn_period member_period;
    int64_t all_count;        /* applications in the chain, ever; 0: no limit */
    int64_t all_budget_minor; /* discount in the chain, ever; 0: no limit */
};

struct vn_funder {
    const char *id;
    int64_t share_bp;       /* of the discount; or */
    int64_t per_unit_minor; /* for each discounted piece */
    int64_t cap_minor;      /* on one receipt; 0: none */
};

enum vn_offline { VN_OFFLINE_RIGHTS, VN_OFFLINE_RISK, VN_OFFLINE_NEVER };

struct vn_promotion {
    const char *id;
    int64_t version;
    struct vn_names name;
    struct vn_when when;
    struct vn_where where;
    struct vn_who who;
    struct vn_if cond;
    /* Rewards on prices (kinds up to ACCUMULATIVE) come first: `price_count` of them. One set reward stands alone among
     * them; of several per-piece rewards a piece gets the first that means it. The rest follows what they did. */
    const struct vn_reward *rewards;
    uint32_t reward_count, price_count;
    struct vn_limits limits;
    int64_t max_discount_minor; /* on one receipt; 0: none */
    unsigned group;
    uint32_t line; /* of the ruleset's text */
    int64_t priority;
    enum vn_offline offline;
    const struct vn_funder *funders;
    uint32_t funder_count;
};

struct vn_ruleset;

/* Reads one promotion. VN_UNSUPPORTED, with the place of what is unknown, for one that needs a newer engine. */
VN_MUST_USE enum vn_status vn_promotion_read(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                             struct vn_promotion *out);

#endif
