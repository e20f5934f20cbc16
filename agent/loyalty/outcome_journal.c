/* An outcome as a journal keeps it. Writer and reader make the same lines of the basket and the applications; the writer then
 * says where the outcome's are others. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/journal_json.h"
#include "agent/loyalty/money.h"
#include "agent/loyalty/outcome_rows.h"
#include "agent/loyalty/sort.h"

#define EARN_BP_MAX VN_AMOUNT_MAX

/* --- what basket and applications say of the lines ---------------------------------------------------------------- */

static bool id_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_line *lines = ctx;
    return lines[a].id < lines[b].id; /* no two of a basket are the same */
}

/* The basket's lines in the outcome's order. */
static void sort_lines(const struct vn_basket *basket, uint16_t order[VN_LINES_MAX])
{
    for (unsigned i = 0; i < basket->line_count; i++) {
        order[i] = (uint16_t)i;
    }
    vn_sort_order(order, basket->line_count, id_before, basket->lines);
}

static struct vn_line_outcome untouched(const struct vn_line *line)
{
    bool counts = vn_line_is_goods(line) && !vn_line_is_negative(line) && line->qty_milli >= 0;
    return (struct vn_line_outcome){.line_id = line->id,
                                    .payable_minor = line->amount_minor,
                                    .qty_milli = counts ? line->qty_milli : 0,
                                    .list_minor = counts ? line->list_amount_minor : 0};
}

static int compare_line(const void *id, const void *line)
{
    const struct vn_line_outcome *of = line;
    int64_t wanted = *(const int64_t *)id;
    return (wanted > of->line_id) - (wanted < of->line_id);
}

/* Its place among lines that are sorted by id; `count` when it is not there. */
static unsigned place_of(const struct vn_outcome *outcome, int64_t line_id)
{
    const struct vn_line_outcome *line =
        bsearch(&line_id, outcome->lines, outcome->line_count, sizeof outcome->lines[0], compare_line);
    return line == NULL ? outcome->line_count : (unsigned)(line - outcome->lines);
}

/* The quantity that an application of the line has unless it says so. */
static int64_t usual_qty(const struct vn_outcome *outcome, int64_t line_id)
{
    unsigned at = place_of(outcome, line_id);
    return at < outcome->line_count ? outcome->lines[at].qty_milli : 0;
}

/* Sums of 1,000 rows of 10^18 at most are cut off where the type ends: writer and reader alike. */
static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* What each line's applications took off. */
static void sum_discounts(const struct vn_outcome *outcome, int64_t sums[VN_LINES_MAX])
{
    memset(sums, 0, VN_LINES_MAX * sizeof *sums);
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *row = &outcome->applications[i];
        unsigned at = row->discount_minor == 0 ? outcome->line_count : place_of(outcome, row->line_id);
        if (at < outcome->line_count) {
            sums[at] = plus(sums[at], row->discount_minor);
        }
    }
}

static int64_t sum_points(const struct vn_outcome *outcome)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < outcome->application_count; i++) {
        if (outcome->applications[i].wallet[0] == '\0') {
            sum = plus(sum, outcome->applications[i].points);
        }
    }
    return sum;
}

static int64_t sum_lines(const struct vn_outcome *outcome)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < outcome->line_count; i++) {
        sum = plus(sum, outcome->lines[i].discount_minor);
    }
    return sum;
}

