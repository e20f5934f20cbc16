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

bool vn_apply_discount(struct vn_quote_work *work, const char *promotion, enum vn_stage stage)
{
    if (!vn_apply_has_room(work, lines_touched(work))) {
        return false;
    }
    struct vn_application *row = NULL;
    size_t last = VN_LINES_MAX;
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

void vn_apply_taken(struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    const struct vn_quantity *trigger = &promotion->cond.quantities[0];
    int64_t needed = promotion->cond.quantity_count > 0 ? trigger->least_milli : 0;
    for (size_t i = 0; i < work->pick_count; i++) {
        struct vn_unit *unit = &work->units[work->picks[i]];
        unit->taken = true;
        if (needed > 0 && vn_match_line(work, trigger->selector, unit->line)) {
            needed -= unit->qty_milli;
        }
    }
    for (size_t u = 0; u < work->unit_count && needed > 0; u++) {
        struct vn_unit *unit = &work->units[u];
        const struct vn_work_line *at = &work->lines[unit->line];
        if (!unit->taken && (at->forbids & VN_FORBID_THRESHOLD) == 0 &&
            vn_match_line(work, trigger->selector, unit->line)) {
            unit->taken = true;
            needed -= unit->qty_milli;
        }
    }
}

bool vn_apply_consumption(struct vn_quote_work *work, const char *account, int64_t amount, bool risk)
{
    struct vn_outcome *out = work->out;
    for (unsigned i = 0; i < out->consumption_count; i++) {
        if (strcmp(out->consumptions[i].account, account) == 0) {
            out->consumptions[i].amount += amount;
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
