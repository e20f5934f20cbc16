/* Device specs, beep profiles, back-off: what needs no device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "drivers/devices.h"
#include "drivers/profile.h"
#include "drivers/retry.h"
#include "drivers/usb_find.h"

static enum vn_status parse(const char *text, struct vn_device_spec *out)
{
    struct vn_error error = {0};
    enum vn_status status = vn_device_spec_parse(text, 0, out, &error);
    assert_true(status == VN_OK || error.text[0] != '\0'); /* a refusal says why */
    return status;
}

static void test_spec_serial_with_defaults(void **state)
{
    (void)state;
    struct vn_device_spec spec;
    assert_int_equal(parse("serial:/dev/ttyACM0", &spec), VN_OK);
    assert_string_equal(spec.id, "serial-1");
    assert_string_equal(spec.driver->name, "serial");
    assert_string_equal(spec.address, "/dev/ttyACM0");
    assert_int_equal(spec.baud, 9600);
    assert_int_equal(spec.bits, 8);
    assert_int_equal(spec.parity, 'N');
    assert_int_equal(spec.stop_bits, 1);
    assert_int_equal(spec.beep[VN_BEEP_GOOD].len, 0);
}

static void test_spec_serial_with_everything(void **state)
{
    (void)state;
    struct vn_device_spec spec;
    assert_int_equal(
        parse("front=serial:/dev/serial/by-id/usb-A@b=c:1@115200,mode=7E2,profile=honeywell,bad=0707", &spec),
        VN_OK);
    assert_string_equal(spec.id, "front");
    assert_string_equal(spec.address, "/dev/serial/by-id/usb-A@b=c:1");
    assert_int_equal(spec.baud, 115200);
    assert_int_equal(spec.bits, 7);
    assert_int_equal(spec.parity, 'E');
    assert_int_equal(spec.stop_bits, 2);
    assert_int_equal(spec.beep[VN_BEEP_GOOD].len, 3);
    assert_memory_equal(spec.beep[VN_BEEP_GOOD].bytes, "\x16\x07\r", 3);
    assert_int_equal(spec.beep[VN_BEEP_BAD].len, 2);
    assert_memory_equal(spec.beep[VN_BEEP_BAD].bytes, "\a\a", 2);
}

static void test_spec_equals_sign_in_a_path_is_no_id(void **state)
{
    (void)state;
    struct vn_device_spec spec;
    assert_int_equal(parse("serial:/dev/a=b", &spec), VN_OK);
    assert_string_equal(spec.id, "serial-1");
    assert_string_equal(spec.address, "/dev/a=b");
}

static void test_spec_hidpos(void **state)
{
    (void)state;
    struct vn_device_spec spec;
    struct vn_usb_address address;
    assert_int_equal(parse("hidpos:auto", &spec), VN_OK);
    assert_int_equal(vn_usb_address_parse(spec.address, &address), VN_OK);
    assert_true(address.any);
    assert_int_equal(parse("back=hidpos:0c2e:0B81", &spec), VN_OK);
    assert_int_equal(vn_usb_address_parse(spec.address, &address), VN_OK);
    assert_false(address.any);
    assert_int_equal(address.vendor, 0x0c2e);
    assert_int_equal(address.product, 0x0b81);
}

static void test_spec_refuses_what_it_cant_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "serial",
        "serial:",
        "serial:ttyS0",
        "parallel:/dev/lp0",
        "=serial:/dev/ttyS0",
        "a b=serial:/dev/ttyS0",
        "serial:/dev/ttyS0@",
        "serial:/dev/ttyS0@fast",
        "serial:/dev/ttyS0@9600baud",
        "serial:/dev/ttyS0@99999999999999999999",
        "serial:/dev/ttyS0@0",
        "serial:/dev/ttyS0,mode=9N1",
        "serial:/dev/ttyS0,mode=8X1",
        "serial:/dev/ttyS0,profile=unheard-of",
        "serial:/dev/ttyS0,good=7",
        "serial:/dev/ttyS0,good=xx",
        "serial:/dev/ttyS0,good=000102030405060708090a0b0c0d0e0f10",
        "serial:/dev/ttyS0,colour=red",
        "serial:/dev/ttyS0,,",
        "hidpos:always",
        "hidpos:0c2e-0b81",
        "hidpos:0c2e:0b8g",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vn_device_spec spec;
        assert_int_equal(parse(bad[i], &spec), VN_INPUT);
    }
    char long_id[2 * VN_ID_MAX + 20];
    memset(long_id, 'x', sizeof long_id);
    memcpy(long_id + (size_t)2 * VN_ID_MAX, "=serial:/dev/ttyS0", 19);
    struct vn_device_spec spec;
    assert_int_equal(parse(long_id, &spec), VN_INPUT);
}

static void test_table_names_are_found(void **state)
{
    (void)state;
    size_t count = 0;
    const struct vn_driver *const *table = vn_driver_table(&count);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(vn_driver_find(vn_view_str(table[i]->name)), table[i]);
        assert_non_null(table[i]->form);
        assert_non_null(table[i]->summary);
    }
    assert_null(vn_driver_find(vn_view_str("serial2")));
}

