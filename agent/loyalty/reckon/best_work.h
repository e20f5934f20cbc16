/* Scratch of groups whose choice is `best`. Not for others than best_*.c. */
#ifndef VN_LOYALTY_BEST_WORK_H
#define VN_LOYALTY_BEST_WORK_H

#include "agent/loyalty/reckon/best.h"
#include "agent/loyalty/reckon/rewards.h"

#define VN_BEST_JUDGED_MAX (VN_PROMOTIONS_MAX + VN_COUPONS_MAX)
#define VN_BEST_PER_MINOR                                                                                    \
    1000 /* values are in 1/1000 minor units, because points may be worth less than one */

/* A point in a sequence of promotions: what was taken before it, and what each would give now. */
struct vn_best_turn {
    uint64_t taken[(VN_UNITS_MAX + 63) / 64]; /* units */
    int64_t gives[VN_BEST_ORDER_MAX];         /* < 0: it has had its turn; 0: nothing any more */
    int64_t most[VN_BEST_ORDER_MAX];          /* that it may still give, now or later */
    size_t next;                              /* the member to try next */
    size_t chosen;                            /* the one that goes on from here */
};

/* Promotions of one component, each of which takes all that it means of what is free when its turn comes. */
struct vn_best_sequence {
    size_t members[VN_BEST_ORDER_MAX]; /* indices into `judged` */
    size_t member_count;
    bool found;
    size_t turns[VN_BEST_ORDER_MAX]; /* members, who takes first */
    size_t turn_count;
    int64_t given[VN_BEST_ORDER_MAX]; /* by members, in 1/1000 minor units; 0: has no turn */
};

/* What a reward on the basket takes off, at the step that it stands at while its group runs. */
struct vn_best_off {
    int64_t rate_bp, amount_minor; /* both 0: nothing */
};

/* What a component of both kinds may take: sets on units, and a sequence on what they leave. */
struct vn_best_joint {
    struct vn_best_answer answer;
    struct vn_best_sequence rest;
    int64_t gives; /* 1/1000 minor units */
};

struct vn_best_work {
    struct vn_best_search *search;
    int64_t group_steps;  /* that searches of groups may still cost in this quote */
    int64_t bundle_steps; /* that bundles whose parts share pieces may */
    size_t judged_count;
    struct vn_judged judged[VN_BEST_JUDGED_MAX]; /* those that may apply, in their order */
    bool applied[VN_BEST_JUDGED_MAX];
    int64_t once[VN_BEST_JUDGED_MAX]; /* worth of its points that hang on no unit, in 1/1000 minor units */

    /* units: the problem; its promotions are `judged`, same index */
    struct vn_best_promotion promotions[VN_BEST_JUDGED_MAX];
    bool left_out[VN_BEST_JUDGED_MAX]; /* by who asks for the problem */
    bool gifts_first;                  /* what a gift means is for gifts alone */
    bool searched[VN_BEST_JUDGED_MAX]; /* has its roles in the problem */
    struct vn_best_unit units[VN_UNITS_MAX];
    struct vn_best_role roles[VN_BEST_ROLES_MAX];
    uint32_t role_count;
    struct vn_best_problem problem;
    struct vn_best_answer answer;
    struct vn_best_answer kept; /* the group's, while a bundle is searched */

