#include "sync/hub/storage_sqlite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_PAGES_MAX 1000 /* of 4 KiB, in the write-ahead log before they are moved into the database */

/* One row of `change` for each thing that tills know: REPLACE gives it a new number. AUTOINCREMENT, so that a
 * number is never used twice, which a cursor relies on. */
static const char *const steps[] = {
    "CREATE TABLE number(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE store(id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE till(id TEXT PRIMARY KEY, store TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE code(hash BLOB PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE enrolment(id INTEGER PRIMARY KEY, enrolment BLOB NOT NULL UNIQUE, store TEXT NOT NULL,"
    " till TEXT NOT NULL, serial TEXT NOT NULL, state INTEGER NOT NULL, high_seq INTEGER NOT NULL,"
    " head BLOB NOT NULL, granted INTEGER NOT NULL, quarantined INTEGER NOT NULL, ack_ms INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL, report TEXT NOT NULL DEFAULT '', report_ms INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE boot(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, boot BLOB NOT NULL,"
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"
    "CREATE TABLE entry(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
    " body BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, arrived_ms INTEGER NOT NULL,"
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"
    "CREATE TABLE waiting(enrolment INTEGER NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL,"
    " points INTEGER NOT NULL, PRIMARY KEY(enrolment, account, seq)) WITHOUT ROWID;"
    "CREATE INDEX quarantined ON entry(enrolment, seq) WHERE reason <> '';"
    "CREATE TABLE posting(id INTEGER PRIMARY KEY, movement INTEGER NOT NULL, account TEXT NOT NULL,"
    " place INTEGER NOT NULL, enrolment INTEGER NOT NULL, amount INTEGER NOT NULL, why TEXT NOT NULL,"
    " cause INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL);"
    "CREATE INDEX posting_account ON posting(account);"
    "CREATE TABLE balance(account TEXT NOT NULL, place INTEGER NOT NULL, enrolment INTEGER NOT NULL,"
    " amount INTEGER NOT NULL, PRIMARY KEY(account, place, enrolment)) WITHOUT ROWID;"
    "CREATE TABLE lot(id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, free INTEGER NOT NULL,"
    " earned_ms INTEGER NOT NULL, matures_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);"
    "CREATE INDEX lot_account ON lot(account);"
    "CREATE TABLE slice(enrolment INTEGER NOT NULL, lot INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " PRIMARY KEY(lot, enrolment)) WITHOUT ROWID;"
    "CREATE TABLE counter(enrolment INTEGER NOT NULL, account TEXT NOT NULL, granted INTEGER NOT NULL,"
    " inward INTEGER NOT NULL, outward INTEGER NOT NULL, PRIMARY KEY(enrolment, account)) WITHOUT ROWID;"
    "CREATE TABLE granted(enrolment INTEGER NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL,"
    " lot INTEGER NOT NULL, granted INTEGER NOT NULL, amount INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " PRIMARY KEY(enrolment, account, number, lot)) WITHOUT ROWID;"
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, enrolment INTEGER NOT NULL, store TEXT NOT NULL,"
    " till TEXT NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"
    " state INTEGER NOT NULL, account TEXT NOT NULL, commit_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " total_minor INTEGER NOT NULL, discount_minor INTEGER NOT NULL, points_earned INTEGER NOT NULL,"
    " points_spent INTEGER NOT NULL, ruleset INTEGER NOT NULL, fiscal TEXT NOT NULL, flags TEXT NOT NULL,"
    " UNIQUE(pos, date, receipt, till));"
    "CREATE INDEX sale_account ON sale(account, at_ms);"
    "CREATE TABLE hold(sale INTEGER NOT NULL, enrolment INTEGER NOT NULL, account TEXT NOT NULL,"
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, enrolment, account)) WITHOUT ROWID;"
    "CREATE TABLE used(sale INTEGER NOT NULL, account TEXT NOT NULL, lot INTEGER NOT NULL,"
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, account, lot)) WITHOUT ROWID;"
    "CREATE TABLE receipt(member INTEGER NOT NULL, at_ms INTEGER NOT NULL, store TEXT NOT NULL,"
    " total_minor INTEGER NOT NULL, points INTEGER NOT NULL,"
    " PRIMARY KEY(member, at_ms, store, total_minor)) WITHOUT ROWID;"
    "CREATE TABLE member(id INTEGER PRIMARY KEY, facts TEXT NOT NULL, spent_minor INTEGER NOT NULL DEFAULT "
    "0);"
    "CREATE TABLE card(hash BLOB PRIMARY KEY, member INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX card_member ON card(member);"
    "CREATE TABLE item(code TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE coupon(id INTEGER PRIMARY KEY AUTOINCREMENT, number BLOB NOT NULL UNIQUE,"
    " promotion TEXT NOT NULL, label TEXT NOT NULL, single_use INTEGER NOT NULL, from_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, member INTEGER NOT NULL);"
    "CREATE TABLE published(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, promotion TEXT NOT NULL,"
    " text BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL);"
    "CREATE TABLE change(n INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, key TEXT NOT NULL,"
    " UNIQUE(kind, key));",
};

