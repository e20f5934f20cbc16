/* Movements, what tills may take of accounts, and what was granted. */
#include <string.h>

#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/sql.h"

#define PAGE 256

#define MOVEMENT_COLUMNS                                                                                     \
    "account, id, from_account, before, from_place, from_enrolment, to_place, to_enrolment, amount, lot, "   \
    "sale, why,"                                                                                             \
    " enrolment, seq, at_ms, to_account"

enum vn_status vn_storage_next_movement(struct vn_storage *storage, int64_t *out)
{
    return vn_sql_next(storage, VN_SERIES_MOVEMENT, out);
}

static void bind_movement(void *ctx, size_t at, struct vn_row *statement)
{
    const struct vn_movement_row *row = &((const struct vn_movement_row *)ctx)[at];
    vn_row_bind(statement, "iiiiiiiiiiitiiii", row->account, row->id, row->from_account, row->before,
                (int64_t)row->from, row->from_enrolment, (int64_t)row->to, row->to_enrolment, row->amount,
                row->lot, row->sale, row->why, row->enrolment, row->seq, row->at_ms, row->to_account);
}

enum vn_status vn_storage_movements_put(struct vn_storage *storage, const struct vn_movement_row *rows,
                                        size_t count)
{
    const struct vn_sql_batch batch = {.text = "INSERT INTO movement(" MOVEMENT_COLUMNS
                                               ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                       .types = "iiiiiiiiiiitiiii",
                                       .count = count,
                                       .bind = bind_movement,
                                       .ctx = (void *)(uintptr_t)rows};
    return vn_sql_many(storage, &batch);
}

static enum vn_status visit_movement(struct vn_row *row, vn_movement_visit visit, void *ctx, int64_t *before)
{
    char why[VN_ID_MAX];
    enum vn_status status = vn_row_text(row, 11, why, sizeof why);
    const struct vn_movement_row movement = {.account = vn_row_int(row, 0),
                                             .id = vn_row_int(row, 1),
                                             .from_account = vn_row_int(row, 2),
                                             .before = vn_row_int(row, 3),
                                             .from = (enum vn_ledger_place)vn_row_int(row, 4),
                                             .from_enrolment = vn_row_int(row, 5),
                                             .to = (enum vn_ledger_place)vn_row_int(row, 6),
                                             .to_enrolment = vn_row_int(row, 7),
                                             .amount = vn_row_int(row, 8),
                                             .lot = vn_row_int(row, 9),
                                             .sale = vn_row_int(row, 10),
                                             .why = why,
                                             .enrolment = vn_row_int(row, 12),
                                             .seq = vn_row_int(row, 13),
                                             .at_ms = vn_row_int(row, 14),
                                             .to_account = vn_row_int(row, 15)};
    *before = movement.before;
    return status == VN_OK ? visit(ctx, &movement) : status;
}

enum vn_status vn_storage_movements(struct vn_storage *storage, int64_t last, vn_movement_visit visit,
                                    void *ctx)
{
    enum vn_status status = VN_OK;
    for (int i = 0; i < VN_REPORT_ROWS_MAX && last != 0 && status == VN_OK; i++) {
        struct vn_row *row = NULL;
        status =
            vn_sql_first(storage, &row, "SELECT " MOVEMENT_COLUMNS " FROM movement WHERE id = ?", "i", last);
        if (status == VN_ABSENT) {
            return VN_CORRUPT; /* the chain of an account has no gaps */
        }
        if (status == VN_OK) {
            status = visit_movement(row, visit, ctx, &last);
            vn_row_reset(row);
        }
    }
    return status;
}

/* --- claims */

#define CLAIM_COLUMNS                                                                                        \
    "enrolment, account, granted, inward, outward, rights, held, suspense, lent, released, asked, stated,"   \
    " slices"

static void read_claim(struct vn_row *row, struct vn_claim_row *out)
{
    *out = (struct vn_claim_row){.enrolment = vn_row_int(row, 0),
                                 .account = vn_row_int(row, 1),
                                 .granted = vn_row_int(row, 2),
                                 .in = vn_row_int(row, 3),
                                 .out = vn_row_int(row, 4),
                                 .right = vn_row_int(row, 5),
                                 .held = vn_row_int(row, 6),
                                 .suspense = vn_row_int(row, 7),
                                 .lent = vn_row_int(row, 8),
                                 .released = vn_row_int(row, 9),
                                 .asked = vn_row_int(row, 10),
                                 .stated = vn_row_int(row, 11),
                                 .slices = vn_row_view(row, 12)};
}

