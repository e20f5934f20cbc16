#include "tests/unit/uplink_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/wire/entry.h"

static int64_t wall_ms(void *ctx)
{
    const struct fake *fake = ctx;
    return 1795334400000 + fake->now_ms + fake->wall_off_ms;
}

static int64_t mono_ns(void *ctx)
{
    return ((struct fake *)ctx)->now_ms * 1000000;
}

static struct fake_channel *channel_of(struct fake *fake, enum vn_uplink_channel channel)
{
    return channel == VN_UPLINK_UP ? &fake->up : &fake->feed;
}

static void on_send(void *ctx, enum vn_uplink_channel channel, const struct vn_uplink_request *request)
{
    struct fake *fake = ctx;
    struct fake_channel *c = channel_of(fake, channel);
    fake->overlaps += c->busy || (channel == VN_UPLINK_FEED && fake->applying);
    c->busy = true;
    c->sent++;
    c->timeout_ms = request->timeout_ms;
    c->silent_ms = request->silent_ms;
    (void)snprintf(c->accept, sizeof c->accept, "%s", request->accept == NULL ? "" : request->accept);
    (void)snprintf(c->range, sizeof c->range, "%s", request->range == NULL ? "" : request->range);
    (void)snprintf(c->match, sizeof c->match, "%s", request->match == NULL ? "" : request->match);
    (void)snprintf(c->none_match, sizeof c->none_match, "%s",
                   request->none_match == NULL ? "" : request->none_match);
    (void)snprintf(c->path, sizeof c->path, "%s", request->path);
    size_t len = request->body.len < sizeof c->body - 1 ? request->body.len : sizeof c->body - 1;
    if (len > 0) {
        memcpy(c->body, request->body.data, len);
    }
    c->body[len] = '\0';
}

static void on_set_timer(void *ctx, enum vn_uplink_channel channel, int64_t delay_ms)
{
    struct fake_channel *c = channel_of(ctx, channel);
    c->timer = true;
    c->timer_ms = delay_ms;
}

static void on_read_batch(void *ctx, int64_t after_seq, unsigned max_entries, size_t max_bytes)
{
    struct fake *fake = ctx;
    fake->overlaps += fake->reading || fake->up.busy;
    fake->reading = true;
    fake->read_after = after_seq;
    fake->read_max = max_entries;
    fake->read_bytes = max_bytes;
}

static void on_acked(void *ctx, int64_t acked_seq, int64_t durable_seq)
{
    struct fake *fake = ctx;
    fake->acked_calls++;
    fake->acked = acked_seq;
    fake->durable = durable_seq;
}

static void on_apply(void *ctx, const struct vn_uplink_frame *frame)
{
    struct fake *fake = ctx;
    fake->overlaps += fake->applying;
    fake->applying = true;
    fake->apply_snapshot = frame->snapshot;
    fake->apply_included = frame->included_seq;
    fake->apply_told = frame->told_seq;
    fake->apply_at = frame->at;
    (void)snprintf(fake->apply_etag, sizeof fake->apply_etag, "%s", frame->etag);
}

static void on_rights(void *ctx, const struct vn_rights_reply *reply, bool answer)
{
    struct fake *fake = ctx;
    fake->rights_calls += answer;
    fake->rights_told += !answer;
    if (reply == NULL) {
        fake->rights_nulls++;
    } else {
        fake->last_rights = *reply;
    }
}

static void on_rights_timer(void *ctx, int64_t delay_ms)
{
    struct fake *fake = ctx;
    fake->rights_timer = true;
    fake->rights_timer_ms = delay_ms;
}

static void on_status(void *ctx, struct vn_buf *out)
{
    (void)ctx;
    if (vn_buf_append_str(out, "{\"status\":1}") != VN_OK) {
        abort();
    }
}

static void on_renew(void *ctx, struct vn_buf *out)
{
    struct fake *fake = ctx;
    if (!fake->no_key && vn_buf_append_str(out, "{\"csr\":1}") != VN_OK) {
        abort();
    }
}

static void on_renewed(void *ctx, struct vn_view body)
{
    struct fake *fake = ctx;
    fake->overlaps += fake->keeping;
    fake->keeping = true;
    fake->kept_is_good = vn_view_is(body, "{\"certificate\":1}");
}

static void on_roster(void *ctx, struct vn_view body)
{
    struct fake *fake = ctx;
    fake->roster_calls++;
    (void)snprintf(fake->roster, sizeof fake->roster, "%.*s", (int)body.len, (const char *)body.data);
}

static void on_changed(void *ctx)
{
    ((struct fake *)ctx)->changes++;
}

void fake_create(struct fake *fake, uint64_t seed)
{
    fake_create_logged(fake, seed, NULL);
}

