/* Packed lots, slices and holds against the sums that stand beside them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/ledger/audit.h"
#include "sync/hub/storage/book.h"
#include "sync/hub/storage/pack.h"

struct held {
    int64_t enrolment, account, amount;
};

struct audit {
    struct vn_storage *storage;
    vn_sentence_visit visit;
    void *ctx;
    struct vn_book book;
    struct vn_slices slices;
    struct vn_sale_rest rest;
    int64_t granted[VN_BOOK_LOTS_MAX]; /* of each lot: in the slices of tills */
    struct held *held;                 /* by open holds, less what claims say */
    size_t held_count, held_cap;
};

static enum vn_status say(struct audit *audit, int64_t account, int64_t enrolment, const char *what,
                          int64_t difference)
{
    char name[VN_HUB_ACCOUNT_MAX] = "?";
    char sentence[VN_ERROR_TEXT_MAX];
    char at[48] = "";
    enum vn_status status = vn_storage_name(audit->storage, account, name);
    if (status != VN_OK && status != VN_ABSENT) {
        return status;
    }
    if (enrolment != 0) {
        (void)snprintf(at, sizeof at, " at enrolment %lld", (long long)enrolment);
    }
    (void)snprintf(sentence, sizeof sentence, "%s%s: %s %lld", name, at, what, (long long)difference);
    return audit->visit(audit->ctx, sentence);
}

static enum vn_status add_slices(void *ctx, const struct vn_claim_row *row)
{
    struct audit *audit = ctx;
    const struct vn_book_wallet *wallet = &audit->book.wallets[0];
    enum vn_status status = vn_slices_read(row->slices, &audit->slices);
    if (status == VN_CORRUPT) {
        return VN_OK; /* check_claim says so */
    }
    for (unsigned i = 0; i < audit->slices.count && status == VN_OK; i++) {
        for (unsigned lot = 0; lot < wallet->lot_count; lot++) {
            if (wallet->lots[lot].id == audit->slices.rows[i].lot) {
                audit->granted[lot] += audit->slices.rows[i].amount;
            }
        }
    }
    return status;
}

static enum vn_status check_lots(struct audit *audit, const struct vn_account_row *row)
{
    const struct vn_book_wallet *wallet = &audit->book.wallets[0];
    int64_t sums[2] = {0, 0};
    int64_t out = 0;
    enum vn_status status = VN_OK;
    memset(audit->granted, 0, sizeof audit->granted);
    for (unsigned i = 0; i < wallet->lot_count; i++) {
        sums[wallet->lots[i].matures_ms > row->matured_ms ? 1 : 0] += wallet->lots[i].amount;
        out += wallet->lots[i].granted;
    }
    if (sums[0] != row->places[VN_PLACE_FREE]) {
        status = say(audit, row->id, 0, "the lots differ from what is free by",
                     sums[0] - row->places[VN_PLACE_FREE]);
    }
    if (status == VN_OK && sums[1] != row->places[VN_PLACE_WAITING]) {
        status = say(audit, row->id, 0, "the lots differ from what waits by",
                     sums[1] - row->places[VN_PLACE_WAITING]);
    }
    if (status == VN_OK && out != 0) {
        status = vn_storage_claims(audit->storage, row->id, add_slices, audit);
    }
    for (unsigned i = 0; i < wallet->lot_count && status == VN_OK; i++) {
        int64_t difference = audit->granted[i] - wallet->lots[i].granted;
        if (difference != 0) {
            status =
                say(audit, row->id, 0, "the slices of a lot differ from what is out of it by", difference);
        }
    }
    return status;
}

static enum vn_status check_account(void *ctx, const struct vn_account_row *row)
{
    struct audit *audit = ctx;
    struct vn_book_person person;
    int64_t next_lot = 0;
    audit->book.wallet_count = 0;
    enum vn_status status = vn_book_open(&audit->book, "", "");
    if (status == VN_OK) {
        status = vn_book_unpack(row->book, &audit->book, 0, &next_lot, &person);
    }
    if (status == VN_CORRUPT) {
        return say(audit, row->id, 0, "its lots can't be read, bytes:", (int64_t)row->book.len);
    }
    return status == VN_OK ? check_lots(audit, row) : status;
}

