/* Events by their time; those of one time in the order in which they were pushed. */
#ifndef SIM_CORE_HEAP_H
#define SIM_CORE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_event {
    int64_t at_ns;
    uint64_t number;
    void (*fn)(void *arg);
    void *arg;
    uint64_t wait; /* not 0: the wait of a fiber, which is `arg` */
};

struct sim_heap {
    struct sim_event *events;
    size_t count, cap;
    uint64_t numbers;
};

void sim_heap_push(struct sim_heap *heap, int64_t at_ns, void (*fn)(void *arg), void *arg, uint64_t wait);
bool sim_heap_pop(struct sim_heap *heap, struct sim_event *out); /* false: empty */
void sim_heap_deinit(struct sim_heap *heap);

#endif
