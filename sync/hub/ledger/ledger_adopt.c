/* A card becomes a member's: all that it earned before he was known is his. What his book has no room for (counters, tags beyond
 * limits.h) stays in the card's, where `verno-hub ledger --account` shows it, and the log says so. */
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"
#include "sync/hub/ledger/post_work.h"

struct adopting {
    struct vn_turn turn;
    const char *card;
    int64_t wallet;
    struct vn_book *book; /* the card's, on its way; then what found no room */
    struct vn_book_person person;
};

/* All that stands in the card's places becomes the wallet's; both sides in the wallet's chain. */
static enum vn_status move_places(struct adopting *self, struct vn_post_account *card,
                                  struct vn_post_account *wallet)
{
    enum vn_status status = VN_OK;
    for (int place = 0; place < VN_PLACES && status == VN_OK; place++) {
        const struct vn_post_step step = {.from = (enum vn_ledger_place)place,
                                          .to = (enum vn_ledger_place)place};
        int64_t amount = card->row.places[place];
        if (amount == 0) {
            continue;
        }
        status = vn_post_move(&self->turn, wallet, &step, amount < 0 ? -amount : amount, 0);
        if (status == VN_OK) {
            struct vn_post_list *list = &self->turn.post->movements;
            struct vn_movement_row *row = (struct vn_movement_row *)list->rows + list->count - 1;
            *(amount > 0 ? &row->from_account : &row->to_account) = card->row.id;
            wallet->row.places[place] += amount;
            card->row.places[place] = 0;
        }
    }
    return status;
}

/* A copy of the card's book, and of what else its owner has. */
static enum vn_status read_card(struct adopting *self, struct vn_post_account *card)
{
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_book_open(&self->turn, card, NULL, &books);
    if (status == VN_OK) {
        *self->book = self->turn.post->book;
        self->person = books.person;
    }
    return status;
}

/* What is left of the book is the card's. */
static enum vn_status write_card(struct adopting *self, struct vn_post_account *card)
{
    struct vn_post *post = self->turn.post;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_book_open(&self->turn, card, NULL, &books);
    if (status != VN_OK) {
        return status;
    }
    post->book = *self->book;
    memset(&books.person, 0, sizeof books.person);
    card->row.heir = self->wallet;
    return vn_post_book_close(&self->turn, &books);
}

/* Adds a counter. False: there is no room for it. */
static bool add_counter(struct vn_book *into, const struct vn_member_counter *counter)
{
    unsigned at = 0;
    while (at < into->counter_count && strcmp(into->counters[at].account, counter->account) < 0) {
        at++;
    }
    if (at < into->counter_count && strcmp(into->counters[at].account, counter->account) == 0) {
        into->counters[at].value = vn_book_sum(into->counters[at].value, counter->value);
        return true;
    }
    if (into->counter_count == VN_COUNTERS_MAX) {
        return false;
    }
    memmove(&into->counters[at + 1], &into->counters[at],
            (into->counter_count++ - at) * sizeof into->counters[0]);
    into->counters[at] = *counter;
    return true;
}

/* Takes the counters and what was given out of `from`, as far as there is room. */
static void move_counts(struct vn_book *into, struct vn_book *from, int64_t at_ms)
{
    unsigned counters = 0;
    unsigned given = 0;
    vn_book_make_room(into, at_ms, from->given_count);
    for (unsigned i = 0; i < from->counter_count; i++) {
        if (!add_counter(into, &from->counters[i])) {
            from->counters[counters++] = from->counters[i];
        }
    }
    for (unsigned i = 0; i < from->given_count; i++) {
        if (!vn_book_keep(into, &from->given[i])) {
            from->given[given++] = from->given[i];
        }
    }
    from->counter_count = counters;
    from->given_count = given;
    into->lifetime_minor = vn_book_sum(into->lifetime_minor, from->lifetime_minor);
    into->qualifying = vn_book_sum(into->qualifying, from->qualifying);
    from->lifetime_minor = from->qualifying = 0;
}