static enum vn_status add_held(struct audit *audit, int64_t enrolment, int64_t account, int64_t amount)
{
    if (audit->held_count == audit->held_cap) {
        size_t cap = audit->held_cap == 0 ? 64 : 2 * audit->held_cap;
        struct held *held = realloc(audit->held, cap * sizeof *held);
        if (held == NULL) {
            return VN_NOMEM;
        }
        audit->held = held;
        audit->held_cap = cap;
    }
    audit->held[audit->held_count++] = (struct held){enrolment, account, amount};
    return VN_OK;
}

static enum vn_status check_claim(void *ctx, const struct vn_claim_row *row)
{
    struct audit *audit = ctx;
    int64_t sum = 0;
    enum vn_status status = vn_slices_read(row->slices, &audit->slices);
    if (status == VN_CORRUPT) {
        return say(audit, row->account, row->enrolment,
                   "its slices can't be read, bytes:", (int64_t)row->slices.len);
    }
    for (unsigned i = 0; i < audit->slices.count; i++) {
        sum += audit->slices.rows[i].amount;
    }
    int64_t difference = sum - row->right - row->held - row->suspense - row->lent;
    if (status == VN_OK && difference != 0) {
        status =
            say(audit, row->account, row->enrolment, "the slices differ from what is out by", difference);
    }
    return status == VN_OK && row->held != 0 ? add_held(audit, row->enrolment, row->account, -row->held)
                                             : status;
}

static enum vn_status add_holds(void *ctx, const struct vn_sale_row *row)
{
    struct audit *audit = ctx;
    enum vn_status status = vn_sale_rest_read(row->rest, &audit->rest);
    if (status == VN_CORRUPT) {
        return say(audit, row->account, row->enrolment,
                   "what a sale has left of it can't be read, bytes:", (int64_t)row->rest.len);
    }
    for (unsigned i = 0; i < audit->rest.hold_count && status == VN_OK; i++) {
        const struct vn_sale_hold *hold = &audit->rest.holds[i];
        status = add_held(audit, hold->enrolment, hold->account, hold->amount);
    }
    return status;
}

static int by_place(const void *a, const void *b)
{
    const struct held *left = a;
    const struct held *right = b;
    return left->account != right->account      ? (left->account < right->account ? -1 : 1)
           : left->enrolment < right->enrolment ? -1
                                                : left->enrolment > right->enrolment;
}

static enum vn_status compare_holds(struct audit *audit)
{
    enum vn_status status = VN_OK;
    if (audit->held_count > 0) {
        qsort(audit->held, audit->held_count, sizeof *audit->held, by_place);
    }
    for (size_t i = 0; i < audit->held_count && status == VN_OK;) {
        size_t first = i;
        int64_t sum = 0;
        for (; i < audit->held_count && by_place(&audit->held[first], &audit->held[i]) == 0; i++) {
            sum += audit->held[i].amount;
        }
        if (sum != 0) {
            status = say(audit, audit->held[first].account, audit->held[first].enrolment,
                         "the open holds differ from what is held by", sum);
        }
    }
    return status;
}

enum vn_status vn_audit_ledger(struct vn_storage *storage, vn_sentence_visit visit, void *ctx)
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (audit == NULL) {
        return VN_NOMEM;
    }
    audit->storage = storage;
    audit->visit = visit;
    audit->ctx = ctx;
    enum vn_status status = vn_storage_accounts(storage, check_account, audit);
    if (status == VN_OK) {
        status = vn_storage_claims_all(storage, check_claim, audit);
    }
    if (status == VN_OK) {
        status = vn_storage_sales_with_rest(storage, add_holds, audit);
    }
    if (status == VN_OK) {
        status = compare_holds(audit);
    }
    free(audit->held);
    free(audit);
    return status;
}
