/* What the chain's office does while the stores sell, and what must be seen of it at all tills: rulesets with rising numbers,
 * cards that are blocked and freed again; and a look at each till now and then, at numbers that never fall. */
#ifndef SIM_WORLD_OFFICE_H
#define SIM_WORLD_OFFICE_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_OFFICE_TILLS 64
#define SIM_SPARE_CARDS  3 /* nobody shops with them */

struct sim_world;

struct sim_office {
    int64_t ruleset; /* published last */
    bool blocked[SIM_SPARE_CARDS];
    struct sim_seen {
        int64_t starts; /* of the program; it counts on from there */
        int64_t seq, durable, ruleset;
    } seen[SIM_OFFICE_TILLS];
    bool revoked; /* the spare till is */
};

/* In a fiber of its own, until world->closing. */
void sim_office_begin(struct sim_world *world);
/* technician.c: somebody who clears caches after power cuts. The same. */
void sim_technician_begin(struct sim_world *world);
/* After the drain, in a fiber of the operator's: all tills agree with the office, and with the hub on members. */
void sim_office_check(struct sim_world *world);

#endif
