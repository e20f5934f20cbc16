/* A till's day on a disk on which one call fails: for each kind of call and each place, once and for good. Whatever was
 * acknowledged is there when the journal is opened again, the entry that was under way is there or not, and nothing else. */
#include "tests/unit/journal_world.h"

#include "tests/sim/failpoints.h"

/* Nothing here loses power: files and folders beside the database need not wait for the disk either. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int fsync(int fd)
{
    (void)fd;
    return 0;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

#define DISK           "failing-journal"
#define FAILPOINTS_MAX 2000 /* far above the calls of one day */
#define ROOM_STEP      1024

struct day {
    struct failvfs disk;
    struct world world;
    int64_t acked_seq; /* what this till promised to its POS */
    struct vn_hash acked_hash;
    enum vn_status status; /* of what ended the day early */
};

static bool open_journal(struct day *day)
{
    struct world *world = &day->world;
    day->status =
        vn_journal_open(world->path, &world->enrolment, &world->random, DISK, &world->journal, &world->error);
    return day->status == VN_OK;
}

static bool create(struct day *day)
{
    struct world *world = &day->world;
    memset(world, 0, sizeof *world);
    folder_create(&world->folder);
    memset(world->enrolment.bytes, 0x42, sizeof world->enrolment.bytes);
    world->random = vn_random_seeded(&world->seed);
    (void)snprintf(world->path, sizeof world->path, "%s", folder_file(&world->folder, "journal.db"));
    day->acked_seq = 0;
    vn_chain_start(&world->enrolment, &day->acked_hash);
    day->status = vn_journal_create(world->path, &world->enrolment, DISK, &world->error);
    return day->status == VN_OK;
}

static bool kept(struct day *day, enum vn_status status)
{
    struct vn_journal_head head;
    day->status = status;
    if (status != VN_OK) {
        return false;
    }
    vn_journal_head(day->world.journal, &head);
    day->acked_seq = head.seq;
    day->acked_hash = head.hash;
    return true;
}

static bool put(struct day *day, enum vn_entry_kind kind, const char *receipt, int64_t move)
{
    return kept(day, world_put(&day->world, kind, receipt, move > 0 ? "w1" : NULL, move));
}

static bool tell(struct day *day, enum vn_status status)
{
    day->status = status;
    return status == VN_OK;
}

static bool prune(struct day *day, int64_t included_seq)
{
    bool more = false;
    return tell(day, vn_journal_prune(day->world.journal, included_seq, 0, &more, &day->world.error)) && more;
}

/* Until something fails. */
static bool sell(struct day *day)
{
    struct vn_journal *journal = day->world.journal;
    return put(day, VN_ENTRY_BOOT, "", 0) && kept(day, world_grant(&day->world, 1, "w1", 700)) &&
           put(day, VN_ENTRY_HOLD, "1", 500) && put(day, VN_ENTRY_COMMIT, "1", 500) &&
           put(day, VN_ENTRY_HOLD, "2", 100) && put(day, VN_ENTRY_CANCEL, "2", 0) &&
           tell(day, vn_journal_acked(journal, 3, 2, 0)) && prune(day, 2) &&
           tell(day, vn_journal_checkpoint(journal)) && put(day, VN_ENTRY_COMMIT, "3", 0) &&
           put(day, VN_ENTRY_VOID, "3", 0) && put(day, VN_ENTRY_COMMIT, "4", 200);
}

/* A write that failed may be on the disk or not: the journal takes nothing more until it is opened anew, also when the disk is well
 * again. */
static void assert_says_so(struct day *day)
{
    failvfs_calm(&day->disk);
    assert_int_equal(world_put(&day->world, VN_ENTRY_BOOT, "", NULL, 0), VN_IO);
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_IO);
}

struct seek {
    const struct day *day;
    bool found;
};

static bool on_entry(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body)
{
    struct seek *seek = ctx;
    (void)body;
    seek->found = seq == seek->day->acked_seq &&
                  memcmp(hash->bytes, seek->day->acked_hash.bytes, sizeof hash->bytes) == 0;
    return false;
}

