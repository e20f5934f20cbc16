/* A till's day on a disk on which one call fails: for each kind of call and each place, once and for good. Whatever was
 * acknowledged is there when the journal is opened again, the entry that was under way is there or not, and nothing else. */
#include "tests/unit/journal_day.h"

#define ROOM_STEP 1024

/* A write that failed may be on the disk or not: the journal takes nothing more until it is opened anew, also when the disk is
 * well again. */
static void assert_says_so(struct journal_day *day)
{
    faildisk_calm(&day->disk);
    assert_int_equal(world_put(&day->world, VN_ENTRY_BOOT, "", NULL, 0), VN_IO);
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_IO);
}

/* Whether the machine goes down with the program, or later: what was promised is there. What a program believed that was started
 * in between is there, too. */
static void assert_kept_whatever_goes_down(struct journal_day *day)
{
    struct disk *image = disk_clone(day->disk.disk);
    const int64_t acked_seq = day->acked_seq;
    const struct vn_hash acked_hash = day->acked_hash;
    journal_day_assert_kept(day);
    disk_crash(day->disk.disk, &day->disk.random, &disk_loses_all);
    journal_day_assert_kept(day);
    day->acked_seq = acked_seq;
    day->acked_hash = acked_hash;
    faildisk_fresh(&day->disk, image);
    disk_destroy(image);
    disk_crash(day->disk.disk, &day->disk.random, &disk_loses_all);
    journal_day_assert_kept(day);
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum disk_kind kind, long nth, bool for_good)
{
    struct journal_day *day = ctx;
    faildisk_fail(&day->disk, kind, nth, for_good);
    bool made = journal_day_create(day);
    bool opened = made && journal_day_open(day);
    bool sold = opened && journal_day_sell(day);
    bool failed = day->disk.failed;
    assert_true(sold || failed);
    if (opened && !sold &&
        day->status == VN_CORRUPT) { /* what the hub has, could not be read: that can wait */
        assert_int_equal(kind, DISK_READ);
        faildisk_calm(&day->disk);
        assert_true(journal_day_put(day, VN_ENTRY_COMMIT, "after", 0));
    } else if (opened && !sold) {
        assert_int_equal(day->status, VN_IO);
        assert_says_so(day);
    }
    journal_day_close(day);
    faildisk_calm(&day->disk);
    assert_kept_whatever_goes_down(day);
    journal_day_end(day);
    return failed;
}

static void test_failpoints_journal_reads(void **state)
{
    check_each_place(day_with, *state, DISK_READ, 5);
}

static void test_failpoints_journal_writes(void **state)
{
    check_each_place(day_with, *state, DISK_WRITE, 30);
}

static void test_failpoints_journal_syncs(void **state)
{
    check_each_place(day_with, *state, DISK_SYNC, 12);
}

/* Names: SQLite syncs the folder of a log that it made, and does not say when that failed. */
static void test_failpoints_journal_syncs_of_folders(void **state)
{
    check_each_place(day_with, *state, DISK_FOLDER, 1);
}

static void test_failpoints_journal_opens(void **state)
{
    check_each_place(day_with, *state, DISK_OPEN, 3);
}

static void test_failpoints_journal_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, DISK_TRUNCATE, 0);
    check_each_place(day_with, *state, DISK_DELETE, 1);
}

static void test_failpoints_journal_shared_memory(void **state)
{
    check_each_place(day_with, *state, DISK_SHM, 1);
}

/* A sector of old entries that can't be read: they stay, and nobody who sells hears of it. */
static void test_failpoints_journal_sells_on_when_what_should_leave_it_is_unreadable(void **state)
{
    struct journal_day *day = *state;
    struct world *world = &day->world;
    bool more = true;
    assert_true(journal_day_create(day));
    assert_true(journal_day_open(day));
    for (int i = 0; i < 400; i++) {
        assert_int_equal(world_put(world, VN_ENTRY_FINDING, "", NULL, 0), VN_OK);
    }
    assert_int_equal(vn_journal_acked(world->journal, 400, 400, 0), VN_OK);
    journal_day_close(day);
    assert_true(journal_day_open(day));
    faildisk_fail(&day->disk, DISK_READ, 1, true);
    assert_int_equal(vn_journal_prune(world->journal, 400, 1795334400123, &more, &world->error), VN_CORRUPT);
    assert_true(day->disk.failed);
    faildisk_calm(&day->disk);
    assert_int_equal(world_put(world, VN_ENTRY_COMMIT, "after", NULL, 0), VN_OK);
    journal_day_end(day);
}

/* 200 sales are on the disk, and nothing of them in memory. */
static void open_anew(struct journal_day *day)
{
    assert_true(journal_day_create(day));
    assert_true(journal_day_open(day));
    for (int i = 0; i < 200; i++) {
        char receipt[12];
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        assert_int_equal(world_put(&day->world, VN_ENTRY_COMMIT, receipt, NULL, 0), VN_OK);
    }
    journal_day_close(day);
    assert_true(journal_day_open(day));
}

