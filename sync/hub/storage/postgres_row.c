/* Prepared statements: texts with ? become texts with $n, everything travels in the binary format, and a result is whole in
 * memory while it is walked. A statement is prepared again on each new connection, when it is needed there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/postgres.h"

#define TEXT_MAX   65536
#define TYPE_BOOL  16
#define TYPE_BYTEA 17
#define TYPE_INT8  20
#define TYPE_INT2  21
#define TYPE_INT4  23
#define TYPE_TEXT  25

const int vn_postgres_binary[VN_POSTGRES_PARAMETERS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                                            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

/* ? is the next parameter and ?7 the seventh; nothing of ours has a ? in quotes. */
static enum vn_status translate(const char *text, struct vn_buf *out)
{
    enum vn_status status = VN_OK;
    int next = 1;
    for (; *text != '\0' && status == VN_OK; text++) {
        if (*text != '?') {
            status = vn_buf_append(out, vn_view_of(text, 1));
        } else if (text[1] >= '0' && text[1] <= '9') {
            status = vn_buf_append(out, vn_view_str("$"));
        } else {
            status = vn_buf_printf(out, "$%d", next++);
        }
    }
    return status == VN_OK ? vn_buf_append(out, vn_view_of("", 1)) : status;
}

enum vn_status vn_postgres_prepare(struct vn_sql *sql, const char *text, const char *types,
                                   struct vn_row **out)
{
    size_t count = strlen(types);
    struct postgres_row *row = count > VN_POSTGRES_PARAMETERS_MAX ? NULL : calloc(1, sizeof *row);
    if (row == NULL) {
        return count > VN_POSTGRES_PARAMETERS_MAX ? VN_ARG : VN_NOMEM;
    }
    row->row.sql = sql;
    row->count = (int)count;
    row->number = ++vn_postgres_of(sql)->statements;
    for (size_t i = 0; i < count; i++) {
        row->types[i] = types[i] == 'i' ? TYPE_INT8 : types[i] == 't' ? TYPE_TEXT : TYPE_BYTEA;
    }
    vn_buf_init(&row->text, TEXT_MAX);
    enum vn_status status = translate(text, &row->text);
    if (status != VN_OK) {
        vn_postgres_destroy(&row->row);
        return status;
    }
    *out = &row->row;
    return VN_OK;
}

void vn_postgres_destroy(struct vn_row *row)
{
    vn_postgres_reset(row);
    vn_buf_deinit(&vn_postgres_row_of(row)->text);
    free(row);
}

void vn_postgres_bind_int(struct vn_row *row, int index, int64_t value)
{
    uint8_t *bytes = vn_postgres_row_of(row)->ints[index - 1];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    }
    vn_postgres_row_of(row)->values[index - 1] = (const char *)bytes;
    vn_postgres_row_of(row)->lengths[index - 1] = 8;
}

