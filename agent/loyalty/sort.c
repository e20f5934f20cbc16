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
