/* A till of the first version among new ones, and what no hub can read or post.
 *
 * It is a model, not that version's program: its entries are of version 1, written as that version wrote them (by the encoder
 * that still can), and it takes frames of the feed as tills took them that did not know of shared ones. Now and then it sends
 * poison: an entry of a version or a kind that is not known yet, one that is no JSON, one that contradicts what is there. None of
 * these may hold up what comes behind it, and none may vanish: at the end each is in quarantine, and an operator gives it up
 * there.
 *
 * It shows what it was acknowledged. A hub that is set back twice in an hour, and hears so of this till first both times, takes
 * it for two, and ends its enrolment. Nobody hands its folder in: what it sold since is lost with it. */
#ifndef SIM_WORLD_ELDER_H
#define SIM_WORLD_ELDER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/store/enrolment.h"
#include "sync/wire/stamp.h"
#include "tests/sim/world/machine.h"

#define SIM_ELDER_ENTRIES 96
#define SIM_ELDER_BATCH   8

struct sim_world;

struct sim_elder {
    bool there; /* in this chain */
    bool ended; /* the hub takes nothing of it any more */
    struct sim_machine machine;
    struct vn_enrolment enrolment;
    uint8_t boot[VN_ID_BYTES];
    int64_t count, acked; /* entries; counted from 1 */
    int64_t sent; /* what the hub has, as it said last: less than was acknowledged when it was set back */
    struct sim_elder_entry {
        struct vn_buf body;
        struct vn_hash hash; /* of the chain up to it */
        bool poison;
        int64_t at_ms; /* by the true clock */
    } entries[SIM_ELDER_ENTRIES];
    unsigned receipts;
    int64_t counted; /* so far its counters of one right stand, in and out */
    int64_t sold_ms; /* the last one, by the true clock */
    struct vn_cursor cursor;
    int64_t frames;     /* of the feed that it took */
    int64_t contact_ns; /* when the hub agreed with it last */
};

/* In a fiber of the operator's, before the chain opens: it is enrolled. Then it sells by itself until world->closing, and is in
 * touch until _end. */
void sim_elder_begin(struct sim_world *world);
/* Whether the hub has all that it has. */
bool sim_elder_drained(const struct sim_world *world);
/* After the drain, in a fiber of the operator's: what is in quarantine is what was poison, and an operator can end it. */
void sim_elder_check(struct sim_world *world);
void sim_elder_deinit(struct sim_world *world);

#endif
