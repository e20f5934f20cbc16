/* From the ledger of the first versions (a row a posting, a balance, a lot, a slice) to that of today: balances, movements, lots,
 * holds and uses are the same before and after. In one transaction, the first time that a newer hub opens the database. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/storage/book.h"
#include "sync/hub/storage/convert.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/pack.h"
#include "sync/hub/storage/sql.h"

struct convert {
    struct vn_storage *storage;
    struct vn_book book;
    struct vn_sale_rest rest;
    struct vn_slices slices;
    struct vn_buf packed;
};

/* Calls `each` for the rows of a query; it may write to other tables. */
typedef enum vn_status (*each_row)(struct convert *self, struct vn_row *row);

static enum vn_status walk(struct convert *self, struct vn_row *row, enum vn_status status, each_row each)
{
    while (vn_row_next(row, &status)) {
        status = each(self, row);
    }
    return status;
}

/* --- accounts */

static enum vn_status number_of(struct vn_storage *storage, const char *account, int64_t *id)
{
    *id = 0;
    return account[0] == '\0' || vn_account_id(account, id)
               ? VN_OK
               : vn_sql_number(storage, id, "SELECT id FROM account_name WHERE name = ?", "t", account);
}

static enum vn_status row_account(struct convert *self, struct vn_row *row, int column, int64_t *id)
{
    char account[VN_HUB_ACCOUNT_MAX];
    enum vn_status status = vn_row_text(row, column, account, sizeof account);
    return status == VN_OK ? number_of(self->storage, account, id) : status;
}

static enum vn_status name_account(struct convert *self, struct vn_row *row)
{
    char account[VN_HUB_ACCOUNT_MAX];
    int64_t id = 0;
    enum vn_status status = vn_row_text(row, 0, account, sizeof account);
    if (status != VN_OK || account[0] == '\0' || vn_account_id(account, &id)) {
        return status;
    }
    status = vn_storage_next_name(self->storage, &id);
    return status == VN_OK ? vn_storage_name_put(self->storage, account, vn_account_of_name(id)) : status;
}

static enum vn_status name_accounts(struct convert *self)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        self->storage, &row,
        "SELECT account FROM balance UNION SELECT account FROM counter UNION SELECT account FROM second_sale"
        " UNION SELECT account FROM used UNION SELECT account FROM hold",
        "");
    return walk(self, row, status, name_account);
}

static enum vn_status add_lot(struct convert *self, struct vn_row *row)
{
    struct vn_book_wallet *wallet = &self->book.wallets[0];
    const struct vn_book_lot lot = {.id = vn_row_int(row, 0),
                                    .amount = vn_row_int(row, 1),
                                    .earned_ms = vn_row_int(row, 2),
                                    .matures_ms = vn_row_int(row, 3),
                                    .expires_ms = vn_row_int(row, 4),
                                    .granted = vn_row_int(row, 5),
                                    .spent = vn_row_int(row, 6)};
    self->book.next_lot = lot.id >= self->book.next_lot ? lot.id + 1 : self->book.next_lot;
    if (lot.amount == 0 && lot.granted == 0 && lot.spent == 0) {
        return VN_OK;
    }
    if (wallet->lot_count == VN_BOOK_LOTS_MAX) {
        vn_book_join(wallet, VN_NUMBER_MAX);
    }
    if (wallet->lot_count == VN_BOOK_LOTS_MAX) {
        return VN_FULL; /* never: tills had slices of fewer */
    }
    (void)vn_book_add(wallet, &lot);
    return VN_OK;
}

