/* A fiber: a stack of its own on which code runs until it gives the processor away by itself (ucontext).
 *
 * All fibers share one real thread. One that has returned from its function is done; its stack is used again by the
 * next. AddressSanitizer is told of each switch. Nothing here knows time or order: that is core/sim.h. */
#ifndef SIM_CORE_FIBER_H
#define SIM_CORE_FIBER_H

#include <stdbool.h>

struct sim_fiber_stack; /* opaque */

/* Aborts when there is no memory. */
struct sim_fiber_stack *sim_fiber_stack_create(void (*entry)(void *arg), void *arg);
/* From the scheduler: runs the fiber until it leaves or returns. True: it has returned. */
bool sim_fiber_stack_enter(struct sim_fiber_stack *stack);
/* From within the fiber: back to the scheduler, until it is entered again. */
void sim_fiber_stack_leave(struct sim_fiber_stack *stack);
void sim_fiber_stack_destroy(struct sim_fiber_stack *stack);

#endif
