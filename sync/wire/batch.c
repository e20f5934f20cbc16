/* Batches and their answers.
 *
 * What goes wrong between two honest ends: a body cut in two by a proxy, a line lost or doubled, a batch that
 * was made before the till was rolled back. The chain finds all of it: the bodies must lead from prev_hash to
 * head, byte for byte, so the decoder recomputes it before anybody reads a body. */
#include "sync/wire/batch.h"

#include <string.h>

#include "sync/wire/document.h"
#include "sync/wire/entry.h"
#include "sync/wire/feed.h"

#define ANSWER_BYTES_MAX 1024

enum vn_status vn_batch_encode(const struct vn_batch *batch, struct vn_buf *out)
{
    if (batch->count > VN_BATCH_ENTRIES_MAX) {
        return VN_ARG;
    }
    size_t before = out->len;
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_hex(&root, "enrolment", vn_view_of(batch->enrolment.bytes, VN_ID_BYTES));
    vn_wire_put_int(&root, "from_seq", batch->from_seq, 1, VN_NUMBER_MAX);
    vn_wire_put_hex(&root, "prev_hash", vn_view_of(batch->prev_hash.bytes, VN_HASH_SIZE));
    vn_wire_put_int(&root, "count", batch->count, 0, VN_BATCH_ENTRIES_MAX);
    vn_wire_put_hex(&root, "head", vn_view_of(batch->head.bytes, VN_HASH_SIZE));
    enum vn_status status = vn_wire_finish(&root, VN_BATCH_HEAD_MAX, out);
    for (unsigned i = 0; i < batch->count && status == VN_OK; i++) {
        struct vn_view body = batch->bodies[i];
        if (body.len == 0 || body.len > VN_ENTRY_MAX || memchr(body.data, '\n', body.len) != NULL) {
            status = VN_ARG;
            break;
        }
        status = vn_buf_append_str(out, "\n");
        if (status == VN_OK) {
            status = vn_buf_append(out, body);
        }
    }
    if (status == VN_OK) {
        status = vn_buf_append_str(out, "\n");
    }
    if (status != VN_OK) {
        out->len = before;
    }
    return status;
}

static enum vn_status read_head(struct vn_view line, struct vn_batch *out, struct vn_error *error)
{
    json_t *root = NULL;
    struct vn_json_in in;
    int64_t count = 0;
    enum vn_status status = vn_wire_open(line, &root, &in, error);
    if (status != VN_OK) {
        return status;
    }
    vn_json_hex(&in, "enrolment", VN_REQUIRED, out->enrolment.bytes, VN_ID_BYTES);
    vn_wire_number_read(&in, "from_seq", 1, &out->from_seq);
    vn_wire_hash_read(&in, "prev_hash", &out->prev_hash);
    vn_json_int(&in, "count", VN_REQUIRED, 0, VN_BATCH_ENTRIES_MAX, &count);
    vn_wire_hash_read(&in, "head", &out->head);
    out->count = (unsigned)count;
    json_decref(root);
    return error->status;
}

enum vn_status vn_batch_decode(struct vn_view bytes, struct vn_batch *out, struct vn_error *error)
{
    return vn_batch_decode_chain(bytes, out, NULL, error);
}

