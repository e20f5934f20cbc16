/* A hub that takes in a till's journal on a disk on which one call fails: for each kind of call and each place, once and for
 * good. What it acknowledged it has when the database is opened again; the till sends the rest, and each sale is in the
 * ledger once. */
#include "tests/unit/hub_day.h"

#include <string.h>

#include "sync/hub/epoch/epoch.h"
#include "sync/hub/masters/publish.h"

#define ROOM_STEP    8192
#define LOG_FULL     (1000 * 4096) /* then its pages are moved into the database */
#define LOG_ALMOST   (LOG_FULL - 150 * 4096)
#define FIRST_MEMBER 1000
#define MEMBERS_STEP 50
#define MEMBERS_LAST 3000 /* more than 150 pages, by far */

/* A store that is lost says so at each transaction, also when the disk is well again; any other goes on where it was. */
static void assert_says_so_or_goes_on(struct hub_day *day)
{
    struct vn_storage *storage = day->world->hub.storage;
    faildisk_calm(&day->disk);
    if (vn_storage_is_lost(storage)) {
        assert_int_equal(vn_storage_begin(storage), day->status);
        assert_int_equal(vn_storage_begin(storage), day->status);
    } else {
        assert_true(hub_day_send(day));
    }
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum disk_kind kind, long nth, bool for_good)
{
    struct hub_day *day = ctx;
    struct vn_error error;
    hub_day_begin(day);
    faildisk_fail(&day->disk, kind, nth, for_good);
    bool opened = hub_day_try_open(day, &error);
    bool sent = opened && hub_day_send(day);
    bool failed = day->disk.failed;
    assert_true(sent || failed);
    if (!sent) { /* what can't be read may be damaged */
        assert_true(day->status == VN_IO || (kind == DISK_READ && day->status == VN_CORRUPT));
    }
    if (opened && !sent) {
        assert_says_so_or_goes_on(day);
    }
    hub_day_close(day);
    hub_day_assert_kept(day);
    hub_day_close(day);
    return failed;
}

static void test_failpoints_hub_reads(void **state)
{
    check_each_place(day_with, *state, DISK_READ, 10);
}

static void test_failpoints_hub_writes(void **state)
{
    check_each_place(day_with, *state, DISK_WRITE, HUB_DAY_BATCHES * 5);
}

static void test_failpoints_hub_syncs(void **state)
{
    check_each_place(day_with, *state, DISK_SYNC, HUB_DAY_BATCHES);
}

static void test_failpoints_hub_syncs_of_folders(void **state)
{
    check_each_place(day_with, *state, DISK_FOLDER, 1);
}

static void test_failpoints_hub_shared_memory(void **state)
{
    check_each_place(day_with, *state, DISK_SHM, 1);
}

static void test_failpoints_hub_opens_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, DISK_OPEN, 2);
    check_each_place(day_with, *state, DISK_TRUNCATE, 0);
    check_each_place(day_with, *state, DISK_DELETE, 0);
}

/* A sync that failed is never asked again: the store is lost. */
static void test_failpoints_hub_failed_sync_loses_the_store(void **state)
{
    struct hub_day *day = *state;
    for (long nth = 1; nth <= HUB_DAY_BATCHES; nth++) {
        hub_day_begin(day);
        hub_day_open(day);
        faildisk_fail(&day->disk, DISK_SYNC, nth, false);
        assert_false(hub_day_send(day));
        assert_true(vn_storage_is_lost(day->world->hub.storage));
        hub_day_close(day);
        hub_day_assert_kept(day);
        hub_day_close(day);
    }
}

/* All but the first page, which a connection looks after itself. */
static void damage(struct hub_day *day)
{
    struct disk_file *file = NULL;
    uint8_t noise[4096];
    assert_int_equal(disk_open(day->disk.disk, day->path, 0, &file), 0);
    for (int64_t at = sizeof noise; at < disk_size(file); at += sizeof noise) {
        assert_int_equal(vn_random_fill(&day->disk.random, noise, sizeof noise), VN_OK);
        assert_int_equal(disk_write(file, noise, sizeof noise, at), 0);
    }
    disk_close(file);
}

