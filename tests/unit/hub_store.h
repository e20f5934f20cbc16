/* Three tills of a store that lend to each other, in a world with a member who has 500 points. Everything that should work is
 * asserted on the way. */
#ifndef VN_TESTS_HUB_STORE_H
#define VN_TESTS_HUB_STORE_H

#include "tests/unit/hub_world.h"

struct lender {
    struct world_till till;
    struct vn_key *key;
};

struct store {
    struct world *world;
    struct lender tills[3];
};

/* Tills "t1" to "t3" of a world that world_fill fills; ended by store_end. */
void store_start(struct store *store, struct world *world);
void store_end(struct store *store);
/* Of w1; the count makes its number. */
struct vn_give store_give(const struct store *store, unsigned lender, unsigned borrower, int64_t count,
                          int64_t amount);
/* Journals it; signed by `signer` where its kind wants that. */
void store_append(struct store *store, unsigned till, enum vn_entry_kind kind, const struct vn_give *give,
                  unsigned signer);
/* A customer pays with points of w1, all by the right of the till: a hold and its commit. */
void store_pay(struct store *store, unsigned till, const char *receipt, int64_t points);
int64_t store_at(struct store *store, unsigned till, enum vn_ledger_place place); /* of w1 */
int64_t store_place(struct store *store, enum vn_ledger_place of);                /* of w1, with no till */
/* Of w1 in all; the audit finds nothing. */
void check_figures(struct store *store, int64_t free, int64_t lost, int64_t debt);
/* By the loss that is stated, which is `points`. */
void store_write_off(struct store *store, const char *till, int64_t points);
/* Of w1 at the first two; it has 500 together, and the audit finds nothing. */
void check_places(struct store *store, int64_t right_a, int64_t lent_a, int64_t right_b);

#endif
