/* A report carries at most some 56 bytes, a QR code up to 2,953: longer labels come in pieces, each with the
 * AIM identifier and a "continued" flag on all but the last. There is no sequence number. When a piece is
 * lost (the scanner was unplugged, the bus had an error) the next label would be glued to the rest of this
 * one: a pause, or another identifier, tells, and then the partial is dropped rather than handed on. When a
 * piece comes damaged, the label's other pieces are dropped too: its tail would look like a whole label.
 *
 * Devices without a byte count fill the field up with NULs, which can't be told from data and are stripped
 * from the last piece. */
#include <stdio.h>
#include <string.h>

#include "drivers/hid.h"

#define PARTIAL_NS ((int64_t)VN_HID_PARTIAL_MS * 1000000)

static void forget(struct vn_hid_join *join)
{
    join->partial = false;
    join->scan.len = 0;
}

static void drop(struct vn_hid_join *join, enum vn_hid_drop why, size_t len)
{
    forget(join);
    if (join->sink.on_drop != NULL) {
        join->sink.on_drop(join->sink.ctx, why, len);
    }
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* What does not look like an identifier counts as none. */
static void read_aim(const struct vn_hid_layout *layout, const uint8_t *report, char *out)
{
    memset(out, 0, VN_SCAN_AIM_SIZE);
    if (layout->aim_at[0] == VN_HID_NONE) {
        return;
    }
    uint8_t aim[3] = {report[layout->aim_at[0]], report[layout->aim_at[1]], report[layout->aim_at[2]]};
    if (aim[0] == ']' && is_alnum(aim[1]) && is_alnum(aim[2])) {
        memcpy(out, aim, sizeof aim);
    }
}

static bool is_continued(const struct vn_hid_layout *layout, const uint8_t *report)
{
    int bit = layout->continued_bit;
    return bit != VN_HID_NONE && ((report[bit / 8] >> (bit % 8)) & 1) != 0;
}

static size_t data_len(const struct vn_hid_layout *layout, const uint8_t *report, bool continued)
{
    size_t len = (size_t)layout->data_len;
    if (layout->length_at != VN_HID_NONE) {
        return report[layout->length_at];
    }
    while (!continued && len > 0 && report[(size_t)layout->data_at + len - 1] == 0) {
        len--;
    }
    return len;
}

static void end_stale(struct vn_hid_join *join, const char *aim, int64_t mono_ns)
{
    if (mono_ns - join->scan.mono_ns > PARTIAL_NS) {
        join->skipping = false;
        if (join->partial) {
            drop(join, VN_HID_TIMEOUT, join->scan.len);
        }
    }
    if (strcmp(aim, join->scan.aim) != 0) {
        join->skipping = false;
        if (join->partial) {
            drop(join, VN_HID_AIM, join->scan.len);
        }
    }
}

void vn_hid_join_init(struct vn_hid_join *join, const char *device, const struct vn_hid_layout *layout,
                      struct vn_hid_sink sink)
{
    join->layout = *layout;
    join->sink = sink;
    join->skipping = false;
    join->scan.mono_ns = 0;
    memset(join->scan.aim, 0, sizeof join->scan.aim);
    (void)snprintf(join->scan.device, sizeof join->scan.device, "%s", device);
    forget(join);
}

void vn_hid_join_report(struct vn_hid_join *join, struct vn_view report, int64_t mono_ns)
{
    const struct vn_hid_layout *layout = &join->layout;
    struct vn_scan *scan = &join->scan;
    if (report.len == 0 || (layout->report_id != VN_HID_NONE && report.data[0] != layout->report_id)) {
        return;
    }
    /* After a piece that is lost, what follows of the same label is no label: it is skipped up to its end. */
    if (report.len < (size_t)layout->report_len) {
        join->skipping = join->skipping || join->partial;
        scan->mono_ns = mono_ns;
        drop(join, VN_HID_REPORT, report.len);
        return;
    }
    bool continued = is_continued(layout, report.data);
    size_t len = data_len(layout, report.data, continued);
    char aim[VN_SCAN_AIM_SIZE];
    read_aim(layout, report.data, aim);
    end_stale(join, aim, mono_ns);
    scan->mono_ns = mono_ns;
    if (len > (size_t)layout->data_len) {
        memcpy(scan->aim, aim, sizeof aim);
        join->skipping = continued;
        drop(join, VN_HID_REPORT, report.len);
        return;
    }
    if (join->skipping) {
        join->skipping = continued;
        return;
    }
    if (len > VN_SCAN_MAX - scan->len) {
        join->skipping = continued;
        drop(join, VN_HID_TOO_LONG, scan->len + len);
        return;
    }
    memcpy(scan->aim, aim, sizeof aim);
    memcpy(scan->data + scan->len, report.data + layout->data_at, len);
    scan->len += len;
    join->partial = continued;
    if (!continued) {
        if (scan->len > 0) {
            join->sink.on_scan(join->sink.ctx, scan);
        }
        forget(join);
    }
}

const char *vn_hid_drop_name(enum vn_hid_drop why)
{
    static const char *const names[] = {"too_long", "timeout", "aim", "report"};
    return names[why];
}