/* Nothing is written over a file that is known to be damaged, and why is not forgotten when the transaction is rolled back. */
static void test_failpoints_hub_damaged_file_loses_the_store(void **state)
{
    struct hub_day *day = *state;
    struct vn_error error = {VN_OK, "", ""};
    hub_day_begin(day);
    hub_day_open(day);
    damage(day);
    assert_false(hub_day_send(day));
    assert_int_equal(day->status, VN_CORRUPT);
    struct vn_storage *storage = day->world->hub.storage;
    assert_true(vn_storage_is_lost(storage));
    assert_int_equal(vn_storage_begin(storage), VN_CORRUPT);
    vn_storage_describe(storage, VN_IO, &error);
    assert_int_equal(error.status, VN_CORRUPT);
    assert_non_null(strstr(error.text, "malformed"));
    hub_day_close(day);
}

/* Some more members. Returns what the import said. */
static enum vn_status import_members(struct hub_day *day, int from, int count)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf lines;
    int64_t taken = 0;
    vn_buf_init(&lines, (size_t)count * 64);
    for (int n = from; n < from + count; n++) {
        assert_int_equal(vn_buf_printf(&lines, "{\"id\":%d,\"cards\":[\"29900%08d\"],\"balance\":1}\n", n, n),
                         VN_OK);
    }
    enum vn_status status =
        vn_import(&day->world->hub, VN_IMPORT_MEMBERS, vn_buf_view(&lines), &taken, &error);
    vn_buf_deinit(&lines);
    return status;
}

/* A disk whose write-ahead log is almost full, as a hub leaves it that was killed. *next: the first member that is not in it. */
static struct disk *fill_log(struct hub_day *day, int *next)
{
    char log[VN_PATH_MAX + 4];
    int64_t size = 0;
    (void)snprintf(log, sizeof log, "%s-wal", day->path);
    *next = FIRST_MEMBER;
    hub_day_begin(day);
    hub_day_open(day);
    while (size < LOG_ALMOST) {
        assert_int_equal(import_members(day, *next, MEMBERS_STEP), VN_OK);
        *next += MEMBERS_STEP;
        assert_int_equal(disk_size_of(day->disk.disk, log, &size), 0);
    }
    assert_true(size < LOG_FULL);
    struct disk *image = disk_clone(day->disk.disk);
    hub_day_close(day);
    return image;
}

/* Each sync of a commit that fills the log: the first ones are its own, and take it back; with those that move the log into the
 * database SQLite keeps to itself that the disk failed, and what was committed stays. */
static void test_failpoints_hub_log_that_is_not_moved_loses_the_store_and_no_commit(void **state)
{
    struct hub_day *day = *state;
    unsigned committed = 0;
    bool failed = true;
    int next = 0;
    struct disk *full = fill_log(day, &next);
    for (long nth = 1; failed; nth++) {
        faildisk_fresh(&day->disk, full);
        hub_day_open(day);
        faildisk_fail(&day->disk, DISK_SYNC, nth, false);
        enum vn_status status = import_members(day, next, MEMBERS_LAST);
        failed = day->disk.failed;
        assert_true(status == VN_OK || (status == VN_IO && failed && committed == 0));
        assert_int_equal(vn_storage_is_lost(day->world->hub.storage), failed);
        assert_int_equal(vn_storage_begin(day->world->hub.storage), failed ? VN_IO : VN_OK);
        hub_day_close(day);
        hub_day_open(day);
        if (status == VN_OK) {
            char account[VN_ID_MAX];
            (void)snprintf(account, sizeof account, "w%d", next);
            assert_int_equal(world_owned(day->world, account), 1);
            committed += failed;
        }
        assert_int_equal(world_sync(&day->till), 0);
        world_audit(day->world);
        hub_day_close(day);
    }
    disk_destroy(full);
    assert_true(committed >= 2); /* the log is synced before its pages are moved, the database after */
}

/* Full at each place: refuses, says that it is full, keeps what it has, and goes on when there is room again. */
static void test_failpoints_hub_full_disk_refuses_and_goes_on(void **state)
{
    struct hub_day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        hub_day_begin(day);
        hub_day_open(day);
        faildisk_fill(&day->disk, room);
        was_full = !hub_day_send(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            assert_false(vn_storage_is_lost(day->world->hub.storage));
            faildisk_calm(&day->disk);
            assert_true(hub_day_send(day));
        }
        hub_day_close(day);
        hub_day_assert_kept(day);
        hub_day_close(day);
        assert_true(room < FAILPOINTS_MAX * ROOM_STEP);
    }
}

