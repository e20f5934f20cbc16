/* Outcomes as JSON: what a journal entry keeps of a sale, so defaults are left out. */
#include <string.h>

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/loyalty_json.h"

#define SUM_MAX (VN_AMOUNT_MAX * 1000)

/* The names of a table of an enum, NULL-terminated, for vn_json_enum. */
static void stage_names(const char **names)
{
    for (int i = 0; i < VN_STAGE_COUNT; i++) {
        names[i] = vn_stage_name((enum vn_stage)i);
    }
    names[VN_STAGE_COUNT] = NULL;
}

static bool read_reason(const struct vn_json_in *in, enum vn_reason *out)
{
    char word[VN_TAG_MAX] = "";
    vn_json_str(in, "reason", VN_REQUIRED, word, sizeof word);
    for (int i = 0; i <= VN_REASON_BALANCE_SHORT; i++) {
        if (strcmp(vn_reason_name((enum vn_reason)i), word) == 0) {
            *out = (enum vn_reason)i;
            return true;
        }
    }
    vn_json_fail(in, "reason", "the name of a reason");
    return false;
}

static void read_amount(const struct vn_json_in *in, const char *key, int64_t *out)
{
    vn_json_int(in, key, VN_OPTIONAL, -SUM_MAX, SUM_MAX, out);
}

static void read_lines(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "lines", VN_OPTIONAL, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_int(&at, "id", VN_REQUIRED, 1, INT64_MAX, &out->lines[i].line_id);
        read_amount(&at, "discount_minor", &out->lines[i].discount_minor);
        read_amount(&at, "payable_minor", &out->lines[i].payable_minor);
    }
    out->line_count = (unsigned)count;
}

static void read_applications(const struct vn_json_in *in, struct vn_outcome *out)
{
    const char *stages[VN_STAGE_COUNT + 1];
    size_t count = 0;
    stage_names(stages);
    struct vn_json_in list = vn_json_array(in, "applications", VN_OPTIONAL, VN_APPLICATIONS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_application *row = &out->applications[i];
        int stage = 0;
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_json_enum(&at, "stage", VN_REQUIRED, stages, &stage);
        vn_json_int(&at, "line", VN_OPTIONAL, 0, INT64_MAX, &row->line_id);
        vn_json_int(&at, "discount_minor", VN_OPTIONAL, 0, SUM_MAX, &row->discount_minor);
        vn_json_int(&at, "points", VN_OPTIONAL, 0, SUM_MAX, &row->points);
        row->stage = (enum vn_stage)stage;
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
        (void)read_reason(&at, &row->reason);
        read_amount(&at, "missing", &row->missing);
        read_amount(&at, "worth_minor", &row->worth_minor);
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

static void read_consumptions(const struct vn_json_in *in, struct vn_outcome *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "consumptions", VN_OPTIONAL, VN_RIGHTS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, "account", VN_REQUIRED, out->consumptions[i].account, VN_ID_MAX);
        vn_json_int(&at, "amount", VN_REQUIRED, 1, SUM_MAX, &out->consumptions[i].amount);
    }
    out->consumption_count = (unsigned)count;
}

void vn_outcome_read(const struct vn_json_in *in, struct vn_outcome *out)
{
    int64_t ruleset = 0;
    memset(out, 0, sizeof *out);
    out->optimal = true;
    vn_json_int(in, "ruleset", VN_OPTIONAL, 0, INT64_MAX, &ruleset);
    out->ruleset = (uint64_t)ruleset;
    vn_json_bool(in, "optimal", VN_OPTIONAL, &out->optimal);
    vn_json_int(in, "total_minor", VN_REQUIRED, -SUM_MAX, SUM_MAX, &out->total_minor);
    vn_json_int(in, "payable_minor", VN_REQUIRED, -SUM_MAX, SUM_MAX, &out->payable_minor);
    vn_json_int(in, "discount_minor", VN_OPTIONAL, 0, SUM_MAX, &out->discount_minor);
    vn_json_int(in, "points_earned", VN_OPTIONAL, 0, SUM_MAX, &out->points_earned);
    vn_json_int(in, "points_spent", VN_OPTIONAL, 0, SUM_MAX, &out->points_spent);
    vn_json_int(in, "points_value_minor", VN_OPTIONAL, 0, SUM_MAX, &out->points_value_minor);
    vn_json_int(in, "spend_min_points", VN_OPTIONAL, 0, SUM_MAX, &out->spend_min_points);
    vn_json_int(in, "spend_max_points", VN_OPTIONAL, 0, SUM_MAX, &out->spend_max_points);
    vn_json_int(in, "spend_step_points", VN_OPTIONAL, 0, SUM_MAX, &out->spend_step_points);
    if (!vn_json_failed(in) && out->total_minor - out->discount_minor != out->payable_minor) {
        vn_json_fail(in, "payable_minor", "total less discount");
    }
    read_lines(in, out);
    read_applications(in, out);
    read_explanations(in, out);
    read_consumptions(in, out);
}

static json_t *write_lines(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->line_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_int(&row, "id", outcome->lines[i].line_id);
        vn_json_put_int_unless(&row, "discount_minor", outcome->lines[i].discount_minor, 0);
        vn_json_put_int_unless(&row, "payable_minor", outcome->lines[i].payable_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_applications(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->application_count; i++) {
        const struct vn_application *at = &outcome->applications[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "promotion", at->promotion, "");
        vn_json_put_str(&row, "stage", vn_stage_name(at->stage));
        vn_json_put_int_unless(&row, "line", at->line_id, 0);
        vn_json_put_int_unless(&row, "discount_minor", at->discount_minor, 0);
        vn_json_put_int_unless(&row, "points", at->points, 0);
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
        vn_json_put_str(&row, "reason", vn_reason_name(at->reason));
        vn_json_put_int_unless(&row, "missing", at->missing, 0);
        vn_json_put_int_unless(&row, "worth_minor", at->worth_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_consumptions(const struct vn_outcome *outcome)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "account", outcome->consumptions[i].account);
        vn_json_put_int(&row, "amount", outcome->consumptions[i].amount);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
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
    vn_json_put_unless_empty(&out, "lines", write_lines(outcome));
    vn_json_put_unless_empty(&out, "applications", write_applications(outcome));
    vn_json_put_unless_empty(&out, "explanations", write_explanations(outcome));
    struct vn_json_out near = vn_json_out_array();
    for (unsigned i = 0; i < outcome->near_miss_count; i++) {
        vn_json_append(&near, json_integer(outcome->near_misses[i]));
    }
    vn_json_put_unless_empty(&out, "near_misses", vn_json_out_end(&near));
    vn_json_put_unless_empty(&out, "consumptions", write_consumptions(outcome));
    return vn_json_out_end(&out);
}
