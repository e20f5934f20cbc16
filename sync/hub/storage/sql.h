/* The one SQL interface of the hub's storage: a connection with prepared statements, of which there are two kinds,
 * SQLite (storage/sqlite.c) and PostgreSQL (storage/postgres.c). Everything else in this folder is written once
 * over it, in what both speak:
 *
 *     parameters ? or ?n; INSERT ... ON CONFLICT(...) DO UPDATE SET a = t.a + excluded.a, or DO NOTHING RETURNING 1;
 *     coalesce, CASE, CAST(sum(a) AS BIGINT) (a bare sum is a numeric in PostgreSQL), (a, b) > (?, ?), LIMIT, named subqueries
 *
 * and not REPLACE, ifnull, rowid, AUTOINCREMENT, scalar max and min, an alias in WHERE. A statement that fails may end the
 * transaction (in PostgreSQL it does): what can be there already is asked with DO NOTHING, never tried. A result is held whole
 * in memory, so what can be long is read in pages by key.
 *
 * A connection belongs to one thread, and everything blocks on the database. */
#ifndef VN_HUB_STORAGE_SQL_H
#define VN_HUB_STORAGE_SQL_H

#include "sync/hub/storage/storage.h"

#define VN_SQL_SLOTS 256 /* a power of two, well above the number of statements */

/* A prepared statement, and the row that it stands on. A driver's own begins with it. */
struct vn_row {
    struct vn_sql *sql;
};

/* The same statement for many: see vn_sql_many. */
struct vn_sql_batch {
    const char *text;
    const char *types;
    size_t count;
    void (*bind)(void *ctx, size_t at, struct vn_row *row);            /* calls vn_row_bind once */
    enum vn_status (*visit)(void *ctx, size_t at, struct vn_row *row); /* NULL for what has no rows */
    void *ctx;
};

/* What a driver does. Statuses as in storage.h. Parameters count from 1, columns from 0; bound texts and views are borrowed
 * until reset, columns live until the next step or reset. */
struct vn_sql_ops {
    void (*close)(struct vn_sql *sql); /* statements were destroyed before */
    enum vn_status (*begin)(struct vn_sql *sql, enum vn_sql_kind kind);
    enum vn_status (*commit)(struct vn_sql *sql); /* what fails has been rolled back */
    void (*rollback)(struct vn_sql *sql);
    /* The server's own clock: NULL where one process alone has the database. */
    enum vn_status (*now_ms)(struct vn_sql *sql, int64_t *out);
    /* See vn_storage_held. */
    enum vn_status (*held)(struct vn_sql *sql, bool *out);
    /* What ended the transaction before its end, if a statement did; else VN_OK. */
    enum vn_status (*failed)(const struct vn_sql *sql);
    enum vn_status (*run)(struct vn_sql *sql, const char *text); /* statements without parameters and rows */
    /* `types` as in vn_sql_open. */
    enum vn_status (*prepare)(struct vn_sql *sql, const char *text, const char *types, struct vn_row **out);
    void (*destroy)(struct vn_row *row);
    void (*bind_int)(struct vn_row *row, int index, int64_t value);
    void (*bind_text)(struct vn_row *row, int index, const char *value); /* NULL: null */
    void (*bind_view)(struct vn_row *row, int index, struct vn_view value);
    enum vn_status (*step)(
        struct vn_row *row); /* VN_OK: a row; VN_ABSENT: none or no more, and it is reset */
    void (*reset)(struct vn_row *row);
    enum vn_status (*many)(struct vn_row *row, const struct vn_sql_batch *batch);
    int64_t (*column_int)(struct vn_row *row, int column);
    struct vn_view (*column_view)(struct vn_row *row, int column);
    bool (*is_lost)(const struct vn_sql *sql);
    void (*describe)(struct vn_sql *sql, enum vn_status status, struct vn_error *error);
};

/* A connection. A driver's own begins with it. Statements are found by the address of their text. */
struct vn_sql {
    const struct vn_sql_ops *ops;
    _Atomic int64_t away_since_ms; /* see vn_storage_away_since_ms */
    int64_t connection;            /* counts those that were made: another server may answer the next one */
    const char *texts[VN_SQL_SLOTS];
    struct vn_row *rows[VN_SQL_SLOTS];
};

