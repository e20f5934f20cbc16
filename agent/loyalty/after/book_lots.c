/* Lots: where a wallet's points are. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/number.h"
#include "agent/base/planted.h"
#include "agent/loyalty/after/book_work.h"

#define DAY_MS INT64_C(86400000)

static void move(const struct vn_book_step *step, enum vn_movement_kind kind, unsigned wallet, int64_t lot,
                 int64_t amount)
{
    if (amount > 0) {
        assert(step->moves->count < VN_MOVEMENTS_MAX); /* limits.h: one fact makes fewer */
        step->moves->rows[step->moves->count++] =
            (struct vn_movement){.kind = kind, .wallet = wallet, .lot = lot, .amount = amount};
    }
}

static bool has_expired(const struct vn_book_lot *lot, int64_t now_ms)
{
    return lot->expires_ms != 0 && lot->expires_ms <= now_ms;
}

/* Sooner to expire; 0 is never. */
static bool before(const struct vn_book_lot *a, const struct vn_book_lot *b)
{
    int64_t left = a->expires_ms == 0 ? INT64_MAX : a->expires_ms;
    int64_t right = b->expires_ms == 0 ? INT64_MAX : b->expires_ms;
    return left != right ? left < right : a->id < b->id;
}

static struct vn_book_lot *find(struct vn_book_wallet *wallet, int64_t id)
{
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        if (wallet->lots[i].id == id) {
            return &wallet->lots[i];
        }
    }
    return NULL;
}

static void drop(struct vn_book_wallet *wallet, unsigned at)
{
    memmove(&wallet->lots[at], &wallet->lots[at + 1], (wallet->lot_count - at - 1) * sizeof wallet->lots[0]);
    memset(&wallet->lots[--wallet->lot_count], 0, sizeof wallet->lots[0]);
}

static struct vn_book_lot *insert(struct vn_book_wallet *wallet, const struct vn_book_lot *lot)
{
    assert(wallet->lot_count < VN_BOOK_LOTS_MAX); /* who inserts has seen to it */
    unsigned at = wallet->lot_count++;
    for (; at > 0 && before(lot, &wallet->lots[at - 1]); at--) {
        wallet->lots[at] = wallet->lots[at - 1];
    }
    wallet->lots[at] = *lot;
    return &wallet->lots[at];
}

/* Who takes the points of a lot that finds no room: of those that mature no later, if there are any, the one that lives
 * longest. */
static unsigned find_host(const struct vn_book_wallet *wallet, const struct vn_book_lot *lot)
{
    for (unsigned i = wallet->lot_count; i-- > 0;) {
        if (wallet->lots[i].matures_ms <= lot->matures_ms) {
            return i;
        }
    }
    return wallet->lot_count - 1;
}

static int64_t later_end(int64_t a, int64_t b)
{
    return a == 0 || b == 0 ? 0 : a > b ? a : b;
}

struct vn_book_lot *vn_book_add(struct vn_book_wallet *wallet, const struct vn_book_lot *lot)
{
    if (wallet->lot_count < VN_BOOK_LOTS_MAX) {
        return insert(wallet, lot);
    }
    unsigned at = find_host(wallet, lot);
    struct vn_book_lot host = wallet->lots[at];
    host.amount += lot->amount;
    host.spent += lot->spent;
    host.granted += lot->granted;
    host.expired += lot->expired;
    host.lapsed += lot->lapsed;
    host.paid = vn_least(host.paid + lot->paid, VN_BOOK_SUM_MAX);
    host.expires_ms = later_end(host.expires_ms, lot->expires_ms);
    drop(wallet, at);
    return insert(wallet, &host);
}

/* Lots of which nothing is left anywhere. */
static void tidy(struct vn_book_wallet *wallet)
{
    for (unsigned i = wallet->lot_count; i-- > 0;) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        if (lot->amount == 0 && lot->spent == 0 && lot->granted == 0 && lot->expired == 0 && lot->paid == 0) {
            drop(wallet, i);
        }
    }
}

static bool is_empty(const struct vn_book_lot *lot)
{
    return lot->amount == 0 && lot->granted == 0;
}

