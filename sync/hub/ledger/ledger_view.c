/* What the ledger says of an account. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/ledger.h"
#include "sync/hub/storage/book.h"

struct vn_ledger_view {
    struct vn_account_row row;
    struct vn_book book;
    struct vn_book_person person;
    bool found;
    struct vn_terms *terms;
};

enum vn_status vn_ledger_view_create(struct vn_ledger_view **out)
{
    struct vn_ledger_view *view = calloc(1, sizeof *view);
    *out = NULL;
    if (view == NULL || vn_terms_create(&view->terms) != VN_OK) {
        free(view);
        return VN_NOMEM;
    }
    *out = view;
    return VN_OK;
}

void vn_ledger_view_destroy(struct vn_ledger_view *view)
{
    if (view != NULL) {
        vn_terms_destroy(view->terms);
        free(view);
    }
}

const struct vn_account_row *vn_ledger_view_row(const struct vn_ledger_view *view)
{
    return &view->row;
}

const struct vn_book *vn_ledger_view_book(const struct vn_ledger_view *view)
{
    return &view->book;
}

int64_t vn_ledger_owned(const struct vn_account_row *row)
{
    const int64_t *at = row->places;
    return at[VN_PLACE_FREE] + at[VN_PLACE_WAITING] + at[VN_PLACE_RIGHT] + at[VN_PLACE_HELD] +
           at[VN_PLACE_SUSPENSE] + at[VN_PLACE_LENT] + at[VN_PLACE_DEBT];
}

static enum vn_status on_row(void *ctx, const struct vn_account_row *row)
{
    struct vn_ledger_view *view = ctx;
    int64_t ignored = 0;
    view->row = *row;
    view->row.book = view->row.late = VN_VIEW_NONE; /* they do not outlive the row */
    view->found = true;
    return vn_book_unpack(row->book, &view->book, 0, &ignored, &view->person);
}

enum vn_status vn_ledger_view_read(struct vn_ledger_view *view, struct vn_storage *storage, int64_t account)
{
    view->found = false;
    view->row = (struct vn_account_row){.id = account};
    view->person = (struct vn_book_person){.visits = 0};
    view->book.counter_count = view->book.given_count = 0;
    view->book.lifetime_minor = view->book.qualifying = 0;
    view->book.wallet_count = 0;
    enum vn_status status = vn_book_open(&view->book, "", "");
    if (status == VN_OK) {
        status = vn_storage_accounts_load(storage, &account, 1, on_row, view);
    }
    return status == VN_OK && !view->found ? VN_ABSENT : status;
}

/* What is left of lots, what is out at tills included. */
static void tell_lots(const struct vn_book_wallet *wallet, struct vn_lot out[VN_LOTS_MAX], unsigned *count)
{
    *count = 0;
    for (unsigned i = 0; i < wallet->lot_count && *count < VN_LOTS_MAX; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        if (lot->amount + lot->granted > 0) {
            out[(*count)++] = (struct vn_lot){lot->id, lot->amount + lot->granted, lot->earned_ms,
                                              lot->matures_ms, lot->expires_ms};
        }
    }
}

/* Outside of what tills read a row would stop them all. */
static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

int64_t vn_ledger_at_tills(const struct vn_account_row *row)
{
    const int64_t *at = row->places;
    return within(at[VN_PLACE_RIGHT] + at[VN_PLACE_HELD] + at[VN_PLACE_LENT], 0, VN_AMOUNT_MAX);
}

/* Lent below 0: others have it already, and here it is at hand still. */
int64_t vn_ledger_elsewhere(int64_t at_tills, const struct vn_claim_row *own)
{
    return within(at_tills - own->right - own->held - (own->lent < 0 ? own->lent : 0), 0, VN_AMOUNT_MAX);
}

