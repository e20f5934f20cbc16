#include "agent/loyalty/returns_json.h"

#include <string.h>

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/rows_json.h"

static void read_sum(const struct vn_json_in *in, const char *key, int64_t *out)
{
    vn_json_int(in, key, VN_OPTIONAL, 0, VN_ROWS_SUM_MAX, out);
}

void vn_return_items_read(const struct vn_json_in *in, const char *key, size_t max,
                          struct vn_return_item *out, size_t *count)
{
    struct vn_json_in list = vn_json_array(in, key, VN_OPTIONAL, max, count);
    for (size_t i = 0; i < *count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_int(&at, "id", VN_REQUIRED, 1, INT64_MAX, &out[i].line_id);
        vn_json_int(&at, "qty_milli", VN_REQUIRED, 1, VN_QTY_MAX, &out[i].qty_milli);
    }
}

static void read_lines(const struct vn_json_in *in, struct vn_return *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "lines", VN_OPTIONAL, VN_LINES_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_return_line *row = &out->lines[i];
        vn_json_int(&at, "id", VN_REQUIRED, 1, INT64_MAX, &row->line_id);
        vn_json_int(&at, "qty_milli", VN_REQUIRED, 0, VN_QTY_MAX, &row->qty_milli);
        vn_json_int(&at, "refund_minor", VN_OPTIONAL, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, &row->refund_minor);
    }
    out->line_count = (unsigned)count;
}

static void read_applications(const struct vn_json_in *in, struct vn_return *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "applications", VN_OPTIONAL, VN_APPLICATIONS_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_return_application *row = &out->applications[i];
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_stage_read(&at, "stage", &row->stage);
        vn_json_int(&at, "line", VN_REQUIRED, 1, INT64_MAX, &row->line_id);
        vn_json_int(&at, "discount_minor", VN_REQUIRED, 1, VN_ROWS_SUM_MAX, &row->discount_minor);
    }
    out->application_count = (unsigned)count;
}

static void read_wallets(const struct vn_json_in *in, struct vn_return *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "wallets", VN_OPTIONAL, VN_WALLETS_MAX - 1, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_wallet_back *row = &out->wallets[i];
        vn_json_str(&at, "wallet", VN_REQUIRED, row->wallet, sizeof row->wallet);
        vn_json_str(&at, "account", VN_OPTIONAL, row->account, sizeof row->account);
        read_sum(&at, "taken_back", &row->taken_back);
        read_sum(&at, "given_back", &row->given_back);
        read_sum(&at, "value_minor", &row->value_minor);
    }
    out->wallet_count = (unsigned)count;
}

static void read_given(const struct vn_json_in *in, struct vn_return *out)
{
    size_t count = 0;
    struct vn_json_in list = vn_json_array(in, "given", VN_OPTIONAL, VN_GIVEN_MAX, &count);
    for (size_t i = 0; i < count && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        struct vn_given_back *row = &out->given[i];
        int kind = 0;
        vn_json_str(&at, "promotion", VN_OPTIONAL, row->promotion, sizeof row->promotion);
        vn_json_enum(&at, "kind", VN_REQUIRED, vn_given_names, &kind);
        vn_json_str(&at, "what", VN_OPTIONAL, row->what, sizeof row->what);
        vn_json_str(&at, "account", VN_OPTIONAL, row->account, sizeof row->account);
        vn_json_int(&at, "amount", VN_REQUIRED, 1, VN_ROWS_SUM_MAX, &row->amount);
        vn_json_int(&at, "charge_minor", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &row->charge_minor);
        row->kind = (enum vn_given_kind)kind;
    }
    out->given_count = (unsigned)count;
}

