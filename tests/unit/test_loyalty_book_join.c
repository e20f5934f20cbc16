/* Lots are joined when there are many, and nothing is lost by it: wallets are drawn, filled, joined, and held against what they
 * were. And what is forgotten so that a receipt can give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_book_world.h"

#define WALLETS 400 /* that are drawn */

static int64_t below(uint64_t *seed, int64_t most)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*seed >> 33) % (uint64_t)most);
}

static int by_end(const void *left, const void *right)
{
    const struct vn_book_lot *a = left;
    const struct vn_book_lot *b = right;
    int64_t ends[] = {a->expires_ms == 0 ? INT64_MAX : a->expires_ms,
                      b->expires_ms == 0 ? INT64_MAX : b->expires_ms};
    return ends[0] != ends[1] ? (ends[0] > ends[1]) - (ends[0] < ends[1]) : (a->id > b->id) - (a->id < b->id);
}

/* Full, of lots over `days`; one of `granted_once` in some is out at tills. */
static void draw(struct vn_book_wallet *wallet, uint64_t *seed, int64_t days, int64_t granted_once)
{
    memset(wallet, 0, sizeof *wallet);
    for (unsigned i = 0; i < VN_BOOK_LOTS_MAX; i++) {
        struct vn_book_lot *lot = &wallet->lots[wallet->lot_count++];
        int64_t earned_ms = NOW - days / 2 * DAY_MS + below(seed, days * DAY_MS);
        *lot = (struct vn_book_lot){.id = i + 1,
                                    .amount = 1 + below(seed, 50),
                                    .spent = below(seed, 3) == 0 ? below(seed, 20) : 0,
                                    .granted = below(seed, granted_once) == 0 ? 1 + below(seed, 9) : 0,
                                    .earned_ms = earned_ms,
                                    .matures_ms = earned_ms + 14 * DAY_MS,
                                    .expires_ms = below(seed, 20) == 0 ? 0 : earned_ms + 730 * DAY_MS,
                                    .sale = i + 1};
        if (below(seed, 10) == 0) { /* came back late, and got days of grace */
            lot->expired = lot->lapsed = below(seed, 5);
        }
        lot->paid = below(seed, 10) == 0 ? below(seed, 30) : 0;
    }
    qsort(wallet->lots, wallet->lot_count, sizeof wallet->lots[0], by_end);
}

struct sums {
    int64_t amount, spent, granted, expired, lapsed, paid, waiting;
};

static struct sums sums_of(const struct vn_book_wallet *wallet)
{
    struct sums sums = {.amount = 0};
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        sums.amount += lot->amount;
        sums.spent += lot->spent;
        sums.granted += lot->granted;
        sums.expired += lot->expired;
        sums.lapsed += lot->lapsed;
        sums.paid += lot->paid;
        sums.waiting += lot->matures_ms > NOW ? lot->amount : 0;
    }
    return sums;
}

/* What can be spent at that time, if nothing happens until then. */
static int64_t spendable(const struct vn_book_wallet *wallet, int64_t at_ms)
{
    return vn_book_balance(wallet, at_ms).spendable;
}

static void hold_against(const struct vn_book_wallet *after, const struct vn_book_wallet *before)
{
    const struct sums sums[] = {sums_of(before), sums_of(after)};
    assert_memory_equal(&sums[0], &sums[1], sizeof sums[0]);
    assert_true(after->lot_count <= before->lot_count);
    for (int day = 0; day < 1200; day += 7) {
        assert_true(spendable(after, NOW + day * DAY_MS) >= spendable(before, NOW + day * DAY_MS));
    }
    for (unsigned i = 0; i < after->lot_count; i++) {
        assert_true(i == 0 || by_end(&after->lots[i - 1], &after->lots[i]) < 0);
    }
    for (unsigned i = 0, at = 0; i < before->lot_count; i++) { /* slices of tills name their lots */
        const struct vn_book_lot *lot = &before->lots[i];
        if (lot->granted > 0) {
            while (at < after->lot_count && after->lots[at].id != lot->id) {
                at++;
            }
            assert_true(at < after->lot_count);
            assert_memory_equal(&after->lots[at], lot, sizeof *lot);
        }
    }
}

