/* A member's book: what is given is taken back, what is spent comes back to where it was, and nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_book_world.h"

static void test_points_mature_and_the_soonest_to_expire_are_spent_first(void **state)
{
    struct papers *papers = *state;
    papers->book.wallets[0].matures_days = 14;
    book_points(papers, 50, 0);
    book_commit(papers, 1, NOW);
    papers->book.wallets[0].expires_days = 100; /* the second lot expires before the first */
    book_points(papers, 30, 0);
    book_commit(papers, 2, NOW + DAY_MS);
    assert_int_equal(book_spendable(papers, NOW + 13 * DAY_MS), 0);
    assert_int_equal(vn_book_balance(&papers->book.wallets[0], NOW + 13 * DAY_MS).waiting, 80);
    assert_int_equal(book_spendable(papers, NOW + 14 * DAY_MS), 50);
    assert_int_equal(book_spendable(papers, NOW + 15 * DAY_MS), 80);
    assert_int_equal(book_spendable(papers, NOW + 101 * DAY_MS), 50);
    assert_int_equal(book_spendable(papers, NOW + 365 * DAY_MS), 0);
    book_points(papers, 0, 40);
    book_commit(papers, 3, NOW + 20 * DAY_MS);
    assert_int_equal(book_lot(papers, 101)->amount, 0);
    assert_int_equal(book_lot(papers, 100)->amount, 40);
}

static void test_a_refunded_sale_does_not_keep_its_points(void **state)
{
    struct papers *papers = *state;
    for (int64_t sale = 1; sale < 20; sale++) {
        book_points(papers, 70, 0);
        book_commit(papers, sale, NOW);
        book_undo(papers, sale, NOW);
        assert_int_equal(book_spendable(papers, NOW), 0);
        assert_int_equal(papers->book.wallets[0].lot_count, 0);
        assert_int_equal(papers->book.wallets[0].debt, 0);
    }
}

static void test_points_that_are_gone_become_a_debt_that_the_next_earning_pays(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 50, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 40);
    book_use(papers, 100, 40);
    book_commit(papers, 2, NOW);
    book_points(papers, 50, 0);
    book_undo(papers, 1, NOW); /* 10 are there, 40 were spent */
    assert_int_equal(papers->book.wallets[0].debt, 40);
    assert_int_equal(book_spendable(papers, NOW), 0);
    book_points(papers, 15, 0);
    book_commit(papers, 3, NOW);
    assert_int_equal(papers->book.wallets[0].debt, 25);
    assert_int_equal(book_spendable(papers, NOW), 0);
    book_points(papers, 60, 0);
    book_commit(papers, 4, NOW);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(book_spendable(papers, NOW), 35);
    /* the goods that were paid with those 40 come back too: nobody has won or lost */
    book_points(papers, 0, 40);
    book_use(papers, 100, 40);
    book_undo(papers, 2, NOW);
    assert_int_equal(book_spendable(papers, NOW), 75);
    book_points(papers, 15, 0);
    book_undo(papers, 3, NOW);
    book_points(papers, 60, 0);
    book_undo(papers, 4, NOW);
    assert_int_equal(book_spendable(papers, NOW), 0);
    assert_int_equal(papers->book.wallets[0].debt, 0);
}

static void test_spent_points_come_back_once_and_to_their_lots(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 30, 0);
    book_commit(papers, 2, NOW + DAY_MS);
    book_points(papers, 0, 110);
    book_use(papers, 100, 100);
    book_use(papers, 101, 10);
    book_commit(papers, 3, NOW + 2 * DAY_MS);
    assert_int_equal(book_spendable(papers, NOW + 2 * DAY_MS), 20);
    book_undo(papers, 3, NOW + 3 * DAY_MS);
    assert_int_equal(book_lot(papers, 100)->amount, 100);
    assert_int_equal(book_lot(papers, 100)->expires_ms, NOW + 365 * DAY_MS);
    assert_int_equal(book_lot(papers, 101)->amount, 30);
    assert_int_equal(papers->book.wallets[0].lot_count, 2);
}

