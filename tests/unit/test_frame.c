/* Serial framing: whatever the split of the bytes, the same scans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/frame.h"

#define MS   INT64_C(1000000)
#define KEPT 8

struct seen {
    size_t count;
    char aim[KEPT][VN_SCAN_AIM_SIZE];
    char data[KEPT][64];
    size_t len[KEPT];
    int64_t mono_ns[KEPT];
    size_t drops;
    enum vn_frame_drop why;
    size_t dropped;
};

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct seen *seen = ctx;
    assert_true(seen->count < KEPT);
    size_t i = seen->count++;
    memcpy(seen->aim[i], scan->aim, sizeof scan->aim);
    seen->len[i] = scan->len;
    seen->mono_ns[i] = scan->mono_ns;
    size_t shown = scan->len < sizeof seen->data[i] ? scan->len : sizeof seen->data[i];
    memcpy(seen->data[i], scan->data, shown);
    assert_string_equal(scan->device, "front");
}

static void on_drop(void *ctx, enum vn_frame_drop why, size_t len)
{
    struct seen *seen = ctx;
    seen->drops++;
    seen->why = why;
    seen->dropped = len;
}

static struct vn_frame *start(struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    struct vn_frame *frame = malloc(sizeof *frame);
    assert_non_null(frame);
    vn_frame_init(frame, "front", (struct vn_frame_sink){on_scan, on_drop, seen});
    return frame;
}

static void expect(const struct seen *seen, size_t i, const char *aim, const char *data)
{
    assert_true(i < seen->count);
    assert_string_equal(seen->aim[i], aim);
    assert_int_equal(seen->len[i], strlen(data));
    assert_memory_equal(seen->data[i], data, strlen(data));
}

/* Feeds `bytes` cut in two at `cut`, the second part `gap_ns` later. */
static void feed_cut(struct vn_frame *frame, const char *bytes, size_t cut, int64_t gap_ns)
{
    vn_frame_feed(frame, vn_view_of(bytes, cut), 0);
    vn_frame_feed(frame, vn_view_of(bytes + cut, strlen(bytes) - cut), gap_ns);
}

static void test_frame_every_suffix_at_every_split(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "]E04006381333931\r",         "]E04006381333931\n",   "]E04006381333931\r\n",
        "]E04006381333931\t",         "]E04006381333931\x03", "\x02]E04006381333931\x03",
        "\x02]E04006381333931\r\n",   "\n]E04006381333931\r", "\x02]E04006381333931\x03\r\n",
        "\r\n\r\n]E04006381333931\r",
    };
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        for (size_t cut = 0; cut <= strlen(forms[f]); cut++) {
            struct seen seen;
            struct vn_frame *frame = start(&seen);
            feed_cut(frame, forms[f], cut, 10 * MS);
            assert_int_equal(seen.count, 1);
            expect(&seen, 0, "]E0", "4006381333931");
            assert_int_equal(seen.drops, 0);
            assert_int_equal(vn_frame_tick(frame, 11 * MS), -1);
            free(frame);
        }
    }
}

static void test_frame_byte_by_byte_gives_the_same(void **state)
{
    (void)state;
    static const char bytes[] = "4006381333931\r\n]C1255950110153000319\x1d"
                                "39005\r\n]Q1HELLO\r\n";
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    for (size_t i = 0; i < sizeof bytes - 1; i++) {
        vn_frame_feed(frame, vn_view_of(bytes + i, 1), (int64_t)i * MS);
    }
    assert_int_equal(seen.count, 3);
    expect(&seen, 0, "", "4006381333931");
    expect(&seen, 1, "]C1",
           "255950110153000319\x1d"
           "39005");
    expect(&seen, 2, "]Q1", "HELLO");
    assert_int_equal(seen.mono_ns[0], 13 * MS); /* the CR's time */
    free(frame);
}

static void test_frame_lone_lf_at_the_head_is_swallowed(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_str("12345670\r"), 0);
    vn_frame_feed(frame, vn_view_str("\n"), 400 * MS);
    vn_frame_feed(frame, vn_view_str("12345670\r"), 900 * MS);
    assert_int_equal(seen.count, 2);
    expect(&seen, 1, "", "12345670");
    assert_int_equal(seen.drops, 0);
    free(frame);
}

static void test_frame_without_suffix_ends_at_silence(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_str("]E04006381"), 0);
    vn_frame_feed(frame, vn_view_str("333931"), 30 * MS);
    assert_int_equal(vn_frame_tick(frame, 60 * MS), 20 * MS);
    assert_int_equal(seen.count, 0);
    assert_int_equal(vn_frame_tick(frame, 80 * MS), -1);
    assert_int_equal(seen.count, 1);
    expect(&seen, 0, "]E0", "4006381333931");
    assert_int_equal(seen.mono_ns[0], 30 * MS); /* its last byte's, not the silence's end */
    free(frame);
}

