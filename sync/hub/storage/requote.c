#include "sync/hub/storage/requote.h"

#include <stdio.h>

#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/sql.h"

/* A journal that was never looked at begins before its first entry here: a branch's is not number 1. */
#define LOOKED_AT                                                                                            \
    "coalesce(requote.seq, (SELECT min(from_seq) FROM segment WHERE segment.enrolment = enrolment.id) - 1,"  \
    " 0)"
#define FLEET "enrolment LEFT JOIN requote ON requote.enrolment = enrolment.id"

static enum vn_status read_place(struct vn_row *row, struct vn_requote_place *out)
{
    *out = (struct vn_requote_place){.enrolment = vn_row_int(row, 0),
                                     .branch = vn_row_int(row, 3) == VN_ENROLMENT_HANDED_IN,
                                     .seq = vn_row_int(row, 4),
                                     .posted_seq = vn_row_int(row, 5)};
    enum vn_status status = vn_row_text(row, 1, out->store, sizeof out->store);
    return status == VN_OK ? vn_row_text(row, 2, out->till, sizeof out->till) : status;
}

enum vn_status vn_storage_requote_places(struct vn_storage *storage, int64_t after, unsigned max,
                                         struct vn_requote_place *out, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT enrolment.id, store, till, state, " LOOKED_AT ", posted_seq FROM " FLEET
                    " WHERE enrolment.id > ? AND posted_seq > " LOOKED_AT " ORDER BY enrolment.id LIMIT ?",
                    "ii", after, (int64_t)max);
    while (vn_row_next(row, &status)) {
        status = read_place(row, &out[*count]);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_requote_lag(struct vn_storage *storage, int64_t *entries)
{
    *entries = 0;
    return vn_sql_number(storage, entries,
                         "SELECT CAST(coalesce(sum(posted_seq - " LOOKED_AT "), 0) AS BIGINT) FROM " FLEET
                         " WHERE posted_seq > " LOOKED_AT,
                         "");
}

enum vn_status vn_storage_requote_move(struct vn_storage *storage, int64_t enrolment, int64_t from,
                                       int64_t to)
{
    int64_t moved = 0;
    return vn_sql_number(storage, &moved,
                         "INSERT INTO requote(enrolment, seq) VALUES(?, ?) ON CONFLICT(enrolment)"
                         " DO UPDATE SET seq = excluded.seq WHERE requote.seq = ? RETURNING 1",
                         "iii", enrolment, to, from);
}

enum vn_status vn_storage_requote_kept(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                       int64_t *out)
{
    return vn_sql_number(
        storage, out,
        "SELECT from_seq FROM segment WHERE enrolment = ? AND from_seq > ? ORDER BY from_seq LIMIT 1", "ii",
        enrolment, seq);
}

/* --- in quarantine -------------------------------------------------------------------------------------------- */

enum vn_status vn_storage_requote_wait(struct vn_storage *storage, int64_t enrolment, int64_t seq)
{
    return vn_sql_run(
        storage,
        "INSERT INTO requote_later(enrolment, seq) VALUES(?, ?) ON CONFLICT(enrolment, seq) DO NOTHING", "ii",
        enrolment, seq);
}

enum vn_status vn_storage_requote_waited(struct vn_storage *storage, int64_t enrolment, int64_t seq)
{
    int64_t gone = 0;
    return vn_sql_number(storage, &gone,
                         "DELETE FROM requote_later WHERE enrolment = ? AND seq = ? RETURNING 1", "ii",
                         enrolment, seq);
}

enum vn_status vn_storage_requote_decided(struct vn_storage *storage, unsigned max,
                                          struct vn_requote_decided *out, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT enrolment.id, store, till, state, requote_later.seq, 0, decision FROM"
                    " requote_later JOIN enrolment ON enrolment.id = requote_later.enrolment"
                    " JOIN quarantine ON quarantine.enrolment = requote_later.enrolment AND"
                    " quarantine.seq = requote_later.seq WHERE decision <> ?"
                    " ORDER BY enrolment.id, requote_later.seq LIMIT ?",
                    "ii", (int64_t)VN_QUARANTINE_OPEN, (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[*count].released = vn_row_int(row, 6) == VN_QUARANTINE_RELEASED;
        status = read_place(row, &out[*count].place);
        *count += status == VN_OK ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_requote_quarantined(struct vn_storage *storage, int64_t enrolment, int64_t first,
                                              int64_t last, unsigned max, struct vn_requote_quarantined *out,
                                              unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT seq, decision FROM quarantine WHERE enrolment = ? AND seq >= ? AND seq <= ?"
                    " AND decision <> ? ORDER BY seq LIMIT ?",
                    "iiiii", enrolment, first, last, (int64_t)VN_QUARANTINE_RELEASED, (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[(*count)++] = (struct vn_requote_quarantined){.seq = vn_row_int(row, 0),
                                                          .open = vn_row_int(row, 1) == VN_QUARANTINE_OPEN};
    }
    return status;
}

/* --- what differs --------------------------------------------------------------------------------------------- */

#define COLUMNS                                                                                              \
    "enrolment, seq, found_ms, till, pos, date, receipt, at_ms, earned, earned_here, spent, spent_here,"     \
    " discount, discount_here, pointer, text"

static enum vn_status flag_sale(struct vn_storage *storage, const struct vn_differing_row *row)
{
    return vn_sql_run(storage,
                      "UPDATE sale SET flags = CASE WHEN flags = '' THEN '" VN_FLAG_DIFFERING
                      "' ELSE flags || ' " VN_FLAG_DIFFERING "' END"
                      " WHERE pos = ? AND date = ? AND receipt = ? AND till = ? AND enrolment = ?"
                      " AND commit_seq = ? AND length(flags) < ?",
                      "ttttiii", row->sale.pos, row->sale.date, row->sale.receipt, row->till, row->enrolment,
                      row->seq, (int64_t)(VN_HUB_FLAGS_MAX - sizeof VN_FLAG_DIFFERING));
}

enum vn_status vn_storage_differing_put(struct vn_storage *storage, const struct vn_differing_row *row)
{
    enum vn_status status = vn_sql_run(
        storage,
        "INSERT INTO differing(" COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(enrolment, seq) DO NOTHING",
        "iiittttiiiiiiitt", row->enrolment, row->seq, row->found_ms, row->till, row->sale.pos, row->sale.date,
        row->sale.receipt, row->at_ms, row->earned[0], row->earned[1], row->spent[0], row->spent[1],
        row->discount_minor[0], row->discount_minor[1], row->pointer, row->text);
    return status == VN_OK ? flag_sale(storage, row) : status;
}

static enum vn_status read_differing(struct vn_row *row, struct vn_differing_row *out)
{
    const struct {
        int column;
        char *text;
        size_t size;
    } texts[] = {{3, out->till, sizeof out->till},           {4, out->sale.pos, sizeof out->sale.pos},
                 {5, out->sale.date, sizeof out->sale.date}, {6, out->sale.receipt, sizeof out->sale.receipt},
                 {14, out->pointer, sizeof out->pointer},    {15, out->text, sizeof out->text}};
    enum vn_status status = VN_OK;
    out->enrolment = vn_row_int(row, 0);
    out->seq = vn_row_int(row, 1);
    out->found_ms = vn_row_int(row, 2);
    out->at_ms = vn_row_int(row, 7);
    for (int which = 0; which < 2; which++) {
        out->earned[which] = vn_row_int(row, 8 + which);
        out->spent[which] = vn_row_int(row, 10 + which);
        out->discount_minor[which] = vn_row_int(row, 12 + which);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == VN_OK; i++) {
        status = vn_row_text(row, texts[i].column, texts[i].text, texts[i].size);
    }
    return status;
}

enum vn_status vn_storage_differing(struct vn_storage *storage, const char *till, vn_differing_visit visit,
                                    void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_differing_row differing;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT * FROM (SELECT " COLUMNS " FROM differing WHERE ? = '' OR till = ?"
                    " ORDER BY found_ms DESC, enrolment DESC, seq DESC LIMIT ?) AS newest"
                    " ORDER BY found_ms, enrolment, seq",
                    "tti", till, till, (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = read_differing(row, &differing);
        if (status == VN_OK) {
            status = visit(ctx, &differing);
        }
    }
    return status;
}

enum vn_status vn_storage_differing_since(struct vn_storage *storage, int64_t since_ms, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out, "SELECT count(*) FROM differing WHERE found_ms >= ?", "i", since_ms);
}

enum vn_status vn_storage_differing_forget(struct vn_storage *storage, int64_t before_ms, unsigned max,
                                           bool *more)
{
    int64_t left = 0;
    enum vn_status status =
        vn_sql_run(storage,
                   "DELETE FROM differing WHERE (enrolment, seq) IN (SELECT enrolment, seq FROM differing"
                   " WHERE found_ms < ? ORDER BY found_ms LIMIT ?)",
                   "ii", before_ms, (int64_t)max);
    if (status == VN_OK) {
        status =
            vn_sql_number(storage, &left,
                          "SELECT count(*) FROM (SELECT 1 FROM differing WHERE found_ms < ? LIMIT 1) AS old",
                          "i", before_ms);
    }
    *more = status == VN_OK && left != 0;
    return status;
}

/* --- sums ------------------------------------------------------------------------------------------------------- */

static void number_name(const char *name, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "requoted-%.32s", name);
}

enum vn_status vn_storage_requote_count(struct vn_storage *storage, const char *name, int64_t by)
{
    char number[VN_ID_MAX];
    number_name(name, number);
    return vn_sql_run(storage,
                      "INSERT INTO number(name, value) VALUES(?, ?) ON CONFLICT(name)"
                      " DO UPDATE SET value = number.value + excluded.value",
                      "ti", number, by);
}

enum vn_status vn_storage_requote_counted(struct vn_storage *storage, const char *name, int64_t *out)
{
    char number[VN_ID_MAX];
    number_name(name, number);
    return vn_storage_number_or(storage, number, 0, out);
}
