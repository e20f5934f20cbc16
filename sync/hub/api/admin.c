/* HTTP on the admin socket, for the verbs of verno-hub: whoever may open the socket (mode 0600) may do all of
 * it. What a verb does runs on the thread that its route names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codes/payment.h"
#include "sync/hub/api/admin.h"
#include "sync/hub/api/report.h"
#include "sync/hub/epoch/backup.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/masters/publish.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/storage/lists.h"

void vn_admin_who(const struct vn_http_peer *peer, char out[VN_WHO_MAX])
{
    (void)snprintf(out, VN_WHO_MAX, "uid %lu", (unsigned long)peer->uid);
}

void vn_admin_reply(struct vn_admin *admin, enum vn_status status, json_t *value)
{
    if (status == VN_OK) {
        vn_answer_json(&admin->task.answer, 200, value);
    } else {
        vn_answer_status(&admin->task.answer, admin->hub, status, &admin->error);
    }
}

enum vn_status vn_admin_check_till(struct vn_admin *admin, const char *till)
{
    char store[VN_ID_MAX];
    enum vn_status status = till[0] == '\0' ? VN_OK : vn_storage_till_store(admin->hub->storage, till, store);
    return status == VN_ABSENT
               ? vn_fail(&admin->error, VN_ABSENT, "there is no till '%s'; verno-hub fleet lists them", till)
               : status;
}

enum vn_status vn_admin_read_texts(struct vn_admin *admin, const char *key1, char out1[VN_NAME_MAX],
                                   const char *key2, char out2[VN_NAME_MAX])
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(admin->task.request.body, &root, &admin->error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, &admin->error);
    out1[0] = '\0';
    vn_json_str(&in, key1, VN_REQUIRED, out1, VN_NAME_MAX);
    if (!vn_json_failed(&in) && out1[0] == '\0') {
        (void)vn_fail(&admin->error, VN_INPUT, "the %s may not be empty", key1);
    }
    if (key2 != NULL) {
        out2[0] = '\0';
        vn_json_str(&in, key2, VN_REQUIRED, out2, VN_NAME_MAX);
    }
    json_decref(root);
    return admin->error.status;
}

enum vn_status vn_admin_no_payment_card(struct vn_admin *admin, const char *what, const char *text)
{
    return vn_payment_find(vn_view_str(text), NULL, NULL)
               ? vn_fail(&admin->error, VN_INPUT, "the %s: " VN_PAYMENT_REFUSED "; choose another", what)
               : VN_OK;
}

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

static void add_store(struct vn_admin *admin)
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

static void make_code(struct vn_admin *admin)
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

static void revoke(struct vn_admin *admin)
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

/* Whoever asks the feed after the reply finds there what the verb committed. What fails here is tried again with the next
 * checkpoint. */
static void tell_tills(struct vn_admin *admin)
{
    int64_t last = 0;
    bool more = true;
    while (more && vn_feed_publish(admin->hub, &last, &more) == VN_OK) {
    }
    admin->task.changed = true;
}

static void import(struct vn_admin *admin)
{
    enum vn_import_kind kind = vn_import_kind_of(admin->rest);
    int64_t count = 0;
    enum vn_status status =
        kind == VN_IMPORTS ? vn_fail(&admin->error, VN_ABSENT, "there is no import of that kind")
                           : vn_import(admin->hub, kind, admin->task.request.body, &count, &admin->error);
    if (status == VN_OK && count > 0) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "imported", VN_S("kind", admin->rest),
                     VN_I("lines", count), VN_S("by", admin->who));
    }
    if (status == VN_OK) { /* what can't be released now is with the next import or sign-up */
        enum vn_status ignored = vn_quarantine_release_known(admin->hub);
        (void)ignored;
        tell_tills(admin);
    }
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:I}", "lines", (json_int_t)count) : NULL);
}

