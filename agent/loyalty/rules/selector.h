/* Which lines a promotion means.
 *
 * Four keys: codes, brands, tags, categories (with what is below them). Within a key any value fits; every key that is
 * given must fit; any key of `exclude` that fits takes the line out. Beside them a range of the list price of a piece
 * (weighed: of a kilogram), "not reduced by the POS", and a price table that must have a row for the line, here and now.
 * NULL selects every line. An item that is in no catalogue fits by its code alone: it never fits another key, and a
 * selector that excludes by another key does not take it, because nobody can say that it is not excluded. */
#ifndef VN_LOYALTY_SELECTOR_H
#define VN_LOYALTY_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/loyalty/basket.h"

/* In the order in which the index prefers them: the narrowest first. */
enum vn_selector_key {
    VN_SELECT_CODES,
    VN_SELECT_BRANDS,
    VN_SELECT_TAGS,
    VN_SELECT_CATEGORIES,
    VN_SELECT_KEYS,
};

/* A list of texts, sorted by bytes. Borrowed from the ruleset. */
struct vn_terms {
    const char **values;
    uint32_t count;
    const uint32_t *symbols; /* of a selector's keys, compiled: as many, ascending; else NULL */
};

struct vn_price_table; /* rules/price_table.h */

struct vn_selector {
    struct vn_terms include[VN_SELECT_KEYS];
    struct vn_terms exclude[VN_SELECT_KEYS];
    int64_t least_minor, most_minor; /* list price, both included; most 0: no end */
    bool not_reduced;
    const struct vn_price_table *table; /* NULL: none; resolved when all lines of the ruleset are read */
    const char *table_id;
    uint32_t line;   /* of the ruleset's text */
    uint32_t number; /* equal selectors of a ruleset have the same one: a quote asks about each once */
};

bool vn_terms_have(const struct vn_terms *terms, const char *value);

/* Calls `visit` for every category that the path lies in: "a/b/c", "a/b", "a"; ends early when it returns true, and
 * returns so. */
bool vn_category_walk(const char *path, bool (*visit)(void *ctx, const char *category), void *ctx);

/* By the four keys alone, text by text. A quote asks reckon/match.h, which knows price, place and time besides. */
bool vn_selector_matches(const struct vn_selector *selector, const struct vn_line *line,
                         const struct vn_item *item);

#endif
