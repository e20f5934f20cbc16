/* Sales, imported receipts, and entries in quarantine. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/quarantine_sql.h"
#include "sync/hub/storage/sql.h"

#define SALE_COLUMNS                                                                                         \
    "id, enrolment, store, till, pos, date, receipt, state, account, commit_seq, hold_seq, at_ms, "          \
    "total_minor,"                                                                                           \
    " discount_minor, points_earned, points_spent, ruleset, fiscal, flags, rest"

const char *vn_sale_state_name(enum vn_hub_sale_state state)
{
    static const char *const names[] = {"held", "cancelled", "committed", "used", "voided", "returned"};
    return names[state];
}

enum vn_status vn_storage_next_sale(struct vn_storage *storage, int64_t *out)
{
    return vn_sql_next(storage, VN_SERIES_SALE, out);
}

struct text_column {
    int column;
    char *out;
    size_t size;
};

static enum vn_status read_texts(struct vn_row *row, const struct text_column *texts, size_t count)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        status = vn_row_text(row, texts[i].column, texts[i].out, texts[i].size);
    }
    return status;
}

static enum vn_status read_sale(struct vn_row *row, struct vn_sale_row *out)
{
    const struct text_column texts[] = {{2, out->store, sizeof out->store},
                                        {3, out->till, sizeof out->till},
                                        {4, out->key.pos, sizeof out->key.pos},
                                        {5, out->key.date, sizeof out->key.date},
                                        {6, out->key.receipt, sizeof out->key.receipt},
                                        {17, out->fiscal, sizeof out->fiscal},
                                        {18, out->flags, sizeof out->flags}};
    int64_t state = vn_row_int(row, 7);
    out->id = vn_row_int(row, 0);
    out->enrolment = vn_row_int(row, 1);
    out->state = (enum vn_hub_sale_state)state;
    out->account = vn_row_int(row, 8);
    out->commit_seq = vn_row_int(row, 9);
    out->hold_seq = vn_row_int(row, 10);
    out->at_ms = vn_row_int(row, 11);
    out->total_minor = vn_row_int(row, 12);
    out->discount_minor = vn_row_int(row, 13);
    out->points_earned = vn_row_int(row, 14);
    out->points_spent = vn_row_int(row, 15);
    out->ruleset = vn_row_int(row, 16);
    out->rest = vn_row_view(row, 19);
    if (state < 0 || state >= VN_SALE_STATES) {
        return VN_CORRUPT;
    }
    return read_texts(row, texts, sizeof texts / sizeof *texts);
}

enum vn_status vn_storage_sales_held(struct vn_storage *storage, const char *till, int64_t after, int64_t max,
                                     vn_held_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(storage, &row,
                                        "SELECT id, pos, date, receipt FROM sale WHERE till = ? AND state = 0"
                                        " AND id > ? ORDER BY id LIMIT ?",
                                        "tii", till, after, max);
    while (vn_row_next(row, &status)) {
        struct vn_sale_key key;
        const struct text_column texts[] = {{1, key.pos, sizeof key.pos},
                                            {2, key.date, sizeof key.date},
                                            {3, key.receipt, sizeof key.receipt}};
        status = read_texts(row, texts, sizeof texts / sizeof *texts);
        if (status == VN_OK) {
            status = visit(ctx, vn_row_int(row, 0), &key);
        }
    }
    return status;
}

/* Some of the caller's keys or rows, by their places there. */
struct some_sales {
    const struct vn_sale_at *keys;
    const struct vn_sale_row *const *rows;
    size_t *places;
    size_t count;
    vn_sale_found visit;
    void *ctx;
};

static void bind_key(void *ctx, size_t at, struct vn_row *row)
{
    const struct some_sales *some = ctx;
    const struct vn_sale_at *key = &some->keys[some->places[at]];
    vn_row_bind(row, "tttt", key->key.pos, key->key.date, key->key.receipt, key->till);
}

static void bind_key_anywhere(void *ctx, size_t at, struct vn_row *row)
{
    const struct some_sales *some = ctx;
    const struct vn_sale_key *key = &some->keys[some->places[at]].key;
    vn_row_bind(row, "ttt", key->pos, key->date, key->receipt);
}

static enum vn_status see_sale(void *ctx, size_t at, struct vn_row *row)
{
    const struct some_sales *some = ctx;
    struct vn_sale_row sale;
    enum vn_status status = read_sale(row, &sale);
    return status == VN_OK ? some->visit(some->ctx, some->places[at], &sale) : status;
}

