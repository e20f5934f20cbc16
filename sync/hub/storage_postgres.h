/* What the two files of the PostgreSQL driver share: the connection, and how it tells what went wrong. Nobody else includes this. */
#ifndef VN_HUB_STORAGE_POSTGRES_H
#define VN_HUB_STORAGE_POSTGRES_H

#include <libpq-fe.h>

#include "sync/hub/storage_sql.h"

struct postgres {
    struct vn_sql sql;
    PGconn *conn;
    struct vn_storage_options options;
    char *database;        /* what libpq connects with: may hold a password, is never shown */
    int64_t generation;    /* counts connections: statements are prepared for each one anew */
    int64_t statements;    /* their names are numbers */
    bool open;             /* a transaction is */
    enum vn_status failed; /* what ended it, until it is rolled back */
    bool warned;           /* the server said something while it committed */
    int64_t retry_ns;      /* before this moment no new connection is tried */
    int64_t retry_wait_ns;
    char text[VN_ERROR_TEXT_MAX]; /* the last failure */
};

static inline struct postgres *vn_postgres_of(const struct vn_sql *sql)
{
    return (struct postgres *)(uintptr_t)sql;
}

/* What went wrong, kept for describe; `result` NULL: ask the connection. The connection is given up when it is no use any more. */
enum vn_status vn_postgres_fail(struct postgres *postgres, const PGresult *result);
/* Outside of a transaction: connects when there is no connection and it is time to. VN_GONE. */
VN_MUST_USE enum vn_status vn_postgres_ready(struct postgres *postgres);

/* Statements, see storage_sql.h. */
VN_MUST_USE enum vn_status vn_postgres_prepare(struct vn_sql *sql, const char *text, const char *types,
                                               struct vn_row **out);
void vn_postgres_destroy(struct vn_row *row);
void vn_postgres_bind_int(struct vn_row *row, int index, int64_t value);
void vn_postgres_bind_text(struct vn_row *row, int index, const char *value);
void vn_postgres_bind_view(struct vn_row *row, int index, struct vn_view value);
VN_MUST_USE enum vn_status vn_postgres_step(struct vn_row *row);
void vn_postgres_reset(struct vn_row *row);
int64_t vn_postgres_int(struct vn_row *row, int column);
struct vn_view vn_postgres_view(struct vn_row *row, int column);

#endif
