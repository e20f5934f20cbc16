/* The best set of applications that a group admits, as a problem of its own: units, the roles that each may take in a
 * promotion, and what a promotion asks of its roles together. It knows no basket, no ruleset and no quote.
 *
 * A unit takes one role, in one promotion, or stands alone (at its best per-piece promotion that nothing limits, or at
 * nothing). A promotion that is used makes k whole sets: each slot has k times its `needs`. Which pieces share a set does
 * not matter to the value, so sets are never told apart. Where the rule is "the cheapest of n are free", the units are
 * taken from the dearest on, and no prefix may have more free pieces than the pieces that it has paid allow; pieces of
 * one price may be called cheapest in any order.
 *
 * What is exact: the search goes unit by unit, from the dearest to the cheapest, over states, without recursion. A state is
 * what is open in each promotion; of all ways that lead to it the best one goes on. A Lagrangian bound leaves out what can't
 * reach the best set that is known: multipliers price the conditions that bind roles together (paid against given pieces,
 * parts of a bundle, caps, limits), so that each unit's best role can be found by itself. Promotions that share no unit are
 * solved apart. The search ends when the optimum is proved, or after so many steps (a state and a role; a long state counts
 * as more): then the best that was found stands, and `optimal` is false. Steps, never time. docs/decisions/0009 has the
 * measured limits.
 *
 * Ties in value go to the set that gives more by the promotion that comes first where two sets differ; then, from the
 * dearest unit on (of equal price: the earlier one), to the set that gives the unit to the earlier promotion, there in the
 * earlier slot, and before it lets a unit serve for nothing, leaves it alone. `settled` is false when the steps did not
 * last for that. */
#ifndef VN_LOYALTY_BEST_H
#define VN_LOYALTY_BEST_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/limits.h"
#include "agent/base/status.h"

#define VN_BEST_NONE   UINT16_MAX
#define VN_BEST_SERVES UINT8_MAX /* the slot of a unit that only meets a quantity condition */

/* Which pieces of an n-th promotion get the reward: slot 0 pays, slot 1 is given. */
enum vn_best_order { VN_BEST_ANY, VN_BEST_CHEAPEST, VN_BEST_DEAREST };

/* Values are >= 0, of any unit as long as it is one. A promotion that is used gives
 * min(most_value, sum of its roles' values - sets x set_price, pooled: sum of its roles' rooms) + once, and must give
 * something; with slots something beside `once`. */
struct vn_best_promotion {
    enum vn_best_order order;
    unsigned slot_count; /* 0: nothing but its conditions and `once` */
    int64_t needs[VN_PARTS_MAX];
    int64_t set_price;
    bool pooled;
    int64_t most_sets, most_value; /* INT64_MAX: no limit */
    int64_t once;
    unsigned quantity_count; /* conditions: least of the quantity of its units that count for each */
    int64_t least[VN_PARTS_MAX];
};

struct vn_best_role {
    uint16_t promotion;
    uint8_t slot;
    uint8_t counts; /* bit n: for quantity n */
    int64_t value;
    int64_t room;
};

struct vn_best_unit {
    int64_t base; /* price, for the order */
    int64_t qty_milli;
    uint16_t alone; /* the promotion that gives `alone_value`; VN_BEST_NONE: none */
    int64_t alone_value;
    uint32_t first_role, role_count; /* in the order of promotions, then slots */
};

/* Promotions stand in their order of priority. Borrowed for the call; the caller keeps within the limits. */
struct vn_best_problem {
    const struct vn_best_promotion *promotions;
    const struct vn_best_unit *units; /* up to VN_UNITS_MAX */
    const struct vn_best_role *roles; /* up to VN_BEST_ROLES_MAX */
    uint32_t promotion_count, unit_count;
    int64_t steps_max;
};

struct vn_best_answer {
    uint16_t promotion[VN_UNITS_MAX]; /* of each unit; VN_BEST_NONE */
    uint8_t slot[VN_UNITS_MAX];       /* 0 for those that stand alone */
    bool optimal, settled;
    int64_t steps;
};

struct vn_best_search; /* scratch */

VN_MUST_USE enum vn_status vn_best_search_create(struct vn_best_search **out);
void vn_best_search_destroy(struct vn_best_search *search);

/* Never fails: with values too large to be added up safely nothing is searched, all units stand alone, and the answer is not
 * optimal. */
void vn_best_solve(struct vn_best_search *search, const struct vn_best_problem *problem,
                   struct vn_best_answer *answer);

#endif
