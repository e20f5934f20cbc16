/* Counters, coupons for a next visit, and tags. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/after/book_work.h"

bool vn_book_counts_is_own(const char *account)
{
    return account[0] == 's' || account[0] == 'n'; /* accounts.h */
}

/* The counter's place, or where it belongs: they are sorted by name. */
static unsigned place_of(const struct vn_book *book, const char *account, bool *there)
{
    unsigned at = 0;
    while (at < book->counter_count && strcmp(book->counters[at].account, account) < 0) {
        at++;
    }
    *there = at < book->counter_count && strcmp(book->counters[at].account, account) == 0;
    return at;
}

bool vn_book_counts_is_new(const struct vn_book *book, const char *account)
{
    bool there = false;
    (void)place_of(book, account, &there);
    return vn_book_counts_is_own(account) && !there;
}

unsigned vn_book_new_counters(const struct vn_book *book, const struct vn_outcome *outcome)
{
    unsigned count = 0;
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        count += vn_book_counts_is_new(book, outcome->consumptions[i].account) ? 1 : 0;
    }
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *given = &outcome->given[i];
        count += given->kind == VN_GIVEN_STAMP && vn_book_counts_is_new(book, given->account) ? 1 : 0;
    }
    return count;
}

void vn_book_forget_counter(struct vn_book *book, unsigned at)
{
    memmove(&book->counters[at], &book->counters[at + 1],
            (--book->counter_count - at) * sizeof book->counters[0]);
    memset(&book->counters[book->counter_count], 0, sizeof book->counters[0]);
}

int64_t vn_book_counter(const struct vn_book *book, const char *account)
{
    bool there = false;
    unsigned at = place_of(book, account, &there);
    return there ? book->counters[at].value : 0;
}

void vn_book_counts_add(const struct vn_book_step *step, const char *account, int64_t amount)
{
    struct vn_book *book = step->book;
    bool there = false;
    unsigned at = place_of(book, account, &there);
    if (amount == 0 || (!there && amount < 0 && account[0] == 'n')) {
        return; /* a use that its keeper has forgotten needs no taking back */
    }
    vn_book_move(step, VN_MOVE_COUNT, amount, account);
    if (!vn_book_counts_is_own(account)) {
        return; /* the chain's, or a coupon's: nothing of the member */
    }
    if (!there) {
        assert(book->counter_count < VN_COUNTERS_MAX); /* checked before the first step */
        memmove(&book->counters[at + 1], &book->counters[at],
                (book->counter_count++ - at) * sizeof book->counters[0]);
        memset(&book->counters[at], 0, sizeof book->counters[0]);
        (void)snprintf(book->counters[at].account, VN_ID_MAX, "%s", account);
    }
    book->counters[at].value = vn_book_sum(book->counters[at].value, amount);
    if (book->counters[at].value == 0) {
        vn_book_forget_counter(book, at);
    }
}

int64_t vn_book_sum(int64_t a, int64_t b)
{
    int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? -VN_BOOK_SUM_MAX : VN_BOOK_SUM_MAX;
    }
    return sum > VN_BOOK_SUM_MAX ? VN_BOOK_SUM_MAX : sum < -VN_BOOK_SUM_MAX ? -VN_BOOK_SUM_MAX : sum;
}

bool vn_book_has_tag(const struct vn_book *book, const char *tag)
{
    for (unsigned i = 0; i < book->given_count; i++) {
        if (book->given[i].kind == VN_GIVEN_TAG && strcmp(book->given[i].what, tag) == 0) {
            return true;
        }
    }
    return false;
}

static void drop(struct vn_book *book, unsigned at)
{
    memmove(&book->given[at], &book->given[at + 1], (--book->given_count - at) * sizeof book->given[0]);
    memset(&book->given[book->given_count], 0, sizeof book->given[0]);
}

static bool lacks(const struct vn_book *book, unsigned rows)
{
    return book->given_count + rows > VN_BOOK_GIVEN_MAX;
}

static bool says_the_same(const struct vn_book_given *a, const struct vn_book_given *b)
{
    bool alike = a->kind == b->kind && strcmp(a->what, b->what) == 0;
    return alike && (a->kind == VN_GIVEN_TAG ||
                     (a->valid_from_ms == b->valid_from_ms && a->valid_until_ms == b->valid_until_ms &&
                      a->amount <= VN_BOOK_SUM_MAX - b->amount));
}

static void join(struct vn_book_given *into, const struct vn_book_given *from)
{
    if (into->kind == VN_GIVEN_TAG) {
        into->sale = 0;
    } else {
        into->amount += from->amount;
    }
}