/* Series of numbers that rows are told apart by; each has a row in the table `number`. */
enum vn_series {
    VN_SERIES_ENROLMENT,
    VN_SERIES_MOVEMENT,
    VN_SERIES_NAME,
    VN_SERIES_SALE,
    VN_SERIES_COUPON,
    VN_SERIES_MARK,
    VN_SERIES_COUNT,
};

struct vn_storage {
    struct vn_storage_options options;
    struct vn_sql *sql;
    uint8_t holder[VN_ID_BYTES]; /* of leases */
    _Atomic int64_t repeats;     /* of units, because they collided */
    int64_t connection;          /* that the numbers are of */
    struct {
        int64_t next, end; /* handed out from here; at the end, the row is raised by another block */
        bool fresh;        /* raised in this transaction: gone when it is rolled back */
    } numbers[VN_SERIES_COUNT];
};

/* Opens hub.db; `options` as for vn_storage_open. */
VN_MUST_USE enum vn_status vn_sqlite_open(const char *path, const struct vn_storage_options *options,
                                          bool must_exist, struct vn_sql **out, struct vn_error *error);

/* Connects to a PostgreSQL database that is there; `create` makes the tables in it when it is empty. VN_GONE: nobody answers;
 * VN_CONFLICT: it was to be created, and holds a chain. */
VN_MUST_USE enum vn_status vn_postgres_open(const char *database, const struct vn_storage_options *options,
                                            bool create, struct vn_sql **out, struct vn_error *error);

/* The next number of a series, never given before, also not by another process. */
VN_MUST_USE enum vn_status vn_sql_next(struct vn_storage *storage, enum vn_series series, int64_t *out);

/* The numbers that are in memory are not given any more: the rows of `number` were raised otherwise. */
void vn_sql_forget_numbers(struct vn_storage *storage);

/* Prepares (once; `text` must be a literal: its address is the key) and binds. `types` has a letter for each
 * parameter: i int64_t, t const char * (NULL: null), b struct vn_view. */
VN_MUST_USE enum vn_status vn_sql_open(struct vn_storage *storage, struct vn_row **out, const char *text,
                                       const char *types, ...);
/* The same, and steps to the first row: VN_ABSENT when there is none. Reset the row after reading. */
VN_MUST_USE enum vn_status vn_sql_first(struct vn_storage *storage, struct vn_row **out, const char *text,
                                        const char *types, ...);
/* For statements without rows. */
VN_MUST_USE enum vn_status vn_sql_run(struct vn_storage *storage, const char *text, const char *types, ...);
/* A single number; VN_ABSENT leaves *out. */
VN_MUST_USE enum vn_status vn_sql_number(struct vn_storage *storage, int64_t *out, const char *text,
                                         const char *types, ...);

/* One statement for each of `count` things, in order: `bind` gives number `at` its parameters, `visit` is shown each row of
 * number `at`, and a status other than VN_OK ends it. It may run other statements, but not this one. PostgreSQL is asked for many
 * at once, and takes the rows of a plain INSERT (nothing after VALUES and its question marks) by COPY: then one that fails
 * fails all. */
VN_MUST_USE enum vn_status vn_sql_many(struct vn_storage *storage, const struct vn_sql_batch *batch);
/* For `bind`; what is given lives until the next call of `bind`, or the end. `types` as in the batch. */
void vn_row_bind(struct vn_row *row, const char *types, ...);

VN_MUST_USE enum vn_status vn_row_step(struct vn_row *row); /* VN_ABSENT: no more, and it is reset */
void vn_row_reset(struct vn_row *row);
int64_t vn_row_int(struct vn_row *row, int column);
struct vn_view vn_row_view(struct vn_row *row, int column);
/* Copies a fixed-size blob; VN_CORRUPT when it has another size. */
VN_MUST_USE enum vn_status vn_row_bytes(struct vn_row *row, int column, void *out, size_t size);
/* Copies a text; VN_CORRUPT when it does not fit. */
VN_MUST_USE enum vn_status vn_row_text(struct vn_row *row, int column, char *out, size_t size);
/* A walk over what vn_sql_open opened, to its end or to the first failure, which *status is then; the row is reset after either.
 * `row` is NULL when nothing was opened.
 *
 *     enum vn_status status = vn_sql_open(storage, &row, "SELECT ...", ...);
 *     while (vn_row_next(row, &status)) {
 *         status = ...
 *     }
 *     return status; */
bool vn_row_next(struct vn_row *row, enum vn_status *status);

#endif
