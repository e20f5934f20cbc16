/* What outcomes and returns share in their JSON: stages, accounts, lots and funders. Inside this box alone.
 *
 * Readers fill at most what the struct has room for, and record a failure in the reader's error; an absent list is empty.
 * Writers give a new reference, or NULL when memory is out. */
#ifndef VN_LOYALTY_ROWS_JSON_H
#define VN_LOYALTY_ROWS_JSON_H

#include "agent/base/json.h"
#include "agent/loyalty/outcome.h"

#define VN_ROWS_SUM_MAX (VN_AMOUNT_MAX * 1000) /* of what is added up over a receipt */

/* By its name; key NULL: `in` itself. */
void vn_stage_read(const struct vn_json_in *in, const char *key, enum vn_stage *out);
/* "consumptions", VN_RIGHTS_MAX; "lot_uses", VN_LOT_USES_MAX; "fundings", VN_FUNDINGS_MAX, each of `least_minor` or more. */
void vn_consumptions_read(const struct vn_json_in *in, struct vn_consumption *out, unsigned *count);
void vn_lot_uses_read(const struct vn_json_in *in, struct vn_lot_use *out, unsigned *count);
void vn_fundings_read(const struct vn_json_in *in, int64_t least_minor, struct vn_funding *out,
                      unsigned *count);

json_t *vn_consumptions_write(const struct vn_consumption *rows, unsigned count);
json_t *vn_lot_uses_write(const struct vn_lot_use *rows, unsigned count);
json_t *vn_fundings_write(const struct vn_funding *rows, unsigned count);

#endif
