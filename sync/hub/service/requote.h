/* Quotes posted receipts again beside everything else (requote.h): a thread of the lowest priority over a connection of its own
 * looks at a slice, and what came of it is written in the writer's last lane. It is begun every few seconds, and goes on at
 * once as long as there is more than a slice. Loop thread only. */
#ifndef VN_HUB_SERVICE_REQUOTE_H
#define VN_HUB_SERVICE_REQUOTE_H

#include "sync/hub/requote/requote.h"
#include "sync/hub/service/service.h"

struct vn_requotes; /* opaque */

/* `storage` is the thread's from here on, and stays the caller's. VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_requotes_create(struct vn_service *service, struct vn_storage *storage,
                                              struct vn_requotes **out);
void vn_requotes_end(
    struct vn_requotes *self); /* no further receipt is looked at; NULL is fine, here and below */
/* Ends the thread. The loop must run until the timer is closed, before free. */
void vn_requotes_close(struct vn_requotes *self);
void vn_requotes_free(struct vn_requotes *self);

/* The thread itself, for tasks that read everything (VN_LANE_AUDIT); it is given the hub with its own connection.
 * NULL before it is started. */
struct vn_worker *vn_requotes_worker(const struct vn_requotes *self);

/* As they were when a slice was looked at last. */
const struct vn_requote_totals *vn_requotes_totals(const struct vn_requotes *self);

#endif
