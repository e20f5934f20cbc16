#include "tests/unit/journal_world.h"

static void test_rights_grants_only_grow(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_counters(&world, "w1", 700, 0, 0);
    assert_int_equal(world_grant(&world, 2, "w1", 600), VN_OK); /* a new number, nothing taken back */
    assert_counters(&world, "w1", 700, 0, 0);
    assert_int_equal(world_grant(&world, 2, "w1", 700), VN_CONFLICT); /* nothing new */
    assert_int_equal(world_grant(&world, 1, "w2", 50), VN_OK);        /* came late, but is news */
    assert_counters(&world, "w2", 50, 0, 0);
    struct vn_journal_head head;
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.grant, 2);
    world_destroy(&world);
}

static void test_rights_a_grant_says_what_it_moved(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    struct vn_entry entry = entry_of(VN_ENTRY_GRANT, "", "w1", 999);
    entry.rights[0].granted = 700;
    entry.body = json_pack("{s:i}", "number", 1);
    assert_int_equal(world_append(&world, &entry, 0), VN_OK);
    assert_int_equal(entry.rights[0].move, 700);
    entry = entry_of(VN_ENTRY_GRANT, "", "w1", 0);
    entry.rights[0].granted = 900;
    assert_int_equal(world_append(&world, &entry, 0), VN_ARG); /* no number */
    assert_counters(&world, "w1", 700, 0, 0);
    world_destroy(&world);
}

static void test_rights_commit_uses_the_hold_once(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    assert_counters(&world, "w1", 700, 0, 500);
    struct vn_entry commit = entry_of(VN_ENTRY_COMMIT, "17", "w1", 500);
    assert_int_equal(world_append(&world, &commit, 0), VN_OK);
    assert_counters(&world, "w1", 700, 0, 500);
    assert_int_equal(commit.rights[0].granted, 700);
    assert_int_equal(commit.rights[0].out, 500);
    assert_int_equal(commit.rights[0].move, 500);
    world_destroy(&world);
}

static void test_rights_commit_of_less_gives_the_rest_back(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 300), VN_OK);
    assert_counters(&world, "w1", 700, 200, 500);
    /* A hold that the commit does not mention is given back, and the entry says so. */
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "18", "w1", 100), VN_OK);
    struct vn_entry commit = entry_of(VN_ENTRY_COMMIT, "18", NULL, 0);
    assert_int_equal(world_append(&world, &commit, 0), VN_OK);
    assert_counters(&world, "w1", 700, 300, 600);
    assert_int_equal(commit.right_count, 1);
    assert_string_equal(commit.rights[0].account, "w1");
    assert_int_equal(commit.rights[0].move, 0);
    world_destroy(&world);
}

static void test_rights_commit_of_more_needs_the_difference(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 701), VN_DENIED);
    assert_counters(&world, "w1", 700, 0, 500);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 700), VN_OK);
    assert_counters(&world, "w1", 700, 0, 700);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "18", "w1", 1), VN_DENIED); /* without a hold */
    world_destroy(&world);
}

static void test_rights_denied_writes_nothing(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    struct vn_entry hold = entry_of(VN_ENTRY_HOLD, "17", "w1", 60);
    hold.right_count = 2;
    (void)snprintf(hold.rights[1].account, sizeof hold.rights[1].account, "%s", "w2");
    hold.rights[1].move = 1;
    assert_int_equal(world_append(&world, &hold, 0), VN_DENIED);
    assert_non_null(strstr(world.error.text, "w2"));
    assert_int_equal(hold.rights[0].out, 0); /* the caller's entry is as it was */
    assert_counters(&world, "w1", 100, 0, 0);
    struct vn_sale_key key = sale_of("17");
    struct vn_sale_state sale;
    struct vn_buf bodies[2];
    vn_buf_init(&bodies[0], VN_ENTRY_MAX);
    vn_buf_init(&bodies[1], VN_ENTRY_MAX);
    assert_int_equal(vn_journal_sale(world.journal, &key, &sale, &bodies[0], &bodies[1]), VN_ABSENT);
    assert_int_equal(world_put(&world, VN_ENTRY_RELEASE, "", "w1", 100), VN_OK);
    assert_counters(&world, "w1", 100, 0, 100);
    world_destroy(&world);
}

static void test_rights_cancel_and_void_give_back(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "17", NULL, 0), VN_ABSENT);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    struct vn_entry cancel = entry_of(VN_ENTRY_CANCEL, "17", NULL, 0);
    assert_int_equal(world_append(&world, &cancel, 0), VN_OK);
    assert_int_equal(cancel.rights[0].move, 500);
    assert_counters(&world, "w1", 700, 500, 500);
    assert_int_equal(world_put(&world, VN_ENTRY_VOID, "17", NULL, 0), VN_ABSENT); /* nothing was committed */
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "18", "w1", 300), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "18", NULL, 0), VN_ABSENT); /* not a hold */
    struct vn_entry undo = entry_of(VN_ENTRY_VOID, "18", NULL, 0);
    assert_int_equal(world_append(&world, &undo, 0), VN_OK);
    assert_int_equal(undo.rights[0].move, 300);
    assert_counters(&world, "w1", 700, 800, 800);
    undo = entry_of(VN_ENTRY_VOID, "18", NULL, 0);
    assert_int_equal(world_append(&world, &undo, 1), VN_ABSENT); /* only once */
    assert_counters(&world, "w1", 700, 800, 800);
    world_destroy(&world);
}

