/* Accounts, their names, and the chain's wallets. */
#include <string.h>

#include "agent/loyalty/accounts.h"
#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/sql.h"

#define ACCOUNT_COLUMNS                                                                                      \
    "id, heir, closed, issued, free, rights, held, redeemed, debt, suspense, past, waiting, expired, lost, " \
    "lent, "                                                                                                 \
    "matured_ms,"                                                                                            \
    " day_ms, day_earned, due_ms, last_movement, risk, book, late"

const char *vn_ledger_place_name(enum vn_ledger_place place)
{
    static const char *const names[] = {"issued",   "free", "right",   "held",    "redeemed", "debt",
                                        "suspense", "past", "waiting", "expired", "lost",     "lent"};
    return names[place];
}

static void read_account(struct vn_row *row, struct vn_account_row *out)
{
    out->id = vn_row_int(row, 0);
    out->heir = vn_row_int(row, 1);
    out->closed = vn_row_int(row, 2) != 0;
    for (int place = 0; place < VN_PLACES; place++) {
        out->places[place] = vn_row_int(row, 3 + place);
    }
    out->matured_ms = vn_row_int(row, 15);
    out->day_ms = vn_row_int(row, 16);
    out->day_earned = vn_row_int(row, 17);
    out->due_ms = vn_row_int(row, 18);
    out->last_movement = vn_row_int(row, 19);
    out->risk = vn_row_int(row, 20);
    out->book = vn_row_view(row, 21);
    out->late = vn_row_view(row, 22);
}

struct account_load {
    const int64_t *ids;
    vn_account_visit visit;
    void *ctx;
};

static void bind_account_id(void *ctx, size_t at, struct vn_row *row)
{
    vn_row_bind(row, "i", ((const struct account_load *)ctx)->ids[at]);
}

static enum vn_status see_account(void *ctx, size_t at, struct vn_row *row)
{
    const struct account_load *load = ctx;
    struct vn_account_row account;
    (void)at;
    read_account(row, &account);
    return load->visit(load->ctx, &account);
}

enum vn_status vn_storage_accounts_load(struct vn_storage *storage, const int64_t *ids, size_t count,
                                        vn_account_visit visit, void *ctx)
{
    struct account_load load = {ids, visit, ctx};
    const struct vn_sql_batch batch = {.text = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?",
                                       .types = "i",
                                       .count = count,
                                       .bind = bind_account_id,
                                       .visit = see_account,
                                       .ctx = &load};
    return vn_sql_many(storage, &batch);
}

static void bind_account(void *ctx, size_t at_row, struct vn_row *statement)
{
    const struct vn_account_row *row = ((const struct vn_account_row *const *)ctx)[at_row];
    const int64_t *at = row->places;
    vn_row_bind(statement, "iiiiiiiiiiiiiiiiiiiiibb", row->id, row->heir, (int64_t)row->closed, at[0], at[1],
                at[2], at[3], at[4], at[5], at[6], at[7], at[8], at[9], at[10], at[11], row->matured_ms,
                row->day_ms, row->day_earned, row->due_ms, row->last_movement, row->risk, row->book,
                row->late);
}

enum vn_status vn_storage_accounts_store(struct vn_storage *storage, const struct vn_account_row *const *rows,
                                         size_t count)
{
    const struct vn_sql_batch batch = {
        .text = "INSERT INTO account(" ACCOUNT_COLUMNS
                ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT(id) DO UPDATE SET heir = excluded.heir, closed = excluded.closed, issued = "
                "excluded.issued,"
                " free = excluded.free, rights = excluded.rights, held = excluded.held, redeemed = "
                "excluded.redeemed,"
                " debt = excluded.debt, suspense = excluded.suspense, past = excluded.past, waiting = "
                "excluded.waiting,"
                " expired = excluded.expired, lost = excluded.lost, lent = excluded.lent, matured_ms = "
                "excluded.matured_ms,"
                " day_ms = excluded.day_ms, day_earned = excluded.day_earned, due_ms = excluded.due_ms,"
                " last_movement = excluded.last_movement, risk = excluded.risk, book = excluded.book, late = "
                "excluded.late",
        .types = "iiiiiiiiiiiiiiiiiiiiibb",
        .count = count,
        .bind = bind_account,
        .ctx = (void *)(uintptr_t)rows};
    return vn_sql_many(storage, &batch);
}

