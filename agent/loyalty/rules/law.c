#include "agent/loyalty/rules/law.h"

#include <stddef.h>
#include <string.h>

const char *const vn_law_names[] = {"none", "rs", "pl", "ru", NULL};

struct law_row {
    const char *legal_class;
    enum vn_law law;
    unsigned forbids;
};

/* Infant formula may be bought for, and counts to thresholds, as any other food. */
#define NO_INDUCEMENT (VN_FORBID_DISCOUNT | VN_FORBID_COUPON | VN_FORBID_EARN | VN_FORBID_SPEND)

/* What a cited text does not name (earning, thresholds) is our strict reading of it. "unverified": the text of the law was
 * not read, so the row forbids what may be forbidden. A lawyer of the chain has the last word; a row can only be loosened
 * here, by a new version. */
static const struct law_row rows[] = {
    /* 15-FZ, article 16 (1)(1)(b): no discount by any means, coupons named */
    {"tobacco", VN_LAW_RU, VN_FORBID_ALL},
    /* EU 2016/127, article 10 (2): no promotional device at retail, coupons and special sales named */
    {"infant-formula", VN_LAW_PL, NO_INDUCEMENT},
    /* all below: unverified; minimum prices are not held here */
    {"tobacco", VN_LAW_RS, VN_FORBID_ALL},
    {"tobacco", VN_LAW_PL, VN_FORBID_ALL},
    {"infant-formula", VN_LAW_RS, NO_INDUCEMENT},
    {"infant-formula", VN_LAW_RU, NO_INDUCEMENT},
    {"alcohol", VN_LAW_RS, NO_INDUCEMENT},
    {"alcohol", VN_LAW_PL, VN_FORBID_ALL},
    {"alcohol", VN_LAW_RU, NO_INDUCEMENT},
    {"medicine", VN_LAW_RS, VN_FORBID_ALL},
    {"medicine", VN_LAW_PL, VN_FORBID_ALL},
    {"medicine", VN_LAW_RU, VN_FORBID_ALL},
    {"lottery", VN_LAW_RS, VN_FORBID_ALL},
    {"lottery", VN_LAW_PL, VN_FORBID_ALL},
    {"lottery", VN_LAW_RU, VN_FORBID_ALL},
};

unsigned vn_law_forbids(enum vn_law law, const char *legal_class)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].law == law && strcmp(rows[i].legal_class, legal_class) == 0) {
            return rows[i].forbids;
        }
    }
    return 0;
}
