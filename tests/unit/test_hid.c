/* HID-POS: descriptors of several makers' kinds, reports joined into scans. The descriptor and the reports
 * are made from the published layout, not captured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/hid.h"

#define MS INT64_C(1000000)

static const char hhp_descriptor[] =
    "058c0902a1010912a1028502150026ff00750895010501093b81029503058c09fb09fc09fd"
    "8102953809fe8202010666ff9502090409008102058c25017501950809ff8102c00914a102"
    "850415002501750195080900095f096009000900098509869186c00666ff750826ff000903"
    "a10285fe95010903b28201c00901a10285fd950109219102953e0922928201c0c0";

struct seen {
    size_t count;
    struct vn_scan last;
    size_t drops;
    enum vn_hid_drop why;
};

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct seen *seen = ctx;
    seen->count++;
    seen->last = *scan;
}

static void on_drop(void *ctx, enum vn_hid_drop why, size_t len)
{
    struct seen *seen = ctx;
    (void)len;
    seen->drops++;
    seen->why = why;
}

static size_t unhex(const char *hex, uint8_t *out, size_t max)
{
    size_t len = strlen(hex) / 2;
    assert_true(len <= max);
    assert_int_equal(vn_hex_decode(vn_view_str(hex), out, len), VN_OK);
    return len;
}

static enum vn_status parse(const char *hex, struct vn_hid_layout *layout)
{
    uint8_t bytes[512];
    size_t len = unhex(hex, bytes, sizeof bytes);
    struct vn_error error = {0};
    return vn_hid_parse(vn_view_of(bytes, len), layout, &error);
}

static struct vn_hid_join *start(struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    struct vn_hid_layout layout;
    assert_int_equal(parse(hhp_descriptor, &layout), VN_OK);
    struct vn_hid_join *join = malloc(sizeof *join);
    assert_non_null(join);
    vn_hid_join_init(join, "usb", &layout, (struct vn_hid_sink){on_scan, on_drop, seen});
    return join;
}

/* A report of the HHP layout. */
static void send(struct vn_hid_join *join, const char *aim, const char *data, bool continued, int64_t mono_ns)
{
    struct vn_view text = vn_view_str(data);
    uint8_t report[64] = {0x02, (uint8_t)text.len};
    memcpy(report + 2, aim, 3);
    memcpy(report + 5, text.data, text.len);
    report[63] = continued ? 1 : 0;
    vn_hid_join_report(join, vn_view_of(report, sizeof report), mono_ns);
}

static void test_hid_finds_the_fields_of_the_hhp_layout(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    assert_int_equal(parse(hhp_descriptor, &layout), VN_OK);
    assert_int_equal(layout.report_id, 2);
    assert_int_equal(layout.report_len, 64);
    assert_int_equal(layout.length_at, 1);
    assert_int_equal(layout.aim_at[0], 2);
    assert_int_equal(layout.aim_at[2], 4);
    assert_int_equal(layout.data_at, 5);
    assert_int_equal(layout.data_len, 56);
    assert_int_equal(layout.continued_bit, 63 * 8);
    assert_int_equal(layout.beep_report_id, 4);
    assert_int_equal(layout.beep_len, 2);
    assert_int_equal(layout.error_bit, 8 + 5);
    assert_int_equal(layout.good_bit, 8 + 6);
}

static void test_hid_follows_other_makers_layouts(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    /* a byte between length and AIM: 058c0902a101 8502 7508 9501 0501 093b 8102 / 8101 / fb fc fd / fe x 57
     */
    assert_int_equal(parse("058c0902a1018502750895010501093b8102058c81019503"
                           "09fb09fc09fd8102953909fe8202017501950109ff81029507"
                           "8101c0",
                           &layout),
                     VN_OK);
    assert_int_equal(layout.length_at, 1);
    assert_int_equal(layout.aim_at[0], 3);
    assert_int_equal(layout.data_at, 6);
    assert_int_equal(layout.data_len, 57);
    assert_int_equal(layout.report_len, 64);
}

static void test_hid_plain_layout_strips_trailing_nuls(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    assert_int_equal(parse("058c0902a1017508954009fe8102c0", &layout), VN_OK);
    assert_int_equal(layout.report_id, VN_HID_NONE);
    assert_int_equal(layout.report_len, 64);
    assert_int_equal(layout.length_at, VN_HID_NONE);
    assert_int_equal(layout.aim_at[0], VN_HID_NONE);
    assert_int_equal(layout.data_at, 0);
    assert_int_equal(layout.beep_len, 0);
    struct seen seen = {0};
    struct vn_hid_join join;
    vn_hid_join_init(&join, "usb", &layout, (struct vn_hid_sink){on_scan, on_drop, &seen});
    uint8_t report[64] = "4006381333931";
    vn_hid_join_report(&join, vn_view_of(report, sizeof report), MS);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.len, 13);
    assert_string_equal(seen.last.aim, "");
}

