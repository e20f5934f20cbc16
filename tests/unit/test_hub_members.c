/* The members that benchmarks are run with are those that an import would have made. */
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/db/db.h"
#include "sync/hub/ledger/audit.h"
#include "tests/bench/hub_members.h"
#include "tests/unit/hub_world.h"

#define MEMBERS 2500 /* more than others are like, and more than one checkpoint */

static void import_all(struct world *world)
{
    struct vn_buf lines;
    vn_buf_init(&lines, (size_t)1024 * 1024);
    for (long n = 1; n <= MEMBERS; n++) {
        assert_int_equal(bench_member_line(n, &lines), VN_OK);
    }
    assert_int_equal(vn_buf_append(&lines, vn_view_of("", 1)), VN_OK);
    world_import(world, VN_IMPORT_MEMBERS, (const char *)lines.data);
    vn_buf_deinit(&lines);
    (void)world_publish(world);
}

static int64_t number(struct vn_db *db, const char *sql)
{
    struct vn_statement *statement = NULL;
    struct vn_error error;
    assert_int_equal(vn_db_prepare(db, sql, &statement, &error), VN_OK);
    assert_int_equal(vn_statement_step(statement), VN_OK);
    int64_t out = vn_column_int(statement, 0);
    vn_statement_destroy(statement);
    return out;
}

/* Rows of the one that are not in the other. */
static void expect_same_rows(struct vn_db *db, const char *columns, const char *table)
{
    char sql[512];
    const char *const sides[][2] = {{"main", "other"}, {"other", "main"}};
    for (int i = 0; i < 2; i++) {
        (void)snprintf(sql, sizeof sql,
                       "SELECT count(*) FROM (SELECT %s FROM %s.%s EXCEPT SELECT %s FROM %s.%s)", columns,
                       sides[i][0], table, columns, sides[i][1], table);
        if (number(db, sql) != 0) {
            fail_msg("%s: %s", table, sql);
        }
    }
    (void)snprintf(sql, sizeof sql, "SELECT (SELECT count(*) FROM main.%s) - (SELECT count(*) FROM other.%s)",
                   table, table);
    assert_int_equal(number(db, sql), 0);
}

/* All but what is drawn for each chain, and how numbers were handed out: the publisher leaves gaps where a row was marked
 * twice. */
static void compare(struct vn_db *db)
{
    static const char *const own[] = {"checkpoint", "number", "epoch", "change", "sqlite_sequence"};
    struct vn_statement *tables = NULL;
    char table[64];
    int compared = 0;
    assert_int_equal(
        vn_db_prepare(db, "SELECT name FROM main.sqlite_master WHERE type = 'table'", &tables, NULL), VN_OK);
    while (vn_statement_step(tables) == VN_OK) {
        bool skipped = false;
        assert_int_equal(vn_column_text(tables, 0, table, sizeof table), VN_OK);
        for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
            skipped = skipped || strcmp(own[i], table) == 0;
        }
        if (!skipped) {
            expect_same_rows(db, "*", table);
            compared++;
        }
    }
    vn_statement_destroy(tables);
    assert_true(compared > 20);
    expect_same_rows(db, "scope, row_number() OVER (ORDER BY n), at_ms, kind, key", "change");
    assert_int_equal(
        number(db,
               "SELECT count(*) FROM other.change WHERE checkpoint NOT IN (SELECT n FROM other.checkpoint)"),
        0);
    assert_int_equal(number(db, "SELECT count(*) FROM other.change WHERE n > checkpoint"), 0);
    assert_int_equal(number(db, "SELECT (SELECT value FROM main.number WHERE name = 'change') >= (SELECT "
                                "max(n) FROM main.change)"),
                     1);
    assert_int_equal(number(db, "SELECT (SELECT value FROM other.number WHERE name = 'change') >= (SELECT "
                                "max(n) FROM other.change)"),
                     1);
    assert_int_equal(number(db, "SELECT count(*) FROM other.member"), MEMBERS);
}

static void test_members_are_written_as_an_import_writes_them(void **state)
{
    struct world *imported = *state;
    struct world *written = NULL;
    struct vn_db *db = NULL;
    char path[VN_PATH_MAX];
    char attach[VN_PATH_MAX + 32];
    const struct vn_db_options options = {.mode = VN_DB_DURABLE, .must_exist = true};
    void *other = NULL;
    assert_int_equal(world_setup(&other), 0);
    written = other;
    memcpy(written->keys.card, imported->keys.card, sizeof written->keys.card);
    import_all(imported);
    assert_int_equal(bench_members_put(&written->hub, MEMBERS, NULL), VN_OK);
    world_audit(imported);
    world_audit(written);
    assert_int_equal(vn_file_path(imported->dir, "hub.db", path, NULL), VN_OK);
    (void)snprintf(attach, sizeof attach, "ATTACH '%s/hub.db' AS other", written->dir);
    assert_int_equal(vn_db_open(path, &options, &db, NULL), VN_OK);
    assert_int_equal(vn_db_exec(db, attach, NULL), VN_OK);
    compare(db);
    vn_db_close(db);
    assert_int_equal(world_teardown(&other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members_are_written_as_an_import_writes_them, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
