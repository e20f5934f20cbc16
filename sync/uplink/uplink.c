#include "sync/uplink/uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS   60000
#define REFUSED_RETRY_MS                                                                                     \
    600000 /* revoked, branch: ask again every ten minutes whether people have mended it */
#define UP_TIMEOUT_MS       30000
#define SNAPSHOT_TIMEOUT_MS 600000
#define POLL_MARGIN_MS      10000

enum up_request { UP_NONE, UP_BATCH, UP_RIGHTS, UP_STATUS };

struct channel {
    bool busy;    /* a request, a batch read or an apply is under way */
    bool waiting; /* for its timer */
    int failures; /* in a row */
};

struct vn_uplink {
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log;
    struct vn_uplink_io io;
    struct channel channels[VN_UPLINK_CHANNELS];
    bool started;
    enum up_request up;
    int64_t head_seq, sent_seq; /* sent_seq: the hub is known to have everything up to here */
    unsigned batch_max;
    int64_t batch_last_seq;
    bool report;
    bool rights_wanted;
    int64_t rights_deadline_ns;
    struct vn_rights_request rights;
    bool ever_online;
    struct vn_uplink_info info;
};

const char *vn_uplink_state_name(enum vn_uplink_state state)
{
    static const char *const names[] = {"snapshot", "live", "backoff", "quarantined", "revoked"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

enum vn_status vn_uplink_create(struct vn_clock clock, struct vn_random random, struct vn_log *log,
                                const struct vn_uplink_io *io, struct vn_uplink **out)
{
    struct vn_uplink *uplink = calloc(1, sizeof *uplink);
    *out = uplink;
    if (uplink == NULL) {
        return VN_NOMEM;
    }
    uplink->clock = clock;
    uplink->random = random;
    uplink->log = log;
    uplink->io = *io;
    uplink->batch_max = VN_BATCH_ENTRIES_MAX;
    (void)snprintf(uplink->info.reason, sizeof uplink->info.reason, "the hub has not been reached yet");
    return VN_OK;
}

void vn_uplink_destroy(struct vn_uplink *uplink)
{
    free(uplink);
}

void vn_uplink_info(const struct vn_uplink *uplink, struct vn_uplink_info *out)
{
    *out = uplink->info;
}

/* --- online, offline, and waiting --------------------------------------------------------------------------------- */

static void answer_rights(struct vn_uplink *u, const struct vn_rights_reply *reply)
{
    if (u->rights_wanted) {
        u->rights_wanted = false;
        u->io.rights(u->io.ctx, reply);
    }
}

static void went_well(struct vn_uplink *u, enum vn_uplink_channel channel)
{
    bool refused = u->info.state == VN_UPLINK_QUARANTINED || u->info.state == VN_UPLINK_REVOKED;
    enum vn_uplink_state state = u->info.cursor.epoch == 0 ? VN_UPLINK_SNAPSHOT : VN_UPLINK_LIVE;
    bool news = !u->info.online || u->info.state != state;
    u->channels[channel].failures = 0;
    u->ever_online = true;
    if (refused && channel == VN_UPLINK_FEED) {
        return; /* the feed may still work; the refusal of the journal stays what it is */
    }
    u->info.online = true;
    u->info.offline_since_ms = 0;
    u->info.state = state;
    u->info.reason[0] = '\0';
    if (news) {
        vn_log_event(u->log, VN_LOG_NOTICE, "hub_online", VN_S("state", vn_uplink_state_name(state)));
        u->io.changed(u->io.ctx);
    }
}

static void wait_ms(struct vn_uplink *u, enum vn_uplink_channel channel, int64_t delay_ms)
{
    u->channels[channel].waiting = true;
    u->io.timer(u->io.ctx, channel, delay_ms);
}

/* Full jitter: anything from nothing to the ceiling, so that a thousand tills don't come back in step. */
static int64_t backoff_ms(struct vn_uplink *u, int failures)
{
    int64_t ceiling = BACKOFF_FIRST_MS;
    for (int i = 1; i < failures && ceiling < BACKOFF_MAX_MS; i++) {
        ceiling *= 2;
    }
    ceiling = ceiling > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ceiling;
    uint64_t draw = 0;
    if (vn_random_fill(&u->random, (uint8_t *)&draw, sizeof draw) != VN_OK) {
        return ceiling;
    }
    /* Never under a tenth of a second: a fault that comes at once must not become a busy loop. */
    return 100 + (int64_t)(draw % (uint64_t)ceiling);
}

static void went_wrong(struct vn_uplink *u, enum vn_uplink_channel channel, enum vn_uplink_state state,
                       const char *reason, int64_t retry_ms)
{
    struct channel *c = &u->channels[channel];
    bool news = u->info.online || u->info.state != state || strcmp(u->info.reason, reason) != 0;
    c->failures++;
    if (u->info.online || (u->ever_online && u->info.offline_since_ms == 0)) {
        u->info.offline_since_ms = vn_clock_wall_ms(&u->clock);
    }
    u->info.online = false;
    u->info.state = state;
    (void)snprintf(u->info.reason, sizeof u->info.reason, "%s", reason);
    if (news) {
        vn_log_event(u->log, VN_LOG_WARN, "hub_offline", VN_S("state", vn_uplink_state_name(state)),
                     VN_S("why", reason));
        u->io.changed(u->io.ctx);
    }
    answer_rights(u, NULL);
    wait_ms(u, channel, retry_ms >= 0 ? retry_ms : backoff_ms(u, c->failures));
}

/* Statuses that every path can meet. True when this was one of them, and it is dealt with. */
static bool common_failure(struct vn_uplink *u, enum vn_uplink_channel channel,
                           const struct vn_uplink_response *r)
{
    char reason[VN_ERROR_TEXT_MAX];
    if (r->status != VN_OK) {
        went_wrong(u, channel, VN_UPLINK_BACKOFF, r->reason, -1);
        return true;
    }
    switch (r->http_status) {
    case 200: return false;
    case 401:
        (void)snprintf(reason, sizeof reason, "the hub does not accept this till's certificate: %s",
                       r->problem);
        went_wrong(u, channel, VN_UPLINK_REVOKED, reason, REFUSED_RETRY_MS);
        return true;
    case 403:
        (void)snprintf(reason, sizeof reason, "the hub refuses this till: %s", r->problem);
        went_wrong(u, channel,
                   strstr(r->problem, "branch") != NULL ? VN_UPLINK_QUARANTINED : VN_UPLINK_REVOKED, reason,
                   REFUSED_RETRY_MS);
        return true;
    case 426:
        went_wrong(u, channel, VN_UPLINK_BACKOFF, "the hub needs a newer version of the agent",
                   REFUSED_RETRY_MS);
        return true;
    case 429:
    case 503:
        went_wrong(u, channel, VN_UPLINK_BACKOFF, "the hub is busy",
                   r->retry_after_ms >= 0 ? r->retry_after_ms + backoff_ms(u, 1) : -1);
        return true;
    default: return false;
    }
}

/* --- the UP channel ----------------------------------------------------------------------------------------------- */

static void send_rights(struct vn_uplink *u)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    if (vn_rights_request_encode(&u->rights, &body) != VN_OK) {
        vn_buf_deinit(&body);
        answer_rights(u, NULL);
        return;
    }
    struct vn_uplink_request request = {.method = "POST",
                                        .path = "/v1/rights",
                                        .body = vn_buf_view(&body),
                                        .content_type = "application/json",
                                        .timeout_ms = VN_RIGHTS_WAIT_MS};
    u->up = UP_RIGHTS;
    u->channels[VN_UPLINK_UP].busy = true;
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
    vn_buf_deinit(&body);
}

static void send_status(struct vn_uplink *u)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    u->io.status(u->io.ctx, &body);
    struct vn_uplink_request request = {.method = "POST",
                                        .path = "/v1/status",
                                        .body = vn_buf_view(&body),
                                        .content_type = "application/json",
                                        .timeout_ms = UP_TIMEOUT_MS};
    u->up = UP_STATUS;
    u->report = false;
    u->channels[VN_UPLINK_UP].busy = true;
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
    vn_buf_deinit(&body);
}

