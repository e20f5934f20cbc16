/* A scan in the midst of a delta: looked up at every write that a frame makes, and answered each time, at once and from the
 * state before it. The reader runs inside the writer's calls to the disk, so if it had to wait for the writer, it would wait for
 * ever (or be turned away as busy). */
#include "tests/unit/cache_world.h"

#include "tests/sim/faildisk.h"

#define MEMBERS 8000 /* several times what the writer's page cache holds: it spills long before the end */

struct busy {
    struct faildisk disk;
    struct world world;
    int64_t before, after;
    unsigned old_answers, new_answers;
};

static int64_t balance_of(struct world *world, unsigned number)
{
    struct vn_member member;
    struct vn_hash card = card_of(number);
    int64_t included_seq = 0;
    assert_int_equal(vn_cache_member(world->reader, &card, &member, &included_seq), VN_OK);
    return member.balance;
}

static int look_up(void *ctx, struct disk *disk, const struct disk_call *call)
{
    struct busy *busy = ctx;
    (void)disk;
    if (call->kind != DISK_WRITE) {
        return 0;
    }
    int64_t first = balance_of(&busy->world, 1);
    int64_t last = balance_of(&busy->world, MEMBERS);
    assert_int_equal(first, last); /* never half a frame */
    assert_true(first == busy->before || first == busy->after);
    if (first == busy->before) {
        assert_int_equal(busy->new_answers, 0); /* and never back */
        busy->old_answers++;
    } else {
        busy->new_answers++;
    }
    return 0;
}

static enum vn_status send_members(struct busy *busy, int64_t number, bool snapshot)
{
    struct world *world = &busy->world;
    for (unsigned n = 1; n <= MEMBERS; n++) {
        char account[VN_ID_MAX];
        (void)snprintf(account, sizeof account, "w%u", n);
        add_member(world, account, number, 0, n);
    }
    busy->after = number;
    busy->old_answers = busy->new_answers = 0;
    enum vn_status status = snapshot ? replace(world, number) : apply(world, number);
    busy->before = number;
    return status;
}

static int setup(void **state)
{
    struct busy *busy = calloc(1, sizeof *busy);
    if (busy == NULL || setenv("TMPDIR", FAILDISK_ROOT, 1) != 0) {
        free(busy);
        return -1;
    }
    faildisk_start(&busy->disk);
    world_create(&busy->world);
    assert_int_equal(send_members(busy, 1, false), VN_OK);
    disk_judge_by(busy->disk.disk, look_up, busy);
    *state = busy;
    return 0;
}

static int teardown(void **state)
{
    struct busy *busy = *state;
    faildisk_calm(&busy->disk);
    world_destroy(&busy->world);
    faildisk_end(&busy->disk);
    free(busy);
    return 0;
}

static void test_a_scan_during_a_delta_is_answered_from_the_state_before(void **state)
{
    struct busy *busy = *state;
    assert_int_equal(send_members(busy, 2, false), VN_OK);
    assert_true(busy->old_answers > 100);
    assert_int_equal(balance_of(&busy->world, 1), 2); /* shown without being told */
    assert_int_equal(balance_of(&busy->world, MEMBERS), 2);
}

static void test_a_scan_while_a_snapshot_is_built_is_answered_from_the_generation_before(void **state)
{
    struct busy *busy = *state;
    assert_int_equal(send_members(busy, 3, true), VN_OK);
    assert_true(busy->old_answers > 100);
    assert_int_equal(busy->new_answers, 0);
    assert_int_equal(balance_of(&busy->world, 1), 1);
    reopen_reader(&busy->world);
    assert_int_equal(balance_of(&busy->world, 1), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_scan_during_a_delta_is_answered_from_the_state_before),
        TEST(test_a_scan_while_a_snapshot_is_built_is_answered_from_the_generation_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
