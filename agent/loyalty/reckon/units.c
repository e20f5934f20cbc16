/* From the POS's lines to units.
 *
 * Corrections come first: a negative line that names another is taken off it before anything is looked at. A negative
 * line that names none lowers what is payable, and so is spread over all goods; the units remember their share, because
 * thresholds must not feel it. Deposits, gift cards and services stay lines with an amount and get no units: nothing
 * that promotions or points do can touch what has none. */
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/rules/time_text.h"
#include "agent/loyalty/sort.h"

static enum vn_status fail_at(struct vn_quote_work *work, const struct vn_line *line, const char *field,
                              const char *text)
{
    size_t index = (size_t)(line - work->input->basket->lines);
    (void)vn_fail(work->error, VN_INPUT, "%s", text);
    if (work->error != NULL) {
        (void)snprintf(work->error->pointer, sizeof work->error->pointer, "/lines/%zu/%s", index, field);
    }
    return VN_INPUT;
}

static bool id_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_line *lines = ctx;
    return lines[a].id != lines[b].id ? lines[a].id < lines[b].id : a < b;
}

static bool in_range(int64_t value, int64_t max)
{
    return value >= -max && value <= max;
}

static enum vn_status check_line(struct vn_quote_work *work, const struct vn_line *line)
{
    if (line->id <= 0) {
        return fail_at(work, line, "id", "a line's id is above 0");
    }
    if (!in_range(line->amount_minor, VN_AMOUNT_MAX)) {
        return fail_at(work, line, "amount_minor", "an amount out of range");
    }
    if (!in_range(line->list_amount_minor, VN_AMOUNT_MAX)) {
        return fail_at(work, line, "list_amount_minor", "an amount out of range");
    }
    if (!in_range(line->qty_milli, VN_QTY_MAX) || (line->qty_milli < 0 && line->amount_minor > 0)) {
        return fail_at(work, line, "qty_milli", "a quantity that contradicts the amount");
    }
    return VN_OK;
}

static enum vn_status sort_lines(struct vn_quote_work *work)
{
    const struct vn_basket *basket = work->input->basket;
    if (basket->line_count > VN_LINES_MAX) {
        return vn_fail(work->error, VN_INPUT, "more than %d lines", VN_LINES_MAX);
    }
    for (unsigned i = 0; i < basket->line_count; i++) {
        work->order[i] = (uint16_t)i;
    }
    vn_sort_order(work->order, basket->line_count, id_before, basket->lines);
    work->line_count = basket->line_count;
    unsigned minute = vn_time_minute_of_day(work->local_minute);
    for (size_t i = 0; i < work->line_count; i++) {
        const struct vn_line *line = &basket->lines[work->order[i]];
        enum vn_status status = check_line(work, line);
        if (status != VN_OK) {
            return status;
        }
        if (i > 0 && work->lines[i - 1].line->id == line->id) {
            return fail_at(work, line, "id", "two lines with one id");
        }
        const struct vn_item *item = &work->input->items[work->order[i]];
        int64_t list = line->list_amount_minor;
        work->lines[i] = (struct vn_work_line){
            .line = line,
            .item = item,
            .qty_milli = line->qty_milli,
            .amount_minor = line->amount_minor,
            .list_minor = list,
            .counts = vn_line_is_goods(line),
            .forbids = item->known ? vn_law_forbids_at(work->ruleset->law, item->legal_class, minute) : 0,
        };
        work->out->total_minor += line->amount_minor; /* 500 x 10^15 at most */
    }
    return in_range(work->out->total_minor, VN_AMOUNT_MAX)
               ? VN_OK
               : vn_fail(work->error, VN_INPUT, "the basket's total is out of range");
}

static struct vn_work_line *find_line(struct vn_quote_work *work, int64_t id)
{
    size_t low = 0;
    size_t high = work->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->lines[middle].line->id == id) {
            return &work->lines[middle];
        }
        if (work->lines[middle].line->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Takes a negative line off the one that it corrects, or else adds it to what the receipt is lowered by. */
static enum vn_status net_line(struct vn_quote_work *work, struct vn_work_line *at, int64_t *pool)
{
    struct vn_work_line *parent = find_line(work, at->line->parent);
    if (parent != NULL && vn_line_corrects(at->line, parent->line)) {
        if (at->qty_milli > 0) { /* as many pieces less, or a lower price? */
            return fail_at(work, at->line, "qty_milli",
                           "a correction takes back a quantity below 0, or none (0) and lowers the price");
        }
        parent->qty_milli += at->qty_milli;
        parent->amount_minor += at->amount_minor;
        parent->list_minor += at->list_minor;
    } else if (at->counts && at->line->parent != 0) {
        return fail_at(work, at->line, "parent", "the line that is corrected is not there");
    } else if (at->counts || at->line->kind == VN_LINE_SERVICE) {
        *pool -= at->amount_minor;
    }
    at->counts = false;
    return VN_OK;
}

/* *pool becomes what negative lines that correct none lower the receipt by (>= 0). */
static enum vn_status net_corrections(struct vn_quote_work *work, int64_t *pool)
{
    *pool = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        enum vn_status status =
            vn_line_is_negative(work->lines[i].line) ? net_line(work, &work->lines[i], pool) : VN_OK;
        if (status != VN_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < work->line_count; i++) {
        struct vn_work_line *at = &work->lines[i];
        if (vn_line_is_negative(at->line)) {
            continue;
        }
        if (at->amount_minor < 0 || at->qty_milli < 0) {
            return fail_at(work, at->line, "amount_minor", "corrections take more off than the line has");
        }
        if (at->list_minor > VN_AMOUNT_MAX) {
            return fail_at(work, at->line, "list_amount_minor", "corrections raise it out of range");
        }
        at->list_minor = at->list_minor < 0 ? 0 : at->list_minor;
        at->counts = at->counts && (at->amount_minor > 0 || at->qty_milli > 0);
    }
    return VN_OK;
}

/* The unit may not cost less than the ruleset's floor, its list price less the most that a unit may be discounted by, and
 * what the law lets it cost at least. */
static bool set_floors(const struct vn_quote_work *work, const struct vn_work_line *at, bool has_min_price,
                       struct vn_unit *unit)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    int64_t list = unit->list_minor;
    int64_t most = list;
    if (!vn_money_mul_div(list, ruleset->floor_bp, VN_BP_WHOLE, VN_ROUND_UP, &unit->floor_minor)) {
        return false;
    }
    if (ruleset->max_unit_discount_bp > 0 &&
        !vn_money_mul_div(list, ruleset->max_unit_discount_bp, VN_BP_WHOLE, VN_ROUND_DOWN, &most)) {
        return false;
    }
    /* more pieces than are cut are one unit of so many; a weighed line is one piece */
    int64_t pieces = at->line->kind == VN_LINE_GOODS && unit->qty_milli > 1000 ? unit->qty_milli / 1000 : 1;
    int64_t cap = 0;
    if (ruleset->max_unit_discount_minor > 0 &&
        !__builtin_mul_overflow(ruleset->max_unit_discount_minor, pieces, &cap) && cap < most) {
        most = cap;
    }
    if (has_min_price &&
        !vn_money_mul_div(at->item->min_price_minor, unit->qty_milli, 1000, VN_ROUND_UP, &unit->law_minor)) {
        return false;
    }
    unit->floor_minor = list - most > unit->floor_minor ? list - most : unit->floor_minor;
    unit->floor_minor = unit->law_minor > unit->floor_minor ? unit->law_minor : unit->floor_minor;
    return true;
}

