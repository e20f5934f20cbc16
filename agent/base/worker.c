#include "agent/base/worker.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "agent/base/limits.h"

struct queue {
    struct vn_job *head;
    struct vn_job *tail;
    unsigned len;
    unsigned passes; /* how often a lane before this one went first while something waited here */
};

struct vn_worker {
    void *owned;
    unsigned queue_max;
    unsigned thread_count;
    char name[16]; /* "": the program's */
    uv_thread_t threads[VN_WORKER_THREADS_MAX];
    uv_async_t wake_loop;
    uv_mutex_t lock; /* guards everything below */
    uv_cond_t wake_thread;
    struct queue lanes[VN_WORKER_LANES];
    struct queue finished;
    bool stop;
};

static void push(struct queue *queue, struct vn_job *job)
{
    job->next = NULL;
    if (queue->tail == NULL) {
        queue->head = job;
    } else {
        queue->tail->next = job;
    }
    queue->tail = job;
    queue->len++;
}

static struct vn_job *pop(struct queue *queue)
{
    struct vn_job *job = queue->head;
    if (job != NULL) {
        queue->head = job->next;
        if (queue->head == NULL) {
            queue->tail = NULL;
        }
        queue->len--;
    }
    return job;
}

/* From the first lane that has something, or from one that was passed over too often. */
static struct vn_job *pick(struct vn_worker *worker)
{
    struct queue *chosen = NULL;
    for (unsigned i = 0; i < VN_WORKER_LANES; i++) {
        struct queue *lane = &worker->lanes[i];
        if (lane->head != NULL && (chosen == NULL || lane->passes >= VN_WORKER_PASSES_MAX)) {
            chosen = lane;
        }
    }
    if (chosen == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < VN_WORKER_LANES; i++) {
        worker->lanes[i].passes += worker->lanes[i].head != NULL ? 1 : 0;
    }
    chosen->passes = 0;
    return pop(chosen);
}

/* The job, and after it those that were done along with it. */
static void finish(struct vn_worker *worker, struct vn_job *job)
{
    while (job != NULL) {
        struct vn_job *next = job->joined;
        push(&worker->finished, job);
        job = next;
    }
}

static void thread_main(void *arg)
{
    struct vn_worker *worker = arg;
    if (worker->name[0] != '\0') {
        (void)prctl(PR_SET_NAME, worker->name);
    }
    uv_mutex_lock(&worker->lock);
    for (;;) {
        struct vn_job *job = pick(worker);
        if (job == NULL) {
            if (worker->stop) {
                break;
            }
            uv_cond_wait(&worker->wake_thread, &worker->lock);
            continue;
        }
        uv_mutex_unlock(&worker->lock);
        job->run(job, worker->owned);
        uv_mutex_lock(&worker->lock);
        finish(worker, job);
        /* Without the lock, or the loop wakes only to wait for it. */
        uv_mutex_unlock(&worker->lock);
        (void)uv_async_send(&worker->wake_loop);
        uv_mutex_lock(&worker->lock);
    }
    uv_mutex_unlock(&worker->lock);
}

struct vn_job *vn_worker_join(struct vn_worker *worker, struct vn_job *running)
{
    uv_mutex_lock(&worker->lock);
    struct queue *lane = &worker->lanes[running->lane];
    struct vn_job *job = lane->head != NULL && lane->head->run == running->run ? pop(lane) : NULL;
    uv_mutex_unlock(&worker->lock);
    if (job != NULL) {
        struct vn_job *last = running;
        while (last->joined != NULL) {
            last = last->joined;
        }
        last->joined = job;
    }
    return job;
}

static void deliver(struct vn_worker *worker)
{
    for (;;) {
        uv_mutex_lock(&worker->lock);
        struct vn_job *job = pop(&worker->finished);
        uv_mutex_unlock(&worker->lock);
        if (job == NULL) {
            return;
        }
        job->done(job);
    }
}

static void on_wake(uv_async_t *handle)
{
    deliver(handle->data);
}

static void on_closed(uv_handle_t *handle)
{
    struct vn_worker *worker = handle->data;
    uv_cond_destroy(&worker->wake_thread);
    uv_mutex_destroy(&worker->lock);
    free(worker);
}

static void stop(struct vn_worker *worker)
{
    uv_mutex_lock(&worker->lock);
    worker->stop = true;
    uv_cond_broadcast(&worker->wake_thread);
    uv_mutex_unlock(&worker->lock);
    for (unsigned i = 0; i < worker->thread_count; i++) {
        (void)uv_thread_join(&worker->threads[i]);
    }
}

enum vn_status vn_worker_create(uv_loop_t *loop, void *owned, struct vn_worker **out)
{
    const struct vn_worker_options options = {.threads = 1, .queue_max = VN_WORKER_QUEUE_MAX};
    return vn_worker_create_with(loop, owned, &options, out);
}

enum vn_status vn_worker_create_with(uv_loop_t *loop, void *owned, const struct vn_worker_options *options,
                                     struct vn_worker **out)
{
    *out = NULL;
    if (options->threads < 1 || options->threads > VN_WORKER_THREADS_MAX) {
        return VN_ARG;
    }
    struct vn_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return VN_NOMEM;
    }
    worker->owned = owned;
    worker->queue_max = options->queue_max;
    (void)snprintf(worker->name, sizeof worker->name, "%s", options->name == NULL ? "" : options->name);
    if (uv_mutex_init(&worker->lock) != 0) {
        goto no_lock;
    }
    if (uv_cond_init(&worker->wake_thread) != 0) {
        goto no_cond;
    }
    if (uv_async_init(loop, &worker->wake_loop, on_wake) != 0) {
        goto no_async;
    }
    worker->wake_loop.data = worker;
    for (; worker->thread_count < options->threads; worker->thread_count++) {
        if (uv_thread_create(&worker->threads[worker->thread_count], thread_main, worker) != 0) {
            stop(worker);
            uv_close((uv_handle_t *)&worker->wake_loop, on_closed);
            return VN_IO;
        }
    }
    *out = worker;
    return VN_OK;

no_async:
    uv_cond_destroy(&worker->wake_thread);
no_cond:
    uv_mutex_destroy(&worker->lock);
no_lock:
    free(worker);
    return VN_IO;
}

enum vn_status vn_worker_post_lane(struct vn_worker *worker, struct vn_job *job, unsigned lane)
{
    enum vn_status status = VN_AGAIN;
    job->lane = lane;
    job->joined = NULL;
    uv_mutex_lock(&worker->lock);
    if (worker->lanes[lane].len < worker->queue_max) {
        push(&worker->lanes[lane], job);
        status = VN_OK;
    }
    uv_mutex_unlock(&worker->lock);
    if (status == VN_OK) {
        uv_cond_signal(&worker->wake_thread);
    }
    return status;
}

enum vn_status vn_worker_post(struct vn_worker *worker, struct vn_job *job)
{
    return vn_worker_post_lane(worker, job, 0);
}

void vn_worker_destroy(struct vn_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    stop(worker);
    deliver(worker);
    uv_close((uv_handle_t *)&worker->wake_loop, on_closed);
}
