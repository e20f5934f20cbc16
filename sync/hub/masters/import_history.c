/* Receipts of before. Their points are in the members' balances, so they go from "issued" to "past". */
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import_line.h"

#define YEARS_MS INT64_C(7258118400000) /* 2200-01-01 */

enum vn_status vn_import_receipt(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    char store[VN_ID_MAX] = "";
    int64_t member = 0;
    int64_t at_ms = 0;
    int64_t total_minor = 0;
    int64_t points = 0;
    (void)gone;
    vn_json_int(in, "member", VN_REQUIRED, 1, VN_NUMBER_MAX, &member);
    vn_json_int(in, "at_ms", VN_REQUIRED, 0, YEARS_MS, &at_ms);
    vn_json_str(in, "store", VN_REQUIRED, store, sizeof store);
    vn_json_int(in, "total_minor", VN_REQUIRED, -VN_AMOUNT_MAX, VN_AMOUNT_MAX, &total_minor);
    vn_json_int(in, "points", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &points);
    if (vn_json_failed(in)) {
        return VN_INPUT;
    }
    enum vn_status status = vn_storage_member_get(hub->storage, member, NULL);
    if (status == VN_ABSENT) {
        vn_json_fail(in, "member", "a member that was imported before");
        return VN_INPUT;
    }
    if (status == VN_OK) {
        status = vn_storage_receipt_put(hub->storage, member, at_ms, store, total_minor, points);
    }
    if (status != VN_OK || points == 0) {
        return status == VN_CONFLICT ? VN_OK : status;
    }
    return vn_ledger_past(hub->post, member, points, at_ms);
}
