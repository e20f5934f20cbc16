#include "sync/hub/jobs.h"

#include "sync/hub/ledger.h"

struct ageing {
    struct vn_hub *hub;
    size_t count;
};

static enum vn_status age_unit(void *ctx, struct vn_storage *storage)
{
    struct ageing *self = ctx;
    int64_t due[VN_JOBS_ACCOUNTS_MAX];
    int64_t now_ms = vn_hub_now_ms(self->hub);
    enum vn_status status = vn_storage_accounts_due(storage, now_ms, VN_JOBS_ACCOUNTS_MAX, due, &self->count);
    for (size_t i = 0; i < self->count && status == VN_OK; i++) {
        status = vn_ledger_age(self->hub->post, due[i], now_ms);
    }
    return status;
}

enum vn_status vn_jobs_slice(struct vn_hub *hub, struct vn_jobs_result *out)
{
    struct ageing ageing = {.hub = hub};
    *out = (struct vn_jobs_result){.worked = 0};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, age_unit, &ageing);
    if (status == VN_OK) {
        out->worked = (unsigned)ageing.count;
        out->more = ageing.count == VN_JOBS_ACCOUNTS_MAX;
    }
    return status;
}
