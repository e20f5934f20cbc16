/* The chain that is simulated: its goods, members, coupons and ruleset, as documents for the hub's imports. Pure. */
#ifndef SIM_WORLD_CHAIN_H
#define SIM_WORLD_CHAIN_H

#include "agent/base/bytes.h"

#include <stdbool.h>

#define SIM_GOODS       12
#define SIM_NUMBER_SIZE 16
#define SIM_COUPONS     40
#define SIM_STAMPS      3 /* of a full card */
#define SIM_COFFEE      3 /* each so manieth good is coffee, which brings stamps */
#define SIM_OFFSET_MIN  60

/* What the chain may choose of its rules. */
struct sim_terms {
    int64_t matures_days, expires_days; /* of points; 0: at once, never */
    int64_t count;                      /* applications of "count" in the whole chain ... */
    int64_t count_until;                /* which ends with the ruleset of this number */
    int64_t budget_minor;               /* of "budget", likewise */
    int64_t risk_total;                 /* points that tills may give at a risk, all together; 0: none */
};

/* Promotions of which there is only so much, in the order of their names: one application a receipt each. */
enum sim_limited {
    SIM_COUPON,   /* a single-use coupon */
    SIM_STAMPED,  /* a full stamp card: one piece free */
    SIM_DAILY,    /* a member's, once a day */
    SIM_FIRST,    /* with the first purchase */
    SIM_BIRTHDAY, /* around the birthday, once a year */
    SIM_RISKY,    /* a member's, once, and tills that are cut off may risk it */
    SIM_COUNT,    /* so often in the whole chain; ends during the run */
    SIM_BUDGET,   /* so much money in the whole chain */
    SIM_LIMITED
};
const char *sim_promotion(enum sim_limited limited); /* its id */
#define SIM_STAMP_CARD "coffee"

struct sim_good {
    char code[SIM_NUMBER_SIZE];
    char name[24];
    int64_t price_minor;
};

void sim_good(unsigned number, struct sim_good *out); /* from 0 to SIM_GOODS - 1 */
/* Members count from 1; each has two cards, and there are cards that nobody has (member 0). */
void sim_card(unsigned member, bool second, char out[SIM_NUMBER_SIZE]);
void sim_coupon(unsigned number, char out[SIM_NUMBER_SIZE]); /* from 1 */
int64_t sim_opening(unsigned member);                        /* points that he has at first */

/* Lines for POST /admin/import/..., and for /admin/publish. */
void sim_catalogue(struct vn_buf *out);
void sim_members(unsigned count, struct vn_buf *out);
void sim_coupons(unsigned count, struct vn_buf *out);
void sim_ruleset(int64_t number, const struct sim_terms *terms, struct vn_buf *out);

#endif
