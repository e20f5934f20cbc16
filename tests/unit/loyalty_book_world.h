/* A book of one member with two wallets ("" of account "w1", "partner" of "w2"), and sales that are entered in it. */
#ifndef VN_TESTS_LOYALTY_BOOK_WORLD_H
#define VN_TESTS_LOYALTY_BOOK_WORLD_H

#include "tests/unit/loyalty_after.h"

#define DAY_MS INT64_C(86400000)
#define NOW    (20000 * DAY_MS)

struct papers {
    struct vn_book book, before;
    struct vn_basket basket;
    struct vn_outcome outcome;
    struct vn_movements moves;
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_error error;
};

int book_set_up(void **state);
int book_tear_down(void **state);
/* The outcome as it is, entered and taken back; the movements are held against the book. */
void book_commit(struct papers *papers, int64_t sale, int64_t at_ms);
void book_undo(struct papers *papers, int64_t sale, int64_t at_ms);
/* An outcome that earns and spends points of the first wallet, and names no lots; then, with lots. */
void book_points(struct papers *papers, int64_t earned, int64_t spent);
void book_use(struct papers *papers, int64_t lot, int64_t amount);
/* Of the first wallet: what can be spent, and a lot that must be there. */
int64_t book_spendable(const struct papers *papers, int64_t now_ms);
const struct vn_book_lot *book_lot(const struct papers *papers, int64_t id);

#endif
