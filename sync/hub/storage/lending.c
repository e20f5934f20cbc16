#include "sync/hub/storage/lending.h"

#include <string.h>

#include "sync/hub/storage/account_id.h"
#include "sync/hub/storage/sql.h"

#define TRANSFER_COLUMNS "number, lender, borrower, account, amount, steps, taken_ms"

/* --- transfers */

static enum vn_status read_transfer(struct vn_row *row, struct vn_transfer_row *out)
{
    memset(out, 0, sizeof *out);
    out->lender = vn_row_int(row, 1);
    out->borrower = vn_row_int(row, 2);
    out->account = vn_row_int(row, 3);
    out->amount = vn_row_int(row, 4);
    out->steps = vn_row_int(row, 5);
    out->taken_ms = vn_row_int(row, 6);
    return vn_row_text(row, 0, out->number, sizeof out->number);
}

enum vn_status vn_storage_transfer_get(struct vn_storage *storage, const char *number, int64_t lender,
                                       struct vn_transfer_row *out)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE number = ? AND lender = ?", "ti",
        number, lender);
    if (status == VN_OK) {
        status = read_transfer(row, out);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_transfer_put(struct vn_storage *storage, const struct vn_transfer_row *row)
{
    return vn_sql_run(storage,
                      "INSERT INTO transfer(" TRANSFER_COLUMNS ") VALUES(?, ?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT(number, lender) DO UPDATE SET steps = excluded.steps, taken_ms = "
                      "excluded.taken_ms",
                      "tiiiiii", row->number, row->lender, row->borrower, row->account, row->amount,
                      row->steps, row->taken_ms);
}

enum vn_status vn_storage_transfers_open(struct vn_storage *storage, int64_t enrolment, const char *after,
                                         struct vn_transfer_row *out, unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE (borrower = ? OR lender = ?)"
                    " AND steps IN (1, 2, 5) AND number > ? ORDER BY number LIMIT ?",
                    "iiti", enrolment, enrolment, after, (int64_t)max);
    while (vn_row_next(row, &status)) {
        status = *count < max ? read_transfer(row, &out[(*count)++]) : VN_CORRUPT;
    }
    return status;
}

/* `sql` gives the count, the tills of one loan, its account and amount, how long after it its lender was heard, its borrower's
 * enrolment, and whether that has ended. */
static enum vn_status read_loans(struct vn_storage *storage, const char *sql, int64_t first, int64_t second,
                                 struct vn_open_loans *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(storage, &row, sql, "ii", first, second);
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_OK : status;
    }
    out->count = vn_row_int(row, 0);
    out->account = vn_row_int(row, 3);
    out->amount = vn_row_int(row, 4);
    out->heard = vn_row_int(row, 5) > VN_LOAN_HEARD_MS;
    status = vn_row_text(row, 1, out->lender, sizeof out->lender);
    if (status == VN_OK) {
        status = vn_row_text(row, 2, out->borrower, sizeof out->borrower);
    }
    if (status == VN_OK) {
        status = vn_row_bytes(row, 6, out->enrolment.bytes, VN_ID_BYTES);
    }
    out->ended = vn_row_int(row, 7) != 0;
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_loans_untold(struct vn_storage *storage, int64_t now_ms, struct vn_open_loans *out)
{
    return read_loans(storage,
                      "SELECT count(*) OVER (), l.till, b.till, t.account, t.amount,"
                      " l.ack_ms - t.taken_ms, b.enrolment, 0 FROM transfer t"
                      " JOIN enrolment l ON l.id = t.lender JOIN enrolment b ON b.id = t.borrower"
                      " WHERE t.steps = 2"
                      " AND ((l.ack_ms > t.taken_ms + ? AND l.posted_seq = l.high_seq) OR t.taken_ms < ?)"
                      " ORDER BY t.taken_ms, t.number LIMIT 1",
                      VN_LOAN_HEARD_MS, now_ms - VN_LOAN_UNHEARD_MS, out);
}