static void assert_nothing_lost(struct day *day)
{
    struct vn_journal_head head;
    struct seek seek = {day, day->acked_seq == 0};
    int64_t bad_seq = 0;
    failvfs_calm(&day->disk);
    if (!open_journal(day)) {
        fail_msg("%s", day->world.error.text);
    }
    vn_journal_head(day->world.journal, &head);
    assert_in_range(head.seq, day->acked_seq, day->acked_seq + 1);
    assert_int_equal(vn_journal_verify(day->world.journal, &bad_seq), VN_OK);
    if (day->acked_seq > 0) {
        assert_int_equal(vn_journal_each(day->world.journal, day->acked_seq, on_entry, &seek), VN_OK);
    }
    assert_true(seek.found);
    assert_int_equal(world_put(&day->world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
}

static void end(struct day *day)
{
    vn_journal_close(day->world.journal);
    day->world.journal = NULL;
    folder_remove(&day->world.folder);
}

/* False when the day ended before its call `nth`. */
static bool day_with(void *ctx, enum failvfs_kind kind, long nth, bool for_good)
{
    struct day *day = ctx;
    failvfs_fail(&day->disk, kind, nth, for_good);
    bool made = create(day);
    bool opened = made && open_journal(day);
    bool sold = opened && sell(day);
    bool failed = day->disk.failed;
    assert_true(sold || failed);
    if (opened && !sold &&
        day->status == VN_CORRUPT) { /* what the hub has, could not be read: that can wait */
        assert_int_equal(kind, FAILVFS_READ);
        failvfs_calm(&day->disk);
        assert_true(put(day, VN_ENTRY_COMMIT, "after", 0));
    } else if (opened && !sold) {
        assert_int_equal(day->status, VN_IO);
        assert_says_so(day);
    }
    vn_journal_close(day->world.journal);
    day->world.journal = NULL;
    failvfs_calm(&day->disk);
    if (!made) { /* what an interrupted creation left is none, and creating goes on from it */
        bool begun = true;
        assert_int_equal(vn_journal_is_begun(day->world.path, DISK, &begun, &day->world.error), VN_OK);
        assert_int_equal(vn_journal_create(day->world.path, &day->world.enrolment, DISK, &day->world.error),
                         begun ? VN_CONFLICT : VN_OK);
    }
    assert_nothing_lost(day);
    end(day);
    return failed;
}

static void test_failpoints_journal_reads(void **state)
{
    check_each_place(day_with, *state, FAILVFS_READ, 5);
}

static void test_failpoints_journal_writes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_WRITE, 30);
}

static void test_failpoints_journal_syncs(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SYNC, 12);
}

static void test_failpoints_journal_opens(void **state)
{
    check_each_place(day_with, *state, FAILVFS_OPEN, 3);
}

static void test_failpoints_journal_truncates_and_deletes(void **state)
{
    check_each_place(day_with, *state, FAILVFS_TRUNCATE, 0);
    check_each_place(day_with, *state, FAILVFS_DELETE, 1);
}

static void test_failpoints_journal_shared_memory(void **state)
{
    check_each_place(day_with, *state, FAILVFS_SHM, 1);
}

/* A sector of old entries that can't be read: they stay, and nobody who sells hears of it. */
static void test_failpoints_journal_sells_on_when_what_should_leave_it_is_unreadable(void **state)
{
    struct day *day = *state;
    struct world *world = &day->world;
    bool more = true;
    assert_true(create(day));
    assert_true(open_journal(day));
    for (int i = 0; i < 400; i++) {
        assert_int_equal(world_put(world, VN_ENTRY_FINDING, "", NULL, 0), VN_OK);
    }
    assert_int_equal(vn_journal_acked(world->journal, 400, 400, 0), VN_OK);
    vn_journal_close(world->journal);
    assert_true(open_journal(day));
    failvfs_fail(&day->disk, FAILVFS_READ, 1, true);
    assert_int_equal(vn_journal_prune(world->journal, 400, 1795334400123, &more, &world->error), VN_CORRUPT);
    assert_true(day->disk.failed);
    failvfs_calm(&day->disk);
    assert_int_equal(world_put(world, VN_ENTRY_COMMIT, "after", NULL, 0), VN_OK);
    end(day);
}

