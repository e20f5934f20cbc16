#include "sync/hub/ledger/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ingest/intake_scan.h"
#include "sync/hub/storage/branch.h"
#include "sync/hub/storage/segments.h"

struct audit {
    struct vn_hub *hub;
    vn_sentence_visit visit;
    void *ctx;
    const struct vn_enrolment_row *row;
    struct vn_hash hash;
    int64_t seq;
    int64_t entries;
    bool broken;
};

static enum vn_status say(struct audit *audit, const char *what, int64_t seq)
{
    char sentence[VN_ERROR_TEXT_MAX];
    (void)snprintf(sentence, sizeof sentence, "till %s, entry %lld: %s", audit->row->till, (long long)seq,
                   what);
    return audit->visit(audit->ctx, sentence);
}

static enum vn_status copy_sale(void *ctx, size_t at, const struct vn_sale_row *row)
{
    (void)at;
    *(struct vn_sale_row *)ctx = *row;
    return VN_OK;
}

static enum vn_status note_open(void *ctx, const struct vn_quarantine_row *row)
{
    *(bool *)ctx = row->decision != VN_QUARANTINE_RELEASED;
    return VN_OK;
}

static enum vn_status check_commit(struct audit *audit, int64_t seq, struct vn_view body)
{
    struct vn_entry entry;
    struct vn_sale_row sale;
    struct vn_error error;
    bool away = false;
    enum vn_status status =
        vn_storage_quarantine_get(audit->hub->storage, audit->row->id, seq, note_open, &away);
    if (away || (status != VN_OK && status != VN_ABSENT)) {
        return status;
    }
    sale.id = 0;
    status = vn_entry_decode(body, &entry, &error);
    if (status == VN_OK) {
        struct vn_sale_at at = {.key = entry.sale};
        memcpy(at.till, audit->row->till, sizeof at.till);
        status = vn_storage_sales_load(audit->hub->storage, &at, 1, copy_sale, &sale);
    }
    vn_entry_deinit(&entry);
    if ((status == VN_OK && sale.id == 0) || status == VN_INPUT || status == VN_UNSUPPORTED) {
        return say(audit, "a commit that was applied has no sale", seq);
    }
    if (status == VN_OK && audit->row->state == VN_ENROLMENT_HANDED_IN && sale.enrolment != audit->row->id) {
        return VN_OK; /* the hub knew it */
    }
    if (status == VN_OK && (sale.commit_seq != seq || sale.enrolment != audit->row->id)) {
        return say(audit, "the sale was committed by another entry too", seq);
    }
    return status;
}

static enum vn_status check_entry(struct audit *audit, int64_t seq, struct vn_view body)
{
    struct vn_scan scan;
    audit->entries++;
    vn_chain_next(&audit->hash, seq, body, &audit->hash);
    return vn_intake_scan(body, &scan) == VN_OK && scan.kind == VN_ENTRY_COMMIT &&
                   seq <= audit->row->posted_seq
               ? check_commit(audit, seq, body)
               : VN_OK;
}

/* Of the segment that has entry audit->seq + 1. */
static enum vn_status check_segment(struct audit *audit)
{
    struct vn_segment segment;
    enum vn_status status =
        vn_storage_segment_at(audit->hub->storage, audit->row->id, audit->seq + 1, &segment);
    if (status == VN_ABSENT || status == VN_CORRUPT) {
        audit->broken = true;
        return say(audit, status == VN_ABSENT ? "it is missing" : "it is not what was stored",
                   audit->seq + 1);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t end = segment.row.from_seq + segment.row.count - 1;
    while (audit->seq < end && status == VN_OK) {
        audit->seq++;
        status = check_entry(audit, audit->seq, vn_segment_body(&segment, audit->seq));
    }
    if (status == VN_OK && memcmp(audit->hash.bytes, segment.row.head.bytes, sizeof audit->hash.bytes) != 0) {
        audit->broken = true;
        status = say(audit, "the chain is broken here", end);
    }
    vn_segment_deinit(&segment);
    return status;
}

static enum vn_status check_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                      int64_t report_ms)
{
    struct audit *audit = ctx;
    enum vn_status status = VN_OK;
    (void)report;
    (void)report_ms;
    audit->row = row;
    audit->seq = 0;
    audit->broken = false;
    vn_chain_start(&row->enrolment, &audit->hash);
    if (row->state == VN_ENROLMENT_HANDED_IN) {
        struct vn_branch_row branch;
        status = vn_storage_branch_get(audit->hub->storage, row->id, &branch);
        if (status == VN_ABSENT) {
            return say(audit, "it is a branch, and nothing says of which journal", 0);
        }
        audit->seq = branch.from_seq - 1;
        audit->hash = branch.prev_hash;
    }
    while (status == VN_OK && !audit->broken && audit->seq < row->high_seq) {
        status = check_segment(audit);
    }
    if (status == VN_OK && !audit->broken &&
        (audit->seq != row->high_seq || memcmp(audit->hash.bytes, row->head.bytes, VN_HASH_SIZE) != 0)) {
        status = say(audit, "the journal does not end at the head that was acknowledged", row->high_seq);
    }
    return status;
}

enum vn_status vn_audit(struct vn_hub *hub, vn_sentence_visit visit, void *ctx, int64_t *entries)
{
    struct audit audit = {.hub = hub, .visit = visit, .ctx = ctx};
    enum vn_status status = vn_storage_audit(hub->storage, visit, ctx);
    if (status == VN_OK) {
        status = vn_audit_ledger(hub->storage, visit, ctx);
    }
    if (status == VN_OK) {
        status = vn_storage_enrolments(hub->storage, check_enrolment, &audit);
    }
    *entries = audit.entries;
    return status;
}
