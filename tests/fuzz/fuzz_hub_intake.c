/* A batch that was read is kept so that it is read the same again; and an entry that can be decoded has an envelope of the
 * same kind. The first byte says whether the rest is zipped. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ingest/intake.h"
#include "sync/hub/ingest/intake_scan.h"
#include "sync/net/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Numbers with a fraction, and a NUL after a number, are refused by the scanner alone. */
static bool may_be_refused(struct vn_view body)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i] == '.' || body.data[i] == 'e' || body.data[i] == 'E' || body.data[i] == '\0') {
            return true;
        }
    }
    return false;
}

static void check_entry(struct vn_view body)
{
    struct vn_scan scan;
    struct vn_error error;
    struct vn_entry *entry = malloc(sizeof *entry);
    if (entry == NULL) {
        return;
    }
    enum vn_status status = vn_intake_scan(body, &scan);
    if (vn_entry_decode(body, entry, &error) == VN_OK) {
        if (status == VN_OK ? scan.kind != entry->kind || scan.wall_ms != entry->wall_ms
                            : !may_be_refused(body)) {
            abort();
        }
    }
    vn_entry_deinit(entry);
    free(entry);
}

static void check_kept(const struct vn_intake *intake)
{
    struct vn_batch *batch = malloc(sizeof *batch);
    struct vn_error error;
    struct vn_buf text;
    if (batch == NULL) {
        return;
    }
    vn_buf_init(&text, VN_BATCH_BYTES_MAX);
    enum vn_status status = intake->packing == VN_PACKING_GZIP
                                ? vn_gunzip(vn_buf_view(&intake->bytes), VN_BATCH_BYTES_MAX, &text)
                                : vn_buf_append(&text, vn_buf_view(&intake->bytes));
    if (status != VN_OK || vn_batch_decode(vn_buf_view(&text), batch, &error) != VN_OK ||
        batch->count != intake->count || batch->from_seq != intake->from_seq) {
        abort();
    }
    for (unsigned i = 0; i < batch->count; i++) {
        check_entry(batch->bodies[i]);
    }
    vn_buf_deinit(&text);
    free(batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_intake *intake = NULL;
    struct vn_error error;
    if (size == 0) {
        return 0;
    }
    struct vn_view body = vn_view_of(data + 1, size - 1);
    check_entry(body);
    if (vn_intake_read(body, (data[0] & 1) != 0, &intake, &error) == VN_OK) {
        check_kept(intake);
    }
    vn_intake_destroy(intake);
    return 0;
}
