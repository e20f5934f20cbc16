#include "agent/base/worker.h"

#include <stdbool.h>
#include <stdlib.h>

#include "agent/base/limits.h"

struct queue {
    struct vn_job *head;
    struct vn_job *tail;
    unsigned len;
};

struct vn_worker {
    void *owned;
    uv_thread_t thread;
    uv_async_t wake_loop;
    uv_mutex_t lock; /* guards everything below */
    uv_cond_t wake_thread;
    struct queue waiting;
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

static void thread_main(void *arg)
{
    struct vn_worker *worker = arg;
    uv_mutex_lock(&worker->lock);
    for (;;) {
        struct vn_job *job = pop(&worker->waiting);
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
        push(&worker->finished, job);
        /* Without the lock, or the loop wakes only to wait for it. */
        uv_mutex_unlock(&worker->lock);
        (void)uv_async_send(&worker->wake_loop);
        uv_mutex_lock(&worker->lock);
    }
    uv_mutex_unlock(&worker->lock);
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

enum vn_status vn_worker_create(uv_loop_t *loop, void *owned, struct vn_worker **out)
{
    *out = NULL;
    struct vn_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return VN_NOMEM;
    }
    worker->owned = owned;
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
    if (uv_thread_create(&worker->thread, thread_main, worker) != 0) {
        uv_close((uv_handle_t *)&worker->wake_loop, on_closed);
        return VN_IO;
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

enum vn_status vn_worker_post(struct vn_worker *worker, struct vn_job *job)
{
    enum vn_status status = VN_AGAIN;
    uv_mutex_lock(&worker->lock);
    if (worker->waiting.len < VN_WORKER_QUEUE_MAX) {
        push(&worker->waiting, job);
        status = VN_OK;
    }
    uv_mutex_unlock(&worker->lock);
    if (status == VN_OK) {
        uv_cond_signal(&worker->wake_thread);
    }
    return status;
}

void vn_worker_destroy(struct vn_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    uv_mutex_lock(&worker->lock);
    worker->stop = true;
    uv_cond_signal(&worker->wake_thread);
    uv_mutex_unlock(&worker->lock);
    (void)uv_thread_join(&worker->thread);
    deliver(worker);
    uv_close((uv_handle_t *)&worker->wake_loop, on_closed);
}
