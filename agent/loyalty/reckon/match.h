/* Which lines of the basket a selector means: asked once a quote for each selector, whatever number of promotions use it.
 *
 * When a quote begins, what its lines are (code, brand, tags, category with all above it) becomes "facts": a symbol of the
 * ruleset and the lines that have it. A selector is then a union and an intersection of sets of lines; texts are compared no
 * more. Prices, the POS's own cuts and price tables, which hang on more than a symbol, are looked at line by line among
 * what is left.
 *
 * Answers are kept by the selector's number until the next quote; stamps of the quote tell old answers from new ones, so
 * that nothing is cleared in between. */
#ifndef VN_LOYALTY_MATCH_H
#define VN_LOYALTY_MATCH_H

#include "agent/loyalty/reckon/quote_work.h"

/* Bit n: work->lines[n]. Only as many words as the quote has lines for are valid. */
struct vn_line_set {
    uint64_t words[VN_LINE_WORDS];
};

static inline bool vn_line_set_has(const struct vn_line_set *set, size_t line)
{
    return (set->words[line / 64] >> (line % 64) & 1) != 0;
}

VN_MUST_USE enum vn_status vn_match_create(struct vn_match_memo **out);
void vn_match_destroy(struct vn_match_memo *memo);

/* Takes the lines in; after vn_units_expand, before any question. */
void vn_match_begin(struct vn_quote_work *work);
/* The lines with goods in them that the selector (NULL: any) means, here and now. The answer is valid until the next
 * question. */
const struct vn_line_set *vn_match_lines(const struct vn_quote_work *work,
                                         const struct vn_selector *selector);
bool vn_match_line(const struct vn_quote_work *work, const struct vn_selector *selector, size_t line);
/* The selector means some line. */
bool vn_match_any(const struct vn_quote_work *work, const struct vn_selector *selector);
/* What a price table says that a line costs here and now, by its own code, else by the item's. False: nothing. */
bool vn_match_price(const struct vn_quote_work *work, const struct vn_price_table *table,
                    const struct vn_work_line *at, int64_t *price_minor);
/* Calls `visit` for every symbol that some line with goods has. */
void vn_match_each_symbol(const struct vn_quote_work *work, void (*visit)(void *ctx, uint32_t symbol),
                          void *ctx);

#endif
