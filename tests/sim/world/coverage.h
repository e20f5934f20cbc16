/* What was reached, by name and how often: of one run of many seeds, across its worlds. */
#ifndef SIM_WORLD_COVERAGE_H
#define SIM_WORLD_COVERAGE_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_COVERED_MAX  4096 /* names */
#define SIM_COVERED_NAME 80

struct sim_covered {
    struct sim_covered_slot {
        char name[SIM_COVERED_NAME]; /* "": none */
        int64_t times;
    } slots[SIM_COVERED_MAX];
};

void sim_cover(const char *what);
void sim_cover_times(const char *what, int64_t times);
int64_t sim_covered(const char *what);
/* Of one process for another: all that was counted, to begin anew, and to add another one's. */
void sim_coverage_take(struct sim_covered *out);
void sim_coverage_forget(void);
void sim_coverage_add(const struct sim_covered *more);
/* A table to standard output, with 0 for what is on the lists of what must be reached and was not. */
void sim_coverage_print(void);
/* How many of those on the list were not reached; each is told. */
unsigned sim_coverage_missing(void);
/* Counts the events in what a program logged, the first word behind time and level; of some also what they say, and of the
 * uplink's states which came after which. */
void sim_cover_log(const char *who, const char *text, uint64_t len);

#endif
