/* Points as payment: what may be spent, and spending what was chosen.
 *
 * The first wallet comes first, then further ones in the order in which they were chosen, then the ranges of those that
 * were not: once for wallets whose points are a discount, and again, when all prices stand, for those that are a tender.
 *
 * A range follows from rules, balance and basket alone, so that the cashier can offer it before the hub was asked. A
 * choice that no longer fits (an item was taken back) shrinks to what fits; one that needs a right that this till does
 * not hold, or a proof that could be had, is not applied at all, because half a choice is nobody's choice. */
#include "agent/loyalty/reckon/points.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/match.h"

/* What may be spent from a purse; all 0: nothing. */
struct range {
    int64_t least, most, step;
    int64_t spendable; /* of the purse, whatever the basket is */
    bool unproved;     /* the lack of a proof is what bounds it */
};

bool vn_points_value(const struct vn_wallet *wallet, int64_t points, int64_t *minor)
{
    return vn_money_mul_div(points, wallet->worth_minor_num, wallet->worth_minor_den, VN_ROUND_DOWN, minor);
}

struct vn_wallet_outcome *vn_points_row(const struct vn_quote_work *work, const char *wallet)
{
    for (unsigned i = 0; i < work->out->wallet_count; i++) {
        if (strcmp(work->out->wallets[i].wallet, wallet) == 0) {
            return &work->out->wallets[i];
        }
    }
    return NULL;
}

/* A row for each further wallet that ruleset and member both have, in the ruleset's order. */
static void open_rows(struct vn_quote_work *work)
{
    const struct vn_member *member = work->input->member;
    if (vn_audience_judge_card(work) != VN_REASON_APPLIED) {
        return;
    }
    for (unsigned i = 1; i < work->ruleset->wallet_count; i++) {
        const char *id = work->ruleset->wallets[i].id;
        for (unsigned m = 0; m < member->wallet_count; m++) {
            if (strcmp(member->wallets[m].id, id) == 0 && vn_points_row(work, id) == NULL) {
                struct vn_wallet_outcome *row = &work->out->wallets[work->out->wallet_count++];
                memset(row, 0, sizeof *row);
                (void)snprintf(row->wallet, sizeof row->wallet, "%s", id);
                (void)snprintf(row->account, sizeof row->account, "%s", member->wallets[m].account);
            }
        }
    }
}

static bool first_purse(const struct vn_quote_work *work, struct vn_purse *purse)
{
    const struct vn_member *member = work->input->member;
    *purse = (struct vn_purse){.terms = &work->ruleset->wallets[0]};
    if (vn_audience_judge_card(work) != VN_REASON_APPLIED) {
        return false;
    }
    purse->account = member->account;
    purse->balance = member->balance;
    purse->debt = member->debt;
    purse->lots = member->lots;
    purse->lot_count = member->lot_count;
    return true;
}

/* The member's further wallet; `terms` are set even if he has no such one, NULL if the ruleset does not accept it. */
static bool further_purse(const struct vn_quote_work *work, const char *wallet, struct vn_purse *purse)
{
    const struct vn_member *member = work->input->member;
    *purse = (struct vn_purse){.row = vn_points_row(work, wallet)};
    for (unsigned i = 1; i < work->ruleset->wallet_count; i++) {
        if (strcmp(work->ruleset->wallets[i].id, wallet) == 0) {
            purse->terms = &work->ruleset->wallets[i];
        }
    }
    for (unsigned m = 0; purse->row != NULL && m < member->wallet_count; m++) {
        const struct vn_member_wallet *at = &member->wallets[m];
        if (strcmp(at->id, wallet) == 0) {
            purse->account = at->account;
            purse->balance = at->balance;
            purse->lots = at->lots;
            purse->lot_count = at->lot_count;
            break;
        }
    }
    return purse->row != NULL && purse->terms != NULL;
}

