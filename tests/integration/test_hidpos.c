/* The real HID-POS driver on the real libusb; the USB device is made by umockdev at the kernel's edge, and what
 * it says is a recording in usbmon's format, written here from the published layout (not captured). Runs with
 * umockdev's library preloaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <umockdev.h>
#include <unistd.h>

#include "drivers/devices.h"
#include "tests/unit/folder.h"

#define WAIT_MS        8000
#define BUS            1
#define URB_INTERRUPT  1
#define URB_CONTROL    2
#define ENDPOINT       0x81
#define REPORT_LEN     64
#define DLT_USB_MMAP   220
#define SYS_FORM       "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-%d"
#define DESCRIPTOR_LEN 144
#define SETUP_NONE     "-"

/* Port and address are the same number: a device that is plugged in again gets new ones, as on a real bus. */
static const char device_form[] = "P: /devices/pci0000:00/0000:00:14.0/usb1/1-%1$d\n"
                                  "N: bus/usb/001/00%1$d\n"
                                  "E: DEVNAME=/dev/bus/usb/001/00%1$d\n"
                                  "E: SUBSYSTEM=usb\n"
                                  "E: BUSNUM=001\n"
                                  "E: DEVNUM=00%1$d\n"
                                  "A: busnum=1\\n\n"
                                  "A: devnum=%1$d\\n\n"
                                  "A: speed=12\\n\n"
                                  "A: bConfigurationValue=1\\n\n"
                                  "H: descriptors="
                                  "12011001000000402e0c810b000100000001" /* device 0c2e:0b81 */
                                  "090222000101008032"                   /* configuration 1 */
                                  "090400000103000000"                   /* interface 0, class 3 */
                                  "092111010001229000"  /* HID, report descriptor of 144 bytes */
                                  "0705810340000a\n\n"; /* interrupt IN, 64 bytes */

static const char report_descriptor[] =
    "058c0902a1010912a1028502150026ff00750895010501093b81029503058c09fb09fc09fd"
    "8102953809fe8202010666ff9502090409008102058c25017501950809ff8102c00914a102"
    "850415002501750195080900095f096009000900098509869186c00666ff750826ff000903"
    "a10285fe95010903b28201c00901a10285fd950109219102953e0922928201c0c0";

/* --- the recording --- */

struct recording {
    FILE *file;
    int address;
    uint64_t id;
    uint32_t at_ms;
};

static void put(struct recording *recording, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        assert_true(fputc((int)(value >> (8 * i) & 0xff), recording->file) != EOF);
    }
}

static void packet(struct recording *recording, char event, int type, int endpoint, int32_t status,
                   uint32_t urb_len, const char *setup, const uint8_t *data, uint32_t data_len)
{
    uint32_t sec = recording->at_ms / 1000;
    uint32_t usec = recording->at_ms % 1000 * 1000;
    put(recording, sec, 4);
    put(recording, usec, 4);
    put(recording, 64 + data_len, 4);
    put(recording, 64 + data_len, 4);
    put(recording, recording->id, 8);
    put(recording, (uint8_t)event, 1);
    put(recording, (uint64_t)type, 1);
    put(recording, (uint64_t)endpoint, 1);
    put(recording, (uint64_t)recording->address, 1);
    put(recording, BUS, 2);
    put(recording, setup[0] == '-' ? '-' : 0, 1);
    put(recording, data_len > 0 ? 0 : '<', 1);
    put(recording, sec, 8);
    put(recording, usec, 4);
    put(recording, (uint32_t)status, 4);
    put(recording, urb_len, 4);
    put(recording, data_len, 4);
    uint8_t bytes[8] = {0};
    if (setup[0] != '-') {
        assert_int_equal(vn_hex_decode(vn_view_str(setup), bytes, sizeof bytes), VN_OK);
    }
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, recording->file), sizeof bytes);
    put(recording, 0, 8); /* interval, start frame */
    put(recording, 0, 8); /* flags, descriptors */
    if (data_len > 0) {
        assert_int_equal(fwrite(data, 1, data_len, recording->file), data_len);
    }
    recording->at_ms += 5;
}