enum vn_status vn_batch_decode_chain(struct vn_view bytes, struct vn_batch *out, struct vn_hash *hashes,
                                     struct vn_error *error)
{
    struct vn_view rest = bytes;
    struct vn_view line;
    memset(out, 0, sizeof *out);
    if (bytes.len > VN_BATCH_BYTES_MAX) {
        return vn_fail(error, VN_INPUT, "batch is larger than %d bytes", VN_BATCH_BYTES_MAX);
    }
    if (!vn_wire_next_line(&rest, &line) || line.len > VN_BATCH_HEAD_MAX) {
        return vn_fail(error, VN_INPUT, "batch has no first line");
    }
    enum vn_status status = read_head(line, out, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_hash hash = out->prev_hash;
    for (unsigned i = 0; i < out->count; i++) {
        if (!vn_wire_next_line(&rest, &line) || line.len == 0 || line.len > VN_ENTRY_MAX) {
            return vn_fail(error, VN_INPUT, "entry %u of %u is missing, empty or too long", i + 1,
                           out->count);
        }
        out->bodies[i] = line;
        vn_chain_next(&hash, out->from_seq + i, line, &hash);
        if (hashes != NULL) {
            hashes[i] = hash;
        }
    }
    if (rest.len > 0) {
        return vn_fail(error, VN_INPUT, "more lines than the %u that were announced", out->count);
    }
    if (memcmp(hash.bytes, out->head.bytes, sizeof hash.bytes) != 0) {
        return vn_fail(error, VN_CORRUPT, "the entries don't lead to the head that was announced");
    }
    return VN_OK;
}

enum vn_status vn_ack_encode(const struct vn_ack *ack, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_int(&root, "epoch", ack->epoch, 0, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "acked_seq", ack->acked_seq, 0, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "durable_seq", ack->durable_seq, 0, VN_NUMBER_MAX);
    vn_wire_put_hex(&root, "head", vn_view_of(ack->head.bytes, VN_HASH_SIZE));
    vn_wire_put_int(&root, "quarantined", ack->quarantined, 0, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "server_time_ms", ack->server_time_ms, -VN_NUMBER_MAX, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "delay_ms", ack->delay_ms, 0, VN_NUMBER_MAX);
    vn_wire_put_int(&root, "spread_s", ack->spread_s, 0, VN_NUMBER_MAX);
    if (ack->entries > 1) {
        vn_wire_put_int(&root, "entries", ack->entries, 1, VN_NUMBER_MAX);
    }
    return vn_wire_finish(&root, ANSWER_BYTES_MAX, out);
}

static void read_ack(const struct vn_json_in *in, void *to)
{
    struct vn_ack *out = to;
    vn_wire_number_read(in, "epoch", 0, &out->epoch);
    vn_wire_number_read(in, "acked_seq", 0, &out->acked_seq);
    vn_wire_number_read(in, "durable_seq", 0, &out->durable_seq);
    vn_wire_hash_read(in, "head", &out->head);
    vn_wire_number_read(in, "quarantined", 0, &out->quarantined);
    vn_wire_number_read(in, "server_time_ms", -VN_NUMBER_MAX, &out->server_time_ms);
    vn_wire_number_read(in, "delay_ms", 0, &out->delay_ms);
    vn_wire_number_read(in, "spread_s", 0, &out->spread_s);
    out->entries = 1;
    vn_json_int(in, "entries", VN_OPTIONAL, 1, VN_NUMBER_MAX, &out->entries);
}

enum vn_status vn_ack_decode(struct vn_view bytes, struct vn_ack *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_ack, out, sizeof *out, error);
}

enum vn_status vn_expected_encode(const struct vn_expected *expected, struct vn_buf *out)
{
    struct vn_wire_out root = vn_wire_message();
    vn_wire_put_int(&root, "expected_seq", expected->expected_seq, 1, VN_NUMBER_MAX);
    vn_wire_put_hex(&root, "head", vn_view_of(expected->head.bytes, VN_HASH_SIZE));
    return vn_wire_finish(&root, ANSWER_BYTES_MAX, out);
}

static void read_expected(const struct vn_json_in *in, void *to)
{
    struct vn_expected *out = to;
    vn_wire_number_read(in, "expected_seq", 1, &out->expected_seq);
    vn_wire_hash_read(in, "head", &out->head);
}

enum vn_status vn_expected_decode(struct vn_view bytes, struct vn_expected *out, struct vn_error *error)
{
    return vn_wire_read(bytes, read_expected, out, sizeof *out, error);
}
