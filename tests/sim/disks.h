/* Which disk a name leads to, when many machines live in one process: "/simdisk/till-3" -> the disk of till 3.
 *
 * A struct of the caller's, all zeros at first; it owns nothing. One thread at a time. */
#ifndef VN_TESTS_SIM_DISKS_H
#define VN_TESTS_SIM_DISKS_H

#include "tests/sim/disk.h"

#define DISKS_MAX      256
#define DISKS_ROOT_MAX 64

struct disks {
    size_t count;
    struct {
        char root[DISKS_ROOT_MAX];
        struct disk *disk;
    } list[DISKS_MAX];
};

/* All names that are this folder or in it lead to the disk. Mounted again, the root leads to another disk; NULL: to none. Where a
 * root is in another one, the longer counts. The folder itself is made on the disk if it isn't there. */
void disks_mount(struct disks *disks, const char *root, struct disk *disk);
struct disk *disks_find(const struct disks *disks, const char *path); /* NULL: it is on none of them */

#endif
