#include "sync/hub/api/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/feed/feed.h"
#include "sync/hub/ledger/audit.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/segments.h"

struct report {
    const struct vn_report_contacts *contacts;
    struct vn_storage *storage;
    json_t *list;
    int64_t epoch; /* under way */
    int64_t last;  /* enrolment that was added */
};

static enum vn_status add(json_t *list, json_t *value)
{
    return json_array_append_new(list, value) == 0 ? VN_OK : VN_NOMEM;
}

static enum vn_status finish(enum vn_status status, json_t *value, json_t **out)
{
    *out = NULL;
    if (status == VN_OK && value == NULL) {
        return VN_NOMEM;
    }
    if (status != VN_OK) {
        json_decref(value);
        return status;
    }
    *out = value;
    return VN_OK;
}

static int by_enrolment(const void *a, const void *b)
{
    const struct vn_report_contact *left = a;
    const struct vn_report_contact *right = b;
    return left->enrolment < right->enrolment ? -1 : left->enrolment > right->enrolment;
}

enum vn_status vn_report_contacts_take(struct vn_report_contacts *contacts,
                                       const struct vn_fleet_table *fleet)
{
    size_t count = vn_fleet_table_count(fleet);
    contacts->count = 0;
    contacts->rows = calloc(count + 1, sizeof *contacts->rows);
    if (contacts->rows == NULL) {
        return VN_NOMEM;
    }
    for (; contacts->count < count; contacts->count++) {
        const struct vn_fleet_seen *seen = vn_fleet_table_at(fleet, contacts->count);
        contacts->rows[contacts->count] = (struct vn_report_contact){seen->id, seen->contact_ms};
    }
    /* What another process enrolled is heard of in any order. */
    qsort(contacts->rows, contacts->count, sizeof *contacts->rows, by_enrolment);
    return VN_OK;
}

void vn_report_contacts_deinit(struct vn_report_contacts *contacts)
{
    free(contacts->rows);
    *contacts = (struct vn_report_contacts){NULL, 0};
}

static int64_t contact_of(const struct vn_report_contacts *contacts, int64_t enrolment)
{
    const struct vn_report_contact key = {.enrolment = enrolment};
    const struct vn_report_contact *found =
        bsearch(&key, contacts->rows, contacts->count, sizeof *contacts->rows, by_enrolment);
    return found == NULL ? 0 : found->at_ms;
}

static enum vn_status add_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                    int64_t report_ms)
{
    struct report *self = ctx;
    char id[2 * VN_ID_BYTES + 1];
    json_error_t ignored;
    int64_t contact_ms = contact_of(self->contacts, row->id);
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), id);
    contact_ms = contact_ms == 0 ? (report_ms > row->ack_ms ? report_ms : row->ack_ms) : contact_ms;
    json_t *said = report[0] == '\0' ? NULL : json_loads(report, 0, &ignored);
    json_t *one = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:O?, s:O?}", "store", row->store,
        "till", row->till, "enrolment", id, "state", vn_enrolment_state_name(row->state), "acked_seq",
        (json_int_t)row->high_seq, "posted_seq", (json_int_t)row->posted_seq, "shown",
        row->epoch < self->epoch || row->posted_seq < row->shown_seq ? "no" : "yes", "durable_seq",
        (json_int_t)row->durable_seq, "contact_ms", (json_int_t)contact_ms, "quarantined",
        (json_int_t)row->quarantined, "back_elsewhere", (json_int_t)row->back, "grants",
        (json_int_t)row->grant, "ruleset", json_object_get(said, "ruleset"), "report", said);
    json_decref(said);
    self->last = row->id;
    return add(self->list, one);
}

static enum vn_status add_waiting(void *ctx, const char *store, const char *till)
{
    struct report *self = ctx;
    return add(self->list, json_pack("{s:s, s:s, s:n, s:s}", "store", store, "till", till, "enrolment",
                                     "state", "waiting"));
}

/* Enrolments, then tills that wait. Keys of what is left: "e" and an enrolment's number, "w" and a till. */
static enum vn_status fleet_page(struct report *self, const char *after, char next[VN_EXPORT_KEY_MAX])
{
    enum vn_status status = VN_OK;
    bool waiting = after[0] == 'w';
    next[0] = '\0';
    if (!waiting) {
        self->last = after[0] == 'e' ? strtoll(after + 1, NULL, 10) : 0;
        status = vn_storage_enrolments_page(self->storage, self->last, VN_FLEET_PAGE, add_enrolment, self);
        if (status != VN_OK || json_array_size(self->list) == VN_FLEET_PAGE) {
            (void)snprintf(next, VN_EXPORT_KEY_MAX, "e%lld", (long long)self->last);
            return status;
        }
    }
    size_t before = json_array_size(self->list);
    status =
        vn_storage_tills_waiting(self->storage, waiting ? after + 1 : "", VN_FLEET_PAGE, add_waiting, self);
    size_t count = json_array_size(self->list);
    if (status == VN_OK && count - before == VN_FLEET_PAGE) {
        const json_t *last = json_array_get(self->list, count - 1);
        (void)snprintf(next, VN_EXPORT_KEY_MAX, "w%s", json_string_value(json_object_get(last, "till")));
    }
    return status;
}

