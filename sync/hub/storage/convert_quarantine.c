/* Entries in quarantine, as the first versions kept them: what their counters moved is the difference to the counters of the
 * entries before them, which are all read once more. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/convert.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/pack.h"
#include "sync/hub/storage/segments.h"
#include "sync/hub/storage/sql.h"

struct counters {
    char account[VN_ID_MAX];
    int64_t in, out;
};

struct convert {
    struct vn_storage *storage;
    int64_t enrolment, seq; /* read up to here */
    struct counters *known;
    size_t count, cap;
    struct vn_buf body;
    struct vn_entry entry;
    struct vn_error error;
    enum vn_status read; /* how the entry at `seq` could be read */
    struct vn_moved moved;
};

static struct counters *find(struct convert *self, const char *account)
{
    for (size_t i = 0; i < self->count; i++) {
        if (strcmp(self->known[i].account, account) == 0) {
            return &self->known[i];
        }
    }
    if (self->count == self->cap) {
        size_t cap = self->cap == 0 ? 64 : 2 * self->cap;
        struct counters *known = realloc(self->known, cap * sizeof *known);
        if (known == NULL) {
            return NULL;
        }
        self->known = known;
        self->cap = cap;
    }
    struct counters *fresh = &self->known[self->count++];
    *fresh = (struct counters){.in = 0};
    memcpy(fresh->account, account, strlen(account) + 1);
    return fresh;
}

static enum vn_status account_number(struct vn_storage *storage, const char *account, int64_t *id)
{
    return vn_account_id(account, id)
               ? VN_OK
               : vn_sql_number(storage, id, "SELECT id FROM account_name WHERE name = ?", "t", account);
}

/* Counters only grow, whatever an entry says. */
static enum vn_status count_entry(struct convert *self)
{
    enum vn_status status = VN_OK;
    self->moved.count = self->entry.right_count;
    for (unsigned i = 0; i < self->entry.right_count && status == VN_OK; i++) {
        const struct vn_counters *said = &self->entry.rights[i];
        struct counters *known = find(self, said->account);
        if (known == NULL) {
            return VN_NOMEM;
        }
        self->moved.rows[i].in = said->in > known->in ? said->in - known->in : 0;
        self->moved.rows[i].out = said->out > known->out ? said->out - known->out : 0;
        known->in += self->moved.rows[i].in;
        known->out += self->moved.rows[i].out;
        self->moved.rows[i].account = 0;
        status = account_number(self->storage, said->account, &self->moved.rows[i].account);
        status = status == VN_ABSENT ? VN_OK : status; /* nothing was ever moved of it */
    }
    return status;
}

static enum vn_status read_to(struct convert *self, int64_t enrolment, int64_t seq)
{
    enum vn_status status = VN_OK;
    if (enrolment != self->enrolment) {
        self->enrolment = enrolment;
        self->seq = 0;
        self->count = 0;
    }
    while (self->seq < seq && status == VN_OK) {
        self->seq++;
        vn_buf_clear(&self->body);
        status = vn_storage_entry_body(self->storage, enrolment, self->seq, &self->body);
        if (status == VN_OK) {
            vn_entry_deinit(&self->entry);
            self->read = vn_entry_decode(vn_buf_view(&self->body), &self->entry, &self->error);
            status = self->read == VN_NOMEM ? VN_NOMEM : count_entry(self);
        }
    }
    return status;
}

static enum vn_quarantine_class class_of(const struct convert *self, const char *reason)
{
    return self->read == VN_UNSUPPORTED                            ? VN_QUARANTINE_UNSUPPORTED
           : self->read != VN_OK                                   ? VN_QUARANTINE_BROKEN
           : strstr(reason, "of a sale that is not known") != NULL ? VN_QUARANTINE_WAITS
                                                                   : VN_QUARANTINE_REFUSED;
}

static enum vn_status read_points(struct convert *self, struct vn_quarantine_row *out)
{
    struct vn_row *row = NULL;
    char account[VN_HUB_ACCOUNT_MAX];
    enum vn_status status = vn_sql_first(
        self->storage, &row, "SELECT account, points FROM waiting WHERE enrolment = ? AND seq = ?", "ii",
        out->enrolment, out->seq);
    if (status == VN_OK) {
        out->points = vn_row_int(row, 1);
        status = vn_row_text(row, 0, account, sizeof account);
        vn_row_reset(row);
    }
    if (status == VN_OK) {
        status = account_number(self->storage, account, &out->account);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status convert_one(struct convert *self, struct vn_row *row)
{
    struct vn_quarantine_row out = {.enrolment = vn_row_int(row, 0), .seq = vn_row_int(row, 1)};
    struct vn_buf moved;
    out.since_ms = 0;
    out.until_ms = vn_row_int(row, 4);
    vn_buf_init(&moved, VN_ERROR_TEXT_MAX * 8);
    enum vn_status status = vn_row_text(row, 2, out.kind, sizeof out.kind);
    if (status == VN_OK) {
        status = vn_row_text(row, 3, out.reason, sizeof out.reason);
    }
    if (status == VN_OK) {
        status = read_to(self, out.enrolment, out.seq);
    }
    if (status == VN_OK) {
        status = vn_moved_write(&self->moved, &moved);
    }
    if (status == VN_OK) {
        out.moves = vn_buf_view(&moved);
        out.class_ = class_of(self, out.reason);
        out.has_sale = self->entry.has_sale;
        out.sale = self->entry.sale;
        status = read_points(self, &out);
    }
    if (status == VN_OK) {
        status = vn_storage_quarantine_put(self->storage, &out);
    }
    vn_buf_deinit(&moved);
    return status;
}

enum vn_status vn_storage_convert_quarantine(struct vn_storage *storage)
{
    struct convert *self = calloc(1, sizeof *self);
    struct vn_row *row = NULL;
    if (self == NULL) {
        return VN_NOMEM;
    }
    self->storage = storage;
    vn_buf_init(&self->body, VN_ENTRY_MAX);
    vn_entry_init(&self->entry, VN_ENTRY_KINDS);
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT enrolment, seq, kind, reason, arrived_ms FROM fourth_quarantine ORDER BY enrolment, seq", "");
    while (vn_row_next(row, &status)) {
        status = convert_one(self, row);
    }
    vn_entry_deinit(&self->entry);
    vn_buf_deinit(&self->body);
    free(self->known);
    free(self);
    return status;
}
