/* The stages in their order: units, basket, coupons, points as a discount, earning. Each promotion in scope is judged
 * once, in the order of its group, and leaves a verdict for the explanation. */
#include "agent/loyalty/quote.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"

enum vn_status vn_quote_work_create(struct vn_quote_work **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? VN_NOMEM : VN_OK;
}

void vn_quote_work_destroy(struct vn_quote_work *work)
{
    free(work);
}

enum vn_status vn_quote_overflow(struct vn_quote_work *work)
{
    return vn_fail(work->error, VN_INPUT, "sums out of range");
}

/* What the customer can still do something about, and is at least half-way to. */
static bool is_near(const struct vn_promotion *promotion, const struct vn_offer *offer)
{
    if (offer->worth_minor <= 0) {
        return false;
    }
    switch (offer->reason) {
    case VN_REASON_SPEND_SHORT:
    case VN_REASON_QUANTITY_SHORT: return offer->missing <= offer->least / 2;
    case VN_REASON_NEEDS_MEMBER: return true;
    case VN_REASON_NEEDS_HUB: return promotion->cond.coupon; /* presented, so somebody waits for it */
    default: return false;
    }
}

static enum vn_status offer_of(struct vn_quote_work *work, const struct vn_promotion *promotion,
                               struct vn_offer *offer)
{
    switch (work->ruleset->groups[promotion->group].stage) {
    case VN_STAGE_UNITS: return vn_stage_units(work, promotion, offer);
    case VN_STAGE_EARNING: return vn_stage_earning(work, promotion, offer);
    default: return vn_stage_basket(work, promotion, offer);
    }
}

/* Takes the offer: prices, rows and what it uses up. */
static enum vn_status take(struct vn_quote_work *work, const struct vn_promotion *promotion,
                           const struct vn_coupon *coupon, struct vn_offer *offer)
{
    enum vn_stage stage = work->ruleset->groups[promotion->group].stage;
    if (stage == VN_STAGE_EARNING) {
        if (vn_apply_has_room(work, 0)) {
            return vn_earning_apply(work, promotion);
        }
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    if (!vn_apply_discount(work, promotion->id, stage)) {
        offer->reason = VN_REASON_CAPPED;
        return VN_OK;
    }
    vn_apply_taken(work, promotion);
    if (coupon != NULL && coupon->account[0] != '\0') {
        (void)vn_apply_consumption(work, coupon->account, 1, false);
    }
    return VN_OK;
}

static enum vn_status judge(struct vn_quote_work *work, size_t candidate)
{
    const struct vn_promotion *promotion = &work->ruleset->promotions[work->candidates[candidate]];
    struct vn_verdict *verdict = &work->verdicts[candidate];
    const struct vn_coupon *coupon = NULL;
    struct vn_offer offer;
    struct vn_offer conditions;
    enum vn_reason gate = vn_scope_gate(work, promotion, &coupon);
    *verdict = (struct vn_verdict){.reason = gate};
    if (gate == VN_REASON_STOPPED || gate == VN_REASON_NOT_HERE || gate == VN_REASON_NOT_NOW) {
        return VN_OK;
    }
    /* the offer is reckoned even if a condition fails: its worth ranks what the customer could still get */
    enum vn_status status = offer_of(work, promotion, &offer);
    if (status != VN_OK) {
        return status;
    }
    vn_scope_conditions(work, promotion, &conditions);
    if (gate != VN_REASON_APPLIED) {
        offer = (struct vn_offer){
            .reason = gate, .worth_minor = conditions.reason == VN_REASON_APPLIED ? offer.worth_minor : 0};
    } else if (conditions.reason != VN_REASON_APPLIED) {
        conditions.worth_minor = offer.worth_minor;
        offer = conditions;
    } else if (offer.reason == VN_REASON_APPLIED) {
        status = take(work, promotion, coupon, &offer);
    }
    *verdict = (struct vn_verdict){.reason = offer.reason,
                                   .missing = offer.missing,
                                   .worth_minor = offer.worth_minor,
                                   .near = is_near(promotion, &offer),
                                   .next_missing = offer.next_missing,
                                   .next_worth_minor = offer.next_worth_minor};
    return status;
}

/* Judges the candidates of one side of "points as a discount"; *at moves on. */
static enum vn_status judge_stages(struct vn_quote_work *work, bool earning, size_t *at)
{
    size_t group = VN_GROUPS_MAX;
    for (; *at < work->candidate_count; (*at)++) {
        const struct vn_promotion *promotion = &work->ruleset->promotions[work->candidates[*at]];
        if ((work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING) != earning) {
            return VN_OK;
        }
        if (promotion->group != group) {
            group = promotion->group;
            for (size_t u = 0; u < work->unit_count; u++) {
                work->units[u].taken = false;
            }
        }
        enum vn_status status = judge(work, *at);
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

static void close_outcome(struct vn_quote_work *work)
{
    struct vn_outcome *out = work->out;
    out->payable_minor = out->total_minor - out->discount_minor;
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_work_line *at = &work->lines[i];
        out->lines[i].line_id = at->line->id;
        out->lines[i].discount_minor = at->discount_minor;
        out->lines[i].payable_minor = at->line->amount_minor - at->discount_minor;
    }
    out->line_count = (unsigned)work->line_count;
    vn_explain_all(work);
}

static enum vn_status run(struct vn_quote_work *work)
{
    size_t at = 0;
    enum vn_status status = vn_units_expand(work);
    if (status != VN_OK) {
        return status;
    }
    vn_candidates_collect(work);
    status = judge_stages(work, false, &at);
    if (status == VN_OK) {
        status = vn_points_spend(work);
    }
    if (status == VN_OK) {
        status = vn_earning_base(work);
    }
    if (status == VN_OK) {
        status = judge_stages(work, true, &at);
    }
    if (status == VN_OK) {
        close_outcome(work);
    }
    return status;
}

enum vn_status vn_quote(struct vn_quote_work *work, const struct vn_quote_input *input,
                        struct vn_outcome *out, struct vn_error *error)
{
    memset(out, 0, sizeof *out);
    if (error != NULL) {
        memset(error, 0, sizeof *error);
    }
    work->input = input;
    work->ruleset = input->ruleset;
    work->out = out;
    work->error = error;
    work->local_minute = vn_time_local_minute(
        input->basket->started_ms,
        vn_ruleset_utc_offset_min(input->ruleset, input->place.store, input->basket->started_ms));
    out->ruleset = vn_ruleset_number(input->ruleset);
    out->optimal = true;
    enum vn_status status = run(work);
    if (status != VN_OK) {
        memset(out, 0, sizeof *out);
    }
    return status;
}