/* What is most urgent on the UP channel. Rights wait for the journal: the hub answers only when it has our head. */
static void next_up(struct vn_uplink *u)
{
    struct channel *c = &u->channels[VN_UPLINK_UP];
    if (!u->started || c->busy || c->waiting) {
        return;
    }
    if (u->sent_seq < u->head_seq) {
        u->up = UP_BATCH;
        c->busy = true;
        u->io.read_batch(u->io.ctx, u->sent_seq, u->batch_max);
    } else if (u->rights_wanted) {
        if (vn_clock_mono_ns(&u->clock) >= u->rights_deadline_ns) {
            answer_rights(u, NULL);
        } else {
            send_rights(u);
        }
    } else if (u->report) {
        send_status(u);
    }
}

void vn_uplink_on_batch(struct vn_uplink *u, unsigned count, int64_t last_seq, struct vn_view encoded)
{
    if (count == 0) {
        u->channels[VN_UPLINK_UP].busy = false;
        u->up = UP_NONE;
        wait_ms(u, VN_UPLINK_UP, backoff_ms(u, 1));
        return;
    }
    struct vn_uplink_request request = {.method = "POST",
                                        .path = "/v1/journal",
                                        .body = encoded,
                                        .content_type = "application/x-ndjson",
                                        .gzip = true,
                                        .timeout_ms = UP_TIMEOUT_MS};
    u->batch_last_seq = last_seq;
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
}

