/* Many seeds, in several processes at once, for as long as there is time. */
#ifndef SIM_RUNS_BATCH_H
#define SIM_RUNS_BATCH_H

#include "tests/sim/world/world.h"

#define SIM_JOBS_MAX 64

struct sim_batch {
    struct sim_options options; /* the first seed's */
    uint64_t seeds;             /* at most */
    unsigned jobs;              /* 1: in this process */
    int64_t seconds;            /* after which no seed is begun; 0: no limit */
};

struct sim_batch_sum {
    uint64_t seeds, failed, first_failed; /* that one is the smallest of them */
    int64_t sales;
};

/* Each seed's result is told to standard output; what was covered is added up here (coverage.h). A process that dies is a seed
 * that failed, and another one goes on. */
void sim_batch_run(const struct sim_batch *batch, struct sim_batch_sum *out);

#endif
