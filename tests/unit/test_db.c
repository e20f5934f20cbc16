#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/db/db.h"
#include "tests/unit/folder.h"

static struct vn_db *open_mode(struct folder *folder, const char *name, enum vn_db_mode mode)
{
    struct vn_db *db = NULL;
    struct vn_error error = {0};
    struct vn_db_options options = {.mode = mode};
    enum vn_status status = vn_db_open(folder_file(folder, name), &options, &db, &error);
    if (status != VN_OK) {
        fail_msg("%s", error.text);
    }
    return db;
}

static void run(struct vn_db *db, const char *sql)
{
    struct vn_error error = {0};
    if (vn_db_exec(db, sql, &error) != VN_OK) {
        fail_msg("%s: %s", sql, error.text);
    }
}

static struct vn_statement *prepare(struct vn_db *db, const char *sql)
{
    struct vn_statement *statement = NULL;
    struct vn_error error = {0};
    if (vn_db_prepare(db, sql, &statement, &error) != VN_OK) {
        fail_msg("%s: %s", sql, error.text);
    }
    return statement;
}

static int64_t ask(struct vn_db *db, const char *sql)
{
    struct vn_statement *statement = prepare(db, sql);
    assert_int_equal(vn_statement_step(statement), VN_OK);
    int64_t value = vn_column_int(statement, 0);
    vn_statement_destroy(statement);
    return value;
}

static void ask_text(struct vn_db *db, const char *sql, char *out, size_t out_size)
{
    struct vn_statement *statement = prepare(db, sql);
    assert_int_equal(vn_statement_step(statement), VN_OK);
    assert_int_equal(vn_column_text(statement, 0, out, out_size), VN_OK);
    vn_statement_destroy(statement);
}

static off_t size_of(struct folder *folder, const char *name)
{
    struct stat info;
    return stat(folder_file(folder, name), &info) == 0 ? info.st_size : -1;
}

static void test_db_pragmas_are_in_force(void **state)
{
    (void)state;
    static const struct {
        enum vn_db_mode mode;
        const char *journal;
        int64_t synchronous;
    } cases[] = {{VN_DB_BUILD, "off", 0},
                 {VN_DB_DURABLE, "wal", 2},
                 {VN_DB_CACHE, "wal", 1},
                 {VN_DB_READER, "wal", 1}};
    struct folder folder;
    folder_create(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_db *db = open_mode(&folder, "a.db", cases[i].mode);
        char journal[16];
        ask_text(db, "PRAGMA journal_mode", journal, sizeof journal);
        assert_string_equal(journal, cases[i].journal);
        assert_int_equal(ask(db, "PRAGMA synchronous"), cases[i].synchronous);
        assert_int_equal(ask(db, "PRAGMA mmap_size"), 0);
        assert_int_equal(ask(db, "PRAGMA cache_size"), -512);
        assert_int_equal(ask(db, "PRAGMA query_only"), cases[i].mode == VN_DB_READER);
        assert_int_equal(ask(db, "PRAGMA wal_autocheckpoint"), cases[i].mode == VN_DB_READER ? 0 : 1000);
        if (cases[i].mode == VN_DB_BUILD) {
            run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
        }
        vn_db_close(db);
    }
    folder_remove(&folder);
}

