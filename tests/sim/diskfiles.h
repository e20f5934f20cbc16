/* Files of the product on simulated disks, without the product knowing: an executable that links vn_diskfiles has its own
 * objects' calls of open, read, fsync, rename, flock and so on led here (the linker's --wrap), and those whose name is on one of
 * the disks go there. All others go to the system, as before.
 *
 * What a library does by itself (SQLite, jansson, libuv) is not led here; for SQLite there is diskvfs.h. Files have mode 0600,
 * folders
 * 0700. One thread at a time on the disks; any on other files. */
#ifndef VN_TESTS_SIM_DISKFILES_H
#define VN_TESTS_SIM_DISKFILES_H

#include "tests/sim/disks.h"

/* From now on; NULL: no more, and what is still open there is closed. `disks` is borrowed. */
void diskfiles_lead_to(const struct disks *disks);
unsigned diskfiles_open(void); /* descriptors and folders that are open there: at the end of a test, none */

#endif
