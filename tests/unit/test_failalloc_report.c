/* A till's report, and memory that runs out within it: the till is not told that its report is too large. */
#include <stdio.h>
#include <stdlib.h>

#include "sync/hub/api/till_call.h"
#include "tests/sim/failalloc.h"
#include "tests/unit/hub_world.h"

static enum vn_status report(struct world_till *till, const char *text, long nth, bool *ran_out)
{
    struct vn_hub *hub = &till->world->hub;
    struct vn_till_call *call = calloc(1, sizeof *call);
    struct vn_error error = {VN_OK, "", ""};
    assert_non_null(call);
    assert_int_equal(vn_storage_begin(hub->storage), VN_OK);
    world_row(till, &call->call.row);
    call->call.task.request.body = vn_view_str(text);
    failalloc_fail(nth, false);
    enum vn_status status = vn_api_status(call, hub, &error);
    *ran_out = failalloc_calm();
    vn_storage_rollback(hub->storage);
    vn_answer_deinit(&call->call.task.answer);
    free(call);
    return status;
}

static void test_a_report_that_memory_runs_out_for_is_not_too_large(void **state)
{
    struct world_till till;
    static char large[VN_REPORT_MAX + 16];
    bool ran_out = true;
    long nth = 1;
    world_start(*state, &till);
    for (; ran_out; nth++) {
        enum vn_status status = report(&till, "{\"version\":\"1\",\"ruleset\":7}", nth, &ran_out);
        assert_int_not_equal(status, VN_FULL);
        assert_true(ran_out || status == VN_OK);
    }
    assert_true(nth > 10);
    (void)snprintf(large, sizeof large, "{\"a\":\"%*d\"}", VN_REPORT_MAX, 7); /* blanks and a 7 */
    assert_int_equal(report(&till, large, INT32_MAX, &ran_out), VN_FULL);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_a_report_that_memory_runs_out_for_is_not_too_large, world_setup, world_teardown)};
    failalloc_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
