/* What both forms of a basket's JSON share (loyalty_json.h, journal_json.h). Inside this box alone. */
#ifndef VN_LOYALTY_BASKET_ROWS_H
#define VN_LOYALTY_BASKET_ROWS_H

#include "agent/base/json.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/json_write.h"

/* operator, lane, card_entry, proof, tenders. */
void vn_basket_head_read(const struct vn_json_in *in, struct vn_basket *out);
/* parent, name, unit_price_minor, pos_discounts_minor, list_amount_minor, tax, kind; what is not there stays as it is. */
void vn_line_rest_read(const struct vn_json_in *in, struct vn_line *out);
bool vn_line_has_own_id(const struct vn_basket *basket, unsigned n); /* among those before it */

void vn_basket_card_write(struct vn_json_out *out,
                          const struct vn_basket *basket); /* operator, lane, card_entry */
void vn_basket_pay_write(struct vn_json_out *out, const struct vn_basket *basket); /* proof, tenders */
void vn_line_list_write(struct vn_json_out *out,
                        const struct vn_line *line); /* list and the POS's own cuts */
void vn_line_kind_write(struct vn_json_out *out, const struct vn_line *line);

#endif
