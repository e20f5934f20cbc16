/* A scanner's port comes and goes: the cable is pulled, the USB hub resets, the device is plugged in after the
 * agent has started, /dev/serial/by-id points to another ttyACM each time. So the path is resolved anew at
 * each attempt, and an absent port is a state, not an error.
 *
 * libserialport opens and configures; its descriptor sits in the loop. A port that hung up stays readable for
 * ever and reads 0 bytes: that is "lost", and must be closed at once, or the loop would spin. Modem managers
 * and stale scans are why the input is flushed after opening.
 *
 * One timer serves both states, since they exclude each other: the silence that ends a frame while the port is
 * open, the next attempt while it is not. */
#include "drivers/serial.h"

#include <errno.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/frame.h"
#include "drivers/retry.h"

#define READ_SIZE  1024
#define SETTLED_MS 10000 /* open for so long: the next loss counts as the first */
#define HANG_UP    "hang-up; check the plug"
#define NO_PORT    "not a serial port; check the address"
#define WHY_MAX    128

struct serial {
    struct vn_device base; /* first: the hooks get a pointer to it */
    struct vn_frame frame;
    struct sp_port *port; /* NULL while away */
    uv_poll_t poll;       /* a new handle for each opening: a descriptor's number may be another's later */
    uv_timer_t timer;
    uint64_t opened_ms;
    unsigned attempt;
    bool poll_open; /* the loop still has the poll handle */
    bool told_away; /* logged once for each absence */
    bool closing;
};

static void on_timer(uv_timer_t *timer);

static void log_port(const struct serial *serial, enum vn_log_level level, const char *event, const char *why)
{
    vn_log_event(serial->base.host.log, level, event, VN_S("device", serial->base.spec.id),
                 VN_S("path", serial->base.spec.address), VN_S("why", why));
}

static void on_frame(void *ctx, const struct vn_scan *scan)
{
    struct serial *serial = ctx;
    if (!serial->closing) {
        serial->base.host.events.on_scan(serial->base.host.events.ctx, scan);
    }
}

static void on_drop(void *ctx, enum vn_frame_drop why, size_t len)
{
    struct serial *serial = ctx;
    vn_log_event(serial->base.host.log, VN_LOG_WARN, "scan_dropped", VN_S("device", serial->base.spec.id),
                 VN_S("why", vn_frame_drop_name(why)), VN_I("bytes", len));
    if (why == VN_FRAME_TOO_LONG && !serial->closing) { /* the rest is noise, which is nobody's label */
        serial->base.host.events.on_unreadable(serial->base.host.events.ctx, serial->base.spec.id);
    }
}

static void retry_later(struct serial *serial)
{
    uint64_t wait_ms = vn_retry_wait_ms(serial->attempt, &serial->base.host.random);
    if (serial->attempt < UINT16_MAX) {
        serial->attempt++;
    }
    (void)uv_timer_start(&serial->timer, on_timer, wait_ms, 0);
}

/* Frees the device once the loop has let go of its last handle. */
static void free_when_closed(struct serial *serial)
{
    if (serial->closing && !serial->poll_open && serial->timer.data == NULL) {
        free(serial);
    }
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct serial *serial = handle->data;
    serial->poll_open = false;
    free_when_closed(serial);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct serial *serial = handle->data;
    handle->data = NULL;
    free_when_closed(serial);
}

static void let_go(struct serial *serial)
{
    if (serial->port == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&serial->poll, on_poll_closed); /* first: it stops watching the descriptor */
    (void)sp_close(serial->port);
    sp_free_port(serial->port);
    serial->port = NULL;
}

static void keep_why(struct serial *serial, const char *why)
{
    (void)snprintf(serial->base.why, sizeof serial->base.why, "%s: %s", serial->base.spec.address, why);
}

/* What the system says of a port that does not open or fails, and what to do. */
static void say_code(int code, char why[WHY_MAX])
{
    (void)snprintf(why, WHY_MAX, "%s; %s", strerror(code),
                   code == EACCES  ? "add the agent's user to the group dialout"
                   : code == EBUSY ? "end the other program that uses it"
                                   : "check plug and address");
}

