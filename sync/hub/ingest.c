#include "sync/hub/ingest.h"

#include <stdio.h>
#include <string.h>

#include "sync/hub/fleet.h"
#include "sync/hub/sale.h"

/* What an entry can be guilty of; everything else is our own trouble and ends the transaction. */
static bool entry_to_blame(enum vn_status status)
{
    return status == VN_INPUT || status == VN_CONFLICT || status == VN_UNSUPPORTED;
}

/* When it happened, for accounting: the till's clock, held between its last acknowledgement and now. */
static int64_t clamp_ms(const struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t wall_ms)
{
    int64_t now_ms = vn_hub_now_ms(hub);
    if (wall_ms < row->ack_ms) {
        wall_ms = row->ack_ms;
    }
    return wall_ms > now_ms ? now_ms : wall_ms;
}

/* The reason that people will read says where in the entry, too. */
static void name_place(struct vn_error *error)
{
    size_t len = strlen(error->text);
    if (len == 0) {
        (void)snprintf(error->text, sizeof error->text, "can't be applied");
    } else if (error->pointer[0] != '\0') {
        (void)snprintf(error->text + len, sizeof error->text - len, ", at %s", error->pointer);
    }
}

static enum vn_status apply(struct vn_hub *hub, struct vn_enrolment_row *row, int64_t seq,
                            struct vn_view body, struct vn_entry_row *stored, struct vn_error *error)
{
    struct vn_entry entry;
    enum vn_status status = vn_entry_decode(body, &entry, error);
    enum vn_status trouble = VN_OK;
    bool readable = status == VN_OK;
    int64_t at_ms = clamp_ms(hub, row, entry.wall_ms);
    if (readable) {
        stored->kind = vn_entry_kind_name(entry.kind);
        trouble = vn_storage_mark(hub->storage);
        if (trouble == VN_OK) {
            status = vn_sale_apply(hub->storage, row, seq, at_ms, &entry, error);
            trouble = entry_to_blame(status) ? vn_storage_undo(hub->storage)
                      : status == VN_OK      ? vn_storage_keep(hub->storage)
                                             : status;
        }
    } else if (!entry_to_blame(status)) {
        trouble = status;
    }
    if (trouble == VN_OK && status != VN_OK) {
        name_place(error);
        stored->reason = error->text;
        row->quarantined++;
        trouble = vn_sale_count_only(hub->storage, row, seq, at_ms, &entry);
        if (trouble == VN_OK && readable && entry.account[0] != '\0' && entry.points != 0) {
            trouble = vn_storage_waiting_put(hub->storage, row->id, seq, entry.account, entry.points);
        }
        vn_log_event(hub->log, VN_LOG_WARN, "entry_quarantined", VN_S("till", row->till), VN_I("seq", seq),
                     VN_S("kind", stored->kind), VN_S("reason", stored->reason));
    }
    vn_entry_deinit(&entry);
    return trouble;
}

static enum vn_status take(struct vn_hub *hub, struct vn_enrolment_row *row, const struct vn_hash *hash,
                           struct vn_view body)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_entry_row stored = {.enrolment = row->id,
                                  .seq = row->high_seq + 1,
                                  .hash = *hash,
                                  .body = body,
                                  .kind = "?",
                                  .reason = "",
                                  .arrived_ms = vn_hub_now_ms(hub)};
    enum vn_status status = apply(hub, row, stored.seq, body, &stored, &error);
    if (status == VN_OK) {
        status = vn_storage_entry_put(hub->storage, &stored);
    }
    if (status == VN_OK) {
        row->high_seq = stored.seq;
        row->head = *hash;
    }
    return status;
}

/* Whether the hub has this hash at `seq` <= high_seq. */
static enum vn_status same(struct vn_hub *hub, const struct vn_enrolment_row *row, int64_t seq,
                           const struct vn_hash *hash, bool *out)
{
    struct vn_hash known = row->head;
    enum vn_status status = VN_OK;
    if (seq == 0) {
        vn_chain_start(&row->enrolment, &known);
    } else if (seq != row->high_seq) {
        status = vn_storage_entry_hash(hub->storage, row->id, seq, &known);
    }
    *out = status == VN_OK && memcmp(known.bytes, hash->bytes, sizeof known.bytes) == 0;
    return status;
}

static void acknowledge(const struct vn_hub *hub, const struct vn_enrolment_row *row, struct vn_ack *out)
{
    *out = (struct vn_ack){.epoch = hub->epoch,
                           .acked_seq = row->high_seq,
                           .durable_seq = row->durable_seq,
                           .head = row->head,
                           .quarantined = row->quarantined,
                           .server_time_ms = vn_hub_now_ms(hub),
                           .entries = VN_ENTRY_VERSION};
}

enum vn_status vn_ingest_batch(struct vn_hub *hub, struct vn_enrolment_row *row, const struct vn_batch *batch,
                               struct vn_ingest_result *out)
{
    struct vn_hash hash = batch->prev_hash;
    bool agrees = false;
    memset(out, 0, sizeof *out);
    if (batch->from_seq > row->high_seq + 1) {
        out->verdict = VN_INGEST_EXPECTED;
        out->expected = (struct vn_expected){row->high_seq + 1, row->head};
        return VN_OK;
    }
    enum vn_status status = same(hub, row, batch->from_seq - 1, &hash, &agrees);
    for (unsigned i = 0; i < batch->count && status == VN_OK && agrees; i++) {
        int64_t seq = batch->from_seq + i;
        vn_chain_next(&hash, seq, batch->bodies[i], &hash);
        if (seq <= row->high_seq) {
            status = same(hub, row, seq, &hash, &agrees);
        } else {
            status = take(hub, row, &hash, batch->bodies[i]);
            out->taken++;
        }
    }
    if (status != VN_OK) {
        return status;
    }
    if (!agrees) {
        out->verdict = VN_INGEST_BRANCH;
        return vn_fleet_branch(hub, row);
    }
    out->verdict = VN_INGEST_TAKEN;
    row->ack_ms = vn_hub_now_ms(hub);
    acknowledge(hub, row, &out->ack);
    return vn_storage_enrolment_put(hub->storage, row);
}