static void test_the_lot_that_an_outcome_names_pays_even_if_another_expires_sooner(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 50, 0);
    book_commit(papers, 1, NOW);
    book_commit(papers, 2, NOW + DAY_MS);
    book_points(papers, 0, 30);
    book_use(papers, 101, 30);
    book_commit(papers, 3, NOW + DAY_MS);
    assert_int_equal(book_lot(papers, 100)->amount, 50);
    assert_int_equal(book_lot(papers, 101)->amount, 20);
}

/* To the last point. */
static void test_what_a_lot_did_not_pay_comes_back_to_the_one_that_did(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 1, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 1);
    book_use(papers, 7, 1);
    book_commit(papers, 2, NOW);
    book_undo(papers, 2, NOW);
    assert_int_equal(book_lot(papers, 100)->amount, 1);
    assert_int_equal(book_lot(papers, 100)->spent, 0);
    assert_int_equal(papers->book.wallets[0].lot_count, 1);
    book_points(papers, 1, 0);
    book_undo(papers, 9, NOW);
    assert_int_equal(papers->moves.rows[0].kind, VN_MOVE_TAKE_BACK);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
}

/* A lot of an account that the book does not know is the first wallet's. */
static void test_lots_of_another_name_are_the_first_wallets(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 50, 0);
    book_commit(papers, 1, NOW);
    book_commit(papers, 2, NOW + DAY_MS);
    book_points(papers, 0, 30);
    book_use(papers, 101, 30);
    (void)snprintf(papers->outcome.lot_uses[0].account, VN_ID_MAX, "w9");
    book_commit(papers, 3, NOW + DAY_MS);
    assert_int_equal(book_lot(papers, 101)->spent, 30);
}

static void test_what_the_lot_of_a_sale_lacks_is_taken_from_the_others(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 50, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 30, 0);
    book_commit(papers, 2, NOW + DAY_MS);
    book_points(papers, 0, 30);
    book_use(papers, 101, 30);
    book_commit(papers, 3, NOW + DAY_MS);
    book_points(papers, 30, 0);
    book_undo(papers, 2, NOW + DAY_MS);
    assert_int_equal(book_lot(papers, 100)->amount, 20);
    assert_int_equal(papers->book.wallets[0].debt, 0);
}

static void test_mature_points_are_spent_before_those_that_wait_and_expired_ones_never(void **state)
{
    struct papers *papers = *state;
    papers->book.wallets[0].expires_days = 1;
    book_points(papers, 40, 0);
    book_commit(papers, 1, NOW - 2 * DAY_MS); /* expired, and not swept yet */
    papers->book.wallets[0].expires_days = 20;
    papers->book.wallets[0].matures_days = 10;
    book_points(papers, 50, 0);
    book_commit(papers, 2, NOW); /* expires sooner, and waits */
    papers->book.wallets[0].expires_days = 365;
    papers->book.wallets[0].matures_days = 0;
    book_points(papers, 30, 0);
    book_commit(papers, 3, NOW);
    book_points(papers, 0, 35);
    book_commit(papers, 4, NOW);
    assert_int_equal(book_lot(papers, 100)->amount, 40);
    assert_int_equal(book_lot(papers, 101)->amount, 45);
    assert_int_equal(book_lot(papers, 102)->amount, 0);
}

static void test_points_of_a_debt_that_was_paid_go_back_to_what_paid_it(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 50);
    book_commit(papers, 1, NOW);
    book_points(papers, 70, 0);
    book_commit(papers, 2, NOW);
    assert_int_equal(book_spendable(papers, NOW), 20);
    book_points(papers, 0, 50);
    book_undo(papers, 1, NOW + DAY_MS);
    assert_int_equal(book_lot(papers, 100)->amount, 70);
    assert_int_equal(book_lot(papers, 100)->paid, 0);
    assert_int_equal(book_lot(papers, 100)->expires_ms, NOW + 365 * DAY_MS); /* no day longer */
    assert_int_equal(papers->book.wallets[0].lot_count, 1);
    /* where nothing expires, it is a new one */
    papers->book.wallets[0] = (struct vn_book_wallet){.account = "w1"};
    book_points(papers, 0, 50);
    book_commit(papers, 3, NOW);
    book_points(papers, 50, 0);
    book_commit(papers, 4, NOW);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
    book_points(papers, 0, 50);
    book_undo(papers, 3, NOW);
    assert_int_equal(book_spendable(papers, NOW), 50);
    assert_int_equal(papers->book.wallets[0].lots[0].expires_ms, 0);
}

