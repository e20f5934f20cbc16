#include "tests/sim/diskvfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/sim/disk_internal.h"

#define SECTOR      4096 /* as SQLite's own says */
#define DAYS_MS     86400000
#define JULIAN_1970 INT64_C(210866760000000) /* ms from SQLite's beginning of time to Unix's */

/* Slots of a file (disk_hold): the levels of a database's lock, then those of its log. */
enum { LOCK_SHARED, LOCK_RESERVED, LOCK_PENDING, LOCK_LOG };

struct diskvfs {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *below;
    struct diskvfs_options options;
    struct disk *scratch;
    unsigned scratch_files;
};

struct file {
    sqlite3_file base; /* first: SQLite's */
    struct disk_file *on;
    struct disk *disk;
    int level;
    bool names_it; /* the first sync is the folder's, too */
    bool goes;     /* is deleted when it is closed */
};

static struct file *of(sqlite3_file *file)
{
    return (struct file *)file;
}

static int told(int code, int refused)
{
    return code == 0 ? SQLITE_OK : code == ENOSPC ? SQLITE_FULL : refused;
}

static void sync_folder_of(struct disk *disk, const char *path)
{
    char folder[DISK_PATH_MAX];
    const char *last = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", last == NULL ? 0 : (int)(last - path), path);
    (void)disk_sync_folder(disk, folder);
}

/* --- files ---------------------------------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    struct file *self = of(file);
    if (self->goes) {
        (void)disk_delete(self->disk, disk_file_path(self->on));
    }
    disk_close(self->on);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    size_t got = 0;
    int code = disk_read(of(file)->on, out, (size_t)len, at, &got);
    if (code != 0) {
        return code == EIO ? SQLITE_IOERR_CORRUPTFS : SQLITE_IOERR_READ;
    }
    if (got < (size_t)len) {
        memset((char *)out + got, 0, (size_t)len - got);
        return SQLITE_IOERR_SHORT_READ;
    }
    return SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    return told(disk_write(of(file)->on, bytes, (size_t)len, at), SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return told(disk_truncate(of(file)->on, size), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct file *self = of(file);
    (void)flags;
    int code = disk_sync(self->on);
    if (code == 0 && self->names_it) {
        sync_folder_of(self->disk, disk_file_path(self->on));
        self->names_it = false;
    }
    return told(code, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out)
{
    *out = disk_size(of(file)->on);
    return SQLITE_OK;
}

static int busy_or(int code)
{
    return code == 0 ? SQLITE_OK : code == EAGAIN ? SQLITE_BUSY : SQLITE_IOERR_LOCK;
}

static int lock_shared(struct disk_file *on)
{
    if (disk_held_by_anybody(on, LOCK_PENDING) != DISK_FREE) {
        return EAGAIN;
    }
    return disk_hold(on, LOCK_SHARED, DISK_SHARED);
}

static int file_lock(sqlite3_file *file, int level)
{
    struct file *self = of(file);
    int code = 0;
    if (level <= self->level) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED) {
        code = lock_shared(self->on);
    } else if (level == SQLITE_LOCK_RESERVED) {
        code = disk_hold(self->on, LOCK_RESERVED, DISK_ALONE);
    } else {
        code = disk_hold(self->on, LOCK_PENDING, DISK_ALONE);
        if (code == 0) {
            self->level = SQLITE_LOCK_PENDING; /* and stays: nobody new gets in */
            code = level == SQLITE_LOCK_EXCLUSIVE ? disk_hold(self->on, LOCK_SHARED, DISK_ALONE) : 0;
        }
    }
    self->level = code == 0 ? level : self->level;
    return busy_or(code);
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct file *self = of(file);
    if (level < self->level) {
        (void)disk_hold(self->on, LOCK_SHARED, level == SQLITE_LOCK_SHARED ? DISK_SHARED : DISK_FREE);
        (void)disk_hold(self->on, LOCK_RESERVED, DISK_FREE);
        (void)disk_hold(self->on, LOCK_PENDING, DISK_FREE);
        self->level = level;
    }
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *out)
{
    *out = disk_held_by_anybody(of(file)->on, LOCK_RESERVED) != DISK_FREE;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int what, void *arg)
{
    (void)file;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int file_device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    int code = disk_share(of(file)->on, (unsigned)region, (size_t)size, extend != 0, out);
    return code == 0 ? SQLITE_OK : code == ENOSPC ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    struct disk_file *on = of(file)->on;
    enum disk_hold hold = (flags & SQLITE_SHM_UNLOCK) != 0   ? DISK_FREE
                          : (flags & SQLITE_SHM_SHARED) != 0 ? DISK_SHARED
                                                             : DISK_ALONE;
    int code = 0;
    int done = 0;
    for (; done < count && code == 0; done++) {
        code = disk_hold(on, (unsigned)(LOCK_LOG + offset + done), hold);
    }
    for (int i = 0; code != 0 && i < done - 1; i++) { /* all or none; none of them was held before */
        (void)disk_hold(on, (unsigned)(LOCK_LOG + offset + i), DISK_FREE);
    }
    return busy_or(code);
}

