/* Serial framing: a stream of bytes in, scans out. Pure: no port, no timer, no allocation; time is fed in.
 *
 *     [02] ["]cm"] data (0d | 0a | 0d0a | 09 | 03 | 50 ms of silence)
 *
 * Not here: a vendor's programmable prefix other than STX (configure the scanner without one), and ACK/NAK
 * hosts (Olivetti). */
#ifndef VN_DRIVERS_FRAME_H
#define VN_DRIVERS_FRAME_H

#include <stdbool.h>

#include "agent/base/bytes.h"
#include "drivers/scan.h"

enum vn_frame_drop {
    VN_FRAME_TOO_LONG, /* more than VN_SCAN_MAX bytes: dropped whole, up to its suffix or a silence */
    VN_FRAME_RESTART,  /* STX in the midst of a frame: what stood before it was noise */
    VN_FRAME_EMPTY,    /* an AIM identifier and nothing behind it */
};

struct vn_frame_sink {
    /* `scan` is the framer's, good until the call returns. The framer must not be fed from within. */
    void (*on_scan)(void *ctx, const struct vn_scan *scan);
    /* `len` bytes were dropped. May be NULL. */
    void (*on_drop)(void *ctx, enum vn_frame_drop why, size_t len);
    void *ctx;
};

/* The caller's memory; read no field. */
struct vn_frame {
    struct vn_frame_sink sink;
    struct vn_scan scan; /* the frame so far; len may count past VN_SCAN_MAX while one is too long */
};

/* `device` becomes the scans' device name (cut at VN_ID_MAX - 1). */
void vn_frame_init(struct vn_frame *frame, const char *device, struct vn_frame_sink sink);

/* Forgets what is pending, as when a port was opened again. */
void vn_frame_reset(struct vn_frame *frame);

/* Bytes as they came, in any split; mono_ns is when they were read and never goes back. */
void vn_frame_feed(struct vn_frame *frame, struct vn_view bytes, int64_t mono_ns);

/* Ends a frame that has been silent for VN_FRAME_IDLE_MS. Returns how long the caller's timer should wait
 * before the next call, in nanoseconds, or -1 when nothing is pending and no timer is needed. */
int64_t vn_frame_tick(struct vn_frame *frame, int64_t mono_ns);

/* "too_long", "restart", "empty": for logs. */
const char *vn_frame_drop_name(enum vn_frame_drop why);

#endif
