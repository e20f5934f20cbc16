/* libusb wants to wait for its own events, and so does libuv. Under each device there is therefore a thread
 * that runs libusb, owns everything of libusb's, and shares three things with the loop under one lock: a ring
 * of scans, a count of changes, and wishes (a beep, the end).
 *
 * The count of changes is odd while a scanner is there. Every scan carries the count at its time, and the loop
 * tells found and lost one by one until it has caught up: so events alternate and stand right between the
 * scans however late the loop comes, and need no room in the ring.
 *
 * Devices send an empty transfer after a report that fills a packet; it means nothing. A failed transfer
 * (unplugged, stalled, babble) ends the attachment: the scanner is let go, and looked for again when something
 * is plugged in, or with back-off if the failure may pass. Nothing is opened or closed inside libusb's
 * callbacks, where that would lock up. */
#include "drivers/usb_hidpos.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/retry.h"
#include "drivers/usb_find.h"

#define REQUEST_TYPE_OUT 0x21 /* host to device, class, interface */
#define SET_REPORT       0x09
#define REPORT_OUTPUT    0x0200

struct slot {
    uint32_t change;
    struct vn_scan scan;
};

struct hidpos {
    struct vn_device base; /* first: the hooks get a pointer to it */
    uv_async_t wake;
    uv_thread_t thread;

    uv_mutex_t lock; /* guards this group */
    struct slot ring[VN_USB_QUEUE_MAX];
    size_t ring_at, ring_len;
    uint32_t changes; /* odd: a scanner is there */
    uint32_t overrun; /* scans that found the ring full */
    bool unreadable;  /* a label was dropped: the cashier is to scan again */
    const char *away; /* why no scanner is there; a literal */
    bool can_beep[VN_BEEPS];
    bool wants_beep[VN_BEEPS];
    bool stop, finished;

    /* the loop's */
    uint32_t told; /* how many changes were told */
    bool closing;
    struct vn_scan scan; /* a slot's copy, so that no event runs under the lock */

    /* the thread's */
    libusb_context *usb;
    struct vn_usb_address address;
    struct vn_usb_scanner scanner; /* handle NULL: none */
    struct vn_hid_join join;
    struct libusb_transfer *in, *out;
    bool in_flight, out_flight;
    bool broken; /* the attachment failed and must be let go */
    bool stalled;
    bool look; /* there may be a scanner to find */
    int64_t look_ns;
    unsigned attempt;
    uint64_t jitter_seed;
    uint8_t report[VN_HID_REPORT_MAX];
    uint8_t beep[LIBUSB_CONTROL_SETUP_SIZE + VN_HID_REPORT_MAX];
};

/* --- the thread's side --- */

static int64_t now_ns(const struct hidpos *hidpos)
{
    return vn_clock_mono_ns(&hidpos->base.host.clock);
}

static void change(struct hidpos *hidpos)
{
    uv_mutex_lock(&hidpos->lock);
    hidpos->changes++;
    bool present = hidpos->changes % 2 == 1;
    const struct vn_hid_layout *layout = &hidpos->scanner.layout;
    hidpos->can_beep[VN_BEEP_GOOD] = present && layout->good_bit != VN_HID_NONE;
    hidpos->can_beep[VN_BEEP_BAD] = present && layout->error_bit != VN_HID_NONE;
    memset(hidpos->wants_beep, 0, sizeof hidpos->wants_beep);
    uv_mutex_unlock(&hidpos->lock);
    (void)uv_async_send(&hidpos->wake);
}

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct hidpos *hidpos = ctx;
    uv_mutex_lock(&hidpos->lock);
    if (hidpos->ring_len < VN_USB_QUEUE_MAX) {
        struct slot *slot = &hidpos->ring[(hidpos->ring_at + hidpos->ring_len++) % VN_USB_QUEUE_MAX];
        slot->change = hidpos->changes;
        slot->scan = *scan;
    } else {
        hidpos->overrun++;
    }
    uv_mutex_unlock(&hidpos->lock);
    (void)uv_async_send(&hidpos->wake);
}

static void on_drop(void *ctx, enum vn_hid_drop why, size_t len)
{
    struct hidpos *hidpos = ctx;
    vn_log_event(hidpos->base.host.log, VN_LOG_WARN, "scan_dropped", VN_S("device", hidpos->base.spec.id),
                 VN_S("why", vn_hid_drop_name(why)), VN_I("bytes", len));
    uv_mutex_lock(&hidpos->lock);
    hidpos->unreadable = true;
    uv_mutex_unlock(&hidpos->lock);
    (void)uv_async_send(&hidpos->wake);
}

