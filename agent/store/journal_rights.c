/* What an entry does to the counters of its rights.
 *
 * All of it is one idea: a sale has taken an amount out of each account so far (table `taken`: by its hold,
 * or by its commit), and an entry says what it shall have taken from now on. The difference goes to `out` when
 * it is more and to `in` when it is less. So a commit that consumes what was held moves nothing, a repeated
 * hold replaces the earlier one, a cancel or void gives everything back, and nothing is ever counted twice. */
#include <string.h>

#include "agent/base/planted.h"
#include "agent/loyalty/accounts.h"
#include "agent/store/journal_internal.h"

enum vn_status journal_read_counters(struct vn_journal *journal, struct vn_counters *counters,
                                     int64_t *released)
{
    struct vn_statement *sql = journal->sql[SQL_COUNTERS];
    vn_bind_text(sql, 1, counters->account);
    enum vn_status status = vn_statement_step(sql);
    counters->granted = counters->in = counters->out = *released = 0;
    if (status == VN_OK) {
        counters->granted = vn_column_int(sql, 0);
        counters->in = vn_column_int(sql, 1);
        counters->out = vn_column_int(sql, 2);
        *released = vn_column_int(sql, 3);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status read_counters(struct vn_journal *journal, struct vn_counters *counters)
{
    int64_t released = 0;
    return journal_read_counters(journal, counters, &released);
}

enum vn_status journal_write_counters(struct vn_journal *journal, const struct vn_counters *counters)
{
    struct vn_statement *sql = journal->sql[SQL_COUNTERS_SET];
    if (counters->granted > VN_AMOUNT_MAX || counters->in > VN_AMOUNT_MAX || counters->out > VN_AMOUNT_MAX) {
        return VN_INPUT;
    }
    vn_bind_text(sql, 1, counters->account);
    vn_bind_int(sql, 2, counters->granted);
    vn_bind_int(sql, 3, counters->in);
    vn_bind_int(sql, 4, counters->out);
    return vn_statement_run(sql);
}

static enum vn_status read_taken(struct vn_journal *journal, const struct vn_sale_key *sale,
                                 const char *account, int64_t *amount)
{
    struct vn_statement *sql = journal->sql[SQL_TAKEN];
    *amount = 0;
    journal_bind_sale(sql, 1, sale);
    vn_bind_text(sql, 4, account);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *amount = vn_column_int(sql, 0);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status write_taken(struct vn_journal *journal, const struct vn_sale_key *sale,
                                  const char *account, int64_t amount)
{
    struct vn_statement *sql = journal->sql[amount > 0 ? SQL_TAKEN_SET : SQL_TAKEN_DROP];
    journal_bind_sale(sql, 1, sale);
    vn_bind_text(sql, 4, account);
    if (amount > 0) {
        vn_bind_int(sql, 5, amount);
    }
    return vn_statement_run(sql);
}

static enum vn_status denied(const struct vn_counters *counters, int64_t wanted, struct vn_error *error)
{
    return vn_fail(error, VN_DENIED, "%s: %lld wanted, %lld available", counters->account, (long long)wanted,
                   (long long)vn_counters_available(counters));
}

/* Brings what the sale has taken of one account to `target`. Of the allowance for risks it is noted who got it. */
static enum vn_status settle(struct vn_journal *journal, const struct vn_entry *entry,
                             struct vn_counters *counters, int64_t target, struct vn_error *error)
{
    const struct vn_sale_key *sale = &entry->sale;
    int64_t taken = 0;
    enum vn_status status = read_counters(journal, counters);
    if (status == VN_OK) {
        status = read_taken(journal, sale, counters->account, &taken);
    }
    if (status != VN_OK) {
        return status;
    }
    if (target > taken) {
        bool risks = VN_PLANTED(RISK_UNBOUNDED) && strcmp(counters->account, VN_ACCOUNT_RISK) == 0;
        if (target - taken > vn_counters_available(counters) && !risks) {
            return denied(counters, target - taken, error);
        }
        counters->out += target - taken;
    } else {
        counters->in += taken - target;
    }
    status = journal_write_counters(journal, counters);
    if (status == VN_OK && strcmp(counters->account, VN_ACCOUNT_RISK) == 0) {
        status = journal_risk_more(journal, entry->account, target - taken);
    }
    return status == VN_OK ? write_taken(journal, sale, counters->account, target) : status;
}

static bool lists(const struct vn_entry *entry, const char *account)
{
    for (unsigned i = 0; i < entry->right_count; i++) {
        if (strcmp(entry->rights[i].account, account) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds the accounts that the sale has taken from and the entry does not list; `whole`: with what was taken. */
static enum vn_status add_taken(struct vn_journal *journal, struct vn_entry *entry, bool whole)
{
    struct vn_statement *sql = journal->sql[SQL_TAKEN_ALL];
    enum vn_status status;
    journal_bind_sale(sql, 1, &entry->sale);
    while ((status = vn_statement_step(sql)) == VN_OK) {
        struct vn_counters right = {.move = whole ? vn_column_int(sql, 1) : 0};
        status = vn_column_text(sql, 0, right.account, sizeof right.account);
        if (status != VN_OK || (!lists(entry, right.account) && entry->right_count == VN_RIGHTS_MAX)) {
            vn_statement_reset(sql);
            return status == VN_OK ? VN_INPUT : VN_CORRUPT;
        }
        if (!lists(entry, right.account)) {
            entry->rights[entry->right_count++] = right;
        }
    }
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status settle_all(struct vn_journal *journal, struct vn_entry *entry, bool give_back,
                                 struct vn_error *error)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < entry->right_count && status == VN_OK; i++) {
        struct vn_counters *right = &entry->rights[i];
        status = settle(journal, entry, right, give_back ? 0 : right->move, error);
    }
    return status;
}

/* Cancel and void give back all that was taken, used keeps it: the caller's list does not count for them,
 * unless nothing was taken before a `used`. */
static enum vn_status take_whole(struct vn_journal *journal, struct vn_entry *entry)
{
    struct vn_entry found = *entry;
    found.right_count = 0;
    enum vn_status status = add_taken(journal, &found, true);
    if (status == VN_OK && (found.right_count > 0 || entry->kind != VN_ENTRY_USED)) {
        memcpy(entry->rights, found.rights, sizeof found.rights);
        entry->right_count = found.right_count;
    }
    return status;
}

static enum vn_status grant(struct vn_journal *journal, struct vn_counters *right)
{
    int64_t given = right->granted;
    enum vn_status status = read_counters(journal, right);
    right->move = 0;
    given += VN_PLANTED(RETRY_ADDS) && given <= right->granted ? right->granted : 0;
    if (status == VN_OK && given > right->granted) {
        right->move = given - right->granted;
        right->granted = given;
        status = journal_write_counters(journal, right);
    }
    return status;
}

static enum vn_status lend(struct vn_journal *journal, struct vn_counters *right, struct vn_error *error)
{
    enum vn_status status = read_counters(journal, right);
    if (status == VN_OK && right->move > vn_counters_available(right) && !VN_PLANTED(LENT_THOUGH_HELD)) {
        return denied(right, right->move, error);
    }
    right->out += right->move;
    return status == VN_OK ? journal_write_counters(journal, right) : status;
}

/* What was borrowed, or lent and not taken. */
static enum vn_status come_in(struct vn_journal *journal, struct vn_counters *right)
{
    enum vn_status status = read_counters(journal, right);
    right->in += right->move;
    if (VN_PLANTED(TAKE_COUNTS_TWICE)) {
        right->in += right->move;
    }
    return status == VN_OK ? journal_write_counters(journal, right) : status;
}

static enum vn_status move_each(struct vn_journal *journal, struct vn_entry *entry, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < entry->right_count && status == VN_OK; i++) {
        struct vn_counters *right = &entry->rights[i];
        if (entry->kind == VN_ENTRY_GRANT) {
            status = grant(journal, right);
        } else if (entry->kind == VN_ENTRY_GIVE) {
            status = lend(journal, right, error);
        } else if (entry->kind == VN_ENTRY_TAKE || entry->kind == VN_ENTRY_BACK) {
            status = come_in(journal, right);
        } else { /* boot, return, finding: the counters as they stand */
            right->move = 0;
            status = read_counters(journal, right);
        }
    }
    return status;
}

enum vn_status journal_move_rights(struct vn_journal *journal, struct vn_entry *entry, struct vn_error *error)
{
    enum vn_status status;
    for (unsigned i = 0; i < entry->right_count; i++) {
        const struct vn_counters *right = &entry->rights[i];
        if (right->move < 0 || right->move > VN_AMOUNT_MAX || right->granted < 0 ||
            right->granted > VN_AMOUNT_MAX) {
            return vn_fail(error, VN_ARG, "%s: an amount that can't be", right->account);
        }
    }
    switch (entry->kind) {
    case VN_ENTRY_HOLD:
    case VN_ENTRY_COMMIT:
        status = add_taken(journal, entry, false);
        return status == VN_OK ? settle_all(journal, entry, false, error) : status;
    case VN_ENTRY_USED:
        status = take_whole(journal, entry);
        return status == VN_OK ? settle_all(journal, entry, false, error) : status;
    case VN_ENTRY_CANCEL:
    case VN_ENTRY_VOID:
        status = take_whole(journal, entry);
        return status == VN_OK ? settle_all(journal, entry, !VN_PLANTED(CANCEL_KEEPS), error) : status;
    default: return move_each(journal, entry, error);
    }
}
