/* A whole chain of the simulator's in which memory runs out: sim_alloc till|hub [EACH [FROM]].
 *
 * One till and the hub sell as always; the n-th allocation of the one of them that is named fails, once, or for good: until its
 * program has ended or five seconds have passed. Each n is a run of its own, in a process of its own. It must not crash or go
 * on for ever, and all that the oracle asks holds. Of all allocations one in EACH is tried (500), from the FROM-th on. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/core/sim.h"
#include "tests/sim/failalloc.h"
#include "tests/sim/world/world.h"

#define FOR_GOOD_NS (5 * SIM_S)
#define EACH        500
#define PATIENCE_S  60 /* of a run that takes half a second */

static struct {
    const char *victim;
    const struct sim_proc *ran_out; /* whose memory it was */
    int64_t calm_ns;                /* -1: nothing failed so far */
    long nth;
} run;

static bool counts(void)
{
    const struct sim_proc *proc = sim_self_proc();
    if (proc == NULL || strcmp(sim_proc_name(proc), run.victim) != 0) {
        return false;
    }
    if (failalloc_count() >= run.nth && run.calm_ns < 0) {
        run.ran_out = proc;
        run.calm_ns = sim_now_ns() + FOR_GOOD_NS;
    }
    return run.calm_ns < 0 || (proc == run.ran_out && sim_now_ns() < run.calm_ns);
}

/* The exit code of the run's process: how many invariants are broken. `at`: how many allocations there were. */
static int play(long nth, bool for_good, long *at)
{
    const struct sim_options options = {
        .seed = 1, .days = 1, .stores = 1, .tills = 1, .members = 4, .sales = 5, .faults = 0};
    struct sim_result result;
    run.nth = nth;
    run.calm_ns = -1;
    failalloc_only(counts);
    failalloc_fail(nth, for_good);
    sim_world_run(&options, &result);
    (void)failalloc_calm();
    *at = failalloc_count();
    return result.violations > 100 ? 100 : (int)result.violations;
}

/* 0: all is well. */
static int play_apart(long nth, bool for_good)
{
    int status = 0;
    long count = 0;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(PATIENCE_S);
        int code = play(nth, for_good, &count);
        (void)fflush(stdout);
        _exit(code);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        abort();
    }
    if (WIFSIGNALED(status)) {
        (void)printf("allocation %ld of %s, %s: signal %d\n", nth, run.victim, for_good ? "for good" : "once",
                     WTERMSIG(status));
        return 1;
    }
    if (WEXITSTATUS(status) != 0) {
        (void)printf("allocation %ld of %s, %s: %d violations\n", nth, run.victim,
                     for_good ? "for good" : "once", WEXITSTATUS(status));
    }
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    long each = argc > 2 ? strtol(argv[2], NULL, 10) : EACH;
    long first = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    long all = 0;
    unsigned bad = 0, runs = 0;
    if (argc < 2 || each < 1 || first < 1 || (strcmp(argv[1], "till") != 0 && strcmp(argv[1], "hub") != 0)) {
        (void)fprintf(stderr, "usage: sim_alloc till|hub [EACH [FROM]]\n");
        return 2;
    }
    run.victim = argv[1][0] == 'h' ? "hub" : "s1t1";
    json_object_seed(1);
    failalloc_start();
    if (play(1000000000, false, &all) != 0) {
        return 1;
    }
    for (long nth = first; nth <= all; nth += each) {
        bad += play_apart(nth, false) != 0;
        bad += play_apart(nth, true) != 0;
        runs += 2;
    }
    (void)printf("%ld allocations of %s; %u runs, %u failed\n", all, run.victim, runs, bad);
    return bad == 0 ? 0 : 1;
}
