/* The same statement many times without waiting in between: queries and updates in libpq's pipeline mode, plain inserts as one
 * COPY in the binary format (PostgreSQL's manual, COPY, "Binary Format": a signature, flags and the length of an extension; each
 * row as its count of fields, each field as its length and bytes; -1 ends it, and is the length of a null). */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/postgres.h"

#define WINDOW     256   /* statements before their results are read */
#define COPY_MIN   4     /* fewer rows are not worth it */
#define PIECE_FULL 65536 /* bytes of rows that are sent at once */
#define PIECE_MAX  (32 * 1024 * 1024)

/* --- inserts ------------------------------------------------------------------------------------------------ */

/* "INSERT INTO t(a, b) VALUES(?, ?)" as "COPY t(a, b) FROM STDIN (FORMAT binary)"; VN_ABSENT when there is more to it. */
static enum vn_status as_copy(const char *text, struct vn_buf *out)
{
    const char *start = strncmp(text, "INSERT INTO ", 12) == 0 ? text + 12 : NULL;
    const char *values = start == NULL ? NULL : strstr(start, " VALUES(");
    if (values == NULL || values[8 + strspn(values + 8, "?, ")] != ')' || strchr(values, ')')[1] != '\0') {
        return VN_ABSENT;
    }
    return vn_buf_printf(out, "COPY %.*s FROM STDIN (FORMAT binary)%c", (int)(values - start), start, '\0');
}

static enum vn_status put_number(struct vn_buf *out, uint32_t value, unsigned bytes)
{
    uint8_t big[4];
    for (unsigned i = 0; i < bytes; i++) {
        big[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
    }
    return vn_buf_append(out, vn_view_of(big, bytes));
}

static enum vn_status put_row(const struct postgres_row *row, struct vn_buf *out)
{
    enum vn_status status = row->out_of_memory ? VN_NOMEM : put_number(out, (uint32_t)row->count, 2);
    for (int i = 0; i < row->count && status == VN_OK; i++) {
        bool null = row->values[i] == NULL;
        status = put_number(out, null ? UINT32_MAX : (uint32_t)row->lengths[i], 4);
        if (status == VN_OK && !null) {
            status = vn_buf_append(out, vn_view_of(row->values[i], (size_t)row->lengths[i]));
        }
    }
    return status;
}

static enum vn_status send_piece(struct postgres *postgres, struct vn_buf *piece)
{
    struct vn_view view = vn_buf_view(piece);
    bool sent = PQputCopyData(postgres->conn, (const char *)view.data, (int)view.len) == 1;
    vn_buf_clear(piece);
    return sent ? VN_OK : VN_GONE;
}

static enum vn_status send_rows(struct postgres *postgres, struct postgres_row *row,
                                const struct vn_sql_batch *batch, struct vn_buf *piece)
{
    static const uint8_t head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* the last 0 is the literal's own */
    enum vn_status status = vn_buf_append(piece, vn_view_of(head, sizeof head));
    for (size_t i = 0; i < batch->count && status == VN_OK; i++) {
        batch->bind(batch->ctx, i, &row->row);
        status = put_row(row, piece);
        vn_postgres_reset(&row->row);
        if (status == VN_OK && piece->len >= PIECE_FULL) {
            status = send_piece(postgres, piece);
        }
    }
    if (status == VN_OK) {
        status = put_number(piece, UINT16_MAX, 2);
    }
    return status == VN_OK ? send_piece(postgres, piece) : status;
}

/* Reads what comes up to the end of the command; the first failure counts. */
static enum vn_status end_of_command(struct postgres *postgres)
{
    enum vn_status status = VN_OK;
    for (PGresult *result = PQgetResult(postgres->conn); result != NULL;
         result = PQgetResult(postgres->conn)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && status == VN_OK) {
            status = vn_postgres_fail(postgres, result);
        }
        PQclear(result);
        if (postgres->conn == NULL) {
            break;
        }
    }
    return status;
}

static enum vn_status copy_rows(struct postgres *postgres, struct postgres_row *row,
                                const struct vn_sql_batch *batch, const char *copy)
{
    struct vn_buf piece;
    PGresult *result = PQexec(postgres->conn, copy);
    enum vn_status status =
        PQresultStatus(result) == PGRES_COPY_IN ? VN_OK : vn_postgres_fail(postgres, result);
    PQclear(result);
    if (status != VN_OK) {
        return status;
    }
    vn_buf_init(&piece, PIECE_MAX);
    status = send_rows(postgres, row, batch, &piece);
    vn_buf_deinit(&piece);
    (void)PQputCopyEnd(postgres->conn, status == VN_OK ? NULL : "the rows can't be sent");
    enum vn_status ended = end_of_command(postgres);
    /* A row that could not be written down is our own trouble, and what the server says of it only follows. */
    return status == VN_OK || status == VN_GONE ? ended : status;
}

