/* Payment cards' numbers in what a POS sends: in a free text the digits are masked, in what names a sale they are refused. */
#ifndef VN_POS_GUARD_H
#define VN_POS_GUARD_H

#include <jansson.h>

#include "agent/base/json.h"

/* Goes through all texts of the request, known to us or not, but for "code": goods have numbers that add up by chance.
 * "pos", "date", "receipt" and "fiscal" must stay as they were sent, so a number in one of these is a failure of the reader
 * at its place. `in` reads `root`. */
void vn_pos_guard(json_t *root, const struct vn_json_in *in);

#endif
