/* A till's databases, and memory that runs out: each allocation of a day fails in turn, once and for good. Nothing that was promised is
 * lost, nothing crashes, and the day goes on when there is memory again. */
#include <stdlib.h>

#include "tests/sim/failalloc.h"
#include "tests/unit/journal_day.h"

#define ALL_UP_TO 150 /* each of the first ones, then one in so many; in the long run, each */
#define STEP      61
#define MOST      200000

typedef bool (*alloc_day)(void *ctx, long nth, bool for_good);

static void check_each_allocation(alloc_day day, void *ctx, long least)
{
    const long step = getenv("VERNO_LONG_SECONDS") == NULL ? STEP : 1;
    for (int for_good = 0; for_good <= 1; for_good++) {
        long nth = 1, days = 0;
        while (day(ctx, nth, for_good == 1)) {
            nth += nth < ALL_UP_TO ? 1 : step;
            days++;
            assert_true(nth < MOST);
        }
        assert_true(nth > least);
        print_message("%ld allocations, %ld of them failed %s\n", nth, days,
                      for_good == 1 ? "for good" : "once");
    }
}

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
