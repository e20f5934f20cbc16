#include "agent/loyalty/rows_json.h"

#include "agent/loyalty/json_write.h"

void vn_stage_read(const struct vn_json_in *in, const char *key, enum vn_stage *out)
{
    const char *names[VN_STAGE_COUNT + 1] = {NULL};
    int stage = 0;
    for (int i = 0; i < VN_STAGE_COUNT; i++) {
        names[i] = vn_stage_name((enum vn_stage)i);
    }
    vn_json_enum(in, key, VN_REQUIRED, names, &stage);
    *out = (enum vn_stage)stage;
}

void vn_consumptions_read(const struct vn_json_in *in, struct vn_consumption *out, unsigned *count)
{
    size_t rows = 0;
    struct vn_json_in list = vn_json_array(in, "consumptions", VN_OPTIONAL, VN_RIGHTS_MAX, &rows);
    for (size_t i = 0; i < rows && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, "account", VN_REQUIRED, out[i].account, sizeof out[i].account);
        vn_json_int(&at, "amount", VN_REQUIRED, 1, VN_ROWS_SUM_MAX, &out[i].amount);
        vn_json_bool(&at, "risk", VN_OPTIONAL, &out[i].risk);
    }
    *count = (unsigned)rows;
}

void vn_lot_uses_read(const struct vn_json_in *in, struct vn_lot_use *out, unsigned *count)
{
    size_t rows = 0;
    struct vn_json_in list = vn_json_array(in, "lot_uses", VN_OPTIONAL, VN_LOT_USES_MAX, &rows);
    for (size_t i = 0; i < rows && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, "account", VN_OPTIONAL, out[i].account, sizeof out[i].account);
        vn_json_int(&at, "lot", VN_REQUIRED, 0, INT64_MAX, &out[i].lot);
        vn_json_int(&at, "amount", VN_REQUIRED, 1, VN_ROWS_SUM_MAX, &out[i].amount);
    }
    *count = (unsigned)rows;
}

void vn_fundings_read(const struct vn_json_in *in, int64_t least_minor, struct vn_funding *out,
                      unsigned *count)
{
    size_t rows = 0;
    struct vn_json_in list = vn_json_array(in, "fundings", VN_OPTIONAL, VN_FUNDINGS_MAX, &rows);
    for (size_t i = 0; i < rows && !vn_json_failed(in); i++) {
        struct vn_json_in at = vn_json_at(&list, i);
        vn_json_str(&at, "promotion", VN_REQUIRED, out[i].promotion, sizeof out[i].promotion);
        vn_json_str(&at, "funder", VN_REQUIRED, out[i].funder, sizeof out[i].funder);
        vn_json_int(&at, "amount_minor", VN_REQUIRED, least_minor, VN_ROWS_SUM_MAX, &out[i].amount_minor);
    }
    *count = (unsigned)rows;
}

json_t *vn_consumptions_write(const struct vn_consumption *rows, unsigned count)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "account", rows[i].account);
        vn_json_put_int(&row, "amount", rows[i].amount);
        vn_json_put_true(&row, "risk", rows[i].risk);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

json_t *vn_lot_uses_write(const struct vn_lot_use *rows, unsigned count)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str_unless(&row, "account", rows[i].account, "");
        vn_json_put_int(&row, "lot", rows[i].lot);
        vn_json_put_int(&row, "amount", rows[i].amount);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}

json_t *vn_fundings_write(const struct vn_funding *rows, unsigned count)
{
    struct vn_json_out list = vn_json_out_array();
    for (unsigned i = 0; i < count; i++) {
        struct vn_json_out row = vn_json_out_object();
        vn_json_put_str(&row, "promotion", rows[i].promotion);
        vn_json_put_str(&row, "funder", rows[i].funder);
        vn_json_put_int(&row, "amount_minor", rows[i].amount_minor);
        vn_json_append(&list, vn_json_out_end(&row));
    }
    return vn_json_out_end(&list);
}
