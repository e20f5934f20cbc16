/* The bounds of a member's book: what it refuses, as a whole, and what it forgets when it is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_book_world.h"

#define SUM_MAX (VN_AMOUNT_MAX * 1000) /* of a wallet, of a counter */

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

/* Refused as a whole, with the book as it was; its void, too, unless there is room for that alone. */
static void refused(struct papers *papers, enum vn_status status)
{
    const struct vn_book before = papers->book;
    assert_int_equal(vn_book_commit(&papers->book, 9, NOW, &papers->outcome, &papers->moves, &papers->error),
                     status);
    assert_true(papers->error.text[0] != '\0');
    assert_memory_equal(&papers->book, &before, sizeof before);
    assert_int_equal(papers->moves.count, 0);
    papers->error.text[0] = '\0';
    if (status == VN_INPUT) {
        assert_int_equal(
            vn_book_void(&papers->book, 9, NOW, &papers->outcome, &papers->moves, &papers->error), status);
        assert_true(papers->error.text[0] != '\0');
        assert_memory_equal(&papers->book, &before, sizeof before);
        assert_int_equal(papers->moves.count, 0);
        papers->error.text[0] = '\0';
    }
}

static void test_what_does_not_fit_changes_nothing(void **state)
{
    struct papers *papers = *state;
    book_points(papers, -1, 0);
    refused(papers, VN_INPUT);
    book_points(papers, 1, VN_AMOUNT_MAX + 1);
    refused(papers, VN_INPUT);
    book_points(papers, 1, 0);
    papers->outcome.wallet_count = 1;
    (void)snprintf(papers->outcome.wallets[0].wallet, VN_TAG_MAX, "nobody");
    refused(papers, VN_INPUT);
    book_points(papers, 1, 0);
    papers->outcome.qualifying = -1;
    refused(papers, VN_INPUT);
    book_points(papers, 1, 0);
    give(papers, VN_GIVEN_STAMP, "coffee", 1);
    papers->outcome.given[0].account[0] = '\0';
    refused(papers, VN_INPUT);
    const struct vn_book before = papers->book;
    assert_int_equal(vn_book_void(&papers->book, 9, NOW, &papers->outcome, &papers->moves, NULL), VN_INPUT);
    assert_memory_equal(&papers->book, &before, sizeof before);
    book_points(papers, 1, 0);
    for (int i = 0; i < VN_COUNTERS_MAX; i++) {
        char name[VN_ID_MAX];
        (void)snprintf(name, sizeof name, "n%d", i);
        papers->outcome.consumption_count = 0;
        consume(papers, name, 1);
        book_commit(papers, i + 1, NOW);
    }
    consume(papers, "nmore", 1);
    refused(papers, VN_FULL);
    book_points(papers, 1, 0);
    for (int i = 0; i < VN_GIVEN_MAX; i++) {
        give(papers, VN_GIVEN_COUPON, "next", 1);
    }
    book_commit(papers, 100, NOW);
    book_commit(papers, 101, NOW);
    refused(papers, VN_FULL);
    book_points(papers, 1, 0);
    papers->book.wallets[0].debt = -1;
    refused(papers, VN_INPUT);
    papers->book.wallets[0].debt = 0;
    while (papers->book.wallets[0].lot_count < VN_BOOK_LOTS_MAX) {
        book_commit(papers, papers->book.wallets[0].lot_count + 200, NOW);
    }
    assert_int_equal(vn_book_open(&papers->book, "c", "w3"), VN_OK);
    assert_int_equal(vn_book_open(&papers->book, "d", "w4"), VN_OK);
    assert_int_equal(vn_book_open(&papers->book, "e", "w5"), VN_FULL);
}

