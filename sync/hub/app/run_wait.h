/* A hub whose database is away when it starts: tries to open it on a thread of its own, with pauses that grow from 0.1 to 5
 * seconds, while the loop answers tills that they must wait.
 *
 * Loop thread only, but for the thread inside. The store is this one's from `start` until `on_tried` says that it is open. */
#ifndef VN_HUB_RUN_WAIT_H
#define VN_HUB_RUN_WAIT_H

#include <uv.h>

#include "agent/base/worker.h"
#include "sync/hub/app/run_store.h"

struct vn_run_wait {
    struct vn_run_store *store;
    struct vn_worker *worker;
    struct vn_job job;
    uv_timer_t timer;
    uint64_t pause_ms;
    bool ending;
    enum vn_status status;
    struct vn_error error;
    void (*on_tried)(void *ctx, enum vn_status status, struct vn_error *error);
    void *ctx;
};

/* Calls `on_tried` after each try: VN_OK, it is open; VN_GONE, it will be tried again; anything else, it will not. VN_NOMEM,
 * VN_IO: no thread, and nothing is to be closed. */
VN_MUST_USE enum vn_status
vn_run_wait_start(struct vn_run_wait *wait, uv_loop_t *loop, struct vn_run_store *store,
                  void (*on_tried)(void *ctx, enum vn_status status, struct vn_error *error), void *ctx);
/* What was open is away again, and closed. */
void vn_run_wait_again(struct vn_run_wait *wait);
/* Blocks until a try that is under way has ended; `on_tried` is not called any more. Not within on_tried. */
void vn_run_wait_close(struct vn_run_wait *wait);

#endif
