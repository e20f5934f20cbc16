/* A disk for SQLite on which something goes wrong at a chosen moment.
 *
 * It is a VFS (sqlite.org/vfs.html) over the system's own. Each call that touches the disk is first shown to a judge,
 * with the file, the place and the bytes; the judge lets it through or names the error that SQLite gets. Two judges
 * are here: failvfs_fail, the n-th call of a kind, once or from then on; failvfs_fill, a disk on which only so many bytes
 * have room. Another one (that keeps what was not synced and loses it, say) needs nothing but failvfs_judge and the
 * real files below.
 *
 * A write that fails leaves its first half on the disk, as disks do. Syncs are counted and judged but not carried
 * out: nothing here loses power, and tests that try each of a hundred places must be fast.
 *
 * One thread. The struct is the caller's and stays where it is while it is registered; files that SQLite opened on it
 * are closed before. */
#ifndef VN_TESTS_SIM_FAILVFS_H
#define VN_TESTS_SIM_FAILVFS_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

enum failvfs_kind {
    FAILVFS_OPEN,
    FAILVFS_READ,
    FAILVFS_WRITE,
    FAILVFS_SYNC,
    FAILVFS_TRUNCATE,
    FAILVFS_DELETE,
    FAILVFS_SHM, /* mapping the memory that the connections of a write-ahead log share */
    FAILVFS_KINDS,
};

const char *failvfs_kind_name(enum failvfs_kind kind); /* "write"; static */

struct failvfs_call {
    enum failvfs_kind kind;
    const char *path;  /* may be NULL: a temporary file */
    int64_t at;        /* offset in the file; truncate: its new size */
    const void *bytes; /* write */
    int64_t len;
    int64_t grows; /* write: by how much the file becomes longer */
};

struct failvfs;
/* SQLITE_OK lets the call through; anything else is what SQLite gets. */
typedef int (*failvfs_judge)(struct failvfs *disk, const struct failvfs_call *call);

struct failvfs {
    sqlite3_vfs vfs; /* first: SQLite hands it back */
    sqlite3_vfs *below;
    failvfs_judge judge;
    long counts[FAILVFS_KINDS]; /* calls so far */
    bool failed;                /* the judge said no at least once */
    enum failvfs_kind kind;     /* of failvfs_fail */
    long nth;
    bool for_good;
    int64_t room; /* of failvfs_fill */
};

/* Registers the disk under a name that nobody else uses, and lets all through. */
void failvfs_start(struct failvfs *disk, const char *name);
void failvfs_end(struct failvfs *disk);

/* The n-th call of this kind from now on (1 is the next) fails, and no other; or each from that one on. */
void failvfs_fail(struct failvfs *disk, enum failvfs_kind kind, long nth, bool for_good);
/* Files may grow by so many bytes together from now on; what would need more is cut and refused with SQLITE_FULL. */
void failvfs_fill(struct failvfs *disk, int64_t room);
/* All goes well again, and the counts begin anew. */
void failvfs_calm(struct failvfs *disk);

#endif
