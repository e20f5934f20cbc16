/* journal.db: what only this till knows. Append-only entries in a hash chain, the counters of its rights,
 * open holds, and the replies to the POS by sale key.
 *
 * Entries leave it from the front (vn_journal_prune): when the hub has them off its machine, and when every row of the cache
 * that they touch includes them. What the POS was told outlives them by VN_REPLY_DAYS, with what is needed to void or return.
 *
 * One thread owns a journal; every function blocks on the disk and belongs on that thread. WAL with
 * synchronous=FULL: when `append` returns VN_OK the entry is on the disk. A failed fsync is fatal: VN_IO from
 * append means that the program must exit and let the next start read back what is there. */
#ifndef VN_STORE_JOURNAL_H
#define VN_STORE_JOURNAL_H

#include "agent/base/clock.h"
#include "agent/base/random.h"
#include "agent/loyalty/basket.h"
#include "sync/wire/batch.h"
#include "sync/wire/chain.h"
#include "sync/wire/entry.h"
#include "sync/wire/rights.h"
#include "sync/wire/transfer.h"

struct vn_journal; /* opaque */

/* Creates a new journal for an enrolment. VN_CONFLICT when the file exists: journals are never recreated.
 * `vfs` here and below: the disk by SQLite's name for it, NULL for its own. */
VN_MUST_USE enum vn_status vn_journal_create(const char *path, const struct vn_enrolment_id *enrolment,
                                             const char *vfs, struct vn_error *error);
/* Whether a journal was begun there: what an interrupted creation left behind is none, and creating goes on from it; any other
 * file is taken for one. VN_IO, VN_NOMEM, VN_DENIED, VN_AGAIN. */
VN_MUST_USE enum vn_status vn_journal_is_begun(const char *path, const char *vfs, bool *begun,
                                               struct vn_error *error);
/* Opens, verifies the last entries' chain and draws a boot id, but journals nothing by itself. VN_ABSENT,
 * VN_CONFLICT (of another enrolment), VN_CORRUPT, VN_UNSUPPORTED (a newer schema), VN_IO. */
VN_MUST_USE enum vn_status vn_journal_open(const char *path, const struct vn_enrolment_id *enrolment,
                                           const struct vn_random *random, const char *vfs,
                                           struct vn_journal **out, struct vn_error *error);
void vn_journal_close(struct vn_journal *journal);

struct vn_journal_head {
    int64_t seq; /* 0: empty */
    struct vn_hash hash;
    int64_t base_seq; /* entries up to here were pruned */
    struct vn_hash base_hash;
    int64_t acked_seq;
    int64_t durable_seq;
    int64_t hub_offset_ms; /* hub time - wall time, as last told */
    int64_t grant;         /* highest grant number */
    int64_t
        risk_member; /* points that a member can have at risk in an outage, as the hub last said; 0: none */
    bool stuck;      /* what should be pruned is damaged: nothing leaves the journal any more */
    uint8_t boot[VN_ID_BYTES];
};
void vn_journal_head(const struct vn_journal *journal, struct vn_journal_head *out);
/* What most of the entries that can't be pruned wait for, and who has to do something, as a sentence. Always VN_FULL. */
enum vn_status vn_journal_why_full(const struct vn_journal_head *head, struct vn_error *error);

/* Appends one entry, with the reply that the POS gets for (sale, kind, step) when `reply` is not empty, in
 * one fsync'd transaction. `digest` is the SHA-256 of the request's content; the step counts repeated holds
 * of one sale from 0. Fills entry->rights' counters itself: the caller sets account and move, the journal
 * adds them to the counters that the entry's kind touches (granted for grant: `granted` is taken as given and
 * only grows; out for hold, release, give, and commit or used without a hold; in for cancel, void, take and back) and stores
 * the new values in the encoded body. Of a release `move` is the most: what is not available is not released, and an account of
 * which nothing is is left out. With `back` the list is the journal's: of each account what the hub still asks, as far as it is
 * available; a hold is never taken.
 *   VN_DENIED   the right would go below zero: nothing is written
 *   VN_CONFLICT (sale, kind, step) exists already: nothing is written, see vn_journal_reply; a grant that brings
 *               neither a higher number nor a higher counter; a give, take or refuse of a transfer that had one of these, a back
 *               of one that has ended: see vn_journal_transfer
 *   VN_ABSENT   a cancel without an open hold, a void without a commit or used that still stands (unless its body says that it is
 *               of a sale elsewhere), a back without its give, a release of nothing
 *   VN_ARG      a void elsewhere of a sale that is here, a give or back that is not this till's to make, a take or refuse of
 *               another's transfer; a hold of a sale that is committed or counts as used; an entry that can't be encoded
 *   VN_INPUT    no journal takes this sale: too large an entry, too many accounts; *error tells the cashier
 *   VN_FULL     disk, or the journal's limit: with VN_JOURNAL_PENDING_MAX entries that can't be pruned yet, holds, gives
 *               and takes are refused, all else goes on; *error says which of them, and what to do
 *   VN_IO       fatal (above): the journal refuses everything until it is opened anew
 *   VN_CORRUPT  what this entry needs of the file is damaged, or can't be read: nothing is written, and others may be;
 *               likewise, but VN_IO from then on, when somebody else writes this journal
 *
 * A sale has taken an amount out of each account so far. A hold or commit names what it shall have taken: the
 * difference goes to `out` or back to `in`, and accounts that it took from before and are not listed are added with
 * move 0. Cancel and void give all of it back, used keeps it: their list is replaced by what was taken (a used without
 * a hold takes what it lists). Boot, return and finding move nothing. On failure the entry is as it was. */
