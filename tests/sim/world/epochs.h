/* What the hub says of its epoch when it takes entries: it begins a new one when it was set back, and then only (decision 20). */
#ifndef SIM_WORLD_EPOCHS_H
#define SIM_WORLD_EPOCHS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/bytes.h"

struct sim_world;

struct sim_epochs {
    int64_t last;  /* that a till was told; 0: none yet, or the hub can't know of it any more */
    int64_t least; /* that a till may be told from now on */
    bool told;     /* what is wrong with it */
};

/* The body of an answer that takes entries. */
void sim_epochs_see(struct sim_world *world, struct vn_view answered);
/* A backup is put back by an operator, beside the mark of what was there: before any till is answered there is a new epoch. */
void sim_epochs_restored(struct sim_epochs *epochs);
/* The machine is again as it was, and a till has to tell it. */
void sim_epochs_reverted(struct sim_epochs *epochs);

#endif
