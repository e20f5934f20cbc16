/* Any line as a feed item and as a frame's header. */
#include "sync/wire/feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_feed_item item;
    struct vn_feed_header header;
    struct vn_error error;
    struct vn_buf out;
    vn_buf_init(&out, VN_FEED_BYTES_MAX);
    if (vn_feed_item_decode(vn_view_of(data, size), &item, &error) == VN_OK) {
        (void)!vn_feed_item_encode(&item, &out);
    }
    vn_feed_item_deinit(&item);
    vn_buf_deinit(&out);
    (void)!vn_feed_header_decode(vn_view_of(data, size), &header, &error);
    return 0;
}
