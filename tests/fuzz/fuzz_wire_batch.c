/* A batch that can be read is written as the same chain. */
#include <stdlib.h>

#include "sync/wire/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_batch batch;
    struct vn_ack ack;
    struct vn_expected expected;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 2 * VN_BATCH_BYTES_MAX);
    if (vn_batch_decode(vn_view_of(data, size), &batch, &error) == VN_OK &&
        vn_batch_encode(&batch, &out) != VN_OK) {
        abort();
    }
    vn_buf_deinit(&out);
    (void)!vn_ack_decode(vn_view_of(data, size), &ack, &error);
    (void)!vn_expected_decode(vn_view_of(data, size), &expected, &error);
    return 0;
}
