#include <string.h>

#include "sync/hub/storage_sql.h"

const char *vn_place_name(enum vn_place place)
{
    static const char *const names[] = {"issued",   "free", "right",    "held",
                                        "redeemed", "debt", "suspense", "past"};
    return names[place];
}

/* Each movement has two postings, and theirs are the numbers up to twice its own: what takes before what gives. */
static enum vn_status post(struct vn_storage *storage, int64_t movement, const struct vn_slot *slot,
                           int64_t amount, const struct vn_cause *cause)
{
    enum vn_status status = vn_sql_run(
        storage,
        "INSERT INTO posting(id, movement, account, place, enrolment, amount, why, cause, seq, at_ms)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "iitiiitiii", amount < 0 ? 2 * movement - 1 : 2 * movement, movement, slot->account,
        (int64_t)slot->place, slot->enrolment, amount, cause->why, cause->enrolment, cause->seq,
        cause->at_ms);
    if (status == VN_OK) {
        status = vn_sql_run(storage,
                            "INSERT INTO balance(account, place, enrolment, amount) VALUES(?, ?, ?, ?) ON "
                            "CONFLICT(account, place, enrolment)"
                            " DO UPDATE SET amount = balance.amount + excluded.amount",
                            "tiii", slot->account, (int64_t)slot->place, slot->enrolment, amount);
    }
    return status;
}

enum vn_status vn_storage_move(struct vn_storage *storage, const struct vn_slot *from,
                               const struct vn_slot *to, int64_t amount, const struct vn_cause *cause)
{
    int64_t movement = 0;
    if (amount <= 0) {
        return VN_ARG;
    }
    enum vn_status status = vn_sql_next(storage, VN_SERIES_MOVEMENT, &movement);
    if (status == VN_OK) {
        status = post(storage, movement, from, -amount, cause);
    }
    return status == VN_OK ? post(storage, movement, to, amount, cause) : status;
}

