#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/rules/compile.h"
#include "agent/loyalty/rules/price_table.h"

/* What is done with each pair of a symbol and the promotion at hand. */
struct poster {
    struct vn_ruleset *ruleset;
    uint16_t promotion;
    size_t count;                                         /* pairs so far */
    void (*post)(struct poster *poster, uint32_t symbol); /* counts, then writes */
    bool failed;                                          /* memory is out */
};

static void count_pair(struct poster *poster, uint32_t symbol)
{
    poster->ruleset->posting_starts[symbol]++;
}

/* From the end of the symbol's postings down: what was its end becomes its start. */
static void write_pair(struct poster *poster, uint32_t symbol)
{
    poster->ruleset->postings[--poster->ruleset->posting_starts[symbol]] = poster->promotion;
}

/* Before there is anything to count in: makes the symbols that selectors did not need. */
static void make_symbol(struct poster *poster, uint32_t symbol)
{
    poster->failed = poster->failed || symbol == 0;
    poster->count++;
}

static void post_terms(struct poster *poster, unsigned key, const struct vn_terms *terms)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        uint32_t symbol = terms->symbols != NULL
                              ? terms->symbols[i]
                              : vn_symbols_add(&poster->ruleset->symbols, key, terms->values[i]);
        poster->post(poster, symbol);
    }
}

/* The rows of a price table have the codes of goods. */
static void post_table(struct poster *poster, const struct vn_price_table *table)
{
    const char *last = "";
    for (uint32_t row = 0; row < vn_price_table_rows(table); row++) {
        const char *code = vn_price_table_code(table, row);
        if (strcmp(code, last) != 0) {
            poster->post(poster, vn_symbols_add(&poster->ruleset->symbols, VN_SELECT_CODES, code));
        }
        last = code;
    }
}

/* The narrowest key of a selector finds it. */
static void post_selector(struct poster *poster, const struct vn_selector *selector)
{
    for (unsigned key = 0; key < VN_SELECT_KEYS; key++) {
        if (selector->include[key].count > 0) {
            post_terms(poster, key, &selector->include[key]);
            return;
        }
    }
    post_table(poster, selector->table);
}

/* False when any goods bring the promotion into scope. */
static bool post_promotion(struct poster *poster)
{
    const struct vn_promotion *promotion = &poster->ruleset->promotions[poster->promotion];
    const struct vn_selector *goods[VN_FINDERS_MAX];
    size_t count = vn_promotion_goods(promotion, goods);
    for (size_t i = 0; i < count; i++) {
        post_selector(poster, goods[i]);
    }
    if (count > 0) {
        return true;
    }
    unsigned key = 0;
    const struct vn_terms *audience = vn_promotion_audience(promotion, &key);
    if (audience != NULL) {
        post_terms(poster, key, audience);
        return true;
    }
    return promotion->cond.coupon;
}

/* Every promotion once, the last first, so that what is written from the end comes out ascending. */
static void post_all(struct poster *poster)
{
    struct vn_ruleset *ruleset = poster->ruleset;
    for (size_t i = ruleset->promotion_count; i-- > 0;) {
        poster->promotion = (uint16_t)i;
        if (!post_promotion(poster)) {
            ruleset->always[i / 64] |= UINT64_C(1) << (i % 64);
        }
    }
}

enum vn_status vn_compile_index(struct vn_ruleset *ruleset, struct vn_error *error)
{
    struct poster poster = {.ruleset = ruleset, .post = make_symbol};
    ruleset->always = calloc(ruleset->promotion_count / 64 + 1, sizeof *ruleset->always);
    ruleset->spans = calloc(ruleset->promotion_count + 1, sizeof *ruleset->spans);
    if (ruleset->always == NULL || ruleset->spans == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < ruleset->promotion_count; i++) {
        const struct vn_when *when = &ruleset->promotions[i].when;
        ruleset->spans[i] = (struct vn_span){when->from_minute, when->to_minute};
    }
    post_all(&poster);
    if (!poster.failed && poster.count > VN_INDEX_MAX) {
        return vn_fail(error, VN_FULL, "promotions name more than %d values", VN_INDEX_MAX);
    }
    vn_symbols_trim(&ruleset->symbols);
    uint32_t symbols = ruleset->symbols.count;
    ruleset->posting_starts = calloc((size_t)symbols + 2, sizeof *ruleset->posting_starts);
    ruleset->postings = calloc(poster.count + 1, sizeof *ruleset->postings);
    if (poster.failed || ruleset->posting_starts == NULL || ruleset->postings == NULL) {
        return vn_fail(error, VN_NOMEM, "out of memory");
    }
    poster.post = count_pair;
    post_all(&poster);
    for (uint32_t symbol = 1; symbol <= symbols + 1; symbol++) {
        ruleset->posting_starts[symbol] += ruleset->posting_starts[symbol - 1];
    }
    poster.post = write_pair;
    post_all(&poster);
    return VN_OK;
}
