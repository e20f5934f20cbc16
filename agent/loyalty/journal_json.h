/* A sale as a journal keeps it and the wire carries it: basket and outcome without what the other has, or what follows from it.
 * Every till sends one for every receipt for years, so that a byte here is a byte a receipt.
 *
 *     basket   {"operator","lane","card_entry","proof","tenders": as in a basket, where they are not the usual;
 *               "ago": ms from its first line to the entry; "unit_prices": true when lines have their amount a piece;
 *               "lines": [["8600000000017",15999], ["8600000000024",31998,2000,"E",{"parent":1}], ...]}
 *              a line is its code, its amount, its quantity unless 1000, its tax label unless none, and what else it has, as in
 *              a basket. Ids count from 1 unless a line says so. No sale key: the entry has it
 *     outcome  {"total_minor": unless the basket's; "earn_bp": lines earned on so much of what was paid for them;
 *               "applications": [["milk-10","units",[1,1600],[4,900,2000]], ["gold","earning",7], ...]; "lines": [...];
 *               the rest as in an outcome}
 *              an application is its promotion, its stage, its wallet unless the first, and rows: [line, discount], with the
 *              quantity unless the line's; a number: points on the receipt; or all of it as an object. "lines" has the lines that
 *              are not what basket and applications make of them, and of them what differs. Without a basket, or when the outcome
 *              is not of this one, "own_lines" has all of all lines instead
 *
 * Explanations, near misses and the range that may be spent are for the customer at the lane, and are not kept; nor are names
 * of goods that the catalogue knows. All else is read as it was written. Readers are as strict as loyalty_json.h's. */
#ifndef VN_LOYALTY_JOURNAL_JSON_H
#define VN_LOYALTY_JOURNAL_JSON_H

#include <jansson.h>

#include "agent/base/json.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/outcome.h"

/* `at_ms` is the entry's time; `items` are beside the basket's lines, NULL: all names are kept. A new reference, or NULL when
 * memory is out. */
json_t *vn_basket_write_journal(const struct vn_basket *basket, const struct vn_item *items, int64_t at_ms);
/* `key` is the entry's. A failure is in the reader's error; *out is reset first. */
void vn_basket_read_journal(const struct vn_json_in *in, const struct vn_sale_key *key, int64_t at_ms,
                            struct vn_basket *out);

/* `basket` is what the outcome will be read beside; NULL: none. */
json_t *vn_outcome_write_journal(const struct vn_outcome *outcome, const struct vn_basket *basket);
void vn_outcome_read_journal(const struct vn_json_in *in, const struct vn_basket *basket,
                             struct vn_outcome *out);

#endif
