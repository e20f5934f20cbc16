#include <string.h>

#include "sync/hub/storage/segments.h"
#include "sync/hub/storage/sql.h"

#define PAGE 256 /* enrolments with their reports, in memory at once */

#define ENROLMENT_COUNT 22 /* columns, and then a report's */
#define ENROLMENT_COLUMNS                                                                                    \
    "id, enrolment, store, till, serial, state, high_seq, head, granted, quarantined, ack_ms, created_ms,"   \
    " durable_seq, epoch, posted_seq, asked, ahead, shown_seq, back, more_ms, more_day, more_days"

const char *vn_enrolment_state_name(enum vn_enrolment_state state)
{
    static const char *const names[] = {"active", "branch", "revoked", "handed-in"};
    return names[state];
}

enum vn_status vn_storage_store_put(struct vn_storage *storage, const char *id, const char *name)
{
    return vn_sql_run(
        storage,
        "INSERT INTO store(id, name) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET name = excluded.name", "tt",
        id, name);
}

enum vn_status vn_storage_store_name(struct vn_storage *storage, const char *id, char name[VN_NAME_MAX])
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(storage, &row, "SELECT name FROM store WHERE id = ?", "t", id);
    if (status == VN_OK) {
        status = vn_row_text(row, 0, name, VN_NAME_MAX);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_till_put(struct vn_storage *storage, const char *store, const char *till)
{
    int64_t same = 0;
    enum vn_status status =
        vn_sql_number(storage, &same, "SELECT store = ? FROM till WHERE id = ?", "tt", store, till);
    if (status == VN_ABSENT) {
        return vn_sql_run(storage, "INSERT INTO till(id, store) VALUES(?, ?)", "tt", till, store);
    }
    return status == VN_OK && same == 0 ? VN_CONFLICT : status;
}

enum vn_status vn_storage_code_put(struct vn_storage *storage, const struct vn_code_row *code)
{
    enum vn_status status = vn_storage_till_put(storage, code->store, code->till);
    return status == VN_OK
               ? vn_sql_run(storage, "INSERT INTO code(hash, store, till, expires_ms) VALUES(?, ?, ?, ?)",
                            "btti", vn_view_of(code->hash, sizeof code->hash), code->store, code->till,
                            code->expires_ms)
               : status;
}

enum vn_status vn_storage_code_take(struct vn_storage *storage, const uint8_t hash[VN_HASH_SIZE],
                                    int64_t now_ms, struct vn_code_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    /* In one statement, so that of two who bring the same code one finds nothing. */
    enum vn_status status =
        vn_sql_first(storage, &row, "DELETE FROM code WHERE hash = ? RETURNING store, till, expires_ms", "b",
                     vn_view_of(hash, VN_HASH_SIZE));
    if (status != VN_OK) {
        return status;
    }
    memcpy(out->hash, hash, VN_HASH_SIZE);
    status = vn_row_text(row, 0, out->store, sizeof out->store);
    if (status == VN_OK) {
        status = vn_row_text(row, 1, out->till, sizeof out->till);
    }
    out->expires_ms = vn_row_int(row, 2);
    vn_row_reset(row);
    return status == VN_OK && out->expires_ms <= now_ms ? VN_ABSENT : status;
}

static enum vn_status read_enrolment(struct vn_row *row, struct vn_enrolment_row *out)
{
    out->id = vn_row_int(row, 0);
    out->state = (enum vn_enrolment_state)vn_row_int(row, 5);
    out->high_seq = vn_row_int(row, 6);
    out->grant = vn_row_int(row, 8);
    out->quarantined = vn_row_int(row, 9);
    out->ack_ms = vn_row_int(row, 10);
    out->created_ms = vn_row_int(row, 11);
    out->durable_seq = vn_row_int(row, 12);
    out->epoch = vn_row_int(row, 13);
    out->posted_seq = vn_row_int(row, 14);
    out->asked = vn_row_int(row, 15);
    out->ahead = vn_row_int(row, 16) != 0;
    out->shown_seq = vn_row_int(row, 17);
    out->back = vn_row_int(row, 18);
    out->more_ms = vn_row_int(row, 19);
    out->more_day = vn_row_int(row, 20);
    out->more_days = vn_row_int(row, 21);
    enum vn_status status = vn_row_bytes(row, 1, out->enrolment.bytes, sizeof out->enrolment.bytes);
    if (status == VN_OK) {
        status = vn_row_bytes(row, 7, out->head.bytes, sizeof out->head.bytes);
    }
    if (status == VN_OK) {
        status = vn_row_text(row, 2, out->store, sizeof out->store);
    }
    if (status == VN_OK) {
        status = vn_row_text(row, 3, out->till, sizeof out->till);
    }
    return status == VN_OK ? vn_row_text(row, 4, out->serial, sizeof out->serial) : status;
}

enum vn_status vn_storage_enrolment_add(struct vn_storage *storage, struct vn_enrolment_row *row)
{
    enum vn_status status = vn_sql_next(storage, VN_SERIES_ENROLMENT, &row->id);
    if (status != VN_OK) {
        return status;
    }
    return vn_sql_run(storage,
                      "INSERT INTO enrolment(" ENROLMENT_COLUMNS
                      ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      "ibtttiibiiiiiiiiiiiiii", row->id, vn_view_of(row->enrolment.bytes, VN_ID_BYTES),
                      row->store, row->till, row->serial, (int64_t)row->state, row->high_seq,
                      vn_view_of(row->head.bytes, VN_HASH_SIZE), row->grant, row->quarantined, row->ack_ms,
                      row->created_ms, row->durable_seq, row->epoch, row->posted_seq, row->asked,
                      (int64_t)row->ahead, row->shown_seq, row->back, row->more_ms, row->more_day,
                      row->more_days);
}

enum vn_status vn_storage_enrolment_get(struct vn_storage *storage, const struct vn_enrolment_id *enrolment,
                                        struct vn_enrolment_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT " ENROLMENT_COLUMNS " FROM enrolment WHERE enrolment = ?", "b",
                     vn_view_of(enrolment->bytes, VN_ID_BYTES));
    if (status == VN_OK) {
        status = read_enrolment(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_enrolment_newest(struct vn_storage *storage, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out, "SELECT coalesce(max(id), 0) FROM enrolment", "");
}

enum vn_status vn_storage_enrolment_by_number(struct vn_storage *storage, int64_t id,
                                              struct vn_enrolment_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT " ENROLMENT_COLUMNS " FROM enrolment WHERE id = ?", "i", id);
    if (status == VN_OK) {
        status = read_enrolment(row, out);
        vn_row_reset(row);
    }
    return status;
}

struct load {
    const struct vn_enrolment_id *const *ids;
    struct vn_enrolment_row *const *rows;
};

static void bind_id(void *ctx, size_t at, struct vn_row *row)
{
    const struct load *load = ctx;
    vn_row_bind(row, "b", vn_view_of(load->ids[at]->bytes, VN_ID_BYTES));
}

static enum vn_status see_enrolment(void *ctx, size_t at, struct vn_row *row)
{
    const struct load *load = ctx;
    return read_enrolment(row, load->rows[at]);
}

enum vn_status vn_storage_enrolments_load(struct vn_storage *storage,
                                          const struct vn_enrolment_id *const *ids,
                                          struct vn_enrolment_row *const *rows, size_t count)
{
    struct load load = {ids, rows};
    const struct vn_sql_batch batch = {.text =
                                           "SELECT " ENROLMENT_COLUMNS " FROM enrolment WHERE enrolment = ?",
                                       .types = "b",
                                       .count = count,
                                       .bind = bind_id,
                                       .visit = see_enrolment,
                                       .ctx = &load};
    for (size_t i = 0; i < count; i++) {
        memset(rows[i], 0, sizeof *rows[i]);
    }
    return vn_sql_many(storage, &batch);
}

static void bind_enrolment(void *ctx, size_t at, struct vn_row *statement)
{
    const struct vn_enrolment_row *row = ((const struct vn_enrolment_row *const *)ctx)[at];
    vn_row_bind(statement, "iibiiiiiiiiiiii", (int64_t)row->state, row->high_seq,
                vn_view_of(row->head.bytes, VN_HASH_SIZE), row->grant, row->quarantined, row->ack_ms,
                row->epoch, row->posted_seq, (int64_t)row->ahead, row->shown_seq, row->back, row->more_ms,
                row->more_day, row->more_days, row->id);
}

enum vn_status vn_storage_enrolments_put(struct vn_storage *storage,
                                         const struct vn_enrolment_row *const *rows, size_t count)
{
    const struct vn_sql_batch batch = {
        .text = "UPDATE enrolment SET state = ?, high_seq = ?, head = ?, granted = ?, quarantined = ?,"
                " ack_ms = ?, epoch = ?, posted_seq = ?, ahead = ?, shown_seq = ?, back = ?, more_ms = ?,"
                " more_day = ?, more_days = ? WHERE id = ?",
        .types = "iibiiiiiiiiiiii",
        .count = count,
        .bind = bind_enrolment,
        .ctx = (void *)(uintptr_t)rows};
    return vn_sql_many(storage, &batch);
}

enum vn_status vn_storage_enrolment_put(struct vn_storage *storage, const struct vn_enrolment_row *row)
{
    return vn_storage_enrolments_put(storage, &row, 1);
}

enum vn_status vn_storage_certificate_add(struct vn_storage *storage, const struct vn_certificate_row *row)
{
    enum vn_status status = vn_sql_run(
        storage, "UPDATE certificate SET state = 2 WHERE enrolment = ? AND state = 0", "i", row->enrolment);
    return status == VN_OK ? vn_sql_run(storage,
                                        "INSERT INTO certificate(enrolment, serial, state, issuer, until_ms)"
                                        " VALUES(?, ?, ?, ?, ?)",
                                        "ititi", row->enrolment, row->serial, (int64_t)row->state,
                                        row->issuer, row->until_ms)
                           : status;
}

enum vn_status vn_storage_certificate_get(struct vn_storage *storage, int64_t enrolment, const char *serial,
                                          struct vn_certificate_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT serial, state, issuer, until_ms FROM certificate WHERE enrolment = ? AND serial = ?", "it",
        enrolment, serial);
    if (status != VN_OK) {
        return status;
    }
    out->enrolment = enrolment;
    out->state = (enum vn_certificate_state)vn_row_int(row, 1);
    out->until_ms = vn_row_int(row, 3);
    status = vn_row_text(row, 0, out->serial, sizeof out->serial);
    if (status == VN_OK) {
        status = vn_row_text(row, 2, out->issuer, sizeof out->issuer);
    }
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_certificate_use(struct vn_storage *storage, int64_t enrolment, const char *serial)
{
    struct vn_certificate_row row;
    enum vn_status status = vn_storage_certificate_get(storage, enrolment, serial, &row);
    if (status == VN_OK && row.state == VN_CERTIFICATE_REPLACED) {
        return VN_OK;
    }
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    /* The one in use is written down as replaced even if it came from a version that kept no others. */
    status = vn_sql_run(storage,
                        "INSERT INTO certificate(enrolment, serial, state, issuer, until_ms)"
                        " SELECT id, serial, 2, '', 0 FROM enrolment WHERE id = ? AND serial <> ?"
                        " ON CONFLICT(enrolment, serial) DO NOTHING",
                        "it", enrolment, serial);
    if (status == VN_OK) {
        status = vn_sql_run(storage, "UPDATE certificate SET state = 2 WHERE enrolment = ? AND serial <> ?",
                            "it", enrolment, serial);
    }
    if (status == VN_OK) {
        status = vn_sql_run(storage,
                            "INSERT INTO certificate(enrolment, serial, state, issuer, until_ms)"
                            " VALUES(?, ?, 1, '', 0) ON CONFLICT(enrolment, serial) DO UPDATE SET state = 1",
                            "it", enrolment, serial);
    }
    return status == VN_OK
               ? vn_sql_run(storage, "UPDATE enrolment SET serial = ? WHERE id = ?", "ti", serial, enrolment)
               : status;
}

enum vn_status vn_storage_certificates_of(struct vn_storage *storage, const char *issuer, int64_t *out)
{
    *out = 0;
    return vn_sql_number(
        storage, out,
        "SELECT count(*) FROM enrolment WHERE state = 0 AND NOT EXISTS (SELECT 1 FROM certificate"
        " WHERE certificate.enrolment = enrolment.id AND certificate.serial = enrolment.serial"
        " AND certificate.issuer <> '' AND certificate.issuer <> ?)",
        "t", issuer);
}

enum vn_status vn_storage_durable_raise(struct vn_storage *storage, const struct vn_enrolment_id *enrolment,
                                        int64_t seq)
{
    return vn_sql_run(storage,
                      "UPDATE enrolment SET durable_seq = ? WHERE enrolment = ? AND durable_seq < ? AND"
                      " high_seq >= ?",
                      "ibii", seq, vn_view_of(enrolment->bytes, VN_ID_BYTES), seq, seq);
}

enum vn_status vn_storage_quarantined(struct vn_storage *storage, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out, "SELECT CAST(coalesce(sum(quarantined), 0) AS BIGINT) FROM enrolment",
                         "");
}

enum vn_status vn_storage_report_put(struct vn_storage *storage, int64_t enrolment, const char *json,
                                     int64_t now_ms)
{
    return vn_sql_run(storage, "UPDATE enrolment SET report = ?, report_ms = ? WHERE id = ?", "tii", json,
                      now_ms, enrolment);
}

/* The rows of a statement that was opened; the last one stays in *last. */
static enum vn_status visit_rows(struct vn_row *row, enum vn_status status, vn_enrolment_visit visit,
                                 void *ctx, struct vn_enrolment_row *last, unsigned *count)
{
    char report[VN_REPORT_MAX];
    while (vn_row_next(row, &status)) {
        ++*count;
        status = read_enrolment(row, last);
        if (status == VN_OK) {
            status = vn_row_text(row, ENROLMENT_COUNT, report, sizeof report);
        }
        if (status == VN_OK) {
            status = visit(ctx, last, report, vn_row_int(row, ENROLMENT_COUNT + 1));
        }
    }
    return status;
}

/* Goes on after *last, which becomes the page's last. */
static enum vn_status page(struct vn_storage *storage, struct vn_enrolment_row *last, unsigned max,
                           vn_enrolment_visit visit, void *ctx, unsigned *count)
{
    const struct vn_enrolment_row after = *last; /* what is bound stays as it is */
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " ENROLMENT_COLUMNS ", report, report_ms FROM enrolment"
                    " WHERE (store, till, id) > (?, ?, ?) ORDER BY store, till, id LIMIT ?",
                    "ttii", after.store, after.till, after.id, (int64_t)max);
    return visit_rows(row, status, visit, ctx, last, count);
}