struct vn_journal_append {
    struct vn_entry *entry;
    int step;
    uint8_t digest[VN_HASH_SIZE];
    int reply_status; /* HTTP status */
    struct vn_view reply;
    const struct vn_right_back *back; /* of a release, or NULL */
    unsigned back_count;
    int64_t hub_offset_ms; /* last known hub time - wall time; kept beside the entry */
    int64_t earned;        /* of a commit: points that count for its member's day (vn_journal_earned), or 0 */
};
VN_MUST_USE enum vn_status vn_journal_append(struct vn_journal *journal,
                                             const struct vn_journal_append *append, int64_t *seq,
                                             struct vn_error *error);

/* The write-ahead log grows until its pages are moved into the database, which takes two more fsyncs. No append does that
 * by itself: the owner does it when the log is full and nobody waits for the disk. VN_IO: fatal, as in append;
 * VN_FULL, VN_CORRUPT: the log goes on. Closing does it too. */
bool vn_journal_log_is_full(const struct vn_journal *journal);
VN_MUST_USE enum vn_status vn_journal_checkpoint(struct vn_journal *journal);

/* The stored reply to (sale, kind, step). VN_ABSENT; VN_CONFLICT when the digest differs (the same step with
 * other content: a finding, never the old reply). */
VN_MUST_USE enum vn_status vn_journal_reply(struct vn_journal *journal, const struct vn_sale_key *sale,
                                            enum vn_entry_kind kind, int step,
                                            const uint8_t digest[VN_HASH_SIZE], int *reply_status,
                                            struct vn_buf *reply, int64_t *seq);

/* What happened to a sale so far: its last entry of hold/cancel/commit/used/void/return, how many holds, and
 * the body of the last hold and of the commit (empty when none). VN_ABSENT when nothing is known, or no longer: the hub
 * knows it then. */
struct vn_sale_state {
    enum vn_entry_kind last;
    int holds;
    bool hold_open;
    bool used; /* a hold of it counts as used, and was not taken back */
    bool committed;
    bool voided;
    bool returned;      /* some of it or all: the hub was asked, or */
    bool returned_here; /* all of it, as this till reckoned it: the POS was told 200 */
    int64_t hold_seq, commit_seq;
};
VN_MUST_USE enum vn_status vn_journal_sale(struct vn_journal *journal, const struct vn_sale_key *sale,
                                           struct vn_sale_state *out, struct vn_buf *hold_body,
                                           struct vn_buf *commit_body);

/* Holds of this POS that are still open, oldest first: at most `max` keys. */
VN_MUST_USE enum vn_status vn_journal_open_holds(struct vn_journal *journal, const char *pos,
                                                 struct vn_sale_key *out, size_t max, size_t *count);

/* Counters of one account; zeros when it was never touched. */
VN_MUST_USE enum vn_status vn_journal_counters(struct vn_journal *journal, const char *account,
                                               struct vn_counters *out);
/* Accounts of which something is available, and whose names are not before `from` and before `to`: at most `max`. */
VN_MUST_USE enum vn_status vn_journal_available(struct vn_journal *journal, const char *from, const char *to,
                                                struct vn_counters *out, size_t max, size_t *count);

/* So much of the account was released in all, by entries of kind release: what struct vn_right_back counts. */
VN_MUST_USE enum vn_status vn_journal_released(struct vn_journal *journal, const char *account, int64_t *out);

/* What a member ("" is anybody) was given at the risk of the chain since the hub was last reached. */
VN_MUST_USE enum vn_status vn_journal_risked(struct vn_journal *journal, const char *member, int64_t *out);
/* What was earned here by an account, or a card in hex whose account was not known, in the day that began with its first receipt
 * at most 24 hours ago, by the entries' clock. */
VN_MUST_USE enum vn_status vn_journal_earned(struct vn_journal *journal, const char *who, int64_t now_ms,
                                             int64_t *out);