bool vn_book_keep(struct vn_book *book, const struct vn_book_given *given)
{
    for (unsigned i = book->given_count; i-- > 0;) {
        if (says_the_same(&book->given[i], given)) {
            join(&book->given[i], given);
            return true;
        }
    }
    if (book->given_count == VN_BOOK_GIVEN_MAX) {
        return false;
    }
    book->given[book->given_count++] = *given;
    return true;
}

void vn_book_make_room(struct vn_book *book, int64_t at_ms, unsigned rows)
{
    for (unsigned i = 0; i < book->given_count && lacks(book, rows);) {
        const struct vn_book_given *row = &book->given[i];
        bool over = row->kind == VN_GIVEN_COUPON && row->valid_until_ms != 0 && row->valid_until_ms <= at_ms;
        if (over) {
            drop(book, i);
        } else {
            i++;
        }
    }
    for (unsigned i = 0; i < book->given_count && lacks(book, rows);) {
        unsigned other = i + 1;
        while (other < book->given_count && !says_the_same(&book->given[i], &book->given[other])) {
            other++;
        }
        if (other < book->given_count) {
            join(&book->given[other], &book->given[i]);
            drop(book, i);
        } else {
            i++;
        }
    }
    for (unsigned i = 0; i < book->given_count && lacks(book, rows);) {
        if (book->given[i].kind == VN_GIVEN_COUPON) {
            drop(book, i);
        } else {
            i++;
        }
    }
}

void vn_book_counts_give(const struct vn_book_step *step, const struct vn_given *given)
{
    struct vn_book *book = step->book;
    int64_t amount = vn_given_amount(given);
    if (given->kind == VN_GIVEN_STAMP) {
        vn_book_counts_add(step, given->account, amount);
        return;
    }
    if (given->kind != VN_GIVEN_COUPON && given->kind != VN_GIVEN_TAG) {
        return;
    }
    if (given->kind == VN_GIVEN_COUPON) {
        vn_book_move(step, VN_MOVE_COUPON, amount, given->what);
    } else if (!vn_book_has_tag(book, given->what)) {
        vn_book_move(step, VN_MOVE_TAG, 1, given->what);
    }
    assert(book->given_count < VN_BOOK_GIVEN_MAX); /* checked before the first step */
    struct vn_book_given *row = &book->given[book->given_count++];
    *row = (struct vn_book_given){.kind = given->kind,
                                  .sale = step->sale,
                                  .amount = amount,
                                  .valid_from_ms = given->valid_from_ms,
                                  .valid_until_ms = given->valid_until_ms};
    memcpy(row->what, given->what, sizeof row->what);
}

/* Takes up to `amount` of what a sale gave out of the book; the newest row first. */
static int64_t take(struct vn_book *book, int64_t sale, enum vn_given_kind kind, const char *what,
                    int64_t amount)
{
    int64_t taken = 0;
    for (unsigned i = book->given_count; i-- > 0 && taken < amount;) {
        struct vn_book_given *row = &book->given[i];
        if (row->kind == kind && row->sale == sale && strcmp(row->what, what) == 0) {
            int64_t part = row->amount < amount - taken ? row->amount : amount - taken;
            taken += part;
            row->amount -= part;
            if (row->amount == 0) {
                drop(book, i);
            }
        }
    }
    return taken;
}

void vn_book_counts_revoke(const struct vn_book_step *step, const struct vn_given_back *given, bool all)
{
    if (given->charge_minor > 0) {
        return; /* it was paid for */
    }
    if (given->kind == VN_GIVEN_STAMP) {
        int64_t there = vn_book_counter(step->book, given->account);
        int64_t unused = there > 0 ? there : 0;
        vn_book_counts_add(step, given->account, all || given->amount < unused ? -given->amount : -unused);
        return;
    }
    int64_t taken = take(step->book, step->sale, given->kind, given->what, given->amount);
    if (given->kind == VN_GIVEN_COUPON) {
        vn_book_move(step, VN_MOVE_COUPON, -taken, given->what);
    } else if (taken > 0 && !vn_book_has_tag(step->book, given->what)) {
        vn_book_move(step, VN_MOVE_TAG, -1, given->what);
    }
}

enum vn_status vn_book_use_coupon(struct vn_book *book, int64_t sale, const char *what)
{
    return take(book, sale, VN_GIVEN_COUPON, what, 1) == 1 ? VN_OK : VN_ABSENT;
}
