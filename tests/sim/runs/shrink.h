/* A smaller story that breaks the same invariant: with fewer faults, days, stores, tills, members and sales.
 *
 * What is left out is chosen greedily, one thing at a time; each attempt is a run of its own, in a child, with the same seed and,
 * should that be well, with the next few. A story that is cut short (fewer sales) begins as the longer one did; in any other the
 * dice fall differently from some point on. */
#ifndef SIM_RUNS_SHRINK_H
#define SIM_RUNS_SHRINK_H

#include "tests/sim/world/world.h"

struct sim_shrink_words {
    const char *program; /* for the line that replays it */
    const char *plant;   /* that is committed; NULL: none */
    unsigned runs;       /* at most */
};

/* Progress goes to standard error, the command line that replays the smallest story and that story's last lines to standard
 * output. False: the seed is well, and there is nothing to shrink. */
bool sim_shrink(const struct sim_options *options, const struct sim_shrink_words *words);
/* "sim --seed 3 --stores 1 ...": the line that replays it. */
void sim_replay_line(const struct sim_options *options, const struct sim_shrink_words *words, char *out,
                     size_t size);

#endif
