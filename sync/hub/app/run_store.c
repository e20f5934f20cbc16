#include "sync/hub/app/run_store.h"

#include <stdio.h>
#include <sys/stat.h>

#include "agent/base/file.h"
#include "sync/hub/core/clock_guard.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/ledger/ledger.h"
#include "sync/hub/ledger/quarantine.h"

static enum vn_status open_readers(struct vn_run_store *store, const char *database, struct vn_error *error)
{
    const struct vn_storage_options options = {
        .reader = true, .clock = store->hub->clock, .random = store->hub->random};
    enum vn_status status = vn_storage_open(database, &options, &store->reader, error);
    if (status == VN_OK) {
        status = vn_storage_open(database, &options, &store->builder, error);
    }
    return status == VN_OK ? vn_storage_open(database, &options, &store->requoter, error) : status;
}

static enum vn_status begin(struct vn_run_store *store, struct vn_error *error)
{
    struct vn_hub *hub = store->hub;
    enum vn_status status = vn_epoch_refresh(hub);
    if (status == VN_ABSENT) {
        return vn_fail(error, VN_CORRUPT,
                       "the database is empty: put a backup back (verno-hub restore), or hub.db as it was");
    }
    if (status != VN_OK) {
        vn_storage_describe(hub->storage, status, error);
        return status;
    }
    status = vn_hub_keys_match(hub->keys, hub->storage, true, store->dir, error);
    if (status != VN_OK) {
        return status;
    }
    int64_t last_ms = 0;
    status = vn_storage_last_ack(hub->storage, &last_ms);
    if (status != VN_OK) {
        vn_storage_describe(hub->storage, status, error);
        return status;
    }
    vn_clock_guard_know(hub->guard, last_ms);
    status = vn_settings_read(hub->settings, hub->settings, hub->storage);
    if (status != VN_OK) {
        vn_storage_describe(hub->storage, status, error);
        return status;
    }
    status = vn_epoch_start(hub, store->mark_path, error);
    if (status != VN_OK) {
        return status;
    }
    status = vn_quarantine_start(hub);
    if (status != VN_OK) {
        vn_storage_describe(hub->storage, status, error);
    }
    return status;
}

/* The keys are refused then; a database was often put back by hand, and is no use without them. */
static void warn_of_mode(const struct vn_hub *hub, const char *path)
{
    struct stat info;
    char mode[8];
    if (stat(path, &info) == 0 && (info.st_mode & 077) != 0) {
        (void)snprintf(mode, sizeof mode, "%03o", (unsigned)(info.st_mode & 0777));
        vn_log_event(hub->log, VN_LOG_WARN, "database_open_to_others", VN_S("file", path), VN_S("mode", mode),
                     VN_S("do", "chmod 600"));
    }
}

enum vn_status vn_run_store_open(struct vn_run_store *store, struct vn_error *error)
{
    char path[VN_PATH_MAX];
    const char *database = store->database == NULL ? path : store->database;
    enum vn_status status = vn_file_path(store->dir, "hub.db", path, error);
    if (status == VN_OK) {
        status = vn_file_path(store->dir, "mark", store->mark_path, error);
    }
    if (status == VN_OK) {
        status = vn_file_path(store->dir, "revoked", store->revoked_path, error);
        store->hub->revoked = store->revoked_path;
    }
    if (status == VN_OK) {
        status = vn_file_path(store->dir, "enrolled", store->enrolled_path, error);
        store->hub->enrolled = store->enrolled_path;
    }
    if (status == VN_OK) {
        const struct vn_storage_options options = {.clock = store->hub->clock, .random = store->hub->random};
        status = vn_storage_open(database, &options, &store->hub->storage, error);
        if (status == VN_ABSENT && store->database == NULL) {
            status =
                vn_fail(error, VN_ABSENT,
                        "there is no %s: put it back, or a backup: verno-hub restore --from BACKUP", path);
        }
    }
    if (status == VN_OK && store->database == NULL) {
        warn_of_mode(store->hub, path);
    }
    if (status == VN_OK && vn_ledger_attach(store->hub, VN_LEDGER_WRITES) != VN_OK) {
        status = vn_fail(error, VN_NOMEM, "out of memory");
    }
    if (status == VN_OK) {
        status = open_readers(store, database, error);
    }
    if (status == VN_OK) {
        status = begin(store, error);
    }
    if (status != VN_OK) {
        vn_run_store_close(store);
    }
    return status;
}

enum vn_status vn_run_store_check(const struct vn_run_store *store, struct vn_error *error)
{
    struct vn_storage *const all[] = {store->hub->storage, store->reader, store->builder, store->requoter};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct vn_error why = {VN_OK, "", ""};
        if (!vn_storage_is_lost(all[i])) {
            continue;
        }
        vn_storage_describe(all[i], VN_IO, &why);
        return why.status == VN_CORRUPT
                   ? vn_fail(error, VN_CORRUPT,
                             "hub.db in %s is damaged (%.80s): move it away, with its -wal, and restore a "
                             "backup; the tills send again what that lacks",
                             store->dir, why.text)
                   : vn_fail(error, VN_IO,
                             "the disk of %s failed while something was written (%.80s): look at the disk, "
                             "then start again",
                             store->dir, why.text);
    }
    return VN_OK;
}

void vn_run_store_close(struct vn_run_store *store)
{
    vn_ledger_detach(store->hub);
    vn_storage_close(store->requoter);
    vn_storage_close(store->builder);
    vn_storage_close(store->reader);
    vn_storage_close(store->hub->storage);
    store->requoter = NULL;
    store->builder = NULL;
    store->reader = NULL;
    store->hub->storage = NULL;
}