static const char rules[] =
    "{\"ruleset\":7,\"engine\":2,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":\"none\","
    "\"groups\":[{\"id\":\"g\",\"stage\":\"units\",\"choice\":\"first\"}]}\n"
    "{\"id\":\"tenth\",\"group\":\"g\",\"then\":{\"kind\":\"percent_off\",\"rate_bp\":1000}}\n";

/* Numbers of the ruleset in force, and of its one stop. */
static void read_published(struct world *world, int64_t *ruleset, int64_t *stop)
{
    struct vn_published_row row;
    struct vn_buf text;
    vn_buf_init(&text, sizeof rules + 64);
    assert_int_equal(vn_storage_published_last(world->hub.storage, NULL, &row, &text), VN_OK);
    *ruleset = row.number;
    vn_buf_clear(&text);
    assert_int_equal(vn_storage_published_last(world->hub.storage, "tenth", &row, &text), VN_OK);
    *stop = row.number;
    vn_buf_deinit(&text);
}

/* A hub that was set back begins an epoch when a till says so. False when the day ended before its call `nth`. */
static bool day_of_an_epoch(void *ctx, enum disk_kind kind, long nth, bool for_good)
{
    struct hub_day *day = ctx;
    struct vn_hub *hub = &day->world->hub;
    const struct vn_stamp stamp = {.acked_seq = 1};
    int64_t ruleset = 0;
    int64_t stop = 0;
    bool believed = false;
    hub_day_begin(day);
    hub_day_open(day);
    faildisk_fail(&day->disk, kind, nth, for_good);
    hub->epoch = 1;
    enum vn_status status = vn_epoch_till_is_ahead(hub, &day->till.enrolment, &stamp, &believed);
    bool failed = day->disk.failed;
    assert_true(status == VN_OK || failed);
    hub_day_close(day);
    hub_day_open(day);
    assert_int_equal(vn_epoch_refresh(hub), VN_OK);
    read_published(day->world, &ruleset, &stop);
    assert_true(hub->epoch == 2 || (hub->epoch == 1 && status != VN_OK));
    if (hub->epoch == 2) { /* tills take higher numbers alone */
        assert_true(ruleset > 1000 && stop > ruleset);
    } else {
        assert_true(ruleset == 1 && stop == 2);
    }
    hub->epoch = 1;
    hub_day_close(day);
    return failed;
}

static void test_failpoints_hub_an_epoch_begins_with_its_ruleset_or_not_at_all(void **state)
{
    struct hub_day *day = *state;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    int64_t number = 0;
    hub_day_begin(day);
    hub_day_open(day);
    assert_int_equal(vn_publish_ruleset(&day->world->hub, vn_view_str(rules), VN_PUBLISH_REFUSE_SKIPPED,
                                        &published, &error),
                     VN_OK);
    assert_int_equal(vn_publish_stop(&day->world->hub, "tenth", &number, &error), VN_OK);
    hub_day_close(day);
    struct disk *fresh = day->fresh;
    day->fresh = disk_clone(day->disk.disk);
    check_each_place(day_of_an_epoch, day, DISK_READ, 2);
    check_each_place(day_of_an_epoch, day, DISK_WRITE, 3);
    check_each_place(day_of_an_epoch, day, DISK_SYNC, 1);
    disk_destroy(day->fresh);
    day->fresh = fresh;
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_hub_reads),
        TEST(test_failpoints_hub_writes),
        TEST(test_failpoints_hub_syncs),
        TEST(test_failpoints_hub_syncs_of_folders),
        TEST(test_failpoints_hub_shared_memory),
        TEST(test_failpoints_hub_opens_truncates_and_deletes),
        TEST(test_failpoints_hub_damaged_file_loses_the_store),
        TEST(test_failpoints_hub_failed_sync_loses_the_store),
        TEST(test_failpoints_hub_log_that_is_not_moved_loses_the_store_and_no_commit),
        TEST(test_failpoints_hub_an_epoch_begins_with_its_ruleset_or_not_at_all),
        TEST(test_failpoints_hub_full_disk_refuses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, hub_day_setup, hub_day_teardown);
}
