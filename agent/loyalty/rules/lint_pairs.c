/* Percentages against the floor: alone, and of two promotions that can meet on one piece. */
#include <string.h>

#include "agent/loyalty/rules/lint_work.h"

#define BP_WHOLE 10000

/* What a reward takes off each piece that its selector means; rate_bp 0: no share of it. */
struct cut {
    int64_t rate_bp;
    const struct vn_selector *selector;
};

static int64_t highest_step(const struct vn_reward *reward)
{
    int64_t rate_bp = 0;
    for (uint32_t i = 0; i < reward->step_count; i++) {
        rate_bp = reward->steps[i].rate_bp > rate_bp ? reward->steps[i].rate_bp : rate_bp;
    }
    return rate_bp;
}

static struct cut cut_of(const struct vn_reward *reward)
{
    int64_t rate_bp = reward->kind == VN_REWARD_PERCENT_OFF ? reward->rate_bp : highest_step(reward);
    return (struct cut){rate_bp, reward->selector};
}

/* What may go off a piece's list price in all. */
static int64_t most_bp(const struct vn_ruleset *ruleset)
{
    int64_t most = BP_WHOLE - ruleset->floor_bp;
    int64_t cap = ruleset->max_unit_discount_bp;
    return cap > 0 && cap < most ? cap : most;
}

static bool means_too(void *ctx, const struct vn_item *item)
{
    return vn_lint_means(*(const struct vn_selector *const *)ctx, item);
}

static unsigned keys_of(const struct vn_selector *selector)
{
    unsigned keys = 0;
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        keys |= selector->include[key].count > 0 ? 1U << key : 0U;
    }
    return keys;
}

static bool is_wanted(void *ctx, const char *category)
{
    return vn_terms_have(*(const struct vn_terms *const *)ctx, category);
}

/* The category is one of the terms, or lies in one. */
static bool is_in(const char *category, const struct vn_terms *terms)
{
    return vn_category_walk(category, is_wanted, &terms);
}

static bool prices_apart(const struct vn_selector *a, const struct vn_selector *b)
{
    return (a->most_minor > 0 && b->least_minor > a->most_minor) ||
           (b->most_minor > 0 && a->least_minor > b->most_minor);
}

static bool takes_out(const struct vn_selector *selector, int key, const char *value)
{
    const struct vn_terms *out = &selector->exclude[key];
    return key == VN_SELECT_CATEGORIES ? is_in(value, out) : vn_terms_have(out, value);
}

static bool share_value(const struct vn_selector *a, const struct vn_selector *b, int key)
{
    const struct vn_terms *in = &a->include[key];
    for (uint32_t i = 0; i < in->count; i++) {
        if (vn_terms_have(&b->include[key], in->values[i]) && !takes_out(a, key, in->values[i]) &&
            !takes_out(b, key, in->values[i])) {
            return true;
        }
    }
    return false;
}

/* Without a catalogue only what is certain counts: one means all goods, both are the same, or they share a value. */
static bool surely_meet(const struct vn_selector *a, const struct vn_selector *b)
{
    if (a == NULL || b == NULL || a->number == b->number) {
        return true;
    }
    unsigned keys = keys_of(a);
    if (keys != keys_of(b) || (keys & (keys - 1)) != 0 || prices_apart(a, b)) {
        return false;
    }
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        if (share_value(a, b, key)) {
            return true;
        }
    }
    return false;
}

/* One of `a` is a category of `b`, or lies in one. */
static bool lies_in(const struct vn_terms *a, const struct vn_terms *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (is_in(a->values[i], b)) {
            return true;
        }
    }
    return false;
}

/* No goods at all can be meant by both: a piece has one code, one brand, one price and one path of categories. */
static bool never_meet(const struct vn_selector *a, const struct vn_selector *b)
{
    const struct vn_terms *a_paths = &a->include[VN_SELECT_CATEGORIES];
    const struct vn_terms *b_paths = &b->include[VN_SELECT_CATEGORIES];
    return prices_apart(a, b) || vn_lint_apart(&a->include[VN_SELECT_CODES], &b->include[VN_SELECT_CODES]) ||
           vn_lint_apart(&a->include[VN_SELECT_BRANDS], &b->include[VN_SELECT_BRANDS]) ||
           (a_paths->count > 0 && b_paths->count > 0 && !lies_in(a_paths, b_paths) &&
            !lies_in(b_paths, a_paths));
}

/* What the selectors themselves say, which is quick. */
static bool goods_may_meet(const struct vn_lint_work *work, const struct cut *a, const struct cut *b)
{
    if (a->selector == NULL || b->selector == NULL) {
        return true;
    }
    return work->input->items == NULL ? surely_meet(a->selector, b->selector)
                                      : !never_meet(a->selector, b->selector);
}

static bool goods_meet(struct vn_lint_work *work, const struct cut *a, const struct cut *b)
{
    const struct vn_selector *other = b->selector;
    return work->input->items == NULL || a->selector == NULL || b->selector == NULL ||
           vn_lint_each(work, a->selector, means_too, &other);
}

