/* The second place: how far this hub had come, in a small file beside the database (DIR/mark), or on another disk.
 *
 * It is written after what it tells of was committed, so a database that is behind it was set back: a file copied
 * over, a disk of last week. It says too when a backup was restored, and when the hub last ran (clock_guard.h). */
#ifndef VN_HUB_MARK_H
#define VN_HUB_MARK_H

#include "agent/base/error.h"
#include "sync/hub/storage/storage.h"

struct vn_mark {
    struct vn_position position;
    int64_t time_ms; /* 0: of a version that did not say it */
    bool restored;   /* on purpose: the database that is there is a backup */
};

/* VN_ABSENT: none was written yet; VN_INPUT: damaged; VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_mark_read(const char *path, struct vn_mark *out, struct vn_error *error);
/* Durable when VN_OK. VN_FULL, VN_IO. */
VN_MUST_USE enum vn_status vn_mark_write(const char *path, const struct vn_mark *mark,
                                         struct vn_error *error);

#endif
