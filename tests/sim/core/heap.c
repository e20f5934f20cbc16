#include "tests/sim/core/heap.h"

#include <assert.h>
#include <stdlib.h>

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->number < b->number;
}

void sim_heap_push(struct sim_heap *heap, int64_t at_ns, void (*fn)(void *arg), void *arg, uint64_t wait)
{
    if (heap->count == heap->cap) {
        heap->cap = heap->cap == 0 ? 256 : 2 * heap->cap;
        /* NOLINTNEXTLINE(bugprone-suspicious-realloc-usage): without memory it ends */
        heap->events = realloc(heap->events, heap->cap * sizeof *heap->events);
        assert(heap->events != NULL);
    }
    const struct sim_event event = {at_ns, ++heap->numbers, fn, arg, wait};
    size_t at = heap->count++;
    for (; at > 0 && before(&event, &heap->events[(at - 1) / 2]); at = (at - 1) / 2) {
        heap->events[at] = heap->events[(at - 1) / 2];
    }
    heap->events[at] = event;
}

bool sim_heap_pop(struct sim_heap *heap, struct sim_event *out)
{
    if (heap->count == 0) {
        return false;
    }
    *out = heap->events[0];
    const struct sim_event last = heap->events[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && before(&heap->events[child + 1], &heap->events[child])) {
            child++;
        }
        if (!before(&heap->events[child], &last)) {
            break;
        }
        heap->events[at] = heap->events[child];
        at = child;
    }
    heap->events[at] = last;
    return true;
}

void sim_heap_deinit(struct sim_heap *heap)
{
    free(heap->events);
    *heap = (struct sim_heap){NULL, 0, 0, 0};
}
