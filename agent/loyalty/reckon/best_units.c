/* Groups of rewards on units, or in points, whose choice is `best`: solves them (best_problem.c, best.h) and applies the
 * answer; what could not compete gets its turn after it. */
#include "agent/loyalty/reckon/best_work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum vn_status vn_best_create(struct vn_best_work **out)
{
    struct vn_best_work *best = calloc(1, sizeof *best);
    *out = NULL;
    if (best == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_best_search_create(&best->search);
    if (status != VN_OK) {
        free(best);
        return status;
    }
    *out = best;
    return VN_OK;
}

void vn_best_destroy(struct vn_best_work *best)
{
    if (best != NULL) {
        vn_best_search_destroy(best->search);
    }
    free(best);
}

void vn_best_begin(struct vn_best_work *best)
{
    best->group_steps = best->bundle_steps = VN_BEST_STEPS_MAX;
}

/* It may apply; or it is a set that by itself would give nothing, and with other pieces beside it may. */
static bool competes(const struct vn_quote_work *work, const struct vn_judged *judged)
{
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[judged->candidate]);
    enum vn_reason why = VN_REASON_APPLIED;
    if (judged->offer.reason != VN_REASON_CAPPED || !vn_reward_is_on_units(work, promotion) ||
        !vn_reward_is_set(&promotion->rewards[0])) {
        return judged->offer.reason == VN_REASON_APPLIED;
    }
    return vn_limits_times(work, promotion, &why) > 0 && vn_limits_money(work, promotion, &why) > 0;
}

enum vn_status vn_best_collect(struct vn_quote_work *work, size_t from, size_t to)
{
    struct vn_best_work *best = work->best;
    best->judged_count = 0;
    for (size_t i = from; i < to; i++) {
        struct vn_judged *judged = &best->judged[best->judged_count];
        if (vn_group_passes_over(work, i, VN_QUOTE_TRIALS_MAX)) {
            continue;
        }
        enum vn_status status = vn_group_judge(work, i, judged);
        if (status != VN_OK) {
            return status;
        }
        if (!competes(work, judged)) {
            continue;
        }
        if (!vn_best_once(work, vn_work_promotion(work, work->candidates[i]),
                          &best->once[best->judged_count])) {
            return vn_quote_overflow(work);
        }
        best->applied[best->judged_count++] = false;
    }
    return VN_OK;
}

/* It was just judged. Points for pieces, and a quantity: the search gave it nothing without a piece that earns, and so it is. */
static bool lacks_piece(const struct vn_quote_work *work, size_t judged)
{
    const struct vn_best_promotion *terms = &work->best->promotions[judged];
    return vn_best_is_earning(work, vn_best_promotion_of(work, judged)) && terms->slot_count > 0 &&
           terms->quantity_count > 0 && work->pick_count == 0;
}

enum vn_status vn_best_leftovers(struct vn_quote_work *work)
{
    struct vn_best_work *best = work->best;
    for (size_t i = 0; i < best->judged_count; i++) {
        struct vn_judged left;
        if (best->applied[i] || vn_group_passes_over(work, best->judged[i].candidate, VN_QUOTE_LOOKS_MAX)) {
            continue;
        }
        enum vn_status status = vn_group_judge(work, best->judged[i].candidate, &left);
        if (status == VN_OK && left.offer.reason == VN_REASON_APPLIED && lacks_piece(work, i)) {
            left.offer.reason = VN_REASON_OUTBID;
        }
        if (status == VN_OK && left.offer.reason == VN_REASON_APPLIED) {
            status = vn_group_take(work, &left, true);
        } else if (status == VN_OK) {
            enum vn_reason *reason = &best->judged[i].offer.reason;
            *reason = *reason == VN_REASON_APPLIED ? VN_REASON_OUTBID : *reason;
            vn_group_verdict(work, &best->judged[i]);
        }
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

static void choose_units(struct vn_quote_work *work, size_t judged)
{
    work->pick_count = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        if (work->best->answer.promotion[u] == judged) {
            work->units[u].off_minor = 0;
            work->picks[work->pick_count++] = (uint16_t)u;
        }
    }
}

/* What the promotion takes off the units that it was given. */
static bool reckon_units(struct vn_quote_work *work, size_t judged, struct vn_offer *offer)
{
    const struct vn_best_work *best = work->best;
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    const struct vn_reward *reward = &promotion->rewards[0];
    bool sets = vn_reward_is_set(reward);
    int64_t pieces = 0;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    for (size_t i = 0; i < work->pick_count; i++) {
        size_t number = work->picks[i];
        struct vn_unit *unit = &work->units[number];
        uint8_t slot = best->answer.slot[number];
        pieces += slot == 0 ? 1 : 0;
        if (slot == VN_BEST_SERVES || reward->kind == VN_REWARD_BUNDLE || (sets && slot == 0)) {
            continue;
        }
        if (!(sets ? vn_piece_rate_off(work, promotion, unit, &unit->off_minor)
                   : vn_piece_off(work, promotion, number, &unit->off_minor))) {
            return false;
        }
        offer->worth_minor += unit->off_minor;
    }
    offer->times = sets ? pieces / best->promotions[judged].needs[0] : pieces;
    if (vn_reward_is_gift(promotion)) {
        offer->gifts_missing = vn_gifts_missing(work, promotion);
        offer->times = 1;
    }
    return true;
}

/* Bundles of a promotion are reckoned together; units that only serve pay nothing of them. */
static enum vn_status reckon_bundles(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                     struct vn_offer *offer)
{
    bool running = work->ruleset->groups[promotion->group].running;
    int64_t base = 0;
    int64_t room = 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        if (work->best->answer.slot[work->picks[i]] != VN_BEST_SERVES) {
            unit->off_minor = vn_unit_room(unit);
            room += unit->off_minor;
            base += vn_unit_base(unit, running);
        }
    }
    int64_t off = base - offer->times * promotion->rewards[0].amount_minor;
    offer->worth_minor = off < room ? off : room;
    return vn_picks_cap(work, room, offer->worth_minor);
}

