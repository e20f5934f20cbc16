/* The write-ahead log that an earlier process left behind, before anybody believes it.
 *
 * When an fsync fails, the system marks the pages as written although they are not, and keeps them: whoever reads the file
 * gets bytes that the disk does not have, until they are dropped and the old ones come back. A later fsync says that all is
 * well. A process that ends there and starts again would read a transaction that a power loss still takes away, send it to
 * the hub, and be taken for a till that was set back. And moving the log into the database would begin with the same lie:
 * cut off in the midst, it leaves pages of a transaction whose log is gone.
 *
 * So the log is copied, the copy synced, and put in the log's place: then the disk has what we read, or says that it can't.
 * Nobody has to remember that a sync failed, and no mark of it can fail to be written. What was promised to anybody was synced
 * before, and comes out the same whichever pages were dropped.
 *
 * A copy, because the power may go here, too: of bytes that are written over themselves a sector can be left that is neither old
 * nor new, and they were all that there is of what was promised. A full disk has no room for a copy: then the start fails and
 * says how much is wanted, since such a disk takes no sale either. A file that promises nothing (a cache, which can be fetched
 * again) has its log written over itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/db/internal.h"

#define PIECE     65536
#define COPY_NAME "-settling" /* behind the log's name */

struct settling {
    sqlite3_vfs *vfs;
    const char *name;
    bool promises, numbered, foreign;
    sqlite3_int64 wanted; /* bytes, of the copy that did not fit */
};

/* Writes all of a file into another one, or over itself, and syncs that. */
static int rewrite(sqlite3_file *from, sqlite3_file *to)
{
    sqlite3_int64 size = 0;
    uint8_t *piece = malloc(PIECE);
    int code = piece == NULL ? SQLITE_NOMEM : from->pMethods->xFileSize(from, &size);
    for (sqlite3_int64 at = 0; at < size && code == SQLITE_OK; at += PIECE) {
        int len = size - at < PIECE ? (int)(size - at) : PIECE;
        code = from->pMethods->xRead(from, piece, len, at);
        if (code == SQLITE_OK) {
            code = to->pMethods->xWrite(to, piece, len, at);
        }
    }
    if (code == SQLITE_OK) {
        code = to->pMethods->xSync(to, SQLITE_SYNC_FULL);
    }
    free(piece);
    return code;
}

/* A file by its VFS; *out is NULL unless SQLITE_OK. */
static int open_by(sqlite3_vfs *vfs, const char *name, int flags, sqlite3_file **out)
{
    int got = 0;
    *out = calloc(1, (size_t)vfs->szOsFile);
    if (*out == NULL) {
        return SQLITE_NOMEM;
    }
    int code = vfs->xOpen(vfs, name, *out, flags, &got);
    if (code != SQLITE_OK) {
        free(*out);
        *out = NULL;
    }
    return code;
}

static void close_by(sqlite3_file *file)
{
    if (file->pMethods != NULL) {
        (void)file->pMethods->xClose(file);
    }
    free(file);
}

enum vn_status vn_db_sync_names(const char *path, struct vn_error *error)
{
    char folder[VN_PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || strlen(path) >= sizeof folder) {
        return vn_fail(error, VN_ARG, "not a whole path");
    }
    slash[slash == folder ? 1 : 0] = '\0'; /* "/" stays */
    return vn_file_sync(folder, error);
}

/* Nobody else has the log open, and nothing may be written to it before its name is on the disk. */
static int put_in_place(const char *copy, const char *log)
{
    if (rename(copy, log) != 0) {
        return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR;
    }
    return vn_db_sync_names(log, NULL) == VN_OK ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
}

static int replace(const struct settling *settling, sqlite3_file *log)
{
    const char *name = sqlite3_filename_wal(settling->name);
    sqlite3_file *copy = NULL;
    char *path = sqlite3_mprintf("%s" COPY_NAME, name);
    if (path == NULL) {
        return SQLITE_NOMEM;
    }
    (void)remove(path); /* of a start that was cut off */
    int code =
        open_by(settling->vfs, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, &copy);
    if (code == SQLITE_OK) {
        code = rewrite(log, copy);
        close_by(copy);
    }
    if (code == SQLITE_OK) {
        code = put_in_place(path, name);
    }
    if (code != SQLITE_OK) {
        (void)remove(path);
    }
    sqlite3_free(path);
    return code;
}

