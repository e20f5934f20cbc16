#include "sync/hub/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static enum vn_status check_commit(struct audit *audit, const struct vn_entry_row *row)
{
    struct vn_entry entry;
    struct vn_sale_row sale;
    struct vn_error error;
    enum vn_status status = vn_entry_decode(row->body, &entry, &error);
    if (status == VN_OK) {
        status = vn_storage_sale_get(audit->hub->storage, audit->row->till, &entry.sale, &sale);
    }
    vn_entry_deinit(&entry);
    if (status == VN_ABSENT || status == VN_INPUT || status == VN_UNSUPPORTED) {
        return say(audit, "a commit that was applied has no sale", row->seq);
    }
    if (status == VN_OK && (sale.commit_seq != row->seq || sale.enrolment != row->enrolment)) {
        return say(audit, "the sale was committed by another entry too", row->seq);
    }
    return status;
}

static enum vn_status check_entry(void *ctx, const struct vn_entry_row *row)
{
    struct audit *audit = ctx;
    audit->entries++;
    audit->seq++;
    if (!audit->broken && row->seq != audit->seq) {
        audit->broken = true;
        return say(audit, "it is missing", audit->seq);
    }
    vn_chain_next(&audit->hash, row->seq, row->body, &audit->hash);
    if (!audit->broken && memcmp(audit->hash.bytes, row->hash.bytes, sizeof audit->hash.bytes) != 0) {
        audit->broken = true;
        return say(audit, "the chain is broken here", row->seq);
    }
    return strcmp(row->kind, "commit") == 0 && row->reason[0] == '\0' ? check_commit(audit, row) : VN_OK;
}

static enum vn_status check_enrolment(void *ctx, const struct vn_enrolment_row *row, const char *report,
                                      int64_t report_ms)
{
    struct audit *audit = ctx;
    (void)report;
    (void)report_ms;
    audit->row = row;
    audit->seq = 0;
    audit->broken = false;
    vn_chain_start(&row->enrolment, &audit->hash);
    enum vn_status status = vn_storage_entries(audit->hub->storage, row->id, check_entry, audit);
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
        status = vn_storage_enrolments(hub->storage, check_enrolment, &audit);
    }
    *entries = audit.entries;
    return status;
}
