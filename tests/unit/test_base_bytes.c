/* Views, buffers, hexadecimal, times, seeded numbers, error texts: the small words of the house. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/base/bytes.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/random.h"

static void test_a_copied_view_is_whole_and_has_no_nul(void **state)
{
    char out[4] = "???";
    (void)state;
    assert_int_equal(vn_view_copy_str(vn_view_str("abc"), out, sizeof out), VN_OK);
    assert_string_equal(out, "abc");
    assert_int_equal(vn_view_copy_str(vn_view_str("abcd"), out, sizeof out), VN_FULL);
    assert_string_equal(out, "");
    assert_int_equal(vn_view_copy_str(vn_view_of("a\0b", 3), out, sizeof out), VN_INPUT);
    assert_string_equal(out, "");
    assert_int_equal(vn_view_copy_str(VN_VIEW_NONE, out, sizeof out), VN_OK);
}

static void test_views_compare_by_content_and_empty_ones_are_equal(void **state)
{
    (void)state;
    assert_true(vn_view_equal(VN_VIEW_NONE, vn_view_str("")));
    assert_true(vn_view_is(vn_view_str("ab"), "ab"));
    assert_false(vn_view_is(vn_view_str("ab"), "abc"));
    assert_false(vn_view_is(vn_view_of("ab\0", 3), "ab"));
    assert_int_equal(vn_view_str(NULL).len, 0);
}

static void test_a_buffer_never_grows_past_its_maximum(void **state)
{
    struct vn_buf buf;
    (void)state;
    vn_buf_init(&buf, 300);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(vn_buf_append_str(&buf, "0123456789"), VN_OK);
    }
    assert_int_equal(vn_buf_append_str(&buf, "x"), VN_FULL);
    assert_int_equal(vn_buf_reserve(&buf, SIZE_MAX), VN_FULL);
    assert_int_equal(vn_buf_reserve(&buf, SIZE_MAX - 299), VN_FULL);
    assert_int_equal(buf.len, 300);
    assert_true(buf.cap <= 300);
    vn_buf_drop_front(&buf, 295);
    assert_true(vn_view_is(vn_buf_view(&buf), "56789"));
    vn_buf_drop_front(&buf, 6);
    assert_int_equal(buf.len, 0);
    vn_buf_deinit(&buf);
    assert_int_equal(buf.max, 300);
    assert_null(buf.data);
}

static void test_printing_into_a_buffer_is_whole_or_nothing(void **state)
{
    struct vn_buf buf;
    (void)state;
    vn_buf_init(&buf, 8);
    assert_int_equal(vn_buf_printf(&buf, "%d-%s", 12, "abc"), VN_OK);
    assert_true(vn_view_is(vn_buf_view(&buf), "12-abc"));
    assert_int_equal(vn_buf_printf(&buf, "%s", "long"), VN_FULL);
    assert_true(vn_view_is(vn_buf_view(&buf), "12-abc"));
    vn_buf_deinit(&buf);
}

static void test_hexadecimal_goes_both_ways_and_takes_nothing_else(void **state)
{
    static const char *const bad[] = {"00ff0", "00ff010", "00fg01", "0 ff01", "+0ff01", "", "00ff01\n"};
    uint8_t bytes[3] = {9, 9, 9};
    char text[7];
    (void)state;
    assert_int_equal(vn_hex_decode(vn_view_str("00fF1a"), bytes, sizeof bytes), VN_OK);
    vn_hex_encode(vn_view_of(bytes, sizeof bytes), text);
    assert_string_equal(text, "00ff1a");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(vn_hex_decode(vn_view_str(bad[i]), bytes, sizeof bytes), VN_INPUT);
    }
    assert_int_equal(vn_hex_decode(VN_VIEW_NONE, bytes, 0), VN_OK);
}

static void test_times_are_iso_8601_from_1970_to_9999(void **state)
{
    static const struct {
        int64_t wall_ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1795335330123, "2026-11-22T08:15:30.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800000, "-"},
        {-1, "-"},
        {INT64_MAX, "-"},
        {INT64_MIN, "-"},
    };
    char text[VN_TIME_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vn_time_text(cases[i].wall_ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_the_machines_clocks_run(void **state)
{
    struct vn_clock clock = vn_clock_system();
    (void)state;
    int64_t before_ns = vn_clock_mono_ns(&clock);
    assert_true(before_ns > 0);
    assert_true(vn_clock_mono_ns(&clock) >= before_ns);
    assert_true(vn_clock_wall_ms(&clock) > 1600000000000);
}

static void test_seeded_numbers_repeat_and_others_do_not(void **state)
{
    uint64_t seeds[3] = {7, 7, 8};
    uint8_t out[3][20];
    uint8_t system[2][32];
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct vn_random random = vn_random_seeded(&seeds[i]);
        assert_int_equal(vn_random_fill(&random, out[i], sizeof out[i]), VN_OK);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    assert_memory_not_equal(out[0], out[2], sizeof out[0]);
    /* SplitMix64 from 7, its first number, low byte first: fixed, so that recorded simulations stay what they are */
    static const uint8_t first[] = {0xd7, 0x0d, 0x32, 0x59, 0xe4, 0xe1, 0xcb, 0x63};
    assert_memory_equal(out[0], first, sizeof first);
    struct vn_random random = vn_random_system();
    assert_int_equal(vn_random_fill(&random, system[0], sizeof system[0]), VN_OK);
    assert_int_equal(vn_random_fill(&random, system[1], sizeof system[1]), VN_OK);
    assert_memory_not_equal(system[0], system[1], sizeof system[0]);
}

