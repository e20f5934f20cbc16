#include "agent/loyalty/sort.h"

static void sift(uint16_t *order, size_t root, size_t count, vn_sort_before before, const void *ctx)
{
    for (size_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
        if (child + 1 < count && before(ctx, order[child], order[child + 1])) {
            child++;
        }
        if (!before(ctx, order[root], order[child])) {
            return;
        }
        uint16_t swap = order[root];
        order[root] = order[child];
        order[child] = swap;
        root = child;
    }
}

/* Heapsort: bounded time on any input. Already sorted input, the usual case, costs one pass. */
void vn_sort_order(uint16_t *order, size_t count, vn_sort_before before, const void *ctx)
{
    size_t sorted = 1;
    while (sorted < count && !before(ctx, order[sorted], order[sorted - 1])) {
        sorted++;
    }
    if (sorted >= count) {
        return;
    }
    for (size_t i = count / 2; i-- > 0;) {
        sift(order, i, count, before, ctx);
    }
    for (size_t end = count; end-- > 1;) {
        uint16_t last = order[end];
        order[end] = order[0];
        order[0] = last;
        sift(order, 0, end, before, ctx);
    }
}

/* Halves the range of the values that are left, and leaves out those in the other half. */
int64_t vn_sort_nth_largest(int64_t *values, size_t count, size_t nth)
{
    for (;;) {
        int64_t least = values[0];
        int64_t most = values[0];
        for (size_t i = 1; i < count; i++) {
            least = values[i] < least ? values[i] : least;
            most = values[i] > most ? values[i] : most;
        }
        if (least == most) {
            return least;
        }
        int64_t middle = most - (most - least) / 2; /* above the least */
        size_t upper = 0;
        for (size_t i = 0; i < count; i++) {
            int64_t value = values[i];
            values[i] = values[upper];
            values[upper] = value;
            upper += value >= middle ? 1 : 0;
        }
        if (nth <= upper) {
            count = upper;
        } else {
            values += upper;
            count -= upper;
            nth -= upper;
        }
    }
}
