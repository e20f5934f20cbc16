/* A connection and its pragmas.
 *
 * What goes wrong here on real disks: a pragma that did not take is silent (journal_mode answers with the
 * mode that is in force, whatever was asked), so is the sync of a folder that failed, one of a file can't be asked again, a file
 * that is no database is noticed only at the first read, and a reader that is the last to close would checkpoint. So
 * every open reads something, compares the answers, and readers are told never to checkpoint, also not on
 * close. */
#include "agent/db/db.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/db/internal.h"

#define DEFAULT_CACHE_KIB 512
#define BUSY_WAIT_MS      2000 /* another connection that opens, closes or checkpoints holds a lock this briefly */

static const struct {
    int code;
    enum vn_status status;
} code_table[] = {
    {SQLITE_OK, VN_OK},
    {SQLITE_ROW, VN_OK},
    {SQLITE_DONE, VN_ABSENT},
    {SQLITE_CONSTRAINT_UNIQUE, VN_CONFLICT},
    {SQLITE_CONSTRAINT_PRIMARYKEY, VN_CONFLICT},
    {SQLITE_CONSTRAINT_ROWID, VN_CONFLICT},
    {SQLITE_CONSTRAINT, VN_ARG},
    {SQLITE_FULL, VN_FULL},
    {SQLITE_TOOBIG, VN_FULL},
    {SQLITE_IOERR_NOMEM, VN_NOMEM},
    {SQLITE_IOERR_CORRUPTFS, VN_CORRUPT},
    {SQLITE_IOERR, VN_IO},
    {SQLITE_CANTOPEN, VN_IO},
    {SQLITE_PROTOCOL, VN_IO},
    {SQLITE_CORRUPT, VN_CORRUPT},
    {SQLITE_NOTADB, VN_CORRUPT},
    {SQLITE_FORMAT, VN_CORRUPT},
    {SQLITE_BUSY, VN_AGAIN},
    {SQLITE_LOCKED, VN_AGAIN},
    {SQLITE_NOMEM, VN_NOMEM},
    {SQLITE_READONLY, VN_DENIED},
    {SQLITE_PERM, VN_DENIED},
    {SQLITE_AUTH, VN_DENIED},
};

/* The extended code first, then its primary code; what is in no row is the caller's bug (bad SQL, misuse). */
enum vn_status vn_db_status(int code)
{
    for (int pass = 0; pass < 2; pass++) {
        int wanted = pass == 0 ? code : code & 0xff;
        for (size_t i = 0; i < sizeof code_table / sizeof code_table[0]; i++) {
            if (code_table[i].code == wanted) {
                return code_table[i].status;
            }
        }
    }
    return VN_ARG;
}

enum vn_status vn_db_fail(struct vn_db *db, int code, struct vn_error *error, const char *doing)
{
    enum vn_status status = vn_db_status(code);
    const char *text = db->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db->handle);
    if (code == SQLITE_IOERR_SHMSIZE) { /* the first that is written when a log is opened */
        text = "the disk is full, or fails";
    }
    return vn_fail(error, status, "%s: %s (SQLite %d)", doing, text, code);
}

bool vn_db_read_failed(const struct vn_db *db)
{
    return sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_READ;
}

void vn_db_describe(struct vn_db *db, enum vn_status status, struct vn_error *error)
{
    (void)vn_fail(error, status, "%s (SQLite %d)", sqlite3_errmsg(db->handle),
                  sqlite3_extended_errcode(db->handle));
}

enum vn_status vn_db_exec(struct vn_db *db, const char *sql, struct vn_error *error)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? VN_OK : vn_db_fail(db, code, error, "statement failed");
}

/* Runs a pragma that answers with one value and compares it with what must be in force. */
static enum vn_status expect_pragma(struct vn_db *db, const char *sql, const char *wanted,
                                    struct vn_error *error)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
    }
    bool same = false;
    if (code == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(stmt, 0);
        same = found != NULL && strcmp(found, wanted) == 0;
    }
    enum vn_status status = VN_OK;
    if (code != SQLITE_ROW) {
        status = vn_db_fail(db, code, error, "can't read the database");
    } else if (!same) {
        status = vn_fail(error, VN_IO, "%s did not give %s", sql, wanted);
    }
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum vn_status set_journal(struct vn_db *db, struct vn_error *error)
{
    switch (db->mode) {
    case VN_DB_DURABLE:
    case VN_DB_CACHE: return expect_pragma(db, "PRAGMA journal_mode=WAL", "wal", error);
    case VN_DB_BUILD: return expect_pragma(db, "PRAGMA journal_mode=OFF", "off", error);
    case VN_DB_READER: break;
    }
    return expect_pragma(db, "SELECT count(*) >= 0 FROM sqlite_schema", "1", error);
}

