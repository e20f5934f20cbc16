/* A member's book when days have passed: what expires, what had been spent in time, and days of grace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/loyalty_book_world.h"

static void test_expiry_never_takes_points_that_were_spent(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 60);
    book_use(papers, 100, 60);
    book_commit(papers, 2, NOW + 364 * DAY_MS);
    papers->before = papers->book;
    vn_book_expire(&papers->book, NOW + 365 * DAY_MS - 1, &papers->moves);
    assert_int_equal(papers->moves.count, 0);
    vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves);
    after_check_moves(&papers->moves, &papers->before, &papers->book);
    assert_int_equal(papers->moves.count, 1);
    assert_int_equal(papers->moves.rows[0].amount, 40);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    vn_book_expire(&papers->book, NOW + 366 * DAY_MS, &papers->moves);
    assert_int_equal(papers->moves.count, 0); /* once */
    /* a till that was cut off tells of a sale from the day before: those 25 never expired */
    book_points(papers, 0, 25);
    book_use(papers, 100, 25);
    book_commit(papers, 3, NOW + 364 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(book_lot(papers, 100)->expired, 15);
    /* what says that it is from after the day can't have them */
    book_points(papers, 0, 5);
    book_use(papers, 100, 5);
    book_commit(papers, 4, NOW + 367 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 5);
}

/* Whether somebody has looked since its last day makes no difference. */
static void test_an_expired_lot_pays_for_nothing_swept_or_not(void **state)
{
    struct papers *papers = *state;
    const struct vn_book empty = papers->book;
    for (int swept = 0; swept < 2; swept++) {
        papers->book = empty;
        book_points(papers, 100, 0);
        book_commit(papers, 1, NOW);
        book_points(papers, 70, 0);
        book_commit(papers, 2, NOW + DAY_MS);
        if (swept != 0) {
            vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves);
        }
        book_points(papers, 0, 90);
        book_use(papers, 100, 90);
        book_commit(papers, 3, NOW + 365 * DAY_MS);
        assert_int_equal(papers->book.wallets[0].debt, 20);
        assert_int_equal(book_lot(papers, 100)->spent, 0);
        assert_int_equal(book_lot(papers, 101)->spent, 70);
    }
}

static void test_points_that_come_back_into_an_expired_lot_have_days_of_grace(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 60);
    book_use(papers, 100, 60);
    book_commit(papers, 2, NOW);
    book_undo(papers, 2, NOW + 400 * DAY_MS); /* the 40 that were left expire, whoever looks first */
    assert_int_equal(book_spendable(papers, NOW + 400 * DAY_MS), 60);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS - 1), 60);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS), 0);
    vn_book_expire(&papers->book, NOW + 430 * DAY_MS, &papers->moves);
    assert_int_equal(book_lot(papers, 100)->expired, 100);
}

/* The 60 that paid for them as well. */
static void test_points_of_a_debt_that_come_back_when_what_paid_has_expired_have_days_of_grace(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 60);
    book_commit(papers, 1, NOW);
    book_points(papers, 100, 0);
    book_commit(papers, 2, NOW);
    book_points(papers, 0, 60);
    book_undo(papers, 1, NOW + 400 * DAY_MS);
    assert_int_equal(book_lot(papers, 100)->expired, 40);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS - 1), 60);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS), 0);
}

