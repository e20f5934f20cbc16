/* What the hub has: acknowledgements, and what can leave the journal because of them.
 *
 * What goes wrong: an entry goes while a row of the cache does not include it yet, and the balance shown drops; it goes while
 * the hub has it on one disk only, and a hub that is restored asks for it in vain; a step goes while its sale is still held.
 * Nothing here waits for the disk: if the last transactions are lost, the journal has some more entries than it needs. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

#define DAY_MS INT64_C(86400000)

enum vn_status journal_undone(struct vn_journal *journal, enum vn_status status, struct vn_error *error)
{
    return vn_db_in_transaction(journal->db)
               ? vn_fail(error, VN_IO, "no memory to undo a transaction: the program must start anew")
               : status;
}

enum vn_status journal_run_lazily(struct vn_journal *journal, lazy_write write, void *ctx,
                                  struct vn_error *error)
{
    if (journal->broken) {
        return vn_fail(error, VN_IO, "a write failed before: the program must start anew");
    }
    enum vn_status status = vn_db_exec(journal->db, "PRAGMA synchronous=NORMAL", error);
    if (status == VN_OK) {
        status = vn_db_begin(journal->db, error);
    }
    if (status == VN_OK) {
        status = journal_judge(journal, write(journal, ctx));
        if (status == VN_OK) {
            status = vn_db_commit(journal->db, error);
        } else {
            vn_db_describe(journal->db, status, error);
            vn_db_rollback(journal->db);
        }
    }
    struct vn_error ignored;
    status = journal_undone(journal, status, error);
    if (vn_db_exec(journal->db, "PRAGMA synchronous=FULL", &ignored) != VN_OK) {
        status = vn_fail(error, VN_IO, "%s", ignored.text);
    }
    journal->broken = journal->broken || status == VN_IO;
    return status;
}

/* --- acknowledgements --------------------------------------------------------------------------------------------- */

static enum vn_status write_acked(struct vn_journal *journal, void *ctx)
{
    const struct vn_journal_head *head = ctx;
    struct vn_statement *set = journal->sql[SQL_ACKED_SET];
    vn_bind_int(set, 1, head->acked_seq);
    vn_bind_int(set, 2, head->durable_seq);
    vn_bind_int(set, 3, head->hub_offset_ms);
    return vn_statement_run(set);
}

enum vn_status vn_journal_acked(struct vn_journal *journal, int64_t acked_seq, int64_t durable_seq,
                                int64_t hub_offset_ms)
{
    struct vn_error error;
    struct vn_journal_head next = journal->head;
    if (acked_seq > next.seq || durable_seq > next.seq) {
        return VN_CONFLICT;
    }
    next.acked_seq = acked_seq > next.acked_seq ? acked_seq : next.acked_seq;
    if (durable_seq > next.durable_seq || VN_PLANTED(WATERMARK_FALLS)) {
        next.durable_seq = durable_seq;
    }
    next.hub_offset_ms = hub_offset_ms;
    if (next.acked_seq == journal->head.acked_seq && next.durable_seq == journal->head.durable_seq) {
        return VN_OK; /* the clock alone is not worth a write */
    }
    enum vn_status status = journal_run_lazily(journal, write_acked, &next, &error);
    if (status == VN_OK) {
        journal->head = next;
    }
    return status;
}

/* --- pruning ------------------------------------------------------------------------------------------------------ */

struct slice {
    int64_t base_seq; /* the new one */
    struct vn_hash base_hash;
    int64_t day;
    int64_t aged_seq; /* 0: nothing is */
};

static enum vn_status run_with(struct vn_statement *sql, int64_t number)
{
    vn_bind_int(sql, 1, number);
    return vn_statement_run(sql);
}

static enum vn_status prune_entries(struct vn_journal *journal, void *ctx)
{
    const struct slice *slice = ctx;
    struct vn_statement *const *sql = journal->sql;
    enum vn_status status = run_with(sql[SQL_CARRY], slice->base_seq);
    if (status == VN_OK) {
        status = vn_statement_run(sql[SQL_CARRY_DROP]);
    }
    if (status == VN_OK) {
        vn_bind_int(sql[SQL_KEEP_BODIES], 2, VN_ENTRY_HOLD);
        vn_bind_int(sql[SQL_KEEP_BODIES], 3, VN_ENTRY_COMMIT);
        status = run_with(sql[SQL_KEEP_BODIES], slice->base_seq);
    }
    if (status == VN_OK) {
        vn_bind_int(sql[SQL_PRUNED_SET], 2, slice->base_seq);
        status = run_with(sql[SQL_PRUNED_SET], slice->day);
    }
    if (status == VN_OK) {
        status = run_with(sql[SQL_PRUNE], slice->base_seq);
    }
    if (status == VN_OK) {
        vn_bind_blob(sql[SQL_BASE_SET], 2, vn_view_of(slice->base_hash.bytes, sizeof slice->base_hash.bytes));
        status = run_with(sql[SQL_BASE_SET], slice->base_seq);
    }
    return status;
}

