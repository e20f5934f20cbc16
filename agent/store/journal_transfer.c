/* What this till lent and borrowed: each transfer has one beginning here, and one end.
 *
 * What goes wrong: a request to lend comes twice, and would be lent twice; a give arrives after its borrower has given up and
 * said so, and would be there twice; a refusal is shown twice, and would be taken back twice. The state stands in the
 * same transaction as the entry, so none of them can. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

static enum vn_status read_id(struct vn_statement *sql, int column, struct vn_enrolment_id *out)
{
    struct vn_view view = vn_column_blob(sql, column);
    if (view.len != VN_ID_BYTES) {
        return VN_CORRUPT;
    }
    memcpy(out->bytes, view.data, VN_ID_BYTES);
    return VN_OK;
}

/* From `first` on: state, lender, borrower, account, amount. */
static enum vn_status read_row(struct vn_statement *sql, int first, struct vn_give *give,
                               enum vn_transfer_state *state)
{
    int64_t number = vn_column_int(sql, first);
    enum vn_status status = read_id(sql, first + 1, &give->lender);
    if (status == VN_OK) {
        status = read_id(sql, first + 2, &give->borrower);
    }
    if (status == VN_OK) {
        status = vn_column_text(sql, first + 3, give->account, sizeof give->account);
    }
    give->amount = vn_column_int(sql, first + 4);
    if (status != VN_OK || number < 0 || number >= VN_TRANSFER_STATES) {
        return VN_CORRUPT;
    }
    *state = (enum vn_transfer_state)number;
    return VN_OK;
}

static enum vn_status find(struct vn_journal *journal, const char *transfer, struct vn_give *give,
                           enum vn_transfer_state *state)
{
    struct vn_statement *sql = journal->sql[SQL_TRANSFER];
    memset(give, 0, sizeof *give);
    *state = VN_TRANSFER_STATES;
    vn_bind_text(sql, 1, transfer);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        status = read_row(sql, 0, give, state);
    }
    vn_statement_reset(sql);
    return status == VN_OK ? vn_view_copy_str(vn_view_str(transfer), give->transfer, sizeof give->transfer)
                           : status;
}

enum vn_status vn_journal_transfer(struct vn_journal *journal, const char *transfer, struct vn_give *give,
                                   enum vn_transfer_state *state)
{
    return journal_judge(journal, find(journal, transfer, give, state));
}

enum vn_status vn_journal_open_gives(struct vn_journal *journal, struct vn_give *out, size_t max,
                                     size_t *count)
{
    struct vn_statement *sql = journal->sql[SQL_TRANSFERS_OPEN];
    enum vn_status status = VN_OK;
    *count = 0;
    vn_bind_int(sql, 1, (int64_t)max);
    while (*count < max && (status = vn_statement_step(sql)) == VN_OK) {
        enum vn_transfer_state state;
        struct vn_give *give = &out[*count];
        status = vn_column_text(sql, 0, give->transfer, sizeof give->transfer);
        if (status == VN_OK) {
            status = read_row(sql, 1, give, &state);
        }
        if (status != VN_OK) {
            break;
        }
        (*count)++;
    }
    vn_statement_reset(sql);
    return status == VN_ABSENT ? VN_OK : journal_judge(journal, status);
}

struct ending {
    const char *transfer;
    enum vn_transfer_state state;
};

static enum vn_status end(struct vn_journal *journal, const char *transfer, enum vn_transfer_state state)
{
    struct vn_statement *sql = journal->sql[SQL_TRANSFER_END];
    vn_bind_text(sql, 1, transfer);
    vn_bind_int(sql, 2, state);
    return vn_statement_run(sql);
}

static enum vn_status write_ending(struct vn_journal *journal, void *ctx)
{
    const struct ending *ending = ctx;
    return end(journal, ending->transfer, ending->state);
}