static void test_profile_generic_is_silent(void **state)
{
    (void)state;
    const struct vn_profile *generic = vn_profile_find(vn_view_str("generic"));
    assert_non_null(generic);
    assert_int_equal(generic->beep[VN_BEEP_GOOD].len, 0);
    assert_int_equal(generic->beep[VN_BEEP_BAD].len, 0);
    const struct vn_profile *zebra = vn_profile_find(vn_view_str("zebra"));
    assert_non_null(zebra);
    assert_int_equal(zebra->beep[VN_BEEP_GOOD].bytes[0], 0x07);
    assert_null(vn_profile_find(vn_view_str("")));
}

static enum vn_status no_randomness(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 0, len);
    return VN_IO;
}

static void test_retry_doubles_within_its_bounds(void **state)
{
    (void)state;
    const struct vn_random none = {no_randomness, NULL};
    assert_int_equal(vn_retry_wait_ms(0, &none), 250);
    assert_int_equal(vn_retry_wait_ms(1, &none), 500);
    assert_int_equal(vn_retry_wait_ms(5, &none), 8000);
    assert_int_equal(vn_retry_wait_ms(6, &none), 10000);
    assert_int_equal(vn_retry_wait_ms(4000000000, &none), 10000);
}

static void test_retry_jitter_spreads_over_the_upper_half(void **state)
{
    (void)state;
    uint64_t seed = 7;
    const struct vn_random random = vn_random_seeded(&seed);
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t wait_ms = vn_retry_wait_ms(10, &random);
        least = wait_ms < least ? wait_ms : least;
        most = wait_ms > most ? wait_ms : most;
        assert_true(vn_retry_wait_ms(0, &random) == 250);
    }
    assert_in_range(least, 5000, 5100);
    assert_in_range(most, 9900, 10000);
}

static void nothing_scanned(void *ctx, const struct vn_scan *scan)
{
    (void)ctx;
    fail_msg("a scan from %s", scan->device);
}

static void nothing_changed(void *ctx, const char *device)
{
    (void)ctx;
    fail_msg("an event of %s", device);
}

static enum vn_status create(uv_loop_t *loop, const char *const *specs, size_t count, struct vn_devices **out)
{
    static const struct vn_device_events events = {nothing_scanned, nothing_changed, nothing_changed,
                                                   nothing_changed, NULL};
    struct vn_error error = {0};
    return vn_devices_create(loop, vn_clock_system(), vn_random_system(), NULL, specs, count, &events, out,
                             &error);
}

static void test_devices_away_are_no_error_and_end_cleanly(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    const char *const specs[] = {"a=serial:/dev/verno-none", "serial:/dev/null",
                                 "serial:/dev/verno-none-either"};
    struct vn_devices *devices = NULL;
    assert_int_equal(create(&loop, specs, 3, &devices), VN_OK);
    assert_int_equal(vn_devices_count(devices), 3);
    assert_string_equal(vn_devices_id(devices, 0), "a");
    assert_string_equal(vn_devices_id(devices, 2), "serial-3");
    for (int i = 0; i < 3; i++) {
        (void)uv_run(&loop, UV_RUN_ONCE); /* first attempts and a retry */
    }
    assert_false(vn_devices_present(devices, 0));
    assert_false(vn_devices_present(devices, 1)); /* /dev/null is no serial port */
    assert_int_equal(vn_devices_beep(devices, "a", VN_BEEP_GOOD), VN_UNSUPPORTED);
    assert_int_equal(vn_devices_beep(devices, "b", VN_BEEP_GOOD), VN_ABSENT);
    vn_devices_destroy(devices);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_devices_refuse_doubles_and_too_many(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    const char *const twice[] = {"a=serial:/dev/ttyS0", "a=serial:/dev/ttyS1"};
    const char *many[VN_DEVICES_MAX + 1];
    for (size_t i = 0; i <= VN_DEVICES_MAX; i++) {
        many[i] = "serial:/dev/verno-none";
    }
    struct vn_devices *devices = NULL;
    assert_int_equal(create(&loop, twice, 2, &devices), VN_INPUT);
    assert_null(devices);
    assert_int_equal(create(&loop, many, VN_DEVICES_MAX + 1, &devices), VN_FULL);
    assert_null(devices);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec_serial_with_defaults),
        cmocka_unit_test(test_spec_serial_with_everything),
        cmocka_unit_test(test_spec_equals_sign_in_a_path_is_no_id),
        cmocka_unit_test(test_spec_hidpos),
        cmocka_unit_test(test_spec_refuses_what_it_cant_read),
        cmocka_unit_test(test_table_names_are_found),
        cmocka_unit_test(test_profile_generic_is_silent),
        cmocka_unit_test(test_retry_doubles_within_its_bounds),
        cmocka_unit_test(test_retry_jitter_spreads_over_the_upper_half),
        cmocka_unit_test(test_devices_away_are_no_error_and_end_cleanly),
        cmocka_unit_test(test_devices_refuse_doubles_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