/* --- everything else ---------------------------------------------------------------------------------------- */

static enum vn_status send_window(struct postgres *postgres, struct postgres_row *row,
                                  const struct vn_sql_batch *batch, const char *name, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        batch->bind(batch->ctx, i, &row->row);
        bool sent = !row->out_of_memory && PQsendQueryPrepared(postgres->conn, name, row->count, row->values,
                                                               row->lengths, vn_postgres_binary, 1) == 1;
        enum vn_status status = sent ? VN_OK : row->out_of_memory ? VN_NOMEM : VN_GONE;
        vn_postgres_reset(&row->row);
        if (status != VN_OK) {
            return status;
        }
    }
    return VN_OK;
}

/* The results of the statements that were sent, then the mark that ends the window. */
static enum vn_status receive_window(struct postgres *postgres, PGresult **results)
{
    enum vn_status status = VN_OK;
    bool ended = false;
    size_t at = 0;
    while (!ended && postgres->conn != NULL) {
        PGresult *result = PQgetResult(postgres->conn);
        ExecStatusType how = PQresultStatus(result);
        ended = how == PGRES_PIPELINE_SYNC || PQstatus(postgres->conn) == CONNECTION_BAD;
        if (result == NULL) {
            at++; /* of one statement, all has come */
        } else if ((how == PGRES_TUPLES_OK || how == PGRES_COMMAND_OK) && at < WINDOW) {
            results[at] = result;
            result = NULL;
        } else if (how != PGRES_PIPELINE_SYNC && how != PGRES_PIPELINE_ABORTED && status == VN_OK) {
            status = vn_postgres_fail(postgres, result);
        }
        PQclear(result);
    }
    if (postgres->conn != NULL && PQstatus(postgres->conn) == CONNECTION_BAD) {
        status = vn_postgres_fail(postgres, NULL);
    }
    return postgres->conn == NULL ? VN_GONE : status;
}

static enum vn_status show(struct postgres_row *row, const struct vn_sql_batch *batch, PGresult *result,
                           size_t at)
{
    enum vn_status status = vn_postgres_is_readable(result) ? VN_OK : VN_ARG;
    row->result = result;
    for (row->at = 0; batch->visit != NULL && status == VN_OK && row->at < PQntuples(result); row->at++) {
        status = batch->visit(batch->ctx, at, &row->row);
    }
    row->result = NULL;
    return status;
}

static enum vn_status run_window(struct postgres *postgres, struct postgres_row *row,
                                 const struct vn_sql_batch *batch, const char *name, size_t from)
{
    PGresult *results[WINDOW] = {NULL};
    size_t to = batch->count - from > WINDOW ? from + WINDOW : batch->count;
    if (PQenterPipelineMode(postgres->conn) != 1) {
        return vn_postgres_fail(postgres, NULL);
    }
    enum vn_status sent = send_window(postgres, row, batch, name, from, to);
    enum vn_status status = PQpipelineSync(postgres->conn) == 1 ? receive_window(postgres, results)
                                                                : vn_postgres_fail(postgres, NULL);
    if (postgres->conn != NULL && PQexitPipelineMode(postgres->conn) != 1 && status == VN_OK) {
        status = vn_postgres_fail(postgres, NULL);
    }
    status = status == VN_OK ? sent : status;
    for (size_t i = from; i < to; i++) {
        if (status == VN_OK && results[i - from] != NULL) {
            status = show(row, batch, results[i - from], i);
        }
        PQclear(results[i - from]);
    }
    return status;
}

enum vn_status vn_postgres_many(struct vn_row *base, const struct vn_sql_batch *batch)
{
    struct postgres_row *row = vn_postgres_row_of(base);
    struct postgres *postgres = vn_postgres_of(base->sql);
    char name[VN_POSTGRES_NAME];
    struct vn_buf copy;
    if (postgres->open && postgres->conn == NULL) {
        return VN_GONE;
    }
    enum vn_status status = postgres->open ? VN_OK : vn_postgres_ready(postgres);
    if (status != VN_OK) {
        return status;
    }
    vn_buf_init(&copy, 4096);
    status = batch->count < COPY_MIN ? VN_ABSENT : as_copy(batch->text, &copy);
    if (status == VN_OK) {
        status = copy_rows(postgres, row, batch, (const char *)vn_buf_view(&copy).data);
    } else if (status == VN_ABSENT) {
        status = vn_postgres_prepare_here(postgres, row, name);
        for (size_t from = 0; from < batch->count && status == VN_OK; from += WINDOW) {
            status = run_window(postgres, row, batch, name, from);
        }
    }
    vn_buf_deinit(&copy);
    return status;
}
