/* The scratch of a quote, and the steps that work on it in the order of quote.c. Not for other boxes.
 *
 * Everything is an index into fixed arrays; nothing is allocated while quoting. Lines are sorted by id and units follow
 * their lines, so that the order in which a POS sends lines has no say. */
#ifndef VN_LOYALTY_QUOTE_WORK_H
#define VN_LOYALTY_QUOTE_WORK_H

#include "agent/loyalty/money.h"
#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/compiled.h"

/* A line with its corrections netted. */
struct vn_work_line {
    const struct vn_line *line;
    const struct vn_item *item;
    int64_t qty_milli, amount_minor, list_minor;
    bool counts; /* goods or weighed, with something left: what promotions, points and thresholds may see */
    unsigned forbids;    /* VN_FORBID_ */
    size_t first, count; /* its units */
    int64_t discount_minor;
    int64_t base_minor; /* scratch of one reward */
};

/* One whole piece, or all of a line that has no whole pieces. */
struct vn_unit {
    uint16_t line;
    bool whole;
    bool taken; /* serves in an application of the group that is being tried, or is kept for a gift */
    bool given; /* a gift made it free */
    /* The gift that holds it, or that it is kept for, in the group at hand; NULL: none. With `all` nothing is held. */
    const struct vn_promotion *keeper;
    int64_t qty_milli;
    int64_t list_minor;
    int64_t running_minor; /* what is left to pay */
    int64_t relief_minor;  /* its share of negative lines that name none: already off `running` */
    int64_t begun_minor;   /* `running` when the group at hand began */
    int64_t floor_minor;   /* the highest of: the floor, the cap a unit, the law's minimum price */
    int64_t law_minor;     /* the law's minimum price alone: what holds a gift */
    int64_t off_minor;     /* what the reward at hand would take off */
    bool meant;            /* a reward of the promotion at hand means it */
    int64_t earlier_minor; /* what earlier rewards of the promotion at hand would take off */
    int64_t paid_minor;    /* what points as tender pay of `running` */
    int64_t factor_bp;     /* points: 10000 = base rate */
};

struct vn_verdict {
    enum vn_reason reason;
    int64_t missing, worth_minor;
    bool near;                              /* near enough to be told */
    int64_t next_missing, next_worth_minor; /* APPLIED: to the ladder's next step; 0: none is near */
};

/* A promotion that applied, for what follows from it after the prices: points, stamps, coupons, tags, sentences. */
struct vn_applied {
    uint16_t promotion;             /* vn_work_promotion */
    const struct vn_coupon *coupon; /* that it used up; NULL: none */
    int64_t times; /* applications: pieces or sets; 1 for a reward on the basket or without price */
    int64_t discount_minor;
    int64_t gifts_missing; /* pieces of its gift that are not in the basket */
    size_t rows;           /* that it hands over, its gift among them, as things stood when it was taken */
};

/* The promotion that a coupon with terms of its own amounts to, under the id "~" and its label. */
struct vn_own_terms {
    struct vn_promotion promotion;
    struct vn_reward reward;
    struct vn_selector selector;
    const char *codes[VN_COUPON_CODES_MAX];
    char id[VN_ID_MAX];
    const struct vn_coupon *coupon;
};

struct vn_match_memo; /* reckon/match.h */
struct vn_best_work;  /* reckon/best_work.h */

struct vn_quote_work {
    const struct vn_quote_input *input;
    const struct vn_ruleset *ruleset;
    struct vn_outcome *out;
    struct vn_error *error;
    bool unbounded;        /* as if there were a right to everything (wants.h) */
    int64_t local_minute;  /* of the store, at the first line */
    uint64_t store_groups; /* bit n: the store is in ruleset->store_groups[n] */
    int64_t goods_minor;   /* list amounts of all goods */
    int64_t looks;         /* at pieces, so far (VN_QUOTE_LOOKS_MAX) */
    size_t line_count, unit_count, candidate_count, pick_count;
    struct vn_work_line lines[VN_LINES_MAX];
    struct vn_unit units[VN_UNITS_MAX];
    uint16_t order[VN_UNITS_MAX];
    uint16_t picks[VN_UNITS_MAX];    /* units that the reward at hand is about, ascending */
    uint16_t by_price[VN_UNITS_MAX]; /* all units, the dearest first, by the price that `priced` says */
    enum vn_priced { VN_PRICED_NOT, VN_PRICED_LIST, VN_PRICED_RUNNING } priced;
    int64_t weights[VN_UNITS_MAX], parts[VN_UNITS_MAX];
    struct vn_spread_scratch spread;
    uint64_t seen[VN_PROMOTIONS_MAX / 64 + 1]; /* bit n: promotion n is in scope */
    /* Numbers of promotions (vn_work_promotion), in the order in which they are tried. */
    uint16_t candidates[VN_PROMOTIONS_MAX + VN_COUPONS_MAX];
    struct vn_verdict verdicts[VN_PROMOTIONS_MAX + VN_COUPONS_MAX]; /* of candidates, same index */
    bool promised[VN_PROMOTIONS_MAX + VN_COUPONS_MAX];              /* gifts.c: of candidates, same index */
    size_t own_count;
    struct vn_own_terms own[VN_COUPONS_MAX];
    size_t applied_count;
    struct vn_applied applied[VN_APPLICATIONS_MAX];
    struct vn_match_memo *match;
    struct vn_best_work *best;
};

