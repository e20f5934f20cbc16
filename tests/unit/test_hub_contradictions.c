/* The audit: whatever is made to contradict the rest of a hub is said, and of a sound one nothing. */
#include <string.h>

#include "sync/hub/ledger/audit.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

#define SAID_MAX 4096

static enum vn_status take_sentence(void *ctx, const char *sentence)
{
    struct vn_buf *said = ctx;
    return vn_buf_printf(said, "%s\n", sentence);
}

/* All sentences, a line each. */
static void audit(struct world *world, struct vn_buf *said)
{
    int64_t entries = 0;
    vn_buf_clear(said);
    assert_int_equal(vn_audit(&world->hub, take_sentence, said, &entries), VN_OK);
    assert_int_equal(vn_buf_append(said, vn_view_of("", 1)), VN_OK);
}

static void run(struct world *world, const char *sql)
{
    assert_int_equal(vn_storage_begin(world->hub.storage), VN_OK);
    assert_int_equal(vn_sql_run(world->hub.storage, sql, ""), VN_OK);
    assert_int_equal(vn_storage_commit(world->hub.storage), VN_OK);
}

/* w1 has 500 points, of which the till has a right to 300 and holds 100; w2 has earned some. */
static void make_day(struct world *world, struct world_till *till)
{
    world_start(world, till);
    assert_int_equal(world_rights(till, "w1", 300), 300);
    world_append(
        till,
        &(struct world_step){
            .kind = VN_ENTRY_HOLD, .receipt = "1", .account = "w1", .spent = 100, .right = "w1", .out = 100});
    world_commit(till, "2", "w2", 10000, 35);
    assert_int_equal(world_sync(till), 0);
}

static const struct {
    const char *sql, *undo, *sentence;
} faults[] = {
    {"UPDATE account SET free = free + 7 WHERE free > 0", "UPDATE account SET free = free - 7 WHERE free > 0",
     ": the lots differ from what is free by -7\n"},
    {"UPDATE account SET waiting = waiting + 5", "UPDATE account SET waiting = waiting - 5",
     ": the lots differ from what waits by -5\n"},
    {"UPDATE claim SET rights = rights + 3", "UPDATE claim SET rights = rights - 3",
     "w1 at enrolment 1: the slices differ from what is out by -3\n"},
    {"UPDATE claim SET held = held + 2", "UPDATE claim SET held = held - 2",
     "w1 at enrolment 1: the open holds differ from what is held by -2\n"},
    {"UPDATE claim SET outward = outward + 1", "UPDATE claim SET outward = outward - 1",
     ": the counters differ from the right by -1\n"},
    {"UPDATE movement SET amount = amount + 1", "UPDATE movement SET amount = amount - 1",
     ": the movements differ from the account by 1\n"},
    {"UPDATE movement SET amount = -amount", "UPDATE movement SET amount = -amount", ": it moves -"},
    {"UPDATE claim SET suspense = suspense + 4", "UPDATE claim SET suspense = suspense - 4",
     ": the movements differ from what is out by -4\n"},
    {"UPDATE account SET waiting = waiting - 1", "UPDATE account SET waiting = waiting + 1",
     ": what can not be below 0 is -1\n"},
    {"UPDATE account SET debt = debt + 6", "UPDATE account SET debt = debt - 6",
     ": a debt can not be above 0, but is 6\n"},
    {"UPDATE sale SET commit_seq = commit_seq + 1 WHERE commit_seq > 0",
     "UPDATE sale SET commit_seq = commit_seq - 1 WHERE commit_seq > 0",
     ": the sale was committed by another entry too\n"},
    {"UPDATE enrolment SET high_seq = high_seq + 1", "UPDATE enrolment SET high_seq = high_seq - 1",
     "till t1, entry 4: it is missing\n"},
    {"DELETE FROM claim", NULL, "w1: the slices of a lot differ from what is out of it by -300\n"},
    {"DELETE FROM sale", NULL, "till t1, entry 3: a commit that was applied has no sale\n"},
    {"DELETE FROM segment", NULL, "till t1, entry 1: it is missing\n"},
};

static void test_each_contradiction_is_said(void **state)
{
    struct world *world = *state;
    struct world_till till;
    struct vn_buf said;
    vn_buf_init(&said, SAID_MAX);
    make_day(world, &till);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        run(world, faults[i].sql);
        audit(world, &said);
        if (strstr((const char *)said.data, faults[i].sentence) == NULL) {
            fail_msg("%s:\n%s", faults[i].sql, (const char *)said.data);
        }
        if (faults[i].undo != NULL) {
            run(world, faults[i].undo);
            audit(world, &said);
            assert_string_equal((const char *)said.data, "");
        }
    }
    vn_buf_deinit(&said);
    world_till_end(&till);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_contradiction_is_said, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