static json_t *warning_json(const struct vn_warning *warning)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "code", vn_lint_name(warning->code), "promotion",
                             warning->promotion, "text", warning->text);
    if (json != NULL && warning->other[0] != '\0' &&
        json_object_set_new(json, "other", json_string(warning->other)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* Puts into the reply what an author would better know; without memory for it the reply stays as it is. */
static void add_warnings(struct vn_admin *admin, json_t *reply)
{
    struct vn_lint *lint = malloc(sizeof *lint);
    if (lint != NULL && vn_publish_warnings(admin->hub, admin->task.request.body, lint) == VN_OK &&
        lint->count > 0) {
        json_t *list = json_array();
        for (unsigned i = 0; i < lint->count; i++) {
            (void)json_array_append_new(list, warning_json(&lint->list[i]));
        }
        (void)json_object_set_new(reply, "warnings", list);
        if (lint->more) {
            (void)json_object_set_new(reply, "more_warnings", json_true());
        }
    }
    free(lint);
}

static void publish(struct vn_admin *admin)
{
    struct vn_published published;
    int64_t allow = 0;
    enum vn_status status = vn_http_query_int(&admin->task.request, "allow_skipped", 0, 1, &allow);
    if (status == VN_INPUT) {
        status = vn_fail(&admin->error, VN_INPUT, "allow_skipped is 0 or 1");
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_publish_ruleset(admin->hub, admin->task.request.body,
                                    allow == 1 ? VN_PUBLISH_ALLOW_SKIPPED : VN_PUBLISH_REFUSE_SKIPPED,
                                    &published, &admin->error);
    }
    if (status == VN_OK) {
        tell_tills(admin);
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "ruleset_published", VN_I("number", published.number),
                     VN_I("promotions", published.promotions), VN_I("skipped", published.skipped),
                     VN_S("by", admin->who));
    }
    json_t *out = NULL;
    if (status == VN_OK) {
        out = json_pack("{s:I, s:I, s:I}", "number", (json_int_t)published.number, "promotions",
                        (json_int_t)published.promotions, "skipped", (json_int_t)published.skipped);
        add_warnings(admin, out);
    }
    vn_admin_reply(admin, status, out);
}

static void stop(struct vn_admin *admin)
{
    char promotion[VN_NAME_MAX];
    int64_t number = 0;
    enum vn_status status = vn_admin_read_texts(admin, "promotion", promotion, NULL, NULL);
    if (status == VN_OK) {
        status = vn_publish_stop(admin->hub, promotion, &number, &admin->error);
    }
    if (status == VN_OK) {
        tell_tills(admin);
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "promotion_stopped", VN_S("promotion", promotion),
                     VN_I("number", number), VN_S("by", admin->who));
    }
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:I}", "number", (json_int_t)number) : NULL);
}

