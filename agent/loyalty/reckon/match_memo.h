/* What match.c keeps between its questions, and until the next quote. For match.c and its tests alone. */
#ifndef VN_LOYALTY_MATCH_MEMO_H
#define VN_LOYALTY_MATCH_MEMO_H

#include <assert.h>

#include "agent/loyalty/reckon/match.h"

/* A line has its own code and the item's, a brand, tags, and a category with all above it: fewer than its path has
 * letters. */
#define VN_MATCH_FACTS_OF_LINE (3 + VN_TAGS_MAX + VN_NAME_MAX)
#define VN_MATCH_FACTS_MAX     (VN_LINES_MAX * VN_MATCH_FACTS_OF_LINE)
#define VN_MATCH_SLOTS         131072 /* a power of two, more than twice VN_MATCH_FACTS_MAX */
#define VN_MATCH_ANSWERS       4096 /* a power of two: an answer is kept until another selector needs its place */

static_assert(VN_MATCH_SLOTS > 2 * VN_MATCH_FACTS_MAX, "facts always find a slot");

struct vn_match_fact {
    uint32_t symbol;
    uint32_t next; /* of its key, 1 above its place; 0: the last */
    struct vn_line_set lines;
};

struct vn_match_slot {
    uint32_t stamp;
    uint32_t fact;
};

struct vn_match_answer {
    uint32_t stamp;
    uint32_t number;
    bool any;
    struct vn_line_set lines;
};

struct vn_match_memo {
    uint32_t stamp;     /* of the quote */
    unsigned slot_bits; /* so many slots as this quote needs: 2 to this power */
    uint32_t fact_count;
    uint32_t first[VN_SELECT_KEYS], of_key[VN_SELECT_KEYS]; /* facts of a key: the list and its length */
    size_t words;
    struct vn_line_set all; /* lines with goods */
    struct vn_line_set known;
    struct vn_match_answer answers[VN_MATCH_ANSWERS];
    struct vn_match_answer other; /* of selectors that are not the ruleset's */
    struct vn_match_slot slots[VN_MATCH_SLOTS];
    struct vn_match_fact facts[VN_MATCH_FACTS_MAX];
};

#endif
