/* A ruleset against a catalogue: what is meant, what it costs, what the law says of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/money.h"
#include "agent/loyalty/rules/lint_work.h"
#include "agent/loyalty/rules/price_table.h"

#define BP_WHOLE         10000
#define CLASSES_TOLD_MAX 8

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
    int64_t ignored_minor = 0;
    return selector->table == NULL || vn_price_table_lowest(selector->table, item->code, &ignored_minor);
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

/* "tags coffee, ...; price table leaflet", as far as it fits. */
static void tell_selector(const struct vn_selector *selector, char out[VN_ERROR_TEXT_MAX / 2])
{
    static const char *const names[VN_SELECT_KEYS] = {"codes", "brands", "tags", "categories"};
    const size_t size = VN_ERROR_TEXT_MAX / 2;
    size_t len = 0;
    out[0] = '\0';
    for (int key = 0; key < VN_SELECT_KEYS && len < size; key++) {
        const struct vn_terms *in = &selector->include[key];
        if (in->count > 0) {
            len += (size_t)snprintf(out + len, size - len, "%s%s %s%s", len == 0 ? "" : "; ", names[key],
                                    in->values[0], in->count > 1 ? ", ..." : "");
        }
    }
    if (selector->table != NULL && len < size) {
        len += (size_t)snprintf(out + len, size - len, "%sprice table %s", len == 0 ? "" : "; ",
                                selector->table_id);
    }
    if (len == 0) {
        (void)snprintf(out, size, "its prices, or what it excludes");
    }
}

