/* A member's book (agent/loyalty/book.h) as the hub keeps it: one packed text of bytes in each account's row.
 *
 *     version 1 | next lot | count of lots | lots | 0, or 1 and what the member has beside points
 *
 * All numbers are LEB128, signed ones zigzag; a lot is {id, free, spent, granted, expired, lapsed, earned, days to
 * mature, days to live, sale}, its times told from the lot before it and from its own day of earning, so that a lot of
 * a chain with one term takes some 15 bytes. A wallet whose lots paid a debt is of version 2: each lot ends in what it
 * paid. Texts have their length in front.
 *
 * An account is one wallet; a member's first one also carries what is his: sums, visits, tier, counters, and what he
 * was given. Pure: no storage, no clock, no allocation beside the buffer's. */
#ifndef VN_HUB_STORAGE_BOOK_H
#define VN_HUB_STORAGE_BOOK_H

#include "agent/base/bytes.h"
#include "agent/loyalty/book.h"

#define VN_BOOK_PACKED_MAX 131072 /* a full wallet and a member with all that he can have */

/* What a member has beside the wallets and counters of his book. */
struct vn_book_person {
    int64_t visits;
    int64_t last_visit_ms;
    char tier[VN_TAG_MAX]; /* that a sale lifted him to; "": none did */
    /* Once the ruleset's tiers have periods (agent/loyalty/tiers.h): the tier is the one above, whatever was imported, and the
     * book's counter is that of the period under way. */
    bool has_periods;
    int64_t before, period_ms, fall_ms;
};

/* Appends wallet `at` of the book, and with `person` what is the member's. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_book_pack(const struct vn_book *book, unsigned at, int64_t next_lot,
                                        const struct vn_book_person *person, struct vn_buf *out);

/* Fills wallet `at`, which vn_book_open added, and, of a text that has them, the member's own things and *person. An
 * empty text is an empty wallet. VN_CORRUPT. */
VN_MUST_USE enum vn_status vn_book_unpack(struct vn_view packed, struct vn_book *book, unsigned at,
                                          int64_t *next_lot, struct vn_book_person *person);

/* LEB128, for what else is packed. A reader that ran out or over stays at the end, with `bad` set, and gives 0. */
struct vn_unpack {
    struct vn_view rest;
    bool bad;
};
VN_MUST_USE enum vn_status vn_pack_int(struct vn_buf *out, int64_t value);
VN_MUST_USE enum vn_status vn_pack_text(struct vn_buf *out, const char *text);
int64_t vn_unpack_int(struct vn_unpack *in);
void vn_unpack_text(struct vn_unpack *in, char *out, size_t size);
/* A count of what follows: at most `most`. */
unsigned vn_unpack_count(struct vn_unpack *in, unsigned most);

#endif
