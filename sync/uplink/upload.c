/* The UP channel: what this till tells the hub.
 *
 * The journal goes first, because the hub answers a request for rights only when it has our head. What goes wrong here:
 * an answer is lost (the hub then expects more than we think), the hub was set back (it expects less), or this till's disk
 * was (it expects more than there is). A hub that contradicts itself must not make us ask without a pause. */
#include <stdio.h>
#include <string.h>

#include "agent/base/planted.h"
#include "sync/uplink/internal.h"
#include "sync/wire/transfer.h"

#define UP_TIMEOUT_MS 30000 /* beside what the bytes need on the slowest line */
#define BATCH_MS                                                                                             \
    5000 /* that a batch should take on its way: an answer comes soon, and a cut line costs little */
/* The hub knows what a till said of itself by no more than this, whatever nobody reported. The end of a long-poll is the
 * occasion. */
#define REPORT_EVERY_NS INT64_C(900000000000)
#define DELAY_MAX_MS    600000
#define IN_VAIN_NS      INT64_C(60000000000) /* until the hub is asked once more what it meant */
#define SPREAD_MAX_S    3600

static int64_t timeout_ms(size_t bytes)
{
    return UP_TIMEOUT_MS + (int64_t)bytes / VN_HTTP_SLOWEST_LINE;
}

static void send_up(struct vn_uplink *u, enum up_request what, const char *path, const struct vn_buf *body)
{
    struct vn_uplink_request request = {.method = "POST",
                                        .path = path,
                                        .body = vn_buf_view(body),
                                        .content_type = "application/json",
                                        .timeout_ms = timeout_ms(body->len)};
    u->up = what;
    u->channels[VN_UPLINK_UP].busy = true;
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
}

static void send_rights(struct vn_uplink *u)
{
    static const struct vn_rights_request nothing = {.count = 0};
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    if (vn_rights_request_encode(u->rights_wanted ? &u->rights : &nothing, &body) == VN_OK) {
        u->rights_sent = u->rights_wanted;
        send_up(u, UP_RIGHTS, "/v1/rights", &body);
    } else {
        u->rights_due = false;
        uplink_answer_rights(u, NULL);
    }
    vn_buf_deinit(&body);
}

/* A hub that says again and again that there is something, and has nothing, must not keep us running. */
void upload_mark(struct vn_uplink *u, const struct vn_rights_mark *mark)
{
    bool news = mark->grant > u->grant || mark->asked > u->told;
    bool same = mark->grant == u->in_vain.grant && mark->asked == u->in_vain.asked;
    bool vain = same && vn_clock_mono_ns(&u->clock) - u->in_vain_ns < IN_VAIN_NS;
    if (news && !vain) {
        u->in_vain = *mark; /* unless something comes of it */
        u->in_vain_ns = vn_clock_mono_ns(&u->clock);
        u->rights_due = true;
        upload_next(u);
    }
}

static void send_status(struct vn_uplink *u)
{
    struct vn_buf body;
    vn_buf_init(&body, VN_POS_BODY_MAX);
    u->io.status(u->io.ctx, &body);
    u->report = false;
    u->rights_due =
        u->rights_due || u->info.nothing_granted[0] != '\0'; /* it may grant by now: nobody tells */
    u->reported_ns = vn_clock_mono_ns(&u->clock);
    send_up(u, UP_STATUS, "/v1/status", &body);
    vn_buf_deinit(&body);
}

static bool report_is_due(const struct vn_uplink *u)
{
    return u->report || vn_clock_mono_ns(&u->clock) - u->reported_ns >= REPORT_EVERY_NS;
}

/* An answer about rights that is refused again and again keeps nothing else from its turn. A report of that alone can wait: it
 * would go well, and the pauses between the refusals would not grow. */
static bool send_between_refusals(struct vn_uplink *u)
{
    if (!u->rights_refused) {
        return false;
    }
    u->rights_refused = false;
    if (roster_is_due(u)) {
        roster_send(u);
        return true;
    }
    if (vn_clock_mono_ns(&u->clock) - u->reported_ns >= REPORT_EVERY_NS) {
        send_status(u);
        return true;
    }
    return false;
}