static enum vn_status read_lots(struct convert *self, const char *account)
{
    struct vn_row *row = NULL;
    self->book.wallet_count = self->book.counter_count = self->book.given_count = 0;
    self->book.lifetime_minor = self->book.qualifying = 0;
    self->book.next_lot = 1;
    enum vn_status status = vn_book_open(&self->book, "", "");
    if (status == VN_OK) {
        status = vn_sql_open(
            self->storage, &row,
            "SELECT l.id, l.free, l.earned_ms, l.matures_ms, l.expires_ms,"
            " (SELECT CAST(coalesce(sum(s.amount), 0) AS BIGINT) FROM slice s WHERE s.lot = l.id),"
            " (SELECT CAST(coalesce(sum(u.amount), 0) AS BIGINT) FROM used u WHERE u.lot = l.id)"
            " FROM lot l WHERE l.account = ?"
            " ORDER BY CASE WHEN l.expires_ms = 0 THEN 1 ELSE 0 END, l.expires_ms, l.id",
            "t", account);
    }
    return walk(self, row, status, add_lot);
}

/* What the member has beside points. */
static enum vn_status read_person(struct convert *self, int64_t id, const char *account,
                                  struct vn_book_person *out)
{
    struct vn_row *row = NULL;
    memset(out, 0, sizeof *out);
    enum vn_status status =
        vn_sql_number(self->storage, &self->book.lifetime_minor,
                      "SELECT spent_minor FROM member WHERE id = ?", "i", vn_account_owner(id));
    status = status == VN_ABSENT ? VN_OK : status;
    if (status == VN_OK) {
        status = vn_sql_first(
            self->storage, &row,
            "SELECT count(*), coalesce(max(at_ms), 0) FROM second_sale WHERE account = ? AND state = ?", "ti",
            account, (int64_t)VN_SALE_COMMITTED);
    }
    if (status == VN_OK) {
        out->visits = vn_row_int(row, 0);
        out->last_visit_ms = vn_row_int(row, 1);
        vn_row_reset(row);
    }
    return status;
}

/* The wallet or coupon is gone: nothing new is booked to it. */
static enum vn_status read_closed(struct convert *self, int64_t id, bool *closed)
{
    int64_t found = 0;
    enum vn_account_kind kind = vn_account_kind(id);
    *closed = false;
    enum vn_status status = kind == VN_ACCOUNT_MEMBER
                                ? vn_sql_number(self->storage, &found, "SELECT 1 FROM member WHERE id = ?",
                                                "i", vn_account_owner(id))
                            : kind == VN_ACCOUNT_COUPON
                                ? vn_sql_number(self->storage, &found, "SELECT 1 FROM coupon WHERE id = ?",
                                                "i", vn_account_owner(id))
                                : VN_OK;
    *closed = status == VN_ABSENT;
    return status == VN_ABSENT ? VN_OK : status;
}

/* A movement's two postings become one row, in the chain of the account that it goes to. */
static enum vn_status chain(struct convert *self, const char *account, int64_t id, int64_t *last)
{
    struct vn_row *row = NULL;
    char why[VN_ID_MAX];
    enum vn_status status =
        vn_sql_open(self->storage, &row,
                    "SELECT t.movement, f.account, f.place, f.enrolment, t.place, t.enrolment, t.amount, "
                    "t.why, t.cause, t.seq, t.at_ms"
                    " FROM posting t JOIN posting f ON f.movement = t.movement AND f.amount < 0"
                    " WHERE t.account = ? AND t.amount > 0 ORDER BY t.movement",
                    "t", account);
    while (vn_row_next(row, &status)) {
        struct vn_movement_row move = {.id = vn_row_int(row, 0),
                                       .account = id,
                                       .before = *last,
                                       .from = (enum vn_ledger_place)vn_row_int(row, 2),
                                       .from_enrolment = vn_row_int(row, 3),
                                       .to = (enum vn_ledger_place)vn_row_int(row, 4),
                                       .to_enrolment = vn_row_int(row, 5),
                                       .amount = vn_row_int(row, 6),
                                       .why = why,
                                       .enrolment = vn_row_int(row, 8),
                                       .seq = vn_row_int(row, 9),
                                       .at_ms = vn_row_int(row, 10)};
        status = row_account(self, row, 1, &move.from_account);
        move.from_account = move.from_account == id ? 0 : move.from_account;
        if (status == VN_OK) {
            status = vn_row_text(row, 7, why, sizeof why);
        }
        if (status == VN_OK) {
            status = vn_storage_movements_put(self->storage, &move, 1);
        }
        *last = move.id;
    }
    return status;
}

