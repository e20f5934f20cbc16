/* Scratch of groups whose choice is `best`. Not for others than best_units.c and best_order.c. */
#ifndef VN_LOYALTY_BEST_WORK_H
#define VN_LOYALTY_BEST_WORK_H

#include "agent/loyalty/reckon/best.h"
#include "agent/loyalty/reckon/rewards.h"

#define VN_BEST_JUDGED_MAX (VN_PROMOTIONS_MAX + VN_COUPONS_MAX)

/* A point in a sequence of promotions: what was taken before it, and what each would give now. */
struct vn_best_turn {
    uint64_t taken[(VN_UNITS_MAX + 63) / 64]; /* units */
    int64_t gives[VN_BEST_ORDER_MAX];         /* < 0: it has had its turn; 0: nothing any more */
    int64_t most[VN_BEST_ORDER_MAX];          /* that it may still give, now or later */
    size_t next;                              /* the member to try next */
    size_t chosen;                            /* the one that goes on from here */
};

struct vn_best_work {
    struct vn_best_search *search;
    int64_t group_steps;  /* that searches of groups may still cost in this quote */
    int64_t bundle_steps; /* that bundles whose parts share pieces may */
    size_t judged_count;
    struct vn_judged judged[VN_BEST_JUDGED_MAX]; /* those that may apply, in their order */
    bool applied[VN_BEST_JUDGED_MAX];

    /* units: the problem; its promotions are `judged`, same index */
    struct vn_best_promotion promotions[VN_BEST_JUDGED_MAX];
    bool searched[VN_BEST_JUDGED_MAX]; /* has its roles in the problem */
    struct vn_best_unit units[VN_UNITS_MAX];
    struct vn_best_role roles[VN_BEST_ROLES_MAX];
    uint32_t role_count;
    struct vn_best_problem problem;
    struct vn_best_answer answer;

    /* order */
    struct vn_line_set means[VN_BEST_ORDER_MAX]; /* lines that a promotion may take units of */
    unsigned component[VN_BEST_ORDER_MAX];
    size_t members[VN_BEST_ORDER_MAX]; /* of the component: indices into `judged` */
    size_t member_count;
    int64_t once[VN_BEST_ORDER_MAX]; /* of a member */
    struct vn_best_turn turns[VN_BEST_ORDER_MAX + 1];
    int64_t given[VN_BEST_ORDER_MAX]; /* by members, in the sequence at hand */
    size_t best_turns[VN_BEST_ORDER_MAX];
    size_t best_count;
    int64_t best_given[VN_BEST_ORDER_MAX];
    bool found;
    int64_t steps;
};

static inline const struct vn_promotion *vn_best_promotion_of(const struct vn_quote_work *work, size_t judged)
{
    return vn_work_promotion(work, work->candidates[work->best->judged[judged].candidate]);
}

static inline bool vn_best_is_earning(const struct vn_quote_work *work, const struct vn_promotion *promotion)
{
    return work->ruleset->groups[promotion->group].stage == VN_STAGE_EARNING;
}

/* best_problem.c: the problem of what was collected; *all is false when there was no room for some of it. False when a value
 * does not fit. */
VN_MUST_USE bool vn_best_make_problem(struct vn_quote_work *work, bool *all);

/* The problem of one bundle alone, over what is free; *all is false when there was no room for some of it. */
void vn_best_make_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                         bool *all);

/* After the answer: of pieces that are alike to a bundle those of the earlier lines stand in it. */
void vn_best_prefer_earlier(struct vn_quote_work *work, bool running);

/* Judges the candidates [from, to) and keeps those that may apply. */
VN_MUST_USE enum vn_status vn_best_collect(struct vn_quote_work *work, size_t from, size_t to);
/* Those that were not taken: what is left may still do for them (a gift that is not in the basket); else they are outbid. */
VN_MUST_USE enum vn_status vn_best_leftovers(struct vn_quote_work *work);
/* What the promotion's points are worth that hang on no unit, in 1/1000 minor units. */
VN_MUST_USE bool vn_best_once(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              int64_t *value);

#endif
