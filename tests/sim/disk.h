/* A disk in memory that remembers what was not synced, and loses it when the power goes.
 *
 * It holds many files under full names ("/simdisk/till-3/journal.db"), and folders. What is written is seen by all at
 * once, as through a system's page cache, and stays a *piece* in doubt until the file is synced. disk_crash() gives each
 * piece its fate: kept, dropped, torn (some of its sectors, or a prefix down to single bytes) or garbled (some of its sectors
 * are noise). Pieces have no order among each other, but where two that are kept cover the same bytes the later one wins.
 *
 * What SQLite and our code may rely on, and nothing else:
 *   - disk_sync(file): the file's bytes and length, as they are, are kept; whoever wrote them. Not its name.
 *   - disk_sync_folder(): which names the folder has, and to which files they lead. A name is created, removed or replaced
 *     by a rename wholly or not at all; names that were not synced are kept in the order in which they were made (a file
 *     system with a log), or each by itself (DISK_NAMES_ANY).
 *   - Bytes outside of what was written are never touched, also not those of the same sector (what SQLite calls powersafe
 *     overwrite, and takes for granted on Linux).
 *   - A length that grew without its bytes reads as zeros.
 *   - A sync that failed has brought each piece to the disk or not, by chance, and no later sync brings it: the system takes
 *     it for clean, and goes on showing it until disk_crash(). (So do Linux's file systems.)
 *   - Locks and shared memory end with their process. Folders are durable when they are made or renamed.
 *
 * Everything that is asked of the disk is first shown to a judge, which lets it through or names the errno that the caller
 * gets; it may freeze the disk, clone it, and read it. Functions give 0 or an errno.
 *
 * One thread at a time; no globals, many disks at once, and the same calls with the same random numbers give the same disk. */
#ifndef VN_TESTS_SIM_DISK_H
#define VN_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/base/random.h"

#define DISK_SECTOR    512
#define DISK_PATH_MAX  512
#define DISK_UNLIMITED INT64_MAX

struct disk;      /* opaque */
struct disk_file; /* an open file; opaque */

enum disk_kind {
    DISK_OPEN,
    DISK_READ,
    DISK_WRITE,
    DISK_TRUNCATE,
    DISK_SYNC,
    DISK_FOLDER, /* the sync of a folder */
    DISK_DELETE,
    DISK_RENAME,
    DISK_LINK,
    DISK_SHM, /* mapping the memory that the connections of a write-ahead log share */
    DISK_KINDS,
};
const char *disk_kind_name(enum disk_kind kind); /* "write"; static */

struct disk_call {
    enum disk_kind kind;
    const char *path;  /* of the file when it was opened; the folder; the old name */
    int64_t at;        /* offset in the file; truncate: its new size */
    const void *bytes; /* write */
    int64_t len;
    int64_t grows; /* write and truncate: by how much the file becomes longer */
};
/* 0 lets the call through; anything else is the errno that the caller gets. A write that is refused leaves its first half. */
typedef int (*disk_judge)(void *ctx, struct disk *disk, const struct disk_call *call);

/* --- life ----------------------------------------------------------------------------------------------------------- */

/* An empty disk. `random` decides about syncs that fail; its state stays with the caller. Memory that runs out ends the
 * program. */
struct disk *disk_create(const struct vn_random *random);
/* Files are marked with the time at which they were last changed, by this clock; without it, 0. NULL: none any more. */
void disk_tell_time(struct disk *disk, const struct vn_clock *clock);
/* Files that are open on it are closed before. */
void disk_destroy(struct disk *disk);

/* All of the disk as it is at this moment, what is not synced with it: an image, on which a machine was cloned or a crash can
 * be tried. Nobody has a file open there, it isn't frozen, it has no judge, and its counts are 0. Cheap: pages are shared
 * until one of both writes. */
struct disk *disk_clone(const struct disk *disk);
/* The disk becomes what the image is; the image stays. As with disk_crash, files that are open on it are dead. */
void disk_restore(struct disk *disk, const struct disk *image);

/* --- faults --------------------------------------------------------------------------------------------------------- */

void disk_judge_by(struct disk *disk, disk_judge judge, void *ctx); /* NULL: lets all through */
long disk_count(const struct disk *disk, enum disk_kind kind);      /* calls so far, judged */

/* From now on nothing reaches it: all that would change it, and each sync, fails with EIO. Reading, locks and closing work, so
 * that a process can be torn down in the ordinary way. disk_crash, disk_kill and disk_restore end it. */
