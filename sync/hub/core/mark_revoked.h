/* The enrolments that were revoked, in a file beside the mark (DIR/revoked), a line each: a hub that was set back would take them
 * for good again, and nobody else would tell. Lines are only added: by the verb that revokes a till, before it returns, and by
 * every hub for what was revoked elsewhere. They are looked through at every start, and where an epoch opens. */
#ifndef VN_HUB_MARK_REVOKED_H
#define VN_HUB_MARK_REVOKED_H

#include "agent/base/error.h"
#include "sync/hub/storage/storage.h"

/* Adds a line, "<enrolment in hex> <till> <time>", for what is revoked in the storage and has none: just now, at another hub of
 * the chain, by an enrolment that handed in this one's journal, or while the file could not be written. *count lines, durable
 * when VN_OK.
 * VN_IO: the file, with a sentence; VN_NOMEM; statuses of the store, without. A storage that was set back knows fewer, and takes
 * none away. */
VN_MUST_USE enum vn_status vn_mark_revoked_fill(const char *path, struct vn_storage *storage, int64_t now_ms,
                                                int64_t *count, struct vn_error *error);

/* Revokes again what is in the file, in the transaction under way; *count are those that were not revoked. What the storage does
 * not know is left out, as are lines that were cut off. VN_IO: the file can't be read, with a sentence; statuses of the store,
 * without. */
VN_MUST_USE enum vn_status vn_mark_revoke_again(const char *path, struct vn_storage *storage, int64_t *count,
                                                struct vn_error *error);

#endif
