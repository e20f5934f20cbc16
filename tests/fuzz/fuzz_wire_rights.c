/* Requests and replies about rights: what can be read can be written. */
#include <stdlib.h>

#include "sync/wire/rights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_rights_request request;
    static struct vn_rights_reply reply;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, 1024 * 1024);
    if (vn_rights_request_decode(vn_view_of(data, size), &request, &error) == VN_OK &&
        vn_rights_request_encode(&request, &out) != VN_OK) {
        abort();
    }
    if (vn_rights_reply_decode(vn_view_of(data, size), &reply, &error) == VN_OK &&
        vn_rights_reply_encode(&reply, &out) != VN_OK) {
        abort();
    }
    vn_buf_deinit(&out);
    return 0;
}