/* What the bound and the first set cost counts as well: a step for each role. */
static enum vn_status search_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                    int64_t times, int64_t roles, struct vn_offer *offer)
{
    struct vn_best_work *best = work->best;
    size_t pieces = 0;
    for (uint32_t p = 0; p < promotion->rewards[0].part_count; p++) {
        pieces += (size_t)promotion->rewards[0].parts[p].n;
    }
    assert(pieces > 0); /* a part has pieces, a bundle has parts */
    bool all = true;
    vn_best_make_bundle(work, promotion, times, &all);
    vn_best_solve(best->search, &best->problem, &best->answer);
    vn_best_prefer_earlier(work, work->ruleset->groups[promotion->group].running);
    best->bundle_steps -= best->answer.steps + roles;
    offer->guessed = !all || !best->answer.optimal;
    choose_units(work, 0);
    if (work->pick_count == 0) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    offer->times = (int64_t)(work->pick_count / pieces);
    return reckon_bundles(work, promotion, offer);
}

/* The bundle's problem stands in the place of its group's, whose terms and answer may still be asked for. */
enum vn_status vn_best_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                              int64_t roles, struct vn_offer *offer, bool *searched)
{
    struct vn_best_work *best = work->best;
    *searched = best->bundle_steps >= roles;
    offer->guessed = true;
    if (!*searched) {
        return VN_OK;
    }
    struct vn_best_promotion first = best->promotions[0];
    best->kept = best->answer;
    enum vn_status status = search_bundle(work, promotion, times, roles, offer);
    best->promotions[0] = first;
    best->answer = best->kept;
    return status;
}

enum vn_status vn_best_reckon(struct vn_quote_work *work, size_t judged, struct vn_offer *offer)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED};
    choose_units(work, judged);
    if (work->pick_count == 0) {
        return VN_OK;
    }
    if (!reckon_units(work, judged, offer)) {
        return vn_quote_overflow(work);
    }
    return promotion->rewards[0].kind == VN_REWARD_BUNDLE ? reckon_bundles(work, promotion, offer) : VN_OK;
}

/* The stamps last for what the answer gives it: another promotion of the group may have used up some. */
static bool stamps_last(const struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times)
{
    char account[VN_ID_MAX];
    return promotion->cond.stamps == NULL ||
           vn_limits_stamps(work, promotion->cond.stamps, account) / promotion->cond.stamp_count >= times;
}

/* The receipt's maximum leaves the promotion less than the answer counts on. */
static bool below_answer(const struct vn_quote_work *work, size_t judged, int64_t money)
{
    int64_t most = work->best->promotions[judged].most_value / VN_BEST_PER_MINOR;
    int64_t worth = work->best->judged[judged].offer.worth_minor;
    return money < (worth < most ? worth : most);
}

bool vn_best_any_points(const struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->best->judged_count; i++) {
        if (work->best->once[i] > 0) {
            return true;
        }
    }
    return false;
}

/* The answer counts on what is not there. */
static enum vn_status refuse(struct vn_quote_work *work, struct vn_judged *judged, enum vn_reason reason)
{
    judged->offer.reason = reason;
    work->out->optimal = false;
    vn_group_verdict(work, judged);
    return VN_OK;
}

