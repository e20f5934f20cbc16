#include "sync/hub/rights/rights.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"

/* What was granted before and the till's stamp does not show yet is told again. */
static enum vn_status grant_one(struct vn_hub *hub, struct vn_enrolment_row *row,
                                const struct vn_right_want *want, int64_t number, int64_t after,
                                struct vn_grant *out, int64_t *granted_in, struct vn_error *error)
{
    const struct vn_ledger_want wanted = {row->id, number, want->account, want->granted, vn_hub_now_ms(hub)};
    int64_t account = 0;
    memset(out, 0, sizeof *out);
    memcpy(out->account, want->account, sizeof out->account);
    enum vn_status status = vn_ledger_grant(hub->post, &wanted, out, &account, error);
    return status == VN_OK ? vn_storage_grants_after(hub->storage, row->id, account, after, out, granted_in)
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
        int64_t granted_in = 0;
        status = grant_one(hub, row, &request->wants[i], number, after, &out->grants[i], &granted_in, error);
        if (status == VN_INPUT) {
            (void)snprintf(error->pointer, sizeof error->pointer, "/wants/%u/account", i);
        }
        out->count++;
        out->number = granted_in > out->number ? granted_in : out->number;
    }
    if (status != VN_OK || out->number < number) {
        return status;
    }
    row->grant = number;
    return vn_storage_enrolment_put(hub->storage, row);
}
