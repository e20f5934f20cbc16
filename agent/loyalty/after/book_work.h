/* What the steps of a fact share. Not for other boxes. */
#ifndef VN_LOYALTY_BOOK_WORK_H
#define VN_LOYALTY_BOOK_WORK_H

#include "agent/loyalty/book.h"

#define VN_BOOK_SUM_MAX                                                                                      \
    (VN_AMOUNT_MAX * 1000) /* a wallet's points, a counter: sums of two stay in their type */

/* A fact under way; everything was checked before the first step. */
struct vn_book_step {
    struct vn_book *book;
    struct vn_movements *moves;
    int64_t sale, at_ms;
};

void vn_book_move(const struct vn_book_step *step, enum vn_movement_kind kind, int64_t amount,
                  const char *name);

/* book_lots.c: a wallet's points; `at` is its place in the book. */
void vn_book_lots_issue(const struct vn_book_step *step, unsigned at, int64_t amount);
void vn_book_lots_spend(const struct vn_book_step *step, unsigned at, int64_t amount,
                        const struct vn_lot_use *uses, unsigned use_count);
void vn_book_lots_take_back(const struct vn_book_step *step, unsigned at, int64_t amount);
void vn_book_lots_give_back(const struct vn_book_step *step, unsigned at, int64_t amount,
                            const struct vn_lot_use *uses, unsigned use_count);
void vn_book_lots_expire(const struct vn_book_step *step, unsigned at);
/* There is a place for one more lot, or can be made. */
bool vn_book_lots_have_room(const struct vn_book_wallet *wallet);
bool vn_book_lots_in_range(const struct vn_book_wallet *wallet);
/* The wallet of an account that an outcome names: the first, when none has that name. */
unsigned vn_book_lots_wallet(const struct vn_book *book, const char *account);

/* book_counts.c: counters, coupons and tags. */
/* The account is one that the book counts: stamps and the member's own limits. */
bool vn_book_counts_is_own(const char *account);
/* It is, and the book has no counter of it yet. */
bool vn_book_counts_is_new(const struct vn_book *book, const char *account);
void vn_book_counts_add(const struct vn_book_step *step, const char *account, int64_t amount);
void vn_book_counts_give(const struct vn_book_step *step, const struct vn_given *given);
/* `all`: whatever became of it (a void); else only what is still there. */
void vn_book_counts_revoke(const struct vn_book_step *step, const struct vn_given_back *given, bool all);

#endif
