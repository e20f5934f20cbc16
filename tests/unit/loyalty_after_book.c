/* What a book must keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/loyalty_after.h"

void after_count(const struct vn_movements *moves, struct after_places *places)
{
    for (unsigned i = 0; i < moves->count; i++) {
        const struct vn_movement *at = &moves->rows[i];
        struct after_places *of = &places[at->wallet];
        int64_t *const from[] = {[VN_MOVE_ISSUE] = &of->issued,       [VN_MOVE_TAKE_BACK] = &of->free,
                                 [VN_MOVE_OWE] = &of->debt,           [VN_MOVE_PAY] = &of->free,
                                 [VN_MOVE_SPEND] = &of->free,         [VN_MOVE_OVERSPEND] = &of->debt,
                                 [VN_MOVE_GIVE_BACK] = &of->redeemed, [VN_MOVE_FORGIVE] = &of->redeemed,
                                 [VN_MOVE_EXPIRE] = &of->free,        [VN_MOVE_REVIVE] = &of->expired};
        int64_t *const to[] = {[VN_MOVE_ISSUE] = &of->free,     [VN_MOVE_TAKE_BACK] = &of->issued,
                               [VN_MOVE_OWE] = &of->issued,     [VN_MOVE_PAY] = &of->debt,
                               [VN_MOVE_SPEND] = &of->redeemed, [VN_MOVE_OVERSPEND] = &of->redeemed,
                               [VN_MOVE_GIVE_BACK] = &of->free, [VN_MOVE_FORGIVE] = &of->debt,
                               [VN_MOVE_EXPIRE] = &of->expired, [VN_MOVE_REVIVE] = &of->free};
        assert_true(strcmp(vn_movement_name(at->kind), "unknown") != 0);
        if (at->kind >= VN_MOVE_COUNT) {
            assert_true(at->amount != 0);
            continue;
        }
        bool in_lot = at->kind != VN_MOVE_OWE && at->kind != VN_MOVE_OVERSPEND && at->kind != VN_MOVE_FORGIVE;
        assert_true(at->amount > 0 && (at->lot > 0) == in_lot);
        *from[at->kind] -= at->amount;
        *to[at->kind] += at->amount;
    }
}

int64_t after_in_lots(const struct vn_book_wallet *wallet)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        assert_true(lot->amount >= 0 && lot->spent >= 0 && lot->expired >= 0 && lot->paid >= 0);
        assert_true(lot->amount + lot->spent + lot->expired + lot->paid > 0);
        sum += lot->amount;
        if (i > 0) {
            const struct vn_book_lot *other = lot - 1;
            assert_true(other->expires_ms != 0 || lot->expires_ms == 0);
            assert_true(lot->expires_ms == 0 || other->expires_ms <= lot->expires_ms);
        }
    }
    return sum;
}

void after_check_moves(const struct vn_movements *moves, const struct vn_book *before,
                       const struct vn_book *after)
{
    struct after_places places[VN_WALLETS_MAX] = {{0, 0, 0, 0, 0}};
    int64_t lifetime = 0;
    int64_t qualifying = 0;
    after_count(moves, places);
    for (unsigned i = 0; i < moves->count; i++) {
        const struct vn_movement *at = &moves->rows[i];
        lifetime += at->kind == VN_MOVE_LIFETIME ? at->amount : 0;
        qualifying += at->kind == VN_MOVE_QUALIFYING ? at->amount : 0;
    }
    for (unsigned i = 0; i < after->wallet_count; i++) {
        const struct vn_book_wallet *now = &after->wallets[i];
        const struct vn_book_wallet *then = &before->wallets[i];
        assert_int_equal(after_in_lots(now) - after_in_lots(then), places[i].free);
        assert_int_equal(then->debt - now->debt, places[i].debt);
        assert_true(now->debt >= 0);
    }
    for (unsigned i = 0; i < after->counter_count; i++) {
        const struct vn_member_counter *at = &after->counters[i];
        assert_true(at->value != 0 && vn_book_counter(after, at->account) == at->value);
        assert_true(i == 0 || strcmp(after->counters[i - 1].account, at->account) < 0);
    }
    assert_int_equal(after->lifetime_minor - before->lifetime_minor, lifetime);
    assert_int_equal(after->qualifying - before->qualifying, qualifying);
}

static void check_end(const struct vn_book *book, const struct vn_book *before)
{
    for (unsigned i = 0; i < before->wallet_count; i++) {
        assert_memory_equal(&book->wallets[i], &before->wallets[i], sizeof before->wallets[i]);
    }
    assert_int_equal(book->lifetime_minor, before->lifetime_minor);
    assert_int_equal(book->qualifying, before->qualifying);
}

/* What is counted, given or summed up by `undone` is what `done` had, of each name. */
static void check_opposite(const struct vn_movements *done, const struct vn_movements *undone)
{
    const struct vn_movements *const both[] = {done, undone};
    for (int list = 0; list < 2; list++) {
        for (unsigned i = 0; i < both[list]->count; i++) {
            const struct vn_movement *of = &both[list]->rows[i];
            int64_t sum = 0;
            for (unsigned other = 0; of->kind >= VN_MOVE_COUNT && other < done->count + undone->count;
                 other++) {
                const struct vn_movement *at =
                    other < done->count ? &done->rows[other] : &undone->rows[other - done->count];
                sum += at->kind == of->kind && strcmp(at->name, of->name) == 0 ? at->amount : 0;
            }
            assert_int_equal(sum, 0);
        }
    }
}

