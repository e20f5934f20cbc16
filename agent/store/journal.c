/* The journal's file: schema, create, open, verify.
 *
 * What goes wrong on real tills: power goes in the midst of a commit (WAL and synchronous=FULL answer that),
 * a disk image of last week is put back (the hub sees it by the stamp), a file is copied to another till (its
 * enrolment does not match the certificate), bits rot (the chain shows it: the newest entries are checked at
 * every open, all of them by vn_journal_verify). */
#include "agent/store/journal.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/planted.h"
#include "agent/store/journal_internal.h"

#define OPEN_VERIFY_ENTRIES 64
#define JOURNAL_CACHE_KIB   512
#define LOG_PAGES_MAX       1000 /* of the write-ahead log, until it is checkpointed: 4 MiB */

/* `taken` is what a sale has taken out of an account and not given back: by its open hold, or by its commit.
 * Rows of other tables: `steps` outlive their entries (the stored replies), and so do `bodies`, which are needed to take a
 * sale back; `holds` are the open ones; `carry` has the points of pruned entries whose card nobody knew; `pruned` says up to
 * where was pruned by the end of a day; `transfers` are what this till lent and borrowed, by enum vn_transfer_state;
 * `released` of an account is what went back to the hub by entries of kind release, since there is such a column; `risked` is
 * what members got at the risk of the chain since the hub was last reached; `earned`: by whom (an account, or else a card), and
 * since the first receipt of his day, where the chain limits that. */
static const char *const migrations[] = {
    "CREATE TABLE meta (id INTEGER PRIMARY KEY CHECK (id = 1), enrolment BLOB NOT NULL,"
    "  base_seq INTEGER NOT NULL, base_hash BLOB NOT NULL, acked INTEGER NOT NULL, durable INTEGER NOT NULL,"
    "  grant_number INTEGER NOT NULL) STRICT;"
    "CREATE TABLE entries (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, account TEXT NOT NULL,"
    "  card TEXT NOT NULL, points INTEGER NOT NULL, wall_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL,"
    "  boot BLOB NOT NULL, hub_offset_ms INTEGER NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE INDEX entries_account ON entries (account, seq, points) WHERE points <> 0;"
    "CREATE INDEX entries_card ON entries (card, seq, points) WHERE points <> 0;"
    "CREATE TABLE steps (id INTEGER PRIMARY KEY, pos TEXT NOT NULL, date TEXT NOT NULL,"
    "  receipt TEXT NOT NULL, kind INTEGER NOT NULL, step INTEGER NOT NULL, seq INTEGER NOT NULL,"
    "  digest BLOB NOT NULL, status INTEGER NOT NULL, reply BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX steps_key ON steps (pos, date, receipt, kind, step);"
    "CREATE TABLE counters (account TEXT PRIMARY KEY, granted INTEGER NOT NULL, came_in INTEGER NOT NULL,"
    "  went_out INTEGER NOT NULL, CHECK (granted + came_in - went_out >= 0)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX counters_available ON counters (account) WHERE granted + came_in - went_out > 0;"
    "CREATE TABLE holds (seq INTEGER PRIMARY KEY, pos TEXT NOT NULL, date TEXT NOT NULL,"
    "  receipt TEXT NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX holds_sale ON holds (pos, date, receipt);"
    "CREATE TABLE taken (pos TEXT NOT NULL, date TEXT NOT NULL, receipt TEXT NOT NULL, account TEXT NOT NULL,"
    "  amount INTEGER NOT NULL CHECK (amount > 0), PRIMARY KEY (pos, date, receipt, account))"
    "  STRICT, WITHOUT ROWID;",

    "ALTER TABLE meta ADD COLUMN hub_offset_ms INTEGER NOT NULL DEFAULT 0;"
    "DROP INDEX entries_card;"
    "CREATE INDEX entries_card ON entries (card, seq, points, account) WHERE account = '' AND points <> 0;"
    "CREATE INDEX steps_seq ON steps (seq);"
    "CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE carry (card TEXT PRIMARY KEY, points INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE pruned (day INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;",

    "CREATE TABLE transfers (number TEXT PRIMARY KEY, state INTEGER NOT NULL, lender BLOB NOT NULL,"
    "  borrower BLOB NOT NULL, account TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),"
    "  seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX transfers_open ON transfers (seq) WHERE state = 0;",

    "ALTER TABLE counters ADD COLUMN released INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE meta ADD COLUMN risk_member INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE risked (account TEXT PRIMARY KEY, amount INTEGER NOT NULL CHECK (amount > 0))"
    "  STRICT, WITHOUT ROWID;",

    "CREATE TABLE earned (who TEXT PRIMARY KEY, day_ms INTEGER NOT NULL, amount INTEGER NOT NULL)"
    "  STRICT, WITHOUT ROWID;"
    "CREATE INDEX earned_day ON earned (day_ms);",

    "CREATE INDEX transfers_aging ON transfers (seq) WHERE state NOT IN (0, 4);",
};
#define MIGRATIONS ((int)(sizeof migrations / sizeof migrations[0]))

