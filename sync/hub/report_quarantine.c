/* Entries that could not be posted, and why. */
#include <string.h>

#include "sync/hub/quarantine.h"
#include "sync/hub/report.h"

struct list {
    struct vn_hub *hub;
    const char *till; /* "": all */
    json_t *rows;
};

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
    if (one != NULL && row->has_sale &&
        json_object_set_new(one, "sale",
                            json_pack("[s,s,s]", row->sale.pos, row->sale.date, row->sale.receipt)) != 0) {
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
                                    json_t **out)
{
    struct list self = {.hub = hub, .till = till, .rows = json_array()};
    const struct vn_quarantine_choice choice = {.class_ = class_, .max = VN_REPORT_ROWS_MAX};
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
        /* What can't be read need not be UTF-8. */
        json_t *body = json_stringn((const char *)entry.body.data, entry.body.len);
        body = body != NULL ? body : json_string("(no UTF-8)");
        status = *out != NULL && json_object_set_new(*out, "body", body) == 0 ? VN_OK : VN_NOMEM;
    }
    vn_quarantine_entry_deinit(&entry);
    return status;
}