enum vn_status vn_report_fleet(struct vn_hub *hub, const struct vn_report_contacts *contacts,
                               const char *after, json_t **out)
{
    struct report self = {
        .contacts = contacts, .storage = hub->storage, .epoch = hub->epoch, .list = json_array()};
    char next[VN_EXPORT_KEY_MAX] = "";
    enum vn_status status = vn_epoch_refresh(hub); /* a till may have opened one on another connection */
    if (status == VN_OK) {
        status = fleet_page(&self, after, next);
    }
    return finish(status,
                  json_pack("{s:I, s:o, s:s*}", "epoch", (json_int_t)hub->epoch, "tills", self.list, "next",
                            next[0] == '\0' ? NULL : next),
                  out);
}

enum vn_status vn_report_till(struct vn_hub *hub, const struct vn_report_contacts *contacts, const char *till,
                              json_t **out)
{
    struct report self = {
        .contacts = contacts, .storage = hub->storage, .epoch = hub->epoch, .list = json_array()};
    char store[VN_ID_MAX];
    enum vn_status status = vn_epoch_refresh(hub);
    if (status == VN_OK) {
        status = vn_storage_enrolments_of(hub->storage, till, add_enrolment, &self);
    }
    if (status == VN_OK && json_array_size(self.list) == 0) {
        status = vn_storage_till_store(hub->storage, till, store);
        status = status == VN_OK ? add_waiting(&self, store, till) : status;
    }
    return finish(status, json_pack("{s:I, s:o}", "epoch", (json_int_t)hub->epoch, "tills", self.list), out);
}

static json_t *words(const char *text)
{
    json_t *list = json_array();
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        (void)json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ' ' ? 1 : 0);
    }
    return list;
}

static enum vn_status add_sale(void *ctx, const struct vn_sale_row *row)
{
    struct report *self = ctx;
    char account[VN_HUB_ACCOUNT_MAX] = "";
    enum vn_status status = row->account == 0 ? VN_OK : vn_storage_name(self->storage, row->account, account);
    if (status != VN_OK) {
        return status;
    }
    json_t *one =
        json_pack("{s:s, s:s, s:[s,s,s], s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I, s:o}",
                  "store", row->store, "till", row->till, "sale", row->key.pos, row->key.date,
                  row->key.receipt, "kind", vn_sale_state_name(row->state), "account", account, "total_minor",
                  (json_int_t)row->total_minor, "discount_minor", (json_int_t)row->discount_minor,
                  "payable_minor", (json_int_t)(row->total_minor - row->discount_minor), "points_earned",
                  (json_int_t)row->points_earned, "points_spent", (json_int_t)row->points_spent, "ruleset",
                  (json_int_t)row->ruleset, "fiscal", row->fiscal, "at_ms", (json_int_t)row->at_ms,
                  "commit_seq", (json_int_t)row->commit_seq, "flags", words(row->flags));
    return add(self->list, one);
}

enum vn_status vn_report_sales(struct vn_hub *hub, const char *till, json_t **out)
{
    struct report self = {.storage = hub->storage, .list = json_array()};
    enum vn_status status = vn_storage_sales(hub->storage, till, add_sale, &self);
    return finish(status, json_pack("{s:o}", "sales", self.list), out);
}

static enum vn_status add_sentence(void *ctx, const char *sentence)
{
    struct report *self = ctx;
    return add(self->list, json_string(sentence));
}

enum vn_status vn_report_audit(struct vn_hub *hub, json_t **out)
{
    struct report self = {.list = json_array()};
    int64_t entries = 0;
    enum vn_status status = vn_audit(hub, add_sentence, &self, &entries);
    return finish(status,
                  json_pack("{s:I, s:o}", "entries", (json_int_t)entries, "contradictions", self.list), out);
}

static enum vn_status add_stop(void *ctx, const char *promotion)
{
    return add(((struct report *)ctx)->list, json_string(promotion));
}

enum vn_status vn_report_ruleset(struct vn_hub *hub, json_t **out)
{
    struct vn_published_row row;
    struct vn_buf text;
    struct report stops = {.list = json_array()};
    vn_buf_init(&text, VN_RULESET_MAX);
    enum vn_status status = vn_storage_published_last(hub->storage, NULL, &row, &text);
    if (status == VN_OK) {
        status = vn_storage_stopped(hub->storage, add_stop, &stops);
    }
    json_t *all = json_pack("{s:I, s:I, s:o, s:s%}", "number", (json_int_t)row.number, "published_ms",
                            (json_int_t)row.at_ms, "stopped", stops.list, "text",
                            text.data == NULL ? "" : (const char *)text.data, text.len);
    vn_buf_deinit(&text);
    return finish(status, all, out);
}