/* Steps of sales of which the last step is old enough, and no hold is open. */
#define AGED(columns)                                                                                        \
    "SELECT " columns " FROM steps AS old WHERE seq <= ?1"                                                   \
    " AND NOT EXISTS (SELECT 1 FROM holds WHERE (pos, date, receipt) = (old.pos, old.date, old.receipt))"    \
    " AND NOT EXISTS (SELECT 1 FROM steps AS later WHERE (later.pos, later.date, later.receipt)"             \
    " = (old.pos, old.date, old.receipt) AND later.seq > ?1) ORDER BY seq LIMIT ?2"

_Static_assert(VN_TRANSFER_GIVEN == 0 && VN_TRANSFER_TOOK == 4,
               "states stand as numbers in statements and indexes");

static const char *const statements[SQL_COUNT] = {
    [SQL_HEAD] = "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1",
    [SQL_META] =
        "SELECT enrolment, base_seq, base_hash, acked, durable, grant_number, hub_offset_ms, risk_member"
        " FROM meta",
    [SQL_ENTRY] = "SELECT hash, body FROM entries WHERE seq = ?",
    [SQL_ENTRIES_FROM] = "SELECT seq, hash, body FROM entries WHERE seq >= ? ORDER BY seq",
    [SQL_ENTRY_ADD] = "INSERT INTO entries (seq, kind, account, card, points, wall_ms, mono_ms, boot,"
                      " hub_offset_ms, hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_STEP] = "SELECT seq, digest, status, reply FROM steps"
                 " WHERE pos = ? AND date = ? AND receipt = ? AND kind = ? AND step = ?",
    [SQL_STEP_ADD] = "INSERT INTO steps (pos, date, receipt, kind, step, seq, digest, status, reply)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_STEPS] =
        "SELECT kind, seq, status FROM steps WHERE pos = ? AND date = ? AND receipt = ? ORDER BY seq",
    [SQL_COUNTERS] = "SELECT granted, came_in, went_out, released FROM counters WHERE account = ?",
    [SQL_COUNTERS_SET] = "INSERT INTO counters (account, granted, came_in, went_out) VALUES (?, ?, ?, ?)"
                         " ON CONFLICT (account) DO UPDATE SET granted = excluded.granted,"
                         " came_in = excluded.came_in, went_out = excluded.went_out",
    [SQL_RELEASED_SET] = "UPDATE counters SET released = ?2 WHERE account = ?1",
    [SQL_AVAILABLE] = "SELECT account, granted, came_in, went_out FROM counters"
                      " WHERE granted + came_in - went_out > 0 AND account >= ? AND account < ?"
                      " ORDER BY account LIMIT ?",
    [SQL_RISKED] = "SELECT amount FROM risked WHERE account = ?",
    [SQL_RISKED_SET] = "INSERT OR REPLACE INTO risked (account, amount) VALUES (?, ?)",
    [SQL_RISKED_DROP] = "DELETE FROM risked WHERE account = ?",
    [SQL_RISKED_CLEAR] = "DELETE FROM risked",
    [SQL_EARNED] = "SELECT day_ms, amount FROM earned WHERE who = ?",
    [SQL_EARNED_SET] = "INSERT OR REPLACE INTO earned (who, day_ms, amount) VALUES (?, ?, ?)",
    [SQL_EARNED_DROP] = "DELETE FROM earned WHERE who IN (SELECT who FROM earned WHERE day_ms < ? LIMIT 4)",
    [SQL_RISK_MEMBER_SET] = "UPDATE meta SET risk_member = ?",
    [SQL_TAKEN] = "SELECT amount FROM taken WHERE pos = ? AND date = ? AND receipt = ? AND account = ?",
    [SQL_TAKEN_ALL] = "SELECT account, amount FROM taken WHERE pos = ? AND date = ? AND receipt = ?"
                      " ORDER BY account",
    [SQL_TAKEN_SET] = "INSERT OR REPLACE INTO taken (pos, date, receipt, account, amount)"
                      " VALUES (?, ?, ?, ?, ?)",
    [SQL_TAKEN_DROP] = "DELETE FROM taken WHERE pos = ? AND date = ? AND receipt = ? AND account = ?",
    [SQL_HOLD] = "SELECT seq FROM holds WHERE pos = ? AND date = ? AND receipt = ?",
    [SQL_HOLD_SET] = "INSERT INTO holds (pos, date, receipt, seq) VALUES (?, ?, ?, ?)",
    [SQL_HOLD_DROP] = "DELETE FROM holds WHERE pos = ? AND date = ? AND receipt = ?",
    [SQL_HOLDS] = "SELECT pos, date, receipt FROM holds WHERE pos = ? ORDER BY seq LIMIT ?",
    [SQL_GRANT_SET] = "UPDATE meta SET grant_number = ?",
    [SQL_ACKED_SET] = "UPDATE meta SET acked = ?, durable = ?, hub_offset_ms = ?",
    [SQL_POINTS_ACCOUNT] = "SELECT coalesce(sum(points), 0) FROM entries"
                           " WHERE account = ? AND seq > ? AND points <> 0",
    [SQL_POINTS_CARD] = "SELECT coalesce(sum(points), 0) FROM entries"
                        " WHERE card = ? AND seq > ? AND account = '' AND points <> 0",
    [SQL_BODY] = "SELECT body FROM bodies WHERE seq = ?",
    [SQL_CARRIED] = "SELECT points FROM carry WHERE card = ?",
    [SQL_CARRY] = "INSERT INTO carry (card, points) SELECT card, sum(points) FROM entries"
                  " WHERE seq <= ? AND account = '' AND card <> '' AND points <> 0 GROUP BY card"
                  " ON CONFLICT (card) DO UPDATE SET points = points + excluded.points",
    [SQL_CARRY_DROP] = "DELETE FROM carry WHERE points = 0",
    [SQL_KEEP_BODIES] =
        "INSERT INTO bodies (seq, body) SELECT seq, body FROM entries WHERE seq <= ? AND kind IN (?, ?)",
    [SQL_PRUNED_SET] = "INSERT INTO pruned (day, seq) VALUES (?, ?)"
                       " ON CONFLICT (day) DO UPDATE SET seq = max(seq, excluded.seq)",
    [SQL_PRUNE] = "DELETE FROM entries WHERE seq <= ?",
    [SQL_BASE_SET] = "UPDATE meta SET base_seq = ?, base_hash = ?",
    [SQL_AGED] = "SELECT coalesce(max(seq), 0) FROM pruned WHERE day < ?",
    [SQL_AGED_LEFT] = "SELECT count(*) FROM (" AGED("1") ")",
    [SQL_AGED_TAKEN_DROP] =
        "DELETE FROM taken WHERE (pos, date, receipt) IN (" AGED("pos, date, receipt") ")",
    [SQL_AGED_BODIES_DROP] = "DELETE FROM bodies WHERE seq IN (" AGED("seq") ")",
    /* not VN_TRANSFER_GIVEN, which waits for its end, and not VN_TRANSFER_TOOK */
    [SQL_AGED_TRANSFERS_DROP] =
        "DELETE FROM transfers WHERE number IN"
        " (SELECT number FROM transfers WHERE state NOT IN (0, 4) AND seq <= ? LIMIT ?)",
    [SQL_TRANSFER] = "SELECT state, lender, borrower, account, amount FROM transfers WHERE number = ?",
    [SQL_TRANSFER_ADD] = "INSERT INTO transfers (number, state, lender, borrower, account, amount, seq)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [SQL_TRANSFER_END] = "UPDATE transfers SET state = ?2 WHERE number = ?1 AND state = 0",
    [SQL_TRANSFERS_OPEN] = "SELECT number, state, lender, borrower, account, amount FROM transfers"
                           " WHERE state = 0 ORDER BY seq LIMIT ?",
    [SQL_AGED_STEPS_DROP] = "DELETE FROM steps WHERE id IN (" AGED("id") ")",
};