#define PAGE 256

enum vn_status vn_storage_accounts(struct vn_storage *storage, vn_account_visit visit, void *ctx)
{
    int64_t after = 0;
    int64_t read = PAGE;
    enum vn_status status = VN_OK;
    while (status == VN_OK && read == PAGE) {
        struct vn_row *row = NULL;
        struct vn_account_row account;
        read = 0;
        status = vn_sql_open(storage, &row,
                             "SELECT " ACCOUNT_COLUMNS " FROM account WHERE id > ? ORDER BY id LIMIT ?", "ii",
                             after, (int64_t)PAGE);
        while (vn_row_next(row, &status)) {
            read_account(row, &account);
            after = account.id;
            read++;
            status = visit(ctx, &account);
        }
    }
    return status;
}

enum vn_status vn_storage_accounts_due(struct vn_storage *storage, int64_t now_ms, size_t max, int64_t *out,
                                       size_t *count)
{
    struct vn_row *row = NULL;
    *count = 0;
    enum vn_status status = vn_sql_open(
        storage, &row, "SELECT id FROM account WHERE due_ms > 0 AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
        "ii", now_ms, (int64_t)max);
    while (vn_row_next(row, &status)) {
        out[(*count)++] = vn_row_int(row, 0);
    }
    return status;
}

enum vn_status vn_storage_account_due(struct vn_storage *storage, int64_t account, int64_t due_ms)
{
    return vn_sql_run(storage, "UPDATE account SET due_ms = ? WHERE id = ?", "ii", due_ms, account);
}

enum vn_status vn_storage_accounts_wake(struct vn_storage *storage, int64_t after, int64_t max, int64_t *last)
{
    *last = 0;
    enum vn_status status = vn_sql_number(
        storage, last,
        "SELECT coalesce(max(id), 0) FROM (SELECT id FROM account WHERE id > ? ORDER BY id LIMIT ?) AS next",
        "ii", after, max);
    return status == VN_OK
               ? vn_sql_run(storage, "UPDATE account SET due_ms = 1 WHERE id > ? AND id <= ? AND id % 64 = ?",
                            "iii", after, *last, (int64_t)VN_ACCOUNT_MEMBER)
               : status;
}

enum vn_status vn_storage_totals(struct vn_storage *storage, int64_t out[VN_PLACES])
{
    struct vn_row *row = NULL;
    memset(out, 0, VN_PLACES * sizeof *out);
    enum vn_status status = vn_sql_first(
        storage, &row,
        "SELECT CAST(coalesce(sum(issued), 0) AS BIGINT), CAST(coalesce(sum(free), 0) AS BIGINT),"
        " CAST(coalesce(sum(rights), 0) AS BIGINT), CAST(coalesce(sum(held), 0) AS BIGINT),"
        " CAST(coalesce(sum(redeemed), 0) AS BIGINT), CAST(coalesce(sum(debt), 0) AS BIGINT),"
        " CAST(coalesce(sum(suspense), 0) AS BIGINT), CAST(coalesce(sum(past), 0) AS BIGINT),"
        " CAST(coalesce(sum(waiting), 0) AS BIGINT), CAST(coalesce(sum(expired), 0) AS BIGINT),"
        " CAST(coalesce(sum(lost), 0) AS BIGINT), CAST(coalesce(sum(lent), 0) AS BIGINT) FROM account",
        "");
    if (status != VN_OK) {
        return status;
    }
    for (int place = 0; place < VN_PLACES; place++) {
        out[place] = vn_row_int(row, place);
    }
    vn_row_reset(row);
    return VN_OK;
}

enum vn_status vn_storage_risk(struct vn_storage *storage, int64_t *out)
{
    return vn_sql_number(storage, out,
                         "SELECT CAST(coalesce(sum(risk), 0) AS BIGINT) FROM account WHERE risk > 0", "");
}