/* The first comes before the second, and what it took does not keep the second from the same piece. */
static bool stack(const struct vn_ruleset *ruleset, const struct vn_promotion *first,
                  const struct vn_promotion *second)
{
    const struct vn_group *a = &ruleset->groups[first->group];
    const struct vn_group *b = &ruleset->groups[second->group];
    if (first->group == second->group) {
        return a->choice == VN_CHOICE_ALL;
    }
    return a->stage < b->stage || (a->stage == b->stage && first->group < second->group);
}

static int64_t together(const struct vn_ruleset *ruleset, const struct vn_promotion *second, int64_t first_bp,
                        int64_t second_bp)
{
    int64_t left_bp = BP_WHOLE - first_bp;
    return first_bp + (ruleset->groups[second->group].running ? left_bp * second_bp / BP_WHOLE : second_bp);
}

static void warn_pair(struct vn_lint_work *work, const char *first, int64_t one_bp, const char *second,
                      int64_t two_bp)
{
    char one[VN_LINT_RATE_MAX];
    char two[VN_LINT_RATE_MAX];
    vn_lint_warn(work, VN_LINT_NOTHING_LEFT, second, first,
                 "%s and before it %s are more than the goods that both mean leave: put them into one group "
                 "of choice best, or let them mean other goods",
                 vn_lint_rate(two_bp, two), vn_lint_rate(one_bp, one));
}

static void warn_floor(struct vn_lint_work *work, const char *first, const char *second, int64_t sum_bp)
{
    char sum[VN_LINT_RATE_MAX];
    char most[VN_LINT_RATE_MAX];
    vn_lint_warn(work, VN_LINT_BELOW_FLOOR, second, first,
                 "together they take %s off the same goods, and the header lets a piece lose %s: lower "
                 "them, or put them into one group of choice best",
                 vn_lint_rate(sum_bp, sum), vn_lint_rate(most_bp(work->ruleset), most));
}

/* True when the pair was worth a warning. */
static bool check_cuts(struct vn_lint_work *work, const struct vn_promotion *first, const struct cut *one,
                       const struct vn_promotion *second, const struct cut *two)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    int64_t most = most_bp(ruleset);
    int64_t sum = together(ruleset, second, one->rate_bp, two->rate_bp);
    bool same_stage = ruleset->groups[first->group].stage == ruleset->groups[second->group].stage &&
                      first->group != second->group;
    bool nothing_left =
        same_stage && (one->rate_bp >= most || (!ruleset->groups[second->group].running && sum > BP_WHOLE));
    if (one->rate_bp == 0 || two->rate_bp == 0 || (sum <= most && !nothing_left) || one->rate_bp > most ||
        two->rate_bp > most) {
        return false; /* one that passes the floor by itself was told already */
    }
    work->steps -= work->steps > 0 ? 1 : 0;
    if (!goods_may_meet(work, one, two) || !vn_lint_may_meet(work, first, second) ||
        !goods_meet(work, one, two) || work->steps == 0) {
        return false;
    }
    if (nothing_left) {
        warn_pair(work, first->id, one->rate_bp, second->id, two->rate_bp);
    } else {
        warn_floor(work, first->id, second->id, sum);
    }
    return true;
}

static bool check_pair(struct vn_lint_work *work, const struct vn_promotion *first,
                       const struct vn_promotion *second)
{
    for (uint32_t i = 0; i < first->price_count; i++) {
        struct cut one = cut_of(&first->rewards[i]);
        for (uint32_t j = 0; one.rate_bp > 0 && j < second->price_count; j++) {
            struct cut two = cut_of(&second->rewards[j]);
            if (check_cuts(work, first, &one, second, &two)) {
                return true;
            }
        }
    }
    return false;
}

/* The share that a piece loses, of a set the piece that it is for. */
static int64_t highest_rate(const struct vn_promotion *promotion)
{
    int64_t rate_bp = 0;
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        bool set = reward->kind == VN_REWARD_NTH || reward->kind == VN_REWARD_BUY_GET;
        int64_t own_bp = set ? reward->rate_bp : cut_of(reward).rate_bp;
        rate_bp = own_bp > rate_bp ? own_bp : rate_bp;
    }
    return rate_bp;
}

static void check_alone(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    char rate[VN_LINT_RATE_MAX];
    char most[VN_LINT_RATE_MAX];
    int64_t rate_bp = highest_rate(promotion);
    if (rate_bp > most_bp(work->ruleset)) {
        vn_lint_warn(work, VN_LINT_BELOW_FLOOR, promotion->id, "",
                     "it says %s off, and the header lets a piece lose %s at most: say that, or change "
                     "floor_bp or max_unit_discount_bp",
                     vn_lint_rate(rate_bp, rate), vn_lint_rate(most_bp(work->ruleset), most));
    }
}

/* Of several that a promotion meets the first is told. */
static void check_against_all(struct vn_lint_work *work, const struct vn_promotion *second)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    for (size_t i = 0; i < ruleset->promotion_count && work->steps > 0; i++) {
        const struct vn_promotion *first = &ruleset->promotions[i];
        bool before = first->group != second->group || first < second;
        if (first != second && before && stack(ruleset, first, second) && check_pair(work, first, second)) {
            return;
        }
    }
}

void vn_lint_floors(struct vn_lint_work *work)
{
    for (size_t i = 0; i < work->ruleset->promotion_count && !work->out->more; i++) {
        const struct vn_promotion *promotion = &work->ruleset->promotions[i];
        check_alone(work, promotion);
        check_against_all(work, promotion);
    }
}
