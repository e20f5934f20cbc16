#include "agent/loyalty/after/sold.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/sort.h"

static bool id_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_line *lines = ctx;
    return lines[a].id != lines[b].id ? lines[a].id < lines[b].id : a < b;
}

static bool in_range(int64_t value, int64_t max)
{
    return value >= -max && value <= max;
}

/* A negative line that lowers the receipt, unless it was netted (reckon/units.c nets the same way). */
static bool is_relief(const struct vn_line *line)
{
    return vn_line_is_negative(line) && (vn_line_is_goods(line) || line->kind == VN_LINE_SERVICE);
}

static int compare_line(const void *id, const void *line)
{
    const struct vn_sold_line *of = line;
    int64_t wanted = *(const int64_t *)id;
    return (wanted > of->line_id) - (wanted < of->line_id);
}

unsigned vn_sold_find(const struct vn_sold *sold, int64_t line_id)
{
    const struct vn_sold_line *line =
        bsearch(&line_id, sold->lines, sold->count, sizeof sold->lines[0], compare_line);
    return line == NULL ? sold->count : (unsigned)(line - sold->lines);
}

/* Both are of one line, with figures that a quote makes of it. */
static bool is_of(const struct vn_line *line, const struct vn_line_outcome *of)
{
    return line->id == of->line_id && in_range(line->amount_minor, VN_AMOUNT_MAX) &&
           in_range(line->qty_milli, VN_QTY_MAX) && (line->qty_milli >= 0 || line->amount_minor <= 0) &&
           in_range(of->payable_minor, VN_AMOUNT_MAX) &&
           line->amount_minor - of->payable_minor == of->discount_minor && of->discount_minor >= 0 &&
           (of->discount_minor == 0 || !vn_line_is_negative(line));
}

/* One row for each line of the basket, in the outcome's order. */
static enum vn_status match(const struct vn_basket *basket, const struct vn_outcome *outcome,
                            struct vn_sold *out, struct vn_error *error)
{
    int64_t sum = 0;
    int64_t last = 0;
    if (basket->line_count > VN_LINES_MAX || outcome->line_count != basket->line_count) {
        return vn_fail(error, VN_INPUT, "outcome and basket are not of each other");
    }
    for (unsigned i = 0; i < basket->line_count; i++) {
        out->order[i] = (uint16_t)i;
    }
    vn_sort_order(out->order, basket->line_count, id_before, basket->lines);
    for (unsigned i = 0; i < basket->line_count; i++) {
        const struct vn_line *line = &basket->lines[out->order[i]];
        const struct vn_line_outcome *of = &outcome->lines[i];
        if (!is_of(line, of) || line->id <= last) {
            return vn_fail(error, VN_INPUT, "outcome and basket are not of each other at line %lld",
                           (long long)of->line_id);
        }
        out->lines[i] = (struct vn_sold_line){.line_id = line->id,
                                              .line = line,
                                              .at = i,
                                              .qty_milli = line->qty_milli,
                                              .payable_minor = of->payable_minor};
        last = line->id;
        sum += of->payable_minor; /* 500 x 10^15 at most */
    }
    out->count = basket->line_count;
    return sum == outcome->payable_minor
               ? VN_OK
               : vn_fail(error, VN_INPUT, "the outcome's lines do not add up to what is payable");
}

/* Takes a correction off the line that it names; it is then nothing of its own. */
static enum vn_status net(struct vn_sold *out, struct vn_sold_line *at, struct vn_error *error)
{
    const struct vn_line *line = at->line;
    unsigned parent = vn_sold_find(out, line->parent);
    if (parent == out->count || !vn_line_corrects(line, out->lines[parent].line)) {
        return vn_line_is_negative(line) && vn_line_is_goods(line) && line->parent != 0
                   ? vn_fail(error, VN_INPUT, "line %lld corrects a line that is not there",
                             (long long)line->id)
                   : VN_OK;
    }
    if (line->qty_milli > 0) {
        return vn_fail(error, VN_INPUT, "line %lld takes back a quantity above 0", (long long)line->id);
    }
    out->lines[parent].qty_milli += at->qty_milli;
    out->lines[parent].payable_minor += at->payable_minor;
    at->payable_minor = 0;
    return VN_OK;
}

