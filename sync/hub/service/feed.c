/* Checkpoints as they are closed, and the long-polls that wait for them.
 *
 * One job of the writer closes what was committed, at most every VN_FEED_CLOSE_MS, and tells the loop whom it concerns. One job
 * of the reader looks for a portion of those that are to be answered: everything in it is of one moment. Whoever is told
 * nothing goes (back) to sleep, unless a checkpoint was closed that his moment did not see yet. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/hub/core/said.h"
#include "sync/hub/feed/frame.h"
#include "sync/hub/feed/publisher.h"
#include "sync/hub/service/feed.h"
#include "sync/hub/storage/lending.h"

#define LOOKS_MAX    256 /* polls of one job */
#define READER_LOOKS 1   /* lane of the reader: after what somebody asked for */
#define WRITER_VERBS 1   /* lane of the writer: after what tills send */
#define TICK_MS      1000
#define BURY_TICKS   600 /* between two looks for old tombstones */
#define BURY_ROWS    1000
#define STORES_BYTES 65536 /* of touched stores in one close; above that everybody looks */

struct vn_feed_service {
    struct vn_service *service;
    struct vn_polls *polls;
    uv_timer_t tick;  /* every second */
    uv_timer_t again; /* when the next close may begin */
    unsigned ticks;

    struct vn_job closing; /* on the writer */
    bool closes;
    bool dirty; /* something was committed since the last close began */
    uint64_t closed_at_ms;
    int64_t closed;     /* the highest number that the loop knows of */
    int64_t now_closed; /* of the job, as the three below */
    bool more, everybody, bury;
    struct vn_buf stores;
    enum vn_status status;
    struct vn_said said; /* that it fails */

    struct vn_job looking; /* on the reader */
    bool looks;
    struct vn_long_poll *batch[LOOKS_MAX];
    struct vn_frame_ask asks[LOOKS_MAX];
    unsigned count;
    int64_t seen; /* the highest number that was closed in the moment of this look */
};

static struct vn_feed_service *of_closing(struct vn_job *job)
{
    return (struct vn_feed_service *)((char *)job - offsetof(struct vn_feed_service, closing));
}

static struct vn_feed_service *of_looking(struct vn_job *job)
{
    return (struct vn_feed_service *)((char *)job - offsetof(struct vn_feed_service, looking));
}

/* --- looking ------------------------------------------------------------------------------------------------ */

static void start_look(struct vn_feed_service *feed);
static void start_close(struct vn_feed_service *feed);

/* False: it was answered. */
static bool ask_for(struct vn_long_poll *poll, struct vn_hub *hub, const struct vn_feed_bounds *bounds,
                    struct vn_frame_ask *ask)
{
    struct vn_call *call = &poll->call;
    if (!vn_call_check(call, hub)) {
        return false;
    }
    bool usable = false;
    enum vn_status status = vn_feed_usable(hub, bounds, &poll->cursor, &usable);
    if (status != VN_OK) {
        vn_answer_status(&call->task.answer, hub, status, NULL);
        return false;
    }
    bool walks = poll->walks && poll->cursor.epoch == bounds->epoch && poll->cursor.number < bounds->floor;
    if (!walks && !usable) {
        vn_answer_problem(&call->task.answer, 410, "gone", "the feed can't go on from there: take a snapshot",
                          NULL);
        return false;
    }
    /* Points of its own in quarantine stand in its balances, and in nobody else's. */
    bool own = !poll->lean || call->row.quarantined > 0;
    *ask = (struct vn_frame_ask){
        .store = call->row.store, .after = poll->cursor.number, .own = own ? &call->row : NULL};
    return true;
}

static void drop_frames(struct vn_feed_service *feed, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        vn_shared_drop(feed->asks[i].bytes);
        feed->asks[i].bytes = NULL;
    }
}

/* What is to be asked stands at the front of feed->asks; each poll knows its own. */
static enum vn_status look(void *ctx, struct vn_storage *storage)
{
    struct vn_feed_service *feed = ctx;
    struct vn_hub *hub = &feed->service->reads;
    struct vn_feed_bounds bounds;
    unsigned count = 0;
    enum vn_status status = vn_feed_bounds(hub, &bounds);
    drop_frames(feed, feed->count); /* of a run whose transaction could not be ended */
    feed->seen = bounds.last;
    for (unsigned i = 0; i < feed->count && status == VN_OK; i++) {
        struct vn_long_poll *poll = feed->batch[i];
        vn_answer_deinit(&poll->call.task.answer);
        poll->ask = NULL;
        if (ask_for(poll, hub, &bounds, &feed->asks[count])) {
            poll->ask = &feed->asks[count++];
        }
    }
    if (status == VN_OK) {
        status = vn_frames_make(hub, feed->asks, count);
    }
    for (unsigned i = 0; i < feed->count && status == VN_OK; i++) {
        struct vn_long_poll *poll = feed->batch[i];
        poll->told = 0;
        if (poll->ask != NULL && poll->ask->status == VN_OK && poll->ask->made.all) {
            status = vn_storage_told(storage, poll->call.row.id, &poll->told);
        }
        if (status == VN_OK && poll->ask != NULL && poll->ask->status == VN_OK) {
            status = vn_storage_roster_number(storage, poll->call.row.store, &poll->roster);
        }
    }
    if (status != VN_OK) {
        drop_frames(feed, count);
    }
    return status;
}

