#include "tests/bench/hub_fleet_till.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/wire/batch.h"
#include "sync/wire/feed.h"
#include "tests/bench/bench.h"

#define TILLS_A_STORE 4
#define FRESH_ONE_IN  50 /* tills comes without a cursor: a machine that was replaced */

static void must(enum vn_status status, const char *what)
{
    if (status != VN_OK) {
        bench_die(what, vn_status_name(status));
    }
}

/* --- a till's journal ----------------------------------------------------------------------------------------------- */

static struct vn_view body_of(const struct fleet_till *till, int64_t seq, struct vn_buf *boot)
{
    if (seq == 1) {
        vn_buf_clear(boot);
        bench_boot_entry(till->boot, boot);
        return vn_buf_view(boot);
    }
    return vn_buf_view(
        &till->fleet->pool[(till->index * till->fleet->sales + seq - 2) % till->fleet->pool_size]);
}

void fleet_till_grow(struct fleet_till *till, int64_t head_seq)
{
    struct vn_buf boot;
    vn_buf_init(&boot, VN_ENTRY_MAX);
    till->fleet->behind += till->head_seq == till->acked_seq && head_seq > till->head_seq;
    for (int64_t seq = till->head_seq + 1; seq <= head_seq; seq++) {
        vn_chain_next(&till->hashes[seq - 1], seq, body_of(till, seq, &boot), &till->hashes[seq]);
    }
    till->head_seq = head_seq;
    vn_buf_deinit(&boot);
}

static void give_batch(struct fleet_till *till)
{
    static struct vn_batch batch;
    struct vn_buf encoded;
    struct vn_buf boot;
    int64_t last = till->batch_after + till->batch_max;
    last = last > till->head_seq ? till->head_seq : last;
    memset(&batch, 0, sizeof batch);
    vn_buf_init(&encoded, VN_BATCH_BYTES_MAX);
    vn_buf_init(&boot, VN_ENTRY_MAX);
    batch.enrolment = till->enrolment;
    batch.from_seq = till->batch_after + 1;
    batch.prev_hash = till->hashes[till->batch_after];
    batch.head = till->hashes[last];
    for (int64_t seq = batch.from_seq; seq <= last; seq++) {
        batch.bodies[batch.count++] = body_of(till, seq, &boot);
    }
    must(vn_batch_encode(&batch, &encoded), "batch");
    vn_uplink_on_batch(till->uplink,
                       &(struct vn_uplink_batch){VN_OK, batch.count, last, vn_buf_view(&encoded)});
    vn_buf_deinit(&boot);
    vn_buf_deinit(&encoded);
}

/* --- what the uplink asks for --------------------------------------------------------------------------------------- */

/* Answers come in a later turn of the loop, as from a till's threads. */
static void on_wake(uv_idle_t *idle)
{
    struct fleet *fleet = idle->data;
    struct fleet_till *till = fleet->wakes;
    fleet->wakes = NULL;
    (void)uv_idle_stop(idle);
    while (till != NULL) {
        struct fleet_till *next = till->next;
        till->wakes = false;
        if (till->wants_piece) {
            till->wants_piece = false;
            vn_uplink_on_piece(till->uplink, till->next_piece);
        }
        if (till->wants_applied) {
            till->wants_applied = false;
            vn_uplink_on_applied(till->uplink, VN_OK, &till->cursor, "");
        }
        if (till->wants_batch) {
            till->wants_batch = false;
            give_batch(till);
        }
        till = next;
    }
}

static void wake(struct fleet_till *till)
{
    struct fleet *fleet = till->fleet;
    if (!till->wakes) {
        till->wakes = true;
        till->next = fleet->wakes;
        fleet->wakes = till;
        (void)uv_idle_start(&fleet->wake, on_wake);
    }
}

static void io_send(void *ctx, enum vn_uplink_channel channel, const struct vn_uplink_request *request)
{
    struct fleet_till *till = ctx;
    if (till->asked_ns == 0 && strcmp(request->path, "/v1/snapshot") == 0) {
        till->asked_ns = bench_now_ns();
    }
    vn_hub_link_send(till->link, channel, request);
}

static void io_timer(void *ctx, enum vn_uplink_channel channel, int64_t delay_ms)
{
    vn_hub_link_timer(((struct fleet_till *)ctx)->link, channel, delay_ms);
}

static void io_rights_timer(void *ctx, int64_t delay_ms)
{
    vn_hub_link_rights_timer(((struct fleet_till *)ctx)->link, delay_ms);
}

static void io_rights(void *ctx, const struct vn_rights_reply *reply, bool answer)
{
    (void)ctx;
    (void)reply; /* nobody asks */
    (void)answer;
}

static void io_read_batch(void *ctx, int64_t after_seq, unsigned max_entries, size_t max_bytes)
{
    struct fleet_till *till = ctx;
    (void)max_bytes; /* its sales are few and small */
    till->wants_batch = true;
    till->batch_after = after_seq;
    till->batch_max = max_entries;
    wake(till);
}

static void io_acked(void *ctx, int64_t acked_seq, int64_t durable_seq)
{
    struct fleet_till *till = ctx;
    (void)durable_seq;
    till->acked_seq = acked_seq;
    till->fleet->behind -= acked_seq == till->head_seq;
}

static void note_ruleset(struct fleet_till *till, struct vn_view lines)
{
    struct vn_view line;
    while (till->ruleset_ns == 0 && vn_wire_next_line(&lines, &line)) {
        static const char kind[] = "{\"kind\":\"ruleset\"";
        if (line.len >= sizeof kind - 1 && memcmp(line.data, kind, sizeof kind - 1) == 0) {
            till->ruleset_ns = bench_now_ns();
            till->fleet->without_ruleset--;
        }
    }
}

