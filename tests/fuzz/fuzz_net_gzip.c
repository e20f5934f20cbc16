/* Bodies that say that they are zipped: never more than was allowed comes out, and what comes out can be zipped again. */
#include <stdlib.h>

#include "sync/net/gzip.h"

#define OUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_buf plain, zipped, again;
    vn_buf_init(&plain, 2 * OUT_MAX);
    vn_buf_init(&zipped, 2 * OUT_MAX);
    vn_buf_init(&again, 2 * OUT_MAX);
    enum vn_status status = vn_gunzip(vn_view_of(data, size), OUT_MAX, &plain);
    if (plain.len > OUT_MAX || (status != VN_OK && plain.len > 0)) {
        abort();
    }
    if (status == VN_OK && (vn_gzip(vn_buf_view(&plain), 1, &zipped) != VN_OK ||
                            vn_gunzip(vn_buf_view(&zipped), OUT_MAX, &again) != VN_OK ||
                            !vn_view_equal(vn_buf_view(&plain), vn_buf_view(&again)))) {
        abort();
    }
    vn_buf_deinit(&plain);
    vn_buf_deinit(&zipped);
    vn_buf_deinit(&again);
    return 0;
}
