/* Law first: what a country forbids for a class of goods, whatever a promotion says.
 *
 * One table for all countries, applied before everything and overridden by nothing. The catalogue gives each item its
 * legal class; "general", "" and a class that is not in the table are free. A row whose source was not read in the words
 * of the law is unverified: it forbids all that can be forbidden. "age-restricted" is no law but a class for the chain's own
 * use. A chain's lawyer has the last word; a row is loosened here alone, by a new version. docs/rules.md shows the table. */
#ifndef VN_LOYALTY_LAW_H
#define VN_LOYALTY_LAW_H

#include <stdbool.h>
#include <stddef.h>

enum vn_law { VN_LAW_NONE, VN_LAW_RS, VN_LAW_PL, VN_LAW_RU };

enum {
    VN_FORBID_DISCOUNT = 1 << 0,
    VN_FORBID_COUPON = 1 << 1,
    VN_FORBID_EARN = 1 << 2,
    VN_FORBID_SPEND = 1 << 3,
    VN_FORBID_THRESHOLD = 1 << 4, /* counts to no threshold of spend or quantity */
    VN_FORBID_GIFT = 1 << 5,
    VN_FORBID_PROMPT = 1 << 6, /* no hint to buy it */
    VN_FORBID_ALL = (1 << 7) - 1,
};

struct vn_law_row {
    enum vn_law law;
    const char *legal_class;
    unsigned forbids;                /* VN_FORBID_ */
    bool age_restricted;             /* then neither gift nor prompt */
    bool min_price;                  /* an item's minimum price is a floor */
    unsigned from_minute, to_minute; /* of the day, local: sold from <= now < to; both 0: all day */
    const char *verified;            /* law and article whose words were read; NULL: none, hence strict */
    const char *note;                /* what is known besides; "" if nothing */
};

/* The names of enum vn_law as rulesets write them, NULL-terminated. */
extern const char *const vn_law_names[];

/* The whole table. */
size_t vn_law_rows(const struct vn_law_row **out);

/* The table has the class, or it is one that is free by its name: "general", "". */
bool vn_law_knows(enum vn_law law, const char *legal_class);
/* The VN_FORBID_ bits of a class; 0 for what is not in the table. */
unsigned vn_law_forbids(enum vn_law law, const char *legal_class);
/* The same at a minute of the local day (0..1439): outside the hours of sale everything is forbidden. That it is not sold
 * then is the POS's business. */
unsigned vn_law_forbids_at(enum vn_law law, const char *legal_class, unsigned minute_of_day);
/* The law sets a price below which the class may not be sold; the item says which. */
bool vn_law_has_min_price(enum vn_law law, const char *legal_class);

#endif
