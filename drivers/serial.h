/* Scanners on a serial line or USB-CDC (/dev/ttyACM*), through libserialport.
 *
 * Found = the port opened and was configured; lost = it hung up, failed, or was pulled. While it is away it is
 * tried again with back-off; while it is there and idle nothing wakes. What a scanner sent before the port was
 * opened is thrown away: it belongs to an earlier customer.
 *
 * Not here: ACK/NAK hosts, flow control, passing bytes on to a POS. */
#ifndef VN_DRIVERS_SERIAL_H
#define VN_DRIVERS_SERIAL_H

#include "drivers/driver.h"

extern const struct vn_driver vn_driver_serial;

#endif