/* What a reward would do: `reason` is VN_REASON_APPLIED if it has something to give. */
struct vn_offer {
    enum vn_reason reason;
    int64_t missing, least; /* of a condition: what is missing of how much; no `least`: not to be hinted at */
    int64_t worth_minor;
    int64_t times;                          /* applications: pieces or sets */
    int64_t gifts_missing;                  /* pieces of a gift that are not in the basket */
    int64_t next_missing, next_worth_minor; /* as in vn_verdict */
    bool guessed; /* a bundle whose parts share pieces: other pieces might give more */
};

static inline int64_t vn_unit_room(const struct vn_unit *unit)
{
    int64_t room = unit->running_minor - unit->floor_minor;
    return room > 0 ? room : 0;
}

/* Units of one line of which every reward takes the same off. */
static inline bool vn_unit_is_like(const struct vn_unit *a, const struct vn_unit *b)
{
    return a->line == b->line && a->list_minor == b->list_minor && a->running_minor == b->running_minor &&
           a->paid_minor == b->paid_minor && a->floor_minor == b->floor_minor &&
           a->law_minor == b->law_minor && a->given == b->given;
}

static inline bool vn_group_is_all(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return work->ruleset->groups[promotion->group].choice == VN_CHOICE_ALL;
}

/* Numbers from VN_PROMOTIONS_MAX on are coupons with terms of their own, whose promotions stand in the work. */
static inline const struct vn_promotion *vn_work_promotion(const struct vn_quote_work *work, size_t number)
{
    return number < VN_PROMOTIONS_MAX ? &work->ruleset->promotions[number]
                                      : &work->own[number - VN_PROMOTIONS_MAX].promotion;
}

/* units.c: checks the basket, nets corrections and cuts lines into units. VN_INPUT with the place. */
VN_MUST_USE enum vn_status vn_units_expand(struct vn_quote_work *work);
/* A group begins: all units are free, and `running` is what its spend thresholds are measured on. */
void vn_units_begin_group(struct vn_quote_work *work);

/* candidates.c: promotions that the goods, the member or presented coupons bring into scope, in the order in which they are
 * tried. */
void vn_candidates_collect(struct vn_quote_work *work);

/* scope.c: the conditions that need no goods, then those that do. *coupon is the coupon that an application uses up. */
enum vn_reason vn_scope_gate(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                             const struct vn_coupon **coupon);
void vn_scope_conditions(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         struct vn_offer *offer);
/* The number of a reason that comes from a condition: days, visits or stamps that are missing; 0: none. */
int64_t vn_scope_missing(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                         enum vn_reason reason);
/* The gate's reason is a card, a way to pay or the hub, and nothing that is asked after it is missing too. Other reasons:
 * true. */
bool vn_scope_lacks_alone(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                          enum vn_reason reason);
/* audience.c: who the customer is. A card of a known member that is not blocked is there (APPLIED), or why not. */
enum vn_reason vn_audience_judge_card(const struct vn_quote_work *work);
/* The card that is there counts for nothing: it is blocked, or its holder's own login is the one that sells. */
bool vn_audience_is_blocked(const struct vn_quote_work *work);
/* Any member is meant, as far as can be said before his card is there. */
bool vn_audience_asks_card_alone(const struct vn_promotion *promotion);
/* The gate's part about members; *missing as in vn_scope_missing. */
enum vn_reason vn_audience_judge(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                 int64_t *missing);
/* The member (NULL: nobody) is in one of the segments (key VN_SYMBOL_SEGMENT) or clubs. */
bool vn_audience_is_of(const struct vn_member *member, unsigned key, const struct vn_terms *terms);
/* The local day of the birthday or anniversary in whose window today is; else false, and the next one. */
bool vn_audience_occasion_day(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              int64_t *occasion);
/* Days until the window after the one that today is in opens; 0: today is in none. */
int64_t vn_audience_next_window(const struct vn_quote_work *work, const struct vn_promotion *promotion);
const char *vn_audience_member_id(const struct vn_member *member);
int64_t vn_audience_counter(const struct vn_member *member, const char *account);

