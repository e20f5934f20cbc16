#include "agent/loyalty/asks.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/rules/compiled.h"

#define MORE ", ..."

static const struct vn_promotion *find(const struct vn_ruleset *ruleset, const char *promotion)
{
    size_t at = vn_ruleset_find(ruleset, promotion);
    return at == ruleset->promotion_count ? NULL : &ruleset->promotions[at];
}

static const struct vn_terms *terms_of(const struct vn_promotion *promotion, enum vn_reason reason)
{
    switch (reason) {
    case VN_REASON_NEEDS_TIER: return &promotion->who.tiers;
    case VN_REASON_NEEDS_SEGMENT: return &promotion->who.segments;
    case VN_REASON_NEEDS_CLUB: return &promotion->who.clubs;
    case VN_REASON_NEEDS_TENDER: return &promotion->cond.tenders;
    default: return NULL;
    }
}

void vn_ruleset_asked(const struct vn_ruleset *ruleset, const char *promotion, enum vn_reason reason,
                      char out[VN_NAME_MAX])
{
    const struct vn_promotion *found = find(ruleset, promotion);
    const struct vn_terms *terms = found == NULL ? NULL : terms_of(found, reason);
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t i = 0; terms != NULL && i < terms->count; i++) {
        const char *between = i == 0 ? "" : ", ";
        bool last = i + 1 == terms->count;
        if (used + strlen(between) + strlen(terms->values[i]) + (last ? 0 : sizeof MORE - 1) >= VN_NAME_MAX) {
            (void)snprintf(out + used, VN_NAME_MAX - used, "%s", i == 0 ? &MORE[2] : MORE);
            return;
        }
        used += (size_t)snprintf(out + used, VN_NAME_MAX - used, "%s%s", between, terms->values[i]);
    }
}

bool vn_ruleset_has(const struct vn_ruleset *ruleset, const char *promotion)
{
    return find(ruleset, promotion) != NULL;
}

enum vn_limit_span vn_ruleset_limit_span(const struct vn_ruleset *ruleset, const char *promotion)
{
    const struct vn_promotion *found = find(ruleset, promotion);
    if (found == NULL || found->limits.member_count == 0 || found->limits.all_count != 0 ||
        found->limits.all_budget_minor != 0) {
        return VN_LIMIT_OTHER;
    }
    switch (found->limits.member_period) {
    case VN_PERIOD_DAY: return VN_LIMIT_DAY;
    case VN_PERIOD_WEEK: return VN_LIMIT_WEEK;
    case VN_PERIOD_MONTH: return VN_LIMIT_MONTH;
    case VN_PERIOD_YEAR: return VN_LIMIT_YEAR;
    case VN_PERIOD_EVER: break;
    }
    return VN_LIMIT_OTHER;
}

const char *vn_ruleset_said(const struct vn_ruleset *ruleset, const char *promotion, unsigned reward,
                            const char *locale)
{
    const struct vn_promotion *found = find(ruleset, promotion);
    if (found == NULL || reward >= found->reward_count || found->rewards[reward].text.count == 0) {
        return NULL;
    }
    const struct vn_names *text = &found->rewards[reward].text;
    const char *best = text->list[0].text;
    for (uint32_t i = 0; i < text->count; i++) {
        if (strcmp(text->list[i].locale, locale) == 0) {
            return text->list[i].text;
        }
        if (strcmp(text->list[i].locale, "en") == 0) {
            best = text->list[i].text;
        }
    }
    return best;
}

unsigned vn_ruleset_points_exponent(const struct vn_ruleset *ruleset, const char *wallet)
{
    for (unsigned i = 0; i < ruleset->wallet_count; i++) {
        if (strcmp(ruleset->wallets[i].id, wallet) == 0) {
            return ruleset->wallets[i].exponent;
        }
    }
    return 0;
}
