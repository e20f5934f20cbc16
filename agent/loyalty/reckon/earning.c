/* Points for what is really paid: after all discounts, and without what points paid.
 *
 * Each unit has a factor, 10000 for the base rate, and every multiplier adds to it what it gives beyond the base (two
 * doubles are a triple). The receipt's points are floored once for each wallet; what a multiplier gave is how much the
 * floored sum grew when it was added, so that the parts add up. Multipliers are of the first wallet; further wallets earn
 * their base and what rewards name them. Points for spend are floored once for each reward, points for pieces count pieces
 * of which something is paid. Beyond a wallet's maximum for a receipt, or a member's for a day, nothing is added: what came first
 * keeps its part.
 *
 * Rewards in points come from promotions of the stage, and from promotions that applied before it. The former find the goods
 * that are free in their group; the latter look at all goods that they name. A card that is not known here earns the base
 * alone, provisionally. */
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/points.h"

/* What one reward gives. */
struct gain {
    enum vn_reason reason;
    int64_t points;
    int64_t pieces; /* that it counted, at least 1 */
    bool cut;       /* the wallet's maximum left fewer points */
};

static bool earns(const struct vn_quote_work *work, const struct vn_unit *unit)
{
    return (work->lines[unit->line].forbids & VN_FORBID_EARN) == 0;
}

static bool is_points(const struct vn_reward *reward)
{
    return reward->kind >= VN_REWARD_POINTS_PER_SPEND && reward->kind <= VN_REWARD_POINTS_BONUS;
}

/* The terms of the wallet that a reward gives to; NULL when the ruleset or the member has no such one. */
static const struct vn_wallet *wallet_of(const struct vn_quote_work *work, const struct vn_reward *reward)
{
    if (reward->wallet == NULL || reward->wallet[0] == '\0') {
        return &work->ruleset->wallets[0];
    }
    for (unsigned i = 1; i < work->ruleset->wallet_count; i++) {
        if (strcmp(work->ruleset->wallets[i].id, reward->wallet) == 0) {
            return vn_points_row(work, reward->wallet) == NULL ? NULL : &work->ruleset->wallets[i];
        }
    }
    return NULL;
}

/* What the wallet's maxima, of a receipt and of a day, leave of so many points. */
static int64_t within_maximum(const struct vn_quote_work *work, const struct vn_wallet *terms, int64_t points)
{
    const struct vn_member *member = work->input->member;
    if (terms->earn_max_receipt == 0 && terms->earn_max_day == 0) {
        return points;
    }
    int64_t earned = terms->id[0] == '\0' ? work->out->points_earned : vn_points_row(work, terms->id)->earned;
    int64_t left = terms->earn_max_receipt == 0 ? points : terms->earn_max_receipt - earned;
    if (terms->earn_max_day > 0) {
        int64_t today = terms->earn_max_day - (member == NULL ? 0 : member->earned_today) - earned;
        left = today < 0 ? 0 : today < left ? today : left;
    }
    return points < left ? points : left;
}

/* Points of the receipt at a wallet's base rate: for the first by the factors as they are, with `extra_bp` for the picks. */
static bool receipt_points(const struct vn_quote_work *work, const struct vn_wallet *terms, int64_t extra_bp,
                           int64_t *points)
{
    bool first = terms->id[0] == '\0';
    int64_t sum = 0;
    size_t pick = 0;
    *points = 0;
    if (terms->earn_points == 0) {
        return true;
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        int64_t factor = first ? unit->factor_bp : VN_BP_WHOLE;
        if (extra_bp != 0 && pick < work->pick_count && work->picks[pick] == u) {
            factor += extra_bp;
            pick++;
        }
        int64_t part = 0;
        if (earns(work, unit) && (__builtin_mul_overflow(vn_unit_unpaid(unit), factor, &part) ||
                                  __builtin_add_overflow(sum, part, &sum))) {
            return false;
        }
    }
    /* floored twice is floored once: both divisors are whole numbers */
    bool fits = vn_money_mul_div(sum, terms->earn_points, terms->earn_per_minor, VN_ROUND_DOWN, points);
    *points /= VN_BP_WHOLE;
    return fits;
}

enum vn_status vn_earning_base(struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (member == NULL || vn_audience_is_blocked(work)) {
        return VN_OK;
    }
    work->out->provisional = !member->known;
    for (unsigned i = 0; i < work->ruleset->wallet_count; i++) {
        const struct vn_wallet *terms = &work->ruleset->wallets[i];
        int64_t points = 0;
        if (i > 0 && vn_points_row(work, terms->id) == NULL) {
            continue;
        }
        if (!receipt_points(work, terms, 0, &points)) {
            return vn_quote_overflow(work);
        }
        points = within_maximum(work, terms, points);
        if (points > 0) {
            vn_apply_points(work, "", terms->id, points);
        }
    }
    return VN_OK;
}

