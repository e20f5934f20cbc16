/* Snapshot files: everything that tills cache, as of one moment (sync/wire/snapshot.h), beside the database.
 *
 *     snapshot-<epoch>.<number>-<8 hex digits>.vns
 *
 * Built from one read transaction under another name, synced, and renamed: a file with that name is whole. The digits are drawn,
 * so that two files of one cursor are two entity tags. The last two are kept: tills that load the older one go on with it. */
#ifndef VN_HUB_SNAPSHOT_H
#define VN_HUB_SNAPSHOT_H

#include <stdatomic.h>

#include "sync/hub/core/hub.h"

#define VN_SNAPSHOT_NAME_MAX 96

struct vn_snapshot_file {
    char path[VN_PATH_MAX];
    char etag[VN_SNAPSHOT_NAME_MAX]; /* quoted */
    struct vn_cursor cursor;
    int64_t size;
    int64_t built_ms;
};

/* The newest of this epoch in the folder, or the one of that entity tag (`etag` not NULL) if it is kept; removes what is not
 * kept any more. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_snapshot_find(const char *dir, int64_t epoch, const char *etag,
                                            struct vn_snapshot_file *out);
/* Builds one over hub->storage, a connection of its own: takes a minute for a million members. Ends with VN_AGAIN soon after
 * *stop was set. VN_FULL, VN_IO (of the disk: text in *error), statuses of the store. */
VN_MUST_USE enum vn_status vn_snapshot_build(struct vn_hub *hub, const char *dir, const atomic_bool *stop,
                                             struct vn_error *error);

#endif