static void batch_acked(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct vn_ack ack;
    struct vn_error error;
    if (vn_ack_decode(r->body, &ack, &error) != VN_OK || ack.acked_seq < 0 || ack.acked_seq > u->head_seq) {
        went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, "the hub's answer to a batch can't be read", -1);
        return;
    }
    u->batch_max = u->batch_max * 2 > VN_BATCH_ENTRIES_MAX ? VN_BATCH_ENTRIES_MAX : u->batch_max * 2;
    u->sent_seq = ack.acked_seq;
    u->info.acked_seq = ack.acked_seq > u->info.acked_seq ? ack.acked_seq : u->info.acked_seq;
    u->info.durable_seq = ack.durable_seq > u->info.durable_seq ? ack.durable_seq : u->info.durable_seq;
    u->info.quarantined = ack.quarantined;
    u->info.hub_offset_ms = ack.server_time_ms - vn_clock_wall_ms(&u->clock);
    u->io.acked(u->io.ctx, ack.acked_seq, ack.durable_seq);
    went_well(u, VN_UPLINK_UP);
    if (ack.delay_ms > 0) {
        wait_ms(u, VN_UPLINK_UP, ack.delay_ms);
    }
}

/* 409: the hub expects another entry next. It may know more than we thought (an answer was lost) or less (it was set
 * back); only when it knows more than we have, something is wrong with us. */
static void batch_expected(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct vn_expected expected;
    struct vn_error error;
    if (vn_expected_decode(r->body, &expected, &error) != VN_OK || expected.expected_seq < 1) {
        went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, "the hub's answer to a batch can't be read", -1);
        return;
    }
    if (expected.expected_seq > u->head_seq + 1) {
        went_wrong(u, VN_UPLINK_UP, VN_UPLINK_QUARANTINED,
                   "the hub has entries of this till that its journal does not have: the disk was set back",
                   REFUSED_RETRY_MS);
        return;
    }
    bool stuck = expected.expected_seq == u->sent_seq + 1;
    u->sent_seq = expected.expected_seq - 1;
    if (stuck) {
        went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, "the hub refuses the entry that it asks for", -1);
    }
}

static void up_response(struct vn_uplink *u, enum up_request what, const struct vn_uplink_response *r)
{
    if (what == UP_RIGHTS && r->status == VN_OK && r->http_status == 409) {
        batch_expected(u, r); /* asked again when the hub has what it lacks */
        return;
    }
    if (what == UP_BATCH && r->status == VN_OK && r->http_status == 409) {
        batch_expected(u, r);
        return;
    }
    if (what == UP_BATCH && r->status == VN_OK && r->http_status == 413 && u->batch_max > 1) {
        u->batch_max /= 2;
        return;
    }
    if (common_failure(u, VN_UPLINK_UP, r)) {
        return;
    }
    if (r->http_status != 200) {
        char reason[VN_ERROR_TEXT_MAX];
        (void)snprintf(reason, sizeof reason, "the hub answered %d: %s", r->http_status, r->problem);
        went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, reason, -1);
        return;
    }
    if (what == UP_BATCH) {
        batch_acked(u, r);
        return;
    }
    if (what == UP_RIGHTS) {
        struct vn_rights_reply reply;
        struct vn_error error;
        bool readable = vn_rights_reply_decode(r->body, &reply, &error) == VN_OK;
        went_well(u, VN_UPLINK_UP);
        answer_rights(u, readable ? &reply : NULL);
        return;
    }
    went_well(u, VN_UPLINK_UP);
}

/* --- the FEED channel --------------------------------------------------------------------------------------------- */

