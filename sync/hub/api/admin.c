/* HTTP on the admin socket, for the verbs of verno-hub: whoever may open the socket (mode 0600) may do all of
 * it. What a verb does runs on the thread that its route names. */
#include <stdio.h>
#include <string.h>

#include "agent/codes/payment.h"
#include "sync/hub/api/admin.h"

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

static const struct vn_admin_route routes[] = {
    {"POST", "/admin/stores", vn_api_store_add, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/codes", vn_api_code_make, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/codes/revoke", vn_api_codes_revoke, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/stores", vn_api_stores, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/codes", vn_api_codes, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/revoke", vn_api_revoke, VN_LANE_VERBS, NULL, vn_api_revoked},
    {"POST", "/admin/write-off", vn_api_write_off, VN_LANE_VERBS, NULL, vn_api_revoked},
    {"GET", "/admin/risk", vn_api_risks, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/risk", vn_api_settle, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/import/", vn_api_import, VN_LANE_VERBS, NULL, vn_api_imported},
    {"POST", "/admin/publish", vn_api_publish, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/stop", vn_api_stop, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/durable", vn_api_durable, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/fleet", vn_api_fleet, VN_LANE_READER, vn_api_contacts, NULL},
    {"GET", "/admin/ledger", vn_api_ledger, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/sales", vn_api_sales, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/branches", vn_api_branches, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/branch", vn_api_branch, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/quarantine", vn_api_quarantine, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/quarantine/entry", vn_api_quarantined, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/quarantine/release", vn_api_release, VN_LANE_VERBS, NULL, NULL},
    {"POST", "/admin/quarantine/discard", vn_api_discard, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/entry", vn_api_entry, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/audit", vn_api_audit, VN_LANE_AUDIT, NULL, NULL},
    {"GET", "/admin/export/", vn_api_export, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/member", vn_api_member, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/rulesets", vn_api_rulesets, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/ruleset", vn_api_ruleset, VN_LANE_READER, NULL, NULL},
    {"GET", "/admin/settings", vn_api_settings, VN_LANE_READER, NULL, NULL},
    {"POST", "/admin/settings", vn_api_set, VN_LANE_VERBS, NULL, NULL},
    {"GET", "/admin/old-certificates", vn_api_old_certificates, VN_LANE_READER, NULL, NULL},
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