static enum vn_status drop_aged(struct vn_journal *journal, void *ctx)
{
    static const enum journal_sql drops[] = {SQL_AGED_TAKEN_DROP, SQL_AGED_BODIES_DROP,
                                             SQL_AGED_TRANSFERS_DROP, SQL_AGED_STEPS_DROP};
    const struct slice *slice = ctx;
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < sizeof drops / sizeof drops[0] && status == VN_OK; i++) {
        vn_bind_int(journal->sql[drops[i]], 2, VN_JOURNAL_SLICE_MAX);
        status = run_with(journal->sql[drops[i]], slice->aged_seq);
    }
    return status;
}

static enum vn_status read_number(struct vn_statement *sql, int64_t *out)
{
    enum vn_status status = vn_statement_step(sql);
    *out = status == VN_OK ? vn_column_int(sql, 0) : 0;
    vn_statement_reset(sql);
    return status == VN_ABSENT ? VN_CORRUPT : status;
}

/* Up to where entries were pruned long enough ago; 0 when no step of them is left. */
static enum vn_status find_aged(struct vn_journal *journal, struct slice *slice)
{
    int64_t left = 0;
    vn_bind_int(journal->sql[SQL_AGED], 1, slice->day - VN_REPLY_DAYS);
    enum vn_status status = read_number(journal->sql[SQL_AGED], &slice->aged_seq);
    if (status == VN_OK && slice->aged_seq > 0) {
        vn_bind_int(journal->sql[SQL_AGED_LEFT], 1, slice->aged_seq);
        vn_bind_int(journal->sql[SQL_AGED_LEFT], 2, 1);
        status = read_number(journal->sql[SQL_AGED_LEFT], &left);
    }
    slice->aged_seq = left > 0 ? slice->aged_seq : 0;
    return status;
}

static enum vn_status prune_slice(struct vn_journal *journal, struct slice *slice, int64_t bound, bool *more,
                                  struct vn_error *error)
{
    int64_t most = journal->head.base_seq + VN_JOURNAL_SLICE_MAX;
    slice->base_seq = bound < most ? bound : most;
    enum vn_status status =
        journal_judge(journal, journal_hash_of(journal, slice->base_seq, &slice->base_hash));
    if (status != VN_OK) {
        return vn_fail(error, status == VN_ABSENT ? VN_CORRUPT : status, "entry %lld can't be read",
                       (long long)slice->base_seq);
    }
    status = journal_run_lazily(journal, prune_entries, slice, error);
    if (status == VN_OK) {
        journal->head.base_seq = slice->base_seq;
        journal->head.base_hash = slice->base_hash;
        *more = true;
    }
    return status;
}

static enum vn_status prune(struct vn_journal *journal, int64_t included_seq, int64_t now_ms, bool *more,
                            struct vn_error *error)
{
    const struct vn_journal_head *head = &journal->head;
    struct slice slice = {.day = now_ms / DAY_MS};
    int64_t bound = VN_PLANTED(PRUNED_BEFORE_DURABLE)    ? included_seq
                    : VN_PLANTED(PRUNED_BEFORE_INCLUDED) ? head->durable_seq
                    : included_seq < head->durable_seq   ? included_seq
                                                         : head->durable_seq;
    *more = false;
    if (bound > head->base_seq) {
        return prune_slice(journal, &slice, bound, more, error);
    }
    enum vn_status status = journal_judge(journal, find_aged(journal, &slice));
    if (status != VN_OK) {
        vn_db_describe(journal->db, status, error);
    } else if (slice.aged_seq > 0) {
        status = journal_run_lazily(journal, drop_aged, &slice, error);
        *more = status == VN_OK;
    }
    return status;
}

enum vn_status vn_journal_prune(struct vn_journal *journal, int64_t included_seq, int64_t now_ms, bool *more,
                                struct vn_error *error)
{
    enum vn_status status = prune(journal, included_seq, now_ms, more, error);
    journal->head.stuck = journal->head.stuck || status == VN_CORRUPT;
    return status;
}
