/* A ruleset against a catalogue: what is meant, what it costs, what the law says of it. */
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/lint_work.h"
#include "agent/loyalty/rules/price_table.h"

#define BP_WHOLE 10000

/* --- which goods */

static bool is_wanted(void *ctx, const char *category)
{
    return vn_terms_have(*(const struct vn_terms *const *)ctx, category);
}

static bool key_means(enum vn_selector_key key, const struct vn_terms *terms, const struct vn_item *item)
{
    const struct vn_terms *wanted = terms;
    switch (key) {
    case VN_SELECT_CODES: return vn_terms_have(terms, item->code);
    case VN_SELECT_BRANDS: return vn_terms_have(terms, item->brand);
    case VN_SELECT_CATEGORIES: return vn_category_walk(item->category, is_wanted, &wanted);
    default: break;
    }
    for (unsigned i = 0; i < item->tag_count; i++) {
        if (vn_terms_have(terms, item->tags[i])) {
            return true;
        }
    }
    return false;
}

static bool table_has(const struct vn_price_table *table, const char *code)
{
    uint32_t low = 0;
    uint32_t high = vn_price_table_rows(table);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(vn_price_table_code(table, middle), code);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool vn_lint_means(const struct vn_selector *selector, const struct vn_item *item)
{
    if (selector == NULL) {
        return true;
    }
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        const struct vn_terms *in = &selector->include[key];
        const struct vn_terms *out = &selector->exclude[key];
        if ((in->count > 0 && !key_means((enum vn_selector_key)key, in, item)) ||
            (out->count > 0 && key_means((enum vn_selector_key)key, out, item))) {
            return false;
        }
    }
    /* a price that the catalogue does not know may be any */
    if (item->price_minor > 0 && (item->price_minor < selector->least_minor ||
                                  (selector->most_minor > 0 && item->price_minor > selector->most_minor))) {
        return false;
    }
    return selector->table == NULL || table_has(selector->table, item->code);
}

static int by_code(const void *code, const void *item)
{
    return strcmp(code, ((const struct vn_item *)item)->code);
}

bool vn_lint_each(struct vn_lint_work *work, const struct vn_selector *selector,
                  bool (*visit)(void *ctx, const struct vn_item *item), void *ctx)
{
    const struct vn_lint_input *input = work->input;
    const struct vn_terms *codes = selector == NULL ? NULL : &selector->include[VN_SELECT_CODES];
    bool by_codes = codes != NULL && codes->count > 0;
    size_t count = by_codes ? codes->count : input->item_count;
    for (size_t i = 0; i < count && work->steps > 0; i++) {
        const struct vn_item *item = by_codes ? bsearch(codes->values[i], input->items, input->item_count,
                                                        sizeof *input->items, by_code)
                                              : &input->items[i];
        work->steps--;
        if (item != NULL && vn_lint_means(selector, item) && visit(ctx, item)) {
            return true;
        }
    }
    return false;
}

static bool any(void *ctx, const struct vn_item *item)
{
    (void)ctx;
    (void)item;
    return true;
}

static bool check_meant(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    struct vn_lint_use uses[VN_LINT_USES_MAX];
    size_t count = vn_lint_uses(promotion, uses);
    for (size_t i = 0; i < count; i++) {
        if (!vn_lint_each(work, uses[i].selector, any, NULL) && work->steps > 0) {
            vn_lint_warn(
                work, VN_LINT_NO_GOODS, promotion->id, "",
                "the selector of %s means nothing in the catalogue: correct its codes, brands, tags, "
                "categories or prices",
                uses[i].what);
            return false;
        }
    }
    return true;
}

/* --- what the law says */

struct law_look {
    const struct vn_ruleset *ruleset;
    unsigned forbidden; /* by any of these it can't apply */
};

static bool is_allowed(void *ctx, const struct vn_item *item)
{
    const struct law_look *look = ctx;
    return (vn_law_forbids(look->ruleset->law, item->legal_class) & look->forbidden) == 0;
}

/* What of the law a reward is under; 0: nothing. */
static unsigned under_law(const struct vn_ruleset *ruleset, const struct vn_promotion *promotion,
                          const struct vn_reward *reward)
{
    bool by_coupon = promotion->cond.coupon || ruleset->groups[promotion->group].stage == VN_STAGE_COUPONS;
    if (reward->kind == VN_REWARD_GIFT) {
        return VN_FORBID_GIFT | VN_FORBID_DISCOUNT;
    }
    if (reward->kind <= VN_REWARD_ACCUMULATIVE) {
        return VN_FORBID_DISCOUNT | (by_coupon ? VN_FORBID_COUPON : 0U);
    }
    return reward->kind <= VN_REWARD_POINTS_MULTIPLIER ? VN_FORBID_EARN : 0;
}