enum vn_status vn_storage_balance(struct vn_storage *storage, const struct vn_slot *slot, int64_t *out)
{
    *out = 0;
    enum vn_status status = vn_sql_number(
        storage, out, "SELECT amount FROM balance WHERE account = ? AND place = ? AND enrolment = ?", "tii",
        slot->account, (int64_t)slot->place, slot->enrolment);
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_owned(struct vn_storage *storage, const char *account, int64_t *out)
{
    *out = 0;
    return vn_sql_number(storage, out,
                         "SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM balance WHERE account = ?"
                         " AND place IN (1, 2, 3, 5, 6)",
                         "t", account);
}

enum vn_status vn_storage_balances(struct vn_storage *storage, const char *account, vn_balance_visit visit,
                                   void *ctx)
{
    struct vn_row *row = NULL;
    char till[VN_ID_MAX];
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT b.place, b.enrolment, b.amount, coalesce(n.till, '') FROM balance b"
                     " LEFT JOIN enrolment n ON n.id = b.enrolment WHERE b.account = ? AND b.amount <> 0"
                     " ORDER BY b.place, b.enrolment",
                     "t", account);
    while (status == VN_OK) {
        status = vn_row_text(row, 3, till, sizeof till);
        if (status == VN_OK) {
            const struct vn_balance_row balance = {account, (enum vn_place)vn_row_int(row, 0), till,
                                                   vn_row_int(row, 1), vn_row_int(row, 2)};
            status = visit(ctx, &balance);
        }
        if (status == VN_OK) {
            status = vn_row_step(row);
        }
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_totals(struct vn_storage *storage, int64_t out[VN_PLACES])
{
    struct vn_row *row = NULL;
    memset(out, 0, VN_PLACES * sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT place, CAST(sum(amount) AS BIGINT) FROM balance GROUP BY place", "");
    while (status == VN_OK) {
        int64_t place = vn_row_int(row, 0);
        if (place >= 0 && place < VN_PLACES) {
            out[place] = vn_row_int(row, 1);
        }
        status = vn_row_step(row);
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_postings(struct vn_storage *storage, const char *account, vn_posting_visit visit,
                                   void *ctx)
{
    struct vn_row *row = NULL;
    char till[VN_ID_MAX];
    char why[VN_ID_MAX];
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT p.movement, p.place, p.amount, p.seq, p.at_ms, p.why, coalesce(n.till, '') FROM"
                     " (SELECT * FROM posting WHERE account = ? ORDER BY id DESC LIMIT ?) p"
                     " LEFT JOIN enrolment n ON n.id = p.cause ORDER BY p.id",
                     "ti", account, (int64_t)VN_REPORT_ROWS_MAX);
    while (status == VN_OK) {
        status = vn_row_text(row, 5, why, sizeof why);
        if (status == VN_OK) {
            status = vn_row_text(row, 6, till, sizeof till);
        }
        if (status == VN_OK) {
            const struct vn_posting_row posting = {.movement = vn_row_int(row, 0),
                                                   .account = account,
                                                   .place = (enum vn_place)vn_row_int(row, 1),
                                                   .till = till,
                                                   .amount = vn_row_int(row, 2),
                                                   .why = why,
                                                   .seq = vn_row_int(row, 3),
                                                   .at_ms = vn_row_int(row, 4)};
            status = visit(ctx, &posting);
        }
        if (status == VN_OK) {
            status = vn_row_step(row);
        }
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_counters(struct vn_storage *storage, int64_t enrolment, const char *account,
                                   struct vn_counters *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    if (vn_view_copy_str(vn_view_str(account), out->account, sizeof out->account) != VN_OK) {
        return VN_OK; /* an account whose name no till can write has no counters */
    }
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT granted, inward, outward FROM counter WHERE enrolment = ? AND account = ?",
        "it", enrolment, account);
    if (status == VN_OK) {
        out->granted = vn_row_int(row, 0);
        out->in = vn_row_int(row, 1);
        out->out = vn_row_int(row, 2);
        vn_row_reset(row);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_counters_put(struct vn_storage *storage, int64_t enrolment,
                                       const struct vn_counters *counters)
{
    return vn_sql_run(
        storage,
        "INSERT INTO counter(enrolment, account, granted, inward, outward) VALUES(?, ?, ?, ?, ?)"
        " ON CONFLICT(enrolment, account) DO UPDATE SET granted = excluded.granted,"
        " inward = excluded.inward, outward = excluded.outward",
        "itiii", enrolment, counters->account, counters->granted, counters->in, counters->out);
}

enum vn_status vn_storage_grant_put(struct vn_storage *storage, int64_t enrolment, int64_t number,
                                    const char *account, int64_t granted, const struct vn_slice *slice)
{
    return vn_sql_run(storage,
                      "INSERT INTO granted(enrolment, number, account, lot, granted, amount, expires_ms)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?)",
                      "iitiiii", enrolment, number, account, slice->lot, granted, slice->amount,
                      slice->expires_ms);
}

enum vn_status vn_storage_grant_known(struct vn_storage *storage, int64_t enrolment, const char *account,
                                      int64_t granted)
{
    int64_t found = 0;
    return vn_sql_number(storage, &found,
                         "SELECT 1 FROM granted WHERE enrolment = ? AND account = ? AND granted = ? LIMIT 1",
                         "iti", enrolment, account, granted);
}

enum vn_status vn_storage_grants_after(struct vn_storage *storage, int64_t enrolment, const char *account,
                                       int64_t after, struct vn_grant *out, int64_t *number)
{
    struct vn_row *row = NULL;
    *number = 0;
    out->slice_count = 0;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT number, lot, amount, expires_ms FROM granted WHERE enrolment = ? AND account = ?"
                     " AND number > ? ORDER BY number, expires_ms, lot",
                     "iti", enrolment, account, after);
    while (status == VN_OK) {
        *number = vn_row_int(row, 0);
        if (out->slice_count < VN_LOTS_MAX) {
            out->slices[out->slice_count++] =
                (struct vn_slice){vn_row_int(row, 1), vn_row_int(row, 2), vn_row_int(row, 3)};
        }
        status = vn_row_step(row);
    }
    return row == NULL ? status : vn_row_end(row, status);
}