static void test_a_failure_fills_its_struct_and_returns_its_status(void **state)
{
    struct vn_error error = {VN_OK, "old", "/old"};
    (void)state;
    assert_int_equal(vn_fail(&error, VN_FULL, "%d of %s", 3, "them"), VN_FULL);
    assert_int_equal(error.status, VN_FULL);
    assert_string_equal(error.text, "3 of them");
    assert_string_equal(error.pointer, "");
    assert_int_equal(vn_fail(NULL, VN_IO, "nobody listens"), VN_IO);
}

/* A text cut within a character is no UTF-8, and JSON would not take it. */
static void test_an_error_text_is_cut_between_characters(void **state)
{
    static const char *const characters[] = {"x", "\xc5\xa1", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    (void)state;
    for (size_t c = 0; c < sizeof characters / sizeof characters[0]; c++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[VN_ERROR_TEXT_MAX + 16] = "";
            struct vn_error error;
            memset(text, 'a', shift);
            text[shift] = '\0';
            for (size_t len = shift; len < VN_ERROR_TEXT_MAX + 8; len += strlen(characters[c])) {
                memcpy(text + len, characters[c], strlen(characters[c]) + 1);
            }
            (void)vn_fail(&error, VN_INPUT, "%s", text);
            size_t size = strlen(characters[c]);
            size_t len = strlen(error.text);
            assert_int_equal((len - shift) % size, 0);
            assert_true(len + size >= VN_ERROR_TEXT_MAX);
        }
    }
}

static void test_plain_text_is_utf_8_without_controls(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a b~",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xc3\x84nne"};
    static const char *const bad[] = {"\n",
                                      "a\x7f",
                                      "\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2 ",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe1\x80",
                                      "\xe1\x80\xc0",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xf1\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(vn_view_is_plain_text(vn_view_str(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(vn_view_is_plain_text(vn_view_str(bad[i])));
    }
    assert_false(vn_view_is_plain_text(vn_view_of("a\0b", 3)));
}

static void test_every_status_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = VN_OK; i <= VN_CONFLICT; i++) {
        assert_string_not_equal(vn_status_name((enum vn_status)i), "unknown");
        for (int j = VN_OK; j < i; j++) {
            assert_string_not_equal(vn_status_name((enum vn_status)i), vn_status_name((enum vn_status)j));
        }
    }
    assert_string_equal(vn_status_name((enum vn_status)(VN_CONFLICT + 1)), "unknown");
    assert_string_equal(vn_status_name((enum vn_status) - 1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copied_view_is_whole_and_has_no_nul),
        cmocka_unit_test(test_views_compare_by_content_and_empty_ones_are_equal),
        cmocka_unit_test(test_a_buffer_never_grows_past_its_maximum),
        cmocka_unit_test(test_printing_into_a_buffer_is_whole_or_nothing),
        cmocka_unit_test(test_hexadecimal_goes_both_ways_and_takes_nothing_else),
        cmocka_unit_test(test_times_are_iso_8601_from_1970_to_9999),
        cmocka_unit_test(test_the_machines_clocks_run),
        cmocka_unit_test(test_seeded_numbers_repeat_and_others_do_not),
        cmocka_unit_test(test_a_failure_fills_its_struct_and_returns_its_status),
        cmocka_unit_test(test_an_error_text_is_cut_between_characters),
        cmocka_unit_test(test_plain_text_is_utf_8_without_controls),
        cmocka_unit_test(test_every_status_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
