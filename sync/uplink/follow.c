/* The FEED channel: what the hub tells this till.
 *
 * Without a cursor everything is loaded as a snapshot, then the feed is followed with long-polls: a request that waits at
 * the hub until there is news. What goes wrong here: a cursor that the hub no longer knows (410), a frame that can't be
 * stored, and a hub that answers at once without news, which would have us poll without a pause. */
#include <stdio.h>
#include <string.h>

#include "sync/uplink/internal.h"
#include "sync/wire/feed.h"
#include "sync/wire/snapshot.h"

#define SNAPSHOT_TIMEOUT_MS 600000        /* a piece of it over a line of 2 KB/s */
#define PIECE_BYTES         (1024 * 1024) /* of a snapshot's file, in one answer */
#define POLL_MARGIN_MS      10000
#define EMPTY_POLL_NS       1000000000 /* a poll that ends sooner than this should have brought something */

void follow_next(struct vn_uplink *u)
{
    struct channel *c = &u->channels[VN_UPLINK_FEED];
    if (!u->started || c->busy || c->waiting) {
        return;
    }
    char path[96] = "/v1/snapshot";
    char range[64];
    struct vn_uplink_request request = {.method = "GET",
                                        .path = path,
                                        .accept = VN_SNAPSHOT_ACCEPT,
                                        .timeout_ms = SNAPSHOT_TIMEOUT_MS,
                                        .silent_ms = VN_SNAPSHOT_SILENT_MS};
    if (u->info.cursor.epoch > 0) {
        char cursor[VN_ID_MAX];
        vn_cursor_write(&u->info.cursor, cursor);
        /* The first poll after a pause asks for what is there, so that a till knows at once that it is online again. */
        int wait_s = u->polled ? VN_POLL_WAIT_S_MAX : 0;
        (void)snprintf(path, sizeof path, "/v1/feed?cursor=%s&wait=%d", cursor, wait_s);
        request.timeout_ms = wait_s * 1000 + POLL_MARGIN_MS;
        request.silent_ms = 0;
        request.accept = VN_FEED_ACCEPT;
    } else {
        (void)snprintf(range, sizeof range, "bytes=%lld-%lld", (long long)u->piece_at,
                       (long long)(u->piece_at + PIECE_BYTES - 1));
        request.range = range;
        request.match = u->etag[0] == '\0' ? NULL : u->etag;
    }
    c->busy = true;
    u->polled_ns = vn_clock_mono_ns(&u->clock);
    u->io.send(u->io.ctx, VN_UPLINK_FEED, &request);
}

/* Too old, or of another epoch: everything anew. Not at once when the last snapshot led here as well. */
static void cursor_refused(struct vn_uplink *u)
{
    memset(&u->info.cursor, 0, sizeof u->info.cursor);
    u->polled = false;
    u->reloads = true;
    if (u->snapshots > 0) {
        uplink_went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF, "the hub does not know its own snapshot",
                          uplink_backoff_ms(u, u->snapshots));
    } else {
        uplink_went_well(u, VN_UPLINK_FEED, false);
    }
}

static void forget_file(struct vn_uplink *u)
{
    u->piece_at = 0;
    u->etag[0] = '\0';
}

/* Nothing is wrong with the line, but to go on like this would load the same again and again: the first time at once. */
static void go_on_slower(struct vn_uplink *u)
{
    if (++u->barren > 1) {
        uplink_wait(u, VN_UPLINK_FEED, uplink_backoff_ms(u, u->barren - 1));
    }
}

/* A hub that does not know ranges sends all of it. */
static void take_piece(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    int64_t at = r->http_status == 206 ? u->piece_at : 0;
    if (strlen(r->etag) < sizeof u->etag) {
        memcpy(u->etag, r->etag, strlen(r->etag) + 1);
    }
    u->io.apply(u->io.ctx, &(struct vn_uplink_frame){r->body, true, -1, -1, u->etag, at});
}

