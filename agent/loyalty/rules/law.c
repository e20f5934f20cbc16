#include "agent/loyalty/rules/law.h"

#include <string.h>

const char *const vn_law_names[] = {"none", "rs", "pl", "ru", NULL};

#define NO_HINT (VN_FORBID_GIFT | VN_FORBID_PROMPT)

#define HOURS_RU    480, 1380 /* 08:00 to 23:00; a region may be stricter */
#define ALL_DAY     0, 0
#define SHOP_CHOICE "not a law: a class for whatever the chain sells to adults alone"
#define VOUCHER     "a means of payment: bought at its face value"

/* What a cited text does not name (earning, thresholds) is our strict reading of it. */
static const struct vn_law_row rows[] = {
    {VN_LAW_RS, "tobacco", VN_FORBID_ALL, true, true, ALL_DAY, NULL,
     "79/2005 art. 64 (no free tobacco, no promotional discount) was read; 6/2016, which replaced it, was "
     "not"},
    {VN_LAW_RS, "nicotine", VN_FORBID_ALL, true, true, ALL_DAY, NULL,
     "6/2016 is said to treat it as tobacco"},
    {VN_LAW_RS, "alcohol", VN_FORBID_ALL, true, true, ALL_DAY, NULL, "hours are set by the municipality"},
    {VN_LAW_RS, "beer", VN_FORBID_ALL, true, true, ALL_DAY, NULL, "hours are set by the municipality"},
    {VN_LAW_RS, "infant-formula", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RS, "medicine", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RS, "medicine-rx", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RS, "medicine-otc", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RS, "lottery", VN_FORBID_ALL, true, true, ALL_DAY, NULL, ""},
    {VN_LAW_RS, "gift-card", VN_FORBID_ALL, false, false, ALL_DAY, NULL, VOUCHER},
    {VN_LAW_RS, "age-restricted", NO_HINT, true, false, ALL_DAY, NULL, SHOP_CHOICE},

    {VN_LAW_PL, "tobacco", VN_FORBID_ALL, true, true, ALL_DAY, "Act of 9 November 1995, art. 8 (1)",
     "promotion is forbidden, electronic cigarettes and refills are named beside tobacco"},
    {VN_LAW_PL, "nicotine", VN_FORBID_ALL, true, true, ALL_DAY, "Act of 9 November 1995, art. 8 (1)",
     "promotion is forbidden, electronic cigarettes and refills are named beside tobacco"},
    {VN_LAW_PL, "alcohol", VN_FORBID_ALL, true, true, ALL_DAY,
     "Act of 26 October 1982, art. 2-1 (1)(2) and 13-1 (1)",
     "promotion, sale with a premium named, is forbidden; hours are set by the municipality"},
    {VN_LAW_PL, "beer", VN_FORBID_ALL, true, true, ALL_DAY, NULL,
     "art. 13-1 excepts beer under conditions that were not read"},
    {VN_LAW_PL, "infant-formula", VN_FORBID_ALL, false, false, ALL_DAY, "EU 2016/127, art. 10 (2)",
     "no promotional device at retail: coupons, premiums, special and tie-in sales are named"},
    {VN_LAW_PL, "medicine", VN_FORBID_ALL, false, true, ALL_DAY,
     "Act of 6 September 2001, art. 94a (1) and (1a)",
     "advertising of pharmacies, and of other shops for medicines; EU case C-200/24 is against it"},
    {VN_LAW_PL, "medicine-rx", VN_FORBID_ALL, false, true, ALL_DAY,
     "Act of 6 September 2001, art. 94a (1) and (1a)",
     "advertising of pharmacies, and of other shops for medicines; EU case C-200/24 is against it"},
    {VN_LAW_PL, "medicine-otc", VN_FORBID_ALL, false, true, ALL_DAY,
     "Act of 6 September 2001, art. 94a (1) and (1a)",
     "advertising of pharmacies, and of other shops for medicines; EU case C-200/24 is against it"},
    {VN_LAW_PL, "lottery", VN_FORBID_ALL, true, true, ALL_DAY, NULL, ""},
    {VN_LAW_PL, "gift-card", VN_FORBID_ALL, false, false, ALL_DAY, NULL, VOUCHER},
    {VN_LAW_PL, "age-restricted", NO_HINT, true, false, ALL_DAY, NULL, SHOP_CHOICE},

    {VN_LAW_RU, "tobacco", VN_FORBID_ALL, true, true, ALL_DAY, "15-FZ, art. 16 (1)(1)(a) and (b)",
     "words of 2013: no gifts, no discount by any means, coupons named; one minimum price since 504-FZ of "
     "2020"},
    {VN_LAW_RU, "nicotine", VN_FORBID_ALL, true, true, ALL_DAY, NULL,
     "303-FZ of 2020 and 178-FZ of 2023 are said to treat it, and devices for it, as tobacco"},
    {VN_LAW_RU, "alcohol", VN_FORBID_ALL, true, true, HOURS_RU, NULL,
     "171-FZ: art. 5 gives minimum prices (order 57n was read), art. 16 the hours (not read)"},
    {VN_LAW_RU, "beer", VN_FORBID_ALL, true, true, HOURS_RU, NULL, "171-FZ, as alcohol"},
    {VN_LAW_RU, "infant-formula", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RU, "medicine", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RU, "medicine-rx", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RU, "medicine-otc", VN_FORBID_ALL, false, true, ALL_DAY, NULL, ""},
    {VN_LAW_RU, "lottery", VN_FORBID_ALL, true, true, ALL_DAY, NULL, ""},
    {VN_LAW_RU, "gift-card", VN_FORBID_ALL, false, false, ALL_DAY, NULL, VOUCHER},
    {VN_LAW_RU, "age-restricted", NO_HINT, true, false, ALL_DAY, NULL, SHOP_CHOICE},
};

static const struct vn_law_row *find(enum vn_law law, const char *legal_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].law == law && strcmp(rows[i].legal_class, legal_class) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

size_t vn_law_rows(const struct vn_law_row **out)
{
    *out = rows;
    return sizeof rows / sizeof rows[0];
}

bool vn_law_knows(enum vn_law law, const char *legal_class)
{
    return legal_class[0] == '\0' || strcmp(legal_class, "general") == 0 || find(law, legal_class) != NULL;
}

unsigned vn_law_forbids(enum vn_law law, const char *legal_class)
{
    const struct vn_law_row *row = find(law, legal_class);
    return row == NULL ? 0 : row->forbids;
}

unsigned vn_law_forbids_at(enum vn_law law, const char *legal_class, unsigned minute_of_day)
{
    const struct vn_law_row *row = find(law, legal_class);
    if (row == NULL) {
        return 0;
    }
    bool all_day = row->from_minute == row->to_minute;
    bool sold = all_day || (minute_of_day >= row->from_minute && minute_of_day < row->to_minute);
    return sold ? row->forbids : VN_FORBID_ALL;
}

bool vn_law_has_min_price(enum vn_law law, const char *legal_class)
{
    const struct vn_law_row *row = find(law, legal_class);
    return row != NULL && row->min_price;
}
