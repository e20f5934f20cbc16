#include "sync/hub/service/requote.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "sync/hub/storage/lease.h"

#define EVERY_MS  5000
#define FORGET_MS INT64_C(3600000)
#define LOWEST    19 /* of the priorities of threads */
#define RECEIPTS  5000
#define SLICE_MS  200

struct vn_requotes {
    struct vn_service *service;
    struct vn_hub hub; /* the thread's */
    struct vn_worker *worker;
    uv_timer_t timer;
    struct vn_job looking;
    bool busy; /* a slice is under way, on whichever thread */
    bool ending;
    atomic_bool stop;
    bool lowered; /* the thread's priority */
    int64_t forgot_ms;
    struct vn_requoter *requoter;
    struct vn_requote_slice slice; /* the thread's while it looks, then the writer's */
    enum vn_status status;
    struct vn_requote_totals totals, found;
};

/* What the writer does for it. */
struct writing {
    struct vn_task task; /* first */
    struct vn_requotes *requotes;
    enum vn_status status;
    bool goes_on; /* others don't work; it was noted; there is more to forget */
};

static void say_failed(struct vn_hub *hub, enum vn_status status)
{
    struct vn_error error = {VN_OK, "", ""};
    vn_storage_describe(hub->storage, status, &error);
    vn_log_event(hub->log, VN_LOG_ERROR, "requote_failed", VN_S("status", vn_status_name(status)),
                 VN_S("reason", error.text));
}

