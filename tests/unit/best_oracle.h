/* Small problems for agent/loyalty/reckon/best.h, made from a seed, and their solution by trying everything: every way to
 * put units into sets, one whole set after the other, as the rules say it. Nothing of the search is used. */
#ifndef VN_TESTS_BEST_ORACLE_H
#define VN_TESTS_BEST_ORACLE_H

#include "agent/loyalty/reckon/best.h"

#define PROBLEM_UNITS      64
#define PROBLEM_PROMOTIONS 16
#define PROBLEM_ROLES      4096

struct problem {
    struct vn_best_problem head; /* points to what follows */
    struct vn_best_promotion promotions[PROBLEM_PROMOTIONS];
    struct vn_best_unit units[PROBLEM_UNITS];
    struct vn_best_role roles[PROBLEM_ROLES];
    uint32_t role_count;
};

/* What a set of applications gives in all and by promotion, and what it does with each unit from the dearest on: 256 times
 * the rank of the promotion that gives it something, or idle, or beyond that: serves; and the slot. */
struct worth {
    bool admissible;
    int64_t value;
    int64_t given[PROBLEM_PROMOTIONS];
    unsigned codes[PROBLEM_UNITS];
};

unsigned problem_below(uint64_t *seed, unsigned limit);
/* Up to `units` units and `promotions` promotions; a few of them give nothing but by the piece. */
void problem_make(struct problem *problem, uint64_t *seed, unsigned units, unsigned promotions);
/* The best set by trying everything. */
void problem_try_all(const struct problem *problem, struct worth *best);
/* What an answer is worth; checks that it is admissible. */
void problem_measure(const struct problem *problem, const struct vn_best_answer *answer, struct worth *out);
/* > 0: a is the better one, ties included. */
int worth_compare(const struct problem *problem, const struct worth *a, const struct worth *b);

#endif
