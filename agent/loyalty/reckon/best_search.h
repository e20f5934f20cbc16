/* The insides of best.h: one component at a time. Not for others than best*.c.
 *
 * Inside, values are scaled so that the multipliers' usual quotients are whole. */
#ifndef VN_LOYALTY_BEST_SEARCH_H
#define VN_LOYALTY_BEST_SEARCH_H

#include <stddef.h>

#include "agent/loyalty/reckon/best.h"

#define VN_BEST_KAPPA 64 /* a cap's multiplier counts in parts of this */

/* What a unit may do, with what the multipliers make of it. */
struct vn_best_choice {
    uint16_t local; /* promotion of the component; VN_BEST_NONE: it stands alone */
    uint16_t rank;  /* whose the value is, in the component's list of ranks; VN_BEST_NONE: nobody's */
    uint16_t code;  /* order of ties */
    uint16_t step;  /* which of its promotion's steps */
    uint8_t slot, counts;
    int64_t value, room;
    int64_t adjusted, loss;
};

/* A unit's part in a promotion, whatever its choice. */
struct vn_best_member {
    uint16_t local;
    uint8_t slots, counts; /* bits */
};

/* A choice of a unit, for the greedy set: which units could take a slot. */
struct vn_best_claim {
    uint16_t unit, choice;
};

struct vn_best_claims {
    uint16_t first, count;
};

/* A promotion of the component. */
struct vn_best_local {
    const struct vn_best_promotion *terms;
    uint16_t number, rank;
    int64_t most_sets, set_price, most_value, once; /* scaled; most_value < 0: no cap */
    bool may_give_nothing; /* whole sets may be worth nothing, and then `once` is not given either */
    /* multipliers */
    int64_t parts[VN_PARTS_MAX]; /* slots without order: what a unit in the slot pays of the set's price */
    uint32_t first_step,
        step_count; /* with order: what a given piece owes to each paid one, by runs of the units */
    int64_t limit;  /* the price of a set more */
    int64_t kappa;  /* of VN_BEST_KAPPA: so much of a value lies beyond the cap */
    /* Its words in a state: units in each slot beyond whole sets, quantities that are met, then those that it has. */
    uint32_t word;
    uint32_t used, sets, sum, spill; /* VN_BEST_NO_WORD: none */
    /* units ahead: that could take a slot, count for a quantity, take any role */
    int64_t rest[VN_PARTS_MAX], ahead[VN_PARTS_MAX], left;
    struct vn_best_claims claims[VN_PARTS_MAX + 1]; /* of each slot, then of those that serve */
};

/* A unit of the promotion whose multipliers are being moved. */
struct vn_best_mine {
    uint32_t first;
    uint16_t count, step;
    int64_t others; /* the best that the unit can do elsewhere */
};

/* One set of choices of the units so far, among those that leave the same state the best one. */
struct vn_best_node {
    int64_t value, bound;
    uint32_t lex;   /* order of ties among the nodes of the layer */
    uint32_t trail; /* its last step */
    uint32_t hash;
};

struct vn_best_step {
    uint32_t before; /* VN_BEST_NO_STEP: the first */
    uint16_t choice;
};

/* States after the same number of units. A state's words are followed by what each rank has been given. */
struct vn_best_layer {
    size_t count;
    struct vn_best_node nodes[VN_BEST_NODES_MAX];
    int64_t words[VN_BEST_WORDS_MAX];
};

struct vn_best_place {
    uint32_t stamp, node;
};

#define VN_BEST_NO_WORD   UINT32_MAX
#define VN_BEST_NO_STEP   UINT32_MAX
#define VN_BEST_PLACES    (4 * VN_BEST_NODES_MAX)
#define VN_BEST_NUMBERS   (VN_PROMOTIONS_MAX + VN_COUPONS_MAX)
#define VN_BEST_CHOICES   (VN_BEST_ROLES_MAX + VN_UNITS_MAX)
/* Words of a node: of each promotion slots, quantities and four more; what each rank has been given. */
#define VN_BEST_STATE_MAX (VN_BEST_PROMOTIONS_MAX * (2 * VN_PARTS_MAX + 4) + VN_BEST_NUMBERS)

struct vn_best_search {
    const struct vn_best_problem *problem;
    int64_t scale, grain; /* every total is a multiple of grain */

