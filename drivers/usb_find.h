/* Looks for a HID-POS scanner among the USB devices and takes hold of it. All calls block for as long as the
 * device takes to answer: for the USB thread alone.
 *
 * Keyboards and mice are left alone: a device that a kernel driver holds is detached from it only when the
 * kernel's own copy of its report descriptor (sysfs) says scanner, or when the address names the device. */
#ifndef VN_DRIVERS_USB_FIND_H
#define VN_DRIVERS_USB_FIND_H

#include <libusb.h>

#include "drivers/hid.h"

#define VN_USB_CONTROL_MS 1000 /* for a device to answer a control request */

struct vn_usb_address {
    bool any; /* "auto" */
    uint16_t vendor, product;
};

/* "auto" or "vvvv:pppp" (hexadecimal). VN_INPUT. */
VN_MUST_USE enum vn_status vn_usb_address_parse(const char *text, struct vn_usb_address *out);

struct vn_usb_scanner {
    libusb_device_handle *handle; /* the caller's: release the interface, then close */
    int interface;                /* claimed */
    uint8_t endpoint;             /* interrupt IN */
    int packet_len;
    struct vn_hid_layout layout;
};

/* The first scanner that can be claimed. VN_ABSENT: none is there; VN_DENIED: one may be, but it can't be
 * opened or claimed (yet: permissions come a moment after the device); VN_IO. */
VN_MUST_USE enum vn_status vn_usb_find(libusb_context *usb, const struct vn_usb_address *address,
                                       struct vn_usb_scanner *out);

#endif