void upload_next(struct vn_uplink *u)
{
    struct channel *c = &u->channels[VN_UPLINK_UP];
    if (!u->started || c->busy || c->waiting) {
        return;
    }
    if (renew_is_due(u) && renew_send(u)) {
        return;
    }
    if (u->sent_seq < u->head_seq) {
        u->up = UP_BATCH;
        c->busy = true;
        u->io.read_batch(u->io.ctx, u->sent_seq, u->batch_max, u->batch_bytes_max);
    } else if (u->rights_wanted || u->rights_due) {
        if (u->rights_wanted || !send_between_refusals(u)) {
            send_rights(u);
        }
    } else if (report_is_due(u)) {
        send_status(u);
    } else if (roster_is_due(u)) {
        roster_send(u);
    }
}

/* There is nothing to send. Next time the hub is asked anew what it expects: it may have been restored meanwhile. */
static void no_batch(struct vn_uplink *u, enum vn_status status)
{
    char reason[VN_ERROR_TEXT_MAX];
    u->channels[VN_UPLINK_UP].busy = false;
    u->up = UP_NONE;
    if (status == VN_OK) {
        uplink_wait(u, VN_UPLINK_UP, uplink_backoff_ms(u, 1));
    } else if (status == VN_ABSENT) {
        u->sent_seq = u->info.acked_seq;
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF,
                          "the hub asks for entries that this till has pruned: restore the newest backup of "
                          "the hub, or enrol "
                          "this till anew, with its folder as --replaces",
                          UPLINK_REFUSED_RETRY_MS);
    } else if (status == VN_CORRUPT) {
        (void)snprintf(
            reason, sizeof reason,
            "entry %lld of this till's journal is damaged, and the hub gets none from there on: keep "
            "this till's folder for support, and enrol the till into another one",
            (long long)u->sent_seq + 1);
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, reason, UPLINK_REFUSED_RETRY_MS);
    } else {
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF,
                          "this till's journal can't be read: look at its disk and memory", -1);
    }
}

void vn_uplink_on_batch(struct vn_uplink *u, const struct vn_uplink_batch *batch)
{
    if (batch->count == 0 || batch->last_seq <= u->sent_seq) {
        no_batch(u, batch->status);
        return;
    }
    struct vn_uplink_request request = {.method = "POST",
                                        .path = "/v1/journal",
                                        .body = batch->encoded,
                                        .content_type = "application/x-ndjson",
                                        .gzip = true,
                                        .timeout_ms = timeout_ms(batch->encoded.len)};
    u->batch_count = batch->count;
    u->batch_bytes = batch->encoded.len;
    u->batch_sent_ns = vn_clock_mono_ns(&u->clock);
    u->io.send(u->io.ctx, VN_UPLINK_UP, &request);
}

/* What the line would bring in BATCH_MS at the pace of the batch that was just taken; at most four times as much as now, so
 * that one lucky measurement does not lead into a time-out. */
static void note_pace(struct vn_uplink *u)
{
    int64_t took_ms = (vn_clock_mono_ns(&u->clock) - u->batch_sent_ns) / 1000000;
    size_t paced = u->batch_bytes * BATCH_MS / (size_t)(took_ms < 1 ? 1 : took_ms);
    size_t most = u->batch_bytes_max * 4 < UPLINK_BATCH_MOST ? u->batch_bytes_max * 4 : UPLINK_BATCH_MOST;
    u->batch_bytes_max = paced > most ? most : paced < UPLINK_BATCH_LEAST ? UPLINK_BATCH_LEAST : paced;
}

static void set_back(struct vn_uplink *u)
{
    uplink_went_wrong(
        u, VN_UPLINK_UP, VN_UPLINK_QUARANTINED,
        "the hub has entries of this till that its journal does not have: the disk was set back",
        UPLINK_REFUSED_RETRY_MS);
}

static void unreadable(struct vn_uplink *u, enum up_request what)
{
    uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF,
                      what == UP_BATCH    ? "the hub's answer to a batch can't be read"
                      : what == UP_RIGHTS ? "the hub's answer to a question about rights can't be read"
                                          : "the hub's answer to a report can't be read",
                      -1);
}