/* Picks what a reward means and the law lets earn; with `free_alone` without what serves in the group already. */
static enum vn_reason pick(struct vn_quote_work *work, const struct vn_reward *reward, bool free_alone)
{
    bool matching = false;
    bool lawful = false;
    bool free = false;
    work->pick_count = 0;
    for (size_t l = 0; l < work->line_count; l++) {
        const struct vn_work_line *at = &work->lines[l];
        if (!at->counts || !vn_match_line(work, reward->selector, l)) {
            continue;
        }
        matching = true;
        if ((at->forbids & VN_FORBID_EARN) != 0) {
            continue;
        }
        lawful = true;
        for (size_t u = at->first; u < at->first + at->count; u++) {
            if (free_alone && work->units[u].taken) {
                continue;
            }
            free = true;
            if (vn_unit_unpaid(&work->units[u]) > 0) {
                work->picks[work->pick_count++] = (uint16_t)u;
            }
        }
    }
    return work->pick_count > 0 ? VN_REASON_APPLIED
           : free               ? VN_REASON_CAPPED
           : lawful             ? VN_REASON_OUTBID
           : matching           ? VN_REASON_LAW
                                : VN_REASON_NOTHING_MATCHES;
}

static bool spend_points(const struct vn_quote_work *work, const struct vn_reward *reward, int64_t *points)
{
    int64_t paid = 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        paid += vn_unit_unpaid(&work->units[work->picks[i]]);
    }
    return vn_money_mul_div(paid, reward->points, reward->per_minor, VN_ROUND_DOWN, points);
}

static bool multiplied(const struct vn_quote_work *work, const struct vn_reward *reward, int64_t *points)
{
    const struct vn_wallet *terms = &work->ruleset->wallets[0];
    int64_t before = 0;
    int64_t after = 0;
    bool fits = receipt_points(work, terms, 0, &before) &&
                receipt_points(work, terms, reward->rate_bp - VN_BP_WHOLE, &after);
    *points = after - before;
    return fits;
}

/* Narrows the picks to the `most` dearest, in their order again. */
static void keep_dearest(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t most)
{
    if (most < (int64_t)work->pick_count) {
        vn_pick_sort_by_price(work, work->ruleset->groups[promotion->group].running);
        work->pick_count = (size_t)most;
        vn_pick_sort_by_place(work);
    }
}

/* What a points reward gives on the picks; of pieces it counts `times` at most, the dearest. */
static enum vn_status reckon(struct vn_quote_work *work, const struct vn_promotion *promotion,
                             const struct vn_reward *reward, int64_t times, struct gain *gain)
{
    bool fits = true;
    switch (reward->kind) {
    case VN_REWARD_POINTS_PER_SPEND: fits = spend_points(work, reward, &gain->points); break;
    case VN_REWARD_POINTS_MULTIPLIER: fits = multiplied(work, reward, &gain->points); break;
    case VN_REWARD_POINTS_PER_UNIT:
        keep_dearest(work, promotion, times);
        gain->pieces = (int64_t)work->pick_count;
        fits = !__builtin_mul_overflow(gain->pieces, reward->points, &gain->points);
        break;
    default: gain->points = reward->points; break;
    }
    fits = fits && gain->points <= VN_AMOUNT_MAX;
    int64_t most = within_maximum(work, wallet_of(work, reward), gain->points);
    gain->cut = most < gain->points;
    gain->points = most;
    gain->reason = gain->points > 0 ? VN_REASON_APPLIED : VN_REASON_CAPPED;
    return fits ? VN_OK : vn_quote_overflow(work);
}

/* A bonus is for the receipt and what is handed over is not reckoned: only what met their conditions serves. */
static bool takes_units(const struct vn_reward *reward)
{
    return is_points(reward) && reward->kind != VN_REWARD_POINTS_BONUS;
}

/* Pieces that served already are of no use to it. In a `best` group of this stage what takes no piece competes with nothing. */
static bool asks_for_free(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                          const struct vn_reward *reward)
{
    const struct vn_group *group = &work->ruleset->groups[promotion->group];
    bool beside = group->stage == VN_STAGE_EARNING && group->choice == VN_CHOICE_BEST &&
                  promotion->cond.quantity_count == 0 && !takes_units(reward);
    return group->choice != VN_CHOICE_ALL && !beside;
}

