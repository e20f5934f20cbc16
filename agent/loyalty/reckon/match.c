#include "agent/loyalty/reckon/match_memo.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/price_table.h"

enum vn_status vn_match_create(struct vn_match_memo **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? VN_NOMEM : VN_OK;
}

void vn_match_destroy(struct vn_match_memo *memo)
{
    free(memo);
}

static struct vn_match_slot *slot_of(struct vn_match_memo *memo, uint32_t symbol)
{
    uint32_t mask = (UINT32_C(1) << memo->slot_bits) - 1;
    uint32_t at = symbol * 2654435769U >> (32 - memo->slot_bits); /* Fibonacci hashing */
    while (memo->slots[at].stamp == memo->stamp && memo->facts[memo->slots[at].fact].symbol != symbol) {
        at = (at + 1) & mask;
    }
    return &memo->slots[at];
}

static const struct vn_match_fact *find_fact(struct vn_match_memo *memo, uint32_t symbol)
{
    const struct vn_match_slot *slot = slot_of(memo, symbol);
    return slot->stamp == memo->stamp ? &memo->facts[slot->fact] : NULL;
}

static void set_bit(struct vn_line_set *set, size_t line)
{
    set->words[line / 64] |= UINT64_C(1) << (line % 64);
}

static void add_fact(struct vn_match_memo *memo, const struct vn_symbols *symbols, unsigned key,
                     const char *text, size_t len, size_t line)
{
    uint32_t symbol = vn_symbols_find(symbols, key, text, len);
    if (symbol == 0) {
        return;
    }
    struct vn_match_slot *slot = slot_of(memo, symbol);
    if (slot->stamp != memo->stamp) {
        *slot = (struct vn_match_slot){memo->stamp, memo->fact_count++};
        struct vn_match_fact *fact = &memo->facts[slot->fact];
        fact->symbol = symbol;
        fact->next = memo->first[key];
        memset(&fact->lines, 0, memo->words * sizeof fact->lines.words[0]);
        memo->first[key] = slot->fact + 1;
        memo->of_key[key]++;
    }
    set_bit(&memo->facts[slot->fact].lines, line);
}

static void add_line(struct vn_match_memo *memo, const struct vn_symbols *symbols,
                     const struct vn_work_line *at, size_t line)
{
    add_fact(memo, symbols, VN_SELECT_CODES, at->line->code, strlen(at->line->code), line);
    if (!at->item->known) {
        return;
    }
    set_bit(&memo->known, line);
    add_fact(memo, symbols, VN_SELECT_CODES, at->item->code, strlen(at->item->code), line);
    add_fact(memo, symbols, VN_SELECT_BRANDS, at->item->brand, strlen(at->item->brand), line);
    for (unsigned i = 0; i < at->item->tag_count && i < VN_TAGS_MAX; i++) {
        add_fact(memo, symbols, VN_SELECT_TAGS, at->item->tags[i], strlen(at->item->tags[i]), line);
    }
    const char *path = at->item->category;
    for (size_t len = 0; path[len] != '\0';) {
        len += 1 + strcspn(path + len + 1, "/");
        add_fact(memo, symbols, VN_SELECT_CATEGORIES, path, len, line);
    }
}

/* No more facts than this come of the line. */
static size_t facts_of(const struct vn_work_line *at)
{
    size_t facts = 1;
    if (at->item->known) {
        facts += 3 + (at->item->tag_count < VN_TAGS_MAX ? at->item->tag_count : VN_TAGS_MAX);
        for (const char *c = at->item->category; *c != '\0'; c++) {
            facts += *c == '/' ? 1 : 0;
        }
    }
    return facts;
}

void vn_match_begin(struct vn_quote_work *work)
{
    struct vn_match_memo *memo = work->match;
    size_t facts = 1;
    if (++memo->stamp == 0) { /* after 2^32 quotes old stamps would look new */
        memset(memo->answers, 0, sizeof memo->answers);
        memset(memo->slots, 0, sizeof memo->slots);
        memo->stamp = 1;
    }
    memo->fact_count = 0;
    memset(memo->first, 0, sizeof memo->first);
    memset(memo->of_key, 0, sizeof memo->of_key);
    memset(&memo->all, 0, sizeof memo->all);
    memset(&memo->known, 0, sizeof memo->known);
    memo->words = (work->line_count + 63) / 64;
    for (size_t i = 0; i < work->line_count; i++) {
        facts += work->lines[i].counts ? facts_of(&work->lines[i]) : 0;
    }
    for (memo->slot_bits = 1; UINT64_C(1) << memo->slot_bits < 2 * facts;) {
        memo->slot_bits++;
    }
    for (size_t i = 0; i < work->line_count; i++) {
        if (work->lines[i].counts) {
            set_bit(&memo->all, i);
            add_line(memo, &work->ruleset->symbols, &work->lines[i], i);
        }
    }
}

void vn_match_each_symbol(const struct vn_quote_work *work, void (*visit)(void *ctx, uint32_t symbol),
                          void *ctx)
{
    for (uint32_t i = 0; i < work->match->fact_count; i++) {
        visit(ctx, work->match->facts[i].symbol);
    }
}

static bool has_symbol(const struct vn_terms *terms, uint32_t symbol)
{
    uint32_t low = 0;
    uint32_t high = terms->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (terms->symbols[middle] < symbol) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < terms->count && terms->symbols[low] == symbol;
}

static void unite(struct vn_line_set *set, const struct vn_line_set *more, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        set->words[i] |= more->words[i];
    }
}

