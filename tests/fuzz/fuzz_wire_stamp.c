/* A stamp that can be read is written and read again as the same. */
#include <stdlib.h>
#include <string.h>

#include "sync/wire/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_stamp stamp;
    struct vn_stamp again;
    struct vn_error error;
    char text[VN_STAMP_TEXT_MAX];
    if (vn_stamp_read(vn_view_of(data, size), &stamp, &error) == VN_OK) {
        vn_stamp_write(&stamp, text);
        if (vn_stamp_read(vn_view_str(text), &again, &error) != VN_OK || again.head_seq != stamp.head_seq ||
            again.cursor.number != stamp.cursor.number ||
            memcmp(again.head_hash.bytes, stamp.head_hash.bytes, sizeof again.head_hash.bytes) != 0) {
            abort();
        }
    }
    return 0;
}
