/* GET /v1/snapshot: everything, as a file that the client may load in ranges; for tills that take frames only, as the first
 * part of everything, and the feed brings the rest. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sync/hub/feed/feed.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/service/snapshot.h"
#include "sync/wire/snapshot.h"

#define HEADER_MAX 160

/* --- in parts ----------------------------------------------------------------------------------------------- */

struct part_call {
    struct vn_call call; /* first */
    int64_t walk;        /* the number that the part ends with */
};

static void make_part(struct vn_task *task, struct vn_hub *hub)
{
    struct part_call *self = (struct part_call *)task;
    struct vn_feed_ask ask = {.snapshot = true, .max = VN_SNAPSHOT_ITEMS_MAX, .own = &self->call.row};
    struct vn_feed_made made;
    struct vn_buf frame;
    if (!vn_call_check(&self->call, hub)) {
        return;
    }
    ask.store = self->call.row.store;
    vn_buf_init(&frame, VN_FEED_BYTES_MAX);
    enum vn_status status = vn_feed_make(hub, &ask, &frame, &made);
    self->walk = made.to;
    if (status == VN_OK) {
        vn_answer_bytes(&task->answer, 200, VN_FEED_TYPE, &frame);
    } else {
        vn_answer_status(&task->answer, hub, status, NULL);
    }
    vn_buf_deinit(&frame);
}

static bool part_made(struct vn_task *task)
{
    struct part_call *self = (struct part_call *)task;
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &self->call.enrolment);
    if (seen != NULL) {
        seen->walk = self->walk;
    }
    return vn_call_ended(task);
}

/* --- as a file ---------------------------------------------------------------------------------------------- */

struct file_call {
    struct vn_snapshot_call snapshot;                                   /* first */
    char range[HEADER_MAX], if_range[HEADER_MAX], if_match[HEADER_MAX]; /* "": no such header */
    struct vn_snapshot_file file;
    int fd; /* -1: there is none */
};

static void close_file(struct vn_task *task)
{
    struct file_call *self = (struct file_call *)task;
    if (self->fd >= 0) {
        (void)close(self->fd);
    }
    self->fd = -1;
}

/* As vn_snapshot_find, of those from which the feed can go on: without tombstones that are gone by now, it can't. */
static enum vn_status find_usable(struct vn_task *task, struct vn_hub *hub, const char *etag,
                                  struct vn_snapshot_file *out)
{
    struct vn_feed_bounds bounds;
    enum vn_status status =
        vn_snapshot_find(vn_snapshots_dir(task->service->snapshots), hub->epoch, etag, out);
    if (status == VN_OK) {
        status = vn_feed_bounds(hub, &bounds);
    }
    return status == VN_OK && out->cursor.number < bounds.floor ? VN_ABSENT : status;
}

static void open_file(struct vn_task *task, struct vn_hub *hub)
{
    struct file_call *self = (struct file_call *)task;
    const char *etag = self->if_match[0] == '\0' ? NULL : self->if_match;
    close_file(task); /* of a run whose transaction could not be ended */
    if (!vn_call_check(&self->snapshot.call, hub)) {
        return;
    }
    enum vn_status status = find_usable(task, hub, etag, &self->file);
    if (status == VN_OK) {
        self->fd = open(self->file.path, O_RDONLY | O_CLOEXEC);
    } else if (status != VN_ABSENT) {
        vn_answer_status(&task->answer, hub, status, NULL);
    } else if (etag != NULL) {
        vn_answer_problem(&task->answer, 412, "gone", "that snapshot is not kept any more: begin anew", NULL);
    }
}

static void send_file(struct file_call *self)
{
    struct vn_http_exchange *exchange = self->snapshot.call.task.exchange;
    const struct vn_http_header headers[] = {{vn_view_str("Range"), vn_view_str(self->range)},
                                             {vn_view_str("If-Range"), vn_view_str(self->if_range)}};
    size_t count = self->range[0] == '\0' ? 0 : self->if_range[0] == '\0' ? 1 : 2;
    const struct vn_http_request request = {.method = "GET", .headers = headers, .header_count = count};
    int64_t from = 0, len = self->file.size;
    char text[96];
    enum vn_status range = vn_http_range(&request, self->file.etag, self->file.size, &from, &len);
    enum vn_status status = vn_http_reply_header(exchange, "ETag", self->file.etag);
    if (status == VN_OK && range == VN_OK) {
        (void)snprintf(text, sizeof text, "bytes %lld-%lld/%lld", (long long)from,
                       (long long)(from + len - 1), (long long)self->file.size);
        status = vn_http_reply_header(exchange, "Content-Range", text);
    }
    self->snapshot.call.task.exchange = NULL;
    if (status != VN_OK || range == VN_INPUT) {
        (void)close(self->fd);
        vn_http_reply_problem(exchange, range == VN_INPUT ? 416 : 500, "range",
                              "the snapshot has no such bytes", NULL);
    } else {
        vn_http_reply_file(exchange, range == VN_OK ? 206 : 200, VN_SNAPSHOT_TYPE, self->fd, from, len);
    }
    self->fd = -1;
}

static void left(struct vn_task *task)
{
    vn_snapshots_forget(task->service->snapshots, (struct vn_snapshot_call *)task);
    vn_task_free(task);
}

static bool opened(struct vn_task *task)
{
    struct file_call *self = (struct file_call *)task;
    if (vn_call_ended(task)) {
        return true;
    }
    if (task->exchange == NULL || task->answer.http_status != 0) {
        return false;
    }
    if (self->fd < 0) {
        task->left = left;
        vn_snapshots_wait(task->service->snapshots, &self->snapshot);
        return true;
    }
    vn_snapshots_renew(task->service->snapshots, &self->file);
    send_file(self);
    return false;
}

/* A header that is longer than any of ours is as if it was not there. */
static void take_header(const struct vn_http_request *request, const char *name, char out[HEADER_MAX])
{
    struct vn_view value;
    out[0] = '\0';
    if (vn_http_request_header(request, name, &value) && vn_view_copy_str(value, out, HEADER_MAX) != VN_OK) {
        out[0] = '\0';
    }
}

static bool takes_file(const struct vn_http_request *request)
{
    struct vn_view accept;
    return vn_http_request_header(request, "Accept", &accept) && vn_view_is(accept, VN_SNAPSHOT_ACCEPT);
}

void vn_api_snapshot(struct vn_service *service, struct vn_http_exchange *exchange,
                     const struct vn_http_request *request, struct vn_fleet_seen *seen,
                     const struct vn_stamp *stamp)
{
    if (takes_file(request)) {
        struct file_call *self = vn_call_new(sizeof *self, service, exchange, request, seen, stamp);
        if (self != NULL) {
            struct vn_task *task = &self->snapshot.call.task;
            self->fd = -1;
            take_header(request, "Range", self->range);
            take_header(request, "If-Range", self->if_range);
            take_header(request, "If-Match", self->if_match);
            task->run = open_file;
            task->ended = opened;
            task->free = close_file;
            vn_task_post(task, VN_LANE_READER);
        }
        return;
    }
    struct part_call *self = vn_call_new(sizeof *self, service, exchange, request, seen, stamp);
    if (self != NULL) {
        self->call.task.run = make_part;
        self->call.task.ended = part_made;
        vn_task_post(&self->call.task, VN_LANE_READER);
    }
}
