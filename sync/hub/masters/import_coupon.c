/* Issued coupons. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"
#include "sync/hub/masters/import_line.h"

#define DAY_MS INT64_C(86400000)

static void coupon_account(int64_t id, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "c%lld", (long long)id);
}

/* `spent`: it was used up where it comes from, and nothing is issued. */
static enum vn_status write_coupon(struct vn_hub *hub, struct vn_coupon_row *row, bool spent)
{
    char account[VN_ID_MAX];
    bool fresh = false;
    enum vn_status status = vn_storage_coupon_put(hub->storage, row, &fresh);
    coupon_account(row->id, account);
    if (status == VN_OK && fresh && row->coupon.single_use && !spent) {
        status = vn_ledger_open_coupon(hub->post, row->id, row->coupon.valid_from_ms,
                                       row->coupon.valid_until_ms, vn_hub_now_ms(hub));
    }
    return status == VN_OK ? vn_storage_change(hub->storage, VN_FEED_COUPON, account) : status;
}

/* Its number and the last characters of that, or what an export says of them. */
static bool read_coupon_number(const struct vn_hub *hub, const struct vn_json_in *in,
                               struct vn_coupon_row *out)
{
    char number[VN_CARD_TEXT_MAX];
    if (vn_json_has(in, "number_hash")) {
        vn_json_hex(in, "number_hash", VN_REQUIRED, out->number.bytes, sizeof out->number.bytes);
        vn_json_str(in, "label", VN_OPTIONAL, out->coupon.label, sizeof out->coupon.label);
        return !vn_json_failed(in) && vn_import_check_key(hub, in);
    }
    if (vn_import_number(in, "number", number)) {
        size_t len = strlen(number);
        vn_hub_card_hash(hub, number, &out->number);
        (void)snprintf(out->coupon.label, sizeof out->coupon.label, "%s", number + (len > 4 ? len - 4 : 0));
    }
    return !vn_json_failed(in);
}

enum vn_status vn_import_coupon(struct vn_hub *hub, const struct vn_json_in *in, bool gone)
{
    struct vn_coupon_row row;
    char account[VN_ID_MAX];
    bool spent = false;
    memset(&row, 0, sizeof row);
    if (!read_coupon_number(hub, in, &row)) {
        return VN_INPUT;
    }
    if (gone) {
        enum vn_status status = vn_storage_coupon_drop(hub->storage, &row.number, &row.id);
        coupon_account(row.id, account);
        if (status == VN_OK) {
            status = vn_ledger_close(hub->post, vn_account_of_coupon(row.id));
        }
        return status == VN_ABSENT ? VN_OK
               : status == VN_OK   ? vn_storage_change(hub->storage, VN_FEED_COUPON, account)
                                   : status;
    }
    vn_json_str(in, "promotion", VN_REQUIRED, row.coupon.promotion, sizeof row.coupon.promotion);
    vn_json_bool(in, "single_use", VN_OPTIONAL, &row.coupon.single_use);
    vn_json_bool(in, "spent", VN_OPTIONAL, &spent);
    vn_json_int(in, "member", VN_OPTIONAL, 1, VN_NUMBER_MAX, &row.member);
    vn_import_day(in, "valid_from", 0, &row.coupon.valid_from_ms);
    vn_import_day(in, "valid_until", DAY_MS - 1, &row.coupon.valid_until_ms);
    return vn_json_failed(in) ? VN_INPUT : write_coupon(hub, &row, spent);
}