static int on_commit(void *ctx, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    struct vn_db *db = ctx;
    db->wal_pages = pages;
    db->number_drawn = db->number_drawn || db->number_drawing;
    return SQLITE_OK;
}

static enum vn_status set_pragmas(struct vn_db *db, const struct vn_db_options *options,
                                  struct vn_error *error)
{
    static const char *const synchronous[] = {"FULL", "NORMAL", "OFF", "NORMAL"};
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA mmap_size=0; PRAGMA cache_size=-%d; PRAGMA synchronous=%s;"
                   "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=%s",
                   options->cache_kib > 0 ? options->cache_kib : DEFAULT_CACHE_KIB,
                   synchronous[options->mode],
                   /* an index over a million rows is sorted on the disk, not in a till's memory */
                   options->mode == VN_DB_BUILD ? "FILE" : "MEMORY");
    enum vn_status status = set_journal(db, error);
    if (status == VN_OK) {
        status = vn_db_exec(db, sql, error);
    }
    if (status != VN_OK) {
        return status;
    }
    bool reader = options->mode == VN_DB_READER;
    int pages = reader ? -1 : options->autocheckpoint_pages;
    int code = SQLITE_OK;
    if (pages != 0) {
        code = sqlite3_wal_autocheckpoint(db->handle, pages);
    }
    if (pages < 0 && !reader) {
        (void)sqlite3_wal_hook(db->handle, on_commit, db);
    }
    if (code == SQLITE_OK && reader) {
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    if (code == SQLITE_OK && options->mode != VN_DB_BUILD) {
        code = sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    }
    if (code != SQLITE_OK) {
        return vn_db_fail(db, code, error, "can't set up the database");
    }
    return reader ? vn_db_exec(db, "PRAGMA query_only=ON", error) : VN_OK;
}

/* SQLite would create 0644. O_EXCL: an existing file must not be opened and closed here, because closing any
 * descriptor of a file drops the locks that this process's other connections hold on it. */
static void create_private(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* Asks the disk that the file would be opened on; of an unknown disk the opening will say so. */
static bool is_missing(const char *path, const char *vfs_name)
{
    int there = 0;
    /* SQLite's own takes an empty file for none, and that would hide that one was lost. */
    if (vfs_name == NULL) {
        return access(path, F_OK) != 0;
    }
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    return vfs != NULL && vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &there) == SQLITE_OK && there == 0;
}

static int prepare_verbs(struct vn_db *db)
{
    static const char *const texts[] = {[VN_DB_BEGIN_READ] = "BEGIN",
                                        [VN_DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
                                        [VN_DB_COMMIT] = "COMMIT",
                                        [VN_DB_ROLLBACK] = "ROLLBACK"};
    int code = SQLITE_OK;
    for (int i = 0; i < VN_DB_VERBS && code == SQLITE_OK; i++) {
        code = sqlite3_prepare_v3(db->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &db->verbs[i], NULL);
    }
    return code;
}

enum vn_status vn_db_open(const char *path, const struct vn_db_options *options, struct vn_db **out,
                          struct vn_error *error)
{
    *out = NULL;
    bool reader = options->mode == VN_DB_READER;
    bool must_exist = reader || options->must_exist;
    if (must_exist && is_missing(path, options->vfs)) {
        return vn_fail(error, VN_ABSENT, "no database at %s", path);
    }
    struct vn_error why = {VN_OK, "", ""};
    if (options->mode == VN_DB_DURABLE && vn_db_settle_log(path, options, &why) != VN_OK) {
        return vn_fail(error, why.status, "%s: %s", path, why.text);
    }
    if (options->vfs == NULL && !must_exist) {
        create_private(path);
    }
    struct vn_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    db->mode = options->mode;
    db->numbers_logs = options->numbers_logs;
    int flags = (reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                (must_exist ? 0 : SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path, &db->handle, flags, options->vfs);
    if (code == SQLITE_OK) {
        code = sqlite3_busy_timeout(db->handle, BUSY_WAIT_MS);
    }
    if (code == SQLITE_OK) {
        code = prepare_verbs(db);
    }
    enum vn_status status = code == SQLITE_OK ? set_pragmas(db, options, &why)
                                              : vn_db_fail(db, code, &why, "can't open the database");
    if (status == VN_OK &&
        options->mode == VN_DB_DURABLE) { /* its log has been opened, and lives as long as we */
        status = vn_db_sync_names(sqlite3_db_filename(db->handle, "main"), &why);
    }
    if (status != VN_OK) {
        vn_db_close(db);
        return vn_fail(error, status, "%s: %s", path, why.text);
    }
    *out = db;
    return VN_OK;
}

void vn_db_close(struct vn_db *db)
{
    if (db == NULL) {
        return;
    }
    while (db->statements != NULL) {
        vn_statement_destroy(db->statements);
    }
    for (int i = 0; i < VN_DB_VERBS; i++) {
        (void)sqlite3_finalize(db->verbs[i]);
    }
    (void)sqlite3_close_v2(db->handle);
    free(db);
}

static enum vn_status read_version(struct vn_db *db, int *version, struct vn_error *error)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA user_version", -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(stmt);
    }
    if (code == SQLITE_ROW) {
        *version = sqlite3_column_int(stmt, 0);
    }
    enum vn_status status =
        code == SQLITE_ROW ? VN_OK : vn_db_fail(db, code, error, "can't read the schema's version");
    (void)sqlite3_finalize(stmt);
    return status;
}

