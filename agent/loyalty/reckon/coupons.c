/* Coupons: which of those that were presented a promotion uses up, and what coupons with terms of their own amount to. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"

static unsigned coupon_count(const struct vn_choices *choices)
{
    if (choices == NULL) {
        return 0;
    }
    return choices->coupon_count < VN_COUPONS_MAX ? choices->coupon_count : VN_COUPONS_MAX;
}

/* Whose it is; APPLIED: this customer's, or anybody's. */
static enum vn_reason judge_owner(const struct vn_quote_work *work, const struct vn_coupon *coupon)
{
    if (coupon->member[0] == '\0') {
        return VN_REASON_APPLIED;
    }
    enum vn_reason reason = vn_audience_judge_card(work);
    if (reason == VN_REASON_APPLIED &&
        strcmp(vn_audience_member_id(work->input->member), coupon->member) != 0) {
        reason = VN_REASON_NEEDS_MEMBER;
    }
    return reason;
}

static enum vn_reason judge_coupon(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                   const struct vn_coupon *coupon)
{
    int64_t now = work->input->basket->started_ms;
    if (coupon->spent) {
        return VN_REASON_COUPON_SPENT;
    }
    if ((coupon->valid_from_ms != 0 && now < coupon->valid_from_ms) ||
        (coupon->valid_until_ms != 0 && now >= coupon->valid_until_ms)) {
        return VN_REASON_COUPON_EXPIRED;
    }
    enum vn_reason owner = judge_owner(work, coupon);
    if (owner != VN_REASON_APPLIED) {
        return owner;
    }
    bool counted = coupon->single_use || coupon->account[0] != '\0';
    bool risk = coupon->account[0] != '\0' && vn_limits_may_risk(work, promotion);
    return counted && !risk && vn_scope_available(work, coupon->account) < 1 ? VN_REASON_NEEDS_HUB
                                                                             : VN_REASON_APPLIED;
}

static const struct vn_own_terms *own_terms_of(const struct vn_quote_work *work,
                                               const struct vn_promotion *promotion)
{
    for (size_t i = 0; i < work->own_count; i++) {
        if (&work->own[i].promotion == promotion) {
            return &work->own[i];
        }
    }
    return NULL;
}

/* Of several coupons for one promotion one is used: a usable one, of these the first by account, so that the order in
 * which they were presented does not matter. */
enum vn_reason vn_coupon_choose(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                                const struct vn_coupon **coupon)
{
    enum vn_reason best = VN_REASON_NEEDS_COUPON;
    const struct vn_choices *choices = work->input->choices;
    const struct vn_own_terms *own = own_terms_of(work, promotion);
    if (own != NULL) {
        *coupon = own->coupon;
        return judge_coupon(work, promotion, own->coupon);
    }
    for (unsigned i = 0; i < coupon_count(choices); i++) {
        const struct vn_coupon *at = &choices->coupons[i];
        if (at->has_terms || strcmp(at->promotion, promotion->id) != 0) {
            continue;
        }
        enum vn_reason reason = judge_coupon(work, promotion, at);
        int order = *coupon == NULL ? -1 : strcmp(at->account, (*coupon)->account);
        bool better = *coupon == NULL || (reason == VN_REASON_APPLIED && best != VN_REASON_APPLIED) ||
                      ((reason == VN_REASON_APPLIED) == (best == VN_REASON_APPLIED) &&
                       (order < 0 || (order == 0 && reason < best)));
        if (better) {
            best = reason;
            *coupon = at;
        }
    }
    return best;
}

static void sort_codes(const char **codes, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const char *code = codes[i];
        unsigned at = i;
        for (; at > 0 && strcmp(codes[at - 1], code) > 0; at--) {
            codes[at] = codes[at - 1];
        }
        codes[at] = code;
    }
}

static void make_own(struct vn_own_terms *own, const struct vn_coupon *coupon)
{
    unsigned codes = coupon->code_count < VN_COUPON_CODES_MAX ? coupon->code_count : VN_COUPON_CODES_MAX;
    const struct vn_selector *selector = codes > 0 ? &own->selector : NULL;
    memset(own, 0, sizeof *own);
    own->coupon = coupon;
    (void)snprintf(own->id, sizeof own->id, "~%s", coupon->label);
    for (unsigned i = 0; i < codes; i++) {
        own->codes[i] = coupon->codes[i];
    }
    sort_codes(own->codes, codes);
    own->selector.include[VN_SELECT_CODES] = (struct vn_terms){.values = own->codes, .count = codes};
    own->selector.number = UINT32_MAX; /* none of the ruleset's */
    own->reward = (struct vn_reward){
        .kind = coupon->off_bp > 0 ? VN_REWARD_PERCENT_OFF : VN_REWARD_AMOUNT_OFF,
        .selector = selector,
        .rate_bp = coupon->off_bp,
        .amount_minor = coupon->off_minor,
        .wallet = "",
    };
    own->promotion = (struct vn_promotion){
        .id = own->id,
        .version = 1,
        .when = {.from_minute = INT64_MIN, .to_minute = INT64_MAX},
        .cond = {.coupon = true,
                 .spend_asked = coupon->least_minor > 0,
                 .spend_selector = selector,
                 .spend_least_minor = coupon->least_minor},
        .rewards = &own->reward,
        .reward_count = 1,
        .price_count = 1,
        .group = VN_GROUP_OWN,
    };
}

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* By label and account, as a person would; then by all that could make a difference, so that the order in which they were
 * presented makes none. */
static bool comes_before(const struct vn_coupon *a, const struct vn_coupon *b)
{
    int order = strcmp(a->label, b->label);
    order = order != 0 ? order : strcmp(a->account, b->account);
    order = order != 0 ? order : strcmp(a->member, b->member);
    order = order != 0 ? order : compare(a->off_bp, b->off_bp);
    order = order != 0 ? order : compare(a->off_minor, b->off_minor);
    order = order != 0 ? order : compare(a->least_minor, b->least_minor);
    order = order != 0 ? order : compare(a->valid_from_ms, b->valid_from_ms);
    order = order != 0 ? order : compare(a->valid_until_ms, b->valid_until_ms);
    order = order != 0 ? order : compare(a->spent, b->spent);
    order = order != 0 ? order : compare(a->single_use, b->single_use);
    order = order != 0 ? order : compare(a->code_count, b->code_count);
    for (unsigned i = 0; i < a->code_count && i < VN_COUPON_CODES_MAX && order == 0; i++) {
        order = strcmp(a->codes[i], b->codes[i]);
    }
    return order < 0;
}

void vn_coupons_own(struct vn_quote_work *work)
{
    const struct vn_choices *choices = work->input->choices;
    const struct vn_coupon *sorted[VN_COUPONS_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < coupon_count(choices); i++) {
        const struct vn_coupon *coupon = &choices->coupons[i];
        if (!coupon->has_terms) {
            continue;
        }
        size_t at = count;
        while (at > 0 && comes_before(coupon, sorted[at - 1])) {
            at--;
        }
        if (at > 0 && !comes_before(sorted[at - 1], coupon)) {
            continue; /* presented twice */
        }
        memmove(&sorted[at + 1], &sorted[at], (count - at) * sizeof sorted[0]);
        sorted[at] = coupon;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        make_own(&work->own[i], sorted[i]);
    }
    work->own_count = count;
}