static enum vn_status open_file(const char *path, const char *vfs, bool must_exist, struct vn_db **out,
                                struct vn_error *error)
{
    struct vn_db_options options = {.mode = VN_DB_DURABLE,
                                    .vfs = vfs,
                                    .must_exist = must_exist,
                                    .cache_kib = JOURNAL_CACHE_KIB,
                                    .autocheckpoint_pages = -1};
    return vn_db_open(path, &options, out, error);
}

static enum vn_status add_meta(struct vn_db *db, const struct vn_enrolment_id *enrolment,
                               struct vn_error *error)
{
    struct vn_statement *insert = NULL;
    struct vn_hash start;
    vn_chain_start(enrolment, &start);
    enum vn_status status =
        vn_db_prepare(db, "INSERT INTO meta VALUES (1, ?, 0, ?, 0, 0, 0, 0, 0)", &insert, error);
    if (status != VN_OK) {
        return status;
    }
    vn_bind_blob(insert, 1, vn_view_of(enrolment->bytes, sizeof enrolment->bytes));
    vn_bind_blob(insert, 2, vn_view_of(start.bytes, sizeof start.bytes));
    status = vn_statement_run(insert);
    if (status != VN_OK) {
        vn_db_describe(db, status, error);
    }
    vn_statement_destroy(insert);
    return status;
}

