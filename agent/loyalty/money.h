/* Products, quotients and shares of money, in integers.
 *
 * A product may need 128 bits on its way to a result that fits 64: it gets them. A result that does not fit is an error
 * of the input (false), never a wrapped number. Operands are >= 0. */
#ifndef VN_LOYALTY_MONEY_H
#define VN_LOYALTY_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/limits.h"

#define VN_BP_WHOLE 10000 /* basis points of the whole */

enum vn_rounding { VN_ROUND_DOWN, VN_ROUND_HALF_AWAY, VN_ROUND_UP };

/* a * b / c; c > 0. False when the result does not fit. */
bool vn_money_mul_div(int64_t a, int64_t b, int64_t c, enum vn_rounding rounding, int64_t *out);

struct vn_spread_scratch {
    int64_t rests[VN_UNITS_MAX], spare[VN_UNITS_MAX];
};

/* Spreads `total` over `count` parts in proportion to the weights, by largest remainder; ties go to the earlier part.
 * The parts add up to the total, and none exceeds its weight if the total does not exceed the sum of weights. With
 * weights of zero alone, the parts are zero. False when the weights' sum does not fit. */
bool vn_money_spread(int64_t total, const int64_t *weights, size_t count, struct vn_spread_scratch *scratch,
                     int64_t *parts);

#endif
