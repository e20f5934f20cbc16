/* Outcomes as JSON: what a journal entry keeps of a sale, so defaults are left out. */
#include <string.h>

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/outcome_rows.h"

static bool read_reason(const struct vn_json_in *in, enum vn_reason *out)
{
    char word[VN_TAG_MAX] = "";
    vn_json_str(in, "reason", VN_REQUIRED, word, sizeof word);
    for (int i = 0; i < VN_REASON_COUNT; i++) {
        if (strcmp(vn_reason_name((enum vn_reason)i), word) == 0) {
            *out = (enum vn_reason)i;
            return true;
        }
    }
    vn_json_fail(in, "reason", "the name of a reason");
    return false;
}

void vn_amount_read(const struct vn_json_in *in, const char *key, int64_t *out)
{
    vn_json_int(in, key, VN_OPTIONAL, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, out);
}

void vn_line_goods_read(const struct vn_json_in *in, struct vn_line_outcome *out)
{
    vn_json_int(in, "qty_milli", VN_OPTIONAL, 0, VN_QTY_MAX, &out->qty_milli);
    vn_amount_read(in, "list_minor", &out->list_minor);
}

void vn_outcome_lines_read(const struct vn_json_in *in, const char *key, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_int(&at, "id", VN_REQUIRED, 1, INT64_MAX, &out->lines[i].line_id);
        vn_line_goods_read(&at, &out->lines[i]);
        vn_amount_read(&at, "discount_minor", &out->lines[i].discount_minor);
        vn_amount_read(&at, "payable_minor", &out->lines[i].payable_minor);
        vn_amount_read(&at, "earn_minor", &out->lines[i].earn_minor);
    }
    out->line_count = (unsigned)count;
}

void vn_application_row_read(const struct vn_json_in *in, struct vn_application *out)
{
    vn_json_int(in, "line", VN_OPTIONAL, 0, INT64_MAX, &out->line_id);
    vn_json_int(in, "discount_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->discount_minor);
    vn_json_int(in, "points", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points);
    vn_json_int(in, "qty_milli", VN_OPTIONAL, 0, VN_QTY_MAX, &out->qty_milli);
}

static void read_applications(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "applications", VN_OPTIONAL, VN_APPLICATIONS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_application *row = &out->applications[i];
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_stage_read(&at, "stage", &row->stage);
        vn_application_row_read(&at, row);
        vn_json_str(&at, "wallet", VN_OPTIONAL, row->wallet, sizeof row->wallet);
    }
    out->application_count = (unsigned)count;
}

static void read_explanations(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "explanations", VN_OPTIONAL, VN_REASONS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_explanation *row = &out->explanations[i];
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_json_str(&at, "wallet", VN_OPTIONAL, row->wallet, sizeof row->wallet);
        (void)read_reason(&at, &row->reason);
        vn_amount_read(&at, "missing", &row->missing);
        vn_amount_read(&at, "worth_minor", &row->worth_minor);
    }
    out->explanation_count = (unsigned)count;
    list = vn_json_array(in, "near_misses", VN_OPTIONAL, VN_NEAR_MISSES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        int64_t index = 0;
        vn_json_int(&at, NULL, VN_REQUIRED, 0, (int64_t)out->explanation_count - 1, &index);
        out->near_misses[i] = (uint16_t)index;
    }
    out->near_miss_count = (unsigned)count;
}

static void read_wallets(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "wallets", VN_OPTIONAL, VN_WALLETS_MAX - 1, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_wallet_outcome *row = &out->wallets[i];
        vn_json_str(&at, "wallet", VN_REQUIRED, row->wallet, sizeof row->wallet);
        vn_json_str(&at, "account", VN_OPTIONAL, row->account, sizeof row->account);
        vn_json_int(&at, "earned", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->earned);
        vn_json_int(&at, "spent", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->spent);
        vn_json_int(&at, "value_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->value_minor);
        vn_json_bool(&at, "tender", VN_OPTIONAL, &row->tender);
        vn_json_int(&at, "spend_min", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->spend_min);
        vn_json_int(&at, "spend_max", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->spend_max);
        vn_json_int(&at, "spend_step", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->spend_step);
    }
    out->wallet_count = (unsigned)count;
}

