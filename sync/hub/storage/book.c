#include "sync/hub/storage/book.h"

#include <string.h>

#define VERSION     1
#define VERSION_2   2 /* lots that paid a debt */
#define DAY_MS      INT64_C(86400000)
#define TERM_MAX_MS (INT64_MAX / 8)

enum vn_status vn_pack_int(struct vn_buf *out, int64_t value)
{
    uint8_t bytes[10];
    size_t len = 0;
    uint64_t rest = ((uint64_t)value << 1) ^ (uint64_t)(value < 0 ? -1 : 0);
    do {
        bytes[len] = (uint8_t)(rest & 0x7f);
        rest >>= 7;
        bytes[len++] |= rest != 0 ? 0x80 : 0;
    } while (rest != 0);
    return vn_buf_append(out, vn_view_of(bytes, len));
}

enum vn_status vn_pack_text(struct vn_buf *out, const char *text)
{
    enum vn_status status = vn_pack_int(out, (int64_t)strlen(text));
    return status == VN_OK ? vn_buf_append_str(out, text) : status;
}

int64_t vn_unpack_int(struct vn_unpack *in)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 10 && i < in->rest.len; i++) {
        uint8_t byte = in->rest.data[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            in->rest = vn_view_of(in->rest.data + i + 1, in->rest.len - i - 1);
            return (int64_t)((value >> 1) ^ (0 - (value & 1)));
        }
    }
    in->rest = VN_VIEW_NONE;
    in->bad = true;
    return 0;
}

unsigned vn_unpack_count(struct vn_unpack *in, unsigned most)
{
    int64_t count = vn_unpack_int(in);
    if (count < 0 || count > (int64_t)most) {
        in->bad = true;
        return 0;
    }
    return (unsigned)count;
}

void vn_unpack_text(struct vn_unpack *in, char *out, size_t size)
{
    size_t len = vn_unpack_count(in, (unsigned)size - 1);
    if (len > in->rest.len) {
        in->bad = true;
        len = 0;
    }
    if (len > 0) {
        memcpy(out, in->rest.data, len);
        in->rest = vn_view_of(in->rest.data + len, in->rest.len - len);
    }
    out[len] = '\0';
}

static enum vn_status pack_ints(struct vn_buf *out, const int64_t *values, size_t count)
{
    enum vn_status status = VN_OK;
    for (size_t i = 0; i < count && status == VN_OK; i++) {
        status = vn_pack_int(out, values[i]);
    }
    return status;
}

/* Difference of two times that wraps: packing and reading agree whatever the times are. */
static int64_t apart(int64_t later, int64_t earlier)
{
    return (int64_t)((uint64_t)later - (uint64_t)earlier);
}

static int64_t after(int64_t earlier, int64_t by)
{
    return (int64_t)((uint64_t)earlier + (uint64_t)by);
}

/* Terms are whole days as a rule: then the number of days, doubled; else the milliseconds, doubled and one. None is 0, which is
 * what a lot without an end has. */
static int64_t term_of(int64_t ms)
{
    return ms != 0 && ms % DAY_MS == 0 ? ms / DAY_MS * 2 : (int64_t)((uint64_t)ms * 2 + 1);
}

static int64_t ms_of(int64_t term)
{
    return term % 2 == 0 ? term / 2 * DAY_MS : (term - 1) / 2;
}

/* A damaged one is longer than any, and would not be read as it was written. */
static int64_t unpack_term(struct vn_unpack *in)
{
    const int64_t term = vn_unpack_int(in);
    const int64_t max = term % 2 == 0 ? TERM_MAX_MS / DAY_MS : TERM_MAX_MS;
    if (term / 2 > max || term / 2 < -max) {
        in->bad = true;
        return 0;
    }
    return term;
}

static bool has_paid(const struct vn_book_wallet *wallet)
{
    unsigned i = 0;
    while (i < wallet->lot_count && wallet->lots[i].paid == 0) {
        i++;
    }
    return i < wallet->lot_count;
}

static enum vn_status pack_lots(const struct vn_book_wallet *wallet, bool paid, struct vn_buf *out)
{
    int64_t id = 0;
    int64_t earned_ms = 0;
    enum vn_status status = vn_pack_int(out, wallet->lot_count);
    for (unsigned i = 0; i < wallet->lot_count && status == VN_OK; i++) {
        const struct vn_book_lot *lot = &wallet->lots[i];
        const int64_t values[] = {apart(lot->id, id),
                                  lot->amount,
                                  lot->spent,
                                  lot->granted,
                                  lot->expired,
                                  lot->lapsed,
                                  apart(lot->earned_ms, earned_ms),
                                  term_of(apart(lot->matures_ms, lot->earned_ms)),
                                  lot->expires_ms == 0 ? 0 : term_of(apart(lot->expires_ms, lot->earned_ms)),
                                  lot->sale,
                                  lot->paid};
        id = lot->id;
        earned_ms = lot->earned_ms;
        status = pack_ints(out, values, sizeof values / sizeof *values - (paid ? 0 : 1));
    }
    return status;
}

