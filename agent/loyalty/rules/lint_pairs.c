/* Percentages against the floor: alone, and of two promotions that can meet on one piece. */
#include <string.h>

#include "agent/loyalty/rules/lint_work.h"

#define BP_WHOLE 10000

/* The highest percentage that a promotion takes off all that a selector means. */
struct cut {
    int64_t rate_bp; /* 0: none */
    const struct vn_selector *selector;
};

static int64_t reward_rate(const struct vn_reward *reward)
{
    int64_t rate_bp = reward->kind == VN_REWARD_PERCENT_OFF ? reward->rate_bp : 0;
    for (uint32_t i = 0; i < reward->step_count; i++) {
        rate_bp = reward->steps[i].rate_bp > rate_bp ? reward->steps[i].rate_bp : rate_bp;
    }
    return rate_bp;
}

static struct cut cut_of(const struct vn_promotion *promotion)
{
    struct cut cut = {0, NULL};
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        int64_t rate_bp = reward_rate(&promotion->rewards[i]);
        if (rate_bp > cut.rate_bp) {
            cut = (struct cut){rate_bp, promotion->rewards[i].selector};
        }
    }
    return cut;
}

/* What may go off a piece's list price in all. */
static int64_t most_bp(const struct vn_ruleset *ruleset)
{
    int64_t most = BP_WHOLE - ruleset->floor_bp;
    int64_t cap = ruleset->max_unit_discount_bp;
    return cap > 0 && cap < most ? cap : most;
}

static bool disjoint(const struct vn_terms *a, const struct vn_terms *b)
{
    const char *ignored = NULL;
    return a->count > 0 && b->count > 0 && !vn_lint_common(a, b, &ignored);
}

/* One receipt may have both, as far as time, place and customer are concerned. */
static bool may_meet(const struct vn_promotion *a, const struct vn_promotion *b)
{
    bool in_time = a->when.from_minute < b->when.to_minute && b->when.from_minute < a->when.to_minute;
    bool on_a_day =
        a->when.weekdays == 0 || b->when.weekdays == 0 || (a->when.weekdays & b->when.weekdays) != 0;
    bool in_a_store = a->where.store_groups.count > 0 || b->where.store_groups.count > 0 ||
                      !disjoint(&a->where.stores, &b->where.stores);
    bool staff_apart = (a->who.kind == VN_WHO_STAFF && b->who.kind == VN_WHO_NOT_STAFF) ||
                       (a->who.kind == VN_WHO_NOT_STAFF && b->who.kind == VN_WHO_STAFF);
    return in_time && on_a_day && in_a_store && !staff_apart && !disjoint(&a->who.tiers, &b->who.tiers);
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

/* Without a catalogue only what is certain counts: one means all goods, both are the same, or they share a value. */
static bool surely_meet(const struct vn_selector *a, const struct vn_selector *b)
{
    const char *ignored = NULL;
    if (a == NULL || b == NULL || a->number == b->number) {
        return true;
    }
    unsigned keys = keys_of(a);
    if (keys != keys_of(b) || (keys & (keys - 1)) != 0) {
        return false;
    }
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        if (vn_lint_common(&a->include[key], &b->include[key], &ignored)) {
            return true;
        }
    }
    return false;
}

static bool is_wanted(void *ctx, const char *category)
{
    return vn_terms_have(*(const struct vn_terms *const *)ctx, category);
}

/* One of `a` is a category of `b`, or lies in one. */
static bool lies_in(const struct vn_terms *a, const struct vn_terms *b)
{
    const struct vn_terms *wanted = b;
    for (uint32_t i = 0; i < a->count; i++) {
        if (vn_category_walk(a->values[i], is_wanted, &wanted)) {
            return true;
        }
    }
    return false;
}

