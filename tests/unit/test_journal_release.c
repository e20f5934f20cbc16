/* What goes back to the hub, and what was given at risk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loyalty/accounts.h"
#include "tests/unit/journal_world.h"

/* The hub asks; *moved: what is released of the first account. */
static enum vn_status ask_back(struct world *world, const struct vn_right_back *back, unsigned count,
                               int64_t *moved)
{
    struct vn_entry entry;
    int64_t seq = 0;
    vn_entry_init(&entry, VN_ENTRY_RELEASE);
    struct vn_journal_append append = {.entry = &entry, .back = back, .back_count = count};
    enum vn_status status = vn_journal_append(world->journal, &append, &seq, &world->error);
    *moved = entry.right_count > 0 ? entry.rights[0].move : 0;
    return status;
}

static void test_release_no_more_than_there_is(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 60), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_RELEASE, "", "w1", 101), VN_OK);
    assert_counters(&world, "w1", 100, 0, 100);
    struct vn_journal_head before, after;
    vn_journal_head(world.journal, &before);
    assert_int_equal(world_put(&world, VN_ENTRY_RELEASE, "", "w1", 1), VN_ABSENT);
    vn_journal_head(world.journal, &after);
    assert_int_equal(after.seq, before.seq);
    world_destroy(&world);
}

static void test_release_what_is_asked_once_and_the_rest_when_it_is_there(void **state)
{
    (void)state;
    struct world world;
    int64_t moved = 0;
    int64_t released = -1;
    const struct vn_right_back back = {"w1", 80, 0};
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 70), VN_OK);
    assert_int_equal(ask_back(&world, &back, 1, &moved), VN_OK); /* the hold stays */
    assert_int_equal(moved, 30);
    assert_int_equal(ask_back(&world, &back, 1, &moved), VN_ABSENT);
    world_reopen(&world);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "17", NULL, 0), VN_OK);
    assert_int_equal(ask_back(&world, &back, 1, &moved), VN_OK);
    assert_int_equal(moved, 50); /* the till keeps 20 */
    assert_int_equal(vn_journal_released(world.journal, "w1", &released), VN_OK);
    assert_int_equal(released, 80);
    assert_int_equal(vn_journal_released(world.journal, "w2", &released), VN_OK); /* never heard of */
    assert_int_equal(released, 0);
    assert_int_equal(ask_back(&world, &back, 1, &moved), VN_ABSENT);
    assert_counters(&world, "w1", 100, 70, 150);
    world_destroy(&world);
}

static void test_release_by_oneself_counts_towards_what_is_asked(void **state)
{
    (void)state;
    struct world world;
    int64_t moved = 0;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_RELEASE, "", "w1", 30), VN_OK);
    const struct vn_right_back back[] = {{"w1", 50, 0}, {"w2", 50, 0}};
    assert_int_equal(ask_back(&world, back, 2, &moved), VN_OK);
    assert_int_equal(moved, 20);
    assert_counters(&world, "w1", 100, 0, 50);
    assert_counters(&world, "w2", 0, 0, 0);
    world_destroy(&world);
}

/* An older agent released 500, which this file does not count and the hub has seen. */
static void test_release_what_an_older_agent_released_is_not_asked_again(void **state)
{
    (void)state;
    struct world world;
    int64_t moved = 0;
    const struct vn_right_back back = {"w1", 540, 500};
    const struct vn_right_back more = {"w1", 550, 500};
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(ask_back(&world, &back, 1, &moved), VN_OK);
    assert_int_equal(moved, 40);
    assert_int_equal(ask_back(&world, &more, 1, &moved), VN_OK); /* told before it has seen the last one */
    assert_int_equal(moved, 10);
    assert_counters(&world, "w1", 100, 0, 50);
    world_destroy(&world);
}

static int64_t risked(struct world *world, const char *member)
{
    int64_t amount = -1;
    assert_int_equal(vn_journal_risked(world->journal, member, &amount), VN_OK);
    return amount;
}

static enum vn_status risk(struct world *world, enum vn_entry_kind kind, const char *receipt,
                           const char *member, int64_t amount)
{
    struct vn_entry entry = entry_of(kind, receipt, amount > 0 ? VN_ACCOUNT_RISK : NULL, amount);
    (void)snprintf(entry.account, sizeof entry.account, "%s", member);
    return world_append(world, &entry, 0);
}

static void test_risk_is_summed_by_member_until_the_hub_is_reached(void **state)
{
    (void)state;
    struct world world;
    struct vn_journal_head head;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, VN_ACCOUNT_RISK, 100), VN_OK);
    assert_int_equal(risk(&world, VN_ENTRY_HOLD, "1", "w1", 40), VN_OK);
    assert_int_equal(risk(&world, VN_ENTRY_COMMIT, "1", "w1", 40), VN_OK);
    assert_int_equal(risk(&world, VN_ENTRY_COMMIT, "2", "w2", 10), VN_OK);
    assert_int_equal(risk(&world, VN_ENTRY_HOLD, "3", "w1", 51), VN_DENIED); /* of the till's own 100 */
    assert_int_equal(risk(&world, VN_ENTRY_HOLD, "3", "w1", 50), VN_OK);
    world_reopen(&world);
    assert_int_equal(risked(&world, "w1"), 90);
    assert_int_equal(risked(&world, "w2"), 10);
    assert_int_equal(risked(&world, ""), 0);
    assert_int_equal(risk(&world, VN_ENTRY_CANCEL, "3", "w1", 0), VN_OK);
    assert_int_equal(risked(&world, "w1"), 40);
    assert_int_equal(vn_journal_reached(world.journal, 70), VN_OK);
    assert_int_equal(risked(&world, "w1"), 0);
    assert_int_equal(risk(&world, VN_ENTRY_VOID, "1", "w1", 0), VN_OK);
    assert_int_equal(risked(&world, "w1"), 0);
    world_reopen(&world);
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.risk_member, 70);
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_release_no_more_than_there_is),
        cmocka_unit_test(test_release_what_is_asked_once_and_the_rest_when_it_is_there),
        cmocka_unit_test(test_release_by_oneself_counts_towards_what_is_asked),
        cmocka_unit_test(test_release_what_an_older_agent_released_is_not_asked_again),
        cmocka_unit_test(test_risk_is_summed_by_member_until_the_hub_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
