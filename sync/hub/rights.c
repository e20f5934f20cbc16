#include "sync/hub/rights.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger.h"

static enum vn_status check_account(struct vn_hub *hub, const char *account, unsigned index,
                                    struct vn_error *error)
{
    int64_t id = 0;
    int64_t ignored = 0;
    struct vn_coupon_row coupon;
    enum vn_status status = VN_ABSENT;
    if (vn_account_member(account, &id)) {
        status = vn_storage_member_get(hub->storage, id, NULL, &ignored);
    } else if (vn_account_coupon(account, &id)) {
        status = vn_storage_coupon_get(hub->storage, id, &coupon);
    }
    if (status == VN_ABSENT) {
        status = vn_fail(error, VN_INPUT, "there is no account '%s'", account);
        (void)snprintf(error->pointer, sizeof error->pointer, "/wants/%u/account", index);
    }
    return status;
}

static enum vn_status grant_one(struct vn_hub *hub, struct vn_enrolment_row *row,
                                const struct vn_right_want *want, int64_t number, int64_t after,
                                struct vn_grant *out, int64_t *granted_in)
{
    struct vn_counters counters;
    struct vn_grant slices = {.slice_count = 0};
    int64_t given = 0;
    const struct vn_cause cause = {"grant", row->id, number, vn_hub_now_ms(hub)};
    memset(out, 0, sizeof *out);
    memcpy(out->account, want->account, sizeof out->account);
    enum vn_status status = vn_storage_counters(hub->storage, row->id, want->account, &counters);
    if (status == VN_OK && want->granted > counters.granted) {
        status = vn_ledger_grant(hub->storage, row->id, want->account, want->granted - counters.granted,
                                 &cause, &slices, &given);
        counters.granted += given;
    }
    if (status == VN_OK && given > 0) {
        memcpy(counters.account, want->account, sizeof counters.account);
        status = vn_storage_counters_put(hub->storage, row->id, &counters);
    }
    for (unsigned i = 0; i < slices.slice_count && status == VN_OK; i++) {
        status = vn_storage_grant_put(hub->storage, row->id, number, want->account, counters.granted,
                                      &slices.slices[i]);
    }
    if (status == VN_OK) {
        status = vn_storage_grants_after(hub->storage, row->id, want->account, after, out, granted_in);
    }
    out->granted = counters.granted;
    return status == VN_OK ? vn_storage_spendable(hub->storage, want->account, vn_hub_now_ms(hub), &out->free)
                           : status;
}

enum vn_status vn_rights_grant(struct vn_hub *hub, struct vn_enrolment_row *row,
                               const struct vn_rights_request *request, int64_t after,
                               struct vn_rights_reply *out, struct vn_error *error)
{
    int64_t number = row->grant + 1;
    enum vn_status status = VN_OK;
    memset(out, 0, sizeof *out);
    if (row->state != VN_ENROLMENT_ACTIVE) {
        return vn_fail(error, VN_DENIED, "this enrolment has ended; the till must enrol anew");
    }
    for (unsigned i = 0; i < request->count && status == VN_OK; i++) {
        status = check_account(hub, request->wants[i].account, i, error);
    }
    for (unsigned i = 0; i < request->count && status == VN_OK; i++) {
        int64_t granted_in = 0;
        status = grant_one(hub, row, &request->wants[i], number, after, &out->grants[i], &granted_in);
        out->count++;
        out->number = granted_in > out->number ? granted_in : out->number;
    }
    if (status != VN_OK || out->number < number) {
        return status;
    }
    row->grant = number;
    return vn_storage_enrolment_put(hub->storage, row);
}