/* The line's place; one that is not there is a failure. */
static unsigned read_line_id(const struct vn_json_in *in, const struct vn_outcome *outcome)
{
    int64_t id = 0;
    unsigned n = 0;
    vn_json_int(in, NULL, VN_REQUIRED, 1, INT64_MAX, &id);
    while (n < outcome->line_count && outcome->lines[n].line_id != id) {
        n++;
    }
    if (n == outcome->line_count) {
        vn_json_fail(in, NULL, "the id of a line of this outcome");
    }
    return n;
}

/* Lines travel by their ids; a run of them as [first, last]. */
static void read_given_lines(const struct vn_json_in *in, const struct vn_outcome *outcome,
                             struct vn_given *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "lines", VN_OPTIONAL, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        bool run = json_array_size(at.value) == 2; /* 0 of what is no array */
        struct vn_json_in start = run ? vn_json_at(&at, 0) : at;
        struct vn_json_in end = run ? vn_json_at(&at, 1) : at;
        unsigned first = read_line_id(&start, outcome);
        unsigned last = read_line_id(&end, outcome);
        if (!vn_json_failed(in) && first > last) {
            vn_json_fail(&end, NULL, "a line after the first");
        }
        for (unsigned n = first; n <= last && !vn_json_failed(in); n++) {
            out->lines[n / 64] |= UINT64_C(1) << n % 64;
        }
    }
}

