#include "sync/hub/ledger/settle.h"

#include "sync/hub/ledger/post_work.h"

struct settling {
    struct vn_hub *hub;
    const char *name;
    int64_t points; /* -1: it is only looked at */
    int64_t owed;
    struct vn_error *error;
};

static enum vn_status run(struct vn_post *post, void *ctx)
{
    static const struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_DEBT};
    struct settling *self = ctx;
    const struct vn_turn turn = {
        .post = post, .why = "settled", .at_ms = vn_hub_now_ms(self->hub), .error = self->error};
    struct vn_post_account *account = NULL;
    int64_t id = 0;
    enum vn_status status = vn_post_account_id(post, self->name, &id);
    if (status == VN_OK) {
        status = vn_post_account(post, id, &account);
    }
    if (status == VN_ABSENT || (status == VN_OK && !account->there)) {
        return vn_fail(self->error, VN_ABSENT, "there is no account '%s'", self->name);
    }
    if (status != VN_OK) {
        return status;
    }
    self->owed = account->row.risk;
    if (self->points < 0) {
        return VN_OK;
    }
    if (self->owed == 0) {
        return vn_fail(self->error, VN_CONFLICT, "%s owes nothing of the chain's risk", self->name);
    }
    if (self->points != self->owed) {
        return vn_fail(self->error, VN_CONFLICT, "%s owes %lld %s of the chain's risk, and not %lld",
                       self->name, (long long)self->owed, self->owed == 1 ? "point" : "points",
                       (long long)self->points);
    }
    status = vn_post_move(&turn, account, &step, self->owed, 0);
    account->row.risk = 0;
    return status;
}

static enum vn_status unit(void *ctx, struct vn_storage *storage)
{
    struct settling *self = ctx;
    (void)storage; /* it is the hub's */
    *self->error = (struct vn_error){VN_OK, "", ""};
    return vn_post_once(self->hub->post, run, self);
}

enum vn_status vn_settle_look(struct vn_hub *hub, const char *account, int64_t *points,
                              struct vn_error *error)
{
    struct settling settling = {.hub = hub, .name = account, .points = -1, .error = error};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, unit, &settling);
    *points = settling.owed;
    return status;
}

enum vn_status vn_settle(struct vn_hub *hub, const char *account, int64_t points, const char *who,
                         struct vn_error *error)
{
    struct settling settling = {
        .hub = hub, .name = account, .points = points > 0 ? points : 0, .error = error};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, unit, &settling);
    if (status == VN_OK) {
        vn_log_event(hub->log, VN_LOG_NOTICE, "risk_settled", VN_S("account", account),
                     VN_I("points", points), VN_S("by", who));
    }
    return status;
}