static void LIBUSB_CALL on_report(struct libusb_transfer *transfer)
{
    struct hidpos *hidpos = transfer->user_data;
    hidpos->in_flight = false;
    if (transfer->status == LIBUSB_TRANSFER_CANCELLED) {
        return;
    }
    if (transfer->status != LIBUSB_TRANSFER_COMPLETED) {
        hidpos->stalled = transfer->status == LIBUSB_TRANSFER_STALL;
        hidpos->broken = true;
        return;
    }
    hidpos->attempt = 0;
    if (transfer->actual_length > 0) {
        vn_hid_join_report(&hidpos->join, vn_view_of(transfer->buffer, (size_t)transfer->actual_length),
                           now_ns(hidpos));
    }
    hidpos->in_flight = libusb_submit_transfer(transfer) == 0;
    hidpos->broken = !hidpos->in_flight;
}

static void LIBUSB_CALL on_beeped(struct libusb_transfer *transfer)
{
    struct hidpos *hidpos = transfer->user_data;
    hidpos->out_flight = false;
}

/* In libusb's callback: only notes it. */
static int LIBUSB_CALL on_plug(libusb_context *usb, libusb_device *device, libusb_hotplug_event event,
                               void *ctx)
{
    struct hidpos *hidpos = ctx;
    (void)usb;
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED) {
        hidpos->look = true;
        hidpos->look_ns = now_ns(hidpos);
        hidpos->attempt = 0;
    } else if (hidpos->scanner.handle != NULL && libusb_get_device(hidpos->scanner.handle) == device) {
        hidpos->broken = true;
    }
    return 0;
}

static const char *away_text(enum vn_status status)
{
    switch (status) {
    case VN_ABSENT: return "no such scanner on the USB; check the plug, and that it is in HID-POS mode";
    case VN_DENIED:
        return "a USB device is there but can't be opened; give the agent's user the right, "
               "or end the program that uses it";
    default: return "a USB device is there but does not answer; plug it in anew";
    }
}

static void say_away(struct hidpos *hidpos, enum vn_status status)
{
    uv_mutex_lock(&hidpos->lock);
    hidpos->away = away_text(status);
    uv_mutex_unlock(&hidpos->lock);
    (void)uv_async_send(&hidpos->wake);
}

static void look_later(struct hidpos *hidpos)
{
    struct vn_random jitter = vn_random_seeded(&hidpos->jitter_seed); /* the host's is for the loop alone */
    hidpos->look = true;
    hidpos->look_ns = now_ns(hidpos) + (int64_t)vn_retry_wait_ms(hidpos->attempt, &jitter) * 1000000;
    if (hidpos->attempt < UINT16_MAX) {
        hidpos->attempt++;
    }
}

/* One round of libusb's events, at most `wait` long (NULL: until something happens). */
static void pump(struct hidpos *hidpos, struct timeval *wait)
{
    int failed = wait == NULL ? libusb_handle_events_completed(hidpos->usb, NULL)
                              : libusb_handle_events_timeout_completed(hidpos->usb, wait, NULL);
    if (failed != 0 && failed != LIBUSB_ERROR_INTERRUPTED) {
        uv_sleep(VN_DEVICE_RETRY_MIN_MS); /* a libusb that can't wait must not make us spin */
    }
}

static void detach(struct hidpos *hidpos)
{
    if (hidpos->scanner.handle == NULL) {
        return;
    }
    if (hidpos->in_flight) {
        (void)libusb_cancel_transfer(hidpos->in);
    }
    if (hidpos->out_flight) {
        (void)libusb_cancel_transfer(hidpos->out);
    }
    while (hidpos->in_flight || hidpos->out_flight) { /* a cancelled transfer always comes back */
        pump(hidpos, NULL);
    }
    if (hidpos->stalled) {
        (void)libusb_clear_halt(hidpos->scanner.handle, hidpos->scanner.endpoint);
    }
    (void)libusb_release_interface(hidpos->scanner.handle, hidpos->scanner.interface);
    libusb_close(hidpos->scanner.handle);
    hidpos->scanner.handle = NULL;
    hidpos->stalled = hidpos->broken = false;
    vn_log_event(hidpos->base.host.log, VN_LOG_NOTICE, "device_lost", VN_S("device", hidpos->base.spec.id));
    change(hidpos);
}

