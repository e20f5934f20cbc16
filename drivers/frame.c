/* What comes down a scanner's line, and what goes wrong on real ones.
 *
 * A label arrives as bytes in pieces of any size. Its end is whatever the installer chose: CR, LF, both, TAB
 * or ETX; many scanners leave the factory with no suffix at all, and then only silence tells. The host and
 * the scanner are often set differently (one ends with CR LF, the other waits for CR), which leaves an LF at
 * the head of the next label. An end that ends nothing is therefore never a scan: that swallows the lone LF,
 * the LF of CR LF, the CR behind an ETX, and lines of blank noise.
 *
 * GS (1d) separates GS1 elements and must live; so must the other control characters that 2-D codes carry
 * (RS, EOT). STX can only open a frame: in the midst of one, what stood before is noise, since the scanner
 * starts anew. NUL is what a line says when it is plugged in or breaks: dropped at the head of a frame, kept
 * within. Noise without a frame's end spoils at most the label that it runs into; the next one is right.
 *
 * The AIM identifier is recognised as soon as its three characters are there, so nothing is ever moved. */
#include "drivers/frame.h"

#include <stdio.h>
#include <string.h>

#define STX     0x02
#define ETX     0x03
#define IDLE_NS ((int64_t)VN_FRAME_IDLE_MS * 1000000)

static bool is_suffix(uint8_t byte)
{
    return byte == '\r' || byte == '\n' || byte == '\t' || byte == ETX;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_pending(const struct vn_frame *frame)
{
    return frame->scan.len > 0 || frame->scan.aim[0] != '\0';
}

static void drop(struct vn_frame *frame, enum vn_frame_drop why)
{
    size_t len = frame->scan.len + strlen(frame->scan.aim);
    vn_frame_reset(frame);
    if (frame->sink.on_drop != NULL) {
        frame->sink.on_drop(frame->sink.ctx, why, len);
    }
}

static void end(struct vn_frame *frame)
{
    if (!is_pending(frame)) {
        return;
    }
    if (frame->scan.len > VN_SCAN_MAX) {
        drop(frame, VN_FRAME_TOO_LONG);
    } else if (frame->scan.len == 0) {
        drop(frame, VN_FRAME_EMPTY);
    } else {
        frame->sink.on_scan(frame->sink.ctx, &frame->scan);
        vn_frame_reset(frame);
    }
}

static void take(struct vn_frame *frame, uint8_t byte)
{
    struct vn_scan *scan = &frame->scan;
    if (scan->len >= VN_SCAN_MAX) {
        scan->len++; /* counted, for the report */
        return;
    }
    scan->data[scan->len++] = byte;
    const uint8_t *d = scan->data;
    if (scan->len == 3 && scan->aim[0] == '\0' && d[0] == ']' && is_letter(d[1]) &&
        (is_digit(d[2]) || is_letter(d[2]))) {
        memcpy(scan->aim, d, 3);
        scan->aim[3] = '\0';
        scan->len = 0;
    }
}

void vn_frame_init(struct vn_frame *frame, const char *device, struct vn_frame_sink sink)
{
    frame->sink = sink;
    (void)snprintf(frame->scan.device, sizeof frame->scan.device, "%s", device);
    frame->scan.mono_ns = 0;
    vn_frame_reset(frame);
}

void vn_frame_reset(struct vn_frame *frame)
{
    memset(frame->scan.aim, 0, sizeof frame->scan.aim);
    frame->scan.len = 0;
}

void vn_frame_feed(struct vn_frame *frame, struct vn_view bytes, int64_t mono_ns)
{
    (void)vn_frame_tick(frame, mono_ns);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = bytes.data[i];
        frame->scan.mono_ns = mono_ns;
        if (is_suffix(byte)) {
            end(frame);
        } else if (byte == STX) {
            if (is_pending(frame)) {
                drop(frame, VN_FRAME_RESTART);
            }
        } else if (byte != 0 || is_pending(frame)) {
            take(frame, byte);
        }
    }
}

int64_t vn_frame_tick(struct vn_frame *frame, int64_t mono_ns)
{
    if (!is_pending(frame)) {
        return -1;
    }
    int64_t left_ns = frame->scan.mono_ns + IDLE_NS - mono_ns;
    if (left_ns > 0) {
        return left_ns;
    }
    end(frame);
    return -1;
}

const char *vn_frame_drop_name(enum vn_frame_drop why)
{
    static const char *const names[] = {"too_long", "restart", "empty"};
    return names[why];
}