bool vn_book_lots_have_room(const struct vn_book_wallet *wallet)
{
    bool room = wallet->lot_count < VN_BOOK_LOTS_MAX;
    for (unsigned i = 0; i < wallet->lot_count && !room; i++) {
        room = is_empty(&wallet->lots[i]);
    }
    return room;
}

/* Forgets the empty lot that expires first when the wallet is full. */
static void make_room(struct vn_book_wallet *wallet)
{
    for (unsigned i = 0; wallet->lot_count == VN_BOOK_LOTS_MAX && i < VN_BOOK_LOTS_MAX; i++) {
        if (is_empty(&wallet->lots[i])) {
            drop(wallet, i);
        }
    }
}

bool vn_book_lots_in_range(const struct vn_book_wallet *wallet)
{
    int64_t sum = 0;
    bool fits = wallet->debt >= 0 && wallet->debt <= VN_BOOK_SUM_MAX &&
                wallet->lot_count <= VN_BOOK_LOTS_MAX && wallet->matures_days >= 0 &&
                wallet->matures_days <= VN_DAYS_MAX && wallet->expires_days >= 0 &&
                wallet->expires_days <= VN_DAYS_MAX && wallet->return_grace_days >= 0 &&
                wallet->return_grace_days <= VN_DAYS_MAX;
    for (unsigned i = 0; fits && i < wallet->lot_count; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        fits = lot->amount >= 0 && lot->amount <= VN_BOOK_SUM_MAX - sum && lot->spent >= 0 &&
               lot->spent <= VN_BOOK_SUM_MAX && lot->granted >= 0 && lot->granted <= VN_BOOK_SUM_MAX &&
               lot->expired >= 0 && lot->expired <= VN_BOOK_SUM_MAX && lot->lapsed >= 0 &&
               lot->lapsed <= lot->expired && lot->paid >= 0 && lot->paid <= VN_BOOK_SUM_MAX;
        sum += fits ? lot->amount : 0;
    }
    return fits;
}

unsigned vn_book_lots_wallet(const struct vn_book *book, const char *account)
{
    for (unsigned i = 1; i < book->wallet_count; i++) {
        if (strcmp(book->wallets[i].account, account) == 0) {
            return i;
        }
    }
    return 0;
}

/* What is owed is paid out of whatever is free, soonest to expire first. Where nothing expires, nobody asks what paid. */
static void settle(const struct vn_book_step *step, unsigned at)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    for (unsigned i = 0; i < wallet->lot_count && wallet->debt > 0; i++) {
        struct vn_book_lot *lot = &wallet->lots[i];
        bool ends = lot->expires_ms != 0 || wallet->expires_days != 0;
        int64_t part = has_expired(lot, step->at_ms) ? 0 : vn_least(lot->amount, wallet->debt);
        lot->amount -= part;
        lot->paid += ends ? vn_least(part, VN_BOOK_SUM_MAX - lot->paid) : 0;
        wallet->debt -= part;
        move(step, VN_MOVE_PAY, at, lot->id, part);
    }
    tidy(wallet);
}

void vn_book_lots_issue(const struct vn_book_step *step, unsigned at, int64_t amount)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    if (amount == 0) {
        return;
    }
    const struct vn_book_lot lot = {
        .id = step->book->next_lot++,
        .amount = amount,
        .earned_ms = step->at_ms,
        .matures_ms = step->at_ms + wallet->matures_days * DAY_MS,
        .expires_ms = wallet->expires_days == 0 ? 0 : step->at_ms + wallet->expires_days * DAY_MS,
        .sale = step->sale,
    };
    make_room(wallet);
    move(step, VN_MOVE_ISSUE, at, vn_book_add(wallet, &lot)->id, amount);
    settle(step, at);
}

/* Makes `wanted` free, as far as `most` of what expired goes: it was spent in time, or is no loss to anybody. */
static void revive(const struct vn_book_step *step, unsigned at, struct vn_book_lot *lot, int64_t wanted,
                   int64_t most)
{
    int64_t part = wanted > lot->amount ? vn_least(wanted - lot->amount, most) : 0;
    lot->expired -= part;
    lot->lapsed = vn_least(lot->lapsed, lot->expired);
    lot->amount += part;
    move(step, VN_MOVE_REVIVE, at, lot->id, part);
}

