/* Accounts as books: unpacked, changed by a fact, packed again; and the movements that come of it. */
#include <stdio.h>
#include <string.h>

#include "sync/hub/ledger/post_work.h"

#define DAY_MS INT64_C(86400000)

enum vn_status vn_post_move(const struct vn_turn *turn, struct vn_post_account *account,
                            const struct vn_post_step *step, int64_t amount, int64_t lot)
{
    struct vn_post *post = turn->post;
    struct vn_movement_row *row = NULL;
    void *place = NULL;
    int64_t id = 0;
    if (amount == 0) {
        return VN_OK;
    }
    enum vn_status status = vn_post_touch_account(post, account);
    if (status == VN_OK) {
        status = vn_storage_next_movement(post->storage, &id);
    }
    if (status == VN_OK) {
        status = vn_post_list_add(&post->movements, sizeof *row, &place);
    }
    if (status != VN_OK) {
        return status;
    }
    row = place;
    *row = (struct vn_movement_row){.id = id,
                                    .account = account->row.id,
                                    .before = account->row.last_movement,
                                    .from = step->from,
                                    .to = step->to,
                                    .from_enrolment = step->from_enrolment,
                                    .to_enrolment = step->to_enrolment,
                                    .amount = amount,
                                    .lot = lot,
                                    .sale = turn->sale,
                                    .why = turn->why,
                                    .enrolment = turn->enrolment,
                                    .seq = turn->seq,
                                    .at_ms = turn->at_ms};
    account->marked_by = turn->enrolment;
    account->row.last_movement = id;
    account->row.places[step->from] -= amount;
    account->row.places[step->to] += amount;
    if (account->row.risk > -account->row.places[VN_PLACE_DEBT]) { /* it was paid */
        account->row.risk = -account->row.places[VN_PLACE_DEBT];
    }
    return VN_OK;
}

static bool is_waiting(const struct vn_post *post, unsigned wallet, int64_t lot)
{
    const struct vn_post_waiting *waiting = &post->waiting[wallet];
    for (unsigned i = 0; i < waiting->count; i++) {
        if (waiting->lots[i] == lot) {
            return true;
        }
    }
    return false;
}

static void note_waiting(struct vn_post *post, unsigned wallet, int64_t lot)
{
    struct vn_post_waiting *waiting = &post->waiting[wallet];
    if (waiting->count < sizeof waiting->lots / sizeof waiting->lots[0]) {
        waiting->lots[waiting->count++] = lot;
    }
}

/* What has matured since the account was touched last is free from now on; what has not is noted. */
static enum vn_status mature(const struct vn_turn *turn, struct vn_post_account *account, unsigned wallet)
{
    static const struct vn_post_step step = {VN_PLACE_WAITING, VN_PLACE_FREE, 0, 0};
    const struct vn_book_wallet *book = &turn->post->book.wallets[wallet];
    struct vn_turn maturing = *turn;
    int64_t before_ms = account->row.matured_ms;
    enum vn_status status = VN_OK;
    maturing.why = "mature";
    maturing.sale = 0;
    turn->post->waiting[wallet].count = 0;
    if (turn->at_ms > before_ms) {
        account->row.matured_ms = turn->at_ms;
    }
    for (unsigned i = 0; i < book->lot_count && status == VN_OK; i++) {
        const struct vn_book_lot *lot = &book->lots[i];
        if (lot->matures_ms > account->row.matured_ms) {
            note_waiting(turn->post, wallet, lot->id);
        } else if (lot->matures_ms > before_ms) {
            status = vn_post_move(&maturing, account, &step, lot->amount, lot->id);
        }
    }
    return status;
}

/* Those of the wallet in the ruleset in force; coupons and wallets that are in no ruleset any more live for ever. */
static enum vn_status find_term(struct vn_post *post, int64_t account, struct vn_term *out)
{
    const struct vn_term_set *set = NULL;
    enum vn_account_kind kind = vn_account_kind(account);
    *out = (struct vn_term){.number = vn_account_wallet(account)};
    if (kind == VN_ACCOUNT_COUPON) {
        return VN_OK;
    }
    enum vn_status status = vn_terms_of(post->terms, post->storage, 0, true, &set);
    for (unsigned i = 0; status == VN_OK && i < set->count; i++) {
        if (set->wallets[i].number == out->number) {
            *out = set->wallets[i];
            return VN_OK;
        }
    }
    return status;
}