static enum vn_status read_places(struct convert *self, const char *account, struct vn_account_row *out)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(self->storage, &row,
                    "SELECT place, CAST(sum(amount) AS BIGINT) FROM balance WHERE account = ? GROUP BY place",
                    "t", account);
    while (vn_row_next(row, &status)) {
        int64_t place = vn_row_int(row, 0);
        if (place < 0 || place > VN_PLACE_PAST) {
            status = VN_CORRUPT;
            continue;
        }
        out->places[place] = vn_row_int(row, 1);
    }
    return status;
}

static enum vn_status convert_account(struct convert *self, const char *account)
{
    struct vn_account_row out = {.id = 0};
    const struct vn_account_row *rows = &out;
    struct vn_book_person person;
    enum vn_status status = number_of(self->storage, account, &out.id);
    if (status == VN_OK) {
        status = read_places(self, account, &out);
    }
    if (status == VN_OK) {
        status = read_lots(self, account);
    }
    if (status == VN_OK) {
        status = read_person(self, out.id, account, &person);
    }
    if (status == VN_OK) {
        status = read_closed(self, out.id, &out.closed);
    }
    if (status == VN_OK) {
        status = chain(self, account, out.id, &out.last_movement);
    }
    for (unsigned i = 0; i < self->book.wallets[0].lot_count; i++) { /* nothing waited then */
        const struct vn_book_lot *lot = &self->book.wallets[0].lots[i];
        out.matured_ms = lot->matures_ms > out.matured_ms ? lot->matures_ms : out.matured_ms;
        if (lot->amount > 0 && lot->expires_ms > 0 && (out.due_ms == 0 || lot->expires_ms < out.due_ms)) {
            out.due_ms = lot->expires_ms;
        }
    }
    bool has_person = vn_account_kind(out.id) != VN_ACCOUNT_COUPON;
    vn_buf_clear(&self->packed);
    if (status == VN_OK) {
        status =
            vn_book_pack(&self->book, 0, self->book.next_lot, has_person ? &person : NULL, &self->packed);
    }
    out.book = vn_buf_view(&self->packed);
    return status == VN_OK ? vn_storage_accounts_store(self->storage, &rows, 1) : status;
}

static enum vn_status convert_named(struct convert *self, struct vn_row *row)
{
    char account[VN_HUB_ACCOUNT_MAX];
    enum vn_status status = vn_row_text(row, 0, account, sizeof account);
    return status == VN_OK && account[0] != '\0' ? convert_account(self, account) : status;
}

/* Those that ever had a posting, and those that have none yet. */
static enum vn_status convert_accounts(struct convert *self)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        self->storage, &row,
        "SELECT account FROM balance UNION SELECT account FROM counter UNION SELECT account FROM second_sale"
        " UNION SELECT 'w' || id FROM member UNION SELECT 'c' || id FROM coupon WHERE single_use <> 0",
        "");
    return walk(self, row, status, convert_named);
}

/* --- what tills may take */

static enum vn_status read_slices(struct convert *self, int64_t enrolment, const char *account)
{
    struct vn_row *row = NULL;
    self->slices.count = 0;
    enum vn_status status = vn_sql_open(self->storage, &row,
                                        "SELECT s.lot, s.amount FROM slice s JOIN lot l ON l.id = s.lot"
                                        " WHERE s.enrolment = ? AND l.account = ? AND s.amount <> 0",
                                        "it", enrolment, account);
    while (vn_row_next(row, &status)) {
        status = vn_slices_add(&self->slices, vn_row_int(row, 0), vn_row_int(row, 1));
    }
    return status;
}

static enum vn_status read_balance(struct convert *self, const char *account, enum vn_ledger_place place,
                                   int64_t enrolment, int64_t *out)
{
    *out = 0;
    enum vn_status status = vn_sql_number(
        self->storage, out, "SELECT amount FROM balance WHERE account = ? AND place = ? AND enrolment = ?",
        "tii", account, (int64_t)place, enrolment);
    return status == VN_ABSENT ? VN_OK : status;
}

