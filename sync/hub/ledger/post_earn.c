/* What a sale does to the book of its member, beside what it spends: it earns, counts, gives and is a visit. And its void. */
#include <string.h>

#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/post_work.h"

/* What may still be earned on the day, by the setting and by the ruleset; a day begins with what is earned after the last one
 * ended. What is of before that day came late: its day is over and nobody counts it any more, so it may take all of one and
 * leaves the present day as it is. */
static int64_t cap(const struct vn_post *post, const struct vn_term *term, struct vn_account_row *row,
                   int64_t at_ms, int64_t earned)
{
    int64_t receipt_max = vn_setting(post->settings, VN_SETTING_RECEIPT_POINTS);
    int64_t day_max = vn_setting(post->settings, VN_SETTING_DAY_POINTS);
    day_max = term->earn_max_day > 0 && term->earn_max_day < day_max ? term->earn_max_day : day_max;
    if (at_ms >= row->day_ms + VN_EARN_DAY_MS) {
        row->day_ms = at_ms;
        row->day_earned = 0;
    }
    bool late = at_ms < row->day_ms;
    int64_t most = late ? day_max : day_max - row->day_earned;
    most = most > receipt_max ? receipt_max : most < 0 ? 0 : most;
    earned = earned > most ? most : earned;
    row->day_earned += late ? 0 : earned;
    return earned;
}

/* What is counted and given by the outcome, without points. */
static void take_counts(struct vn_outcome *into, const struct vn_prepared *outcome)
{
    vn_outcome_reset(into);
    if (!outcome->has_outcome) {
        return;
    }
    into->payable_minor = outcome->payable_minor;
    into->qualifying = outcome->qualifying;
    for (unsigned i = 0; i < outcome->consumption_count; i++) {
        int64_t id = 0;
        bool wallet =
            vn_account_id(outcome->consumptions[i].account, &id) && vn_account_kind(id) != VN_ACCOUNT_COUPON;
        if (!wallet) {
            into->consumptions[into->consumption_count++] = outcome->consumptions[i];
        }
    }
    into->given_count = outcome->given_count;
    if (outcome->given_count > 0) {
        memcpy(into->given, outcome->given, outcome->given_count * sizeof *outcome->given);
    }
}

static const struct vn_term *term_of(const struct vn_term_set *terms, unsigned wallet)
{
    for (unsigned i = 0; i < terms->count; i++) {
        if (terms->wallets[i].number == wallet) {
            return &terms->wallets[i];
        }
    }
    return NULL;
}

static enum vn_status open_wallet(struct vn_apply *apply, int64_t id, const struct vn_term *term,
                                  struct vn_post_books *books)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(apply->turn.post, id, &account);
    return status == VN_OK ? vn_post_book_open(&apply->turn, account, term, books) : status;
}

/* The wallets that the outcome earns into, beside the first, with what may be earned. */
static enum vn_status earn_further(struct vn_apply *apply, const struct vn_prepared *outcome,
                                   const struct vn_term_set *terms, struct vn_post_books *books)
{
    struct vn_outcome *into = &apply->turn.post->outcome;
    int64_t account = apply->sale->row.account;
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < outcome->wallet_count && status == VN_OK; i++) {
        const struct vn_wallet_outcome *of = &outcome->wallets[i];
        const struct vn_term *term = vn_term_find(terms, of->wallet);
        if (of->earned == 0) {
            continue;
        }
        if (term == NULL || term->number == 0 || vn_account_kind(account) != VN_ACCOUNT_MEMBER) {
            return vn_fail(apply->turn.error, VN_INPUT, "earns into a wallet '%s' that is not there",
                           of->wallet);
        }
        unsigned at = books->count;
        status =
            open_wallet(apply, vn_account_of_member(vn_account_owner(account), term->number), term, books);
        if (status == VN_OK) {
            struct vn_wallet_outcome *row = &into->wallets[into->wallet_count++];
            memset(row, 0, sizeof *row);
            memcpy(row->wallet, of->wallet, sizeof row->wallet);
            row->earned =
                cap(apply->turn.post, term, &books->accounts[at]->row, apply->turn.at_ms, of->earned);
        }
    }
    return status;
}

static void note_earned(struct vn_post *post, const struct vn_post_books *books)
{
    struct vn_sale_rest *rest = &post->rest;
    for (unsigned i = 0; i < books->count; i++) {
        int64_t amount = i == 0 ? post->outcome.points_earned : post->outcome.wallets[i - 1].earned;
        if (amount > 0) {
            rest->earned[rest->earned_count++] = (struct vn_sale_earned){books->accounts[i]->row.id, amount};
        }
    }
}

static void note_visit(struct vn_book_person *person, int64_t at_ms, const char *tier)
{
    person->visits++;
    person->last_visit_ms = at_ms > person->last_visit_ms ? at_ms : person->last_visit_ms;
    if (tier[0] != '\0') {
        memcpy(person->tier, tier, sizeof person->tier);
    }
}

/* A book without room refuses the sale, not the disk. */
static enum vn_status blame(enum vn_status status)
{
    return status == VN_FULL ? VN_INPUT : status;
}

static enum vn_status find_account(struct vn_apply *apply, struct vn_post_account **out)
{
    enum vn_status status = vn_post_account(apply->turn.post, apply->sale->row.account, out);
    if (status == VN_OK && (*out)->row.heir != 0) {
        apply->sale->row.account = (*out)->row.heir;
        status = vn_post_account(apply->turn.post, apply->sale->row.account, out);
    }
    return status;
}

