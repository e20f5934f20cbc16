/* A day on a disk, and the power going at each place of it.
 *
 * Before each call that changes the disk or syncs it, the disk is cloned and the clone crashes, once for each of some policies
 * and with fresh chance; a check then opens what is left as the product does, under the same names, and asserts what was
 * confirmed so far. The day itself goes on untouched, so it is played once however many places it has. Of some
 * points the first recovery is cut off too, at any of its own calls, and the next one has to do.
 *
 * Asserts with cmocka; a failure names its point, and `only` plays that one alone. */
#ifndef VN_TESTS_SIM_CRASHPOINTS_H
#define VN_TESTS_SIM_CRASHPOINTS_H

#include "tests/sim/disks.h"

#define CRASHPOINTS_LONG 35000

struct crashpoints {
    struct disks *disks;
    const char *root; /* where the disk is mounted */
    struct disk *disk;
    struct vn_random random;
    unsigned one_in; /* of so many places, at random, one is tried; 0 and 1: each */
    void (*check)(void *ctx);
    /* Opens what is there and lets go of it again, whatever comes of it: the disk stops in the midst. NULL: is not done. */
    void (*begin)(void *ctx);
    void *ctx;
    long only; /* 0: all */

    long places, points, cut_off; /* calls; crashes; of these with a recovery that was cut off */
    int64_t spent_ns;             /* in them */
    struct disk_fates fates;
};

void crashpoints_watch(struct crashpoints *points); /* from now on */
void crashpoints_rest(struct crashpoints *points);
/* Whether there shall be another day: until `usual` points were tried, and CRASHPOINTS_LONG with VERNO_LONG_SECONDS in the
 * environment (toolchain/check --long). */
bool crashpoints_go_on(const struct crashpoints *points, long usual);
/* Prints how many there were, and how many a second. */
void crashpoints_tell(const struct crashpoints *points, const char *what);

#endif