void vn_return_read(const struct vn_json_in *in, struct vn_return *out)
{
    memset(out, 0, sizeof *out);
    vn_json_bool(in, "all", VN_OPTIONAL, &out->all);
    vn_json_int(in, "refund_minor", VN_REQUIRED, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, &out->refund_minor);
    read_sum(in, "tender_minor", &out->tender_minor);
    read_sum(in, "charge_minor", &out->charge_minor);
    read_sum(in, "uncharged_minor", &out->uncharged_minor);
    int64_t spend_minor = out->refund_minor + out->tender_minor + out->charge_minor; /* 3 x 10^18 at most */
    out->spend_minor = spend_minor;
    vn_json_int(in, "spend_minor", VN_OPTIONAL, -VN_ROWS_SUM_MAX, VN_ROWS_SUM_MAX, &out->spend_minor);
    if (!vn_json_failed(in) && out->spend_minor != spend_minor) {
        vn_json_fail(in, "refund_minor", "spend less tender less charge");
    }
    read_sum(in, "qualifying", &out->qualifying);
    read_sum(in, "points_taken_back", &out->points_taken_back);
    read_sum(in, "points_given_back", &out->points_given_back);
    read_lines(in, out);
    read_applications(in, out);
    vn_fundings_read(in, 1, out->fundings, &out->funding_count);
    read_wallets(in, out);
    vn_lot_uses_read(in, out->lot_uses, &out->lot_use_count);
    vn_consumptions_read(in, out->consumptions, &out->consumption_count);
    read_given(in, out);
}

static json_t *write_lines(const struct vn_return *plan)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < plan->line_count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_int(&row, "id", plan->lines[i].line_id);
        vn_json_put_int(&row, "qty_milli", plan->lines[i].qty_milli);
        vn_json_put_int_unless(&row, "refund_minor", plan->lines[i].refund_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_applications(const struct vn_return *plan)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < plan->application_count; i++) {
        const struct vn_return_application *at = &plan->applications[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "promotion", at->promotion, "");
        vn_json_put_str(&row, "stage", vn_stage_name(at->stage));
        vn_json_put_int(&row, "line", at->line_id);
        vn_json_put_int(&row, "discount_minor", at->discount_minor);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_wallets(const struct vn_return *plan)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < plan->wallet_count; i++) {
        const struct vn_wallet_back *at = &plan->wallets[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "wallet", at->wallet);
        vn_json_put_str_unless(&row, "account", at->account, "");
        vn_json_put_int_unless(&row, "taken_back", at->taken_back, 0);
        vn_json_put_int_unless(&row, "given_back", at->given_back, 0);
        vn_json_put_int_unless(&row, "value_minor", at->value_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

static json_t *write_given(const struct vn_return *plan)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < plan->given_count; i++) {
        const struct vn_given_back *at = &plan->given[i];
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "promotion", at->promotion, "");
        vn_json_put_str(&row, "kind", vn_given_names[at->kind]);
        vn_json_put_str_unless(&row, "what", at->what, "");
        vn_json_put_str_unless(&row, "account", at->account, "");
        vn_json_put_int(&row, "amount", at->amount);
        vn_json_put_int_unless(&row, "charge_minor", at->charge_minor, 0);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

json_t *vn_return_write(const struct vn_return *plan)
{
    struct vn_json_out out = vn_json_out_object();
    vn_json_put_true(&out, "all", plan->all);
    vn_json_put_int(&out, "refund_minor", plan->refund_minor);
    vn_json_put_int_unless(&out, "tender_minor", plan->tender_minor, 0);
    vn_json_put_int_unless(&out, "charge_minor", plan->charge_minor, 0);
    vn_json_put_int_unless(&out, "uncharged_minor", plan->uncharged_minor, 0);
    vn_json_put_int_unless(&out, "qualifying", plan->qualifying, 0);
    vn_json_put_int(&out, "points_taken_back", plan->points_taken_back);
    vn_json_put_int(&out, "points_given_back", plan->points_given_back);
    vn_json_put_unless_empty(&out, "lines", write_lines(plan));
    vn_json_put_unless_empty(&out, "applications", write_applications(plan));
    vn_json_put_unless_empty(&out, "fundings", vn_fundings_write(plan->fundings, plan->funding_count));
    vn_json_put_unless_empty(&out, "wallets", write_wallets(plan));
    vn_json_put_unless_empty(&out, "lot_uses", vn_lot_uses_write(plan->lot_uses, plan->lot_use_count));
    vn_json_put_unless_empty(&out, "consumptions",
                             vn_consumptions_write(plan->consumptions, plan->consumption_count));
    vn_json_put_unless_empty(&out, "given", write_given(plan));
    return vn_json_out_end(&out);
}
