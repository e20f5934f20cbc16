/* Snapshots as the service makes them: one thread that builds files over a connection of its own, when tills ask for one and
 * there is none that is young enough. Loop thread only. */
#ifndef VN_HUB_SERVICE_SNAPSHOT_H
#define VN_HUB_SERVICE_SNAPSHOT_H

#include "sync/hub/feed/snapshot.h"
#include "sync/hub/service/service.h"

struct vn_snapshots; /* opaque */

/* A till's request for one. */
struct vn_snapshot_call {
    struct vn_call call; /* first */
    struct vn_snapshot_call *next;
    unsigned waited_s;
};

/* `storage` is the thread's from here on, and stays the caller's. VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_snapshots_create(struct vn_service *service, const char *dir,
                                               struct vn_storage *storage, struct vn_snapshots **out);
/* Ends what is being built, and the thread. The loop must run until the timer is closed, before free. */
void vn_snapshots_close(struct vn_snapshots *self);
void vn_snapshots_free(struct vn_snapshots *self);

const char *vn_snapshots_dir(const struct vn_snapshots *self);
/* Builds one if none is being built; for one that is there and older than it should be. */
void vn_snapshots_renew(struct vn_snapshots *self, const struct vn_snapshot_file *have);
/* There is none: the call runs again on the reader as soon as one was built, or is answered with 503. */
void vn_snapshots_wait(struct vn_snapshots *self, struct vn_snapshot_call *call);
/* The client of a call that waits has left. */
void vn_snapshots_forget(struct vn_snapshots *self, struct vn_snapshot_call *call);
void vn_snapshots_end(struct vn_snapshots *self); /* nothing more is built; who waits is told 503 */

#endif