enum vn_status vn_storage_sales_load(struct vn_storage *storage, const struct vn_sale_at *keys, size_t count,
                                     vn_sale_found visit, void *ctx)
{
    struct some_sales some = {.keys = keys, .visit = visit, .ctx = ctx};
    enum vn_status status = VN_OK;
    some.places = calloc(count + 1, sizeof *some.places);
    if (some.places == NULL) {
        return VN_NOMEM;
    }
    for (int anywhere = 0; anywhere < 2 && status == VN_OK; anywhere++) {
        some.count = 0;
        for (size_t i = 0; i < count; i++) {
            if ((keys[i].till[0] == '\0') == (anywhere == 1)) {
                some.places[some.count++] = i;
            }
        }
        const struct vn_sql_batch batch = {
            .text = anywhere == 1 ? "SELECT " SALE_COLUMNS
                                    " FROM sale WHERE pos = ? AND date = ? AND receipt = ?"
                                  : "SELECT " SALE_COLUMNS
                                    " FROM sale WHERE pos = ? AND date = ? AND receipt = ? AND till = ?",
            .types = anywhere == 1 ? "ttt" : "tttt",
            .count = some.count,
            .bind = anywhere == 1 ? bind_key_anywhere : bind_key,
            .visit = see_sale,
            .ctx = &some};
        status = vn_sql_many(storage, &batch);
    }
    free(some.places);
    return status;
}

static void bind_fresh_sale(void *ctx, size_t at, struct vn_row *statement)
{
    const struct some_sales *some = ctx;
    const struct vn_sale_row *row = some->rows[some->places[at]];
    vn_row_bind(statement, "iitttttiiiiiiiiiittb", row->id, row->enrolment, row->store, row->till,
                row->key.pos, row->key.date, row->key.receipt, (int64_t)row->state, row->account,
                row->commit_seq, row->hold_seq, row->at_ms, row->total_minor, row->discount_minor,
                row->points_earned, row->points_spent, row->ruleset, row->fiscal, row->flags, row->rest);
}

static void bind_known_sale(void *ctx, size_t at, struct vn_row *statement)
{
    const struct some_sales *some = ctx;
    const struct vn_sale_row *row = some->rows[some->places[at]];
    vn_row_bind(statement, "iiiiiiiiiiittbtttt", row->enrolment, (int64_t)row->state, row->account,
                row->commit_seq, row->hold_seq, row->at_ms, row->total_minor, row->discount_minor,
                row->points_earned, row->points_spent, row->ruleset, row->fiscal, row->flags, row->rest,
                row->key.pos, row->key.date, row->key.receipt, row->till);
}

enum vn_status vn_storage_sales_put(struct vn_storage *storage, const struct vn_sale_row *const *rows,
                                    const bool *fresh, size_t count)
{
    static const char insert[] = "INSERT INTO sale(" SALE_COLUMNS
                                 ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char update[] =
        "UPDATE sale SET enrolment = ?, state = ?, account = ?, commit_seq = ?, hold_seq = ?, at_ms = ?,"
        " total_minor = ?, discount_minor = ?, points_earned = ?, points_spent = ?, ruleset = ?,"
        " fiscal = ?, flags = ?, rest = ? WHERE pos = ? AND date = ? AND receipt = ? AND till = ?";
    struct some_sales some = {.rows = rows};
    enum vn_status status = VN_OK;
    some.places = calloc(count + 1, sizeof *some.places);
    if (some.places == NULL) {
        return VN_NOMEM;
    }
    for (int known = 0; known < 2 && status == VN_OK; known++) {
        some.count = 0;
        for (size_t i = 0; i < count; i++) {
            if (fresh[i] == (known == 0)) {
                some.places[some.count++] = i;
            }
        }
        const struct vn_sql_batch batch = {.text = known == 0 ? insert : update,
                                           .types =
                                               known == 0 ? "iitttttiiiiiiiiiittb" : "iiiiiiiiiiittbtttt",
                                           .count = some.count,
                                           .bind = known == 0 ? bind_fresh_sale : bind_known_sale,
                                           .ctx = &some};
        status = vn_sql_many(storage, &batch);
    }
    free(some.places);
    return status;
}

enum vn_status vn_storage_sales(struct vn_storage *storage, const char *till, vn_sale_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_sale_row sale;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT * FROM (SELECT " SALE_COLUMNS " FROM sale WHERE ? = '' OR till = ?"
                    " ORDER BY id DESC LIMIT ?) AS newest ORDER BY id",
                    "tti", till, till, (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = read_sale(row, &sale);
        if (status == VN_OK) {
            status = visit(ctx, &sale);
        }
    }
    return status;
}

#define PAGE 256

enum vn_status vn_storage_sales_with_rest(struct vn_storage *storage, vn_sale_visit visit, void *ctx)
{
    int64_t after = 0;
    int64_t read = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && read == PAGE) {
        struct vn_row *row = NULL;
        struct vn_sale_row sale;
        read = 0;
        status = vn_sql_open(storage, &row,
                             "SELECT " SALE_COLUMNS
                             " FROM sale WHERE id > ? AND length(rest) > 0 ORDER BY id LIMIT ?",
                             "ii", after, (int64_t)PAGE);
        while (vn_row_next(row, &status)) {
            status = read_sale(row, &sale);
            after = sale.id;
            read++;
            if (status == VN_OK) {
                status = visit(ctx, &sale);
            }
        }
    }
    return status;
}

