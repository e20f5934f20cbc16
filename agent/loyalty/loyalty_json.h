/* JSON at the entry: baskets, items, members, coupons, choices and outcomes as they travel between POS, till and hub.
 *
 * Readers are strict about types and ranges and name the place of a failure; fields that they don't know are
 * ignored (a newer sender may have more). Writers produce the same bytes for the same data: fixed key order,
 * no blanks. */
#ifndef VN_LOYALTY_LOYALTY_JSON_H
#define VN_LOYALTY_LOYALTY_JSON_H

#include <jansson.h>

#include "agent/base/json.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/member.h"
#include "agent/loyalty/outcome.h"

/* Readers record a failure in the reader's error (see vn_json_in); *out is reset first. */
void vn_sale_key_read(const struct vn_json_in *in, const char *key, struct vn_sale_key *out);
void vn_basket_read(const struct vn_json_in *in, struct vn_basket *out);
void vn_item_read(const struct vn_json_in *in, struct vn_item *out);
void vn_member_read(const struct vn_json_in *in, struct vn_member *out);
void vn_coupon_read(const struct vn_json_in *in, struct vn_coupon *out);
void vn_choices_read(const struct vn_json_in *in, struct vn_choices *out);
void vn_outcome_read(const struct vn_json_in *in, struct vn_outcome *out);

/* Writers: a new reference, or NULL when memory is out. */
json_t *vn_sale_key_write(const struct vn_sale_key *key);
json_t *vn_basket_write(const struct vn_basket *basket);
json_t *vn_item_write(const struct vn_item *item);
json_t *vn_member_write(const struct vn_member *member);
json_t *vn_coupon_write(const struct vn_coupon *coupon);
json_t *vn_choices_write(const struct vn_choices *choices);
json_t *vn_outcome_write(const struct vn_outcome *outcome);

#endif
