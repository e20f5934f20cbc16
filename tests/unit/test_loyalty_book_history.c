/* What a member's book must keep, whatever happens and in whatever order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_book_world.h"

/* Lots for what an outcome says that it spends, and some more. */
static void fill_lots(uint64_t *seed, struct papers *papers)
{
    const struct vn_outcome *outcome = &papers->outcome;
    memset(papers->book.wallets[0].lots, 0, sizeof papers->book.wallets[0].lots);
    memset(papers->book.wallets[1].lots, 0, sizeof papers->book.wallets[1].lots);
    papers->book.wallets[0].lot_count = papers->book.wallets[1].lot_count = 0;
    papers->book.wallets[0].debt = papers->book.wallets[1].debt = 0;
    for (unsigned i = 0; i < outcome->lot_use_count; i++) {
        struct vn_book_wallet *wallet = &papers->book.wallets[outcome->lot_uses[i].account[1] - '1'];
        wallet->lots[wallet->lot_count++] = (struct vn_book_lot){
            .id = outcome->lot_uses[i].lot,
            .amount = outcome->lot_uses[i].amount + after_below(seed, 2) * after_below(seed, 50),
            .expires_ms = NOW + (i + 1) * DAY_MS};
    }
    if (outcome->points_spent == 0 && after_below(seed, 2) == 0) {
        papers->book.wallets[0].debt = after_below(seed, 300);
    }
}

static void test_commit_and_void_leave_nothing_and_so_do_all_returns_together(void **state)
{
    struct papers *papers = *state;
    struct after_book *work = calloc(1, sizeof *work);
    uint64_t seed = 9;
    assert_non_null(work);
    for (int n = 0; n < 3000; n++) {
        after_random(&seed, &papers->basket, &papers->outcome);
        fill_lots(&seed, papers);
        after_check_book(&seed, work, &papers->book, &papers->basket, &papers->outcome, NOW);
    }
    assert_true(work->back > 5000);
    free(work);
}

struct done {
    struct vn_outcome outcome;
    int64_t at_ms;
    bool open;
};

/* A sale as a till quotes it from what it knew of the member a while ago. */
static void random_sale(uint64_t *seed, struct papers *papers, const struct vn_book_wallet *known)
{
    book_points(papers, after_below(seed, 3) * after_below(seed, 200), 0);
    for (unsigned i = 0; i < known->lot_count && after_below(seed, 3) != 0; i++) {
        int64_t amount = known->lots[i].amount - after_below(seed, 2) * (known->lots[i].amount / 2);
        if (amount > 0 && papers->outcome.lot_use_count < VN_LOT_USES_MAX) {
            book_use(papers, known->lots[i].id, amount);
            papers->outcome.points_spent += amount;
        }
    }
}

/* Sales, voids and days pass in any order; tills know the member as he was. The sum of all places stays 0, and once each sale
 * is void, nothing is left but what expired. */
static void test_any_history_keeps_its_sums(void **state)
{
    struct papers *papers = *state;
    struct done *done = calloc(40, sizeof *done);
    struct vn_book_wallet *known = calloc(1, sizeof *known);
    uint64_t seed = 71;
    int64_t owed = 0;
    int64_t revived = 0;
    assert_non_null(done);
    assert_non_null(known);
    const struct vn_book empty = papers->book;
    for (int history = 0; history < 300; history++) {
        struct after_places places[VN_WALLETS_MAX] = {{0, 0, 0, 0, 0}};
        int64_t now_ms = NOW;
        papers->book = empty;
        papers->book.wallets[0].expires_days = 1 + after_below(&seed, 40);
        memset(known, 0, sizeof *known);
        for (int step = 0; step < 120; step++) {
            unsigned sale = after_below(&seed, 40);
            now_ms += after_below(&seed, 3) * DAY_MS;
            if (after_below(&seed, 3) == 0) {
                *known = papers->book.wallets[0];
            }
            papers->before = papers->book;
            if (after_below(&seed, 6) == 0) {
                vn_book_expire(&papers->book, now_ms, &papers->moves);
                after_check_moves(&papers->moves, &papers->before, &papers->book);
            } else if (!done[sale].open) {
                random_sale(&seed, papers, known);
                done[sale].outcome = papers->outcome;
                done[sale].at_ms = now_ms - after_below(&seed, 2) * DAY_MS;
                done[sale].open = true;
                book_commit(papers, sale + 1, done[sale].at_ms);
            } else {
                papers->outcome = done[sale].outcome;
                done[sale].open = false;
                book_undo(papers, sale + 1, now_ms);
            }
            after_count(&papers->moves, places);
            for (unsigned i = 0; i < papers->moves.count; i++) {
                revived += papers->moves.rows[i].kind == VN_MOVE_REVIVE ? 1 : 0;
            }
            owed += papers->book.wallets[0].debt > 0 ? 1 : 0;
        }
        for (unsigned sale = 0; sale < 40; sale++) {
            if (done[sale].open) {
                papers->outcome = done[sale].outcome;
                done[sale].open = false;
                book_undo(papers, sale + 1, now_ms);
                after_count(&papers->moves, places);
            }
        }
        const struct vn_book_wallet *wallet = &papers->book.wallets[0];
        assert_int_equal(after_in_lots(wallet), places[0].free);
        assert_int_equal(-wallet->debt, places[0].debt);
        assert_int_equal(places[0].redeemed, 0);
        assert_int_equal(places[0].issued, 0);
        assert_true(places[0].expired >= 0);
        assert_int_equal(places[0].free + places[0].debt + places[0].expired, 0);
        assert_int_equal(papers->book.lifetime_minor, 0);
    }
    assert_true(owed > 300 && revived > 300);
    free(done);
    free(known);
}

/* A till can send what no quote makes. */
static void test_no_stamps_given_are_no_stamps_taken_back(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = &papers->outcome.given[0];
    papers->outcome.given_count = 1;
    given->kind = VN_GIVEN_STAMP;
    (void)snprintf(given->account, sizeof given->account, "s%016d", 1);
    book_commit(papers, 1, NOW);
    book_undo(papers, 1, NOW);
    assert_int_equal(vn_book_counter(&papers->book, given->account), 0);
    assert_int_equal(papers->book.counter_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commit_and_void_leave_nothing_and_so_do_all_returns_together,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_no_stamps_given_are_no_stamps_taken_back, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_any_history_keeps_its_sums, book_set_up, book_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