/* A full wallet forgets an empty lot; points of it come back all the same, for the days of grace. */
static void test_a_full_wallet_forgets_the_empty_lot_that_expires_first(void **state)
{
    struct papers *papers = *state;
    for (int i = 0; i < VN_BOOK_LOTS_MAX; i++) {
        book_points(papers, 1, 0);
        book_commit(papers, i + 1, NOW + i);
    }
    book_points(papers, 0, 1);
    book_use(papers, 100, 1);
    book_commit(papers, 500, NOW);
    const struct vn_outcome spent = papers->outcome;
    book_points(papers, 1, 0);
    book_commit(papers, 501, NOW);
    assert_int_equal(papers->book.wallets[0].lot_count, VN_BOOK_LOTS_MAX);
    papers->outcome = spent;
    int64_t sum = book_spendable(papers, NOW + DAY_MS);
    book_undo(papers, 500, NOW); /* none is empty any more: what comes back joins one that is mature */
    assert_int_equal(book_spendable(papers, NOW + DAY_MS), sum + 1);
    assert_int_equal(book_lot(papers, 500)->amount, 2);
    vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves); /* leaves an empty one behind */
    sum = book_spendable(papers, NOW + 365 * DAY_MS);
    book_undo(papers, 500, NOW + 365 * DAY_MS);
    assert_int_equal(book_spendable(papers, NOW + 365 * DAY_MS), sum + 1);
    assert_int_equal(book_spendable(papers, NOW + 395 * DAY_MS - 1),
                     1); /* the others have expired meanwhile */
    assert_int_equal(book_spendable(papers, NOW + 395 * DAY_MS), 0);
    assert_int_equal(papers->book.wallets[0].lot_count, VN_BOOK_LOTS_MAX);
}

/* Room is made for a lot that is new alone: not for points that come back, nor for a sale that earns none. */
static void test_a_full_wallet_forgets_nothing_that_it_can_still_fill(void **state)
{
    struct papers *papers = *state;
    const struct vn_book_wallet *wallet = &papers->book.wallets[0];
    for (int i = 0; i < VN_BOOK_LOTS_MAX; i++) {
        book_points(papers, 2, 0);
        book_commit(papers, i + 1, NOW + i * DAY_MS / VN_BOOK_LOTS_MAX);
    }
    book_points(papers, 0, 2);
    book_use(papers, 100, 2);
    book_commit(papers, 500, NOW + DAY_MS);
    book_undo(papers, 500, NOW + 2 * DAY_MS);
    assert_int_equal(book_lot(papers, 100)->amount, 2);
    assert_int_equal(book_lot(papers, 100)->expires_ms, NOW + 365 * DAY_MS);
    assert_int_equal(wallet->lot_count, VN_BOOK_LOTS_MAX);
    /* a sale from before the last day, heard of after it */
    vn_book_expire(&papers->book, NOW + 365 * DAY_MS, &papers->moves);
    assert_int_equal(book_lot(papers, 100)->expired, 2);
    book_commit(papers, 501, NOW + 364 * DAY_MS);
    assert_int_equal(book_lot(papers, 100)->spent, 2);
    assert_int_equal(book_lot(papers, 101)->amount, 2);
    assert_int_equal(wallet->debt, 0);
}

/* Each figure of a book is held against its range, in each row, and taken at both ends of it. */
static void test_figures_that_no_book_has_are_refused(void **state)
{
    struct papers *papers = *state;
    struct vn_book_wallet *wallet = &papers->book.wallets[1];
    wallet->lots[0] = (struct vn_book_lot){.id = 1, .amount = 1};
    wallet->lots[1] = (struct vn_book_lot){.id = 2, .amount = 1};
    wallet->lot_count = 2;
    papers->book.counter_count = 2;
    (void)snprintf(papers->book.counters[0].account, VN_ID_MAX, "n1");
    (void)snprintf(papers->book.counters[1].account, VN_ID_MAX, "n2");
    const struct {
        int64_t *figure, least, most;
    } rows[] = {{&wallet->matures_days, 0, VN_DAYS_MAX},
                {&wallet->expires_days, 0, VN_DAYS_MAX},
                {&wallet->return_grace_days, 0, VN_DAYS_MAX},
                {&wallet->debt, 0, SUM_MAX},
                {&wallet->lots[0].amount, 0, SUM_MAX - 1},
                {&wallet->lots[1].amount, 0, SUM_MAX - 1},
                {&wallet->lots[0].spent, 0, SUM_MAX},
                {&wallet->lots[1].expired, 0, SUM_MAX},
                {&wallet->lots[1].lapsed, 0, 0}, /* no more than has expired */
                {&papers->book.counters[0].value, -SUM_MAX, SUM_MAX},
                {&papers->book.counters[1].value, -SUM_MAX, SUM_MAX},
                {&papers->book.lifetime_minor, -SUM_MAX, SUM_MAX},
                {&papers->book.qualifying, -SUM_MAX, SUM_MAX},
                {&papers->book.next_lot, 1, VN_NUMBER_MAX}};
    book_points(papers, 0, 0);
    papers->outcome.payable_minor = 0;
    papers->outcome.wallet_count = 1;
    (void)snprintf(papers->outcome.wallets[0].wallet, VN_TAG_MAX, "partner");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct vn_book before = papers->book;
        *rows[i].figure = rows[i].least - 1;
        refused(papers, VN_INPUT);
        *rows[i].figure = rows[i].most + 1;
        refused(papers, VN_INPUT);
        for (int end = 0; end < 2; end++) {
            *rows[i].figure = end == 0 ? rows[i].least : rows[i].most;
            assert_int_equal(vn_book_commit(&papers->book, 1, NOW, &papers->outcome, &papers->moves, NULL),
                             VN_OK);
            papers->book = before;
        }
    }
}

