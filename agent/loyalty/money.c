#include "agent/loyalty/money.h"

#include <assert.h>
#include <string.h>

#include "agent/loyalty/sort.h"

#define HALF_BITS 32
#define HALF_MASK 0xffffffffU

/* The full product of two 64-bit numbers as high and low half. */
static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
    uint64_t a0 = a & HALF_MASK;
    uint64_t a1 = a >> HALF_BITS;
    uint64_t b0 = b & HALF_MASK;
    uint64_t b1 = b >> HALF_BITS;
    uint64_t middle = a1 * b0 + ((a0 * b0) >> HALF_BITS);
    uint64_t cross = a0 * b1 + (middle & HALF_MASK);
    *high = a1 * b1 + (middle >> HALF_BITS) + (cross >> HALF_BITS);
    *low = a * b;
}

/* (high, low) / divisor by long division; needs high < divisor < 2^63. */
static uint64_t divide(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *rest)
{
    uint64_t quotient = 0;
    uint64_t left = high;
    for (int bit = 63; bit >= 0; bit--) {
        left = left << 1 | (low >> bit & 1);
        quotient <<= 1;
        if (left >= divisor) {
            left -= divisor;
            quotient |= 1;
        }
    }
    *rest = left;
    return quotient;
}

static bool mul_div_rest(int64_t a, int64_t b, int64_t c, int64_t *quotient, int64_t *rest)
{
    assert(a >= 0 && b >= 0 && c > 0);
    int64_t product = 0;
    if (!__builtin_mul_overflow(a, b, &product)) {
        *quotient = product / c;
        *rest = product % c;
        return true;
    }
    uint64_t high = 0;
    uint64_t low = 0;
    multiply((uint64_t)a, (uint64_t)b, &high, &low);
    if (high >= (uint64_t)c) {
        return false;
    }
    uint64_t left = 0;
    uint64_t whole = divide(high, low, (uint64_t)c, &left);
    if (whole > INT64_MAX) {
        return false;
    }
    *quotient = (int64_t)whole;
    *rest = (int64_t)left;
    return true;
}

bool vn_money_mul_div(int64_t a, int64_t b, int64_t c, enum vn_rounding rounding, int64_t *out)
{
    int64_t rest = 0;
    *out = 0;
    if (!mul_div_rest(a, b, c, out, &rest)) {
        return false;
    }
    bool up = (rounding == VN_ROUND_UP && rest > 0) || (rounding == VN_ROUND_HALF_AWAY && rest >= c - rest);
    return !up || !__builtin_add_overflow(*out, 1, out);
}

/* Adds one to the parts with the largest remainders; fewer are left than there are parts with a remainder. */
static void add_left(int64_t left, size_t count, struct vn_spread_scratch *scratch, int64_t *parts)
{
    memcpy(scratch->spare, scratch->rests, count * sizeof scratch->rests[0]);
    int64_t least = vn_sort_nth_largest(scratch->spare, count, (size_t)left);
    for (size_t i = 0; i < count; i++) {
        bool more = scratch->rests[i] > least;
        parts[i] += more ? 1 : 0;
        left -= more ? 1 : 0;
    }
    for (size_t i = 0; left > 0; i++) {
        bool level = scratch->rests[i] == least;
        parts[i] += level ? 1 : 0;
        left -= level ? 1 : 0;
    }
}

bool vn_money_spread(int64_t total, const int64_t *weights, size_t count, struct vn_spread_scratch *scratch,
                     int64_t *parts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        parts[i] = 0;
        if (__builtin_add_overflow(sum, weights[i], &sum)) {
            return false;
        }
    }
    if (sum == 0 || total == 0) {
        return true;
    }
    int64_t left = total;
    for (size_t i = 0; i < count; i++) {
        if (!mul_div_rest(total, weights[i], sum, &parts[i], &scratch->rests[i])) {
            return false;
        }
        left -= parts[i];
    }
    if (left == 0) {
        return true;
    }
    add_left(left, count, scratch, parts);
    return true;
}
