/* A hub that takes in a till's journal, posts it and numbers what changed, and memory that runs out: each allocation fails in
 * turn, once and for good. What it acknowledged it has; the till sends the rest, and each sale is in the ledger once. */
#include <stdlib.h>

#include "tests/sim/failalloc.h"
#include "tests/unit/hub_day.h"

/* When there is memory again: a store that could not undo its transaction is lost and says so; any other goes on where it was. */
static void check_goes_on(struct hub_day *day, long nth)
{
    struct vn_storage *storage = day->world->hub.storage;
    if (vn_storage_is_lost(storage)) {
        assert_int_not_equal(vn_storage_begin(storage), VN_OK);
        assert_int_not_equal(vn_storage_begin(storage), VN_OK);
    } else {
        if (!hub_day_send(day)) {
            fail_msg("%ld: %s", nth, vn_status_name(day->status));
        }
    }
}

static bool day_with(void *ctx, long nth, bool for_good)
{
    struct hub_day *day = ctx;
    struct vn_error error = {VN_OK, "", ""};
    hub_day_begin(day);
    day->world->harness = failalloc_pause;
    failalloc_fail(nth, for_good);
    bool opened = hub_day_try_open(day, &error);
    bool sent = opened && hub_day_send(day);
    bool failed = failalloc_calm();
    assert_true(sent || failed);
    if (!sent) {
        if (day->status != VN_NOMEM && day->status != VN_IO) {
            fail_msg("%ld, %s: %s (%s)", nth, for_good ? "for good" : "once", vn_status_name(day->status),
                     error.text);
        }
    }
    if (opened && !sent) {
        check_goes_on(day, nth);
    }
    hub_day_close(day);
    hub_day_assert_kept(day);
    hub_day_close(day);
    return failed;
}

static void test_failalloc_hub_has_what_it_acknowledged(void **state)
{
    check_each_allocation(day_with, *state, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failalloc_hub_has_what_it_acknowledged),
    };
    failalloc_start();
    return cmocka_run_group_tests(tests, hub_day_setup, hub_day_teardown);
}
