/* What members owe of the chain's risk. GET: who owes what, what there is of it and what was lost; POST {"account"} says what one
 * owes, {"account", "loss"} books it as lost, if that is the figure. */
#include "sync/hub/ledger/settle.h"

#include "sync/hub/api/admin.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/storage/ledger.h"

struct listing {
    struct vn_hub *hub;
    json_t *list;
};

static enum vn_status on_risk(void *ctx, int64_t account, int64_t points)
{
    struct listing *self = ctx;
    char name[VN_HUB_ACCOUNT_MAX];
    enum vn_status status = vn_storage_name(self->hub->storage, account, name);
    if (status != VN_OK) {
        return status;
    }
    json_t *row = json_pack("{s:s, s:I}", "account", name, "points", (json_int_t)points);
    return json_array_append_new(self->list, row) == 0 ? VN_OK : VN_NOMEM;
}

void vn_api_risks(struct vn_admin *admin)
{
    struct listing listing = {admin->hub, json_array()};
    int64_t owed = 0;
    int64_t lost = 0;
    enum vn_status status = vn_storage_risk(admin->hub->storage, &owed);
    if (status == VN_OK) {
        status = vn_storage_risk_lost(admin->hub->storage, &lost);
    }
    if (status == VN_OK) {
        status = vn_storage_risks(admin->hub->storage, on_risk, &listing);
    }
    vn_admin_reply(admin, status,
                   status == VN_OK
                       ? json_pack("{s:O, s:I, s:I, s:I}", "risks", listing.list, "owed", (json_int_t)owed,
                                   "lost", (json_int_t)lost, "total",
                                   (json_int_t)vn_setting(admin->hub->settings, VN_SETTING_RISK_TOTAL))
                       : NULL);
    json_decref(listing.list);
}

void vn_api_settle(struct vn_admin *admin)
{
    json_t *root = NULL;
    char account[VN_NAME_MAX] = "";
    int64_t loss = -1;
    int64_t owed = 0;
    enum vn_status status = vn_json_parse(admin->task.request.body, &root, &admin->error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &admin->error);
        vn_json_str(&in, "account", VN_REQUIRED, account, sizeof account);
        vn_json_int(&in, "loss", VN_OPTIONAL, 0, VN_AMOUNT_MAX, &loss);
        status = admin->error.status;
    }
    json_decref(root);
    if (status == VN_OK) {
        status = vn_settle_look(admin->hub, account, &owed, &admin->error);
    }
    if (status == VN_OK && loss >= 0) {
        status = vn_settle(admin->hub, account, loss, admin->who, &admin->error);
        admin->task.changed = status == VN_OK;
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:b, s:I}", "done", loss >= 0, "points", (json_int_t)owed)
                                   : NULL);
}
