/* Law first: what a country forbids for a class of goods, whatever a promotion says. */
#ifndef VN_LOYALTY_LAW_H
#define VN_LOYALTY_LAW_H

enum vn_law { VN_LAW_NONE, VN_LAW_RS, VN_LAW_PL, VN_LAW_RU };

enum {
    VN_FORBID_DISCOUNT = 1 << 0,
    VN_FORBID_COUPON = 1 << 1,
    VN_FORBID_EARN = 1 << 2,
    VN_FORBID_SPEND = 1 << 3,
    VN_FORBID_THRESHOLD = 1 << 4, /* counts to no threshold of spend or quantity */
    VN_FORBID_ALL = (1 << 5) - 1,
};

/* The names of enum vn_law as rulesets write them, NULL-terminated. */
extern const char *const vn_law_names[];

/* The VN_FORBID_ bits of a class; 0 for "general", "" and classes that are not in the table. */
unsigned vn_law_forbids(enum vn_law law, const char *legal_class);

#endif