enum vn_status vn_storage_receipt_put(struct vn_storage *storage, int64_t member, int64_t at_ms,
                                      const char *store, int64_t total_minor, int64_t points)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(
        storage, &row, "INSERT INTO receipt VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
        "iitii", member, at_ms, store, total_minor, points);
    if (row != NULL) {
        vn_row_reset(row);
    }
    return status == VN_ABSENT ? VN_CONFLICT : status;
}

/* --- quarantine */

#define QUARANTINE_COLUMNS                                                                                   \
    "enrolment, seq, kind, class, reason, account, points, has_sale, pos, date, receipt, since_ms, "         \
    "until_ms, attempts,"                                                                                    \
    " decision, decided_ms, decided_by, decided_why, moves, stranger"

const char *vn_quarantine_class_name(enum vn_quarantine_class class_)
{
    static const char *const names[] = {"waits-for-sale", "unsupported",       "broken",
                                        "refused",        "waits-for-account", "waits-for-tills"};
    return names[class_];
}

enum vn_status vn_storage_quarantine_put(struct vn_storage *storage, const struct vn_quarantine_row *row)
{
    return vn_sql_run(
        storage,
        "INSERT INTO quarantine(" QUARANTINE_COLUMNS
        ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(enrolment, seq) DO UPDATE SET class = excluded.class, reason = excluded.reason,"
        " attempts = excluded.attempts, decision = excluded.decision, decided_ms = excluded.decided_ms,"
        " decided_by = excluded.decided_by, decided_why = excluded.decided_why, stranger = excluded.stranger",
        "iititiiitttiiiiittbi", row->enrolment, row->seq, row->kind, (int64_t)row->class_, row->reason,
        row->account, row->points, (int64_t)row->has_sale, row->sale.pos, row->sale.date, row->sale.receipt,
        row->since_ms, row->until_ms, row->attempts, (int64_t)row->decision, row->decided_ms, row->by,
        row->why, row->moves, row->stranger);
}

static enum vn_status read_quarantine(struct vn_row *row, struct vn_quarantine_row *out)
{
    const struct text_column texts[] = {{2, out->kind, sizeof out->kind},
                                        {4, out->reason, sizeof out->reason},
                                        {8, out->sale.pos, sizeof out->sale.pos},
                                        {9, out->sale.date, sizeof out->sale.date},
                                        {10, out->sale.receipt, sizeof out->sale.receipt},
                                        {16, out->by, sizeof out->by},
                                        {17, out->why, sizeof out->why}};
    int64_t class_ = vn_row_int(row, 3);
    out->enrolment = vn_row_int(row, 0);
    out->seq = vn_row_int(row, 1);
    out->class_ = (enum vn_quarantine_class)class_;
    out->account = vn_row_int(row, 5);
    out->points = vn_row_int(row, 6);
    out->has_sale = vn_row_int(row, 7) != 0;
    out->since_ms = vn_row_int(row, 11);
    out->until_ms = vn_row_int(row, 12);
    out->attempts = vn_row_int(row, 13);
    out->decision = (enum vn_quarantine_decision)vn_row_int(row, 14);
    out->decided_ms = vn_row_int(row, 15);
    out->moves = vn_row_view(row, 18);
    out->stranger = vn_row_int(row, 19);
    if (class_ < 0 || class_ >= VN_QUARANTINE_CLASSES) {
        return VN_CORRUPT;
    }
    return read_texts(row, texts, sizeof texts / sizeof *texts);
}

static enum vn_status show_quarantine(struct vn_row *row, vn_quarantine_visit visit, void *ctx)
{
    struct vn_quarantine_row entry;
    enum vn_status status = read_quarantine(row, &entry);
    return status == VN_OK ? visit(ctx, &entry) : status;
}

/* The rows of a statement that was opened. */
static enum vn_status walk_quarantine(struct vn_row *row, enum vn_status status, vn_quarantine_visit visit,
                                      void *ctx)
{
    while (vn_row_next(row, &status)) {
        status = show_quarantine(row, visit, ctx);
    }
    return status;
}