static int settle_log(struct settling *settling, sqlite3_file *database)
{
    sqlite3_file *log = NULL;
    /* "Create", although it is there: then the sync includes the folder that names it. */
    int code = open_by(settling->vfs, sqlite3_filename_wal(settling->name),
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL, &log);
    if (code != SQLITE_OK) {
        return code;
    }
    if (settling->numbered) {
        code = vn_db_log_is_foreign(database, log, &settling->foreign);
    }
    if (code == SQLITE_OK && !settling->foreign) {
        code = replace(settling, log);
        if (code == SQLITE_FULL && settling->promises) {
            (void)log->pMethods->xFileSize(log, &settling->wanted);
        } else if (code == SQLITE_FULL) {
            code = rewrite(log, log);
        }
    }
    close_by(log);
    return code;
}

/* Every connection to a database with a write-ahead log holds a lock on the database as long as it lives: when all of them
 * can be had, nobody else is there. Somebody who is there has synced what he wrote, or is about to fail. */
static int settle_if_alone(struct settling *settling)
{
    sqlite3_file *database = NULL;
    if (open_by(settling->vfs, settling->name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, &database) !=
        SQLITE_OK) {
        return SQLITE_OK; /* opening it will say why */
    }
    const sqlite3_io_methods *io = database->pMethods;
    int code = io->xLock(database, SQLITE_LOCK_SHARED);
    if (code == SQLITE_OK) {
        code = io->xLock(database, SQLITE_LOCK_EXCLUSIVE);
    }
    if (code == SQLITE_OK) {
        code = settle_log(settling, database);
    } else if ((code & 0xff) == SQLITE_BUSY) {
        code = SQLITE_OK;
    }
    (void)io->xUnlock(database, SQLITE_LOCK_NONE);
    close_by(database);
    return code;
}

static const char *name_of(sqlite3_vfs *vfs, const char *path)
{
    char *full = malloc((size_t)vfs->mxPathname + 1);
    const char *name = NULL;
    if (full != NULL && vfs->xFullPathname(vfs, path, vfs->mxPathname + 1, full) == SQLITE_OK) {
        char *journal = sqlite3_mprintf("%s-journal", full);
        char *log = sqlite3_mprintf("%s-wal", full);
        if (journal != NULL && log != NULL) {
            name = sqlite3_create_filename(full, journal, log, 0, NULL);
        }
        sqlite3_free(journal);
        sqlite3_free(log);
    }
    free(full);
    return name;
}

enum vn_status vn_db_settle_log(const char *path, const struct vn_db_options *options, struct vn_error *error)
{
    int there = 0;
    struct settling settling = {.vfs = sqlite3_vfs_find(options->vfs),
                                .promises = options->mode == VN_DB_DURABLE,
                                .numbered = options->numbers_logs};
    settling.name = settling.vfs == NULL ? NULL : name_of(settling.vfs, path);
    if (settling.name == NULL) {
        return VN_OK; /* opening it will say why */
    }
    int code = settling.vfs->xAccess(settling.vfs, sqlite3_filename_wal(settling.name), SQLITE_ACCESS_EXISTS,
                                     &there);
    if (code == SQLITE_OK && there != 0) {
        code = settle_if_alone(&settling);
    }
    sqlite3_free_filename(settling.name);
    if (settling.foreign) {
        return vn_fail(error, VN_CONFLICT,
                       "the log beside it, of the same name and -wal, is of another state of this file: put "
                       "back the file that it was written with, or move the log away, and start again");
    }
    if (code == SQLITE_OK) {
        return VN_OK;
    }
    if (settling.wanted > 0) {
        return vn_fail(error, VN_FULL,
                       "the disk is full: what was written last is safe, but can't be read before there is "
                       "room for a copy of it: make room for %lld KiB, and start again",
                       (long long)(settling.wanted / 1024 + 1));
    }
    return vn_fail(error, vn_db_status(code),
                   "what was written last can't be brought to the disk: %s (SQLite %d)", sqlite3_errstr(code),
                   code);
}
