/* The promotions in scope (rules/compile.h). The index proposes, and whatever it proposes must be in scope by the rule
 * itself: a selector has more keys than the one by which it was found. */
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/compile.h"

static void propose(struct vn_quote_work *work, size_t promotion)
{
    work->seen[promotion / 64] |= UINT64_C(1) << (promotion % 64);
}

static void propose_by_symbol(void *ctx, uint32_t symbol)
{
    struct vn_quote_work *work = ctx;
    const struct vn_ruleset *ruleset = work->ruleset;
    for (uint32_t i = ruleset->posting_starts[symbol]; i < ruleset->posting_starts[symbol + 1]; i++) {
        propose(work, ruleset->postings[i]);
    }
}

static void propose_by_text(struct vn_quote_work *work, unsigned key, const char *text)
{
    uint32_t symbol = vn_symbols_find(&work->ruleset->symbols, key, text, strlen(text));
    if (symbol != 0) {
        propose_by_symbol(work, symbol);
    }
}

static void propose_by_member(struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (member == NULL) {
        return;
    }
    for (unsigned i = 0; i < member->segment_count && i < VN_SEGMENTS_MAX; i++) {
        propose_by_text(work, VN_SYMBOL_SEGMENT, member->segments[i]);
    }
    for (unsigned i = 0; i < member->club_count && i < VN_CLUBS_MAX; i++) {
        propose_by_text(work, VN_SYMBOL_CLUB, member->clubs[i]);
    }
}

/* Presented coupons bring in what they name, whatever the goods are. */
static bool is_presented(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_choices *choices = work->input->choices;
    for (unsigned i = 0; choices != NULL && i < choices->coupon_count && i < VN_COUPONS_MAX; i++) {
        if (!choices->coupons[i].has_terms && strcmp(choices->coupons[i].promotion, promotion->id) == 0) {
            return true;
        }
    }
    return false;
}

/* The rule itself. */
static bool is_in_scope(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_selector *goods[VN_FINDERS_MAX];
    size_t count = vn_promotion_goods(promotion, goods);
    for (size_t i = 0; i < count; i++) {
        if (vn_match_any(work, goods[i])) {
            return true;
        }
    }
    unsigned key = 0;
    const struct vn_terms *audience = count > 0 ? NULL : vn_promotion_audience(promotion, &key);
    bool meant = count == 0 && work->unit_count > 0;
    if (audience != NULL) {
        meant = meant && vn_audience_is_of(work->input->member, key, audience);
    } else {
        meant = meant && !promotion->cond.coupon;
    }
    return meant || is_presented(work, promotion);
}

static void propose_by_coupons(struct vn_quote_work *work)
{
    const struct vn_choices *choices = work->input->choices;
    for (unsigned i = 0; choices != NULL && i < choices->coupon_count && i < VN_COUPONS_MAX; i++) {
        size_t promotion = vn_ruleset_find(work->ruleset, choices->coupons[i].promotion);
        if (!choices->coupons[i].has_terms && promotion < work->ruleset->promotion_count) {
            propose(work, promotion);
        }
    }
}

static enum vn_stage stage_of(const struct vn_ruleset *ruleset, size_t promotion)
{
    return ruleset->groups[ruleset->promotions[promotion].group].stage;
}

static void add_own(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->own_count && !work->input->earning_only; i++) {
        work->candidates[work->candidate_count++] = (uint16_t)(VN_PROMOTIONS_MAX + i);
    }
}

static bool is_over(const struct vn_quote_work *work, size_t promotion)
{
    const struct vn_span *span = &work->ruleset->spans[promotion];
    return work->local_minute < span->from_minute || work->local_minute >= span->to_minute;
}

/* What was proposed, in the order of the promotions, which is that in which they are tried; coupons with terms of their own
 * come where their stage ends. Of promotions that are over, or yet to come, as many are kept as an outcome can explain. */
static void collect_proposed(struct vn_quote_work *work)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    bool own_added = false;
    size_t over_count = 0;
    work->candidate_count = 0;
    for (size_t word = 0; word <= ruleset->promotion_count / 64; word++) {
        for (uint64_t left = work->seen[word]; left != 0; left &= left - 1) {
            size_t at = word * 64 + (size_t)__builtin_ctzll(left);
            const struct vn_promotion *promotion = &ruleset->promotions[at];
            bool of_stage = !work->input->earning_only || stage_of(ruleset, at) == VN_STAGE_EARNING;
            bool over = is_over(work, at);
            if (!of_stage || (over && over_count == VN_REASONS_MAX) || !is_in_scope(work, promotion)) {
                continue;
            }
            over_count += over ? 1 : 0;
            if (!own_added && stage_of(ruleset, at) > VN_STAGE_COUPONS) {
                own_added = true;
                add_own(work);
            }
            work->candidates[work->candidate_count++] = (uint16_t)at;
        }
    }
    if (!own_added) {
        add_own(work);
    }
}

void vn_candidates_collect(struct vn_quote_work *work)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    size_t seen = (ruleset->promotion_count / 64 + 1) * sizeof work->seen[0];
    vn_coupons_own(work);
    if (work->unit_count > 0) {
        memcpy(work->seen, ruleset->always, seen);
        vn_match_each_symbol(work, propose_by_symbol, work);
        propose_by_member(work);
    } else {
        memset(work->seen, 0, seen);
    }
    propose_by_coupons(work);
    collect_proposed(work);
}