/* It paid 50 of a debt and is void; what comes back later of the sale that owed is no longer its. */
static void test_what_a_sale_earned_that_is_void_paid_nothing(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 50);
    book_commit(papers, 1, NOW);
    book_points(papers, 70, 0);
    book_commit(papers, 2, NOW);
    assert_int_equal(book_lot(papers, 100)->paid, 50);
    book_points(papers, 70, 0);
    book_undo(papers, 2, NOW);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
    assert_int_equal(papers->book.wallets[0].debt, 50);
    book_points(papers, 0, 50);
    book_undo(papers, 1, NOW);
    assert_int_equal(papers->book.wallets[0].debt, 0);
    assert_int_equal(papers->book.wallets[0].lot_count, 0);
}

static void test_what_was_spent_and_is_not_there_is_honoured_and_owed(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 20, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 50);
    book_use(papers, 7, 50); /* of a lot that is not in the book */
    book_commit(papers, 2, NOW);
    assert_int_equal(papers->book.wallets[0].debt, 30);
    book_points(papers, 40, 0);
    book_commit(papers, 3, NOW);
    assert_int_equal(book_spendable(papers, NOW), 10);
    book_points(papers, 0, 50);
    book_use(papers, 7, 50);
    book_undo(papers, 2, NOW); /* 20 go to the lot that paid, 30 had been paid by the earning */
    assert_int_equal(book_spendable(papers, NOW), 60);
    assert_int_equal(book_lot(papers, 100)->amount, 20);
}

static void test_spending_points_demotes_nobody(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 100, 0);
    papers->outcome.qualifying = 900;
    book_commit(papers, 1, NOW);
    book_points(papers, 0, 100);
    papers->outcome.qualifying = 0;
    book_commit(papers, 2, NOW);
    assert_int_equal(papers->book.qualifying, 900);
    assert_int_equal(papers->book.lifetime_minor, 2000);
}

static void consume(struct papers *papers, const char *account, int64_t amount)
{
    struct vn_consumption *row = &papers->outcome.consumptions[papers->outcome.consumption_count++];
    *row = (struct vn_consumption){.amount = amount};
    (void)snprintf(row->account, sizeof row->account, "%s", account);
}

static void give(struct papers *papers, enum vn_given_kind kind, const char *what, int64_t amount)
{
    struct vn_given *row = &papers->outcome.given[papers->outcome.given_count++];
    *row = (struct vn_given){.kind = kind, .amount = amount};
    (void)snprintf(row->what, sizeof row->what, "%s", what);
    (void)snprintf(row->account, sizeof row->account, "%s", kind == VN_GIVEN_STAMP ? "scoffee" : "");
}

static void test_a_void_gives_back_coupon_limit_and_stamps(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 0);
    give(papers, VN_GIVEN_STAMP, "coffee", 9);
    book_commit(papers, 1, NOW);
    assert_int_equal(vn_book_counter(&papers->book, "scoffee"), 9);
    const struct vn_book before = papers->book;
    book_points(papers, 0, 0);
    consume(papers, "c7", 1);
    consume(papers, "nlimit", 1);
    consume(papers, "achain", 2);
    consume(papers, "scoffee", 9);
    give(papers, VN_GIVEN_COUPON, "next", 2);
    give(papers, VN_GIVEN_TAG, "coffee-lover", 0);
    give(papers, VN_GIVEN_SAY, "prompt", 0);
    book_commit(papers, 2, NOW);
    assert_int_equal(vn_book_counter(&papers->book, "nlimit"), 1);
    assert_int_equal(vn_book_counter(&papers->book, "scoffee"), 0);
    assert_int_equal(vn_book_counter(&papers->book, "achain"), 0); /* not the member's */
    assert_true(vn_book_has_tag(&papers->book, "coffee-lover"));
    assert_false(vn_book_has_tag(&papers->book, "next")); /* a coupon's name */
    assert_false(vn_book_has_tag(&papers->book, "coffee"));
    assert_int_equal(papers->book.given_count, 2);
    book_undo(papers, 2, NOW);
    assert_memory_equal(&papers->book, &before, sizeof before);
    int64_t coupon = 0;
    int64_t chain = 0;
    int64_t issued = 0;
    int64_t tags = 0;
    for (unsigned i = 0; i < papers->moves.count; i++) {
        const struct vn_movement *row = &papers->moves.rows[i];
        coupon += strcmp(row->name, "c7") == 0 ? row->amount : 0;
        chain += strcmp(row->name, "achain") == 0 ? row->amount : 0;
        issued += row->kind == VN_MOVE_COUPON && strcmp(row->name, "next") == 0 ? row->amount : 0;
        tags += row->kind == VN_MOVE_TAG && strcmp(row->name, "coffee-lover") == 0 ? row->amount : 0;
    }
    assert_int_equal(coupon, -1); /* the coupon that was presented can be used again */
    assert_int_equal(chain, -2);
    assert_int_equal(issued, -2);
    assert_int_equal(tags, -1);
}

