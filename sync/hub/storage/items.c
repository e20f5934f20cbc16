#include "sync/hub/storage/items.h"

#include <stdlib.h>

#include "sync/hub/storage/sql.h"

#define FROM "item-states-from" /* number of the store: below it states are missing */

/* The numbered state that is the last one ends with the one that waits for its number now. */
static enum vn_status end_state(struct vn_storage *storage, const char *code, int64_t now_ms)
{
    return vn_sql_run(storage, "UPDATE item_state SET until_ms = ? WHERE code = ? AND n > 0 AND until_ms = 0",
                      "it", now_ms, code);
}

/* `fresh`: whether a state was added. One that waits already is replaced, and keeps its time: some till may have had it. */
static enum vn_status added(struct vn_storage *storage, const char *code, int64_t now_ms,
                            enum vn_status fresh)
{
    return fresh == VN_OK ? end_state(storage, code, now_ms) : fresh == VN_ABSENT ? VN_OK : fresh;
}

enum vn_status vn_storage_item_put(struct vn_storage *storage, const char *code, const char *alias_of,
                                   struct vn_view document, int64_t now_ms)
{
    int64_t one = 0;
    enum vn_status status =
        vn_sql_number(storage, &one,
                      "INSERT INTO item_state(code, n, at_ms, until_ms, document) SELECT ?, 0, ?, 0, ?"
                      " WHERE NOT EXISTS (SELECT 1 FROM item WHERE code = ? AND document = ?)"
                      " ON CONFLICT(code, n) DO UPDATE SET document = excluded.document RETURNING 1",
                      "tibtb", code, now_ms, document, code, document);
    status = added(storage, code, now_ms, status);
    return status == VN_OK ? vn_sql_run(storage,
                                        "INSERT INTO item(code, alias_of, document) VALUES(?, ?, ?)"
                                        " ON CONFLICT(code) DO UPDATE SET alias_of = excluded.alias_of,"
                                        " document = excluded.document",
                                        "ttb", code, alias_of, document)
                           : status;
}

enum vn_status vn_storage_item_drop(struct vn_storage *storage, const char *code, int64_t now_ms)
{
    int64_t one = 0;
    enum vn_status status =
        vn_sql_number(storage, &one,
                      "INSERT INTO item_state(code, n, at_ms, until_ms, document) SELECT ?, 0, ?, 0, ?"
                      " WHERE EXISTS (SELECT 1 FROM item WHERE code = ?)"
                      " ON CONFLICT(code, n) DO UPDATE SET document = excluded.document RETURNING 1",
                      "tibt", code, now_ms, vn_view_of("", 0), code);
    status = added(storage, code, now_ms, status);
    return status == VN_OK ? vn_sql_run(storage, "DELETE FROM item WHERE code = ?", "t", code) : status;
}

enum vn_status vn_storage_item_numbered(struct vn_storage *storage, const char *code, int64_t number)
{
    return vn_sql_run(storage, "UPDATE item_state SET n = ? WHERE code = ? AND n = 0", "it", number, code);
}

/* When the first state came of an item that had none at that number. */
static enum vn_status first_state(struct vn_storage *storage, const char *code, int64_t *at_ms)
{
    enum vn_status status = vn_sql_number(
        storage, at_ms, "SELECT at_ms FROM item_state WHERE code = ? ORDER BY at_ms LIMIT 1", "t", code);
    return status == VN_OK ? VN_ABSENT : status;
}

enum vn_status vn_storage_item_state(struct vn_storage *storage, const char *code, int64_t number,
                                     struct vn_buf *document, int64_t *next_ms)
{
    struct vn_row *row = NULL;
    *next_ms = 0;
    enum vn_status status = vn_sql_first(storage, &row,
                                         "SELECT document, until_ms FROM item_state WHERE code = ?"
                                         " AND n > 0 AND n <= ? ORDER BY n DESC LIMIT 1",
                                         "ti", code, number);
    if (status != VN_OK) {
        return status == VN_ABSENT ? first_state(storage, code, next_ms) : status;
    }
    struct vn_view text = vn_row_view(row, 0);
    *next_ms = vn_row_int(row, 1);
    status = text.len == 0 ? VN_ABSENT : vn_buf_append(document, text);
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_item_states_from(struct vn_storage *storage, int64_t *number)
{
    return vn_storage_number_or(storage, FROM, 0, number);
}

/* --- forgetting ----------------------------------------------------------------------------------------------- */

struct old_state {
    char code[VN_CODE_MAX];
    int64_t number;
};

struct old_states {
    struct old_state *rows;
    size_t count;
    int64_t from; /* the highest number of those that replaced them */
};

static enum vn_status read_old(struct vn_storage *storage, int64_t before_ms, unsigned max,
                               struct old_states *out)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT code, n, (SELECT min(next.n) FROM item_state AS next WHERE next.code ="
                    " item_state.code AND next.n > item_state.n) AS by FROM item_state"
                    " WHERE until_ms > 0 AND until_ms < ? ORDER BY until_ms LIMIT ?",
                    "ii", before_ms, (int64_t)max);
    while (vn_row_next(row, &status)) {
        struct old_state *old = &out->rows[out->count];
        int64_t by = vn_row_int(row, 2);
        old->number = vn_row_int(row, 1);
        status = vn_row_text(row, 0, old->code, sizeof old->code);
        out->count += by > 0 ? 1 : 0; /* what waits for its number has replaced nothing yet */
        out->from = by > out->from ? by : out->from;
    }
    return status;
}

static void bind_old(void *ctx, size_t at, struct vn_row *row)
{
    const struct old_state *old = &((const struct old_states *)ctx)->rows[at];
    vn_row_bind(row, "ti", old->code, old->number);
}

static enum vn_status raise_from(struct vn_storage *storage, int64_t number)
{
    int64_t from = 0;
    enum vn_status status = vn_storage_item_states_from(storage, &from);
    return status == VN_OK && number > from ? vn_storage_number_put(storage, FROM, number) : status;
}

/* An item that went long ago is one that never was there; but not while an earlier state of it is. */
static enum vn_status forget_gone(struct vn_storage *storage, int64_t before_ms)
{
    return vn_sql_run(storage,
                      "DELETE FROM item_state WHERE length(document) = 0 AND n > 0 AND until_ms = 0 AND"
                      " at_ms < ?",
                      "i", before_ms);
}

enum vn_status vn_storage_item_states_forget(struct vn_storage *storage, int64_t before_ms, unsigned max,
                                             bool *more)
{
    struct old_states old = {.rows = calloc(max, sizeof *old.rows)};
    if (old.rows == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = read_old(storage, before_ms, max, &old);
    *more = status == VN_OK && old.count == max;
    if (status == VN_OK && old.count > 0) {
        const struct vn_sql_batch batch = {.text = "DELETE FROM item_state WHERE code = ? AND n = ?",
                                           .types = "ti",
                                           .count = old.count,
                                           .bind = bind_old,
                                           .ctx = &old};
        status = vn_sql_many(storage, &batch);
    }
    if (status == VN_OK && old.count > 0) {
        status = raise_from(storage, old.from);
    }
    if (status == VN_OK && old.count == 0) {
        status = forget_gone(storage, before_ms);
    }
    free(old.rows);
    return status;
}