static enum vn_status convert_claim(struct convert *self, struct vn_row *row)
{
    char account[VN_HUB_ACCOUNT_MAX];
    struct vn_claim_row out = {.enrolment = vn_row_int(row, 0),
                               .granted = vn_row_int(row, 2),
                               .in = vn_row_int(row, 3),
                               .out = vn_row_int(row, 4)};
    const struct vn_claim_row *rows = &out;
    enum vn_status status = vn_row_text(row, 1, account, sizeof account);
    if (status == VN_OK) {
        status = number_of(self->storage, account, &out.account);
    }
    if (status == VN_OK) {
        status = read_balance(self, account, VN_PLACE_RIGHT, out.enrolment, &out.right);
    }
    if (status == VN_OK) {
        status = read_balance(self, account, VN_PLACE_HELD, out.enrolment, &out.held);
    }
    if (status == VN_OK) {
        status = read_balance(self, account, VN_PLACE_SUSPENSE, out.enrolment, &out.suspense);
    }
    if (status == VN_OK) {
        status = read_slices(self, out.enrolment, account);
    }
    vn_buf_clear(&self->packed);
    if (status == VN_OK) {
        status = vn_slices_write(&self->slices, &self->packed);
    }
    out.slices = vn_buf_view(&self->packed);
    return status == VN_OK ? vn_storage_claims_store(self->storage, &rows, 1) : status;
}

static enum vn_status convert_claims(struct convert *self)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        self->storage, &row, "SELECT enrolment, account, granted, inward, outward FROM counter", "");
    return walk(self, row, status, convert_claim);
}

static enum vn_status convert_grant(struct convert *self, struct vn_row *row)
{
    const struct vn_slice slice = {vn_row_int(row, 3), vn_row_int(row, 5), vn_row_int(row, 6)};
    int64_t account = 0;
    enum vn_status status = row_account(self, row, 2, &account);
    return status == VN_OK ? vn_storage_grant_put(self->storage, vn_row_int(row, 0), vn_row_int(row, 1),
                                                  account, vn_row_int(row, 4), &slice)
                           : status;
}

static enum vn_status convert_grants(struct convert *self)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(self->storage, &row,
                    "SELECT enrolment, number, account, lot, granted, amount, expires_ms FROM granted", "");
    return walk(self, row, status, convert_grant);
}

/* --- sales */

static enum vn_status read_holds(struct convert *self, int64_t sale)
{
    struct vn_row *row = NULL;
    struct vn_sale_rest *rest = &self->rest;
    enum vn_status status =
        vn_sql_open(self->storage, &row,
                    "SELECT enrolment, account, amount FROM hold WHERE sale = ? AND amount <> 0", "i", sale);
    while (vn_row_next(row, &status)) {
        if (rest->hold_count == VN_SALE_HOLDS_MAX) {
            status = VN_FULL;
            continue;
        }
        struct vn_sale_hold *hold = &rest->holds[rest->hold_count++];
        *hold = (struct vn_sale_hold){.enrolment = vn_row_int(row, 0), .amount = vn_row_int(row, 2)};
        status = row_account(self, row, 1, &hold->account);
    }
    return status;
}

static enum vn_status read_uses(struct convert *self, int64_t sale)
{
    struct vn_row *row = NULL;
    struct vn_sale_rest *rest = &self->rest;
    enum vn_status status = vn_sql_open(
        self->storage, &row,
        "SELECT account, lot, amount FROM used WHERE sale = ? AND amount <> 0 ORDER BY account, lot", "i",
        sale);
    while (vn_row_next(row, &status)) {
        if (rest->use_count == VN_SALE_USES_MAX) {
            status = VN_FULL;
            continue;
        }
        struct vn_sale_use *use = &rest->uses[rest->use_count++];
        *use = (struct vn_sale_use){.lot = vn_row_int(row, 1), .amount = vn_row_int(row, 2)};
        use->by_right = use->lot != 0;
        status = row_account(self, row, 0, &use->account);
    }
    return status;
}

