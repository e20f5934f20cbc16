/* Sorting of indices, in place and without memory of its own: the library's qsort may allocate, a quote must not. */
#ifndef VN_LOYALTY_SORT_H
#define VN_LOYALTY_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A total order: equal elements would come out in an order of the algorithm's making. */
typedef bool (*vn_sort_before)(const void *ctx, uint16_t a, uint16_t b);

void vn_sort_order(uint16_t *order, size_t count, vn_sort_before before, const void *ctx);

/* The nth largest of the values, 1 <= nth <= count, in time that does not hang on their order. Moves them about. */
int64_t vn_sort_nth_largest(int64_t *values, size_t count, size_t nth);

#endif