/* The hub has everything up to `acked_seq`. */
static void note_acked(struct vn_uplink *u, int64_t acked_seq, int64_t durable_seq)
{
    struct vn_uplink_info *info = &u->info;
    u->sent_seq = acked_seq;
    bool falls = VN_PLANTED(WATERMARK_FALLS) && durable_seq < info->durable_seq;
    if (acked_seq > info->acked_seq || durable_seq > info->durable_seq || falls) {
        info->acked_seq = acked_seq > info->acked_seq ? acked_seq : info->acked_seq;
        info->durable_seq = durable_seq > info->durable_seq || falls ? durable_seq : info->durable_seq;
        u->io.acked(u->io.ctx, info->acked_seq, info->durable_seq);
    }
}

static void batch_acked(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct vn_ack ack;
    struct vn_error error;
    if (vn_ack_decode(r->body, &ack, &error) != VN_OK || ack.durable_seq > ack.acked_seq) {
        unreadable(u, UP_BATCH);
        return;
    }
    if (ack.acked_seq > u->head_seq) {
        set_back(u);
        return;
    }
    bool progress = ack.acked_seq > u->sent_seq;
    u->info.quarantined = ack.quarantined;
    u->info.hub_entries = ack.entries;
    u->info.hub_offset_ms = ack.server_time_ms - vn_clock_wall_ms(&u->clock);
    u->hub_mono_ms = ack.server_time_ms - vn_clock_mono_ns(&u->clock) / 1000000;
    u->spread_ms = (ack.spread_s > SPREAD_MAX_S ? SPREAD_MAX_S : ack.spread_s) * 1000;
    note_acked(u, ack.acked_seq, ack.durable_seq);
    if (!progress) {
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, "the hub took nothing of a batch", -1);
        return;
    }
    if (!u->rights_wanted &&
        !u->rights_due) { /* a hub that takes batches and still wants more before it grants must not keep us running */
        u->corrections = 0;
    }
    u->batch_max = u->batch_max * 2 > VN_BATCH_ENTRIES_MAX ? VN_BATCH_ENTRIES_MAX : u->batch_max * 2;
    note_pace(u);
    uplink_went_well(u, VN_UPLINK_UP, true);
    if (ack.delay_ms > 0) {
        uplink_wait(u, VN_UPLINK_UP, ack.delay_ms > DELAY_MAX_MS ? DELAY_MAX_MS : ack.delay_ms);
    }
}

/* 409: the hub expects another entry next. It may know more than we thought (an answer was lost) or less (it was set
 * back); only when it knows more than we have, something is wrong with us. */
static void batch_expected(struct vn_uplink *u, enum up_request what, const struct vn_uplink_response *r)
{
    struct vn_expected expected;
    struct vn_error error;
    if (vn_expected_decode(r->body, &expected, &error) != VN_OK) {
        unreadable(u, what);
        return;
    }
    if (expected.expected_seq > u->head_seq + 1) {
        set_back(u);
        return;
    }
    /* The journal grew while something else was on its way: what the hub lacks was never sent. */
    bool grew = what != UP_BATCH && expected.expected_seq == u->sent_seq + 1 && u->head_seq > u->sent_seq;
    bool stuck = !grew && (expected.expected_seq == u->sent_seq + 1 || u->corrections > 0);
    u->corrections += grew ? 0 : 1;
    note_acked(u, expected.expected_seq - 1, 0);
    if (stuck) {
        uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, "the hub refuses the entry that it asks for",
                          -1);
    } else {
        uplink_went_well(u, VN_UPLINK_UP, false);
        renew_hear(u, r->body);
    }
}

void upload_wanted(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct vn_expected expected;
    struct vn_error error;
    bool in_vain = u->channels[VN_UPLINK_UP].waiting && u->up_reason[0] != '\0';
    if (!in_vain && vn_expected_decode(r->body, &expected, &error) == VN_OK &&
        expected.expected_seq <= u->sent_seq) {
        note_acked(u, expected.expected_seq - 1, 0);
    }
    uplink_went_wrong(u, VN_UPLINK_FEED, VN_UPLINK_BACKOFF,
                      in_vain ? u->up_reason : "the hub was set back and waits for entries of this till", -1);
    upload_next(u);
}