/* Adds the lines that have one of the terms. It goes through whichever is shorter: the terms, or what the basket has. */
static void add_lines_of(struct vn_match_memo *memo, unsigned key, const struct vn_terms *terms,
                         struct vn_line_set *set)
{
    if (terms->count <= memo->of_key[key]) {
        for (uint32_t i = 0; i < terms->count; i++) {
            const struct vn_match_fact *fact = find_fact(memo, terms->symbols[i]);
            if (fact != NULL) {
                unite(set, &fact->lines, memo->words);
            }
        }
        return;
    }
    for (uint32_t at = memo->first[key]; at != 0; at = memo->facts[at - 1].next) {
        if (has_symbol(terms, memo->facts[at - 1].symbol)) {
            unite(set, &memo->facts[at - 1].lines, memo->words);
        }
    }
}

/* What the four keys leave of `set`. */
static void match_keys(struct vn_match_memo *memo, const struct vn_selector *selector,
                       struct vn_line_set *set)
{
    struct vn_line_set lines;
    for (unsigned key = 0; key < VN_SELECT_KEYS; key++) {
        if (selector->include[key].count > 0) {
            memset(&lines, 0, memo->words * sizeof lines.words[0]);
            add_lines_of(memo, key, &selector->include[key], &lines);
            for (size_t i = 0; i < memo->words; i++) {
                set->words[i] &= lines.words[i];
            }
        }
        if (selector->exclude[key].count > 0) {
            memset(&lines, 0, memo->words * sizeof lines.words[0]);
            add_lines_of(memo, key, &selector->exclude[key], &lines);
            for (size_t i = 0; i < memo->words; i++) {
                set->words[i] &= ~lines.words[i];
                set->words[i] &= key == VN_SELECT_CODES ? ~UINT64_C(0) : memo->known.words[i];
            }
        }
    }
}

/* A piece (weighed: a kilogram) costs between least and most: compared as products, so that nothing is rounded. */
static bool price_fits(const struct vn_selector *selector, const struct vn_work_line *at)
{
    int64_t qty = at->qty_milli > 0 ? at->qty_milli : 1000;
    int64_t most = 0;
    int64_t least = 0;
    if (!vn_money_mul_div(selector->least_minor, qty, 1000, VN_ROUND_UP, &least) || at->list_minor < least) {
        return false;
    }
    return selector->most_minor == 0 ||
           !vn_money_mul_div(selector->most_minor, qty, 1000, VN_ROUND_DOWN, &most) || at->list_minor <= most;
}

static bool line_fits(const struct vn_quote_work *work, const struct vn_selector *selector,
                      const struct vn_work_line *at)
{
    if (selector->not_reduced &&
        (at->line->pos_discounts_minor > 0 || at->line->amount_minor < at->line->list_amount_minor)) {
        return false;
    }
    int64_t price = 0;
    return price_fits(selector, at) &&
           (selector->table == NULL || vn_match_price(work, selector->table, at, &price));
}

bool vn_match_price(const struct vn_quote_work *work, const struct vn_price_table *table,
                    const struct vn_work_line *at, int64_t *price_minor)
{
    if (vn_price_table_find(table, at->line->code, work->store_groups, work->local_minute, price_minor)) {
        return true;
    }
    return at->item->known && strcmp(at->item->code, at->line->code) != 0 &&
           vn_price_table_find(table, at->item->code, work->store_groups, work->local_minute, price_minor);
}

static void fill_answer(const struct vn_quote_work *work, const struct vn_selector *selector,
                        struct vn_match_answer *answer)
{
    struct vn_match_memo *memo = work->match;
    bool by_line = selector->not_reduced || selector->table != NULL || selector->least_minor > 0 ||
                   selector->most_minor > 0;
    answer->lines = memo->all;
    if (answer != &memo->other) {
        match_keys(memo, selector, &answer->lines);
    }
    answer->any = false;
    for (size_t i = 0; i < memo->words; i++) {
        for (uint64_t left = by_line || answer == &memo->other ? answer->lines.words[i] : 0; left != 0;
             left &= left - 1) {
            size_t line = i * 64 + (size_t)__builtin_ctzll(left);
            const struct vn_work_line *at = &work->lines[line];
            if (!line_fits(work, selector, at) ||
                (answer == &memo->other && !vn_selector_matches(selector, at->line, at->item))) {
                answer->lines.words[i] &= ~(UINT64_C(1) << (line % 64));
            }
        }
        answer->any = answer->any || answer->lines.words[i] != 0;
    }
}

static const struct vn_match_answer *ask(const struct vn_quote_work *work, const struct vn_selector *selector)
{
    struct vn_match_memo *memo = work->match;
    if (selector->number >= work->ruleset->selector_count) {
        fill_answer(work, selector, &memo->other);
        return &memo->other;
    }
    struct vn_match_answer *answer = &memo->answers[selector->number & (VN_MATCH_ANSWERS - 1)];
    if (answer->stamp != memo->stamp || answer->number != selector->number) {
        fill_answer(work, selector, answer);
        answer->stamp = memo->stamp;
        answer->number = selector->number;
    }
    return answer;
}

const struct vn_line_set *vn_match_lines(const struct vn_quote_work *work, const struct vn_selector *selector)
{
    return selector == NULL ? &work->match->all : &ask(work, selector)->lines;
}

bool vn_match_line(const struct vn_quote_work *work, const struct vn_selector *selector, size_t line)
{
    return vn_line_set_has(vn_match_lines(work, selector), line);
}

bool vn_match_any(const struct vn_quote_work *work, const struct vn_selector *selector)
{
    return selector == NULL ? work->unit_count > 0 : ask(work, selector)->any;
}
