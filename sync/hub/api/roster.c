/* What tills say of themselves, and who is in their store: POST /v1/status, GET /v1/roster. A report after which the store's
 * roster is another ends the polls of its tills, which are told so by a header; till after till asks for it then. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/till_call.h"
#include "sync/hub/fleet/fleet.h"
#include "sync/hub/fleet/roster.h"
#include "sync/hub/service/feed.h"

/* --- reports */

/* What the till should know: whether to renew, and the newest roster of its store. */
static enum vn_status answer_report(struct vn_till_call *self, struct vn_hub *hub, bool renew)
{
    struct vn_roster_row roster;
    struct vn_cursor before;
    char number[VN_ID_MAX] = "";
    const char *store = self->call.row.store;
    enum vn_status status = vn_storage_roster_number(hub->storage, store, &before);
    if (status == VN_OK) {
        status = vn_roster_now(hub, store, &roster, NULL);
    }
    if (status == VN_OK) {
        self->roster = (struct vn_cursor){roster.epoch, roster.number};
        self->roster_made = !vn_cursor_equal(&self->roster, &before);
        vn_cursor_write(&self->roster, number);
    }
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    vn_answer_json(&self->call.task.answer, 200,
                   json_pack("{s:o*, s:s*}", "renew", renew ? json_true() : NULL, "roster",
                             number[0] == '\0' ? NULL : number));
    return VN_OK;
}

enum vn_status vn_api_status(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_buf text;
    self->roster = (struct vn_cursor){0, 0};
    self->roster_made = false;
    vn_buf_init(&text, VN_REPORT_MAX - 1);
    enum vn_status status = vn_json_parse(self->call.task.request.body, &root, error);
    if (status == VN_OK && !json_is_object(root)) {
        status = vn_fail(error, VN_INPUT, "expected an object");
    }
    if (status == VN_OK) {
        status = vn_json_dump(root, &text);
        if (status == VN_FULL) {
            status = vn_fail(error, VN_FULL, "a report has at most %d bytes", VN_REPORT_MAX - 1);
        }
    }
    if (status == VN_OK) {
        status = vn_buf_append(&text, vn_view_of("", 1));
    }
    if (status == VN_OK) {
        status = vn_roster_hear(hub, &self->call.row, root, error);
    }
    json_decref(root);
    if (status == VN_OK) {
        status = vn_storage_report_put(hub->storage, self->call.row.id, (const char *)text.data,
                                       vn_hub_now_ms(hub));
    }
    vn_buf_deinit(&text);
    bool renew = false;
    if (status == VN_OK) {
        status = vn_fleet_wants_renewal(hub, &self->call.row, &renew);
    }
    if (status == VN_OK) {
        status = answer_report(self, hub, renew);
    }
    return status;
}

static void note_told(const struct vn_till_call *self)
{
    struct vn_fleet_seen *seen = vn_fleet_table_find(self->call.task.service->fleet, &self->call.enrolment);
    if (seen != NULL && self->roster.epoch > 0) {
        seen->roster = self->roster;
    }
}

bool vn_api_status_ended(struct vn_task *task)
{
    const struct vn_till_call *self = (struct vn_till_call *)task;
    if (task->answer.http_status == 200) {
        note_told(self);
        if (self->roster_made) {
            vn_feed_service_touch(task->service->feed, self->call.row.store);
        }
    }
    task->ended = vn_call_ended;
    return vn_call_ended(task);
}

/* --- the roster */

enum vn_status vn_api_roster(struct vn_till_call *self, struct vn_hub *hub, struct vn_error *error)
{
    struct vn_roster_row row;
    struct vn_buf text;
    struct vn_buf body;
    char tag[VN_ID_MAX];
    vn_buf_init(&text, VN_ROSTER_BYTES_MAX);
    vn_buf_init(&body, 2 * VN_ROSTER_BYTES_MAX);
    self->roster = (struct vn_cursor){0, 0};
    enum vn_status status = vn_roster_now(hub, self->call.row.store, &row, &text);
    bool has = false;
    if (status == VN_OK) {
        self->roster = (struct vn_cursor){row.epoch, row.number};
        vn_roster_tag(&self->roster, tag);
        has = strcmp(tag, self->none_match) == 0;
    }
    if (status == VN_OK && !has) {
        status = vn_roster_encode(vn_buf_view(&text), vn_view_of(row.signature, row.signature_len), &body);
    }
    if (status == VN_OK) {
        vn_answer_bytes(&self->call.task.answer, has ? 304 : 200, "application/json", &body);
    } else if (status == VN_ABSENT) {
        status = vn_fail(error, status, "no till of this store has said yet where it listens");
    }
    vn_buf_deinit(&text);
    vn_buf_deinit(&body);
    return status;
}

bool vn_api_roster_ended(struct vn_task *task)
{
    const struct vn_till_call *self = (struct vn_till_call *)task;
    bool answered = task->answer.http_status == 200 || task->answer.http_status == 304;
    if (answered && self->roster.epoch > 0 && task->exchange != NULL) {
        char tag[VN_ID_MAX];
        note_told(self);
        vn_roster_tag(&self->roster, tag);
        if (vn_http_reply_header(task->exchange, "ETag", tag) != VN_OK) {
            abort(); /* one short header always fits */
        }
    }
    task->ended = vn_call_ended;
    return vn_call_ended(task);
}