static void test_db_files_are_private(void **state)
{
    (void)state;
    struct folder folder;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    const char *const names[] = {"a.db", "a.db-wal", "a.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        struct stat info;
        assert_int_equal(stat(folder_file(&folder, names[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_an_owner_checkpoints_when_he_wants(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    struct vn_db *db = NULL;
    struct vn_db_options options = {.mode = VN_DB_DURABLE, .autocheckpoint_pages = -1};
    folder_create(&folder);
    assert_int_equal(vn_db_open(folder_file(&folder, "a.db"), &options, &db, &error), VN_OK);
    assert_int_equal(vn_db_wal_pages(db), 0);
    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB)");
    for (int i = 0; i < 30; i++) { /* twice of what SQLite's own would have taken */
        run(db, "INSERT INTO t (a) VALUES (zeroblob(300000))");
    }
    assert_true(vn_db_wal_pages(db) > 2000);
    assert_true(size_of(&folder, "a.db") < 1000000);
    assert_int_equal(vn_db_checkpoint(db), VN_OK);
    assert_int_equal(vn_db_wal_pages(db), 0);
    assert_true(size_of(&folder, "a.db") > 9000000);
    run(db, "INSERT INTO t (a) VALUES (1)");
    assert_true(vn_db_wal_pages(db) < 10); /* the log was begun anew */
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_migrations_run_once_and_in_order(void **state)
{
    (void)state;
    static const char *const steps[] = {"CREATE TABLE t (id INTEGER PRIMARY KEY, a INT) STRICT",
                                        "INSERT INTO t (a) VALUES (7)", "ALTER TABLE t ADD COLUMN b INT"};
    struct folder folder;
    struct vn_error error;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    assert_int_equal(vn_db_migrate(db, steps, 2, &error), VN_OK);
    assert_int_equal(ask(db, "PRAGMA user_version"), 2);
    assert_int_equal(vn_db_migrate(db, steps, 3, &error), VN_OK);
    assert_int_equal(vn_db_migrate(db, steps, 3, &error), VN_OK);
    assert_int_equal(ask(db, "SELECT count(*) FROM t WHERE b IS NULL"), 1);
    assert_int_equal(vn_db_migrate(db, steps, 2, &error), VN_UNSUPPORTED);
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_a_failed_migration_leaves_nothing(void **state)
{
    (void)state;
    static const char *const steps[] = {"CREATE TABLE t (id INT)",
                                        "CREATE TABLE u (id INT); INSERT INTO x VALUES (1)"};
    struct folder folder;
    struct vn_error error;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    assert_int_equal(vn_db_migrate(db, steps, 2, &error), VN_ARG);
    assert_non_null(strstr(error.text, "no such table"));
    assert_int_equal(ask(db, "PRAGMA user_version"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM sqlite_schema"), 1);
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_a_reader_never_writes_or_checkpoints(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    folder_create(&folder);
    struct vn_db *writer = open_mode(&folder, "a.db", VN_DB_DURABLE);
    run(writer, "CREATE TABLE t (id INTEGER PRIMARY KEY, x BLOB)");
    run(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
    run(writer, "INSERT INTO t (x) VALUES (zeroblob(100000))");
    off_t wal = size_of(&folder, "a.db-wal");
    off_t main_file = size_of(&folder, "a.db");
    assert_true(wal > 100000);
    /* The files of a writer that was killed: the reader is alone with its WAL, and the last to close. */
    char from[80];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(from, sizeof from, "%s/a.db%s", folder.path, i == 0 ? "" : "-wal");
        folder_copy(from, folder_file(&folder, i == 0 ? "b.db" : "b.db-wal"));
    }
    struct vn_db *reader = open_mode(&folder, "b.db", VN_DB_READER);
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 1);
    assert_int_equal(vn_db_exec(reader, "INSERT INTO t (x) VALUES (x'00')", &error), VN_DENIED);
    vn_db_close(reader);
    assert_int_equal(size_of(&folder, "b.db-wal"), wal);
    assert_int_equal(size_of(&folder, "b.db"), main_file);
    vn_db_close(writer);
    assert_int_equal(size_of(&folder, "a.db-wal"), -1); /* the writer did checkpoint on close */
    folder_remove(&folder);
}

static void test_db_a_reader_needs_a_file(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    struct vn_db *db = NULL;
    folder_create(&folder);
    struct vn_db_options options = {.mode = VN_DB_READER};
    assert_int_equal(vn_db_open(folder_file(&folder, "none.db"), &options, &db, &error), VN_ABSENT);
    assert_null(db);
    assert_false(folder_has(&folder, "none.db"));
    folder_remove(&folder);
}

static void test_db_unique_keys_conflict(void **state)
{
    (void)state;
    struct folder folder;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    run(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INT CHECK (b > 0)) STRICT");
    struct vn_statement *insert = prepare(db, "INSERT INTO t (a, b) VALUES (?, ?)");
    vn_bind_text(insert, 1, "x");
    vn_bind_int(insert, 2, 1);
    assert_int_equal(vn_statement_run(insert), VN_OK);
    vn_bind_text(insert, 1, "x");
    vn_bind_int(insert, 2, 1);
    assert_int_equal(vn_statement_run(insert), VN_CONFLICT);
    vn_bind_text(insert, 1, "y");
    vn_bind_int(insert, 2, 0);
    assert_int_equal(vn_statement_run(insert), VN_ARG);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 1);
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_a_full_file_is_said_and_undone(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    run(db, "CREATE TABLE t (x BLOB); PRAGMA max_page_count=8");
    assert_int_equal(vn_db_begin(db, &error), VN_OK);
    struct vn_statement *insert = prepare(db, "INSERT INTO t VALUES (zeroblob(100000))");
    assert_int_equal(vn_statement_run(insert), VN_FULL);
    vn_db_describe(db, VN_FULL, &error);
    assert_non_null(strstr(error.text, "full"));
    vn_db_rollback(db);
    assert_int_equal(ask(db, "SELECT count(*) FROM t"), 0);
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_foreign_and_damaged_files_are_corrupt(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    struct vn_db *db = NULL;
    folder_create(&folder);
    FILE *file = fopen(folder_file(&folder, "text.db"), "w");
    for (int i = 0; i < 400; i++) {
        (void)fputs("this is not a database ", file);
    }
    (void)fclose(file);
    for (int mode = VN_DB_DURABLE; mode <= VN_DB_READER; mode++) {
        struct vn_db_options options = {.mode = (enum vn_db_mode)mode};
        assert_int_equal(vn_db_open(folder_file(&folder, "text.db"), &options, &db, &error), VN_CORRUPT);
        assert_null(db);
    }
    db = open_mode(&folder, "a.db", VN_DB_DURABLE);
    run(db, "CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(9))");
    vn_db_close(db);
    int fd = open(folder_file(&folder, "a.db"), O_WRONLY);
    assert_int_equal(pwrite(fd, "\xee\xee\xee\xee\xee\xee\xee\xee", 8, 4096), 8);
    (void)close(fd);
    db = open_mode(&folder, "a.db", VN_DB_READER);
    struct vn_statement *read = prepare(db, "SELECT x FROM t");
    assert_int_equal(vn_statement_step(read), VN_CORRUPT);
    vn_db_close(db);
    folder_remove(&folder);
}

static void test_db_statements_are_used_again(void **state)
{
    (void)state;
    struct folder folder;
    folder_create(&folder);
    struct vn_db *db = open_mode(&folder, "a.db", VN_DB_CACHE);
    run(db, "CREATE TABLE t (a INT, b TEXT, c BLOB) STRICT");
    struct vn_statement *insert = prepare(db, "INSERT INTO t VALUES (?, ?, ?)");
    for (int i = 0; i < 3; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "row%d", i);
        vn_bind_int(insert, 1, i);
        vn_bind_text(insert, 2, i == 2 ? NULL : text);
        if (i == 0) {
            vn_bind_blob(insert, 3, vn_view_of("\0\1", 2));
        } else if (i == 1) {
            vn_bind_blob(insert, 3, VN_VIEW_NONE);
        } /* 2: nothing is left of the earlier bindings */
        assert_int_equal(vn_statement_run(insert), VN_OK);
    }
    struct vn_statement *read =
        prepare(db, "SELECT a, b, c, b IS NULL, c IS NULL FROM t WHERE a >= ? ORDER BY a");
    for (int round = 0; round < 2; round++) {
        char text[8];
        char small[4];
        vn_bind_int(read, 1, 0);
        assert_int_equal(vn_statement_step(read), VN_OK);
        assert_int_equal(vn_column_text(read, 1, text, sizeof text), VN_OK);
        assert_string_equal(text, "row0");
        assert_int_equal(vn_column_text(read, 1, small, sizeof small), VN_FULL);
        assert_true(vn_view_equal(vn_column_blob(read, 2), vn_view_of("\0\1", 2)));
        assert_int_equal(vn_statement_step(read), VN_OK);
        assert_int_equal(vn_column_int(read, 4), 0);
        assert_int_equal(vn_column_blob(read, 2).len, 0);
        assert_int_equal(vn_statement_step(read), VN_OK);
        assert_int_equal(vn_column_int(read, 3), 1);
        assert_int_equal(vn_column_int(read, 4), 1);
        assert_int_equal(vn_statement_step(read), VN_ABSENT);
    }
    vn_bind_int(read, 9, 0);
    assert_int_equal(vn_statement_step(read), VN_ARG); /* there is no ninth parameter */
    vn_statement_destroy(read);
    vn_db_close(db); /* finalises `insert` */
    folder_remove(&folder);
}

static void test_db_rollback_undoes_and_readers_see_commits_only(void **state)
{
    (void)state;
    struct folder folder;
    struct vn_error error;
    folder_create(&folder);
    struct vn_db *writer = open_mode(&folder, "a.db", VN_DB_CACHE);
    run(writer, "CREATE TABLE t (a INT)");
    struct vn_db *reader = open_mode(&folder, "a.db", VN_DB_READER);
    assert_int_equal(vn_db_begin(writer, &error), VN_OK);
    run(writer, "INSERT INTO t VALUES (1)");
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 0);
    vn_db_rollback(writer);
    vn_db_rollback(writer); /* nothing open: nothing happens */
    assert_int_equal(vn_db_begin(writer, &error), VN_OK);
    run(writer, "INSERT INTO t VALUES (1)");
    assert_int_equal(vn_db_begin(reader, &error), VN_OK);
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 0);
    assert_int_equal(vn_db_commit(writer, &error), VN_OK);
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 0); /* its snapshot */
    assert_int_equal(vn_db_commit(reader, &error), VN_OK);
    assert_int_equal(ask(reader, "SELECT count(*) FROM t"), 1);
    vn_db_close(reader);
    vn_db_close(writer);
    folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_db_pragmas_are_in_force),
        cmocka_unit_test(test_db_files_are_private),
        cmocka_unit_test(test_db_migrations_run_once_and_in_order),
        cmocka_unit_test(test_db_a_failed_migration_leaves_nothing),
        cmocka_unit_test(test_db_an_owner_checkpoints_when_he_wants),
        cmocka_unit_test(test_db_a_reader_never_writes_or_checkpoints),
        cmocka_unit_test(test_db_a_reader_needs_a_file),
        cmocka_unit_test(test_db_unique_keys_conflict),
        cmocka_unit_test(test_db_a_full_file_is_said_and_undone),
        cmocka_unit_test(test_db_foreign_and_damaged_files_are_corrupt),
        cmocka_unit_test(test_db_statements_are_used_again),
        cmocka_unit_test(test_db_rollback_undoes_and_readers_see_commits_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
