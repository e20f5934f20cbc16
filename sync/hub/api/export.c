/* What was imported and published, for verbs. */
#include "sync/hub/api/admin.h"

void vn_api_export(struct vn_admin *admin)
{
    char after[VN_EXPORT_KEY_MAX];
    json_t *value = NULL;
    enum vn_status status = vn_http_query(&admin->task.request, "after", after, sizeof after);
    if (status == VN_OK || status == VN_ABSENT) {
        status = vn_report_export(admin->hub, vn_import_kind_of(admin->rest), after, &value);
    }
    if (status == VN_ABSENT) {
        status = vn_fail(&admin->error, VN_ABSENT, "there is no export of that kind");
    }
    vn_admin_reply(admin, status, value);
}

void vn_api_member(struct vn_admin *admin)
{
    int64_t id = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query_int(&admin->task.request, "id", 1, VN_NUMBER_MAX, &id);
    if (status != VN_OK) {
        status = vn_fail(&admin->error, VN_INPUT, "a member's id is a number from 1 on");
    } else {
        status = vn_report_member(admin->hub, id, &value);
        if (status == VN_ABSENT) {
            status = vn_fail(&admin->error, VN_ABSENT, "there is no member %lld", (long long)id);
        }
    }
    vn_admin_reply(admin, status, value);
}

void vn_api_rulesets(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_rulesets(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

void vn_api_ruleset(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_ruleset(admin->hub, &value);
    if (status == VN_ABSENT) {
        status = vn_fail(&admin->error, VN_ABSENT, "no ruleset was published yet");
    }
    vn_admin_reply(admin, status, value);
}
