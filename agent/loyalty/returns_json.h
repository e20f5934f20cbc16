/* The plan of a return as JSON: what a journal entry keeps of it, and the POS hears. Strict as loyalty_json.h is. The keys of a
 * whole receipt's reversal (sync/wire/entry.h: refund_minor, points_taken_back, points_given_back, consumptions) mean the
 * same here, so that such a reversal reads as a plan. */
#ifndef VN_LOYALTY_RETURNS_JSON_H
#define VN_LOYALTY_RETURNS_JSON_H

#include <jansson.h>

#include "agent/base/json.h"
#include "agent/loyalty/returns.h"

/* Resets *out; a failure is in the reader's error. spend_minor is not written, because
 * it is the sum of refund, tender and charge; where it stands, it must be. */
void vn_return_read(const struct vn_json_in *in, struct vn_return *out);
/* A new reference, or NULL when memory is out. */
json_t *vn_return_write(const struct vn_return *plan);

/* What comes back, as a POS says it: [{"id","qty_milli"}]. At most `max` items; *count is 0 when the key is absent. */
void vn_return_items_read(const struct vn_json_in *in, const char *key, size_t max,
                          struct vn_return_item *out, size_t *count);

#endif