/* The length of the UTF-8 sequence that begins here, 0 when it is none (Unicode 15, table 3-7). */
static size_t sequence(const uint8_t *at)
{
    if (at[0] < 0x80) {
        return 1;
    }
    size_t len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    uint8_t low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    if (at[0] < 0xc2 || at[0] > 0xf4 || at[1] < low || at[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* The server refuses a text that is not UTF-8, such as a sentence that was cut in the middle of a letter: those bytes become
 * question marks. */
void vn_postgres_bind_text(struct vn_row *row, int index, const char *value)
{
    char **copy = &vn_postgres_row_of(row)->copies[index - 1];
    vn_postgres_row_of(row)->values[index - 1] = value;
    vn_postgres_row_of(row)->lengths[index - 1] = value == NULL ? 0 : (int)strlen(value);
    for (size_t i = 0; value != NULL && value[i] != '\0';) {
        size_t len = sequence((const uint8_t *)value + i);
        if (len == 0 && *copy == NULL) {
            *copy = strdup(value);
            vn_postgres_row_of(row)->values[index - 1] = *copy;
        }
        if (len == 0 && *copy == NULL) {
            vn_postgres_row_of(row)->out_of_memory = true;
            return;
        }
        if (len == 0) {
            (*copy)[i] = '?';
        }
        i += len == 0 ? 1 : len;
    }
}

void vn_postgres_bind_view(struct vn_row *row, int index, struct vn_view value)
{
    vn_postgres_row_of(row)->values[index - 1] = value.data == NULL ? "" : (const char *)value.data;
    vn_postgres_row_of(row)->lengths[index - 1] = (int)value.len;
}

/* Only types that the two readers below know. */
bool vn_postgres_is_readable(const PGresult *result)
{
    for (int i = 0; i < PQnfields(result); i++) {
        switch (PQftype(result, i)) {
        case TYPE_BOOL:
        case TYPE_BYTEA:
        case TYPE_INT8:
        case TYPE_INT2:
        case TYPE_INT4:
        case TYPE_TEXT: break;
        default: return false;
        }
    }
    return true;
}

enum vn_status vn_postgres_prepare_here(struct postgres *postgres, struct postgres_row *row,
                                        char name[VN_POSTGRES_NAME])
{
    (void)snprintf(name, VN_POSTGRES_NAME, "%lld", (long long)row->number);
    if (row->connection == postgres->sql.connection) {
        return VN_OK;
    }
    PGresult *result =
        PQprepare(postgres->conn, name, (const char *)vn_buf_view(&row->text).data, row->count, row->types);
    enum vn_status status =
        PQresultStatus(result) == PGRES_COMMAND_OK ? VN_OK : vn_postgres_fail(postgres, result);
    PQclear(result);
    if (status == VN_OK) {
        row->connection = postgres->sql.connection;
    }
    return status;
}

static enum vn_status execute(struct postgres *postgres, struct postgres_row *row)
{
    char name[VN_POSTGRES_NAME];
    if (row->out_of_memory) {
        return VN_NOMEM;
    }
    if (postgres->open && postgres->conn == NULL) {
        return VN_GONE;
    }
    enum vn_status status = postgres->open ? VN_OK : vn_postgres_ready(postgres);
    if (status != VN_OK) {
        return status;
    }
    status = vn_postgres_prepare_here(postgres, row, name);
    if (status != VN_OK) {
        return status;
    }
    row->result =
        PQexecPrepared(postgres->conn, name, row->count, row->values, row->lengths, vn_postgres_binary, 1);
    row->at = -1;
    ExecStatusType how = PQresultStatus(row->result);
    if (how != PGRES_COMMAND_OK && how != PGRES_TUPLES_OK) {
        return vn_postgres_fail(postgres, row->result);
    }
    return vn_postgres_is_readable(row->result) ? VN_OK : VN_ARG;
}

enum vn_status vn_postgres_step(struct vn_row *base)
{
    struct postgres_row *row = vn_postgres_row_of(base);
    struct postgres *postgres = vn_postgres_of(base->sql);
    enum vn_status status = VN_OK;
    if (row->result == NULL) {
        status = execute(postgres, row);
        if (status == VN_GONE && !postgres->open) {
            PQclear(row->result);
            row->result = NULL;
            status = execute(postgres, row);
        }
    }
    if (status == VN_OK) {
        row->at++;
        status = row->at < PQntuples(row->result) ? VN_OK : VN_ABSENT;
    }
    if (status != VN_OK) {
        vn_postgres_reset(base);
    }
    return status;
}

void vn_postgres_reset(struct vn_row *base)
{
    struct postgres_row *row = vn_postgres_row_of(base);
    PQclear(row->result);
    row->result = NULL;
    row->out_of_memory = false;
    for (int i = 0; i < row->count; i++) {
        free(row->copies[i]);
        row->copies[i] = NULL;
        row->values[i] = NULL;
    }
}

int64_t vn_postgres_int(struct vn_row *base, int column)
{
    const struct postgres_row *row = vn_postgres_row_of(base);
    const uint8_t *bytes = (const uint8_t *)PQgetvalue(row->result, row->at, column);
    int len = PQgetlength(row->result, row->at, column);
    Oid type = PQftype(row->result, column);
    if (len == 0 || type == TYPE_TEXT || type == TYPE_BYTEA) {
        return 0;
    }
    uint64_t value = type != TYPE_BOOL && bytes[0] >= 0x80 ? UINT64_MAX : 0;
    for (int i = 0; i < len; i++) {
        value = value << 8 | bytes[i];
    }
    return (int64_t)value;
}

struct vn_view vn_postgres_view(struct vn_row *base, int column)
{
    const struct postgres_row *row = vn_postgres_row_of(base);
    return vn_view_of(PQgetvalue(row->result, row->at, column),
                      (size_t)PQgetlength(row->result, row->at, column));
}
