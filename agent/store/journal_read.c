/* Reading the journal: replies, sales, counters, balances, batches. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

enum vn_status journal_judge(const struct vn_journal *journal, enum vn_status status)
{
    return status == VN_IO && vn_db_read_failed(journal->db) ? VN_CORRUPT : status;
}

void journal_bind_sale(struct vn_statement *statement, int first, const struct vn_sale_key *sale)
{
    vn_bind_text(statement, first, sale->pos);
    vn_bind_text(statement, first + 1, sale->date);
    vn_bind_text(statement, first + 2, sale->receipt);
}

enum vn_status journal_hash_of(struct vn_journal *journal, int64_t seq, struct vn_hash *out)
{
    struct vn_statement *entry = journal->sql[SQL_ENTRY];
    if (seq == journal->head.base_seq) {
        *out = journal->head.base_hash;
        return VN_OK;
    }
    vn_bind_int(entry, 1, seq);
    enum vn_status status = vn_statement_step(entry);
    if (status == VN_OK) {
        struct vn_view hash = vn_column_blob(entry, 0);
        if (hash.len == sizeof out->bytes) {
            memcpy(out->bytes, hash.data, hash.len);
        } else {
            status = VN_CORRUPT;
        }
    }
    vn_statement_reset(entry);
    return status;
}

/* An entry's body, pruned or not. VN_ABSENT. */
static enum vn_status body_of(struct vn_journal *journal, int64_t seq, struct vn_buf *out)
{
    bool pruned = seq <= journal->head.base_seq;
    struct vn_statement *entry = journal->sql[pruned ? SQL_BODY : SQL_ENTRY];
    vn_bind_int(entry, 1, seq);
    enum vn_status status = vn_statement_step(entry);
    if (status == VN_OK) {
        status = vn_buf_append(out, vn_column_blob(entry, pruned ? 0 : 1));
    }
    vn_statement_reset(entry);
    return status;
}

enum vn_status vn_journal_reply(struct vn_journal *journal, const struct vn_sale_key *sale,
                                enum vn_entry_kind kind, int step, const uint8_t digest[VN_HASH_SIZE],
                                int *reply_status, struct vn_buf *reply, int64_t *seq)
{
    struct vn_statement *sql = journal->sql[SQL_STEP];
    journal_bind_sale(sql, 1, sale);
    vn_bind_int(sql, 4, kind);
    vn_bind_int(sql, 5, step);
    vn_buf_clear(reply);
    enum vn_status status = vn_statement_step(sql);
    if (status != VN_OK) {
        return journal_judge(journal, status);
    }
    *seq = vn_column_int(sql, 0);
    *reply_status = (int)vn_column_int(sql, 2);
    if (!vn_view_equal(vn_column_blob(sql, 1), vn_view_of(digest, VN_HASH_SIZE)) &&
        !VN_PLANTED(OLD_REPLY_GIVEN)) {
        status = VN_CONFLICT;
    } else {
        status = vn_buf_append(reply, vn_column_blob(sql, 3));
    }
    vn_statement_reset(sql);
    return status;
}

#define TOLD_DONE 200 /* HTTP: nothing is left to be settled by the hub */

static void note_step(struct vn_sale_state *state, enum vn_entry_kind kind, int64_t seq, int64_t told)
{
    switch (kind) {
    case VN_ENTRY_HOLD:
        state->holds++;
        state->hold_seq = seq;
        break;
    case VN_ENTRY_COMMIT:
        state->committed = true;
        state->voided = false;
        state->commit_seq = seq;
        break;
    case VN_ENTRY_USED:
        state->used = true;
        state->voided = false;
        break;
    case VN_ENTRY_VOID:
        state->voided = true;
        state->used = false;
        break;
    case VN_ENTRY_RETURN:
        state->returned = true;
        state->returned_here = state->returned_here || told == TOLD_DONE;
        break;
    case VN_ENTRY_CANCEL: break;
    default: return; /* findings and the like say nothing about the sale's state */
    }
    state->last = kind;
}

