/* What both drivers have in common: statements found by the address of their text, binding by letters, numbers in blocks. */
#include "sync/hub/storage/sql.h"

#include <stdarg.h>
#include <string.h>

static enum vn_status find(struct vn_sql *sql, const char *text, const char *types, struct vn_row **out)
{
    size_t slot = (size_t)((uintptr_t)text >> 3) % VN_SQL_SLOTS;
    for (size_t i = 0; i < VN_SQL_SLOTS; i++, slot = (slot + 1) % VN_SQL_SLOTS) {
        if (sql->texts[slot] == text) {
            *out = sql->rows[slot];
            return VN_OK;
        }
        if (sql->texts[slot] == NULL) {
            enum vn_status status = sql->ops->prepare(sql, text, types, out);
            if (status == VN_OK) {
                sql->texts[slot] = text;
                sql->rows[slot] = *out;
            }
            return status;
        }
    }
    return VN_ARG;
}

static void bind_all(struct vn_row *row, const char *types, va_list args)
{
    const struct vn_sql_ops *ops = row->sql->ops;
    for (int i = 0; types[i] != '\0'; i++) {
        if (types[i] == 'i') {
            ops->bind_int(row, i + 1, va_arg(args, int64_t));
        } else if (types[i] == 't') {
            ops->bind_text(row, i + 1, va_arg(args, const char *));
        } else {
            ops->bind_view(row, i + 1, va_arg(args, struct vn_view));
        }
    }
}

void vn_row_bind(struct vn_row *row, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    bind_all(row, types, args);
    va_end(args);
}

static enum vn_status open_with(struct vn_storage *storage, struct vn_row **out, const char *text,
                                const char *types, va_list args)
{
    enum vn_status status = find(storage->sql, text, types, out);
    if (status == VN_OK) {
        bind_all(*out, types, args);
    }
    return status;
}

enum vn_status vn_sql_many(struct vn_storage *storage, const struct vn_sql_batch *batch)
{
    struct vn_row *row = NULL;
    enum vn_status status = batch->count == 0 ? VN_OK : find(storage->sql, batch->text, batch->types, &row);
    return row == NULL ? status : storage->sql->ops->many(row, batch);
}

enum vn_status vn_sql_open(struct vn_storage *storage, struct vn_row **out, const char *text,
                           const char *types, ...)
{
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, out, text, types, args);
    va_end(args);
    return status;
}

enum vn_status vn_sql_first(struct vn_storage *storage, struct vn_row **out, const char *text,
                            const char *types, ...)
{
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, out, text, types, args);
    va_end(args);
    return status == VN_OK ? vn_row_step(*out) : status;
}

enum vn_status vn_sql_run(struct vn_storage *storage, const char *text, const char *types, ...)
{
    struct vn_row *row = NULL;
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, &row, text, types, args);
    va_end(args);
    while (status == VN_OK) {
        status = vn_row_step(row);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_sql_number(struct vn_storage *storage, int64_t *out, const char *text, const char *types,
                             ...)
{
    struct vn_row *row = NULL;
    va_list args;
    va_start(args, types);
    enum vn_status status = open_with(storage, &row, text, types, args);
    va_end(args);
    if (status == VN_OK) {
        status = vn_row_step(row);
    }
    if (status == VN_OK) {
        *out = vn_row_int(row, 0);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_row_step(struct vn_row *row)
{
    return row->sql->ops->step(row);
}

void vn_row_reset(struct vn_row *row)
{
    row->sql->ops->reset(row);
}

int64_t vn_row_int(struct vn_row *row, int column)
{
    return row->sql->ops->column_int(row, column);
}

struct vn_view vn_row_view(struct vn_row *row, int column)
{
    return row->sql->ops->column_view(row, column);
}

enum vn_status vn_row_bytes(struct vn_row *row, int column, void *out, size_t size)
{
    struct vn_view view = vn_row_view(row, column);
    if (view.len != size) {
        return VN_CORRUPT;
    }
    memcpy(out, view.data, size);
    return VN_OK;
}

enum vn_status vn_row_text(struct vn_row *row, int column, char *out, size_t size)
{
    return vn_view_copy_str(vn_row_view(row, column), out, size) == VN_OK ? VN_OK : VN_CORRUPT;
}

bool vn_row_next(struct vn_row *row, enum vn_status *status)
{
    if (row != NULL && *status != VN_OK) {
        vn_row_reset(row);
    }
    if (row == NULL || *status != VN_OK) {
        return false;
    }
    enum vn_status next = vn_row_step(row);
    *status = next == VN_ABSENT ? VN_OK : next;
    return next == VN_OK;
}

void vn_sql_forget_numbers(struct vn_storage *storage)
{
    for (size_t i = 0; i < VN_SERIES_COUNT; i++) {
        storage->numbers[i].next = storage->numbers[i].end;
        storage->numbers[i].fresh = false;
    }
}

enum vn_status vn_sql_next(struct vn_storage *storage, enum vn_series series, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t block;
    } all[VN_SERIES_COUNT] = {
        [VN_SERIES_ENROLMENT] = {"enrolment", 1}, [VN_SERIES_MOVEMENT] = {"movement", 1000},
        [VN_SERIES_NAME] = {"name", 100},         [VN_SERIES_SALE] = {"sale", 1000},
        [VN_SERIES_COUPON] = {"coupon", 1000},    [VN_SERIES_MARK] = {"mark", 10000}};
    int64_t end = 0;
    *out = 0;
    if (storage->connection != storage->sql->connection) {
        vn_sql_forget_numbers(storage);
        storage->connection = storage->sql->connection;
    }
    if (storage->numbers[series].next == storage->numbers[series].end) {
        enum vn_status status =
            vn_sql_number(storage, &end,
                          "INSERT INTO number(name, value) VALUES(?, ?) ON CONFLICT(name)"
                          " DO UPDATE SET value = number.value + excluded.value RETURNING value",
                          "ti", all[series].name, all[series].block);
        if (status != VN_OK) {
            return status;
        }
        storage->numbers[series].next = end - all[series].block;
        storage->numbers[series].end = end;
        storage->numbers[series].fresh = true;
    }
    *out = ++storage->numbers[series].next;
    return VN_OK;
}
