#include "sync/hub/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "agent/loyalty/loyalty_json.h"
#include "agent/loyalty/tiers.h"
#include "sync/hub/post_work.h"

#define FACTS_MAX 65536

static enum vn_status tier_rules(struct vn_post *post, int64_t *out)
{
    const struct vn_ruleset *header = NULL;
    enum vn_status status = vn_terms_header(post->terms, post->storage, &header);
    *out = status == VN_OK && header != NULL ? vn_tier_rules(header) : 0;
    return status;
}

/* --- what the hub moves by itself */

struct opening {
    struct vn_turn turn;
    int64_t account;
    struct vn_book_lot lot; /* amount 0: none */
};

static enum vn_status run_opening(struct vn_post *post, void *ctx)
{
    struct opening *self = ctx;
    struct vn_post_account *account = NULL;
    struct vn_error error;
    self->turn.post = post;
    self->turn.error = &error;
    enum vn_status status = vn_post_account(post, self->account, &account);
    if (status == VN_OK) {
        status = vn_post_touch_account(post, account);
    }
    if (status != VN_OK) {
        return status;
    }
    if (vn_account_kind(self->account) == VN_ACCOUNT_MEMBER && account->row.due_ms == 0) {
        int64_t rules = 0;
        status = tier_rules(post, &rules);
        account->row.due_ms = rules != 0 ? 1 : 0; /* a job adopts the tier that was imported */
    }
    if (status != VN_OK) {
        return status;
    }
    bool had = account->there && account->row.places[VN_PLACE_ISSUED] != 0;
    account->there = true;
    account->row.closed = false;
    return had || self->lot.amount == 0 ? VN_OK : vn_post_issue(&self->turn, self->account, &self->lot);
}

enum vn_status vn_ledger_open_member(struct vn_post *post, int64_t member, int64_t points, int64_t at_ms)
{
    const struct vn_term_set *terms = NULL;
    vn_post_clear(post); /* what it knows was in force when something was posted last */
    enum vn_status status = vn_terms_of(post->terms, post->storage, 0, true, &terms);
    if (status != VN_OK) {
        return status;
    }
    int64_t days = terms->wallets[0].expires_days;
    struct opening opening = {.turn = {.why = "opening", .at_ms = at_ms},
                              .account = vn_account_of_member(member, 0),
                              .lot = {.amount = points,
                                      .earned_ms = at_ms,
                                      .matures_ms = at_ms,
                                      .expires_ms = days == 0 ? 0 : at_ms + days * INT64_C(86400000)}};
    return vn_post_once(post, run_opening, &opening);
}

enum vn_status vn_ledger_open_coupon(struct vn_post *post, int64_t coupon, int64_t from_ms, int64_t until_ms,
                                     int64_t at_ms)
{
    struct opening opening = {
        .turn = {.why = "coupon", .at_ms = at_ms},
        .account = vn_account_of_coupon(coupon),
        .lot = {.amount = 1, .earned_ms = at_ms, .matures_ms = from_ms, .expires_ms = until_ms}};
    return vn_post_once(post, run_opening, &opening);
}

static enum vn_status run_close(struct vn_post *post, void *ctx)
{
    struct vn_post_account *account = NULL;
    enum vn_status status = vn_post_account(post, *(const int64_t *)ctx, &account);
    if (status == VN_OK && account->there) {
        status = vn_post_touch_account(post, account);
        account->row.closed = true;
    }
    return status;
}

enum vn_status vn_ledger_close(struct vn_post *post, int64_t account)
{
    return vn_post_once(post, run_close, &account);
}

struct past {
    struct vn_turn turn;
    int64_t account, points;
};

static enum vn_status run_past(struct vn_post *post, void *ctx)
{
    static const struct vn_post_step step = {.from = VN_PLACE_ISSUED, .to = VN_PLACE_PAST};
    struct past *self = ctx;
    struct vn_post_account *account = NULL;
    self->turn.post = post;
    enum vn_status status = vn_post_account(post, self->account, &account);
    return status == VN_OK ? vn_post_move(&self->turn, account, &step, self->points, 0) : status;
}

