/* A database file that was put back beside the log of another state of it: by hand, after a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "agent/db/db.h"
#include "tests/unit/folder.h"

struct world {
    struct folder folder;
    struct vn_error error;
};

static enum vn_status open_db(struct world *world, bool numbered, struct vn_db **out)
{
    const struct vn_db_options options = {
        .mode = VN_DB_DURABLE, .autocheckpoint_pages = -1, .numbers_logs = numbered};
    return vn_db_open(folder_file(&world->folder, "a.db"), &options, out, &world->error);
}

static void must(bool is_so)
{
    if (!is_so) {
        abort(); /* also in a child */
    }
}

static void write_rows(struct world *world, struct vn_db *db, int count)
{
    must(vn_db_begin(db, &world->error) == VN_OK);
    must(vn_db_exec(db, "CREATE TABLE IF NOT EXISTS t (a TEXT)", &world->error) == VN_OK);
    for (int i = 0; i < count; i++) {
        must(vn_db_exec(db, "INSERT INTO t VALUES (hex(randomblob(2000)))", &world->error) == VN_OK);
    }
    must(vn_db_commit(db, &world->error) == VN_OK);
}

static void write_and_close(struct world *world, bool numbered, int count)
{
    struct vn_db *db = NULL;
    assert_int_equal(open_db(world, numbered, &db), VN_OK);
    write_rows(world, db, count);
    vn_db_close(db);
}

/* Ten rows a transaction in `logs` logs, all but the last of which are moved into the file; then the process is killed. */
static void write_and_die(struct world *world, bool numbered, int logs, int transactions)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vn_db *db = NULL;
        must(open_db(world, numbered, &db) == VN_OK);
        for (int log = 0; log < logs; log++) {
            must(log == 0 || vn_db_checkpoint(db) == VN_OK);
            for (int i = 0; i < transactions; i++) {
                write_rows(world, db, 10);
            }
        }
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
}

static void keep(struct world *world, const char *as)
{
    char from[sizeof world->folder.file];
    (void)snprintf(from, sizeof from, "%s", folder_file(&world->folder, "a.db"));
    folder_copy(from, folder_file(&world->folder, as));
}

/* The log stays. */
static void put_back(struct world *world, const char *kept)
{
    char from[sizeof world->folder.file];
    (void)snprintf(from, sizeof from, "%s", folder_file(&world->folder, kept));
    assert_int_equal(unlink(folder_file(&world->folder, "a.db")), 0);
    folder_copy(from, folder_file(&world->folder, "a.db"));
}

static void assert_refused(struct world *world)
{
    struct vn_db *db = NULL;
    assert_int_equal(open_db(world, true, &db), VN_CONFLICT);
    assert_null(db);
    assert_non_null(strstr(world->error.text, "is of another state of this file"));
}

static void assert_rows(struct world *world, int64_t count)
{
    struct vn_db *db = NULL;
    struct vn_statement *look = NULL;
    assert_int_equal(open_db(world, true, &db), VN_OK);
    assert_int_equal(vn_db_verify(db, &world->error), VN_OK);
    assert_int_equal(vn_db_prepare(db, "SELECT count(*) FROM t", &look, &world->error), VN_OK);
    assert_int_equal(vn_statement_step(look), VN_OK);
    assert_int_equal(vn_column_int(look, 0), count);
    vn_statement_destroy(look);
    vn_db_close(db);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    folder_create(&world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    folder_remove(&world->folder);
    free(world);
    return 0;
}

static void test_an_older_file_under_a_later_log_is_refused(void **state)
{
    struct world *world = *state;
    write_and_close(world, true, 5);
    keep(world, "old");
    write_and_die(world, true, 2, 1);
    keep(world, "new");
    put_back(world, "old");
    assert_refused(world);
    assert_refused(world); /* and was left as it is */
    put_back(world, "new");
    assert_rows(world, 25);
}

/* It is what the log was begun over: with it, it is all there. */
static void test_a_file_of_the_log_s_own_time_is_as_good_as_the_last(void **state)
{
    struct world *world = *state;
    write_and_close(world, true, 5);
    keep(world, "old");
    write_and_die(world, true, 1, 3);
    put_back(world, "old");
    assert_rows(world, 35);
}

static void test_the_file_after_a_crash_is_believed(void **state)
{
    struct world *world = *state;
    static const int logs[] = {1, 2, 3};
    static const int transactions[] = {1, 2, 3};
    int64_t rows = 0;
    for (size_t i = 0; i < 9; i++) {
        write_and_die(world, true, logs[i % 3], transactions[i / 3]);
        rows += (int64_t)10 * logs[i % 3] * transactions[i / 3];
    }
    assert_rows(world, rows);
}

/* Two copies that each went on: the numbers of one are not those of the other. */
static void test_a_file_that_went_on_elsewhere_is_refused(void **state)
{
    struct world *world = *state;
    write_and_close(world, true, 5);
    keep(world, "old");
    write_and_close(world, true, 5);
    keep(world, "here");
    put_back(world, "old");
    write_and_die(world, true, 2, 2);
    put_back(world, "here");
    assert_refused(world);
}

/* A transaction that the crash cut off is read by nobody. */
static void test_a_torn_log_is_no_sign(void **state)
{
    struct world *world = *state;
    write_and_close(world, true, 5);
    keep(world, "old");
    write_and_die(world, true, 2, 1);
    put_back(world, "old");
    assert_int_equal(truncate(folder_file(&world->folder, "a.db-wal"), 32 + 4120), 0);
    assert_rows(world, 5);
}

/* Of a version before numbers; the file gets its number then. */
static void test_a_log_without_numbers_is_believed(void **state)
{
    struct world *world = *state;
    write_and_die(world, false, 2, 2);
    assert_rows(world, 40);
    write_and_die(world, true, 2, 2);
    assert_rows(world, 80);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_older_file_under_a_later_log_is_refused),
        TEST(test_a_file_of_the_log_s_own_time_is_as_good_as_the_last),
        TEST(test_the_file_after_a_crash_is_believed),
        TEST(test_a_file_that_went_on_elsewhere_is_refused),
        TEST(test_a_torn_log_is_no_sign),
        TEST(test_a_log_without_numbers_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