void disk_freeze(struct disk *disk);
bool disk_is_frozen(const struct disk *disk);

/* Files may grow by so many bytes together from now on; what is cut off or deleted gives room again. A write that needs more is
 * cut where the room ends, and refused with ENOSPC. */
void disk_set_room(struct disk *disk, int64_t bytes);

enum disk_names { DISK_NAMES_IN_ORDER, DISK_NAMES_ANY };
struct disk_policy {
    unsigned keep, drop, tear, garble; /* weights; names are kept by `keep` and dropped by `drop` */
    enum disk_names names;
};
extern const struct disk_policy disk_loses_all, disk_keeps_all, disk_mixes, disk_mixes_names;

/* What became of what was in doubt, since the disk was made. */
struct disk_fates {
    long kept, dropped, torn, garbled, names_kept, names_dropped;
};

/* The power goes, and comes back: what was not synced gets its fate, locks and shared memory are gone, files that are open are
 * dead (each call on them fails with EIO; they still have to be closed). */
void disk_crash(struct disk *disk, const struct vn_random *random, const struct disk_policy *policy);
/* A process ends, and the machine goes on: files that are open are dead, locks and shared memory are gone, and what was not
 * synced stays in doubt. */
void disk_kill(struct disk *disk);
/* How often a write found no room, since the disk was made. */
long disk_met_full(const struct disk *disk);
const struct disk_fates *disk_told(const struct disk *disk);
bool disk_in_doubt(const struct disk *disk); /* whether anything is not synced */

/* --- names ---------------------------------------------------------------------------------------------------------- */

enum disk_what { DISK_NOTHING, DISK_FILE, DISK_A_FOLDER };

int disk_make_folder(struct disk *disk,
                     const char *path); /* EEXIST, ENOENT (its own folder, but at the root) */
enum disk_what disk_there(const struct disk *disk, const char *path);
int disk_size_of(const struct disk *disk, const char *path, int64_t *size); /* ENOENT */
int disk_delete(struct disk *disk, const char *path);                       /* ENOENT */
/* In place of the file that is there. Within one folder: else EXDEV. */
int disk_rename(struct disk *disk, const char *from, const char *to);
int disk_link(struct disk *disk, const char *from, const char *to); /* EEXIST */
int disk_sync_folder(struct disk *disk, const char *path);
/* The n-th name (from 0, in no order that means anything) in this folder, without the folder. False: there are not so many. */
bool disk_list(const struct disk *disk, const char *folder, size_t nth, char out[DISK_PATH_MAX]);

/* --- files ---------------------------------------------------------------------------------------------------------- */

#define DISK_CREATES   1U /* ENOENT without it when there is none */
#define DISK_EXCLUSIVE 2U /* EEXIST when there is one */
#define DISK_EMPTIES   4U

int disk_open(struct disk *disk, const char *path, unsigned flags, struct disk_file **out);
void disk_close(struct disk_file *file); /* and gives up its locks and shared memory */
const char *disk_file_path(const struct disk_file *file);
struct disk *disk_of(const struct disk_file *file);

/* *got < len only at the end of the file. */
int disk_read(struct disk_file *file, void *out, size_t len, int64_t at, size_t *got);
int disk_write(struct disk_file *file, const void *bytes, size_t len, int64_t at);
int disk_truncate(struct disk_file *file, int64_t size);
int disk_sync(struct disk_file *file);
int64_t disk_size(const struct disk_file *file);
int64_t disk_changed_ms(const struct disk_file *file);
/* An own mark of who opened the file, kept for him and 0 at first. */
unsigned disk_note(const struct disk_file *file);
void disk_set_note(struct disk_file *file, unsigned note);

/* --- locks and shared memory ---------------------------------------------------------------------------------------- */

#define DISK_SLOTS 16
enum disk_hold { DISK_FREE, DISK_SHARED, DISK_ALONE };

/* Each file has slots that open files hold together or alone; a hold can be raised or lowered. Never waits: EAGAIN. */
int disk_hold(struct disk_file *file, unsigned slot, enum disk_hold hold);
enum disk_hold disk_held(const struct disk_file *file, unsigned slot); /* by this one */
enum disk_hold disk_held_by_anybody(const struct disk_file *file, unsigned slot);

/* A region of memory that all who have the file open share; zeros at first. It lives until the last of them gives it up. *out is
 * NULL when it is not there and !extend. */
int disk_share(struct disk_file *file, unsigned region, size_t size, bool extend, volatile void **out);
void disk_unshare(struct disk_file *file);

#endif