void fake_create_logged(struct fake *fake, uint64_t seed, struct vn_log *log)
{
    memset(fake, 0, sizeof *fake);
    fake->seed = seed;
    struct vn_clock clock = {wall_ms, mono_ns, fake};
    const struct vn_uplink_io io = {.send = on_send,
                                    .timer = on_set_timer,
                                    .read_batch = on_read_batch,
                                    .acked = on_acked,
                                    .apply = on_apply,
                                    .rights = on_rights,
                                    .rights_timer = on_rights_timer,
                                    .status = on_status,
                                    .renew = on_renew,
                                    .renewed = on_renewed,
                                    .roster = on_roster,
                                    .changed = on_changed,
                                    .ctx = fake};
    if (vn_uplink_create(clock, vn_random_seeded(&fake->seed), log, &io, &fake->uplink) != VN_OK) {
        abort();
    }
}

void fake_destroy(struct fake *fake)
{
    vn_uplink_destroy(fake->uplink);
}

void fake_start(struct fake *fake, int64_t head, int64_t acked, int64_t epoch)
{
    struct vn_cursor cursor = {epoch, epoch == 0 ? 0 : 5};
    vn_uplink_start(fake->uplink, &(struct vn_uplink_from){.head_seq = head,
                                                           .acked_seq = acked,
                                                           .cursor = cursor,
                                                           .enrolment = {{0xab}},
                                                           .certificate = fake->certificate});
}

void fake_online(struct fake *fake, int64_t head)
{
    fake_start(fake, head, head, 1);
    fake_feed(fake, 6);
    fake_hear(fake);
    fake->rights_told = 0;
}

/* Told about rights once after each start. */
static bool asks_for_nothing(const struct fake *fake)
{
    return strcmp(fake->up.path, "/v1/rights") == 0 && strstr(fake->up.body, "\"wants\":[]") != NULL;
}

void fake_hear(struct fake *fake)
{
    while (fake->up.busy && (strcmp(fake->up.path, "/v1/status") == 0 || asks_for_nothing(fake))) {
        fake_reply(fake, VN_UPLINK_UP, 200,
                   asks_for_nothing(fake) ? "{\"schema\":1,\"number\":0,\"grants\":[]}" : "{}");
    }
}

void fake_no_rights(struct fake *fake)
{
    if (fake->up.busy && asks_for_nothing(fake)) {
        fake_reply(fake, VN_UPLINK_UP, 200, "{\"schema\":1,\"number\":0,\"grants\":[]}");
    } else {
        abort();
    }
}

static void respond(struct fake *fake, enum vn_uplink_channel channel,
                    const struct vn_uplink_response *response)
{
    channel_of(fake, channel)->busy = false;
    vn_uplink_on_response(fake->uplink, channel, response);
}

void fake_reply(struct fake *fake, enum vn_uplink_channel channel, int http_status, const char *body)
{
    struct vn_uplink_response response = {.http_status = http_status,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .problem = "",
                                          .body = vn_view_str(body)};
    respond(fake, channel, &response);
}

void fake_reply_later(struct fake *fake, enum vn_uplink_channel channel, int http_status,
                      int64_t retry_after_ms)
{
    struct vn_uplink_response response = {.http_status = http_status,
                                          .retry_after_ms = retry_after_ms,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .problem = "busy"};
    respond(fake, channel, &response);
}

void fake_refuse(struct fake *fake, enum vn_uplink_channel channel, int http_status, const char *problem)
{
    struct vn_uplink_response response = {.http_status = http_status,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .problem = problem};
    respond(fake, channel, &response);
}

void fake_lose(struct fake *fake, enum vn_uplink_channel channel, const char *reason)
{
    struct vn_uplink_response response = {.status = VN_GONE,
                                          .reason = reason,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .problem = ""};
    respond(fake, channel, &response);
}

void fake_ack(struct fake *fake, int64_t acked, int64_t durable, int64_t delay_ms)
{
    struct vn_ack ack = {.epoch = 1,
                         .acked_seq = acked,
                         .durable_seq = durable,
                         .server_time_ms = wall_ms(fake) + 250,
                         .delay_ms = delay_ms,
                         .entries = VN_ENTRY_VERSION};
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    if (vn_ack_encode(&ack, &body) != VN_OK || vn_buf_append(&body, vn_view_of("", 1)) != VN_OK) {
        abort();
    }
    fake_reply(fake, VN_UPLINK_UP, 200, (const char *)body.data);
    vn_buf_deinit(&body);
}

void fake_expected_on(struct fake *fake, enum vn_uplink_channel channel, int64_t seq)
{
    struct vn_expected expected = {.expected_seq = seq};
    struct vn_buf body;
    vn_buf_init(&body, 4096);
    if (vn_expected_encode(&expected, &body) != VN_OK || vn_buf_append(&body, vn_view_of("", 1)) != VN_OK) {
        abort();
    }
    fake_reply(fake, channel, 409, (const char *)body.data);
    vn_buf_deinit(&body);
}

