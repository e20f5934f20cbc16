/* Any bytes as a ruleset; what is accepted quotes a small basket, and finds the prices of its tables. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/compiled.h"
#include "agent/loyalty/rules/price_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(const struct vn_ruleset *ruleset)
{
    struct vn_quote_work *work = NULL;
    struct vn_outcome *out = calloc(1, sizeof *out);
    struct vn_basket *basket = calloc(1, sizeof *basket);
    static const struct vn_item items[2] = {
        {.known = true, .code = "1", .category = "food/coffee", .tag_count = 1, .tags = {"t"}},
        {.known = true, .code = "2", .category = "food/dairy", .tag_count = 1, .tags = {"yoghurt"}}};
    static const struct vn_member member = {.known = true, .account = "w1", .balance = 5000, .tier = "gold"};
    static const struct vn_right right = {"w1", 5000};
    static const struct vn_choices choices = {
        .spend_points = 100, .coupon_count = 1, .coupons = {{.promotion = "c"}}};
    struct vn_error error;
    if (out != NULL && basket != NULL && vn_quote_work_create(&work) == VN_OK) {
        basket->line_count = 2;
        basket->lines[0] = (struct vn_line){.id = 1,
                                            .code = "8600000000017",
                                            .qty_milli = 3000,
                                            .amount_minor = 1000,
                                            .list_amount_minor = 1000};
        basket->lines[1] = (struct vn_line){
            .id = 2, .code = "2", .qty_milli = 700, .amount_minor = 50000, .list_amount_minor = 60000};
        struct vn_quote_input input = {.ruleset = ruleset,
                                       .basket = basket,
                                       .items = items,
                                       .member = &member,
                                       .rights = &right,
                                       .right_count = 1,
                                       .choices = &choices,
                                       .place = {.store = "s1", .till = "t1"}};
        if (vn_quote(work, &input, out, &error) == VN_OK) {
            assert(out->total_minor - out->discount_minor == out->payable_minor && out->payable_minor >= 0);
        }
    }
    vn_quote_work_destroy(work);
    free(basket);
    free(out);
}

/* Rows are sorted, look-ups by their codes stay inside, and a code that is not there is not found. */
static void look_up(const struct vn_ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->table_count; i++) {
        const struct vn_price_table *table = ruleset->tables[i];
        int64_t price_minor = -1;
        for (uint32_t row = 0; row < vn_price_table_rows(table); row++) {
            const char *code = vn_price_table_code(table, row);
            assert(row == 0 || strcmp(vn_price_table_code(table, row - 1), code) <= 0);
            if (vn_price_table_find(table, code, UINT64_MAX, 29000000, &price_minor)) {
                assert(price_minor >= 0);
            }
        }
        assert(!vn_price_table_find(table, "", UINT64_MAX, 29000000, &price_minor));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error;
    if (vn_ruleset_parse(vn_view_of(data, size), &ruleset, &error) == VN_OK) {
        assert(vn_ruleset_skipped_count(ruleset) == 0 || vn_ruleset_skipped(ruleset)->text[0] != '\0');
        look_up(ruleset);
        quote(ruleset);
    } else {
        assert(ruleset == NULL && error.status != VN_OK && error.text[0] != '\0');
    }
    vn_ruleset_destroy(ruleset);
    return 0;
}
