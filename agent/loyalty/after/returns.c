/* Lines, discounts and who paid for them, and the refund. */
#include "agent/loyalty/returns.h"

#include <stdio.h>
#include <string.h>

#include "agent/loyalty/after/plan.h"

int64_t vn_plan_part(int64_t total, int64_t num, int64_t den)
{
    int64_t part = 0;
    /* no part is more than its whole, so it always fits */
    (void)vn_money_mul_div(total < 0 ? -total : total, num, den, VN_ROUND_HALF_AWAY, &part);
    return total < 0 ? -part : part;
}

int64_t vn_plan_so_far(const struct vn_plan *plan, const struct vn_plan_share *share, int64_t total, int when)
{
    if (share->den == 0) {
        return plan->all[when] ? total : 0;
    }
    return vn_plan_part(total, share->num[when], share->den);
}

int64_t vn_plan_moved(const struct vn_plan *plan, const struct vn_plan_share *share, int64_t total)
{
    return vn_plan_so_far(plan, share, total, VN_AFTER) - vn_plan_so_far(plan, share, total, VN_BEFORE);
}

/* Figures that sums of this box could not carry, or that no quote and no earlier return makes. */
static enum vn_status check_figures(const struct vn_return_input *input, struct vn_error *error)
{
    const struct vn_outcome *outcome = input->outcome;
    bool fits = input->charged_minor >= 0 && outcome->points_earned >= 0 && outcome->points_spent >= 0 &&
                outcome->points_value_minor >= 0 && outcome->points_value_minor <= VN_AMOUNT_MAX &&
                outcome->qualifying >= 0;
    for (unsigned i = 0; i < outcome->line_count; i++) {
        const struct vn_line_outcome *at = &outcome->lines[i];
        fits = fits && at->earn_minor >= 0 && at->earn_minor <= INT64_MAX / VN_LINES_MAX &&
               at->list_minor >= 0 && at->list_minor <= VN_AMOUNT_MAX;
    }
    for (unsigned i = 0; i < outcome->application_count; i++) {
        int64_t discount_minor = outcome->applications[i].discount_minor;
        fits = fits && discount_minor >= 0 && discount_minor <= VN_AMOUNT_MAX;
    }
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *at = &outcome->wallets[i];
        fits = fits && at->earned >= 0 && at->spent >= 0 && at->value_minor >= 0 &&
               at->value_minor <= VN_AMOUNT_MAX;
    }
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *at = &outcome->given[i];
        fits = fits && at->amount >= 0 && at->charge_minor >= 0 && at->charge_minor <= VN_AMOUNT_MAX;
    }
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        fits = fits && outcome->lot_uses[i].amount >= 0;
    }
    for (unsigned i = 0; i < outcome->funding_count; i++) {
        fits = fits && outcome->fundings[i].amount_minor >= 0;
    }
    return fits ? VN_OK : vn_fail(error, VN_INPUT, "the sale's figures are out of range");
}

/* Which wallet a lot is of is known by its account. */
static enum vn_status check_accounts(const struct vn_outcome *outcome, struct vn_error *error)
{
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *at = &outcome->wallets[i];
        for (unsigned other = 0; other < i; other++) {
            if (at->spent > 0 && outcome->wallets[other].spent > 0 &&
                strcmp(at->account, outcome->wallets[other].account) == 0) {
                return vn_fail(error, VN_INPUT, "two wallets of the sale spent points of one account");
            }
        }
    }
    return VN_OK;
}

static enum vn_status refuse(const struct vn_plan *plan, const char *list, size_t place, const char *field,
                             const char *text)
{
    (void)vn_fail(plan->error, VN_INPUT, "%s", text);
    if (plan->error != NULL) {
        (void)snprintf(plan->error->pointer, sizeof plan->error->pointer, "/%s/%zu/%s", list, place, field);
    }
    return VN_INPUT;
}

/* Adds items to what has come back. */
static enum vn_status add_items(struct vn_plan *plan, const char *list, const struct vn_return_item *items,
                                size_t count, int64_t back[VN_LINES_MAX])
{
    const struct vn_sold *sold = &plan->work->sold;
    for (size_t i = 0; i < count; i++) {
        unsigned at = vn_sold_find(sold, items[i].line_id);
        if (at == sold->count) {
            return refuse(plan, list, i, "id", "the receipt has no such line to come back");
        }
        const struct vn_sold_line *line = &sold->lines[at];
        if (line->follows) {
            return refuse(plan, list, i, "id", "a deposit comes back with its goods");
        }
        if (items[i].qty_milli <= 0) {
            return refuse(plan, list, i, "qty_milli", "a quantity is above 0");
        }
        if (items[i].qty_milli > line->qty_milli - back[at]) {
            return refuse(plan, list, i, "qty_milli", "more comes back than was sold");
        }
        if (line->pieces && items[i].qty_milli % 1000 != 0) {
            return refuse(plan, list, i, "qty_milli", "pieces come back whole");
        }
        back[at] += items[i].qty_milli;
    }
    return VN_OK;
}

struct vn_plan_share vn_plan_line(const struct vn_plan *plan, unsigned at)
{
    const struct vn_return_work *work = plan->work;
    unsigned of = work->sold.lines[at].follows ? work->sold.lines[at].parent : at;
    return (struct vn_plan_share){{work->back[VN_BEFORE][of], work->back[VN_AFTER][of]},
                                  work->sold.lines[of].qty_milli};
}

