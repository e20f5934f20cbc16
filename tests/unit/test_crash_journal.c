/* The power goes at each place of a till's day: before each write, sync and change of a name, with each fate of what was not
 * synced. The journal that is opened afterwards has all that the POS was promised, once, with its answers, and counters that are
 * those of its entries. */
#include "tests/sim/crashpoints.h"
#include "tests/unit/journal_day.h"

#define USUAL 4000

/* The check has a journal of its own, beside the one that is open. */
static struct journal_day *beside(const struct journal_day *day)
{
    struct journal_day *other = malloc(sizeof *other);
    assert_non_null(other);
    memcpy(other, day, sizeof *other);
    other->world.journal = NULL;
    other->world.random = vn_random_seeded(&other->world.seed);
    return other;
}

static void check(void *ctx)
{
    struct journal_day *other = beside(ctx);
    journal_day_assert_kept(other);
    free(other);
}

static void begin(void *ctx)
{
    struct journal_day *other = beside(ctx);
    if (journal_day_open(other)) {
        other->status = vn_journal_checkpoint(other->world.journal);
    }
    journal_day_close(other);
    free(other);
}

/* The agent ends, in good order or killed, and another one goes on with the log that it left. */
static void play(struct journal_day *day, bool is_killed)
{
    if (!journal_day_create(day) || !journal_day_open(day) || !journal_day_sell(day)) {
        fail_msg("%s", day->world.error.text);
    }
    if (is_killed) {
        disk_kill(day->disk.disk);
    }
    journal_day_close(day);
    assert_true(journal_day_open(day));
    assert_int_equal(vn_journal_checkpoint(day->world.journal), VN_OK);
}

static void test_crash_journal_keeps_what_was_promised(void **state)
{
    struct journal_day *day = *state;
    struct crashpoints points = {.disks = &day->disk.disks,
                                 .root = FAILDISK_ROOT,
                                 .random = day->disk.random,
                                 .check = check,
                                 .begin = begin,
                                 .ctx = day};
    journal_day_learn(day);
    for (int round = 0; crashpoints_go_on(&points, USUAL); round++) {
        points.disk = day->disk.disk;
        crashpoints_watch(&points);
        play(day, round % 2 == 0);
        crashpoints_rest(&points);
        journal_day_end(day);
    }
    crashpoints_tell(&points, "journal.db");
    assert_true(points.cut_off > points.points / 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_crash_journal_keeps_what_was_promised, journal_day_setup,
                                        journal_day_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