enum vn_status vn_storage_loans_unended(struct vn_storage *storage, int64_t now_ms, struct vn_open_loans *out)
{
    return read_loans(
        storage,
        "SELECT count(*) OVER (), l.till, b.till, t.account, t.amount, 0, b.enrolment,"
        " CASE WHEN b.state <> 0 OR EXISTS (SELECT 1 FROM enrolment n WHERE n.till = b.till AND n.id > b.id"
        " AND n.state = 0) THEN 1 ELSE 0 END FROM written_off w"
        " JOIN enrolment l ON l.id = w.enrolment JOIN transfer t ON t.lender = l.id AND t.steps = 1"
        " JOIN enrolment b ON b.id = t.borrower"
        " WHERE l.ack_ms + ? < ? AND b.id NOT IN (SELECT enrolment FROM written_off)"
        " ORDER BY l.ack_ms, t.number LIMIT 1",
        VN_LOAN_UNENDED_MS, now_ms, out);
}

enum vn_status vn_storage_transfers_gone(struct vn_storage *storage, const char *store,
                                         struct vn_enrolment_id *out, unsigned max, unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT enrolment FROM enrolment WHERE store = ? AND id IN"
                    " (SELECT borrower FROM transfer WHERE (steps & 16) <> 0) ORDER BY id DESC LIMIT ?",
                    "ti", store, (int64_t)max);
    while (vn_row_next(row, &status)) {
        status = *count < max ? vn_row_bytes(row, 0, out[(*count)++].bytes, VN_ID_BYTES) : VN_CORRUPT;
    }
    return status;
}

/* *there: its account has a name that a till knows it by. */
static enum vn_status read_give(struct vn_row *row, struct vn_give *out, bool *there)
{
    char account[VN_HUB_ACCOUNT_MAX];
    memset(out, 0, sizeof *out);
    out->amount = vn_row_int(row, 4);
    enum vn_status status = vn_row_text(row, 0, out->transfer, sizeof out->transfer);
    if (status == VN_OK) {
        status = vn_row_bytes(row, 1, out->lender.bytes, VN_ID_BYTES);
    }
    if (status == VN_OK) {
        status = vn_row_bytes(row, 2, out->borrower.bytes, VN_ID_BYTES);
    }
    if (status == VN_OK && !vn_account_text(vn_row_int(row, 3), account)) {
        status = vn_row_text(row, 5, account, sizeof account);
    }
    *there = status == VN_OK && account[0] != '\0' &&
             vn_view_copy_str(vn_view_str(account), out->account, sizeof out->account) == VN_OK;
    return status;
}

enum vn_status vn_storage_transfers_unended(struct vn_storage *storage, const char *store,
                                            struct vn_give *out, unsigned *count)
{
    struct vn_row *row = NULL;
    bool there = false;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT t.number, l.enrolment, b.enrolment, t.account, t.amount, coalesce(n.name, ''),"
                    " row_number() OVER (PARTITION BY b.id ORDER BY t.number) AS turn"
                    " FROM enrolment b JOIN transfer t ON t.borrower = b.id AND t.steps = 1"
                    " JOIN written_off w ON w.enrolment = t.lender JOIN enrolment l ON l.id = t.lender"
                    " LEFT JOIN account_name n ON n.id = t.account"
                    " WHERE b.store = ? AND b.state = 0 AND NOT EXISTS (SELECT 1 FROM transfer o"
                    " WHERE o.number = t.number AND o.borrower = t.borrower AND (o.steps & 6) <> 0)"
                    " ORDER BY turn, t.number LIMIT ?",
                    "ti", store, (int64_t)VN_ROSTER_OPEN_MAX);
    while (vn_row_next(row, &status)) {
        status = *count < VN_ROSTER_OPEN_MAX ? read_give(row, &out[*count], &there) : VN_CORRUPT;
        *count += status == VN_OK && there ? 1 : 0;
    }
    return status;
}

