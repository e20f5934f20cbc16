/* The FEED channel: what the hub tells this till.
 *
 * Without a cursor everything is loaded as a snapshot, then the feed is followed with long-polls: a request that waits at
 * the hub until there is news. What goes wrong here: a cursor that the hub no longer knows (410), a frame that can't be
 * stored, and a hub that answers at once without news, which would have us poll without a pause. */
#include <stdio.h>
#include <string.h>

#include "sync/uplink/internal.h"
#include "sync/wire/feed.h"

#define SNAPSHOT_TIMEOUT_MS 600000
#define POLL_MARGIN_MS      10000
#define EMPTY_POLL_NS       1000000000 /* a poll that ends sooner than this should have brought something */

void follow_next(struct vn_uplink *u)
{
    struct channel *c = &u->channels[VN_UPLINK_FEED];
    if (!u->started || c->busy || c->waiting) {
        return;
    }
    char path[96] = "/v1/snapshot";
    int64_t timeout_ms = SNAPSHOT_TIMEOUT_MS;
    if (u->info.cursor.epoch > 0) {
        char cursor[VN_ID_MAX];
        vn_cursor_write(&u->info.cursor, cursor);
        /* The first poll after a pause asks for what is there, so that a till knows at once that it is online again. */
        int wait_s = u->polled ? VN_POLL_WAIT_S_MAX : 0;
        (void)snprintf(path, sizeof path, "/v1/feed?cursor=%s&wait=%d", cursor, wait_s);
        timeout_ms = wait_s * 1000 + POLL_MARGIN_MS;
    }
    struct vn_uplink_request request = {
        .method = "GET", .path = path, .accept = VN_FEED_ACCEPT, .timeout_ms = timeout_ms};
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
    if (uplink_failed(u, VN_UPLINK_FEED, r)) {
        return;
    }
    u->channels[VN_UPLINK_FEED].busy = true;
    u->snapshots = snapshot ? u->snapshots + 1 : 0;
    uplink_went_well(u, VN_UPLINK_FEED, false);
    u->io.apply(u->io.ctx, &(struct vn_uplink_frame){r->body, snapshot, r->included_seq, r->told_seq});
}

static void applied(struct vn_uplink *u, const struct vn_cursor *cursor)
{
    bool first = u->info.cursor.epoch == 0;
    bool same = cursor->epoch == u->info.cursor.epoch && cursor->number == u->info.cursor.number;
    bool soon = vn_clock_mono_ns(&u->clock) - u->polled_ns < EMPTY_POLL_NS;
    u->channels[VN_UPLINK_FEED].failures = 0;
    u->info.cursor = *cursor;
    u->reloads = u->reloads && cursor->epoch == 0;
    if (first) {
        u->report = true;
        uplink_went_well(u, VN_UPLINK_FEED, false);
    }
    if (cursor->epoch == 0 || (same && soon && u->polled)) {
        uplink_wait(u, VN_UPLINK_FEED, uplink_backoff_ms(u, 1));
    }
    u->polled = !first;
}

void vn_uplink_on_applied(struct vn_uplink *u, enum vn_status status, const struct vn_cursor *cursor,
                          const char *why)
{
    u->channels[VN_UPLINK_FEED].busy = false;
    if (status == VN_OK) {
        applied(u, cursor);
    } else {
        char reason[VN_ERROR_TEXT_MAX];
        bool of_hub = status == VN_INPUT || status == VN_UNSUPPORTED || status == VN_CONFLICT;
        (void)snprintf(reason, sizeof reason, "what the hub sent can't be %s: %s",
                       of_hub ? "read" : "stored on this till", why);
        memset(&u->info.cursor, 0, sizeof u->info.cursor);
        uplink_went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF, reason, -1);
    }
    follow_next(u);
    upload_next(u);
}