/* The host asks for a report and gets one, or an empty transfer (data NULL), or with `status` an error. */
static void interrupt(struct recording *recording, const uint8_t *data, int32_t status)
{
    uint32_t len = data == NULL ? 0 : REPORT_LEN;
    recording->id++;
    packet(recording, 'S', URB_INTERRUPT, ENDPOINT, -115, REPORT_LEN, SETUP_NONE, NULL, 0);
    packet(recording, 'C', URB_INTERRUPT, ENDPOINT, status, len, SETUP_NONE, data, len);
}

static void scan(struct recording *recording, const char *aim, const char *data, bool continued)
{
    struct vn_view text = vn_view_str(data);
    uint8_t report[REPORT_LEN] = {0x02, (uint8_t)text.len};
    memcpy(report + 2, aim, 3);
    memcpy(report + 5, text.data, text.len);
    report[63] = continued ? 1 : 0;
    interrupt(recording, report, 0);
    interrupt(recording, NULL, 0); /* the empty transfer behind a full packet */
}

static void open_recording(struct recording *recording, const char *path, int address)
{
    *recording = (struct recording){.file = fopen(path, "wb"), .address = address};
    if (recording->file == NULL) {
        fail_msg("%s can't be written", path);
        abort(); /* fail_msg does not return */
    }
    put(recording, 0xa1b2c3d4, 4);
    put(recording, 2 | 4 << 16, 4);
    put(recording, 0, 8);
    put(recording, 65535, 4);
    put(recording, DLT_USB_MMAP, 4);
    uint8_t descriptor[DESCRIPTOR_LEN];
    assert_int_equal(vn_hex_decode(vn_view_str(report_descriptor), descriptor, sizeof descriptor), VN_OK);
    recording->id++;
    packet(recording, 'S', URB_CONTROL, 0x80, -115, DESCRIPTOR_LEN, "8106002200009000", NULL, 0);
    packet(recording, 'C', URB_CONTROL, 0x80, 0, DESCRIPTOR_LEN, SETUP_NONE, descriptor, DESCRIPTOR_LEN);
}

/* --- the world --- */

struct world {
    uv_loop_t loop;
    uv_timer_t limit;
    UMockdevTestbed *bed;
    struct vn_devices *devices;
    uint64_t seed;
    struct folder folder;
    const char *pcap;
    unsigned found, lost, unreadable, scans;
    bool timed_out;
    struct vn_scan last;
};

static void on_scan(void *ctx, const struct vn_scan *scanned)
{
    struct world *world = ctx;
    assert_true(world->found == world->lost + 1); /* scans come between found and lost */
    world->scans++;
    world->last = *scanned;
    uv_stop(&world->loop);
}

static void on_found(void *ctx, const char *device)
{
    struct world *world = ctx;
    assert_string_equal(device, "hidpos-1");
    assert_int_equal(world->found, world->lost);
    world->found++;
    uv_stop(&world->loop);
}

static void on_lost(void *ctx, const char *device)
{
    struct world *world = ctx;
    (void)device;
    world->lost++;
    assert_int_equal(world->found, world->lost);
    uv_stop(&world->loop);
}

static void on_unreadable(void *ctx, const char *device)
{
    struct world *world = ctx;
    (void)device;
    world->unreadable++;
    uv_stop(&world->loop);
}

static void on_limit(uv_timer_t *timer)
{
    struct world *world = timer->data;
    world->timed_out = true;
}

static void run_until(struct world *world, const unsigned *counter, unsigned wanted)
{
    world->timed_out = false;
    assert_int_equal(uv_timer_start(&world->limit, on_limit, WAIT_MS, 0), 0);
    while (*counter < wanted && !world->timed_out) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    assert_false(world->timed_out);
    (void)uv_timer_stop(&world->limit);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(uv_loop_init(&world->loop), 0);
    assert_int_equal(uv_timer_init(&world->loop, &world->limit), 0);
    world->limit.data = world;
    folder_create(&world->folder);
    world->pcap = folder_file(&world->folder, "recording");
    world->bed = umockdev_testbed_new();
    *state = world;
    return 0;
}

