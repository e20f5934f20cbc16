/* A cache that follows its hub, and memory that runs out: each allocation fails in turn, once and for good. What was put in force
 * is in force, the frame that was under way wholly or not at all, and the next one is taken. */
#include <stdlib.h>

#include "tests/sim/failalloc.h"
#include "tests/unit/cache_day.h"

/* In the same process, as a till goes on: a writer that can't is opened again. */
static void check_goes_on(struct cache_day *day)
{
    bool fresh = false;
    if (!cache_day_follow(day)) {
        world_close(&day->world);
        assert_true(cache_day_open(day, &fresh));
        assert_true(cache_day_follow(day));
    }
}

static bool day_with(void *ctx, long nth, bool for_good)
{
    struct cache_day *day = ctx;
    bool fresh = false;
    cache_day_begin(day);
    day->world.harness = failalloc_pause;
    failalloc_fail(nth, for_good);
    bool opened = cache_day_open(day, &fresh);
    bool followed = opened && cache_day_follow(day);
    bool failed = failalloc_calm();
    assert_true(followed || failed);
    if (!followed) { /* said as what it is, or as a file that could not be opened */
        if (day->status != VN_NOMEM && day->status != VN_IO) {
            fail_msg("%ld, %s: %s (%s)", nth, for_good ? "for good" : "once", vn_status_name(day->status),
                     day->world.error.text);
        }
        if (day->world.error.text[0] == 0) {
            fail_msg("%ld, %s: %s, and it is not said why", nth, for_good ? "for good" : "once",
                     vn_status_name(day->status));
        }
    }
    if (opened && !followed) {
        check_goes_on(day);
    }
    world_close(&day->world);
    assert_true(cache_day_open(day, &fresh));
    cache_day_assert_rows(day, 20);
    cache_day_end(day);
    return failed;
}

static void test_failalloc_cache_keeps_what_was_put_in_force(void **state)
{
    check_each_allocation(day_with, *state, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failalloc_cache_keeps_what_was_put_in_force, cache_day_setup,
                                        cache_day_teardown),
    };
    failalloc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
