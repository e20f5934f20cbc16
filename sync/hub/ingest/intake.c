#include "sync/hub/ingest/intake.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "sync/hub/ingest/intake_scan.h"
#include "sync/net/gzip.h"

#define ZIP_LEVEL 1
#define ZIP_MIN   512 /* below it, what zipping saves is not worth its head */

/* What a reading needs and nobody afterwards: too large for a thread's stack. */
struct reading {
    struct vn_batch batch;
    struct vn_hash hashes[VN_BATCH_ENTRIES_MAX];
    struct vn_buf text;
};

static enum vn_status unzip(struct vn_view body, struct vn_buf *out, struct vn_error *error)
{
    vn_buf_init(out, VN_BATCH_BYTES_MAX);
    switch (vn_gunzip(body, VN_BATCH_BYTES_MAX, out)) {
    case VN_OK: return VN_OK;
    case VN_FULL: return vn_fail(error, VN_FULL, "the body of the request is too large when inflated");
    case VN_NOMEM: return VN_NOMEM;
    default: return vn_fail(error, VN_INPUT, "the body of the request is not gzip");
    }
}

/* Keeps the bytes as they came, or zipped when they came plain. */
static enum vn_status keep(struct vn_intake *out, struct vn_view body, bool zipped)
{
    vn_buf_init(&out->bytes, VN_BATCH_BYTES_MAX);
    out->packing = VN_PACKING_GZIP;
    if (zipped) {
        return vn_buf_append(&out->bytes, body);
    }
    if (body.len >= ZIP_MIN) {
        enum vn_status status = vn_gzip(body, ZIP_LEVEL, &out->bytes);
        if (status != VN_FULL) {
            return status;
        }
    }
    vn_buf_clear(&out->bytes);
    out->packing = VN_PACKING_NONE;
    return vn_buf_append(&out->bytes, body);
}

/* The id of a start. An entry that posting will refuse has none. */
static enum vn_status read_boot(struct vn_intake *out, unsigned index, struct vn_view body)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_entry *entry = malloc(sizeof *entry);
    if (entry == NULL) {
        return VN_NOMEM;
    }
    enum vn_status status = vn_entry_decode(body, entry, &error);
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(entry->body, &error);
        vn_json_hex(&in, "boot", VN_REQUIRED, out->boots[out->boot_count], VN_ID_BYTES);
        if (!vn_json_failed(&in)) {
            out->entries[index].boot = ++out->boot_count;
        }
    }
    vn_entry_deinit(entry);
    free(entry);
    return status == VN_NOMEM ? status : VN_OK;
}

static enum vn_status scan_entries(struct vn_intake *out, const struct reading *reading)
{
    unsigned boots = 0;
    struct vn_scan scan;
    for (unsigned i = 0; i < out->count; i++) {
        struct vn_intake_entry *entry = &out->entries[i];
        entry->hash = reading->hashes[i];
        entry->readable = vn_intake_scan(reading->batch.bodies[i], &scan) == VN_OK;
        entry->kind = scan.kind;
        out->wall_ms = entry->readable ? scan.wall_ms : out->wall_ms;
        boots += entry->kind == VN_ENTRY_BOOT ? 1 : 0;
    }
    out->boots = calloc((size_t)boots + 1, sizeof *out->boots);
    enum vn_status status = out->boots == NULL ? VN_NOMEM : VN_OK;
    for (unsigned i = 0; i < out->count && boots > 0 && status == VN_OK; i++) {
        if (out->entries[i].kind == VN_ENTRY_BOOT) {
            status = read_boot(out, i, reading->batch.bodies[i]);
        }
    }
    return status;
}

static enum vn_status read_into(struct vn_intake *out, struct reading *reading, struct vn_view body,
                                bool zipped, struct vn_error *error)
{
    enum vn_status status = zipped ? unzip(body, &reading->text, error) : VN_OK;
    if (status == VN_OK) {
        struct vn_view text = zipped ? vn_buf_view(&reading->text) : body;
        status = vn_batch_decode_chain(text, &reading->batch, reading->hashes, error);
    }
    if (status != VN_OK) {
        return status;
    }
    out->enrolment = reading->batch.enrolment;
    out->from_seq = reading->batch.from_seq;
    out->prev_hash = reading->batch.prev_hash;
    out->count = reading->batch.count;
    out->entries = calloc((size_t)out->count + 1, sizeof *out->entries);
    if (out->entries == NULL) {
        return VN_NOMEM;
    }
    status = scan_entries(out, reading);
    return status == VN_OK ? keep(out, body, zipped) : status;
}

enum vn_status vn_intake_read(struct vn_view body, bool zipped, struct vn_intake **out,
                              struct vn_error *error)
{
    *out = NULL;
    struct vn_intake *intake = calloc(1, sizeof *intake);
    struct reading *reading = calloc(1, sizeof *reading);
    enum vn_status status =
        intake == NULL || reading == NULL ? VN_NOMEM : read_into(intake, reading, body, zipped, error);
    if (reading != NULL) {
        vn_buf_deinit(&reading->text);
    }
    free(reading);
    if (status != VN_OK) {
        vn_intake_destroy(intake);
        return status == VN_NOMEM ? vn_fail(error, VN_NOMEM, "out of memory") : status;
    }
    *out = intake;
    return VN_OK;
}

void vn_intake_destroy(struct vn_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    vn_buf_deinit(&intake->bytes);
    free(intake->boots);
    free(intake->entries);
    free(intake);
}
