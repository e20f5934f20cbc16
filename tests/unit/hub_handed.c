#include "tests/unit/hub_handed.h"

#include <stdlib.h>

#include "sync/hub/ingest/branch.h"

enum vn_status world_hand(const struct world_till *by, const struct world_till *old, int64_t from_seq,
                          int64_t oldest, struct vn_ingest_result *out)
{
    struct vn_hub *hub = &by->world->hub;
    struct vn_batch *batch = calloc(1, sizeof *batch);
    struct vn_intake *intake = NULL;
    struct vn_enrolment_row row;
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf bytes;
    assert_non_null(batch);
    batch->enrolment = old->enrolment;
    batch->from_seq = from_seq;
    batch->prev_hash = old->hashes[from_seq - 1];
    batch->head = old->hashes[old->head_seq];
    for (int64_t seq = from_seq; seq <= old->head_seq; seq++) {
        batch->bodies[batch->count++] = vn_view_str(old->bodies[seq]);
    }
    vn_buf_init(&bytes, VN_BATCH_BYTES_MAX);
    assert_int_equal(vn_batch_encode(batch, &bytes), VN_OK);
    assert_int_equal(vn_intake_read(vn_buf_view(&bytes), false, &intake, &error), VN_OK);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(by, &row);
    enum vn_status status = vn_branch_take(hub, &row, intake, oldest, out, &error);
    if (status == VN_OK) {
        assert_int_equal(vn_storage_commit(hub->storage), VN_OK);
        world_post(by->world);
    } else {
        assert_true(error.text[0] != '\0');
        vn_storage_rollback(hub->storage);
    }
    vn_intake_destroy(intake);
    vn_buf_deinit(&bytes);
    free(batch);
    return status;
}

void world_hand_in(const struct world_till *by, const struct world_till *old, int64_t from_seq)
{
    struct vn_ingest_result result;
    assert_int_equal(world_hand(by, old, from_seq, 1, &result), VN_OK);
    assert_int_equal(result.verdict, VN_INGEST_TAKEN);
    assert_int_equal(result.ack.acked_seq, old->head_seq);
    assert_memory_equal(result.ack.head.bytes, old->hashes[old->head_seq].bytes, VN_HASH_SIZE);
}
