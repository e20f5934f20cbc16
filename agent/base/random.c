#include "agent/base/random.h"

#include <errno.h>
#include <sys/random.h>

static enum vn_status system_fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return VN_IO;
        }
        out += got;
        len -= (size_t)got;
    }
    return VN_OK;
}

struct vn_random vn_random_system(void)
{
    return (struct vn_random){system_fill, NULL};
}

/* SplitMix64 (Steele, Lea, Flood 2014): one multiply-xorshift step per eight bytes. */
static enum vn_status seeded_fill(void *ctx, uint8_t *out, size_t len)
{
    uint64_t *state = ctx;
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0) {
            *state += 0x9e3779b97f4a7c15U;
            word = *state;
            word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
            word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
            word ^= word >> 31;
        }
        out[i] = (uint8_t)(word >> (8 * (i % 8)));
    }
    return VN_OK;
}

struct vn_random vn_random_seeded(uint64_t *state)
{
    return (struct vn_random){seeded_fill, state};
}
