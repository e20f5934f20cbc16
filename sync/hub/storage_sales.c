#include <string.h>

#include "sync/hub/storage_sql.h"

#define SALE_COLUMNS                                                                                         \
    "id, enrolment, store, till, pos, date, receipt, state, account, commit_seq, at_ms, total_minor,"        \
    " discount_minor, points_earned, points_spent, ruleset, fiscal, flags"

const char *vn_sale_state_name(enum vn_hub_sale_state state)
{
    static const char *const names[] = {"held", "cancelled", "committed", "used", "voided", "returned"};
    return names[state];
}

static enum vn_status read_sale(struct vn_row *row, struct vn_sale_row *out)
{
    struct {
        int column;
        char *out;
        size_t size;
    } texts[] = {{2, out->store, sizeof out->store},
                 {3, out->till, sizeof out->till},
                 {4, out->key.pos, sizeof out->key.pos},
                 {5, out->key.date, sizeof out->key.date},
                 {6, out->key.receipt, sizeof out->key.receipt},
                 {8, out->account, sizeof out->account},
                 {16, out->fiscal, sizeof out->fiscal},
                 {17, out->flags, sizeof out->flags}};
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && status == VN_OK; i++) {
        status = vn_row_text(row, texts[i].column, texts[i].out, texts[i].size);
    }
    out->id = vn_row_int(row, 0);
    out->enrolment = vn_row_int(row, 1);
    out->state = (enum vn_hub_sale_state)vn_row_int(row, 7);
    out->commit_seq = vn_row_int(row, 9);
    out->at_ms = vn_row_int(row, 10);
    out->total_minor = vn_row_int(row, 11);
    out->discount_minor = vn_row_int(row, 12);
    out->points_earned = vn_row_int(row, 13);
    out->points_spent = vn_row_int(row, 14);
    out->ruleset = vn_row_int(row, 15);
    return status;
}

