/* One sale as its POS sees it; for pos*.c alone. */
#ifndef SIM_WORLD_POS_SALE_H
#define SIM_WORLD_POS_SALE_H

#include "tests/sim/oracle/oracle.h"
#include "tests/sim/world/caller.h"
#include "tests/sim/world/customer.h"
#include "tests/sim/world/pos.h"

struct pos_sale {
    struct sim_pos *pos;
    struct sim_caller *caller;
    struct sim_visit visit;
    struct sim_sale facts;
    json_t *key, *basket;
    int64_t earns; /* by the outcome that was told last */
    int step;      /* of its hold */
    unsigned life; /* of the till's journal, when the sale began */
    bool held;     /* and the outcome of the hold is the one that is printed */
};

/* pos_call.c: until there is an answer that is about the request; it is the caller's. `body` is taken. */
json_t *sim_pos_ask(struct pos_sale *sale, const char *path, json_t *body, int *http);
/* The same for a step of a sale that is journaled: now and then the POS asks again after the answer, and must get the same. */
json_t *sim_pos_step(struct pos_sale *sale, const char *path, json_t *body, int *http);
int64_t sim_pos_number(const json_t *json, const char *key);
/* The till's journal is not the one any more that the sale began in, or it was set back: what was said may be forgotten. */
bool sim_pos_may_forget(const struct pos_sale *sale);
unsigned sim_pos_life(const struct sim_pos *pos);

/* pos_sale.c */
void sim_pos_open_sale(struct pos_sale *sale, struct sim_pos *pos, struct sim_caller *caller);
void sim_pos_close_sale(struct pos_sale *sale);
void sim_pos_serve(struct pos_sale *sale); /* goods, card, coupon, and what he pays with */
bool sim_pos_hold(struct pos_sale *sale);
void sim_pos_cancel(struct pos_sale *sale); /* and the next hold is another step */
/* After the receipt; true: it was accepted, and the oracle knows. */
bool sim_pos_commit(struct pos_sale *sale, bool with_basket);
void sim_pos_give_up(struct pos_sale *sale); /* it will never be printed */

/* pos_after.c: what happens after sales */
void sim_pos_number_again(struct pos_sale *sale); /* other goods under the same receipt number */
void sim_pos_take_back(struct pos_sale *sale);    /* some earlier sale of this till, or of another one */
/* A hold that was left open is settled; or never, when a later receipt must have found it. */
void sim_pos_end_left(struct pos_sale *sale, bool found);

#endif