/* The card's lots go to the open wallet. One that finds no room may join such as are mature when it is not, or the other way. */
static enum vn_status move_lots(struct adopting *self, struct vn_post_account *wallet)
{
    struct vn_book_wallet *from = &self->book->wallets[0];
    enum vn_status status = VN_OK;
    for (unsigned i = 0; i < from->lot_count && status == VN_OK; i++) {
        struct vn_post_step step = {
            .from = from->lots[i].matures_ms > wallet->row.matured_ms ? VN_PLACE_WAITING : VN_PLACE_FREE};
        int64_t id = 0;
        step.to = vn_post_lot_insert(self->turn.post, wallet, &from->lots[i], &id);
        if (step.from != step.to) {
            status = vn_post_move(&self->turn, wallet, &step, from->lots[i].amount, id);
        }
    }
    from->lot_count = 0;
    return status;
}

static enum vn_status fill_wallet(struct adopting *self, struct vn_post_account *wallet)
{
    struct vn_post *post = self->turn.post;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_book_open(&self->turn, wallet, NULL, &books);
    if (status == VN_OK) {
        status = move_lots(self, wallet);
    }
    if (status != VN_OK) {
        return status;
    }
    move_counts(&post->book, self->book, self->turn.at_ms);
    books.person.visits += self->person.visits;
    if (self->person.last_visit_ms > books.person.last_visit_ms) {
        books.person.last_visit_ms = self->person.last_visit_ms;
    }
    status = vn_post_settle(&self->turn, &books);
    return status == VN_OK ? vn_post_book_close(&self->turn, &books) : status;
}

static int64_t latest(int64_t a, int64_t b, int64_t c)
{
    int64_t later = a > b ? a : b;
    return later > c ? later : c;
}

static enum vn_status move_all(struct adopting *self, struct vn_post_account *card,
                               struct vn_post_account *wallet)
{
    /* lots are mature in both, or wait in both */
    self->turn.at_ms = latest(self->turn.at_ms, card->row.matured_ms, wallet->row.matured_ms);
    enum vn_status status = read_card(self, card);
    if (status == VN_OK) {
        status = move_places(self, card, wallet);
    }
    if (status == VN_OK) {
        status = fill_wallet(self, wallet);
    }
    return status == VN_OK ? write_card(self, card) : status;
}

static enum vn_status run_adopt(struct vn_post *post, void *ctx)
{
    struct adopting *self = ctx;
    struct vn_post_account *card = NULL;
    struct vn_post_account *wallet = NULL;
    struct vn_error error;
    int64_t id = 0;
    self->turn.post = post;
    self->turn.error = &error;
    enum vn_status status = vn_post_account_id(post, self->card, &id);
    if (status != VN_OK) {
        return status == VN_ABSENT ? VN_OK : status; /* it never earned anything */
    }
    status = vn_post_account(post, id, &card);
    if (status == VN_OK) {
        status = vn_post_account(post, self->wallet, &wallet);
    }
    return status == VN_OK && card->row.heir == 0 ? move_all(self, card, wallet) : status;
}

static void log_left(const struct vn_post *post, const struct adopting *adopting)
{
    const struct vn_book *left = adopting->book;
    if (left->counter_count + left->given_count > 0) {
        vn_log_event(post->log, VN_LOG_WARN, "card_adopted_in_part",
                     VN_I("member", vn_account_owner(adopting->wallet)),
                     VN_I("counters", left->counter_count), VN_I("coupons_and_tags", left->given_count));
    }
}

enum vn_status vn_ledger_adopt(struct vn_post *post, const char *card_account, int64_t member, int64_t at_ms)
{
    struct adopting adopting = {.turn = {.why = "import", .at_ms = at_ms},
                                .card = card_account,
                                .wallet = vn_account_of_member(member, 0),
                                .book = malloc(sizeof *adopting.book)};
    if (adopting.book == NULL) {
        return VN_NOMEM;
    }
    adopting.book->counter_count = adopting.book->given_count = 0;
    enum vn_status status = vn_post_once(post, run_adopt, &adopting);
    if (status == VN_OK) {
        log_left(post, &adopting);
    }
    free(adopting.book);
    return status;
}