static void check_law(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        struct law_look look = {work->ruleset, under_law(work->ruleset, promotion, reward)};
        if (look.forbidden != 0 && work->input->item_count > 0 &&
            !vn_lint_each(work, reward->selector, is_allowed, &look) && work->steps > 0) {
            vn_lint_warn(
                work, VN_LINT_LAW, promotion->id, "",
                "the law '%s' forbids it for all the goods that it means: let it mean others, or take "
                "it out",
                vn_law_names[work->ruleset->law]);
            return;
        }
    }
}

/* --- what it takes off */

struct price_look {
    const struct vn_reward *reward;
    int64_t best_minor; /* the most that one piece saves */
    int64_t dearest_minor;
    const struct vn_item *worst; /* the first that saves nothing */
    unsigned priced;
    bool any_saving; /* one that saves something is enough to know */
};

/* What one piece at its list price saves. A table's price depends on store and day; then it is taken to save. */
static int64_t saving(const struct vn_reward *reward, int64_t price_minor)
{
    int64_t off = 0;
    switch (reward->kind) {
    case VN_REWARD_PERCENT_OFF:
        return vn_money_mul_div(price_minor, reward->rate_bp, BP_WHOLE, VN_ROUND_HALF_AWAY, &off) ? off : 1;
    case VN_REWARD_NEW_PRICE: return reward->table_price ? 1 : price_minor - reward->amount_minor;
    default: return 1;
    }
}

static bool look_at_price(void *ctx, const struct vn_item *item)
{
    struct price_look *look = ctx;
    if (item->price_minor == 0) {
        return false;
    }
    int64_t off = saving(look->reward, item->price_minor);
    if (off <= 0 && look->worst == NULL) {
        look->worst = item;
    }
    look->best_minor = off > look->best_minor ? off : look->best_minor;
    look->dearest_minor = item->price_minor > look->dearest_minor ? item->price_minor : look->dearest_minor;
    look->priced++;
    return look->any_saving && off > 0;
}

static void check_piece(struct vn_lint_work *work, const struct vn_promotion *promotion,
                        const struct vn_reward *reward)
{
    struct price_look look = {.reward = reward, .any_saving = reward->kind != VN_REWARD_NEW_PRICE};
    (void)vn_lint_each(work, reward->selector, look_at_price, &look);
    if (work->steps == 0 || look.worst == NULL) {
        return;
    }
    if (reward->kind == VN_REWARD_NEW_PRICE) {
        vn_lint_warn(
            work, VN_LINT_NOTHING_OFF, promotion->id, "",
            "the new price is not below the list price of %s%s: lower it, or let it mean only dearer "
            "goods",
            look.worst->code, look.best_minor > 0 ? " (and perhaps of others)" : "");
    } else if (look.best_minor == 0) {
        vn_lint_warn(work, VN_LINT_NOTHING_OFF, promotion->id, "",
                     "its percentage rounds to nothing for all the goods that it means: raise it, or let it "
                     "mean dearer goods");
    }
}

/* The dearest that a bundle can be made of must cost more than the bundle. */
static void check_bundle(struct vn_lint_work *work, const struct vn_promotion *promotion,
                         const struct vn_reward *reward)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < reward->part_count; i++) {
        struct price_look look = {.reward = reward};
        int64_t part = 0;
        (void)vn_lint_each(work, reward->parts[i].selector, look_at_price, &look);
        if (work->steps == 0 || look.priced == 0 ||
            __builtin_mul_overflow(look.dearest_minor, reward->parts[i].n, &part) ||
            __builtin_add_overflow(sum, part, &sum)) {
            return;
        }
    }
    if (sum <= reward->amount_minor) {
        vn_lint_warn(work, VN_LINT_NOTHING_OFF, promotion->id, "",
                     "the bundle's price is not below what its goods cost at most: lower it, or check the "
                     "parts");
    }
}

void vn_lint_goods(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    if (!check_meant(work, promotion)) {
        return;
    }
    check_law(work, promotion);
    for (uint32_t i = 0; i < promotion->price_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        if (reward->kind == VN_REWARD_BUNDLE) {
            check_bundle(work, promotion, reward);
        } else if (work->ruleset->groups[promotion->group].stage == VN_STAGE_UNITS ||
                   reward->kind == VN_REWARD_NEW_PRICE) {
            check_piece(work, promotion, reward);
        }
    }
}
