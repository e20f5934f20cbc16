/* The enrolments that were revoked, in a file beside the mark (DIR/revoked), a line each: a hub that was set back would take them for
 * good again, and nobody else would tell. Lines are only added, one for each enrolment each time that an operator revokes its till; they
 * are looked through at every start, and where an epoch opens. */
#ifndef VN_HUB_MARK_REVOKED_H
#define VN_HUB_MARK_REVOKED_H

#include "agent/base/error.h"
#include "sync/hub/storage/storage.h"

/* Adds a line: "<enrolment in hex> <till> <time>". Durable when VN_OK. VN_IO. */
VN_MUST_USE enum vn_status vn_mark_revoke(const char *path, const struct vn_enrolment_row *row,
                                          int64_t now_ms, struct vn_error *error);

/* Revokes again what is in the file, in the transaction under way; *count are those that were not revoked. What the storage does not
 * know is left out, as are lines that were cut off. VN_IO: the file can't be read, with a sentence; statuses of the store, without. */
VN_MUST_USE enum vn_status vn_mark_revoke_again(const char *path, struct vn_storage *storage, int64_t *count,
                                                struct vn_error *error);

#endif