/* Spends up to `amount` of one lot: nothing after its last day, and what was there before it. */
static int64_t spend_lot(const struct vn_book_step *step, unsigned at, struct vn_book_lot *lot,
                         int64_t amount)
{
    if (has_expired(lot, step->at_ms)) {
        return 0;
    }
    revive(step, at, lot, amount, lot->expired - lot->lapsed);
    int64_t part = vn_least(lot->amount, amount);
    lot->amount -= part;
    lot->spent += part;
    move(step, VN_MOVE_SPEND, at, lot->id, part);
    return part;
}

void vn_book_lots_spend(const struct vn_book_step *step, unsigned at, int64_t amount,
                        const struct vn_lot_use *uses, unsigned use_count)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    for (unsigned i = 0; i < use_count && amount > 0; i++) {
        struct vn_book_lot *lot =
            vn_book_lots_wallet(step->book, uses[i].account) == at ? find(wallet, uses[i].lot) : NULL;
        amount -= lot != NULL ? spend_lot(step, at, lot, vn_least(uses[i].amount, amount)) : 0;
    }
    for (int mature = 1; mature >= 0; mature--) {
        for (unsigned i = 0; i < wallet->lot_count && amount > 0; i++) {
            struct vn_book_lot *lot = &wallet->lots[i];
            bool turn = mature == 0 || lot->matures_ms <= step->at_ms;
            amount -= turn ? spend_lot(step, at, lot, amount) : 0;
        }
    }
    wallet->debt += amount;
    move(step, VN_MOVE_OVERSPEND, at, 0, amount);
}

static int64_t take_lot(const struct vn_book_step *step, unsigned at, struct vn_book_lot *lot, int64_t amount,
                        int64_t expired)
{
    revive(step, at, lot, amount, expired);
    int64_t part = vn_least(lot->amount, amount);
    lot->amount -= part;
    move(step, VN_MOVE_TAKE_BACK, at, lot->id, part);
    return part;
}

/* What the sale earned is taken back, and so much of it is not free: what of it paid a debt was never there. */
static void unpay(struct vn_book_wallet *wallet, int64_t sale, int64_t amount)
{
    for (unsigned i = 0; i < wallet->lot_count && amount > 0; i++) {
        struct vn_book_lot *own = &wallet->lots[i];
        int64_t part = own->sale == sale ? vn_least(own->paid, amount) : 0;
        own->paid -= part;
        amount -= part;
    }
}

void vn_book_lots_take_back(const struct vn_book_step *step, unsigned at, int64_t amount)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    for (unsigned i = 0; i < wallet->lot_count && amount > 0; i++) {
        struct vn_book_lot *own = &wallet->lots[i];
        amount -= own->sale == step->sale ? take_lot(step, at, own, amount, own->expired) : 0;
    }
    unpay(wallet, step->sale, amount);
    for (unsigned i = 0; i < wallet->lot_count && amount > 0; i++) {
        struct vn_book_lot *lot = &wallet->lots[i];
        bool gone = has_expired(lot, step->at_ms);
        amount -= gone ? 0 : take_lot(step, at, lot, amount, lot->expired - lot->lapsed);
    }
    wallet->debt += amount;
    move(step, VN_MOVE_OWE, at, 0, amount);
    tidy(wallet);
}

static void expire_lot(const struct vn_book_step *step, unsigned at, struct vn_book_lot *lot)
{
    if (VN_PLANTED(LENT_OUT_EXPIRES)) {
        lot->amount += lot->granted;
        lot->granted = 0;
    }
    move(step, VN_MOVE_EXPIRE, at, lot->id, lot->amount);
    lot->expired += lot->amount;
    lot->amount = 0;
}

