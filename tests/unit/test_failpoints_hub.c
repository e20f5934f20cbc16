/* A hub that takes in a till's journal on a disk on which one call fails: for each kind of call and each place, once and for
 * good. What it acknowledged it has when the database is opened again; the till sends the rest, and each sale is in the
 * ledger once. */
#include "tests/unit/hub_world.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "sync/hub/epoch/epoch.h"
#include "sync/hub/masters/publish.h"
#include "tests/sim/failpoints.h"

/* Nothing here loses power: files and folders beside the database need not wait for the disk either. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    (void)fd;
    return 0;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#define DISK         "failing-hub"
#define ROOM_STEP    8192
#define BATCHES      4
#define BATCH        3
#define POINTS       5             /* of one sale */
#define BALANCE      500           /* before */
#define LOG_FULL     (1000 * 4096) /* then its pages are moved into the database */
#define LOG_ALMOST   (LOG_FULL - 150 * 4096)
#define FIRST_MEMBER 1000
#define MEMBERS_STEP 50
#define MEMBERS_LAST 1500 /* more than 150 pages */

struct day {
    struct failvfs disk;
    struct world *world;
    struct world_till till;
    char fresh[VN_PATH_MAX]; /* the database before the first batch */
    char path[VN_PATH_MAX];  /* and the one of this day, a copy */
    int64_t acked_seq;
    enum vn_status status;
};

static bool try_open(struct day *day, struct vn_error *error)
{
    const struct vn_storage_options failing = {
        .vfs = DISK, .clock = day->world->hub.clock, .random = day->world->hub.random};
    day->status = vn_storage_open(day->path, &failing, &day->world->hub.storage, error);
    if (day->status == VN_OK) {
        assert_int_equal(vn_ledger_attach(&day->world->hub, VN_LEDGER_WRITES), VN_OK);
    }
    return day->status == VN_OK;
}

static void open_day(struct day *day)
{
    struct vn_error error = {VN_OK, "", ""};
    failvfs_calm(&day->disk);
    if (!try_open(day, &error)) {
        fail_msg("%s", error.text);
    }
}

static void close_day(struct day *day)
{
    vn_ledger_detach(&day->world->hub);
    vn_storage_close(day->world->hub.storage);
    day->world->hub.storage = NULL;
}

static void begin(struct day *day)
{
    folder_copy(day->fresh, day->path);
    day->acked_seq = 0;
}

static void end(struct day *day)
{
    close_day(day);
    assert_int_equal(unlink(day->path), 0);
}

/* Until something fails. */
static bool send_batches(struct day *day)
{
    const int64_t head_seq = day->till.head_seq;
    struct vn_ingest_result result;
    day->status = VN_OK;
    while (day->acked_seq < head_seq && day->status == VN_OK) {
        day->till.head_seq = day->acked_seq + BATCH;
        day->status = world_try_send(&day->till, day->acked_seq + 1, &result);
        if (day->status == VN_OK) {
            assert_int_equal(result.verdict, VN_INGEST_TAKEN);
            assert_int_equal(result.ack.quarantined, 0);
            day->acked_seq = result.ack.acked_seq;
        }
    }
    day->till.head_seq = head_seq;
    return day->status == VN_OK;
}

/* A store that is lost says so at each transaction, also when the disk is well again; any other goes on where it was. */
static void assert_says_so_or_goes_on(struct day *day)
{
    struct vn_storage *storage = day->world->hub.storage;
    failvfs_calm(&day->disk);
    if (vn_storage_is_lost(storage)) {
        assert_int_equal(vn_storage_begin(storage), VN_IO);
        assert_int_equal(vn_storage_begin(storage), VN_IO);
    } else {
        assert_true(send_batches(day));
    }
}

static void assert_nothing_lost(struct day *day)
{
    struct vn_enrolment_row row;
    open_day(day);
    world_row(&day->till, &row);
    assert_in_range(row.high_seq, day->acked_seq, day->acked_seq + BATCH);
    assert_memory_equal(row.head.bytes, day->till.hashes[row.high_seq].bytes, VN_HASH_SIZE);
    if (row.high_seq < day->till.head_seq) {
        assert_int_equal(world_sync(&day->till), 0);
    }
    world_post(day->world);
    assert_int_equal(world_owned(day->world, "w1"), BALANCE + POINTS * (day->till.head_seq - 1));
    world_audit(day->world);
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum failvfs_kind kind, long nth, bool for_good)
{
    struct day *day = ctx;
    struct vn_error error;
    begin(day);
    failvfs_fail(&day->disk, kind, nth, for_good);
    bool opened = try_open(day, &error);
    bool sent = opened && send_batches(day);
    bool failed = day->disk.failed;
    assert_true(sent || failed);
    if (!sent) {
        assert_int_equal(day->status, VN_IO);
    }
    if (opened && !sent) {
        assert_says_so_or_goes_on(day);
    }
    close_day(day);
    assert_nothing_lost(day);
    end(day);
    return failed;
}

