/* Appending: everything that one entry means, in one transaction with one fsync.
 *
 * What goes wrong: the disk fills up (nothing is written, the caller refuses what is risky and goes on), or
 * an fsync fails. After that nobody knows what is on the disk, and asking again gives the page cache's answer,
 * not the disk's: the journal then refuses everything until the program has started anew. */
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

struct work {
    struct vn_journal *journal;
    const struct vn_journal_append *append;
    struct vn_entry *entry;
    struct vn_buf body;
    int64_t seq;
    struct vn_hash hash;
    int64_t grant;
    struct transfer_step transfer;
    struct vn_error *error;
};

static bool needs_sale(enum vn_entry_kind kind)
{
    return kind == VN_ENTRY_HOLD || kind == VN_ENTRY_CANCEL || kind == VN_ENTRY_COMMIT ||
           kind == VN_ENTRY_USED || kind == VN_ENTRY_VOID || kind == VN_ENTRY_RETURN;
}

/* The same step again comes first: its answer is the stored reply, whatever else has changed since. */
static enum vn_status check_step(const struct work *work)
{
    struct vn_statement *step = work->journal->sql[SQL_STEP];
    if (!work->entry->has_sale) {
        return VN_OK;
    }
    journal_bind_sale(step, 1, &work->entry->sale);
    vn_bind_int(step, 4, work->entry->kind);
    vn_bind_int(step, 5, work->append->step);
    enum vn_status status = vn_statement_step(step);
    vn_statement_reset(step);
    if (status == VN_OK) {
        return vn_fail(work->error, VN_CONFLICT, "this %s of the sale is journaled already",
                       vn_entry_kind_name(work->entry->kind));
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_why_full(const struct vn_journal_head *head, struct vn_error *error)
{
    int64_t unsent = head->seq - head->acked_seq;
    int64_t on_one_disk = head->acked_seq - head->durable_seq;
    int64_t not_included = head->durable_seq - head->base_seq;
    if (head->stuck) {
        return vn_fail(
            error, VN_FULL,
            "none of the %lld entries can leave this till's journal, which is damaged: enrol the till into "
            "another folder",
            (long long)(head->seq - head->base_seq));
    }
    if (unsent >= on_one_disk && unsent >= not_included) {
        return vn_fail(error, VN_FULL, "%lld entries wait for the hub: bring this till's line to it back",
                       (long long)unsent);
    }
    if (on_one_disk >= not_included) {
        return vn_fail(error, VN_FULL,
                       "%lld entries are on one disk only at the hub: make a backup of it on another machine",
                       (long long)on_one_disk);
    }
    return vn_fail(error, VN_FULL,
                   "the hub has not said that this till's balances include its last %lld entries",
                   (long long)not_included);
}

/* What an entry needs to have happened before, so that nothing is given back twice. */
static enum vn_status check_sale(const struct work *work)
{
    struct vn_sale_state state;
    const struct vn_entry *entry = work->entry;
    const struct vn_journal_head *head = &work->journal->head;
    if (!needs_sale(entry->kind)) {
        bool lends = entry->kind == VN_ENTRY_GIVE || entry->kind == VN_ENTRY_TAKE;
        return lends && head->seq - head->base_seq >= VN_JOURNAL_PENDING_MAX
                   ? vn_journal_why_full(head, work->error)
                   : VN_OK;
    }
    enum vn_status status = journal_sale_scan(work->journal, &entry->sale, &state);
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    bool done = (state.committed && !state.voided) || state.used;
    if (entry->kind == VN_ENTRY_HOLD && done) {
        return vn_fail(work->error, VN_ARG, "a hold of a sale that is committed or counts as used");
    }
    if (entry->kind == VN_ENTRY_HOLD && head->seq - head->base_seq >= VN_JOURNAL_PENDING_MAX) {
        return vn_journal_why_full(head, work->error);
    }
    if (entry->kind == VN_ENTRY_CANCEL && !state.hold_open) {
        return vn_fail(work->error, VN_ABSENT, "no open hold to cancel");
    }
    if (entry->kind == VN_ENTRY_VOID && json_is_true(json_object_get(entry->body, "elsewhere"))) {
        return done || state.hold_open
                   ? vn_fail(work->error, VN_ARG, "a void elsewhere of a sale that is here")
                   : VN_OK;
    }
    if (entry->kind == VN_ENTRY_VOID && !done) {
        return vn_fail(work->error, VN_ABSENT, "no commit to take back");
    }
    return VN_OK;
}

/* A grant by its number: one that brings nothing new is a repetition, and not journaled again. */
static enum vn_status take_grant(struct work *work)
{
    struct vn_error ignored;
    struct vn_journal *journal = work->journal;
    work->grant = journal->head.grant;
    if (work->entry->kind != VN_ENTRY_GRANT) {
        return VN_OK;
    }
    int64_t number = 0;
    struct vn_json_in body = vn_json_root(work->entry->body, work->error == NULL ? &ignored : work->error);
    vn_json_int(&body, "number", VN_REQUIRED, 1, VN_NUMBER_MAX, &number);
    if (vn_json_failed(&body)) {
        return vn_fail(work->error, VN_ARG, "a grant without a number");
    }
    bool raised = number > journal->head.grant;
    for (unsigned i = 0; i < work->entry->right_count; i++) {
        raised = raised || work->entry->rights[i].move > 0;
    }
    if (!raised) {
        return vn_fail(work->error, VN_CONFLICT, "grant %lld is journaled already", (long long)number);
    }
    if (number <= journal->head.grant) {
        return VN_OK;
    }
    work->grant = number;
    vn_bind_int(journal->sql[SQL_GRANT_SET], 1, number);
    return vn_statement_run(journal->sql[SQL_GRANT_SET]);
}

static enum vn_status add_entry(struct work *work)
{
    struct vn_statement *add = work->journal->sql[SQL_ENTRY_ADD];
    const struct vn_entry *entry = work->entry;
    enum vn_status status = vn_entry_encode(entry, &work->body);
    if (status == VN_FULL) {
        return vn_fail(work->error, VN_INPUT, "this receipt takes more than %d KiB: sell it as two receipts",
                       VN_ENTRY_MAX / 1024);
    }
    if (status != VN_OK) {
        return vn_fail(work->error, status, "entry can't be encoded");
    }
    work->seq = work->journal->head.seq + 1;
    vn_chain_next(&work->journal->head.hash, work->seq, vn_buf_view(&work->body), &work->hash);
    vn_bind_int(add, 1, work->seq);
    vn_bind_int(add, 2, entry->kind);
    vn_bind_text(add, 3, entry->account);
    vn_bind_text(add, 4, entry->card);
    vn_bind_int(add, 5, entry->points);
    vn_bind_int(add, 6, entry->wall_ms);
    vn_bind_int(add, 7, entry->mono_ms);
    vn_bind_blob(add, 8, vn_view_of(work->journal->head.boot, VN_ID_BYTES));
    vn_bind_int(add, 9, work->append->hub_offset_ms);
    vn_bind_blob(add, 10, vn_view_of(work->hash.bytes, sizeof work->hash.bytes));
    vn_bind_blob(add, 11, vn_buf_view(&work->body));
    status = vn_statement_run(add);
    if (status == VN_CONFLICT) {
        work->journal->broken = true;
        return vn_fail(work->error, VN_CORRUPT, "somebody else writes this journal");
    }
    return status;
}

static enum vn_status add_step(struct work *work)
{
    struct vn_statement *add = work->journal->sql[SQL_STEP_ADD];
    const struct vn_journal_append *append = work->append;
    if (!work->entry->has_sale) {
        return VN_OK;
    }
    journal_bind_sale(add, 1, &work->entry->sale);
    vn_bind_int(add, 4, work->entry->kind);
    vn_bind_int(add, 5, append->step);
    vn_bind_int(add, 6, work->seq);
    vn_bind_blob(add, 7, vn_view_of(append->digest, sizeof append->digest));
    vn_bind_int(add, 8, append->reply_status);
    vn_bind_blob(add, 9, append->reply);
    return vn_statement_run(add);
}

/* Any of these kinds ends the hold that was open; a hold opens its own. */
static enum vn_status set_hold(struct work *work)
{
    struct vn_journal *journal = work->journal;
    enum vn_entry_kind kind = work->entry->kind;
    if (!needs_sale(kind) || kind == VN_ENTRY_RETURN) {
        return VN_OK;
    }
    journal_bind_sale(journal->sql[SQL_HOLD_DROP], 1, &work->entry->sale);
    enum vn_status status = vn_statement_run(journal->sql[SQL_HOLD_DROP]);
    if (status != VN_OK || kind != VN_ENTRY_HOLD) {
        return status;
    }
    journal_bind_sale(journal->sql[SQL_HOLD_SET], 1, &work->entry->sale);
    vn_bind_int(journal->sql[SQL_HOLD_SET], 4, work->seq);
    return vn_statement_run(journal->sql[SQL_HOLD_SET]);
}

static enum vn_status write_all(struct work *work)
{
    enum vn_status status = check_step(work);
    if (status == VN_OK) {
        status = check_sale(work);
    }
    if (status == VN_OK) {
        status = journal_transfer_check(work->journal, work->entry, &work->transfer, work->error);
    }
    if (status == VN_OK) {
        const struct vn_journal_append *append = work->append;
        status =
            work->entry->kind == VN_ENTRY_RELEASE
                ? journal_release(work->journal, work->entry, append->back, append->back_count, work->error)
                : journal_move_rights(work->journal, work->entry, work->error);
    }
    if (status == VN_OK) {
        status = take_grant(work);
    }
    if (status == VN_OK) {
        status = add_entry(work);
    }
    if (status == VN_OK) {
        status = add_step(work);
    }
    if (status == VN_OK) {
        status = set_hold(work);
    }
    if (status == VN_OK && work->entry->kind == VN_ENTRY_COMMIT) {
        status = journal_earn_more(work->journal, work->entry, work->append->earned);
    }
    if (status == VN_OK) {
        status = journal_transfer_note(work->journal, &work->transfer, work->seq);
    }
    return status;
}

static enum vn_status check_arguments(const struct vn_journal *journal,
                                      const struct vn_journal_append *append, struct vn_error *error)
{
    const struct vn_entry *entry = append->entry;
    if (journal->broken) {
        return vn_fail(error, VN_IO, "a write failed before: the program must start anew");
    }
    if ((unsigned)entry->kind >= VN_ENTRY_KINDS || entry->right_count > VN_RIGHTS_MAX || append->step < 0 ||
        append->back_count > VN_RIGHTS_MAX || (append->back_count > 0 && entry->kind != VN_ENTRY_RELEASE) ||
        (!entry->has_sale && (needs_sale(entry->kind) || append->reply.len > 0))) {
        return vn_fail(error, VN_ARG, "entry can't be journaled as it is");
    }
    return VN_OK;
}

static enum vn_status disk_full(struct vn_error *error)
{
    return vn_fail(error, VN_FULL, "the disk of this till is full: free space on it");
}

static enum vn_status run(struct work *work)
{
    struct vn_journal *journal = work->journal;
    enum vn_status status = VN_PLANTED(REPLY_BEFORE_FSYNC)
                                ? vn_db_exec(journal->db, "PRAGMA synchronous=OFF", work->error)
                                : VN_OK;
    if (status == VN_OK) {
        status = vn_db_begin(journal->db, work->error);
    }
    if (status != VN_OK) {
        return status;
    }
    status = journal_judge(journal, write_all(work));
    if (status == VN_OK) {
        status = vn_db_commit(journal->db, work->error);
        return status == VN_FULL ? disk_full(work->error) : status;
    }
    bool said = work->error == NULL || work->error->status == status;
    if (!said && status == VN_FULL) {
        (void)disk_full(work->error);
    } else if (!said && status == VN_INPUT) {
        (void)vn_fail(work->error, status, "this receipt takes from too many accounts, or too much of one");
    } else if (!said) {
        vn_db_describe(journal->db, status, work->error);
    }
    vn_db_rollback(journal->db);
    return status;
}

enum vn_status vn_journal_append(struct vn_journal *journal, const struct vn_journal_append *append,
                                 int64_t *seq, struct vn_error *error)
{
    *seq = 0;
    if (error != NULL) {
        error->status = VN_OK;
    }
    enum vn_status status = check_arguments(journal, append, error);
    if (status != VN_OK) {
        return status;
    }
    struct vn_counters rights[VN_RIGHTS_MAX];
    unsigned right_count = append->entry->right_count;
    memcpy(rights, append->entry->rights, sizeof rights);
    struct work work = {.journal = journal, .append = append, .entry = append->entry, .error = error};
    vn_buf_init(&work.body, VN_ENTRY_MAX);
    status = journal_undone(journal, run(&work), error);
    vn_buf_deinit(&work.body);
    if (status == VN_OK) {
        journal->head.seq = work.seq;
        journal->head.hash = work.hash;
        journal->head.grant = work.grant;
        *seq = work.seq;
        return VN_OK;
    }
    memcpy(append->entry->rights, rights, sizeof rights);
    append->entry->right_count = right_count;
    journal->broken = journal->broken || status == VN_IO;
    return status;
}