enum vn_status vn_storage_sale_get(struct vn_storage *storage, const char *till,
                                   const struct vn_sale_key *key, struct vn_sale_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(storage, &row,
                                         "SELECT " SALE_COLUMNS
                                         " FROM sale WHERE pos = ? AND date = ? AND receipt = ? AND till = ?",
                                         "tttt", key->pos, key->date, key->receipt, till);
    if (status == VN_OK) {
        status = read_sale(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_sale_find(struct vn_storage *storage, const struct vn_sale_key *key,
                                    struct vn_sale_row *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT " SALE_COLUMNS " FROM sale WHERE pos = ? AND date = ? AND receipt = ?", "ttt",
        key->pos, key->date, key->receipt);
    if (status != VN_OK) {
        return status;
    }
    status = read_sale(row, out);
    if (status == VN_OK) {
        status = vn_row_step(row);
        status = status == VN_OK ? VN_CONFLICT : status == VN_ABSENT ? VN_OK : status;
    }
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_sale_put(struct vn_storage *storage, struct vn_sale_row *row)
{
    if (row->id == 0) {
        enum vn_status status = vn_sql_next(storage, VN_SERIES_SALE, &row->id);
        if (status != VN_OK) {
            return status;
        }
        return vn_sql_run(storage,
                          "INSERT INTO sale(" SALE_COLUMNS
                          ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                          "iitttttitiiiiiiitt", row->id, row->enrolment, row->store, row->till, row->key.pos,
                          row->key.date, row->key.receipt, (int64_t)row->state, row->account, row->commit_seq,
                          row->at_ms, row->total_minor, row->discount_minor, row->points_earned,
                          row->points_spent, row->ruleset, row->fiscal, row->flags);
    }
    return vn_sql_run(storage,
                      "UPDATE sale SET enrolment = ?, state = ?, account = ?, commit_seq = ?, at_ms = ?,"
                      " total_minor = ?, discount_minor = ?, points_earned = ?, points_spent = ?,"
                      " ruleset = ?, fiscal = ?, flags = ? WHERE id = ?",
                      "iitiiiiiiitti", row->enrolment, (int64_t)row->state, row->account, row->commit_seq,
                      row->at_ms, row->total_minor, row->discount_minor, row->points_earned,
                      row->points_spent, row->ruleset, row->fiscal, row->flags, row->id);
}

enum vn_status vn_storage_earned_around(struct vn_storage *storage, const char *account, int64_t at_ms,
                                        int64_t span_ms, int64_t *out)
{
    *out = 0;
    return vn_sql_number(
        storage, out,
        "SELECT CAST(coalesce(sum(points_earned), 0) AS BIGINT) FROM sale WHERE account = ? AND state = ?"
        " AND at_ms > ? AND at_ms < ?",
        "tiii", account, (int64_t)VN_SALE_COMMITTED, at_ms - span_ms, at_ms + span_ms);
}

enum vn_status vn_storage_sales(struct vn_storage *storage, const char *till, vn_sale_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_sale_row sale;
    memset(&sale, 0, sizeof sale);
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT * FROM (SELECT " SALE_COLUMNS " FROM sale WHERE ? = '' OR till = ?"
                     " ORDER BY id DESC LIMIT ?) AS s ORDER BY id",
                     "tti", till, till, (int64_t)VN_REPORT_ROWS_MAX);
    while (status == VN_OK) {
        status = read_sale(row, &sale);
        if (status == VN_OK) {
            status = visit(ctx, &sale);
        }
        if (status == VN_OK) {
            status = vn_row_step(row);
        }
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_hold_change(struct vn_storage *storage, int64_t sale, int64_t enrolment,
                                      const char *account, int64_t delta)
{
    return vn_sql_run(
        storage,
        "INSERT INTO hold(sale, enrolment, account, amount) VALUES(?, ?, ?, ?)"
        " ON CONFLICT(sale, enrolment, account) DO UPDATE SET amount = hold.amount + excluded.amount",
        "iiti", sale, enrolment, account, delta);
}

enum vn_status vn_storage_hold_get(struct vn_storage *storage, int64_t sale, int64_t enrolment,
                                   const char *account, int64_t *out)
{
    *out = 0;
    enum vn_status status = vn_sql_number(
        storage, out, "SELECT amount FROM hold WHERE sale = ? AND enrolment = ? AND account = ?", "iit", sale,
        enrolment, account);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_hold_elsewhere(struct vn_storage *storage, int64_t sale, int64_t enrolment,
                                         const char *account, int64_t *other, int64_t *amount)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT enrolment, amount FROM hold WHERE sale = ? AND enrolment <> ?"
                     " AND account = ? AND amount > 0 LIMIT 1",
                     "iit", sale, enrolment, account);
    if (status == VN_OK) {
        *other = vn_row_int(row, 0);
        *amount = vn_row_int(row, 1);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_hold_next(struct vn_storage *storage, int64_t sale, int64_t enrolment,
                                    struct vn_sale_use *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT account, amount FROM hold WHERE sale = ? AND enrolment = ? AND amount > 0 LIMIT 1", "ii",
        sale, enrolment);
    if (status == VN_OK) {
        out->amount = vn_row_int(row, 1);
        status = vn_row_text(row, 0, out->account, sizeof out->account);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_use_add(struct vn_storage *storage, int64_t sale, const struct vn_sale_use *use)
{
    return vn_sql_run(storage,
                      "INSERT INTO used(sale, account, lot, amount) VALUES(?, ?, ?, ?)"
                      " ON CONFLICT(sale, account, lot) DO UPDATE SET amount = used.amount + excluded.amount",
                      "itii", sale, use->account, use->lot, use->amount);
}

enum vn_status vn_storage_use_next(struct vn_storage *storage, int64_t sale, struct vn_sale_use *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    /* Debts (lot 0) come last: what was covered by a right goes back to the right first. */
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT account, lot, amount FROM used WHERE sale = ? ORDER BY account, lot DESC LIMIT 1", "i", sale);
    if (status == VN_OK) {
        out->lot = vn_row_int(row, 1);
        out->amount = vn_row_int(row, 2);
        status = vn_row_text(row, 0, out->account, sizeof out->account);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_use_drop(struct vn_storage *storage, int64_t sale, const struct vn_sale_use *use)
{
    return vn_sql_run(storage, "DELETE FROM used WHERE sale = ? AND account = ? AND lot = ?", "iti", sale,
                      use->account, use->lot);
}

enum vn_status vn_storage_use_sum(struct vn_storage *storage, int64_t sale, const char *account, int64_t *out)
{
    *out = 0;
    return vn_sql_number(
        storage, out,
        "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM used WHERE sale = ? AND account = ?", "it",
        sale, account);
}

enum vn_status vn_storage_receipt_put(struct vn_storage *storage, int64_t member, int64_t at_ms,
                                      const char *store, int64_t total_minor, int64_t points)
{
    int64_t fresh = 0;
    enum vn_status status = vn_sql_number(storage, &fresh,
                                          "INSERT INTO receipt(member, at_ms, store, total_minor, points)"
                                          " VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1",
                                          "iitii", member, at_ms, store, total_minor, points);
    return status == VN_ABSENT ? VN_CONFLICT : status;
}
