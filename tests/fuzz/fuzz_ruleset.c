/* Any bytes as a ruleset; what is accepted quotes a small basket. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(const struct vn_ruleset *ruleset)
{
    struct vn_quote_work *work = NULL;
    struct vn_outcome *out = calloc(1, sizeof *out);
    struct vn_basket *basket = calloc(1, sizeof *basket);
    static const struct vn_item items[2] = {
        {.known = true, .category = "food/coffee", .tag_count = 1, .tags = {"t"}}};
    static const struct vn_member member = {.known = true, .account = "w1", .balance = 5000, .tier = "gold"};
    static const struct vn_right right = {"w1", 5000};
    static const struct vn_choices choices = {
        .spend_points = 100, .coupon_count = 1, .coupons = {{.promotion = "c"}}};
    struct vn_error error;
    if (out != NULL && basket != NULL && vn_quote_work_create(&work) == VN_OK) {
        basket->line_count = 2;
        basket->lines[0] = (struct vn_line){
            .id = 1, .code = "1", .qty_milli = 3000, .amount_minor = 1000, .list_amount_minor = 1000};
        basket->lines[1] = (struct vn_line){
            .id = 2, .code = "2", .qty_milli = 700, .amount_minor = 50000, .list_amount_minor = 60000};
        struct vn_quote_input input = {.ruleset = ruleset,
                                       .basket = basket,
                                       .items = items,
                                       .member = &member,
                                       .rights = &right,
                                       .right_count = 1,
                                       .choices = &choices};
        if (vn_quote(work, &input, out, &error) == VN_OK) {
            assert(out->total_minor - out->discount_minor == out->payable_minor && out->payable_minor >= 0);
        }
    }
    vn_quote_work_destroy(work);
    free(basket);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vn_ruleset *ruleset = NULL;
    struct vn_error error;
    if (vn_ruleset_parse(vn_view_of(data, size), &ruleset, &error) == VN_OK) {
        quote(ruleset);
    }
    vn_ruleset_destroy(ruleset);
    return 0;
}
