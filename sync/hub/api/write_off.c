/* A till that is gone for good. {"till"} says what would be lost; {"till","loss"} books it, if that is the figure. */
#include "sync/hub/ledger/write_off.h"

#include <string.h>

#include "sync/hub/api/admin.h"

void vn_api_write_off(struct vn_admin *admin)
{
    json_t *root = NULL;
    char till[VN_NAME_MAX] = "";
    int64_t points = -1;
    struct vn_loss loss = {.enrolments = 0};
    enum vn_status status = vn_json_parse(admin->task.request.body, &root, &admin->error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &admin->error);
        vn_json_str(&in, "till", VN_REQUIRED, till, sizeof till);
        vn_json_int(&in, "loss", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &points);
        status = admin->error.status;
    }
    json_decref(root);
    if (status == VN_OK) {
        status = points < 0 ? vn_write_off_look(admin->hub, till, &loss, &admin->error)
                            : vn_write_off(admin->hub, till, points, admin->who, &loss, &admin->error);
    }
    if (status == VN_OK && points >= 0) {
        memcpy(admin->till, till, sizeof admin->till);
        admin->task.changed = true;
    }
    vn_admin_reply(admin, status,
                   status == VN_OK
                       ? json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "done", points >= 0,
                                   "enrolments", (json_int_t)loss.enrolments, "points",
                                   (json_int_t)loss.points, "wallets", (json_int_t)loss.wallets, "coupons",
                                   (json_int_t)loss.coupons, "others", (json_int_t)loss.others, "risk",
                                   (json_int_t)loss.risk, "unshown", (json_int_t)loss.unshown, "before",
                                   (json_int_t)loss.before)
                       : NULL);
}