static enum vn_status apply_prices(struct vn_quote_work *work, size_t judged)
{
    struct vn_judged *at = &work->best->judged[judged];
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    enum vn_reason why = VN_REASON_APPLIED;
    enum vn_status status = vn_best_reckon(work, judged, &at->offer);
    if (status != VN_OK) {
        return status;
    }
    if (!stamps_last(work, promotion, at->offer.times)) {
        return refuse(work, at, VN_REASON_STAMPS_SHORT);
    }
    if (promotion->cond.coupon) { /* one of the same account may have been used since */
        at->coupon = NULL;
        why = vn_coupon_choose(work, promotion, &at->coupon);
        if (why != VN_REASON_APPLIED) {
            return refuse(work, at, why);
        }
    }
    /* without points all that reaches the receipt's maximum is worth the same */
    int64_t money = vn_limits_money(work, promotion, &why);
    work->out->optimal =
        work->out->optimal && (!below_answer(work, judged, money) || !vn_best_any_points(work));
    if (money == 0) {
        at->offer.reason = why;
        vn_group_verdict(work, at);
        return VN_OK;
    }
    status = vn_picks_cap(work, at->offer.worth_minor, money);
    at->offer.worth_minor = at->offer.worth_minor < money ? at->offer.worth_minor : money;
    status = status == VN_OK ? vn_group_take(work, at, false) : status;
    work->out->optimal = work->out->optimal && at->offer.reason == VN_REASON_APPLIED;
    return status;
}

/* A bonus, stamps, a coupon, without a quantity that asks for pieces: nothing competes with it. */
static bool takes_no_unit(const struct vn_quote_work *work, size_t judged)
{
    const struct vn_best_promotion *terms = &work->best->promotions[judged];
    return vn_best_is_earning(work, vn_best_promotion_of(work, judged)) && terms->slot_count == 0 &&
           terms->quantity_count == 0;
}

/* Earning looks at what is free: for this promotion, its own units alone. */
static enum vn_status apply_points(struct vn_quote_work *work, size_t judged)
{
    struct vn_best_work *best = work->best;
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    bool before[VN_UNITS_MAX] = {false};
    for (size_t u = 0; u < work->unit_count; u++) {
        before[u] = work->units[u].taken;
        work->units[u].taken = best->answer.promotion[u] != judged;
    }
    enum vn_status status = vn_stage_earning(work, promotion, &best->judged[judged].offer);
    bool applies = best->judged[judged].offer.reason == VN_REASON_APPLIED;
    if (status == VN_OK && applies && !stamps_last(work, promotion, best->judged[judged].offer.times)) {
        status = refuse(work, &best->judged[judged], VN_REASON_STAMPS_SHORT);
    } else if (status == VN_OK && applies) {
        status = vn_group_take(work, &best->judged[judged], true);
    } else if (status == VN_OK) {
        vn_group_verdict(work, &best->judged[judged]);
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].taken = before[u] || best->answer.promotion[u] == judged;
    }
    return status;
}

void vn_best_hold_gift(struct vn_quote_work *work, size_t judged)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    for (size_t u = 0; vn_reward_is_gift(promotion) && u < work->unit_count; u++) {
        if (work->best->answer.promotion[u] == judged) {
            work->units[u].keeper = promotion;
        }
    }
}

/* What can't be taken after all (no room in the outcome, stamps that another promotion used up) leaves its units to what
 * comes after. */
enum vn_status vn_best_apply(struct vn_quote_work *work, size_t judged)
{
    struct vn_best_work *best = work->best;
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    choose_units(work, judged);
    if (work->pick_count == 0 && !takes_no_unit(work, judged)) {
        return VN_OK;
    }
    enum vn_status status =
        vn_best_is_earning(work, promotion) ? apply_points(work, judged) : apply_prices(work, judged);
    best->applied[judged] = best->judged[judged].offer.reason == VN_REASON_APPLIED;
    vn_gifts_release(work, promotion);
    return status;
}

enum vn_status vn_best_solve_group(struct vn_quote_work *work, bool *proved)
{
    struct vn_best_work *best = work->best;
    if (!vn_best_make_problem(work, proved)) {
        return vn_quote_overflow(work);
    }
    vn_best_solve(best->search, &best->problem, &best->answer);
    best->group_steps -= best->answer.steps;
    vn_best_prefer_earlier(work, work->ruleset->groups[vn_best_promotion_of(work, 0)->group].running);
    *proved = *proved && best->answer.optimal;
    return VN_OK;
}

enum vn_status vn_best_run_units(struct vn_quote_work *work, size_t from, size_t to)
{
    struct vn_best_work *best = work->best;
    bool proved = true;
    enum vn_status status = vn_best_collect(work, from, to);
    if (status != VN_OK || best->judged_count == 0) {
        return status;
    }
    memset(best->left_out, 0, sizeof best->left_out);
    best->gifts_first = false;
    status = vn_best_solve_group(work, &proved);
    work->out->optimal = work->out->optimal && proved;
    for (size_t i = 0; status == VN_OK && i < best->judged_count; i++) {
        vn_best_hold_gift(work, i);
    }
    for (size_t i = 0; status == VN_OK && i < best->judged_count; i++) {
        status = vn_best_apply(work, i);
    }
    return status == VN_OK ? vn_best_leftovers(work) : status;
}
