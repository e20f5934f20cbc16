/* Lots and their slices. A lot's `free` part is with the hub; what was granted out of it stands in `slice`,
 * by enrolment. The two together are what is left of the lot. 0 as expiry means never, so it sorts last. */
#include <string.h>

#include "sync/hub/storage_sql.h"

static void read_lot(struct vn_row *row, struct vn_lot *out)
{
    *out = (struct vn_lot){.id = vn_row_int(row, 0),
                           .amount = vn_row_int(row, 1),
                           .earned_ms = vn_row_int(row, 2),
                           .matures_ms = vn_row_int(row, 3),
                           .expires_ms = vn_row_int(row, 4)};
}

enum vn_status vn_storage_lot_add(struct vn_storage *storage, const char *account, const struct vn_lot *lot,
                                  int64_t *id)
{
    enum vn_status status = vn_sql_next(storage, VN_SERIES_LOT, id);
    if (status != VN_OK) {
        return status;
    }
    return vn_sql_run(
        storage,
        "INSERT INTO lot(id, account, free, earned_ms, matures_ms, expires_ms) VALUES(?, ?, ?, ?, ?, ?)",
        "itiiii", *id, account, lot->amount, lot->earned_ms, lot->matures_ms, lot->expires_ms);
}

enum vn_status vn_storage_lot_next(struct vn_storage *storage, const char *account, enum vn_lot_choice choice,
                                   int64_t now_ms, struct vn_lot *out)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        choice == VN_LOT_ANY
            ? vn_sql_first(storage, &row,
                           "SELECT id, free, earned_ms, matures_ms, expires_ms FROM lot WHERE account = ?"
                           " AND free > 0 ORDER BY expires_ms = 0, expires_ms, id LIMIT 1",
                           "t", account)
            : vn_sql_first(storage, &row,
                           "SELECT id, free, earned_ms, matures_ms, expires_ms FROM lot WHERE account = ?"
                           " AND free > 0 AND matures_ms <= ? AND (expires_ms = 0 OR expires_ms > ?)"
                           " ORDER BY expires_ms = 0, expires_ms, id LIMIT 1",
                           "tii", account, now_ms, now_ms);
    if (status == VN_OK) {
        read_lot(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_lot_change(struct vn_storage *storage, int64_t lot, int64_t delta)
{
    return vn_sql_run(storage, "UPDATE lot SET free = free + ? WHERE id = ?", "ii", delta, lot);
}

enum vn_status vn_storage_spendable(struct vn_storage *storage, const char *account, int64_t now_ms,
                                    int64_t *out)
{
    *out = 0;
    return vn_sql_number(
        storage, out,
        "SELECT CAST(coalesce(sum(free), 0) AS BIGINT) FROM lot WHERE account = ? AND matures_ms <= ?"
        " AND (expires_ms = 0 OR expires_ms > ?)",
        "tii", account, now_ms, now_ms);
}

enum vn_status vn_storage_lots(struct vn_storage *storage, const char *account,
                               struct vn_lot out[VN_LOTS_MAX], unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT id, rest, earned_ms, matures_ms, expires_ms FROM (SELECT id, free + (SELECT"
                     " CAST(coalesce(sum(amount), 0) AS BIGINT) FROM slice WHERE slice.lot = lot.id) AS rest,"
                     " earned_ms, matures_ms, expires_ms FROM lot WHERE account = ?) AS l WHERE rest > 0"
                     " ORDER BY expires_ms = 0, expires_ms, id",
                     "t", account);
    while (status == VN_OK && *count < VN_LOTS_MAX) {
        read_lot(row, &out[(*count)++]);
        status = vn_row_step(row);
    }
    return row == NULL ? status : vn_row_end(row, status);
}

enum vn_status vn_storage_slice_next(struct vn_storage *storage, int64_t enrolment, const char *account,
                                     struct vn_slice *out)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_first(storage, &row,
                     "SELECT s.lot, s.amount, l.expires_ms FROM lot l JOIN slice s ON s.lot = l.id"
                     " WHERE l.account = ? AND s.enrolment = ? AND s.amount > 0"
                     " ORDER BY l.expires_ms = 0, l.expires_ms, l.id LIMIT 1",
                     "ti", account, enrolment);
    if (status == VN_OK) {
        *out = (struct vn_slice){vn_row_int(row, 0), vn_row_int(row, 1), vn_row_int(row, 2)};
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_slice_change(struct vn_storage *storage, int64_t enrolment, int64_t lot,
                                       int64_t delta)
{
    return vn_sql_run(storage,
                      "INSERT INTO slice(enrolment, lot, amount) VALUES(?, ?, ?)"
                      " ON CONFLICT(lot, enrolment) DO UPDATE SET amount = slice.amount + excluded.amount",
                      "iii", enrolment, lot, delta);
}

enum vn_status vn_storage_account_adopt(struct vn_storage *storage, const char *from, const char *to)
{
    enum vn_status status =
        vn_sql_run(storage, "UPDATE lot SET account = ? WHERE account = ?", "tt", to, from);
    return status == VN_OK
               ? vn_sql_run(storage, "UPDATE sale SET account = ? WHERE account = ?", "tt", to, from)
               : status;
}