static void test_rights_used_counts_as_the_commit(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    struct vn_entry used = entry_of(VN_ENTRY_USED, "17", NULL, 0);
    assert_int_equal(world_append(&world, &used, 0), VN_OK);
    assert_int_equal(used.rights[0].move, 500);
    assert_counters(&world, "w1", 700, 0, 500);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "17", NULL, 0), VN_ABSENT);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 500), VN_OK); /* late */
    assert_counters(&world, "w1", 700, 0, 500);
    assert_int_equal(world_put(&world, VN_ENTRY_USED, "18", "w1", 100), VN_OK); /* without a hold */
    assert_counters(&world, "w1", 700, 0, 600);
    assert_int_equal(world_put(&world, VN_ENTRY_VOID, "18", NULL, 0), VN_OK);
    assert_counters(&world, "w1", 700, 100, 600);
    world_destroy(&world);
}

static void test_rights_a_repeated_hold_replaces_the_first(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    struct vn_entry hold = entry_of(VN_ENTRY_HOLD, "17", "w1", 650);
    assert_int_equal(world_append(&world, &hold, 1), VN_OK);
    assert_counters(&world, "w1", 700, 0, 650);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "17", NULL, 0), VN_OK);
    assert_counters(&world, "w1", 700, 650, 650);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", NULL, 0), VN_OK);
    hold = entry_of(VN_ENTRY_HOLD, "17", "w1", 1);
    assert_int_equal(world_append(&world, &hold, 2), VN_ARG); /* the sale is done */
    world_destroy(&world);
}

static void test_rights_returns_and_findings_move_nothing(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 700), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 500), VN_OK);
    struct vn_entry back = entry_of(VN_ENTRY_RETURN, "17", "w1", 500);
    assert_int_equal(world_append(&world, &back, 0), VN_OK);
    assert_int_equal(back.rights[0].move, 0);
    assert_int_equal(back.rights[0].out, 500);
    assert_int_equal(world_put(&world, VN_ENTRY_FINDING, "17", "w1", 5), VN_OK);
    assert_counters(&world, "w1", 700, 0, 500);
    world_destroy(&world);
}

static void test_rights_counters_survive_reopening(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 3, "w1", 700), VN_OK);
    assert_int_equal(world_grant(&world, 4, "w2", 20), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "17", "w1", 500), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "18", "w2", 20), VN_OK);
    world_reopen(&world);
    assert_counters(&world, "w1", 700, 0, 500);
    assert_counters(&world, "w3", 0, 0, 0);
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "17", "w1", 500), VN_OK);
    assert_counters(&world, "w1", 700, 0, 500);
    struct vn_counters available[4];
    size_t count = 0;
    assert_int_equal(vn_journal_available(world.journal, "a", "x", available, 4, &count), VN_OK);
    assert_int_equal(count, 1); /* w2 has nothing left */
    assert_string_equal(available[0].account, "w1");
    assert_int_equal(vn_counters_available(&available[0]), 200);
    assert_int_equal(vn_journal_available(world.journal, "a", "w1", available, 4, &count), VN_OK);
    assert_int_equal(count, 0);
    struct vn_journal_head head;
    vn_journal_head(world.journal, &head);
    assert_int_equal(head.grant, 4);
    world_destroy(&world);
}

/* The stored reply answers a repetition, so it must be told from a step that can't be done any more. */
static void test_rights_the_same_step_again_is_a_conflict_whatever_has_changed_since(void **state)
{
    (void)state;
    struct world world;
    world_create(&world);
    assert_int_equal(world_grant(&world, 1, "w1", 100), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", 80), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "1", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_CANCEL, "1", NULL, 0), VN_CONFLICT); /* not: no open hold */
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", 900), VN_CONFLICT); /* not: no such right */
    assert_int_equal(world_put(&world, VN_ENTRY_COMMIT, "1", "w1", 10), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_HOLD, "1", "w1", 80), VN_CONFLICT); /* not: committed */
    assert_int_equal(world_put(&world, VN_ENTRY_VOID, "1", NULL, 0), VN_OK);
    assert_int_equal(world_put(&world, VN_ENTRY_VOID, "1", NULL, 0),
                     VN_CONFLICT); /* not: nothing to take back */
    world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights_grants_only_grow),
        cmocka_unit_test(test_rights_a_grant_says_what_it_moved),
        cmocka_unit_test(test_rights_commit_uses_the_hold_once),
        cmocka_unit_test(test_rights_commit_of_less_gives_the_rest_back),
        cmocka_unit_test(test_rights_commit_of_more_needs_the_difference),
        cmocka_unit_test(test_rights_denied_writes_nothing),
        cmocka_unit_test(test_rights_cancel_and_void_give_back),
        cmocka_unit_test(test_rights_used_counts_as_the_commit),
        cmocka_unit_test(test_rights_a_repeated_hold_replaces_the_first),
        cmocka_unit_test(test_rights_returns_and_findings_move_nothing),
        cmocka_unit_test(test_rights_counters_survive_reopening),
        cmocka_unit_test(test_rights_the_same_step_again_is_a_conflict_whatever_has_changed_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