static void file_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    (void)remove; /* it goes with the last who has it */
    disk_unshare(of(file)->on);
    return SQLITE_OK;
}

/* Version 2: without mapped pages, so that each page that is read comes by the disk. */
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

/* --- the VFS -------------------------------------------------------------------------------------------------------- */

static struct diskvfs *vfs_of(sqlite3_vfs *vfs)
{
    return (struct diskvfs *)vfs;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct diskvfs *self = vfs_of(vfs);
    struct file *made = of(file);
    char scratch[32];
    struct disk *disk = name == NULL ? self->scratch : disks_find(self->options.disks, name);
    if (disk == NULL) {
        return self->below->xOpen(self->below, name, file, flags, out_flags);
    }
    memset(made, 0, sizeof *made); /* no methods: nothing to close when opening fails */
    if (name == NULL) {
        (void)snprintf(scratch, sizeof scratch, "/%u", self->scratch_files++);
        name = scratch;
    }
    unsigned wanted = (flags & SQLITE_OPEN_CREATE) != 0 ? DISK_CREATES : 0;
    wanted |= (flags & SQLITE_OPEN_EXCLUSIVE) != 0 ? DISK_EXCLUSIVE : 0;
    if (disk_open(disk, name, wanted, &made->on) != 0) {
        return SQLITE_CANTOPEN;
    }
    const int logs = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    made->disk = disk;
    made->names_it = wanted != 0 && (flags & logs) != 0;
    made->goes = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    made->base.pMethods = &methods;
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    struct diskvfs *self = vfs_of(vfs);
    struct disk *disk = disks_find(self->options.disks, path);
    if (disk == NULL) {
        return self->below->xDelete(self->below, path, sync_folder);
    }
    int code = disk_delete(disk, path);
    if (code == 0 && sync_folder != 0) {
        sync_folder_of(disk, path);
    }
    return code == 0 ? SQLITE_OK : code == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    struct diskvfs *self = vfs_of(vfs);
    const struct disk *disk = disks_find(self->options.disks, path);
    if (disk == NULL) {
        return self->below->xAccess(self->below, path, flags, out);
    }
    int64_t size = 0;
    enum disk_what what = disk_there(disk, path);
    bool empty = what == DISK_FILE && disk_size_of(disk, path, &size) == 0 && size == 0;
    *out = what != DISK_NOTHING && !(empty && flags == SQLITE_ACCESS_EXISTS);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
    struct diskvfs *self = vfs_of(vfs);
    if (disks_find(self->options.disks, path) == NULL) {
        return self->below->xFullPathname(self->below, path, size, out);
    }
    (void)snprintf(out, (size_t)size, "%s", path);
    return strlen(path) < (size_t)size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_random(sqlite3_vfs *vfs, int len, char *out)
{
    const struct vn_random *random = &vfs_of(vfs)->options.random;
    return vn_random_fill(random, (uint8_t *)out, (size_t)len) == VN_OK ? len : 0;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    const struct diskvfs_options *options = &vfs_of(vfs)->options;
    if (options->sleep != NULL) {
        options->sleep(options->ctx, us);
    }
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    *out = JULIAN_1970 + vn_clock_wall_ms(&vfs_of(vfs)->options.clock);
    return SQLITE_OK;
}

static int vfs_days(sqlite3_vfs *vfs, double *out)
{
    sqlite3_int64 ms = 0;
    (void)vfs_time(vfs, &ms);
    *out = (double)ms / DAYS_MS;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size,
                          char *out) /* NOLINT(readability-non-const-parameter): as SQLite says */
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

struct diskvfs *diskvfs_create(const struct diskvfs_options *options)
{
    struct diskvfs *self = disk_alloc(sizeof *self);
    self->below = sqlite3_vfs_find(NULL);
    if (self->below == NULL || sqlite3_vfs_find(options->name) != NULL) {
        abort();
    }
    self->options = *options;
    self->scratch = disk_create(&self->options.random);
    bool larger = self->below->szOsFile > (int)sizeof(struct file);
    self->vfs = (sqlite3_vfs){.iVersion = 2,
                              .szOsFile = larger ? self->below->szOsFile : (int)sizeof(struct file),
                              .mxPathname = DISK_PATH_MAX - 1,
                              .zName = options->name,
                              .xOpen = vfs_open,
                              .xDelete = vfs_delete,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full_path,
                              .xRandomness = vfs_random,
                              .xSleep = vfs_sleep,
                              .xCurrentTime = vfs_days,
                              .xGetLastError = vfs_last_error,
                              .xCurrentTimeInt64 = vfs_time};
    if (sqlite3_vfs_register(&self->vfs, options->standard ? 1 : 0) != SQLITE_OK) {
        abort();
    }
    return self;
}

void diskvfs_destroy(struct diskvfs *self)
{
    if (self == NULL) {
        return;
    }
    (void)sqlite3_vfs_unregister(&self->vfs);
    if (self->options.standard) {
        (void)sqlite3_vfs_register(self->below, 1);
    }
    disk_destroy(self->scratch);
    free(self);
}