/* The same of what a fact says. */
static void test_figures_that_no_fact_has_are_refused(void **state)
{
    struct papers *papers = *state;
    book_points(papers, VN_AMOUNT_MAX, 0);
    book_commit(papers, 1, NOW);
    book_points(papers, 0, VN_AMOUNT_MAX);
    book_commit(papers, 2, NOW);
    book_points(papers, 0, 5);
    book_use(papers, 100, -1);
    book_use(papers, 100, 5);
    refused(papers, VN_INPUT);
    papers->outcome.lot_uses[0].amount = 5;
    papers->outcome.lot_uses[1].amount = VN_AMOUNT_MAX + 1;
    refused(papers, VN_INPUT);
    book_points(papers, 0, 0);
    consume(papers, "nlimit", 0);
    book_commit(papers, 3, NOW);
    assert_int_equal(papers->book.counter_count, 0);
    papers->outcome.consumptions[0].amount = -1;
    refused(papers, VN_INPUT);
    book_points(papers, 0, 0);
    give(papers, VN_GIVEN_STAMP, "coffee", -1);
    refused(papers, VN_INPUT);
}

/* A wallet beside the first that is full takes back, and earns all the same: the lot that lives longest takes the points. */
static void test_each_wallet_has_bounds_of_its_own(void **state)
{
    struct papers *papers = *state;
    struct vn_wallet_outcome *of = &papers->outcome.wallets[0];
    const struct vn_book_wallet *wallet = &papers->book.wallets[1];
    papers->book.wallets[1].expires_days = 100;
    book_points(papers, 0, 0);
    papers->outcome.wallet_count = 1;
    (void)snprintf(of->wallet, VN_TAG_MAX, "partner");
    (void)snprintf(of->account, VN_ID_MAX, "w2");
    of->earned = 2;
    while (wallet->lot_count < VN_BOOK_LOTS_MAX) {
        book_commit(papers, 1 + wallet->lot_count, NOW);
    }
    book_commit(papers, 499, NOW + DAY_MS);
    assert_int_equal(wallet->lot_count, VN_BOOK_LOTS_MAX);
    assert_int_equal(wallet->lots[VN_BOOK_LOTS_MAX - 1].amount, 4);
    assert_int_equal(wallet->lots[VN_BOOK_LOTS_MAX - 1].expires_ms,
                     NOW + (1 + wallet->expires_days) * DAY_MS);
    assert_int_equal(wallet->lots[VN_BOOK_LOTS_MAX - 2].expires_ms, NOW + wallet->expires_days * DAY_MS);
    book_points(papers, 3, 0);
    book_commit(papers, 500, NOW); /* the first has room */
    papers->outcome.wallet_count = 1;
    (void)snprintf(papers->outcome.wallets[0].wallet, VN_TAG_MAX, "partner");
    papers->outcome.points_earned = 0;
    of->earned = 1;
    book_undo(papers, 1, NOW);
    assert_int_equal(wallet->lot_count, VN_BOOK_LOTS_MAX);
    assert_int_equal(wallet->lots[0].amount, 1);
}

/* Each row is a new lot: two for one wallet would find room for one. */
static void test_two_rows_of_one_wallet_are_refused(void **state)
{
    struct papers *papers = *state;
    struct vn_wallet_outcome *of = papers->outcome.wallets;
    book_points(papers, 0, 0);
    papers->outcome.wallet_count = 1;
    (void)snprintf(of[0].wallet, VN_TAG_MAX, "partner");
    of[0].earned = 1;
    while (papers->book.wallets[1].lot_count < VN_BOOK_LOTS_MAX - 1) {
        book_commit(papers, 1 + papers->book.wallets[1].lot_count, NOW);
    }
    papers->outcome.wallet_count = 2;
    of[1] = of[0];
    refused(papers, VN_INPUT);
    of[0].wallet[0] = '\0'; /* the first's are points_earned and points_spent */
    refused(papers, VN_INPUT);
    papers->outcome.wallet_count = 1;
    of[0] = of[1];
    book_commit(papers, 500, NOW);
    assert_int_equal(papers->book.wallets[1].lot_count, VN_BOOK_LOTS_MAX);
}

