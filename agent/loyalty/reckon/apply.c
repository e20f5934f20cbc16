/* What a reward does to the running prices and to the outcome. Nothing else writes either. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/match.h"
#include "agent/loyalty/reckon/points.h"

bool vn_apply_has_room(const struct vn_quote_work *work, size_t rows)
{
    return work->out->application_count + rows + VN_WALLETS_MAX <= VN_APPLICATIONS_MAX;
}

static struct vn_application *add_row(struct vn_quote_work *work, const char *promotion, enum vn_stage stage)
{
    struct vn_application *row = &work->out->applications[work->out->application_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->promotion, sizeof row->promotion, "%s", promotion);
    row->stage = stage;
    return row;
}

static size_t lines_touched(const struct vn_quote_work *work)
{
    size_t lines = 0;
    size_t last = VN_LINES_MAX;
    for (size_t i = 0; i < work->pick_count; i++) {
        const struct vn_unit *unit = &work->units[work->picks[i]];
        if (unit->off_minor > 0 && unit->line != last) {
            last = unit->line;
            lines++;
        }
    }
    return lines;
}

bool vn_apply_discount_fits(const struct vn_quote_work *work)
{
    return vn_apply_has_room(work, lines_touched(work));
}

bool vn_apply_discount(struct vn_quote_work *work, const char *promotion, enum vn_stage stage)
{
    if (!vn_apply_discount_fits(work)) {
        return false;
    }
    struct vn_application *row = NULL;
    size_t last = VN_LINES_MAX;
    work->priced = work->priced == VN_PRICED_RUNNING ? VN_PRICED_NOT : work->priced;
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        if (unit->off_minor == 0) {
            continue;
        }
        if (row == NULL || unit->line != last) {
            last = unit->line;
            row = add_row(work, promotion, stage);
            row->line_id = work->lines[last].line->id;
        }
        row->discount_minor += unit->off_minor;
        row->qty_milli += unit->qty_milli;
        unit->running_minor -= unit->off_minor;
        work->lines[last].discount_minor += unit->off_minor;
        work->out->discount_minor += unit->off_minor;
    }
    return true;
}

void vn_apply_points(struct vn_quote_work *work, const char *promotion, const char *wallet, int64_t points)
{
    struct vn_application *row = add_row(work, promotion, VN_STAGE_EARNING);
    row->points = points;
    (void)snprintf(row->wallet, sizeof row->wallet, "%s", wallet);
    if (wallet[0] == '\0') {
        work->out->points_earned += points;
    } else {
        vn_points_row(work, wallet)->earned += points;
    }
}

/* The unit counts for a quantity condition. */
static bool counts_for(const struct vn_quote_work *work, const struct vn_quantity *quantity,
                       const struct vn_unit *unit)
{
    return (work->lines[unit->line].forbids & VN_FORBID_THRESHOLD) == 0 &&
           vn_match_line(work, quantity->selector, unit->line);
}

/* Takes free units that count, the cheapest first, of equal price the later, until `needed` is met. In a group that stacks they
 * may not suffice: there units serve again. */
static void take_cheapest(struct vn_quote_work *work, const struct vn_quantity *quantity, bool running,
                          int64_t needed)
{
    const uint16_t *dearest = vn_units_by_price(work, running);
    for (size_t i = work->unit_count; i-- > 0 && needed > 0;) {
        struct vn_unit *unit = &work->units[dearest[i]];
        if (!unit->taken && counts_for(work, quantity, unit)) {
            unit->taken = unit->meant = true;
            needed -= unit->qty_milli;
        }
    }
}

void vn_apply_taken(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    bool running = work->ruleset->groups[promotion->group].running;
    for (size_t u = 0; u < work->unit_count; u++) {
        work->units[u].meant = false;
    }
    for (size_t i = 0; i < work->pick_count; i++) {
        work->units[work->picks[i]].taken = work->units[work->picks[i]].meant = true;
    }
    for (uint32_t q = 0; q < promotion->cond.quantity_count; q++) {
        const struct vn_quantity *quantity = &promotion->cond.quantities[q];
        int64_t needed = quantity->least_milli;
        for (size_t u = 0; u < work->unit_count; u++) {
            bool serves = work->units[u].meant && counts_for(work, quantity, &work->units[u]);
            needed -= serves ? work->units[u].qty_milli : 0;
        }
        if (needed > 0) {
            take_cheapest(work, quantity, running, needed);
        }
    }
}

bool vn_apply_consumption(struct vn_quote_work *work, const char *account, int64_t amount, bool risk)
{
    struct vn_outcome *out = work->out;
    for (unsigned i = 0; i < out->consumption_count; i++) {
        if (strcmp(out->consumptions[i].account, account) == 0) {
            out->consumptions[i].amount += amount;
            out->consumptions[i].risk |= risk;
            return true;
        }
    }
    if (out->consumption_count == VN_RIGHTS_MAX) {
        return false;
    }
    struct vn_consumption *row = &out->consumptions[out->consumption_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->account, sizeof row->account, "%s", account);
    row->amount = amount;
    row->risk = risk;
    return true;
}
