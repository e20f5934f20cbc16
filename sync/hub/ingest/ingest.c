#include "sync/hub/ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "sync/hub/fleet/fleet.h"

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

/* Whether the batch goes on from what the hub has. Hashes form a chain: where the last entry that both have agrees, so does all
 * before it. */
static enum vn_status goes_on(struct vn_hub *hub, const struct vn_enrolment_row *row,
                              const struct vn_intake *intake, int64_t had, bool *out)
{
    return same(hub, row, intake->from_seq + had - 1, vn_intake_hash(intake, had), out);
}

static enum vn_status put_boots(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                const struct vn_intake *intake, int64_t had, struct vn_ingest_result *out)
{
    enum vn_status status = VN_OK;
    for (int64_t i = had; i < intake->count && status == VN_OK; i++) {
        const struct vn_intake_entry *entry = &intake->entries[i];
        if (entry->boot != 0) {
            out->boot_seq = intake->from_seq + i;
            memcpy(out->boot, intake->boots[entry->boot - 1], sizeof out->boot);
            status = vn_storage_boot_put(hub->storage, row->id, out->boot, out->boot_seq);
        }
    }
    return status;
}

/* The batch, of which the first `had` entries are there already. */
static enum vn_status take(struct vn_hub *hub, struct vn_ingest_group *group, struct vn_enrolment_row *row,
                           const struct vn_intake *intake, int64_t had, struct vn_ingest_result *out)
{
    const struct vn_segment_row segment = {.enrolment = row->id,
                                           .from_seq = row->high_seq + 1,
                                           .count = intake->count - had,
                                           .skip = had,
                                           .head = intake->entries[intake->count - 1].hash,
                                           .since_ms = row->ack_ms,
                                           .arrived_ms = vn_hub_latest_ms(hub),
                                           .packing = intake->packing,
                                           .bytes = vn_buf_view(&intake->bytes)};
    group->segments[group->segment_count++] = segment;
    out->taken = (unsigned)segment.count;
    row->high_seq += segment.count;
    row->head = segment.head;
    return put_boots(hub, row, intake, had, out);
}

/* No more than the till has shown that it has: what the hub has beyond may be a copy's, and a till drops what
 * it hears is safe. */
static void acknowledge(const struct vn_hub *hub, const struct vn_enrolment_row *row,
                        const struct vn_intake *intake, struct vn_ack *out)
{
    int64_t shown = intake->from_seq + intake->count - 1;
    int64_t durable = VN_PLANTED(DURABLE_WITHOUT_BACKUP) ? row->high_seq : row->durable_seq;
    *out = (struct vn_ack){.epoch = hub->epoch,
                           .acked_seq = shown,
                           .durable_seq = vn_least(durable, shown),
                           .head = *vn_intake_hash(intake, intake->count),
                           .quarantined = row->quarantined,
                           .server_time_ms = vn_hub_now_ms(hub),
                           .entries = VN_ENTRY_VERSION};
}

/* What it sends is dated no further back than when all that it had was heard. One that always says that it has more would never
 * come to that: what it had when it said so first has been sent when it has said so on many days. */
static void note_heard(struct vn_enrolment_row *row, bool has_more, int64_t now_ms)
{
    const int64_t day = now_ms / VN_EARN_DAY_MS;
    if (!has_more) {
        row->ack_ms = now_ms;
        row->more_days = 0;
        return;
    }
    if (row->more_days > 0 && day == row->more_day) {
        return;
    }
    if (row->more_days == VN_HUB_MORE_DAYS) {
        row->ack_ms = row->more_ms;
        row->more_days = 0;
    }
    row->more_ms = row->more_days == 0 ? now_ms : row->more_ms;
    row->more_day = day;
    row->more_days++;
}

enum vn_status vn_ingest_begin(struct vn_hub *hub, size_t max, struct vn_ingest_group *out)
{
    *out = (struct vn_ingest_group){.max = max};
    out->segments = calloc(max, sizeof *out->segments);
    out->rows = calloc(max, sizeof *out->rows);
    if (out->segments == NULL || out->rows == NULL) {
        return VN_NOMEM;
    }
    return vn_storage_held(hub->storage, &out->held);
}

enum vn_status vn_ingest_store(struct vn_hub *hub, const struct vn_ingest_group *group)
{
    enum vn_status status = vn_storage_segments_put(hub->storage, group->segments, group->segment_count);
    return status == VN_OK ? vn_storage_enrolments_put(hub->storage, group->rows, group->row_count) : status;
}

void vn_ingest_end(struct vn_ingest_group *group)
{
    free(group->segments);
    free(group->rows);
}

enum vn_status vn_ingest_batch(struct vn_hub *hub, struct vn_ingest_group *group,
                               struct vn_enrolment_row *row, const struct vn_intake *intake, int64_t head_seq,
                               struct vn_ingest_result *out)
{
    bool agrees = false;
    memset(out, 0, sizeof *out);
    if (group->row_count == group->max) {
        return VN_FULL;
    }
    if (intake->from_seq > row->high_seq + 1) {
        out->verdict = VN_INGEST_EXPECTED;
        out->expected = (struct vn_expected){row->high_seq + 1, row->head};
        return VN_OK;
    }
    int64_t had = row->high_seq + 1 - intake->from_seq;
    had = VN_PLANTED(RESENT_COUNTS_AGAIN) ? 0 : had > intake->count ? intake->count : had;
    enum vn_status status = goes_on(hub, row, intake, had, &agrees);
    if (status == VN_OK && !agrees && !VN_PLANTED(CLONE_UNNOTICED)) {
        out->verdict = VN_INGEST_BRANCH;
        return vn_fleet_branch(hub, row);
    }
    if (status == VN_OK && had < intake->count) {
        status = take(hub, group, row, intake, had, out);
    }
    if (status != VN_OK) {
        return status;
    }
    out->verdict = VN_INGEST_TAKEN;
    note_heard(row, head_seq > row->high_seq, vn_hub_now_ms(hub));
    acknowledge(hub, row, intake, &out->ack);
    out->held = group->held;
    group->rows[group->row_count++] = row;
    return VN_OK;
}