static void lose(struct serial *serial, const char *why)
{
    keep_why(serial, why);
    let_go(serial);
    vn_frame_reset(&serial->frame);
    log_port(serial, VN_LOG_NOTICE, "device_lost", why);
    serial->told_away = true;
    if (uv_now(serial->base.host.loop) - serial->opened_ms >= SETTLED_MS) {
        serial->attempt = 0;
    }
    retry_later(serial);
    serial->base.host.events.on_lost(serial->base.host.events.ctx, serial->base.spec.id);
}

/* Feeds what was read and keeps the timer only as long as a frame is pending. */
static void feed(struct serial *serial, struct vn_view bytes)
{
    int64_t now_ns = vn_clock_mono_ns(&serial->base.host.clock);
    vn_frame_feed(&serial->frame, bytes, now_ns);
    if (serial->closing) {
        return;
    }
    int64_t left_ns = vn_frame_tick(&serial->frame, now_ns);
    if (left_ns < 0) {
        (void)uv_timer_stop(&serial->timer);
    } else {
        (void)uv_timer_start(&serial->timer, on_timer, (uint64_t)(left_ns + 999999) / 1000000, 0);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    char why[WHY_MAX] = HANG_UP;
    struct serial *serial = poll->data;
    if (status < 0) {
        say_code(-status, why);
        lose(serial, why);
        return;
    }
    if ((events & UV_READABLE) == 0) {
        lose(serial, why);
        return;
    }
    uint8_t bytes[READ_SIZE];
    enum sp_return got = sp_nonblocking_read(serial->port, bytes, sizeof bytes);
    if (got <= 0) {
        if (got < 0) {
            say_code(errno, why);
        }
        lose(serial, why);
        return;
    }
    feed(serial, vn_view_of(bytes, (size_t)got));
}

static enum sp_parity parity_of(char c)
{
    return c == 'E' ? SP_PARITY_EVEN : c == 'O' ? SP_PARITY_ODD : SP_PARITY_NONE;
}

static bool configure(const struct vn_device_spec *spec, struct sp_port *port)
{
    struct sp_port_config *config = NULL;
    if (sp_new_config(&config) != SP_OK) {
        return false;
    }
    bool good = sp_set_config_baudrate(config, spec->baud) == SP_OK &&
                sp_set_config_bits(config, spec->bits) == SP_OK &&
                sp_set_config_parity(config, parity_of(spec->parity)) == SP_OK &&
                sp_set_config_stopbits(config, spec->stop_bits) == SP_OK &&
                sp_set_config_flowcontrol(config, SP_FLOWCONTROL_NONE) == SP_OK &&
                /* many USB-CDC scanners send only to a host that is ready */
                sp_set_config_dtr(config, SP_DTR_ON) == SP_OK &&
                sp_set_config_rts(config, SP_RTS_ON) == SP_OK && sp_set_config(port, config) == SP_OK;
    sp_free_config(config);
    return good;
}

/* An open, configured, flushed port, or NULL and why. */
static struct sp_port *open_port(const struct vn_device_spec *spec, char why[WHY_MAX])
{
    char *path = realpath(spec->address, NULL);
    if (path == NULL) {
        say_code(errno, why);
        return NULL;
    }
    struct sp_port *port = NULL;
    enum sp_return found = sp_get_port_by_name(path, &port);
    free(path);
    if (found != SP_OK) {
        (void)snprintf(why, WHY_MAX, NO_PORT);
        return NULL;
    }
    enum sp_return opened = sp_open(port, SP_MODE_READ_WRITE);
    if (opened != SP_OK) {
        int code = opened == SP_ERR_FAIL ? sp_last_error_code() : ENOTTY;
        if (code == ENOTTY || code == EINVAL) {
            (void)snprintf(why, WHY_MAX, NO_PORT);
        } else {
            say_code(code, why);
        }
        sp_free_port(port);
        return NULL;
    }
    if (!configure(spec, port)) {
        (void)snprintf(why, WHY_MAX, "the port refuses rate or mode; check them in the address");
        (void)sp_close(port);
        sp_free_port(port);
        return NULL;
    }
    (void)sp_flush(port, SP_BUF_INPUT);
    return port;
}

/* Puts the port into the loop; it is closed when that fails. */
static bool watch(struct serial *serial, struct sp_port *port)
{
    int fd = -1;
    if (sp_get_port_handle(port, &fd) != SP_OK ||
        uv_poll_init(serial->base.host.loop, &serial->poll, fd) != 0) {
        (void)sp_close(port);
        sp_free_port(port);
        return false;
    }
    serial->poll_open = true;
    serial->poll.data = serial;
    serial->port = port;
    if (uv_poll_start(&serial->poll, UV_READABLE | UV_DISCONNECT, on_poll) != 0) {
        let_go(serial);
        return false;
    }
    return true;
}

static void try_open(struct serial *serial)
{
    char why[WHY_MAX] = "can't be watched; check the address";
    struct sp_port *port = open_port(&serial->base.spec, why);
    if (port == NULL || !watch(serial, port)) {
        keep_why(serial, why);
        if (!serial->told_away) {
            log_port(serial, VN_LOG_NOTICE, "device_away", why);
            serial->told_away = true;
        }
        retry_later(serial);
        return;
    }
    serial->told_away = false;
    serial->opened_ms = uv_now(serial->base.host.loop);
    vn_frame_reset(&serial->frame);
    log_port(serial, VN_LOG_NOTICE, "device_found", "opened");
    serial->base.host.events.on_found(serial->base.host.events.ctx, serial->base.spec.id);
}

static void on_timer(uv_timer_t *timer)
{
    struct serial *serial = timer->data;
    if (serial->port != NULL) {
        feed(serial, VN_VIEW_NONE);
    } else if (serial->poll_open) {
        retry_later(serial); /* the loop still closes the old handle */
    } else {
        try_open(serial);
    }
}

static enum vn_status serial_check(const struct vn_device_spec *spec, struct vn_error *error)
{
    if (spec->address[0] != '/') {
        return vn_fail(error, VN_INPUT, "device \"%s\": \"%s\" is not a path from /", spec->id,
                       spec->address);
    }
    return VN_OK;
}

static enum vn_status serial_open(const struct vn_device_spec *spec, const struct vn_device_host *host,
                                  struct vn_device **out, struct vn_error *error)
{
    *out = NULL;
    struct serial *serial = calloc(1, sizeof *serial);
    if (serial == NULL) {
        return vn_fail(error, VN_NOMEM, "device \"%s\": no memory", spec->id);
    }
    serial->base.spec = *spec;
    serial->base.host = *host;
    vn_frame_init(&serial->frame, spec->id, (struct vn_frame_sink){on_frame, on_drop, serial});
    (void)uv_timer_init(host->loop, &serial->timer);
    serial->timer.data = serial;
    (void)uv_timer_start(&serial->timer, on_timer, 0, 0); /* so that no event comes before the loop runs */
    *out = &serial->base;
    return VN_OK;
}

static enum vn_status serial_beep(struct vn_device *device, enum vn_beep beep)
{
    struct serial *serial = (struct serial *)device;
    const struct vn_beep_bytes *bytes = &device->spec.beep[beep];
    if (bytes->len == 0) {
        return VN_UNSUPPORTED;
    }
    if (serial->port == NULL) {
        return VN_GONE;
    }
    enum sp_return sent = sp_nonblocking_write(serial->port, bytes->bytes, bytes->len);
    return sent < 0 ? VN_IO : (size_t)sent < bytes->len ? VN_AGAIN : VN_OK;
}

static void serial_close(struct vn_device *device)
{
    struct serial *serial = (struct serial *)device;
    serial->closing = true;
    let_go(serial);
    uv_close((uv_handle_t *)&serial->timer, on_timer_closed);
}

const struct vn_driver vn_driver_serial = {
    .name = "serial",
    .form = "serial:<path>[@rate][,mode=8N1][,profile=<name>][,good=<hex>][,bad=<hex>]",
    .summary = "a scanner on a serial line or USB-CDC",
    .check = serial_check,
    .open = serial_open,
    .beep = serial_beep,
    .close = serial_close,
};
