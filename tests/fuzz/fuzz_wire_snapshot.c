/* Any bytes as a snapshot's file: blocks, their rows, and what is left when it can't go on. */
#include "sync/wire/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_snapshot_reader reader;
    struct vn_snapshot_block block;
    struct vn_snapshot_row row;
    struct vn_buf raw;
    size_t need = 0;
    vn_buf_init(&raw, VN_FEED_BYTES_MAX + VN_SNAPSHOT_BLOCK_MAX);
    vn_snapshot_reader_init(&reader);
    while (vn_snapshot_next_block(&reader, vn_view_of(data + reader.offset, size - (size_t)reader.offset),
                                  &block, &need) == VN_OK &&
           vn_snapshot_unpack(&block, &raw) == VN_OK) {
        struct vn_view rest = vn_buf_view(&raw);
        while (vn_snapshot_next_row(&reader, &block, &rest, &row) == VN_OK) {
        }
    }
    vn_buf_deinit(&raw);
    return 0;
}