static void tell_tags(const struct vn_book *book, struct vn_member *out)
{
    for (unsigned i = 0; i < book->given_count; i++) {
        unsigned at = 0;
        if (book->given[i].kind != VN_GIVEN_TAG || strlen(book->given[i].what) >= VN_TAG_MAX) {
            continue;
        }
        while (at < out->segment_count && strcmp(out->segments[at], book->given[i].what) != 0) {
            at++;
        }
        if (at == out->segment_count && at < VN_SEGMENTS_MAX) {
            (void)snprintf(out->segments[out->segment_count++], VN_TAG_MAX, "%s", book->given[i].what);
        }
    }
}

static void tell_person(const struct vn_ledger_view *view, struct vn_member *out)
{
    const struct vn_book *book = &view->book;
    out->balance = within(vn_ledger_owned(&view->row), -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
    out->debt = within(-view->row.places[VN_PLACE_DEBT], 0, VN_AMOUNT_MAX);
    out->lifetime_spend_minor = within(out->lifetime_spend_minor + book->lifetime_minor, 0, VN_AMOUNT_MAX);
    out->qualifying = within(out->qualifying + book->qualifying, 0, VN_AMOUNT_MAX);
    out->visits = within(out->visits + view->person.visits, 0, VN_AMOUNT_MAX);
    if (view->person.last_visit_ms > out->last_visit_ms) {
        out->last_visit_ms = view->person.last_visit_ms;
    }
    if (view->person.has_periods) {
        out->qualifying = within(book->qualifying, 0, VN_AMOUNT_MAX);
    }
    if (view->person.has_periods || view->person.tier[0] != '\0') {
        memcpy(out->tier, view->person.tier, sizeof out->tier);
    }
    out->counter_count = 0;
    for (unsigned i = 0; i < book->counter_count; i++) {
        struct vn_member_counter *row = &out->counters[out->counter_count++];
        *row = book->counters[i];
        row->value = within(row->value, 0, VN_AMOUNT_MAX);
    }
    tell_tags(book, out);
    tell_lots(&book->wallets[0], out->lots, &out->lot_count);
}

enum vn_status vn_ledger_tell(struct vn_ledger_view *view, struct vn_storage *storage, int64_t member,
                              struct vn_member *facts)
{
    const struct vn_term_set *terms = NULL;
    enum vn_status status = vn_ledger_view_read(view, storage, vn_account_of_member(member, 0));
    if (status == VN_OK || status == VN_ABSENT) {
        tell_person(view, facts);
        vn_terms_forget(view->terms); /* another ruleset may be in force by now */
        status = vn_terms_of(view->terms, storage, 0, false, &terms);
    }
    facts->wallet_count = 0;
    for (unsigned i = 1; status == VN_OK && i < terms->count; i++) {
        struct vn_member_wallet *wallet = &facts->wallets[facts->wallet_count++];
        char account[VN_HUB_ACCOUNT_MAX];
        int64_t id = vn_account_of_member(member, terms->wallets[i].number);
        memcpy(wallet->id, terms->wallets[i].wallet, sizeof wallet->id);
        (void)vn_account_text(id, account);
        status = vn_view_copy_str(vn_view_str(account), wallet->account, sizeof wallet->account);
        if (status == VN_OK) {
            status = vn_ledger_view_read(view, storage, id);
        }
        if (status == VN_OK || status == VN_ABSENT) {
            wallet->balance = within(vn_ledger_owned(&view->row), -VN_AMOUNT_MAX, VN_AMOUNT_MAX);
            tell_lots(&view->book.wallets[0], wallet->lots, &wallet->lot_count);
            status = VN_OK;
        }
    }
    return status;
}

enum vn_status vn_ledger_attach(struct vn_hub *hub, enum vn_ledger_use use)
{
    hub->post = NULL;
    hub->view = NULL;
    enum vn_status status = vn_ledger_view_create(&hub->view);
    if (status == VN_OK && use == VN_LEDGER_WRITES) {
        status = vn_post_create(hub->storage, hub->settings, hub->log, &hub->post);
    }
    if (status != VN_OK) {
        vn_ledger_detach(hub);
    }
    return status;
}

void vn_ledger_detach(struct vn_hub *hub)
{
    vn_post_destroy(hub->post);
    vn_ledger_view_destroy(hub->view);
    hub->post = NULL;
    hub->view = NULL;
}