static void test_failpoints_hub_reads(void **state)
{
    check_each_place(day_with, *state, FAILVFS_READ, 10);
}

static void test_failpoints_hub_writes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_WRITE, BATCHES * 5);
}

static void test_failpoints_hub_syncs(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SYNC, BATCHES);
}

static void test_failpoints_hub_shared_memory(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SHM, 1);
}

static void test_failpoints_hub_opens_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_OPEN, 2);
    check_each_place(day_with, *state, FAILVFS_TRUNCATE, 0);
    check_each_place(day_with, *state, FAILVFS_DELETE, 0);
}

/* A sync that failed is never asked again: the store is lost. */
static void test_failpoints_hub_failed_sync_loses_the_store(void **state)
{
    struct day *day = *state;
    for (long nth = 1; nth <= BATCHES; nth++) {
        begin(day);
        open_day(day);
        failvfs_fail(&day->disk, FAILVFS_SYNC, nth, false);
        assert_false(send_batches(day));
        assert_true(vn_storage_is_lost(day->world->hub.storage));
        close_day(day);
        assert_nothing_lost(day);
        end(day);
    }
}

static int damage(struct failvfs *disk, const struct failvfs_call *call)
{
    bool is_it =
        call->kind == FAILVFS_READ && call->at > 0; /* of the first page a connection looks after itself */
    disk->failed = disk->failed || is_it;
    return is_it ? SQLITE_CORRUPT : SQLITE_OK;
}

/* Nothing is written over a file that is known to be damaged, and why is not forgotten when the transaction is rolled back. */
static void test_failpoints_hub_damaged_file_loses_the_store(void **state)
{
    struct day *day = *state;
    struct vn_error error = {VN_OK, "", ""};
    begin(day);
    open_day(day);
    day->disk.judge = damage;
    (void)send_batches(day);
    assert_true(day->disk.failed);
    assert_int_equal(day->status, VN_CORRUPT);
    struct vn_storage *storage = day->world->hub.storage;
    failvfs_calm(&day->disk);
    assert_true(vn_storage_is_lost(storage));
    assert_int_equal(vn_storage_begin(storage), VN_CORRUPT);
    vn_storage_describe(storage, VN_IO, &error);
    assert_int_equal(error.status, VN_CORRUPT);
    assert_non_null(strstr(error.text, "malformed"));
    end(day);
}

/* Some more members. Returns what the import said. */
static enum vn_status import_members(struct day *day, int from, int count)
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

/* A database whose write-ahead log is almost full, as a hub leaves it that was killed: both files, copied while they are open. Returns
 * the first member that is not in it. */
static int fill_log(struct day *day, const char *database, const char *log)
{
    char open_log[VN_PATH_MAX + 4];
    struct stat info = {.st_size = 0};
    int next = FIRST_MEMBER;
    (void)snprintf(open_log, sizeof open_log, "%s-wal", day->path);
    begin(day);
    open_day(day);
    while (info.st_size < LOG_ALMOST) {
        assert_int_equal(import_members(day, next, MEMBERS_STEP), VN_OK);
        next += MEMBERS_STEP;
        assert_int_equal(stat(open_log, &info), 0);
    }
    assert_true(info.st_size < LOG_FULL);
    folder_copy(day->path, database);
    folder_copy(open_log, log);
    end(day);
    return next;
}

/* Each sync of a commit that fills the log: the first ones are its own, and take it back; with those that move the log into the
 * database SQLite keeps to itself that the disk failed, and what was committed stays. */
static void test_failpoints_hub_log_that_is_not_moved_loses_the_store_and_no_commit(void **state)
{
    struct day *day = *state;
    char database[VN_PATH_MAX + 8];
    char log[VN_PATH_MAX + 8];
    char day_log[VN_PATH_MAX + 4];
    unsigned committed = 0;
    bool failed = true;
    (void)snprintf(database, sizeof database, "%s-full", day->path);
    (void)snprintf(log, sizeof log, "%s-fullwal", day->path);
    (void)snprintf(day_log, sizeof day_log, "%s-wal", day->path);
    int next = fill_log(day, database, log);
    for (long nth = 1; failed; nth++) {
        folder_copy(database, day->path);
        folder_copy(log, day_log);
        open_day(day);
        failvfs_fail(&day->disk, FAILVFS_SYNC, nth, false);
        enum vn_status status = import_members(day, next, MEMBERS_LAST);
        failed = day->disk.failed;
        assert_true(status == VN_OK || (status == VN_IO && failed && committed == 0));
        assert_int_equal(vn_storage_is_lost(day->world->hub.storage), failed);
        assert_int_equal(vn_storage_begin(day->world->hub.storage), failed ? VN_IO : VN_OK);
        close_day(day);
        open_day(day);
        if (status == VN_OK) {
            char account[VN_ID_MAX];
            (void)snprintf(account, sizeof account, "w%d", next);
            assert_int_equal(world_owned(day->world, account), 1);
            committed += failed;
        }
        assert_int_equal(world_sync(&day->till), 0);
        world_audit(day->world);
        end(day);
    }
    assert_true(committed >= 2); /* the log is synced before its pages are moved, the database after */
}

