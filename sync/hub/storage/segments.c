#include "sync/hub/storage/segments.h"

#include <string.h>

#include "sync/hub/storage/branch.h"
#include "sync/hub/storage/sql.h"
#include "sync/net/gzip.h"

static void bind_segment(void *ctx, size_t at, struct vn_row *statement)
{
    const struct vn_segment_row *row = &((const struct vn_segment_row *)ctx)[at];
    vn_row_bind(statement, "iiiibiiib", row->enrolment, row->from_seq, row->count, row->skip,
                vn_view_of(row->head.bytes, VN_HASH_SIZE), row->since_ms, row->arrived_ms,
                (int64_t)row->packing, row->bytes);
}

enum vn_status vn_storage_segments_put(struct vn_storage *storage, const struct vn_segment_row *rows,
                                       size_t count)
{
    const struct vn_sql_batch batch = {
        .text = "INSERT INTO segment(enrolment, from_seq, count, skip, head, since_ms, arrived_ms, packing,"
                " bytes) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        .types = "iiiibiiib",
        .count = count,
        .bind = bind_segment,
        .ctx = (void *)(uintptr_t)rows};
    return vn_sql_many(storage, &batch);
}

/* Fills text and batch; what was stored was read once before, so whatever is wrong with it now is damage. */
static enum vn_status open_bytes(struct vn_view bytes, struct vn_segment *out)
{
    struct vn_error ignored = {VN_OK, "", ""};
    const struct vn_segment_row *row = &out->row;
    enum vn_status status = row->packing == VN_PACKING_GZIP ? vn_gunzip(bytes, VN_BATCH_BYTES_MAX, &out->text)
                                                            : vn_buf_append(&out->text, bytes);
    if (status == VN_OK && row->packing == VN_PACKING_BODY) {
        out->batch = (struct vn_batch){.from_seq = row->from_seq, .head = row->head, .count = 1};
        out->batch.bodies[0] = vn_buf_view(&out->text);
    } else if (status == VN_OK) {
        status = vn_batch_decode(vn_buf_view(&out->text), &out->batch, &ignored);
    }
    bool fits = status == VN_OK && out->batch.from_seq + row->skip == row->from_seq &&
                (int64_t)out->batch.count == row->skip + row->count &&
                memcmp(out->batch.head.bytes, row->head.bytes, VN_HASH_SIZE) == 0;
    return status == VN_NOMEM || fits ? status : VN_CORRUPT;
}

static enum vn_status own_segment_at(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                     struct vn_segment *out)
{
    struct vn_row *row = NULL;
    memset(&out->row, 0, sizeof out->row);
    vn_buf_init(&out->text, VN_BATCH_BYTES_MAX);
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT from_seq, count, skip, head, since_ms, arrived_ms, packing, bytes FROM segment"
                     " WHERE enrolment = ? AND from_seq <= ? ORDER BY from_seq DESC LIMIT 1",
                     "ii", enrolment, seq);
    if (status != VN_OK) {
        return status;
    }
    out->row = (struct vn_segment_row){.enrolment = enrolment,
                                       .from_seq = vn_row_int(row, 0),
                                       .count = vn_row_int(row, 1),
                                       .skip = vn_row_int(row, 2),
                                       .since_ms = vn_row_int(row, 4),
                                       .arrived_ms = vn_row_int(row, 5),
                                       .packing = (enum vn_packing)vn_row_int(row, 6)};
    status = vn_row_bytes(row, 3, out->row.head.bytes, VN_HASH_SIZE);
    if (status == VN_OK && seq >= out->row.from_seq + out->row.count) {
        status = VN_ABSENT;
    }
    if (status == VN_OK) {
        status = open_bytes(vn_row_view(row, 7), out);
    }
    vn_row_reset(row);
    if (status != VN_OK) {
        vn_segment_deinit(out);
    }
    return status;
}

enum vn_status vn_storage_segment_at(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                     struct vn_segment *out)
{
    int64_t origin = 0;
    enum vn_status status = own_segment_at(storage, enrolment, seq, out);
    if (status != VN_ABSENT) {
        return status;
    }
    status = vn_storage_branch_origin(storage, enrolment, seq, &origin);
    return status != VN_OK ? status : origin == 0 ? VN_ABSENT : own_segment_at(storage, origin, seq, out);
}

void vn_segment_deinit(struct vn_segment *segment)
{
    vn_buf_deinit(&segment->text);
}

struct vn_view vn_segment_body(const struct vn_segment *segment, int64_t seq)
{
    return segment->batch.bodies[seq - segment->batch.from_seq];
}

void vn_segment_hash(const struct vn_segment *segment, int64_t seq, struct vn_hash *out)
{
    const struct vn_batch *batch = &segment->batch;
    *out = batch->prev_hash;
    if (seq == segment->row.from_seq + segment->row.count - 1) {
        *out = segment->row.head;
        return;
    }
    for (int64_t at = batch->from_seq; at <= seq; at++) {
        vn_chain_next(out, at, batch->bodies[at - batch->from_seq], out);
    }
}

enum vn_status vn_storage_entry_hash(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                     struct vn_hash *out)
{
    struct vn_segment segment;
    enum vn_status status = vn_storage_segment_at(storage, enrolment, seq, &segment);
    if (status == VN_OK) {
        vn_segment_hash(&segment, seq, out);
        vn_segment_deinit(&segment);
    }
    return status;
}

enum vn_status vn_storage_entry_body(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                     struct vn_buf *out)
{
    struct vn_segment segment;
    enum vn_status status = vn_storage_segment_at(storage, enrolment, seq, &segment);
    if (status == VN_OK) {
        status = vn_buf_append(out, vn_segment_body(&segment, seq));
        vn_segment_deinit(&segment);
    }
    return status;
}

enum vn_status vn_storage_backlog(struct vn_storage *storage, int64_t *entries)
{
    *entries = 0;
    return vn_sql_number(storage, entries,
                         "SELECT CAST(coalesce(sum(high_seq - posted_seq), 0) AS BIGINT) FROM enrolment"
                         " WHERE posted_seq < high_seq",
                         "");
}