static int transfer_len(const struct vn_usb_scanner *scanner)
{
    int len = scanner->packet_len > 0 ? scanner->packet_len : scanner->layout.report_len;
    while (len < scanner->layout.report_len) {
        len += scanner->packet_len; /* whole packets, or the last one would be an overflow */
    }
    return len;
}

static void attach(struct hidpos *hidpos)
{
    hidpos->look = false;
    struct vn_usb_scanner *scanner = &hidpos->scanner;
    enum vn_status status = vn_usb_find(hidpos->usb, &hidpos->address, scanner);
    if (status != VN_OK) {
        say_away(hidpos, status);
    }
    if (status == VN_ABSENT && libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) != 0) {
        return; /* plugging in will wake us */
    }
    if (status != VN_OK) {
        if (hidpos->attempt == 0) {
            vn_log_event(hidpos->base.host.log, VN_LOG_NOTICE, "device_away",
                         VN_S("device", hidpos->base.spec.id), VN_S("why", away_text(status)));
        }
        look_later(hidpos);
        return;
    }
    vn_hid_join_init(&hidpos->join, hidpos->base.spec.id, &scanner->layout,
                     (struct vn_hid_sink){on_scan, on_drop, hidpos});
    int len = transfer_len(scanner);
    libusb_fill_interrupt_transfer(hidpos->in, scanner->handle, scanner->endpoint, hidpos->report,
                                   len <= VN_HID_REPORT_MAX ? len : VN_HID_REPORT_MAX, on_report, hidpos, 0);
    hidpos->in_flight = libusb_submit_transfer(hidpos->in) == 0;
    if (!hidpos->in_flight) {
        (void)libusb_release_interface(scanner->handle, scanner->interface);
        libusb_close(scanner->handle);
        scanner->handle = NULL;
        say_away(hidpos, VN_IO);
        look_later(hidpos);
        return;
    }
    vn_log_event(hidpos->base.host.log, VN_LOG_NOTICE, "device_found", VN_S("device", hidpos->base.spec.id));
    change(hidpos);
}

/* SET_REPORT with one bit set; a beep that comes while one is on its way waits for it. */
static void sound(struct hidpos *hidpos)
{
    const struct vn_hid_layout *layout = &hidpos->scanner.layout;
    if (hidpos->scanner.handle == NULL || hidpos->out_flight) {
        return;
    }
    uv_mutex_lock(&hidpos->lock);
    bool good = hidpos->wants_beep[VN_BEEP_GOOD];
    bool bad = hidpos->wants_beep[VN_BEEP_BAD];
    memset(hidpos->wants_beep, 0, sizeof hidpos->wants_beep);
    uv_mutex_unlock(&hidpos->lock);
    if (!good && !bad) {
        return;
    }
    int bit = bad ? layout->error_bit : layout->good_bit;
    bool numbered = layout->beep_report_id != VN_HID_NONE;
    uint8_t *data = hidpos->beep + LIBUSB_CONTROL_SETUP_SIZE;
    memset(data, 0, (size_t)layout->beep_len);
    data[0] = numbered ? (uint8_t)layout->beep_report_id : 0;
    data[bit / 8] |= (uint8_t)(1 << (bit % 8));
    libusb_fill_control_setup(hidpos->beep, REQUEST_TYPE_OUT, SET_REPORT,
                              (uint16_t)(REPORT_OUTPUT | (numbered ? layout->beep_report_id : 0)),
                              (uint16_t)hidpos->scanner.interface, (uint16_t)layout->beep_len);
    libusb_fill_control_transfer(hidpos->out, hidpos->scanner.handle, hidpos->beep, on_beeped, hidpos,
                                 VN_USB_CONTROL_MS);
    hidpos->out_flight = libusb_submit_transfer(hidpos->out) == 0;
}

/* Sleeps in libusb until something happens, or the next attempt is due. */
static void wait_for_events(struct hidpos *hidpos)
{
    if (!hidpos->look || hidpos->scanner.handle != NULL) {
        pump(hidpos, NULL);
        return;
    }
    int64_t left_us = (hidpos->look_ns - now_ns(hidpos)) / 1000 + 1;
    if (left_us > 0) {
        struct timeval wait = {left_us / 1000000, left_us % 1000000};
        pump(hidpos, &wait);
    }
}

