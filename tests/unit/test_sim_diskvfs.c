/* SQLite on the simulated disk: random work by several connections in each journal mode is what a model says, pages and all; a
 * crash at any place leaves what was committed, or what the commit under way would have made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/sim/crashpoints.h"
#include "tests/sim/diskvfs.h"

#define NAME  "sim-disks"
#define ROOT  "/simdisk/db"
#define PATH  ROOT "/test.db"
#define ROWS  64
#define CROWD 3

struct fixture {
    struct disks disks;
    struct disk *disk;
    struct diskvfs *vfs;
    uint64_t seed, chance; /* of SQLite; of the test */
    struct vn_random random, crashes;
    const char *mode;
    sqlite3 *db[CROWD];
    int64_t rows[ROWS], next[ROWS]; /* committed; in the transaction under way */
    bool committing;
    long waited_us;
};

static unsigned below(struct fixture *fixture, unsigned limit)
{
    uint32_t number = 0;
    assert_int_equal(vn_random_fill(&fixture->random, (uint8_t *)&number, sizeof number), VN_OK);
    return number % limit;
}

static int64_t wall_ms(void *ctx)
{
    (void)ctx;
    return INT64_C(1795334400123);
}

static int64_t mono_ns(void *ctx)
{
    (void)ctx;
    return 0;
}

static void on_sleep(void *ctx, int64_t us)
{
    ((struct fixture *)ctx)->waited_us += us;
}

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    fixture.random = vn_random_seeded(&fixture.seed);
    fixture.crashes = vn_random_seeded(&fixture.chance);
    fixture.disk = disk_create(&fixture.crashes);
    disks_mount(&fixture.disks, ROOT, fixture.disk);
    const struct diskvfs_options options = {.name = NAME,
                                            .disks = &fixture.disks,
                                            .clock = {wall_ms, mono_ns, NULL},
                                            .random = fixture.crashes,
                                            .sleep = on_sleep,
                                            .ctx = &fixture,
                                            .standard = true};
    fixture.vfs = diskvfs_create(&options);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    diskvfs_destroy(fixture->vfs);
    disk_destroy(fixture->disk);
    return 0;
}

static void must(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
}

static sqlite3 *connect(const struct fixture *fixture)
{
    char sql[128];
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(PATH, &db), SQLITE_OK);
    /* FULL would not sync the folder when a journal is deleted, and the disk would bring the journal back: a commit could go */
    (void)snprintf(sql, sizeof sql, "PRAGMA journal_mode=%s; PRAGMA synchronous=EXTRA; PRAGMA cache_size=8",
                   fixture->mode);
    must(db, sql);
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    if (sqlite3_step(stmt) != SQLITE_ROW) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    }
    int64_t value = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return value;
}

static void assert_well(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

/* Each row has its number's worth of bytes, so that rows move between pages. */
static bool has_rows(sqlite3 *db, const int64_t *rows)
{
    sqlite3_stmt *stmt = NULL;
    bool same = true;
    int64_t count = 0;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT id, value, length(filler) FROM t", -1, &stmt, NULL),
                     SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0), value = sqlite3_column_int64(stmt, 1);
        assert_in_range(id, 0, ROWS - 1);
        same = same && rows[id] == value && sqlite3_column_int64(stmt, 2) == value;
        count++;
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    for (int i = 0; i < ROWS; i++) {
        count -= rows[i] != 0;
    }
    return same && count == 0;
}

static void change(struct fixture *fixture, sqlite3 *db)
{
    char sql[160];
    unsigned id = below(fixture, ROWS);
    int64_t value = below(fixture, 4) == 0 ? 0 : 1 + below(fixture, 5000);
    if (value == 0) {
        (void)snprintf(sql, sizeof sql, "DELETE FROM t WHERE id=%u", id);
    } else {
        (void)snprintf(sql, sizeof sql, "INSERT OR REPLACE INTO t VALUES (%u, %d, randomblob(%d))", id,
                       (int)value, (int)value);
    }
    must(db, sql);
    fixture->next[id] = value;
}

