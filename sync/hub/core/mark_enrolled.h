/* The enrolments that this hub made, in a file beside the mark (DIR/enrolled), a line each, "<enrolment in hex> <created, in ms>
 * <store> <till>": their certificates are good, and a hub that was set back would not know whose they are. Lines are only added
 * (mark_lines.h): before the till is answered, and for what has none at each start and every five seconds: another hub of the
 * chain may have made it. */
#ifndef VN_HUB_MARK_ENROLLED_H
#define VN_HUB_MARK_ENROLLED_H

#include "agent/base/error.h"
#include "sync/hub/storage/storage.h"

/* Adds the line of one. VN_IO: the file, with a sentence. */
VN_MUST_USE enum vn_status vn_mark_enrolled_add(const char *path, const struct vn_enrolment_row *row,
                                                struct vn_error *error);
/* Adds a line for each enrolment of the storage that has none. Others as vn_mark_enrolled_add; VN_NOMEM; statuses of the
 * store. */
VN_MUST_USE enum vn_status vn_mark_enrolled_fill(const char *path, struct vn_storage *storage,
                                                 struct vn_error *error);

/* How many are in the file that the storage does not know. Lines that were cut off are left out. VN_IO: the file can't be read,
 * with a sentence; statuses of the store, without. */
VN_MUST_USE enum vn_status vn_mark_enrolled_missing(const char *path, struct vn_storage *storage,
                                                    int64_t *count, struct vn_error *error);
/* Makes these known again, with their tills and stores, in the transaction under way: as enrolments of which nothing was heard
 * since before this epoch, nor behind `now_ms`, whatever clock they were made by. *count: how many. */
VN_MUST_USE enum vn_status vn_mark_enrol_again(const char *path, struct vn_storage *storage, int64_t now_ms,
                                               int64_t *count, struct vn_error *error);

#endif
