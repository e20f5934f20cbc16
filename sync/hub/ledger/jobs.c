#include "sync/hub/ledger/jobs.h"

#include "sync/hub/ledger/ledger.h"

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

struct waking {
    struct vn_hub *hub;
    bool more;
};

/* "tier_rules": those that every member was looked at with; "tier_cursor": how far it came with others. */
static enum vn_status wake_unit(void *ctx, struct vn_storage *storage)
{
    struct waking *self = ctx;
    int64_t rules = 0;
    int64_t done = 0;
    int64_t after = 0;
    int64_t last = 0;
    self->more = false;
    enum vn_status status = vn_ledger_tier_rules(self->hub->post, &rules);
    if (status == VN_OK) {
        status = vn_storage_number_or(storage, "tier_rules", 0, &done);
    }
    if (status != VN_OK || rules == done) {
        return status;
    }
    status = vn_storage_number_or(storage, "tier_cursor", 0, &after);
    if (status == VN_OK && rules != 0) {
        status = vn_storage_accounts_wake(storage, after, VN_JOBS_WAKE_MAX, &last);
    }
    if (status == VN_OK) {
        status = vn_storage_number_put(storage, "tier_cursor", last);
    }
    self->more = last != 0;
    return status == VN_OK && last == 0 ? vn_storage_number_put(storage, "tier_rules", rules) : status;
}

enum vn_status vn_jobs_slice(struct vn_hub *hub, struct vn_jobs_result *out)
{
    struct ageing ageing = {.hub = hub};
    struct waking waking = {.hub = hub};
    *out = (struct vn_jobs_result){.worked = 0};
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_WRITE, wake_unit, &waking);
    if (status == VN_OK) {
        status = vn_storage_unit(hub->storage, VN_SQL_WRITE, age_unit, &ageing);
    }
    if (status == VN_OK) {
        out->worked = (unsigned)ageing.count;
        out->more = waking.more || ageing.count == VN_JOBS_ACCOUNTS_MAX;
    }
    return status;
}
