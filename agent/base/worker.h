/* A thread that owns something the loop must not wait for (a database, mostly), with a bounded queue in and
 * results handed back to the loop.
 *
 * Jobs run one after the other on the worker's thread, in the order in which they were posted. When a job has
 * run, its `done` is called on the loop's thread. A worker never shares what it owns: everything that a job
 * needs travels in the job, and the job's memory belongs to the worker from `post` to `done`. */
#ifndef VN_BASE_WORKER_H
#define VN_BASE_WORKER_H

#include <uv.h>

#include "agent/base/status.h"

struct vn_job {
    void (*run)(struct vn_job *job, void *owned); /* on the worker's thread */
    void (*done)(struct vn_job *job); /* on the loop's thread; may free the job or post it again */
    struct vn_job *next;              /* the worker's */
};

struct vn_worker; /* opaque */

/* Starts the thread. `owned` is passed to every job's run; it stays the caller's. VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_worker_create(uv_loop_t *loop, void *owned, struct vn_worker **out);

/* VN_AGAIN when VN_WORKER_QUEUE_MAX jobs are waiting; the job is still the caller's then. Loop thread only.
 */
VN_MUST_USE enum vn_status vn_worker_post(struct vn_worker *worker, struct vn_job *job);

/* Runs what is queued, calls each `done`, joins the thread and frees the worker. Loop thread only; blocks
 * until the jobs have run. A job that one of these `done` posts comes too late: it is neither run nor done, and its
 * memory is the caller's. The loop must be run once more for libuv to let go of its handle. */
void vn_worker_destroy(struct vn_worker *worker);

#endif