static enum vn_status migrate_step(struct vn_db *db, const char *sql, int version, struct vn_error *error)
{
    char mark[48];
    (void)snprintf(mark, sizeof mark, "PRAGMA user_version=%d", version);
    enum vn_status status = vn_db_begin(db, error);
    if (status == VN_OK) {
        status = vn_db_exec(db, sql, error);
    }
    if (status == VN_OK) {
        status = vn_db_exec(db, mark, error);
    }
    if (status == VN_OK) {
        return vn_db_commit(db, error);
    }
    vn_db_rollback(db);
    return status;
}

enum vn_status vn_db_migrate(struct vn_db *db, const char *const *steps, int count, struct vn_error *error)
{
    int version = 0;
    enum vn_status status = read_version(db, &version, error);
    if (status != VN_OK) {
        return status;
    }
    if (version < 0 || version > count) {
        return vn_fail(error, VN_UNSUPPORTED, "schema %d is newer than this program's %d", version, count);
    }
    for (; version < count && status == VN_OK; version++) {
        status = migrate_step(db, steps[version], version + 1, error);
    }
    return status;
}

static enum vn_status say(struct vn_db *db, enum vn_db_verb verb, struct vn_error *error)
{
    int code = sqlite3_step(db->verbs[verb]);
    (void)sqlite3_reset(db->verbs[verb]); /* says the same once more */
    return code == SQLITE_DONE ? VN_OK : vn_db_fail(db, code, error, "statement failed");
}

enum vn_status vn_db_begin_read(struct vn_db *db, struct vn_error *error)
{
    return say(db, VN_DB_BEGIN_READ, error);
}

enum vn_status vn_db_begin(struct vn_db *db, struct vn_error *error)
{
    bool is_first = sqlite3_get_autocommit(db->handle) != 0;
    enum vn_status status = say(db, db->mode == VN_DB_READER ? VN_DB_BEGIN_READ : VN_DB_BEGIN_WRITE, error);
    if (status == VN_OK) {
        status = vn_db_number_log(db, error);
    }
    if (status != VN_OK && is_first) { /* it may have begun, and then run out of memory */
        vn_db_rollback(db);
    }
    return status;
}

enum vn_status vn_db_commit(struct vn_db *db, struct vn_error *error)
{
    enum vn_status status = say(db, VN_DB_COMMIT, error);
    if (status != VN_OK) {
        vn_db_rollback(db);
    }
    return status;
}

void vn_db_rollback(struct vn_db *db)
{
    /* Some failures have rolled back already. */
    if (sqlite3_get_autocommit(db->handle) == 0) {
        (void)say(db, VN_DB_ROLLBACK, NULL);
    }
}

bool vn_db_in_transaction(const struct vn_db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

/* A transaction is synced at its end, and with it, because nothing was before, the whole file. */
enum vn_status vn_db_settle(struct vn_db *db, struct vn_error *error)
{
    char sql[96];
    int version = 0;
    enum vn_status status = read_version(db, &version, error);
    if (status != VN_OK) {
        return status;
    }
    (void)snprintf(sql, sizeof sql, "PRAGMA synchronous=FULL; PRAGMA user_version=%d", version);
    return vn_db_exec(db, sql, error);
}

int vn_db_wal_pages(const struct vn_db *db)
{
    return db->wal_pages;
}

enum vn_status vn_db_checkpoint(struct vn_db *db)
{
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (code == SQLITE_OK) {
        db->wal_pages = 0;
    }
    return vn_db_status(code);
}
