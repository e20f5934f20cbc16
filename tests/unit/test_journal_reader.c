/* What a look-up adds to a cached row: it waits for nobody, sees one state of the journal, and pruning changes nothing of it. */
#include "tests/unit/journal_world.h"

#include "agent/store/journal_reader.h"
#include "tests/sim/faildisk.h"

struct look {
    struct faildisk disk;
    struct world world;
    struct vn_journal_reader *reader;
    struct vn_hash card;
    unsigned answers;
    int64_t wanted; /* what the judge must find */
};

static int64_t points_of(struct look *look, int64_t included_seq)
{
    int64_t points = 0;
    assert_int_equal(vn_journal_reader_points(look->reader, "w1", included_seq, &look->card, 1, &points),
                     VN_OK);
    return points;
}

static int64_t looked_up(struct look *look, int64_t included_seq)
{
    assert_int_equal(vn_journal_reader_begin(look->reader), VN_OK);
    int64_t points = points_of(look, included_seq);
    vn_journal_reader_end(look->reader);
    return points;
}

static int on_write(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct look *look = ctx;
    (void)disk;
    if (call->kind == DISK_WRITE || call->kind == DISK_SYNC) {
        look->answers++;
        assert_int_equal(looked_up(look, 2), look->wanted);
    }
    return 0;
}

/* An entry of the card, for the account when it is known. */
static void sell(struct look *look, const char *receipt, const char *account, int64_t points)
{
    struct vn_entry entry = entry_of(VN_ENTRY_COMMIT, receipt, NULL, 0);
    entry.points = points;
    vn_hex_encode(vn_view_of(look->card.bytes, VN_HASH_SIZE), entry.card);
    (void)snprintf(entry.account, sizeof entry.account, "%s", account);
    assert_int_equal(world_append(&look->world, &entry, 0), VN_OK);
}

static void prune(struct look *look, int64_t up_to)
{
    bool more = false;
    assert_int_equal(vn_journal_acked(look->world.journal, up_to, up_to, 0), VN_OK);
    assert_int_equal(vn_journal_prune(look->world.journal, up_to, 0, &more, &look->world.error), VN_OK);
    assert_true(more);
}

static int setup(void **state)
{
    struct look *look = calloc(1, sizeof *look);
    if (look == NULL || setenv("TMPDIR", FAILDISK_ROOT, 1) != 0) {
        free(look);
        return -1;
    }
    struct world *world = &look->world;
    faildisk_start(&look->disk);
    world_create(world);
    assert_int_equal(vn_journal_reader_open(world->path, NULL, &look->reader, &world->error), VN_OK);
    memset(look->card.bytes, 0x5a, sizeof look->card.bytes);
    *state = look;
    return 0;
}

static int teardown(void **state)
{
    struct look *look = *state;
    faildisk_calm(&look->disk);
    vn_journal_reader_close(look->reader);
    world_destroy(&look->world);
    faildisk_end(&look->disk);
    free(look);
    return 0;
}

static void test_what_was_sold_before_the_row_came_is_in_the_balance_shown(void **state)
{
    struct look *look = *state;
    int64_t points = 0;
    sell(look, "1", "", 10);
    sell(look, "2", "", 20);
    assert_int_equal(vn_journal_reader_begin(look->reader), VN_OK);
    assert_int_equal(vn_journal_reader_unknown(look->reader, &look->card, &points), VN_OK);
    vn_journal_reader_end(look->reader);
    assert_int_equal(points, 30);
    sell(look, "3", "w1", 5); /* the row came, with entry 1 in it */
    assert_int_equal(looked_up(look, 1), 25);
    assert_int_equal(looked_up(look, 2), 5);
    assert_int_equal(looked_up(look, 3), 0);
}

static void test_a_look_up_is_of_one_state(void **state)
{
    struct look *look = *state;
    sell(look, "1", "", 10);
    sell(look, "2", "w1", 20);
    assert_int_equal(vn_journal_reader_begin(look->reader), VN_OK);
    sell(look, "3", "w1", 5);
    prune(look, 3); /* and then the row would be read, which includes all that was pruned before */
    assert_int_equal(points_of(look, 0), 30);
    vn_journal_reader_end(look->reader);
    assert_int_equal(looked_up(look, 3), 0);
}

static void test_a_look_up_waits_for_no_entry_no_pruning_and_no_checkpoint(void **state)
{
    struct look *look = *state;
    sell(look, "1", "w1", 10);
    sell(look, "2", "w1", 20);
    disk_judge_by(look->disk.disk, on_write, look);
    look->wanted = 0;
    sell(look, "3", "w1", 5);
    assert_true(look->answers > 1);
    look->wanted = 5;
    look->answers = 0;
    prune(look, 2);
    assert_true(look->answers > 1);
    look->answers = 0;
    assert_int_equal(vn_journal_checkpoint(look->world.journal), VN_OK);
    assert_true(look->answers > 1);
}

static void test_counters_are_the_journals(void **state)
{
    struct look *look = *state;
    struct vn_counters counters;
    assert_int_equal(world_grant(&look->world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&look->world, VN_ENTRY_HOLD, "1", "w1", 40), VN_OK);
    assert_int_equal(vn_journal_reader_counters(look->reader, "w1", &counters), VN_OK);
    assert_int_equal(vn_counters_available(&counters), 60);
    assert_int_equal(vn_journal_reader_counters(look->reader, "w2", &counters), VN_OK);
    assert_int_equal(vn_counters_available(&counters), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_sold_before_the_row_came_is_in_the_balance_shown),
        TEST(test_a_look_up_is_of_one_state),
        TEST(test_a_look_up_waits_for_no_entry_no_pruning_and_no_checkpoint),
        TEST(test_counters_are_the_journals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