/* Picks for a reward and reckons it; what is not in points asks for goods that are paid for alone. */
static enum vn_status gain_of(struct vn_quote_work *work, const struct vn_promotion *promotion,
                              const struct vn_reward *reward, int64_t times, struct gain *gain)
{
    *gain = (struct gain){.reason = pick(work, reward, asks_for_free(work, promotion, reward)), .pieces = 1};
    if (gain->reason != VN_REASON_APPLIED || !is_points(reward)) {
        return VN_OK;
    }
    if (wallet_of(work, reward) == NULL) {
        gain->reason = VN_REASON_NOTHING_MATCHES;
        return VN_OK;
    }
    return reckon(work, promotion, reward, times, gain);
}

static void mark_picks(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->pick_count; i++) {
        work->units[work->picks[i]].meant = true;
    }
}

static void pick_marked(struct vn_quote_work *work)
{
    work->pick_count = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        if (work->units[u].meant) {
            work->picks[work->pick_count++] = (uint16_t)u;
        }
    }
}

static void clear_marks(struct vn_quote_work *work)
{
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].meant = false;
    }
}

static enum vn_status add_worth(struct vn_quote_work *work, const struct vn_reward *reward,
                                const struct gain *gain, struct vn_offer *offer)
{
    int64_t worth = 0;
    if (is_points(reward) && (!vn_points_value(wallet_of(work, reward), gain->points, &worth) ||
                              __builtin_add_overflow(offer->worth_minor, worth, &offer->worth_minor))) {
        return vn_quote_overflow(work);
    }
    return VN_OK;
}

enum vn_status vn_stage_earning(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                struct vn_offer *offer)
{
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED, .times = 0};
    work->pick_count = 0;
    int64_t times = vn_limits_times(work, promotion, &offer->reason);
    if (times == 0 && offer->reason != VN_REASON_NEEDS_MEMBER) {
        return VN_OK;
    }
    times = times == 0 ? INT64_MAX : times; /* it tells what a card would give */
    enum vn_reason refused = VN_REASON_APPLIED;
    clear_marks(work);
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        struct gain gain;
        enum vn_status status = gain_of(work, promotion, reward, times, &gain);
        if (status == VN_OK && gain.reason == VN_REASON_APPLIED) {
            status = add_worth(work, reward, &gain, offer);
            offer->times = gain.pieces > offer->times ? gain.pieces : offer->times;
            if (takes_units(reward)) {
                mark_picks(work);
            }
        } else if (refused == VN_REASON_APPLIED) {
            refused = gain.reason;
        }
        if (status != VN_OK) {
            return status;
        }
    }
    pick_marked(work);
    offer->reason = offer->times == 0 ? refused
                    : !vn_given_has_room(work, vn_given_rows(work, promotion, 0)) ||
                            !vn_apply_has_room(work, promotion->reward_count)
                        ? VN_REASON_CAPPED
                        : VN_REASON_APPLIED;
    return VN_OK;
}

/* A wallet's maximum cut points that `best` had weighed whole, against money or against points of another wallet. */
static void note_cut(struct vn_quote_work *work, const struct vn_promotion *promotion,
                     const struct gain *gain)
{
    const struct vn_group *group = &work->ruleset->groups[promotion->group];
    bool alike = group->stage == VN_STAGE_EARNING && work->ruleset->wallet_count == 1;
    if (gain->cut && group->choice == VN_CHOICE_BEST && !alike) {
        work->out->optimal = false;
    }
}

/* Adds one reward's points and factors. */
static void take(struct vn_quote_work *work, const struct vn_promotion *promotion,
                 const struct vn_reward *reward, int64_t points)
{
    if (reward->kind == VN_REWARD_POINTS_MULTIPLIER) {
        for (size_t i = 0; i < work->pick_count; i++) {
            work->units[work->picks[i]].factor_bp += reward->rate_bp - VN_BP_WHOLE;
        }
    }
    vn_apply_points(work, promotion->id, wallet_of(work, reward)->id, points);
}

enum vn_status vn_earning_apply(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                int64_t times)
{
    clear_marks(work);
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        struct gain gain;
        enum vn_status status = gain_of(work, promotion, reward, times, &gain);
        if (status != VN_OK) {
            return status;
        }
        note_cut(work, promotion, &gain);
        if (gain.reason == VN_REASON_APPLIED && is_points(reward)) {
            take(work, promotion, reward, gain.points);
            if (takes_units(reward)) {
                mark_picks(work);
            }
        }
    }
    pick_marked(work);
    vn_apply_taken(work, promotion);
    return VN_OK;
}

