/* One connection's life: opening, transactions, units that run again. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sync/hub/storage/convert.h"
#include "sync/hub/storage/sql.h"

#define PAUSE_FIRST_MS 2
#define PAUSE_MAX_MS   200

static enum vn_status open_storage(const char *database, const struct vn_storage_options *options,
                                   bool must_exist, struct vn_storage **out, struct vn_error *error)
{
    *out = NULL;
    struct vn_storage *storage = calloc(1, sizeof *storage);
    if (storage == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    storage->options = options != NULL ? *options
                                       : (struct vn_storage_options){.clock = vn_clock_system(),
                                                                     .random = vn_random_system()};
    if (vn_random_fill(&storage->options.random, storage->holder, sizeof storage->holder) != VN_OK) {
        vn_storage_close(storage);
        return vn_fail(error, VN_IO, "the system gives no random numbers");
    }
    bool postgres = strncmp(database, "postgresql://", 13) == 0;
    enum vn_status status =
        postgres ? vn_postgres_open(database, &storage->options, !must_exist, &storage->sql, error)
                 : vn_sqlite_open(database, &storage->options, must_exist, &storage->sql, error);
    if (status == VN_OK && !storage->options.reader) {
        status = vn_storage_convert(storage);
        if (status != VN_OK) {
            vn_storage_describe(storage, status, error);
        }
    }
    if (status != VN_OK) {
        vn_storage_close(storage);
        return status;
    }
    *out = storage;
    return VN_OK;
}

enum vn_status vn_storage_open(const char *database, const struct vn_storage_options *options,
                               struct vn_storage **out, struct vn_error *error)
{
    return open_storage(database, options, true, out, error);
}

enum vn_status vn_storage_create(const char *database, const struct vn_storage_options *options,
                                 struct vn_storage **out, struct vn_error *error)
{
    return open_storage(database, options, false, out, error);
}

void vn_storage_close(struct vn_storage *storage)
{
    if (storage == NULL) {
        return;
    }
    for (size_t i = 0; storage->sql != NULL && i < VN_SQL_SLOTS; i++) {
        if (storage->sql->rows[i] != NULL) {
            storage->sql->ops->destroy(storage->sql->rows[i]);
        }
    }
    if (storage->sql != NULL) {
        storage->sql->ops->close(storage->sql);
    }
    free(storage);
}

void vn_storage_describe(struct vn_storage *storage, enum vn_status status, struct vn_error *error)
{
    storage->sql->ops->describe(storage->sql, status, error);
}

bool vn_storage_is_lost(const struct vn_storage *storage)
{
    return storage->sql->ops->is_lost(storage->sql);
}

enum vn_status vn_storage_held(struct vn_storage *storage, bool *out)
{
    return storage->sql->ops->held(storage->sql, out);
}

bool vn_storage_is_server(const struct vn_storage *storage)
{
    return storage->sql->ops->now_ms != NULL;
}

enum vn_status vn_storage_failed(const struct vn_storage *storage)
{
    return storage->sql->ops->failed(storage->sql);
}

int64_t vn_storage_away_since_ms(const struct vn_storage *storage)
{
    return storage->sql->away_since_ms;
}

int64_t vn_storage_repeats(const struct vn_storage *storage)
{
    return storage->repeats;
}

/* Blocks of numbers that were raised in what is rolled back were never raised. */
static void forget_numbers(struct vn_storage *storage)
{
    for (size_t i = 0; i < VN_SERIES_COUNT; i++) {
        if (storage->numbers[i].fresh) {
            storage->numbers[i].next = storage->numbers[i].end;
            storage->numbers[i].fresh = false;
        }
    }
}

enum vn_status vn_storage_begin(struct vn_storage *storage)
{
    return storage->sql->ops->begin(storage->sql, VN_SQL_WRITE);
}

enum vn_status vn_storage_commit(struct vn_storage *storage)
{
    enum vn_status status = storage->sql->ops->commit(storage->sql);
    if (status != VN_OK) {
        forget_numbers(storage);
        return status;
    }
    for (size_t i = 0; i < VN_SERIES_COUNT; i++) {
        storage->numbers[i].fresh = false;
    }
    return VN_OK;
}

void vn_storage_rollback(struct vn_storage *storage)
{
    storage->sql->ops->rollback(storage->sql);
    forget_numbers(storage);
}

static enum vn_status run_once(struct vn_storage *storage, enum vn_sql_kind kind,
                               enum vn_status (*fn)(void *ctx, struct vn_storage *storage), void *ctx,
                               bool *begun)
{
    enum vn_status status = storage->sql->ops->begin(storage->sql, kind);
    *begun = status == VN_OK;
    if (status != VN_OK) {
        return status;
    }
    status = fn(ctx, storage);
    if (status == VN_OK) {
        return vn_storage_commit(storage);
    }
    /* Whatever `fn` made of it. */
    enum vn_status failed = storage->sql->ops->failed(storage->sql);
    vn_storage_rollback(storage);
    return failed == VN_AGAIN || failed == VN_GONE ? failed : status;
}

/* Anything up to `most_ms`: who collided should not collide again. */
static void pause_before(const struct vn_storage *storage, int64_t most_ms)
{
    uint8_t drawn = 0;
    if (vn_random_fill(&storage->options.random, &drawn, sizeof drawn) != VN_OK) {
        drawn = 255;
    }
    int64_t wait_us = most_ms * 1000 * drawn / 255;
    const struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
    (void)nanosleep(&wait, NULL);
}

enum vn_status vn_storage_unit(struct vn_storage *storage, enum vn_sql_kind kind,
                               enum vn_status (*fn)(void *ctx, struct vn_storage *storage), void *ctx)
{
    int64_t most_ms = PAUSE_FIRST_MS;
    bool begun = false;
    enum vn_status status = run_once(storage, kind, fn, ctx, &begun);
    for (int tries = 1; tries < VN_STORAGE_TRIES && (status == VN_AGAIN || (status == VN_GONE && begun));
         tries++) {
        storage->repeats += status == VN_AGAIN ? 1 : 0;
        pause_before(storage, most_ms);
        most_ms = most_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : most_ms * 2;
        status = run_once(storage, kind, fn, ctx, &begun);
    }
    return status;
}

enum vn_status vn_storage_number(struct vn_storage *storage, const char *name, int64_t *out)
{
    return vn_sql_number(storage, out, "SELECT value FROM number WHERE name = ?", "t", name);
}

enum vn_status vn_storage_number_or(struct vn_storage *storage, const char *name, int64_t otherwise,
                                    int64_t *out)
{
    *out = otherwise;
    enum vn_status status = vn_storage_number(storage, name, out);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_number_put(struct vn_storage *storage, const char *name, int64_t value)
{
    return vn_sql_run(storage,
                      "INSERT INTO number(name, value) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET"
                      " value = excluded.value",
                      "ti", name, value);
}

enum vn_status vn_storage_number_drop(struct vn_storage *storage, const char *name)
{
    return vn_sql_run(storage, "DELETE FROM number WHERE name = ?", "t", name);
}