enum vn_status vn_storage_losing(struct vn_storage *storage, int64_t enrolment, int64_t after, int64_t max,
                                 vn_losing_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        storage, &row,
        "SELECT a.account, coalesce(c.rights, 0), coalesce(c.held, 0), coalesce(c.suspense, 0),"
        " coalesce(c.stated, 0), coalesce(t.given, 0), coalesce(t.taken, 0) FROM"
        " (SELECT account FROM claim WHERE enrolment = ? AND account > ? AND (rights <> 0 OR held > 0)"
        " UNION SELECT account FROM transfer WHERE (borrower = ? OR lender = ?) AND steps IN (1, 2)"
        " AND account > ? ORDER BY account LIMIT ?) a"
        " LEFT JOIN claim c ON c.enrolment = ? AND c.account = a.account"
        " LEFT JOIN (SELECT account,"
        " CAST(sum(CASE WHEN borrower = ? AND steps = 1 THEN amount ELSE 0 END) AS BIGINT) AS given,"
        " CAST(sum(CASE WHEN lender = ? AND steps = 2 THEN amount ELSE 0 END) AS BIGINT) AS taken"
        " FROM transfer WHERE (borrower = ? OR lender = ?) AND steps IN (1, 2) GROUP BY account) t"
        " ON t.account = a.account ORDER BY a.account",
        "iiiiiiiiiii", enrolment, after, enrolment, enrolment, after, max, enrolment, enrolment, enrolment,
        enrolment, enrolment);
    while (vn_row_next(row, &status)) {
        const struct vn_claim_row claim = {.enrolment = enrolment,
                                           .account = vn_row_int(row, 0),
                                           .right = vn_row_int(row, 1),
                                           .held = vn_row_int(row, 2),
                                           .suspense = vn_row_int(row, 3),
                                           .stated = vn_row_int(row, 4)};
        status = visit(ctx, &claim, vn_row_int(row, 5), vn_row_int(row, 6));
    }
    return status;
}

enum vn_status vn_storage_written_off_put(struct vn_storage *storage, int64_t enrolment)
{
    return vn_sql_run(storage,
                      "INSERT INTO written_off(enrolment) VALUES(?) ON CONFLICT(enrolment) DO NOTHING", "i",
                      enrolment);
}

enum vn_status vn_storage_written_off(struct vn_storage *storage, int64_t enrolment, bool *out)
{
    int64_t count = 0;
    enum vn_status status = vn_sql_number(
        storage, &count, "SELECT count(*) FROM written_off WHERE enrolment = ?", "i", enrolment);
    *out = count > 0;
    return status;
}

/* --- where tills are */

static enum vn_status put_key(struct vn_storage *storage, int64_t enrolment, const struct vn_public_key *key,
                              int64_t now_ms)
{
    enum vn_status status = vn_sql_run(storage,
                                       "INSERT INTO peer_key(enrolment, point, since_ms) VALUES(?, ?, ?)"
                                       " ON CONFLICT(enrolment, point) DO NOTHING",
                                       "ibi", enrolment, vn_view_of(key->point, sizeof key->point), now_ms);
    return status == VN_OK
               ? vn_sql_run(
                     storage,
                     "DELETE FROM peer_key WHERE enrolment = ? AND point NOT IN"
                     " (SELECT point FROM peer_key WHERE enrolment = ? ORDER BY since_ms DESC LIMIT ?)",
                     "iii", enrolment, enrolment, (int64_t)VN_PEER_KEYS_MAX)
               : status;
}

enum vn_status vn_storage_peer_put(struct vn_storage *storage, int64_t enrolment,
                                   const struct vn_peer_place *place, int64_t now_ms)
{
    struct vn_buf text;
    json_t *json = vn_peer_place_json(place);
    vn_buf_init(&text, VN_PEER_BODY_MAX);
    enum vn_status status = json == NULL ? VN_NOMEM : vn_json_dump(json, &text);
    json_decref(json);
    if (status == VN_OK) {
        status = vn_buf_append(&text, vn_view_of("", 1));
    }
    if (status == VN_OK) {
        status = vn_sql_run(storage,
                            "INSERT INTO peer(enrolment, place) VALUES(?, ?)"
                            " ON CONFLICT(enrolment) DO UPDATE SET place = excluded.place",
                            "it", enrolment, (const char *)text.data);
    }
    vn_buf_deinit(&text);
    return status == VN_OK ? put_key(storage, enrolment, &place->key, now_ms) : status;
}

