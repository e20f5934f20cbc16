#include "tests/bench/hub_members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/hub/feed/publisher.h"
#include "sync/hub/masters/import.h"
#include "sync/hub/storage/account_id.h"
#include "sync/hub/storage/ledger.h"
#include "tests/bench/bench.h"

#define LINES_MAX ((size_t)1024 * 1024)
#define UNIT      20000 /* members of one transaction */
#define CARDS_UNIT                                                                                           \
    2000000 /* their cards, of which an index is in another order: larger ones write fewer of its pages twice */
#define CHECKPOINT 2000 /* rows, as the publisher closes them */
#define BOOK_MAX   256

/* What the import left of a member whom others are like. */
struct like {
    struct vn_buf facts;
    struct vn_account_row account;
    uint8_t book[BOOK_MAX];
    struct vn_movement_row opening; /* id 0: none */
    char why[VN_ID_MAX];
};

struct member_card {
    struct vn_hash card;
    int64_t member;
};

struct putting {
    struct vn_hub *hub;
    struct like likes[BENCH_MEMBERS_LIKES];
    struct member_card *cards;
    long first, end; /* of the unit that is written: members, or places in `cards` */
    int64_t at_ms;
    struct vn_account_row accounts[UNIT];
    const struct vn_account_row *account_list[UNIT];
    struct vn_movement_row movements[UNIT];
};

enum vn_status bench_member_line(long n, struct vn_buf *out)
{
    static const char *const first_names[] = {"Ana", "Milica", "Jovan", "Petar", "Teodora"};
    static const char *const last_names[] = {"Ilic", "Petrovic", "Nikolic", "Kovac"};
    char card[BENCH_CARD_SIZE];
    bench_card(n, card);
    return vn_buf_printf(
        out,
        "{\"id\":%ld,\"cards\":[\"%s\"],\"first_name\":\"%s\",\"last_name\":\"%s\","
        "\"tier\":\"%s\",\"birth\":\"%02ld-%02ld\",\"joined\":\"20%02ld-03-01\",\"balance\":%ld}\n",
        n, card, first_names[n % 5], last_names[n % 4], n % 10 == 0 ? "gold" : "basic", 1 + n % 12,
        1 + n % 25, 10 + n % 15, bench_balance(n));
}

/* --- those whom others are like ------------------------------------------------------------------------------------- */

static enum vn_status import_likes(struct vn_hub *hub, long count)
{
    struct vn_error error = {VN_OK, "", ""};
    struct vn_buf lines;
    int64_t read = 0;
    int64_t last = 0;
    bool more = true;
    enum vn_status status = VN_OK;
    vn_buf_init(&lines, LINES_MAX);
    for (long n = 1; n <= count && status == VN_OK; n++) {
        status = bench_member_line(n, &lines);
    }
    if (status == VN_OK) {
        status = vn_import(hub, VN_IMPORT_MEMBERS, vn_buf_view(&lines), &read, &error);
    }
    while (status == VN_OK && more) {
        status = vn_feed_publish(hub, &last, &more);
    }
    vn_buf_deinit(&lines);
    return status;
}

static enum vn_status keep_account(void *ctx, const struct vn_account_row *row)
{
    struct like *like = ctx;
    if (row->book.len > sizeof like->book) {
        return VN_FULL;
    }
    like->account = *row;
    memcpy(like->book, row->book.data, row->book.len);
    like->account.book = vn_view_of(like->book, row->book.len);
    return VN_OK;
}

static enum vn_status keep_opening(void *ctx, const struct vn_movement_row *row)
{
    struct like *like = ctx;
    like->opening = *row;
    like->opening.why = like->why;
    return vn_view_copy_str(vn_view_str(row->why), like->why, sizeof like->why);
}

static enum vn_status read_likes(void *ctx, struct vn_storage *storage)
{
    struct putting *self = ctx;
    enum vn_status status = VN_OK;
    for (long n = 1; n <= BENCH_MEMBERS_LIKES && status == VN_OK; n++) {
        struct like *like = &self->likes[n % BENCH_MEMBERS_LIKES];
        const int64_t account = vn_account_of_member(n, 0);
        vn_buf_init(&like->facts, VN_MEMBER_FACTS_MAX);
        status = vn_storage_member_get(storage, n, &like->facts);
        if (status == VN_OK) {
            status = vn_storage_accounts_load(storage, &account, 1, keep_account, like);
        }
        if (status == VN_OK) {
            status = vn_storage_movements(storage, like->account.last_movement, keep_opening, like);
        }
    }
    return status;
}

/* --- those who are like them ---------------------------------------------------------------------------------------- */

