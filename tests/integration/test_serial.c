/* The real serial driver through libserialport's own open and read, on a pseudo-terminal. Runs with the pty
 * shim preloaded (toolchain/pty-shim); the scanner is the other end of the pty. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* posix_openpt */
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/devices.h"
#include "tests/unit/folder.h"

#define WAIT_MS 5000

struct world {
    uv_loop_t loop;
    uv_timer_t limit;
    struct vn_devices *devices;
    uint64_t seed;
    int scanner; /* the pty's master */
    char folder[FOLDER_PATH];
    char link[96]; /* what the configuration names */
    unsigned found, lost, unreadable, scans;
    bool timed_out, destroy_in_scan;
    struct vn_scan last;
};

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct world *world = ctx;
    world->scans++;
    uv_stop(&world->loop); /* or a round that began with a timer would go on to wait */
    world->last = *scan;
    if (world->destroy_in_scan) {
        vn_devices_destroy(world->devices);
        world->devices = NULL;
    }
}

static void on_found(void *ctx, const char *device)
{
    struct world *world = ctx;
    assert_string_equal(device, "front");
    world->found++;
    uv_stop(&world->loop);
}

static void on_lost(void *ctx, const char *device)
{
    struct world *world = ctx;
    assert_string_equal(device, "front");
    world->lost++;
    uv_stop(&world->loop);
}

static void on_unreadable(void *ctx, const char *device)
{
    struct world *world = ctx;
    assert_string_equal(device, "front");
    world->unreadable++;
    uv_stop(&world->loop);
}

static void on_limit(uv_timer_t *timer)
{
    struct world *world = timer->data;
    world->timed_out = true;
}

/* Runs the loop until a counter has reached a number. */
static void run_until(struct world *world, const unsigned *counter, unsigned wanted)
{
    world->timed_out = false;
    assert_int_equal(uv_timer_start(&world->limit, on_limit, WAIT_MS, 0), 0);
    while (*counter < wanted && !world->timed_out) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    assert_false(world->timed_out);
    assert_int_equal(*counter, wanted);
    (void)uv_timer_stop(&world->limit);
}

/* A new pty, and the link to it: as udev makes /dev/serial/by-id anew. */
static void plug_in(struct world *world)
{
    world->scanner = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(world->scanner >= 0);
    assert_int_equal(grantpt(world->scanner), 0);
    assert_int_equal(unlockpt(world->scanner), 0);
    const char *name = ptsname(world->scanner);
    assert_non_null(name);
    (void)unlink(world->link);
    assert_int_equal(symlink(name, world->link), 0);
}