static enum vn_status open_storage(const char *path, const char *vfs, bool must_exist,
                                   struct vn_storage **out, struct vn_error *error)
{
    const struct vn_db_options options = {.mode = VN_DB_DURABLE,
                                          .vfs = vfs,
                                          .must_exist = must_exist,
                                          .cache_kib = 32768,
                                          .autocheckpoint_pages = -1};
    *out = NULL;
    struct vn_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = vn_db_open(path, &options, &storage->db, error);
    if (status == VN_OK) {
        status = vn_db_migrate(storage->db, steps, (int)(sizeof steps / sizeof *steps), error);
    }
    if (status == VN_OK) {
        status = vn_sql_number(storage, &storage->movement,
                               "SELECT ifnull(max(movement), 0) FROM posting WHERE id >= "
                               "(SELECT ifnull(max(id), 0) - 1 FROM posting)",
                               "");
        if (status != VN_OK) {
            vn_db_describe(storage->db, status, error);
        }
    }
    if (status != VN_OK) {
        vn_storage_close(storage);
        return status;
    }
    *out = storage;
    return VN_OK;
}

enum vn_status vn_storage_open(const char *path, const char *vfs, struct vn_storage **out,
                               struct vn_error *error)
{
    return open_storage(path, vfs, true, out, error);
}

enum vn_status vn_storage_create(const char *path, const char *vfs, struct vn_storage **out,
                                 struct vn_error *error)
{
    return open_storage(path, vfs, false, out, error);
}

void vn_storage_close(struct vn_storage *storage)
{
    if (storage == NULL) {
        return;
    }
    for (size_t i = 0; i < VN_SQL_SLOTS; i++) {
        if (storage->statements[i] != NULL) {
            vn_statement_destroy(storage->statements[i]);
        }
    }
    if (storage->db != NULL) {
        vn_db_close(storage->db);
    }
    free(storage);
}

void vn_storage_describe(struct vn_storage *storage, enum vn_status status, struct vn_error *error)
{
    vn_db_describe(storage->db, status, error);
}

enum vn_status vn_storage_begin(struct vn_storage *storage)
{
    return storage->lost ? VN_IO : vn_db_begin(storage->db, NULL);
}

enum vn_status vn_storage_commit(struct vn_storage *storage)
{
    enum vn_status status = vn_db_commit(storage->db, NULL);
    if (status != VN_OK) {
        storage->lost = storage->lost || status == VN_IO;
        vn_db_rollback(storage->db);
        return status;
    }
    /* SQLite would do it in the commit itself, and keep to itself that the disk failed. What was committed is durable. */
    if (vn_db_wal_pages(storage->db) >= LOG_PAGES_MAX && vn_db_checkpoint(storage->db) == VN_IO) {
        storage->lost = true;
    }
    return VN_OK;
}

bool vn_storage_is_lost(const struct vn_storage *storage)
{
    return storage->lost;
}

void vn_storage_rollback(struct vn_storage *storage)
{
    vn_db_rollback(storage->db);
}

