/* A log that a process left behind: what is in it is brought to the disk before any of it is believed, and is at no moment the
 * only copy that is being written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/db/db.h"
#include "tests/sim/crashpoints.h"
#include "tests/sim/faildisk.h"

#define PATH  FAILDISK_ROOT "/a.db"
#define LOG   PATH "-wal"
#define USUAL 500

struct world {
    struct faildisk disk;
    struct vn_error error;
    int64_t rows; /* that have to be there */
    long log_writes;
    struct crashpoints points;
};

static enum vn_status open_db(struct world *world, struct vn_db **out)
{
    const struct vn_db_options options = {.mode = VN_DB_DURABLE};
    return vn_db_open(PATH, &options, out, &world->error);
}

static struct vn_db *must_open(struct world *world)
{
    struct vn_db *db = NULL;
    if (open_db(world, &db) != VN_OK) {
        fail_msg("%s", world->error.text);
    }
    return db;
}

static enum vn_status insert(struct world *world, struct vn_db *db)
{
    return vn_db_exec(db, "INSERT INTO t VALUES (hex(randomblob(2000)))", &world->error);
}

/* A process writes, one of its syncs may fail, and it ends without closing anything. */
static void leave_log(struct world *world, bool sync_fails)
{
    struct vn_db *db = must_open(world);
    assert_int_equal(vn_db_exec(db, "CREATE TABLE IF NOT EXISTS t (a TEXT)", &world->error), VN_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(insert(world, db), VN_OK);
    }
    world->rows += 20;
    if (sync_fails) {
        faildisk_fail(&world->disk, DISK_SYNC, 1, false);
        assert_int_equal(insert(world, db), VN_IO);
        faildisk_calm(&world->disk);
    }
    disk_kill(world->disk.disk);
    vn_db_close(db);
}

static int64_t log_size(const struct world *world)
{
    int64_t size = 0;
    assert_int_equal(disk_size_of(world->disk.disk, LOG, &size), 0);
    return size;
}

static int64_t count(struct world *world, struct vn_db *db)
{
    struct vn_statement *counting = NULL;
    assert_int_equal(vn_db_prepare(db, "SELECT count(*) FROM t", &counting, &world->error), VN_OK);
    assert_int_equal(vn_statement_step(counting), VN_OK);
    int64_t found = vn_column_int(counting, 0);
    vn_statement_destroy(counting);
    return found;
}

static int64_t rows(struct world *world)
{
    struct vn_db *db = must_open(world);
    int64_t found = count(world, db);
    assert_int_equal(vn_db_verify(db, &world->error), VN_OK);
    disk_kill(world->disk.disk); /* closing would move the log into the database */
    vn_db_close(db);
    return found;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL) {
        return -1;
    }
    faildisk_start(&world->disk);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    faildisk_end(&world->disk);
    free(world);
    return 0;
}

/* The next process sees the row whose sync failed, or not; what it saw stays. */
static void test_a_log_that_was_believed_is_on_the_disk(void **state)
{
    struct world *world = *state;
    for (int i = 0; i < 20; i++) {
        leave_log(world, true);
        int64_t believed = rows(world);
        assert_in_range(believed, world->rows, world->rows + 1);
        disk_crash(world->disk.disk, &world->disk.random, &disk_loses_all);
        assert_int_equal(rows(world), believed);
        world->rows = believed;
    }
}

static void check(void *ctx)
{
    struct world *world = ctx;
    struct world other = {.disk = world->disk};
    struct vn_db *db = must_open(&other);
    assert_int_equal(count(&other, db), world->rows);
    vn_db_close(db);
}

static void begin(void *ctx)
{
    struct world *world = ctx;
    struct world other = {.disk = world->disk};
    struct vn_db *db = NULL;
    world->error.status = open_db(&other, &db);
    vn_db_close(db);
}

/* The power goes while the log is brought to the disk, and again at the next start. */
static void test_a_log_is_never_written_over_itself(void **state)
{
    struct world *world = *state;
    struct crashpoints points = {.disks = &world->disk.disks,
                                 .root = FAILDISK_ROOT,
                                 .random = world->disk.random,
                                 .check = check,
                                 .begin = begin,
                                 .ctx = world};
    while (crashpoints_go_on(&points, USUAL)) {
        leave_log(world, false);
        points.disk = world->disk.disk;
        crashpoints_watch(&points);
        assert_int_equal(rows(world), world->rows);
        crashpoints_rest(&points);
        faildisk_fresh(&world->disk, NULL);
        world->rows = 0;
    }
    crashpoints_tell(&points, "a log that was left");
    assert_true(points.fates.garbled > 10 && points.cut_off > 50);
}

static void test_a_disk_that_still_fails_is_told_and_nothing_is_touched(void **state)
{
    struct world *world = *state;
    struct vn_db *db = NULL;
    leave_log(world, false);
    int64_t size = log_size(world);
    const enum disk_kind kinds[] = {DISK_SYNC, DISK_WRITE, DISK_RENAME, DISK_FOLDER};
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        faildisk_fail(&world->disk, kinds[i], 1, true);
        assert_int_equal(open_db(world, &db), VN_IO);
        assert_null(db);
        assert_non_null(strstr(world->error.text, "can't be brought to the disk"));
        faildisk_calm(&world->disk);
        assert_int_equal(log_size(world), size);
    }
    assert_int_equal(rows(world), 20);
    assert_int_equal(disk_there(world->disk.disk, LOG "-settling"), DISK_NOTHING);
}

static int watch(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct world *world = ctx;
    (void)disk;
    world->log_writes += call->kind == DISK_WRITE && strncmp(call->path, LOG, strlen(LOG)) == 0;
    return 0;
}

/* Nothing is touched, and when there is room again, nothing is lost. */
static void test_a_full_disk_is_told_and_nothing_is_touched(void **state)
{
    struct world *world = *state;
    struct vn_db *db = NULL;
    leave_log(world, false);
    disk_judge_by(world->disk.disk, watch, world);
    faildisk_fill(&world->disk, 0);
    assert_int_equal(open_db(world, &db), VN_FULL);
    assert_null(db);
    assert_non_null(strstr(world->error.text, "make room for "));
    assert_int_equal(world->log_writes, 0);
    faildisk_calm(&world->disk);
    disk_crash(world->disk.disk, &world->disk.random, &disk_loses_all);
    assert_int_equal(rows(world), 20);
}

/* He may be writing at this moment. */
static void test_the_log_of_somebody_who_is_there_is_left_to_him(void **state)
{
    struct world *world = *state;
    leave_log(world, false);
    struct vn_db *db = must_open(world);
    assert_int_equal(insert(world, db), VN_OK);
    disk_judge_by(world->disk.disk, watch, world);
    struct vn_db *other = must_open(world);
    assert_int_equal(world->log_writes, 0);
    assert_int_equal(count(world, other), 21);
    disk_judge_by(world->disk.disk, NULL, NULL);
    vn_db_close(other);
    vn_db_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_log_that_was_believed_is_on_the_disk),
        TEST(test_a_log_is_never_written_over_itself),
        TEST(test_a_disk_that_still_fails_is_told_and_nothing_is_touched),
        TEST(test_a_full_disk_is_told_and_nothing_is_touched),
        TEST(test_the_log_of_somebody_who_is_there_is_left_to_him),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