enum vn_status journal_sale_scan(struct vn_journal *journal, const struct vn_sale_key *sale,
                                 struct vn_sale_state *out)
{
    struct vn_statement *steps = journal->sql[SQL_STEPS];
    struct vn_statement *hold = journal->sql[SQL_HOLD];
    enum vn_status status;
    memset(out, 0, sizeof *out);
    out->last = VN_ENTRY_KINDS;
    journal_bind_sale(steps, 1, sale);
    while ((status = vn_statement_step(steps)) == VN_OK) {
        note_step(out, (enum vn_entry_kind)vn_column_int(steps, 0), vn_column_int(steps, 1),
                  vn_column_int(steps, 2));
    }
    if (status != VN_ABSENT || out->last == VN_ENTRY_KINDS) {
        return status;
    }
    journal_bind_sale(hold, 1, sale);
    status = vn_statement_step(hold);
    out->hold_open = status == VN_OK;
    vn_statement_reset(hold);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_sale(struct vn_journal *journal, const struct vn_sale_key *sale,
                               struct vn_sale_state *out, struct vn_buf *hold_body,
                               struct vn_buf *commit_body)
{
    vn_buf_clear(hold_body);
    vn_buf_clear(commit_body);
    enum vn_status status = journal_sale_scan(journal, sale, out);
    if (status == VN_OK && out->hold_seq > 0) {
        status = body_of(journal, out->hold_seq, hold_body);
    }
    if (status == VN_OK && out->commit_seq > 0) {
        status = body_of(journal, out->commit_seq, commit_body);
    }
    return journal_judge(journal, status);
}

enum vn_status vn_journal_open_holds(struct vn_journal *journal, const char *pos, struct vn_sale_key *out,
                                     size_t max, size_t *count)
{
    struct vn_statement *holds = journal->sql[SQL_HOLDS];
    enum vn_status status;
    *count = 0;
    vn_bind_text(holds, 1, pos);
    vn_bind_int(holds, 2, (int64_t)max);
    while ((status = vn_statement_step(holds)) == VN_OK) {
        struct vn_sale_key *key = &out[*count];
        if (vn_column_text(holds, 0, key->pos, sizeof key->pos) != VN_OK ||
            vn_column_text(holds, 1, key->date, sizeof key->date) != VN_OK ||
            vn_column_text(holds, 2, key->receipt, sizeof key->receipt) != VN_OK) {
            vn_statement_reset(holds);
            return VN_CORRUPT;
        }
        (*count)++;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_counters(struct vn_journal *journal, const char *account, struct vn_counters *out)
{
    struct vn_statement *sql = journal->sql[SQL_COUNTERS];
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_view_copy_str(vn_view_str(account), out->account, sizeof out->account);
    if (status != VN_OK) {
        return VN_ARG;
    }
    vn_bind_text(sql, 1, account);
    status = vn_statement_step(sql);
    if (status == VN_OK) {
        out->granted = vn_column_int(sql, 0);
        out->in = vn_column_int(sql, 1);
        out->out = vn_column_int(sql, 2);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_available(struct vn_journal *journal, const char *from, const char *to,
                                    struct vn_counters *out, size_t max, size_t *count)
{
    struct vn_statement *sql = journal->sql[SQL_AVAILABLE];
    enum vn_status status;
    *count = 0;
    vn_bind_text(sql, 1, from);
    vn_bind_text(sql, 2, to);
    vn_bind_int(sql, 3, (int64_t)max);
    while ((status = vn_statement_step(sql)) == VN_OK) {
        struct vn_counters *counters = &out[*count];
        memset(counters, 0, sizeof *counters);
        if (vn_column_text(sql, 0, counters->account, sizeof counters->account) != VN_OK) {
            vn_statement_reset(sql);
            return VN_CORRUPT;
        }
        counters->granted = vn_column_int(sql, 1);
        counters->in = vn_column_int(sql, 2);
        counters->out = vn_column_int(sql, 3);
        (*count)++;
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status sum_points(struct vn_journal *journal, enum journal_sql which, const char *key,
                                 int64_t included_seq, int64_t *out)
{
    struct vn_statement *sql = journal->sql[which];
    *out = 0;
    vn_bind_text(sql, 1, key);
    vn_bind_int(sql, 2, included_seq);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *out = vn_column_int(sql, 0);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_CORRUPT : status;
}

enum vn_status vn_journal_points_since(struct vn_journal *journal, const char *account, int64_t included_seq,
                                       int64_t *out)
{
    return sum_points(journal, SQL_POINTS_ACCOUNT, account, included_seq, out);
}

enum vn_status vn_journal_points_of_card(struct vn_journal *journal, const char *card_hex,
                                         int64_t included_seq, int64_t *out)
{
    struct vn_statement *carried = journal->sql[SQL_CARRIED];
    enum vn_status status = sum_points(journal, SQL_POINTS_CARD, card_hex, included_seq, out);
    if (status != VN_OK || included_seq >= 0) {
        return status;
    }
    vn_bind_text(carried, 1, card_hex);
    status = vn_statement_step(carried);
    if (status == VN_OK) {
        *out += vn_column_int(carried, 0);
        vn_statement_reset(carried);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

/* Takes one more body while it fits; the views are set at the end, because the memory moves as it grows. */
static enum vn_status add_body(struct vn_batch *batch, struct vn_buf *memory, size_t *lens, size_t max_bytes,
                               struct vn_view body)
{
    if (batch->count > 0 && memory->len + body.len + batch->count + 1 > max_bytes) {
        return VN_FULL;
    }
    enum vn_status status = vn_buf_append(memory, body);
    if (status == VN_OK) {
        lens[batch->count++] = body.len;
    }
    return status;
}

/* hash(seq) of the entry that is read now. VN_CORRUPT: it is not the next, or not as it was written. */
static enum vn_status check_entry(struct vn_statement *entry, int64_t seq, const struct vn_hash *before,
                                  struct vn_hash *out)
{
    struct vn_view stored = vn_column_blob(entry, 1);
    vn_chain_next(before, seq, vn_column_blob(entry, 2), out);
    return vn_column_int(entry, 0) == seq && vn_view_equal(stored, vn_view_of(out->bytes, sizeof out->bytes))
               ? VN_OK
               : VN_CORRUPT;
}

/* What comes before an entry that is damaged, or can't be read, is a batch all the same. */
static enum vn_status collect(struct vn_journal *journal, struct vn_batch *out, unsigned max_entries,
                              size_t max_bytes, struct vn_buf *memory)
{
    size_t lens[VN_BATCH_ENTRIES_MAX] = {0};
    struct vn_statement *sql = journal->sql[SQL_ENTRIES_FROM];
    enum vn_status status = VN_OK;
    vn_bind_int(sql, 1, out->from_seq);
    while (out->count < max_entries && (status = vn_statement_step(sql)) == VN_OK) {
        struct vn_hash hash;
        status = check_entry(sql, out->from_seq + out->count, &out->head, &hash);
        if (status == VN_OK) {
            status = add_body(out, memory, lens, max_bytes, vn_column_blob(sql, 2));
        }
        if (status != VN_OK) {
            break;
        }
        out->head = hash;
    }
    vn_statement_reset(sql);
    size_t offset = 0;
    for (unsigned i = 0; i < out->count; i++) {
        out->bodies[i] = vn_view_of(memory->data + offset, lens[i]);
        offset += lens[i];
    }
    return status == VN_ABSENT || out->count > 0 ? VN_OK : status;
}

enum vn_status vn_journal_batch(struct vn_journal *journal, int64_t after_seq, unsigned max_entries,
                                size_t max_bytes, struct vn_batch *out, struct vn_buf *memory)
{
    memset(out, 0, sizeof *out);
    vn_buf_clear(memory);
    if (max_entries == 0 || after_seq < 0 || after_seq > journal->head.seq) {
        return VN_ARG;
    }
    if (max_entries > VN_BATCH_ENTRIES_MAX) {
        max_entries = VN_BATCH_ENTRIES_MAX;
    }
    if (max_bytes > VN_BATCH_BYTES_MAX - VN_BATCH_HEAD_MAX) {
        max_bytes = VN_BATCH_BYTES_MAX - VN_BATCH_HEAD_MAX;
    }
    out->enrolment = journal->enrolment;
    out->from_seq = after_seq + 1;
    enum vn_status status = journal_hash_of(journal, after_seq, &out->prev_hash);
    if (status != VN_OK) {
        return status;
    }
    out->head = out->prev_hash;
    return collect(journal, out, max_entries, max_bytes, memory);
}

enum vn_status vn_journal_each(struct vn_journal *journal, int64_t from_seq, vn_journal_visit visit,
                               void *ctx)
{
    struct vn_statement *sql = journal->sql[SQL_ENTRIES_FROM];
    enum vn_status status;
    vn_bind_int(sql, 1, from_seq);
    while ((status = vn_statement_step(sql)) == VN_OK) {
        struct vn_hash hash;
        struct vn_view stored = vn_column_blob(sql, 1);
        if (stored.len != sizeof hash.bytes) {
            status = VN_CORRUPT;
            break;
        }
        memcpy(hash.bytes, stored.data, stored.len);
        if (!visit(ctx, vn_column_int(sql, 0), &hash, vn_column_blob(sql, 2))) {
            status = VN_ABSENT;
            break;
        }
    }
    vn_statement_reset(sql);
    return status == VN_ABSENT ? VN_OK : status;
}