/* A crash between the file's birth and its meta row leaves a file without an enrolment; nothing was journaled
 * in it, so creating goes on from there. Any file with a meta row is a journal and stays what it is. */
enum vn_status vn_journal_create(const char *path, const struct vn_enrolment_id *enrolment, const char *vfs,
                                 struct vn_error *error)
{
    struct vn_db *db = NULL;
    struct vn_statement *count = NULL;
    enum vn_status status = open_file(path, vfs, false, &db, error);
    if (status != VN_OK) {
        return status == VN_CORRUPT ? vn_fail(error, VN_CONFLICT, "%s exists", path) : status;
    }
    status = vn_db_migrate(db, migrations, MIGRATIONS, error);
    if (status == VN_UNSUPPORTED) {
        status = vn_fail(error, VN_CONFLICT, "%s exists", path);
    }
    if (status == VN_OK) {
        status = vn_db_prepare(db, "SELECT 1 FROM meta", &count, error);
    }
    if (status == VN_OK) {
        status = vn_statement_step(count);
        if (status == VN_ABSENT) {
            status = add_meta(db, enrolment, error);
        } else if (status == VN_OK) {
            status =
                vn_fail(error, VN_CONFLICT, "%s is a journal already: journals are never recreated", path);
        }
    }
    vn_statement_destroy(count);
    vn_db_close(db);
    return status;
}

enum vn_status vn_journal_is_begun(const char *path, const char *vfs, bool *begun, struct vn_error *error)
{
    struct vn_db *db = NULL;
    struct vn_statement *meta = NULL;
    *begun = false;
    enum vn_status status = open_file(path, vfs, true, &db, error);
    if (status == VN_ABSENT) {
        return VN_OK;
    }
    if (status == VN_OK) {
        status = vn_db_prepare(db, "SELECT 1 FROM meta", &meta, error);
        status = status == VN_ARG ? VN_ABSENT : status; /* no such table: not even the schema was made */
    }
    if (status == VN_OK) {
        status = vn_statement_step(meta);
    }
    vn_statement_destroy(meta);
    vn_db_close(db);
    *begun = status == VN_OK || status == VN_CORRUPT;
    return status == VN_ABSENT || *begun ? VN_OK : status;
}

