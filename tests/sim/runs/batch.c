#include "tests/sim/runs/batch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/runs/apart.h"
#include "tests/sim/world/coverage.h"

#define TOLD_AT_ONCE (1 << 20) /* bytes of one seed, so that those of two processes don't mix */

/* One process's place in the memory that all share. */
struct seat {
    pid_t pid; /* 0: nobody's */
    bool busy; /* with this seed */
    uint64_t seed;
    struct sim_batch_sum sum;
    struct sim_covered covered;
};

struct table {
    atomic_uint_fast64_t next; /* seed's place among all */
    struct seat seats[];
};

static void note_failed(struct sim_batch_sum *sum, uint64_t seed)
{
    sum->first_failed = sum->failed == 0 || seed < sum->first_failed ? seed : sum->first_failed;
    sum->failed++;
}

static void run_one(const struct sim_options *options, struct sim_batch_sum *sum)
{
    struct sim_result result;
    sim_world_run(options, &result);
    (void)printf("seed %llu: %s, %lld sales in %lld simulated minutes, digest %016llx\n",
                 (unsigned long long)options->seed, result.violations == 0 ? "ok" : "FAILED",
                 (long long)result.sales, (long long)(result.simulated_ms / 60000),
                 (unsigned long long)result.digest);
    (void)fflush(stdout);
    sum->seeds++;
    sum->sales += result.sales;
    if (result.violations > 0) {
        note_failed(sum, options->seed);
    }
}

static bool is_late(const struct sim_batch *batch, int64_t begun_ms)
{
    return batch->seconds > 0 && sim_real_ms() - begun_ms >= batch->seconds * 1000;
}

/* One after the other, as long as there are any. */
static void run_in_turn(const struct sim_batch *batch, int64_t begun_ms, struct table *table,
                        struct seat *seat)
{
    for (;;) {
        uint64_t place = atomic_fetch_add(&table->next, 1);
        struct sim_options options = batch->options;
        if (place >= batch->seeds || is_late(batch, begun_ms)) {
            return;
        }
        options.seed += place;
        seat->seed = options.seed;
        seat->busy = true;
        run_one(&options, &seat->sum);
        seat->busy = false;
    }
}

static void employ(const struct sim_batch *batch, int64_t begun_ms, struct table *table, struct seat *seat)
{
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        perror("sim: no child");
        abort();
    }
    if (pid == 0) {
        (void)setvbuf(stdout, NULL, _IOFBF, TOLD_AT_ONCE);
        sim_coverage_forget();
        run_in_turn(batch, begun_ms, table, seat);
        sim_coverage_take(&seat->covered);
        _exit(0);
    }
    seat->pid = pid;
}

static void add_up(const struct seat *seat, struct sim_batch_sum *out)
{
    out->seeds += seat->sum.seeds;
    out->sales += seat->sum.sales;
    if (seat->sum.failed > 0) {
        note_failed(out, seat->sum.first_failed);
        out->failed += seat->sum.failed - 1;
    }
    sim_coverage_add(&seat->covered);
}

/* Another process takes the place of one that died. */
static void died(const struct sim_batch *batch, int64_t begun_ms, struct table *table, struct seat *seat,
                 int status)
{
    (void)printf("seed %llu: FAILED, its process ended by signal %d\n", (unsigned long long)seat->seed,
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    seat->sum.seeds++;
    note_failed(&seat->sum, seat->seed);
    seat->busy = false;
    employ(batch, begun_ms, table, seat);
}

void sim_batch_run(const struct sim_batch *batch, struct sim_batch_sum *out)
{
    unsigned jobs = batch->jobs < 1 ? 1 : batch->jobs;
    size_t size = sizeof(struct table) + jobs * sizeof(struct seat);
    struct table *table = sim_shared(size);
    int64_t begun_ms = sim_real_ms();
    unsigned working = 0;
    *out = (struct sim_batch_sum){0};
    if (jobs == 1) {
        run_in_turn(batch, begun_ms, table, &table->seats[0]);
        add_up(&table->seats[0], out);
    } else {
        for (; working < jobs; working++) {
            employ(batch, begun_ms, table, &table->seats[working]);
        }
    }
    while (working > 0) {
        int status = 0;
        pid_t pid = wait(&status);
        for (unsigned i = 0; i < jobs; i++) {
            struct seat *seat = &table->seats[i];
            if (seat->pid != pid) {
                continue;
            }
            if (seat->busy) {
                died(batch, begun_ms, table, seat, status);
            } else {
                add_up(seat, out);
                seat->pid = 0;
                working--;
            }
        }
    }
    sim_shared_free(table, size);
}
