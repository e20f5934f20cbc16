/* The driver over agent/db: hub.db, embedded, one process.
 *
 * A write transaction takes the one write lock at its beginning, so writers run one after the other and nothing is ever seen
 * twice; readers see the moment of their first statement. */
#include <stdlib.h>

#include "agent/base/planted.h"
#include "agent/db/db.h"
#include "sync/hub/storage/schema.h"
#include "sync/hub/storage/sql.h"

#define LOG_PAGES_MAX 1000 /* of 4 KiB, in the write-ahead log before they are moved into the database */
#define CACHE_KIB     32768
#define READER_KIB    8192 /* it follows what the writer wrote just now */

struct sqlite {
    struct vn_sql sql;
    struct vn_db *db;
    enum vn_status lost; /* VN_OK: it is not; see vn_storage_is_lost */
    struct vn_error
        failed; /* the first of this transaction, or what it was lost by: rolling back wipes SQLite's own */
};

struct sqlite_row {
    struct vn_row row;
    struct vn_statement *statement;
};

static struct sqlite *of(const struct vn_sql *sql)
{
    return (struct sqlite *)(uintptr_t)sql;
}

static struct vn_statement *statement_of(const struct vn_row *row)
{
    return ((const struct sqlite_row *)row)->statement;
}

/* Keeps why, while SQLite still knows. A file that is damaged anywhere is believed nowhere. */
static enum vn_status note(struct sqlite *sqlite, enum vn_status status)
{
    if (status == VN_OK || status == VN_ABSENT || status == VN_CONFLICT || sqlite->lost != VN_OK) {
        return status;
    }
    if (sqlite->failed.status == VN_OK || status == VN_CORRUPT) {
        vn_db_describe(sqlite->db, status, &sqlite->failed);
    }
    if (status == VN_CORRUPT) {
        sqlite->lost = status;
    }
    return status;
}

/* A commit that failed, or a log that could not be moved: nobody knows what is on the disk. */
static enum vn_status note_end(struct sqlite *sqlite, enum vn_status status, const struct vn_error *why)
{
    if (status == VN_OK) {
        return VN_OK;
    }
    sqlite->failed = *why;
    if (status == VN_IO || status == VN_CORRUPT) {
        sqlite->lost = status;
    }
    return status;
}

/* Where nothing should be under way: without memory, what had begun may not be undone, and all that follows would be in it. */
static void note_open(struct sqlite *sqlite)
{
    if (vn_db_in_transaction(sqlite->db) && sqlite->lost == VN_OK) {
        (void)vn_fail(&sqlite->failed, VN_NOMEM, "no memory to undo a transaction");
        sqlite->lost = VN_NOMEM;
    }
}

static void close_sqlite(struct vn_sql *sql)
{
    vn_db_close(of(sql)->db);
    free(sql);
}

static enum vn_status begin(struct vn_sql *sql, enum vn_sql_kind kind)
{
    struct sqlite *sqlite = of(sql);
    if (sqlite->lost != VN_OK) {
        return sqlite->lost;
    }
    sqlite->failed.status = VN_OK;
    enum vn_status status = note(sqlite, kind == VN_SQL_WRITE ? vn_db_begin(sqlite->db, NULL)
                                                              : vn_db_begin_read(sqlite->db, NULL));
    if (status != VN_OK) {
        note_open(sqlite);
    }
    return status;
}

static enum vn_status commit(struct vn_sql *sql)
{
    struct sqlite *sqlite = of(sql);
    if (sqlite->lost != VN_OK) { /* by a statement whose failure was taken for something else */
        vn_db_rollback(sqlite->db);
        return sqlite->lost;
    }
    struct vn_error why = {VN_OK, "", ""};
    enum vn_status status = note_end(sqlite, vn_db_commit(sqlite->db, &why), &why);
    if (status != VN_OK) {
        note_open(sqlite);
    }
    /* SQLite would do it in the commit itself, and keep to itself that the disk failed. What was committed is durable. */
    if (status == VN_OK && vn_db_wal_pages(sqlite->db) >= LOG_PAGES_MAX) {
        enum vn_status moved = vn_db_checkpoint(sqlite->db);
        vn_db_describe(sqlite->db, moved, &why);
        (void)note_end(sqlite, moved, &why);
    }
    return status;
}

static void rollback(struct vn_sql *sql)
{
    struct sqlite *sqlite = of(sql);
    vn_db_rollback(sqlite->db);
    note_open(sqlite);
}

static enum vn_status held(struct vn_sql *sql, bool *out)
{
    (void)sql;
    *out = false;
    return VN_OK;
}

