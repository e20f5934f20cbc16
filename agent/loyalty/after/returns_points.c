/* Points of a return: earned ones are taken back, spent ones given back. */
#include <string.h>

#include "agent/loyalty/after/plan.h"

/* How much of what earned has come back. */
static struct vn_plan_share earning_share(const struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    const struct vn_return_work *work = plan->work;
    struct vn_plan_share by_earning = {{0, 0}, 0};
    struct vn_plan_share by_payment = {{0, 0}, 0};
    for (unsigned i = 0; i < work->sold.count; i++) {
        const struct vn_sold_line *line = &work->sold.lines[i];
        if (!vn_line_is_goods(line->line) || line->payable_minor < 0) {
            continue;
        }
        const struct vn_plan_share share = vn_plan_line(plan, i);
        int64_t earned = outcome->lines[line->at].earn_minor;
        int64_t paid = line->payable_minor - line->relief_minor;
        by_earning.den += earned;
        by_payment.den += paid;
        for (int when = VN_BEFORE; when <= VN_AFTER; when++) {
            by_earning.num[when] += vn_plan_part(earned, share.num[when], share.den);
            by_payment.num[when] += vn_plan_part(paid, share.num[when], share.den);
        }
    }
    return by_earning.den > 0 ? by_earning : by_payment;
}

/* A tender's share: `value` of what was paid back, after what `*used` of earlier wallets took. */
static struct vn_plan_share tender_share(const struct vn_plan *plan, int64_t value, int64_t used[2])
{
    struct vn_plan_share share = {{0, 0}, value};
    for (int when = VN_BEFORE; when <= VN_AFTER; when++) {
        int64_t left = plan->paid_back[when] - used[when];
        share.num[when] = left < value ? left : value;
        used[when] += share.num[when];
    }
    return share;
}

static bool is_further(const struct vn_outcome *outcome, const char *account)
{
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        if (strcmp(outcome->wallets[i].account, account) == 0) {
            return true;
        }
    }
    return false;
}

/* Gives `before` .. `after` of an account's spent points back to its lots, the last use first. `account` NULL: the first
 * wallet's, whatever its name. */
static void plan_lots(struct vn_plan *plan, const char *account, int64_t before, int64_t after)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_return *out = plan->out;
    for (unsigned i = outcome->lot_use_count; i-- > 0;) {
        const struct vn_lot_use *use = &outcome->lot_uses[i];
        bool mine = account == NULL ? !is_further(outcome, use->account) : strcmp(account, use->account) == 0;
        if (!mine) {
            continue;
        }
        int64_t first = before < use->amount ? before : use->amount;
        int64_t second = after < use->amount ? after : use->amount;
        if (second > first) {
            struct vn_lot_use *row = &out->lot_uses[out->lot_use_count++];
            *row = *use;
            row->amount = second - first;
        }
        before -= first;
        after -= second;
    }
}

/* Points of one wallet that go back, by its share; and the same to the lots. */
static int64_t give_back(struct vn_plan *plan, const struct vn_plan_share *share, const char *account,
                         int64_t spent)
{
    int64_t before = vn_plan_so_far(plan, share, spent, VN_BEFORE);
    int64_t after = vn_plan_so_far(plan, share, spent, VN_AFTER);
    plan_lots(plan, account, before, after);
    return after - before;
}

void vn_plan_points(struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    const struct vn_plan_share earned = earning_share(plan);
    struct vn_return *out = plan->out;
    int64_t used[2] = {0, 0};
    out->qualifying = vn_plan_moved(plan, &earned, outcome->qualifying);
    out->points_taken_back = vn_plan_moved(plan, &earned, outcome->points_earned);
    struct vn_plan_share spent = outcome->spent_as_tender
                                     ? tender_share(plan, outcome->points_value_minor, used)
                                     : vn_plan_discounts(plan, "", "");
    if (outcome->spent_as_tender) {
        out->tender_minor += spent.num[VN_AFTER] - spent.num[VN_BEFORE];
    }
    out->points_given_back = give_back(plan, &spent, NULL, outcome->points_spent);
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *of = &outcome->wallets[i];
        struct vn_wallet_back *row = &out->wallets[out->wallet_count];
        spent =
            of->tender ? tender_share(plan, of->value_minor, used) : vn_plan_discounts(plan, "", of->wallet);
        row->value_minor = of->tender ? spent.num[VN_AFTER] - spent.num[VN_BEFORE] : 0;
        row->taken_back = vn_plan_moved(plan, &earned, of->earned);
        row->given_back = give_back(plan, &spent, of->account, of->spent);
        out->tender_minor += row->value_minor;
        if (row->taken_back != 0 || row->given_back != 0 || row->value_minor != 0) {
            memcpy(row->wallet, of->wallet, sizeof row->wallet);
            memcpy(row->account, of->account, sizeof row->account);
            out->wallet_count++;
        }
    }
}