enum vn_status vn_storage_enrolments(struct vn_storage *storage, vn_enrolment_visit visit, void *ctx)
{
    struct vn_enrolment_row last = {.id = 0};
    unsigned count = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && count == PAGE) {
        status = page(storage, &last, PAGE, visit, ctx, &count);
    }
    return status;
}

enum vn_status vn_storage_enrolments_page(struct vn_storage *storage, int64_t after, unsigned max,
                                          vn_enrolment_visit visit, void *ctx)
{
    struct vn_enrolment_row last = {.id = 0};
    unsigned count = 0;
    enum vn_status status = after == 0 ? VN_OK : vn_storage_enrolment_by_number(storage, after, &last);
    return status == VN_OK ? page(storage, &last, max, visit, ctx, &count) : status;
}

enum vn_status vn_storage_enrolments_of(struct vn_storage *storage, const char *till,
                                        vn_enrolment_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_enrolment_row last;
    unsigned count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " ENROLMENT_COLUMNS ", report, report_ms FROM enrolment"
                    " WHERE store = (SELECT store FROM till WHERE id = ?1) AND till = ?1 ORDER BY id",
                    "t", till);
    return visit_rows(row, status, visit, ctx, &last, &count);
}

enum vn_status vn_storage_till_store(struct vn_storage *storage, const char *till, char store[VN_ID_MAX])
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(storage, &row, "SELECT store FROM till WHERE id = ?", "t", till);
    if (status == VN_OK) {
        status = vn_row_text(row, 0, store, VN_ID_MAX);
        vn_row_reset(row);
    }
    return status;
}

