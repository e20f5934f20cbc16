/* A spec is one line of a configuration file, written by a technician: what is wrong in it is said with the
 * words that he wrote. The path may hold '@' and '=' of its own (/dev/serial/by-id names do), so the rate is
 * looked for behind the last '/', and an id is only what stands before a '=' that comes before any ':'. */
#include "drivers/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/profile.h"
#include "drivers/serial.h"
#include "drivers/usb_hidpos.h"

#define BAUD_DEFAULT 9600
#define BAUD_MIN     300
#define BAUD_MAX     4000000

static const struct vn_driver *const drivers[] = {&vn_driver_serial, &vn_driver_hidpos};

const struct vn_driver *vn_driver_find(struct vn_view name)
{
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (vn_view_is(name, drivers[i]->name)) {
            return drivers[i];
        }
    }
    return NULL;
}

const struct vn_driver *const *vn_driver_table(size_t *count)
{
    *count = sizeof drivers / sizeof drivers[0];
    return drivers;
}

/* Takes what stands before `mark` off the front of *rest; all of it when the mark isn't there. */
static struct vn_view cut(struct vn_view *rest, char mark)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->data, mark, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->data);
    struct vn_view head = {rest->data, len};
    size_t gone = at == NULL ? len : len + 1;
    if (gone > 0) {
        *rest = (struct vn_view){rest->data + gone, rest->len - gone};
    }
    return head;
}

static bool is_id(struct vn_view view)
{
    for (size_t i = 0; i < view.len; i++) {
        char c = (char)view.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_' && c != '.') {
            return false;
        }
    }
    return view.len > 0;
}

/* The id in front of "=", if one is there; then *rest begins with the driver. */
static enum vn_status take_id(struct vn_view *rest, struct vn_device_spec *out, struct vn_error *error)
{
    struct vn_view after = *rest;
    struct vn_view head = cut(&after, '=');
    if (head.len == rest->len || memchr(head.data, ':', head.len) != NULL) {
        return VN_OK;
    }
    if (!is_id(head) || vn_view_copy_str(head, out->id, sizeof out->id) != VN_OK) {
        return vn_fail(error, VN_INPUT, "device id \"%.*s\": up to %d letters, digits, '-', '_' or '.'",
                       (int)head.len, (const char *)head.data, VN_ID_MAX - 1);
    }
    *rest = after;
    return VN_OK;
}

static enum vn_status set_mode(struct vn_view value, struct vn_device_spec *out)
{
    const uint8_t *d = value.data;
    if (value.len != 3 || (d[0] != '7' && d[0] != '8') || d[1] == '\0' || strchr("NEO", d[1]) == NULL ||
        (d[2] != '1' && d[2] != '2')) {
        return VN_INPUT;
    }
    out->bits = d[0] - '0';
    out->parity = (char)d[1];
    out->stop_bits = d[2] - '0';
    return VN_OK;
}

static enum vn_status set_beep(struct vn_view value, struct vn_beep_bytes *out)
{
    if (value.len == 0 || value.len % 2 != 0 || value.len / 2 > VN_BEEP_BYTES_MAX) {
        return VN_INPUT;
    }
    out->len = (uint8_t)(value.len / 2);
    return vn_hex_decode(value, out->bytes, out->len);
}

static enum vn_status set_profile(struct vn_view value, struct vn_device_spec *out)
{
    const struct vn_profile *profile = vn_profile_find(value);
    if (profile == NULL) {
        return VN_INPUT;
    }
    memcpy(out->beep, profile->beep, sizeof out->beep);
    return VN_OK;
}

static enum vn_status set_option(struct vn_view option, struct vn_device_spec *out, struct vn_error *error)
{
    struct vn_view value = option;
    struct vn_view name = cut(&value, '=');
    enum vn_status status = vn_view_is(name, "mode")      ? set_mode(value, out)
                            : vn_view_is(name, "profile") ? set_profile(value, out)
                            : vn_view_is(name, "good")    ? set_beep(value, &out->beep[VN_BEEP_GOOD])
                            : vn_view_is(name, "bad")     ? set_beep(value, &out->beep[VN_BEEP_BAD])
                                                          : VN_INPUT;
    if (status != VN_OK) {
        return vn_fail(error, VN_INPUT, "device \"%s\": option \"%.*s\"", out->id, (int)option.len,
                       (const char *)option.data);
    }
    return VN_OK;
}

/* "address[@rate]" */
static enum vn_status set_address(struct vn_view text, struct vn_device_spec *out, struct vn_error *error)
{
    if (vn_view_copy_str(text, out->address, sizeof out->address) != VN_OK || out->address[0] == '\0') {
        return vn_fail(error, VN_INPUT, "device \"%s\": address missing or too long", out->id);
    }
    char *name = strrchr(out->address, '/');
    char *rate = strrchr(name == NULL ? out->address : name, '@');
    if (rate == NULL) {
        return VN_OK;
    }
    char *end = NULL;
    long baud = strtol(rate + 1, &end, 10);
    if (rate[1] < '0' || rate[1] > '9' || *end != '\0' || baud < BAUD_MIN || baud > BAUD_MAX) {
        return vn_fail(error, VN_INPUT, "device \"%s\": rate \"%s\"", out->id, rate + 1);
    }
    out->baud = (int)baud;
    *rate = '\0';
    return VN_OK;
}

enum vn_status vn_device_spec_parse(const char *text, size_t index, struct vn_device_spec *out,
                                    struct vn_error *error)
{
    *out = (struct vn_device_spec){.baud = BAUD_DEFAULT, .bits = 8, .parity = 'N', .stop_bits = 1};
    struct vn_view rest = vn_view_str(text);
    enum vn_status status =
        rest.len == 0 ? vn_fail(error, VN_INPUT, "device spec is empty") : take_id(&rest, out, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_view name = cut(&rest, ':');
    out->driver = vn_driver_find(name);
    if (out->driver == NULL) {
        return vn_fail(error, VN_INPUT, "device driver \"%.*s\" is not known", (int)name.len,
                       (const char *)name.data);
    }
    if (out->id[0] == '\0') {
        (void)snprintf(out->id, sizeof out->id, "%s-%zu", out->driver->name, index + 1);
    }
    status = set_address(cut(&rest, ','), out, error);
    while (status == VN_OK && rest.len > 0) {
        status = set_option(cut(&rest, ','), out, error);
    }
    return status == VN_OK ? out->driver->check(out, error) : status;
}
