#include "sync/hub/service/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"
#include "sync/hub/service/feed.h"

#define WAIT_S     20 /* for a snapshot that is being built; then the till asks again */
#define RETRY_S    10
#define RENEW_MS   (6 * INT64_C(3600000)) /* age at which the next one is built */
#define RENEW_ROWS 20000                  /* numbers that the feed went on by, at which it is, too */
#define SECOND_MS  1000

struct vn_snapshots {
    struct vn_service *service;
    char dir[VN_PATH_MAX];
    struct vn_hub hub; /* the thread's */
    struct vn_worker *worker;
    uv_timer_t tick;
    struct vn_job building;
    bool builds, ending;
    int64_t began; /* where the feed stood when this was first looked at; 0: it was not */
    atomic_bool stop;
    enum vn_status status;
    struct vn_error error;
    struct vn_snapshot_call *waiting;
};

static struct vn_snapshots *of_building(struct vn_job *job)
{
    return (struct vn_snapshots *)((char *)job - offsetof(struct vn_snapshots, building));
}

static void run_build(struct vn_job *job, void *owned)
{
    struct vn_snapshots *self = of_building(job);
    (void)owned;
    self->error = (struct vn_error){VN_OK, "", ""};
    self->status = vn_snapshot_build(&self->hub, self->dir, &self->stop, &self->error);
    if (self->status != VN_OK && self->error.text[0] == '\0') {
        vn_storage_describe(self->hub.storage, self->status, &self->error);
    }
}

static void refuse(struct vn_snapshot_call *call)
{
    struct vn_answer *answer = &call->call.task.answer;
    vn_answer_problem(answer, 503, "building", "the snapshot is being built: ask again", NULL);
    answer->retry_after_s = RETRY_S;
    vn_task_answer(&call->call.task);
}

/* All that wait: again to the reader, which finds it now, or they are told to come later. */
static void let_go(struct vn_snapshots *self, bool built)
{
    struct vn_snapshot_call *call = self->waiting;
    self->waiting = NULL;
    while (call != NULL) {
        struct vn_snapshot_call *next = call->next;
        if (built) {
            call->call.task.left = NULL;
            vn_task_post(&call->call.task, VN_LANE_READER);
        } else {
            refuse(call);
        }
        call = next;
    }
}

static void built(struct vn_job *job)
{
    struct vn_snapshots *self = of_building(job);
    self->builds = false;
    self->service->lost = self->service->lost || vn_storage_is_lost(self->hub.storage);
    if (self->status == VN_OK) {
        vn_log_event(self->hub.log, VN_LOG_INFO, "snapshot_built", VN_S("dir", self->dir));
    } else if (!self->ending) {
        vn_log_event(self->hub.log, VN_LOG_ERROR, "snapshot_not_built",
                     VN_S("status", vn_status_name(self->status)), VN_S("reason", self->error.text));
    }
    if (!self->ending) {
        let_go(self, self->status == VN_OK);
    }
}

static void start_build(struct vn_snapshots *self)
{
    if (self->builds || self->ending) {
        return;
    }
    self->builds = true;
    self->building = (struct vn_job){.run = run_build, .done = built};
    if (vn_worker_post(self->worker, &self->building) != VN_OK) {
        abort(); /* there is one such job */
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct vn_snapshots *self = timer->data;
    struct vn_snapshot_call **link = &self->waiting;
    while (*link != NULL) {
        struct vn_snapshot_call *call = *link;
        if (++call->waited_s > WAIT_S) {
            *link = call->next;
            refuse(call);
        } else {
            link = &call->next;
        }
    }
}

void vn_snapshots_renew(struct vn_snapshots *self, const struct vn_snapshot_file *have)
{
    int64_t age_ms = vn_hub_now_ms(self->service->hub) - have->built_ms;
    int64_t closed = vn_feed_service_closed(self->service->feed);
    self->began = self->began == 0 ? closed : self->began;
    /* The start left out more numbers than there are rows (storage/epoch.c). */
    int64_t from = have->cursor.number > self->began ? have->cursor.number : self->began;
    if (age_ms > RENEW_MS || closed - from > RENEW_ROWS) {
        start_build(self);
    }
}

void vn_snapshots_wait(struct vn_snapshots *self, struct vn_snapshot_call *call)
{
    if (self->ending) {
        refuse(call);
        return;
    }
    call->next = self->waiting;
    self->waiting = call;
    start_build(self);
}

void vn_snapshots_forget(struct vn_snapshots *self, struct vn_snapshot_call *call)
{
    struct vn_snapshot_call **link = &self->waiting;
    while (*link != NULL && *link != call) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = call->next;
    }
}

enum vn_status vn_snapshots_create(struct vn_service *service, const char *dir, struct vn_storage *storage,
                                   struct vn_snapshots **out)
{
    *out = NULL;
    struct vn_snapshots *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VN_NOMEM;
    }
    self->service = service;
    self->hub = *service->hub;
    self->hub.storage = storage;
    self->hub.view = NULL;
    if (vn_view_copy_str(vn_view_str(dir), self->dir, sizeof self->dir) != VN_OK) {
        free(self);
        return VN_IO;
    }
    enum vn_status status = vn_ledger_attach(&self->hub, VN_LEDGER_READS);
    if (status == VN_OK) {
        status = vn_worker_create(service->loop, NULL, &self->worker);
    }
    if (status != VN_OK) {
        vn_ledger_detach(&self->hub);
        free(self);
        return status;
    }
    (void)uv_timer_init(service->loop, &self->tick);
    self->tick.data = self;
    (void)uv_timer_start(&self->tick, on_tick, SECOND_MS, SECOND_MS);
    *out = self;
    return VN_OK;
}

const char *vn_snapshots_dir(const struct vn_snapshots *self)
{
    return self->dir;
}

void vn_snapshots_end(struct vn_snapshots *self)
{
    if (self != NULL) {
        self->ending = true;
        atomic_store(&self->stop, true);
        let_go(self, false);
    }
}

void vn_snapshots_close(struct vn_snapshots *self)
{
    if (self != NULL) {
        atomic_store(&self->stop, true);
        self->ending = true;
        vn_worker_destroy(self->worker);
        uv_close((uv_handle_t *)&self->tick, NULL);
    }
}

void vn_snapshots_free(struct vn_snapshots *self)
{
    if (self != NULL) {
        vn_ledger_detach(&self->hub);
    }
    free(self);
}
