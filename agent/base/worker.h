/* A thread that owns something the loop must not wait for (a database, mostly), with a bounded queue in and
 * results handed back to the loop.
 *
 * Jobs run one after the other on the worker's thread, in the order in which they were posted. When a job has
 * run, its `done` is called on the loop's thread. A worker never shares what it owns: everything that a job
 * needs travels in the job, and the job's memory belongs to the worker from `post` to `done`.
 *
 * A worker may have several threads over one queue (what they are given to own they share then, and jobs end in any
 * order), and a job may wait in one of several lanes: lane 0 goes first. A lane that was passed over
 * VN_WORKER_PASSES_MAX times goes next whatever waits before it, so that nothing waits for ever. A job that is
 * running may take others of its lane along, to do in one go what is dear to begin and to end. */
#ifndef VN_BASE_WORKER_H
#define VN_BASE_WORKER_H

#include <uv.h>

#include "agent/base/status.h"

#define VN_WORKER_LANES 4

struct vn_job {
    void (*run)(struct vn_job *job, void *owned); /* on the worker's thread */
    void (*done)(struct vn_job *job); /* on the loop's thread; may free the job or post it again */
    struct vn_job *next;              /* the worker's, as the two below */
    struct vn_job *joined;
    unsigned lane;
};

struct vn_worker; /* opaque */

struct vn_worker_options {
    unsigned threads;   /* 1 to VN_WORKER_THREADS_MAX */
    unsigned queue_max; /* jobs that wait, in each lane */
    const char *
        name; /* of its threads, in what the system lists of a process; at most 15 bytes; NULL: the program's */
};

/* Starts the thread. `owned` is passed to every job's run; it stays the caller's. VN_NOMEM, VN_IO. */
VN_MUST_USE enum vn_status vn_worker_create(uv_loop_t *loop, void *owned, struct vn_worker **out);
/* The same with more than one thread or another queue than VN_WORKER_QUEUE_MAX. VN_ARG: no such number of threads. */
VN_MUST_USE enum vn_status vn_worker_create_with(uv_loop_t *loop, void *owned,
                                                 const struct vn_worker_options *options,
                                                 struct vn_worker **out);

/* Into lane 0. VN_AGAIN when as many jobs are waiting as may; the job is still the caller's then. Loop thread only. */
VN_MUST_USE enum vn_status vn_worker_post(struct vn_worker *worker, struct vn_job *job);
VN_MUST_USE enum vn_status vn_worker_post_lane(struct vn_worker *worker, struct vn_job *job, unsigned lane);

/* For a job's run: the next job that waits in its lane, if that has the same `run`; else NULL. It is done along
 * with this one: its own run is not called, and its `done` is called after this one's. */
struct vn_job *vn_worker_join(struct vn_worker *worker, struct vn_job *running);

/* Runs what is queued, calls each `done`, joins the threads and frees the worker. Loop thread only; blocks
 * until the jobs have run. A job that one of these `done` posts comes too late: it is neither run nor done, and its
 * memory is the caller's. The loop must be run once more for libuv to let go of its handle. */
void vn_worker_destroy(struct vn_worker *worker);

#endif
