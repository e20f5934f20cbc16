#include "agent/loyalty/rules/compile.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/sort.h"

static bool is_narrow(const struct vn_selector *selector)
{
    if (selector == NULL) {
        return false;
    }
    bool narrow = selector->table != NULL;
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        narrow = narrow || selector->include[key].count > 0;
    }
    return narrow;
}

struct finders {
    const struct vn_selector **list;
    size_t count;
    bool any_goods; /* something that it is about is not narrow */
};

static void add_finder(struct finders *finders, const struct vn_selector *selector)
{
    if (!is_narrow(selector)) {
        finders->any_goods = true;
    } else if (finders->count < VN_FINDERS_MAX) {
        finders->list[finders->count++] = selector;
    }
}

static void add_reward(struct finders *finders, const struct vn_reward *reward)
{
    switch (reward->kind) {
    case VN_REWARD_BUY_GET: add_finder(finders, reward->selector); break;
    case VN_REWARD_BUNDLE: break;
    case VN_REWARD_STAMP: add_finder(finders, reward->once ? NULL : reward->selector); return;
    case VN_REWARD_GIFT:
    case VN_REWARD_POINTS_BONUS:
    case VN_REWARD_ISSUE_COUPON:
    case VN_REWARD_ADD_TAG:
    case VN_REWARD_SAY: finders->any_goods = true; return;
    default: add_finder(finders, reward->selector); return;
    }
    for (uint32_t i = 0; i < reward->part_count; i++) {
        add_finder(finders, reward->parts[i].selector);
    }
}

size_t vn_promotion_goods(const struct vn_promotion *promotion, const struct vn_selector **out)
{
    struct finders finders = {out, 0, false};
    uint32_t rewards = promotion->price_count > 0 ? promotion->price_count : promotion->reward_count;
    for (uint32_t i = 0; i < rewards; i++) {
        add_reward(&finders, &promotion->rewards[i]);
    }
    if (!finders.any_goods) {
        return finders.count;
    }
    finders.count = 0;
    for (uint32_t i = 0; i < promotion->cond.quantity_count; i++) {
        add_finder(&finders, promotion->cond.quantities[i].selector);
    }
    if (finders.count == 0 && promotion->cond.spend_asked) {
        add_finder(&finders, promotion->cond.spend_selector);
    }
    return finders.count;
}

const struct vn_terms *vn_promotion_audience(const struct vn_promotion *promotion, unsigned *key)
{
    *key = promotion->who.segments.count > 0 ? VN_SYMBOL_SEGMENT : VN_SYMBOL_CLUB;
    if (promotion->who.segments.count > 0) {
        return &promotion->who.segments;
    }
    return promotion->who.clubs.count > 0 ? &promotion->who.clubs : NULL;
}

static bool tried_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_ruleset *ruleset = ctx;
    const struct vn_promotion *left = &ruleset->promotions[a];
    const struct vn_promotion *right = &ruleset->promotions[b];
    enum vn_stage left_stage = ruleset->groups[left->group].stage;
    enum vn_stage right_stage = ruleset->groups[right->group].stage;
    if (left_stage != right_stage) {
        return left_stage < right_stage;
    }
    if (left->group != right->group) {
        return left->group < right->group;
    }
    if (left->priority != right->priority) {
        return left->priority > right->priority;
    }
    return strcmp(left->id, right->id) < 0;
}

static bool id_before(const void *ctx, uint16_t a, uint16_t b)
{
    const struct vn_promotion *promotions = ctx;
    return strcmp(promotions[a].id, promotions[b].id) < 0;
}

/* promotions[i] becomes what promotions[order[i]] was, cycle by cycle, in place; `order` is used up. */
static void permute(struct vn_promotion *promotions, uint16_t *order, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        struct vn_promotion first = promotions[start];
        size_t to = start;
        for (size_t from = order[to]; from != start; from = order[to]) {
            promotions[to] = promotions[from];
            order[to] = (uint16_t)to;
            to = from;
        }
        promotions[to] = first;
        order[to] = (uint16_t)to;
    }
}

/* Blames the later line. */
static enum vn_status fail_twice(const struct vn_promotion *a, const struct vn_promotion *b,
                                 struct vn_error *error)
{
    const struct vn_promotion *first = a->line < b->line ? a : b;
    const struct vn_promotion *second = first == a ? b : a;
    (void)vn_fail(error, VN_INPUT, "line %u: promotion %s is there twice, also in line %u",
                  (unsigned)second->line, second->id, (unsigned)first->line);
    memcpy(error->pointer, "/id", sizeof "/id");
    return VN_INPUT;
}

static enum vn_status order_promotions(struct vn_ruleset *ruleset, struct vn_error *error)
{
    size_t count = ruleset->promotion_count;
    uint16_t *order = ruleset->by_id;
    struct vn_promotion *promotions = ruleset->promotions;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    vn_sort_order(order, count, tried_before, ruleset);
    permute(promotions, order, count); /* leaves 0, 1, 2, ... in `order` */
    vn_sort_order(order, count, id_before, promotions);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(promotions[order[i - 1]].id, promotions[order[i]].id) == 0) {
            return fail_twice(&promotions[order[i - 1]], &promotions[order[i]], error);
        }
    }
    struct vn_promotion *fitted = realloc(promotions, (count + 1) * sizeof *fitted);
    ruleset->promotions = fitted == NULL ? promotions : fitted;
    return VN_OK;
}

enum vn_status vn_ruleset_compile(struct vn_ruleset *ruleset, struct vn_error *error)
{
    ruleset->groups[VN_GROUP_OWN] =
        (struct vn_group){.id = "~", .stage = VN_STAGE_COUPONS, .running = true, .choice = VN_CHOICE_ALL};
    ruleset->by_id = calloc(ruleset->promotion_count + 1, sizeof *ruleset->by_id);
    if (ruleset->by_id == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = order_promotions(ruleset, error);
    if (status == VN_OK) {
        status = vn_compile_selectors(ruleset, error);
    }
    return status == VN_OK ? vn_compile_index(ruleset, error) : status;
}
