/* HID report descriptors and reports under arbitrary bytes. An input is two bytes for the descriptor's length, the
 * descriptor, then reports, each behind a byte for its length and one for the pause before it (in 5 ms).
 * Whatever comes, a layout lies within its report, and a scan holds 1..VN_SCAN_MAX bytes. */
#include <stdlib.h>
#include <string.h>

#include "drivers/hid.h"

#define MS INT64_C(1000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    (void)ctx;
    require(scan->len >= 1 && scan->len <= VN_SCAN_MAX);
    require(strlen(scan->aim) == 0 || strlen(scan->aim) == 3);
}

static void on_drop(void *ctx, enum vn_hid_drop why, size_t len)
{
    (void)ctx;
    (void)len;
    require(vn_hid_drop_name(why)[0] != '\0');
}

static void check_layout(const struct vn_hid_layout *layout)
{
    require(layout->report_len > 0 && layout->report_len <= VN_HID_REPORT_MAX);
    require(layout->data_at >= 0 && layout->data_len > 0);
    require(layout->data_at + layout->data_len <= layout->report_len);
    require(layout->length_at < layout->report_len);
    require(layout->aim_at[0] < layout->report_len && layout->aim_at[1] < layout->report_len &&
            layout->aim_at[2] < layout->report_len);
    require(layout->continued_bit < layout->report_len * 8);
    require(layout->good_bit < layout->beep_len * 8 || layout->beep_len == 0);
    require(layout->error_bit < layout->beep_len * 8 || layout->beep_len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    size_t wanted = data[0] | (size_t)data[1] << 8;
    size_t len = wanted < size - 2 ? wanted : size - 2;
    struct vn_hid_layout layout;
    struct vn_error error;
    if (vn_hid_parse(vn_view_of(data + 2, len), &layout, &error) != VN_OK) {
        return 0;
    }
    check_layout(&layout);
    data += 2 + len;
    size -= 2 + len;
    struct vn_hid_join join;
    vn_hid_join_init(&join, "fuzz", &layout, (struct vn_hid_sink){on_scan, on_drop, NULL});
    int64_t now_ns = 0;
    while (size >= 2) {
        size_t report = data[0] < size - 2 ? data[0] : size - 2;
        now_ns += data[1] * 5 * MS;
        vn_hid_join_report(&join, vn_view_of(data + 2, report), now_ns);
        data += 2 + report;
        size -= 2 + report;
    }
    return 0;
}