    uint16_t order[VN_UNITS_MAX]; /* units with roles, the dearest first */
    size_t order_count;
    uint16_t searched[VN_BEST_PROMOTIONS_MAX]; /* numbers of promotions with roles, ascending */
    uint16_t parent[VN_BEST_PROMOTIONS_MAX];   /* those that share units */
    size_t searched_count;
    uint16_t place[VN_BEST_NUMBERS];           /* of a number in `searched` */
    uint16_t local_at[VN_BEST_PROMOTIONS_MAX]; /* of a place, in the component */

    /* the component */
    size_t unit_count, local_count, rank_count;
    struct vn_best_local locals[VN_BEST_PROMOTIONS_MAX];
    uint16_t ranks[VN_BEST_NUMBERS];  /* numbers of promotions that may give something, ascending */
    bool is_rank[VN_BEST_NUMBERS];    /* all false between components */
    uint16_t units[VN_UNITS_MAX];     /* in order */
    bool level_ends[VN_UNITS_MAX];    /* the next unit is cheaper */
    uint32_t first[VN_UNITS_MAX + 1]; /* choices */
    struct vn_best_choice choices[VN_BEST_CHOICES];
    uint32_t first_member[VN_UNITS_MAX + 1];
    struct vn_best_member members[VN_BEST_ROLES_MAX];
    int64_t steps_owed[VN_BEST_CHOICES];
    uint32_t step_total;
    struct vn_best_mine mine[VN_UNITS_MAX];
    size_t mine_count;
    int64_t work; /* terms that the bound has cost */

    /* the greedy set: claims by promotion, slot and gain */
    struct vn_best_claim claims[VN_BEST_ROLES_MAX];
    uint16_t by_gain[VN_BEST_ROLES_MAX];

    /* the layers */
    int64_t root;               /* the bound of all units */
    size_t state_words, stride; /* of a node's words: state, and with what is given */
    int64_t step_cost;          /* steps that one state and role count as: of long states more */
    size_t capacity;            /* nodes of a layer */
    struct vn_best_layer layers[2];
    int64_t child[VN_BEST_STATE_MAX]; /* the node that is being made */
    uint16_t by_lex[VN_BEST_NODES_MAX], by_bound[VN_BEST_NODES_MAX];
    uint32_t lex_of[VN_BEST_NODES_MAX];
    struct vn_best_place places[VN_BEST_PLACES];
    uint32_t stamp;
    struct vn_best_step trail[VN_BEST_STEPS_MAX + 1];
    uint32_t trail_count;
    int64_t needed;  /* bounds below are cut off */
    int64_t dropped; /* the highest bound of a node for which there was no room; < 0: none */
    int64_t steps;
    uint16_t
        alone[VN_UNITS_MAX]; /* choices, from the unit's first: to stand alone; of the best set; of a trial */
    uint16_t best[VN_UNITS_MAX];
    uint16_t at[VN_UNITS_MAX];
    int64_t best_value;
};

/* best_bound.c: multipliers, and by them `adjusted`, `loss` and the bound at the root. */
void vn_best_bound(struct vn_best_search *search);
/* What the multipliers make of a choice whose value counts for so much. */
int64_t vn_best_adjust(const struct vn_best_search *search, const struct vn_best_choice *choice,
                       int64_t value);

/* best_state.c */
void vn_best_state_layout(struct vn_best_search *search); /* words of each promotion; all units lie ahead */
/* The unit leaves (-1) what lies ahead of its promotions, or comes back (1). */
void vn_best_state_move(struct vn_best_search *search, size_t unit, int64_t sign);
/* Changes `words` by a choice of the unit, which no longer lies ahead. *value and *bound move with it. False when the state
 * can't lead to an admissible set any more. */
bool vn_best_state_take(const struct vn_best_search *search, size_t unit, const struct vn_best_choice *choice,
                        int64_t *words, int64_t *value, int64_t *bound);

/* best_greedy.c: replaces the best set by a better one, if it finds one. */
void vn_best_greedy(struct vn_best_search *search);

/* best_layers.c: solves the component and writes its units' part of the answer. */
void vn_best_layers(struct vn_best_search *search, struct vn_best_answer *answer);

#endif
