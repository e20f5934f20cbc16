/* What registers check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_after.h"

/* What the figures of fiscal.h say of each register, written down a second time. */
static const struct {
    int64_t tolerance;
    bool zero, receipt_discount;
} registers[VN_FISCAL_COUNT] = {
    [VN_FISCAL_NONE] = {VN_AMOUNT_MAX, true, false},
    [VN_FISCAL_RS] = {0, false, false},
    [VN_FISCAL_PL] = {0, false, true},
    [VN_FISCAL_RU] = {1, false, false},
};

void after_judge(enum vn_fiscal_country country, const struct vn_fiscal_line *line)
{
    int64_t product = (line->unit_price_minor * line->qty_milli + 500) / 1000;
    int64_t off = product - line->total_minor;
    assert_true(line->qty_milli > 0 && line->total_minor >= 0);
    assert_true(off <= registers[country].tolerance && off >= -registers[country].tolerance);
    assert_true(line->unit_price_minor > 0 || (line->unit_price_minor == 0 && registers[country].zero));
}

/* How far one line may end from its target: 0 where pieces can be split above the least price; else less than one step of
 * the unit price, or what the least price costs more. */
static int64_t slack(enum vn_fiscal_country country, const struct vn_sold_line *sold)
{
    int64_t pieces = (sold->qty_milli + 999) / 1000;
    int64_t target = sold->payable_minor - (registers[country].receipt_discount ? 0 : sold->relief_minor);
    bool small = !registers[country].zero && target < pieces;
    return country == VN_FISCAL_NONE || (sold->pieces && !small) ? 0 : pieces;
}

static void check_all(struct after_fiscal *work, const struct vn_basket *basket,
                      const struct vn_outcome *outcome, enum vn_fiscal_country country)
{
    int64_t sum = 0;
    int64_t may_be_off = 0;
    unsigned at = 0;
    const struct vn_fiscal *fiscal = &work->fiscal;
    struct vn_error error;
    if (vn_fiscal_lines(vn_fiscal_profile(country), basket, outcome, &work->sold, &work->fiscal, &error) !=
        VN_OK) {
        fail_msg("%s", error.text);
    }
    for (unsigned i = 0; i < work->sold.count; i++) {
        const struct vn_sold_line *sold = &work->sold.lines[i];
        int64_t qty = 0;
        unsigned lines = 0;
        for (; at < fiscal->count && fiscal->lines[at].line_id == sold->line_id; at++, lines++) {
            after_judge(country, &fiscal->lines[at]);
            qty += fiscal->lines[at].qty_milli;
            sum += fiscal->lines[at].total_minor;
        }
        assert_int_equal(qty, sold->payable_minor < 0 ? 0 : sold->qty_milli);
        assert_true(lines <= (sold->pieces ? 2U : 1U));
        may_be_off += sold->payable_minor < 0 ? 0 : slack(country, sold);
        work->split += lines == 2 ? 1 : 0;
    }
    assert_int_equal(at, fiscal->count);
    assert_int_equal(fiscal->total_minor, sum - fiscal->receipt_discount_minor);
    assert_int_equal(fiscal->total_minor + fiscal->apart_minor + fiscal->off_minor, outcome->payable_minor);
    assert_true(fiscal->off_minor <= may_be_off && fiscal->off_minor >= -may_be_off);
    assert_true(fiscal->receipt_discount_minor >= 0);
    assert_true(fiscal->receipt_discount_minor == 0 || registers[country].receipt_discount);
    assert_true(!registers[country].receipt_discount || fiscal->off_minor >= 0);
    work->printed += fiscal->count;
}

void after_check_fiscal(struct after_fiscal *work, const struct vn_basket *basket,
                        const struct vn_outcome *outcome)
{
    for (int country = 0; country < VN_FISCAL_COUNT; country++) {
        check_all(work, basket, outcome, (enum vn_fiscal_country)country);
    }
}
