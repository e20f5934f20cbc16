/* USB HID "point of sale" scanners (usage page 8c, USB-IF HID POS Usage Tables 1.02): where in a report
 * things stand, and scans out of reports. Pure: no device, no timer, no allocation; time is fed in.
 *
 * The place of every field is read from the device's own report descriptor, by usage, since makers differ.
 * Not here: IBM's page ff45, card readers (page 8e). */
#ifndef VN_DRIVERS_HID_H
#define VN_DRIVERS_HID_H

#include <stdbool.h>

#include "agent/base/bytes.h"
#include "agent/base/error.h"
#include "drivers/scan.h"

#define VN_HID_NONE (-1)

/* Offsets are into a report as it travels: with its id in front when the device numbers its reports. */
struct vn_hid_layout {
    int report_id;      /* of scanned data; VN_HID_NONE when the device does not number reports */
    int report_len;     /* bytes of that report, with the id */
    int length_at;      /* usage 01:3b, byte count; VN_HID_NONE: data ends where its trailing NULs begin */
    int aim_at[3];      /* usages fb, fc, fd; all VN_HID_NONE when there are none */
    int data_at;        /* usage fe */
    int data_len;       /* bytes that one report can carry */
    int continued_bit;  /* usage ff, in bits from the report's start; VN_HID_NONE when there is none */
    int beep_report_id; /* output report of the two below; VN_HID_NONE when not numbered */
    int beep_len;       /* bytes of that report with its id; 0: the device can't be made to beep */
    int good_bit;       /* usage 86, good-read beep, in bits; VN_HID_NONE when there is none */
    int error_bit;      /* usage 85 */
};

/* Reads a report descriptor. VN_ABSENT: well-formed, but no scanner of page 8c; VN_INPUT: malformed or beyond
 * limits.h, with the byte's place; VN_UNSUPPORTED: a scanner whose fields are not on whole bytes. */
VN_MUST_USE enum vn_status vn_hid_parse(struct vn_view descriptor, struct vn_hid_layout *out,
                                        struct vn_error *error);

enum vn_hid_drop {
    VN_HID_TOO_LONG, /* more than VN_SCAN_MAX bytes over several reports */
    VN_HID_TIMEOUT,  /* the rest of a scan did not come within VN_HID_PARTIAL_MS */
    VN_HID_AIM,      /* another AIM identifier came before the rest */
    VN_HID_REPORT,   /* a report too short for its layout, or with a length that its layout can't hold */
};

struct vn_hid_sink {
    /* `scan` is the joiner's, good until the call returns. */
    void (*on_scan)(void *ctx, const struct vn_scan *scan);
    /* `len` bytes were dropped. May be NULL. */
    void (*on_drop)(void *ctx, enum vn_hid_drop why, size_t len);
    void *ctx;
};

/* Joins the reports of one device into scans. The caller's memory; read no field. */
struct vn_hid_join {
    struct vn_hid_layout layout;
    struct vn_hid_sink sink;
    struct vn_scan scan;
    bool partial;
    bool skipping; /* the rest of a scan that was too long */
};

/* Copies `layout`; `device` becomes the scans' device name. */
void vn_hid_join_init(struct vn_hid_join *join, const char *device, const struct vn_hid_layout *layout,
                      struct vn_hid_sink sink);

/* One input report as it came, read at mono_ns. An empty one and those with another id are ignored. A partial
 * scan whose rest never comes is dropped by the next report: no timer is needed. */
void vn_hid_join_report(struct vn_hid_join *join, struct vn_view report, int64_t mono_ns);

/* "too_long", "timeout", "aim", "report": for logs. */
const char *vn_hid_drop_name(enum vn_hid_drop why);

#endif
