#include "tests/sim/failvfs.h"

#include <assert.h>
#include <string.h>

struct file {
    sqlite3_file base; /* first: SQLite's */
    struct failvfs *disk;
    const char *path;
    sqlite3_file *real; /* behind this struct, in the memory that SQLite gave */
};

static const char *const names[FAILVFS_KINDS] = {"open",     "read",   "write", "sync",
                                                 "truncate", "delete", "shm"};
static const int codes[FAILVFS_KINDS] = {SQLITE_CANTOPEN,    SQLITE_IOERR_READ,     SQLITE_IOERR_WRITE,
                                         SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_DELETE,
                                         SQLITE_IOERR_SHMMAP};

const char *failvfs_kind_name(enum failvfs_kind kind)
{
    return names[kind];
}

/* --- judges --------------------------------------------------------------------------------------------------------- */

static int let_through(struct failvfs *disk, const struct failvfs_call *call)
{
    (void)disk;
    (void)call;
    return SQLITE_OK;
}

static int fail_nth(struct failvfs *disk, const struct failvfs_call *call)
{
    long count = disk->counts[call->kind];
    bool fails = call->kind == disk->kind && (disk->for_good ? count >= disk->nth : count == disk->nth);
    return fails ? codes[call->kind] : SQLITE_OK;
}

static int fill_up(struct failvfs *disk, const struct failvfs_call *call)
{
    if (call->kind != FAILVFS_WRITE || call->grows == 0) {
        return SQLITE_OK;
    }
    if (call->grows > disk->room) {
        return SQLITE_FULL;
    }
    disk->room -= call->grows;
    return SQLITE_OK;
}

static int judge(struct failvfs *disk, const struct failvfs_call *call)
{
    disk->counts[call->kind]++;
    int code = disk->judge(disk, call);
    disk->failed = disk->failed || code != SQLITE_OK;
    return code;
}

/* --- files ---------------------------------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xClose(real);
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    struct file *self = (struct file *)file;
    const struct failvfs_call call = {.kind = FAILVFS_READ, .path = self->path, .at = at, .len = len};
    int code = judge(self->disk, &call);
    return code != SQLITE_OK ? code : self->real->pMethods->xRead(self->real, out, len, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct file *self = (struct file *)file;
    sqlite3_int64 size = 0;
    (void)self->real->pMethods->xFileSize(self->real, &size);
    const struct failvfs_call call = {.kind = FAILVFS_WRITE,
                                      .path = self->path,
                                      .at = at,
                                      .bytes = bytes,
                                      .len = len,
                                      .grows = at + len > size ? at + len - size : 0};
    int code = judge(self->disk, &call);
    if (code != SQLITE_OK && len > 1) {
        (void)self->real->pMethods->xWrite(self->real, bytes, len / 2, at);
    }
    return code != SQLITE_OK ? code : self->real->pMethods->xWrite(self->real, bytes, len, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct file *self = (struct file *)file;
    const struct failvfs_call call = {.kind = FAILVFS_TRUNCATE, .path = self->path, .at = size};
    int code = judge(self->disk, &call);
    return code != SQLITE_OK ? code : self->real->pMethods->xTruncate(self->real, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct file *self = (struct file *)file;
    const struct failvfs_call call = {.kind = FAILVFS_SYNC, .path = self->path};
    (void)flags;
    return judge(self->disk, &call);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xFileSize(real, out);
}

static int file_lock(sqlite3_file *file, int level)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xLock(real, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xUnlock(real, level);
}

static int file_reserved(sqlite3_file *file, int *out)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xCheckReservedLock(real, out);
}

static int file_control(sqlite3_file *file, int what, void *arg)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xFileControl(real, what, arg);
}

static int file_sector(sqlite3_file *file)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xSectorSize(real);
}

static int file_device(sqlite3_file *file)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xDeviceCharacteristics(real);
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct file *self = (struct file *)file;
    const struct failvfs_call call = {
        .kind = FAILVFS_SHM, .path = self->path, .at = (int64_t)region * size, .len = size};
    int code = judge(self->disk, &call);
    if (code != SQLITE_OK) {
        *out = NULL;
        return code;
    }
    return self->real->pMethods->xShmMap(self->real, region, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xShmLock(real, offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *real = ((struct file *)file)->real;
    real->pMethods->xShmBarrier(real);
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    sqlite3_file *real = ((struct file *)file)->real;
    return real->pMethods->xShmUnmap(real, remove);
}

/* Version 2: without mapped pages, so that each page that is read comes by here. */
static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_reserved,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_device,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};

/* --- the disk ------------------------------------------------------------------------------------------------------- */

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    struct failvfs *disk = (struct failvfs *)vfs;
    struct file *self = (struct file *)file;
    const struct failvfs_call call = {.kind = FAILVFS_OPEN, .path = path};
    self->base.pMethods = NULL; /* nothing to close when opening fails */
    int code = judge(disk, &call);
    if (code != SQLITE_OK) {
        return code;
    }
    self->disk = disk;
    self->path = path;
    self->real = (sqlite3_file *)(self + 1);
    self->real->pMethods = NULL;
    code = disk->below->xOpen(disk->below, path, self->real, flags, out_flags);
    if (self->real->pMethods != NULL) {
        self->base.pMethods = &methods;
    }
    return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct failvfs *disk = (struct failvfs *)vfs;
    const struct failvfs_call call = {.kind = FAILVFS_DELETE, .path = path};
    (void)sync_folder;
    int code = judge(disk, &call);
    return code != SQLITE_OK ? code : disk->below->xDelete(disk->below, path, 0);
}

void failvfs_start(struct failvfs *disk, const char *name)
{
    memset(disk, 0, sizeof *disk);
    disk->below = sqlite3_vfs_find(NULL);
    assert(disk->below != NULL && sqlite3_vfs_find(name) == NULL);
    disk->vfs = *disk->below;
    disk->vfs.zName = name;
    disk->vfs.pNext = NULL;
    disk->vfs.szOsFile = (int)sizeof(struct file) + disk->below->szOsFile;
    disk->vfs.xOpen = disk_open;
    disk->vfs.xDelete = disk_delete;
    failvfs_calm(disk);
    int code = sqlite3_vfs_register(&disk->vfs, 0);
    assert(code == SQLITE_OK);
    (void)code;
}

void failvfs_end(struct failvfs *disk)
{
    (void)sqlite3_vfs_unregister(&disk->vfs);
}

void failvfs_calm(struct failvfs *disk)
{
    disk->judge = let_through;
    disk->failed = false;
    memset(disk->counts, 0, sizeof disk->counts);
}

void failvfs_fail(struct failvfs *disk, enum failvfs_kind kind, long nth, bool for_good)
{
    failvfs_calm(disk);
    disk->judge = fail_nth;
    disk->kind = kind;
    disk->nth = nth;
    disk->for_good = for_good;
}

void failvfs_fill(struct failvfs *disk, int64_t room)
{
    failvfs_calm(disk);
    disk->judge = fill_up;
    disk->room = room;
}