static void test_hid_scanner_behind_a_keyboard_collection(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    /* a keyboard (report 1: 8 bits by range e0-e7, 6 keys of range 0-65), then fields named by range fb-fd,
     * by four-byte usage, with the page pushed and popped */
    assert_int_equal(parse("05010906a1018501050719e029e71500250175019508810295067508190029658100c0"
                           "058c0902a101850775089501a40501093b8102b4950319fb29fd81029520"
                           "0bfe008c008102c0",
                           &layout),
                     VN_OK);
    assert_int_equal(layout.report_id, 7);
    assert_int_equal(layout.length_at, 1);
    assert_int_equal(layout.aim_at[1], 3);
    assert_int_equal(layout.data_at, 5);
    assert_int_equal(layout.data_len, 32);
    assert_int_equal(layout.report_len, 37);
}

static void test_hid_other_devices_are_absent(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    assert_int_equal(parse("05010906a101050719e029e71500250175019508810295067508190029658100c0", &layout),
                     VN_ABSENT);
    assert_int_equal(parse("", &layout), VN_ABSENT);
}

static void test_hid_malformed_descriptors_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "05",                   /* item without its data */
        "26ff",                 /* two bytes announced, one there */
        "c0",                   /* end of no collection */
        "b4",                   /* pop of nothing */
        "a4a4a4a4a4a4a4a4a4",   /* more pushes than limits.h has */
        "8500",                 /* report id 0 is reserved */
        "27ffffffff07ffffffff", /* page of 32 bits */
        "29ff",                 /* maximum without a minimum */
        "19052904",             /* maximum below the minimum */
        "fe05",                 /* a long item cut short */
        "fe0500aabb",           /* the same, in its data */
        "0c",                   /* reserved type */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vn_hid_layout layout;
        assert_int_equal(parse(bad[i], &layout), VN_INPUT);
    }
    uint8_t deep[2 * (VN_HID_DEPTH_MAX + 1)];
    uint8_t wide[2 * (VN_HID_USAGES_MAX + 1)];
    uint8_t long_one[VN_HID_DESCRIPTOR_MAX + 1] = {0};
    for (size_t i = 0; i < sizeof deep; i++) {
        deep[i] = i % 2 == 0 ? 0xa1 : 0x01;
    }
    for (size_t i = 0; i < sizeof wide; i++) {
        wide[i] = i % 2 == 0 ? 0x09 : 0xfe;
    }
    struct vn_hid_layout layout;
    assert_int_equal(vn_hid_parse(vn_view_of(deep, sizeof deep), &layout, NULL), VN_INPUT);
    assert_int_equal(vn_hid_parse(vn_view_of(wide, sizeof wide), &layout, NULL), VN_INPUT);
    assert_int_equal(vn_hid_parse(vn_view_of(long_one, sizeof long_one), &layout, NULL), VN_INPUT);
}

static void test_hid_every_truncation_is_harmless(void **state)
{
    (void)state;
    uint8_t bytes[256];
    size_t len = unhex(hhp_descriptor, bytes, sizeof bytes);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut + 1); /* its own block, so that a sanitizer sees a read past the end */
        assert_non_null(copy);
        memcpy(copy, bytes, cut);
        struct vn_hid_layout layout;
        enum vn_status status = vn_hid_parse(vn_view_of(copy, cut), &layout, NULL);
        assert_true(status == VN_OK || status == VN_INPUT || status == VN_ABSENT);
        free(copy);
    }
}

static void test_hid_fields_beyond_whole_bytes_are_unsupported(void **state)
{
    (void)state;
    struct vn_hid_layout layout;
    assert_int_equal(parse("058c0902a1017501950181017508954009fe8102c0", &layout), VN_UNSUPPORTED);
    assert_int_equal(parse("058c0902a1017504954009fe8102c0", &layout), VN_UNSUPPORTED);
    /* a field larger than any report is not one of ours */
    assert_int_equal(parse("058c0902a10177ffffffff97ffffffff09fe8102c0", &layout), VN_ABSENT);
}

static void test_hid_ean_vector(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    uint8_t report[64] = {0};
    (void)unhex("020d5d453034303036333831333333393331", report, sizeof report);
    report[61] = 'd';
    vn_hid_join_report(join, vn_view_of(report, sizeof report), 7 * MS);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last.device, "usb");
    assert_string_equal(seen.last.aim, "]E0");
    assert_int_equal(seen.last.len, 13);
    assert_memory_equal(seen.last.data, "4006381333931", 13);
    assert_int_equal(seen.last.mono_ns, 7 * MS);
    free(join);
}

static void test_hid_qr_of_two_reports_is_one_scan(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    const char *first = "https://id.gs1.org/8018/123456789012345675?x=abcdefghijk";
    assert_int_equal(strlen(first), 56);
    send(join, "]Q1", first, true, 0);
    assert_int_equal(seen.count, 0);
    send(join, "]Q1", "lmnopqrstuvw", false, 8 * MS);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.len, 68);
    assert_memory_equal(seen.last.data + 56, "lmnopqrstuvw", 12);
    assert_int_equal(seen.last.mono_ns, 8 * MS);
    send(join, "]E0", "4006381333931", false, 9 * MS);
    assert_int_equal(seen.last.len, 13);
    assert_int_equal(seen.drops, 0);
    free(join);
}