static bool take_hash(struct vn_view view, struct vn_hash *out)
{
    if (view.len != sizeof out->bytes) {
        return false;
    }
    memcpy(out->bytes, view.data, view.len);
    return true;
}

static enum vn_status read_meta(struct vn_journal *journal, const struct vn_enrolment_id *enrolment,
                                struct vn_error *error)
{
    struct vn_statement *meta = journal->sql[SQL_META];
    enum vn_status status = vn_statement_step(meta);
    if (status != VN_OK) {
        return vn_fail(error, status == VN_ABSENT ? VN_CORRUPT : status, "journal has no enrolment");
    }
    struct vn_view found = vn_column_blob(meta, 0);
    bool same = vn_view_equal(found, vn_view_of(enrolment->bytes, sizeof enrolment->bytes));
    bool whole = take_hash(vn_column_blob(meta, 2), &journal->head.base_hash);
    journal->enrolment = *enrolment;
    journal->head.base_seq = vn_column_int(meta, 1);
    journal->head.acked_seq = vn_column_int(meta, 3);
    journal->head.durable_seq = vn_column_int(meta, 4);
    journal->head.grant = vn_column_int(meta, 5);
    journal->head.hub_offset_ms = vn_column_int(meta, 6);
    journal->head.risk_member = vn_column_int(meta, 7);
    journal->head.seq = journal->head.base_seq;
    journal->head.hash = journal->head.base_hash;
    vn_statement_reset(meta);
    if (!same) {
        return vn_fail(error, VN_CONFLICT, "journal belongs to another enrolment");
    }
    return whole ? VN_OK : vn_fail(error, VN_CORRUPT, "journal's base is damaged");
}

static enum vn_status read_head(struct vn_journal *journal, struct vn_error *error)
{
    struct vn_statement *head = journal->sql[SQL_HEAD];
    enum vn_status status = vn_statement_step(head);
    if (status == VN_ABSENT) {
        return VN_OK; /* nothing above the base */
    }
    if (status != VN_OK) {
        vn_db_describe(journal->db, status, error);
        return status;
    }
    journal->head.seq = vn_column_int(head, 0);
    bool whole = take_hash(vn_column_blob(head, 1), &journal->head.hash);
    vn_statement_reset(head);
    return whole ? VN_OK : vn_fail(error, VN_CORRUPT, "journal's head is damaged");
}

/* Recomputes hash(from_seq) .. hash(head). */
static enum vn_status verify_from(struct vn_journal *journal, int64_t from_seq, int64_t *bad_seq)
{
    struct vn_hash hash;
    struct vn_statement *entries = journal->sql[SQL_ENTRIES_FROM];
    int64_t seq = from_seq;
    *bad_seq = from_seq;
    enum vn_status status = journal_hash_of(journal, from_seq - 1, &hash);
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_CORRUPT : status;
    }
    vn_bind_int(entries, 1, from_seq);
    while ((status = vn_statement_step(entries)) == VN_OK) {
        *bad_seq = seq;
        vn_chain_next(&hash, seq, vn_column_blob(entries, 2), &hash);
        struct vn_view stored = vn_column_blob(entries, 1);
        if (vn_column_int(entries, 0) != seq || stored.len != sizeof hash.bytes ||
            memcmp(stored.data, hash.bytes, sizeof hash.bytes) != 0) {
            vn_statement_reset(entries);
            return VN_CORRUPT;
        }
        seq++;
    }
    *bad_seq = seq;
    return status == VN_ABSENT ? VN_OK : status;
}