static void start(struct world *world, const char *spec)
{
    const struct vn_device_events events = {on_scan, on_found, on_lost, on_unreadable, world};
    struct vn_error error = {0};
    assert_int_equal(vn_devices_create(&world->loop, vn_clock_system(), vn_random_seeded(&world->seed), NULL,
                                       &spec, 1, &events, &world->devices, &error),
                     VN_OK);
}

static void plug_in(struct world *world, int port)
{
    char text[2048];
    char path[128];
    (void)snprintf(text, sizeof text, device_form, port);
    (void)snprintf(path, sizeof path, SYS_FORM, port);
    GError *error = NULL;
    assert_true(umockdev_testbed_add_from_string(world->bed, text, &error));
    assert_true(umockdev_testbed_load_pcap(world->bed, path, world->pcap, &error));
    /* Only now libusb sees it: a driver that looks again in between would find a device that nobody answers for. */
    umockdev_testbed_set_property(world->bed, path, "DEVTYPE", "usb_device");
    umockdev_testbed_uevent(world->bed, path, "add");
}

/* What the kernel's HID layer shows of the device's interface, with this report descriptor. */
static void bind_in_kernel(struct world *world, int port, const char *descriptor)
{
    static const char form[] =
        "P: /devices/pci0000:00/0000:00:14.0/usb1/1-%1$d/1-%1$d:1.0\n"
        "E: SUBSYSTEM=usb\n"
        "E: DEVTYPE=usb_interface\n\n"
        "P: /devices/pci0000:00/0000:00:14.0/usb1/1-%1$d/1-%1$d:1.0/0003:0C2E:0B81.0001\n"
        "E: SUBSYSTEM=hid\n"
        "H: report_descriptor=%2$s\n\n";
    char text[2048];
    (void)snprintf(text, sizeof text, form, port, descriptor);
    GError *error = NULL;
    assert_true(umockdev_testbed_add_from_string(world->bed, text, &error));
}

static void unplug(struct world *world, int port)
{
    char path[128];
    (void)snprintf(path, sizeof path, SYS_FORM, port);
    umockdev_testbed_uevent(world->bed, path, "remove");
    umockdev_testbed_remove_device(world->bed, path);
}

static int tear_down(void **state)
{
    struct world *world = *state;
    vn_devices_destroy(world->devices);
    uv_close((uv_handle_t *)&world->limit, NULL);
    assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&world->loop), 0);
    g_object_unref(world->bed);
    folder_remove(&world->folder);
    free(world);
    return 0;
}

static void test_hidpos_scans_come_through_libusb(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4);
    scan(&recording, "]E0", "4006381333931", false);
    scan(&recording, "]Q1", "https://id.gs1.org/8018/123456789012345675?x=abcdefghijk", true);
    scan(&recording, "]Q1", "lmnopqrstuvw", false);
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    start(world, "hidpos:auto");
    run_until(world, &world->found, 1);
    assert_true(vn_devices_present(world->devices, 0));
    run_until(world, &world->scans, 1);
    if (world->scans == 1) {
        assert_string_equal(world->last.aim, "]E0");
        assert_int_equal(world->last.len, 13);
    }
    run_until(world, &world->scans, 2);
    assert_string_equal(world->last.device, "hidpos-1");
    assert_string_equal(world->last.aim, "]Q1");
    assert_int_equal(world->last.len, 68);
    assert_memory_equal(world->last.data + 56, "lmnopqrstuvw", 12);
}