static bool wants_stop(struct hidpos *hidpos)
{
    uv_mutex_lock(&hidpos->lock);
    bool stop = hidpos->stop;
    uv_mutex_unlock(&hidpos->lock);
    return stop;
}

static void thread_main(void *arg)
{
    struct hidpos *hidpos = arg;
    libusb_hotplug_callback_handle plug = 0;
    bool plugged = libusb_hotplug_register_callback(
                       hidpos->usb, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0,
                       LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, on_plug,
                       hidpos, &plug) == 0;
    hidpos->look = true;
    while (!wants_stop(hidpos)) {
        if (hidpos->broken) {
            detach(hidpos);
            look_later(hidpos);
        }
        if (hidpos->scanner.handle == NULL && hidpos->look && hidpos->look_ns <= now_ns(hidpos)) {
            attach(hidpos);
        }
        sound(hidpos);
        wait_for_events(hidpos);
    }
    detach(hidpos);
    if (plugged) {
        libusb_hotplug_deregister_callback(hidpos->usb, plug);
    }
    libusb_free_transfer(hidpos->in);
    libusb_free_transfer(hidpos->out);
    libusb_exit(hidpos->usb);
    uv_mutex_lock(&hidpos->lock);
    hidpos->finished = true;
    uv_mutex_unlock(&hidpos->lock);
    (void)uv_async_send(&hidpos->wake);
}

/* --- the loop's side --- */

static void tell_until(struct hidpos *hidpos, uint32_t changes)
{
    const struct vn_device_events *events = &hidpos->base.host.events;
    while (!hidpos->closing && hidpos->told != changes) {
        hidpos->told++;
        if (hidpos->told % 2 == 1) {
            events->on_found(events->ctx, hidpos->base.spec.id);
        } else {
            events->on_lost(events->ctx, hidpos->base.spec.id);
        }
    }
}

/* Takes one scan into hidpos->scan; *changes is its time, or the newest when there is none. */
static bool take(struct hidpos *hidpos, uint32_t *changes)
{
    uv_mutex_lock(&hidpos->lock);
    bool got = hidpos->ring_len > 0;
    *changes = hidpos->changes;
    if (got) {
        *changes = hidpos->ring[hidpos->ring_at].change;
        hidpos->scan = hidpos->ring[hidpos->ring_at].scan;
        hidpos->ring_at = (hidpos->ring_at + 1) % VN_USB_QUEUE_MAX;
        hidpos->ring_len--;
    }
    uint32_t overrun = hidpos->overrun;
    hidpos->overrun = 0;
    uv_mutex_unlock(&hidpos->lock);
    if (overrun > 0) {
        vn_log_event(hidpos->base.host.log, VN_LOG_WARN, "scan_overrun", VN_S("device", hidpos->base.spec.id),
                     VN_I("scans", overrun));
    }
    return got;
}

static void on_closed(uv_handle_t *handle)
{
    struct hidpos *hidpos = handle->data;
    uv_mutex_destroy(&hidpos->lock);
    free(hidpos);
}

static void on_wake(uv_async_t *wake)
{
    struct hidpos *hidpos = wake->data;
    bool got = true;
    while (got && !hidpos->closing) {
        uint32_t changes = 0;
        got = take(hidpos, &changes);
        tell_until(hidpos, changes);
        if (got && !hidpos->closing) {
            hidpos->base.host.events.on_scan(hidpos->base.host.events.ctx, &hidpos->scan);
        }
    }
    uv_mutex_lock(&hidpos->lock);
    bool finished = hidpos->finished;
    bool unreadable = hidpos->unreadable;
    hidpos->unreadable = false;
    (void)snprintf(hidpos->base.why, sizeof hidpos->base.why, "%s", hidpos->away);
    uv_mutex_unlock(&hidpos->lock);
    if (unreadable && !hidpos->closing) {
        hidpos->base.host.events.on_unreadable(hidpos->base.host.events.ctx, hidpos->base.spec.id);
    }
    if (finished && !uv_is_closing((uv_handle_t *)wake)) {
        (void)uv_thread_join(&hidpos->thread); /* it has nothing left to do */
        uv_close((uv_handle_t *)wake, on_closed);
    }
}