static void test_hid_partial_is_dropped_after_its_time(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    send(join, "]Q1", "lost", true, 0);
    send(join, "]Q1", "whole", false, 501 * MS);
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_HID_TIMEOUT);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.len, 5);
    send(join, "]Q1", "in ", true, 1000 * MS);
    send(join, "]Q1", "time", false, 1500 * MS);
    assert_int_equal(seen.last.len, 7);
    free(join);
}

static void test_hid_partial_is_dropped_when_the_aim_changes(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    send(join, "]Q1", "lost", true, 0);
    send(join, "]E0", "4006381333931", false, 20 * MS);
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_HID_AIM);
    assert_string_equal(vn_hid_drop_name(seen.why), "aim");
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last.aim, "]E0");
    assert_int_equal(seen.last.len, 13);
    free(join);
}

/* The tail of a label looks like a whole one: "333931" of an EAN must never be looked up. */
static void test_hid_a_damaged_piece_takes_its_whole_label_along(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    uint8_t report[64] = {0x02, 57, ']', 'Q', '1'}; /* more bytes than a report holds */
    for (int way = 0; way < 2; way++) {
        int64_t at = way * 1000 * MS;
        size_t count = seen.count;
        send(join, "]Q1", "first ", true, at);
        report[61] = 0;
        report[63] = 1; /* continued */
        vn_hid_join_report(join, vn_view_of(report, way == 0 ? 20 : sizeof report), at + MS);
        send(join, "]Q1", "third ", true, at + 2 * MS);
        send(join, "]Q1", "last", false, at + 3 * MS);
        assert_int_equal(seen.count, count);
        send(join, "]Q1", "next", false, at + 4 * MS);
        assert_int_equal(seen.count, count + 1);
        assert_int_equal(seen.last.len, 4);
        assert_memory_equal(seen.last.data, "next", 4);
    }
    send(join, "]Q1", "first", true, 5000 * MS);
    vn_hid_join_report(join, vn_view_of(report, 20), 5001 * MS);
    send(join, "]E0", "4006381333931", false, 5002 * MS); /* another label, by its identifier */
    assert_string_equal(seen.last.aim, "]E0");
    send(join, "]Q1", "first", true, 6000 * MS);
    vn_hid_join_report(join, vn_view_of(report, 20), 6001 * MS);
    send(join, "]Q1", "later", false, 6600 * MS); /* another label, by the pause */
    assert_memory_equal(seen.last.data, "later", 5);
    free(join);
}

static void test_hid_bad_reports_give_no_scan(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    uint8_t report[64] = {0x02, 57, ']', 'E', '0'}; /* 57 bytes in a field of 56 */
    vn_hid_join_report(join, vn_view_of(report, sizeof report), 0);
    assert_int_equal(seen.drops, 1);
    report[1] = 1;
    vn_hid_join_report(join, vn_view_of(report, 63), 0); /* cut short */
    assert_int_equal(seen.drops, 2);
    vn_hid_join_report(join, VN_VIEW_NONE, 0); /* a zero-length transfer says nothing */
    report[0] = 0x04;                          /* another report */
    vn_hid_join_report(join, vn_view_of(report, sizeof report), 0);
    assert_int_equal(seen.drops, 2);
    assert_int_equal(seen.count, 0);
    free(join);
}

static void test_hid_endless_scan_is_dropped_whole(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_hid_join *join = start(&seen);
    char full[57];
    memset(full, 'x', 56);
    full[56] = '\0';
    for (int i = 0; i < 2 * VN_SCAN_MAX / 56; i++) {
        send(join, "]Q1", full, true, i * MS);
    }
    send(join, "]Q1", "tail", false, 200 * MS);
    assert_int_equal(seen.count, 0);
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_HID_TOO_LONG);
    send(join, "]Q1", "next", false, 201 * MS);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.len, 4);
    free(join);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hid_finds_the_fields_of_the_hhp_layout),
        cmocka_unit_test(test_hid_follows_other_makers_layouts),
        cmocka_unit_test(test_hid_plain_layout_strips_trailing_nuls),
        cmocka_unit_test(test_hid_scanner_behind_a_keyboard_collection),
        cmocka_unit_test(test_hid_other_devices_are_absent),
        cmocka_unit_test(test_hid_malformed_descriptors_are_refused),
        cmocka_unit_test(test_hid_every_truncation_is_harmless),
        cmocka_unit_test(test_hid_fields_beyond_whole_bytes_are_unsupported),
        cmocka_unit_test(test_hid_ean_vector),
        cmocka_unit_test(test_hid_qr_of_two_reports_is_one_scan),
        cmocka_unit_test(test_hid_partial_is_dropped_after_its_time),
        cmocka_unit_test(test_hid_partial_is_dropped_when_the_aim_changes),
        cmocka_unit_test(test_hid_a_damaged_piece_takes_its_whole_label_along),
        cmocka_unit_test(test_hid_bad_reports_give_no_scan),
        cmocka_unit_test(test_hid_endless_scan_is_dropped_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
