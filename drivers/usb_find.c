/* A USB device has interfaces, an interface of class 3 has a HID descriptor that tells the length of its
 * report descriptor, and only the report descriptor tells whether it is a scanner. It can be asked for once
 * the interface is claimed; but claiming takes it from the kernel's driver, and doing that to look would make
 * every touch screen of the till flicker. So for interfaces that are in use the kernel is asked first. */
#include "drivers/usb_find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HID_DESCRIPTOR    0x21
#define REPORT_DESCRIPTOR 0x22
#define REQUEST_TYPE_IN   0x81 /* device to host, standard, interface */
#define HID_SUBCLASS_BOOT 1
#define PORTS_MAX         7 /* depth of hubs, USB 3.0 */

enum vn_status vn_usb_address_parse(const char *text, struct vn_usb_address *out)
{
    *out = (struct vn_usb_address){.any = strcmp(text, "auto") == 0};
    if (out->any) {
        return VN_OK;
    }
    uint8_t vendor[2], product[2];
    if (strlen(text) != 9 || text[4] != ':' || vn_hex_decode(vn_view_of(text, 4), vendor, 2) != VN_OK ||
        vn_hex_decode(vn_view_of(text + 5, 4), product, 2) != VN_OK) {
        return VN_INPUT;
    }
    out->vendor = (uint16_t)(vendor[0] << 8 | vendor[1]);
    out->product = (uint16_t)(product[0] << 8 | product[1]);
    return VN_OK;
}

/* What the HID descriptor says about the report descriptor's length; 0 when there is no good one. */
static uint16_t report_descriptor_len(const struct libusb_interface_descriptor *interface)
{
    const uint8_t *d = interface->extra;
    int left = interface->extra_length;
    while (left >= 2 && d[0] >= 2 && d[0] <= left) {
        if (d[1] == HID_DESCRIPTOR && d[0] >= 9 && d[6] == REPORT_DESCRIPTOR) {
            uint16_t len = (uint16_t)(d[7] | d[8] << 8);
            return len <= VN_HID_DESCRIPTOR_MAX ? len : 0;
        }
        left -= d[0];
        d += d[0];
    }
    return 0;
}

static const struct libusb_endpoint_descriptor *
interrupt_in(const struct libusb_interface_descriptor *interface)
{
    for (int i = 0; i < interface->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
        if ((endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN) != 0 &&
            (endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == LIBUSB_TRANSFER_TYPE_INTERRUPT) {
            return endpoint;
        }
    }
    return NULL;
}

static bool parse_file(const char *path, struct vn_hid_layout *out)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        return false;
    }
    uint8_t bytes[VN_HID_DESCRIPTOR_MAX];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    return vn_hid_parse(vn_view_of(bytes, len), out, NULL) == VN_OK;
}

enum known { KNOWN_UNUSED, KNOWN_OTHER, KNOWN_SCANNER };

/* What the kernel's HID layer makes of this interface, without touching the device:
 * /sys/bus/usb/devices/1-1.2:1.0/0003:0C2E:0B81.0001/report_descriptor */
