/* Shared by the files storage_sqlite*.c alone: the connection, and statements that are prepared at their
 * first use and kept. */
#ifndef VN_HUB_STORAGE_SQLITE_H
#define VN_HUB_STORAGE_SQLITE_H

#include "agent/db/db.h"
#include "sync/hub/storage.h"

#define VN_SQL_SLOTS 256 /* a power of two, well above the number of statements */

struct vn_storage {
    struct vn_db *db;
    bool lost;        /* see vn_storage_is_lost */
    int64_t movement; /* the highest movement's number */
    const char *texts[VN_SQL_SLOTS];
    struct vn_statement *statements[VN_SQL_SLOTS];
};

/* Prepares (once; `sql` must be a literal: its address is the key) and binds. `types` has a letter for each
 * parameter: i int64_t, t const char * (NULL: null), b struct vn_view. */
VN_MUST_USE enum vn_status vn_sql_open(struct vn_storage *storage, struct vn_statement **out, const char *sql,
                                       const char *types, ...);
/* The same, and steps to the first row: VN_ABSENT when there is none. Reset the statement after reading. */
VN_MUST_USE enum vn_status vn_sql_first(struct vn_storage *storage, struct vn_statement **out,
                                        const char *sql, const char *types, ...);
/* For statements without rows. VN_CONFLICT: a unique key exists. */
VN_MUST_USE enum vn_status vn_sql_run(struct vn_storage *storage, const char *sql, const char *types, ...);
/* A single number; VN_ABSENT leaves *out. */
VN_MUST_USE enum vn_status vn_sql_number(struct vn_storage *storage, int64_t *out, const char *sql,
                                         const char *types, ...);

/* Copies a fixed-size blob; VN_CORRUPT when it has another size. */
VN_MUST_USE enum vn_status vn_sql_bytes(struct vn_statement *statement, int column, void *out, size_t size);
/* Copies a text; VN_CORRUPT when it does not fit. */
VN_MUST_USE enum vn_status vn_sql_text(struct vn_statement *statement, int column, char *out, size_t size);
/* Ends a walk: turns VN_ABSENT into VN_OK and resets after anything else. */
VN_MUST_USE enum vn_status vn_sql_end(struct vn_statement *statement, enum vn_status status);

#endif
