/* A ruleset: the promotions of a chain, compiled once for quoting, immutable afterwards.
 *
 * It travels as lines (NDJSON): the first line is the header with currency, wallet, groups, card ranges and
 * law; each further line is one promotion. docs/rules.md has the format with examples. A promotion that needs
 * a newer engine is skipped and counted; the rest works. */
#ifndef VN_LOYALTY_RULESET_H
#define VN_LOYALTY_RULESET_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

#define VN_ENGINE_VERSION 2

struct vn_ruleset; /* opaque, immutable: any number of threads may quote with it */

/* A range of the chain's own card numbers: digits of `length`, starting with `prefix`. */
struct vn_card_range {
    char prefix[VN_CODE_MAX];
    unsigned length;
    bool coupon; /* numbers of this range are coupons, not cards */
};

struct vn_selector;

/* A points currency. The first is the chain's own; others are accepted at the worth that the ruleset states. */
struct vn_wallet {
    char id[VN_TAG_MAX]; /* "" for the first */
    unsigned exponent;   /* 0..2 */
    /* One smallest unit of points is worth num/den minor units; num 0: can't be spent. */
    int64_t worth_minor_num;
    int64_t worth_minor_den;
    int64_t spend_min_points, spend_step_points;
    int32_t spend_share_bp;              /* at most this share of the payable amount */
    int64_t spend_left_minor;            /* so much stays to be paid in other ways */
    bool tender;                         /* spent_as: pays, and lowers no price */
    bool proof_needed;                   /* spending asks for a proved card while the hub is reachable ... */
    int64_t unproved_points;             /* ... and without proof, offline, at most so many are spent */
    const struct vn_selector *excluded;  /* goods that points don't pay; NULL: none */
    int64_t earn_points, earn_per_minor; /* base rate: 0 points: nothing is earned */
    int64_t earn_max_receipt;            /* 0: no maximum */
    int64_t earn_max_day;                /* of one account; the first wallet's alone; 0: no maximum */
    int64_t matures_days;                /* a lot can be spent so many days after it was earned */
    int64_t expires_days;                /* and no longer than so many; 0: never */
    int64_t return_grace_days; /* what comes back into an expired lot lives so long; 30 unless said */
};

/* Parses and compiles. VN_INPUT with the line's number in the text and a pointer in *error; VN_UNSUPPORTED
 * when the header itself needs a newer engine; VN_FULL beyond limits.h; VN_NOMEM. *out is owned by the
 * caller; of the text nothing is kept. `error` may be NULL. Does no I/O, but takes its time: not on a loop that serves. */
VN_MUST_USE enum vn_status vn_ruleset_parse(struct vn_view text, struct vn_ruleset **out,
                                            struct vn_error *error);
/* When nobody quotes with it any more. NULL is allowed. */
void vn_ruleset_destroy(struct vn_ruleset *ruleset);

uint64_t vn_ruleset_number(const struct vn_ruleset *ruleset);
const char *vn_ruleset_currency(const struct vn_ruleset *ruleset); /* "RSD" */
unsigned vn_ruleset_currency_exponent(const struct vn_ruleset *ruleset);
/* Of a store's local time at that moment. */
int64_t vn_ruleset_utc_offset_min(const struct vn_ruleset *ruleset, const char *store, int64_t wall_ms);
/* Memory that it holds. Reading takes little more than that, beside the text; so a till that changes its ruleset has room
 * for the old one, the new one and the text. One that waits for the end of a receipt is there until a newer one is read. */
size_t vn_ruleset_size_bytes(const struct vn_ruleset *ruleset);
const struct vn_wallet *vn_ruleset_wallet(const struct vn_ruleset *ruleset);
/* All of them, the first in front. */
size_t vn_ruleset_wallets(const struct vn_ruleset *ruleset, const struct vn_wallet **out);
/* How many days a receipt's code lets a forgotten card be attached (late.h); 0: not at all. */
int64_t vn_ruleset_late_card_days(const struct vn_ruleset *ruleset);
size_t vn_ruleset_promotion_count(const struct vn_ruleset *ruleset);
size_t vn_ruleset_skipped_count(const struct vn_ruleset *ruleset); /* promotions that need a newer engine */
/* Why the first of them was skipped: VN_UNSUPPORTED, with the line's number and a pointer. Borrowed from the ruleset. */
const struct vn_error *vn_ruleset_skipped(const struct vn_ruleset *ruleset);
/* Whose limit a member's counter is (accounts.h), for who keeps counters: the day on which the period ends that this ruleset
 * counts by it, INT64_MAX when it counts for ever, 0 when no promotion looks at it around `day` (both since 1970, local). */
int64_t vn_ruleset_limit_end(const struct vn_ruleset *ruleset, const char *member, const char *account,
                             int64_t day);
/* The promotion whose limit of that member, count or budget an account is, for who has forgotten what its name was made of; of a
 * limit around `day`, as above. *period_day: as it is in the name. False: no promotion's. Borrowed from the ruleset. */
bool vn_ruleset_limited(const struct vn_ruleset *ruleset, const char *member, const char *account,
                        int64_t day, const char **promotion, int64_t *period_day);
/* What a promotion allows in all, for who keeps the accounts of it (accounts.h); 0: it sets no limit there. */
struct vn_ruleset_limits {
    int64_t member; /* receipts of one member in a period */
    int64_t count;  /* applications in the chain */
    int64_t budget_minor;
};
/* False: the ruleset has no such promotion, or no period of its limit begins on that local day (since 1970; 0: ever). */
bool vn_ruleset_limits(const struct vn_ruleset *ruleset, const char *promotion, int64_t day,
                       struct vn_ruleset_limits *out);
size_t vn_ruleset_card_ranges(const struct vn_ruleset *ruleset, const struct vn_card_range **out);
/* The promotion's name in `locale` ("sr@latin"), else in English, else its id. Borrowed from the ruleset. */
const char *vn_ruleset_promotion_name(const struct vn_ruleset *ruleset, const char *promotion,
                                      const char *locale);

#endif
