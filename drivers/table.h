/* The drivers there are, and how a device is written in a configuration:
 *
 *     [id=]driver:address[@rate][,option=value]...
 *
 *     serial:/dev/ttyACM0@9600
 *     front=serial:/dev/serial/by-id/usb-Honeywell_1900-if00@115200,profile=honeywell
 *     serial:/dev/ttyS0@9600,mode=7E1,good=07,bad=0707
 *     hidpos:auto
 *     hidpos:0c2e:0b81
 *
 * The id is at most VN_ID_MAX - 1 letters, digits, '-', '_', '.'; without one it is the driver's name and the
 * device's place in the list ("serial-1"). Options: mode (data bits, parity N E O, stop bits; default 8N1),
 * profile (beep strings: drivers/profile.h; default generic, which never beeps), good and bad (beep strings
 * as hexadecimal, over the profile's). */
#ifndef VN_DRIVERS_TABLE_H
#define VN_DRIVERS_TABLE_H

#include "drivers/driver.h"

/* NULL when there is none of that name. */
const struct vn_driver *vn_driver_find(struct vn_view name);
/* In a fixed order; *count is set. */
const struct vn_driver *const *vn_driver_table(size_t *count);

/* Reads one spec; `index` counts from 0. VN_INPUT with a sentence in *error. */
VN_MUST_USE enum vn_status vn_device_spec_parse(const char *text, size_t index, struct vn_device_spec *out,
                                                struct vn_error *error);

#endif
