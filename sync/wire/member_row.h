/* Rows of members, coupons and goods as they are stored: a version, then the record as pack.h packs it. A till's cache holds
 * them, and a hub can send a chain's members as they are stored, by the million. Every field that the feed's JSON carries is
 * in them. */
#ifndef VN_WIRE_MEMBER_ROW_H
#define VN_WIRE_MEMBER_ROW_H

#include "agent/base/bytes.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"

/* Appends the row. VN_ARG: a field is out of the bounds that readers hold it against; VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_member_row_write(const struct vn_member *member, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_coupon_row_write(const struct vn_coupon *coupon, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_item_row_write(const struct vn_item *item, struct vn_buf *out);

/* Fills all of *out. VN_INPUT: no such row, or bytes behind it; VN_UNSUPPORTED: of a later version. */
VN_MUST_USE enum vn_status vn_member_row_read(struct vn_view row, struct vn_member *out);
VN_MUST_USE enum vn_status vn_coupon_row_read(struct vn_view row, struct vn_coupon *out);
VN_MUST_USE enum vn_status vn_item_row_read(struct vn_view row, struct vn_item *out);

#endif