/* The next bytes of a snapshot's file. */
static void take_piece(struct fleet_till *till, const struct vn_uplink_frame *frame)
{
    struct fleet *fleet = till->fleet;
    struct vn_snapshot_block block;
    size_t need = 0;
    if (frame->at == 0) {
        vn_snapshot_reader_init(&till->reader);
        vn_buf_init(&till->tail, 2 * VN_FEED_BYTES_MAX);
    }
    must(vn_buf_append(&till->tail, frame->lines), "snapshot");
    fleet->load_bytes += (int64_t)frame->lines.len;
    till->next_piece = frame->at + (int64_t)frame->lines.len;
    enum vn_status status = VN_OK;
    size_t done = 0;
    while (status == VN_OK) {
        int64_t before = till->reader.offset;
        struct vn_view rest = vn_view_of(till->tail.data + done, till->tail.len - done);
        status = vn_snapshot_next_block(&till->reader, rest, &block, &need);
        done += (size_t)(till->reader.offset - before);
    }
    vn_buf_drop_front(&till->tail, done);
    if (status == VN_AGAIN) {
        till->wants_piece = true;
    } else if (status == VN_ABSENT) {
        vn_buf_deinit(&till->tail);
        till->cursor = till->reader.cursor;
        till->wants_applied = true;
        if (fleet->loads < fleet->tills) {
            fleet->load_times[fleet->loads] = bench_now_ns() - till->asked_ns;
        }
        fleet->loads++;
    } else {
        bench_die("snapshot", "its file can't be read");
    }
}

static void io_apply(void *ctx, const struct vn_uplink_frame *frame)
{
    struct fleet_till *till = ctx;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_feed_header header;
    struct vn_view line;
    struct vn_view rest = frame->lines;
    if (frame->etag[0] != '\0') {
        take_piece(till, frame);
        wake(till);
        return;
    }
    if (frame->snapshot || !vn_wire_next_line(&rest, &line) ||
        vn_feed_header_decode(line, &header, &error) != VN_OK) {
        bench_die("feed", "a frame can't be read");
    }
    note_ruleset(till, rest);
    till->cursor = header.cursor;
    till->wants_applied = true;
    wake(till);
}

static void io_status(void *ctx, struct vn_buf *out)
{
    (void)ctx;
    must(vn_buf_append_str(out, "{\"state\":\"live\"}"), "status");
}

static void io_changed(void *ctx)
{
    struct fleet_till *till = ctx;
    struct vn_uplink_info info;
    vn_uplink_info(till->uplink, &info);
    if (info.state == VN_UPLINK_REVOKED || info.state == VN_UPLINK_QUARANTINED || info.quarantined > 0) {
        bench_die("a till was refused for good", info.reason);
    }
    till->fleet->live += (info.online ? 1 : 0) - (till->live ? 1 : 0);
    till->live = info.online;
}

static void io_stamp(void *ctx, struct vn_stamp *out)
{
    const struct fleet_till *till = ctx;
    *out = (struct vn_stamp){.enrolment = till->enrolment,
                             .head_seq = till->head_seq,
                             .head_hash = till->hashes[till->head_seq],
                             .acked_seq = till->acked_seq,
                             .cursor = till->cursor};
    memcpy(out->boot, till->boot, sizeof out->boot);
}

void fleet_till_make(struct fleet *fleet, struct fleet_till *till, long index)
{
    static struct vn_enrol_reply reply;
    static struct vn_enrolment enrolment;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_random random = vn_random_system();
    char name[VN_ID_MAX];
    char store[VN_ID_MAX];
    const struct vn_uplink_io io = {.send = io_send,
                                    .timer = io_timer,
                                    .read_batch = io_read_batch,
                                    .acked = io_acked,
                                    .apply = io_apply,
                                    .rights = io_rights,
                                    .rights_timer = io_rights_timer,
                                    .status = io_status,
                                    .changed = io_changed,
                                    .ctx = till};
    (void)snprintf(name, sizeof name, "f%ld", index + 1);
    (void)snprintf(store, sizeof store, "f%ld", index / TILLS_A_STORE + 1);
    if (index % TILLS_A_STORE == 0) {
        bench_hub_store(&fleet->hub, store);
    }
    bench_hub_enrol(&fleet->hub, store, name, &reply);
    till->fleet = fleet;
    till->index = index;
    till->enrolment = reply.enrolment;
    till->fresh = index % FRESH_ONE_IN == 0;
    fleet->fresh += till->fresh;
    till->cursor = till->fresh ? (struct vn_cursor){0, 0} : fleet->cursor;
    till->hashes = calloc((size_t)fleet->sales + 2, sizeof *till->hashes);
    if (till->hashes == NULL || vn_random_fill(&random, till->boot, sizeof till->boot) != VN_OK) {
        bench_die("till", "out of memory");
    }
    vn_chain_start(&till->enrolment, &till->hashes[0]);
    memcpy(enrolment.certificate, reply.certificate, sizeof enrolment.certificate);
    must(vn_view_copy_str(vn_buf_view(&fleet->hub.ca), enrolment.hub_ca, sizeof enrolment.hub_ca), "ca");
    const struct vn_hub_link_target target = {"127.0.0.1", fleet->hub.port, &enrolment, fleet->hub.key};
    must(vn_uplink_create(vn_clock_system(), random, NULL, &io, &till->uplink), "uplink");
    if (vn_hub_link_create(&fleet->hub.loop, vn_clock_system(), random, NULL, &target, io_stamp, till,
                           &till->link, &error) != VN_OK) {
        bench_die("link", error.text);
    }
    vn_hub_link_uplink(till->link, till->uplink);
}
