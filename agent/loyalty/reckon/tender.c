/* Points that pay and lower no price: the tax stays on the full amount, and what they paid earns nothing. */
#include "agent/loyalty/reckon/points.h"

/* The end of the run of picks that lie in one line. */
static size_t line_end(const struct vn_quote_work *work, size_t start)
{
    size_t end = start + 1;
    while (end < work->pick_count &&
           work->units[work->picks[end]].line == work->units[work->picks[start]].line) {
        end++;
    }
    return end;
}

static struct vn_work_line *line_of(struct vn_quote_work *work, size_t pick)
{
    return &work->lines[work->units[work->picks[pick]].line];
}

/* What the lines of the picks have unpaid, as weights; returns how many lines there are. */
static size_t weigh_lines(struct vn_quote_work *work)
{
    size_t lines = 0;
    for (size_t start = 0; start < work->pick_count; lines++) {
        size_t end = line_end(work, start);
        work->weights[lines] = 0;
        for (; start < end; start++) {
            work->weights[lines] += vn_unit_unpaid(&work->units[work->picks[start]]);
        }
    }
    return lines;
}

/* Gives each pick of a line its part of what is paid for the line. */
static bool pay_in_line(struct vn_quote_work *work, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        work->weights[i - start] = vn_unit_unpaid(&work->units[work->picks[i]]);
    }
    if (!vn_money_spread(line_of(work, start)->base_minor, work->weights, end - start, &work->spread,
                         work->parts)) {
        return false;
    }
    for (size_t i = start; i < end; i++) {
        work->units[work->picks[i]].paid_minor += work->parts[i - start];
    }
    return true;
}

enum vn_status vn_tender_pay(struct vn_quote_work *work, int64_t minor)
{
    size_t lines = weigh_lines(work);
    if (!vn_money_spread(minor, work->weights, lines, &work->spread, work->parts)) {
        return vn_quote_overflow(work);
    }
    size_t line = 0;
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        line_of(work, start)->base_minor = work->parts[line++];
    }
    for (size_t start = 0; start < work->pick_count; start = line_end(work, start)) {
        if (!pay_in_line(work, start, line_end(work, start))) {
            return vn_quote_overflow(work);
        }
    }
    return VN_OK;
}
