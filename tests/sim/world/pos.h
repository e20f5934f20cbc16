/* A POS at a till, with its cashier and customers: sells through the local API as docs/integrator.md says, in a fiber of its
 * own, and tells the oracle what it printed. What got no answer it asks again, with the same words, until it gets one. */
#ifndef SIM_WORLD_POS_H
#define SIM_WORLD_POS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_world;

struct sim_pos {
    struct sim_world *world;
    unsigned number; /* of its till among the world's */
    char name[16];   /* of the POS, in sale keys */
    int64_t receipts, sales, answers, retries, refused, repeats;
    int64_t answered_start; /* which start of its agent answered it last */
    bool done, gave_up;
};

void sim_pos_start(struct sim_world *world, unsigned number);
/* One receipt more, after the last day. */
void sim_pos_sell_once(struct sim_world *world, unsigned number);

#endif
