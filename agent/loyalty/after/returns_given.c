/* What was handed over and what was used up: they come back by conditions, not in proportion. */
#include <string.h>

#include "agent/loyalty/after/plan.h"

/* What is kept of a given's lines, of how much: list amounts or thousandths. */
struct kept {
    int64_t whole, left[2];
};

static struct kept measure(const struct vn_plan *plan, const struct vn_given *given, bool by_quantity)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    const struct vn_return_work *work = plan->work;
    struct kept kept = {0, {0, 0}};
    bool any = false;
    for (size_t i = 0; i < VN_LINE_WORDS; i++) {
        any = any || given->lines[i] != 0;
    }
    for (unsigned i = 0; i < work->sold.count; i++) {
        const struct vn_sold_line *line = &work->sold.lines[i];
        bool named = (given->lines[line->at / 64] >> line->at % 64 & 1) != 0;
        if (line->payable_minor < 0 || (any && !named)) {
            continue;
        }
        const struct vn_plan_share share = vn_plan_line(plan, i);
        int64_t size = by_quantity ? line->qty_milli : outcome->lines[line->at].list_minor;
        kept.whole += size;
        for (int when = VN_BEFORE; when <= VN_AFTER; when++) {
            kept.left[when] += size - vn_plan_part(size, share.num[when], share.den);
        }
    }
    return kept;
}

static bool is_by_piece(const struct vn_given *given)
{
    return given->kind == VN_GIVEN_STAMP && given->by_quantity && given->least == 0 &&
           given->on_return == VN_RETURN_REVOKE_IF_UNUSED;
}

/* How much of it has fallen. */
static int64_t fallen(const struct vn_plan *plan, const struct vn_given *given, const struct kept *kept,
                      int when)
{
    if (!plan->any[when]) {
        return 0;
    }
    if (is_by_piece(given)) {
        int64_t stands = 0;
        if (kept->whole > 0) {
            (void)vn_money_mul_div(given->amount, kept->left[when], kept->whole, VN_ROUND_DOWN, &stands);
        }
        return given->amount - stands;
    }
    return kept->left[when] < (given->least > 0 ? given->least : 1) ? vn_given_amount(given) : 0;
}

int64_t vn_plan_given(struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_return *out = plan->out;
    int64_t charges_minor = 0;
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *given = &outcome->given[i];
        if (given->kind == VN_GIVEN_GIFT || given->kind == VN_GIVEN_SAY ||
            given->on_return == VN_RETURN_KEEP) {
            continue; /* nothing was handed over, or it stays */
        }
        const struct kept kept = measure(plan, given, given->by_quantity || given->least == 0);
        int64_t before = fallen(plan, given, &kept, VN_BEFORE);
        int64_t after = fallen(plan, given, &kept, VN_AFTER);
        int64_t charge_minor = given->on_return == VN_RETURN_CHARGE ? given->charge_minor : 0;
        charges_minor += after > 0 ? charge_minor : 0;
        if (after > before) {
            struct vn_given_back *row = &out->given[out->given_count++];
            memcpy(row->promotion, given->promotion, sizeof row->promotion);
            memcpy(row->what, given->what, sizeof row->what);
            memcpy(row->account, given->account, sizeof row->account);
            row->kind = given->kind;
            row->amount = after - before;
            row->charge_minor = charge_minor;
        }
    }
    return charges_minor;
}

void vn_plan_consumptions(struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_return *out = plan->out;
    if (!plan->all[VN_AFTER] || plan->all[VN_BEFORE]) {
        return;
    }
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        if (!vn_outcome_is_wallet(outcome, outcome->consumptions[i].account)) {
            out->consumptions[out->consumption_count++] = outcome->consumptions[i];
        }
    }
}
