/* A copy of a database that is in use. SQLite's backup walks the pages; a read transaction that is held around it keeps it on
 * one moment, so that writers neither wait nor make it begin again. */
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/db/internal.h"

#define STEP_PAGES 512 /* 2 MiB between two words about progress */

static enum vn_status copy_pages(struct vn_db *from, struct vn_db *to, vn_db_progress progress, void *ctx,
                                 struct vn_error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (backup == NULL) {
        return vn_db_fail(to, sqlite3_errcode(to->handle), error, "can't begin the copy");
    }
    int code = SQLITE_OK;
    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        if (progress != NULL && (code == SQLITE_OK || code == SQLITE_DONE)) {
            int pages = sqlite3_backup_pagecount(backup);
            progress(ctx, pages - sqlite3_backup_remaining(backup), pages);
        }
    }
    int end = sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE && end == SQLITE_OK) {
        return VN_OK;
    }
    return vn_db_fail(to, code == SQLITE_DONE ? end : code, error, "the copy failed");
}

static enum vn_status fill(struct vn_db *from, const char *path, vn_db_progress progress, void *ctx,
                           struct vn_error *error)
{
    const struct vn_db_options options = {.mode = VN_DB_BUILD, .must_exist = true};
    struct vn_db *to = NULL;
    enum vn_status status = vn_db_open(path, &options, &to, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_db_begin(from, error);
    if (status == VN_OK) {
        /* the moment is that of the first read, and without one each step would be a moment of its own */
        status = vn_db_exec(from, "SELECT 1 FROM sqlite_schema LIMIT 1", error);
        if (status == VN_OK) {
            status = copy_pages(from, to, progress, ctx, error);
        }
        vn_db_rollback(from); /* it only read */
    }
    if (status == VN_OK) { /* the pages say that there is a log beside them */
        status = vn_db_exec(to, "PRAGMA journal_mode=DELETE", error);
    }
    if (status == VN_OK) {
        status = vn_db_settle(to, error);
    }
    vn_db_close(to);
    return status;
}

enum vn_status vn_db_copy(struct vn_db *from, const char *path, vn_db_progress progress, void *ctx,
                          struct vn_error *error)
{
    enum vn_status status = vn_file_create(path, (struct vn_view){NULL, 0}, error);
    if (status == VN_OK) {
        status = fill(from, path, progress, ctx, error);
        if (status != VN_OK) {
            (void)remove(path);
        }
    }
    return status;
}

enum vn_status vn_db_verify(struct vn_db *db, struct vn_error *error)
{
    struct vn_statement *statement = NULL;
    char text[VN_ERROR_TEXT_MAX] = "";
    enum vn_status status = vn_db_prepare(db, "PRAGMA integrity_check(1)", &statement, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_statement_step(statement);
    if (status != VN_OK) {
        vn_db_describe(db, status, error);
    } else if (vn_column_text(statement, 0, text, sizeof text) != VN_OK || strcmp(text, "ok") != 0) {
        status = vn_fail(error, VN_CORRUPT, "the database is damaged: %s", text);
    }
    vn_statement_destroy(statement);
    return status;
}
