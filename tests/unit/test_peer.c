/* Lending in a store of three tills, with something going wrong at each of its steps: no right is in two places, none is lost,
 * and the cashier always hears in time. */
#include "tests/unit/peer_world.h"

#include <stdio.h>
#include <string.h>

static void test_a_till_borrows_from_the_one_that_has_most(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    peers_grant(&world, 2, "w1", 500);
    peers_wish(&world, 0, "w1", 400);
    peers_run(&world, 100);
    assert_int_equal(world.tills[0].told, 1);
    assert_int_equal(world.tills[0].got_count, 1);
    assert_string_equal(world.tills[0].got[0].account, "w1");
    assert_int_equal(vn_counters_available(&world.tills[0].got[0]), 400);
    assert_int_equal(peers_available(&world, 0, "w1"), 400);
    assert_int_equal(peers_available(&world, 1, "w1"), 300);
    assert_int_equal(peers_available(&world, 2, "w1"), 100);
    assert_int_equal(peers_open_gives(&world), 1); /* its lender has not asked yet */
    peers_run(&world, 60000);
    assert_int_equal(peers_open_gives(&world), 0);
    assert_int_equal(peers_available_in_all(&world, "w1"), 800);
    peers_destroy(&world);
}

static void test_a_store_lends_all_that_it_has_together(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    peers_grant(&world, 2, "w1", 500);
    peers_grant(&world, 0, "w1", 50);
    peers_wish(&world, 0, "w1", 1000);
    peers_run(&world, 60000);
    assert_int_equal(world.tills[0].told, 1);
    assert_int_equal(peers_available(&world, 0, "w1"), 850);
    assert_int_equal(world.tills[0].got_count, 1); /* two loans of one account */
    assert_int_equal(vn_counters_available(&world.tills[0].got[0]), 850);
    /* And what was borrowed is lent on. */
    peers_wish(&world, 1, "w1", 850);
    peers_run(&world, 60000);
    assert_int_equal(peers_available(&world, 1, "w1"), 850);
    assert_int_equal(peers_open_gives(&world), 0);
    peers_destroy(&world);
}

static void test_nobody_has_it_or_nobody_is_there(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_wish(&world, 0, "w1", 10);
    peers_run(&world, 50);
    assert_int_equal(world.tills[0].told, 1);
    assert_int_equal(world.tills[0].got_count, 0);
    world.tills[1].deaf = world.tills[2].deaf = true;
    peers_wish(&world, 0, "w1", 10);
    peers_run(&world, VN_PEER_HAVE_MS + 10);
    assert_int_equal(world.tills[0].told, 2);
    assert_string_equal(peers_trouble(&world, 0, 1), "");
    peers_run(&world, VN_PEER_WAIT_MS);
    assert_string_equal(peers_trouble(&world, 0, 1), "no answer");
    world.tills[1].deaf = false; /* one of two is enough */
    peers_grant(&world, 1, "w1", 10);
    peers_wish(&world, 0, "w1", 10);
    peers_run(&world, VN_PEER_WAIT_MS);
    assert_int_equal(world.tills[0].told, 3);
    assert_int_equal(peers_available(&world, 0, "w1"), 10);
    assert_string_equal(peers_trouble(&world, 0, 1), "");
    peers_destroy(&world);
}

static void test_a_greeting_says_who_is_there_and_borrows_nothing(void **state)
{
    (void)state;
    static struct peer_world world;
    static struct vn_peer_info info;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    world.tills[2].deaf = true;
    vn_peer_greet(world.tills[0].peer);
    peers_wish(&world, 0, "w1", 100); /* at the same moment */
    peers_run(&world, VN_PEER_WAIT_MS + 10);
    vn_peer_info(world.tills[0].peer, &info);
    assert_true(info.neighbours[0].answered);
    assert_false(info.neighbours[1].answered);
    assert_int_equal(world.tills[0].told, 1);
    assert_int_equal(peers_available(&world, 0, "w1"), 100);
    peers_destroy(&world);
}

