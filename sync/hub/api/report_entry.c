/* One entry of a till's journal, as it came. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/api/report.h"
#include "sync/hub/ingest/intake_scan.h"
#include "sync/hub/storage/segments.h"

struct wanted {
    const char *till;
    int64_t seq;
    struct vn_enrolment_row row; /* of the newest enrolment that has it; id 0: none has */
};

/* A till's enrolments come in the order in which they were made. */
static enum vn_status look_at(void *ctx, const struct vn_enrolment_row *row, const char *report,
                              int64_t report_ms)
{
    struct wanted *wanted = ctx;
    (void)report;
    (void)report_ms;
    if (wanted->seq <= row->high_seq) {
        wanted->row = *row;
    }
    return VN_OK;
}

/* By the till's name, or by the enrolment's id. VN_ABSENT. */
static enum vn_status find(struct vn_storage *storage, struct wanted *wanted)
{
    struct vn_enrolment_id id;
    enum vn_status status = vn_storage_enrolments_of(storage, wanted->till, look_at, wanted);
    if (status != VN_OK || wanted->row.id != 0) {
        return status;
    }
    if (vn_hex_decode(vn_view_str(wanted->till), id.bytes, sizeof id.bytes) != VN_OK) {
        return VN_ABSENT;
    }
    status = vn_storage_enrolment_get(storage, &id, &wanted->row);
    return status == VN_OK && wanted->seq > wanted->row.high_seq ? VN_ABSENT : status;
}

enum vn_status vn_report_put_body(json_t *out, struct vn_view body)
{
    json_t *text = json_stringn((const char *)body.data, body.len);
    if (text != NULL) {
        return json_object_set_new(out, "body", text) == 0 ? VN_OK : VN_NOMEM;
    }
    char *hex = malloc(2 * body.len + 1);
    if (hex == NULL) {
        return VN_NOMEM;
    }
    vn_hex_encode(body, hex);
    int failed = json_object_set_new(out, "body_hex", json_string(hex));
    free(hex);
    return failed == 0 ? VN_OK : VN_NOMEM;
}

static json_t *entry_json(const struct wanted *wanted, const struct vn_segment *segment)
{
    const struct vn_enrolment_row *row = &wanted->row;
    struct vn_view body = vn_segment_body(segment, wanted->seq);
    struct vn_hash hash;
    struct vn_scan scan;
    char id[2 * VN_ID_BYTES + 1];
    char hex[2 * VN_HASH_SIZE + 1];
    bool readable = vn_intake_scan(body, &scan) == VN_OK;
    vn_segment_hash(segment, wanted->seq, &hash);
    vn_hex_encode(vn_view_of(hash.bytes, VN_HASH_SIZE), hex);
    vn_hex_encode(vn_view_of(row->enrolment.bytes, VN_ID_BYTES), id);
    json_t *out = json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:b}", "till", row->till, "enrolment", id, "seq",
                            (json_int_t)wanted->seq, "kind", readable ? vn_entry_kind_name(scan.kind) : "?",
                            "hash", hex, "arrived_ms", (json_int_t)segment->row.arrived_ms, "posted",
                            row->posted_seq >= wanted->seq);
    if (out != NULL && vn_report_put_body(out, body) != VN_OK) {
        json_decref(out);
        return NULL;
    }
    return out;
}

enum vn_status vn_report_entry(struct vn_hub *hub, const char *till, int64_t seq, json_t **out)
{
    struct wanted wanted = {.till = till, .seq = seq};
    struct vn_segment segment;
    *out = NULL;
    enum vn_status status = find(hub->storage, &wanted);
    if (status == VN_OK) {
        status = vn_storage_segment_at(hub->storage, wanted.row.id, seq, &segment);
    }
    if (status != VN_OK) {
        return status;
    }
    *out = entry_json(&wanted, &segment);
    vn_segment_deinit(&segment);
    return *out == NULL ? VN_NOMEM : VN_OK;
}
