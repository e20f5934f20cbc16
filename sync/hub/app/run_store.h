/* The hub's connections to its database, opened together: the writer (hub->storage), one for what is read, one for
 * snapshots, and one for receipts that are quoted again; and what a hub does before its first request: it looks whether it was
 * set back, and tries what an older version could not post. */
#ifndef VN_HUB_RUN_STORE_H
#define VN_HUB_RUN_STORE_H

#include "sync/hub/core/hub.h"

struct vn_run_store {
    struct vn_hub *hub; /* gets storage, ledger and epoch */
    const char *dir;
    const char *database; /* as in vn_run_options */
    struct vn_storage *reader, *builder, *requoter;
    char mark_path[VN_PATH_MAX], revoked_path[VN_PATH_MAX], enrolled_path[VN_PATH_MAX];
};

/* Blocks, up to some seconds for each address of the database. Statuses of vn_storage_open. Whatever fails, nothing is open then;
 * on VN_GONE it may be tried again. */
VN_MUST_USE enum vn_status vn_run_store_open(struct vn_run_store *store, struct vn_error *error);
/* What is to be said when the store can't be believed any more (vn_storage_is_lost): VN_IO, VN_CORRUPT; VN_OK: it can. When no
 * other thread uses it. */
VN_MUST_USE enum vn_status vn_run_store_check(const struct vn_run_store *store, struct vn_error *error);
void vn_run_store_close(struct vn_run_store *store); /* fine when it is not open */

#endif
