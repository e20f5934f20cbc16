/* Entries that could not be posted, and why. */
#include <string.h>

#include "sync/hub/api/report.h"
#include "sync/hub/ledger/quarantine.h"

struct list {
    struct vn_hub *hub;
    const char *till; /* "": all */
    json_t *rows;
};

static int put_sale(json_t *out, const struct vn_quarantine_row *row)
{
    json_t *key =
        row->has_sale ? json_pack("[s,s,s]", row->sale.pos, row->sale.date, row->sale.receipt) : NULL;
    return row->has_sale ? json_object_set_new(out, "sale", key) : 0;
}

static int put_decision(json_t *out, const struct vn_quarantine_row *row)
{
    if (row->decision == VN_QUARANTINE_OPEN) {
        return 0;
    }
    json_t *decision = json_pack("{s:s, s:I, s:s, s:s}", "what",
                                 row->decision == VN_QUARANTINE_RELEASED ? "released" : "discarded", "at_ms",
                                 (json_int_t)row->decided_ms, "by", row->by, "why", row->why);
    return json_object_set_new(out, "decision", decision);
}

static json_t *row_json(struct vn_hub *hub, const char *till, const struct vn_quarantine_row *row)
{
    char account[VN_HUB_ACCOUNT_MAX] = "";
    if (row->account != 0 && vn_storage_name(hub->storage, row->account, account) != VN_OK) {
        account[0] = '\0';
    }
    json_t *one =
        json_pack("{s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:s, s:I}", "till", till, "seq", (json_int_t)row->seq,
                  "kind", row->kind, "class", vn_quarantine_class_name(row->class_), "reason", row->reason,
                  "arrived_ms", (json_int_t)row->until_ms, "attempts", (json_int_t)row->attempts, "account",
                  account, "points", (json_int_t)row->points);
    if (one == NULL || put_sale(one, row) != 0 || put_decision(one, row) != 0) {
        json_decref(one);
        return NULL;
    }
    return one;
}

static enum vn_status add_row(void *ctx, const struct vn_quarantine_row *row)
{
    struct list *self = ctx;
    struct vn_enrolment_row enrolment;
    enum vn_status status = vn_storage_enrolment_by_number(self->hub->storage, row->enrolment, &enrolment);
    if (status != VN_OK || (self->till[0] != '\0' && strcmp(self->till, enrolment.till) != 0)) {
        return status;
    }
    return json_array_append_new(self->rows, row_json(self->hub, enrolment.till, row)) == 0 ? VN_OK
                                                                                            : VN_NOMEM;
}

enum vn_status vn_report_quarantine(struct vn_hub *hub, const char *till, enum vn_quarantine_class class_,
                                    bool decided, json_t **out)
{
    struct list self = {.hub = hub, .till = till, .rows = json_array()};
    const struct vn_quarantine_choice choice = {
        .class_ = class_, .decided = decided, .max = VN_REPORT_ROWS_MAX};
    enum vn_status status = vn_storage_quarantine(hub->storage, &choice, add_row, &self);
    *out = status == VN_OK ? json_pack("{s:O}", "quarantine", self.rows) : NULL;
    json_decref(self.rows);
    return status == VN_OK && *out == NULL ? VN_NOMEM : status;
}

enum vn_status vn_report_quarantined(struct vn_hub *hub, const char *till, int64_t seq, json_t **out,
                                     struct vn_error *error)
{
    struct vn_quarantine_entry entry;
    enum vn_status status = vn_quarantine_find(hub, till, seq, &entry, error);
    *out = status == VN_OK ? row_json(hub, entry.till, &entry.row) : NULL;
    if (status == VN_OK) {
        status = *out == NULL ? VN_NOMEM : vn_report_put_body(*out, vn_buf_view(&entry.body));
    }
    if (status != VN_OK) {
        json_decref(*out);
        *out = NULL;
    }
    vn_quarantine_entry_deinit(&entry);
    return status;
}
