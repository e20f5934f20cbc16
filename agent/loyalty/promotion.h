/* A promotion and a ruleset as they are after parsing: what the rest of this box works on. Not for other boxes. */
#ifndef VN_LOYALTY_PROMOTION_H
#define VN_LOYALTY_PROMOTION_H

#include "agent/base/json.h"
#include "agent/loyalty/arena.h"
#include "agent/loyalty/law.h"
#include "agent/loyalty/outcome.h"
#include "agent/loyalty/ruleset.h"
#include "agent/loyalty/selector.h"

enum vn_reward_kind {
    VN_REWARD_PERCENT_OFF,
    VN_REWARD_AMOUNT_OFF,
    VN_REWARD_NTH_FREE,
    VN_REWARD_POINTS_MULTIPLIER,
    VN_REWARD_POINTS_BONUS,
};

struct vn_reward {
    enum vn_reward_kind kind;
    const struct vn_selector *selector; /* NULL: all */
    int64_t rate_bp;                    /* percent_off; points_multiplier: 20000 doubles */
    int64_t amount_minor;               /* amount_off: a unit in stage units, else in all */
    int64_t max_discount_minor;         /* percent_off; 0: no maximum */
    int64_t n, free;                    /* nth_free */
    bool cheapest;                      /* nth_free: of each n, the cheapest or the dearest */
    int64_t points;                     /* points_bonus */
};

struct vn_hours {
    unsigned from_minute, to_minute; /* of the day; from > to runs over midnight */
};

struct vn_when {
    int64_t from_minute, to_minute; /* local minutes since 1970, from <= now < to */
    unsigned weekdays;              /* bit 0: Monday; 0: all */
    unsigned hours_count;           /* 0: all day */
    struct vn_hours hours[VN_HOURS_MAX];
};

struct vn_condition {
    bool asked;
    const struct vn_selector *selector;
    int64_t least; /* minor units or thousandths */
    bool running;  /* spend alone: measured on what is left to pay, not on the list price */
};

struct vn_name {
    const char *locale, *text;
};

struct vn_promotion {
    const char *id;
    int64_t version;
    const struct vn_name *names;
    uint32_t name_count;
    struct vn_when when;
    struct vn_terms stores, not_stores;
    bool members; /* members alone */
    struct vn_terms tiers, segments;
    struct vn_condition spend, quantity;
    bool coupon;
    bool online; /* "offline": "never" */
    struct vn_reward reward;
    unsigned group;
    int64_t priority;
    int64_t per_receipt; /* 0: no limit */
};

struct vn_group {
    char id[VN_ID_MAX];
    enum vn_stage stage;
    bool running; /* base */
    bool all;     /* choice: all or first */
    bool newer;   /* choice or stage of a newer engine: its promotions are skipped */
};

/* One key of the index and a promotion that is found by it. */
struct vn_index_entry {
    const char *value;
    uint16_t key; /* enum vn_selector_key */
    uint16_t promotion;
};

struct vn_ruleset {
    struct vn_arena arena;
    int64_t number;
    char currency[4];
    int64_t exponent;
    int64_t utc_offset_min;
    enum vn_law law;
    struct vn_wallet wallet;
    int64_t earn_points, earn_per_minor; /* 0 points: nothing is earned */
    int64_t floor_bp;
    unsigned group_count;
    struct vn_group groups[VN_GROUPS_MAX];
    unsigned range_count;
    struct vn_card_range ranges[VN_CARD_RANGES_MAX];
    struct vn_promotion *promotions; /* in the order in which they are tried; the array is on the heap */
    size_t promotion_count;
    size_t skipped_count;
    struct vn_error skipped;      /* why the first of them was */
    uint16_t *by_id;              /* promotions sorted by id */
    struct vn_index_entry *index; /* sorted by key, value, promotion */
    size_t index_count;
    uint16_t *always; /* promotions that no key finds: tried on every receipt */
    size_t always_count;
};

/* Reads one promotion. VN_UNSUPPORTED, with the place of what is unknown, for one that needs a newer engine. */
VN_MUST_USE enum vn_status vn_promotion_read(const struct vn_json_in *in, struct vn_ruleset *ruleset,
                                             struct vn_promotion *out);

/* Sorts promotions and builds the index; VN_INPUT for an id that occurs twice, VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ruleset_compile(struct vn_ruleset *ruleset, struct vn_error *error);

/* The promotion's place in `promotions`, or promotion_count. */
size_t vn_ruleset_find(const struct vn_ruleset *ruleset, const char *id);

#endif
