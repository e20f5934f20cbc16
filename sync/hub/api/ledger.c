/* What was booked, by which journal, and whether it all fits together, for verbs. */
#include <stdio.h>

#include "sync/hub/api/admin.h"

/* ?member=<number>, ?account=<name>, or the sums over all */
void vn_api_ledger(struct vn_admin *admin)
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

void vn_api_sales(struct vn_admin *admin)
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

void vn_api_branches(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_branches(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}

void vn_api_branch(struct vn_admin *admin)
{
    int64_t number = 0;
    json_t *value = NULL;
    enum vn_status status = vn_http_query_int(&admin->task.request, "number", 1, VN_NUMBER_MAX, &number);
    status = status == VN_OK ? vn_report_branch(admin->hub, number, &value, &admin->error)
                             : vn_fail(&admin->error, VN_INPUT, "a branch is named by its number");
    vn_admin_reply(admin, status, value);
}

void vn_api_entry(struct vn_admin *admin)
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

void vn_api_audit(struct vn_admin *admin)
{
    json_t *value = NULL;
    enum vn_status status = vn_report_audit(admin->hub, &value);
    vn_admin_reply(admin, status, value);
}