static void test_hidpos_is_found_when_plugged_in_and_lost_when_pulled(void **state)
{
    struct world *world = *state;
    start(world, "hidpos:0c2e:0b81");
    for (unsigned round = 1; round <= 2; round++) {
        int port = 3 + (int)round;
        struct recording recording;
        open_recording(&recording, world->pcap, port);
        scan(&recording, "]E0", "4006381333931", false);
        assert_int_equal(fclose(recording.file), 0);
        plug_in(world, port);
        run_until(world, &world->scans, round);
        assert_true(vn_devices_present(world->devices, 0));
        unplug(world, port);
        run_until(world, &world->lost, round);
        assert_false(vn_devices_present(world->devices, 0));
        assert_int_equal(vn_devices_beep(world->devices, "hidpos-1", VN_BEEP_GOOD), VN_GONE);
    }
    assert_int_equal(world->found, 2);
}

static void test_hidpos_beeps_by_the_descriptors_output_report(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4);
    static const uint8_t good_read[] = {0x04, 0x40};
    recording.id++;
    packet(&recording, 'S', URB_CONTROL, 0x00, -115, 2, "2109040200000200", good_read, 2);
    packet(&recording, 'C', URB_CONTROL, 0x00, 0, 2, SETUP_NONE, NULL, 0);
    scan(&recording, "]E0", "4006381333931", false); /* the replay gets here only past the right beep */
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    start(world, "hidpos:auto");
    assert_int_equal(vn_devices_beep(world->devices, "hidpos-1", VN_BEEP_GOOD), VN_GONE);
    run_until(world, &world->found, 1);
    assert_int_equal(vn_devices_beep(world->devices, "hidpos-1", VN_BEEP_GOOD), VN_OK);
    run_until(world, &world->scans, 1);
}

static void test_hidpos_failed_transfer_is_lost_and_tried_again(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4);
    scan(&recording, "]E0", "4006381333931", false);
    interrupt(&recording, NULL, -71); /* EPROTO: a bad cable */
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    start(world, "hidpos:auto");
    run_until(world, &world->scans, 1);
    run_until(world, &world->lost, 1);
    assert_int_equal(world->found, 1);
}

/* Half a second in which nothing may be found. */
static void run_in_vain(struct world *world)
{
    world->timed_out = false;
    assert_int_equal(uv_timer_start(&world->limit, on_limit, 500, 0), 0);
    while (!world->timed_out) {
        (void)uv_run(&world->loop, UV_RUN_ONCE);
    }
    assert_int_equal(world->found, 0);
    assert_int_equal(world->lost, 0);
    assert_non_null(strstr(vn_devices_why(world->devices, 0), "no such scanner on the USB; check the plug"));
}

static void test_hidpos_other_model_is_left_alone(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4);
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    start(world, "hidpos:0c2e:0901");
    run_in_vain(world);
}

static void test_hidpos_auto_asks_the_kernel_before_it_touches(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4); /* it would answer as a scanner, if it were asked */
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    bind_in_kernel(world, 4, "05010906a101050719e029e71500250175019508810295067508190029658100c0");
    start(world, "hidpos:auto");
    run_in_vain(world);
}

static void test_hidpos_auto_takes_what_the_kernel_knows_as_a_scanner(void **state)
{
    struct world *world = *state;
    struct recording recording;
    open_recording(&recording, world->pcap, 4);
    assert_int_equal(fclose(recording.file), 0);
    plug_in(world, 4);
    bind_in_kernel(world, 4, report_descriptor);
    start(world, "hidpos:auto");
    run_until(world, &world->found, 1);
}

#define WORLD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_hidpos_scans_come_through_libusb),
        WORLD(test_hidpos_is_found_when_plugged_in_and_lost_when_pulled),
        WORLD(test_hidpos_beeps_by_the_descriptors_output_report),
        WORLD(test_hidpos_failed_transfer_is_lost_and_tried_again),
        WORLD(test_hidpos_other_model_is_left_alone),
        WORLD(test_hidpos_auto_asks_the_kernel_before_it_touches),
        WORLD(test_hidpos_auto_takes_what_the_kernel_knows_as_a_scanner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