/* What is above 0 decides whether all is back. */
static void sum_up(struct vn_plan *plan, int when)
{
    const struct vn_sold *sold = &plan->work->sold;
    plan->all[when] = true;
    for (unsigned i = 0; i < sold->count; i++) {
        const struct vn_sold_line *line = &sold->lines[i];
        const struct vn_plan_share share = vn_plan_line(plan, i);
        if (line->payable_minor >= 0) {
            plan->any[when] = plan->any[when] || share.num[when] > 0;
            plan->all[when] = plan->all[when] && share.num[when] == share.den;
            plan->paid_back[when] +=
                vn_plan_part(line->payable_minor - line->relief_minor, share.num[when], share.den);
        }
    }
    plan->all[when] = plan->all[when] && plan->any[when];
}

static void plan_lines(struct vn_plan *plan)
{
    const struct vn_sold *sold = &plan->work->sold;
    struct vn_return *out = plan->out;
    for (unsigned i = 0; i < sold->count; i++) {
        const struct vn_sold_line *line = &sold->lines[i];
        const struct vn_plan_share share = vn_plan_line(plan, i);
        const struct vn_return_line row = {
            line->line_id, vn_plan_moved(plan, &share, line->qty_milli),
            vn_plan_moved(plan, &share, line->payable_minor - line->relief_minor)};
        if (row.qty_milli != 0 || row.refund_minor != 0) {
            out->lines[out->line_count++] = row;
            out->spend_minor += row.refund_minor;
        }
    }
}

/* What an application's discount has come to, before or after. */
static int64_t ended(const struct vn_plan *plan, const struct vn_application *application, int when)
{
    unsigned at = vn_sold_find(&plan->work->sold, application->line_id);
    if (at == plan->work->sold.count) {
        return 0;
    }
    const struct vn_plan_share share = vn_plan_line(plan, at);
    return vn_plan_part(application->discount_minor, share.num[when], share.den);
}

static void plan_applications(struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_return *out = plan->out;
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *of = &outcome->applications[i];
        int64_t discount_minor = ended(plan, of, VN_AFTER) - ended(plan, of, VN_BEFORE);
        if (discount_minor > 0) {
            struct vn_return_application *row = &out->applications[out->application_count++];
            memcpy(row->promotion, of->promotion, sizeof row->promotion);
            row->stage = of->stage;
            row->line_id = of->line_id;
            row->discount_minor = discount_minor;
        }
    }
}

struct vn_plan_share vn_plan_discounts(const struct vn_plan *plan, const char *promotion, const char *wallet)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_plan_share share = {{0, 0}, 0};
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *at = &outcome->applications[i];
        bool points = at->promotion[0] == '\0' && at->stage == VN_STAGE_POINTS;
        if (wallet != NULL ? points && strcmp(at->wallet, wallet) == 0
                           : strcmp(at->promotion, promotion) == 0) {
            share.den += at->discount_minor;
            share.num[VN_BEFORE] += ended(plan, at, VN_BEFORE);
            share.num[VN_AFTER] += ended(plan, at, VN_AFTER);
        }
    }
    return share;
}

static void plan_fundings(struct vn_plan *plan)
{
    const struct vn_outcome *outcome = plan->input->outcome;
    struct vn_return *out = plan->out;
    for (unsigned i = 0; i < outcome->funding_count; i++) {
        const struct vn_funding *of = &outcome->fundings[i];
        const struct vn_plan_share share = vn_plan_discounts(plan, of->promotion, NULL);
        int64_t amount_minor = vn_plan_moved(plan, &share, of->amount_minor);
        if (amount_minor > 0) {
            struct vn_funding *row = &out->fundings[out->funding_count++];
            *row = *of;
            row->amount_minor = amount_minor;
        }
    }
}

/* Charges are taken off what is left in money; what that can't carry waits for the next return. */
static void plan_refund(struct vn_plan *plan, int64_t charges_minor)
{
    struct vn_return *out = plan->out;
    int64_t money = out->spend_minor - out->tender_minor;
    int64_t due = charges_minor - plan->input->charged_minor;
    int64_t room = money > 0 ? money : 0;
    due = due > 0 ? due : 0;
    out->charge_minor = due < room ? due : room;
    out->uncharged_minor = due - out->charge_minor;
    out->refund_minor = money - out->charge_minor;
}

enum vn_status vn_return_plan(const struct vn_return_input *input, struct vn_return_work *work,
                              struct vn_return *out, struct vn_error *error)
{
    struct vn_plan plan = {.input = input, .work = work, .out = out, .error = error};
    memset(out, 0, sizeof *out);
    memset(work->back, 0, sizeof work->back);
    enum vn_status status = vn_sold_read(input->basket, input->outcome, &work->sold, error);
    if (status == VN_OK) {
        status = check_figures(input, error);
    }
    if (status == VN_OK) {
        status = check_accounts(input->outcome, error);
    }
    if (status == VN_OK) {
        status = add_items(&plan, "before", input->before, input->before_count, work->back[VN_BEFORE]);
    }
    if (status == VN_OK) {
        memcpy(work->back[VN_AFTER], work->back[VN_BEFORE], sizeof work->back[VN_AFTER]);
        status = add_items(&plan, "lines", input->now, input->now_count, work->back[VN_AFTER]);
    }
    if (status != VN_OK) {
        return status;
    }
    sum_up(&plan, VN_BEFORE);
    sum_up(&plan, VN_AFTER);
    out->all = plan.all[VN_AFTER];
    plan_lines(&plan);
    plan_applications(&plan);
    plan_fundings(&plan);
    vn_plan_points(&plan);
    vn_plan_consumptions(&plan);
    plan_refund(&plan, vn_plan_given(&plan));
    return VN_OK;
}