static bool check_meant(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    struct vn_lint_use uses[VN_LINT_USES_MAX];
    size_t count = vn_lint_uses(promotion, uses);
    for (size_t i = 0; i < count; i++) {
        if (!vn_lint_each(work, uses[i].selector, any, NULL) && work->steps > 0) {
            char told[VN_ERROR_TEXT_MAX / 2];
            tell_selector(uses[i].selector, told);
            vn_lint_warn(work, VN_LINT_NO_GOODS, promotion->id, "",
                         "the selector of %s means nothing in the catalogue: correct it (%s), or import the "
                         "goods first",
                         uses[i].what, told);
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
    switch (reward->kind) {
    case VN_REWARD_GIFT: return VN_FORBID_GIFT | VN_FORBID_DISCOUNT;
    case VN_REWARD_POINTS_PER_SPEND:
    case VN_REWARD_POINTS_PER_UNIT:
    case VN_REWARD_POINTS_MULTIPLIER: return VN_FORBID_EARN;
    case VN_REWARD_STAMP: return reward->once ? 0 : VN_FORBID_EARN;
    case VN_REWARD_POINTS_BONUS:
    case VN_REWARD_ISSUE_COUPON:
    case VN_REWARD_ADD_TAG:
    case VN_REWARD_SAY: return 0;
    default: return VN_FORBID_DISCOUNT | (by_coupon ? VN_FORBID_COUPON : 0U);
    }
}

static bool all_forbidden(struct vn_lint_work *work, const struct vn_selector *selector, unsigned forbidden)
{
    struct law_look look = {work->ruleset, forbidden};
    return forbidden != 0 && !vn_lint_each(work, selector, is_allowed, &look) && work->steps > 0;
}

/* A part that nothing lawful fits leaves no set: what is bought must count, what a bundle holds be discounted. */
static bool reward_forbidden(struct vn_lint_work *work, const struct vn_promotion *promotion,
                             const struct vn_reward *reward)
{
    unsigned forbidden = under_law(work->ruleset, promotion, reward);
    unsigned of_parts = reward->kind == VN_REWARD_BUY_GET ? VN_FORBID_THRESHOLD : forbidden;
    for (uint32_t i = 0; i < reward->part_count; i++) {
        if (all_forbidden(work, reward->parts[i].selector, of_parts)) {
            return true;
        }
    }
    return reward->kind != VN_REWARD_BUNDLE && all_forbidden(work, reward->selector, forbidden);
}

static bool condition_forbidden(struct vn_lint_work *work, const struct vn_if *cond)
{
    bool forbidden =
        cond->spend_selector != NULL && all_forbidden(work, cond->spend_selector, VN_FORBID_THRESHOLD);
    for (uint32_t i = 0; i < cond->quantity_count && !forbidden; i++) {
        forbidden = all_forbidden(work, cond->quantities[i].selector, VN_FORBID_THRESHOLD);
    }
    return forbidden;
}

static void check_law(struct vn_lint_work *work, const struct vn_promotion *promotion)
{
    bool by_reward = false;
    for (uint32_t i = 0; i < promotion->reward_count && !by_reward; i++) {
        by_reward = reward_forbidden(work, promotion, &promotion->rewards[i]);
    }
    if (by_reward || condition_forbidden(work, &promotion->cond)) {
        vn_lint_warn(work, VN_LINT_LAW, promotion->id, "",
                     "the law '%s' %s: let it mean others, or take it out", vn_law_names[work->ruleset->law],
                     by_reward ? "forbids it for all the goods that it, or a part of its set, means"
                               : "lets none of the goods that its condition means count");
    }
}

static bool warned_of_class(const struct vn_lint_work *work, const char *legal_class)
{
    for (unsigned i = 0; i < work->out->count; i++) {
        const struct vn_warning *at = &work->out->list[i];
        if (at->code == VN_LINT_NO_CLASS && strcmp(at->other, legal_class) == 0) {
            return true;
        }
    }
    return false;
}

void vn_lint_classes(struct vn_lint_work *work)
{
    enum vn_law law = work->ruleset->law;
    for (size_t i = 0; law != VN_LAW_NONE && i < work->input->item_count; i++) {
        const struct vn_item *item = &work->input->items[i];
        if (vn_law_knows(law, item->legal_class) || warned_of_class(work, item->legal_class)) {
            continue;
        }
        if (work->out->count == CLASSES_TOLD_MAX) {
            work->out->more = true;
            return;
        }
        vn_lint_warn(work, VN_LINT_NO_CLASS, "", item->legal_class,
                     "the law '%s' has no such legal_class, so that its goods (%s, ...) are free of the law: "
                     "correct the word, unless it is the chain's own",
                     vn_law_names[law], item->code);
    }
}

/* --- what it takes off */

struct price_look {
    const struct vn_ruleset *ruleset;
    const struct vn_reward *reward;
    int64_t best_minor; /* the most that one piece saves */
    int64_t dearest_minor;
    const struct vn_item *worst; /* the first that saves nothing */
    const struct vn_item *deep;  /* the first that would lose more than the header lets it */
    unsigned priced, deep_count;
    bool any_saving; /* one that saves something is enough to know */
};

/* What one piece at its list price saves. A table's price depends on store and day: then it is the lowest. */
static int64_t saving(const struct vn_reward *reward, const struct vn_item *item)
{
    int64_t off = 0;
    int64_t price_minor = reward->amount_minor;
    switch (reward->kind) {
    case VN_REWARD_PERCENT_OFF:
        return vn_money_mul_div(item->price_minor, reward->rate_bp, BP_WHOLE, VN_ROUND_HALF_AWAY, &off) ? off
                                                                                                        : 1;
    case VN_REWARD_AMOUNT_OFF: return reward->amount_minor;
    case VN_REWARD_NEW_PRICE:
        if (reward->table_price && reward->selector != NULL &&
            !vn_price_table_lowest(reward->selector->table, item->code, &price_minor)) {
            return 1;
        }
        return item->price_minor - price_minor;
    default: return 1;
    }
}

/* A percentage against the floor needs no catalogue (lint_pairs.c). */
static bool too_deep(const struct price_look *look, const struct vn_item *item, int64_t off_minor)
{
    const struct vn_ruleset *ruleset = look->ruleset;
    int64_t least_minor = 0;
    int64_t most_minor = 0;
    if (look->reward->kind != VN_REWARD_NEW_PRICE && look->reward->kind != VN_REWARD_AMOUNT_OFF) {
        return false;
    }
    if (!vn_money_mul_div(item->price_minor, ruleset->floor_bp, BP_WHOLE, VN_ROUND_UP, &least_minor) ||
        !vn_money_mul_div(item->price_minor, ruleset->max_unit_discount_bp, BP_WHOLE, VN_ROUND_DOWN,
                          &most_minor)) {
        return false;
    }
    return off_minor > item->price_minor - least_minor ||
           (ruleset->max_unit_discount_bp > 0 && off_minor > most_minor) ||
           (ruleset->max_unit_discount_minor > 0 && off_minor > ruleset->max_unit_discount_minor);
}

static bool look_at_price(void *ctx, const struct vn_item *item)
{
    struct price_look *look = ctx;
    if (item->price_minor == 0) {
        return false;
    }
    int64_t off = saving(look->reward, item);
    if (off <= 0 && look->worst == NULL) {
        look->worst = item;
    }
    if (too_deep(look, item, off)) {
        look->deep = look->deep == NULL ? item : look->deep;
        look->deep_count++;
    }
    look->best_minor = off > look->best_minor ? off : look->best_minor;
    look->dearest_minor = item->price_minor > look->dearest_minor ? item->price_minor : look->dearest_minor;
    look->priced++;
    return look->any_saving && off > 0;
}

static void check_piece(struct vn_lint_work *work, const struct vn_promotion *promotion,
                        const struct vn_reward *reward)
{
    bool all = reward->kind == VN_REWARD_NEW_PRICE || reward->kind == VN_REWARD_AMOUNT_OFF;
    struct price_look look = {.ruleset = work->ruleset, .reward = reward, .any_saving = !all};
    (void)vn_lint_each(work, reward->selector, look_at_price, &look);
    if (work->steps == 0) {
        return;
    }
    if (look.worst != NULL && reward->kind == VN_REWARD_NEW_PRICE) {
        vn_lint_warn(
            work, VN_LINT_NOTHING_OFF, promotion->id, "",
            "the new price is not below the list price of %s%s: lower it, or let it mean only dearer "
            "goods",
            look.worst->code, look.best_minor > 0 ? " (and perhaps of others)" : "");
    } else if (look.worst != NULL && look.best_minor == 0) {
        vn_lint_warn(work, VN_LINT_NOTHING_OFF, promotion->id, "",
                     "its percentage rounds to nothing for all the goods that it means: raise it, or let it "
                     "mean dearer goods");
    } else if (look.deep_count > 0 && look.deep_count == look.priced) {
        vn_lint_warn(work, VN_LINT_BELOW_FLOOR, promotion->id, "",
                     "%s and all else that it means would lose more than the header lets a piece lose: say "
                     "less, or change floor_bp or the most that a unit may lose",
                     look.deep->code);
    }
}

/* The dearest that a bundle can be made of must cost more than the bundle. */
static void check_bundle(struct vn_lint_work *work, const struct vn_promotion *promotion,
                         const struct vn_reward *reward)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < reward->part_count; i++) {
        struct price_look look = {.ruleset = work->ruleset, .reward = reward};
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