static void too_large(struct vn_uplink *u)
{
    unsigned sent = u->batch_count < u->batch_max ? u->batch_count : u->batch_max;
    u->batch_max = sent / 2;
}

/* None of it is taken, and it is asked for again, later and later as long as nothing else goes well: so that what was lost of it
 * comes, and why it does not can be read meanwhile. */
static void refuse_rights(struct vn_uplink *u, const char *reason)
{
    u->rights_due = u->rights_refused = true;
    uplink_went_wrong(u, VN_UPLINK_UP, VN_UPLINK_BACKOFF, reason, -1);
}

/* Another till's grants, journaled here, would be spent here, although the hub has them for the other. */
static bool read_rights(struct vn_uplink *u, struct vn_view body, struct vn_rights_reply *reply)
{
    char reason[VN_ERROR_TEXT_MAX];
    char hex[2 * VN_ID_BYTES + 1];
    struct vn_error error;
    if (vn_rights_reply_decode(body, reply, &error) != VN_OK) {
        (void)snprintf(reason, sizeof reason, "the hub's answer about rights can't be read: %.120s%s%.60s",
                       error.text, error.pointer[0] == '\0' ? "" : " at ", error.pointer);
        refuse_rights(u, reason);
        return false;
    }
    if (reply->has_enrolment && !vn_enrolment_id_equal(&reply->enrolment, &u->own)) {
        vn_hex_encode(vn_view_of(reply->enrolment.bytes, VN_ID_BYTES), hex);
        (void)snprintf(reason, sizeof reason,
                       "the hub answered with the rights of another till, enrolment %s, and none of them was "
                       "taken: keep the hub's log for support",
                       hex);
        refuse_rights(u, reason);
        return false;
    }
    return true;
}

/* Why the hub grants nothing at present, once, and once that it does again. */
static void note_nothing_granted(struct vn_uplink *u, const char *reason)
{
    char *noted = u->info.nothing_granted;
    if (strcmp(noted, reason) != 0) {
        (void)snprintf(noted, sizeof u->info.nothing_granted, "%s", reason);
        if (noted[0] == '\0') {
            vn_log_event(u->log, VN_LOG_NOTICE, "hub_grants_again", VN_I("journaled", u->grant));
        } else {
            vn_log_event(u->log, VN_LOG_WARN, "hub_grants_nothing", VN_S("why", noted));
        }
    }
}

static void rights_answered(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    struct vn_rights_reply reply;
    bool wanted = u->rights_wanted && u->rights_sent;
    if (!read_rights(u, r->body, &reply)) {
        return;
    }
    u->corrections = 0;
    u->rights_due = false;
    if (reply.number > u->grant || reply.asked > u->told) {
        memset(&u->in_vain, 0, sizeof u->in_vain);
    }
    u->told = reply.asked > u->told ? reply.asked : u->told;
    note_nothing_granted(u, reply.reason);
    uplink_went_well(u, VN_UPLINK_UP, true);
    if (wanted) {
        uplink_answer_rights(u, &reply);
    } else {
        u->io.rights(u->io.ctx, &reply, false); /* told unasked, or too late for who asked: it was granted */
    }
}

void upload_response(struct vn_uplink *u, const struct vn_uplink_response *r)
{
    enum up_request what = u->up;
    bool answered = r->status == VN_OK;
    u->up = UP_NONE;
    if (what != UP_RIGHTS) {
        u->rights_sent = false;
    }
    if (what == UP_RENEW) {
        renew_response(u, r);
    } else if (what == UP_ROSTER) {
        roster_response(u, r);
    } else if (answered && r->http_status == 409) {
        u->report = u->report || what == UP_STATUS;
        batch_expected(u, what, r); /* what was asked is asked again when the hub has what it lacks */
    } else if (what == UP_BATCH && answered && r->http_status == 413 && u->batch_count > 1) {
        too_large(u);
    } else if (uplink_failed(u, VN_UPLINK_UP, r)) {
        return;
    } else if (what == UP_BATCH) {
        batch_acked(u, r);
    } else if (what == UP_RIGHTS) {
        rights_answered(u, r);
    } else {
        uplink_went_well(u, VN_UPLINK_UP, false);
        renew_hear(u, r->body);
        roster_hear(u, r->body);
    }
}
