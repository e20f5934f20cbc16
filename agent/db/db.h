/* SQLite for till and hub: opening with the pragmas that each use needs, prepared statements, transactions,
 * migrations.
 *
 * A connection belongs to one thread. Everything blocks on the disk. SQLite's codes are turned into vn_status
 * here and nowhere else; the details go into *error. */
#ifndef VN_DB_DB_H
#define VN_DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"

struct vn_db;        /* opaque */
struct vn_statement; /* opaque; finalised by vn_db_close if it still lives */

enum vn_db_mode {
    VN_DB_DURABLE, /* WAL, synchronous=FULL: a commit is on the disk; what a process left that ended is brought there first */
    VN_DB_CACHE,  /* WAL, synchronous=NORMAL: a power loss may take the last commits, never the consistency */
    VN_DB_BUILD,  /* no journal, synchronous=OFF: a file that is being built, see vn_db_settle */
    VN_DB_READER, /* read-only, query_only; never checkpoints, also not on close */
};

struct vn_db_options {
    enum vn_db_mode mode;
    const char *vfs;          /* NULL: SQLite's own */
    int cache_kib;            /* page cache; 0: 512 */
    bool must_exist;          /* a reader's file always must */
    int autocheckpoint_pages; /* 0: SQLite's default, 1000; -1: never, see vn_db_checkpoint */
    /* With VN_DB_DURABLE and -1: refuses a log that was left beside another state of the file, say by a copy that was put
     * back after a crash. */
    bool numbers_logs;
};

/* Creates the file (mode 0600) unless it must exist. VN_ABSENT: it must, and is not there; VN_CORRUPT: no
 * database; VN_CONFLICT: the log beside it is not its own; VN_IO (also when the file system can't do WAL), VN_NOMEM, VN_AGAIN,
 * VN_DENIED. */
VN_MUST_USE enum vn_status vn_db_open(const char *path, const struct vn_db_options *options,
                                      struct vn_db **out, struct vn_error *error);
void vn_db_close(struct vn_db *db);

/* Migrations: element i brings user_version i to i + 1, each in a transaction. VN_UNSUPPORTED when the file
 * is newer than the table. */
VN_MUST_USE enum vn_status vn_db_migrate(struct vn_db *db, const char *const *steps, int count,
                                         struct vn_error *error);
VN_MUST_USE enum vn_status vn_db_exec(struct vn_db *db, const char *sql, struct vn_error *error);

VN_MUST_USE enum vn_status vn_db_begin(struct vn_db *db,
                                       struct vn_error *error); /* BEGIN IMMEDIATE; DEFERRED for readers */
/* BEGIN DEFERRED, whatever the mode: what is read from the first statement on is of one moment. */
VN_MUST_USE enum vn_status vn_db_begin_read(struct vn_db *db, struct vn_error *error);
/* A commit that fails has been rolled back. VN_IO: the disk may hold it or not, see journal.h. */
VN_MUST_USE enum vn_status vn_db_commit(struct vn_db *db, struct vn_error *error);
void vn_db_rollback(struct vn_db *db);
/* Whether a transaction is under way: after vn_db_rollback, that there was no memory to undo it. Nothing that this connection
 * reads may be believed then, and it has to be closed. */
bool vn_db_in_transaction(const struct vn_db *db);

VN_MUST_USE enum vn_status vn_db_prepare(struct vn_db *db, const char *sql, struct vn_statement **out,
                                         struct vn_error *error);
void vn_statement_destroy(struct vn_statement *statement);

/* Parameters from 1, columns from 0. Bound texts and blobs are borrowed until the next reset. */
void vn_bind_int(struct vn_statement *statement, int index, int64_t value);
void vn_bind_text(struct vn_statement *statement, int index, const char *value); /* NULL: null */
void vn_bind_blob(struct vn_statement *statement, int index, struct vn_view value);

/* VN_OK: a row; VN_ABSENT: no (more) rows, and the statement is reset; VN_CONFLICT: a unique key exists;
 * VN_FULL, VN_IO, VN_CORRUPT, VN_AGAIN (busy), VN_DENIED (read-only); VN_ARG for the caller's bugs, a CHECK
 * that does not hold and a bind that failed among them. After an error it is reset too. */
VN_MUST_USE enum vn_status vn_statement_step(struct vn_statement *statement);
/* For statements without rows: steps once and resets; VN_OK when done. */
VN_MUST_USE enum vn_status vn_statement_run(struct vn_statement *statement);
void vn_statement_reset(struct vn_statement *statement); /* also clears the bindings */

int64_t vn_column_int(struct vn_statement *statement, int index);
struct vn_view vn_column_blob(struct vn_statement *statement, int index); /* valid until step or reset */
/* Copies; VN_FULL when it does not fit. */
VN_MUST_USE enum vn_status vn_column_text(struct vn_statement *statement, int index, char *out,
                                          size_t out_size);

/* The file of VN_DB_BUILD is built: brings all of it to the disk. Its name is durable only with its folder. VN_IO, VN_FULL. */
VN_MUST_USE enum vn_status vn_db_settle(struct vn_db *db, struct vn_error *error);

/* Pages of a copy that are written, of how many there are. */
typedef void (*vn_db_progress)(void *ctx, int pages, int of);

/* Copies the database, as it is at one moment, into a new file, while other connections go on writing; the log meanwhile is not
 * begun anew. What comes out is one file without a log beside it, on the disk with its folder. `from` has no transaction under
 * way. `progress` may be NULL. VN_CONFLICT: there is such a file, and it is left alone; after any other failure
 * there is none: VN_FULL, VN_IO, VN_CORRUPT, VN_NOMEM, VN_AGAIN. */
VN_MUST_USE enum vn_status vn_db_copy(struct vn_db *from, const char *path, vn_db_progress progress,
                                      void *ctx, struct vn_error *error);

/* Reads all of the file: pages, records and indexes. VN_CORRUPT with SQLite's sentence. */
VN_MUST_USE enum vn_status vn_db_verify(struct vn_db *db, struct vn_error *error);

/* Pages in the write-ahead log after this connection's last commit; counted when autocheckpoint_pages is -1, else 0. */
int vn_db_wal_pages(const struct vn_db *db);
/* Moves the log's pages into the database, without waiting for readers, so that the log is begun anew. For an owner who
 * turned SQLite's own off, because that runs inside the commit that fills the log. VN_IO, VN_FULL, VN_AGAIN: the log
 * goes on, and nothing is lost. */
VN_MUST_USE enum vn_status vn_db_checkpoint(struct vn_db *db);

/* Whether this connection failed to read last, and nothing worse: nothing that was written is in doubt. */
bool vn_db_read_failed(const struct vn_db *db);
/* The last failure of this connection in words. */
void vn_db_describe(struct vn_db *db, enum vn_status status, struct vn_error *error);

#endif