static void durable(struct vn_admin *admin)
{
    int64_t count = 0;
    enum vn_status status = vn_backup_told(admin->hub, admin->task.request.body, &count, &admin->error);
    if (status == VN_OK) {
        vn_log_event(admin->hub->log, VN_LOG_NOTICE, "backup_made", VN_I("enrolments", count),
                     VN_S("by", admin->who));
    }
    vn_admin_reply(admin, status,
                   status == VN_OK ? json_pack("{s:I}", "enrolments", (json_int_t)count) : NULL);
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

static void revoke_codes(struct vn_admin *admin)
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

static void stores(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_stores(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

static void codes(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_codes(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

/* ?after=<key>, or ?till=<name> */
static void fleet(struct vn_admin *admin)
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

/* ?member=<number>, ?account=<name>, or the sums over all */
static void ledger(struct vn_admin *admin)
{
    char account[VN_HUB_ACCOUNT_MAX];
    int64_t member = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query_int(&admin->task.request, "member", 1, VN_NUMBER_MAX, &member);
    if (status == VN_OK) {
        (void)snprintf(account, sizeof account, "w%lld", (long long)member);
    } else if (status == VN_ABSENT) {
        status = vn_http_query(&admin->task.request, "account", account, sizeof account);
    } else {
        status = vn_fail(&admin->error, VN_INPUT, "a member is named by his number");
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_report_ledger(admin->hub, account, &value);
        if (status == VN_ABSENT && member != 0) {
            status = vn_fail(&admin->error, VN_ABSENT, "nothing is known of member %lld", (long long)member);
        } else if (status == VN_ABSENT) {
            status = vn_fail(&admin->error, VN_ABSENT, "nothing is known of account '%s'", account);
        }
    }
    vn_admin_reply(admin, status, value);
}

static void sales(struct vn_admin *admin)
{
    char till[VN_ID_MAX];
    json_t *value = NULL;
    char word[VN_ID_MAX];
    enum vn_status status = vn_http_query(&admin->task.request, "till", till, sizeof till);
    bool differing = vn_http_query(&admin->task.request, "differing", word, sizeof word) == VN_OK;
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_admin_check_till(admin, till);
    }
    if (status == VN_OK) {
        status = differing ? vn_report_differing(admin->hub, till, &value)
                           : vn_report_sales(admin->hub, till, &value);
    }
    vn_admin_reply(admin, status, value);
}

static void branches(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_branches(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

static void branch(struct vn_admin *admin)
{
    int64_t number = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query_int(&admin->task.request, "number", 1, VN_NUMBER_MAX, &number);
    status = status == VN_OK ? vn_report_branch(admin->hub, number, &value, &admin->error)
                             : vn_fail(&admin->error, VN_INPUT, "a branch is named by its number");
    vn_admin_reply(admin, status, value);
}

static void entry(struct vn_admin *admin)
{
    char till[VN_NAME_MAX];
    int64_t seq = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query(&admin->task.request, "till", till, sizeof till);
    if (status == VN_OK) {
        status = vn_http_query_int(&admin->task.request, "seq", 1, VN_NUMBER_MAX, &seq);
    }
    if (status != VN_OK) {
        status = vn_fail(&admin->error, VN_INPUT, "which entry is meant: a till, and a number from 1 on");
    } else {
        status = vn_report_entry(admin->hub, till, seq, &value);
    }
    if (status == VN_ABSENT) {
        status = vn_fail(&admin->error, VN_ABSENT, "the hub has no entry %lld of '%s'", (long long)seq, till);
    }
    vn_admin_reply(admin, status, value);
}

static void audit(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_audit(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

/* Tills that know the hub by the old root alone, while the chain moves away from it. */
static void old_certificates(struct vn_admin *admin)
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

static void ruleset(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_ruleset(admin->hub, &value);
    if (status == VN_ABSENT) {
        status = vn_fail(&admin->error, VN_ABSENT, "no ruleset was published yet");
    }
    vn_admin_reply(admin, status, value);
}

/* On the loop, before the fleet is shown: when each till was last heard, which the loop alone knows. */
static enum vn_status take_contacts(struct vn_admin *admin)
{
    return vn_report_contacts_take(&admin->contacts, admin->task.service->fleet);
}

static bool revoked(struct vn_task *task)
{
    struct vn_admin *admin = (struct vn_admin *)task;
    if (task->answer.http_status == 200) {
        vn_fleet_table_revoke(task->service->fleet, admin->till);
        vn_feed_service_look(task->service->feed);
    }
    return false;
}

static const struct vn_admin_route routes[] = {
    {"POST", "/admin/stores", add_store, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/codes", make_code, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/codes/revoke", revoke_codes, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/stores", stores, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/codes", codes, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/revoke", revoke, VN_LANE_VERBS, NULL, revoked},
    {"POST", "/admin/import/", import, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/publish", publish, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/stop", stop, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/durable", durable, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/fleet", fleet, VN_LANE_READER, take_contacts, NULL},
    {"GET", "/admin/ledger", ledger, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/sales", sales, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/branches", branches, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/branch", branch, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/quarantine", vn_api_quarantine, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/quarantine/entry", vn_api_quarantined, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/quarantine/release", vn_api_release, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/quarantine/discard", vn_api_discard, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/entry", entry, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/audit", audit, VN_LANE_AUDIT, NULL, NULL},
    {"GET", "/admin/export/", vn_api_export, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/member", vn_api_member, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/rulesets", vn_api_rulesets, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/ruleset", ruleset, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/settings", vn_api_settings, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/settings", vn_api_set, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/old-certificates", old_certificates, VN_LANE_READER, NULL, NULL},
};

static void run(struct vn_task *task, struct vn_hub *hub)
{
    struct vn_admin *admin = (struct vn_admin *)task;
    admin->hub = hub;
    admin->error = (struct vn_error){VN_OK, "", ""}; /* of a run whose transaction could not be ended */
    admin->route->run(admin);
}

static void free_admin(struct vn_task *task)
{
    vn_report_contacts_deinit(&((struct vn_admin *)task)->contacts);
}

static void begin(struct vn_service *service, struct vn_http_exchange *exchange,
                  const struct vn_http_request *request, const struct vn_admin_route *route)
{
    struct vn_admin *admin = vn_task_new(sizeof *admin, service, exchange, request);
    if (admin == NULL) {
        return;
    }
    admin->route = route;
    vn_admin_who(request->peer, admin->who);
    admin->rest = admin->task.request.path + strlen(route->path);
    admin->task.run = run;
    admin->task.ended = route->ended;
    admin->task.free = free_admin;
    if (route->before != NULL && route->before(admin) != VN_OK) {
        vn_http_reply_problem(exchange, 503, "no-memory", NULL, NULL);
        vn_task_free(&admin->task);
        return;
    }
    vn_task_post(&admin->task, route->lane);
}

void vn_api_admin(void *service, struct vn_http_exchange *exchange, const struct vn_http_request *request)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t len = strlen(routes[i].path);
        bool tail = routes[i].path[len - 1] == '/';
        if (strcmp(request->method, routes[i].method) == 0 &&
            (tail ? strncmp(request->path, routes[i].path, len) == 0
                  : strcmp(request->path, routes[i].path) == 0)) {
            if (vn_admission_open(service, exchange)) {
                begin(service, exchange, request, &routes[i]);
            }
            return;
        }
    }
    vn_http_reply_problem(exchange, 404, "absent", "there is nothing at this path", NULL);
}