/* coupons.c: the coupon that the promotion would use up, and whether it may. */
enum vn_reason vn_coupon_choose(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                const struct vn_coupon **coupon);
/* Makes work->own of the presented coupons that have terms. */
void vn_coupons_own(struct vn_quote_work *work);

/* What the basket has of a selector in money, for thresholds: list amounts, or what was left to pay when the group began. */
int64_t vn_scope_spend(const struct vn_quote_work *work, const struct vn_selector *selector, bool running);
/* The member's row (not NULL) is not older than the ruleset allows. */
bool vn_scope_is_fresh(const struct vn_quote_work *work);
/* What may be taken out of an account beyond what this outcome takes already. */
int64_t vn_scope_available(const struct vn_quote_work *work, const char *account);

/* limits.c: how often, and for how much, a promotion may still apply on this receipt (limits, rights, caps). INT64_MAX: no
 * limit. When either is 0, *why says it. Both count what this outcome holds already. */
int64_t vn_limits_times(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                        enum vn_reason *why);
int64_t vn_limits_money(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                        enum vn_reason *why);
/* The account of the member's limit (there is one, and a member); the day on which its period began, 0: ever. */
int64_t vn_limits_member_account(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                 char out[VN_ID_MAX]);
/* What the receipt's own maximum leaves to all promotions together. */
int64_t vn_limits_receipt(const struct vn_quote_work *work);
/* No right is needed: the promotion takes the risk, and the hub is away. */
bool vn_limits_may_risk(const struct vn_quote_work *work, const struct vn_promotion *promotion);
/* Stamps on the member's card that neither a reward nor this outcome has used up, and their account. */
int64_t vn_limits_stamps(const struct vn_quote_work *work, const char *card, char account[VN_ID_MAX]);
/* Days until the member's limit begins anew: with the next period, or of a birthday's year with the next window; 0: never. */
int64_t vn_limits_days_left(const struct vn_quote_work *work, const struct vn_promotion *promotion);
/* Writes down what an application uses up: its limits, stamps and coupon. False when the outcome has no room for it. */
bool vn_limits_consume(struct vn_quote_work *work, const struct vn_applied *applied);

/* pick.c: fills `picks` with the free units that a reward means and the law allows. */
enum vn_reason vn_pick(struct vn_quote_work *work, const struct vn_promotion *promotion,
                       const struct vn_reward *reward, unsigned forbids, bool whole_alone);
/* Sorts the picks by price, the dearest first. */
void vn_pick_sort_by_price(struct vn_quote_work *work, bool running);
void vn_pick_sort_by_place(struct vn_quote_work *work);
/* All units, the dearest first: sorted again when prices have changed. */
const uint16_t *vn_units_by_price(struct vn_quote_work *work, bool running);
int64_t vn_unit_base(const struct vn_unit *unit, bool running);

/* group.c: one group: its candidates are [from, to) of work->candidates. Judges each, by the group's choice. */
VN_MUST_USE enum vn_status vn_group_run(struct vn_quote_work *work, size_t from, size_t to);

/* best_units.c: the scratch of groups whose choice is `best`; some MB, of which a till touches what its groups need. */
VN_MUST_USE enum vn_status vn_best_create(struct vn_best_work **out);
void vn_best_destroy(struct vn_best_work *best);
/* A quote begins: its groups have VN_BEST_STEPS_MAX steps together, and as many have all bundles whose parts share pieces. */
void vn_best_begin(struct vn_best_work *best);

/* stage_units.c (per-piece and set rewards), stage_basket.c (rewards on what is left of a selector's lines), earning.c: what
 * the rewards would do to the free units; fills picks and their off_minor (earning: nothing). */