/* A sector that a sale needs can't be read: that sale is not recorded, what comes after is. */
static void test_failpoints_journal_sells_on_when_what_a_sale_needs_is_unreadable(void **state)
{
    struct journal_day *day = *state;
    struct world *world = &day->world;
    enum vn_status status = VN_CORRUPT;
    int refused = 0;
    for (long nth = 1; status != VN_OK; nth++) {
        open_anew(day);
        faildisk_fail(&day->disk, DISK_READ, nth, false);
        status = world_put(world, VN_ENTRY_COMMIT, "50b", NULL, 0);
        assert_int_equal(status, day->disk.failed ? VN_CORRUPT : VN_OK);
        faildisk_calm(&day->disk);
        assert_int_equal(world_put(world, VN_ENTRY_COMMIT, "50c", NULL, 0), VN_OK);
        refused += status == VN_CORRUPT;
        journal_day_end(day);
    }
    assert_in_range(refused, 3, 100);
}

static enum vn_status ask(struct world *world)
{
    const struct vn_sale_key sale = sale_of("50");
    struct vn_sale_state found;
    struct vn_buf bodies[3];
    uint8_t digest[VN_HASH_SIZE] = {0};
    int http = 0;
    int64_t seq = 0;
    for (int i = 0; i < 3; i++) {
        vn_buf_init(&bodies[i], VN_ENTRY_MAX);
    }
    enum vn_status status = vn_journal_sale(world->journal, &sale, &found, &bodies[0], &bodies[1]);
    if (status == VN_OK) {
        status = vn_journal_reply(world->journal, &sale, VN_ENTRY_COMMIT, 0, digest, &http, &bodies[2], &seq);
    }
    for (int i = 0; i < 3; i++) {
        vn_buf_deinit(&bodies[i]);
    }
    return status == VN_CONFLICT ? VN_OK : status; /* it is there, with another digest */
}

static void test_failpoints_journal_that_is_asked_for_an_unreadable_sale_says_damaged(void **state)
{
    struct journal_day *day = *state;
    enum vn_status status = VN_CORRUPT;
    int refused = 0;
    for (long nth = 1; status != VN_OK; nth++) {
        open_anew(day);
        faildisk_fail(&day->disk, DISK_READ, nth, false);
        status = ask(&day->world);
        assert_int_equal(status, day->disk.failed ? VN_CORRUPT : VN_OK);
        refused += status == VN_CORRUPT;
        journal_day_end(day);
    }
    assert_in_range(refused, 3, 100);
}

static void test_failpoints_journal_sells_on_when_its_log_can_not_be_moved(void **state)
{
    struct journal_day *day = *state;
    assert_true(journal_day_create(day));
    assert_true(journal_day_open(day));
    assert_int_equal(world_put(&day->world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
    faildisk_fail(&day->disk, DISK_READ, 1, true);
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_CORRUPT);
    assert_true(day->disk.failed);
    faildisk_calm(&day->disk);
    assert_int_equal(world_put(&day->world, VN_ENTRY_COMMIT, "after", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_OK);
    journal_day_end(day);
}

/* Full at each place: it refuses, says that it is full, keeps what it has, and goes on when there is room again. */
static void test_failpoints_journal_full_disk_refuses_and_goes_on(void **state)
{
    struct journal_day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        faildisk_calm(&day->disk);
        assert_true(journal_day_create(day));
        assert_true(journal_day_open(day));
        faildisk_fill(&day->disk, room);
        was_full = !journal_day_sell(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            faildisk_calm(&day->disk);
            assert_true(journal_day_put(day, VN_ENTRY_COMMIT, "after", 0));
        }
        journal_day_close(day);
        journal_day_assert_kept(day);
        journal_day_end(day);
        assert_true(room < FAILPOINTS_MAX * ROOM_STEP);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, journal_day_setup, journal_day_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_journal_reads),
        TEST(test_failpoints_journal_writes),
        TEST(test_failpoints_journal_syncs),
        TEST(test_failpoints_journal_syncs_of_folders),
        TEST(test_failpoints_journal_opens),
        TEST(test_failpoints_journal_truncates_and_deletes),
        TEST(test_failpoints_journal_shared_memory),
        TEST(test_failpoints_journal_sells_on_when_what_should_leave_it_is_unreadable),
        TEST(test_failpoints_journal_sells_on_when_what_a_sale_needs_is_unreadable),
        TEST(test_failpoints_journal_that_is_asked_for_an_unreadable_sale_says_damaged),
        TEST(test_failpoints_journal_sells_on_when_its_log_can_not_be_moved),
        TEST(test_failpoints_journal_full_disk_refuses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
