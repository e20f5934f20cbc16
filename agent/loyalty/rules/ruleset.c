/* Compiling: promotions in the order in which they are tried, and an index from what a line has (code, brand, tag,
 * category) to the promotions that could mean it, so that a quote costs what matches and not what is published. */
#include "agent/loyalty/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/price_table.h"
#include "agent/loyalty/sort.h"

void vn_ruleset_destroy(struct vn_ruleset *ruleset)
{
    if (ruleset == NULL) {
        return;
    }
    free(ruleset->promotions);
    free(ruleset->by_id);
    free(ruleset->index);
    free(ruleset->always);
    free(ruleset->table_users);
    vn_price_tables_destroy(ruleset);
    vn_arena_deinit(&ruleset->arena);
    free(ruleset);
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

static enum vn_status order_promotions(struct vn_ruleset *ruleset, struct vn_error *error)
{
    size_t count = ruleset->promotion_count;
    struct vn_promotion *sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    uint16_t *order = ruleset->by_id;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    vn_sort_order(order, count, tried_before, ruleset);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = ruleset->promotions[order[i]];
    }
    free(ruleset->promotions);
    ruleset->promotions = sorted;
    for (size_t i = 0; i < count; i++) {
        order[i] = (uint16_t)i;
    }
    vn_sort_order(order, count, id_before, sorted);
    for (size_t i = 1; i < count; i++) {
        const char *id = sorted[order[i]].id;
        if (strcmp(sorted[order[i - 1]].id, id) == 0) {
            return vn_fail(error, VN_INPUT, "promotion %s is there twice", id);
        }
    }
    return VN_OK;
}

/* The terms by which a promotion is found; NULL when every receipt must try it. Without goods that its reward (or, if
 * that takes any goods, its condition) means, it can't do anything and is not in scope. */
static const struct vn_terms *index_terms(const struct vn_promotion *promotion, int *key)
{
    const struct vn_selector *choices[] = {promotion->rewards[0].selector,
                                           promotion->cond.quantities[0].selector,
                                           promotion->cond.spend_selector};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        for (*key = 0; choices[i] != NULL && *key < VN_SELECT_KEYS; (*key)++) {
            if (choices[i]->include[*key].count > 0) {
                return &choices[i]->include[*key];
            }
        }
    }
    return NULL;
}

static int entry_order(const void *a, const void *b)
{
    const struct vn_index_entry *left = a;
    const struct vn_index_entry *right = b;
    if (left->key != right->key) {
        return left->key < right->key ? -1 : 1;
    }
    int order = strcmp(left->value, right->value);
    return order != 0 ? order : (int)left->promotion - (int)right->promotion;
}

static void fill_index(struct vn_ruleset *ruleset)
{
    size_t used = 0;
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        int key = 0;
        const struct vn_terms *terms = index_terms(&ruleset->promotions[i], &key);
        if (terms != NULL) {
            for (uint32_t value = 0; value < terms->count; value++) {
                ruleset->index[used++] =
                    (struct vn_index_entry){terms->values[value], (uint16_t)key, (uint16_t)i};
            }
        } else if (!ruleset->promotions[i]
                        .cond.coupon) { /* a coupon for anything: tried when it is presented */
            ruleset->always[ruleset->always_count++] = (uint16_t)i;
        }
    }
    ruleset->index_count = used;
    qsort(ruleset->index, used, sizeof *ruleset->index, entry_order);
}

enum vn_status vn_ruleset_compile(struct vn_ruleset *ruleset, struct vn_error *error)
{
    size_t values = 0;
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        int key = 0;
        const struct vn_terms *terms = index_terms(&ruleset->promotions[i], &key);
        values += terms == NULL ? 0 : terms->count;
    }
    if (values > VN_INDEX_MAX) {
        return vn_fail(error, VN_FULL, "promotions name more than %d values", VN_INDEX_MAX);
    }
    ruleset->by_id = calloc(ruleset->promotion_count + 1, sizeof *ruleset->by_id);
    ruleset->always = calloc(ruleset->promotion_count + 1, sizeof *ruleset->always);
    ruleset->index = calloc(values + 1, sizeof *ruleset->index);
    if (ruleset->by_id == NULL || ruleset->always == NULL || ruleset->index == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    enum vn_status status = order_promotions(ruleset, error);
    if (status == VN_OK) {
        fill_index(ruleset);
    }
    return status;
}

size_t vn_ruleset_find(const struct vn_ruleset *ruleset, const char *id)
{
    size_t low = 0;
    size_t high = ruleset->promotion_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(ruleset->promotions[ruleset->by_id[middle]].id, id);
        if (order == 0) {
            return ruleset->by_id[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return ruleset->promotion_count;
}

uint32_t vn_store_group_find(const struct vn_ruleset *ruleset, const char *id)
{
    uint32_t at = 0;
    while (at < ruleset->store_group_count && strcmp(ruleset->store_groups[at].id, id) != 0) {
        at++;
    }
    return at;
}

uint64_t vn_store_groups_of(const struct vn_ruleset *ruleset, const char *store)
{
    uint64_t groups = 0;
    for (uint32_t i = 0; i < ruleset->store_group_count; i++) {
        groups |= (uint64_t)vn_terms_have(&ruleset->store_groups[i].stores, store) << i;
    }
    return groups;
}

uint64_t vn_ruleset_number(const struct vn_ruleset *ruleset)
{
    return (uint64_t)ruleset->number;
}

const char *vn_ruleset_currency(const struct vn_ruleset *ruleset)
{
    return ruleset->currency;
}

unsigned vn_ruleset_currency_exponent(const struct vn_ruleset *ruleset)
{
    return (unsigned)ruleset->exponent;
}

int64_t vn_ruleset_utc_offset_min(const struct vn_ruleset *ruleset, const char *store, int64_t wall_ms)
{
    (void)store;
    (void)wall_ms;
    return ruleset->zone.offset_min;
}

const struct vn_wallet *vn_ruleset_wallet(const struct vn_ruleset *ruleset)
{
    return &ruleset->wallets[0];
}

size_t vn_ruleset_promotion_count(const struct vn_ruleset *ruleset)
{
    return ruleset->promotion_count;
}

size_t vn_ruleset_skipped_count(const struct vn_ruleset *ruleset)
{
    return ruleset->skipped_count;
}

const struct vn_error *vn_ruleset_skipped(const struct vn_ruleset *ruleset)
{
    return &ruleset->skipped;
}

size_t vn_ruleset_card_ranges(const struct vn_ruleset *ruleset, const struct vn_card_range **out)
{
    *out = ruleset->ranges;
    return ruleset->range_count;
}

const char *vn_ruleset_promotion_name(const struct vn_ruleset *ruleset, const char *promotion,
                                      const char *locale)
{
    size_t at = vn_ruleset_find(ruleset, promotion);
    if (at == ruleset->promotion_count) {
        return promotion;
    }
    const struct vn_promotion *found = &ruleset->promotions[at];
    const char *english = found->id;
    for (uint32_t i = 0; i < found->name.count; i++) {
        if (strcmp(found->name.list[i].locale, locale) == 0) {
            return found->name.list[i].text;
        }
        if (strcmp(found->name.list[i].locale, "en") == 0) {
            english = found->name.list[i].text;
        }
    }
    return english;
}
