/* A ruleset as it is after parsing and compiling. Not for other boxes. */
#ifndef VN_LOYALTY_COMPILED_H
#define VN_LOYALTY_COMPILED_H

#include "agent/loyalty/rules/arena.h"
#include "agent/loyalty/rules/law.h"
#include "agent/loyalty/rules/promotion.h"
#include "agent/loyalty/rules/symbols.h"
#include "agent/loyalty/ruleset.h"

/* The group of coupons with terms of their own, after all that the header names: stage coupons, choice all. */
#define VN_GROUP_OWN VN_GROUPS_MAX

enum vn_choice { VN_CHOICE_FIRST, VN_CHOICE_ALL, VN_CHOICE_BEST };

struct vn_group {
    char id[VN_ID_MAX];
    enum vn_stage stage;
    bool running; /* base */
    enum vn_choice choice;
    bool newer; /* choice or stage of a newer engine: its promotions are skipped */
};

/* What the clocks of a zone show: the entry with the latest from_ms that is not after `now`, else the first offset. */
struct vn_offset {
    int64_t from_ms;
    int64_t offset_min;
};
struct vn_zone {
    int64_t offset_min; /* before the first change */
    struct vn_terms stores, store_groups;
    uint32_t change_count;
    const struct vn_offset *changes;
};

/* Local days since 1970, ascending. */
struct vn_calendar {
    const char *id;
    const int32_t *days;
    uint32_t count;
};

struct vn_store_group {
    const char *id;
    struct vn_terms stores;
};

/* Local minutes: from <= now < to. */
struct vn_span {
    int64_t from_minute, to_minute;
};

struct vn_tier {
    const char *id;
    int64_t from; /* of the qualifying counter */
};

struct vn_ruleset {
    struct vn_arena arena;
    int64_t number;
    char currency[4];
    uint32_t zone_count;
    int64_t exponent;
    struct vn_zone zone; /* of the stores that no entry of `zones` names */
    struct vn_zone zones[VN_ZONES_MAX];
    uint32_t calendar_count, store_group_count;
    struct vn_calendar calendars[VN_CALENDARS_MAX];
    struct vn_store_group store_groups[VN_STORE_GROUPS_MAX];
    enum vn_law law;
    unsigned wallet_count; /* the first is always there */
    struct vn_wallet wallets[VN_WALLETS_MAX];
    uint32_t selector_count; /* numbers of selectors are below it */
    uint32_t tier_count;     /* ascending */
    struct vn_tier tiers[VN_TIERS_MAX];
    bool tiers_by_points;    /* the counter counts points earned; else what was paid */
    unsigned tier_months;    /* the counter begins anew after so many; 0: never */
    int64_t tier_grace_days; /* a lower tier waits so long */
    int64_t floor_bp;
    int64_t max_unit_discount_minor, max_unit_discount_bp;       /* 0: none */
    int64_t max_receipt_discount_minor, max_receipt_discount_bp; /* 0: none; points are no discount here */
    int64_t member_max_age_s;                                    /* 0: never too old */
    int64_t late_card_days;                                      /* 0: the receipt's code is worth nothing */
    unsigned group_count;
    struct vn_group groups[VN_GROUPS_MAX + 1]; /* the last is VN_GROUP_OWN */
    unsigned range_count;
    struct vn_card_range ranges[VN_CARD_RANGES_MAX];
    struct vn_promotion *promotions; /* in the order in which they are tried; the array is on the heap */
    size_t promotion_count;
    size_t skipped_count;
    struct vn_error skipped; /* why the first of them was */
    uint16_t *by_id;         /* promotions sorted by id */
    /* What brings a promotion into scope: a symbol of the goods, a segment or club of the member, a presented coupon
     * (by_id). The promotions of symbol n are postings[posting_starts[n]] up to posting_starts[n + 1]. */
    struct vn_symbols symbols;
    uint32_t *posting_starts;
    uint16_t *postings;
    uint64_t *always;      /* bit n: any goods bring promotion n into scope */
    struct vn_span *spans; /* when.from and when.to of each promotion, side by side */
    size_t table_count;
    struct vn_price_table *tables[VN_PRICE_TABLES_MAX]; /* sorted by id; each on the heap */
    /* While lines are read: the number of this one, room for promotions, and the selectors that name a price table, on
     * the heap. */
    uint32_t line;
    struct vn_selector **table_users;
    size_t table_user_count, table_user_room;
    size_t promotion_room;
};

/* Sorts promotions, names the texts of selectors and builds the index (compile.h); VN_INPUT for an id that occurs twice,
 * VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ruleset_compile(struct vn_ruleset *ruleset, struct vn_error *error);

/* When all lines are read and the price tables are closed, before compiling: gives selectors their price tables. VN_INPUT
 * for a table that has no row. */
VN_MUST_USE enum vn_status vn_selectors_resolve(struct vn_ruleset *ruleset, struct vn_error *error);

/* The place in `store_groups`, or store_group_count. */
uint32_t vn_store_group_find(const struct vn_ruleset *ruleset, const char *id);
/* Bit n: the store is in store_groups[n]. */
uint64_t vn_store_groups_of(const struct vn_ruleset *ruleset, const char *store);

/* The promotion's place in `promotions`, or promotion_count. */
size_t vn_ruleset_find(const struct vn_ruleset *ruleset, const char *id);

#endif
