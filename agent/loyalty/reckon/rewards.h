/* Rewards on units: each piece by itself, or sets of pieces. Not for other boxes.
 *
 * Percentages are rounded half away from zero once a piece, and nothing goes below a piece's floor; a gift goes down to
 * what the law lets it cost. So it does not matter how a POS splits its lines. */
#ifndef VN_LOYALTY_REWARDS_H
#define VN_LOYALTY_REWARDS_H

#include "agent/loyalty/reckon/match.h"

static inline bool vn_reward_is_set(const struct vn_reward *reward)
{
    return reward->kind == VN_REWARD_NTH || reward->kind == VN_REWARD_BUY_GET ||
           reward->kind == VN_REWARD_BUNDLE;
}

static inline bool vn_reward_is_gift(const struct vn_promotion *promotion)
{
    return promotion->rewards[0].kind == VN_REWARD_GIFT;
}

/* A reward on units, whatever the group's stage. */
bool vn_reward_is_on_units(const struct vn_quote_work *work, const struct vn_promotion *promotion);
/* What the law forbids where the promotion takes something off. */
unsigned vn_reward_forbids(const struct vn_promotion *promotion);

/* per_piece.c: what the promotion takes off a unit: by the first of its per-piece rewards that means the line. False when it
 * does not fit. */
VN_MUST_USE bool vn_piece_off(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              size_t unit, int64_t *off);
/* A rate of the unit's base, within its room. */
VN_MUST_USE bool vn_piece_rate_off(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                   const struct vn_unit *unit, int64_t *off);
/* The offer of per-piece rewards, `times` pieces at most, those that give most. */
VN_MUST_USE enum vn_status vn_pieces_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                           int64_t times, struct vn_offer *offer);

/* sets.c: the offer of a set reward, `times` sets at most. */
VN_MUST_USE enum vn_status vn_sets_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                         int64_t times, struct vn_offer *offer);
/* Adds up what `count` pieces from `first` on would give; their off_minor is set. False when it does not fit. */
VN_MUST_USE bool vn_set_give(struct vn_quote_work *work, const struct vn_promotion *promotion,
                             const uint16_t *first, size_t count, int64_t *worth);
/* So many pieces of a set are missing. */
void vn_set_fall_short(struct vn_quote_work *work, int64_t least, int64_t missing, struct vn_offer *offer);
/* nth.c: the same of n-th pieces. */
VN_MUST_USE enum vn_status vn_nth_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                        int64_t times, struct vn_offer *offer);
/* Lowers what the picks have off to `most` in all, in proportion. */
VN_MUST_USE enum vn_status vn_picks_cap(struct vn_quote_work *work, int64_t total, int64_t most);

/* best_units.c: the offer of a bundle whose parts share pieces; there are enough for a set. `roles` counts each free piece once
 * for each part that it fits. *searched is false, and nothing offered, when the steps that such bundles have in a quote
 * do not last for so many. */
VN_MUST_USE enum vn_status vn_best_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                          int64_t times, int64_t roles, struct vn_offer *offer,
                                          bool *searched);

/* best_units.c: a group of unit or earning promotions by choice `best`; best_order.c: with rewards on the basket. */
VN_MUST_USE enum vn_status vn_best_run_units(struct vn_quote_work *work, size_t from, size_t to);
VN_MUST_USE enum vn_status vn_best_run_order(struct vn_quote_work *work, size_t from, size_t to);

/* group.c */
struct vn_judged {
    size_t candidate;
    const struct vn_coupon *coupon;
    struct vn_offer offer; /* APPLIED: it may be taken */
};
/* True when the quote has looked `most` times at pieces: the candidate gets its verdict without being tried, and nothing is
 * proved any more. */
bool vn_group_passes_over(struct vn_quote_work *work, size_t candidate, int64_t most);
/* Judges a candidate by what is free now, and leaves its verdict; takes nothing. */
VN_MUST_USE enum vn_status vn_group_judge(struct vn_quote_work *work, size_t candidate,
                                          struct vn_judged *out);
/* Takes the offer that the picks stand for; `serve` marks further units that meet the quantity conditions. */
VN_MUST_USE enum vn_status vn_group_take(struct vn_quote_work *work, struct vn_judged *judged, bool serve);
VN_MUST_USE enum vn_status vn_group_offer(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                          struct vn_offer *offer);
void vn_group_verdict(struct vn_quote_work *work, const struct vn_judged *judged);

/* gifts.c. A group whose choice is `first` begins: what its gifts make free is kept for them. */
VN_MUST_USE enum vn_status vn_gifts_keep(struct vn_quote_work *work, size_t from, size_t to);
/* vn_group_judge in such a group: what is kept for the promotion is free for it. */
VN_MUST_USE enum vn_status vn_gifts_judge(struct vn_quote_work *work, size_t candidate,
                                          struct vn_judged *out);
/* The promotion has had its turn: what it did not take is kept for it no longer. */
void vn_gifts_release(struct vn_quote_work *work, const struct vn_promotion *promotion);
/* The promotion has taken the picks (and, with `serve`, what vn_apply_taken marked): no other gift has them. */
void vn_gifts_hold(struct vn_quote_work *work, const struct vn_promotion *promotion, bool serve);
/* Pieces of a gift that the POS has yet to add. */
int64_t vn_gifts_missing(const struct vn_quote_work *work, const struct vn_promotion *promotion);

#endif
