/* Rewards on what a selector has left, in the stages basket and coupons: percent or amount off, a ladder by spend, a
 * discount by lifetime spend or tier.
 *
 * Each reward is one sum, rounded once, and spread over the lines that it means by largest remainder. The rewards of a
 * promotion follow one another: each finds the rooms, and in a group on the running price the prices, that the one before
 * left. A ladder gives the highest step that the spend on its goods reaches: list amounts, or what was left to pay when the
 * group began if it says "running". The step after it is told when the customer is half-way there. */
#include <string.h>

#include "agent/loyalty/reckon/match.h"

/* What a reward gives now, and the step after it. */
struct rung {
    const struct vn_step *step, *next; /* NULL: none */
    int64_t missing;                   /* to `next` */
};

static struct rung ladder_rung(const struct vn_reward *reward, int64_t spend)
{
    struct rung rung = {NULL, NULL, 0};
    for (uint32_t i = 0; i < reward->step_count; i++) {
        const struct vn_step *at = &reward->steps[i];
        if (at->from <= spend) {
            rung.step = rung.step == NULL || at->from > rung.step->from ? at : rung.step;
        } else {
            rung.next = rung.next == NULL || at->from < rung.next->from ? at : rung.next;
        }
    }
    rung.missing = rung.next == NULL ? 0 : rung.next->from - spend;
    return rung;
}

/* By what the member spent before this receipt, or by his tier: of the steps that he has reached, the best. */
static struct rung member_rung(const struct vn_reward *reward, const struct vn_member *member)
{
    struct rung rung = {NULL, NULL, 0};
    for (uint32_t i = 0; i < reward->step_count; i++) {
        const struct vn_step *at = &reward->steps[i];
        bool by_tier = at->tier != NULL;
        bool reached =
            by_tier ? strcmp(at->tier, member->tier) == 0 : at->from <= member->lifetime_spend_minor;
        if (reached) {
            rung.step = rung.step == NULL || at->rate_bp > rung.step->rate_bp ? at : rung.step;
        } else if (!by_tier) {
            rung.next = rung.next == NULL || at->from < rung.next->from ? at : rung.next;
        }
    }
    rung.missing = rung.next == NULL ? 0 : rung.next->from - member->lifetime_spend_minor;
    return rung;
}

/* Why a member's own figures can't be asked for; APPLIED: they can. */
static enum vn_reason judge_member(const struct vn_quote_work *work)
{
    enum vn_reason reason = vn_audience_judge_card(work);
    return reason == VN_REASON_APPLIED && !vn_scope_is_fresh(work) ? VN_REASON_TOO_OLD : reason;
}

/* The picks' prices and rooms. */
struct sums {
    int64_t base, room;
};

static struct sums sum_picks(const struct vn_quote_work *work, bool running)
{
    struct sums sums = {0, 0};
    for (size_t i = 0; i < work->pick_count; i++) {
        sums.base += vn_unit_base(&work->units[work->picks[i]], running);
        sums.room += vn_unit_room(&work->units[work->picks[i]]);
    }
    return sums;
}

/* A rate or an amount off, within the room and the most that is left of the promotion's limits. */
static bool value_of(struct sums sums, int64_t rate_bp, int64_t amount_minor, int64_t most, int64_t *off)
{
    *off = amount_minor;
    if (rate_bp > 0 && !vn_money_mul_div(sums.base, rate_bp, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, off)) {
        return false;
    }
    *off = *off < sums.room ? *off : sums.room;
    *off = *off < most ? *off : most;
    return true;
}

static bool stepped(const struct vn_reward *reward)
{
    return reward->kind == VN_REWARD_LADDER || reward->kind == VN_REWARD_ACCUMULATIVE;
}

static struct rung stepped_rung(const struct vn_quote_work *work, const struct vn_reward *reward)
{
    return reward->kind == VN_REWARD_LADDER
               ? ladder_rung(reward, vn_scope_spend(work, reward->selector, reward->running))
               : member_rung(reward, work->input->member);
}

static enum vn_status offer_steps(struct vn_quote_work *work, const struct vn_reward *reward,
                                  const struct rung *rung, struct sums sums, int64_t most,
                                  struct vn_offer *offer)
{
    int64_t next = 0;
    if ((rung->step != NULL &&
         !value_of(sums, rung->step->rate_bp, rung->step->amount_minor, most, &offer->worth_minor)) ||
        (rung->next != NULL && !value_of(sums, rung->next->rate_bp, rung->next->amount_minor, most, &next))) {
        return vn_quote_overflow(work);
    }
    if (rung->step == NULL) {
        offer->reason = rung->next == NULL ? VN_REASON_NEEDS_TIER : VN_REASON_SPEND_SHORT;
        /* what is short of a lifetime's spend is not for this receipt to make up for: no `least`, no hint */
        offer->least = reward->kind == VN_REWARD_LADDER && rung->next != NULL ? rung->next->from : 0;
        offer->missing = rung->missing;
        offer->worth_minor = next;
    } else if (reward->kind == VN_REWARD_LADDER && rung->next != NULL &&
               rung->missing <= rung->next->from / 2 && next > offer->worth_minor) {
        offer->next_missing = rung->missing;
        offer->next_worth_minor = next - offer->worth_minor;
    }
    return VN_OK;
}