enum vn_status vn_storage_quarantine_get(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                         vn_quarantine_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT " QUARANTINE_COLUMNS " FROM quarantine WHERE enrolment = ? AND seq = ?", "ii",
        enrolment, seq);
    if (status == VN_OK) {
        status = show_quarantine(row, visit, ctx);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_quarantine_of_till(struct vn_storage *storage, const char *till, int64_t seq,
                                             bool decided, vn_quarantine_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT " QUARANTINE_COLUMNS
                     " FROM quarantine WHERE seq = ? AND (decision = 0 OR ? = 1) AND enrolment IN"
                     " (SELECT enrolment.id FROM till JOIN enrolment"
                     " ON enrolment.store = till.store AND enrolment.till = till.id WHERE till.id = ?)"
                     " ORDER BY CASE WHEN decision = 0 THEN 0 ELSE 1 END, enrolment DESC LIMIT 1",
                     "iit", seq, (int64_t)(decided ? 1 : 0), till);
    if (status == VN_OK) {
        status = show_quarantine(row, visit, ctx);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_quarantine(struct vn_storage *storage, const struct vn_quarantine_choice *choice,
                                     vn_quarantine_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    int64_t class_ = (int64_t)choice->class_;
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT " QUARANTINE_COLUMNS " FROM quarantine WHERE CASE WHEN decision = 0 THEN 0 ELSE 1 END = ?"
        " AND (? = ? OR class = ?)"
        " AND (enrolment, seq) > (?, ?) ORDER BY enrolment, seq LIMIT ?",
        "iiiiiii", (int64_t)(choice->decided ? 1 : 0), class_, (int64_t)VN_QUARANTINE_CLASSES, class_,
        choice->after_enrolment, choice->after_seq, choice->max);
    return walk_quarantine(row, status, visit, ctx);
}

enum vn_status vn_storage_quarantine_look(struct vn_storage *storage, const struct vn_quarantine_place *after,
                                          struct vn_quarantine_place *until, bool *more)
{
    struct vn_row *row = NULL;
    *until = (struct vn_quarantine_place){INT64_MAX, INT64_MAX};
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT enrolment, seq" VN_SQL_WAITS " ORDER BY enrolment, seq LIMIT 1 OFFSET ?",
        "iii", after->enrolment, after->seq, (int64_t)VN_RELEASE_LOOK_MAX - 1);
    if (status == VN_OK) {
        *until = (struct vn_quarantine_place){vn_row_int(row, 0), vn_row_int(row, 1)};
        vn_row_reset(row);
    }
    *more = status == VN_OK;
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_quarantine_known(struct vn_storage *storage, int64_t tries,
                                           const struct vn_quarantine_place *after,
                                           const struct vn_quarantine_place *until, vn_quarantine_visit visit,
                                           void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT " QUARANTINE_COLUMNS VN_SQL_KNOWN " ORDER BY enrolment, seq LIMIT 1",
        "iiiiiii", after->enrolment, after->seq, until->enrolment, until->seq,
        (int64_t)VN_QUARANTINE_FOR_TILLS, tries, tries);
    return walk_quarantine(row, status, visit, ctx);
}

enum vn_status vn_storage_quarantine_waiting(struct vn_storage *storage, const struct vn_sale_key *sale,
                                             int64_t tries, int64_t max, vn_quarantine_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " QUARANTINE_COLUMNS " FROM quarantine WHERE pos = ? AND date = ? AND receipt = ?"
                    " AND decision = 0 AND class = 0 AND attempts < ? ORDER BY enrolment, seq LIMIT ?",
                    "tttii", sale->pos, sale->date, sale->receipt, tries, max);
    return walk_quarantine(row, status, visit, ctx);
}

enum vn_status vn_storage_quarantine_before(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                            int64_t max, vn_quarantine_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " QUARANTINE_COLUMNS " FROM quarantine WHERE enrolment = ? AND seq < ?"
                    " AND decision = 0 ORDER BY seq LIMIT ?",
                    "iii", enrolment, seq, max);
    return walk_quarantine(row, status, visit, ctx);
}

enum vn_status vn_storage_quarantine_has_waiting(struct vn_storage *storage)
{
    int64_t found = 0;
    return vn_sql_number(storage, &found, "SELECT 1 FROM quarantine WHERE decision = 0 AND class = 0 LIMIT 1",
                         "");
}

enum vn_status vn_storage_waiting(struct vn_storage *storage, int64_t enrolment, int64_t account,
                                  int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out,
                         "SELECT CAST(coalesce(sum(points), 0) AS BIGINT) FROM quarantine WHERE enrolment = ?"
                         " AND account = ? AND decision = 0",
                         "ii", enrolment, account);
}
