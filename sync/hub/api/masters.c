/* What people import and publish, by verbs. */
#include <stdlib.h>

#include "sync/hub/api/admin.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/ledger/quarantine.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/masters/publish.h"

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

void vn_api_import(struct vn_admin *admin)
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
        struct vn_quarantine_round round = {.counts = false};
        enum vn_status ignored = vn_quarantine_release_known(admin->hub, VN_RELEASE_MAX, &round);
        (void)ignored;
        admin->more = round.more || round.released;
        tell_tills(admin);
    }
    vn_admin_reply(admin, status, status == VN_OK ? json_pack("{s:I}", "lines", (json_int_t)count) : NULL);
}

bool vn_api_imported(struct vn_task *task)
{
    if (((struct vn_admin *)task)->more) {
        vn_service_release(task->service);
    }
    return false;
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

void vn_api_publish(struct vn_admin *admin)
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

void vn_api_stop(struct vn_admin *admin)
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