enum vn_status vn_ledger_past(struct vn_post *post, int64_t member, int64_t points, int64_t at_ms)
{
    struct past past = {.turn = {.why = "history", .at_ms = at_ms},
                        .account = vn_account_of_member(member, 0),
                        .points = points};
    return vn_post_once(post, run_past, &past);
}

/* --- time */

struct ageing {
    struct vn_turn turn;
    int64_t account;
    const struct vn_member *facts; /* NULL: it is no member's */
};

static enum vn_status run_ageing(struct vn_post *post, void *ctx)
{
    struct ageing *self = ctx;
    struct vn_post_books books = {.count = 0};
    struct vn_post_account *account = NULL;
    struct vn_error error;
    self->turn.post = post;
    self->turn.error = &error;
    enum vn_status status = vn_post_account(post, self->account, &account);
    if (status == VN_OK) {
        status = vn_post_book_open(&self->turn, account, NULL, &books);
    }
    if (status == VN_OK && self->facts != NULL) {
        status = vn_post_tier_adopt(&self->turn, &books, self->facts->tier, self->facts->qualifying);
    }
    if (status == VN_OK) {
        vn_book_expire(&post->book, self->turn.at_ms, &post->moves);
        status = vn_post_book_moved(&self->turn, &books, NULL);
    }
    return status == VN_OK ? vn_post_book_close(&self->turn, &books) : status;
}

enum vn_status vn_ledger_age(struct vn_post *post, int64_t account, int64_t at_ms)
{
    struct ageing ageing = {.turn = {.why = "expire", .at_ms = at_ms}, .account = account};
    struct vn_member *facts = NULL;
    enum vn_status status = VN_OK;
    if (vn_account_kind(account) == VN_ACCOUNT_MEMBER) {
        facts = calloc(1, sizeof *facts);
        status = facts == NULL ? VN_NOMEM : vn_ledger_facts(post->storage, vn_account_owner(account), facts);
        ageing.facts = status == VN_OK ? facts : NULL;
        status = status == VN_ABSENT ? VN_OK : status; /* he was taken out */
    }
    if (status == VN_OK) {
        status = vn_post_once(post, run_ageing, &ageing);
    }
    free(facts);
    return status;
}

enum vn_status vn_ledger_tier_rules(struct vn_post *post, int64_t *out)
{
    vn_post_clear(post); /* what it knows was in force when something was posted last */
    return tier_rules(post, out);
}

enum vn_status vn_ledger_facts(struct vn_storage *storage, int64_t member, struct vn_member *out)
{
    struct vn_buf facts;
    json_t *root = NULL;
    struct vn_error error;
    vn_buf_init(&facts, FACTS_MAX);
    enum vn_status status = vn_storage_member_get(storage, member, &facts);
    if (status == VN_OK) {
        status = vn_json_parse(vn_buf_view(&facts), &root, &error);
    }
    if (status == VN_OK) {
        struct vn_json_in in = vn_json_root(root, &error);
        vn_member_read(&in, out);
        status = vn_json_failed(&in) ? VN_CORRUPT : VN_OK;
    }
    json_decref(root);
    vn_buf_deinit(&facts);
    return status;
}

/* --- grants */

struct granting {
    const struct vn_ledger_want *want;
    struct vn_grant *out;
    int64_t account;
    struct vn_error *error;
};

/* Limits and stamps have rights of their own kind, and nothing free to grant. */
static enum vn_status find_grantable(const struct vn_turn *turn, const char *text, int64_t *account)
{
    return vn_account_id(text, account) ? vn_post_known(turn, text, account)
                                        : vn_fail(turn->error, VN_INPUT, "there is no account '%s'", text);
}

