#include <string.h>

#include "agent/loyalty/basket_rows.h"
#include "agent/loyalty/journal_json.h"

#define WHOLE 1000 /* thousandths */

/* What the amount is a piece, where it is a whole number; else 0. */
static int64_t piece_price(const struct vn_line *line)
{
    int64_t gross = line->amount_minor * WHOLE; /* 10^18 at most */
    return line->qty_milli > 0 && gross % line->qty_milli == 0 ? gross / line->qty_milli : 0;
}

static int64_t next_id(const struct vn_basket *basket, unsigned n)
{
    return n == 0 ? 1 : basket->lines[n - 1].id < INT64_MAX ? basket->lines[n - 1].id + 1 : INT64_MAX;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* What the four places of a line do not say. */
static json_t *write_rest(const struct vn_basket *basket, unsigned n, bool unit_prices, bool named)
{
    const struct vn_line *line = &basket->lines[n];
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int_unless(&out, "id", line->id, next_id(basket, n));
    vn_json_put_int_unless(&out, "parent", line->parent, 0);
    if (named) {
        vn_json_put_str_unless(&out, "name", line->name, "");
    }
    vn_json_put_int_unless(&out, "unit_price_minor", line->unit_price_minor,
                           unit_prices ? piece_price(line) : 0);
    vn_line_list_write(&out, line);
    vn_line_kind_write(&out, line);
    return vn_json_out_end(&out);
}

static json_t *write_line(const struct vn_basket *basket, unsigned n, bool unit_prices, bool named)
{
    const struct vn_line *line = &basket->lines[n];
    struct vn_json_out out = vn_json_out_array();
    vn_json_append(&out, json_string(line->code));
    vn_json_append(&out, json_integer(line->amount_minor));
    if (line->qty_milli != WHOLE) {
        vn_json_append(&out, json_integer(line->qty_milli));
    }
    if (line->tax[0] != '\0') {
        vn_json_append(&out, json_string(line->tax));
    }
    json_t *rest = write_rest(basket, n, unit_prices, named);
    if (rest != NULL && json_object_size(rest) == 0) {
        json_decref(rest);
    } else {
        vn_json_append(&out, rest);
    }
    return vn_json_out_end(&out);
}

/* A POS says the price of a piece with all lines, or with none. */
static bool has_unit_prices(const struct vn_basket *basket)
{
    unsigned fit = 0;
    unsigned none = 0;
    for (unsigned i = 0; i < basket->line_count; i++) {
        fit += basket->lines[i].unit_price_minor == piece_price(&basket->lines[i]);
        none += basket->lines[i].unit_price_minor == 0;
    }
    return fit > none;
}

json_t *vn_basket_write_journal(const struct vn_basket *basket, const struct vn_item *items, int64_t at_ms)
{
    bool unit_prices = has_unit_prices(basket);
    struct vn_json_out out = vn_json_out_object();
    vn_basket_card_write(&out, basket);
    if (basket->started_ms != 0) {
        vn_json_put_int(&out, "ago", at_ms - basket->started_ms);
    }
    vn_basket_pay_write(&out, basket);
    vn_json_put_true(&out, "unit_prices", unit_prices);
    struct vn_json_out lines = vn_json_out_array();
    for (unsigned i = 0; i < basket->line_count; i++) {
        vn_json_append(&lines, write_line(basket, i, unit_prices, items == NULL || !items[i].known));
    }
    vn_json_put(&out, "lines", vn_json_out_end(&lines));
    return vn_json_out_end(&out);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void read_line(const struct vn_json_in *in, bool unit_prices, struct vn_basket *out, unsigned n)
{
    struct vn_line *line = &out->lines[n];
    size_t count = json_array_size(in->value); /* 0 of what is no array */
    size_t at = 2;
    if (count < 2 || count > 5) {
        vn_json_fail(in, NULL, "a line: code, amount and what else it has");
        return;
    }
    struct vn_json_in code = vn_json_at(in, 0);
    struct vn_json_in amount = vn_json_at(in, 1);
    line->id = next_id(out, n);
    line->qty_milli = WHOLE;
    vn_json_str(&code, NULL, VN_REQUIRED, line->code, sizeof line->code);
    vn_json_int(&amount, NULL, VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &line->amount_minor);
    if (at < count && json_is_integer(json_array_get(in->value, at))) {
        struct vn_json_in quantity = vn_json_at(in, at++);
        vn_json_int(&quantity, NULL, VN_REQUIRED, -VN_QTY_MAX, VN_QTY_MAX, &line->qty_milli);
    }
    if (at < count && json_is_string(json_array_get(in->value, at))) {
        struct vn_json_in tax = vn_json_at(in, at++);
        vn_json_str(&tax, NULL, VN_REQUIRED, line->tax, sizeof line->tax);
    }
    if (vn_json_failed(in)) {
        return;
    }
    line->unit_price_minor = unit_prices ? piece_price(line) : 0;
    line->list_amount_minor = line->amount_minor;
    if (at < count && json_is_object(json_array_get(in->value, at))) {
        struct vn_json_in rest = vn_json_at(in, at++);
        vn_json_int(&rest, "id", VN_OPTIONAL, 1, INT64_MAX, &line->id);
        vn_line_rest_read(&rest, line);
    }
    if (at < count) {
        vn_json_fail(in, NULL, "a line: code, amount, quantity, tax label and an object, in this order");
    }
    if (!vn_line_has_own_id(out, n)) {
        vn_json_fail(in, NULL, "an id of its own");
    }
}

/* When its first line came: the entry's time less "ago". */
static void read_start(const struct vn_json_in *in, int64_t at_ms, struct vn_basket *out)
{
    int64_t ago_ms = 0;
    vn_json_int(in, "ago", VN_OPTIONAL, -2 * VN_NUMBER_MAX, 2 * VN_NUMBER_MAX, &ago_ms);
    if (vn_json_failed(in) || !vn_json_has(in, "ago")) {
        return;
    }
    out->started_ms = at_ms - ago_ms;
    if (out->started_ms < 0 || out->started_ms > VN_JSON_TIME_MAX) {
        out->started_ms = 0;
        vn_json_fail(in, "ago", "a time in this age");
    }
}

void vn_basket_read_journal(const struct vn_json_in *in, const struct vn_sale_key *key, int64_t at_ms,
                            struct vn_basket *out)
{
    bool unit_prices = false;
    size_t count = 0;
    memset(out, 0, sizeof *out);
    out->key = *key;
    vn_basket_head_read(in, out);
    read_start(in, at_ms, out);
    vn_json_bool(in, "unit_prices", VN_OPTIONAL, &unit_prices);
    struct vn_json_in lines = vn_json_array(in, "lines", VN_REQUIRED, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&lines, i);
        read_line(&at, unit_prices, out, (unsigned)i);
    }
    out->line_count = vn_json_failed(in) ? 0 : (unsigned)count;
}
