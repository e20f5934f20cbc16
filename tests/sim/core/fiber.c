#include "tests/sim/core/fiber.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#endif

#ifdef SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES ((size_t)4 * 1024 * 1024)
#else
#define STACK_BYTES ((size_t)1024 * 1024)
#endif
#define GUARD_BYTES 4096

struct sim_fiber_stack {
    ucontext_t self, back;
    void (*entry)(void *arg);
    void *arg;
    bool done;
    void *fake, *fake_back; /* of the sanitizer */
    const void *back_bottom;
    size_t back_size;
    uint8_t *memory;
    struct sim_fiber_stack *next_free;
};

static struct sim_fiber_stack *free_stacks; /* used again: mapping one is dear */

static void begin_switch(void **fake, const void *bottom, size_t size)
{
#ifdef SIM_ASAN
    __sanitizer_start_switch_fiber(fake, bottom, size);
#else
    (void)fake;
    (void)bottom;
    (void)size;
#endif
}

static void end_switch(void *fake, const void **bottom, size_t *size)
{
#ifdef SIM_ASAN
    __sanitizer_finish_switch_fiber(fake, bottom, size);
#else
    (void)fake;
    (void)bottom;
    (void)size;
#endif
}

/* makecontext passes whole numbers alone: a pointer travels as two. */
static void first(unsigned high, unsigned low)
{
    struct sim_fiber_stack *stack = (struct sim_fiber_stack *)(((uintptr_t)high << 32) | low);
    end_switch(NULL, &stack->back_bottom, &stack->back_size);
    stack->entry(stack->arg);
    stack->done = true;
    begin_switch(NULL, stack->back_bottom, stack->back_size); /* NULL: this stack is not entered again */
    (void)swapcontext(&stack->self, &stack->back);
}

static struct sim_fiber_stack *map(void)
{
    struct sim_fiber_stack *stack = calloc(1, sizeof *stack);
    void *memory =
        mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == NULL || memory == MAP_FAILED || mprotect(memory, GUARD_BYTES, PROT_NONE) != 0) {
        (void)fprintf(stderr, "sim: no memory for a fiber\n");
        abort();
    }
    stack->memory = memory;
    return stack;
}

static void prepare(struct sim_fiber_stack *const stack)
{
    const uintptr_t self = (uintptr_t)stack;
    if (getcontext(&stack->self) != 0) {
        abort();
    }
    stack->self.uc_stack.ss_sp = stack->memory + GUARD_BYTES;
    stack->self.uc_stack.ss_size = STACK_BYTES - GUARD_BYTES;
    stack->self.uc_link = NULL;
    makecontext(&stack->self, (void (*)(void))(uintptr_t)first, 2, (unsigned)(self >> 32), (unsigned)self);
}

struct sim_fiber_stack *sim_fiber_stack_create(void (*entry)(void *arg), void *arg)
{
    struct sim_fiber_stack *stack = free_stacks;
    if (stack != NULL) {
        free_stacks = stack->next_free;
    } else {
        stack = map();
    }
    stack->entry = entry;
    stack->arg = arg;
    stack->done = false;
    stack->fake = NULL;
    prepare(stack);
    return stack;
}

bool sim_fiber_stack_enter(struct sim_fiber_stack *stack)
{
    begin_switch(&stack->fake_back, stack->memory + GUARD_BYTES, STACK_BYTES - GUARD_BYTES);
    (void)swapcontext(&stack->back, &stack->self);
    end_switch(stack->fake_back, NULL, NULL);
    return stack->done;
}

void sim_fiber_stack_leave(struct sim_fiber_stack *stack)
{
    begin_switch(&stack->fake, stack->back_bottom, stack->back_size);
    (void)swapcontext(&stack->self, &stack->back);
    end_switch(stack->fake, &stack->back_bottom, &stack->back_size);
}

void sim_fiber_stack_destroy(struct sim_fiber_stack *stack)
{
    stack->next_free = free_stacks;
    free_stacks = stack;
}