static void test_a_look_says_what_there_is_and_borrows_nothing(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    struct world_till *till = &world.tills[0];
    peers_grant(&world, 1, "w1", 300);
    peers_grant(&world, 2, "w1", 200);
    peers_grant(&world, 2, "w2", 900);
    peers_grant(&world, 0, "w1", 70); /* its own do not count */
    assert_true(vn_peer_look(till->peer, "w1"));
    assert_false(vn_peer_look(till->peer, "w2")); /* its answer has to come first */
    peers_run(&world, 100);
    assert_int_equal(till->looked, 1);
    assert_int_equal(till->nearby, 500);
    assert_int_equal(till->nearby_answered, 2);
    assert_int_equal(till->told, 0);
    assert_int_equal(peers_available(&world, 0, "w1"), 70);
    world.tills[2].deaf = true; /* who does not answer is not waited for longer than for a loan */
    assert_true(vn_peer_look(till->peer, "w1"));
    peers_run(&world, VN_PEER_WAIT_MS + 10);
    assert_int_equal(till->looked, 2);
    assert_int_equal(till->nearby, 300);
    assert_int_equal(till->nearby_answered, 1);
    peers_run(&world, 60000);
    assert_true(vn_peer_look(till->peer, "w1")); /* who needs it at once does not wait for a look */
    peers_wish(&world, 0, "w1", 100);
    assert_false(vn_peer_look(till->peer, "w1"));
    peers_run(&world, 60000);
    assert_int_equal(till->looked, 2);
    assert_int_equal(till->told, 1);
    assert_int_equal(peers_available(&world, 0, "w1"), 170);
    assert_int_equal(peers_available_in_all(&world, "w1"), 570);
    peers_destroy(&world);
}

static void test_a_wish_that_another_replaces_is_not_answered(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    peers_grant(&world, 1, "w2", 300);
    for (int64_t ms = 0; ms < 12; ms++) {
        unsigned told = world.tills[0].told;
        peers_wish(&world, 0, "w1", 10);
        peers_run(&world, ms);
        bool done = world.tills[0].told > told;
        peers_wish(&world, 0, "w2", 10);
        peers_run(&world, 60000);
        assert_int_equal(world.tills[0].told, told + (done ? 2 : 1));
        assert_string_equal(world.tills[0].got[0].account, "w2");
        assert_int_equal(peers_available_in_all(&world, "w1"), 300);
        assert_int_equal(peers_available_in_all(&world, "w2"), 300);
        assert_int_equal(peers_open_gives(&world), 0);
    }
    peers_destroy(&world);
}

/* One loan, with one thing going wrong at step `step`; false: there is no such step. */
static bool one_loan(enum world_fault fault, int64_t step)
{
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    peers_grant(&world, 2, "w1", 200);
    world.step = 0;
    world.fault = fault;
    world.fault_step = step;
    uint64_t life = world.tills[0].life;
    peers_wish(&world, 0, "w1", 400);
    peers_run(&world, VN_PEER_WAIT_MS + 10);
    int64_t borrowed = peers_available(&world, 0, "w1");
    if (world.tills[0].life == life) { /* the cashier hears in time, and of what is there */
        assert_int_equal(world.tills[0].told, 1);
        int64_t told = world.tills[0].got_count == 0 ? 0 : vn_counters_available(&world.tills[0].got[0]);
        assert_int_equal(told, borrowed);
    }
    assert_true(borrowed <= 400);
    assert_true(peers_available_in_all(&world, "w1") <= 500); /* never in two places */
    peers_run(&world, 900000);
    assert_int_equal(peers_open_gives(&world), 0); /* nothing is stuck */
    assert_int_equal(peers_available_in_all(&world, "w1"), 500);
    bool reached = world.step >= step;
    peers_destroy(&world);
    return reached;
}

static void check_each_step(enum world_fault fault, int64_t least)
{
    int64_t step = 1;
    while (one_loan(fault, step)) {
        step++;
    }
    assert_true(step > least);
}

static void test_each_message_of_a_loan_can_be_lost(void **state)
{
    (void)state;
    check_each_step(FAULT_LOSE, 15);
}

static void test_a_till_can_die_before_each_step_of_a_loan(void **state)
{
    (void)state;
    check_each_step(FAULT_CRASH, 15);
}

static void test_a_till_can_die_after_each_step_of_a_loan(void **state)
{
    (void)state;
    check_each_step(FAULT_CRASH_DONE, 15);
}

static void cut_off_in_the_midst(struct peer_world *world, struct world_message *message)
{
    if (message->is_reply && strcmp(message->path, VN_PEER_LEND_PATH) == 0) {
        world->tills[0].deaf = true;
    }
}

/* The borrower is away for a week; his lender waits, and no time-out gives anything back. */
static void test_a_give_waits_for_its_borrower(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    world.twist = cut_off_in_the_midst;
    peers_wish(&world, 0, "w1", 300);
    peers_run(&world, 60000);
    world.twist = NULL;
    assert_int_equal(peers_open_gives(&world), 1);
    assert_int_equal(peers_available_in_all(&world, "w1"), 0);
    peers_run(&world, INT64_C(86400000)); /* a day */
    peers_crash(&world, 1);
    peers_run(&world, 3600000);
    assert_int_equal(peers_open_gives(&world), 1);
    assert_string_equal(peers_trouble(&world, 1, 0), "no answer");
    world.tills[0].deaf = false;
    peers_wish(&world, 0, "w2", 1); /* it is seen again */
    peers_run(&world, 2 * VN_PEER_AGAIN_MIN_MS + VN_PEER_END_MS);
    assert_int_equal(peers_open_gives(&world), 0);
    assert_int_equal(peers_available(&world, 1, "w1"), 300);
    peers_destroy(&world);
}