/* A till that was lent 50 of the lot gives them back when it has long expired, and another sale's points came back before. */
static void test_what_tills_have_of_an_expired_lot_gets_no_days_of_grace(void **state)
{
    struct papers *papers = *state;
    struct vn_book_lot *lot = papers->book.wallets[0].lots;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 10);
    book_use(papers, 100, 10);
    book_commit(papers, 2, NOW);
    lot->amount -= 50;
    lot->granted += 50;
    book_undo(papers, 2, NOW + 400 * DAY_MS);
    assert_int_equal(book_spendable(papers, NOW + 400 * DAY_MS), 10);
    assert_int_equal(book_lot(papers, 100)->expires_ms, NOW + 365 * DAY_MS);
    assert_int_equal(book_lot(papers, 100)->expired, 40);
    assert_int_equal(lot->id, 100);
    lot->granted -= 50;
    lot->amount += 50;
    assert_int_equal(book_spendable(papers, NOW + 400 * DAY_MS), 10);
    vn_book_expire(&papers->book, NOW + 400 * DAY_MS, &papers->moves);
    assert_int_equal(book_lot(papers, 100)->expired, 90);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS - 1), 10);
    assert_int_equal(book_spendable(papers, NOW + 430 * DAY_MS), 0);
    /* what came back is of the sale still that earned it */
    book_points(papers, 100, 0);
    book_undo(papers, 1, NOW + 401 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
}

/* Two tills that were cut off spend the same points of grace: the second finds none, and nothing that expired before. */
static void test_what_expired_before_the_days_of_grace_stays_expired(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 60);
    book_use(papers, 100, 60);
    book_commit(papers, 2, NOW);
    book_undo(papers, 2, NOW + 400 * DAY_MS);
    book_commit(papers, 3, NOW + 401 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    book_commit(papers, 4, NOW + 401 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 60);
    assert_int_equal(book_lot(papers, 100)->expired, 40);
    /* but the sale that earned them may still take them back */
    book_undo(papers, 4, NOW + 401 * DAY_MS);
    book_undo(papers, 3, NOW + 401 * DAY_MS);
    book_points(papers, 100, 0);
    book_undo(papers, 1, NOW + 402 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
}

/* What names no lot takes them in their order as they were then. */
static void test_a_sale_heard_of_late_takes_from_lots_that_expired_since(void **state)
{
    struct papers *papers = *state;
    const struct vn_book empty = papers->book;
    for (int swept = 0; swept < 2; swept++) {
        papers->book = empty;
        book_points(papers, 30, 0);
        book_commit(papers, 1, NOW);
        book_commit(papers, 2, NOW + 10 * DAY_MS);
        if (swept != 0) {
            vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves);
        }
        book_points(papers, 0, 20);
        book_commit(papers, 3, NOW + 364 * DAY_MS);
        assert_int_equal(book_lot(papers, 100)->spent, 20);
        assert_int_equal(book_spendable(papers, NOW + 365 * DAY_MS), 30);
        book_points(papers, 50, 0);
        book_undo(papers, 9,
                  NOW + 364 * DAY_MS); /* and so does what is taken back: 10 of the one, 30 of the other */
        assert_int_equal(book_spendable(papers, NOW + 365 * DAY_MS), 0);
        assert_int_equal(papers->book.wallets[0].debt, 10);
    }
}

static void test_a_lot_that_expired_unused_is_no_loss_when_its_sale_comes_back(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves);
    book_undo(papers, 1, NOW + 366 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
}

/* Only what comes back into a lot gives it days of grace, not being named. */
static void test_a_lot_that_paid_nothing_lives_no_longer(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 30, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 20);
    book_use(papers, 100, 20);
    book_commit(papers, 2, NOW + 400 * DAY_MS); /* expired: owed */
    book_undo(papers, 2, NOW + 400 * DAY_MS);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(book_lot(papers, 100)->expires_ms, NOW + 365 * DAY_MS);
    assert_int_equal(book_spendable(papers, NOW + 400 * DAY_MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_expiry_never_takes_points_that_were_spent, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_an_expired_lot_pays_for_nothing_swept_or_not, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_points_that_come_back_into_an_expired_lot_have_days_of_grace,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(
            test_points_of_a_debt_that_come_back_when_what_paid_has_expired_have_days_of_grace, book_set_up,
            book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_tills_have_of_an_expired_lot_gets_no_days_of_grace,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_expired_before_the_days_of_grace_stays_expired, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_sale_heard_of_late_takes_from_lots_that_expired_since,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_lot_that_expired_unused_is_no_loss_when_its_sale_comes_back,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_lot_that_paid_nothing_lives_no_longer, book_set_up,
                                        book_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
