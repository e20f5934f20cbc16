/* What the files of this box share: the connection, its statements, and the one place where SQLite's
 * codes become vn_status. Nobody else includes this. */
#ifndef VN_DB_INTERNAL_H
#define VN_DB_INTERNAL_H

#include <sqlite3.h>

#include "agent/db/db.h"

struct vn_statement {
    sqlite3_stmt *stmt;
    struct vn_db *db;
    struct vn_statement *next, *prev;
    int bind_code; /* the first failed bind; the next step reports it */
};

/* What each transaction says. */
enum vn_db_verb {
    VN_DB_BEGIN_READ,
    VN_DB_BEGIN_WRITE,
    VN_DB_COMMIT,
    VN_DB_ROLLBACK,
    VN_DB_VERBS,
};

struct vn_db {
    sqlite3 *handle;
    /* Made ready while there is memory: without the last one a transaction would stay open. */
    sqlite3_stmt *verbs[VN_DB_VERBS];
    enum vn_db_mode mode;
    int wal_pages;
    bool numbers_logs;
    bool number_drawing,
        number_drawn;                /* at random: in the transaction under way; in one that was committed */
    struct vn_statement *statements; /* alive ones, so that close can finalise what was left */
};

enum vn_status vn_db_status(int code);
/* Before a database is opened for durable writing: brings a log that an earlier process left to the disk, if nobody else has the
 * database open. VN_OK also when there is none. VN_IO, VN_FULL, VN_NOMEM; VN_CONFLICT: it is numbered, and of another file. */
enum vn_status vn_db_settle_log(const char *path, const struct vn_db_options *options,
                                struct vn_error *error);
/* Syncs the folder that names this file, by its whole path: SQLite does it for a log that it made, and doesn't say when it
 * failed, so that all that was ever synced in the log would be gone with its name. VN_IO, VN_ARG. */
enum vn_status vn_db_sync_names(const char *path, struct vn_error *error);
/* The rule is in log_number.c. A code of SQLite's. */
int vn_db_log_is_foreign(sqlite3_file *database, sqlite3_file *log, bool *foreign);
/* In a write transaction that has just begun: gives the log its number, if it is a new one. */
enum vn_status vn_db_number_log(struct vn_db *db, struct vn_error *error);
/* Fills *error from the connection's last message and returns the status of `code`. */
enum vn_status vn_db_fail(struct vn_db *db, int code, struct vn_error *error, const char *doing);

#endif