/* What was paid for goods, in the proportion that most lines earned on. */
static int64_t usual_earning(const struct vn_line_outcome *line, int64_t earn_bp)
{
    int64_t earn = 0;
    bool fits = line->qty_milli > 0 && line->payable_minor > 0 &&
                vn_money_mul_div(line->payable_minor, earn_bp, VN_BP_WHOLE, VN_ROUND_HALF_AWAY, &earn);
    return fits ? earn : 0;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static bool is_of(const struct vn_outcome *outcome, const struct vn_basket *basket,
                  uint16_t order[VN_LINES_MAX])
{
    if (basket == NULL || basket->line_count != outcome->line_count) {
        return false;
    }
    sort_lines(basket, order);
    for (unsigned i = 0; i < outcome->line_count; i++) {
        if (outcome->lines[i].line_id != basket->lines[order[i]].id) {
            return false;
        }
    }
    return true;
}

/* The proportion that holds for most lines: that of the dearest one that earned, or none. */
static int64_t find_earn_bp(const struct vn_outcome *outcome)
{
    const struct vn_line_outcome *dearest = NULL;
    int64_t bp = 0;
    unsigned fit = 0;
    unsigned none = 0;
    for (unsigned i = 0; i < outcome->line_count; i++) {
        const struct vn_line_outcome *line = &outcome->lines[i];
        if (line->earn_minor > 0 && line->payable_minor > 0 &&
            (dearest == NULL || line->payable_minor > dearest->payable_minor)) {
            dearest = line;
        }
    }
    if (dearest == NULL ||
        !vn_money_mul_div(dearest->earn_minor, VN_BP_WHOLE, dearest->payable_minor, VN_ROUND_HALF_AWAY,
                          &bp) ||
        bp > EARN_BP_MAX) {
        return 0;
    }
    for (unsigned i = 0; i < outcome->line_count; i++) {
        fit += outcome->lines[i].earn_minor == usual_earning(&outcome->lines[i], bp);
        none += outcome->lines[i].earn_minor == 0;
    }
    return fit > none ? bp : 0;
}

/* Of lines that are not as basket and applications say, what differs. */
static json_t *write_changes(const struct vn_outcome *outcome, const struct vn_basket *basket,
                             const uint16_t *order, int64_t earn_bp)
{
    int64_t sums[VN_LINES_MAX];
    sum_discounts(outcome, sums);
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->line_count; i++) {
        const struct vn_line_outcome *line = &outcome->lines[i];
        struct vn_line_outcome usual = untouched(&basket->lines[order[i]]);
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_int(&row, "id", line->line_id);
        vn_json_put_int_unless(&row, "qty_milli", line->qty_milli, usual.qty_milli);
        vn_json_put_int_unless(&row, "list_minor", line->list_minor, usual.list_minor);
        vn_json_put_int_unless(&row, "discount_minor", line->discount_minor, sums[i]);
        vn_json_put_int_unless(&row, "payable_minor", line->payable_minor,
                               usual.payable_minor - line->discount_minor);
        vn_json_put_int_unless(&row, "earn_minor", line->earn_minor, usual_earning(line, earn_bp));
        json_t *value = vn_json_out_end(&row);
        if (value != NULL && json_object_size(value) == 1) {
            json_decref(value);
        } else {
            vn_json_append(&list, value);
        }
    }
    return vn_json_out_end(&list);
}

static json_t *write_row(const struct vn_outcome *outcome, const struct vn_application *row)
{
    if (row->line_id == 0 && row->discount_minor == 0 && row->qty_milli == 0) {
        return json_integer(row->points);
    }
    if (row->points != 0 || row->line_id == 0) {
        struct vn_json_out all = vn_json_out_object();
        vn_application_row_write(&all, row);
        return vn_json_out_end(&all);
    }
    struct vn_json_out out = vn_json_out_array();
    vn_json_append(&out, json_integer(row->line_id));
    vn_json_append(&out, json_integer(row->discount_minor));
    if (row->qty_milli != usual_qty(outcome, row->line_id)) {
        vn_json_append(&out, json_integer(row->qty_milli));
    }
    return vn_json_out_end(&out);
}

static bool same_run(const struct vn_application *a, const struct vn_application *b)
{
    return a->stage == b->stage && strcmp(a->promotion, b->promotion) == 0 &&
           strcmp(a->wallet, b->wallet) == 0;
}

/* In their order; those of one promotion that follow each other share its name. */
static json_t *write_applications(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->application_count;) {
        const struct vn_application *first = &outcome->applications[i];
        struct vn_json_out run = vn_json_out_array();
        vn_json_append(&run, json_string(first->promotion));
        vn_json_append(&run, json_string(vn_stage_name(first->stage)));
        if (first->wallet[0] != '\0') {
            vn_json_append(&run, json_string(first->wallet));
        }
        for (; i < outcome->application_count && same_run(first, &outcome->applications[i]); i++) {
            vn_json_append(&run, write_row(outcome, &outcome->applications[i]));
        }
        vn_json_append(&list, vn_json_out_end(&run));
    }
    return vn_json_out_end(&list);
}