static void say(struct world *world, const char *bytes)
{
    assert_int_equal(write(world->scanner, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    assert_int_equal(uv_timer_init(&world->loop, &world->limit), 0);
    world->limit.data = world;
    world->scanner = -1;
    folder_make(world->folder, "serial");
    (void)snprintf(world->link, sizeof world->link, "%s/scanner0", world->folder);
    *state = world;
    return 0;
}

static void start(struct world *world, const char *options)
{
    char spec[256];
    (void)snprintf(spec, sizeof spec, "front=serial:%s@115200%s", world->link, options);
    const char *const specs[] = {spec};
    const struct vn_device_events events = {on_scan, on_found, on_lost, on_unreadable, world};
    struct vn_error error = {0};
    assert_int_equal(vn_devices_create(&world->loop, vn_clock_system(), vn_random_seeded(&world->seed), NULL,
                                       specs, 1, &events, &world->devices, &error),
                     VN_OK);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    vn_devices_destroy(world->devices);
    uv_close((uv_handle_t *)&world->limit, NULL);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    if (world->scanner >= 0) {
        (void)close(world->scanner);
    }
    (void)unlink(world->link);
    (void)rmdir(world->folder);
    free(world);
    return 0;
}

static void test_serial_scan_comes_through_libserialport(void **state)
{
    struct world *world = *state;
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    assert_true(vn_devices_present(world->devices, 0));
    say(world, "]E04006");
    say(world, "381333931\r\n");
    run_until(world, &world->scans, 1);
    assert_string_equal(world->last.device, "front");
    assert_string_equal(world->last.aim, "]E0");
    assert_int_equal(world->last.len, 13);
    assert_memory_equal(world->last.data, "4006381333931", 13);
    assert_true(world->last.mono_ns > 0);
    say(world, "]C1255950110153000319\x1d"
               "39005\r\n");
    run_until(world, &world->scans, 2);
    assert_int_equal(world->last.len, 24);
    assert_int_equal(world->last.data[18], 0x1d);
}

static void test_serial_control_bytes_pass_the_line_untouched(void **state)
{
    struct world *world = *state;
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    say(world, "[)>\x1e"
               "05\x1d"
               "\x11\x13\x1a\x7f\x04\xff\r"); /* ISO 15434; XON, XOFF, SUB, DEL, EOT: a raw line eats none */
    run_until(world, &world->scans, 1);
    assert_int_equal(world->last.len, 13);
    assert_memory_equal(world->last.data + 7, "\x11\x13\x1a\x7f\x04\xff", 6);
}

static void test_serial_scan_without_suffix_ends_by_timer(void **state)
{
    struct world *world = *state;
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    say(world, "12345670");
    run_until(world, &world->scans, 1);
    assert_int_equal(world->last.len, 8);
    /* idle and fine: nothing is left that could wake the loop but the port itself */
    assert_int_equal(uv_backend_timeout(&world->loop), -1);
}

static void test_serial_unplugged_is_lost_and_found_again(void **state)
{
    struct world *world = *state;
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    say(world, "]E0400638"); /* half a label */
    for (unsigned round = 1; round <= 3; round++) {
        (void)close(world->scanner);
        world->scanner = -1;
        run_until(world, &world->lost, round);
        assert_false(vn_devices_present(world->devices, 0));
        assert_true(uv_backend_timeout(&world->loop) > 0); /* waits, does not spin */
        plug_in(world);
        run_until(world, &world->found, round + 1);
    }
    say(world, "12345670\r");
    run_until(world, &world->scans, 1);
    assert_int_equal(world->last.len, 8); /* the half label is not glued to it */
}

static void test_serial_device_that_comes_later_is_found(void **state)
{
    struct world *world = *state;
    start(world, "");
    for (int i = 0; i < 2; i++) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    assert_int_equal(world->found, 0);
    assert_int_equal(world->lost, 0); /* never there: never lost */
    plug_in(world);
    run_until(world, &world->found, 1);
}

static void test_serial_beeps_with_the_profiles_bytes(void **state)
{
    struct world *world = *state;
    start(world, ",profile=honeywell,bad=1b38");
    assert_int_equal(vn_devices_beep(world->devices, "front", VN_BEEP_GOOD), VN_GONE);
    plug_in(world);
    run_until(world, &world->found, 1);
    assert_int_equal(vn_devices_beep(world->devices, "front", VN_BEEP_GOOD), VN_OK);
    assert_int_equal(vn_devices_beep(world->devices, "front", VN_BEEP_BAD), VN_OK);
    uint8_t got[16] = {0};
    size_t len = 0;
    while (len < 5) {
        ssize_t more = read(world->scanner, got + len, sizeof got - len);
        assert_true(more > 0);
        len += (size_t)more;
    }
    assert_int_equal(len, 5);
    assert_memory_equal(got, "\x16\x07\r\x1b\x38", 5);
}

static void test_serial_what_was_scanned_before_opening_is_thrown_away(void **state)
{
    struct world *world = *state;
    plug_in(world);
    int line = open(world->link, O_RDWR | O_NOCTTY); /* holds the line, as the kernel does for USB-CDC */
    assert_true(line >= 0);
    say(world, "]E0EARLIER\r");
    start(world, "");
    run_until(world, &world->found, 1);
    say(world, "12345670\r");
    run_until(world, &world->scans, 1);
    assert_memory_equal(world->last.data, "12345670", 8);
    (void)close(line);
}

static void test_serial_can_be_destroyed_from_its_own_event(void **state)
{
    struct world *world = *state;
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    world->destroy_in_scan = true;
    say(world, "12345670\r12345670\r12345670\r");
    run_until(world, &world->scans, 1);
    uv_unref((uv_handle_t *)&world->limit);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(world->scans, 1);
}

/* Runs the loop until it is known why the device is away. */
static void expect_why(struct world *world, const char *wanted)
{
    world->timed_out = false;
    assert_int_equal(uv_timer_start(&world->limit, on_limit, WAIT_MS, 0), 0);
    while (strstr(vn_devices_why(world->devices, 0), wanted) == NULL && !world->timed_out) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    (void)uv_timer_stop(&world->limit);
    if (world->timed_out) {
        fail_msg("'%s', not '%s'", vn_devices_why(world->devices, 0), wanted);
    }
    assert_memory_equal(vn_devices_why(world->devices, 0), world->link, strlen(world->link));
}

static void test_serial_that_is_away_says_why(void **state)
{
    struct world *world = *state;
    start(world, "");
    assert_string_equal(vn_devices_why(world->devices, 0), "");
    expect_why(world, ": No such file or directory; check plug and address");
    int file = open(world->link, O_RDWR | O_CREAT, 0600);
    assert_true(file >= 0);
    (void)close(file);
    expect_why(world, ": not a serial port; check the address");
    assert_int_equal(unlink(world->link), 0);
    assert_int_equal(symlink("/dev/null", world->link), 0);
    expect_why(world, ": not a serial port; check the address");
    plug_in(world);
    run_until(world, &world->found, 1);
    assert_string_equal(vn_devices_why(world->devices, 0), "");
    (void)close(world->scanner);
    world->scanner = -1;
    run_until(world, &world->lost, 1);
    expect_why(world, world->link);
}

static void test_serial_without_the_right_to_open_names_the_group(void **state)
{
    struct world *world = *state;
    plug_in(world);
    (void)unlink(world->link); /* its folder would be in the way */
    (void)snprintf(world->link, sizeof world->link, "%s", ptsname(world->scanner));
    assert_int_equal(chmod(world->link, 0), 0);
    uid_t before = geteuid();
    assert_int_equal(before == 0 ? seteuid(65534) : 0, 0); /* root may open everything */
    start(world, "");
    expect_why(world, ": Permission denied; add the agent's user to the group dialout");
    assert_int_equal(seteuid(before), 0);
    assert_int_equal(chmod(world->link, 0600), 0);
    run_until(world, &world->found, 1);
}

#define WORLD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A scanner that lost its suffix sends one endless label; the cashier is told once, and the next label counts. */
static void test_serial_a_label_without_end_is_told_and_the_next_one_counts(void **state)
{
    struct world *world = *state;
    char block[513];
    memset(block, '7', sizeof block - 1);
    block[sizeof block - 1] = '\0';
    plug_in(world);
    start(world, "");
    run_until(world, &world->found, 1);
    for (int i = 0; i < 10; i++) {
        say(world, block);
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    say(world, "\r");
    run_until(world, &world->unreadable, 1);
    say(world, "4006381333931\r");
    run_until(world, &world->scans, 1);
    assert_int_equal(world->last.len, 13);
    assert_int_equal(world->unreadable, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_serial_scan_comes_through_libserialport),
        WORLD(test_serial_control_bytes_pass_the_line_untouched),
        WORLD(test_serial_scan_without_suffix_ends_by_timer),
        WORLD(test_serial_unplugged_is_lost_and_found_again),
        WORLD(test_serial_device_that_comes_later_is_found),
        WORLD(test_serial_beeps_with_the_profiles_bytes),
        WORLD(test_serial_what_was_scanned_before_opening_is_thrown_away),
        WORLD(test_serial_can_be_destroyed_from_its_own_event),
        WORLD(test_serial_a_label_without_end_is_told_and_the_next_one_counts),
        WORLD(test_serial_that_is_away_says_why),
        WORLD(test_serial_without_the_right_to_open_names_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