static void reset_book(struct vn_post *post, const struct vn_post_account *account,
                       struct vn_post_books *books)
{
    enum vn_account_kind kind = vn_account_kind(account->row.id);
    post->book.next_lot = 1;
    post->book.lifetime_minor = 0;
    post->book.qualifying = 0;
    post->book.wallet_count = 0;
    post->book.counter_count = 0;
    post->book.given_count = 0;
    books->has_person = kind == VN_ACCOUNT_MEMBER || kind == VN_ACCOUNT_NAMED;
    memset(&books->person, 0, sizeof books->person);
}

enum vn_status vn_post_book_open(const struct vn_turn *turn, struct vn_post_account *account,
                                 const struct vn_term *term, struct vn_post_books *books)
{
    struct vn_post *post = turn->post;
    struct vn_term own;
    int64_t next_lot = 1;
    unsigned at = books->count;
    if (at == 0) {
        reset_book(post, account, books);
    }
    enum vn_status status = vn_post_touch_account(post, account);
    if (status == VN_OK && term == NULL) {
        status = find_term(post, account->row.id, &own);
        term = &own;
    }
    if (status == VN_OK) {
        status = vn_book_open(&post->book, at == 0 ? "" : term->wallet, "");
    }
    if (status == VN_OK) {
        status = vn_book_unpack(account->row.book, &post->book, at, &next_lot, &books->person);
    }
    if (status != VN_OK) {
        return status;
    }
    struct vn_book_wallet *wallet = &post->book.wallets[at];
    /* the account of a card is longer, and nobody names it */
    (void)snprintf(wallet->account, sizeof wallet->account, "%s", account->text);
    wallet->matures_days = term->matures_days;
    wallet->expires_days = term->expires_days;
    wallet->return_grace_days = term->return_grace_days;
    wallet->debt = -account->row.places[VN_PLACE_DEBT];
    post->book.next_lot = next_lot > post->book.next_lot ? next_lot : post->book.next_lot;
    if (wallet->lot_count == VN_BOOK_LOTS_MAX) {
        vn_book_join(wallet, account->row.matured_ms);
    }
    books->accounts[books->count++] = account;
    if (at == 0) {
        status = vn_post_tier_open(turn, books);
    }
    return status == VN_OK ? mature(turn, account, at) : status;
}

static int64_t due_ms(const struct vn_book_wallet *wallet, int64_t matured_ms)
{
    int64_t due = 0;
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        int64_t next = lot->matures_ms > matured_ms ? lot->matures_ms : lot->expires_ms;
        bool counts = lot->amount > 0 || (lot->granted > 0 && next > matured_ms); /* then it is asked back */
        if (counts && next > 0 && (due == 0 || next < due)) {
            due = next;
        }
    }
    return due;
}

enum vn_status vn_post_book_close(const struct vn_turn *turn, struct vn_post_books *books)
{
    struct vn_post *post = turn->post;
    int64_t tier_ms = 0;
    enum vn_status status = books->count > 0 ? vn_post_tier_close(turn, books, &tier_ms) : VN_OK;
    for (unsigned i = 0; i < books->count && status == VN_OK; i++) {
        struct vn_account_row *row = &books->accounts[i]->row;
        vn_book_join(&post->book.wallets[i], row->matured_ms);
        row->due_ms = due_ms(&post->book.wallets[i], row->matured_ms);
        int64_t idle_ms = i == 0 ? vn_post_idle_ms(post, books) : 0;
        if (i == 0 && tier_ms > 0 && (row->due_ms == 0 || tier_ms < row->due_ms)) {
            row->due_ms = tier_ms;
        }
        if (idle_ms > row->matured_ms && (row->due_ms == 0 || idle_ms < row->due_ms)) {
            row->due_ms = idle_ms;
        }
        vn_buf_clear(&post->packed);
        status = vn_book_pack(&post->book, i, post->book.next_lot,
                              i == 0 && books->has_person ? &books->person : NULL, &post->packed);
        if (status == VN_OK) {
            status = vn_post_keep(post, vn_buf_view(&post->packed), &row->book);
        }
    }
    books->count = 0;
    return status;
}

