/* SQLite on simulated disks: a VFS (sqlite.org/vfs.html) that keeps its files there, with locks and the shared memory of
 * write-ahead logs for any number of connections in this process.
 *
 * It does what SQLite's own does on Linux, as far as a crash can tell: the first sync of a log or journal that was created syncs
 * the folder too (and doesn't say when that failed), an empty file counts as none, a sector that can't be read is
 * SQLITE_IOERR_CORRUPTFS. Names that are on none of the disks are left to the VFS that was SQLite's default; temporary files are
 * in memory, and outlive nothing. Waiting, time and randomness come from the caller.
 *
 * A connection is used by one thread at a time, and so are all disks together. */
#ifndef VN_TESTS_SIM_DISKVFS_H
#define VN_TESTS_SIM_DISKVFS_H

#include "agent/base/clock.h"
#include "tests/sim/disks.h"

struct diskvfs; /* opaque */

struct diskvfs_options {
    const char *name;          /* that nobody else uses; borrowed */
    const struct disks *disks; /* borrowed */
    struct vn_clock clock;
    struct vn_random random;
    void (*sleep)(void *ctx, int64_t us); /* NULL: time stands still */
    void *ctx;
    bool standard; /* it becomes SQLite's default, for callers who name no VFS */
};

struct diskvfs *diskvfs_create(const struct diskvfs_options *options);
/* No connection is open on it. SQLite's default is again what it was. */
void diskvfs_destroy(struct diskvfs *self);

#endif