static void next_feed(struct vn_uplink *u)
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
        int wait_s = u->info.online ? VN_POLL_WAIT_S_MAX : 0;
        (void)snprintf(path, sizeof path, "/v1/feed?cursor=%s&wait=%d", cursor, wait_s);
        timeout_ms = wait_s * 1000 + POLL_MARGIN_MS;
    }
    struct vn_uplink_request request = {.method = "GET", .path = path, .timeout_ms = timeout_ms};
    c->busy = true;
    u->io.send(u->io.ctx, VN_UPLINK_FEED, &request);
}

static void feed_response(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct channel *c = &u->channels[VN_UPLINK_FEED];
    if (r->status == VN_OK && r->http_status == 410) {
        memset(&u->info.cursor, 0, sizeof u->info.cursor); /* too old, or another epoch: everything anew */
        u->info.state = VN_UPLINK_SNAPSHOT;
        return;
    }
    if (common_failure(u, VN_UPLINK_FEED, r)) {
        return;
    }
    if (r->http_status != 200) {
        char reason[VN_ERROR_TEXT_MAX];
        (void)snprintf(reason, sizeof reason, "the hub answered %d: %s", r->http_status, r->problem);
        went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF, reason, -1);
        return;
    }
    bool snapshot = u->info.cursor.epoch == 0;
    c->busy = true;
    went_well(u, VN_UPLINK_FEED);
    u->io.apply(u->io.ctx, r->body, snapshot);
}

void vn_uplink_on_applied(struct vn_uplink *u, enum vn_status status, const struct vn_cursor *cursor)
{
    u->channels[VN_UPLINK_FEED].busy = false;
    if (status == VN_OK) {
        bool first = u->info.cursor.epoch == 0;
        u->info.cursor = *cursor;
        if (first && u->info.online) {
            u->info.state = VN_UPLINK_LIVE;
            u->report = true;
            u->io.changed(u->io.ctx);
        }
    } else {
        char reason[VN_ERROR_TEXT_MAX];
        (void)snprintf(reason, sizeof reason, "what the hub sent can't be stored here (%s)",
                       vn_status_name(status));
        memset(&u->info.cursor, 0, sizeof u->info.cursor);
        went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF, reason, -1);
    }
    next_feed(u);
    next_up(u);
}

/* --- events ------------------------------------------------------------------------------------------------------- */

void vn_uplink_start(struct vn_uplink *u, int64_t head_seq, int64_t acked_seq, const struct vn_cursor *cursor)
{
    u->started = true;
    u->head_seq = head_seq;
    u->sent_seq = acked_seq;
    u->info.acked_seq = acked_seq;
    u->info.cursor = *cursor;
    u->info.state = cursor->epoch == 0 ? VN_UPLINK_SNAPSHOT : VN_UPLINK_BACKOFF;
    u->report = true;
    next_feed(u);
    next_up(u);
}

void vn_uplink_on_grown(struct vn_uplink *u, int64_t head_seq)
{
    u->head_seq = head_seq > u->head_seq ? head_seq : u->head_seq;
    next_up(u);
}

void vn_uplink_on_response(struct vn_uplink *u, enum vn_uplink_channel channel,
                           const struct vn_uplink_response *response)
{
    enum up_request what = u->up;
    u->channels[channel].busy = false;
    if (channel == VN_UPLINK_UP) {
        u->up = UP_NONE;
        up_response(u, what, response);
    } else {
        feed_response(u, response);
    }
    next_up(u);
    next_feed(u);
}

void vn_uplink_on_timer(struct vn_uplink *u, enum vn_uplink_channel channel)
{
    u->channels[channel].waiting = false;
    if (channel == VN_UPLINK_UP) {
        next_up(u);
    } else {
        next_feed(u);
    }
}

void vn_uplink_report(struct vn_uplink *u)
{
    u->report = true;
    next_up(u);
}

enum vn_status vn_uplink_ask(struct vn_uplink *u, const struct vn_rights_request *request)
{
    if (u->rights_wanted) {
        return VN_AGAIN;
    }
    u->rights_wanted = true;
    u->rights = *request;
    u->rights_deadline_ns = vn_clock_mono_ns(&u->clock) + (int64_t)VN_RIGHTS_WAIT_MS * 1000000;
    if (!u->info.online) {
        answer_rights(u, NULL);
        return VN_OK;
    }
    next_up(u);
    return VN_OK;
}
