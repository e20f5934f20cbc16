#include "tests/unit/loyalty_book_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int book_set_up(void **state)
{
    struct papers *papers = calloc(1, sizeof *papers);
    *state = papers;
    if (papers == NULL || vn_book_open(&papers->book, "", "w1") != VN_OK ||
        vn_book_open(&papers->book, "partner", "w2") != VN_OK) {
        return -1;
    }
    papers->book.next_lot = 100;
    papers->book.wallets[0].expires_days = 365;
    papers->book.wallets[0].return_grace_days = 30;
    return 0;
}

int book_tear_down(void **state)
{
    free(*state);
    return 0;
}

void book_commit(struct papers *papers, int64_t sale, int64_t at_ms)
{
    papers->before = papers->book;
    if (vn_book_commit(&papers->book, sale, at_ms, &papers->outcome, &papers->moves, &papers->error) !=
        VN_OK) {
        fail_msg("%s", papers->error.text);
    }
    after_check_moves(&papers->moves, &papers->before, &papers->book);
}

void book_undo(struct papers *papers, int64_t sale, int64_t at_ms)
{
    papers->before = papers->book;
    if (vn_book_void(&papers->book, sale, at_ms, &papers->outcome, &papers->moves, &papers->error) != VN_OK) {
        fail_msg("%s", papers->error.text);
    }
    after_check_moves(&papers->moves, &papers->before, &papers->book);
}

void book_points(struct papers *papers, int64_t earned, int64_t spent)
{
    memset(&papers->outcome, 0, sizeof papers->outcome);
    papers->outcome.points_earned = earned;
    papers->outcome.points_spent = spent;
    papers->outcome.payable_minor = papers->outcome.total_minor = 1000;
}

void book_use(struct papers *papers, int64_t lot, int64_t amount)
{
    struct vn_lot_use *row = &papers->outcome.lot_uses[papers->outcome.lot_use_count++];
    *row = (struct vn_lot_use){"w1", lot, amount};
}

int64_t book_spendable(const struct papers *papers, int64_t now_ms)
{
    return vn_book_balance(&papers->book.wallets[0], now_ms).spendable;
}

const struct vn_book_lot *book_lot(const struct papers *papers, int64_t id)
{
    const struct vn_book_wallet *wallet = &papers->book.wallets[0];
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        if (wallet->lots[i].id == id) {
            return &wallet->lots[i];
        }
    }
    fail_msg("no lot %lld", (long long)id);
    return NULL;
}
