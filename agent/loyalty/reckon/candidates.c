#include <string.h>

#include "agent/loyalty/reckon/quote_work.h"
#include "agent/loyalty/sort.h"

static void add(struct vn_quote_work *work, size_t promotion)
{
    uint8_t bit = (uint8_t)(1U << (promotion % 8));
    if ((work->seen[promotion / 8] & bit) == 0) {
        work->seen[promotion / 8] |= bit;
        work->candidates[work->candidate_count++] = (uint16_t)promotion;
    }
}

static void add_key(struct vn_quote_work *work, enum vn_selector_key key, const char *value)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    size_t low = 0;
    size_t high = ruleset->index_count;
    while (low < high) { /* the first entry that is not before (key, value) */
        size_t middle = low + (high - low) / 2;
        const struct vn_index_entry *at = &ruleset->index[middle];
        if (at->key < key || (at->key == key && strcmp(at->value, value) < 0)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < ruleset->index_count; low++) {
        const struct vn_index_entry *at = &ruleset->index[low];
        if (at->key != key || strcmp(at->value, value) != 0) {
            return;
        }
        add(work, at->promotion);
    }
}

static bool add_category(void *ctx, const char *category)
{
    add_key(ctx, VN_SELECT_CATEGORIES, category);
    return false;
}

static void add_line(struct vn_quote_work *work, const struct vn_work_line *at)
{
    add_key(work, VN_SELECT_CODES, at->line->code);
    if (!at->item->known) {
        return;
    }
    add_key(work, VN_SELECT_CODES, at->item->code);
    add_key(work, VN_SELECT_BRANDS, at->item->brand);
    for (unsigned i = 0; i < at->item->tag_count; i++) {
        add_key(work, VN_SELECT_TAGS, at->item->tags[i]);
    }
    (void)vn_category_walk(at->item->category, add_category, work);
}

static bool number_before(const void *ctx, uint16_t a, uint16_t b)
{
    (void)ctx;
    return a < b;
}

void vn_candidates_collect(struct vn_quote_work *work)
{
    const struct vn_ruleset *ruleset = work->ruleset;
    memset(work->seen, 0, ruleset->promotion_count / 8 + 1);
    work->candidate_count = 0;
    bool goods = false;
    for (size_t i = 0; i < work->line_count; i++) {
        if (work->lines[i].counts) {
            goods = true;
            add_line(work, &work->lines[i]);
        }
    }
    for (size_t i = 0; goods && i < ruleset->always_count; i++) {
        add(work, ruleset->always[i]);
    }
    const struct vn_choices *choices = work->input->choices;
    for (unsigned i = 0; choices != NULL && i < choices->coupon_count && i < VN_COUPONS_MAX; i++) {
        size_t promotion = vn_ruleset_find(ruleset, choices->coupons[i].promotion);
        if (promotion < ruleset->promotion_count) {
            add(work, promotion);
        }
    }
    /* promotions are stored in the order in which they are tried */
    vn_sort_order(work->candidates, work->candidate_count, number_before, NULL);
}