static void test_frame_silence_is_seen_without_the_timer(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_str("11111111"), 0);
    vn_frame_feed(frame, vn_view_str("22222222"), 50 * MS);
    (void)vn_frame_tick(frame, 100 * MS);
    assert_int_equal(seen.count, 2);
    expect(&seen, 0, "", "11111111");
    expect(&seen, 1, "", "22222222");
    free(frame);
}

static void test_frame_noise_spoils_no_later_frame(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_of("\0\0\xff\x80\x1f", 5), 0); /* plugged in */
    vn_frame_feed(frame, vn_view_str("4006381333931\r"), 200 * MS);
    expect(&seen, seen.count - 1, "", "4006381333931");
    vn_frame_feed(frame, vn_view_str("\xfe\xfe"), 300 * MS);
    vn_frame_feed(frame, vn_view_str("\x02]E04006381333931\x03"), 301 * MS);
    expect(&seen, seen.count - 1, "]E0", "4006381333931");
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_FRAME_RESTART);
    assert_int_equal(seen.dropped, 2);
    free(frame);
}

static void test_frame_nul_is_dropped_at_the_head_alone(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_of("\0\0a\0b\r", 6), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.len[0], 3);
    assert_memory_equal(seen.data[0], "a\0b", 3);
    free(frame);
}

static void test_frame_too_long_is_dropped_whole_and_told(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    uint8_t block[VN_SCAN_MAX];
    memset(block, '7', sizeof block);
    vn_frame_feed(frame, vn_view_of(block, sizeof block), 0);
    vn_frame_feed(frame, vn_view_str("\r"), MS); /* just fits */
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.len[0], VN_SCAN_MAX);
    for (int64_t i = 0; i < 3; i++) {
        vn_frame_feed(frame, vn_view_of(block, sizeof block), (2 + i) * MS);
    }
    vn_frame_feed(frame, vn_view_str("\r4006381333931\r"), 6 * MS);
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_FRAME_TOO_LONG);
    assert_int_equal(seen.dropped, 3 * sizeof block);
    assert_int_equal(seen.count, 2);
    expect(&seen, 1, "", "4006381333931");
    free(frame);
}

static void test_frame_too_long_ends_at_silence_too(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    uint8_t block[VN_SCAN_MAX + 1];
    memset(block, '7', sizeof block);
    vn_frame_feed(frame, vn_view_of(block, sizeof block), 0);
    assert_int_equal(vn_frame_tick(frame, 50 * MS), -1);
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.count, 0);
    free(frame);
}

static void test_frame_aim_needs_its_form(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_str("]1]x\r]E\r]E0\r]]E0123\r]d2]E0\r"), 0);
    assert_int_equal(seen.count, 4);
    expect(&seen, 0, "", "]1]x");
    expect(&seen, 1, "", "]E");
    expect(&seen, 2, "", "]]E0123");
    expect(&seen, 3, "]d2", "]E0"); /* one identifier a frame: the second is data */
    assert_int_equal(seen.drops, 1);
    assert_int_equal(seen.why, VN_FRAME_EMPTY);
    assert_string_equal(vn_frame_drop_name(seen.why), "empty");
    free(frame);
}

static void test_frame_reset_forgets_what_is_pending(void **state)
{
    (void)state;
    struct seen seen;
    struct vn_frame *frame = start(&seen);
    vn_frame_feed(frame, vn_view_str("]E0400638"), 0);
    vn_frame_reset(frame);
    vn_frame_feed(frame, vn_view_str("12345670\r"), MS);
    assert_int_equal(seen.count, 1);
    expect(&seen, 0, "", "12345670");
    free(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_every_suffix_at_every_split),
        cmocka_unit_test(test_frame_byte_by_byte_gives_the_same),
        cmocka_unit_test(test_frame_lone_lf_at_the_head_is_swallowed),
        cmocka_unit_test(test_frame_without_suffix_ends_at_silence),
        cmocka_unit_test(test_frame_silence_is_seen_without_the_timer),
        cmocka_unit_test(test_frame_noise_spoils_no_later_frame),
        cmocka_unit_test(test_frame_nul_is_dropped_at_the_head_alone),
        cmocka_unit_test(test_frame_too_long_is_dropped_whole_and_told),
        cmocka_unit_test(test_frame_too_long_ends_at_silence_too),
        cmocka_unit_test(test_frame_aim_needs_its_form),
        cmocka_unit_test(test_frame_reset_forgets_what_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
