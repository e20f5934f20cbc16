/* Randomness comes in through this interface: the system's generator in programs, a seed in tests and
 * simulation. */
#ifndef VN_BASE_RANDOM_H
#define VN_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/status.h"

struct vn_random {
    enum vn_status (*fill)(void *ctx, uint8_t *out, size_t len);
    void *ctx;
};

/* Fills `out` completely, or VN_IO and nothing may be used of it. */
VN_MUST_USE static inline enum vn_status vn_random_fill(const struct vn_random *random, uint8_t *out,
                                                        size_t len)
{
    return random->fill(random->ctx, out, len);
}

/* The kernel's generator (getrandom); blocks only before the machine has collected its first entropy. */
struct vn_random vn_random_system(void);

/* Repeatable numbers from a seed, for tests and simulation alone: never for keys. `state` is the caller's. */
struct vn_random vn_random_seeded(uint64_t *state);

#endif
