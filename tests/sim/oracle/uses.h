/* What a receipt says that it takes of things of which there is only so much: read out of the outcome that the POS was told, by
 * the promotions that it lists. Pure. */
#ifndef SIM_ORACLE_USES_H
#define SIM_ORACLE_USES_H

#include <jansson.h>

#include "agent/base/limits.h"

#include "tests/sim/world/chain.h"

struct sim_use {
    enum sim_limited of;
    unsigned subject; /* the coupon's or member's number; 0: of the whole chain */
    int64_t period;   /* the local day in days since 1970, the year, or 0 */
    int64_t amount;   /* 1, stamps, or minor units of the budget */
    int64_t risked;   /* in a list of all uses: how much of it was ever taken so */
    int64_t unsure;   /* likewise: of sales that may be gone, or known as they were quoted another time */
    bool risk;        /* taken without a right while the hub was away, and the receipt says so */
};

/* What the printed receipt says. */
struct sim_printed {
    int64_t ruleset, discount_minor, spent;
    int64_t stamps; /* given */
    bool provisional;
    int64_t risked; /* points and others that were taken without a right */
    unsigned use_count;
    struct sim_use uses[SIM_LIMITED];
};

struct sim_shown { /* by the customer, and when */
    unsigned member, coupon;
    int64_t at_ms;
};

int64_t sim_local_day(int64_t at_ms);
/* NULL: no outcome was told, and nothing is printed. */
void sim_printed_read(const json_t *outcome, const struct sim_shown *shown, struct sim_printed *out);
/* The hub's name of the account that the use takes from. */
void sim_use_account(const struct sim_use *use, char out[VN_ID_MAX]);

#endif
