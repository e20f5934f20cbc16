/* Who was revoked, and that the hub gives them nothing from then on: each answer of the hub is looked at when it is given, not
 * what the till says of itself. */
#ifndef SIM_WORLD_REVOKED_H
#define SIM_WORLD_REVOKED_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"

#define SIM_IDENTITIES 256

struct sim_world;
struct sim_machine;

struct sim_revocations {
    unsigned count;
    struct sim_identity {
        char name[VN_PEER_NAME_MAX]; /* in its certificate */
        char host[32];               /* where it was seen first */
        bool revoked;
        bool unkept;        /* the hub told the operator that it could not write it beside its database */
        int64_t revoked_ns; /* when the operator was told so */
    } seen[SIM_IDENTITIES];
};

/* Begins to look at the hub's answers. */
void sim_revocations_watch(struct sim_world *world);
/* An operator revokes all that this till is at the hub; false: the hub refuses. In a fiber. */
bool sim_revoke(struct sim_world *world, const struct sim_machine *till);
/* A backup of before is restored: who was revoked, and could not be noted outside of the database, may be served. */
void sim_revocations_restored(struct sim_world *world);
/* The hub's disk is again as it was then: who was revoked since may be served. */
void sim_revocations_forgotten(struct sim_world *world, int64_t since_ns);

#endif