static void test_joining_keeps_all_sums_and_takes_no_day_from_anybody(void **state)
{
    static struct vn_book_wallet before, after, again;
    uint64_t seed = 4;
    (void)state;
    for (int i = 0; i < WALLETS; i++) {
        draw(&before, &seed, 30 + below(&seed, 1500), 3 + below(&seed, 30));
        after = before;
        vn_book_join(&after, NOW);
        hold_against(&after, &before);
        assert_true(after.lot_count < VN_BOOK_LOTS_MAX);
        again = before;
        vn_book_join(&again, NOW); /* the same, and nothing more the next time */
        assert_memory_equal(&again, &after, sizeof again);
        vn_book_join(&again, NOW);
        assert_int_equal(again.lot_count, after.lot_count);
        assert_memory_equal(again.lots, after.lots, after.lot_count * sizeof after.lots[0]);
    }
}

/* No more than must be, and those that are most alike: two of one week, not of the week after it. */
static void test_one_lot_makes_room_for_one(void **state)
{
    static struct vn_book_wallet wallet;
    (void)state;
    for (unsigned i = 0; i < VN_BOOK_LOTS_MAX; i++) {
        int64_t earned_ms = NOW - (VN_BOOK_LOTS_MAX - (int64_t)i) * DAY_MS;
        wallet.lots[i] = (struct vn_book_lot){.id = i + 1,
                                              .amount = 10,
                                              .earned_ms = earned_ms,
                                              .matures_ms = earned_ms,
                                              .expires_ms = earned_ms + 730 * DAY_MS,
                                              .sale = i + 1};
    }
    wallet.lot_count = VN_BOOK_LOTS_MAX;
    wallet.lots[0].granted = 1;
    const struct vn_book_lot first = wallet.lots[1];
    const struct vn_book_lot second = wallet.lots[2];
    vn_book_join(&wallet, NOW);
    assert_int_equal(wallet.lot_count, VN_BOOK_LOTS_MAX - 1);
    assert_int_equal(first.expires_ms / (7 * DAY_MS), second.expires_ms / (7 * DAY_MS));
    const struct vn_book_lot *joined = &wallet.lots[1];
    assert_int_equal(joined->id, second.id);
    assert_int_equal(joined->amount, 20);
    assert_int_equal(joined->expires_ms, second.expires_ms);
    assert_int_equal(joined->matures_ms, first.matures_ms);
    assert_int_equal(joined->sale, 0);
    assert_int_equal(wallet.lots[2].id, 4);
    assert_int_equal(wallet.lots[2].amount, 10);
}

/* A wallet of which tills have slices of every lot takes what is earned all the same. */
static void test_a_lot_without_room_joins_the_one_that_lives_longest(void **state)
{
    static struct vn_book_wallet before, wallet;
    uint64_t seed = 5;
    (void)state;
    for (int i = 0; i < WALLETS; i++) {
        draw(&before, &seed, 30 + below(&seed, 1500), 1);
        for (unsigned lot = 0; lot < before.lot_count; lot++) {
            before.lots[lot].matures_ms = NOW - 1; /* nobody else gets a slice */
        }
        wallet = before;
        vn_book_join(&wallet, NOW);
        assert_int_equal(wallet.lot_count, VN_BOOK_LOTS_MAX);
        const struct vn_book_lot lot = {.id = 1000,
                                        .amount = 7,
                                        .earned_ms = NOW,
                                        .matures_ms = NOW + 14 * DAY_MS,
                                        .expires_ms = NOW + 730 * DAY_MS};
        const struct vn_book_lot *into = vn_book_add(&wallet, &lot);
        assert_int_equal(wallet.lot_count, VN_BOOK_LOTS_MAX);
        assert_int_equal(sums_of(&wallet).amount, sums_of(&before).amount + 7);
        assert_true(into->expires_ms == 0 || into->expires_ms >= lot.expires_ms);
        for (unsigned at = 1; at < wallet.lot_count; at++) {
            assert_true(by_end(&wallet.lots[at - 1], &wallet.lots[at]) < 0);
        }
    }
}

