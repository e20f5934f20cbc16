#include "drivers/retry.h"

uint64_t vn_retry_wait_ms(unsigned attempt, const struct vn_random *random)
{
    uint64_t step_ms = VN_DEVICE_RETRY_MIN_MS;
    for (unsigned i = 0; i < attempt && step_ms < VN_DEVICE_RETRY_MAX_MS; i++) {
        step_ms *= 2;
    }
    if (step_ms > VN_DEVICE_RETRY_MAX_MS) {
        step_ms = VN_DEVICE_RETRY_MAX_MS;
    }
    uint8_t r[2];
    if (vn_random_fill(random, r, sizeof r) != VN_OK) {
        return step_ms;
    }
    uint64_t half_ms = step_ms / 2;
    uint64_t wait_ms = half_ms + (half_ms * (r[0] | (uint64_t)r[1] << 8)) / 0xffff;
    return wait_ms < VN_DEVICE_RETRY_MIN_MS ? VN_DEVICE_RETRY_MIN_MS : wait_ms;
}
