/* A price table: what a leaflet says a piece (weighed: a kilogram) costs, for one selector instead of hundreds of
 * promotions.
 *
 * Rows come as lines of the ruleset in any order. When all are read they are sorted by code, so that a look-up is a
 * binary search, and never allocates. A row may be for one store group alone, and for a time; a row takes 24 bytes and
 * its code's letters. Tables belong to the ruleset. Not for other boxes. */
#ifndef VN_LOYALTY_PRICE_TABLE_H
#define VN_LOYALTY_PRICE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"

struct vn_price_table;
struct vn_ruleset;

/* The price of a code now and in a store that is in the store groups `groups` (bit n: the ruleset's store_groups[n];
 * vn_store_groups_of). False when no row fits. Of several rows the narrowest counts: one for a store group before one
 * for all stores, then the one that began last, then the lowest price. */
bool vn_price_table_find(const struct vn_price_table *table, const char *code, uint64_t groups,
                         int64_t local_minute, int64_t *price_minor);
/* The lowest price of a code in any store at any time; false when it has no row. */
bool vn_price_table_lowest(const struct vn_price_table *table, const char *code, int64_t *price_minor);
uint32_t vn_price_table_rows(const struct vn_price_table *table);
/* The codes of a table in ascending order; one that has several rows comes as often. NULL from `at` >= rows on. */
const char *vn_price_table_code(const struct vn_price_table *table, uint32_t at);

size_t vn_price_table_size_bytes(const struct vn_price_table *table);

/* Sorts the tables and their rows; after this they can be asked. VN_INPUT for two rows of one code, group and
 * beginning; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_price_tables_close(struct vn_ruleset *ruleset, struct vn_error *error);
/* NULL: no table of that id. Only after vn_price_tables_close. */
const struct vn_price_table *vn_price_table_named(const struct vn_ruleset *ruleset, const char *id);
void vn_price_tables_destroy(struct vn_ruleset *ruleset);

#endif