/* --- coupons and tags */

static void add(struct vn_book *book, enum vn_given_kind kind, const char *what, int64_t sale,
                int64_t until_ms)
{
    struct vn_book_given *row = &book->given[book->given_count++];
    *row = (struct vn_book_given){.kind = kind, .sale = sale, .amount = 1, .valid_until_ms = until_ms};
    (void)snprintf(row->what, sizeof row->what, "%s", what);
}

static void test_a_book_full_of_coupons_and_tags_makes_room(void **state)
{
    struct papers *papers = *state;
    struct vn_book *book = &papers->book;
    char what[VN_ID_MAX];
    for (int i = 0; i < 28; i++) {
        add(book, VN_GIVEN_COUPON, "old", 1 + i, NOW);
    }
    for (int i = 0; i < 20; i++) {
        add(book, VN_GIVEN_TAG, i % 2 == 0 ? "fan" : "guest", 50 + i, 0);
        add(book, VN_GIVEN_COUPON, "same", 100 + i, NOW + DAY_MS);
    }
    for (int i = 0; i < 60; i++) {
        (void)snprintf(what, sizeof what, "c%d", i);
        add(book, VN_GIVEN_COUPON, what, 200 + i, 0);
    }
    assert_int_equal(book->given_count, VN_BOOK_GIVEN_MAX);
    const struct vn_book full = *book;
    vn_book_make_room(book, NOW, 0);
    assert_memory_equal(book, &full, sizeof full);
    vn_book_make_room(book, NOW, 3); /* those that are over */
    assert_int_equal(book->given_count, VN_BOOK_GIVEN_MAX - 3);
    assert_string_equal(book->given[0].what, "old");
    vn_book_make_room(book, NOW, 28 + 37); /* all of these, and all that say the same */
    assert_int_equal(book->given_count, 3 + 60);
    assert_true(vn_book_has_tag(book, "fan"));
    assert_true(vn_book_has_tag(book, "guest"));
    assert_int_equal(book->given[2].amount, 20);
    assert_int_equal(book->given[2].sale, 119);
    vn_book_make_room(book, NOW, VN_BOOK_GIVEN_MAX - 4); /* the oldest */
    assert_int_equal(book->given_count, 4);
    assert_true(vn_book_has_tag(book, "fan"));
    assert_true(vn_book_has_tag(book, "guest"));
    assert_string_equal(book->given[3].what, "c59");
}

/* A tag that two sales gave stays when one of them is undone. */
static void test_a_joined_tag_outlives_the_sales_that_gave_it(void **state)
{
    struct papers *papers = *state;
    struct vn_given *given = &papers->outcome.given[0];
    for (int i = 0; i < VN_BOOK_GIVEN_MAX; i++) {
        add(&papers->book, VN_GIVEN_TAG, "fan", 1 + i, 0);
    }
    papers->outcome.given_count = 1;
    *given = (struct vn_given){.kind = VN_GIVEN_TAG, .amount = 1};
    (void)snprintf(given->what, sizeof given->what, "fan");
    assert_int_equal(
        vn_book_commit(&papers->book, 500, NOW, &papers->outcome, &papers->moves, &papers->error), VN_FULL);
    vn_book_make_room(&papers->book, NOW, 1);
    book_commit(papers, 500, NOW);
    book_undo(papers, 500, NOW);
    assert_true(vn_book_has_tag(&papers->book, "fan"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joining_keeps_all_sums_and_takes_no_day_from_anybody),
        cmocka_unit_test(test_one_lot_makes_room_for_one),
        cmocka_unit_test(test_a_lot_without_room_joins_the_one_that_lives_longest),
        cmocka_unit_test_setup_teardown(test_a_book_full_of_coupons_and_tags_makes_room, book_set_up,
                                        book_tear_down),
        cmocka_unit_test_setup_teardown(test_a_joined_tag_outlives_the_sales_that_gave_it, book_set_up,
                                        book_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