static void run_look(struct vn_job *job, void *owned)
{
    struct vn_feed_service *feed = of_looking(job);
    struct vn_hub *hub = owned;
    enum vn_status status = vn_storage_unit(hub->storage, VN_SQL_SNAPSHOT, look, feed);
    for (unsigned i = 0; i < feed->count; i++) {
        struct vn_long_poll *poll = feed->batch[i];
        enum vn_status own = status != VN_OK ? status : poll->ask == NULL ? VN_OK : poll->ask->status;
        if (own != VN_OK) {
            poll->ask = NULL;
            vn_answer_status(&poll->call.task.answer, hub, own, NULL);
        }
    }
}

static void put_number(struct vn_http_exchange *exchange, const char *header, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    if (vn_http_reply_header(exchange, header, text) != VN_OK) {
        abort(); /* four short headers always fit */
    }
}

/* What the till is to fetch, and was not told of yet: by this header, or by an answer to POST /v1/rights. */
static bool has_rights(const struct vn_long_poll *poll, const struct vn_fleet_seen *seen)
{
    const struct vn_enrolment_row *row = &poll->call.row;
    return seen != NULL && ((row->grant > poll->call.stamp.grant && row->grant > seen->told.grant) ||
                            row->asked > seen->told.asked);
}

static bool has_roster(const struct vn_long_poll *poll, const struct vn_fleet_seen *seen)
{
    return seen != NULL && poll->roster.epoch > 0 && !vn_cursor_equal(&poll->roster, &seen->roster);
}

static void put_roster(struct vn_http_exchange *exchange, const struct vn_long_poll *poll,
                       struct vn_fleet_seen *seen)
{
    char text[VN_ID_MAX];
    vn_cursor_write(&poll->roster, text);
    if (vn_http_reply_header(exchange, VN_ROSTER_HEADER, text) != VN_OK) {
        abort(); /* four short headers always fit */
    }
    if (seen != NULL) {
        seen->roster = poll->roster;
    }
}

static void put_rights(struct vn_http_exchange *exchange, const struct vn_long_poll *poll,
                       struct vn_fleet_seen *seen)
{
    char text[VN_RIGHTS_MARK_MAX];
    const struct vn_rights_mark mark = {poll->call.row.grant, poll->call.row.asked};
    vn_rights_mark_write(&mark, text);
    if (vn_http_reply_header(exchange, VN_RIGHTS_HEADER, text) != VN_OK) {
        abort(); /* four short headers always fit */
    }
    if (seen != NULL) {
        seen->told = mark;
    }
}

static void send_frame(struct vn_long_poll *poll)
{
    struct vn_http_exchange *exchange = poll->call.task.exchange;
    struct vn_fleet_seen *seen = vn_fleet_table_find(poll->call.task.service->fleet, &poll->call.enrolment);
    if (seen != NULL && poll->walks) {
        seen->walk = poll->ask->made.to;
    }
    if (exchange != NULL) {
        put_number(exchange, VN_INCLUDED_HEADER, poll->call.row.posted_seq);
        if (poll->told > 0) {
            put_number(exchange, VN_TOLD_HEADER, poll->told);
        }
        put_rights(exchange, poll, seen);
        if (poll->roster.epoch > 0) {
            put_roster(exchange, poll, seen);
        }
        poll->call.task.exchange = NULL;
        vn_http_reply_shared(exchange, 200, VN_FEED_TYPE, poll->ask->bytes);
    }
    vn_task_free(&poll->call.task);
}

static void left(struct vn_task *task)
{
    struct vn_long_poll *poll = (struct vn_long_poll *)task;
    if (!poll->looking) {
        vn_polls_remove(task->service->feed->polls, &poll->poll);
        vn_task_free(task);
    }
}

