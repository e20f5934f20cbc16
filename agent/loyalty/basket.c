#include "agent/loyalty/basket.h"

#include <string.h>

bool vn_sale_key_equal(const struct vn_sale_key *a, const struct vn_sale_key *b)
{
    return strcmp(a->pos, b->pos) == 0 && strcmp(a->date, b->date) == 0 &&
           strcmp(a->receipt, b->receipt) == 0;
}

bool vn_line_is_goods(const struct vn_line *line)
{
    return line->kind == VN_LINE_GOODS || line->kind == VN_LINE_WEIGHED;
}

bool vn_line_is_negative(const struct vn_line *line)
{
    return line->amount_minor < 0 || line->qty_milli < 0;
}

bool vn_line_corrects(const struct vn_line *line, const struct vn_line *named)
{
    return vn_line_is_negative(line) && !vn_line_is_negative(named) && line->parent == named->id &&
           (vn_line_is_goods(line) || (line->kind == named->kind && line->kind != VN_LINE_DEPOSIT_RETURN));
}

int64_t vn_basket_total_minor(const struct vn_basket *basket)
{
    int64_t total = 0;
    for (unsigned i = 0; i < basket->line_count && i < VN_LINES_MAX; i++) {
        /* a basket that was read has amounts far from the type's end; what was not stays there */
        if (__builtin_add_overflow(total, basket->lines[i].amount_minor, &total)) {
            return basket->lines[i].amount_minor > 0 ? INT64_MAX : INT64_MIN;
        }
    }
    return total;
}
