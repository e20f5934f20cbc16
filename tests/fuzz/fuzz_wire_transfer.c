/* What tills of a store say to each other: what can be read can be written. */
#include <stdlib.h>

#include "sync/wire/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(enum vn_status status)
{
    if (status != VN_OK) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_view view = vn_view_of(data, size);
    struct vn_have_request have;
    struct vn_have_reply has;
    struct vn_lend_request lend;
    struct vn_lend_reply lent;
    struct vn_give ended;
    struct vn_end_reply end;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 1024 * 1024);
    if (size <= VN_PEER_BODY_MAX / 8 && vn_have_request_decode(view, &have, &error) == VN_OK) {
        must(vn_have_request_encode(&have, &out));
    }
    if (size <= VN_PEER_BODY_MAX / 8 && vn_have_reply_decode(view, &has, &error) == VN_OK) {
        must(vn_have_reply_encode(&has, &out));
    }
    if (vn_lend_request_decode(view, &lend, &error) == VN_OK) {
        must(vn_lend_request_encode(&lend, &out));
    }
    if (vn_lend_reply_decode(view, &lent, &error) == VN_OK) {
        must(vn_lend_reply_encode(&lent, &out));
    }
    if (vn_end_request_decode(view, &ended, &error) == VN_OK) {
        must(vn_end_request_encode(&ended, &out));
    }
    if (vn_end_reply_decode(view, &end, &error) == VN_OK) {
        must(vn_end_reply_encode(&end, &out));
    }
    vn_buf_deinit(&out);
    return 0;
}
