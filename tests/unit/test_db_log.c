/* A log that a process left behind: what is in it is written and synced once more before any of it is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/db/db.h"
#include "tests/sim/failvfs.h"
#include "tests/unit/folder.h"

#define DISK "log-disk"

struct world {
    struct failvfs disk; /* first: the judge gets it */
    struct folder folder;
    struct vn_error error;
    int64_t log_written; /* bytes of the log that went to the disk without a hole, from its beginning */
    bool log_synced;     /* after all of them */
    bool too_early;      /* the database was written before that */
    long log_writes;
};

static bool is_log(const char *path)
{
    size_t len = path == NULL ? 0 : strlen(path);
    return len > 4 && strcmp(path + len - 4, "-wal") == 0;
}

static int watch(struct failvfs *disk, const struct failvfs_call *call)
{
    struct world *world = (struct world *)disk;
    if (call->kind == FAILVFS_WRITE && is_log(call->path)) {
        world->log_writes++;
        world->log_written = call->at == world->log_written ? call->at + call->len : world->log_written;
        world->log_synced = false;
    } else if (call->kind == FAILVFS_SYNC && is_log(call->path)) {
        world->log_synced = true;
    } else if (call->kind == FAILVFS_WRITE) {
        world->too_early = world->too_early || !world->log_synced;
    }
    return SQLITE_OK;
}

static enum vn_status open_db(struct world *world, struct vn_db **out)
{
    const struct vn_db_options options = {.mode = VN_DB_DURABLE, .vfs = DISK};
    return vn_db_open(folder_file(&world->folder, "a.db"), &options, out, &world->error);
}

static void must(enum vn_status status)
{
    if (status != VN_OK) {
        _exit(1);
    }
}

/* A process writes and ends without closing anything, as after a sync that failed. */
static void leave_log(struct world *world)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vn_db *db = NULL;
        must(open_db(world, &db));
        must(vn_db_exec(db, "CREATE TABLE IF NOT EXISTS t (a TEXT)", &world->error));
        for (int i = 0; i < 50; i++) {
            must(vn_db_exec(db, "INSERT INTO t VALUES (hex(randomblob(2000)))", &world->error));
        }
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
}

static int64_t log_size(struct world *world)
{
    struct stat info;
    assert_int_equal(stat(folder_file(&world->folder, "a.db-wal"), &info), 0);
    return info.st_size;
}

static int64_t rows(struct world *world, struct vn_db *db)
{
    struct vn_statement *count = NULL;
    assert_int_equal(vn_db_prepare(db, "SELECT count(*) FROM t", &count, &world->error), VN_OK);
    assert_int_equal(vn_statement_step(count), VN_OK);
    int64_t found = vn_column_int(count, 0);
    vn_statement_destroy(count);
    return found;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    failvfs_start(&world->disk, DISK);
    folder_create(&world->folder);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    folder_remove(&world->folder);
    failvfs_end(&world->disk);
    free(world);
    return 0;
}

static void test_a_log_is_written_and_synced_again_before_it_is_believed(void **state)
{
    struct world *world = *state;
    struct vn_db *db = NULL;
    leave_log(world);
    int64_t size = log_size(world);
    assert_true(size > 200000);
    world->disk.judge = watch;
    assert_int_equal(open_db(world, &db), VN_OK);
    assert_int_equal(world->log_written, size);
    assert_true(world->log_synced);
    assert_int_equal(rows(world, db), 50);
    vn_db_close(db); /* moves it into the database */
    assert_false(world->too_early);
}

static void test_a_disk_that_still_fails_is_told_and_nothing_is_touched(void **state)
{
    struct world *world = *state;
    struct vn_db *db = NULL;
    leave_log(world);
    int64_t size = log_size(world);
    failvfs_fail(&world->disk, FAILVFS_SYNC, 1, false);
    assert_int_equal(open_db(world, &db), VN_IO);
    assert_null(db);
    assert_non_null(strstr(world->error.text, "can't be brought to the disk"));
    assert_int_equal(log_size(world), size);
    failvfs_calm(&world->disk);
    failvfs_fail(&world->disk, FAILVFS_WRITE, 2, true);
    assert_int_equal(open_db(world, &db), VN_IO);
    failvfs_calm(&world->disk);
    assert_int_equal(open_db(world, &db), VN_OK);
    assert_int_equal(rows(world, db), 50);
    vn_db_close(db);
}

/* He may be writing at this moment. */
static void test_the_log_of_somebody_who_is_there_is_left_to_him(void **state)
{
    struct world *world = *state;
    struct vn_db *db = NULL;
    struct vn_db *other = NULL;
    leave_log(world);
    assert_int_equal(open_db(world, &db), VN_OK);
    assert_int_equal(vn_db_exec(db, "INSERT INTO t VALUES ('x')", &world->error), VN_OK);
    world->disk.judge = watch;
    assert_int_equal(open_db(world, &other), VN_OK);
    assert_int_equal(world->log_writes, 0);
    assert_int_equal(rows(world, other), 51);
    vn_db_close(other);
    vn_db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_log_is_written_and_synced_again_before_it_is_believed),
        TEST(test_a_disk_that_still_fails_is_told_and_nothing_is_touched),
        TEST(test_the_log_of_somebody_who_is_there_is_left_to_him),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