/* Quantity and kind of a line after its corrections. */
static enum vn_status settle(const struct vn_outcome *outcome, struct vn_sold_line *at,
                             struct vn_error *error)
{
    const struct vn_line *line = at->line;
    if (!vn_line_is_negative(line) && (at->payable_minor < 0 || at->qty_milli < 0)) {
        return vn_fail(error, VN_INPUT, "line %lld has more taken off than it has", (long long)line->id);
    }
    at->qty_milli = at->qty_milli < 0 ? -at->qty_milli : at->qty_milli;
    if (at->qty_milli == 0 && (at->payable_minor != 0 || outcome->lines[at->at].discount_minor != 0)) {
        at->qty_milli = 1000; /* a price without a quantity, perhaps discounted to nothing */
    }
    at->pieces = line->kind != VN_LINE_WEIGHED && at->qty_milli % 1000 == 0;
    return VN_OK;
}

/* Spreads up to `pool` over the goods, or over the rest, by what they cost; returns what is left of it. */
static int64_t spread_relief(struct vn_sold *out, bool goods, int64_t pool)
{
    int64_t room = 0;
    size_t count = 0;
    for (unsigned i = 0; i < out->count; i++) {
        const struct vn_sold_line *at = &out->lines[i];
        if (!vn_line_is_negative(at->line) && vn_line_is_goods(at->line) == goods) {
            out->picks[count] = (uint16_t)i;
            out->weights[count++] = at->payable_minor;
            room += at->payable_minor;
        }
    }
    int64_t total = pool < room ? pool : room;
    if (!vn_money_spread(total, out->weights, count, &out->spread, out->parts)) {
        return pool; /* 500 amounts of 10^15 do not get there */
    }
    for (size_t i = 0; i < count; i++) {
        out->lines[out->picks[i]].relief_minor = out->parts[i];
    }
    return pool - total;
}

static void relieve(struct vn_sold *out)
{
    int64_t pool = 0;
    for (unsigned i = 0; i < out->count; i++) {
        pool -= is_relief(out->lines[i].line) ? out->lines[i].payable_minor : 0;
    }
    int64_t left = spread_relief(out, false, spread_relief(out, true, pool));
    /* what nothing could take stays where it came from, the last lines first */
    for (unsigned i = out->count; i-- > 0;) {
        struct vn_sold_line *at = &out->lines[i];
        if (is_relief(at->line)) {
            int64_t stays = -at->payable_minor < left ? -at->payable_minor : left;
            at->payable_minor = -stays;
            left -= stays;
        }
    }
}

/* Drops lines that are nothing any more, and ties deposits to their lines. */
static void close_up(struct vn_sold *out)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < out->count; i++) {
        const struct vn_sold_line *at = &out->lines[i];
        bool gone = vn_line_is_negative(at->line) ? at->payable_minor == 0 : at->qty_milli == 0;
        if (!gone) {
            out->lines[kept++] = *at;
        }
    }
    out->count = kept;
    for (unsigned i = 0; i < kept; i++) {
        struct vn_sold_line *at = &out->lines[i];
        out->apart_minor += at->payable_minor < 0 ? at->payable_minor : 0;
        unsigned parent = at->line->kind == VN_LINE_DEPOSIT && !vn_line_is_negative(at->line)
                              ? vn_sold_find(out, at->line->parent)
                              : kept;
        at->follows = parent < kept && vn_line_is_goods(out->lines[parent].line);
        at->parent = at->follows ? parent : 0;
    }
}

enum vn_status vn_sold_read(const struct vn_basket *basket, const struct vn_outcome *outcome,
                            struct vn_sold *out, struct vn_error *error)
{
    out->count = 0;
    out->apart_minor = 0;
    enum vn_status status = match(basket, outcome, out, error);
    for (unsigned i = 0; i < out->count && status == VN_OK; i++) {
        status = net(out, &out->lines[i], error);
    }
    for (unsigned i = 0; i < out->count && status == VN_OK; i++) {
        status = settle(outcome, &out->lines[i], error);
    }
    if (status == VN_OK) {
        relieve(out);
        close_up(out);
    }
    return status;
}
