/* Entries that could not be posted, for verbs. */
#include <string.h>

#include "sync/hub/api/admin.h"
#include "sync/hub/ledger/quarantine.h"

/* A class by its name; "" is all of them. */
static enum vn_status read_class(struct vn_admin *admin, const char *name, enum vn_quarantine_class *out)
{
    int at = 0;
    while (at < VN_QUARANTINE_CLASSES &&
           strcmp(vn_quarantine_class_name((enum vn_quarantine_class)at), name) != 0) {
        at++;
    }
    *out = (enum vn_quarantine_class)at;
    return at < VN_QUARANTINE_CLASSES || name[0] == '\0'
               ? VN_OK
               : vn_fail(&admin->error, VN_INPUT,
                         "a class is waits-for-sale, waits-for-account, waits-for-tills, unsupported, broken "
                         "or refused, not '%s'",
                         name);
}

void vn_api_quarantine(struct vn_admin *admin)
{
    char till[VN_ID_MAX];
    char name[VN_TAG_MAX];
    enum vn_quarantine_class class_ = VN_QUARANTINE_CLASSES;
    int64_t decided = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query(&admin->task.request, "till", till, sizeof till);
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_http_query(&admin->task.request, "class", name, sizeof name);
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_http_query_int(&admin->task.request, "decided", 0, 1, &decided);
    }
    if (status == VN_OK || status == VN_ABSENT) {
        status = read_class(admin, name, &class_);
    }
    if (status == VN_OK) {
        status = vn_admin_check_till(admin, till);
    }
    if (status == VN_OK) {
        status = vn_report_quarantine(admin->hub, till, class_, decided == 1, &value);
    }
    vn_admin_reply(admin, status, value);
}

void vn_api_quarantined(struct vn_admin *admin)
{
    char till[VN_ID_MAX];
    int64_t seq = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query(&admin->task.request, "till", till, sizeof till);
    if (status == VN_OK) {
        status = vn_http_query_int(&admin->task.request, "seq", 1, VN_NUMBER_MAX, &seq);
    }
    status = status == VN_OK ? vn_report_quarantined(admin->hub, till, seq, &value, &admin->error)
                             : vn_fail(&admin->error, VN_INPUT, "till and seq name an entry");
    vn_admin_reply(admin, status, value);
}

/* What a decision is about: an entry of a till, or (of a release) a class; and why. */
struct verdict {
    char till[VN_NAME_MAX], name[VN_NAME_MAX], why[VN_NAME_MAX];
    int64_t seq;
};

static enum vn_status read_verdict(struct vn_admin *admin, struct verdict *out)
{
    json_t *root = NULL;
    enum vn_status status = vn_json_parse(admin->task.request.body, &root, &admin->error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_json_in in = vn_json_root(root, &admin->error);
    memset(out, 0, sizeof *out);
    vn_json_str(&in, "till", VN_OPTIONAL, out->till, sizeof out->till);
    vn_json_str(&in, "class", VN_OPTIONAL, out->name, sizeof out->name);
    vn_json_str(&in, "why", VN_OPTIONAL, out->why, sizeof out->why);
    vn_json_int(&in, "seq", out->name[0] == '\0' ? VN_REQUIRED : VN_OPTIONAL, 1, VN_NUMBER_MAX, &out->seq);
    json_decref(root);
    return admin->error.status == VN_OK ? vn_admin_no_payment_card(admin, "reason", out->why)
                                        : admin->error.status;
}

void vn_api_release(struct vn_admin *admin)
{
    struct verdict verdict;
    enum vn_quarantine_class class_ = VN_QUARANTINE_CLASSES;
    int64_t released = 1;
    int64_t left = 0;
    enum vn_status status = read_verdict(admin, &verdict);
    if (status == VN_OK && verdict.name[0] == '\0') {
        status = vn_quarantine_release(admin->hub, verdict.till, verdict.seq, admin->who, verdict.why,
                                       &admin->error);
    } else if (status == VN_OK) {
        status = read_class(admin, verdict.name, &class_);
        if (status == VN_OK) {
            status =
                vn_quarantine_release_class(admin->hub, class_, admin->who, verdict.why, &released, &left);
        }
    }
    admin->task.changed = status == VN_OK;
    vn_admin_reply(admin, status,
                   status == VN_OK
                       ? json_pack("{s:I, s:I}", "released", (json_int_t)released, "left", (json_int_t)left)
                       : NULL);
}

void vn_api_discard(struct vn_admin *admin)
{
    struct verdict verdict;
    enum vn_status status = read_verdict(admin, &verdict);
    if (status == VN_OK && verdict.why[0] == '\0') {
        status = vn_fail(&admin->error, VN_INPUT, "giving up an entry needs a reason that is kept");
    }
    if (status == VN_OK) {
        status = vn_quarantine_discard(admin->hub, verdict.till, verdict.seq, admin->who, verdict.why,
                                       &admin->error);
    }
    admin->task.changed = status == VN_OK;
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:i}", "discarded", 1) : NULL);
}
