/* Who pays for a discount.
 *
 * A funder pays a share of what his promotion took off, or an amount for each discounted piece (kilograms in proportion), up
 * to his cap. Shares and what is left for the chain are rounded together, by largest remainder; amounts for pieces half away
 * from zero. In the order of the promotion nobody pays for more than those before him have left of the discount, and what
 * no row names is the chain's own. So it is too with the funders of a promotion for which the outcome has no room. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"

/* What a promotion took off, and of how much. */
struct taken {
    int64_t discount_minor, qty_milli;
};

static struct taken taken_by(const struct vn_outcome *out, const char *promotion)
{
    struct taken taken = {0, 0};
    for (unsigned i = 0; i < out->application_count; i++) {
        const struct vn_application *row = &out->applications[i];
        if (strcmp(row->promotion, promotion) == 0) {
            taken.discount_minor += row->discount_minor;
            taken.qty_milli += row->qty_milli;
        }
    }
    return taken;
}

/* What each funder would pay by his terms alone. */
static bool claims_of(struct vn_quote_work *work, const struct vn_promotion *promotion, struct taken taken,
                      int64_t claims[VN_FUNDERS_MAX])
{
    int64_t weights[VN_FUNDERS_MAX + 1];
    int64_t parts[VN_FUNDERS_MAX + 1];
    uint32_t count = promotion->funder_count;
    weights[count] = VN_BP_WHOLE; /* the chain: what is left of the whole, which the shares don't exceed */
    for (uint32_t i = 0; i < count; i++) {
        weights[i] = promotion->funders[i].share_bp;
        weights[count] -= weights[i];
    }
    if (!vn_money_spread(taken.discount_minor, weights, count + 1, &work->spread, parts)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        claims[i] = parts[i];
        if (promotion->funders[i].per_unit_minor > 0 &&
            !vn_money_mul_div(promotion->funders[i].per_unit_minor, taken.qty_milli, 1000, VN_ROUND_HALF_AWAY,
                              &claims[i])) {
            return false;
        }
    }
    return true;
}

static void add_row(struct vn_outcome *out, const struct vn_promotion *promotion,
                    const struct vn_funder *funder, int64_t amount_minor)
{
    struct vn_funding *row = &out->fundings[out->funding_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion->id);
    (void)snprintf(row->funder, sizeof row->funder, "%s", funder->id);
    row->amount_minor = amount_minor;
}

static enum vn_status split(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    struct taken taken = taken_by(work->out, promotion->id);
    int64_t claims[VN_FUNDERS_MAX] = {0};
    if (taken.discount_minor == 0 || work->out->funding_count + promotion->funder_count > VN_FUNDINGS_MAX) {
        return VN_OK;
    }
    if (!claims_of(work, promotion, taken, claims)) {
        return vn_quote_overflow(work);
    }
    int64_t left = taken.discount_minor;
    for (uint32_t i = 0; i < promotion->funder_count; i++) {
        const struct vn_funder *funder = &promotion->funders[i];
        int64_t amount = claims[i] < left ? claims[i] : left;
        amount = funder->cap_minor > 0 && amount > funder->cap_minor ? funder->cap_minor : amount;
        if (amount > 0) {
            add_row(work->out, promotion, funder, amount);
            left -= amount;
        }
    }
    return VN_OK;
}

enum vn_status vn_funding_split(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->applied_count; i++) {
        const struct vn_promotion *promotion = vn_work_promotion(work, work->applied[i].promotion);
        enum vn_status status = promotion->funder_count == 0 ? VN_OK : split(work, promotion);
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}