json_t *vn_outcome_write_journal(const struct vn_outcome *outcome, const struct vn_basket *basket)
{
    uint16_t order[VN_LINES_MAX];
    bool beside = is_of(outcome, basket, order);
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int_unless(&out, "ruleset", (int64_t)outcome->ruleset, 0);
    if (!outcome->optimal) {
        vn_json_put(&out, "optimal", json_false());
    }
    vn_json_put_int_unless(&out, "total_minor", outcome->total_minor,
                           basket == NULL ? 0 : vn_basket_total_minor(basket));
    vn_json_put_unless_empty(&out, "applications", write_applications(outcome));
    if (beside) {
        int64_t earn_bp = find_earn_bp(outcome);
        vn_json_put_int_unless(&out, "earn_bp", earn_bp, 0);
        vn_json_put_unless_empty(&out, "lines", write_changes(outcome, basket, order, earn_bp));
    } else if (basket != NULL || outcome->line_count > 0) {
        vn_json_put(&out, "own_lines", vn_outcome_lines_write(outcome));
    }
    vn_json_put_int_unless(&out, "discount_minor", outcome->discount_minor, sum_lines(outcome));
    vn_json_put_int_unless(&out, "points_earned", outcome->points_earned, sum_points(outcome));
    vn_json_put_int_unless(&out, "points_spent", outcome->points_spent, 0);
    vn_json_put_int_unless(&out, "points_value_minor", outcome->points_value_minor, 0);
    vn_json_put_unless_empty(&out, "consumptions",
                             vn_consumptions_write(outcome->consumptions, outcome->consumption_count));
    vn_outcome_rest_write(&out, outcome, false);
    return vn_json_out_end(&out);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* One row of a run, of which *row has promotion, stage and wallet. */
static void read_row(const struct vn_json_in *in, const struct vn_outcome *outcome,
                     struct vn_application *row)
{
    size_t count = json_array_size(in->value); /* 0 of what is no array */
    if (json_is_integer(in->value)) {
        vn_json_int(in, NULL, VN_REQUIRED, 0, VN_ROWS_SUM_MAX, &row->points);
    } else if (json_is_object(in->value)) {
        vn_application_row_read(in, row);
    } else if (count == 2 || count == 3) {
        struct vn_json_in line = vn_json_at(in, 0);
        struct vn_json_in discount = vn_json_at(in, 1);
        vn_json_int(&line, NULL, VN_REQUIRED, 1, INT64_MAX, &row->line_id);
        vn_json_int(&discount, NULL, VN_REQUIRED, 0, VN_ROWS_SUM_MAX, &row->discount_minor);
        row->qty_milli = usual_qty(outcome, row->line_id);
        if (count == 3) {
            struct vn_json_in quantity = vn_json_at(in, 2);
            vn_json_int(&quantity, NULL, VN_REQUIRED, 0, VN_QTY_MAX, &row->qty_milli);
        }
    } else {
        vn_json_fail(in, NULL, "points, a line and what came off it, or an object");
    }
}

static void read_run(const struct vn_json_in *in, struct vn_outcome *out)
{
    struct vn_application shared;
    size_t count = json_array_size(in->value);
    size_t at = 2;
    memset(&shared, 0, sizeof shared);
    if (count < 3) {
        vn_json_fail(in, NULL, "a promotion, its stage and rows");
        return;
    }
    struct vn_json_in promotion = vn_json_at(in, 0);
    struct vn_json_in stage = vn_json_at(in, 1);
    vn_json_str(&promotion, NULL, VN_REQUIRED, shared.promotion, sizeof shared.promotion);
    vn_stage_read(&stage, NULL, &shared.stage);
    if (json_is_string(json_array_get(in->value, at))) {
        struct vn_json_in wallet = vn_json_at(in, at++);
        vn_json_str(&wallet, NULL, VN_REQUIRED, shared.wallet, sizeof shared.wallet);
    }
    for (; at < count && !vn_json_failed(in); at++) {
        struct vn_json_in row = vn_json_at(in, at);
        if (out->application_count == VN_APPLICATIONS_MAX) {
            vn_json_fail(&row, NULL, "no more applications than a receipt has room for");
            return;
        }
        out->applications[out->application_count] = shared;
        read_row(&row, out, &out->applications[out->application_count++]);
    }
}

static void read_applications(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "applications", VN_OPTIONAL, VN_APPLICATIONS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in run = vn_json_at(&list, i);
        read_run(&run, out);
    }
}

typedef void (*line_reader)(const struct vn_json_in *in, struct vn_line_outcome *out);

