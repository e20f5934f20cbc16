/* What a sale does to the book of its member, beside what it spends: it earns, counts, gives and is a visit. And its void. */
#include <string.h>

#include "agent/base/number.h"
#include "sync/hub/core/setting.h"
#include "sync/hub/ledger/post_work.h"

/* What comes late is of a day before the account's present one, which it leaves as it is. What came late of that day already is
 * known, by UTC days; of what is before the last VN_EARN_LATE_DAYS it is one sum. A till's own day begins with its first
 * receipt, so parts of two of them can be in one of these: each may earn as much as two days may, and a receipt as one. So
 * however far back a till dates its sales, and however many, it gains no more than that by each day; and what a till that was cut
 * off counted, it gets. */
static enum vn_status take_late(struct vn_apply *apply, struct vn_account_row *row, int64_t day_max,
                                int64_t *earned)
{
    struct vn_post *post = apply->turn.post;
    struct vn_late_days days;
    const int64_t first = row->day_ms / VN_EARN_DAY_MS - VN_EARN_LATE_DAYS;
    int64_t day = apply->turn.at_ms / VN_EARN_DAY_MS;
    unsigned at = 0;
    day = day < first ? first : day;
    enum vn_status status = vn_late_read(row->late, first, &days);
    while (status == VN_OK && at < days.count && days.rows[at].day < day) {
        at++;
    }
    bool known = status == VN_OK && at < days.count && days.rows[at].day == day;
    int64_t left = 2 * day_max - (known ? days.rows[at].earned : 0);
    *earned = vn_least(*earned, left < 0 ? 0 : vn_least(left, day_max));
    if (status != VN_OK || *earned == 0) {
        return status;
    }
    if (!known && days.count == VN_LATE_DAYS_MAX) {
        return VN_CORRUPT;
    }
    if (!known) {
        memmove(&days.rows[at + 1], &days.rows[at], (days.count - at) * sizeof days.rows[0]);
        days.rows[at].day = day;
        days.rows[at].earned = 0;
        days.count++;
    }
    days.rows[at].earned += *earned;
    vn_buf_clear(&post->packed);
    status = vn_late_write(&days, &post->packed);
    return status == VN_OK ? vn_post_keep(post, vn_buf_view(&post->packed), &row->late) : status;
}

/* What of it may be earned, by the settings and by the ruleset; a day begins with what is earned after the last one ended. */
static enum vn_status cap(struct vn_apply *apply, const struct vn_term *term, struct vn_account_row *row,
                          int64_t *earned)
{
    const struct vn_settings *settings = apply->turn.post->settings;
    const int64_t at_ms = apply->turn.at_ms;
    const int64_t said = *earned;
    int64_t day_max = vn_setting(settings, VN_SETTING_DAY_POINTS);
    enum vn_status status = VN_OK;
    day_max = term->earn_max_day > 0 && term->earn_max_day < day_max ? term->earn_max_day : day_max;
    if (at_ms >= row->day_ms + VN_EARN_DAY_MS) {
        row->day_ms = at_ms;
        row->day_earned = 0;
    }
    *earned = vn_least(*earned, vn_setting(settings, VN_SETTING_RECEIPT_POINTS));
    if (at_ms < row->day_ms) {
        status = take_late(apply, row, day_max, earned);
    } else {
        int64_t left = day_max - row->day_earned;
        *earned = vn_least(*earned, left < 0 ? 0 : left);
        row->day_earned += *earned;
    }
    apply->capped = apply->capped || *earned < said;
    return status;
}

/* A till that lies gives no more stamps than an honest one has any reason to. */
static void cut_stamps(struct vn_apply *apply)
{
    struct vn_post *post = apply->turn.post;
    int64_t most = vn_setting(post->settings, VN_SETTING_RECEIPT_STAMPS);
    if (vn_post_cut_stamps(&post->outcome, most)) {
        post->rest.cut = true;
        post->rest.stamps = most;
        apply->capped = true;
    }
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
            row->earned = of->earned;
            status = cap(apply, term, &books->accounts[at]->row, &row->earned);
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
    apply->capped = false;
    cut_stamps(apply);
    enum vn_status status = find_account(apply, &account);
    if (status == VN_OK) {
        status = vn_terms_of(post->terms, post->storage, sale->ruleset, true, &terms);
    }
    if (status == VN_OK) {
        status = vn_post_book_open(&apply->turn, account, &terms->wallets[0], &books);
    }
    if (status == VN_OK) {
        status = cap(apply, &terms->wallets[0], &account->row, &sale->points_earned);
    }
    post->outcome.points_earned = sale->points_earned;
    if (status == VN_OK) {
        status = earn_further(apply, outcome, terms, &books);
    }
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
    if (post->rest.cut) {
        (void)vn_post_cut_stamps(&post->outcome, post->rest.stamps);
    }
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