static enum vn_status hidpos_check(const struct vn_device_spec *spec, struct vn_error *error)
{
    struct vn_usb_address address;
    if (vn_usb_address_parse(spec->address, &address) != VN_OK) {
        return vn_fail(error, VN_INPUT, "device \"%s\": \"%s\" is neither \"auto\" nor \"vvvv:pppp\"",
                       spec->id, spec->address);
    }
    return VN_OK;
}

static enum vn_status start_usb(struct hidpos *hidpos, struct vn_error *error)
{
    const char *id = hidpos->base.spec.id;
    int failed = libusb_init(&hidpos->usb);
    if (failed != 0) {
        hidpos->usb = NULL;
        return vn_fail(error, VN_IO, "device \"%s\": libusb: %s", id, libusb_error_name(failed));
    }
    hidpos->in = libusb_alloc_transfer(0);
    hidpos->out = libusb_alloc_transfer(0);
    if (hidpos->in == NULL || hidpos->out == NULL) {
        return vn_fail(error, VN_NOMEM, "device \"%s\": no memory", id);
    }
    if (uv_thread_create(&hidpos->thread, thread_main, hidpos) != 0) {
        return vn_fail(error, VN_IO, "device \"%s\": no thread", id);
    }
    return VN_OK;
}

static enum vn_status hidpos_open(const struct vn_device_spec *spec, const struct vn_device_host *host,
                                  struct vn_device **out, struct vn_error *error)
{
    *out = NULL;
    struct hidpos *hidpos = calloc(1, sizeof *hidpos);
    if (hidpos == NULL || uv_mutex_init(&hidpos->lock) != 0) {
        free(hidpos);
        return vn_fail(error, VN_NOMEM, "device \"%s\": no memory", spec->id);
    }
    hidpos->away = "";
    hidpos->base.spec = *spec;
    hidpos->base.host = *host;
    uint8_t seed[sizeof hidpos->jitter_seed] = {0};
    if (vn_usb_address_parse(spec->address, &hidpos->address) != VN_OK ||
        vn_random_fill(&host->random, seed, sizeof seed) != VN_OK ||
        uv_async_init(host->loop, &hidpos->wake, on_wake) != 0) {
        uv_mutex_destroy(&hidpos->lock);
        free(hidpos);
        return vn_fail(error, VN_IO, "device \"%s\": can't be started", spec->id);
    }
    memcpy(&hidpos->jitter_seed, seed, sizeof seed);
    hidpos->wake.data = hidpos;
    enum vn_status status = start_usb(hidpos, error);
    if (status != VN_OK) {
        libusb_free_transfer(hidpos->in); /* NULL is fine */
        libusb_free_transfer(hidpos->out);
        if (hidpos->usb != NULL) {
            libusb_exit(hidpos->usb);
        }
        uv_close((uv_handle_t *)&hidpos->wake, on_closed);
        return status;
    }
    *out = &hidpos->base;
    return VN_OK;
}

static enum vn_status hidpos_beep(struct vn_device *device, enum vn_beep beep)
{
    struct hidpos *hidpos = (struct hidpos *)device;
    uv_mutex_lock(&hidpos->lock);
    bool present = hidpos->changes % 2 == 1;
    bool can = hidpos->can_beep[beep];
    if (can) {
        hidpos->wants_beep[beep] = true;
    }
    uv_mutex_unlock(&hidpos->lock);
    if (!can) {
        return present ? VN_UNSUPPORTED : VN_GONE;
    }
    libusb_interrupt_event_handler(hidpos->usb);
    return VN_OK;
}

static void hidpos_close(struct vn_device *device)
{
    struct hidpos *hidpos = (struct hidpos *)device;
    hidpos->closing = true;
    uv_mutex_lock(&hidpos->lock);
    hidpos->stop = true;
    libusb_interrupt_event_handler(hidpos->usb); /* under the lock: the thread that sees `stop` frees it */
    uv_mutex_unlock(&hidpos->lock);
}

const struct vn_driver vn_driver_hidpos = {
    .name = "hidpos",
    .form = "hidpos:auto | hidpos:<vendor>:<product>",
    .summary = "a USB scanner in HID-POS mode",
    .check = hidpos_check,
    .open = hidpos_open,
    .beep = hidpos_beep,
    .close = hidpos_close,
};
