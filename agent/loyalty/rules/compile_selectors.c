#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/compile.h"

#define HASH_START 14695981039346656037U
#define HASH_PRIME 1099511628211U

/* The selectors that have their number and symbols, by hash; what is equal to one of them shares what it has. */
struct naming {
    struct vn_ruleset *ruleset;
    const struct vn_selector **table; /* linear probing; NULL: free */
    size_t slots;                     /* a power of two */
    size_t values;                    /* texts of all selectors that are not equal */
    bool failed;                      /* memory is out */
    uint32_t scratch[VN_SELECTOR_VALUES_MAX];
};

/* Lists are sorted by bytes, so that equal ones are equal text by text. */
static bool same_terms(const struct vn_terms *a, const struct vn_terms *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (strcmp(a->values[i], b->values[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool same_selector(const struct vn_selector *a, const struct vn_selector *b)
{
    bool same = a->least_minor == b->least_minor && a->most_minor == b->most_minor &&
                a->not_reduced == b->not_reduced && a->table == b->table;
    for (int key = 0; same && key < VN_SELECT_KEYS; key++) {
        same =
            same_terms(&a->include[key], &b->include[key]) && same_terms(&a->exclude[key], &b->exclude[key]);
    }
    return same;
}

static uint64_t hash_terms(uint64_t hash, const struct vn_terms *terms)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        for (const char *c = terms->values[i]; *c != '\0'; c++) {
            hash = (hash ^ (uint8_t)*c) * HASH_PRIME;
        }
        hash = (hash ^ UINT8_MAX) * HASH_PRIME; /* no byte of UTF-8 */
    }
    return (hash ^ terms->count) * HASH_PRIME;
}

static uint64_t hash_selector(const struct vn_selector *selector)
{
    uint64_t hash = HASH_START;
    for (int key = 0; key < VN_SELECT_KEYS; key++) {
        hash = hash_terms(hash_terms(hash, &selector->include[key]), &selector->exclude[key]);
    }
    hash = (hash ^ (uint64_t)selector->least_minor) * HASH_PRIME;
    hash = (hash ^ (uint64_t)selector->most_minor) * HASH_PRIME;
    return hash ^ hash >> 32;
}

static int symbol_order(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static void name_terms(struct naming *naming, unsigned key, struct vn_terms *terms)
{
    if (terms->count == 0 || naming->failed) {
        return;
    }
    size_t size = terms->count * sizeof(uint32_t);
    for (uint32_t i = 0; i < terms->count; i++) {
        naming->scratch[i] = vn_symbols_add(&naming->ruleset->symbols, key, terms->values[i]);
        naming->failed = naming->failed || naming->scratch[i] == 0;
    }
    qsort(naming->scratch, terms->count, sizeof(uint32_t), symbol_order);
    uint32_t *symbols = vn_arena_take(&naming->ruleset->arena, size);
    if (symbols == NULL) {
        naming->failed = true;
        return;
    }
    memcpy(symbols, naming->scratch, size);
    terms->symbols = symbols;
    naming->values += terms->count;
}

/* Selectors are constant for all but the compiler, which is the last that writes to a ruleset's memory. */
static void name_selector(struct naming *naming, const struct vn_selector *constant)
{
    struct vn_selector *selector = (struct vn_selector *)(uintptr_t)constant;
    if (selector == NULL) {
        return;
    }
    size_t slot = hash_selector(selector) & (naming->slots - 1);
    while (naming->table[slot] != NULL && !same_selector(naming->table[slot], selector)) {
        slot = (slot + 1) & (naming->slots - 1);
    }
    if (naming->table[slot] != NULL) {
        *selector = *naming->table[slot];
        return;
    }
    for (unsigned key = 0; key < VN_SELECT_KEYS; key++) {
        name_terms(naming, key, &selector->include[key]);
        name_terms(naming, key, &selector->exclude[key]);
    }
    selector->number = naming->ruleset->selector_count++;
    naming->table[slot] = selector;
}

/* Selectors of a promotion, at most. */
static size_t count_selectors(const struct vn_promotion *promotion)
{
    size_t count = 1 + (size_t)promotion->reward_count + promotion->cond.quantity_count;
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        count += promotion->rewards[i].part_count;
    }
    return count;
}

static void name_promotion(struct naming *naming, const struct vn_promotion *promotion)
{
    for (uint32_t i = 0; i < promotion->reward_count; i++) {
        const struct vn_reward *reward = &promotion->rewards[i];
        name_selector(naming, reward->selector);
        for (uint32_t part = 0; part < reward->part_count; part++) {
            name_selector(naming, reward->parts[part].selector);
        }
    }
    name_selector(naming, promotion->cond.spend_selector);
    for (uint32_t i = 0; i < promotion->cond.quantity_count; i++) {
        name_selector(naming, promotion->cond.quantities[i].selector);
    }
}

static void name_all(struct naming *naming)
{
    const struct vn_ruleset *ruleset = naming->ruleset;
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        name_promotion(naming, &ruleset->promotions[i]);
    }
    for (unsigned i = 0; i < ruleset->wallet_count; i++) {
        name_selector(naming, ruleset->wallets[i].excluded);
    }
}

enum vn_status vn_compile_selectors(struct vn_ruleset *ruleset, struct vn_error *error)
{
    size_t count = ruleset->wallet_count;
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        count += count_selectors(&ruleset->promotions[i]);
    }
    struct naming *naming = calloc(1, sizeof *naming);
    if (naming == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    naming->ruleset = ruleset;
    naming->slots = 2;
    while (naming->slots < 2 * count) {
        naming->slots *= 2;
    }
    naming->table = calloc(naming->slots, sizeof(struct vn_selector *));
    naming->failed = naming->table == NULL;
    if (!naming->failed) {
        name_all(naming);
    }
    bool failed = naming->failed;
    size_t values = naming->values;
    free((void *)naming->table);
    free(naming);
    if (failed) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    return values > VN_INDEX_MAX ? vn_fail(error, VN_FULL, "selectors name more than %d values", VN_INDEX_MAX)
                                 : VN_OK;
}