/* The rows of a statement that was opened. */
static enum vn_status read_rows(struct vn_row *row, enum vn_status status, struct vn_enrolment_row *out,
                                unsigned *count)
{
    *count = 0;
    while (vn_row_next(row, &status)) {
        status = read_enrolment(row, &out[*count]);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_behind(struct vn_storage *storage, int64_t after, unsigned max,
                                 struct vn_enrolment_row *out, unsigned *count)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " ENROLMENT_COLUMNS " FROM enrolment WHERE posted_seq < high_seq"
                    " AND id > ? ORDER BY id LIMIT ?",
                    "ii", after, (int64_t)max);
    return read_rows(row, status, out, count);
}

enum vn_status vn_storage_revoked(struct vn_storage *storage, int64_t after, unsigned max,
                                  struct vn_enrolment_row *out, unsigned *count)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT " ENROLMENT_COLUMNS
                                        " FROM enrolment WHERE state = ? AND id > ? ORDER BY id LIMIT ?",
                                        "iii", (int64_t)VN_ENROLMENT_REVOKED, after, (int64_t)max);
    return read_rows(row, status, out, count);
}

enum vn_status vn_storage_tills_waiting(struct vn_storage *storage, const char *after, unsigned max,
                                        vn_till_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT store, id FROM till WHERE id > ? AND NOT EXISTS (SELECT 1 FROM enrolment"
                    " WHERE enrolment.store = till.store AND enrolment.till = till.id) ORDER BY id LIMIT ?",
                    "ti", after, (int64_t)max);
    while (vn_row_next(row, &status)) {
        status = vn_row_text(row, 0, store, sizeof store);
        if (status == VN_OK) {
            status = vn_row_text(row, 1, till, sizeof till);
        }
        if (status == VN_OK) {
            status = visit(ctx, store, till);
        }
    }
    return status;
}