static void unpack_lots(struct vn_unpack *in, bool paid, struct vn_book_wallet *wallet)
{
    int64_t id = 0;
    int64_t earned_ms = 0;
    wallet->lot_count = vn_unpack_count(in, VN_BOOK_LOTS_MAX);
    for (unsigned i = 0; i < wallet->lot_count && !in->bad; i++) {
        struct vn_book_lot *lot = &wallet->lots[i];
        lot->id = id = after(id, vn_unpack_int(in));
        lot->amount = vn_unpack_int(in);
        lot->spent = vn_unpack_int(in);
        lot->granted = vn_unpack_int(in);
        lot->expired = vn_unpack_int(in);
        lot->lapsed = vn_unpack_int(in);
        lot->earned_ms = earned_ms = after(earned_ms, vn_unpack_int(in));
        lot->matures_ms = after(earned_ms, ms_of(unpack_term(in)));
        int64_t term = unpack_term(in);
        lot->expires_ms = term == 0 ? 0 : after(earned_ms, ms_of(term));
        lot->sale = vn_unpack_int(in);
        lot->paid = paid ? vn_unpack_int(in) : 0;
    }
}

static enum vn_status pack_person(const struct vn_book *book, const struct vn_book_person *person,
                                  struct vn_buf *out)
{
    const int64_t sums[] = {book->lifetime_minor, book->qualifying, person->visits, person->last_visit_ms};
    enum vn_status status = pack_ints(out, sums, sizeof sums / sizeof *sums);
    if (status == VN_OK) {
        status = vn_pack_text(out, person->tier);
    }
    if (status == VN_OK) {
        const int64_t periods[] = {1, person->before, person->period_ms, person->fall_ms};
        status = person->has_periods ? pack_ints(out, periods, sizeof periods / sizeof *periods)
                                     : vn_pack_int(out, 0);
    }
    if (status == VN_OK) {
        status = vn_pack_int(out, book->counter_count);
    }
    for (unsigned i = 0; i < book->counter_count && status == VN_OK; i++) {
        status = vn_pack_text(out, book->counters[i].account);
        if (status == VN_OK) {
            status = vn_pack_int(out, book->counters[i].value);
        }
    }
    if (status == VN_OK) {
        status = vn_pack_int(out, book->given_count);
    }
    for (unsigned i = 0; i < book->given_count && status == VN_OK; i++) {
        const struct vn_book_given *given = &book->given[i];
        const int64_t values[] = {(int64_t)given->kind, given->sale, given->amount, given->valid_from_ms,
                                  given->valid_until_ms};
        status = vn_pack_text(out, given->what);
        if (status == VN_OK) {
            status = pack_ints(out, values, sizeof values / sizeof *values);
        }
    }
    return status;
}

static void unpack_person(struct vn_unpack *in, struct vn_book *book, struct vn_book_person *person)
{
    book->lifetime_minor = vn_unpack_int(in);
    book->qualifying = vn_unpack_int(in);
    person->visits = vn_unpack_int(in);
    person->last_visit_ms = vn_unpack_int(in);
    vn_unpack_text(in, person->tier, sizeof person->tier);
    person->has_periods = vn_unpack_count(in, 1) == 1;
    if (person->has_periods) {
        person->before = vn_unpack_int(in);
        person->period_ms = vn_unpack_int(in);
        person->fall_ms = vn_unpack_int(in);
    }
    book->counter_count = vn_unpack_count(in, VN_COUNTERS_MAX);
    for (unsigned i = 0; i < book->counter_count && !in->bad; i++) {
        vn_unpack_text(in, book->counters[i].account, sizeof book->counters[i].account);
        book->counters[i].value = vn_unpack_int(in);
    }
    book->given_count = vn_unpack_count(in, VN_BOOK_GIVEN_MAX);
    for (unsigned i = 0; i < book->given_count && !in->bad; i++) {
        struct vn_book_given *given = &book->given[i];
        vn_unpack_text(in, given->what, sizeof given->what);
        given->kind = (enum vn_given_kind)vn_unpack_count(in, VN_GIVEN_SAY);
        given->sale = vn_unpack_int(in);
        given->amount = vn_unpack_int(in);
        given->valid_from_ms = vn_unpack_int(in);
        given->valid_until_ms = vn_unpack_int(in);
    }
}

enum vn_status vn_book_pack(const struct vn_book *book, unsigned at, int64_t next_lot,
                            const struct vn_book_person *person, struct vn_buf *out)
{
    bool paid = has_paid(&book->wallets[at]);
    const int64_t head[] = {paid ? VERSION_2 : VERSION, next_lot};
    enum vn_status status = pack_ints(out, head, sizeof head / sizeof *head);
    if (status == VN_OK) {
        status = pack_lots(&book->wallets[at], paid, out);
    }
    if (status == VN_OK) {
        status = vn_pack_int(out, person != NULL ? 1 : 0);
    }
    return status == VN_OK && person != NULL ? pack_person(book, person, out) : status;
}

enum vn_status vn_book_unpack(struct vn_view packed, struct vn_book *book, unsigned at, int64_t *next_lot,
                              struct vn_book_person *person)
{
    struct vn_unpack in = {.rest = packed};
    *next_lot = 1;
    if (packed.len == 0) {
        return VN_OK;
    }
    int64_t version = vn_unpack_int(&in);
    if (version != VERSION && version != VERSION_2) {
        return VN_CORRUPT;
    }
    *next_lot = vn_unpack_int(&in);
    unpack_lots(&in, version == VERSION_2, &book->wallets[at]);
    if (vn_unpack_int(&in) == 1) {
        unpack_person(&in, book, person);
    }
    return in.bad || in.rest.len != 0 || *next_lot < 1 ? VN_CORRUPT : VN_OK;
}