static enum vn_status put_rows(struct putting *self, struct vn_storage *storage)
{
    size_t count = 0;
    size_t moved = 0;
    enum vn_status status = VN_OK;
    for (long n = self->first; n < self->end && status == VN_OK; n++, count++) {
        const struct like *like = &self->likes[n % BENCH_MEMBERS_LIKES];
        struct vn_account_row *account = &self->accounts[count];
        *account = like->account;
        account->id = vn_account_of_member(n, 0);
        self->account_list[count] = account;
        if (like->opening.id != 0) {
            struct vn_movement_row *movement = &self->movements[moved++];
            *movement = like->opening;
            movement->account = account->id;
            status = vn_storage_next_movement(storage, &movement->id);
            account->last_movement = movement->id;
        }
        if (status == VN_OK) {
            status = vn_storage_member_put(storage, n, vn_buf_view(&like->facts));
        }
    }
    if (status == VN_OK) {
        status = vn_storage_accounts_store(storage, self->account_list, count);
    }
    return status == VN_OK ? vn_storage_movements_put(storage, self->movements, moved) : status;
}

/* As the publisher leaves them: everybody's, and by member. */
static enum vn_status put_changes(struct putting *self, struct vn_storage *storage)
{
    struct vn_change change = {.kind = VN_FEED_MEMBER, .at_ms = self->at_ms};
    int64_t last = 0;
    enum vn_status status = vn_storage_change_raise(storage, self->end - self->first, &last);
    change.number = last - (self->end - self->first);
    for (long n = self->first; n < self->end && status == VN_OK; n++) {
        bool closes = (n + 1 - self->first) % CHECKPOINT == 0 || n + 1 == self->end;
        long left = CHECKPOINT - 1 - (n - self->first) % CHECKPOINT;
        change.number++;
        change.checkpoint = change.number + left < last ? change.number + left : last;
        (void)snprintf(change.key, sizeof change.key, "w%ld", n);
        status = vn_storage_change_put(storage, "", &change);
        if (status == VN_OK && closes) {
            status = vn_storage_checkpoint_put(storage, change.checkpoint, self->at_ms, "");
        }
    }
    return status;
}

static enum vn_status put_unit(void *ctx, struct vn_storage *storage)
{
    struct putting *self = ctx;
    enum vn_status status = put_rows(self, storage);
    return status == VN_OK ? put_changes(self, storage) : status;
}

/* --- cards, in the order of the table that finds them --------------------------------------------------------------- */

static int by_card(const void *a, const void *b)
{
    return memcmp(((const struct member_card *)a)->card.bytes, ((const struct member_card *)b)->card.bytes,
                  VN_HASH_SIZE);
}

static enum vn_status make_cards(struct putting *self, long members)
{
    char number[BENCH_CARD_SIZE];
    size_t count = (size_t)(members - BENCH_MEMBERS_LIKES);
    self->cards = malloc(count * sizeof *self->cards);
    if (self->cards == NULL) {
        return VN_NOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        self->cards[i].member = BENCH_MEMBERS_LIKES + 1 + (int64_t)i;
        bench_card((long)self->cards[i].member, number);
        vn_hub_card_hash(self->hub, number, &self->cards[i].card);
    }
    qsort(self->cards, count, sizeof *self->cards, by_card);
    return VN_OK;
}

static enum vn_status put_cards(void *ctx, struct vn_storage *storage)
{
    const struct putting *self = ctx;
    enum vn_status status = VN_OK;
    for (long i = self->first; i < self->end && status == VN_OK; i++) {
        status = vn_storage_card_put(storage, &self->cards[i].card, self->cards[i].member);
    }
    return status;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

typedef void (*progress_fn)(const char *what, long done, long of);
typedef enum vn_status (*unit_fn)(void *ctx, struct vn_storage *storage);

static enum vn_status in_units(struct putting *self, long first, long end, long size, unit_fn unit,
                               const char *what, progress_fn progress)
{
    enum vn_status status = VN_OK;
    for (self->first = first; self->first < end && status == VN_OK; self->first = self->end) {
        self->end = self->first + size < end ? self->first + size : end;
        status = vn_storage_unit(self->hub->storage, VN_SQL_WRITE, unit, self);
        if (progress != NULL) {
            progress(what, self->end - first, end - first);
        }
    }
    return status;
}

enum vn_status bench_members_put(struct vn_hub *hub, long members, progress_fn progress)
{
    struct putting *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return VN_NOMEM;
    }
    self->hub = hub;
    self->at_ms = vn_hub_now_ms(hub);
    enum vn_status status = import_likes(hub, members < BENCH_MEMBERS_LIKES ? members : BENCH_MEMBERS_LIKES);
    if (status == VN_OK && members > BENCH_MEMBERS_LIKES) {
        status = vn_storage_unit(hub->storage, VN_SQL_READ, read_likes, self);
        if (status == VN_OK) {
            status =
                in_units(self, BENCH_MEMBERS_LIKES + 1, members + 1, UNIT, put_unit, "members", progress);
        }
        if (status == VN_OK) {
            status = make_cards(self, members);
        }
        if (status == VN_OK) {
            status =
                in_units(self, 0, members - BENCH_MEMBERS_LIKES, CARDS_UNIT, put_cards, "cards", progress);
        }
    }
    for (size_t i = 0; i < BENCH_MEMBERS_LIKES; i++) {
        vn_buf_deinit(&self->likes[i].facts);
    }
    free(self->cards);
    free(self);
    return status;
}