/* A book that is full of counters takes what counts on those that it has, and all that comes back. */
static void test_a_full_book_refuses_new_counters_alone(void **state)
{
    struct papers *papers = *state;
    for (int i = 0; i < VN_COUNTERS_MAX; i++) {
        struct vn_given *given = &papers->outcome.given[0];
        papers->outcome.given_count = 1;
        given->kind = VN_GIVEN_STAMP;
        given->amount = 2;
        (void)snprintf(given->account, sizeof given->account, "s%016d", i);
        book_commit(papers, 1 + i, NOW);
    }
    papers->outcome.consumption_count = 1;
    papers->outcome.consumptions[0].amount = 1;
    (void)snprintf(papers->outcome.consumptions[0].account, VN_ID_MAX, "s%016d", 7);
    book_commit(papers, 50, NOW); /* both are there */
    assert_int_equal(vn_book_counter(&papers->book, papers->outcome.given[0].account), 4);
    book_undo(papers, 50, NOW);
    assert_int_equal(vn_book_counter(&papers->book, papers->outcome.given[0].account), 2);
    /* one that comes to nothing goes, and leaves the others and the coupons as they are */
    papers->outcome.given_count = papers->outcome.consumption_count = 0;
    give(papers, VN_GIVEN_COUPON, "next", 1);
    book_commit(papers, 51, NOW);
    papers->outcome.given_count = 0;
    papers->outcome.consumption_count = 1;
    papers->outcome.consumptions[0].amount = 2;
    (void)snprintf(papers->outcome.consumptions[0].account, VN_ID_MAX, "s%016d", 20);
    book_commit(papers, 52, NOW);
    assert_int_equal(papers->book.counter_count, VN_COUNTERS_MAX - 1);
    assert_string_equal(papers->book.counters[20].account, "s0000000000000021");
    assert_int_equal(papers->book.given_count, 1);
    assert_string_equal(papers->book.given[0].what, "next");
    book_undo(papers, 52, NOW);
    assert_int_equal(papers->book.counter_count, VN_COUNTERS_MAX);
    assert_int_equal(papers->book.given_count, 1);
    assert_string_equal(papers->book.given[0].what, "next");
    (void)snprintf(papers->outcome.consumptions[0].account, VN_ID_MAX, "n%016d", 7);
    refused(papers, VN_FULL);
}

/* A void that is heard of late, of a book whose every lot has free, spent and expired points: all of them move. */
static void test_the_largest_fact_has_room_for_its_movements(void **state)
{
    struct papers *papers = *state;
    static const char *const names[] = {"", "partner", "c", "d"};
    assert_int_equal(vn_book_open(&papers->book, "c", "w3"), VN_OK);
    assert_int_equal(vn_book_open(&papers->book, "d", "w4"), VN_OK);
    for (unsigned w = 0; w < VN_WALLETS_MAX; w++) {
        struct vn_book_wallet *wallet = &papers->book.wallets[w];
        for (int i = 0; i < VN_BOOK_LOTS_MAX; i++) {
            wallet->lots[wallet->lot_count++] = (struct vn_book_lot){
                .id = 1 + i, .amount = 1, .spent = 2, .expired = 1, .expires_ms = NOW + (i + 1) * DAY_MS};
        }
    }
    papers->book.next_lot = 1000;
    book_points(papers, 2 * VN_BOOK_LOTS_MAX, 2 * VN_BOOK_LOTS_MAX);
    papers->outcome.wallet_count = VN_WALLETS_MAX - 1;
    for (unsigned w = 1; w < VN_WALLETS_MAX; w++) {
        struct vn_wallet_outcome *of = &papers->outcome.wallets[w - 1];
        of->earned = of->spent = 2 * VN_BOOK_LOTS_MAX;
        (void)snprintf(of->wallet, VN_TAG_MAX, "%s", names[w]);
    }
    for (int i = 0; i < VN_LOT_USES_MAX; i++) {
        book_use(papers, 1 + i, 1);
    }
    book_undo(papers, 1, NOW);
    assert_true(papers->moves.count > 3 * VN_WALLETS_MAX * VN_BOOK_LOTS_MAX);
    for (unsigned w = 0; w < VN_WALLETS_MAX; w++) {
        assert_int_equal(papers->book.wallets[w].debt, 0);
        assert_int_equal(after_in_lots(&papers->book.wallets[w]), 2 * VN_BOOK_LOTS_MAX);
    }
}

