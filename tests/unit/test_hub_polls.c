/* Long-polls in their buckets and on the wheel: exactly those wake whose store was touched or whose patience ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sync/hub/feed/polls.h"

#define TILLS  2000
#define STORES 300

struct till {
    struct vn_poll poll; /* first: a poll is cast back to its till */
    unsigned store;
    int64_t until; /* tick at which it is answered at the latest; 0: it does not wait */
    bool due;      /* must be in the queue */
};

static uint64_t seed;

static unsigned random_below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static void name(unsigned store, char out[VN_ID_MAX])
{
    (void)snprintf(out, VN_ID_MAX, "store-%u", store);
}

static int setup(void **state)
{
    struct vn_polls *polls = NULL;
    assert_int_equal(vn_polls_create(&polls), VN_OK);
    *state = polls;
    return 0;
}

static int teardown(void **state)
{
    vn_polls_destroy(*state);
    return 0;
}

static void test_only_the_touched_store_wakes(void **state)
{
    struct vn_polls *polls = *state;
    struct vn_poll a = {0}, b = {0}, c = {0};
    assert_int_equal(vn_polls_add(polls, &a, "s1", 10), VN_OK);
    assert_int_equal(vn_polls_add(polls, &b, "s2", 10), VN_OK);
    assert_int_equal(vn_polls_add(polls, &c, "s1", 10), VN_OK);
    vn_polls_touch(polls, "s3");
    assert_null(vn_polls_take(polls));
    vn_polls_touch(polls, "s1");
    assert_int_equal(vn_polls_queued(polls), 2);
    struct vn_poll *first = vn_polls_take(polls);
    struct vn_poll *second = vn_polls_take(polls);
    assert_true((first == &a && second == &c) || (first == &c && second == &a));
    assert_false(first->expired);
    assert_null(vn_polls_take(polls));
    assert_int_equal(vn_polls_count(polls), 1);
    vn_polls_remove(polls, &b);
    vn_polls_remove(polls, &b);
    assert_int_equal(vn_polls_count(polls), 0);
}

/* Never sooner than asked: the second that runs when one begins to wait is not a whole one. */
static void test_patience_ends_in_the_second_after(void **state)
{
    struct vn_polls *polls = *state;
    struct vn_poll a = {0};
    for (unsigned wait = 1; wait <= VN_POLL_WAIT_S_MAX; wait++) {
        assert_int_equal(vn_polls_add(polls, &a, "s1", wait), VN_OK);
        for (unsigned i = 0; i < wait; i++) {
            vn_polls_tick(polls);
            assert_null(vn_polls_take(polls));
        }
        vn_polls_tick(polls);
        assert_ptr_equal(vn_polls_take(polls), &a);
        assert_true(a.expired);
    }
    assert_int_equal(vn_polls_add(polls, &a, "s1", 0), VN_ARG);
    assert_int_equal(vn_polls_add(polls, &a, "s1", VN_POLL_WAIT_S_MAX + 1), VN_ARG);
}

static void test_the_end_answers_everybody(void **state)
{
    struct vn_polls *polls = *state;
    struct vn_poll a = {0}, b = {0};
    assert_int_equal(vn_polls_add(polls, &a, "s1", 5), VN_OK);
    assert_int_equal(vn_polls_add(polls, &b, "s2", 5), VN_OK);
    vn_polls_touch(polls, "s1");
    vn_polls_expire_all(polls);
    assert_ptr_equal(vn_polls_take(polls), &a);
    assert_true(a.expired);
    assert_ptr_equal(vn_polls_take(polls), &b);
    assert_true(b.expired);
    assert_null(vn_polls_take(polls));
}

static void take_all(struct vn_polls *polls, int64_t now, size_t due)
{
    struct vn_poll *poll;
    while ((poll = vn_polls_take(polls)) != NULL) {
        struct till *till = (struct till *)poll;
        assert_true(till->due);
        assert_int_equal(poll->expired, till->until == now);
        till->due = false;
        till->until = 0;
        due--;
    }
    assert_int_equal(due, 0);
}

/* Against a list that is looked through from end to end each time. */
static void test_random_waits_and_touches(void **state)
{
    struct vn_polls *polls = *state;
    struct till *tills = calloc(TILLS, sizeof *tills);
    assert_non_null(tills);
    seed = 20261122;
    for (int64_t now = 1; now < 400; now++) {
        char store[VN_ID_MAX];
        size_t due = 0, waiting = 0;
        for (unsigned i = 0; i < 200; i++) {
            struct till *till = &tills[random_below(TILLS)];
            unsigned wait = 1 + random_below(VN_POLL_WAIT_S_MAX);
            if (till->until == 0) {
                till->store = random_below(STORES);
                name(till->store, store);
                assert_int_equal(vn_polls_add(polls, &till->poll, store, wait), VN_OK);
                till->until = now + wait;
            } else if (random_below(4) == 0) { /* left by itself */
                vn_polls_remove(polls, &till->poll);
                till->until = 0;
            }
        }
        unsigned touched = random_below(STORES);
        bool all = random_below(100) == 0;
        name(touched, store);
        if (all) {
            vn_polls_touch_all(polls);
        } else {
            vn_polls_touch(polls, store);
        }
        vn_polls_tick(polls);
        for (unsigned i = 0; i < TILLS; i++) {
            struct till *till = &tills[i];
            bool woken = till->until > 0 && (all || till->store == touched);
            till->due = woken || (till->until > 0 && till->until <= now);
            if (till->due) {
                till->until = woken ? -1 : now;
                due++;
            }
            waiting += till->until != 0;
        }
        assert_int_equal(vn_polls_count(polls), waiting);
        assert_int_equal(vn_polls_queued(polls), due);
        take_all(polls, now, due);
    }
    vn_polls_expire_all(polls);
    while (vn_polls_take(polls) != NULL) {
    }
    free(tills);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_the_touched_store_wakes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patience_ends_in_the_second_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_answers_everybody, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_waits_and_touches, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
