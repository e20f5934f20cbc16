#include "agent/loyalty/law.h"

#include <stddef.h>
#include <string.h>

const char *const vn_law_names[] = {"none", "rs", "pl", "ru", NULL};

struct law_row {
    enum vn_law law;
    const char *legal_class;
    unsigned forbids;
};

/* Infant formula may be bought for, and counts to thresholds, as any other food. */
#define NO_INDUCEMENT (VN_FORBID_DISCOUNT | VN_FORBID_COUPON | VN_FORBID_EARN | VN_FORBID_SPEND)

/* "unverified": the text of the law was not read, so the row forbids what may be forbidden. A lawyer of the chain has
 * the last word; a row can only be loosened here, by a new version. */
static const struct law_row rows[] = {
    {VN_LAW_RU, "tobacco", VN_FORBID_ALL}, /* no discount by any means (law 15-FZ, article 16) */
    {VN_LAW_PL, "infant-formula",
     NO_INDUCEMENT},                       /* no coupons (EU 2016/127, article 10); the rest unverified */
    {VN_LAW_RS, "tobacco", VN_FORBID_ALL}, /* unverified */
    {VN_LAW_PL, "tobacco", VN_FORBID_ALL}, /* unverified */
    {VN_LAW_RS, "infant-formula", NO_INDUCEMENT}, /* unverified */
    {VN_LAW_RU, "infant-formula", NO_INDUCEMENT}, /* unverified */
    {VN_LAW_RS, "alcohol", NO_INDUCEMENT},        /* unverified */
    {VN_LAW_PL, "alcohol", VN_FORBID_ALL},        /* unverified */
    {VN_LAW_RU, "alcohol", NO_INDUCEMENT},        /* unverified; minimum prices are not held here */
    {VN_LAW_RS, "medicine", VN_FORBID_ALL},       /* unverified */
    {VN_LAW_PL, "medicine", VN_FORBID_ALL},       /* unverified */
    {VN_LAW_RU, "medicine", VN_FORBID_ALL},       /* unverified */
    {VN_LAW_RS, "lottery", VN_FORBID_ALL},        /* unverified */
    {VN_LAW_PL, "lottery", VN_FORBID_ALL},        /* unverified */
    {VN_LAW_RU, "lottery", VN_FORBID_ALL},        /* unverified */
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