/* Back into its bucket, or to the end of the queue when a checkpoint was closed meanwhile. */
static void wait_on(struct vn_feed_service *feed, struct vn_long_poll *poll)
{
    unsigned left_s =
        poll->until - feed->ticks - 1; /* the wheel counts the second that runs apart, as `until` does */
    poll->call.task.left = left;
    if (feed->closed > feed->seen || feed->service->ending) {
        poll->always = feed->service->ending;
        vn_polls_queue(feed->polls, &poll->poll);
    } else if (vn_polls_add(feed->polls, &poll->poll, poll->call.row.store, left_s == 0 ? 1 : left_s) !=
               VN_OK) {
        vn_answer_status(&poll->call.task.answer, &feed->service->helps, VN_NOMEM, NULL);
        vn_task_answer(&poll->call.task);
    }
}

static void after_look(struct vn_feed_service *feed, struct vn_long_poll *poll)
{
    struct vn_task *task = &poll->call.task;
    const struct vn_fleet_seen *seen = vn_fleet_table_find(feed->service->fleet, &poll->call.enrolment);
    poll->looking = false;
    task->left = NULL; /* it is an ordinary task now, unless it waits on */
    if (vn_call_ended(task)) {
        return;
    }
    if (task->exchange == NULL) {
        vn_task_free(task);
    } else if (poll->ask == NULL) {
        vn_task_answer(task);
    } else if (poll->ask->made.count > 0 || poll->always || (int)(poll->until - feed->ticks) <= 0 ||
               has_rights(poll, seen) || has_roster(poll, seen)) {
        send_frame(poll);
    } else {
        wait_on(feed, poll);
    }
}

static void looked(struct vn_job *job)
{
    struct vn_feed_service *feed = of_looking(job);
    feed->service->tasks--;
    for (unsigned i = 0; i < feed->count; i++) {
        after_look(feed, feed->batch[i]);
    }
    drop_frames(feed, feed->count);
    feed->looks = false; /* the batch is free for the next, which an end of these may have begun */
    start_look(feed);
    vn_service_look_idle(feed->service);
}

static void start_look(struct vn_feed_service *feed)
{
    struct vn_poll *next = NULL;
    if (feed->looks || vn_polls_queued(feed->polls) == 0) {
        return;
    }
    for (feed->count = 0; feed->count < LOOKS_MAX && (next = vn_polls_take(feed->polls)) != NULL;) {
        struct vn_long_poll *poll =
            (struct vn_long_poll *)((char *)next - offsetof(struct vn_long_poll, poll));
        poll->always = poll->always || next->expired;
        poll->looking = true;
        feed->batch[feed->count++] = poll;
    }
    feed->looks = true;
    feed->service->tasks++;
    feed->looking = (struct vn_job){.run = run_look, .done = looked};
    if (vn_worker_post_lane(feed->service->reader, &feed->looking, READER_LOOKS) != VN_OK) {
        abort(); /* there is one such job, and lanes have no bound */
    }
}

static void freed(struct vn_task *task)
{
    struct vn_long_poll *poll = (struct vn_long_poll *)task;
    struct vn_fleet_seen *seen = vn_fleet_table_find(task->service->fleet, &poll->call.enrolment);
    if (seen != NULL && seen->polls > 0) {
        seen->polls--;
    }
}

void vn_feed_service_poll(struct vn_feed_service *feed, struct vn_long_poll *poll)
{
    struct vn_fleet_seen *seen = vn_fleet_table_find(feed->service->fleet, &poll->call.enrolment);
    if (seen != NULL) {
        seen->polls++;
        poll->call.task.free = freed;
    }
    poll->until = feed->ticks + poll->wait_s + 1; /* the second that runs has begun already */
    poll->call.task.left = left;
    vn_polls_queue(feed->polls, &poll->poll);
    start_look(feed);
}

/* --- closing ------------------------------------------------------------------------------------------------ */

static enum vn_status note_store(void *ctx, const char *store)
{
    struct vn_feed_service *feed = ctx;
    feed->everybody = feed->everybody || store[0] == '\0';
    if (vn_buf_append(&feed->stores, vn_view_of(store, strlen(store) + 1)) != VN_OK) {
        feed->everybody = true;
    }
    return VN_OK;
}

static void run_close(struct vn_job *job, void *owned)
{
    struct vn_feed_service *feed = of_closing(job);
    struct vn_hub *hub = owned;
    bool more = false;
    feed->status = vn_feed_publish(hub, &feed->now_closed, &feed->more);
    if (feed->status == VN_OK && feed->bury) {
        feed->status = vn_feed_bury(hub, BURY_ROWS, &more);
        feed->more = feed->more || more;
    }
    if (feed->status == VN_OK && feed->now_closed > feed->closed) {
        feed->status = vn_feed_scopes(hub, feed->closed, note_store, feed);
    }
}

static void wake(struct vn_feed_service *feed)
{
    if (feed->everybody) {
        vn_polls_touch_all(feed->polls);
        return;
    }
    for (size_t at = 0; at < feed->stores.len; at += strlen((const char *)feed->stores.data + at) + 1) {
        vn_polls_touch(feed->polls, (const char *)feed->stores.data + at);
    }
}

