/* What the two files of the PostgreSQL driver share: the connection, and how it tells what went wrong. Nobody else includes
 * this. */
#ifndef VN_HUB_STORAGE_POSTGRES_H
#define VN_HUB_STORAGE_POSTGRES_H

#include <libpq-fe.h>

#include "sync/hub/storage/sql.h"

struct postgres {
    struct vn_sql sql;
    PGconn *conn;
    struct vn_storage_options options;
    char *database;        /* what libpq connects with: may hold a password, is never shown */
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

#define VN_POSTGRES_PARAMETERS_MAX 24
#define VN_POSTGRES_NAME           24 /* of a statement */

struct postgres_row {
    struct vn_row row;
    struct vn_buf text; /* with $n */
    Oid types[VN_POSTGRES_PARAMETERS_MAX];
    int count;
    int64_t number;     /* its name */
    int64_t connection; /* that it was prepared on */
    const char *values[VN_POSTGRES_PARAMETERS_MAX];
    int lengths[VN_POSTGRES_PARAMETERS_MAX];
    uint8_t ints[VN_POSTGRES_PARAMETERS_MAX][8];
    char *copies[VN_POSTGRES_PARAMETERS_MAX]; /* of texts that are not as they were bound */
    bool out_of_memory;
    PGresult *result; /* while a row of it is stood on */
    int at;
};

static inline struct postgres_row *vn_postgres_row_of(struct vn_row *row)
{
    return (struct postgres_row *)row;
}

/* What went wrong, kept for describe; `result` NULL: ask the connection. The connection is given up when it is no use any
 * more. */
enum vn_status vn_postgres_fail(struct postgres *postgres, const PGresult *result);
/* Outside of a transaction: connects when there is no connection and it is time to. VN_GONE. */
VN_MUST_USE enum vn_status vn_postgres_ready(struct postgres *postgres);

extern const int vn_postgres_binary[VN_POSTGRES_PARAMETERS_MAX]; /* all formats are */
/* Makes the statement known to this connection; `name` becomes what it is called there. */
VN_MUST_USE enum vn_status vn_postgres_prepare_here(struct postgres *postgres, struct postgres_row *row,
                                                    char name[VN_POSTGRES_NAME]);
/* Whether the columns are of types that the readers below know. */
bool vn_postgres_is_readable(const PGresult *result);

/* Statements, see storage/sql.h. */
VN_MUST_USE enum vn_status vn_postgres_prepare(struct vn_sql *sql, const char *text, const char *types,
                                               struct vn_row **out);
void vn_postgres_destroy(struct vn_row *row);
void vn_postgres_bind_int(struct vn_row *row, int index, int64_t value);
void vn_postgres_bind_text(struct vn_row *row, int index, const char *value);
void vn_postgres_bind_view(struct vn_row *row, int index, struct vn_view value);
VN_MUST_USE enum vn_status vn_postgres_step(struct vn_row *base);
void vn_postgres_reset(struct vn_row *base);
VN_MUST_USE enum vn_status vn_postgres_many(struct vn_row *base, const struct vn_sql_batch *batch);
int64_t vn_postgres_int(struct vn_row *base, int column);
struct vn_view vn_postgres_view(struct vn_row *base, int column);

#endif
