/* New lots of an account, and what they pay of its debt. */
#include "agent/base/number.h"
#include "sync/hub/ledger/post_work.h"

#define DAY_MS INT64_C(86400000)

enum vn_ledger_place vn_post_lot_insert(struct vn_post *post, const struct vn_post_account *account,
                                        const struct vn_book_lot *lot, int64_t *id)
{
    struct vn_book_wallet *wallet = &post->book.wallets[0];
    struct vn_book_lot own = *lot;
    own.id = post->book.next_lot++;
    if (wallet->lot_count == VN_BOOK_LOTS_MAX) {
        vn_book_join(wallet, account->row.matured_ms);
    }
    const struct vn_book_lot *into = vn_book_add(wallet, &own);
    *id = into->id;
    return into->matures_ms > account->row.matured_ms ? VN_PLACE_WAITING : VN_PLACE_FREE;
}

/* Points live as long as what is earned at the turn's time, all else for ever. */
static enum vn_ledger_place lot_anew(const struct vn_turn *turn, const struct vn_post_account *account,
                                     int64_t amount, int64_t *id)
{
    int64_t days = turn->post->book.wallets[0].expires_days;
    bool ends = days > 0 && vn_account_kind(account->row.id) != VN_ACCOUNT_NAMED;
    const struct vn_book_lot lot = {.amount = amount,
                                    .earned_ms = turn->at_ms,
                                    .matures_ms = turn->at_ms,
                                    .expires_ms = ends ? turn->at_ms + days * DAY_MS : 0};
    return vn_post_lot_insert(turn->post, account, &lot, id);
}

enum vn_status vn_post_lot_back(const struct vn_turn *turn, struct vn_post_account *account,
                                const struct vn_post_step *from, int64_t amount)
{
    struct vn_book_wallet *wallet = &turn->post->book.wallets[0];
    struct vn_post_step step = *from;
    int64_t owed = vn_least(amount, wallet->debt);
    int64_t left = amount - owed;
    step.to = VN_PLACE_DEBT;
    wallet->debt -= owed;
    enum vn_status status = vn_post_move(turn, account, &step, owed, 0);
    for (unsigned i = wallet->lot_count; i-- > 0 && left > 0 && status == VN_OK;) {
        struct vn_book_lot *lot = &wallet->lots[i];
        int64_t part = vn_least(lot->paid, left);
        lot->paid -= part;
        lot->amount += part;
        left -= part;
        step.to = lot->matures_ms > account->row.matured_ms ? VN_PLACE_WAITING : VN_PLACE_FREE;
        status = vn_post_move(turn, account, &step, part, lot->id);
    }
    if (status != VN_OK || left == 0) {
        return status;
    }
    int64_t id = 0;
    step.to = lot_anew(turn, account, left, &id);
    return vn_post_move(turn, account, &step, left, id);
}

/* What is owed is paid as soon as something is free: as if nothing came back to a book that has it already. */
enum vn_status vn_post_settle(const struct vn_turn *turn, struct vn_post_books *books)
{
    struct vn_post *post = turn->post;
    if (post->book.wallets[0].debt == 0) {
        return VN_OK;
    }
    vn_outcome_reset(&post->outcome);
    enum vn_status status = vn_book_void(&post->book, turn->sale > 0 ? turn->sale : 1, turn->at_ms,
                                         &post->outcome, &post->moves, turn->error);
    return status == VN_OK ? vn_post_book_moved(turn, books, NULL) : status;
}

enum vn_status vn_post_take_free(const struct vn_turn *turn, int64_t account, int64_t amount)
{
    static const struct vn_post_step step = {.from = VN_PLACE_FREE, .to = VN_PLACE_ISSUED};
    struct vn_post_account *row = NULL;
    struct vn_post_books books = {.count = 0};
    struct vn_book_wallet *wallet = &turn->post->book.wallets[0];
    enum vn_status status = vn_post_account(turn->post, account, &row);
    if (status == VN_OK) {
        status = vn_post_book_open(turn, row, NULL, &books);
    }
    for (unsigned i = 0; status == VN_OK && i < wallet->lot_count && amount > 0; i++) {
        int64_t part = wallet->lots[i].amount < amount ? wallet->lots[i].amount : amount;
        if (wallet->lots[i].matures_ms <= row->row.matured_ms) {
            wallet->lots[i].amount -= part;
            amount -= part;
            status = vn_post_move(turn, row, &step, part, wallet->lots[i].id);
        }
    }
    return status == VN_OK ? vn_post_book_close(turn, &books) : status;
}

enum vn_status vn_post_issue(const struct vn_turn *turn, int64_t account, const struct vn_book_lot *lot)
{
    struct vn_post_account *row = NULL;
    struct vn_post_books books = {.count = 0};
    struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_FREE};
    int64_t id = 0;
    enum vn_status status = vn_post_account(turn->post, account, &row);
    if (status == VN_OK) {
        status = vn_post_book_open(turn, row, NULL, &books);
    }
    if (status == VN_OK) {
        step.to = vn_post_lot_insert(turn->post, row, lot, &id);
        status = vn_post_move(turn, row, &step, lot->amount, id);
    }
    if (status == VN_OK && step.to == VN_PLACE_FREE) {
        status = vn_post_settle(turn, &books);
    }
    return status == VN_OK ? vn_post_book_close(turn, &books) : status;
}
