#include "drivers/devices.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct vn_devices *devices;
    struct vn_device *device;
    bool present;
};

struct vn_devices {
    struct vn_device_events events;
    size_t count;
    struct entry entries[VN_DEVICES_MAX];
};

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    const struct entry *entry = ctx;
    entry->devices->events.on_scan(entry->devices->events.ctx, scan);
}

/* The program may destroy all devices from within its event: nothing is touched after it was called. */
static void on_found(void *ctx, const char *device)
{
    struct entry *entry = ctx;
    entry->present = true;
    entry->devices->events.on_found(entry->devices->events.ctx, device);
}

static void on_lost(void *ctx, const char *device)
{
    struct entry *entry = ctx;
    entry->present = false;
    entry->devices->events.on_lost(entry->devices->events.ctx, device);
}

static void on_unreadable(void *ctx, const char *device)
{
    const struct entry *entry = ctx;
    entry->devices->events.on_unreadable(entry->devices->events.ctx, device);
}

static const struct entry *find(const struct vn_devices *devices, const char *device_id)
{
    for (size_t i = 0; i < devices->count; i++) {
        if (strcmp(devices->entries[i].device->spec.id, device_id) == 0) {
            return &devices->entries[i];
        }
    }
    return NULL;
}

static enum vn_status add(struct vn_devices *devices, const char *text, const struct vn_device_host *common,
                          struct vn_error *error)
{
    struct vn_device_spec spec;
    enum vn_status status = vn_device_spec_parse(text, devices->count, &spec, error);
    if (status != VN_OK) {
        return status;
    }
    if (find(devices, spec.id) != NULL) {
        return vn_fail(error, VN_INPUT, "device \"%s\" is there twice", spec.id);
    }
    struct entry *entry = &devices->entries[devices->count];
    entry->devices = devices;
    struct vn_device_host host = *common;
    host.events = (struct vn_device_events){on_scan, on_found, on_lost, on_unreadable, entry};
    status = spec.driver->open(&spec, &host, &entry->device, error);
    if (status == VN_OK) {
        devices->count++;
    }
    return status;
}

enum vn_status vn_devices_create(uv_loop_t *loop, struct vn_clock clock, struct vn_random random,
                                 struct vn_log *log, const char *const *specs, size_t count,
                                 const struct vn_device_events *events, struct vn_devices **out,
                                 struct vn_error *error)
{
    *out = NULL;
    if (count > VN_DEVICES_MAX) {
        return vn_fail(error, VN_FULL, "%zu devices; at most %d", count, VN_DEVICES_MAX);
    }
    struct vn_devices *devices = calloc(1, sizeof *devices);
    if (devices == NULL) {
        return vn_fail(error, VN_NOMEM, "devices: no memory");
    }
    devices->events = *events;
    const struct vn_device_host common = {.loop = loop, .clock = clock, .random = random, .log = log};
    for (size_t i = 0; i < count; i++) {
        enum vn_status status = add(devices, specs[i], &common, error);
        if (status != VN_OK) {
            vn_devices_destroy(devices);
            return status;
        }
    }
    *out = devices;
    return VN_OK;
}

enum vn_status vn_devices_beep(struct vn_devices *devices, const char *device_id, enum vn_beep beep)
{
    const struct entry *entry = find(devices, device_id);
    return entry == NULL ? VN_ABSENT : entry->device->spec.driver->beep(entry->device, beep);
}

size_t vn_devices_count(const struct vn_devices *devices)
{
    return devices->count;
}

const char *vn_devices_id(const struct vn_devices *devices, size_t index)
{
    return devices->entries[index].device->spec.id;
}

bool vn_devices_present(const struct vn_devices *devices, size_t index)
{
    return devices->entries[index].present;
}

const char *vn_devices_why(const struct vn_devices *devices, size_t index)
{
    const struct entry *entry = &devices->entries[index];
    return entry->present ? "" : entry->device->why;
}

void vn_devices_destroy(struct vn_devices *devices)
{
    if (devices == NULL) {
        return;
    }
    for (size_t i = 0; i < devices->count; i++) {
        devices->entries[i].device->spec.driver->close(devices->entries[i].device);
    }
    free(devices);
}
