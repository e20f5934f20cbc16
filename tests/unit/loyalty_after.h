/* Random baskets with outcomes as a quote could have made them, for the tests of what comes after the sale. No ruleset is
 * behind them: they hold the sums that an outcome promises, and go further in what they combine. */
#ifndef VN_TESTS_LOYALTY_AFTER_H
#define VN_TESTS_LOYALTY_AFTER_H

#include "agent/loyalty/book.h"
#include "agent/loyalty/fiscal.h"
#include "agent/loyalty/returns.h"

unsigned after_below(uint64_t *seed, unsigned limit);
/* A basket and its outcome. Points of the first wallet are of account "w1", of the other of "w2". */
void after_random(uint64_t *seed, struct vn_basket *basket, struct vn_outcome *outcome);
/* A line at the end of both: `qty_milli` for `amount_minor`, `discount_minor` of it off by promotion "p0". */
struct vn_line *after_add(struct vn_basket *basket, struct vn_outcome *outcome, int64_t qty_milli,
                          int64_t amount_minor, int64_t discount_minor);
/* Random items that can still come back, at most `most`; adds them to `so_far`. */
size_t after_items(uint64_t *seed, const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX],
                   struct vn_return_item *items, size_t most);
/* All that can still come back. */
size_t after_rest(const struct vn_sold *sold, int64_t so_far[VN_LINES_MAX], struct vn_return_item *items);

/* Whether registers take what is printed of an outcome; the counts grow. */
struct after_fiscal {
    struct vn_sold sold;
    struct vn_fiscal fiscal;
    int64_t printed, split; /* lines, and lines of the basket that became two */
};
void after_check_fiscal(struct after_fiscal *work, const struct vn_basket *basket,
                        const struct vn_outcome *outcome);
/* As the register of a country judges one line. */
void after_judge(enum vn_fiscal_country country, const struct vn_fiscal_line *line);

/* Whether any sequence of returns ends at exactly the whole of an outcome; the counts grow. */
struct after_returns {
    struct vn_return_work work;
    struct vn_return plan, again;
    struct vn_reversal reversal;
    struct vn_return_item before[4 * VN_LINES_MAX];
    size_t before_count;
    int64_t charged_minor;
    int64_t revoked, charged, tender;
};
void after_check_returns(uint64_t *seed, struct after_returns *work, const struct vn_basket *basket,
                         const struct vn_outcome *outcome);

/* Whether commit and void leave nothing in a book or among its movements, and so do all returns together but for what
 * on_return leaves; the book is as before. */
struct after_book {
    struct vn_book before, sold;
    struct vn_movements moves, done;
    int64_t used[VN_RIGHTS_MAX]; /* of each consumption of the outcome, less what came back */
    struct vn_return_work work;
    struct vn_return plan;
    struct vn_return_item items[VN_LINES_MAX], all[4 * VN_LINES_MAX];
    int64_t back;   /* sequences that brought all back */
    int64_t rights; /* limits and coupons that came back so */
};
void after_check_book(uint64_t *seed, struct after_book *work, struct vn_book *book,
                      const struct vn_basket *basket, const struct vn_outcome *outcome, int64_t at_ms);
/* The movements tell exactly how the book changed. */
void after_check_moves(const struct vn_movements *moves, const struct vn_book *before,
                       const struct vn_book *after);
struct after_places { /* points by place */
    int64_t free, debt, issued, redeemed, expired;
};
void after_count(const struct vn_movements *moves, struct after_places *places); /* one for each wallet */
int64_t after_in_lots(const struct vn_book_wallet *wallet);

#endif
