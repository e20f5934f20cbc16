/* Does a promotion use only what this engine knows?
 *
 * A key that we would ignore may be a condition, and a promotion without one of its conditions applies wrongly. So a
 * document with any key, reward or word that is not in the tables here needs a newer engine, and is skipped as a
 * whole. Types and ranges are not judged here. */
#ifndef VN_LOYALTY_SHAPE_H
#define VN_LOYALTY_SHAPE_H

#include <jansson.h>
#include <stdbool.h>

bool vn_shape_promotion_known(const json_t *promotion);
bool vn_shape_header_known(const json_t *header);

#endif