void vn_uplink_on_piece(struct vn_uplink *u, int64_t next)
{
    u->channels[VN_UPLINK_FEED].busy = false;
    u->channels[VN_UPLINK_FEED].failures = 0;
    if (next <= u->piece_at) {
        go_on_slower(u);
    }
    u->piece_at = next;
    follow_next(u);
    upload_next(u);
}

void follow_response(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    bool snapshot = u->info.cursor.epoch == 0;
    if (r->status == VN_OK && r->http_status == 410 && !snapshot) {
        cursor_refused(u);
        return;
    }
    if (r->status == VN_OK && r->http_status == 409) {
        upload_wanted(u, r);
        return;
    }
    bool piece = snapshot && r->status == VN_OK && r->etag != NULL && r->etag[0] != '\0' &&
                 (r->http_status == 206 || r->http_status == 200);
    if (snapshot && u->etag[0] != '\0' && r->status == VN_OK &&
        (r->http_status == 412 || r->http_status == 416)) {
        forget_file(u); /* the hub has another one by now: from its beginning */
        go_on_slower(u);
        follow_next(u);
        return;
    }
    if (!piece && uplink_failed(u, VN_UPLINK_FEED, r)) {
        return;
    }
    u->channels[VN_UPLINK_FEED].busy = true;
    uplink_went_well(u, VN_UPLINK_FEED, false);
    if (piece) {
        take_piece(u, r);
        return;
    }
    if (r->has_mark) {
        upload_mark(u, &r->mark);
    }
    roster_mark(u, &r->roster);
    u->snapshots = snapshot ? u->snapshots + 1 : 0;
    u->io.apply(u->io.ctx, &(struct vn_uplink_frame){r->body, snapshot, r->included_seq, r->told_seq, "", 0});
}

static void applied(struct vn_uplink *u, const struct vn_cursor *cursor)
{
    bool first = u->info.cursor.epoch == 0;
    bool same = vn_cursor_equal(cursor, &u->info.cursor);
    bool soon = vn_clock_mono_ns(&u->clock) - u->polled_ns < EMPTY_POLL_NS;
    bool empty = cursor->epoch == 0 || (same && soon && u->polled);
    u->channels[VN_UPLINK_FEED].failures = 0;
    u->barren = empty ? u->barren + 1 : 0;
    u->info.cursor = *cursor;
    u->reloads = u->reloads && cursor->epoch == 0;
    if (first) {
        u->report = true;
        uplink_went_well(u, VN_UPLINK_FEED, false);
    }
    if (empty) {
        uplink_wait(u, VN_UPLINK_FEED, uplink_backoff_ms(u, u->barren));
    }
    u->polled = !first;
}

/* Without room, or memory, the same is asked for again later: all anew would need more of it, and a snapshot that did not
 * fit is not loaded every minute until somebody has made room. */
static void not_applied(struct vn_uplink *u, enum vn_status status, const char *why)
{
    char reason[VN_ERROR_TEXT_MAX];
    bool of_hub = status == VN_INPUT || status == VN_UNSUPPORTED || status == VN_CONFLICT;
    bool no_room = status == VN_FULL || status == VN_NOMEM;
    int64_t retry_ms = status == VN_FULL && u->info.cursor.epoch == 0 ? UPLINK_REFUSED_RETRY_MS
                                                                      : uplink_backoff_ms(u, ++u->barren);
    (void)snprintf(reason, sizeof reason, "what the hub sent can't be %s: %s",
                   of_hub ? "read" : "stored on this till", why);
    if (!no_room) {
        memset(&u->info.cursor, 0, sizeof u->info.cursor);
    }
    uplink_went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF, reason, retry_ms);
}

void vn_uplink_on_applied(struct vn_uplink *u, enum vn_status status, const struct vn_cursor *cursor,
                          const char *why)
{
    u->snapshots += u->etag[0] != '\0'; /* a file counts when it is whole */
    forget_file(u);
    u->channels[VN_UPLINK_FEED].busy = false;
    if (status == VN_OK) {
        applied(u, cursor);
    } else {
        not_applied(u, status, why);
    }
    follow_next(u);
    upload_next(u);
}