static void transaction(struct fixture *fixture, sqlite3 *db)
{
    must(db, "BEGIN IMMEDIATE");
    memcpy(fixture->next, fixture->rows, sizeof fixture->rows);
    for (unsigned i = 1 + below(fixture, 12); i > 0; i--) {
        change(fixture, db);
    }
    if (below(fixture, 5) == 0) {
        must(db, "ROLLBACK");
        return;
    }
    fixture->committing = true;
    must(db, "COMMIT");
    fixture->committing = false;
    memcpy(fixture->rows, fixture->next, sizeof fixture->rows);
}

static void begin_with(struct fixture *fixture, const char *mode)
{
    fixture->mode = mode;
    fixture->db[0] = connect(fixture);
    must(fixture->db[0], "CREATE TABLE t (id INTEGER PRIMARY KEY, value INTEGER, filler BLOB);"
                         "CREATE INDEX t_value ON t (value, filler)");
    for (int i = 1; i < CROWD; i++) {
        fixture->db[i] = connect(fixture);
    }
}

static void end_all(struct fixture *fixture)
{
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(sqlite3_close(fixture->db[i]), SQLITE_OK);
        fixture->db[i] = NULL;
    }
}

static void work_and_compare(struct fixture *fixture, const char *mode)
{
    begin_with(fixture, mode);
    for (int i = 0; i < 600; i++) {
        sqlite3 *db = fixture->db[below(fixture, CROWD)];
        transaction(fixture, db);
        assert_true(has_rows(fixture->db[below(fixture, CROWD)], fixture->rows));
        if (i % 50 == 0) {
            assert_well(db);
            must(db, i % 100 == 0 ? "VACUUM" : "PRAGMA wal_checkpoint(TRUNCATE)");
        }
        if (i % 97 == 0) {
            end_all(fixture);
            for (int k = 0; k < CROWD; k++) {
                fixture->db[k] = connect(fixture);
            }
        }
    }
    assert_well(fixture->db[0]);
    end_all(fixture);
    assert_true(disk_count(fixture->disk, DISK_WRITE) > 1000);
    assert_true(disk_count(fixture->disk, DISK_SYNC) > 500);
}

static void test_sim_diskvfs_log_is_what_the_model_says(void **state)
{
    struct fixture *fixture = *state;
    work_and_compare(fixture, "WAL");
    assert_int_equal(disk_there(fixture->disk, PATH "-wal"), DISK_NOTHING);
    assert_true(disk_count(fixture->disk, DISK_SHM) > 3);
}

static void test_sim_diskvfs_journal_is_what_the_model_says(void **state)
{
    work_and_compare(*state, "DELETE");
}

