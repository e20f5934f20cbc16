/* Whole numbers. Pure. */
#ifndef VN_BASE_NUMBER_H
#define VN_BASE_NUMBER_H

#include <stdint.h>

static inline int64_t vn_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
