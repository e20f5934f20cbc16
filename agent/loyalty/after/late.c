#include "agent/loyalty/late.h"

#include <stddef.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

const char *vn_late_name(enum vn_late_answer answer)
{
    static const char *const names[] = {[VN_LATE_YES] = "yes",
                                        [VN_LATE_NOT_PAID] = "not-paid",
                                        [VN_LATE_TAKEN_BACK] = "taken-back",
                                        [VN_LATE_HAS_CARD] = "has-card",
                                        [VN_LATE_NEEDS_CODE] = "needs-code",
                                        [VN_LATE_TOO_LATE] = "too-late"};
    return (size_t)answer < sizeof names / sizeof names[0] ? names[answer] : "unknown";
}

enum vn_late_answer vn_late_judge(const struct vn_late_receipt *receipt, int64_t days, int64_t now_ms)
{
    if (!receipt->committed) {
        return VN_LATE_NOT_PAID;
    }
    if (receipt->taken_back) {
        return VN_LATE_TAKEN_BACK;
    }
    if (receipt->has_card) {
        return VN_LATE_HAS_CARD;
    }
    if (!receipt->next_started) {
        return VN_LATE_YES;
    }
    int64_t since_ms = 0;
    bool fits = !__builtin_sub_overflow(now_ms, receipt->committed_ms, &since_ms);
    if (days <= 0 || !fits || since_ms / DAY_MS >= days) {
        return VN_LATE_TOO_LATE;
    }
    return receipt->by_code ? VN_LATE_YES : VN_LATE_NEEDS_CODE;
}

static const struct vn_line_outcome *find(const struct vn_outcome *outcome, int64_t id)
{
    unsigned low = 0;
    unsigned high = outcome->line_count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (outcome->lines[middle].line_id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < outcome->line_count && outcome->lines[low].line_id == id ? &outcome->lines[low] : NULL;
}

enum vn_status vn_late_basket(const struct vn_basket *basket, const struct vn_outcome *outcome,
                              struct vn_basket *out, struct vn_error *error)
{
    *out = *basket;
    out->card_entry = VN_CARD_LATE;
    if (basket->line_count > VN_LINES_MAX || outcome->line_count != basket->line_count) {
        return vn_fail(error, VN_INPUT, "outcome and basket are not of each other");
    }
    for (unsigned i = 0; i < out->line_count; i++) {
        const struct vn_line_outcome *of = find(outcome, out->lines[i].id);
        int64_t off_minor = 0;
        if (of == NULL || __builtin_sub_overflow(out->lines[i].amount_minor, of->payable_minor, &off_minor) ||
            off_minor != of->discount_minor || off_minor < 0) {
            return vn_fail(error, VN_INPUT, "outcome and basket are not of each other at line %lld",
                           (long long)out->lines[i].id);
        }
        out->lines[i].amount_minor = of->payable_minor;
    }
    return VN_OK;
}

static enum vn_status check_pair(const struct vn_outcome *sale, const struct vn_outcome *late,
                                 struct vn_error *error)
{
    bool earned = sale->points_earned != 0 || sale->points_spent != 0 || sale->wallet_count > 0;
    for (unsigned i = 0; i < sale->line_count; i++) {
        earned = earned || sale->lines[i].earn_minor != 0;
    }
    if (earned) {
        return vn_fail(error, VN_INPUT, "the receipt has a card already");
    }
    bool same = late->line_count == sale->line_count && late->payable_minor == sale->payable_minor &&
                late->discount_minor == 0 && late->points_spent == 0 && late->tender_minor == 0;
    for (unsigned i = 0; i < sale->line_count && same; i++) {
        same = late->lines[i].line_id == sale->lines[i].line_id &&
               late->lines[i].payable_minor == sale->lines[i].payable_minor;
    }
    return same ? VN_OK
                : vn_fail(error, VN_INPUT, "the late outcome is not of this receipt, or does more than earn");
}

/* One row for an account: what is at risk of a part is at risk of the whole. */
static enum vn_status consume(struct vn_outcome *out, const struct vn_consumption *more,
                              struct vn_error *error)
{
    for (unsigned i = 0; i < out->consumption_count; i++) {
        struct vn_consumption *row = &out->consumptions[i];
        if (strcmp(row->account, more->account) == 0) {
            row->risk = row->risk || more->risk;
            return __builtin_add_overflow(row->amount, more->amount, &row->amount)
                       ? vn_fail(error, VN_INPUT, "the late outcome uses up more than there can be")
                       : VN_OK;
        }
    }
    if (out->consumption_count == VN_RIGHTS_MAX) {
        return vn_fail(error, VN_FULL, "the receipt has no room for what the card would use up");
    }
    out->consumptions[out->consumption_count++] = *more;
    return VN_OK;
}

enum vn_status vn_late_join(const struct vn_outcome *sale, const struct vn_outcome *late,
                            struct vn_outcome *out, struct vn_error *error)
{
    enum vn_status status = check_pair(sale, late, error);
    if (status != VN_OK) {
        return status;
    }
    if (sale->application_count + late->application_count > VN_APPLICATIONS_MAX ||
        sale->given_count + late->given_count > VN_GIVEN_MAX) {
        return vn_fail(error, VN_FULL, "the receipt has no room for what the card would earn");
    }
    *out = *sale;
    out->points_earned = late->points_earned;
    out->provisional = late->provisional;
    out->qualifying = late->qualifying;
    memcpy(out->tier_after, late->tier_after, sizeof out->tier_after);
    out->wallet_count = late->wallet_count;
    memcpy(out->wallets, late->wallets, sizeof out->wallets);
    for (unsigned i = 0; i < late->line_count; i++) {
        out->lines[i].earn_minor = late->lines[i].earn_minor;
    }
    for (unsigned i = 0; i < late->application_count; i++) {
        out->applications[out->application_count++] = late->applications[i];
    }
    for (unsigned i = 0; i < late->given_count; i++) {
        out->given[out->given_count++] = late->given[i];
    }
    for (unsigned i = 0; i < late->consumption_count && status == VN_OK; i++) {
        status = consume(out, &late->consumptions[i], error);
    }
    return status;
}