struct claim_load {
    const struct vn_claim_key *keys;
    vn_claim_visit visit;
    void *ctx;
};

static void bind_claim_key(void *ctx, size_t at, struct vn_row *row)
{
    const struct vn_claim_key *key = &((const struct claim_load *)ctx)->keys[at];
    vn_row_bind(row, "ii", key->enrolment, key->account);
}

static enum vn_status see_claim(void *ctx, size_t at, struct vn_row *row)
{
    const struct claim_load *load = ctx;
    struct vn_claim_row claim;
    (void)at;
    read_claim(row, &claim);
    return load->visit(load->ctx, &claim);
}

enum vn_status vn_storage_claims_load(struct vn_storage *storage, const struct vn_claim_key *keys,
                                      size_t count, vn_claim_visit visit, void *ctx)
{
    struct claim_load load = {keys, visit, ctx};
    const struct vn_sql_batch batch = {.text = "SELECT " CLAIM_COLUMNS
                                               " FROM claim WHERE enrolment = ? AND account = ?",
                                       .types = "ii",
                                       .count = count,
                                       .bind = bind_claim_key,
                                       .visit = see_claim,
                                       .ctx = &load};
    return vn_sql_many(storage, &batch);
}

static void bind_claim(void *ctx, size_t at, struct vn_row *statement)
{
    const struct vn_claim_row *row = ((const struct vn_claim_row *const *)ctx)[at];
    vn_row_bind(statement, "iiiiiiiiiiiib", row->enrolment, row->account, row->granted, row->in, row->out,
                row->right, row->held, row->suspense, row->lent, row->released, row->asked, row->stated,
                row->slices);
}

enum vn_status vn_storage_claims_store(struct vn_storage *storage, const struct vn_claim_row *const *rows,
                                       size_t count)
{
    const struct vn_sql_batch batch = {
        .text = "INSERT INTO claim(" CLAIM_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(enrolment, account) DO UPDATE SET granted = excluded.granted,"
                " inward = excluded.inward, outward = excluded.outward, rights = excluded.rights,"
                " held = excluded.held, suspense = excluded.suspense, lent = excluded.lent,"
                " released = excluded.released,"
                " asked = excluded.asked, stated = excluded.stated, slices = excluded.slices",
        .types = "iiiiiiiiiiiib",
        .count = count,
        .bind = bind_claim,
        .ctx = (void *)(uintptr_t)rows};
    return vn_sql_many(storage, &batch);
}

enum vn_status vn_storage_claims(struct vn_storage *storage, int64_t account, vn_claim_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_claim_row claim;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT " CLAIM_COLUMNS " FROM claim WHERE account = ? ORDER BY enrolment",
                    "i", account);
    while (vn_row_next(row, &status)) {
        read_claim(row, &claim);
        status = visit(ctx, &claim);
    }
    return status;
}

enum vn_status vn_storage_claims_all(struct vn_storage *storage, vn_claim_visit visit, void *ctx)
{
    struct vn_claim_row claim = {.account = 0};
    int64_t read = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && read == PAGE) {
        struct vn_row *row = NULL;
        read = 0;
        status = vn_sql_open(storage, &row,
                             "SELECT " CLAIM_COLUMNS " FROM claim WHERE (account, enrolment) > (?, ?)"
                             " ORDER BY account, enrolment LIMIT ?",
                             "iii", claim.account, claim.enrolment, (int64_t)PAGE);
        while (vn_row_next(row, &status)) {
            read++;
            read_claim(row, &claim);
            status = visit(ctx, &claim);
        }
    }
    return status;
}

enum vn_status vn_storage_claims_of(struct vn_storage *storage, int64_t enrolment, int64_t after, int64_t max,
                                    vn_claim_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_claim_row claim;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " CLAIM_COLUMNS " FROM claim WHERE enrolment = ? AND account > ?"
                    " AND (rights <> 0 OR held > 0) ORDER BY account LIMIT ?",
                    "iii", enrolment, after, max);
    while (vn_row_next(row, &status)) {
        read_claim(row, &claim);
        status = visit(ctx, &claim);
    }
    return status;
}