/* A step on the writer. False: not now. */
static bool write_step(struct vn_requotes *self, void (*run)(struct vn_task *task, struct vn_hub *hub),
                       bool (*ended)(struct vn_task *task))
{
    struct writing *writing = self->ending ? NULL : vn_task_own(sizeof *writing, self->service);
    if (writing == NULL) {
        return false;
    }
    writing->requotes = self;
    writing->task.run = run;
    writing->task.ended = ended;
    vn_task_post(&writing->task, VN_LANE_LAST);
    return true;
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static struct vn_requotes *of_looking(struct vn_job *job)
{
    return (struct vn_requotes *)((char *)job - offsetof(struct vn_requotes, looking));
}

static void run_look(struct vn_job *job, void *owned)
{
    struct vn_requotes *self = of_looking(job);
    const struct vn_requote_budget budget = {.receipts = RECEIPTS, .ms = SLICE_MS, .stop = &self->stop};
    (void)owned;
    if (!self->lowered) {
        /* Of this thread alone, as Linux has it. */
        (void)setpriority(PRIO_PROCESS, 0, LOWEST);
        self->lowered = true;
    }
    self->status = vn_requote_look(self->requoter, &self->hub, &budget, &self->slice);
    if (self->status == VN_OK) {
        self->status = vn_requote_totals(&self->hub, &self->found);
    }
    if (self->status != VN_OK) {
        say_failed(&self->hub, self->status);
    }
}

static void look(struct vn_requotes *self);

/* --- its steps ------------------------------------------------------------------------------------------------------ */

static void run_forget(struct vn_task *task, struct vn_hub *hub)
{
    struct writing *writing = (struct writing *)task;
    writing->status = vn_requote_forget(hub, &writing->goes_on);
    if (writing->status != VN_OK) {
        say_failed(hub, writing->status);
    }
}

static bool forgot(struct vn_task *task)
{
    struct writing *writing = (struct writing *)task;
    writing->requotes->busy = writing->goes_on && write_step(writing->requotes, run_forget, forgot);
    return false;
}

/* All was looked at. */
static void rest(struct vn_requotes *self)
{
    int64_t now_ms = vn_hub_mono_ms(self->service->hub);
    self->busy = false;
    if (self->forgot_ms == 0 || now_ms - self->forgot_ms >= FORGET_MS) {
        self->forgot_ms = now_ms;
        self->busy = write_step(self, run_forget, forgot);
    }
}

static void run_note(struct vn_task *task, struct vn_hub *hub)
{
    struct writing *writing = (struct writing *)task;
    writing->status = vn_requote_note(hub, &writing->requotes->slice, &writing->goes_on);
    if (writing->status != VN_OK) {
        say_failed(hub, writing->status);
    }
}

static bool noted(struct vn_task *task)
{
    struct writing *writing = (struct writing *)task;
    struct vn_requotes *self = writing->requotes;
    if (writing->status != VN_OK || !writing->goes_on || self->ending) {
        self->busy = false;
    } else if (self->slice.full) {
        look(self);
    } else {
        rest(self);
    }
    return false;
}

static void looked(struct vn_job *job)
{
    struct vn_requotes *self = of_looking(job);
    self->service->lost = self->service->lost || vn_storage_is_lost(self->hub.storage);
    if (self->status != VN_OK || self->ending) {
        self->busy = false;
        return;
    }
    self->totals = self->found;
    if (self->slice.turn_count > 0) {
        self->busy = write_step(self, run_note, noted);
    } else if (self->slice.full) {
        look(self);
    } else {
        rest(self);
    }
}

static void look(struct vn_requotes *self)
{
    self->looking = (struct vn_job){.run = run_look, .done = looked};
    if (vn_worker_post(self->worker, &self->looking) != VN_OK) {
        abort(); /* there is one such job */
    }
}

/* A hub beside this one may be at it. */
static void run_ask(struct vn_task *task, struct vn_hub *hub)
{
    struct writing *writing = (struct writing *)task;
    bool others = false;
    writing->status = vn_storage_lease_is_others(hub->storage, VN_REQUOTE_LEASE, &others);
    writing->goes_on = writing->status == VN_OK && !others;
}

static bool asked(struct vn_task *task)
{
    struct writing *writing = (struct writing *)task;
    struct vn_requotes *self = writing->requotes;
    self->busy = writing->goes_on && !self->ending;
    if (self->busy) {
        look(self);
    }
    return false;
}

static void on_timer(uv_timer_t *timer)
{
    struct vn_requotes *self = timer->data;
    if (!self->busy) {
        self->busy = write_step(self, run_ask, asked);
    }
}

/* --- life ----------------------------------------------------------------------------------------------------------- */

enum vn_status vn_requotes_create(struct vn_service *service, struct vn_storage *storage,
                                  struct vn_requotes **out)
{
    const struct vn_worker_options options = {.threads = 1, .queue_max = 1, .name = "requote"};
    struct vn_requotes *self = calloc(1, sizeof *self);
    *out = NULL;
    if (self == NULL) {
        return VN_NOMEM;
    }
    self->service = service;
    self->hub = *service->hub;
    self->hub.storage = storage;
    self->hub.post = NULL;
    self->hub.view = NULL;
    enum vn_status status = vn_requoter_create(&self->requoter);
    if (status == VN_OK) {
        status = vn_worker_create_with(service->loop, &self->hub, &options, &self->worker);
    }
    if (status != VN_OK) {
        vn_requotes_free(self);
        return status;
    }
    (void)uv_timer_init(service->loop, &self->timer);
    self->timer.data = self;
    (void)uv_timer_start(&self->timer, on_timer, 0, EVERY_MS);
    *out = self;
    return VN_OK;
}

void vn_requotes_end(struct vn_requotes *self)
{
    if (self != NULL) {
        self->ending = true;
        atomic_store(&self->stop, true);
    }
}

void vn_requotes_close(struct vn_requotes *self)
{
    if (self != NULL) {
        vn_requotes_end(self);
        vn_worker_destroy(self->worker);
        uv_close((uv_handle_t *)&self->timer, NULL);
    }
}

void vn_requotes_free(struct vn_requotes *self)
{
    if (self != NULL) {
        vn_requoter_destroy(self->requoter);
    }
    free(self);
}

struct vn_worker *vn_requotes_worker(const struct vn_requotes *self)
{
    return self == NULL ? NULL : self->worker;
}

const struct vn_requote_totals *vn_requotes_totals(const struct vn_requotes *self)
{
    static const struct vn_requote_totals none;
    return self == NULL ? &none : &self->totals;
}
