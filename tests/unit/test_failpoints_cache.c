/* A cache that follows its hub on a disk on which one call fails: for each kind of call and each place, once and for good.
 * What was put in force is in force when the cache is opened again, the frame that was under way wholly or not at all: the
 * cursor never names more than the rows are. */
#include "tests/unit/cache_world.h"

#include "tests/sim/failpoints.h"

/* Nothing here loses power: files and folders beside the database need not wait for the disk either. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    (void)fd;
    return 0;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#define DISK      "failing-cache"
#define ROOM_STEP 4096
#define FRAMES    5
#define MEMBERS   40

static const struct {
    int64_t number;
    bool snapshot;
} frames[FRAMES] = {{1, false}, {2, false}, {3, false}, {10, true}, {11, false}};

struct day {
    struct failvfs disk;
    struct world world;
    unsigned taken; /* frames that are in force, as the cache said */
    enum vn_status status;
};

static bool open_cache(struct day *day, bool *fresh)
{
    struct world *world = &day->world;
    day->status =
        vn_cache_open(world->folder.path, &world->enrolment, DISK, &world->writer, fresh, &world->error);
    return day->status == VN_OK;
}

/* In each frame the balance of every member is the frame's number. */
static enum vn_status take(struct world *world, int64_t number, bool snapshot)
{
    for (unsigned n = 1; n <= MEMBERS; n++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", n);
        add_member(world, account, number, 0, n);
    }
    return snapshot ? replace(world, number) : apply(world, number);
}

static bool follow(struct day *day)
{
    while (day->taken < FRAMES) {
        day->status = take(&day->world, frames[day->taken].number, frames[day->taken].snapshot);
        if (day->status != VN_OK) {
            return false;
        }
        day->taken++;
    }
    return true;
}

static int64_t number_of(unsigned taken)
{
    return taken == 0 ? 0 : frames[taken - 1].number;
}

static void assert_whole(struct day *day)
{
    struct world *world = &day->world;
    struct vn_cursor cursor;
    bool fresh = false;
    failvfs_calm(&day->disk);
    if (!open_cache(day, &fresh)) {
        fail_msg("%s", world->error.text);
    }
    assert_true(!fresh || day->taken == 0);
    vn_cache_cursor(world->writer, &cursor);
    if (cursor.number != number_of(day->taken)) { /* the one that was under way */
        assert_true(day->taken < FRAMES);
        assert_int_equal(cursor.number, number_of(day->taken + 1));
    }
    assert_int_equal(vn_cache_reader_open(world->folder.path, DISK, &world->reader, &world->error), VN_OK);
    for (unsigned n = 1; n <= MEMBERS && cursor.number > 0; n++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", n);
        assert_member(world, n, account, cursor.number, 0);
    }
    assert_int_equal(take(world, 20, false), VN_OK); /* and it goes on */
}

static void begin(struct day *day)
{
    struct world *world = &day->world;
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->unsigned_chain = true;
    world->included_seq = -1;
    vn_buf_init(&world->frame, VN_FEED_BYTES_MAX);
    day->taken = 0;
}

static void end(struct day *day)
{
    world_close(&day->world);
    vn_buf_deinit(&day->world.frame);
    folder_remove(&day->world.folder);
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum failvfs_kind kind, long nth, bool for_good)
{
    struct day *day = ctx;
    bool fresh = false;
    begin(day);
    failvfs_fail(&day->disk, kind, nth, for_good);
    bool followed = open_cache(day, &fresh) && follow(day);
    bool failed = day->disk.failed;
    assert_true(followed || failed);
    if (!followed) {
        assert_int_equal(day->status, VN_IO);
    }
    world_close(&day->world);
    assert_whole(day);
    end(day);
    return failed;
}

static void test_failpoints_cache_reads(void **state)
{
    check_each_place(day_with, *state, FAILVFS_READ, 5);
}

static void test_failpoints_cache_writes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_WRITE, 30);
}

static void test_failpoints_cache_syncs(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SYNC, 1);
}

static void test_failpoints_cache_opens(void **state)
{
    check_each_place(day_with, *state, FAILVFS_OPEN, 3);
}

static void test_failpoints_cache_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_TRUNCATE, 0);
    check_each_place(day_with, *state, FAILVFS_DELETE, 0);
}

static void test_failpoints_cache_shared_memory(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SHM, 1);
}

/* Full at each place: the frame is refused as a whole, and taken when there is room again. */
static void test_failpoints_cache_full_disk_refuses_and_goes_on(void **state)
{
    struct day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        bool fresh = false;
        failvfs_calm(&day->disk);
        begin(day);
        assert_true(open_cache(day, &fresh));
        failvfs_fill(&day->disk, room);
        was_full = !follow(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            failvfs_calm(&day->disk);
            assert_true(follow(day));
        }
        world_close(&day->world);
        assert_whole(day);
        end(day);
        assert_true(room < FAILPOINTS_MAX * ROOM_STEP);
    }
}

static int setup(void **state)
{
    struct day *day = calloc(1, sizeof *day);
    if (day == NULL) {
        return -1;
    }
    failvfs_start(&day->disk, DISK);
    *state = day;
    return 0;
}

static int teardown(void **state)
{
    struct day *day = *state;
    failvfs_end(&day->disk);
    free(day);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_cache_reads),
        TEST(test_failpoints_cache_writes),
        TEST(test_failpoints_cache_syncs),
        TEST(test_failpoints_cache_opens),
        TEST(test_failpoints_cache_truncates_and_deletes),
        TEST(test_failpoints_cache_shared_memory),
        TEST(test_failpoints_cache_full_disk_refuses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
