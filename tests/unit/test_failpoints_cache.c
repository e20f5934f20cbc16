/* A cache that follows its hub on a disk on which one call fails: for each kind of call and each place, once and for good.
 * What was put in force is in force when the cache is opened again, the frame that was under way wholly or not at all: the
 * cursor never names more than the rows are. */
#include "tests/unit/cache_day.h"

#define ROOM_STEP 4096

static void assert_whole(struct cache_day *day)
{
    const struct world *world = &day->world;
    struct vn_cursor cursor;
    bool fresh = false;
    faildisk_calm(&day->disk);
    if (!cache_day_open(day, &fresh)) {
        fail_msg("%s", world->error.text);
    }
    assert_true(!fresh || day->taken == 0 || day->thrown_away);
    vn_cache_cursor(world->writer, &cursor);
    if (!fresh && cursor.number != cache_day_number(day->taken)) { /* the one that was under way */
        assert_true(day->taken < CACHE_DAY_FRAMES);
        assert_int_equal(cursor.number, cache_day_number(day->taken + 1));
    }
    cache_day_assert_rows(day, 20);
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum disk_kind kind, long nth, bool for_good)
{
    struct cache_day *day = ctx;
    bool fresh = false;
    cache_day_begin(day);
    faildisk_fail(&day->disk, kind, nth, for_good);
    bool followed = cache_day_open(day, &fresh) && cache_day_follow(day);
    bool failed = day->disk.failed;
    assert_true(followed || failed);
    if (!followed && day->status == VN_CORRUPT) { /* what can't be read, the hub sends again */
        assert_int_equal(kind, DISK_READ);
        assert_int_equal(vn_cache_discard(day->world.folder.path), VN_OK);
        day->thrown_away = true;
    } else if (!followed) {
        assert_int_equal(day->status, VN_IO);
    }
    world_close(&day->world);
    assert_whole(day);
    cache_day_end(day);
    return failed;
}

static void test_failpoints_cache_reads(void **state)
{
    check_each_place(day_with, *state, DISK_READ, 5);
}

static void test_failpoints_cache_writes(void **state)
{
    check_each_place(day_with, *state, DISK_WRITE, 30);
}

static void test_failpoints_cache_syncs(void **state)
{
    check_each_place(day_with, *state, DISK_SYNC, 1);
}

static void test_failpoints_cache_syncs_of_folders(void **state)
{
    check_each_place(day_with, *state, DISK_FOLDER, 1);
}

static void test_failpoints_cache_renames(void **state)
{
    check_each_place(day_with, *state, DISK_RENAME, 1);
}

static void test_failpoints_cache_opens(void **state)
{
    check_each_place(day_with, *state, DISK_OPEN, 3);
}

static void test_failpoints_cache_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, DISK_TRUNCATE, 0);
    check_each_place(day_with, *state, DISK_DELETE, 0);
}

static void test_failpoints_cache_shared_memory(void **state)
{
    check_each_place(day_with, *state, DISK_SHM, 1);
}

/* Full at each place: the frame is refused as a whole, and taken when there is room again. */
static void test_failpoints_cache_full_disk_refuses_and_goes_on(void **state)
{
    struct cache_day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        bool fresh = false;
        faildisk_calm(&day->disk);
        cache_day_begin(day);
        assert_true(cache_day_open(day, &fresh));
        faildisk_fill(&day->disk, room);
        was_full = !cache_day_follow(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            faildisk_calm(&day->disk);
            assert_true(cache_day_follow(day));
        }
        world_close(&day->world);
        assert_whole(day);
        cache_day_end(day);
        assert_true(room < FAILPOINTS_MAX * ROOM_STEP);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, cache_day_setup, cache_day_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_cache_reads),
        TEST(test_failpoints_cache_writes),
        TEST(test_failpoints_cache_syncs),
        TEST(test_failpoints_cache_syncs_of_folders),
        TEST(test_failpoints_cache_renames),
        TEST(test_failpoints_cache_opens),
        TEST(test_failpoints_cache_truncates_and_deletes),
        TEST(test_failpoints_cache_shared_memory),
        TEST(test_failpoints_cache_full_disk_refuses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
