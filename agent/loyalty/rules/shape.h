/* Does a promotion use only what this engine knows?
 *
 * A key that we would ignore may be a condition, and a promotion without one of its conditions applies wrongly. So a
 * document with any key, reward or word that is not in the tables here needs a newer engine, and is skipped as a
 * whole. Types and ranges are not judged here. */
#ifndef VN_LOYALTY_SHAPE_H
#define VN_LOYALTY_SHAPE_H

#include <stdbool.h>

#include "agent/base/json.h"

/* False when not: then the reader's error is VN_UNSUPPORTED, with the place of the first key or word that is unknown. */
bool vn_shape_promotion_known(const struct vn_json_in *promotion);
bool vn_shape_header_known(const struct vn_json_in *header);

/* Records that `key` needs a newer engine (`what` names it), unless a failure is recorded already. Returns false. */
bool vn_shape_unknown(const struct vn_json_in *in, const char *key, const char *what);

#endif