/* What comes back of an expired lot that tills have points of is a lot of its own: theirs expire when they are here again. */
static void give_apart(const struct vn_book_step *step, unsigned at, const struct vn_book_lot *of,
                       int64_t part, int64_t expires_ms)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    const struct vn_book_lot lot = {.id = step->book->next_lot++,
                                    .amount = part,
                                    .earned_ms = of->earned_ms,
                                    .matures_ms = of->matures_ms,
                                    .expires_ms = expires_ms,
                                    .sale = of->sale};
    make_room(wallet);
    move(step, VN_MOVE_GIVE_BACK, at, vn_book_add(wallet, &lot)->id, part);
}

/* Gives up to `amount` back to a lot, as far as that much of it is out in sales, or paid a debt. An expired one gets its days of
 * grace; in a wallet without room so does what tills have of it. */
static int64_t give_lot(const struct vn_book_step *step, unsigned at, unsigned place, int64_t amount,
                        bool paid)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    struct vn_book_lot lot = wallet->lots[place];
    int64_t *out = paid ? &lot.paid : &lot.spent;
    int64_t part = vn_least(*out, amount);
    if (part == 0) {
        return 0;
    }
    *out -= part;
    if (has_expired(&lot, step->at_ms)) {
        int64_t expires_ms = step->at_ms + wallet->return_grace_days * DAY_MS;
        expire_lot(step, at, &lot);
        if (lot.granted > 0 && vn_book_lots_have_room(wallet)) {
            wallet->lots[place] = lot;
            give_apart(step, at, &lot, part, expires_ms);
            return part;
        }
        lot.lapsed = lot.expired;
        lot.expires_ms = expires_ms;
    }
    lot.amount += part;
    move(step, VN_MOVE_GIVE_BACK, at, lot.id, part);
    drop(wallet, place); /* its day may have changed, and so its place */
    (void)insert(wallet, &lot);
    return part;
}

/* Points that are out of no lot: of a debt that was paid meanwhile, where nothing expires, or of a lot that the book has
 * forgotten. */
static void give_new(const struct vn_book_step *step, unsigned at, int64_t amount, bool forgotten)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    int64_t days = forgotten ? wallet->return_grace_days : wallet->expires_days;
    if (amount == 0) {
        return;
    }
    const struct vn_book_lot lot = {.id = step->book->next_lot++,
                                    .amount = amount,
                                    .earned_ms = step->at_ms,
                                    .matures_ms = step->at_ms,
                                    .expires_ms =
                                        wallet->expires_days == 0 ? 0 : step->at_ms + days * DAY_MS};
    make_room(wallet);
    move(step, VN_MOVE_GIVE_BACK, at, vn_book_add(wallet, &lot)->id, amount);
}

void vn_book_lots_give_back(const struct vn_book_step *step, unsigned at, int64_t amount,
                            const struct vn_lot_use *uses, unsigned use_count)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    bool forgotten = false;
    for (unsigned i = 0; i < use_count && amount > 0; i++) {
        if (vn_book_lots_wallet(step->book, uses[i].account) != at) {
            continue;
        }
        const struct vn_book_lot *lot = find(wallet, uses[i].lot);
        forgotten = forgotten || lot == NULL;
        if (lot != NULL) {
            amount -=
                give_lot(step, at, (unsigned)(lot - wallet->lots), vn_least(uses[i].amount, amount), false);
        }
    }
    int64_t paid = vn_least(amount, wallet->debt);
    wallet->debt -= paid;
    amount -= paid;
    move(step, VN_MOVE_FORGIVE, at, 0, paid);
    for (int paying = 1; paying >= 0; paying--) {
        /* a lot that had expired moves to a later place, so that going down sees each once */
        for (unsigned i = wallet->lot_count; i-- > 0 && amount > 0;) {
            amount -= give_lot(step, at, i, amount, paying == 1);
        }
    }
    give_new(step, at, amount, forgotten);
    settle(step, at);
}

void vn_book_lots_expire(const struct vn_book_step *step, unsigned at)
{
    struct vn_book_wallet *wallet = &step->book->wallets[at];
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        if (has_expired(&wallet->lots[i], step->at_ms)) {
            expire_lot(step, at, &wallet->lots[i]);
        }
    }
}