static void say(struct vn_feed_service *feed)
{
    const struct vn_hub *hub = feed->service->hub;
    const char *name = vn_status_name(feed->status);
    int64_t times = 0;
    if (feed->status == VN_OK) {
        vn_said_worked(&feed->said);
    } else if (vn_said_failed(&feed->said, vn_hub_mono_ms(hub), name, &times)) {
        vn_log_event(hub->log, VN_LOG_ERROR, "feed_not_closed", VN_S("status", name), VN_I("times", times));
    }
}

static void closed(struct vn_job *job)
{
    struct vn_feed_service *feed = of_closing(job);
    struct vn_service *service = feed->service;
    feed->closes = false;
    service->tasks--;
    service->lost = service->lost || vn_storage_is_lost(service->writes.storage);
    if (feed->status == VN_OK) {
        feed->closed = feed->now_closed;
        feed->dirty = feed->dirty || feed->more;
        wake(feed);
        start_look(feed);
    } else { /* what can't be numbered now will be at the next tick */
        feed->dirty = true;
    }
    say(feed);
    if (feed->dirty && feed->status == VN_OK) {
        start_close(feed);
    }
    vn_service_look_idle(service);
}

static void on_again(uv_timer_t *timer)
{
    start_close(timer->data);
}

/* At once, or when the last one is long enough ago: what many commit together is one checkpoint. */
static void start_close(struct vn_feed_service *feed)
{
    uint64_t now_ms = uv_now(feed->service->loop);
    uint64_t next_ms = feed->closed_at_ms + VN_FEED_CLOSE_MS;
    if (feed->closes || feed->service->ending) {
        return;
    }
    if (now_ms < next_ms) {
        (void)uv_timer_start(&feed->again, on_again, next_ms - now_ms, 0);
        return;
    }
    feed->closed_at_ms = now_ms;
    feed->closes = true;
    feed->dirty = false;
    feed->everybody = false;
    feed->bury = feed->ticks % BURY_TICKS == 1;
    vn_buf_clear(&feed->stores);
    feed->service->tasks++;
    feed->closing = (struct vn_job){.run = run_close, .done = closed};
    if (vn_worker_post_lane(feed->service->writer, &feed->closing, WRITER_VERBS) != VN_OK) {
        abort(); /* there is one such job, and lanes have no bound */
    }
}

void vn_feed_service_changed(struct vn_feed_service *feed)
{
    feed->dirty = true;
    start_close(feed);
}

/* Every second: patience ends, the slow lane may be due, other hubs on the same store may have closed something. */
static void on_tick(uv_timer_t *timer)
{
    struct vn_feed_service *feed = timer->data;
    feed->ticks++;
    vn_polls_tick(feed->polls);
    start_look(feed);
    start_close(feed);
}

/* --- its life ----------------------------------------------------------------------------------------------- */

enum vn_status vn_feed_service_create(struct vn_service *service, struct vn_feed_service **out)
{
    *out = NULL;
    struct vn_feed_service *feed = calloc(1, sizeof *feed);
    if (feed == NULL || vn_polls_create(&feed->polls) != VN_OK) {
        free(feed);
        return VN_NOMEM;
    }
    feed->service = service;
    vn_buf_init(&feed->stores, STORES_BYTES);
    (void)uv_timer_init(service->loop, &feed->tick);
    (void)uv_timer_init(service->loop, &feed->again);
    feed->tick.data = feed;
    feed->again.data = feed;
    (void)uv_timer_start(&feed->tick, on_tick, 0, TICK_MS);
    *out = feed;
    return VN_OK;
}

int64_t vn_feed_service_closed(const struct vn_feed_service *feed)
{
    return feed->closed;
}

void vn_feed_service_look(struct vn_feed_service *feed)
{
    vn_polls_touch_all(feed->polls);
    start_look(feed);
}

void vn_feed_service_touch(struct vn_feed_service *feed, const char *store)
{
    vn_polls_touch(feed->polls, store);
    start_look(feed);
}

void vn_feed_service_end(struct vn_feed_service *feed)
{
    vn_polls_expire_all(feed->polls);
    start_look(feed);
}

void vn_feed_service_close(struct vn_feed_service *feed)
{
    if (feed != NULL) {
        uv_close((uv_handle_t *)&feed->tick, NULL);
        uv_close((uv_handle_t *)&feed->again, NULL);
    }
}

void vn_feed_service_free(struct vn_feed_service *feed)
{
    if (feed != NULL) {
        vn_polls_destroy(feed->polls);
        vn_buf_deinit(&feed->stores);
        free(feed);
    }
}
