/* The search for the best set, held against trying everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/best_oracle.h"

struct bench {
    struct vn_best_search *search;
    struct vn_best_answer answer;
    struct problem problem, other;
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    assert_int_equal(vn_best_search_create(&bench->search), VN_OK);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    vn_best_search_destroy(bench->search);
    free(bench);
    return 0;
}

static void hold_against_trying_everything(struct bench *bench, uint64_t seed, unsigned cases, unsigned units,
                                           unsigned promotions)
{
    for (unsigned i = 0; i < cases; i++) {
        uint64_t of_case = seed;
        struct worth best;
        struct worth found;
        problem_make(&bench->problem, &seed, units, promotions);
        problem_try_all(&bench->problem, &best);
        vn_best_solve(bench->search, &bench->problem.head, &bench->answer);
        assert_true(best.admissible);
        assert_true(bench->answer.optimal && bench->answer.settled);
        problem_measure(&bench->problem, &bench->answer, &found);
        if (worth_compare(&bench->problem, &found, &best) != 0) {
            fail_msg("case %u, seed %llu: %lld, and trying everything gives %lld", i,
                     (unsigned long long)of_case, (long long)found.value, (long long)best.value);
        }
    }
}

static void test_small_problems_are_solved_as_by_trying_everything(void **state)
{
    hold_against_trying_everything(*state, 1, 20000, 5, 3);
    hold_against_trying_everything(*state, 2, 4000, 7, 3);
    hold_against_trying_everything(*state, 3, 4000, 6, 5);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_small_problems_are_solved_as_by_trying_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
