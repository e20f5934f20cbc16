/* Copies of a database that is in use, and damage that a copy must not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "agent/db/db.h"
#include "tests/unit/folder.h"

#define ROWS 6000 /* of a kilobyte: three steps of the copy */

struct world {
    struct folder folder;
    struct vn_db *writer;
    struct vn_db *reader;
    int words;
};

static void run(struct vn_db *db, const char *sql)
{
    struct vn_error error = {0};
    if (vn_db_exec(db, sql, &error) != VN_OK) {
        fail_msg("%s: %s", sql, error.text);
    }
}

static struct vn_db *open_mode(struct world *world, const char *name, enum vn_db_mode mode)
{
    struct vn_db *db = NULL;
    struct vn_error error = {0};
    const struct vn_db_options options = {.mode = mode};
    if (vn_db_open(folder_file(&world->folder, name), &options, &db, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    return db;
}

static int64_t ask(struct vn_db *db, const char *sql)
{
    struct vn_statement *statement = NULL;
    struct vn_error error = {0};
    assert_int_equal(vn_db_prepare(db, sql, &statement, &error), VN_OK);
    assert_int_equal(vn_statement_step(statement), VN_OK);
    int64_t value = vn_column_int(statement, 0);
    vn_statement_destroy(statement);
    return value;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    folder_create(&world->folder);
    world->writer = open_mode(world, "a.db", VN_DB_DURABLE);
    run(world->writer, "CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB); BEGIN");
    for (int i = 0; i < ROWS; i++) {
        run(world->writer, "INSERT INTO t(x) VALUES(zeroblob(1000))");
    }
    run(world->writer, "COMMIT");
    world->reader = open_mode(world, "a.db", VN_DB_READER);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    vn_db_close(world->reader);
    vn_db_close(world->writer);
    folder_remove(&world->folder);
    free(world);
    return 0;
}

/* A sale between every two steps. */
static void write_meanwhile(void *ctx, int pages, int of)
{
    struct world *world = ctx;
    assert_true(pages <= of);
    assert_true(++world->words < 100); /* one that begins anew with each write never ends */
    run(world->writer, "UPDATE t SET x = randomblob(1000) WHERE id % 7 = 0; INSERT INTO t(x) VALUES('late')");
}

static void test_a_copy_is_of_one_moment_while_others_write(void **state)
{
    struct world *world = *state;
    struct vn_error error = {0};
    char path[400];
    struct stat stat_of;
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "copy.db"));
    if (vn_db_copy(world->reader, path, write_meanwhile, world, &error) != VN_OK) {
        fail_msg("%s", error.text);
    }
    assert_true(world->words >= 3);
    assert_int_equal(ask(world->writer, "SELECT count(*) FROM t"), ROWS + world->words);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    struct vn_db *copy = open_mode(world, "copy.db", VN_DB_READER);
    assert_int_equal(vn_db_verify(copy, &error), VN_OK);
    assert_int_not_equal(access(folder_file(&world->folder, "copy.db-wal"), F_OK), 0);
    vn_db_close(copy);
    copy = open_mode(world, "copy.db", VN_DB_DURABLE); /* and can be gone on with */
    assert_int_equal(ask(copy, "SELECT count(*) FROM t"), ROWS);
    assert_int_equal(ask(copy, "SELECT count(*) FROM t WHERE x <> zeroblob(1000)"), 0);
    vn_db_close(copy);
}

static void test_a_copy_never_takes_a_name_that_is_taken(void **state)
{
    struct world *world = *state;
    struct vn_error error = {0};
    char path[400];
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "a.db"));
    assert_int_equal(vn_db_copy(world->reader, path, NULL, NULL, &error), VN_CONFLICT);
    assert_int_equal(ask(world->writer, "SELECT count(*) FROM t"), ROWS);
}

static void test_a_copy_that_fails_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct vn_error error = {0};
    char path[400];
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "copy.db"));
    run(world->reader, "BEGIN"); /* its caller's mistake */
    assert_int_not_equal(vn_db_copy(world->reader, path, NULL, NULL, &error), VN_OK);
    assert_int_not_equal(access(path, F_OK), 0);
    run(world->reader, "ROLLBACK");
    assert_int_equal(vn_db_copy(world->reader, path, NULL, NULL, &error), VN_OK);
}

static void test_damage_is_found(void **state)
{
    struct world *world = *state;
    struct vn_error error = {0};
    char path[400];
    (void)snprintf(path, sizeof path, "%s", folder_file(&world->folder, "copy.db"));
    assert_int_equal(vn_db_copy(world->reader, path, NULL, NULL, &error), VN_OK);
    FILE *file = fopen(path, "r+b");
    if (file == NULL) {
        fail();
        return;
    }
    assert_int_equal(fseek(file, 3 * 4096L, SEEK_SET), 0);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(fputc(0xff, file), 0xff);
    }
    assert_int_equal(fclose(file), 0);
    struct vn_db *copy = open_mode(world, "copy.db", VN_DB_READER);
    assert_int_equal(vn_db_verify(copy, &error), VN_CORRUPT);
    assert_non_null(strstr(error.text, "damaged"));
    vn_db_close(copy);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_copy_is_of_one_moment_while_others_write),
        T(test_a_copy_never_takes_a_name_that_is_taken),
        T(test_a_copy_that_fails_leaves_nothing),
        T(test_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