/* One thing that differs, of all lines. */
static void read_changes(const struct vn_json_in *in, line_reader read, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "lines", VN_OPTIONAL, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        int64_t id = 0;
        vn_json_int(&at, "id", VN_REQUIRED, 1, INT64_MAX, &id);
        unsigned place = place_of(out, id);
        if (!vn_json_failed(in) && place == out->line_count) {
            vn_json_fail(&at, "id", "the id of a line of the basket");
        } else if (!vn_json_failed(in)) {
            read(&at, &out->lines[place]);
        }
    }
}

static void read_discount(const struct vn_json_in *in, struct vn_line_outcome *out)
{
    vn_amount_read(in, "discount_minor", &out->discount_minor);
}

static void read_payable(const struct vn_json_in *in, struct vn_line_outcome *out)
{
    vn_amount_read(in, "payable_minor", &out->payable_minor);
}

static void read_earning(const struct vn_json_in *in, struct vn_line_outcome *out)
{
    vn_amount_read(in, "earn_minor", &out->earn_minor);
}

/* Quantities say what an application is for, applications what came off, that what was paid, and that what was earned on. */
static void read_lines(const struct vn_json_in *in, const struct vn_basket *basket, struct vn_outcome *out)
{
    uint16_t order[VN_LINES_MAX];
    int64_t sums[VN_LINES_MAX];
    int64_t earn_bp = 0;
    sort_lines(basket, order);
    out->line_count = basket->line_count;
    for (unsigned i = 0; i < out->line_count; i++) {
        out->lines[i] = untouched(&basket->lines[order[i]]);
    }
    read_changes(in, vn_line_goods_read, out);
    read_applications(in, out);
    sum_discounts(out, sums);
    for (unsigned i = 0; i < out->line_count; i++) {
        out->lines[i].discount_minor = sums[i];
    }
    read_changes(in, read_discount, out);
    for (unsigned i = 0; i < out->line_count && !vn_json_failed(in); i++) {
        if (out->lines[i].discount_minor > VN_ROWS_SUM_MAX) {
            vn_json_fail(in, "applications", "no more off a line than a receipt can have");
            return;
        }
        out->lines[i].payable_minor -= out->lines[i].discount_minor;
    }
    read_changes(in, read_payable, out);
    vn_json_int(in, "earn_bp", VN_OPTIONAL, 0, EARN_BP_MAX, &earn_bp);
    for (unsigned i = 0; i < out->line_count; i++) {
        out->lines[i].earn_minor = usual_earning(&out->lines[i], earn_bp);
    }
    read_changes(in, read_earning, out);
}

/* What the whole is, unless it says so; a sum that no document could say is a failure. */
static void read_sum(const struct vn_json_in *in, const char *key, int64_t min, int64_t usual, int64_t *out)
{
    *out = usual;
    vn_json_int(in, key, VN_OPTIONAL, min, VN_ROWS_SUM_MAX, out);
    if (*out > VN_ROWS_SUM_MAX || *out < min) {
        vn_json_fail(in, key, "a sum that a receipt can have");
        *out = 0;
    }
}

void vn_outcome_read_journal(const struct vn_json_in *in, const struct vn_basket *basket,
                             struct vn_outcome *out)
{
    int64_t ruleset = 0;
    memset(out, 0, sizeof *out);
    out->optimal = true;
    vn_json_int(in, "ruleset", VN_OPTIONAL, 0, INT64_MAX, &ruleset);
    out->ruleset = (uint64_t)ruleset;
    vn_json_bool(in, "optimal", VN_OPTIONAL, &out->optimal);
    if (basket != NULL && !vn_json_has(in, "own_lines")) {
        read_lines(in, basket, out);
    } else {
        vn_outcome_lines_read(in, "own_lines", out);
        read_applications(in, out);
    }
    read_sum(in, "total_minor", -VN_ROWS_SUM_MAX, basket == NULL ? 0 : vn_basket_total_minor(basket),
             &out->total_minor);
    read_sum(in, "discount_minor", 0, sum_lines(out), &out->discount_minor);
    out->payable_minor = out->total_minor - out->discount_minor;
    read_sum(in, "points_earned", 0, sum_points(out), &out->points_earned);
    vn_json_int(in, "points_spent", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points_spent);
    vn_json_int(in, "points_value_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points_value_minor);
    vn_consumptions_read(in, out->consumptions, &out->consumption_count);
    vn_outcome_rest_read(in, out);
}