/* No goods at all can be meant by both: a piece has one code, one brand and one path of categories. */
static bool never_meet(const struct vn_selector *a, const struct vn_selector *b)
{
    const struct vn_terms *a_paths = &a->include[VN_SELECT_CATEGORIES];
    const struct vn_terms *b_paths = &b->include[VN_SELECT_CATEGORIES];
    return disjoint(&a->include[VN_SELECT_CODES], &b->include[VN_SELECT_CODES]) ||
           disjoint(&a->include[VN_SELECT_BRANDS], &b->include[VN_SELECT_BRANDS]) ||
           (a_paths->count > 0 && b_paths->count > 0 && !lies_in(a_paths, b_paths) &&
            !lies_in(b_paths, a_paths));
}

static bool goods_meet(struct vn_lint_work *work, const struct cut *a, const struct cut *b)
{
    const struct vn_selector *other = b->selector;
    if (work->input->items == NULL || a->selector == NULL || b->selector == NULL) {
        return surely_meet(a->selector, b->selector);
    }
    return !never_meet(a->selector, b->selector) && vn_lint_each(work, a->selector, means_too, &other);
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

/* True when the pair was worth a warning. */
static bool check_pair(struct vn_lint_work *work, const struct vn_promotion *first, const struct cut *one,
                       const struct vn_promotion *second, const struct cut *two)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    int64_t most = most_bp(ruleset);
    int64_t sum = together(ruleset, second, one->rate_bp, two->rate_bp);
    bool same_stage = ruleset->groups[first->group].stage == ruleset->groups[second->group].stage &&
                      first->group != second->group;
    bool nothing_left =
        same_stage && (one->rate_bp >= most || (!ruleset->groups[second->group].running && sum > BP_WHOLE));
    if ((sum <= most && !nothing_left) || one->rate_bp > most || two->rate_bp > most) {
        return false; /* one that passes the floor by itself was told already */
    }
    work->steps--;
    if (!may_meet(first, second) || !goods_meet(work, one, two)) {
        return false;
    }
    if (nothing_left) {
        vn_lint_warn(
            work, VN_LINT_NOTHING_LEFT, second->id, first->id,
            "%lld.%02lld %% and before it %lld.%02lld %% are more than the goods that both mean leave: "
            "put them into one group of choice best, or let them mean other goods",
            (long long)two->rate_bp / 100, (long long)two->rate_bp % 100, (long long)one->rate_bp / 100,
            (long long)one->rate_bp % 100);
    } else {
        vn_lint_warn(
            work, VN_LINT_BELOW_FLOOR, second->id, first->id,
            "together they take %lld.%02lld %% off the same goods, and the header leaves %lld.%02lld %%: "
            "lower them, or put them into one group of choice best",
            (long long)sum / 100, (long long)sum % 100, (long long)most / 100, (long long)most % 100);
    }
    return true;
}

static void check_alone(struct vn_lint_work *work, const struct vn_promotion *promotion,
                        const struct cut *cut)
{
    int64_t most = most_bp(work->ruleset);
    if (cut->rate_bp > most) {
        vn_lint_warn(
            work, VN_LINT_BELOW_FLOOR, promotion->id, "",
            "it says %lld.%02lld %% off, and the header lets a piece lose %lld.%02lld %% at most: say "
            "that, or lower floor_bp",
            (long long)cut->rate_bp / 100, (long long)cut->rate_bp % 100, (long long)most / 100,
            (long long)most % 100);
    }
}

/* Of several that a promotion meets the first is told. */
static void check_against_all(struct vn_lint_work *work, const struct vn_promotion *second,
                              const struct cut *two)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    for (size_t i = 0; i < ruleset->promotion_count && work->steps > 0; i++) {
        const struct vn_promotion *first = &ruleset->promotions[i];
        if (first == second || !stack(ruleset, first, second) ||
            (first->group == second->group && first > second)) {
            continue;
        }
        struct cut one = cut_of(first);
        if (one.rate_bp > 0 && check_pair(work, first, &one, second, two)) {
            return;
        }
    }
}

void vn_lint_floors(struct vn_lint_work *work)
{
    for (size_t i = 0; i < work->ruleset->promotion_count && !work->out->more; i++) {
        const struct vn_promotion *promotion = &work->ruleset->promotions[i];
        struct cut cut = cut_of(promotion);
        if (cut.rate_bp > 0) {
            check_alone(work, promotion, &cut);
            check_against_all(work, promotion, &cut);
        }
    }
}
