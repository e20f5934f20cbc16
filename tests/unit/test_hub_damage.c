/* An audit of a database with rows that can't be read: it names each of them, and looks at all the others. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/audit.h"
#include "sync/hub/storage/sql.h"
#include "tests/unit/hub_world.h"

struct said {
    int count;
    char text[4096];
};

static enum vn_status note_sentence(void *ctx, const char *sentence)
{
    struct said *said = ctx;
    size_t len = strlen(said->text);
    said->count++;
    (void)snprintf(said->text + len, sizeof said->text - len, "%s\n", sentence);
    return VN_OK;
}

static void audit(struct world *world, struct said *out)
{
    int64_t entries = 0;
    *out = (struct said){.count = 0};
    assert_int_equal(vn_audit(&world->hub, note_sentence, out, &entries), VN_OK);
}

/* A till with a right, a sale, and another till beside it. */
static void begin(struct world *world, struct world_till *till, struct world_till *other)
{
    world_start(world, till);
    world_till_start(world, other, "t2");
    (void)world_grant(till, "w1", 100);
    world_commit(till, "1", "w1", 1000, 10);
    assert_int_equal(world_sync(till), 0);
    world_commit(other, "1", "w2", 1000, 10);
    assert_int_equal(world_sync(other), 0);
    world_audit(world);
}

static void test_the_audit_goes_on_over_slices_and_sales_that_cannot_be_read(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    struct world_till till, other;
    struct said said;
    const struct vn_view junk = vn_view_of("\xff", 1);
    begin(world, &till, &other);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE claim SET slices = ?", "b", junk), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE sale SET rest = ? WHERE till = 't2'", "b", junk), VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    audit(world, &said);
    assert_non_null(strstr(said.text, "w1 at enrolment 1: its slices can't be read, bytes: 1\n"));
    assert_non_null(
        strstr(said.text, "w2 at enrolment 2: what a sale has left of it can't be read, bytes: 1\n"));
    world_till_end(&till);
    world_till_end(&other);
}

static void test_the_audit_goes_on_over_a_branch_that_is_of_no_journal(void **state)
{
    struct world *world = *state;
    struct vn_storage *storage = world->hub.storage;
    struct world_till till, other;
    struct said said;
    const uint8_t other_head[VN_HASH_SIZE] = {7};
    begin(world, &till, &other);
    assert_int_equal(vn_storage_begin(storage), VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE enrolment SET state = ? WHERE till = 't1'", "i",
                                (int64_t)VN_ENROLMENT_HANDED_IN),
                     VN_OK);
    assert_int_equal(vn_sql_run(storage, "UPDATE enrolment SET head = ? WHERE till = 't2'", "b",
                                vn_view_of(other_head, sizeof other_head)),
                     VN_OK);
    assert_int_equal(vn_storage_commit(storage), VN_OK);
    audit(world, &said);
    assert_string_equal(said.text,
                        "till t1, entry 0: it is a branch, and nothing says of which journal\n"
                        "till t2, entry 1: the journal does not end at the head that was acknowledged\n");
    world_till_end(&till);
    world_till_end(&other);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_audit_goes_on_over_slices_and_sales_that_cannot_be_read),
        TEST(test_the_audit_goes_on_over_a_branch_that_is_of_no_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
