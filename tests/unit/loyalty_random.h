/* Random worlds for the reckoning, from a seed: rulesets with every reward and condition, and sales that meet them.
 *
 * The same seed makes the same world on every machine: no function's arguments draw twice, and neither cmocka nor
 * anything of the system is used, because the program that compares machines (loyalty_digest.c) is built from this too.
 * What is made is always well-formed: a ruleset that the reader refuses, or skips a promotion of, is a fault of one of
 * the two. */
#ifndef VN_TESTS_LOYALTY_RANDOM_H
#define VN_TESTS_LOYALTY_RANDOM_H

#include "agent/loyalty/quote.h"
#include "agent/loyalty/rules/promotion.h"

#define RANDOM_PROMOTIONS_MAX 24
#define RANDOM_TEXT_MAX       65536
#define RANDOM_CODES          10 /* the goods are "0" to "9" */

/* What a sale has to know about the promotions that it should meet. */
struct random_promotion {
    char id[VN_ID_MAX]; /* "p7.bundle": the kind of its first reward is part of the id */
    bool coupon;
    bool chain_count, chain_budget;
    int member_period; /* enum vn_period of its limit a member; -1: none */
    bool member_once;  /* an occasion, a first purchase or a referral, which imply a limit */
};

struct random_rules {
    char text[RANDOM_TEXT_MAX]; /* as published: header, price rows, then a promotion a line */
    size_t len;
    unsigned count;
    struct random_promotion promotions[RANDOM_PROMOTIONS_MAX];
};

/* One quote's input; `input` points into the rest. */
struct random_sale {
    struct vn_basket basket;
    struct vn_item items[VN_LINES_MAX];
    struct vn_member member;
    struct vn_choices choices;
    struct vn_right rights[VN_RIGHTS_MAX];
    char stopped[1][VN_ID_MAX];
    struct vn_quote_input input;
};

uint32_t random_below(uint64_t *seed, uint32_t limit); /* 0 .. limit - 1 */
bool random_once_in(uint64_t *seed, uint32_t times);

/* A header with its groups (first, all and best of each stage) and price rows; then so many promotions. */
void random_rules(uint64_t *seed, unsigned promotions, struct random_rules *out);
/* One promotion more, in that group of the header. */
void random_rules_add(uint64_t *seed, struct random_rules *rules, const char *group);
/* Appends what `text` stands for (loyalty_random_rules.c tells how it is written). */
void random_rules_put(uint64_t *seed, struct random_rules *rules, const char *text);

/* A sale of up to `lines` lines that these rules could mean; `ruleset` is what they were compiled to. */
void random_sale(uint64_t *seed, const struct random_rules *rules, const struct vn_ruleset *ruleset,
                 unsigned lines, struct random_sale *out);

#endif
