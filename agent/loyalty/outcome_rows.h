/* What both forms of an outcome's JSON share (loyalty_json.h, journal_json.h). Inside this box alone. Readers leave what is not
 * there as it is, unless said otherwise. */
#ifndef VN_LOYALTY_OUTCOME_ROWS_H
#define VN_LOYALTY_OUTCOME_ROWS_H

#include "agent/loyalty/json_write.h"
#include "agent/loyalty/rows_json.h"

void vn_amount_read(const struct vn_json_in *in, const char *key, int64_t *out);

/* All lines with all they have; sets the count. */
void vn_outcome_lines_read(const struct vn_json_in *in, const char *key, struct vn_outcome *out);
json_t *vn_outcome_lines_write(const struct vn_outcome *outcome);
void vn_line_goods_read(const struct vn_json_in *in, struct vn_line_outcome *out); /* qty_milli, list_minor */

/* line, discount_minor, points, qty_milli */
void vn_application_row_read(const struct vn_json_in *in, struct vn_application *out);
void vn_application_row_write(struct vn_json_out *out, const struct vn_application *row);

/* What engine 2 says beside the prices; after the lines. `range`: with what may be spent of further wallets. */
void vn_outcome_rest_read(const struct vn_json_in *in, struct vn_outcome *out);
void vn_outcome_rest_write(struct vn_json_out *out, const struct vn_outcome *outcome, bool range);

#endif