static void test_sim_diskvfs_writers_exclude_each_other_and_readers_do_not(void **state)
{
    struct fixture *fixture = *state;
    begin_with(fixture, "WAL");
    must(fixture->db[0], "BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 1, x'00')");
    assert_int_equal(sqlite3_exec(fixture->db[1], "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    assert_int_equal(ask(fixture->db[1], "SELECT count(*) FROM t"), 0);
    must(fixture->db[1], "BEGIN; SELECT count(*) FROM t");
    must(fixture->db[0], "COMMIT");
    assert_int_equal(ask(fixture->db[1], "SELECT count(*) FROM t"), 0); /* still of that moment */
    assert_int_equal(ask(fixture->db[2], "SELECT count(*) FROM t"), 1);
    must(fixture->db[1], "COMMIT");
    assert_int_equal(ask(fixture->db[1], "SELECT count(*) FROM t"), 1);
    must(fixture->db[0], "BEGIN IMMEDIATE");
    assert_int_equal(sqlite3_busy_timeout(fixture->db[1], 50), SQLITE_OK);
    assert_int_equal(sqlite3_exec(fixture->db[1], "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    assert_true(fixture->waited_us >= 40000);
    must(fixture->db[0], "COMMIT");
    end_all(fixture);
}

static void test_sim_diskvfs_time_and_other_paths(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db = NULL;
    fixture->mode = "WAL";
    fixture->db[0] = connect(fixture);
    assert_int_equal(ask(fixture->db[0], "SELECT strftime('%s', 'now')"), 1795334400);
    assert_int_equal(sqlite3_close(fixture->db[0]), SQLITE_OK);
    assert_int_equal(sqlite3_open("", &db), SQLITE_OK); /* a temporary file */
    must(db, "PRAGMA cache_size=2; CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(100000))");
    assert_int_equal(ask(db, "SELECT length(x) FROM t"), 100000);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(sqlite3_open_v2("/nowhere/at/all.db", &db, SQLITE_OPEN_READONLY, NULL), SQLITE_CANTOPEN);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- crashes -------------------------------------------------------------------------------------------------------- */

static void check_recovered(void *ctx)
{
    struct fixture *fixture = ctx;
    sqlite3 *db = connect(fixture);
    assert_well(db);
    assert_true(has_rows(db, fixture->rows) || (fixture->committing && has_rows(db, fixture->next)));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void try_to_recover(void *ctx)
{
    sqlite3 *db = NULL;
    (void)ctx;
    if (sqlite3_open(PATH, &db) == SQLITE_OK) {
        (void)sqlite3_exec(db, "SELECT count(*) FROM t; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void crash_everywhere(struct fixture *fixture, const char *mode)
{
    struct crashpoints points = {.disks = &fixture->disks,
                                 .root = ROOT,
                                 .disk = fixture->disk,
                                 .random = fixture->crashes,
                                 .check = check_recovered,
                                 .begin = try_to_recover,
                                 .ctx = fixture};
    begin_with(fixture, mode);
    for (int i = 1; i < CROWD; i++) {
        assert_int_equal(sqlite3_close(fixture->db[i]), SQLITE_OK);
        fixture->db[i] = NULL;
    }
    crashpoints_watch(&points);
    for (int i = 0; i < 12; i++) {
        transaction(fixture, fixture->db[0]);
        if (i % 5 == 4) {
            must(fixture->db[0], "PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
    assert_int_equal(sqlite3_close(fixture->db[0]), SQLITE_OK);
    crashpoints_rest(&points);
    assert_true(points.points > 400 && points.cut_off > 50);
    assert_true(points.fates.torn > 50 && points.fates.garbled > 50);
    crashpoints_tell(&points, mode);
}

static void test_sim_diskvfs_log_survives_each_crash(void **state)
{
    crash_everywhere(*state, "WAL");
}

static void test_sim_diskvfs_journal_survives_each_crash(void **state)
{
    crash_everywhere(*state, "DELETE");
}

/* A process that ends leaves its log to the next, and no lock. */
static void test_sim_diskvfs_killed_process_leaves_its_log(void **state)
{
    struct fixture *fixture = *state;
    begin_with(fixture, "WAL");
    transaction(fixture, fixture->db[0]);
    must(fixture->db[0], "BEGIN IMMEDIATE; DELETE FROM t");
    disk_kill(fixture->disk);
    check_recovered(fixture);
    end_all(fixture);
    check_recovered(fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sim_diskvfs_log_is_what_the_model_says),
        TEST(test_sim_diskvfs_journal_is_what_the_model_says),
        TEST(test_sim_diskvfs_writers_exclude_each_other_and_readers_do_not),
        TEST(test_sim_diskvfs_time_and_other_paths),
        TEST(test_sim_diskvfs_log_survives_each_crash),
        TEST(test_sim_diskvfs_journal_survives_each_crash),
        TEST(test_sim_diskvfs_killed_process_leaves_its_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