    /* order */
    struct vn_line_set means[VN_BEST_ORDER_MAX]; /* lines that a promotion may take units of */
    unsigned component[VN_BEST_ORDER_MAX];
    struct vn_best_turn turns[VN_BEST_ORDER_MAX + 1];
    int64_t given[VN_BEST_ORDER_MAX];                           /* by members, in the sequence at hand */
    struct vn_best_sequence sequence;                           /* the best so far of the component at hand */
    struct vn_best_joint joint;                                 /* the same of sets and sequences */
    struct vn_best_off offs[VN_BEST_ORDER_MAX][VN_REWARDS_MAX]; /* of `judged`, by reward */
    /* rewards on the basket in the problem, who takes first; none: in any order */
    size_t order[VN_BEST_ORDER_MAX];
    size_t order_count;
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

/* It is weighed by its units, and takes no more of them than it is given. */
static inline bool vn_best_is_on_units(const struct vn_quote_work *work, size_t judged)
{
    const struct vn_promotion *promotion = vn_best_promotion_of(work, judged);
    return vn_best_is_earning(work, promotion) || vn_reward_is_on_units(work, promotion);
}

/* best_problem.c: what the promotion's points are worth that hang on no unit, in 1/1000 minor units. False when it does not
 * fit. */
VN_MUST_USE bool vn_best_once(const struct vn_quote_work *work, const struct vn_promotion *promotion,
                              int64_t *value);
/* The terms of what was collected, and the problem of what is not left out; *all is false when there was no room
 * for some of it. False when a value does not fit. */
VN_MUST_USE bool vn_best_make_problem(struct vn_quote_work *work, bool *all);

/* best_rest.c: those rewards on the basket of the first `count` that are not left out have a place in the problem, by `order`. */
void vn_best_rest_begin(struct vn_quote_work *work, size_t count);
/* One of them as a promotion of the problem; what a unit is worth to it, and has left to give. The problem rounds nothing and may
 * give it a part of what it means, where one before it does not surely take it, so that its optimum is an upper bound. False
 * when a value does not fit. */
VN_MUST_USE bool vn_best_rest_terms(const struct vn_quote_work *work, size_t judged,
                                    struct vn_best_promotion *out);
VN_MUST_USE bool vn_best_rest_value(const struct vn_quote_work *work, size_t judged, size_t unit,
                                    int64_t *value, int64_t *room);
/* One that comes before it takes the unit, if it is left to them. */
VN_MUST_USE bool vn_best_rest_is_gone(const struct vn_quote_work *work, size_t judged, size_t unit);

/* The problem of one bundle alone, over what is free; *all is false when there was no room for some of it. */
void vn_best_make_bundle(struct vn_quote_work *work, const struct vn_promotion *promotion, int64_t times,
                         bool *all);

/* After the answer: of pieces that are alike to a bundle those of the earlier lines stand in it. */
void vn_best_prefer_earlier(struct vn_quote_work *work, bool running);

/* best_units.c: solves the problem of what is not left out; *proved: its answer is the best. */
VN_MUST_USE enum vn_status vn_best_solve_group(struct vn_quote_work *work, bool *proved);
/* What the answer's units give a promotion, in minor units, before the receipt's own maximum; fills the picks. */
VN_MUST_USE enum vn_status vn_best_reckon(struct vn_quote_work *work, size_t judged, struct vn_offer *offer);
/* Applies what the answer gives a promotion on units. Before the first of them, the answer's gifts are held. */
void vn_best_hold_gift(struct vn_quote_work *work, size_t judged);
VN_MUST_USE enum vn_status vn_best_apply(struct vn_quote_work *work, size_t judged);
/* Some promotion of the group gives points beside prices. */
bool vn_best_any_points(const struct vn_quote_work *work);

/* best_order.c: the best sequence of the component's promotions, or of those on the basket alone, over what is free; *whole is
 * false when the offers did not last. Takes nothing. */
VN_MUST_USE enum vn_status vn_best_find_sequence(struct vn_quote_work *work, unsigned component,
                                                 bool basket_alone, bool *whole);
VN_MUST_USE enum vn_status vn_best_sum(struct vn_quote_work *work, const struct vn_best_sequence *sequence,
                                       int64_t *sum);
/* Takes it, turn by turn. */
VN_MUST_USE enum vn_status vn_best_apply_sequence(struct vn_quote_work *work,
                                                  const struct vn_best_sequence *sequence, bool *whole);

/* best_joint.c: a component of both kinds; `count` promotions are in components. */
VN_MUST_USE enum vn_status vn_best_run_joint(struct vn_quote_work *work, unsigned component, size_t count,
                                             bool *whole);

/* Judges the candidates [from, to) and keeps those that may apply. */
VN_MUST_USE enum vn_status vn_best_collect(struct vn_quote_work *work, size_t from, size_t to);
/* Those that were not taken: what is left may still do for them (a gift that is not in the basket); else they are outbid. */
VN_MUST_USE enum vn_status vn_best_leftovers(struct vn_quote_work *work);

#endif
