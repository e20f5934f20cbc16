/* Posting: entries of journals become movements of the ledger. What each kind of entry moves:
 *
 *     grant    nothing: it moved when it was granted; the numbers are compared
 *     hold     right -> held, or back when a later hold needs less
 *     cancel   held -> right
 *     commit   held, right -> redeemed, or back to the right where it is not needed; what the outcome consumes beyond that
 *              comes out of what is free, and is then a debt; earns lots, stamps, coupons, tags, qualifying spend
 *     used     as commit, without earning
 *     void     redeemed -> right, the rest to its lots; all that the sale gave is taken back; elsewhere: redeemed -> free
 *     return   the same, for the part of the receipt that came back: redeemed -> free
 *     release  right -> free
 *     give     right -> lent
 *     take     lent of the lender -> right; the give is inside it, so it is the same whichever of the two comes first
 *     back     lent -> right
 *     boot, finding, refuse: remembered
 *
 * How much a right moves follows from the counters in the entry's envelope, as differences to those that the till said last,
 * so that it fits the till's own reckoning whatever the entry's body says. Lots, debts, stamps and all that is the
 * member's are those of his book (agent/loyalty/book.h), whose movements are posted one by one; the terms of new lots are
 * the wallet's in the ruleset that the sale was reckoned with (terms.h).
 *
 * A sale is told apart by (till, sale key); a step that was done already is never posted again. The recorded outcome is
 * compared with the envelope, and differences are flagged on the sale. A till's outcome is taken as it is, within caps
 * of a receipt and of a day (setting.h), also of days that are over (post_earn.c).
 *
 * An entry that can't be applied is in quarantine: all that it had done is put back, its counters count even so (what they
 * moved stands in suspense), and its row says why. quarantine.h releases and discards.
 *
 * In three steps, so that the middle one needs no store: vn_prepare reads an entry's bytes, on whichever thread;
 * vn_post_slice loads the rows that a slice of prepared entries touches, posts them in memory, and stores what changed. */
#ifndef VN_HUB_POST_H
#define VN_HUB_POST_H

#include "agent/base/log.h"
#include "sync/hub/storage/branch.h"
#include "sync/hub/storage/ledger.h"
#include "sync/wire/entry.h"

#define VN_POST_SLICE_MAX 256 /* entries of one slice, at best: fewer calls, and a bounded time */

/* One entry, read and cut to what posting needs. */
struct vn_prepared;
/* Scratch of a thread that prepares. */
struct vn_preparer;
VN_MUST_USE enum vn_status vn_preparer_create(struct vn_preparer **out); /* VN_NOMEM */
void vn_preparer_destroy(struct vn_preparer *preparer);                  /* NULL is fine */
/* Never refuses: what can't be read is a prepared entry that says so. VN_NOMEM. Pure. */
VN_MUST_USE enum vn_status vn_prepare(struct vn_preparer *preparer, struct vn_view body,
                                      struct vn_prepared **out);
/* The same without what it says of rights. */
VN_MUST_USE enum vn_status vn_prepare_branch(struct vn_preparer *preparer, struct vn_view body,
                                             struct vn_prepared **out);
void vn_prepared_destroy(struct vn_prepared *prepared); /* NULL is fine */

struct vn_post_item {
    struct vn_enrolment_row *enrolment; /* its `quarantined` is counted up; the caller stores it */
    int64_t seq;
    int64_t since_ms, until_ms; /* its accounting time is its own clock's, held between these */
    const struct vn_prepared *entry;
    /* Not NULL: of a journal that branched off. Only sales that are not known are posted, and voids and returns, without the
     * rights that the entry names (prepare it by vn_prepare_branch); what came of it is counted here. */
    struct vn_branch_row *branch;
};

/* What a thread that posts has for the loop; what finds no room is noticed a little later. */
#define VN_POST_NEWS_MAX 16
struct vn_post_news {
    unsigned account_count;
    int64_t accounts[VN_POST_NEWS_MAX]; /* of which was released what was asked back */
    unsigned store_count;
    char stores[VN_POST_NEWS_MAX][VN_ID_MAX]; /* with tills that something is asked back of */
    bool lent; /* a loan was posted, which entries in quarantine may have waited for */
};

struct vn_settings;
struct vn_post; /* the working set of a slice, and scratch; one thread at a time */
/* `settings` (setting.h) and `log` may be NULL. */
VN_MUST_USE enum vn_status vn_post_create(struct vn_storage *storage, const struct vn_settings *settings,
                                          struct vn_log *log, struct vn_post **out);
void vn_post_destroy(struct vn_post *post); /* NULL is fine */
/* What there is since it was asked last; it may be of a transaction that was rolled back. */
void vn_post_take_news(struct vn_post *post, struct vn_post_news *out);
/* Its own scratch, for who prepares on the same thread. */
struct vn_preparer *vn_post_preparer(struct vn_post *post);

/* Posts the entries in their order, inside the caller's transaction, which must be rolled back unless VN_OK: statuses of
 * the store, VN_NOMEM. Entries of one enrolment must stand in the order of their numbers. *others: rows of further enrolments
 * were stored, whose entries had waited for these; the caller must read those rows anew. *done: how many of `count` were posted,
 * 1 at least: when they have others' entries of VN_POSTING_BYTES_MAX read for them, the rest is for another time. */
VN_MUST_USE enum vn_status vn_post_slice(struct vn_post *post, const struct vn_post_item *items, size_t count,
                                         size_t *done, bool *others);

/* --- out of quarantine; each inside the caller's transaction */

#define VN_POST_ATTEMPTS_MAX 20 /* of releasing an entry by itself; then people decide */

#define VN_POST_THE_HUB "the hub" /* who decides when nobody does */
struct vn_post_decision {
    char who[VN_NAME_MAX];
    char why[VN_NAME_MAX];
    int64_t at_ms;
    bool counts; /* as one of VN_POST_ATTEMPTS_MAX, if it fails */
};

/* An entry that is in quarantine, and whose it is; the caller stores both rows of the owner. */
struct vn_post_held {
    const struct vn_quarantine_row *row;
    struct vn_enrolment_row *enrolment; /* its `quarantined` is counted down */
    struct vn_branch_row *branch;       /* as in vn_post_item */
};

/* Applies it: what it moved leaves suspense, and is moved as its kind says; its points leave the balance that its till is
 * told beside. One of a branch is posted as its branch is; what waited for a sale that is released goes on by itself. When it
 * still can't be applied, everything stays, *released is false, and the row has another attempt and the new reason, as *error
 * does. */
VN_MUST_USE enum vn_status vn_post_release(struct vn_post *post, const struct vn_post_held *held,
                                           const struct vn_post_decision *by, bool *released,
                                           struct vn_error *error);
/* Gives it up: what it moved is lost. */
VN_MUST_USE enum vn_status vn_post_discard(struct vn_post *post, const struct vn_post_held *held,
                                           const struct vn_post_decision *by);

#endif
