/* What goes back to the hub, and what the chain risks while it is away.
 *
 * What goes wrong: a release was decided upon, and before it is journaled a sale takes the same right; the hub says twice how
 * much it wants back, and must not get it twice; an older agent released what this file does not count. So amounts are judged
 * here, within the entry's own transaction; what the hub asks is a total, and it says how much of it it has seen. */
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

static enum vn_status write_released(struct vn_journal *journal, const char *account, int64_t released)
{
    struct vn_statement *sql = journal->sql[SQL_RELEASED_SET];
    vn_bind_text(sql, 1, account);
    vn_bind_int(sql, 2, released);
    return vn_statement_run(sql);
}

/* Takes out at most `right->move` and, unless `back` is NULL, what it still asks; move is then what it came to. */
static enum vn_status release(struct vn_journal *journal, struct vn_counters *right,
                              const struct vn_right_back *back)
{
    int64_t released = 0;
    enum vn_status status = journal_read_counters(journal, right, &released);
    if (status != VN_OK) {
        return status;
    }
    if (back == NULL || !VN_PLANTED(HELD_RELEASED)) {
        right->move = vn_least(right->move, vn_counters_available(right));
    }
    if (back != NULL) {
        released = back->seen > released ? back->seen : released;
        right->move = vn_least(right->move, back->released - released);
    }
    if (right->move <= 0) {
        right->move = 0;
        return VN_OK;
    }
    right->out += right->move;
    status = VN_PLANTED(RELEASED_AND_KEPT) ? VN_OK : journal_write_counters(journal, right);
    return status == VN_OK ? write_released(journal, right->account, released + right->move) : status;
}

enum vn_status journal_release(struct vn_journal *journal, struct vn_entry *entry,
                               const struct vn_right_back *back, unsigned back_count, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    unsigned wanted = back_count > 0 ? back_count : entry->right_count;
    for (unsigned i = 0; i < back_count; i++) {
        struct vn_counters *right = &entry->rights[i];
        memset(right, 0, sizeof *right);
        memcpy(right->account, back[i].account, VN_ID_MAX);
        right->move = VN_AMOUNT_MAX;
    }
    entry->right_count = 0;
    for (unsigned i = 0; i < wanted && status == VN_OK; i++) {
        struct vn_counters right = entry->rights[i];
        status = release(journal, &right, back_count > 0 ? &back[i] : NULL);
        if (right.move > 0) {
            entry->rights[entry->right_count++] = right;
        }
    }
    return status == VN_OK && entry->right_count == 0 ? vn_fail(error, VN_ABSENT, "nothing to release")
                                                      : status;
}

enum vn_status vn_journal_released(struct vn_journal *journal, const char *account, int64_t *out)
{
    struct vn_counters counters = {.move = 0};
    enum vn_status status = vn_view_copy_str(vn_view_str(account), counters.account, sizeof counters.account);
    *out = 0;
    return status == VN_OK ? journal_read_counters(journal, &counters, out) : status;
}

/* --- risk --------------------------------------------------------------------------------------------------------- */

enum vn_status vn_journal_risked(struct vn_journal *journal, const char *member, int64_t *out)
{
    struct vn_statement *sql = journal->sql[SQL_RISKED];
    *out = 0;
    vn_bind_text(sql, 1, member);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *out = vn_column_int(sql, 0);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status journal_risk_more(struct vn_journal *journal, const char *member, int64_t amount)
{
    int64_t before = 0;
    enum vn_status status = vn_journal_risked(journal, member, &before);
    if (status != VN_OK || amount == 0) {
        return status;
    }
    bool some = before + amount > 0; /* what was given in an earlier outage may come back in this one */
    struct vn_statement *sql = journal->sql[some ? SQL_RISKED_SET : SQL_RISKED_DROP];
    vn_bind_text(sql, 1, member);
    if (some) {
        vn_bind_int(sql, 2, before + amount);
    }
    return vn_statement_run(sql);
}

/* --- what is earned in a day --------------------------------------------------------------------------------------- */

/* What there is of his day that is not over; 0 of one in the future, which a clock that was wrong has left. */
static int64_t earned_by(int64_t day_ms, int64_t amount, int64_t now_ms)
{
    return now_ms >= day_ms && now_ms - day_ms < VN_EARN_DAY_MS ? amount : 0;
}

static enum vn_status read_earned(struct vn_journal *journal, const char *who, int64_t *day_ms,
                                  int64_t *amount)
{
    struct vn_statement *sql = journal->sql[SQL_EARNED];
    *day_ms = *amount = 0;
    vn_bind_text(sql, 1, who);
    enum vn_status status = vn_statement_step(sql);
    if (status == VN_OK) {
        *day_ms = vn_column_int(sql, 0);
        *amount = vn_column_int(sql, 1);
        vn_statement_reset(sql);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_earned(struct vn_journal *journal, const char *who, int64_t now_ms, int64_t *out)
{
    int64_t day_ms = 0;
    enum vn_status status = read_earned(journal, who, &day_ms, out);
    *out = earned_by(day_ms, *out, now_ms);
    return status;
}

enum vn_status journal_earn_more(struct vn_journal *journal, const struct vn_entry *commit, int64_t amount)
{
    const char *who = commit->account[0] != '\0' ? commit->account : commit->card;
    struct vn_statement *set = journal->sql[SQL_EARNED_SET];
    struct vn_statement *drop = journal->sql[SQL_EARNED_DROP];
    int64_t day_ms = 0;
    int64_t before = 0;
    enum vn_status status = VN_OK;
    if (who[0] == '\0' || amount <= 0) {
        return VN_OK;
    }
    status = read_earned(journal, who, &day_ms, &before);
    before = earned_by(day_ms, before, commit->wall_ms);
    if (status == VN_OK && before == 0) {
        day_ms = commit->wall_ms;
        vn_bind_int(drop, 1, day_ms - VN_EARN_DAY_MS);
        status = vn_statement_run(drop);
    }
    if (status != VN_OK) {
        return status;
    }
    vn_bind_text(set, 1, who);
    vn_bind_int(set, 2, day_ms);
    vn_bind_int(set, 3, before + amount);
    return vn_statement_run(set);
}

static enum vn_status write_reached(struct vn_journal *journal, void *ctx)
{
    const int64_t *risk_member = ctx;
    vn_bind_int(journal->sql[SQL_RISK_MEMBER_SET], 1, *risk_member);
    enum vn_status status = vn_statement_run(journal->sql[SQL_RISK_MEMBER_SET]);
    return status == VN_OK ? vn_statement_run(journal->sql[SQL_RISKED_CLEAR]) : status;
}

enum vn_status vn_journal_reached(struct vn_journal *journal, int64_t risk_member)
{
    struct vn_error error;
    enum vn_status status = journal_run_lazily(journal, write_reached, &risk_member, &error);
    if (status == VN_OK) {
        journal->head.risk_member = risk_member;
    }
    return status;
}
