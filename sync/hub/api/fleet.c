/* Stores, one-time codes and tills, for verbs. */
#include "sync/hub/fleet/fleet.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/api/admin.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/storage/lists.h"

/* An id of a store or till: it stands in paths, logs and certificates. */
static enum vn_status check_id(struct vn_admin *admin, const char *id)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
    return id[0] != '\0' && id[strspn(id, allowed)] == '\0' && strlen(id) < VN_ID_MAX
               ? vn_admin_no_payment_card(admin, "id", id)
               : vn_fail(&admin->error, VN_INPUT, "an id is 1 to %d letters, digits, '-', '_' and '.'",
                         VN_ID_MAX - 1);
}

struct store {
    const char *id;
    const char *asked; /* "": as it is called, or as its id */
    char name[VN_NAME_MAX];
};

static enum vn_status store_unit(void *ctx, struct vn_storage *storage)
{
    struct store *store = ctx;
    enum vn_status status =
        store->asked[0] == '\0' ? vn_storage_store_name(storage, store->id, store->name) : VN_ABSENT;
    if (status != VN_ABSENT) {
        return status;
    }
    (void)snprintf(store->name, sizeof store->name, "%s", store->asked[0] == '\0' ? store->id : store->asked);
    return vn_storage_store_put(storage, store->id, store->name);
}

void vn_api_store_add(struct vn_admin *admin)
{
    char id[VN_NAME_MAX];
    char name[VN_NAME_MAX];
    struct store store = {id, name, ""};
    enum vn_status status = vn_admin_read_texts(admin, "id", id, "name", name);
    if (status == VN_OK) {
        status = check_id(admin, id);
    }
    if (status == VN_OK) {
        status = vn_admin_no_payment_card(admin, "name", name);
    }
    if (status == VN_OK) {
        status = vn_storage_unit(admin->hub->storage, VN_SQL_WRITE, store_unit, &store);
    }
    if (status == VN_OK) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "store_added", VN_S("store", id),
                     VN_S("name", store.name), VN_S("by", admin->who));
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:s, s:s}", "id", id, "name", store.name) : NULL);
}

void vn_api_stores(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_stores(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

void vn_api_code_make(struct vn_admin *admin)
{
    char store[VN_NAME_MAX];
    char till[VN_NAME_MAX];
    char code[VN_ENROL_CODE_MAX];
    enum vn_status status = vn_admin_read_texts(admin, "store", store, "till", till);
    if (status == VN_OK) {
        status = check_id(admin, till);
    }
    if (status == VN_OK) {
        status = vn_fleet_code(admin->hub, store, till, code, &admin->error);
    }
    if (status == VN_OK) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "code_made", VN_S("store", store), VN_S("till", till),
                     VN_S("by", admin->who));
    }
    json_int_t expires_ms = vn_hub_now_ms(admin->hub) + VN_ENROL_CODE_TERM_MS;
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:s, s:I}", "code", code, "expires_ms", expires_ms) : NULL);
}

struct codes {
    const char *till;
    int64_t count;
};

static enum vn_status codes_unit(void *ctx, struct vn_storage *storage)
{
    struct codes *codes = ctx;
    return vn_storage_codes_revoke(storage, codes->till, &codes->count);
}

void vn_api_codes_revoke(struct vn_admin *admin)
{
    char till[VN_NAME_MAX];
    struct codes codes = {till, 0};
    enum vn_status status = vn_admin_read_texts(admin, "till", till, NULL, NULL);
    if (status == VN_OK) {
        status = vn_storage_unit(admin->hub->storage, VN_SQL_WRITE, codes_unit, &codes);
    }
    if (status == VN_OK && codes.count > 0) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "code_revoked", VN_S("till", till),
                     VN_S("by", admin->who));
    } else if (status == VN_OK) {
        status = vn_fail(&admin->error, VN_ABSENT, "no code waits for till '%s'", till);
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:I}", "revoked", (json_int_t)codes.count) : NULL);
}

void vn_api_codes(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_codes(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

/* --- tills ---------------------------------------------------------------------------------------------------- */

/* On the loop, before the fleet is shown: when each till was last heard, which the loop alone knows. */
enum vn_status vn_api_contacts(struct vn_admin *admin)
{
    return vn_report_contacts_take(&admin->contacts, admin->task.service->fleet);
}

/* ?after=<key>, or ?till=<name> */
void vn_api_fleet(struct vn_admin *admin)
{
    char word[VN_NAME_MAX];
    json_t *value = NULL;
    enum vn_status status = vn_http_query(&admin->task.request, "till", word, sizeof word);
    if (status == VN_OK) {
        status = vn_report_till(admin->hub, &admin->contacts, word, &value);
        if (status == VN_ABSENT) {
            status =
                vn_fail(&admin->error, VN_ABSENT, "there is no till '%s'; verno-hub fleet lists them", word);
        }
        vn_admin_reply(admin, status, value);
        return;
    }
    status = vn_http_query(&admin->task.request, "after", word, sizeof word);
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_report_fleet(admin->hub, &admin->contacts, word, &value);
    }
    if (status == VN_ABSENT) {
        status = vn_fail(&admin->error, VN_ABSENT, "the fleet has no such page");
    }
    vn_admin_reply(admin, status, value);
}

void vn_api_revoke(struct vn_admin *admin)
{
    struct vn_revoked revoked = {.codes = 0};
    enum vn_status status = vn_admin_read_texts(admin, "till", admin->till, NULL, NULL);
    if (status == VN_OK) {
        status = vn_fleet_revoke(admin->hub, admin->till, admin->who, &revoked);
        if (status == VN_ABSENT) {
            status =
                vn_fail(&admin->error, VN_ABSENT, "no till '%s' has enrolled or has a code", admin->till);
        }
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:I, s:I, s:s}", "revoked", (json_int_t)revoked.enrolments,
                                               "codes", (json_int_t)revoked.codes, "unkept", revoked.unkept)
                                   : NULL);
}

bool vn_api_revoked(struct vn_task *task)
{
    struct vn_admin *admin = (struct vn_admin *)task;
    if (task->answer.http_status == 200) {
        vn_fleet_table_revoke(task->service->fleet, admin->till);
        vn_feed_service_look(task->service->feed);
    }
    return false;
}

/* Tills that know the hub by the old root alone, while the chain moves away from it. */
void vn_api_old_certificates(struct vn_admin *admin)
{
    struct vn_ca_state authority;
    int64_t count = 0;
    enum vn_status status = VN_OK;
    vn_ca_describe(admin->hub->keys->ca, &authority);
    if (authority.old_serial[0] != '\0') {
        status = vn_storage_certificates_of(admin->hub->storage, authority.old_serial, &count);
    }
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:I}", "tills", (json_int_t)count) : NULL);
}