/* The hub is reached: what was risked before does not count any more, and a member can have so much of the next outage. Not
 * fsync'd by itself. VN_IO: fatal, as in append; VN_FULL, VN_CORRUPT. */
VN_MUST_USE enum vn_status vn_journal_reached(struct vn_journal *journal, int64_t risk_member);

/* A transfer, as far as this till's journal goes: what was lent (the first four) or borrowed. */
enum vn_transfer_state {
    VN_TRANSFER_GIVEN,      /* lent, and its end not heard of */
    VN_TRANSFER_GIVEN_KEPT, /* the borrower has it */
    VN_TRANSFER_GIVEN_BACK, /* it is here again */
    VN_TRANSFER_GIVEN_GONE, /* the borrower is no more: the hub has ended it */
    VN_TRANSFER_TOOK,
    VN_TRANSFER_NEVER, /* refused */
    VN_TRANSFER_STATES,
};
/* VN_ABSENT: never heard of, or ended long ago. What was taken is told as long as there is the journal: its lender may ask for
 * the end after years, and a refusal that is signed then would be the same right twice. */
VN_MUST_USE enum vn_status vn_journal_transfer(struct vn_journal *journal, const char *transfer,
                                               struct vn_give *give, enum vn_transfer_state *state);
/* Gives without an end, oldest first: at most `max`. */
VN_MUST_USE enum vn_status vn_journal_open_gives(struct vn_journal *journal, struct vn_give *out, size_t max,
                                                 size_t *count);
/* Notes how a give has ended without an entry: VN_TRANSFER_GIVEN_KEPT or _GONE; one that has ended stays as it was. Not fsync'd
 * by itself: it can be learned again. VN_ARG, VN_IO, VN_FULL, VN_CORRUPT. */
VN_MUST_USE enum vn_status vn_journal_give_ended(struct vn_journal *journal, const char *transfer,
                                                 enum vn_transfer_state state);

/* Sum of `points` of entries of `account` with seq > included_seq. */
VN_MUST_USE enum vn_status vn_journal_points_since(struct vn_journal *journal, const char *account,
                                                   int64_t included_seq, int64_t *out);
/* The same of entries that were journaled for a card whose account was not known then. included_seq -1: all there ever
 * were, also those that were pruned; what is shown of a card that the cache does not have. */
VN_MUST_USE enum vn_status vn_journal_points_of_card(struct vn_journal *journal, const char *card_hex,
                                                     int64_t included_seq, int64_t *out);

/* The next batch to upload after `after_seq`: bodies are copied into `memory` and viewed from there. count 0:
 * nothing. At most max_entries entries and max_bytes bytes, but always one. */
VN_MUST_USE enum vn_status vn_journal_batch(struct vn_journal *journal, int64_t after_seq,
                                            unsigned max_entries, size_t max_bytes, struct vn_batch *out,
                                            struct vn_buf *memory);
/* Remembers what the hub acknowledged, which only ever rises, and how far its clock is from ours. Not fsync'd by itself: it
 * can be learned again. VN_CONFLICT for more than the journal has (it was set back), VN_IO, VN_FULL. */
VN_MUST_USE enum vn_status vn_journal_acked(struct vn_journal *journal, int64_t acked_seq,
                                            int64_t durable_seq, int64_t hub_offset_ms);

/* One slice of what can go: at most VN_JOURNAL_SLICE_MAX entries from the front that are at or below both durable_seq and
 * `included_seq` (every cached row that they touch includes them), or, when there are none, as many steps of sales whose
 * entries were pruned VN_REPLY_DAYS ago; never of a sale with an open hold. `now_ms` is the hub's time: a till's own clock
 * could be years ahead. *more: call again, when nobody waits for the journal. Not fsync'd by itself. VN_FULL: the
 * disk; VN_IO: fatal, as in append; VN_CORRUPT: what should go is damaged, so nothing ever goes again, and the till sells on. */
VN_MUST_USE enum vn_status vn_journal_prune(struct vn_journal *journal, int64_t included_seq, int64_t now_ms,
                                            bool *more, struct vn_error *error);

/* Recomputes the whole chain. VN_CORRUPT with the first bad seq. */
VN_MUST_USE enum vn_status vn_journal_verify(struct vn_journal *journal, int64_t *bad_seq);

/* Visits entries from `from_seq` on, until the visitor returns false; it must not call the journal. For `verno
 * journal` and support. */
typedef bool (*vn_journal_visit)(void *ctx, int64_t seq, const struct vn_hash *hash, struct vn_view body);
VN_MUST_USE enum vn_status vn_journal_each(struct vn_journal *journal, int64_t from_seq,
                                           vn_journal_visit visit, void *ctx);

#endif