enum vn_status vn_apply_earn(struct vn_apply *apply, const struct vn_prepared *outcome)
{
    struct vn_post *post = apply->turn.post;
    struct vn_sale_row *sale = &apply->sale->row;
    struct vn_post_account *account = NULL;
    struct vn_post_books books = {.count = 0};
    const struct vn_term_set *terms = NULL;
    take_counts(&post->outcome, outcome);
    enum vn_status status = find_account(apply, &account);
    if (status == VN_OK) {
        status = vn_terms_of(post->terms, post->storage, sale->ruleset, true, &terms);
    }
    if (status == VN_OK) {
        status = vn_post_book_open(&apply->turn, account, &terms->wallets[0], &books);
    }
    if (status != VN_OK) {
        return status;
    }
    sale->points_earned =
        cap(apply->turn.post, &terms->wallets[0], &account->row, apply->turn.at_ms, sale->points_earned);
    post->outcome.points_earned = sale->points_earned;
    status = earn_further(apply, outcome, terms, &books);
    if (status == VN_OK) {
        status = vn_post_make_room(&apply->turn, &books, &post->outcome, &apply->uncounted);
    }
    if (status == VN_OK) {
        status = blame(vn_book_commit(&post->book, sale->id, apply->turn.at_ms, &post->outcome, &post->moves,
                                      apply->turn.error));
    }
    if (status == VN_OK) {
        note_earned(post, &books);
        note_visit(&books.person, apply->turn.at_ms, outcome->tier_after);
        status = vn_post_book_moved(&apply->turn, &books, NULL);
    }
    return status == VN_OK ? vn_post_book_close(&apply->turn, &books) : status;
}

enum vn_status vn_apply_count_hold(struct vn_apply *apply, const struct vn_prepared *hold, bool back)
{
    struct vn_post *post = apply->turn.post;
    const int64_t sale = apply->sale->row.id;
    struct vn_post_account *account = NULL;
    struct vn_post_books books = {.count = 0};
    if (apply->sale->row.account == 0) {
        return VN_OK;
    }
    take_counts(&post->outcome, hold);
    post->outcome.payable_minor = post->outcome.qualifying = 0;
    post->outcome.given_count = 0;
    enum vn_status status = find_account(apply, &account);
    if (status == VN_OK) {
        status = vn_post_book_open(&apply->turn, account, NULL, &books);
    }
    if (status == VN_OK) {
        status = vn_post_make_room(&apply->turn, &books, &post->outcome, &apply->uncounted);
    }
    if (status == VN_OK) {
        status = blame((back ? vn_book_void : vn_book_commit)(
            &post->book, sale, apply->turn.at_ms, &post->outcome, &post->moves, apply->turn.error));
    }
    if (status == VN_OK) {
        status = vn_post_book_moved(&apply->turn, &books, NULL);
    }
    return status == VN_OK ? vn_post_book_close(&apply->turn, &books) : status;
}

enum vn_status vn_apply_open_earned(struct vn_apply *apply, struct vn_post_books *books)
{
    struct vn_post *post = apply->turn.post;
    const struct vn_sale_row *sale = &apply->sale->row;
    struct vn_post_account *account = NULL;
    const struct vn_term_set *terms = NULL;
    enum vn_status status = find_account(apply, &account);
    books->count = 0;
    if (status == VN_OK) {
        status = vn_terms_of(post->terms, post->storage, sale->ruleset, true, &terms);
    }
    if (status == VN_OK) {
        status = vn_post_book_open(&apply->turn, account, &terms->wallets[0], books);
    }
    for (unsigned i = 0; i < post->rest.earned_count && status == VN_OK; i++) {
        int64_t id = post->rest.earned[i].account;
        if (vn_account_kind(id) == VN_ACCOUNT_FURTHER) {
            status = open_wallet(apply, id, term_of(terms, vn_account_wallet(id)), books);
        }
    }
    return status;
}

enum vn_status vn_apply_unearn(struct vn_apply *apply, const struct vn_prepared *outcome)
{
    struct vn_post *post = apply->turn.post;
    struct vn_post_books books;
    enum vn_status status = vn_apply_open_earned(apply, &books);
    take_counts(&post->outcome, outcome);
    for (unsigned i = 0; i < post->rest.earned_count && status == VN_OK; i++) {
        const struct vn_sale_earned *earned = &post->rest.earned[i];
        if (vn_account_kind(earned->account) != VN_ACCOUNT_FURTHER) {
            post->outcome.points_earned = earned->amount;
            continue;
        }
        struct vn_wallet_outcome *row = &post->outcome.wallets[post->outcome.wallet_count++];
        memset(row, 0, sizeof *row);
        memcpy(row->wallet, post->book.wallets[post->outcome.wallet_count].wallet, sizeof row->wallet);
        row->earned = earned->amount;
    }
    if (status == VN_OK) {
        status = vn_post_make_room(&apply->turn, &books, &post->outcome, &apply->uncounted);
    }
    if (status == VN_OK) {
        status = blame(vn_book_void(&post->book, apply->turn.sale, apply->turn.at_ms, &post->outcome,
                                    &post->moves, apply->turn.error));
    }
    if (status == VN_OK) {
        books.person.visits -= books.person.visits > 0 ? 1 : 0;
        status = vn_post_book_moved(&apply->turn, &books, NULL);
    }
    return status == VN_OK ? vn_post_book_close(&apply->turn, &books) : status;
}