static enum known ask_kernel(libusb_device *device, int config, int interface)
{
    uint8_t ports[PORTS_MAX];
    int depth = libusb_get_port_numbers(device, ports, PORTS_MAX);
    if (depth <= 0) {
        return KNOWN_UNUSED;
    }
    char folder[VN_PATH_MAX];
    int at = snprintf(folder, sizeof folder, "/sys/bus/usb/devices/%d", libusb_get_bus_number(device));
    for (int i = 0; i < depth; i++) {
        at += snprintf(folder + at, sizeof folder - (size_t)at, "%c%d", i == 0 ? '-' : '.', ports[i]);
    }
    (void)snprintf(folder + at, sizeof folder - (size_t)at, ":%d.%d", config, interface);
    DIR *dir = opendir(folder);
    enum known known = KNOWN_UNUSED;
    struct dirent *entry;
    while (dir != NULL && known != KNOWN_SCANNER && (entry = readdir(dir)) != NULL) {
        char path[2 * VN_PATH_MAX];
        struct vn_hid_layout layout;
        if (strncmp(entry->d_name, "0003:", 5) == 0) {
            (void)snprintf(path, sizeof path, "%s/%s/report_descriptor", folder, entry->d_name);
            known = parse_file(path, &layout) ? KNOWN_SCANNER : KNOWN_OTHER;
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return known;
}

/* Claims the interface and reads its report descriptor. VN_OK: claimed, a scanner. */
static enum vn_status claim(libusb_device_handle *handle, const struct libusb_interface_descriptor *interface,
                            struct vn_usb_scanner *out)
{
    if (libusb_kernel_driver_active(handle, interface->bInterfaceNumber) == 1) {
        (void)libusb_set_auto_detach_kernel_driver(handle, 1); /* not supported: the claim tells */
    }
    if (libusb_claim_interface(handle, interface->bInterfaceNumber) != 0) {
        return VN_DENIED;
    }
    uint8_t bytes[VN_HID_DESCRIPTOR_MAX];
    int got = libusb_control_transfer(handle, REQUEST_TYPE_IN, LIBUSB_REQUEST_GET_DESCRIPTOR,
                                      REPORT_DESCRIPTOR << 8, interface->bInterfaceNumber, bytes,
                                      report_descriptor_len(interface), VN_USB_CONTROL_MS);
    enum vn_status status = VN_IO;
    if (got > 0) {
        status = vn_hid_parse(vn_view_of(bytes, (size_t)got), &out->layout, NULL);
    }
    if (status != VN_OK) {
        (void)libusb_release_interface(handle, interface->bInterfaceNumber);
    }
    return status;
}

static enum vn_status try_interface(libusb_device *device, const struct vn_usb_address *address, int config,
                                    const struct libusb_interface_descriptor *interface,
                                    struct vn_usb_scanner *out)
{
    const struct libusb_endpoint_descriptor *endpoint = interrupt_in(interface);
    if (interface->bInterfaceClass != LIBUSB_CLASS_HID ||
        interface->bInterfaceSubClass == HID_SUBCLASS_BOOT || endpoint == NULL ||
        report_descriptor_len(interface) == 0) {
        return VN_ABSENT;
    }
    enum known known = ask_kernel(device, config, interface->bInterfaceNumber);
    if (address->any && known == KNOWN_OTHER) {
        return VN_ABSENT; /* not even opened */
    }
    libusb_device_handle *handle = NULL;
    int opened = libusb_open(device, &handle);
    if (opened != 0) {
        return opened == LIBUSB_ERROR_ACCESS ? VN_DENIED : VN_IO;
    }
    enum vn_status status = VN_ABSENT;
    if (!address->any || known == KNOWN_SCANNER ||
        libusb_kernel_driver_active(handle, interface->bInterfaceNumber) != 1) {
        status = claim(handle, interface, out);
    }
    if (status != VN_OK) {
        libusb_close(handle);
        return status;
    }
    out->handle = handle;
    out->interface = interface->bInterfaceNumber;
    out->endpoint = endpoint->bEndpointAddress;
    out->packet_len = endpoint->wMaxPacketSize & 0x7ff; /* the rest is for high-speed transactions */
    return VN_OK;
}

static enum vn_status try_device(libusb_device *device, const struct vn_usb_address *address,
                                 struct vn_usb_scanner *out)
{
    struct libusb_device_descriptor descriptor;
    struct libusb_config_descriptor *config = NULL;
    if (libusb_get_device_descriptor(device, &descriptor) != 0 ||
        (!address->any &&
         (descriptor.idVendor != address->vendor || descriptor.idProduct != address->product)) ||
        libusb_get_active_config_descriptor(device, &config) != 0) {
        return VN_ABSENT;
    }
    enum vn_status worst = VN_ABSENT;
    for (int i = 0; i < config->bNumInterfaces && worst != VN_OK; i++) {
        if (config->interface[i].num_altsetting > 0) {
            enum vn_status status = try_interface(device, address, config->bConfigurationValue,
                                                  &config->interface[i].altsetting[0], out);
            worst = status == VN_ABSENT ? worst : status;
        }
    }
    libusb_free_config_descriptor(config);
    return worst;
}

enum vn_status vn_usb_find(libusb_context *usb, const struct vn_usb_address *address,
                           struct vn_usb_scanner *out)
{
    *out = (struct vn_usb_scanner){0};
    libusb_device **list = NULL;
    ssize_t count = libusb_get_device_list(usb, &list);
    if (count < 0) {
        return VN_IO;
    }
    enum vn_status worst = VN_ABSENT;
    for (ssize_t i = 0; i < count && worst != VN_OK; i++) {
        enum vn_status status = try_device(list[i], address, out);
        /* a scanner of a form that we can't read stays so: no reason to try again */
        bool passing = status == VN_DENIED || status == VN_IO;
        worst = status == VN_OK || passing ? status : worst;
    }
    libusb_free_device_list(list, 1);
    return worst;
}