static enum vn_status failed(const struct vn_sql *sql)
{
    (void)sql;
    return VN_OK; /* the write lock is had from the beginning: nothing collides later */
}

static enum vn_status run(struct vn_sql *sql, const char *text)
{
    return note(of(sql), vn_db_exec(of(sql)->db, text, NULL));
}

static enum vn_status prepare(struct vn_sql *sql, const char *text, const char *types, struct vn_row **out)
{
    (void)types;
    struct sqlite_row *row = calloc(1, sizeof *row);
    if (row == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = note(of(sql), vn_db_prepare(of(sql)->db, text, &row->statement, NULL));
    if (status != VN_OK) {
        free(row);
        return status;
    }
    row->row.sql = sql;
    *out = &row->row;
    return VN_OK;
}

static void destroy(struct vn_row *row)
{
    vn_statement_destroy(statement_of(row));
    free(row);
}

static void bind_int(struct vn_row *row, int index, int64_t value)
{
    vn_bind_int(statement_of(row), index, value);
}

static void bind_text(struct vn_row *row, int index, const char *value)
{
    vn_bind_text(statement_of(row), index, value);
}

static void bind_view(struct vn_row *row, int index, struct vn_view value)
{
    vn_bind_blob(statement_of(row), index, value);
}

static enum vn_status step(struct vn_row *row)
{
    return note(of(row->sql), vn_statement_step(statement_of(row)));
}

static void reset(struct vn_row *row)
{
    vn_statement_reset(statement_of(row));
}

static enum vn_status many(struct vn_row *row, const struct vn_sql_batch *batch)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < batch->count && status == VN_OK; i++) {
        batch->bind(batch->ctx, i, row);
        status = step(row);
        while (status == VN_OK) {
            status = batch->visit == NULL ? VN_OK : batch->visit(batch->ctx, i, row);
            status = status == VN_OK ? step(row) : status;
        }
        reset(row);
        status = status == VN_ABSENT ? VN_OK : status;
    }
    return status;
}

static int64_t column_int(struct vn_row *row, int column)
{
    return vn_column_int(statement_of(row), column);
}

static struct vn_view column_view(struct vn_row *row, int column)
{
    return vn_column_blob(statement_of(row), column);
}

static bool is_lost(const struct vn_sql *sql)
{
    return of(sql)->lost != VN_OK;
}

static void describe(struct vn_sql *sql, enum vn_status status, struct vn_error *error)
{
    const struct vn_error *failed = &of(sql)->failed;
    if (failed->status != VN_OK) {
        (void)vn_fail(error, failed->status, "%s", failed->text);
    } else if (status == VN_CORRUPT) { /* SQLite was content */
        (void)vn_fail(error, status, "a row is not as it was written");
    } else {
        vn_db_describe(of(sql)->db, status, error);
    }
}

static const struct vn_sql_ops ops = {
    .close = close_sqlite,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .failed = failed,
    .held = held,
    .run = run,
    .prepare = prepare,
    .destroy = destroy,
    .bind_int = bind_int,
    .bind_text = bind_text,
    .bind_view = bind_view,
    .step = step,
    .reset = reset,
    .many = many,
    .column_int = column_int,
    .column_view = column_view,
    .is_lost = is_lost,
    .describe = describe,
};

enum vn_status vn_sqlite_open(const char *path, const struct vn_storage_options *options, bool must_exist,
                              struct vn_sql **out, struct vn_error *error)
{
    const struct vn_db_options db_options = {.mode = options->reader                 ? VN_DB_READER
                                                     : VN_PLANTED(ACK_BEFORE_COMMIT) ? VN_DB_CACHE
                                                                                     : VN_DB_DURABLE,
                                             .vfs = options->vfs,
                                             .must_exist = must_exist,
                                             .cache_kib = options->cache_kib > 0 ? options->cache_kib
                                                          : options->reader      ? READER_KIB
                                                                                 : CACHE_KIB,
                                             .autocheckpoint_pages = -1,
                                             .numbers_logs = !options->reader};
    *out = NULL;
    struct sqlite *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    sqlite->sql.ops = &ops;
    enum vn_status status = vn_db_open(path, &db_options, &sqlite->db, error);
    if (status == VN_OK && !options->reader) {
        status = vn_db_migrate(sqlite->db, vn_schema_sqlite, VN_SCHEMA_VERSION, error);
    }
    if (status != VN_OK) {
        close_sqlite(&sqlite->sql);
        return status;
    }
    *out = &sqlite->sql;
    return VN_OK;
}