/* Till 1, which has most: after it has said so, or after it has journaled its give. */
static void fall_silent(struct peer_world *world, struct world_message *message)
{
    if (message->is_reply && strcmp(message->path, VN_PEER_HAVE_PATH) == 0 && message->to == 2) {
        world->tills[1].deaf = true;
    }
}

static void fall_silent_later(struct peer_world *world, struct world_message *message)
{
    if (message->is_reply && strcmp(message->path, VN_PEER_LEND_PATH) == 0 && message->to == 1) {
        world->tills[1].deaf = true;
    }
}

/* The next one lends, within what a cashier waits; the first has its own again when it is back. */
static void test_the_next_neighbour_is_asked_when_one_falls_silent(void **state)
{
    (void)state;
    static struct peer_world world;
    for (int later = 0; later < 2; later++) {
        peers_create(&world);
        peers_grant(&world, 1, "w1", 500);
        peers_grant(&world, 2, "w1", 300);
        world.twist = later == 0 ? fall_silent : fall_silent_later;
        peers_wish(&world, 0, "w1", 300);
        peers_run(&world, VN_PEER_LEND_MS - 20);
        assert_int_equal(world.tills[0].told, later);
        peers_run(&world, 60);
        assert_int_equal(world.tills[0].told, 1);
        assert_int_equal(peers_available(&world, 0, "w1"), 300);
        assert_int_equal(peers_available(&world, 2, "w1"), 0);
        assert_int_equal(peers_available(&world, 1, "w1"), later == 0 ? 500 : 200);
        assert_string_equal(peers_trouble(&world, 0, 1), "no answer");
        world.twist = NULL;
        world.tills[1].deaf = false;
        peers_run(&world, 900000);
        assert_int_equal(peers_open_gives(&world), 0);
        assert_int_equal(peers_available(&world, 1, "w1"), 500);
        assert_int_equal(peers_available_in_all(&world, "w1"), 800);
        peers_destroy(&world);
    }
}

static void test_a_till_that_is_off_is_not_waited_for_twice(void **state)
{
    (void)state;
    static struct peer_world world;
    peers_create(&world);
    peers_grant(&world, 1, "w1", 300);
    world.tills[2].deaf = true;
    peers_wish(&world, 0, "w1", 100);
    peers_run(&world, VN_PEER_HAVE_MS - 10);
    assert_int_equal(world.tills[0].told, 0); /* it could have more */
    peers_run(&world, VN_PEER_WAIT_MS);
    assert_int_equal(world.tills[0].told, 1);
    peers_wish(&world, 0, "w1", 100);
    peers_run(&world, 20);
    assert_int_equal(world.tills[0].told, 2);
    assert_int_equal(peers_available(&world, 0, "w1"), 200);
    peers_run(&world, VN_PEER_WAIT_MS);
    peers_grant(&world, 2, "w1", 50);
    world.tills[2].deaf = false; /* on again; without it there is too little */
    peers_wish(&world, 0, "w1", 150);
    peers_run(&world, VN_PEER_WAIT_MS);
    assert_int_equal(peers_available(&world, 0, "w1"), 350);
    peers_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_till_borrows_from_the_one_that_has_most),
        cmocka_unit_test(test_a_store_lends_all_that_it_has_together),
        cmocka_unit_test(test_nobody_has_it_or_nobody_is_there),
        cmocka_unit_test(test_a_greeting_says_who_is_there_and_borrows_nothing),
        cmocka_unit_test(test_a_look_says_what_there_is_and_borrows_nothing),
        cmocka_unit_test(test_a_wish_that_another_replaces_is_not_answered),
        cmocka_unit_test(test_each_message_of_a_loan_can_be_lost),
        cmocka_unit_test(test_a_till_can_die_before_each_step_of_a_loan),
        cmocka_unit_test(test_a_till_can_die_after_each_step_of_a_loan),
        cmocka_unit_test(test_a_give_waits_for_its_borrower),
        cmocka_unit_test(test_the_next_neighbour_is_asked_when_one_falls_silent),
        cmocka_unit_test(test_a_till_that_is_off_is_not_waited_for_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