enum vn_status vn_storage_risk_lost(struct vn_storage *storage, int64_t *out)
{
    return vn_sql_number(storage, out,
                         "SELECT coalesce((SELECT a.lost FROM account a JOIN account_name n ON n.id = a.id"
                         " WHERE n.name = ?), 0)",
                         "t", VN_ACCOUNT_RISK);
}

enum vn_status vn_storage_risks(struct vn_storage *storage, vn_risk_visit visit, void *ctx)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_open(storage, &row, "SELECT id, risk FROM account WHERE risk > 0 ORDER BY id LIMIT ?", "i",
                    (int64_t)VN_REPORT_ROWS_MAX);
    while (vn_row_next(row, &status)) {
        status = visit(ctx, vn_row_int(row, 0), vn_row_int(row, 1));
    }
    return status;
}

/* --- names */

enum vn_status vn_storage_names_load(struct vn_storage *storage, const char *const *names, size_t count,
                                     vn_name_visit visit, void *ctx)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        int64_t id = 0;
        status = vn_sql_number(storage, &id, "SELECT id FROM account_name WHERE name = ?", "t", names[i]);
        status = status == VN_OK ? visit(ctx, names[i], id) : status == VN_ABSENT ? VN_OK : status;
    }
    return status;
}

enum vn_status vn_storage_name_put(struct vn_storage *storage, const char *name, int64_t id)
{
    return vn_sql_run(storage, "INSERT INTO account_name(name, id) VALUES(?, ?)", "ti", name, id);
}

enum vn_status vn_storage_name(struct vn_storage *storage, int64_t id, char out[VN_HUB_ACCOUNT_MAX])
{
    struct vn_row *row = NULL;
    if (vn_account_text(id, out)) {
        return VN_OK;
    }
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT name FROM account_name WHERE id = ?", "i", id);
    if (status == VN_OK) {
        status = vn_row_text(row, 0, out, VN_HUB_ACCOUNT_MAX);
        vn_row_reset(row);
    }
    return status;
}

enum vn_status vn_storage_next_name(struct vn_storage *storage, int64_t *out)
{
    return vn_sql_next(storage, VN_SERIES_NAME, out);
}

/* --- wallets and rulesets */

enum vn_status vn_storage_wallet_number(struct vn_storage *storage, const char *wallet, bool may_write,
                                        unsigned *out)
{
    int64_t number = 0;
    int64_t count = 0;
    enum vn_status status =
        vn_sql_number(storage, &number, "SELECT number FROM wallet WHERE name = ?", "t", wallet);
    if (status == VN_ABSENT && may_write) {
        status = vn_sql_number(storage, &count, "SELECT count(*) FROM wallet", "");
        number = count + 1;
        if (status == VN_OK && number > VN_HUB_WALLETS_MAX) {
            *out = (unsigned)number;
            return VN_FULL;
        }
        if (status == VN_OK) {
            status =
                vn_sql_run(storage, "INSERT INTO wallet(number, name) VALUES(?, ?)", "it", number, wallet);
        }
    }
    *out = (unsigned)number;
    return status;
}

enum vn_status vn_storage_ruleset_in_force(struct vn_storage *storage, int64_t *number)
{
    return vn_sql_number(storage, number,
                         "SELECT number FROM published WHERE kind = ? ORDER BY number DESC LIMIT 1", "i",
                         (int64_t)VN_FEED_RULESET);
}

enum vn_status vn_storage_ruleset_text(struct vn_storage *storage, int64_t number, struct vn_buf *text)
{
    struct vn_row *row = NULL;
    enum vn_status status =
        vn_sql_first(storage, &row, "SELECT text FROM published WHERE number = ? AND kind = ?", "ii", number,
                     (int64_t)VN_FEED_RULESET);
    if (status == VN_OK) {
        status = vn_buf_append(text, vn_row_view(row, 0));
        vn_row_reset(row);
    }
    return status;
}
