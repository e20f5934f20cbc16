#include "sync/hub/ledger/jobs.h"

#include <stdio.h>

#include "sync/hub/ledger/ledger.h"

struct ageing {
    struct vn_hub *hub;
    int64_t now_ms;
    int64_t due[VN_JOBS_ACCOUNTS_MAX];
    size_t count;
    size_t at;   /* which of them, when each is alone */
    bool looked; /* `due` and `count` are known */
};

static enum vn_status age_unit(void *ctx, struct vn_storage *storage)
{
    struct ageing *self = ctx;
    self->now_ms = vn_hub_now_ms(self->hub);
    enum vn_status status =
        vn_storage_accounts_due(storage, self->now_ms, VN_JOBS_ACCOUNTS_MAX, self->due, &self->count);
    self->looked = status == VN_OK;
    for (size_t i = 0; i < self->count && status == VN_OK; i++) {
        status = vn_ledger_age(self->hub->post, self->due[i], self->now_ms);
    }
    return status;
}

/* What has to do with one account, and not with the disk that all are on. */
static bool is_to_blame(const struct vn_hub *hub, enum vn_status status)
{
    return (status == VN_CORRUPT || status == VN_INPUT || status == VN_ABSENT || status == VN_CONFLICT ||
            status == VN_ARG) &&
           !vn_storage_is_lost(hub->storage);
}

static enum vn_status age_one(void *ctx, struct vn_storage *storage)
{
    struct ageing *self = ctx;
    (void)storage; /* it is the hub's */
    return vn_ledger_age(self->hub->post, self->due[self->at], self->now_ms);
}

static enum vn_status put_off(void *ctx, struct vn_storage *storage)
{
    const struct ageing *self = ctx;
    return vn_storage_account_due(storage, self->due[self->at], self->now_ms + VN_JOBS_AGAIN_MS);
}

static void log_put_off(const struct ageing *self, enum vn_status status)
{
    struct vn_error error = {VN_OK, "", ""};
    char account[VN_HUB_ACCOUNT_MAX];
    int64_t id = self->due[self->at];
    if (!vn_account_text(id, account)) {
        (void)snprintf(account, sizeof account, "%lld", (long long)id);
    }
    vn_storage_describe(self->hub->storage, status, &error);
    vn_log_event(self->hub->log, VN_LOG_ERROR, "ageing_failed", VN_S("account", account),
                 VN_S("status", vn_status_name(status)), VN_S("reason", error.text));
}

/* Each account in a unit of its own; who fails is put off. One that can't be put off either ends the slice behind the others. */
static enum vn_status age_alone(struct ageing *self, unsigned *worked)
{
    enum vn_status stuck = VN_OK;
    *worked = 0;
    for (self->at = 0; self->at < self->count; self->at++) {
        enum vn_status status = vn_storage_unit(self->hub->storage, VN_SQL_WRITE, age_one, self);
        *worked += status == VN_OK ? 1 : 0;
        if (is_to_blame(self->hub, status)) {
            log_put_off(self, status);
            status = vn_storage_unit(self->hub->storage, VN_SQL_WRITE, put_off, self);
            stuck = stuck == VN_OK ? status : stuck;
            status = is_to_blame(self->hub, status) ? VN_OK : status;
        }
        if (status != VN_OK) {
            return status;
        }
    }
    return stuck;
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
        out->worked = status == VN_OK ? (unsigned)ageing.count : 0;
    }
    if (ageing.looked && is_to_blame(hub, status)) {
        status = age_alone(&ageing, &out->worked);
    }
    if (status == VN_OK) {
        out->more = waking.more || ageing.count == VN_JOBS_ACCOUNTS_MAX;
    }
    return status;
}
