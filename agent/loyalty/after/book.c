/* Facts: checked as a whole, then applied step by step. */
#include "agent/loyalty/book.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "agent/loyalty/after/book_work.h"
#include "agent/loyalty/returns.h"

const char *vn_movement_name(enum vn_movement_kind kind)
{
    static const char *const names[] = {[VN_MOVE_ISSUE] = "issue",
                                        [VN_MOVE_TAKE_BACK] = "take-back",
                                        [VN_MOVE_OWE] = "owe",
                                        [VN_MOVE_PAY] = "pay",
                                        [VN_MOVE_SPEND] = "spend",
                                        [VN_MOVE_OVERSPEND] = "overspend",
                                        [VN_MOVE_GIVE_BACK] = "give-back",
                                        [VN_MOVE_FORGIVE] = "forgive",
                                        [VN_MOVE_EXPIRE] = "expire",
                                        [VN_MOVE_REVIVE] = "revive",
                                        [VN_MOVE_COUNT] = "count",
                                        [VN_MOVE_COUPON] = "coupon",
                                        [VN_MOVE_TAG] = "tag",
                                        [VN_MOVE_LIFETIME] = "lifetime",
                                        [VN_MOVE_QUALIFYING] = "qualifying"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "unknown";
}

void vn_book_move(const struct vn_book_step *step, enum vn_movement_kind kind, int64_t amount,
                  const char *name)
{
    if (amount != 0) {
        assert(step->moves->count < VN_MOVEMENTS_MAX); /* limits.h: one fact makes fewer */
        struct vn_movement *row = &step->moves->rows[step->moves->count++];
        *row = (struct vn_movement){.kind = kind, .amount = amount};
        (void)snprintf(row->name, sizeof row->name, "%s", name);
    }
}

enum vn_status vn_book_open(struct vn_book *book, const char *wallet, const char *account)
{
    if (book->wallet_count == VN_WALLETS_MAX) {
        return VN_FULL;
    }
    struct vn_book_wallet *row = &book->wallets[book->wallet_count++];
    memset(row, 0, sizeof *row);
    (void)snprintf(row->wallet, sizeof row->wallet, "%s", wallet);
    (void)snprintf(row->account, sizeof row->account, "%s", account);
    return VN_OK;
}

/* What a fact has for the wallets: of a sale what it earned and spent, of its end what is taken and given back. The first
 * row is the first wallet's. */
struct points {
    unsigned count;
    struct {
        const char *wallet;
        int64_t in, out;
        unsigned at; /* in the book */
    } rows[VN_WALLETS_MAX];
    unsigned use_count;
    const struct vn_lot_use *uses;
};

static bool in_range(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

static void add_wallet(struct points *points, const char *wallet, int64_t in, int64_t out)
{
    points->rows[points->count].wallet = wallet;
    points->rows[points->count].in = in;
    points->rows[points->count++].out = out;
}

/* Finds the wallets, and sees that each can take what is coming. */
static enum vn_status check_points(const struct vn_book *book, struct points *points, struct vn_error *error)
{
    if (book->wallet_count == 0 || book->wallet_count > VN_WALLETS_MAX) {
        return vn_fail(error, VN_INPUT, "a book without a wallet");
    }
    for (unsigned i = 0; i < points->count; i++) {
        unsigned at = 0;
        while (i > 0 && at < book->wallet_count &&
               strcmp(book->wallets[at].wallet, points->rows[i].wallet) != 0) {
            at++;
        }
        if (at == book->wallet_count) {
            return vn_fail(error, VN_INPUT, "the member has no wallet '%s'", points->rows[i].wallet);
        }
        points->rows[i].at = at;
        for (unsigned other = 0; other < i; other++) {
            if (points->rows[other].at == at) {
                return vn_fail(error, VN_INPUT, "wallet '%s' stands twice", points->rows[i].wallet);
            }
        }
        if (!in_range(points->rows[i].in, 0, VN_AMOUNT_MAX) ||
            !in_range(points->rows[i].out, 0, VN_AMOUNT_MAX) || !vn_book_lots_in_range(&book->wallets[at])) {
            return vn_fail(error, VN_INPUT, "points out of range");
        }
    }
    for (unsigned i = 0; i < points->use_count; i++) {
        if (!in_range(points->uses[i].amount, 0, VN_AMOUNT_MAX)) {
            return vn_fail(error, VN_INPUT, "points out of range");
        }
    }
    return VN_OK;
}

static enum vn_status check_sums(const struct vn_book *book, int64_t sale, int64_t at_ms, int64_t spend_minor,
                                 int64_t qualifying, struct vn_error *error)
{
    bool fits = sale > 0 && in_range(at_ms, 0, VN_NUMBER_MAX) &&
                in_range(book->lifetime_minor, -VN_BOOK_SUM_MAX, VN_BOOK_SUM_MAX) &&
                in_range(book->qualifying, -VN_BOOK_SUM_MAX, VN_BOOK_SUM_MAX) &&
                in_range(spend_minor, -VN_BOOK_SUM_MAX, VN_BOOK_SUM_MAX) &&
                in_range(qualifying, 0, VN_BOOK_SUM_MAX) && book->counter_count <= VN_COUNTERS_MAX &&
                book->given_count <= VN_BOOK_GIVEN_MAX && in_range(book->next_lot, 1, VN_NUMBER_MAX);
    for (unsigned i = 0; fits && i < book->counter_count; i++) {
        fits = in_range(book->counters[i].value, -VN_BOOK_SUM_MAX, VN_BOOK_SUM_MAX);
    }
    return fits ? VN_OK : vn_fail(error, VN_INPUT, "figures out of range");
}

/* Room for counters: those of `stamps` that are new, and those that are consumed of. */
static enum vn_status check_counts(const struct vn_book *book, const struct vn_consumption *consumptions,
                                   unsigned consumption_count, unsigned stamps, struct vn_error *error)
{
    unsigned wanted = book->counter_count + stamps;
    for (unsigned i = 0; i < consumption_count; i++) {
        wanted += vn_book_counts_is_new(book, consumptions[i].account) ? 1 : 0;
        if (!in_range(consumptions[i].amount, 0, VN_AMOUNT_MAX)) {
            return vn_fail(error, VN_INPUT, "an amount out of range");
        }
    }
    return wanted <= VN_COUNTERS_MAX ? VN_OK
                                     : vn_fail(error, VN_FULL, "more than %d counters", VN_COUNTERS_MAX);
}

/* Limits and coupons are used, stamps are used up; points were moved with their lots. `sign` -1: the way back. */
static void count_consumptions(const struct vn_book_step *step, const struct vn_consumption *consumptions,
                               unsigned count, int64_t sign)
{
    for (unsigned i = 0; i < count; i++) {
        const char *account = consumptions[i].account;
        bool wallet =
            account[0] == 'w' ||
            strcmp(step->book->wallets[vn_book_lots_wallet(step->book, account)].account, account) == 0;
        if (!wallet) {
            vn_book_counts_add(step, account, (account[0] == 's' ? -sign : sign) * consumptions[i].amount);
        }
    }
}

static void count_sums(const struct vn_book_step *step, int64_t spend_minor, int64_t qualifying)
{
    step->book->lifetime_minor = vn_book_sum(step->book->lifetime_minor, spend_minor);
    step->book->qualifying = vn_book_sum(step->book->qualifying, qualifying);
    vn_book_move(step, VN_MOVE_LIFETIME, spend_minor, "");
    vn_book_move(step, VN_MOVE_QUALIFYING, qualifying, "");
}

/* Adds the counter that a given needs, if it is new. */
static enum vn_status check_row(const struct vn_book *book, enum vn_given_kind kind, const char *account,
                                int64_t amount, unsigned *counters, struct vn_error *error)
{
    if (!in_range(amount, 0, VN_AMOUNT_MAX)) {
        return vn_fail(error, VN_INPUT, "an amount out of range");
    }
    if (kind == VN_GIVEN_STAMP && !vn_book_counts_is_own(account)) {
        return vn_fail(error, VN_INPUT, "stamps of no member");
    }
    *counters += kind == VN_GIVEN_STAMP && vn_book_counts_is_new(book, account) ? 1 : 0;
    return VN_OK;
}

static enum vn_status check_given(const struct vn_book *book, const struct vn_outcome *outcome,
                                  struct vn_error *error)
{
    unsigned rows = 0;
    unsigned stamps = 0;
    for (unsigned i = 0; i < outcome->given_count; i++) {
        const struct vn_given *given = &outcome->given[i];
        enum vn_status status = check_row(book, given->kind, given->account, given->amount, &stamps, error);
        if (status != VN_OK) {
            return status;
        }
        rows += given->kind == VN_GIVEN_COUPON || given->kind == VN_GIVEN_TAG ? 1 : 0;
    }
    if (book->given_count + rows > VN_BOOK_GIVEN_MAX) {
        return vn_fail(error, VN_FULL, "more than %d coupons and tags", VN_BOOK_GIVEN_MAX);
    }
    return check_counts(book, outcome->consumptions, outcome->consumption_count, stamps, error);
}

enum vn_status vn_book_commit(struct vn_book *book, int64_t sale, int64_t at_ms,
                              const struct vn_outcome *outcome, struct vn_movements *moves,
                              struct vn_error *error)
{
    const struct vn_book_step step = {book, moves, sale, at_ms};
    struct points points = {.use_count = outcome->lot_use_count, .uses = outcome->lot_uses};
    moves->count = 0;
    add_wallet(&points, "", outcome->points_earned, outcome->points_spent);
    for (unsigned i = 0; i < outcome->wallet_count; i++) {
        const struct vn_wallet_outcome *of = &outcome->wallets[i];
        add_wallet(&points, of->wallet, of->earned, of->spent);
    }
    enum vn_status status = check_sums(book, sale, at_ms, outcome->payable_minor, outcome->qualifying, error);
    if (status == VN_OK) {
        status = check_points(book, &points, error);
    }
    if (status == VN_OK) {
        status = check_given(book, outcome, error);
    }
    if (status != VN_OK) {
        return status;
    }
    for (unsigned i = 0; i < points.count; i++) {
        vn_book_lots_spend(&step, points.rows[i].at, points.rows[i].out, points.uses, points.use_count);
        vn_book_lots_issue(&step, points.rows[i].at, points.rows[i].in);
    }
    count_consumptions(&step, outcome->consumptions, outcome->consumption_count, 1);
    for (unsigned i = 0; i < outcome->given_count; i++) {
        vn_book_counts_give(&step, &outcome->given[i]);
    }
    count_sums(&step, outcome->payable_minor, outcome->qualifying);
    return VN_OK;
}

/* What void and return have in common. */
struct back {
    int64_t taken, given, spend_minor, qualifying;
    unsigned wallet_count, use_count, consumption_count, given_count;
    const struct vn_wallet_back *wallets;
    const struct vn_lot_use *uses;
    const struct vn_consumption *consumptions;
    const struct vn_given_back *givens;
    bool whole; /* a void: the sale never was */
};

static enum vn_status take_back(const struct vn_book_step *step, const struct back *back,
                                struct vn_error *error)
{
    struct points points = {.use_count = back->use_count, .uses = back->uses};
    unsigned stamps = 0;
    step->moves->count = 0;
    add_wallet(&points, "", back->taken, back->given);
    for (unsigned i = 0; i < back->wallet_count; i++) {
        const struct vn_wallet_back *of = &back->wallets[i];
        add_wallet(&points, of->wallet, of->taken_back, of->given_back);
    }
    enum vn_status status =
        check_sums(step->book, step->sale, step->at_ms, back->spend_minor, back->qualifying, error);
    for (unsigned i = 0; i < back->given_count && status == VN_OK; i++) {
        const struct vn_given_back *given = &back->givens[i];
        status = check_row(step->book, given->kind, given->account, given->amount, &stamps, error);
    }
    if (status == VN_OK) {
        status = check_points(step->book, &points, error);
    }
    if (status == VN_OK) {
        status = check_counts(step->book, back->consumptions, back->consumption_count, stamps, error);
    }
    if (status != VN_OK) {
        return status;
    }
    for (unsigned i = 0; i < points.count; i++) {
        vn_book_lots_take_back(step, points.rows[i].at, points.rows[i].in);
        vn_book_lots_give_back(step, points.rows[i].at, points.rows[i].out, points.uses, points.use_count);
    }
    count_consumptions(step, back->consumptions, back->consumption_count, -1);
    for (unsigned i = 0; i < back->given_count; i++) {
        vn_book_counts_revoke(step, &back->givens[i], back->whole);
    }
    count_sums(step, -back->spend_minor, -back->qualifying);
    return VN_OK;
}

enum vn_status vn_book_void(struct vn_book *book, int64_t sale, int64_t at_ms,
                            const struct vn_outcome *outcome, struct vn_movements *moves,
                            struct vn_error *error)
{
    const struct vn_book_step step = {book, moves, sale, at_ms};
    struct vn_reversal reversal;
    vn_outcome_reverse(outcome, &reversal);
    const struct back back = {.taken = reversal.points_taken_back,
                              .given = reversal.points_given_back,
                              .spend_minor = reversal.spend_minor,
                              .qualifying = reversal.qualifying,
                              .wallet_count = reversal.wallet_count,
                              .use_count = reversal.lot_use_count,
                              .consumption_count = reversal.consumption_count,
                              .given_count = reversal.given_count,
                              .wallets = reversal.wallets,
                              .uses = reversal.lot_uses,
                              .consumptions = reversal.consumptions,
                              .givens = reversal.given,
                              .whole = true};
    return take_back(&step, &back, error);
}

enum vn_status vn_book_return(struct vn_book *book, int64_t sale, int64_t at_ms, const struct vn_return *plan,
                              struct vn_movements *moves, struct vn_error *error)
{
    const struct vn_book_step step = {book, moves, sale, at_ms};
    const struct back back = {.taken = plan->points_taken_back,
                              .given = plan->points_given_back,
                              .spend_minor = plan->spend_minor,
                              .qualifying = plan->qualifying,
                              .wallet_count = plan->wallet_count,
                              .use_count = plan->lot_use_count,
                              .consumption_count = plan->consumption_count,
                              .given_count = plan->given_count,
                              .wallets = plan->wallets,
                              .uses = plan->lot_uses,
                              .consumptions = plan->consumptions,
                              .givens = plan->given};
    return take_back(&step, &back, error);
}

void vn_book_expire(struct vn_book *book, int64_t now_ms, struct vn_movements *moves)
{
    const struct vn_book_step step = {book, moves, 0, now_ms};
    moves->count = 0;
    for (unsigned i = 0; i < book->wallet_count && i < VN_WALLETS_MAX; i++) {
        vn_book_lots_expire(&step, i);
    }
}

struct vn_book_balance vn_book_balance(const struct vn_book_wallet *wallet, int64_t now_ms)
{
    struct vn_book_balance sums = {0, 0, wallet->debt};
    for (unsigned i = 0; i < wallet->lot_count && i < VN_BOOK_LOTS_MAX; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        if (lot->expires_ms != 0 && lot->expires_ms <= now_ms) {
            continue;
        }
        *(lot->matures_ms <= now_ms ? &sums.spendable : &sums.waiting) += lot->amount;
    }
    return sums;
}
