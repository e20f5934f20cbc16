#include "agent/loyalty/fiscal.h"

#include <stddef.h>
#include <string.h>

#include "agent/loyalty/after/sold.h"

#define PIECE 1000 /* thousandths */

static const struct vn_fiscal_profile profiles[] = {
    [VN_FISCAL_NONE] = {.name = "none",
                        .tolerance_minor = VN_AMOUNT_MAX,
                        .least_price_minor = 1,
                        .zero_allowed = true,
                        .split_allowed = false,
                        .receipt_discount_allowed = false},
    [VN_FISCAL_RS] = {.name = "rs",
                      .tolerance_minor = 0,
                      .least_price_minor = 1,
                      .zero_allowed = false,
                      .split_allowed = true,
                      .receipt_discount_allowed = false},
    [VN_FISCAL_PL] = {.name = "pl",
                      .tolerance_minor = 0,
                      .least_price_minor = 1,
                      .zero_allowed = false,
                      .split_allowed = true,
                      .receipt_discount_allowed = true},
    [VN_FISCAL_RU] = {.name = "ru",
                      .tolerance_minor = 1,
                      .least_price_minor = 1,
                      .zero_allowed = false,
                      .split_allowed = true,
                      .receipt_discount_allowed = false},
};

const struct vn_fiscal_profile *vn_fiscal_profile(enum vn_fiscal_country country)
{
    return &profiles[(unsigned)country < VN_FISCAL_COUNT ? country : VN_FISCAL_NONE];
}

const struct vn_fiscal_profile *vn_fiscal_profile_named(const char *name)
{
    for (size_t i = 0; i < VN_FISCAL_COUNT; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            return &profiles[i];
        }
    }
    return NULL;
}

/* Price x quantity as a register rounds it. False: out of range. */
static bool product(int64_t price_minor, int64_t qty_milli, int64_t *minor)
{
    return vn_money_mul_div(price_minor, qty_milli, PIECE, VN_ROUND_HALF_AWAY, minor);
}

static bool price_allowed(const struct vn_fiscal_profile *profile, int64_t price_minor)
{
    return price_minor == 0 ? profile->zero_allowed : price_minor >= profile->least_price_minor;
}

/* A register of the profile takes `total` at this price. */
static bool fits(const struct vn_fiscal_profile *profile, int64_t price_minor, int64_t qty_milli,
                 int64_t total_minor)
{
    int64_t minor = 0;
    if (price_minor < 0 || !price_allowed(profile, price_minor) || !product(price_minor, qty_milli, &minor)) {
        return false;
    }
    int64_t off = minor - total_minor;
    return off <= profile->tolerance_minor && off >= -profile->tolerance_minor;
}

static void put(struct vn_fiscal *out, int64_t line_id, int64_t qty_milli, int64_t price_minor,
                int64_t total_minor)
{
    out->lines[out->count++] = (struct vn_fiscal_line){line_id, qty_milli, price_minor, total_minor};
    out->total_minor += total_minor;
}

/* The highest allowed price whose product does not exceed the target: p x q / 1000 rounds to at most t while
 * p x q < 1000 t + 500. The next one may come near enough too. Where only a higher one is allowed, the least that is. */
static void put_one(const struct vn_fiscal_profile *profile, const struct vn_sold_line *sold, int64_t target,
                    struct vn_fiscal *out)
{
    int64_t least = profile->least_price_minor;
    int64_t price = (target * PIECE + PIECE / 2 - 1) / sold->qty_milli;
    int64_t next = price + 1 > least ? price + 1 : least;
    int64_t total = target;
    if (!price_allowed(profile, price)) {
        price = profile->zero_allowed ? 0 : least;
    }
    if (!fits(profile, price, sold->qty_milli, target)) {
        if (fits(profile, next, sold->qty_milli, target)) {
            price = next;
        } else {
            (void)product(price, sold->qty_milli, &total); /* near the target, which is in range */
        }
    }
    put(out, sold->line_id, sold->qty_milli, price, total);
}

/* Two prices that are one minor unit apart add up to any target. */
static void put_pieces(const struct vn_fiscal_profile *profile, const struct vn_sold_line *sold,
                       int64_t target, struct vn_fiscal *out)
{
    int64_t pieces = sold->qty_milli / PIECE;
    int64_t price = target / pieces;
    int64_t dearer = target % pieces;
    bool one = dearer == 0 || fits(profile, price, sold->qty_milli, target) ||
               fits(profile, price + 1, sold->qty_milli, target);
    if (one || !profile->split_allowed || !price_allowed(profile, price) ||
        !price_allowed(profile, price + 1)) {
        put_one(profile, sold, target, out);
        return;
    }
    put(out, sold->line_id, (pieces - dearer) * PIECE, price, (pieces - dearer) * price);
    put(out, sold->line_id, dearer * PIECE, price + 1, dearer * (price + 1));
}

enum vn_status vn_fiscal_lines(const struct vn_fiscal_profile *profile, const struct vn_basket *basket,
                               const struct vn_outcome *outcome, struct vn_sold *scratch,
                               struct vn_fiscal *out, struct vn_error *error)
{
    memset(out, 0, sizeof *out);
    enum vn_status status = vn_sold_read(basket, outcome, scratch, error);
    if (status != VN_OK) {
        return status;
    }
    for (unsigned i = 0; i < scratch->count; i++) {
        const struct vn_sold_line *sold = &scratch->lines[i];
        int64_t target = sold->payable_minor;
        if (target < 0) {
            continue;
        }
        target -= profile->receipt_discount_allowed ? 0 : sold->relief_minor;
        target =
            target == 0 && !profile->zero_allowed ? 1 : target; /* or as little as its quantity lets it */
        bool priced = sold->line->unit_price_minor > 0;         /* 0: the POS did not say it */
        if (priced && fits(profile, sold->line->unit_price_minor, sold->qty_milli, target)) {
            put(out, sold->line_id, sold->qty_milli, sold->line->unit_price_minor, target);
        } else if (sold->pieces) {
            put_pieces(profile, sold, target, out);
        } else {
            put_one(profile, sold, target, out);
        }
    }
    out->apart_minor = scratch->apart_minor;
    out->off_minor = outcome->payable_minor - out->apart_minor - out->total_minor;
    if (profile->receipt_discount_allowed && out->off_minor < 0) {
        out->receipt_discount_minor = -out->off_minor;
        out->total_minor -= out->receipt_discount_minor;
        out->off_minor = 0;
    }
    return VN_OK;
}
