/* Which of its clocks the hub goes by when they contradict each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/hub/core/clock_guard.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)
#define YEAR_MS (365 * DAY_MS)
#define LAST_MS INT64_C(1795334400000) /* when the hub last ran */

/* A machine whose wall clock can be set. */
struct machine {
    int64_t wall_ms, mono_ms;
    struct vn_clock_guard guard;
    struct vn_clock clock; /* the guard's */
};

static int64_t machine_wall(void *ctx)
{
    return ((struct machine *)ctx)->wall_ms;
}

static int64_t machine_mono(void *ctx)
{
    return ((struct machine *)ctx)->mono_ms * 1000000;
}

/* The hub starts, and its machine says this. */
static void start(struct machine *machine, int64_t known_ms, int64_t wall_ms)
{
    *machine = (struct machine){.wall_ms = wall_ms, .mono_ms = 12345};
    vn_clock_guard_init(&machine->guard, (struct vn_clock){machine_wall, machine_mono, machine}, known_ms);
    machine->clock = vn_clock_guard_clock(&machine->guard);
}

static void pass(struct machine *machine, int64_t ms)
{
    machine->wall_ms += ms;
    machine->mono_ms += ms;
}

static int64_t now(struct machine *machine)
{
    return vn_clock_wall_ms(&machine->clock);
}

static bool is_doubted(struct machine *machine)
{
    return vn_clock_guard_look(&machine->guard).doubted;
}

static void test_a_machine_that_is_near_what_is_known_is_believed(void **state)
{
    static const int64_t apart_ms[] = {0, 50, -50, 5000, -5000, VN_CLOCK_STEP_MS, -VN_CLOCK_STEP_MS};
    struct machine machine;
    (void)state;
    for (size_t i = 0; i < sizeof apart_ms / sizeof apart_ms[0]; i++) {
        start(&machine, LAST_MS, LAST_MS + apart_ms[i]);
        assert_int_equal(now(&machine), LAST_MS + apart_ms[i]);
        assert_false(is_doubted(&machine));
        pass(&machine, 40 * DAY_MS); /* it runs on */
        assert_int_equal(now(&machine), machine.wall_ms);
        assert_int_equal(vn_clock_mono_ns(&machine.clock), machine.mono_ms * 1000000);
    }
    start(&machine, 0, LAST_MS + 30 * YEAR_MS); /* nothing is known */
    assert_int_equal(now(&machine), LAST_MS + 30 * YEAR_MS);
    assert_false(is_doubted(&machine));
    vn_clock_guard_know(&machine.guard, 0);
    assert_false(is_doubted(&machine));
    vn_clock_guard_know(&machine.guard, LAST_MS); /* what the tills were told */
    assert_int_equal(now(&machine), LAST_MS);
    vn_clock_guard_know(&machine.guard, LAST_MS + 30 * YEAR_MS); /* the first word counts */
    assert_int_equal(now(&machine), LAST_MS);
}

static void test_a_clock_that_jumps_for_ten_seconds_moves_nothing(void **state)
{
    static const int64_t jumps_ms[] = {VN_CLOCK_STEP_MS + 1, 10 * YEAR_MS, -VN_CLOCK_STEP_MS - 1,
                                       -10 * YEAR_MS};
    struct machine machine;
    (void)state;
    for (size_t i = 0; i < sizeof jumps_ms / sizeof jumps_ms[0]; i++) {
        start(&machine, LAST_MS, LAST_MS);
        pass(&machine, HOUR_MS);
        assert_int_equal(now(&machine), LAST_MS + HOUR_MS);
        machine.wall_ms += jumps_ms[i];
        assert_int_equal(now(&machine), LAST_MS + HOUR_MS);
        pass(&machine, 10000);
        assert_int_equal(now(&machine), LAST_MS + HOUR_MS + 10000); /* it counts on */
        struct vn_clock_view view = vn_clock_guard_look(&machine.guard);
        assert_true(view.doubted);
        assert_int_equal(view.machine_ms, machine.wall_ms);
        assert_int_equal(view.hub_ms, LAST_MS + HOUR_MS + 10000);
        machine.wall_ms -= jumps_ms[i];
        assert_int_equal(now(&machine), machine.wall_ms);
        assert_false(is_doubted(&machine));
    }
}