static enum vn_status put_sale(struct convert *self, int64_t id, int64_t account)
{
    return vn_sql_run(
        self->storage,
        "INSERT INTO sale(id, enrolment, store, till, pos, date, receipt, state, account, commit_seq,"
        " hold_seq, at_ms, total_minor, discount_minor, points_earned, points_spent, ruleset, fiscal, flags,"
        " rest) SELECT id, enrolment, store, till, pos, date, receipt, state, ?, commit_seq, 0, at_ms,"
        " total_minor, discount_minor, points_earned, points_spent, ruleset, fiscal, flags, ?"
        " FROM second_sale WHERE id = ?",
        "ibi", account, vn_buf_view(&self->packed), id);
}

static enum vn_status convert_sale(struct convert *self, struct vn_row *row)
{
    int64_t id = vn_row_int(row, 0);
    int64_t account = 0;
    int64_t earned = vn_row_int(row, 3);
    struct vn_sale_rest *rest = &self->rest;
    rest->hold_count = rest->use_count = rest->earned_count = rest->back_count = rest->gone_count = 0;
    rest->charged_minor = 0;
    rest->elsewhere = rest->again = false;
    enum vn_status status = row_account(self, row, 1, &account);
    if (status == VN_OK) {
        status = read_holds(self, id);
    }
    if (status == VN_OK) {
        status = read_uses(self, id);
    }
    if (vn_row_int(row, 2) == VN_SALE_COMMITTED && account != 0 && earned > 0) {
        rest->earned[rest->earned_count++] = (struct vn_sale_earned){account, earned};
    }
    vn_buf_clear(&self->packed);
    if (status == VN_OK) {
        status = vn_sale_rest_write(rest, &self->packed);
    }
    return status == VN_OK ? put_sale(self, id, account) : status;
}

static enum vn_status convert_sales(struct convert *self)
{
    struct vn_row *row = NULL;
    enum vn_status status = vn_sql_open(
        self->storage, &row, "SELECT id, account, state, points_earned FROM second_sale ORDER BY id", "");
    return walk(self, row, status, convert_sale);
}

/* --- all of it */

static enum vn_status convert_all(struct convert *self)
{
    enum vn_status status = vn_storage_number_put(self->storage, "ledger", 2);
    if (status == VN_OK) {
        status = self->storage->sql->ops->run(self->storage->sql,
                                              "CREATE INDEX posting_movement ON posting(movement)");
    }
    static enum vn_status (*const steps[])(struct convert *) = {
        name_accounts, convert_accounts, convert_claims, convert_grants, convert_sales};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == VN_OK; i++) {
        status = steps[i](self);
    }
    if (status == VN_OK) {
        status = vn_storage_convert_quarantine(self->storage);
    }
    return status == VN_OK
               ? self->storage->sql->ops->run(
                     self->storage->sql,
                     "DROP TABLE posting; DROP TABLE balance; DROP TABLE slice; DROP TABLE lot;"
                     "DROP TABLE counter; DROP TABLE granted; DROP TABLE second_sale; DROP TABLE hold;"
                     "DROP TABLE used; DROP TABLE waiting; DROP TABLE fourth_quarantine;"
                     "ALTER TABLE member DROP COLUMN spent_minor")
               : status;
}

static enum vn_status convert_unit(void *ctx, struct vn_storage *storage)
{
    struct convert *self = ctx;
    int64_t done = 0;
    enum vn_status status = vn_storage_number(storage, "ledger", &done);
    return status == VN_ABSENT ? convert_all(self) : status;
}

enum vn_status vn_storage_convert(struct vn_storage *storage)
{
    int64_t done = 0;
    enum vn_status status = vn_storage_number(storage, "ledger", &done);
    if (status != VN_ABSENT) {
        return status;
    }
    struct convert *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VN_NOMEM;
    }
    self->storage = storage;
    vn_buf_init(&self->packed, VN_BOOK_PACKED_MAX);
    status = vn_storage_unit(storage, VN_SQL_WRITE, convert_unit, self);
    vn_buf_deinit(&self->packed);
    free(self);
    return status;
}
