/* How long to wait before the next attempt: doubling from VN_DEVICE_RETRY_MIN_MS to VN_DEVICE_RETRY_MAX_MS,
 * half of it jitter, so that two devices behind one hub don't come back in step. Pure. */
#ifndef VN_DRIVERS_RETRY_H
#define VN_DRIVERS_RETRY_H

#include <stdint.h>

#include "agent/base/limits.h"
#include "agent/base/random.h"

/* `attempt` counts failures so far, from 0. Between half of the step and all of it, never below
 * VN_DEVICE_RETRY_MIN_MS. Without randomness (it failed): the whole step. */
uint64_t vn_retry_wait_ms(unsigned attempt, const struct vn_random *random);

#endif
