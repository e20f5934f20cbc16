/* The one interface between devices and the rest of the program.
 *
 * A driver is a const table of hooks, listed in drivers/table.c. `vn_devices` (drivers/devices.h) is what the
 * program uses; this header is for those who write a driver (docs/adding-a-scanner.md).
 *
 * Life of a device: open -> (found -> scans -> lost)* -> close. A device that isn't plugged in is no error:
 * open succeeds, and the driver looks for it again with back-off, for as long as it takes.
 *
 * All hooks and all events run on the loop's thread. A driver with a thread of its own brings its results to
 * the loop before it tells anyone. */
#ifndef VN_DRIVERS_DRIVER_H
#define VN_DRIVERS_DRIVER_H

#include <uv.h>

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/base/random.h"
#include "drivers/scan.h"

enum vn_beep { VN_BEEP_GOOD, VN_BEEP_BAD, VN_BEEPS };

struct vn_device_events {
    /* A label was read. `scan` is the driver's and is overwritten by the next one: copy what you keep. */
    void (*on_scan)(void *ctx, const struct vn_scan *scan);
    /* The device is there and open; the reverse. They alternate, and found comes first. */
    void (*on_found)(void *ctx, const char *device);
    void (*on_lost)(void *ctx, const char *device);
    /* Something was read that is no scan: too long, or a piece of it was lost. It was dropped whole. */
    void (*on_unreadable)(void *ctx, const char *device);
    void *ctx;
};

/* What a driver gets from outside; it copies the struct. A clock is also asked from the driver's own thread,
 * if it has one: it must be safe for that. Randomness is asked on the loop's thread alone. */
struct vn_device_host {
    uv_loop_t *loop;
    struct vn_clock clock;
    struct vn_random random;
    struct vn_log *log; /* may be NULL */
    struct vn_device_events events;
};

struct vn_beep_bytes {
    uint8_t len; /* 0: this profile has no such sound */
    uint8_t bytes[VN_BEEP_BYTES_MAX];
};

struct vn_driver;

/* One device of the configuration, parsed by vn_device_spec_parse (drivers/table.h). */
struct vn_device_spec {
    char id[VN_ID_MAX];
    const struct vn_driver *driver;
    char address[VN_PATH_MAX]; /* serial: a path; hidpos: "auto" or "vvvv:pppp" */
    int baud;                  /* serial: */
    int bits;                  /* 7 or 8 */
    char parity;               /* 'N', 'E', 'O' */
    int stop_bits;             /* 1 or 2 */
    struct vn_beep_bytes beep[VN_BEEPS];
};

#define VN_DEVICE_WHY_MAX (VN_PATH_MAX + 128)

/* Every driver's own struct begins with this; the driver's hooks get it back. */
struct vn_device {
    struct vn_device_spec spec;
    struct vn_device_host host;
    /* Of its being away: what is wrong and what to do. Written on the loop's thread. */
    char why[VN_DEVICE_WHY_MAX];
};

struct vn_driver {
    const char *name; /* as in a spec: "serial" */
    const char *form; /* how a spec is written, for --help */
    const char *summary;

    /* Checks the driver's part of the spec; called by the parser, touches no device. VN_INPUT with a
     * sentence. */
    enum vn_status (*check)(const struct vn_device_spec *spec, struct vn_error *error);

    /* Starts a device. `spec` and `host` are copied. Must not wait for hardware (a local open is fine); no
     * event comes before the loop runs. VN_OK also when the device isn't there now; VN_NOMEM, VN_IO when
     * the machine itself fails. */
    enum vn_status (*open)(const struct vn_device_spec *spec, const struct vn_device_host *host,
                           struct vn_device **out, struct vn_error *error);

    /* Sounds the device. Must not block. VN_OK: handed to the device; VN_UNSUPPORTED: it has no such sound;
     * VN_GONE: not connected; VN_AGAIN: its line is busy, the sound was left out; VN_IO. May be called from
     * within an event. */
    enum vn_status (*beep)(struct vn_device *device, enum vn_beep beep);

    /* Ends a device: no event after this returns. Must not wait for hardware; the device frees itself when
     * the loop has let go of its handles. May be called from within an event. */
    void (*close)(struct vn_device *device);
};

#endif