struct vn_book_lot *vn_post_book_lot(struct vn_post *post, unsigned wallet, int64_t id)
{
    struct vn_book_wallet *of = &post->book.wallets[wallet];
    for (unsigned i = 0; i < of->lot_count; i++) {
        if (of->lots[i].id == id) {
            return &of->lots[i];
        }
    }
    return NULL;
}

/* `lot`: wherever the lot is, free or waiting. */
enum side { ISSUED, LOT, REDEEMED, DEBT, EXPIRED };
static const struct {
    enum side from, to;
} sides[] = {[VN_MOVE_ISSUE] = {ISSUED, LOT},       [VN_MOVE_TAKE_BACK] = {LOT, ISSUED},
             [VN_MOVE_OWE] = {DEBT, ISSUED},        [VN_MOVE_PAY] = {LOT, DEBT},
             [VN_MOVE_SPEND] = {LOT, REDEEMED},     [VN_MOVE_OVERSPEND] = {DEBT, REDEEMED},
             [VN_MOVE_GIVE_BACK] = {REDEEMED, LOT}, [VN_MOVE_FORGIVE] = {REDEEMED, DEBT},
             [VN_MOVE_EXPIRE] = {LOT, EXPIRED},     [VN_MOVE_REVIVE] = {EXPIRED, LOT}};

static enum vn_ledger_place place_of(const struct vn_post *post, enum side side, unsigned wallet, int64_t lot)
{
    switch (side) {
    case ISSUED: return VN_PLACE_ISSUED;
    case REDEEMED: return VN_PLACE_REDEEMED;
    case DEBT: return VN_PLACE_DEBT;
    case EXPIRED: return VN_PLACE_EXPIRED;
    case LOT: break;
    }
    return is_waiting(post, wallet, lot) ? VN_PLACE_WAITING : VN_PLACE_FREE;
}

/* The lot that took the points; when nothing of it is left, it was to wait as long as its wallet says. */
static void note_issued(const struct vn_turn *turn, const struct vn_post_account *account,
                        const struct vn_movement *move)
{
    const struct vn_book_wallet *wallet = &turn->post->book.wallets[move->wallet];
    const struct vn_book_lot *lot = vn_post_book_lot(turn->post, move->wallet, move->lot);
    int64_t matures_ms = lot != NULL ? lot->matures_ms : turn->at_ms + wallet->matures_days * DAY_MS;
    if (matures_ms > account->row.matured_ms && !is_waiting(turn->post, move->wallet, move->lot)) {
        note_waiting(turn->post, move->wallet, move->lot);
    }
}

static enum vn_status post_movement(const struct vn_turn *turn, const struct vn_post_books *books,
                                    const struct vn_movement *move, struct vn_sale_rest *rest)
{
    struct vn_post *post = turn->post;
    struct vn_post_account *account = books->accounts[move->wallet];
    if (move->kind == VN_MOVE_ISSUE) {
        note_issued(turn, account, move);
    }
    const struct vn_post_step step = {.from = place_of(post, sides[move->kind].from, move->wallet, move->lot),
                                      .to = place_of(post, sides[move->kind].to, move->wallet, move->lot)};
    enum vn_status status = vn_post_move(turn, account, &step, move->amount, move->lot);
    if (status == VN_OK && rest != NULL && (move->kind == VN_MOVE_SPEND || move->kind == VN_MOVE_OVERSPEND)) {
        const struct vn_sale_use use = {account->row.id, move->lot, move->amount, false};
        status = vn_post_use_add(turn, rest, &use);
    }
    return status;
}

enum vn_status vn_post_book_moved(const struct vn_turn *turn, struct vn_post_books *books,
                                  struct vn_sale_rest *rest)
{
    const struct vn_movements *moves = &turn->post->moves;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < moves->count && status == VN_OK; i++) {
        if (moves->rows[i].kind < VN_MOVE_COUNT) {
            status = post_movement(turn, books, &moves->rows[i], rest);
        }
    }
    return status;
}