/* What one reward gives within `most`; spreads it over the picks. */
static enum vn_status offer_reward(struct vn_quote_work *work, const struct vn_promotion *promotion,
                                   const struct vn_reward *reward, int64_t most, struct vn_offer *offer)
{
    bool running = work->ruleset->groups[promotion->group].running;
    unsigned forbids = VN_FORBID_DISCOUNT | (promotion->cond.coupon ? VN_FORBID_COUPON : 0);
    *offer = (struct vn_offer){.reason = vn_pick(work, promotion, reward, forbids, false)};
    if (offer->reason != VN_REASON_APPLIED) {
        return VN_OK;
    }
    struct sums sums = sum_picks(work, running);
    if (!stepped(reward)) {
        if (!value_of(sums, reward->kind == VN_REWARD_PERCENT_OFF ? reward->rate_bp : 0, reward->amount_minor,
                      most, &offer->worth_minor)) {
            return vn_quote_overflow(work);
        }
    } else {
        offer->reason = reward->kind == VN_REWARD_LADDER ? VN_REASON_APPLIED : judge_member(work);
        if (offer->reason != VN_REASON_APPLIED) {
            return VN_OK;
        }
        struct rung rung = stepped_rung(work, reward);
        enum vn_status status = offer_steps(work, reward, &rung, sums, most, offer);
        if (status != VN_OK || offer->reason != VN_REASON_APPLIED) {
            return status;
        }
    }
    if (offer->worth_minor == 0) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    return vn_spread_over_picks(work, offer->worth_minor);
}

bool vn_stage_basket_step(const struct vn_quote_work *work, const struct vn_reward *reward, int64_t *rate_bp,
                          int64_t *amount_minor)
{
    *rate_bp = reward->kind == VN_REWARD_PERCENT_OFF ? reward->rate_bp : 0;
    *amount_minor = reward->amount_minor;
    if (!stepped(reward)) {
        return true;
    }
    if (reward->kind == VN_REWARD_ACCUMULATIVE && judge_member(work) != VN_REASON_APPLIED) {
        return false;
    }
    struct rung rung = stepped_rung(work, reward);
    if (rung.step != NULL) {
        *rate_bp = rung.step->rate_bp;
        *amount_minor = rung.step->amount_minor;
    }
    return rung.step != NULL;
}

/* What the reward takes off is off for the next one; give_back undoes it when all are known. */
static void set_aside(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        unit->meant = true;
        unit->earlier_minor += unit->off_minor;
        unit->running_minor -= unit->off_minor;
    }
}

static void give_back(struct vn_quote_work *work)
{
    work->pick_count = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        if (unit->meant) {
            unit->running_minor += unit->earlier_minor;
            unit->off_minor = unit->earlier_minor;
            work->picks[work->pick_count++] = (uint16_t)u;
        }
    }
}

enum vn_status vn_stage_basket(struct vn_quote_work *work, const struct vn_promotion *promotion,
                               struct vn_offer *offer)
{
    enum vn_reason why = VN_REASON_APPLIED;
    *offer = (struct vn_offer){.reason = VN_REASON_APPLIED, .times = 1};
    work->pick_count = 0;
    if (vn_limits_times(work, promotion, &why) == 0 && why != VN_REASON_NEEDS_MEMBER) {
        offer->reason = why;
        return VN_OK;
    }
    int64_t most =
        vn_limits_money(work, promotion, &why); /* without a card too: it tells what one would give */
    if (most == 0) {
        offer->reason = why;
        return VN_OK;
    }
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].meant = false;
        work->units[u].earlier_minor = 0;
    }
    struct vn_offer refused = {.reason = VN_REASON_APPLIED}; /* the first reward that gives nothing */
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        struct vn_offer part;
        enum vn_status status =
            offer_reward(work, promotion, &promotion->rewards[i], most - offer->worth_minor, &part);
        if (status != VN_OK) {
            return status;
        }
        if (part.reason == VN_REASON_APPLIED) {
            set_aside(work);
            offer->worth_minor += part.worth_minor;
            if (offer->next_missing == 0) {
                offer->next_missing = part.next_missing;
                offer->next_worth_minor = part.next_worth_minor;
            }
        } else if (refused.reason == VN_REASON_APPLIED) {
            refused = part;
        }
    }
    give_back(work);
    if (offer->worth_minor == 0) {
        *offer = refused;
    }
    return VN_OK;
}