/* Full at each place: refuses, says that it is full, keeps what it has, and goes on when there is room again. */
static void test_failpoints_hub_full_disk_refuses_and_goes_on(void **state)
{
    struct day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        begin(day);
        open_day(day);
        failvfs_fill(&day->disk, room);
        was_full = !send_batches(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            assert_false(vn_storage_is_lost(day->world->hub.storage));
            failvfs_calm(&day->disk);
            assert_true(send_batches(day));
        }
        close_day(day);
        assert_nothing_lost(day);
        end(day);
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
static bool day_of_an_epoch(void *ctx, enum failvfs_kind kind, long nth, bool for_good)
{
    struct day *day = ctx;
    struct vn_hub *hub = &day->world->hub;
    const struct vn_stamp stamp = {.acked_seq = 1};
    int64_t ruleset = 0;
    int64_t stop = 0;
    bool believed = false;
    begin(day);
    open_day(day);
    failvfs_fail(&day->disk, kind, nth, for_good);
    hub->epoch = 1;
    enum vn_status status = vn_epoch_till_is_ahead(hub, &day->till.enrolment, &stamp, &believed);
    bool failed = day->disk.failed;
    assert_true(status == VN_OK || failed);
    close_day(day);
    open_day(day);
    assert_int_equal(vn_epoch_refresh(hub), VN_OK);
    read_published(day->world, &ruleset, &stop);
    assert_true(hub->epoch == 2 || (hub->epoch == 1 && status != VN_OK));
    if (hub->epoch == 2) { /* tills take higher numbers alone */
        assert_true(ruleset > 1000 && stop > ruleset);
    } else {
        assert_true(ruleset == 1 && stop == 2);
    }
    hub->epoch = 1;
    end(day);
    return failed;
}

static void test_failpoints_hub_an_epoch_begins_with_its_ruleset_or_not_at_all(void **state)
{
    struct day *day = *state;
    struct vn_published published;
    struct vn_error error = {VN_OK, "", ""};
    int64_t number = 0;
    char fresh[VN_PATH_MAX];
    memcpy(fresh, day->fresh, sizeof fresh);
    begin(day);
    open_day(day);
    assert_int_equal(vn_publish_ruleset(&day->world->hub, vn_view_str(rules), VN_PUBLISH_REFUSE_SKIPPED,
                                        &published, &error),
                     VN_OK);
    assert_int_equal(vn_publish_stop(&day->world->hub, "tenth", &number, &error), VN_OK);
    close_day(day);
    assert_int_equal(vn_file_path(day->world->dir, "rules.db", day->fresh, NULL), VN_OK);
    assert_int_equal(rename(day->path, day->fresh), 0);
    check_each_place(day_of_an_epoch, day, FAILVFS_READ, 2);
    check_each_place(day_of_an_epoch, day, FAILVFS_WRITE, 3);
    check_each_place(day_of_an_epoch, day, FAILVFS_SYNC, 1);
    memcpy(day->fresh, fresh, sizeof fresh);
}

static void make_till(struct day *day)
{
    world_start(day->world, &day->till);
    world_append(&day->till, &(struct world_step){.kind = VN_ENTRY_BOOT});
    for (int n = 1; n < BATCHES * BATCH; n++) {
        char receipt[16];
        (void)snprintf(receipt, sizeof receipt, "%d", n);
        world_commit(&day->till, receipt, "w1", 1000, POINTS);
    }
}

static int setup(void **state)
{
    struct day *day = calloc(1, sizeof *day);
    void *world = NULL;
    if (day == NULL || world_setup(&world) != 0) {
        free(day);
        return -1;
    }
    day->world = world;
    make_till(day);
    close_day(day);
    failvfs_start(&day->disk, DISK);
    *state = day;
    return vn_file_path(day->world->dir, "hub.db", day->fresh, NULL) == VN_OK &&
                   vn_file_path(day->world->dir, "day.db", day->path, NULL) == VN_OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    struct day *day = *state;
    void *world = day->world;
    world_till_end(&day->till);
    (void)world_teardown(&world);
    failvfs_end(&day->disk);
    free(day);
    return 0;
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_hub_reads),
        TEST(test_failpoints_hub_writes),
        TEST(test_failpoints_hub_syncs),
        TEST(test_failpoints_hub_shared_memory),
        TEST(test_failpoints_hub_opens_truncates_and_deletes),
        TEST(test_failpoints_hub_damaged_file_loses_the_store),
        TEST(test_failpoints_hub_failed_sync_loses_the_store),
        TEST(test_failpoints_hub_log_that_is_not_moved_loses_the_store_and_no_commit),
        TEST(test_failpoints_hub_an_epoch_begins_with_its_ruleset_or_not_at_all),
        TEST(test_failpoints_hub_full_disk_refuses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
