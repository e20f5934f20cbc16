/* Prepared statements: bind, step, read, reset. A failed bind is kept and reported by the next step, so that
 * callers can write their binds straight down. */
#include <stdlib.h>
#include <string.h>

#include "agent/db/internal.h"

enum vn_status vn_db_prepare(struct vn_db *db, const char *sql, struct vn_statement **out,
                             struct vn_error *error)
{
    *out = NULL;
    struct vn_statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->stmt, NULL);
    if (code != SQLITE_OK) {
        free(statement);
        return vn_db_fail(db, code, error, "can't prepare a statement");
    }
    statement->db = db;
    statement->next = db->statements;
    if (statement->next != NULL) {
        statement->next->prev = statement;
    }
    db->statements = statement;
    *out = statement;
    return VN_OK;
}

void vn_statement_destroy(struct vn_statement *statement)
{
    if (statement == NULL) {
        return;
    }
    if (statement->prev != NULL) {
        statement->prev->next = statement->next;
    } else {
        statement->db->statements = statement->next;
    }
    if (statement->next != NULL) {
        statement->next->prev = statement->prev;
    }
    (void)sqlite3_finalize(statement->stmt);
    free(statement);
}

static void bound(struct vn_statement *statement, int code)
{
    if (code != SQLITE_OK && statement->bind_code == SQLITE_OK) {
        statement->bind_code = code;
    }
}

void vn_bind_int(struct vn_statement *statement, int index, int64_t value)
{
    bound(statement, sqlite3_bind_int64(statement->stmt, index, value));
}

void vn_bind_text(struct vn_statement *statement, int index, const char *value)
{
    bound(statement, sqlite3_bind_text(statement->stmt, index, value, -1, SQLITE_STATIC));
}

void vn_bind_blob(struct vn_statement *statement, int index, struct vn_view value)
{
    /* A NULL pointer would bind null: an empty view is an empty blob. */
    const void *data = value.data == NULL ? "" : (const void *)value.data;
    bound(statement, sqlite3_bind_blob64(statement->stmt, index, data, value.len, SQLITE_STATIC));
}

void vn_statement_reset(struct vn_statement *statement)
{
    (void)sqlite3_reset(statement->stmt);
    (void)sqlite3_clear_bindings(statement->stmt);
    statement->bind_code = SQLITE_OK;
}

enum vn_status vn_statement_step(struct vn_statement *statement)
{
    int code = statement->bind_code;
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement->stmt);
        if (code == SQLITE_ROW) {
            return VN_OK;
        }
    }
    vn_statement_reset(statement);
    return vn_db_status(code);
}

enum vn_status vn_statement_run(struct vn_statement *statement)
{
    enum vn_status status = vn_statement_step(statement);
    if (status == VN_OK) {
        /* A row that nobody asked for (RETURNING, a pragma): run on to the end. */
        while (status == VN_OK) {
            status = vn_statement_step(statement);
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

int64_t vn_column_int(struct vn_statement *statement, int index)
{
    return sqlite3_column_int64(statement->stmt, index);
}

struct vn_view vn_column_blob(struct vn_statement *statement, int index)
{
    const void *data = sqlite3_column_blob(statement->stmt, index);
    int len = sqlite3_column_bytes(statement->stmt, index);
    return vn_view_of(data, data == NULL || len < 0 ? 0 : (size_t)len);
}

enum vn_status vn_column_text(struct vn_statement *statement, int index, char *out, size_t out_size)
{
    return vn_view_copy_str(vn_column_blob(statement, index), out, out_size);
}