enum vn_status vn_journal_give_ended(struct vn_journal *journal, const char *transfer,
                                     enum vn_transfer_state state)
{
    struct vn_error error;
    struct ending ending = {transfer, state};
    if (state != VN_TRANSFER_GIVEN_KEPT && state != VN_TRANSFER_GIVEN_GONE) {
        return VN_ARG;
    }
    return journal_run_lazily(journal, write_ending, &ending, &error);
}

/* --- in an append ------------------------------------------------------------------------------------------------- */

static enum vn_status check_back(const struct transfer_step *step, enum vn_status found,
                                 const struct vn_give *known, enum vn_transfer_state state,
                                 struct vn_error *error)
{
    if (found == VN_ABSENT || !vn_give_equal(known, &step->give)) {
        return vn_fail(error, VN_ABSENT, "nothing like it was lent as %s", step->give.transfer);
    }
    return state == VN_TRANSFER_GIVEN
               ? VN_OK
               : vn_fail(error, VN_CONFLICT, "transfer %s has ended already", step->give.transfer);
}

enum vn_status journal_transfer_check(struct vn_journal *journal, const struct vn_entry *entry,
                                      struct transfer_step *step, struct vn_error *error)
{
    struct vn_signature signature;
    struct vn_give known;
    struct vn_error ignored;
    enum vn_transfer_state state;
    struct vn_error *why = error == NULL ? &ignored : error;
    memset(step, 0, sizeof *step);
    step->is_one = vn_entry_is_transfer(entry->kind);
    if (!step->is_one) {
        return VN_OK;
    }
    if (vn_entry_transfer_read(entry, &step->give, &signature, why) != VN_OK) {
        return vn_fail(error, VN_ARG, "an entry without its transfer");
    }
    bool lends = entry->kind == VN_ENTRY_GIVE || entry->kind == VN_ENTRY_BACK;
    const struct vn_enrolment_id *mine = lends ? &step->give.lender : &step->give.borrower;
    if (!vn_enrolment_id_equal(mine, &journal->enrolment)) {
        return vn_fail(error, VN_ARG, "transfer %s is not this till's", step->give.transfer);
    }
    enum vn_status status = find(journal, step->give.transfer, &known, &state);
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    step->state = entry->kind == VN_ENTRY_GIVE   ? VN_TRANSFER_GIVEN
                  : entry->kind == VN_ENTRY_BACK ? VN_TRANSFER_GIVEN_BACK
                  : entry->kind == VN_ENTRY_TAKE ? VN_TRANSFER_TOOK
                                                 : VN_TRANSFER_NEVER;
    if (entry->kind == VN_ENTRY_BACK) {
        return check_back(step, status, &known, state, error);
    }
    bool refused = status == VN_OK && state == VN_TRANSFER_NEVER && entry->kind == VN_ENTRY_TAKE;
    bool lent = status == VN_OK && state == VN_TRANSFER_GIVEN && entry->kind == VN_ENTRY_GIVE;
    step->is_new = !(refused && VN_PLANTED(REFUSED_TAKEN)) && !(lent && VN_PLANTED(LENT_AGAIN));
    return status == VN_ABSENT || !step->is_new
               ? VN_OK
               : vn_fail(error, VN_CONFLICT, "transfer %s is journaled already", step->give.transfer);
}

enum vn_status journal_transfer_note(struct vn_journal *journal, const struct transfer_step *step,
                                     int64_t seq)
{
    struct vn_statement *add = journal->sql[SQL_TRANSFER_ADD];
    const struct vn_give *give = &step->give;
    if (!step->is_one) {
        return VN_OK;
    }
    if (!step->is_new) {
        return end(journal, give->transfer, step->state);
    }
    vn_bind_text(add, 1, give->transfer);
    vn_bind_int(add, 2, step->state);
    vn_bind_blob(add, 3, vn_view_of(give->lender.bytes, VN_ID_BYTES));
    vn_bind_blob(add, 4, vn_view_of(give->borrower.bytes, VN_ID_BYTES));
    vn_bind_text(add, 5, give->account);
    vn_bind_int(add, 6, give->amount);
    vn_bind_int(add, 7, seq);
    return vn_statement_run(add);
}
