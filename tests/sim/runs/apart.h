/* One simulation in a child of its own: it may abort, or never end, and whoever started it goes on. */
#ifndef SIM_RUNS_APART_H
#define SIM_RUNS_APART_H

#include "tests/sim/world/world.h"

/* Why a run is bad; all 0: it is not. */
struct sim_trouble {
    unsigned invariant; /* broken first */
    int signal;         /* that ended the program: SIGALRM, it took too long */
    int status;         /* with which it ended by itself */
};

struct sim_apart {
    struct sim_result result; /* of a run that came to its end */
    struct sim_trouble trouble;
    int64_t wall_ms; /* that it took */
};

/* Blocks until it has ended, at most that many seconds. What it says goes to `out_fd`; -1: nowhere. */
void sim_run_apart(const struct sim_options *options, unsigned seconds, int out_fd, struct sim_apart *out);
bool sim_is_trouble(const struct sim_trouble *trouble);
/* "breaks invariant 5 (...)", "ends by signal 6", ... */
void sim_trouble_text(const struct sim_trouble *trouble, char *out, size_t size);
/* Of the machine that runs the simulator, for time-outs. */
int64_t sim_real_ms(void);
/* Memory that parent and children share, filled with zeros. Aborts without it. */
void *sim_shared(size_t size);
void sim_shared_free(void *memory, size_t size);

#endif
