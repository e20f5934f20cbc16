/* A till's databases, and memory that runs out: each allocation of a day fails in turn, once and for good. Nothing that was
 * promised is lost, nothing crashes, and the day goes on when there is memory again. */
#include "tests/sim/failalloc.h"
#include "tests/unit/journal_day.h"

static bool journal_day_with(void *ctx, long nth, bool for_good)
{
    struct journal_day *day = ctx;
    failalloc_fail(nth, for_good);
    bool made = journal_day_create(day);
    bool opened = made && journal_day_open(day);
    bool sold = opened && journal_day_sell(day);
    bool failed = failalloc_calm();
    assert_true(sold || failed);
    if (opened && !sold && day->status != VN_IO) { /* nothing of it was written; the next one is */
        assert_true(journal_day_put(day, VN_ENTRY_COMMIT, "after", 0));
    }
    journal_day_close(day);
    journal_day_assert_kept(day);
    disk_crash(day->disk.disk, &day->disk.random, &disk_loses_all);
    journal_day_assert_kept(day);
    journal_day_end(day);
    return failed;
}

static void test_failalloc_journal_keeps_what_was_promised(void **state)
{
    check_each_allocation(journal_day_with, *state, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failalloc_journal_keeps_what_was_promised, journal_day_setup,
                                        journal_day_teardown),
    };
    failalloc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