enum vn_status vn_storage_peer_keys(struct vn_storage *storage, int64_t enrolment,
                                    struct vn_public_key out[VN_PEER_KEYS_MAX], unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT point FROM peer_key WHERE enrolment = ? ORDER BY since_ms DESC LIMIT ?", "ii",
        enrolment, (int64_t)VN_PEER_KEYS_MAX);
    while (vn_row_next(row, &status)) {
        status = *count < VN_PEER_KEYS_MAX ? vn_row_bytes(row, 0, out[(*count)++].point, VN_PUBLIC_KEY_SIZE)
                                           : VN_CORRUPT;
    }
    return status;
}

static enum vn_status read_peer(struct vn_row *row, struct vn_roster_till *out)
{
    json_t *root = NULL;
    struct vn_error error = {VN_OK, "", ""};
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_row_bytes(row, 0, out->enrolment.bytes, VN_ID_BYTES);
    if (status == VN_OK) {
        status = vn_row_text(row, 1, out->till, sizeof out->till);
    }
    if (status == VN_OK) {
        status = vn_json_parse(vn_row_view(row, 2), &root, &error);
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_peer_place_read(&in, &out->place);
        status = error.status;
    }
    json_decref(root);
    return status == VN_INPUT ? VN_CORRUPT : status;
}

enum vn_status vn_storage_peers(struct vn_storage *storage, const char *store, struct vn_roster_till *out,
                                unsigned *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status =
        vn_sql_open(storage, &row,
                    "SELECT e.enrolment, e.till, p.place FROM enrolment e JOIN peer p ON p.enrolment = e.id"
                    " WHERE e.store = ? AND e.state = 0 ORDER BY e.id DESC LIMIT ?",
                    "ti", store, (int64_t)VN_ROSTER_TILLS_MAX);
    while (vn_row_next(row, &status)) {
        status = *count < VN_ROSTER_TILLS_MAX ? read_peer(row, &out[(*count)++]) : VN_CORRUPT;
    }
    return status;
}

/* --- rosters */

enum vn_status vn_storage_roster_get(struct vn_storage *storage, const char *store, struct vn_roster_row *out,
                                     struct vn_buf *text)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row, "SELECT epoch, number, signature, text FROM roster WHERE store = ?", "t", store);
    if (status != VN_OK) {
        return status;
    }
    struct vn_view signature = vn_row_view(row, 2);
    out->epoch = vn_row_int(row, 0);
    out->number = vn_row_int(row, 1);
    out->signature_len = signature.len;
    if (signature.len > sizeof out->signature) {
        status = VN_CORRUPT;
    } else {
        memcpy(out->signature, signature.data, signature.len);
        status = vn_buf_append(text, vn_row_view(row, 3));
    }
    vn_row_reset(row);
    return status;
}

enum vn_status vn_storage_roster_number(struct vn_storage *storage, const char *store, struct vn_cursor *out)
{
    struct vn_row *row = NULL;
    *out = (struct vn_cursor){0, 0};
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT epoch, number FROM roster WHERE store = ?", "t", store);
    if (status == VN_OK) {
        *out = (struct vn_cursor){vn_row_int(row, 0), vn_row_int(row, 1)};
        vn_row_reset(row);
    }
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_storage_roster_put(struct vn_storage *storage, const char *store,
                                     const struct vn_roster_row *row, struct vn_view text)
{
    return vn_sql_run(storage,
                      "INSERT INTO roster(store, epoch, number, text, signature) VALUES(?, ?, ?, ?, ?)"
                      " ON CONFLICT(store) DO UPDATE SET epoch = excluded.epoch, number = excluded.number,"
                      " text = excluded.text, signature = excluded.signature",
                      "tiibb", store, row->epoch, row->number, text,
                      vn_view_of(row->signature, row->signature_len));
}