/* After the lines. */
static void read_given(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "given", VN_OPTIONAL, VN_GIVEN_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_given *row = &out->given[i];
        int kind = 0;
        int on_return = VN_RETURN_REVOKE_IF_UNUSED;
        int64_t reward = 0;
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_json_enum(&at, "kind", VN_REQUIRED, vn_given_names, &kind);
        vn_json_str(&at, "what", VN_OPTIONAL, row->what, sizeof row->what);
        vn_json_str(&at, "account", VN_OPTIONAL, row->account, sizeof row->account);
        vn_json_int(&at, "reward", VN_OPTIONAL, 0, VN_REWARDS_MAX - 1, &reward);
        vn_json_int(&at, "amount", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &row->amount);
        vn_json_int(&at, "valid_from_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &row->valid_from_ms);
        vn_json_int(&at, "valid_until_ms", VN_OPTIONAL, 0, VN_JSON_TIME_MAX, &row->valid_until_ms);
        vn_json_enum(&at, "on_return", VN_OPTIONAL, vn_on_return_names, &on_return);
        vn_json_int(&at, "charge_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &row->charge_minor);
        vn_json_bool(&at, "by_quantity", VN_OPTIONAL, &row->by_quantity);
        vn_amount_read(&at, "least", &row->least);
        row->kind = (enum vn_given_kind)kind;
        row->on_return = (enum vn_on_return)on_return;
        row->reward = (unsigned)reward;
        read_given_lines(&at, out, row);
    }
    out->given_count = (unsigned)count;
}

void vn_outcome_rest_read(const struct vn_json_in *in, struct vn_outcome *out)
{
    int64_t engine = 0;
    vn_json_int(in, "engine", VN_OPTIONAL, 0, INT32_MAX, &engine);
    out->engine = (unsigned)engine;
    vn_json_bool(in, "provisional", VN_OPTIONAL, &out->provisional);
    vn_json_bool(in, "spent_as_tender", VN_OPTIONAL, &out->spent_as_tender);
    vn_json_int(in, "tender_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->tender_minor);
    vn_amount_read(in, "qualifying", &out->qualifying);
    vn_json_str(in, "tier_after", VN_OPTIONAL, out->tier_after, sizeof out->tier_after);
    read_wallets(in, out);
    vn_lot_uses_read(in, out->lot_uses, &out->lot_use_count);
    read_given(in, out);
    vn_fundings_read(in, 0, out->fundings, &out->funding_count);
}

void vn_outcome_read(const struct vn_json_in *in, struct vn_outcome *out)
{
    int64_t ruleset = 0;
    memset(out, 0, sizeof *out);
    out->optimal = true;
    vn_json_int(in, "ruleset", VN_OPTIONAL, 0, INT64_MAX, &ruleset);
    out->ruleset = (uint64_t)ruleset;
    vn_json_bool(in, "optimal", VN_OPTIONAL, &out->optimal);
    vn_json_int(in, "total_minor", VN_REQUIRED, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, &out->total_minor);
    vn_json_int(in, "payable_minor", VN_REQUIRED, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, &out->payable_minor);
    vn_json_int(in, "discount_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->discount_minor);
    vn_json_int(in, "points_earned", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points_earned);
    vn_json_int(in, "points_spent", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points_spent);
    vn_json_int(in, "points_value_minor", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->points_value_minor);
    vn_json_int(in, "spend_min_points", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->spend_min_points);
    vn_json_int(in, "spend_max_points", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->spend_max_points);
    vn_json_int(in, "spend_step_points", VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, &out->spend_step_points);
    if (!vn_json_failed(in) && out->total_minor - out->discount_minor != out->payable_minor) {
        vn_json_fail(in, "payable_minor", "total less discount");
    }
    vn_outcome_lines_read(in, "lines", out);
    read_applications(in, out);
    read_explanations(in, out);
    vn_consumptions_read(in, out->consumptions, &out->consumption_count);
    vn_outcome_rest_read(in, out);
}

json_t *vn_outcome_lines_write(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->line_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_int(&row, "id", outcome->lines[i].line_id);
        vn_json_put_int_unless(&row, "discount_minor", outcome->lines[i].discount_minor, 0);
        vn_json_put_int_unless(&row, "payable_minor", outcome->lines[i].payable_minor, 0);
        vn_json_put_int_unless(&row, "qty_milli", outcome->lines[i].qty_milli, 0);
        vn_json_put_int_unless(&row, "list_minor", outcome->lines[i].list_minor, 0);
        vn_json_put_int_unless(&row, "earn_minor", outcome->lines[i].earn_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

void vn_application_row_write(struct vn_json_out *out, const struct vn_application *row)
{
    vn_json_put_int_unless(out, "line", row->line_id, 0);
    vn_json_put_int_unless(out, "discount_minor", row->discount_minor, 0);
    vn_json_put_int_unless(out, "points", row->points, 0);
    vn_json_put_int_unless(out, "qty_milli", row->qty_milli, 0);
}

static json_t *write_applications(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *at = &outcome->applications[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "promotion", at->promotion, "");
        vn_json_put_str(&row, "stage", vn_stage_name(at->stage));
        vn_application_row_write(&row, at);
        vn_json_put_str_unless(&row, "wallet", at->wallet, "");
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_explanations(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->explanation_count; i++) {
        const struct vn_explanation *at = &outcome->explanations[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "promotion", at->promotion, "");
        vn_json_put_str_unless(&row, "wallet", at->wallet, "");
        vn_json_put_str(&row, "reason", vn_reason_name(at->reason));
        vn_json_put_int_unless(&row, "missing", at->missing, 0);
        vn_json_put_int_unless(&row, "worth_minor", at->worth_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

/* `range`: with what may be spent. */
static json_t *write_wallets(const struct vn_outcome *outcome, bool range)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *at = &outcome->wallets[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "wallet", at->wallet);
        vn_json_put_str_unless(&row, "account", at->account, "");
        vn_json_put_int_unless(&row, "earned", at->earned, 0);
        vn_json_put_int_unless(&row, "spent", at->spent, 0);
        vn_json_put_int_unless(&row, "value_minor", at->value_minor, 0);
        vn_json_put_true(&row, "tender", at->tender);
        if (range) {
            vn_json_put_int_unless(&row, "spend_min", at->spend_min, 0);
            vn_json_put_int_unless(&row, "spend_max", at->spend_max, 0);
            vn_json_put_int_unless(&row, "spend_step", at->spend_step, 0);
        }
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static bool is_of_line(const struct vn_given *given, unsigned n)
{
    return (given->lines[n / 64] >> n % 64 & 1) != 0;
}

/* Many rewards hang on nearly all lines of a receipt, so that ids one by one would be most of an entry. */
static json_t *write_given_lines(const struct vn_outcome *outcome, const struct vn_given *given)
{
    struct vn_json_out lines = vn_json_out_array();
    for (unsigned n = 0; n < outcome->line_count; n++) {
        unsigned last = n;
        while (is_of_line(given, n) && last + 1 < outcome->line_count && is_of_line(given, last + 1)) {
            last++;
        }
        if (last > n + 1) {
            struct vn_json_out run = vn_json_out_array();
            vn_json_append(&run, json_integer(outcome->lines[n].line_id));
            vn_json_append(&run, json_integer(outcome->lines[last].line_id));
            vn_json_append(&lines, vn_json_out_end(&run));
            n = last;
        } else if (is_of_line(given, n)) {
            vn_json_append(&lines, json_integer(outcome->lines[n].line_id));
        }
    }
    return vn_json_out_end(&lines);
}

static json_t *write_given_row(const struct vn_outcome *outcome, const struct vn_given *given)
{
    struct vn_json_out row = vn_json_out_object();
    vn_json_put_str_unless(&row, "promotion", given->promotion, "");
    vn_json_put_str(&row, "kind", vn_given_names[given->kind]);
    vn_json_put_str_unless(&row, "what", given->what, "");
    vn_json_put_str_unless(&row, "account", given->account, "");
    vn_json_put_int_unless(&row, "reward", given->reward, 0);
    vn_json_put_int_unless(&row, "amount", given->amount, 0);
    vn_json_put_int_unless(&row, "valid_from_ms", given->valid_from_ms, 0);
    vn_json_put_int_unless(&row, "valid_until_ms", given->valid_until_ms, 0);
    vn_json_put_str_unless(&row, "on_return", vn_on_return_names[given->on_return],
                           vn_on_return_names[VN_RETURN_REVOKE_IF_UNUSED]);
    vn_json_put_int_unless(&row, "charge_minor", given->charge_minor, 0);
    vn_json_put_true(&row, "by_quantity", given->by_quantity);
    vn_json_put_int_unless(&row, "least", given->least, 0);
    vn_json_put_unless_empty(&row, "lines", write_given_lines(outcome, given));
    return vn_json_out_end(&row);
}

static json_t *write_given(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->given_count; i++) {
        vn_json_append(&list, write_given_row(outcome, &outcome->given[i]));
    }
    return vn_json_out_end(&list);
}

void vn_outcome_rest_write(struct vn_json_out *out, const struct vn_outcome *outcome, bool range)
{
    vn_json_put_int_unless(out, "engine", outcome->engine, 0);
    vn_json_put_true(out, "provisional", outcome->provisional);
    vn_json_put_true(out, "spent_as_tender", outcome->spent_as_tender);
    vn_json_put_int_unless(out, "tender_minor", outcome->tender_minor, 0);
    vn_json_put_int_unless(out, "qualifying", outcome->qualifying, 0);
    vn_json_put_str_unless(out, "tier_after", outcome->tier_after, "");
    vn_json_put_unless_empty(out, "wallets", write_wallets(outcome, range));
    vn_json_put_unless_empty(out, "lot_uses", vn_lot_uses_write(outcome->lot_uses, outcome->lot_use_count));
    vn_json_put_unless_empty(out, "given", write_given(outcome));
    vn_json_put_unless_empty(out, "fundings", vn_fundings_write(outcome->fundings, outcome->funding_count));
}

json_t *vn_outcome_write(const struct vn_outcome *outcome)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_int_unless(&out, "ruleset", (int64_t)outcome->ruleset, 0);
    if (!outcome->optimal) {
        vn_json_put(&out, "optimal", json_false());
    }
    vn_json_put_int(&out, "total_minor", outcome->total_minor);
    vn_json_put_int_unless(&out, "discount_minor", outcome->discount_minor, 0);
    vn_json_put_int(&out, "payable_minor", outcome->payable_minor);
    vn_json_put_int_unless(&out, "points_earned", outcome->points_earned, 0);
    vn_json_put_int_unless(&out, "points_spent", outcome->points_spent, 0);
    vn_json_put_int_unless(&out, "points_value_minor", outcome->points_value_minor, 0);
    vn_json_put_int_unless(&out, "spend_min_points", outcome->spend_min_points, 0);
    vn_json_put_int_unless(&out, "spend_max_points", outcome->spend_max_points, 0);
    vn_json_put_int_unless(&out, "spend_step_points", outcome->spend_step_points, 0);
    vn_json_put_unless_empty(&out, "lines", vn_outcome_lines_write(outcome));
    vn_json_put_unless_empty(&out, "applications", write_applications(outcome));
    vn_json_put_unless_empty(&out, "explanations", write_explanations(outcome));
    struct vn_json_out near = vn_json_out_array();
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        vn_json_append(&near, json_integer(outcome->near_misses[i]));
    }
    vn_json_put_unless_empty(&out, "near_misses", vn_json_out_end(&near));
    vn_json_put_unless_empty(&out, "consumptions",
                             vn_consumptions_write(outcome->consumptions, outcome->consumption_count));
    vn_outcome_rest_write(&out, outcome, true);
    return vn_json_out_end(&out);
}