static void test_what_was_used_is_not_revoked(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 0);
    give(papers, VN_GIVEN_COUPON, "next", 2);
    give(papers, VN_GIVEN_STAMP, "coffee", 5);
    book_commit(papers, 1, NOW);
    assert_int_equal(vn_book_use_coupon(&papers->book, 1, "next"), VN_OK);
    assert_int_equal(papers->book.given[0].amount, 1);
    assert_int_equal(vn_book_use_coupon(&papers->book, 2, "next"), VN_ABSENT);
    const struct vn_outcome first = papers->outcome;
    book_points(papers, 0, 0);
    consume(papers, "scoffee", 3);
    book_commit(papers, 2, NOW);
    papers->outcome = first;
    after_add(&papers->basket, &papers->outcome, 1000, 0, 0);
    const struct vn_return_item item = {1, 1000};
    const struct vn_return_input input = {
        .basket = &papers->basket, .outcome = &papers->outcome, .now = &item, .now_count = 1};
    papers->outcome.payable_minor = papers->outcome.total_minor = 0;
    assert_int_equal(vn_return_plan(&input, &papers->work, &papers->plan, &papers->error), VN_OK);
    assert_int_equal(vn_book_return(&papers->book, 1, NOW, &papers->plan, &papers->moves, NULL), VN_OK);
    assert_int_equal(vn_book_counter(&papers->book, "scoffee"), 0); /* two were unused */
    assert_int_equal(papers->book.given_count, 0);                  /* and one coupon */
    assert_int_equal(vn_book_use_coupon(&papers->book, 1, "next"), VN_ABSENT);
}

static void test_a_tag_stays_while_another_sale_stands_for_it(void **state)
{
    struct papers *papers = *state;
    book_points(papers, 0, 0);
    give(papers, VN_GIVEN_TAG, "a", 0);
    book_commit(papers, 1, NOW);
    book_commit(papers, 2, NOW);
    assert_int_equal(papers->moves.count, 1); /* the spend; he has the tag */
    book_undo(papers, 1, NOW);
    assert_true(vn_book_has_tag(&papers->book, "a"));
    book_undo(papers, 2, NOW);
    assert_false(vn_book_has_tag(&papers->book, "a"));
    assert_int_equal(papers->moves.count, 2);
    book_undo(papers, 2, NOW);
    assert_int_equal(papers->moves.count, 1); /* the spend again; what he has not is not taken */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_mature_and_the_soonest_to_expire_are_spent_first,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_refunded_sale_does_not_keep_its_points, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_points_that_are_gone_become_a_debt_that_the_next_earning_pays,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_spent_points_come_back_once_and_to_their_lots, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(
            test_the_lot_that_an_outcome_names_pays_even_if_another_expires_sooner, book_set_up,
            book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_lot_did_not_pay_comes_back_to_the_one_that_did,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_lots_of_another_name_are_the_first_wallets, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_the_lot_of_a_sale_lacks_is_taken_from_the_others,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(
            test_mature_points_are_spent_before_those_that_wait_and_expired_ones_never, book_set_up,
            book_tear_down),
        cmocka_unit_test_setup_teardown(test_points_of_a_debt_that_was_paid_go_back_to_what_paid_it,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_sale_earned_that_is_void_paid_nothing, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_spent_and_is_not_there_is_honoured_and_owed,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_spending_points_demotes_nobody, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_void_gives_back_coupon_limit_and_stamps, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_used_is_not_revoked, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_tag_stays_while_another_sale_stands_for_it, book_set_up,
                                        book_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