VN_MUST_USE enum vn_status vn_stage_units(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                          struct vn_offer *offer);
VN_MUST_USE enum vn_status vn_stage_basket(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                           struct vn_offer *offer);
/* What a reward on the basket takes off at the step that it stands at, which does not hang on what is free: a share of the bases,
 * or (rate 0) an amount. False: nothing. */
bool vn_stage_basket_step(const struct vn_quote_work *work, const struct vn_reward *reward, int64_t *rate_bp,
                          int64_t *amount_minor);
VN_MUST_USE enum vn_status vn_stage_earning(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                            struct vn_offer *offer);
/* Spreads `total` over the picks' off_minor by their room, or by what `weigh` says of each: over lines first, then over each
 * line's units. `total` is no more than all of them together. */
VN_MUST_USE enum vn_status vn_spread_over_picks(struct vn_quote_work *work, int64_t total);
VN_MUST_USE enum vn_status vn_spread_over_picks_by(struct vn_quote_work *work, int64_t total,
                                                   int64_t (*weigh)(const struct vn_unit *unit));

/* apply.c: takes off_minor of the picks off, and records it. False when the outcome has no room for it. */
bool vn_apply_discount(struct vn_quote_work *work, const char *promotion, enum vn_stage stage);
bool vn_apply_discount_fits(const struct vn_quote_work *work);
/* The wallet ("": the first) has a row in the outcome (points.h). */
void vn_apply_points(struct vn_quote_work *work, const char *promotion, const char *wallet, int64_t points);
/* Marks the picks, and the units that met the quantity conditions, as serving. */
void vn_apply_taken(struct vn_quote_work *work, const struct vn_promotion *promotion);
/* False when there is no room for another account. */
bool vn_apply_consumption(struct vn_quote_work *work, const char *account, int64_t amount, bool risk);
/* The outcome can take so many more applications; places are kept for the base points of each wallet. */
bool vn_apply_has_room(const struct vn_quote_work *work, size_t rows);

/* points.c: the ranges that may be spent, and spending: as a discount before the tenders, then as tenders. */
VN_MUST_USE enum vn_status vn_points_spend(struct vn_quote_work *work);
VN_MUST_USE enum vn_status vn_points_tender(struct vn_quote_work *work);
/* What points are worth, rounded down; false when out of range. */
bool vn_points_value(const struct vn_wallet *wallet, int64_t points, int64_t *minor);

/* earning.c: base points by the header; then each promotion of the stage adds to what the receipt earns, counting as many
 * pieces as its offer said (`times`). */
VN_MUST_USE enum vn_status vn_earning_base(struct vn_quote_work *work);
VN_MUST_USE enum vn_status vn_earning_apply(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                            int64_t times);
/* What earlier promotions give in points; caps and what the lines earned on. After the stage's own promotions. */
VN_MUST_USE enum vn_status vn_earning_close(struct vn_quote_work *work);

/* The reward is in points of a wallet that is accepted here. */
bool vn_earning_accepts(const struct vn_quote_work *work, const struct vn_reward *reward);
/* What a points reward gives on one unit of which so much is paid, in 1/1000 minor units, rounded down; 0 for a bonus, which
 * is for the receipt. False when out of range. */
bool vn_earning_unit_value(const struct vn_quote_work *work, const struct vn_reward *reward,
                           int64_t paid_minor, int64_t *value);

/* given.c: coupons, tags, stamps, gifts and sentences of what applied. funding.c: who pays. */
void vn_given_close(struct vn_quote_work *work);
/* Rows of the outcome for all that the promotion hands over, with its gift if pieces of it are missing. */
size_t vn_given_rows(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                     int64_t gifts_missing);
/* The outcome can take so many more, beside what was promised before. */
bool vn_given_has_room(const struct vn_quote_work *work, size_t rows);
VN_MUST_USE enum vn_status vn_funding_split(struct vn_quote_work *work);

/* explain.c */
/* What the customer can still do something about, and is at least half-way to. */
bool vn_explain_is_near(const struct vn_promotion *promotion, const struct vn_offer *offer);
void vn_explain_add(struct vn_quote_work *work, const char *promotion, const struct vn_verdict *verdict);
void vn_explain_all(struct vn_quote_work *work);

/* quote.c: the same quote as if there were a right to everything. */
VN_MUST_USE enum vn_status vn_quote_unbounded(struct vn_quote_work *work, const struct vn_quote_input *input,
                                              struct vn_outcome *out);

/* "sums out of range", for products and sums that leave their type. */
VN_MUST_USE enum vn_status vn_quote_overflow(struct vn_quote_work *work);

#endif
