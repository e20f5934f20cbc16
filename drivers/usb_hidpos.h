/* USB scanners in HID-POS mode (usage page 8c), through libusb.
 *
 * Each device of the configuration has a thread of its own that sleeps in libusb and brings whole scans to the
 * loop through a bounded queue; a scan that finds it full is dropped whole and counted in the log. Found = a
 * scanner was claimed; lost = it was unplugged or failed; plugging in is told by the system, so nothing polls.
 *
 * "hidpos:auto" takes the first scanner that nobody has claimed, so several entries take several scanners, in
 * the bus's order; "hidpos:vvvv:pppp" only that model. Beeps need a scanner whose descriptor has the good-read
 * (86) or error (85) beep.
 *
 * Not here: IBM OEM mode, switching a scanner into HID-POS mode, serial commands inside HID reports. */
#ifndef VN_DRIVERS_USB_HIDPOS_H
#define VN_DRIVERS_USB_HIDPOS_H

#include "drivers/driver.h"

extern const struct vn_driver vn_driver_hidpos;

#endif