enum vn_status vn_storage_mark(struct vn_storage *storage)
{
    return vn_sql_run(storage, "SAVEPOINT mark", "");
}

enum vn_status vn_storage_keep(struct vn_storage *storage)
{
    return vn_sql_run(storage, "RELEASE mark", "");
}

enum vn_status vn_storage_undo(struct vn_storage *storage)
{
    enum vn_status status = vn_sql_run(storage, "ROLLBACK TO mark", "");
    return status == VN_OK ? vn_storage_keep(storage) : status;
}

static enum vn_status find(struct vn_storage *storage, const char *sql, struct vn_statement **out)
{
    size_t slot = (size_t)((uintptr_t)sql >> 3) % VN_SQL_SLOTS;
    for (size_t i = 0; i < VN_SQL_SLOTS; i++, slot = (slot + 1) % VN_SQL_SLOTS) {
        if (storage->texts[slot] == sql) {
            *out = storage->statements[slot];
            return VN_OK;
        }
        if (storage->texts[slot] == NULL) {
            enum vn_status status = vn_db_prepare(storage->db, sql, &storage->statements[slot], NULL);
            if (status == VN_OK) {
                storage->texts[slot] = sql;
                *out = storage->statements[slot];
            }
            return status;
        }
    }
    return VN_ARG;
}

static enum vn_status open_with(struct vn_storage *storage, struct vn_statement **out, const char *sql,
                                const char *types, va_list args)
{
    enum vn_status status = find(storage, sql, out);
    if (status != VN_OK) {
        return status;
    }
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 'i') {
            vn_bind_int(*out, i + 1, va_arg(args, int64_t));
        } else if (types[i] == 't') {
            vn_bind_text(*out, i + 1, va_arg(args, const char *));
        } else {
            vn_bind_blob(*out, i + 1, va_arg(args, struct vn_view));
        }
    }
    return VN_OK;
}

enum vn_status vn_sql_open(struct vn_storage *storage, struct vn_statement **out, const char *sql,
                           const char *types, ...)
{
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, out, sql, types, args);
    va_end(args);
    return status;
}

enum vn_status vn_sql_first(struct vn_storage *storage, struct vn_statement **out, const char *sql,
                            const char *types, ...)
{
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, out, sql, types, args);
    va_end(args);
    return status == VN_OK ? vn_statement_step(*out) : status;
}

enum vn_status vn_sql_run(struct vn_storage *storage, const char *sql, const char *types, ...)
{
    struct vn_statement *statement = NULL;
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, &statement, sql, types, args);
    va_end(args);
    return status == VN_OK ? vn_statement_run(statement) : status;
}

enum vn_status vn_sql_number(struct vn_storage *storage, int64_t *out, const char *sql, const char *types,
                             ...)
{
    struct vn_statement *statement = NULL;
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, &statement, sql, types, args);
    va_end(args);
    if (status == VN_OK) {
        status = vn_statement_step(statement);
    }
    if (status == VN_OK) {
        *out = vn_column_int(statement, 0);
        vn_statement_reset(statement);
    }
    return status;
}

enum vn_status vn_sql_bytes(struct vn_statement *statement, int column, void *out, size_t size)
{
    struct vn_view view = vn_column_blob(statement, column);
    if (view.len != size) {
        return VN_CORRUPT;
    }
    memcpy(out, view.data, size);
    return VN_OK;
}

enum vn_status vn_sql_text(struct vn_statement *statement, int column, char *out, size_t size)
{
    return vn_column_text(statement, column, out, size) == VN_OK ? VN_OK : VN_CORRUPT;
}

enum vn_status vn_sql_end(struct vn_statement *statement, enum vn_status status)
{
    vn_statement_reset(statement);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_number(struct vn_storage *storage, const char *name, int64_t *out)
{
    return vn_sql_number(storage, out, "SELECT value FROM number WHERE name = ?", "t", name);
}

enum vn_status vn_storage_number_put(struct vn_storage *storage, const char *name, int64_t value)
{
    return vn_sql_run(storage, "REPLACE INTO number VALUES(?, ?)", "ti", name, value);
}