void fake_expected(struct fake *fake, int64_t seq)
{
    fake_expected_on(fake, VN_UPLINK_UP, seq);
}

void fake_grant(struct fake *fake, const char *account, int64_t granted)
{
    char body[512];
    (void)snprintf(body, sizeof body,
                   "{\"schema\":1,\"number\":7,\"grants\":[{\"account\":\"%s\",\"granted\":%lld,\"free\":0,"
                   "\"slices\":[]}]}",
                   account, (long long)granted);
    fake_reply(fake, VN_UPLINK_UP, 200, body);
}

void fake_piece(struct fake *fake, int http_status, const char *etag)
{
    struct vn_uplink_response response = {.http_status = http_status,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .etag = etag,
                                          .problem = "",
                                          .body = vn_view_str("piece")};
    respond(fake, VN_UPLINK_FEED, &response);
}

void fake_frame(struct fake *fake, int64_t included_seq, int64_t told_seq)
{
    struct vn_cursor cursor = {1, 6};
    struct vn_uplink_response response = {.http_status = 200,
                                          .retry_after_ms = -1,
                                          .included_seq = included_seq,
                                          .told_seq = told_seq,
                                          .problem = "",
                                          .body = vn_view_str("frame")};
    respond(fake, VN_UPLINK_FEED, &response);
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
}

void fake_feed(struct fake *fake, int64_t number)
{
    struct vn_cursor cursor = {1, number};
    fake_reply(fake, VN_UPLINK_FEED, 200, "frame");
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
}

void fake_feed_roster(struct fake *fake, int64_t number, int64_t epoch, int64_t roster)
{
    struct vn_cursor cursor = {1, number};
    struct vn_uplink_response response = {.http_status = 200,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .roster = {epoch, roster},
                                          .problem = "",
                                          .body = vn_view_str("frame")};
    respond(fake, VN_UPLINK_FEED, &response);
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
}

void fake_feed_marked(struct fake *fake, int64_t number, int64_t grant, int64_t asked)
{
    struct vn_cursor cursor = {1, number};
    struct vn_uplink_response response = {.http_status = 200,
                                          .retry_after_ms = -1,
                                          .included_seq = -1,
                                          .told_seq = -1,
                                          .has_mark = true,
                                          .mark = {grant, asked},
                                          .problem = "",
                                          .body = vn_view_str("frame")};
    respond(fake, VN_UPLINK_FEED, &response);
    fake->applying = false;
    vn_uplink_on_applied(fake->uplink, VN_OK, &cursor, "");
}

void fake_batch(struct fake *fake, unsigned count)
{
    fake->reading = false;
    vn_uplink_on_batch(fake->uplink, &(struct vn_uplink_batch){VN_OK, count, fake->read_after + count,
                                                               vn_view_str("batch")});
}

void fake_batch_of(struct fake *fake, unsigned count, size_t bytes)
{
    static const uint8_t zeros[VN_BATCH_BYTES_MAX];
    fake->reading = false;
    vn_uplink_on_batch(fake->uplink, &(struct vn_uplink_batch){VN_OK, count, fake->read_after + count,
                                                               vn_view_of(zeros, bytes)});
}

void fake_no_batch(struct fake *fake, enum vn_status status)
{
    fake->reading = false;
    vn_uplink_on_batch(fake->uplink, &(struct vn_uplink_batch){.status = status});
}

void fake_timer(struct fake *fake, enum vn_uplink_channel channel)
{
    struct fake_channel *c = channel_of(fake, channel);
    c->timer = false;
    fake->now_ms += c->timer_ms;
    vn_uplink_on_timer(fake->uplink, channel);
}

void fake_ask(struct fake *fake, const char *account, int64_t granted)
{
    struct vn_rights_request request = {.count = 1, .wants = {{.granted = granted}}};
    (void)snprintf(request.wants[0].account, VN_ID_MAX, "%s", account);
    if (vn_uplink_ask(fake->uplink, &request) != VN_OK) {
        abort();
    }
}

struct vn_uplink_info fake_info(const struct fake *fake)
{
    struct vn_uplink_info info;
    vn_uplink_info(fake->uplink, &info);
    return info;
}

int fake_setup(void **state)
{
    struct fake *fake = malloc(sizeof *fake);
    if (fake == NULL) {
        return -1;
    }
    fake_create(fake, 1);
    *state = fake;
    return 0;
}

int fake_teardown(void **state)
{
    struct fake *fake = *state;
    fake_destroy(fake);
    free(fake);
    return 0;
}

void fake_renewed(struct fake *fake, const struct vn_uplink_certificate *certificate)
{
    if (!fake->keeping) {
        abort();
    }
    fake->keeping = false;
    vn_uplink_on_renewed(fake->uplink, fake->kept_is_good ? VN_OK : VN_INPUT, certificate,
                         "it is no certificate");
}
