#include "sync/hub/storage/schema.h"

#include <string.h>

/* What the first version made, for ever. */
#define TABLES_1                                                                                             \
    "CREATE TABLE number(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"                      \
    "CREATE TABLE store(id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"                             \
    "CREATE TABLE till(id TEXT PRIMARY KEY, store TEXT NOT NULL) WITHOUT ROWID;"                             \
    "CREATE TABLE code(hash BLOB PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL,"                      \
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"                                                           \
    "CREATE TABLE enrolment(id INTEGER PRIMARY KEY, enrolment BLOB NOT NULL UNIQUE, store TEXT NOT NULL,"    \
    " till TEXT NOT NULL, serial TEXT NOT NULL, state INTEGER NOT NULL, high_seq INTEGER NOT NULL,"          \
    " head BLOB NOT NULL, granted INTEGER NOT NULL, quarantined INTEGER NOT NULL, ack_ms INTEGER NOT NULL,"  \
    " created_ms INTEGER NOT NULL, report TEXT NOT NULL DEFAULT '', report_ms INTEGER NOT NULL DEFAULT 0);"  \
    "CREATE TABLE boot(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, boot BLOB NOT NULL,"                \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "CREATE TABLE entry(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"               \
    " body BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, arrived_ms INTEGER NOT NULL,"            \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "CREATE TABLE waiting(enrolment INTEGER NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL,"          \
    " points INTEGER NOT NULL, PRIMARY KEY(enrolment, account, seq)) WITHOUT ROWID;"                         \
    "CREATE INDEX quarantined ON entry(enrolment, seq) WHERE reason <> '';"                                  \
    "CREATE TABLE posting(id INTEGER PRIMARY KEY, movement INTEGER NOT NULL, account TEXT NOT NULL,"         \
    " place INTEGER NOT NULL, enrolment INTEGER NOT NULL, amount INTEGER NOT NULL, why TEXT NOT NULL,"       \
    " cause INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL);"                                \
    "CREATE INDEX posting_account ON posting(account);"                                                      \
    "CREATE TABLE balance(account TEXT NOT NULL, place INTEGER NOT NULL, enrolment INTEGER NOT NULL,"        \
    " amount INTEGER NOT NULL, PRIMARY KEY(account, place, enrolment)) WITHOUT ROWID;"                       \
    "CREATE TABLE lot(id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, free INTEGER NOT NULL,"   \
    " earned_ms INTEGER NOT NULL, matures_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);"                \
    "CREATE INDEX lot_account ON lot(account);"                                                              \
    "CREATE TABLE slice(enrolment INTEGER NOT NULL, lot INTEGER NOT NULL, amount INTEGER NOT NULL,"          \
    " PRIMARY KEY(lot, enrolment)) WITHOUT ROWID;"                                                           \
    "CREATE TABLE counter(enrolment INTEGER NOT NULL, account TEXT NOT NULL, granted INTEGER NOT NULL,"      \
    " inward INTEGER NOT NULL, outward INTEGER NOT NULL, PRIMARY KEY(enrolment, account)) WITHOUT ROWID;"    \
    "CREATE TABLE granted(enrolment INTEGER NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL,"       \
    " lot INTEGER NOT NULL, granted INTEGER NOT NULL, amount INTEGER NOT NULL, expires_ms INTEGER NOT NULL," \
    " PRIMARY KEY(enrolment, account, number, lot)) WITHOUT ROWID;"                                          \
    "CREATE TABLE sale(id INTEGER PRIMARY KEY, enrolment INTEGER NOT NULL, store TEXT NOT NULL,"             \
    " till TEXT NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"                     \
    " state INTEGER NOT NULL, account TEXT NOT NULL, commit_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"   \
    " total_minor INTEGER NOT NULL, discount_minor INTEGER NOT NULL, points_earned INTEGER NOT NULL,"        \
    " points_spent INTEGER NOT NULL, ruleset INTEGER NOT NULL, fiscal TEXT NOT NULL, flags TEXT NOT NULL,"   \
    " UNIQUE(pos, date, receipt, till));"                                                                    \
    "CREATE INDEX sale_account ON sale(account, at_ms);"                                                     \
    "CREATE TABLE hold(sale INTEGER NOT NULL, enrolment INTEGER NOT NULL, account TEXT NOT NULL,"            \
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, enrolment, account)) WITHOUT ROWID;"                        \
    "CREATE TABLE used(sale INTEGER NOT NULL, account TEXT NOT NULL, lot INTEGER NOT NULL,"                  \
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, account, lot)) WITHOUT ROWID;"                              \
    "CREATE TABLE receipt(member INTEGER NOT NULL, at_ms INTEGER NOT NULL, store TEXT NOT NULL,"             \
    " total_minor INTEGER NOT NULL, points INTEGER NOT NULL,"                                                \
    " PRIMARY KEY(member, at_ms, store, total_minor)) WITHOUT ROWID;"                                        \
    "CREATE TABLE member(id INTEGER PRIMARY KEY, facts TEXT NOT NULL, spent_minor INTEGER NOT NULL DEFAULT " \
    "0);"                                                                                                    \
    "CREATE TABLE card(hash BLOB PRIMARY KEY, member INTEGER NOT NULL) WITHOUT ROWID;"                       \
    "CREATE INDEX card_member ON card(member);"                                                              \
    "CREATE TABLE item(code TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"                        \
    "CREATE TABLE coupon(id INTEGER PRIMARY KEY AUTOINCREMENT, number BLOB NOT NULL UNIQUE,"                 \
    " promotion TEXT NOT NULL, label TEXT NOT NULL, single_use INTEGER NOT NULL, from_ms INTEGER NOT NULL,"  \
    " until_ms INTEGER NOT NULL, member INTEGER NOT NULL);"                                                  \
    "CREATE TABLE published(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, promotion TEXT NOT NULL,"     \
    " text BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL);"                                 \
    "CREATE TABLE change(n INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, key TEXT NOT NULL,"     \
    " UNIQUE(kind, key));"

#define TABLES_2                                                                                             \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE number(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"                      \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE store(id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"                             \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE till(id TEXT PRIMARY KEY, store TEXT NOT NULL) WITHOUT ROWID;"                             \
    "-- key: hash\n"                                                                                         \
    "CREATE TABLE code(hash BLOB PRIMARY KEY, store TEXT NOT NULL, till TEXT NOT NULL,"                      \
    " expires_ms INTEGER NOT NULL) WITHOUT ROWID;"                                                           \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE enrolment(id INTEGER PRIMARY KEY, enrolment BLOB NOT NULL, store TEXT NOT NULL,"           \
    " till TEXT NOT NULL, serial TEXT NOT NULL, state INTEGER NOT NULL, high_seq INTEGER NOT NULL,"          \
    " head BLOB NOT NULL, granted INTEGER NOT NULL, quarantined INTEGER NOT NULL, ack_ms INTEGER NOT NULL,"  \
    " created_ms INTEGER NOT NULL, report TEXT NOT NULL DEFAULT '', report_ms INTEGER NOT NULL DEFAULT 0);"  \
    "CREATE INDEX enrolment_name ON enrolment(enrolment);"                                                   \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE boot(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, boot BLOB NOT NULL,"                \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE entry(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"               \
    " body BLOB NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, arrived_ms INTEGER NOT NULL,"            \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "CREATE INDEX quarantined ON entry(enrolment, seq) WHERE reason <> '';"                                  \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE waiting(enrolment INTEGER NOT NULL, account TEXT NOT NULL, seq INTEGER NOT NULL,"          \
    " points INTEGER NOT NULL, PRIMARY KEY(enrolment, account, seq)) WITHOUT ROWID;"                         \
    "-- key: account\n"                                                                                      \
    "CREATE TABLE posting(account TEXT NOT NULL, id INTEGER NOT NULL, movement INTEGER NOT NULL,"            \
    " place INTEGER NOT NULL, enrolment INTEGER NOT NULL, amount INTEGER NOT NULL, why TEXT NOT NULL,"       \
    " cause INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"                                 \
    " PRIMARY KEY(account, id)) WITHOUT ROWID;"                                                              \
    "-- key: account\n"                                                                                      \
    "CREATE TABLE balance(account TEXT NOT NULL, place INTEGER NOT NULL, enrolment INTEGER NOT NULL,"        \
    " amount INTEGER NOT NULL, PRIMARY KEY(account, place, enrolment)) WITHOUT ROWID;"                       \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE lot(id INTEGER PRIMARY KEY, account TEXT NOT NULL, free INTEGER NOT NULL,"                 \
    " earned_ms INTEGER NOT NULL, matures_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);"                \
    "CREATE INDEX lot_account ON lot(account);"                                                              \
    "-- key: lot\n"                                                                                          \
    "CREATE TABLE slice(enrolment INTEGER NOT NULL, lot INTEGER NOT NULL, amount INTEGER NOT NULL,"          \
    " PRIMARY KEY(lot, enrolment)) WITHOUT ROWID;"                                                           \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE counter(enrolment INTEGER NOT NULL, account TEXT NOT NULL, granted INTEGER NOT NULL,"      \
    " inward INTEGER NOT NULL, outward INTEGER NOT NULL, PRIMARY KEY(enrolment, account)) WITHOUT ROWID;"    \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE granted(enrolment INTEGER NOT NULL, number INTEGER NOT NULL, account TEXT NOT NULL,"       \
    " lot INTEGER NOT NULL, granted INTEGER NOT NULL, amount INTEGER NOT NULL, expires_ms INTEGER NOT NULL," \
    " PRIMARY KEY(enrolment, account, number, lot)) WITHOUT ROWID;"                                          \
    "-- key: till\n"                                                                                         \
    "CREATE TABLE sale(id INTEGER NOT NULL, enrolment INTEGER NOT NULL, store TEXT NOT NULL,"                \
    " till TEXT NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"                     \
    " state INTEGER NOT NULL, account TEXT NOT NULL, commit_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"   \
    " total_minor INTEGER NOT NULL, discount_minor INTEGER NOT NULL, points_earned INTEGER NOT NULL,"        \
    " points_spent INTEGER NOT NULL, ruleset INTEGER NOT NULL, fiscal TEXT NOT NULL, flags TEXT NOT NULL,"   \
    " PRIMARY KEY(pos, date, receipt, till));"                                                               \
    "CREATE INDEX sale_id ON sale(id);"                                                                      \
    "CREATE INDEX sale_account ON sale(account, at_ms);"                                                     \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE hold(sale INTEGER NOT NULL, enrolment INTEGER NOT NULL, account TEXT NOT NULL,"            \
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, enrolment, account)) WITHOUT ROWID;"                        \
    "-- key: sale\n"                                                                                         \
    "CREATE TABLE used(sale INTEGER NOT NULL, account TEXT NOT NULL, lot INTEGER NOT NULL,"                  \
    " amount INTEGER NOT NULL, PRIMARY KEY(sale, account, lot)) WITHOUT ROWID;"                              \
    "-- key: member\n"                                                                                       \
    "CREATE TABLE receipt(member INTEGER NOT NULL, at_ms INTEGER NOT NULL, store TEXT NOT NULL,"             \
    " total_minor INTEGER NOT NULL, points INTEGER NOT NULL,"                                                \
    " PRIMARY KEY(member, at_ms, store, total_minor)) WITHOUT ROWID;"                                        \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE member(id INTEGER PRIMARY KEY, facts BLOB NOT NULL, spent_minor INTEGER NOT NULL DEFAULT " \
    "0);"                                                                                                    \
    "-- key: hash\n"                                                                                         \
    "CREATE TABLE card(hash BLOB PRIMARY KEY, member INTEGER NOT NULL) WITHOUT ROWID;"                       \
    "CREATE INDEX card_member ON card(member);"                                                              \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE item(code TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;"                        \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE coupon(id INTEGER PRIMARY KEY, number BLOB NOT NULL UNIQUE,"                               \
    " promotion TEXT NOT NULL, label TEXT NOT NULL, single_use INTEGER NOT NULL, from_ms INTEGER NOT NULL,"  \
    " until_ms INTEGER NOT NULL, member INTEGER NOT NULL);"                                                  \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE published(number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, promotion TEXT NOT NULL,"     \
    " text BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL);"                                 \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE change(n INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL,"                   \
    " UNIQUE(kind, key));"

/* The ledger with both sides of a movement in one row, and accounts with packed lots. The tables that it replaces stay until
 * what they have is packed (vn_storage_convert), which no statement can. */
#define TABLES_7                                                                                             \
    "ALTER TABLE sale RENAME TO second_sale; DROP INDEX sale_id; DROP INDEX sale_account;"                   \
    "ALTER TABLE quarantine RENAME TO fourth_quarantine;"                                                    \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE account(id INTEGER PRIMARY KEY, heir INTEGER NOT NULL, closed INTEGER NOT NULL,"           \
    " issued INTEGER NOT NULL, free INTEGER NOT NULL, rights INTEGER NOT NULL, held INTEGER NOT NULL,"       \
    " redeemed INTEGER NOT NULL, debt INTEGER NOT NULL, suspense INTEGER NOT NULL, past INTEGER NOT NULL,"   \
    " waiting INTEGER NOT NULL, expired INTEGER NOT NULL, lost INTEGER NOT NULL,"                            \
    " matured_ms INTEGER NOT NULL, day_ms INTEGER NOT NULL, day_earned INTEGER NOT NULL,"                    \
    " due_ms INTEGER NOT NULL, last_movement INTEGER NOT NULL, book BLOB NOT NULL);"                         \
    "CREATE INDEX account_due ON account(due_ms) WHERE due_ms > 0;"                                          \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE account_name(name TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;"                   \
    "CREATE INDEX account_name_id ON account_name(id);"                                                      \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE wallet(number INTEGER PRIMARY KEY, name TEXT NOT NULL);"                                   \
    "-- key: account\n"                                                                                      \
    "CREATE TABLE movement(id INTEGER NOT NULL, account INTEGER NOT NULL, from_account INTEGER NOT NULL,"    \
    " to_account INTEGER NOT NULL, before INTEGER NOT NULL, from_place INTEGER NOT NULL,"                    \
    " from_enrolment INTEGER NOT NULL,"                                                                      \
    " to_place INTEGER NOT NULL, to_enrolment INTEGER NOT NULL, amount INTEGER NOT NULL,"                    \
    " lot INTEGER NOT NULL, sale INTEGER NOT NULL, why TEXT NOT NULL, enrolment INTEGER NOT NULL,"           \
    " seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(id, account)) WITHOUT ROWID;"                \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE claim(enrolment INTEGER NOT NULL, account INTEGER NOT NULL, granted INTEGER NOT NULL,"     \
    " inward INTEGER NOT NULL, outward INTEGER NOT NULL, rights INTEGER NOT NULL, held INTEGER NOT NULL,"    \
    " suspense INTEGER NOT NULL, slices BLOB NOT NULL, PRIMARY KEY(enrolment, account)) WITHOUT ROWID;"      \
    "CREATE INDEX claim_account ON claim(account);"                                                          \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE granted_slice(enrolment INTEGER NOT NULL, account INTEGER NOT NULL,"                       \
    " number INTEGER NOT NULL, lot INTEGER NOT NULL, granted INTEGER NOT NULL, amount INTEGER NOT NULL,"     \
    " expires_ms INTEGER NOT NULL, PRIMARY KEY(enrolment, account, number, lot)) WITHOUT ROWID;"             \
    "-- key: till\n"                                                                                         \
    "CREATE TABLE sale(id INTEGER NOT NULL, enrolment INTEGER NOT NULL, store TEXT NOT NULL,"                \
    " till TEXT NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"                     \
    " state INTEGER NOT NULL, account INTEGER NOT NULL, commit_seq INTEGER NOT NULL,"                        \
    " hold_seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, total_minor INTEGER NOT NULL,"                      \
    " discount_minor INTEGER NOT NULL, points_earned INTEGER NOT NULL, points_spent INTEGER NOT NULL,"       \
    " ruleset INTEGER NOT NULL, fiscal TEXT NOT NULL, flags TEXT NOT NULL, rest BLOB NOT NULL,"              \
    " PRIMARY KEY(pos, date, receipt, till)) WITHOUT ROWID;"                                                 \
    "CREATE INDEX sale_number ON sale(id);"                                                                  \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE quarantine(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,"          \
    " class INTEGER NOT NULL, reason TEXT NOT NULL, account INTEGER NOT NULL, points INTEGER NOT NULL,"      \
    " has_sale INTEGER NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"              \
    " since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,"                      \
    " decision INTEGER NOT NULL, decided_ms INTEGER NOT NULL, decided_by TEXT NOT NULL,"                     \
    " moves BLOB NOT NULL, PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                      \
    "CREATE INDEX quarantine_sale ON quarantine(pos, date, receipt) WHERE decision = 0 AND class = 0;"

/* Every table of the first version under another name, and its indices gone. */
#define ASIDE(table) "ALTER TABLE " table " RENAME TO first_" table ";"
#define COPY(table, columns)                                                                                 \
    "INSERT INTO " table "(" columns ") SELECT " columns " FROM first_" table "; DROP TABLE first_" table ";"

#define ASIDE_1                                                                                              \
    "DROP INDEX quarantined; DROP INDEX posting_account; DROP INDEX lot_account; DROP INDEX sale_account;"   \
    "DROP INDEX card_member;" ASIDE("number") ASIDE("store") ASIDE("till") ASIDE("code") ASIDE("enrolment")  \
        ASIDE("boot") ASIDE("entry") ASIDE("waiting") ASIDE("posting") ASIDE("balance") ASIDE("lot")         \
            ASIDE("slice") ASIDE("counter") ASIDE("granted") ASIDE("sale") ASIDE("hold") ASIDE("used")       \
                ASIDE("receipt") ASIDE("member") ASIDE("card") ASIDE("item") ASIDE("coupon")                 \
                    ASIDE("published") ASIDE("change")

/* Series of numbers that were the rows' own till then. A number of sqlite_sequence was never used twice, nor may it be now. */
#define SERIES_1                                                                                             \
    "INSERT INTO number SELECT 'enrolment', coalesce(max(id), 0) FROM first_enrolment;"                      \
    "INSERT INTO number SELECT 'movement', coalesce(max(movement), 0) FROM first_posting;"                   \
    "INSERT INTO number SELECT 'sale', coalesce(max(id), 0) FROM first_sale;"                                \
    "INSERT INTO number SELECT 'lot', coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'first_lot';"  \
    "INSERT INTO number SELECT 'coupon', coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = "           \
    "'first_coupon';"                                                                                        \
    "INSERT INTO number SELECT 'change', coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = "           \
    "'first_change';"

#define COPY_1                                                                                               \
    COPY("number", "name, value")                                                                            \
    COPY("store", "id, name")                                                                                \
    COPY("till", "id, store")                                                                                \
    COPY("code", "hash, store, till, expires_ms")                                                            \
    COPY("enrolment", "id, enrolment, store, till, serial, state, high_seq, head, granted, quarantined,"     \
                      " ack_ms, created_ms, report, report_ms")                                              \
    COPY("boot", "enrolment, seq, boot")                                                                     \
    COPY("entry", "enrolment, seq, hash, body, kind, reason, arrived_ms")                                    \
    COPY("waiting", "enrolment, account, seq, points")                                                       \
    COPY("posting", "account, id, movement, place, enrolment, amount, why, cause, seq, at_ms")               \
    COPY("balance", "account, place, enrolment, amount")                                                     \
    COPY("lot", "id, account, free, earned_ms, matures_ms, expires_ms")                                      \
    COPY("slice", "enrolment, lot, amount")                                                                  \
    COPY("counter", "enrolment, account, granted, inward, outward")                                          \
    COPY("granted", "enrolment, number, account, lot, granted, amount, expires_ms")                          \
    COPY("sale", "id, enrolment, store, till, pos, date, receipt, state, account, commit_seq, at_ms,"        \
                 " total_minor, discount_minor, points_earned, points_spent, ruleset, fiscal, flags")        \
    COPY("hold", "sale, enrolment, account, amount")                                                         \
    COPY("used", "sale, account, lot, amount")                                                               \
    COPY("receipt", "member, at_ms, store, total_minor, points")                                             \
    COPY("member", "id, facts, spent_minor")                                                                 \
    COPY("card", "hash, member")                                                                             \
    COPY("item", "code, document")                                                                           \
    COPY("coupon", "id, number, promotion, label, single_use, from_ms, until_ms, member")                    \
    COPY("published", "number, kind, promotion, text, signature, at_ms")                                     \
    COPY("change", "n, kind, key")

/* Backups, and what becomes of a hub that was set back. */
#define CHANGES_3                                                                                            \
    "ALTER TABLE enrolment ADD COLUMN durable_seq INTEGER NOT NULL DEFAULT 0;"                               \
    "ALTER TABLE enrolment ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;"                                     \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE epoch(epoch INTEGER PRIMARY KEY, opened_ms INTEGER NOT NULL, branch INTEGER NOT NULL,"     \
    " why TEXT NOT NULL);"

/* Batches as they came, in place of a row an entry; what is posted is told apart from what was taken in. All that was there is
 * both. */
#define CHANGES_4                                                                                            \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE segment(enrolment INTEGER NOT NULL, from_seq INTEGER NOT NULL, count INTEGER NOT NULL,"    \
    " skip INTEGER NOT NULL, head BLOB NOT NULL, since_ms INTEGER NOT NULL, arrived_ms INTEGER NOT NULL,"    \
    " packing INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(enrolment, from_seq));"                     \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE quarantine(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,"          \
    " reason TEXT NOT NULL, arrived_ms INTEGER NOT NULL, PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"        \
    "INSERT INTO segment(enrolment, from_seq, count, skip, head, since_ms, arrived_ms, packing, bytes)"      \
    " SELECT enrolment, seq, 1, 0, hash, arrived_ms, arrived_ms, 2, body FROM entry;"                        \
    "INSERT INTO quarantine(enrolment, seq, kind, reason, arrived_ms)"                                       \
    " SELECT enrolment, seq, kind, reason, arrived_ms FROM entry WHERE reason <> '';"                        \
    "DROP TABLE entry;"                                                                                      \
    "ALTER TABLE enrolment ADD COLUMN posted_seq INTEGER NOT NULL DEFAULT 0;"                                \
    "UPDATE enrolment SET posted_seq = high_seq;"                                                            \
    "CREATE INDEX enrolment_behind ON enrolment(id) WHERE posted_seq < high_seq;"

/* The feed as checkpoints: marks that wait for their numbers, changes by scope, what is in the slow lane, where members shop,
 * and up to where each till was told of its own entries. What was numbered before has no time: its tombstones go first. */
#define CHANGES_5                                                                                            \
    "ALTER TABLE change RENAME TO second_change;"                                                            \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE mark(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL,"                    \
    " store TEXT NOT NULL);"                                                                                 \
    "-- key: scope\n"                                                                                        \
    "CREATE TABLE change(scope TEXT NOT NULL, n INTEGER NOT NULL, checkpoint INTEGER NOT NULL,"              \
    " at_ms INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,"                                     \
    " PRIMARY KEY(scope, n)) WITHOUT ROWID;"                                                                 \
    "CREATE UNIQUE INDEX change_row ON change(kind, key, scope);"                                            \
    "INSERT INTO change(scope, n, checkpoint, at_ms, kind, key)"                                             \
    " SELECT '', n, n, 0, kind, key FROM second_change;"                                                     \
    "DROP TABLE second_change;"                                                                              \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE checkpoint(n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, scopes TEXT NOT NULL);"          \
    "-- key: member\n"                                                                                       \
    "CREATE TABLE slow(member INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,"                   \
    " PRIMARY KEY(member, kind, key)) WITHOUT ROWID;"                                                        \
    "-- key: member\n"                                                                                       \
    "CREATE TABLE near(member INTEGER PRIMARY KEY, stores TEXT NOT NULL);"                                   \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE told(enrolment INTEGER PRIMARY KEY, seq INTEGER NOT NULL);"                                \
    "INSERT INTO number(name, value) VALUES('change', 0) ON CONFLICT(name) DO NOTHING;"

/* Certificates of tills beside the one in use, which the enrolment names. */
#define CHANGES_6                                                                                            \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE certificate(enrolment INTEGER NOT NULL, serial TEXT NOT NULL, state INTEGER NOT NULL,"     \
    " issuer TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(enrolment, serial)) WITHOUT ROWID;"

/* Journals that branched off, as a later enrolment handed them in. */
#define CHANGES_8                                                                                            \
    "-- key: id\n"                                                                                           \
    "CREATE TABLE branch(id INTEGER PRIMARY KEY, enrolment BLOB NOT NULL, origin INTEGER NOT NULL,"          \
    " successor INTEGER NOT NULL, from_seq INTEGER NOT NULL, prev BLOB NOT NULL,"                            \
    " opened_ms INTEGER NOT NULL, sales INTEGER NOT NULL, known INTEGER NOT NULL, differing INTEGER NOT "    \
    "NULL, points INTEGER NOT NULL, coupons INTEGER NOT NULL);"

/* Leases, and the order in which the fleet is read. */
#define CHANGES_9                                                                                            \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE lease(name TEXT PRIMARY KEY, holder BLOB NOT NULL, until_ms INTEGER NOT NULL) WITHOUT "    \
    "ROWID;"                                                                                                 \
    "CREATE INDEX enrolment_place ON enrolment(store, till, id);"

/* Further codes of items, and cards that are blocked by themselves. */
#define CHANGES_10                                                                                           \
    "ALTER TABLE item ADD COLUMN alias_of TEXT NOT NULL DEFAULT '';"                                         \
    "CREATE INDEX item_alias ON item(alias_of) WHERE alias_of <> '';"                                        \
    "-- key: hash\n"                                                                                         \
    "CREATE TABLE blocked(hash BLOB PRIMARY KEY, since_ms INTEGER NOT NULL, reason TEXT NOT NULL)"           \
    " WITHOUT ROWID;"

/* Who decided about an entry in quarantine apart from why. What people had given as the reason stood for both. */
#define CHANGES_11                                                                                           \
    "ALTER TABLE quarantine ADD COLUMN decided_why TEXT NOT NULL DEFAULT '';"                                \
    "UPDATE quarantine SET decided_why = decided_by, decided_by = '' WHERE decision <> 0;"

/* States of items by the feed's numbers, and how far receipts were quoted again. What was there before is neither known nor
 * looked at; a change that waits for its number gets one of the next. */
#define CHANGES_12                                                                                           \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE item_state(code TEXT NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,"                \
    " until_ms INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY(code, n)) WITHOUT ROWID;"               \
    "CREATE INDEX item_state_until ON item_state(until_ms) WHERE until_ms > 0;"                              \
    "CREATE INDEX item_state_gone ON item_state(at_ms) WHERE length(document) = 0;"                          \
    "INSERT INTO item_state(code, n, at_ms, until_ms, document)"                                             \
    " SELECT item.code, coalesce(change.n, 0), coalesce(change.at_ms, 0), 0, item.document FROM item"        \
    " LEFT JOIN change ON change.kind = 2 AND change.key = item.code AND change.scope = '';"                 \
    "INSERT INTO number(name, value) SELECT 'item-states-from',"                                             \
    " (SELECT count(*) FROM mark) + coalesce((SELECT value FROM number WHERE name = 'change'), 0);"          \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE requote(enrolment INTEGER PRIMARY KEY, seq INTEGER NOT NULL);"                             \
    "INSERT INTO requote(enrolment, seq) SELECT id, posted_seq FROM enrolment;"                              \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE requote_later(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL,"                           \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE differing(enrolment INTEGER NOT NULL, seq INTEGER NOT NULL, found_ms INTEGER NOT NULL,"    \
    " till TEXT NOT NULL, pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL,"                     \
    " at_ms INTEGER NOT NULL, earned INTEGER NOT NULL, earned_here INTEGER NOT NULL,"                        \
    " spent INTEGER NOT NULL, spent_here INTEGER NOT NULL, discount INTEGER NOT NULL,"                       \
    " discount_here INTEGER NOT NULL, pointer TEXT NOT NULL, text TEXT NOT NULL,"                            \
    " PRIMARY KEY(enrolment, seq)) WITHOUT ROWID;"                                                           \
    "CREATE INDEX differing_found ON differing(found_ms);"

/* Whom an entry waits for that names nobody known. */
#define CHANGES_13                                                                                           \
    "ALTER TABLE quarantine ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0;"                                 \
    "CREATE INDEX quarantine_stranger ON quarantine(stranger) WHERE decision = 0 AND stranger <> 0;"

/* What was asked back of tills, and what they released; grants by their numbers, of whatever account. Who takes grants ahead, and
 * up to which entry an enrolment has to be posted before a hub that was set back knows what it has. What members owe that was
 * given at the chain's risk. */
#define CHANGES_14                                                                                           \
    "ALTER TABLE claim ADD COLUMN released INTEGER NOT NULL DEFAULT 0;"                                      \
    "ALTER TABLE claim ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"                                         \
    "CREATE INDEX claim_asked ON claim(enrolment) WHERE asked > released;"                                   \
    "CREATE INDEX granted_number ON granted_slice(enrolment, number);"                                       \
    "ALTER TABLE enrolment ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;"                                     \
    "ALTER TABLE enrolment ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;"                                     \
    "ALTER TABLE enrolment ADD COLUMN shown_seq INTEGER NOT NULL DEFAULT 0;"                                 \
    "ALTER TABLE account ADD COLUMN risk INTEGER NOT NULL DEFAULT 0;"                                        \
    "CREATE INDEX account_risk ON account(id) WHERE risk > 0;"

/* Lending between the tills of a store: what stands as lent, each transfer, where tills listen and by which keys they sign, and
 * the rosters that say so. */
#define CHANGES_15                                                                                           \
    "ALTER TABLE claim ADD COLUMN lent INTEGER NOT NULL DEFAULT 0;"                                          \
    "ALTER TABLE account ADD COLUMN lent INTEGER NOT NULL DEFAULT 0;"                                        \
    "-- key: lender\n"                                                                                       \
    "CREATE TABLE transfer(number TEXT NOT NULL, lender INTEGER NOT NULL, borrower INTEGER NOT NULL,"        \
    " account INTEGER NOT NULL, amount INTEGER NOT NULL, steps INTEGER NOT NULL, PRIMARY KEY(number, "       \
    "lender))"                                                                                               \
    " WITHOUT ROWID;"                                                                                        \
    "CREATE INDEX transfer_borrower ON transfer(borrower, steps);"                                           \
    "CREATE INDEX transfer_lender ON transfer(lender, steps);"                                               \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE peer(enrolment INTEGER PRIMARY KEY, place TEXT NOT NULL);"                                 \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE peer_key(enrolment INTEGER NOT NULL, point BLOB NOT NULL, since_ms INTEGER NOT NULL,"      \
    " PRIMARY KEY(enrolment, point)) WITHOUT ROWID;"                                                         \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE roster(store TEXT PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL,"           \
    " text BLOB NOT NULL, signature BLOB NOT NULL) WITHOUT ROWID;"

/* Open holds of a till, for when it is gone. */
#define CHANGES_16 "CREATE INDEX sale_held ON sale(till) WHERE state = 0;"

/* Personal coupons, which go ahead with their owner's points. */
#define CHANGES_17 "CREATE INDEX coupon_member ON coupon(member) WHERE member > 0;"

/* Enrolments whose rights were written off: nobody will tell any more what became of what is lent to them. */
#define TABLES_18                                                                                            \
    "-- key: enrolment\n"                                                                                    \
    "CREATE TABLE written_off(enrolment INTEGER PRIMARY KEY);"

/* What was lost with each claim of an enrolment that was written off, and may be found at a neighbour: those of before are told
 * by their movements. Transfers that ended so, which each roster names. */
#define CHANGES_19                                                                                           \
    "ALTER TABLE claim ADD COLUMN stated INTEGER NOT NULL DEFAULT 0;"                                        \
    "UPDATE claim SET stated = gone.amount FROM (SELECT from_enrolment, account,"                            \
    " CAST(sum(amount) AS INTEGER) AS amount FROM movement WHERE why = 'write-off' AND from_place = 2"       \
    " AND to_place IN (1, 8) GROUP BY from_enrolment, account) AS gone"                                      \
    " WHERE claim.enrolment = gone.from_enrolment AND claim.account = gone.account;"                         \
    "INSERT INTO written_off(enrolment) SELECT enrolment FROM claim WHERE stated > 0"                        \
    " UNION SELECT borrower FROM transfer WHERE (steps & 16) <> 0 ON CONFLICT(enrolment) DO NOTHING;"        \
    "CREATE INDEX transfer_gone ON transfer(borrower, steps) WHERE (steps & 16) <> 0;"

/* What accounts earned on days before, of tills that were off; and of how many receipts of other tills each enrolment told that
 * they came back. */
#define CHANGES_20                                                                                           \
    "ALTER TABLE account ADD COLUMN late BLOB NOT NULL DEFAULT '';"                                          \
    "ALTER TABLE enrolment ADD COLUMN back INTEGER NOT NULL DEFAULT 0;"

/* When transfers were heard of by their borrowers, and those that their lenders have not told of. */
#define CHANGES_21                                                                                           \
    "ALTER TABLE transfer ADD COLUMN taken_ms INTEGER NOT NULL DEFAULT 0;"                                   \
    "UPDATE transfer SET taken_ms = (SELECT coalesce(max(ack_ms), 0) FROM enrolment) WHERE steps = 2;"       \
    "CREATE INDEX transfer_untold ON transfer(taken_ms) WHERE steps = 2;"

/* Since when a till says that it has more than it sends, and on how many days. */
#define CHANGES_22                                                                                           \
    "ALTER TABLE enrolment ADD COLUMN more_ms INTEGER NOT NULL DEFAULT 0;"                                   \
    "ALTER TABLE enrolment ADD COLUMN more_day INTEGER NOT NULL DEFAULT 0;"                                  \
    "ALTER TABLE enrolment ADD COLUMN more_days INTEGER NOT NULL DEFAULT 0;"

/* Rows of members and coupons that nobody has opened: entries in quarantine made them, and they stood for known ones. */
#define CHANGES_23                                                                                           \
    "UPDATE account SET closed = 1 WHERE closed = 0 AND issued = 0"                                          \
    " AND ((id % 64 = 1 AND NOT EXISTS(SELECT 1 FROM member WHERE member.id = account.id / 64))"             \
    " OR (id % 64 = 2 AND NOT EXISTS(SELECT 1 FROM coupon WHERE coupon.id = account.id / 64)));"

/* What waits for something, in its order, and what waits for the tills, by how often it was tried: one till can have a million
 * refused ones beside them. */
#define CHANGES_24                                                                                           \
    "DROP INDEX quarantine_stranger;"                                                                        \
    "CREATE INDEX quarantine_stranger ON quarantine(stranger, attempts, enrolment, seq)"                     \
    " WHERE decision = 0 AND stranger <> 0;"                                                                 \
    "CREATE INDEX quarantine_waits ON quarantine(enrolment, seq)"                                            \
    " WHERE decision = 0 AND (stranger <> 0 OR class = 0);"

/* Numbers of changes that were never given, above `below` and below `above`: a till that shows one has it of a hub that was set
 * back since. */
#define TABLES_25                                                                                            \
    "-- key: none\n"                                                                                         \
    "CREATE TABLE unnumbered (below INTEGER PRIMARY KEY, above INTEGER NOT NULL);"

const char *const vn_schema_sqlite[VN_SCHEMA_VERSION] = {TABLES_1,   ASIDE_1 TABLES_2 SERIES_1 COPY_1,
                                                         CHANGES_3,  CHANGES_4,
                                                         CHANGES_5,  CHANGES_6,
                                                         TABLES_7,   CHANGES_8,
                                                         CHANGES_9,  CHANGES_10,
                                                         CHANGES_11, CHANGES_12,
                                                         CHANGES_13, CHANGES_14,
                                                         CHANGES_15, CHANGES_16,
                                                         CHANGES_17, TABLES_18,
                                                         CHANGES_19, CHANGES_20,
                                                         CHANGES_21, CHANGES_22,
                                                         CHANGES_23, CHANGES_24,
                                                         TABLES_25};

const char *const vn_schema_common[VN_SCHEMA_VERSION - VN_SCHEMA_FIRST + 1] = {
    TABLES_2,   CHANGES_3,  CHANGES_4,  CHANGES_5,  CHANGES_6,  TABLES_7,   CHANGES_8,  CHANGES_9,
    CHANGES_10, CHANGES_11, CHANGES_12, CHANGES_13, CHANGES_14, CHANGES_15, CHANGES_16, CHANGES_17,
    TABLES_18,  CHANGES_19, CHANGES_20, CHANGES_21, CHANGES_22, CHANGES_23, CHANGES_24, TABLES_25};

/* Texts are compared byte by byte, as SQLite does it. */
static const struct {
    const char *word;
    const char *instead;
} words[] = {
    {"INTEGER", "BIGINT"}, {"BLOB", "BYTEA"}, {"TEXT", "TEXT COLLATE \"C\""}, {" WITHOUT ROWID", ""}};

enum vn_status vn_schema_translate(const char *text, struct vn_buf *out)
{
    enum vn_status status = VN_OK;
    while (*text != '\0' && status == VN_OK) {
        struct vn_view piece = vn_view_of(text, 1);
        struct vn_view instead = piece;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            size_t len = strlen(words[i].word);
            if (strncmp(text, words[i].word, len) == 0) {
                piece = vn_view_of(text, len);
                instead = vn_view_str(words[i].instead);
            }
        }
        status = vn_buf_append(out, instead);
        text += piece.len;
    }
    return status;
}