/* What a till says once too often does not shut the book for the others. */
static void test_sums_stay_within_what_is_taken(void **state)
{
    struct papers *papers = *state;
    for (int i = 0; i < 3; i++) {
        book_points(papers, 0, 0);
        papers->outcome.payable_minor = papers->outcome.qualifying = i < 2 ? SUM_MAX : 100;
        assert_int_equal(
            vn_book_commit(&papers->book, i + 1, NOW, &papers->outcome, &papers->moves, &papers->error),
            VN_OK);
        assert_int_equal(papers->book.qualifying, SUM_MAX);
        assert_int_equal(papers->book.lifetime_minor, SUM_MAX);
    }
    papers->book.counter_count = 1;
    papers->book.counters[0] = (struct vn_member_counter){"n1", SUM_MAX};
    consume(papers, "n1", 1);
    assert_int_equal(vn_book_commit(&papers->book, 4, NOW, &papers->outcome, &papers->moves, &papers->error),
                     VN_OK);
    assert_int_equal(papers->book.counters[0].value, SUM_MAX);
    assert_int_equal(vn_book_void(&papers->book, 4, NOW, &papers->outcome, &papers->moves, &papers->error),
                     VN_OK);
    assert_int_equal(papers->book.counters[0].value, SUM_MAX - 1);
}

/* All lots of all wallets are of one sale, were spent, have paid a debt, and have expired, without days of grace, when that sale
 * comes back: each lives again, is taken back, given back, expires and is given back. */
static void test_the_fact_that_moves_most_has_room(void **state)
{
    struct papers *papers = *state;
    static struct vn_return back;
    struct vn_book *book = &papers->book;
    memset(&back, 0, sizeof back);
    memset(book, 0, sizeof *book);
    for (int i = 0; i < VN_WALLETS_MAX; i++) {
        char wallet[8] = "";
        char account[8];
        (void)snprintf(account, sizeof account, i == 0 ? "w1" : "w1.%d", i);
        if (i > 0) {
            (void)snprintf(wallet, sizeof wallet, "W%d", i);
        }
        assert_int_equal(vn_book_open(book, wallet, account), VN_OK);
        book->wallets[i].expires_days = 365;
        book->wallets[i].lot_count = VN_BOOK_LOTS_MAX;
        for (int lot = 0; lot < VN_BOOK_LOTS_MAX; lot++) {
            book->wallets[i].lots[lot] = (struct vn_book_lot){.id = 1 + i * VN_BOOK_LOTS_MAX + lot,
                                                              .spent = 1,
                                                              .expired = 1,
                                                              .paid = 1,
                                                              .sale = 77,
                                                              .earned_ms = 1000,
                                                              .matures_ms = 1000,
                                                              .expires_ms = 1000 + lot};
        }
        if (i > 0) {
            struct vn_wallet_back *more = &back.wallets[back.wallet_count++];
            (void)snprintf(more->wallet, sizeof more->wallet, "%s", wallet);
            more->taken_back = VN_BOOK_LOTS_MAX;
            more->given_back = 2 * VN_BOOK_LOTS_MAX;
        }
    }
    book->next_lot = 1 + VN_WALLETS_MAX * VN_BOOK_LOTS_MAX;
    back.points_taken_back = VN_BOOK_LOTS_MAX;
    back.points_given_back = 2 * VN_BOOK_LOTS_MAX;
    assert_int_equal(vn_book_return(book, 77, 5000, &back, &papers->moves, &papers->error), VN_OK);
    assert_int_equal(papers->moves.count, 5 * VN_WALLETS_MAX * VN_BOOK_LOTS_MAX);
    assert_true(papers->moves.count + 2 * VN_WALLETS_MAX * VN_LOT_USES_MAX + VN_BOOK_GIVEN_MAX <
                VN_MOVEMENTS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_changes_nothing, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_wallet_forgets_the_empty_lot_that_expires_first,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_wallet_forgets_nothing_that_it_can_still_fill,
                                        book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_figures_that_no_book_has_are_refused, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_sums_stay_within_what_is_taken, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_the_fact_that_moves_most_has_room, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_figures_that_no_fact_has_are_refused, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_each_wallet_has_bounds_of_its_own, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_two_rows_of_one_wallet_are_refused, book_set_up, book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_book_refuses_new_counters_alone, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_the_largest_fact_has_room_for_its_movements, book_set_up,
                                        book_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