static void test_a_hub_that_was_off_for_a_month_is_told_by_two_tills(void **state)
{
    struct machine machine;
    (void)state;
    start(&machine, LAST_MS, LAST_MS + 30 * DAY_MS);
    assert_int_equal(now(&machine), LAST_MS);
    /* what they sold when the hub went away, and since then, comes first */
    assert_false(vn_clock_guard_heard(&machine.guard, 1, LAST_MS + 60000, 3));
    assert_false(vn_clock_guard_heard(&machine.guard, 2, LAST_MS + 9 * DAY_MS, 3));
    assert_false(vn_clock_guard_heard(&machine.guard, 2, machine.wall_ms - 1000, 3));
    assert_false(
        vn_clock_guard_heard(&machine.guard, 2, machine.wall_ms - 900, 3)); /* the same till once more */
    assert_true(is_doubted(&machine));
    assert_true(vn_clock_guard_heard(&machine.guard, 1, machine.wall_ms + VN_CLOCK_AGREE_MS, 3));
    assert_false(is_doubted(&machine));
    assert_int_equal(now(&machine), LAST_MS + 30 * DAY_MS);
    assert_false(vn_clock_guard_heard(&machine.guard, 1, machine.wall_ms, 3)); /* that was settled */
}

static void test_the_one_till_of_a_chain_is_enough(void **state)
{
    struct machine machine;
    (void)state;
    start(&machine, LAST_MS, LAST_MS + 30 * DAY_MS);
    assert_false(vn_clock_guard_heard(&machine.guard, 1, machine.wall_ms - VN_CLOCK_AGREE_MS - 1, 1));
    assert_true(vn_clock_guard_heard(&machine.guard, 1, machine.wall_ms - VN_CLOCK_AGREE_MS, 1));
    start(&machine, LAST_MS, LAST_MS - 30 * DAY_MS); /* it had run ahead before, and was set */
    assert_true(vn_clock_guard_heard(&machine.guard, 1, machine.wall_ms, 1));
    assert_int_equal(now(&machine), LAST_MS - 30 * DAY_MS);
}

static void test_tills_that_agree_with_the_count_outvote_the_machine(void **state)
{
    struct machine machine;
    (void)state;
    start(&machine, LAST_MS, LAST_MS + 10 * YEAR_MS);
    for (int64_t till = 1; till <= 2; till++) {
        assert_false(vn_clock_guard_heard(&machine.guard, till, LAST_MS, 9));
    }
    for (int64_t till = 3; till <= 4; till++) { /* two of a box of the same server, as wrong as the hub's */
        assert_false(vn_clock_guard_heard(&machine.guard, till, machine.wall_ms, 9));
    }
    assert_int_equal(now(&machine), LAST_MS);
    assert_true(vn_clock_guard_heard(&machine.guard, 2, machine.wall_ms, 9)); /* it was on its backlog */
}

static void test_more_tills_than_are_kept_are_heard(void **state)
{
    struct machine machine;
    (void)state;
    start(&machine, LAST_MS, LAST_MS + YEAR_MS);
    for (int64_t till = 1; till <= 3 * VN_CLOCK_VOTES_MAX; till++) {
        assert_false(vn_clock_guard_heard(&machine.guard, till, LAST_MS, 100));
    }
    assert_int_equal(machine.guard.vote_count, VN_CLOCK_VOTES_MAX);
    int64_t till = 1000;
    while (!vn_clock_guard_heard(&machine.guard, till, machine.wall_ms, 100)) {
        till++;
    }
    assert_int_equal(till, 1000 + VN_CLOCK_VOTES_MAX / 2); /* more than half of those that are kept */
}

static void test_a_person_can_say_that_the_machine_is_right(void **state)
{
    struct machine machine;
    (void)state;
    start(&machine, LAST_MS, LAST_MS + YEAR_MS);
    assert_int_equal(now(&machine), LAST_MS);
    vn_clock_guard_accept(&machine.guard);
    assert_false(is_doubted(&machine));
    assert_int_equal(now(&machine), LAST_MS + YEAR_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_machine_that_is_near_what_is_known_is_believed),
        cmocka_unit_test(test_a_clock_that_jumps_for_ten_seconds_moves_nothing),
        cmocka_unit_test(test_a_hub_that_was_off_for_a_month_is_told_by_two_tills),
        cmocka_unit_test(test_the_one_till_of_a_chain_is_enough),
        cmocka_unit_test(test_tills_that_agree_with_the_count_outvote_the_machine),
        cmocka_unit_test(test_more_tills_than_are_kept_are_heard),
        cmocka_unit_test(test_a_person_can_say_that_the_machine_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