/* Picks what the wallet's points may pay; *most_minor is the most that they may pay of it. */
static bool pick_payable(struct vn_quote_work *work, const struct vn_wallet *terms, int64_t *most_minor)
{
    int64_t payable = 0;
    int64_t room = 0;
    work->pick_count = 0;
    for (size_t l = 0; l < work->line_count; l++) {
        const struct vn_work_line *at = &work->lines[l];
        if (!at->counts || (at->forbids & VN_FORBID_SPEND) != 0 ||
            (terms->excluded != NULL && vn_match_line(work, terms->excluded, l))) {
            continue;
        }
        for (size_t u = at->first; u < at->first + at->count; u++) {
            struct vn_unit *unit = &work->units[u];
            unit->off_minor = 0;
            work->picks[work->pick_count++] = (uint16_t)u;
            payable += unit->running_minor;
            room += terms->tender ? vn_unit_unpaid(unit) : vn_unit_room(unit);
        }
    }
    int64_t share = 0;
    if (!vn_money_mul_div(payable, terms->spend_share_bp, VN_BP_WHOLE, VN_ROUND_DOWN, &share)) {
        return false;
    }
    *most_minor = share < room ? share : room;
    /* what customers get back for deposits is theirs, but points don't pay it out */
    const struct vn_outcome *out = work->out;
    int64_t left = out->total_minor - out->discount_minor - out->tender_minor - terms->spend_left_minor;
    if (left < *most_minor) {
        *most_minor = left > 0 ? left : 0;
    }
    return true;
}

/* The least that may be spent: a multiple of the step that takes at least one minor unit off. False when out of range. */
static bool find_least(const struct vn_wallet *terms, int64_t *least)
{
    int64_t step = terms->spend_step_points;
    int64_t unit = 0;
    if (!vn_money_mul_div(1, terms->worth_minor_den, terms->worth_minor_num, VN_ROUND_UP, &unit)) {
        return false;
    }
    *least = terms->spend_min_points > unit ? terms->spend_min_points : unit;
    int64_t rest = *least % step;
    return rest == 0 || !__builtin_add_overflow(*least, step - rest, least);
}

static bool unproved(const struct vn_quote_work *work, const struct vn_wallet *terms)
{
    return terms->proof_needed && work->input->basket->proof == VN_PROOF_NONE;
}

/* Fills picks with what the purse may pay, and writes the range into the outcome. */
static enum vn_status find_range(struct vn_quote_work *work, const struct vn_purse *purse,
                                 struct range *range)
{
    const struct vn_wallet *terms = purse->terms;
    int64_t most_minor = 0;
    *range = (struct range){.spendable = vn_lots_spendable(work, purse)};
    if (terms->worth_minor_num == 0) {
        return VN_OK;
    }
    int64_t most = 0;
    int64_t least = 0;
    if (!pick_payable(work, terms, &most_minor) ||
        !vn_money_mul_div(most_minor, terms->worth_minor_den, terms->worth_minor_num, VN_ROUND_DOWN, &most) ||
        !find_least(terms, &least)) {
        return vn_quote_overflow(work);
    }
    most = range->spendable < most ? range->spendable : most;
    if (unproved(work, terms) && !work->input->hub_reachable && terms->unproved_points < most) {
        most = terms->unproved_points;
        range->unproved = true;
    }
    most -= most % terms->spend_step_points;
    if (most < least) {
        return VN_OK;
    }
    range->least = least;
    range->most = most;
    range->step = terms->spend_step_points;
    if (purse->row == NULL) {
        work->out->spend_min_points = least;
        work->out->spend_max_points = most;
        work->out->spend_step_points = range->step;
    } else {
        purse->row->spend_min = least;
        purse->row->spend_max = most;
        purse->row->spend_step = range->step;
    }
    return VN_OK;
}

