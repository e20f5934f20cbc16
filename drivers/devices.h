/* All devices of a program, by configuration. Scans and changes come as events on the loop's thread; the
 * program names devices by their id.
 *
 * Not here: what a scan means, and who gets it. */
#ifndef VN_DRIVERS_DEVICES_H
#define VN_DRIVERS_DEVICES_H

#include "drivers/driver.h"
#include "drivers/table.h"

struct vn_devices; /* opaque */

/* Starts the devices of `specs` (texts as in drivers/table.h, copied). Events come once the loop runs.
 * VN_INPUT for a spec that can't be read or an id used twice, VN_FULL for more than VN_DEVICES_MAX, VN_NOMEM,
 * VN_IO; *out is NULL then and nothing is left open but handles that the loop still has to close: run it.
 * `log` may be NULL. Does not wait for any device. */
VN_MUST_USE enum vn_status vn_devices_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                             struct vn_log *log, const char *const *specs, size_t count,
                                             const struct vn_device_events *events, struct vn_devices **out,
                                             struct vn_error *error);

/* Sounds one device. Does not block. VN_ABSENT: no such id; otherwise what the driver says: VN_OK,
 * VN_UNSUPPORTED, VN_GONE, VN_AGAIN, VN_IO. May be called from within an event. */
VN_MUST_USE enum vn_status vn_devices_beep(struct vn_devices *devices, const char *device_id,
                                           enum vn_beep beep);

/* How many devices are configured, their ids in the order of the specs, and whether one is there now. */
size_t vn_devices_count(const struct vn_devices *devices);
const char *vn_devices_id(const struct vn_devices *devices, size_t index);
bool vn_devices_present(const struct vn_devices *devices, size_t index);
/* Why it is not there: a text for people that says what to do; "" when it is there, or was not looked for yet. */
const char *vn_devices_why(const struct vn_devices *devices, size_t index);

/* Ends all devices; `devices` is gone when this returns and no event follows, also from within an event. The
 * loop must be run on until it has closed the handles, which frees the rest. NULL is fine. */
void vn_devices_destroy(struct vn_devices *devices);

#endif
