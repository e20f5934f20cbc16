/* What the ledger's rows carry packed beside books (storage/book.h), as LEB128 with counts in front:
 *
 *     a sale     version 1 | holds | uses | earned | lines that came back | charged; nothing for one that has none of it.
 *                one that came back elsewhere: version 2 | the same | state, 1: elsewhere, 2: voided again | gone
 *                one whose stamps were cut: version 3 | as version 2 | how many of its stamps were posted
 *     an account what it earned late: count | day since 1970, amount; days rise; nothing for one that earned nothing late
 *     a claim    slices: lot, amount
 *     an entry in quarantine    what its counters moved: account, in, out
 *
 * Pure. Writers append: VN_FULL, VN_NOMEM. Readers: VN_CORRUPT. */
#ifndef VN_HUB_STORAGE_PACK_H
#define VN_HUB_STORAGE_PACK_H

#include "agent/base/bytes.h"
#include "agent/loyalty/book.h"
#include "agent/loyalty/returns.h"

#define VN_SALE_USES_MAX  2048 /* lots that one sale took from */
#define VN_SALE_HOLDS_MAX 96   /* accounts that it holds of, at all enrolments */
#define VN_SALE_GONE_MAX  (VN_SALE_HOLDS_MAX + VN_RIGHTS_MAX) /* accounts that it took of by right */
#define VN_LATE_DAYS_MAX  (VN_EARN_LATE_DAYS + 1)
#define VN_SLICES_MAX     (VN_BOOK_LOTS_MAX + 1) /* of one account that are out at one enrolment */

/* Points of a lot that a sale took. */
struct vn_sale_use {
    int64_t account;
    int64_t lot; /* 0: of none, it was owed */
    int64_t amount;
    bool by_right; /* out of a right: a void at the till gives it back to one */
};
struct vn_sale_hold {
    int64_t enrolment, account, amount;
};
struct vn_sale_earned {
    int64_t account, amount; /* as posted */
};
/* Of what it took by right, what went back at tills that lack it and is no right again. */
struct vn_sale_gone {
    int64_t account, amount;
};
/* What a sale's row has packed. */
struct vn_sale_rest {
    unsigned hold_count, use_count, earned_count, back_count;
    struct vn_sale_hold holds[VN_SALE_HOLDS_MAX];
    struct vn_sale_use uses[VN_SALE_USES_MAX];
    struct vn_sale_earned earned[VN_WALLETS_MAX];
    struct vn_return_item back[VN_LINES_MAX]; /* lines that came back, each once */
    int64_t charged_minor;
    bool elsewhere; /* all of it, or some, came back in another journal than its own */
    bool again;     /* and its own voided it after that */
    unsigned gone_count;
    struct vn_sale_gone gone[VN_SALE_GONE_MAX]; /* accounts, each once */
    bool cut;                                   /* it gave more stamps than a receipt may: */
    int64_t stamps;                             /* so many of them were posted, those that stand first */
};

/* What an account earned on days before its present one, of tills that told of it later. */
struct vn_late_days {
    unsigned count;
    struct {
        int64_t day, earned; /* UTC days since 1970, rising */
    } rows[VN_LATE_DAYS_MAX];
};

/* Parts of lots that are out at an enrolment. */
struct vn_slices {
    unsigned count;
    struct {
        int64_t lot, amount;
    } rows[VN_SLICES_MAX];
};

/* What the counters of an entry in quarantine moved. */
struct vn_moved {
    unsigned count;
    struct {
        int64_t account, in, out;
    } rows[VN_RIGHTS_MAX];
};

VN_MUST_USE enum vn_status vn_sale_rest_write(const struct vn_sale_rest *rest, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_sale_rest_read(struct vn_view packed, struct vn_sale_rest *out);

VN_MUST_USE enum vn_status vn_slices_write(const struct vn_slices *slices, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_slices_read(struct vn_view packed, struct vn_slices *out);
/* Adds to the slice of a lot, or takes off it. VN_FULL: it is one too many. */
VN_MUST_USE enum vn_status vn_slices_add(struct vn_slices *slices, int64_t lot, int64_t delta);

/* Days before `first` are forgotten. */
VN_MUST_USE enum vn_status vn_late_read(struct vn_view packed, int64_t first, struct vn_late_days *out);
VN_MUST_USE enum vn_status vn_late_write(const struct vn_late_days *days, struct vn_buf *out);

VN_MUST_USE enum vn_status vn_moved_write(const struct vn_moved *moved, struct vn_buf *out);
VN_MUST_USE enum vn_status vn_moved_read(struct vn_view packed, struct vn_moved *out);

#endif