static void explain(struct vn_quote_work *work, const char *wallet, enum vn_reason reason, int64_t missing,
                    int64_t worth_minor)
{
    struct vn_outcome *out = work->out;
    unsigned at = out->explanation_count;
    const struct vn_verdict verdict = {.reason = reason, .missing = missing, .worth_minor = worth_minor};
    vn_explain_add(work, "", &verdict);
    if (out->explanation_count > at) {
        (void)snprintf(out->explanations[at].wallet, sizeof out->explanations[at].wallet, "%s", wallet);
    }
}

static bool may_risk_points(const struct vn_quote_work *work)
{
    return work->input->risk_allowed && !work->input->hub_reachable && work->input->risk_points > 0;
}

/* The points to take of what was chosen; 0 after saying why. */
static int64_t settle_choice(struct vn_quote_work *work, const struct vn_purse *purse,
                             const struct range *range, int64_t chosen)
{
    const char *wallet = purse->terms->id;
    if (unproved(work, purse->terms) && work->input->hub_reachable) {
        explain(work, wallet, VN_REASON_NEEDS_PROOF, 0, 0);
        return 0;
    }
    if (range->most == 0 && chosen > range->spendable) {
        explain(work, wallet, VN_REASON_BALANCE_SHORT, chosen - range->spendable, 0);
        return 0;
    }
    if (range->most == 0 || chosen < range->least) {
        explain(work, wallet, range->unproved ? VN_REASON_NEEDS_PROOF : VN_REASON_CAPPED,
                chosen < range->least ? range->least - chosen : chosen, 0);
        return 0;
    }
    int64_t points = chosen < range->most ? chosen : range->most;
    points -= points % range->step;
    int64_t available = vn_scope_available(work, purse->account);
    int64_t risk = may_risk_points(work) ? work->input->risk_points : 0;
    if (available + risk < points) {
        explain(work, wallet, VN_REASON_NEEDS_HUB, points - available, 0);
        return 0;
    }
    return points;
}

/* Takes `minor` off the picks, or notes that points pay it. *done is false when the outcome has no room for it. */
static enum vn_status pay(struct vn_quote_work *work, const struct vn_purse *purse, int64_t minor, bool *done)
{
    struct vn_outcome *out = work->out;
    *done = out->consumption_count < VN_RIGHTS_MAX;
    if (!*done) {
        return VN_OK;
    }
    if (purse->terms->tender) {
        out->tender_minor += minor;
        return vn_tender_pay(work, minor);
    }
    unsigned first = out->application_count;
    enum vn_status status = vn_spread_over_picks(work, minor);
    if (status == VN_OK) {
        *done = vn_apply_discount(work, "", VN_STAGE_POINTS);
    }
    for (unsigned i = first; i < out->application_count; i++) {
        (void)snprintf(out->applications[i].wallet, sizeof out->applications[i].wallet, "%s",
                       purse->terms->id);
    }
    return status;
}

static void record(struct vn_quote_work *work, const struct vn_purse *purse, int64_t points, int64_t minor)
{
    struct vn_outcome *out = work->out;
    if (purse->row == NULL) {
        out->points_spent = points;
        out->points_value_minor = minor;
        out->spent_as_tender = purse->terms->tender;
    } else {
        purse->row->spent = points;
        purse->row->value_minor = minor;
        purse->row->tender = purse->terms->tender;
    }
    bool risk = vn_scope_available(work, purse->account) < points;
    vn_lots_use(work, purse, points);
    (void)vn_apply_consumption(work, purse->account, points, risk); /* pay() saw that there is room */
}