/* Adds what was counted on the accounts of the outcome's consumptions. */
static void add_used(struct after_book *work, const struct vn_outcome *outcome,
                     const struct vn_movements *moves)
{
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        for (unsigned m = 0; m < moves->count; m++) {
            const struct vn_movement *at = &moves->rows[m];
            bool same = at->kind == VN_MOVE_COUNT && strcmp(at->name, outcome->consumptions[i].account) == 0;
            work->used[i] += same ? at->amount : 0;
        }
    }
}

/* Limits, and coupons that were presented; of stamps some may be kept, or be gone meanwhile. */
static void check_used(struct after_book *work, const struct vn_outcome *outcome)
{
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        const char *account = outcome->consumptions[i].account;
        bool stamps = false;
        for (unsigned g = 0; g < outcome->given_count; g++) {
            stamps = stamps || strcmp(outcome->given[g].account, account) == 0;
        }
        if (!stamps && !vn_outcome_is_wallet(outcome, account)) {
            assert_int_equal(work->used[i], 0);
            work->rights++;
        }
    }
}

/* In four steps; true when nothing is left with the customer. */
static bool return_all(uint64_t *seed, struct after_book *work, struct vn_book *book,
                       const struct vn_basket *basket, const struct vn_outcome *outcome, int64_t at_ms)
{
    int64_t so_far[VN_LINES_MAX] = {0};
    struct vn_return_input input = {
        .basket = basket, .outcome = outcome, .before = work->all, .now = work->items};
    assert_int_equal(vn_sold_read(basket, outcome, &work->work.sold, NULL), VN_OK);
    for (int step = 0; step < 4; step++) {
        input.now_count = step == 3 ? after_rest(&work->work.sold, so_far, work->items)
                                    : after_items(seed, &work->work.sold, so_far, work->items, 4);
        assert_int_equal(vn_return_plan(&input, &work->work, &work->plan, NULL), VN_OK);
        memcpy(&work->all[input.before_count], work->items, input.now_count * sizeof work->items[0]);
        input.before_count += input.now_count;
        const struct vn_book then = *book;
        assert_int_equal(vn_book_return(book, 1, at_ms, &work->plan, &work->moves, NULL), VN_OK);
        after_check_moves(&work->moves, &then, book);
        add_used(work, outcome, &work->moves);
    }
    return work->plan.all;
}

void after_check_book(uint64_t *seed, struct after_book *work, struct vn_book *book,
                      const struct vn_basket *basket, const struct vn_outcome *outcome, int64_t at_ms)
{
    work->before = *book;
    assert_int_equal(vn_book_commit(book, 1, at_ms, outcome, &work->done, NULL), VN_OK);
    after_check_moves(&work->done, &work->before, book);
    work->sold = *book;
    assert_int_equal(vn_book_void(book, 1, at_ms, outcome, &work->moves, NULL), VN_OK);
    after_check_moves(&work->moves, &work->sold, book);
    check_opposite(&work->done, &work->moves);
    check_end(book, &work->before);
    assert_int_equal(book->counter_count, work->before.counter_count);
    assert_int_equal(book->given_count, work->before.given_count);
    assert_memory_equal(book->counters, work->before.counters, sizeof book->counters);
    assert_memory_equal(book->given, work->before.given, sizeof book->given);
    for (int way = 0; way < 2; way++) {
        *book = work->sold;
        memset(work->used, 0, sizeof work->used);
        add_used(work, outcome, &work->done);
        if (return_all(seed, work, book, basket, outcome, at_ms)) {
            check_end(book, &work->before);
            check_used(work, outcome);
            work->back++;
        }
    }
    *book = work->before;
}