enum vn_status vn_storage_coupons_of(struct vn_storage *storage, int64_t member, int64_t now_ms, unsigned max,
                                     int64_t *out, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT id FROM coupon WHERE member = ? AND member > 0 AND single_use <> 0 AND from_ms <= ?"
        " AND (until_ms = 0 OR until_ms > ?) ORDER BY id DESC LIMIT ?",
        "iiii", member, now_ms, now_ms, (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[(*count)++] = vn_row_int(row, 0);
    }
    return status;
}

enum vn_status vn_storage_holders(struct vn_storage *storage, int64_t account, int64_t but, int64_t max,
                                  vn_holder_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT e.id, e.enrolment, e.store, c.rights, c.released, c.asked FROM claim c"
        " JOIN enrolment e ON e.id = c.enrolment WHERE c.account = ? AND c.enrolment <> ? AND c.rights > 0"
        " AND e.state = 0 ORDER BY c.rights DESC, e.id LIMIT ?",
        "iii", account, but, max);
    while (vn_row_next(row, &status)) {
        struct vn_holder_row holder = {.id = vn_row_int(row, 0),
                                       .right = vn_row_int(row, 3),
                                       .released = vn_row_int(row, 4),
                                       .asked = vn_row_int(row, 5)};
        status = vn_row_bytes(row, 1, holder.enrolment.bytes, sizeof holder.enrolment.bytes);
        if (status == VN_OK) {
            status = vn_row_text(row, 2, holder.store, sizeof holder.store);
        }
        if (status == VN_OK) {
            status = visit(ctx, &holder);
        }
    }
    return status;
}

enum vn_status vn_storage_claim_ask(struct vn_storage *storage, int64_t enrolment, int64_t account,
                                    int64_t more)
{
    enum vn_status status =
        vn_sql_run(storage,
                   "UPDATE claim SET asked = CASE WHEN asked > released THEN asked ELSE released END + ?"
                   " WHERE enrolment = ? AND account = ?",
                   "iii", more, enrolment, account);
    return status == VN_OK ? vn_storage_enrolment_asked(storage, enrolment) : status;
}

enum vn_status vn_storage_enrolment_asked(struct vn_storage *storage, int64_t enrolment)
{
    return vn_sql_run(storage, "UPDATE enrolment SET asked = asked + 1 WHERE id = ?", "i", enrolment);
}

enum vn_status vn_storage_claims_asked(struct vn_storage *storage, int64_t enrolment, int64_t max,
                                       vn_claim_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    struct vn_claim_row claim;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " CLAIM_COLUMNS " FROM claim WHERE enrolment = ? AND asked > released"
                    " ORDER BY CASE WHEN rights > 0 THEN 0 ELSE 1 END, account LIMIT ?",
                    "ii", enrolment, max);
    while (vn_row_next(row, &status)) {
        read_claim(row, &claim);
        status = visit(ctx, &claim);
    }
    return status;
}

/* --- grants */

enum vn_status vn_storage_grant_put(struct vn_storage *storage, int64_t enrolment, int64_t number,
                                    int64_t account, int64_t granted, const struct vn_slice *slice)
{
    return vn_sql_run(
        storage,
        "INSERT INTO granted_slice(enrolment, account, number, lot, granted, amount, expires_ms)"
        " VALUES(?, ?, ?, ?, ?, ?, ?)",
        "iiiiiii", enrolment, account, number, slice->lot, granted, slice->amount, slice->expires_ms);
}

enum vn_status vn_storage_grant_known(struct vn_storage *storage, int64_t enrolment, int64_t account,
                                      int64_t granted)
{
    int64_t found = 0;
    return vn_sql_number(
        storage, &found,
        "SELECT 1 FROM granted_slice WHERE enrolment = ? AND account = ? AND granted = ? LIMIT 1", "iii",
        enrolment, account, granted);
}

enum vn_status vn_storage_grants(struct vn_storage *storage, int64_t enrolment, int64_t after, int64_t max,
                                 vn_grant_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT number, account, granted, lot, amount, expires_ms FROM granted_slice"
                    " WHERE enrolment = ? AND number > ? ORDER BY number, account, expires_ms, lot LIMIT ?",
                    "iii", enrolment, after, max);
    while (vn_row_next(row, &status)) {
        const struct vn_grant_row grant = {
            .number = vn_row_int(row, 0),
            .account = vn_row_int(row, 1),
            .granted = vn_row_int(row, 2),
            .slice = {vn_row_int(row, 3), vn_row_int(row, 4), vn_row_int(row, 5)}};
        status = visit(ctx, &grant);
    }
    return status;
}