enum vn_status vn_journal_verify(struct vn_journal *journal, int64_t *bad_seq)
{
    enum vn_status status = verify_from(journal, journal->head.base_seq + 1, bad_seq);
    if (status == VN_OK && *bad_seq != journal->head.seq + 1) {
        return VN_CORRUPT; /* the end is missing */
    }
    if (status == VN_OK) {
        *bad_seq = 0;
    }
    return status;
}

static enum vn_status verify_end(struct vn_journal *journal, struct vn_error *error)
{
    int64_t from = journal->head.seq - OPEN_VERIFY_ENTRIES + 1;
    int64_t bad_seq = 0;
    if (from <= journal->head.base_seq) {
        from = journal->head.base_seq + 1;
    }
    enum vn_status status = verify_from(journal, from, &bad_seq);
    if (status != VN_OK) {
        return vn_fail(error, status, "journal's chain is broken at entry %lld", (long long)bad_seq);
    }
    return VN_OK;
}

enum vn_status journal_prepare(struct vn_journal *journal, enum journal_sql which, struct vn_error *error)
{
    return vn_db_prepare(journal->db, statements[which], &journal->sql[which], error);
}

static enum vn_status prepare_all(struct vn_journal *journal, struct vn_error *error)
{
    enum vn_status status = VN_OK;
    for (int i = 0; i < SQL_COUNT && status == VN_OK; i++) {
        status = journal_prepare(journal, (enum journal_sql)i, error);
    }
    return status;
}

static enum vn_status open_steps(struct vn_journal *journal, const char *path,
                                 const struct vn_enrolment_id *enrolment, const struct vn_random *random,
                                 const char *vfs, struct vn_error *error)
{
    enum vn_status status = open_file(path, vfs, true, &journal->db, error);
    if (status == VN_OK) {
        status = vn_db_migrate(journal->db, migrations, MIGRATIONS, error);
    }
    if (status == VN_OK) {
        status = prepare_all(journal, error);
    }
    if (status == VN_OK) {
        status = read_meta(journal, enrolment, error);
    }
    if (status == VN_OK) {
        status = read_head(journal, error);
    }
    if (status == VN_OK) {
        status = verify_end(journal, error);
    }
    if (status == VN_OK &&
        (VN_PLANTED(HELD_RELEASED) || VN_PLANTED(LENT_THOUGH_HELD) || VN_PLANTED(RISK_UNBOUNDED))) {
        status =
            vn_db_exec(journal->db, "PRAGMA ignore_check_constraints=ON", error); /* which would refuse it */
    }
    if (status == VN_OK && VN_PLANTED(COUNTERS_OF_PRUNED) && journal->head.base_seq > 0) {
        status = vn_db_exec(journal->db, "UPDATE counters SET came_in = 0, went_out = 0", error);
    }
    if (status == VN_OK && vn_random_fill(random, journal->head.boot, VN_ID_BYTES) != VN_OK) {
        status = vn_fail(error, VN_IO, "no randomness for a boot id");
    }
    return status;
}

enum vn_status vn_journal_open(const char *path, const struct vn_enrolment_id *enrolment,
                               const struct vn_random *random, const char *vfs, struct vn_journal **out,
                               struct vn_error *error)
{
    *out = NULL;
    struct vn_journal *journal = calloc(1, sizeof *journal);
    if (journal == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = open_steps(journal, path, enrolment, random, vfs, error);
    if (status != VN_OK) {
        vn_journal_close(journal);
        return status;
    }
    *out = journal;
    return VN_OK;
}

void vn_journal_close(struct vn_journal *journal)
{
    if (journal == NULL) {
        return;
    }
    vn_db_close(journal->db);
    free(journal);
}

bool vn_journal_log_is_full(const struct vn_journal *journal)
{
    return vn_db_wal_pages(journal->db) >= LOG_PAGES_MAX;
}

enum vn_status vn_journal_checkpoint(struct vn_journal *journal)
{
    enum vn_status status = journal->broken ? VN_IO : vn_db_checkpoint(journal->db);
    journal->broken = journal->broken || status == VN_IO;
    return status;
}

void vn_journal_head(const struct vn_journal *journal, struct vn_journal_head *out)
{
    *out = journal->head;
}
