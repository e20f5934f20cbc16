/* What the running hub does with a backup that is off its machine. */
#include <stdio.h>

#include "agent/base/json.h"
#include "sync/hub/core/hub.h"
#include "sync/hub/epoch/backup.h"

struct told {
    int64_t now_ms;
    json_t *tills;
    struct vn_error *error;
};

static enum vn_status take_till(struct vn_storage *storage, const json_t *till, struct vn_error *error)
{
    struct vn_json_in in = vn_json_root(till, error);
    struct vn_enrolment_id enrolment;
    char hex[2 * VN_ID_BYTES + 1] = "";
    int64_t seq = 0;
    vn_json_str(&in, "enrolment", VN_REQUIRED, hex, sizeof hex);
    vn_json_int(&in, "seq", VN_REQUIRED, 0, INT64_MAX, &seq);
    if (vn_json_failed(&in)) {
        return VN_INPUT;
    }
    if (vn_hex_decode(vn_view_str(hex), enrolment.bytes, sizeof enrolment.bytes) != VN_OK) {
        return vn_fail(error, VN_INPUT, "an enrolment is %d digits in hex", 2 * VN_ID_BYTES);
    }
    return vn_storage_durable_raise(storage, &enrolment, seq);
}

static enum vn_status take_all(void *ctx, struct vn_storage *storage)
{
    const struct told *told = ctx;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < json_array_size(told->tills) && status == VN_OK; i++) {
        status = take_till(storage, json_array_get(told->tills, i), told->error);
    }
    return status == VN_OK ? vn_storage_number_put(storage, "backup_ms", told->now_ms) : status;
}

enum vn_status vn_backup_told(struct vn_hub *hub, struct vn_view tills, int64_t *count,
                              struct vn_error *error)
{
    struct told told = {vn_hub_now_ms(hub), NULL, error};
    *count = 0;
    enum vn_status status = vn_json_parse(tills, &told.tills, error);
    if (status == VN_OK && !json_is_array(told.tills)) {
        status = vn_fail(error, VN_INPUT, "expected a list of enrolments");
    }
    if (status == VN_OK) {
        *count = (int64_t)json_array_size(told.tills);
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, take_all, &told);
    }
    json_decref(told.tills);
    return status;
}