static enum vn_status spend(struct vn_quote_work *work, const struct vn_purse *purse, int64_t chosen)
{
    struct range range;
    enum vn_status status = find_range(work, purse, &range);
    if (status != VN_OK || chosen <= 0) {
        return status;
    }
    int64_t points = settle_choice(work, purse, &range, chosen);
    int64_t minor = 0;
    bool done = false;
    if (points == 0) {
        return VN_OK;
    }
    if (!vn_points_value(purse->terms, points, &minor)) {
        return vn_quote_overflow(work);
    }
    status = pay(work, purse, minor, &done);
    if (status != VN_OK) {
        return status;
    }
    const char *wallet = purse->terms->id;
    if (!done) {
        explain(work, wallet, VN_REASON_CAPPED, points, 0);
        return VN_OK;
    }
    record(work, purse, points, minor);
    enum vn_reason reason = points == chosen           ? VN_REASON_APPLIED
                            : chosen > range.spendable ? VN_REASON_BALANCE_SHORT
                            : range.unproved           ? VN_REASON_NEEDS_PROOF
                                                       : VN_REASON_CAPPED;
    explain(work, wallet, reason,
            reason == VN_REASON_BALANCE_SHORT ? chosen - range.spendable : chosen - points, minor);
    return VN_OK;
}

/* Why a choice can't be looked at: there is no such purse. */
static void refuse(struct vn_quote_work *work, const struct vn_purse *purse, const char *wallet)
{
    enum vn_reason reason = purse->terms == NULL ? VN_REASON_NOTHING_MATCHES : vn_audience_judge_card(work);
    reason = reason == VN_REASON_APPLIED ? VN_REASON_NEEDS_HUB : reason; /* he has no such wallet here */
    explain(work, wallet, reason, 0, 0);
}

/* The first choice of a wallet is the choice. */
static bool chosen_before(const struct vn_choices *choices, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        if (strcmp(choices->spends[i].wallet, choices->spends[at].wallet) == 0) {
            return true;
        }
    }
    return false;
}

static unsigned spend_count(const struct vn_choices *choices)
{
    unsigned count = choices == NULL ? 0 : choices->spend_count;
    return count < VN_WALLETS_MAX - 1 ? count : VN_WALLETS_MAX - 1;
}

static enum vn_status spend_chosen(struct vn_quote_work *work, bool tender)
{
    const struct vn_choices *choices = work->input->choices;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < spend_count(choices) && status == VN_OK; i++) {
        struct vn_purse purse;
        const char *wallet = choices->spends[i].wallet;
        if (choices->spends[i].points <= 0 || chosen_before(choices, i)) {
            continue;
        }
        if (!further_purse(work, wallet, &purse)) {
            if ((purse.terms != NULL && purse.terms->tender) == tender) {
                refuse(work, &purse, wallet);
            }
        } else if (purse.terms->tender == tender) {
            status = spend(work, &purse, choices->spends[i].points);
        }
    }
    return status;
}

static bool is_chosen(const struct vn_choices *choices, const char *wallet)
{
    for (unsigned i = 0; i < spend_count(choices); i++) {
        if (choices->spends[i].points > 0 && strcmp(choices->spends[i].wallet, wallet) == 0) {
            return true;
        }
    }
    return false;
}

static enum vn_status spend_as(struct vn_quote_work *work, bool tender)
{
    const struct vn_choices *choices = work->input->choices;
    struct vn_purse purse;
    enum vn_status status = VN_OK;
    if (work->input->earning_only) {
        return VN_OK;
    }
    if (work->ruleset->wallets[0].tender == tender) {
        int64_t chosen = choices == NULL ? 0 : choices->spend_points;
        if (first_purse(work, &purse)) {
            status = spend(work, &purse, chosen);
        } else if (chosen > 0) {
            refuse(work, &purse, "");
        }
    }
    if (status == VN_OK) {
        status = spend_chosen(work, tender);
    }
    for (unsigned i = 0; i < work->out->wallet_count && status == VN_OK; i++) {
        const char *wallet = work->out->wallets[i].wallet;
        if (!is_chosen(choices, wallet) && further_purse(work, wallet, &purse) &&
            purse.terms->tender == tender) {
            status = spend(work, &purse, 0);
        }
    }
    return status;
}

enum vn_status vn_points_spend(struct vn_quote_work *work)
{
    open_rows(work);
    return spend_as(work, false);
}

enum vn_status vn_points_tender(struct vn_quote_work *work)
{
    return spend_as(work, true);
}
