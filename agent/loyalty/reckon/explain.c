#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/compile.h"
#include "agent/loyalty/sort.h"

void vn_explain_add(struct vn_quote_work *work, const char *promotion, const struct vn_verdict *verdict)
{
    struct vn_outcome *out = work->out;
    if (out->explanation_count == VN_REASONS_MAX) {
        return;
    }
    struct vn_explanation *row = &out->explanations[out->explanation_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion);
    row->reason = verdict->reason;
    row->missing = verdict->missing;
    row->worth_minor = verdict->worth_minor;
}

/* Of more promotions than an outcome can explain, those that are merely not here or not now are left out first. */
static bool is_remote(enum vn_reason reason)
{
    return reason == VN_REASON_NOT_HERE || reason == VN_REASON_NOT_NOW || reason == VN_REASON_STOPPED;
}

/* A coupon whose promotion is not in the ruleset (or needs a newer engine) must not be passed over in silence. */
static void explain_strange_coupons(struct vn_quote_work *work)
{
    const struct vn_choices *choices = work->input->choices;
    const struct vn_verdict verdict = {.reason = VN_REASON_NOTHING_MATCHES};
    unsigned count = choices == NULL ? 0 : choices->coupon_count;
    uint16_t order[VN_COUPONS_MAX];
    size_t strange = 0;
    for (unsigned i = 0; i < count && i < VN_COUPONS_MAX; i++) {
        const char *promotion = choices->coupons[i].promotion;
        if (!choices->coupons[i].has_terms &&
            vn_ruleset_find(work->ruleset, promotion) == work->ruleset->promotion_count) {
            size_t at = strange++;
            for (; at > 0 && strcmp(choices->coupons[order[at - 1]].promotion, promotion) > 0; at--) {
                order[at] = order[at - 1];
            }
            order[at] = (uint16_t)i;
        }
    }
    for (size_t i = 0; i < strange; i++) {
        vn_explain_add(work, choices->coupons[order[i]].promotion, &verdict);
    }
}

static bool worth_more(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_explanation *rows = ctx;
    if (rows[a].worth_minor != rows[b].worth_minor) {
        return rows[a].worth_minor > rows[b].worth_minor;
    }
    int order = strcmp(rows[a].promotion, rows[b].promotion);
    return order != 0 ? order < 0 : a < b;
}

bool vn_explain_is_near(const struct vn_promotion *promotion, const struct vn_offer *offer)
{
    if (offer->worth_minor <= 0) {
        return false;
    }
    switch (offer->reason) {
    case VN_REASON_SPEND_SHORT:
    case VN_REASON_QUANTITY_SHORT: return offer->missing <= offer->least / 2;
    case VN_REASON_NEEDS_MEMBER:
    case VN_REASON_NEEDS_TENDER: return true;
    case VN_REASON_NEEDS_HUB: return promotion->cond.coupon; /* presented, so somebody waits for it */
    default: return false;
    }
}

/* A hint to buy more must not be one to buy what the law lets nobody be talked into. */
static bool hint_is_lawful(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_selector *goods[VN_FINDERS_MAX];
    size_t count = vn_promotion_goods(promotion, goods);
    for (size_t i = 0; i < work->line_count; i++) {
        if ((work->lines[i].forbids & VN_FORBID_PROMPT) == 0) {
            continue;
        }
        for (size_t g = 0; g < count; g++) {
            if (vn_match_line(work, goods[g], i)) {
                return false;
            }
        }
    }
    return true;
}

static bool is_near(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                    const struct vn_verdict *verdict)
{
    if (verdict->reason == VN_REASON_STAMPS_SHORT) {
        return verdict->worth_minor > 0 && verdict->missing <= promotion->cond.stamp_count / 2;
    }
    bool buy_more = verdict->reason == VN_REASON_SPEND_SHORT || verdict->reason == VN_REASON_QUANTITY_SHORT;
    return verdict->near && vn_scope_lacks_alone(work, promotion, verdict->reason) &&
           (!buy_more || hint_is_lawful(work, promotion));
}

/* One candidate's row, and the one of its next step; what is near enough to be told is noted in `near`. */
static size_t explain_candidate(struct vn_quote_work *work, size_t candidate, uint16_t *near,
                                size_t near_count)
{
    struct vn_outcome *out = work->out;
    const struct vn_promotion *promotion = vn_work_promotion(work, work->candidates[candidate]);
    struct vn_verdict verdict = work->verdicts[candidate];
    if (verdict.missing == 0) {
        verdict.missing = vn_scope_missing(work, promotion, verdict.reason);
    }
    if (is_near(work, promotion, &verdict) && out->explanation_count < VN_REASONS_MAX) {
        near[near_count++] = (uint16_t)out->explanation_count;
    }
    vn_explain_add(work, promotion->id, &verdict);
    if (verdict.reason == VN_REASON_APPLIED && verdict.next_missing > 0 &&
        out->explanation_count < VN_REASONS_MAX && hint_is_lawful(work, promotion)) {
        const struct vn_verdict next = {.reason = VN_REASON_SPEND_SHORT,
                                        .missing = verdict.next_missing,
                                        .worth_minor = verdict.next_worth_minor};
        near[near_count++] = (uint16_t)out->explanation_count;
        vn_explain_add(work, promotion->id, &next);
    }
    return near_count;
}

void vn_explain_all(struct vn_quote_work *work)
{
    struct vn_outcome *out = work->out;
    uint16_t near[VN_REASONS_MAX];
    size_t near_count = 0;
    explain_strange_coupons(work);
    for (int remote = 0; remote < 2; remote++) {
        for (size_t i = 0; i < work->candidate_count; i++) {
            if (is_remote(work->verdicts[i].reason) == (remote == 1)) {
                near_count = explain_candidate(work, i, near, near_count);
            }
        }
    }
    vn_sort_order(near, near_count, worth_more, out->explanations);
    for (size_t i = 0; i < near_count && i < VN_NEAR_MISSES_MAX; i++) {
        out->near_misses[out->near_miss_count++] = near[i];
    }
}