/* A line of n pieces is n units; one of more pieces than there is room for is one unit, as a weighed line is. */
static enum vn_status cut_line(struct vn_quote_work *work, size_t index, size_t reserved)
{
    struct vn_work_line *at = &work->lines[index];
    at->first = work->unit_count;
    int64_t pieces = at->qty_milli / 1000;
    int64_t room = (int64_t)(VN_UNITS_MAX - work->unit_count - reserved);
    bool whole = at->line->kind == VN_LINE_GOODS && pieces > 0 && at->qty_milli % 1000 == 0 && pieces <= room;
    int64_t count = whole ? pieces : 1;
    bool has_min_price = at->item->known && at->item->min_price_minor > 0 &&
                         vn_law_has_min_price(work->ruleset->law, at->item->legal_class);
    for (int64_t i = 0; i < count; i++) {
        struct vn_unit *unit = &work->units[work->unit_count++];
        *unit = (struct vn_unit){
            .line = (uint16_t)index,
            .whole = whole,
            .qty_milli = whole ? 1000 : at->qty_milli,
            .list_minor = at->list_minor / count + (i < at->list_minor % count ? 1 : 0),
            .running_minor = at->amount_minor / count + (i < at->amount_minor % count ? 1 : 0),
            .factor_bp = VN_BP_WHOLE,
        };
        if (!set_floors(work, at, has_min_price, unit)) {
            return vn_quote_overflow(work);
        }
    }
    at->count = (size_t)count;
    return VN_OK;
}

static enum vn_status cut_lines(struct vn_quote_work *work)
{
    size_t waiting = 0;
    work->goods_minor = 0;
    for (size_t i = 0; i < work->line_count; i++) {
        waiting += work->lines[i].counts ? 1 : 0;
        work->goods_minor += work->lines[i].counts ? work->lines[i].list_minor : 0;
    }
    for (size_t i = 0; i < work->line_count; i++) {
        if (work->lines[i].counts) {
            waiting--;
            enum vn_status status = cut_line(work, i, waiting);
            if (status != VN_OK) {
                return status;
            }
        }
    }
    return VN_OK;
}

/* Spreads what negative lines lower the receipt by; beyond the goods' amounts there is nothing to lower. */
static enum vn_status spread_relief(struct vn_quote_work *work, int64_t pool)
{
    if (pool == 0) {
        return VN_OK;
    }
    int64_t sum = 0;
    work->pick_count = 0;
    for (size_t i = 0; i < work->unit_count; i++) {
        work->picks[work->pick_count++] = (uint16_t)i;
        work->units[i].relief_minor =
            work->units[i].floor_minor; /* the floor does not hold the POS's own cuts */
        work->units[i].floor_minor = 0;
        sum += work->units[i].running_minor;
    }
    enum vn_status status = vn_spread_over_picks(work, pool < sum ? pool : sum);
    for (size_t i = 0; i < work->unit_count && status == VN_OK; i++) {
        struct vn_unit *unit = &work->units[i];
        unit->floor_minor = unit->relief_minor;
        unit->relief_minor = unit->off_minor;
        unit->running_minor -= unit->off_minor;
    }
    return status;
}

void vn_units_begin_group(struct vn_quote_work *work)
{
    for (size_t i = 0; i < work->unit_count; i++) {
        work->units[i].taken = false;
        work->units[i].keeper = NULL;
        work->units[i].begun_minor = work->units[i].running_minor;
    }
}

enum vn_status vn_units_expand(struct vn_quote_work *work)
{
    int64_t pool = 0;
    work->unit_count = 0;
    work->priced = VN_PRICED_NOT;
    enum vn_status status = sort_lines(work);
    if (status == VN_OK) {
        status = net_corrections(work, &pool);
    }
    if (status == VN_OK) {
        status = cut_lines(work);
    }
    return status == VN_OK ? spread_relief(work, pool) : status;
}