/* 200 sales are on the disk, and nothing of them in memory. */
static void open_anew(struct day *day)
{
    assert_true(create(day));
    assert_true(open_journal(day));
    for (int i = 0; i < 200; i++) {
        char receipt[12];
        (void)snprintf(receipt, sizeof receipt, "%d", i);
        assert_int_equal(world_put(&day->world, VN_ENTRY_COMMIT, receipt, NULL, 0), VN_OK);
    }
    vn_journal_close(day->world.journal);
    assert_true(open_journal(day));
}

/* A sector that a sale needs can't be read: that sale is not recorded, what comes after is. */
static void test_failpoints_journal_sells_on_when_what_a_sale_needs_is_unreadable(void **state)
{
    struct day *day = *state;
    struct world *world = &day->world;
    enum vn_status status = VN_CORRUPT;
    int refused = 0;
    for (long nth = 1; status != VN_OK; nth++) {
        open_anew(day);
        failvfs_fail(&day->disk, FAILVFS_READ, nth, false);
        status = world_put(world, VN_ENTRY_COMMIT, "50b", NULL, 0);
        assert_int_equal(status, day->disk.failed ? VN_CORRUPT : VN_OK);
        failvfs_calm(&day->disk);
        assert_int_equal(world_put(world, VN_ENTRY_COMMIT, "50c", NULL, 0), VN_OK);
        refused += status == VN_CORRUPT;
        end(day);
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
    struct day *day = *state;
    enum vn_status status = VN_CORRUPT;
    int refused = 0;
    for (long nth = 1; status != VN_OK; nth++) {
        open_anew(day);
        failvfs_fail(&day->disk, FAILVFS_READ, nth, false);
        status = ask(&day->world);
        assert_int_equal(status, day->disk.failed ? VN_CORRUPT : VN_OK);
        refused += status == VN_CORRUPT;
        end(day);
    }
    assert_in_range(refused, 3, 100);
}

static int log_is_damaged(struct failvfs *disk, const struct failvfs_call *call)
{
    disk->failed = disk->failed || call->kind == FAILVFS_READ;
    return call->kind == FAILVFS_READ ? SQLITE_CORRUPT : SQLITE_OK;
}

static void test_failpoints_journal_sells_on_when_its_log_can_not_be_moved(void **state)
{
    struct day *day = *state;
    assert_true(create(day));
    assert_true(open_journal(day));
    assert_int_equal(world_put(&day->world, VN_ENTRY_BOOT, "", NULL, 0), VN_OK);
    failvfs_judge well = day->disk.judge;
    day->disk.judge = log_is_damaged;
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_CORRUPT);
    assert_true(day->disk.failed);
    day->disk.judge = well;
    assert_int_equal(world_put(&day->world, VN_ENTRY_COMMIT, "after", NULL, 0), VN_OK);
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_OK);
    end(day);
}

/* Full at each place: it refuses, says that it is full, keeps what it has, and goes on when there is room again. */
static void test_failpoints_journal_full_disk_refuses_and_goes_on(void **state)
{
    struct day *day = *state;
    bool was_full = true;
    for (int64_t room = 0; was_full; room += ROOM_STEP) {
        failvfs_calm(&day->disk);
        assert_true(create(day));
        assert_true(open_journal(day));
        failvfs_fill(&day->disk, room);
        was_full = !sell(day);
        if (was_full) {
            assert_int_equal(day->status, VN_FULL);
            failvfs_calm(&day->disk);
            assert_int_equal(world_put(&day->world, VN_ENTRY_COMMIT, "after", NULL, 0), VN_OK);
            assert_true(kept(day, VN_OK));
        }
        vn_journal_close(day->world.journal);
        assert_nothing_lost(day);
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
    vn_journal_close(day->world.journal);
    failvfs_end(&day->disk);
    free(day);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_failpoints_journal_reads),
        TEST(test_failpoints_journal_writes),
        TEST(test_failpoints_journal_syncs),
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
