/* Points as a discount: what may be spent, and spending what was chosen.
 *
 * The range follows from rules, balance and basket alone, so that the cashier can offer it before the hub was asked. A
 * choice that no longer fits (an item was taken back) shrinks to what fits; one that needs a right that this till does
 * not hold is not applied at all, because half a choice is nobody's choice. */
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"

bool vn_points_value(const struct vn_wallet *wallet, int64_t points, int64_t *minor)
{
    return vn_money_mul_div(points, wallet->worth_minor_num, wallet->worth_minor_den, VN_ROUND_DOWN, minor);
}

/* Picks what points may be spent on; *most_minor is the most that they may take off. */
static bool pick_spendable(struct vn_quote_work *work, int64_t *most_minor)
{
    int64_t payable = 0;
    int64_t room = 0;
    work->pick_count = 0;
    for (size_t u = 0; u < work->unit_count; u++) {
        struct vn_unit *unit = &work->units[u];
        if ((work->lines[unit->line].forbids & VN_FORBID_SPEND) == 0) {
            unit->off_minor = 0;
            work->picks[work->pick_count++] = (uint16_t)u;
            payable += unit->running_minor;
            room += vn_unit_room(unit);
        }
    }
    int64_t share = 0;
    if (!vn_money_mul_div(payable, work->ruleset->wallets[0].spend_share_bp, VN_BP_WHOLE, VN_ROUND_DOWN,
                          &share)) {
        return false;
    }
    *most_minor = share < room ? share : room;
    /* what customers get back for deposits is theirs, but points don't pay it out */
    int64_t left = work->out->total_minor - work->out->discount_minor;
    if (left < *most_minor) {
        *most_minor = left > 0 ? left : 0;
    }
    return true;
}

static enum vn_status find_range(struct vn_quote_work *work)
{
    const struct vn_wallet *wallet = &work->ruleset->wallets[0];
    const struct vn_member *member = work->input->member;
    struct vn_outcome *out = work->out;
    int64_t most_minor = 0;
    int64_t most = 0;
    if (!pick_spendable(work, &most_minor)) {
        return vn_quote_overflow(work);
    }
    if (member == NULL || !member->known || member->blocked || wallet->worth_minor_num == 0) {
        return VN_OK;
    }
    if (!vn_money_mul_div(most_minor, wallet->worth_minor_den, wallet->worth_minor_num, VN_ROUND_DOWN,
                          &most)) {
        return vn_quote_overflow(work);
    }
    most = member->balance < most ? member->balance : most;
    most -= most % wallet->spend_step_points;
    int64_t steps = (wallet->spend_min_points + wallet->spend_step_points - 1) / wallet->spend_step_points;
    int64_t least = (steps > 0 ? steps : 1) * wallet->spend_step_points;
    if (most >= least) {
        out->spend_min_points = least;
        out->spend_max_points = most;
        out->spend_step_points = wallet->spend_step_points;
    }
    return VN_OK;
}

static void explain(struct vn_quote_work *work, enum vn_reason reason, int64_t missing, int64_t worth_minor)
{
    struct vn_verdict verdict = {.reason = reason, .missing = missing, .worth_minor = worth_minor};
    vn_explain_add(work, "", &verdict);
}

/* The points to take of what was chosen; 0 after saying why. */
static int64_t settle_choice(struct vn_quote_work *work, int64_t chosen)
{
    const struct vn_member *member = work->input->member;
    const struct vn_outcome *out = work->out;
    if (member == NULL || member->blocked || !member->known) {
        explain(work,
                member == NULL    ? VN_REASON_NEEDS_MEMBER
                : member->blocked ? VN_REASON_BLOCKED
                                  : VN_REASON_NEEDS_HUB,
                0, 0);
        return 0;
    }
    if (chosen > member->balance && out->spend_max_points == 0) {
        explain(work, VN_REASON_BALANCE_SHORT, chosen - (member->balance > 0 ? member->balance : 0), 0);
        return 0;
    }
    if (out->spend_max_points == 0 || chosen < out->spend_min_points) {
        explain(work, VN_REASON_CAPPED,
                chosen < out->spend_min_points ? out->spend_min_points - chosen : chosen, 0);
        return 0;
    }
    int64_t points = chosen < out->spend_max_points ? chosen : out->spend_max_points;
    points -= points % out->spend_step_points;
    int64_t available = vn_scope_available(work, member->account);
    if (available < points) {
        explain(work, VN_REASON_NEEDS_HUB, points - available, 0);
        return 0;
    }
    return points;
}

enum vn_status vn_points_spend(struct vn_quote_work *work)
{
    enum vn_status status = find_range(work);
    const struct vn_choices *choices = work->input->choices;
    if (status != VN_OK || choices == NULL || choices->spend_points <= 0) {
        return status;
    }
    int64_t points = settle_choice(work, choices->spend_points);
    int64_t minor = 0;
    if (points == 0) {
        return VN_OK;
    }
    if (!vn_points_value(&work->ruleset->wallets[0], points, &minor)) {
        return vn_quote_overflow(work);
    }
    status = vn_spread_over_picks(work, minor);
    if (status != VN_OK) {
        return status;
    }
    if (minor == 0 || !vn_apply_discount(work, "", VN_STAGE_POINTS)) {
        explain(work, VN_REASON_CAPPED, points, 0);
        return VN_OK;
    }
    work->out->points_spent = points;
    work->out->points_value_minor = minor;
    (void)vn_apply_consumption(work, work->input->member->account, points, false);
    if (points < choices->spend_points) {
        bool poor = choices->spend_points > work->input->member->balance;
        explain(work, poor ? VN_REASON_BALANCE_SHORT : VN_REASON_CAPPED, choices->spend_points - points,
                minor);
    } else {
        explain(work, VN_REASON_APPLIED, 0, minor);
    }
    return VN_OK;
}
