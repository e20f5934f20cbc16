/* Which pieces are kept for gifts, and which the POS has yet to add.
 *
 * What a customer is told to take must then cost him nothing, and must take nothing from what he gets already. With `first` a
 * discount before the gift could take it; so what a gift that applies makes free is kept for it from the group's beginning,
 * and the others don't see it. `best` needs no such care: a set in which the gift takes the piece that was added is worth
 * more than any before by all that it costs. With `all` a gift takes what the others left of the price.
 *
 * A piece that is there is not replaced, whether it can be free or not: it costs nothing already, or a discount holds it that
 * would hold the next one too. A piece alone that another gift holds is not there for this one. So what is asked for has an
 * end: no more than all gifts and their conditions take together. */
#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/rewards.h"

static const struct vn_promotion *promotion_of(const struct vn_quote_work *work, size_t candidate)
{
    return vn_work_promotion(work, work->candidates[candidate]);
}

int64_t vn_gifts_missing(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_reward *reward = &promotion->rewards[0];
    unsigned forbids = vn_reward_forbids(promotion);
    const struct vn_line_set *goods = vn_match_lines(work, reward->selector);
    int64_t missing = reward->take;
    for (size_t u = 0; u < work->unit_count; u++) {
        const struct vn_unit *unit = &work->units[u];
        if (!vn_line_set_has(goods, unit->line)) {
            continue;
        }
        if (!unit->whole || (work->lines[unit->line].forbids & forbids) != 0) {
            return 0; /* the next one would not be free either */
        }
        bool of_another = unit->given || (unit->keeper != NULL && unit->keeper != promotion);
        missing -= of_another ? 0 : 1;
    }
    return missing > 0 ? missing : 0;
}

void vn_gifts_release(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    for (size_t u = 0; vn_reward_is_gift(promotion) && u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        unit->keeper = unit->keeper == promotion && !unit->taken ? NULL : unit->keeper;
    }
}

/* The gift's turn is as it was in the rehearsal only if what it makes free was kept for it then: else nothing more is asked
 * for, because a discount might take that. */
static void deny(struct vn_quote_work *work, struct vn_judged *judged)
{
    struct vn_offer *offer = &judged->offer;
    if (offer->reason != VN_REASON_APPLIED || offer->gifts_missing == 0 ||
        work->promised[judged->candidate]) {
        return;
    }
    offer->gifts_missing = 0;
    offer->reason = offer->worth_minor > 0 ? VN_REASON_APPLIED : VN_REASON_OUTBID;
    vn_group_verdict(work, judged);
}

enum vn_status vn_gifts_judge(struct vn_quote_work *work, size_t candidate, struct vn_judged *out)
{
    const struct vn_promotion *promotion = promotion_of(work, candidate);
    for (size_t u = 0; vn_reward_is_gift(promotion) && u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        unit->taken = unit->taken && unit->keeper != promotion;
    }
    enum vn_status status = vn_group_judge(work, candidate, out);
    if (status == VN_OK) {
        deny(work, out);
    }
    return status;
}

/* Keeps nothing for the promotion any longer; true when something was kept. */
static bool give_up(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    bool kept = false;
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        kept = kept || unit->keeper == promotion;
        unit->keeper = unit->keeper == promotion ? NULL : unit->keeper;
    }
    return kept;
}

/* The rest of the quote's looks is for what is taken for good. */
static bool is_short_of_looks(const struct vn_quote_work *work)
{
    return work->looks > VN_QUOTE_TRIALS_MAX;
}

/* Goes through the group without taking anything for good. A promised gift that does not apply in its turn, because others hold
 * what its condition counts, is given up; *again when that leaves the others more than they had, or looks run short. */
static enum vn_status rehearse(struct vn_quote_work *work, size_t from, size_t to, bool *again)
{
    enum vn_status status = VN_OK;
    *again = false;
    for (size_t i = from; i < to && status == VN_OK && !*again; i++) {
        struct vn_judged judged;
        if (is_short_of_looks(work)) {
            *again = true;
            break;
        }
        status = vn_gifts_judge(work, i, &judged);
        if (status == VN_OK && judged.offer.reason == VN_REASON_APPLIED) {
            vn_apply_taken(work, promotion_of(work, i));
        } else if (work->promised[i]) {
            work->promised[i] = false;
            *again = give_up(work, promotion_of(work, i));
        }
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].taken = work->units[u].keeper != NULL;
    }
    return status;
}

/* Keeps nothing, and asks for nothing: which gifts come about would take too long to say. */
static void promise_nothing(struct vn_quote_work *work, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        work->promised[i] = false;
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].keeper = NULL;
        work->units[u].taken = false;
    }
    work->out->optimal = false;
}

/* What one gift makes free does not count for the condition of another: so all gifts are given a chance at first, and what
 * comes about then shows in rehearsals, which are the same before and after a piece is added. */
enum vn_status vn_gifts_keep(struct vn_quote_work *work, size_t from, size_t to)
{
    bool doubtful = false;
    enum vn_status status = VN_OK;
    for (size_t i = from; i < to && status == VN_OK; i++) {
        const struct vn_promotion *promotion = promotion_of(work, i);
        struct vn_judged judged;
        work->promised[i] = false;
        if (!vn_reward_is_gift(promotion)) {
            continue;
        }
        if (is_short_of_looks(work)) {
            promise_nothing(work, from, to);
            return VN_OK;
        }
        status = vn_group_judge(work, i, &judged);
        enum vn_reason reason = judged.offer.reason;
        work->promised[i] = reason == VN_REASON_APPLIED || reason == VN_REASON_QUANTITY_SHORT;
        size_t count = work->promised[i] ? work->pick_count : 0;
        for (size_t p = 0; p < count; p++) {
            work->units[work->picks[p]].taken = true;
            work->units[work->picks[p]].keeper = promotion;
        }
        doubtful = doubtful || (count > 0 && promotion->cond.quantity_count > 0);
    }
    while (status == VN_OK && doubtful) {
        status = rehearse(work, from, to, &doubtful);
        if (doubtful && is_short_of_looks(work)) {
            promise_nothing(work, from, to);
            doubtful = false;
        }
    }
    return status;
}

void vn_gifts_hold(struct vn_quote_work *work, const struct vn_promotion *promotion, bool serve)
{
    if (!vn_reward_is_gift(promotion)) {
        return;
    }
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        unit->given = unit->given || unit->off_minor > 0;
    }
    for (size_t u = 0; serve && !vn_group_is_all(work, promotion) && u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        unit->keeper = unit->meant ? promotion : unit->keeper;
    }
}