static enum vn_status run_grant(struct vn_post *post, void *ctx)
{
    struct granting *self = ctx;
    const struct vn_ledger_want *want = self->want;
    const struct vn_turn turn = {.post = post,
                                 .why = "grant",
                                 .enrolment = want->enrolment,
                                 .seq = want->number,
                                 .at_ms = want->at_ms,
                                 .error = self->error};
    struct vn_post_claim *claim = NULL;
    int64_t given = 0;
    self->out->slice_count = 0;
    enum vn_status status = find_grantable(&turn, want->account, &self->account);
    if (status == VN_OK) {
        status = vn_post_claim(post, want->enrolment, self->account, &claim);
    }
    if (status != VN_OK) {
        return status;
    }
    int64_t more = want->granted > claim->row.granted ? want->granted - claim->row.granted : 0;
    status = vn_post_grant(&turn, claim, more, self->out, &given);
    claim->row.granted += given;
    self->out->granted = claim->row.granted;
    for (unsigned i = 0; i < self->out->slice_count && status == VN_OK; i++) {
        status = vn_storage_grant_put(post->storage, want->enrolment, want->number, self->account,
                                      claim->row.granted, &self->out->slices[i]);
    }
    return status;
}

enum vn_status vn_ledger_grant(struct vn_post *post, const struct vn_ledger_want *want, struct vn_grant *out,
                               int64_t *account, struct vn_error *error)
{
    struct granting granting = {.want = want, .out = out, .error = error};
    enum vn_status status = vn_post_once(post, run_grant, &granting);
    *account = granting.account;
    return status;
}

/* --- adopting a card */

struct adopting {
    struct vn_turn turn;
    const char *card;
    int64_t wallet;
    struct vn_book *book; /* the card's, on its way */
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

/* The card's book is emptied; what was in it is kept aside. */
static enum vn_status empty_card(struct adopting *self, struct vn_post_account *card)
{
    struct vn_post *post = self->turn.post;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_book_open(&self->turn, card, NULL, &books);
    if (status != VN_OK) {
        return status;
    }
    *self->book = post->book;
    self->person = books.person;
    post->book.wallets[0].lot_count = 0;
    post->book.counter_count = 0;
    post->book.given_count = 0;
    post->book.lifetime_minor = 0;
    post->book.qualifying = 0;
    memset(&books.person, 0, sizeof books.person);
    card->row.heir = self->wallet;
    return vn_post_book_close(&self->turn, &books);
}

static void add_counters(struct vn_book *into, const struct vn_book *from)
{
    for (unsigned i = 0; i < from->counter_count; i++) {
        unsigned at = 0;
        while (at < into->counter_count &&
               strcmp(into->counters[at].account, from->counters[i].account) < 0) {
            at++;
        }
        if (at < into->counter_count && strcmp(into->counters[at].account, from->counters[i].account) == 0) {
            into->counters[at].value += from->counters[i].value;
        } else if (into->counter_count < VN_COUNTERS_MAX) {
            memmove(&into->counters[at + 1], &into->counters[at],
                    (into->counter_count++ - at) * sizeof into->counters[0]);
            into->counters[at] = from->counters[i];
        }
    }
    for (unsigned i = 0; i < from->given_count && into->given_count < VN_BOOK_GIVEN_MAX; i++) {
        into->given[into->given_count++] = from->given[i];
    }
    into->lifetime_minor += from->lifetime_minor;
    into->qualifying += from->qualifying;
}

static enum vn_status fill_wallet(struct adopting *self, struct vn_post_account *wallet)
{
    struct vn_post *post = self->turn.post;
    struct vn_post_books books = {.count = 0};
    enum vn_status status = vn_post_book_open(&self->turn, wallet, NULL, &books);
    if (status != VN_OK) {
        return status;
    }
    for (unsigned i = 0; i < self->book->wallets[0].lot_count; i++) {
        vn_post_lot_insert(post, &self->book->wallets[0].lots[i]);
    }
    add_counters(&post->book, self->book);
    books.person.visits += self->person.visits;
    books.person.last_visit_ms = self->person.last_visit_ms > books.person.last_visit_ms
                                     ? self->person.last_visit_ms
                                     : books.person.last_visit_ms;
    status = vn_post_settle(&self->turn, &books);
    return status == VN_OK ? vn_post_book_close(&self->turn, &books) : status;
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
    if (status == VN_OK && card->row.heir == 0) {
        status = empty_card(self, card);
        if (status == VN_OK) {
            status = move_places(self, card, wallet);
        }
        if (status == VN_OK) {
            status = fill_wallet(self, wallet);
        }
    }
    return status;
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
    enum vn_status status = vn_post_once(post, run_adopt, &adopting);
    free(adopting.book);
    return status;
}