/* The points that a promotion of an earlier stage gives beside its prices: for no more pieces than its limit of a receipt. */
static enum vn_status follow(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    int64_t most = promotion->limits.per_receipt > 0 ? promotion->limits.per_receipt : INT64_MAX;
    for (uint32_t i = promotion->price_count; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        if (!is_points(reward) || wallet_of(work, reward) == NULL ||
            pick(work, reward, false) != VN_REASON_APPLIED) {
            continue;
        }
        struct gain gain = {.pieces = 1};
        enum vn_status status = reckon(work, promotion, reward, most, &gain);
        if (status != VN_OK) {
            return status;
        }
        note_cut(work, promotion, &gain);
        if (gain.reason != VN_REASON_APPLIED) {
            continue;
        }
        if (vn_apply_has_room(work, 1)) {
            take(work, promotion, reward, gain.points);
        } else {
            const struct vn_verdict verdict = {.reason = VN_REASON_CAPPED, .missing = gain.points};
            vn_explain_add(work, promotion->id, &verdict);
        }
    }
    return VN_OK;
}

/* What each line earned on, in minor units at the base rate. */
static enum vn_status note_lines(struct vn_quote_work *work)
{
    for (size_t l = 0; l < work->line_count; l++) {
        const struct vn_work_line *at = &work->lines[l];
        int64_t sum = 0;
        for (size_t u = at->first; at->counts && u < at->first + at->count; u++) {
            const struct vn_unit *unit = &work->units[u];
            int64_t part = 0;
            if (earns(work, unit) &&
                (!vn_money_mul_div(vn_unit_unpaid(unit), unit->factor_bp, 1, VN_ROUND_DOWN, &part) ||
                 __builtin_add_overflow(sum, part, &sum))) {
                return vn_quote_overflow(work);
            }
        }
        if (!vn_money_mul_div(sum, 1, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, &work->out->lines[l].earn_minor)) {
            return vn_quote_overflow(work);
        }
    }
    return VN_OK;
}

enum vn_status vn_earning_close(struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (member == NULL || vn_audience_is_blocked(work)) {
        return VN_OK;
    }
    for (size_t i = 0; member->known && i < work->applied_count; i++) {
        const struct vn_promotion *promotion = vn_work_promotion(work, work->applied[i].promotion);
        if (work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING) {
            continue;
        }
        enum vn_status status = follow(work, promotion);
        if (status != VN_OK) {
            return status;
        }
    }
    enum vn_status status = note_lines(work);
    return status == VN_OK ? vn_tier_close(work) : status;
}

/* What so many points are worth in 1/1000 minor units, times the wallet's denominator. */
static bool gross_worth(const struct vn_wallet *terms, int64_t points, int64_t *gross)
{
    return !__builtin_mul_overflow(points, terms->worth_minor_num, gross) &&
           !__builtin_mul_overflow(*gross, 1000, gross);
}

bool vn_earning_accepts(const struct vn_quote_work *work, const struct vn_reward *reward)
{
    return is_points(reward) && wallet_of(work, reward) != NULL;
}

bool vn_earning_unit_value(const struct vn_quote_work *work, const struct vn_reward *reward,
                           int64_t paid_minor, int64_t *value)
{
    const struct vn_wallet *terms = is_points(reward) ? wallet_of(work, reward) : NULL;
    int64_t extra = 0;
    int64_t gross = 0;
    *value = 0;
    if (terms == NULL || paid_minor <= 0) {
        return true;
    }
    bool fits = true;
    switch (reward->kind) {
    case VN_REWARD_POINTS_PER_UNIT: fits = gross_worth(terms, reward->points, value); break;
    case VN_REWARD_POINTS_PER_SPEND:
        fits = gross_worth(terms, reward->points, &gross) &&
               vn_money_mul_div(paid_minor, gross, reward->per_minor, VN_ROUND_DOWN, value);
        break;
    case VN_REWARD_POINTS_MULTIPLIER:
        fits = terms->earn_points == 0 ||
               (gross_worth(terms, terms->earn_points, &gross) &&
                !__builtin_mul_overflow(paid_minor, reward->rate_bp - VN_BP_WHOLE, &extra) &&
                vn_money_mul_div(extra, gross, terms->earn_per_minor, VN_ROUND_DOWN, value));
        *value /= VN_BP_WHOLE;
        break;
    default: break;
    }
    *value /= terms->worth_minor_den; /* floored in steps is floored once */
    return fits;
}
