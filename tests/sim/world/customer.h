/* Who comes to a till next, and what he means to do: most at the store near their home, some always at the same till, with
 * points, coupons, either of two cards, or none that he remembered; now and then two of a family at two tills. One is an
 * adversary: he goes to each till that is cut off, one after the other, and takes all that he is offered. */
#ifndef SIM_WORLD_CUSTOMER_H
#define SIM_WORLD_CUSTOMER_H

#include <stdbool.h>
#include <stdint.h>

struct sim_world;

enum sim_spend { SIM_SPENDS_NOTHING, SIM_SPENDS_SOME, SIM_SPENDS_ALL };

struct sim_visit {
    unsigned member; /* 0: none, or he forgot his card */
    unsigned coupon; /* 0: none */
    bool second_card, adversary;
    enum sim_spend spend;
};

#define SIM_CUSTOMER_TILLS 64

struct sim_customers {
    bool visited[SIM_CUSTOMER_TILLS]; /* by the adversary, since it was cut off */
    unsigned hot_coupon;              /* somebody else has the same one, and comes at once; 0: none */
    int64_t hot_until_ns;
    unsigned hot_member; /* somebody of his family shops, too; 0: nobody */
    bool hot_card;       /* he has the second one */
    int64_t family_until_ns;
};

/* At the till of that number. */
void sim_visit_next(struct sim_world *world, unsigned till, struct sim_visit *out);

#endif
