/* Stored rows of members, coupons and goods, by the first byte: what is read is written again as the same bytes. */
#include <stdlib.h>

#include "sync/wire/member_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vn_member member;
    static struct vn_coupon coupon;
    static struct vn_item item;
    struct vn_buf out;
    enum vn_status written = VN_INPUT;
    if (size == 0) {
        return 0;
    }
    struct vn_view row = vn_view_of(data + 1, size - 1);
    vn_buf_init(&out, 1024 * 1024);
    if (data[0] == 'm' && vn_member_row_read(row, &member) == VN_OK) {
        written = vn_member_row_write(&member, &out);
    } else if (data[0] == 'c' && vn_coupon_row_read(row, &coupon) == VN_OK) {
        written = vn_coupon_row_write(&coupon, &out);
    } else if (data[0] == 'i' && vn_item_row_read(row, &item) == VN_OK) {
        written = vn_item_row_write(&item, &out);
    } else {
        return 0;
    }
    if (written != VN_OK || !vn_view_equal(vn_buf_view(&out), row)) {
        abort();
    }
    vn_buf_deinit(&out);
    return 0;
}
