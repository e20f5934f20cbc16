/* A machine for the tests of one database: a simulated disk, SQLite on it as the default, and the product's small files;
 * something goes wrong there at a chosen moment, the n-th call of a kind, once or from then on, or when the disk is full. Any
 * other judge can be given to disk_judge_by.
 *
 * Asserts with cmocka. The struct is the caller's and stays where it is until faildisk_end; one at a time in a process. */
#ifndef VN_TESTS_SIM_FAILDISK_H
#define VN_TESTS_SIM_FAILDISK_H

#include "tests/sim/disks.h"
#include "tests/sim/diskvfs.h"

#define FAILDISK_ROOT "/simdisk/day" /* the folder of the tests */
#define FAILDISK_NOW  INT64_C(1795334400123)

struct faildisk {
    struct disks disks;
    struct disk *disk;
    struct diskvfs *vfs;
    uint64_t seed;
    struct vn_random random;
    struct vn_clock clock; /* that stands still at FAILDISK_NOW */
    bool failed;           /* something was refused since it was calm */
    enum disk_kind kind;
    long nth, count;
    bool for_good;
};

/* An empty disk. */
void faildisk_start(struct faildisk *faildisk);
void faildisk_end(struct faildisk *faildisk); /* asserts that no file was left open */
/* Another empty disk in its place, or the copy of `image`. What was open is closed before. */
void faildisk_fresh(struct faildisk *faildisk, const struct disk *image);

/* The n-th call of this kind from now on (1 is the next) fails with EIO, and no other; or each from that one on. */
void faildisk_fail(struct faildisk *faildisk, enum disk_kind kind, long nth, bool for_good);
/* Files may grow by so many bytes together from now on. */
void faildisk_fill(struct faildisk *faildisk, int64_t room);
/* All goes well again. */
void faildisk_calm(struct faildisk *faildisk);

/* --- one day, over and over: each place of it fails in turn, once and for good -------------------------------------- */

/* More places than any day here has: a day that never ends in peace fails. */
#define FAILPOINTS_MAX 2000

/* One day on which the nth call of a kind fails (faildisk_fail). False when the day ended before it came to that. It asserts for
 * itself what has to hold whatever failed. */
typedef bool (*failpoints_day)(void *ctx, enum disk_kind kind, long nth, bool for_good);

/* More than `least` places have to be tried, or the day is not what the test believes. */
void check_each_place(failpoints_day day, void *ctx, enum disk_kind kind, long least);

#endif
