/* What the files post*.c share and nobody else includes but those who move value beside journals: ledger.c, quarantine.c.
 *
 * A working set holds copies of the rows that a slice touches. Whoever looks for a row that is not there yet notes that it
 * is wanted and gives up with VN_AGAIN; the entry is put back, the rows are loaded, and the entry runs again. So posting
 * itself never asks the store. */
#ifndef VN_HUB_POST_WORK_H
#define VN_HUB_POST_WORK_H

#include "agent/loyalty/returns.h"
#include "agent/loyalty/rules/arena.h"
#include "sync/hub/ledger/post.h"
#include "sync/hub/ledger/terms.h"
#include "sync/hub/storage/book.h"
#include "sync/hub/storage/lending.h"
#include "sync/hub/storage/pack.h"
#include "sync/wire/rights.h"

/* --- an entry as prepared */

struct vn_prepared {
    enum vn_status
        status; /* VN_INPUT, VN_UNSUPPORTED: `reason` says it; its counters are there if they could be read */
    const char *reason;
    const char *kind_name; /* static; "?" */
    enum vn_entry_kind kind;
    int64_t wall_ms;
    bool has_sale, has_card, late;
    bool whole;     /* a return that names no lines; a void */
    bool elsewhere; /* a void by a till that lacks the sale */
    struct vn_sale_key sale;
    char account[VN_ID_MAX];
    struct vn_hash card;
    int64_t points;
    char fiscal[VN_NAME_MAX];
    unsigned right_count;
    struct vn_counters *rights;
    unsigned line_count;
    struct vn_return_item *lines;
    unsigned transfer_count;        /* 1: a give, take, refuse or back */
    struct vn_lend_reply *transfer; /* the give, and what its kind has signed of it */
    int64_t held_seq; /* a commit that says: as entry number `held_seq` held it; 0: it says it itself */

    bool has_outcome; /* of which: */
    int64_t ruleset, total_minor, discount_minor, payable_minor, lines_minor /* their discounts together */;
    int64_t points_earned, points_spent, qualifying;
    char tier_after[VN_TAG_MAX];
    unsigned consumption_count, wallet_count, lot_use_count, given_count;
    struct vn_consumption *consumptions;
    struct vn_wallet_outcome *wallets;
    struct vn_lot_use *lot_uses;
    struct vn_given *given;
    max_align_t room[]; /* of the arrays */
};

/* --- rows of the working set */

/* The first member of each. */
struct vn_post_head {
    uint64_t turn; /* the entry that touched it last */
    bool loaded;   /* else it is wanted */
    bool dirty;    /* has to be stored */
};
struct vn_post_account {
    struct vn_post_head head;
    struct vn_account_row row;
    char text[VN_HUB_ACCOUNT_MAX];
    bool
        there; /* the store has it; a member or coupon that is known is open beside, or was (row.closed, issued) */
    int64_t marked_by; /* the enrolment whose entry moved it last; 0: the hub */
    int64_t wanted;    /* so much is to come back from tills beside what it owes (vn_post_ask_idle) */
};
struct vn_post_name {
    struct vn_post_head head;
    const char *text;
    int64_t id;     /* 0: nobody has opened it */
    int64_t number; /* drawn for who opens it: the same one when his turn begins again */
};
struct vn_post_claim {
    struct vn_post_head head;
    struct vn_claim_row row;
};
struct vn_post_sale {
    struct vn_post_head head;
    struct vn_sale_row row; /* id 0: there is no such sale */
    bool fresh;             /* of this slice: it has to be inserted */
};
struct vn_post_transfer {
    struct vn_post_head head;
    struct vn_transfer_row row; /* steps 0: nothing is known of it */
};
/* What was looked up and does not change. */
enum vn_post_fact_kind {
    VN_FACT_CARD,      /* key: the card's hash -> its member */
    VN_FACT_GRANT,     /* a: enrolment, b: account, c: counter -> known or not */
    VN_FACT_BODY,      /* a: enrolment, b: number of an entry -> bytes */
    VN_FACT_SET_BACK,  /* -> when the hub noticed last that it was set back; 0: never */
    VN_FACT_EPOCH,     /* -> the epoch that it opened then */
    VN_FACT_ENROLMENT, /* key: its 16 bytes -> its row's number, whether it is over, and was written off */
    VN_FACT_JOURNAL, /* a: enrolment -> over: it is not in force; known: nothing that it sent waits to be posted */
    VN_FACT_PEER_KEYS, /* a: enrolment -> the keys that it signs with, one behind the other */
    VN_FACT_ANYWHERE, /* key: pos NUL date NUL receipt -> how many tills committed it, and in bytes one of them */
};
struct vn_post_fact {
    struct vn_post_head head;
    enum vn_post_fact_kind kind;
    int64_t a, b, c;
    struct vn_view key;
    bool known, over, gone;
    int64_t value;
    struct vn_view bytes;
};

enum vn_post_kind {
    VN_POST_ACCOUNTS,
    VN_POST_NAMES,
    VN_POST_CLAIMS,
    VN_POST_SALES,
    VN_POST_TRANSFERS,
    VN_POST_FACTS,
    VN_POST_KINDS,
};

/* Open addressing over items that the arena owns. */
struct vn_post_slot {
    uint64_t hash;
    void *item;
};
struct vn_post_map {
    struct vn_post_slot *slots;
    size_t cap, count;
};

/* A growing list. */
struct vn_post_list {
    void *rows;
    size_t count, cap;
};

struct vn_post_saved {
    void *at, *copy;
    size_t size;
};

/* Lots of a wallet that have not matured. */
struct vn_post_waiting {
    unsigned count;
    int64_t lots[VN_BOOK_LOTS_MAX + 2];
};

struct vn_post_returns; /* post_return.c */

struct vn_post {
    struct vn_storage *storage;
    const struct vn_settings *settings;
    struct vn_log *log;
    struct vn_terms *terms;
    struct vn_preparer *preparer;     /* for the bodies of other entries */
    struct vn_arena arena;            /* rows and texts of this slice */
    const struct vn_post_item *items; /* of the slice; NULL: none */
    size_t item_count;
    size_t body_bytes; /* of other entries, as often as one of the slice named them */
    struct vn_post_map maps[VN_POST_KINDS];
    struct vn_post_list wants[VN_POST_KINDS]; /* pointers to rows that are not loaded */
    struct vn_post_list dirty[VN_POST_KINDS]; /* pointers to rows that were touched */
    uint64_t turn;
    struct vn_post_list saved;       /* struct vn_post_saved: as it was before the entry */
    struct vn_post_list movements;   /* struct vn_movement_row */
    struct vn_post_list quarantined; /* struct vn_quarantine_row, to be stored */
    struct vn_post_list parsed;      /* struct vn_prepared *, of holds that commits name */
    size_t mark;                     /* how many movements there were before the entry */
    /* scratch of one entry */
    struct vn_book book;
    struct vn_movements moves;
    struct vn_post_waiting waiting[VN_WALLETS_MAX];
    struct vn_outcome outcome;
    struct vn_sale_rest rest;
    struct vn_slices slices;
    struct vn_buf packed;
    struct vn_post_news news;
    bool shown_known,
        shown; /* all enrolments have shown what they have (vn_storage_unshown): asked once a slice */
    struct vn_post_returns *returns; /* made when the first one comes */
};

/* An entry under way, or whatever else moves value. */
struct vn_turn {
    struct vn_post *post;
    const char *why;
    int64_t enrolment, seq, at_ms; /* the cause of what is moved; enrolment 0: the hub */
    int64_t sale;                  /* 0: of none */
    struct vn_error *error;
    int64_t
        *stranger; /* set to an account that is named and not known, or to VN_QUARANTINE_FOR_TILLS; or NULL */
    bool
        released; /* out of quarantine: what others that are there still have moved counts as not moved yet */
    bool elsewhere; /* a sale comes back in another journal than its own, which may raise its rights yet */
    bool decided;   /* by people: what the till says it was granted is believed */
};

/* --- post_set.c: the working set. VN_AGAIN: it is not there, and noted as wanted */

/* A sale of this till; one that does not exist has id 0. */
VN_MUST_USE enum vn_status vn_post_sale(struct vn_post *post, const char *till, const struct vn_sale_key *key,
                                        struct vn_post_sale **out);
/* The number of an account. VN_ABSENT: a name that nobody has opened, or no account at all. */
VN_MUST_USE enum vn_status vn_post_account_id(struct vn_post *post, const char *text, int64_t *id);
/* Opens the name if it is not. */
VN_MUST_USE enum vn_status vn_post_open_name(struct vn_post *post, const char *text, int64_t *id);
/* The row; one that does not exist is empty, and made when it is touched. */
VN_MUST_USE enum vn_status vn_post_account(struct vn_post *post, int64_t id, struct vn_post_account **out);
/* As a sentence for people calls it: its text, or the name by which the entries of this slice mean it; of a card what it is. */
const char *vn_post_called(const struct vn_post *post, const struct vn_post_account *account);
VN_MUST_USE enum vn_status vn_post_claim(struct vn_post *post, int64_t enrolment, int64_t account,
                                         struct vn_post_claim **out);
/* By the number of its lender's row; one that nothing is known of has steps 0. */
VN_MUST_USE enum vn_status vn_post_transfer(struct vn_post *post, const char *number, int64_t lender,
                                            struct vn_post_transfer **out);
/* `want` has kind, numbers and key. */
VN_MUST_USE enum vn_status vn_post_fact(struct vn_post *post, const struct vn_post_fact *want,
                                        const struct vn_post_fact **out);

/* Before a row is changed: keeps it as it was, once an entry. */
VN_MUST_USE enum vn_status vn_post_touch_account(struct vn_post *post, struct vn_post_account *row);
VN_MUST_USE enum vn_status vn_post_touch_claim(struct vn_post *post, struct vn_post_claim *row);
VN_MUST_USE enum vn_status vn_post_touch_sale(struct vn_post *post, struct vn_post_sale *row);
VN_MUST_USE enum vn_status vn_post_touch_transfer(struct vn_post *post, struct vn_post_transfer *row);

/* A turn begins; what it did is kept when the next one begins, or put back. */
void vn_post_begin(struct vn_post *post);
void vn_post_undo(struct vn_post *post);

/* A copy that lives as long as the slice. */
VN_MUST_USE enum vn_status vn_post_keep(struct vn_post *post, struct vn_view bytes, struct vn_view *out);
VN_MUST_USE enum vn_status vn_post_list_add(struct vn_post_list *list, size_t size, void **out);

/* --- post_store.c */

VN_MUST_USE enum vn_status vn_post_load(struct vn_post *post); /* all that is wanted */
VN_MUST_USE enum vn_status vn_post_store(struct vn_post *post);
/* Tills hear of the account, those of the enrolment's store first; 0: it was the hub's doing. */
VN_MUST_USE enum vn_status vn_post_mark(struct vn_post *post, int64_t account, int64_t enrolment);
/* Tills of the store are asked for something: who waits for news there is told, once the rows are committed. */
void vn_post_note_store(struct vn_post *post, const char store[VN_ID_MAX]);
void vn_post_clear(struct vn_post *post); /* the next slice begins */

/* One movement of value that is no slice: runs `fn`, over and over until all that it looks for is there, and stores what came
 * of it. Its statuses, and those of the store. */
VN_MUST_USE enum vn_status vn_post_once(struct vn_post *post,
                                        enum vn_status (*fn)(struct vn_post *post, void *ctx), void *ctx);

/* --- post_book.c: accounts as books */

struct vn_post_step { /* from one place to another of one account */
    enum vn_ledger_place from, to;
    int64_t from_enrolment, to_enrolment; /* of right, held and suspense */
};
/* amount 0 moves nothing. */
VN_MUST_USE enum vn_status vn_post_move(const struct vn_turn *turn, struct vn_post_account *account,
                                        const struct vn_post_step *step, int64_t amount, int64_t lot);

/* Books under way: wallet n of post->book is that of accounts[n]. */
struct vn_post_books {
    unsigned count;
    bool has_person;
    struct vn_post_account *accounts[VN_WALLETS_MAX];
    struct vn_book_person person;
    int64_t
        counted; /* the tiers' counter when the first was opened: what is more by the end came of the turn */
};
/* Unpacks one account's book and touches its row; what has matured by the turn's time is free then. `term` NULL: the wallet's
 * in the ruleset in force. The first that is opened may be a member's. */
VN_MUST_USE enum vn_status vn_post_book_open(const struct vn_turn *turn, struct vn_post_account *account,
                                             const struct vn_term *term, struct vn_post_books *books);
VN_MUST_USE enum vn_status vn_post_book_close(const struct vn_turn *turn, struct vn_post_books *books);
struct vn_book_lot *vn_post_book_lot(struct vn_post *post, unsigned wallet, int64_t id); /* NULL */

/* What became of the books by vn_book_*, whose movements lie in post->moves, is posted. What was spent is added to `rest` as
 * used, when it is not NULL. */
VN_MUST_USE enum vn_status vn_post_book_moved(const struct vn_turn *turn, struct vn_post_books *books,
                                              struct vn_sale_rest *rest);

/* --- capacity.c: how much there is of an account that has a name */

/* What a till wants of a limit, a count, a budget, of stamps or of the chance to take risks: opens the account, and issues what
 * it is to have and has not yet. VN_INPUT: that is no such name, or it is made of something else. */
VN_MUST_USE enum vn_status vn_capacity_open(const struct vn_turn *turn, const char *name,
                                            const struct vn_right_of *of, int64_t *account);
/* Limits, counts and budgets that a sale of the account (0: nobody's; a card's has none of its own) used and that owe, maybe
 * because nobody has told this hub yet what they are of: those of promotions in force get what they are to have and have not
 * yet. */
VN_MUST_USE enum vn_status vn_capacity_recall(const struct vn_turn *turn, int64_t of,
                                              const struct vn_consumption *consumptions, unsigned count);
/* How much of what is free a till gets that has so much and wants `more`; accounts of the chain in portions. */
int64_t vn_capacity_portion(const struct vn_post *post, const char *name,
                            const struct vn_account_row *account, const struct vn_claim_row *claim,
                            int64_t more);

/* --- post_tier.c: the member's tier over time, when the ruleset in force has periods */

/* Of the account that was opened first: periods that ended by the turn's time, and falls that are due. */
VN_MUST_USE enum vn_status vn_post_tier_open(const struct vn_turn *turn, struct vn_post_books *books);
/* What the turn counted, counts in its period. *due_ms: when there is something to do next; 0: nothing. */
VN_MUST_USE enum vn_status vn_post_tier_close(const struct vn_turn *turn, struct vn_post_books *books,
                                              int64_t *due_ms);
/* From now on the tier is the hub's: beginning with what was imported. Once; nothing without periods. */
VN_MUST_USE enum vn_status vn_post_tier_adopt(const struct vn_turn *turn, struct vn_post_books *books,
                                              const char *tier, int64_t qualifying);

/* --- post_counts.c: room in the open book for what a sale counts and gives */

/* The local day of the chain, since 1970. */
int64_t vn_post_day(const struct vn_ruleset *ruleset, int64_t at_ms);
/* Of its stamps the first `most` are left, row after row. Whether there were more. */
bool vn_post_cut_stamps(struct vn_outcome *outcome, int64_t most);
/* *uncounted: a limit that is still in force was forgotten. */
VN_MUST_USE enum vn_status vn_post_make_room(const struct vn_turn *turn, const struct vn_post_books *books,
                                             const struct vn_outcome *outcome, bool *uncounted);

/* --- post_spend.c: points, rights and uses, account by account */

VN_MUST_USE enum vn_status vn_post_use_add(const struct vn_turn *turn, struct vn_sale_rest *rest,
                                           const struct vn_sale_use *use);
int64_t vn_post_use_sum(const struct vn_sale_rest *rest, int64_t account);
/* What the sale took of the account by right and what went back elsewhere. NULL: nothing. */
int64_t *vn_post_gone(struct vn_sale_rest *rest, int64_t account);
VN_MUST_USE enum vn_status vn_post_gone_add(const struct vn_turn *turn, struct vn_sale_rest *rest,
                                            int64_t account, int64_t amount);

/* Out of the right or hold of an enrolment, by its slices, soonest to expire first. */
VN_MUST_USE enum vn_status vn_post_spend_claim(const struct vn_turn *turn, struct vn_post_claim *claim,
                                               enum vn_ledger_place from, int64_t amount,
                                               struct vn_sale_rest *rest);
/* Without a right: out of free lots, those that the outcome names first, then owed. */
VN_MUST_USE enum vn_status vn_post_spend_free(const struct vn_turn *turn, int64_t account, int64_t amount,
                                              const struct vn_prepared *outcome, struct vn_sale_rest *rest);
/* What the sale used of the account out of rights goes back to the right of the claim. VN_INPUT: it used less. */
VN_MUST_USE enum vn_status vn_post_use_to_right(const struct vn_turn *turn, struct vn_post_claim *claim,
                                                int64_t amount, struct vn_sale_rest *rest);
/* What it used of the account, up to `amount`, goes back: to its lots, the last use first, and to what was owed. */
VN_MUST_USE enum vn_status vn_post_use_back(const struct vn_turn *turn, int64_t account, int64_t amount,
                                            struct vn_sale_rest *rest);
/* right -> free. */
VN_MUST_USE enum vn_status vn_post_release_claim(const struct vn_turn *turn, struct vn_post_claim *claim,
                                                 int64_t amount);
/* free -> right, spendable lots, soonest to expire first, as slices into `out`, with what is
 * left to spend; *given is what was there. */
VN_MUST_USE enum vn_status vn_post_grant(const struct vn_turn *turn, struct vn_post_claim *claim,
                                         int64_t amount, struct vn_grant *out, int64_t *given);
/* debt -> right, of no lot. VN_INPUT: the account can't owe so much. */
VN_MUST_USE enum vn_status vn_post_grant_owed(const struct vn_turn *turn, struct vn_post_claim *claim,
                                              int64_t amount);
/* lent of one -> right of the other, lots and all; what of it hangs on no lot that is known yet, hangs on none at either. */
VN_MUST_USE enum vn_status vn_post_lend(const struct vn_turn *turn, struct vn_post_claim *lender,
                                        struct vn_post_claim *borrower, int64_t amount);
/* lent -> free. */
VN_MUST_USE enum vn_status vn_post_lent_free(const struct vn_turn *turn, struct vn_post_claim *lender,
                                             int64_t amount);
/* suspense -> lost, or back when `amount` is below 0. */
VN_MUST_USE enum vn_status vn_post_write_off(const struct vn_turn *turn, struct vn_post_claim *claim,
                                             int64_t amount);

/* Follows an account to its heir, and refuses what is not there or closed: VN_INPUT. */
VN_MUST_USE enum vn_status vn_post_known(const struct vn_turn *turn, const char *text, int64_t *id);

/* --- post_lot.c: lots that are new, and debts */

/* A new lot of an account, issued -> free or waiting; what is owed is paid out of it. Its number is set. */
VN_MUST_USE enum vn_status vn_post_issue(const struct vn_turn *turn, int64_t account,
                                         const struct vn_book_lot *lot);
/* As much as is free of up to `amount`, free -> issued: it was never to be there. */
VN_MUST_USE enum vn_status vn_post_take_free(const struct vn_turn *turn, int64_t account, int64_t amount);
/* Into the open book of the account, where the day of its end wants it, with a number of its own. *id: the lot whose points
 * they are now (vn_book_add). Where they stand: free, or waiting. */
VN_MUST_USE enum vn_ledger_place vn_post_lot_insert(struct vn_post *post,
                                                    const struct vn_post_account *account,
                                                    const struct vn_book_lot *lot, int64_t *id);
/* What comes back of no lot, mostly because the hub has forgotten which one a till was granted it of, out of `from` (its `to`
 * is not read): it pays what is owed, then goes back to the lots that paid before, those that live longest first. Those gave
 * their points for it, so nobody's live longer for having been at a till. What is left is a lot of its own, which lives as long
 * as what is earned at the turn's time. The book is open. */
VN_MUST_USE enum vn_status vn_post_lot_back(const struct vn_turn *turn, struct vn_post_account *account,
                                            const struct vn_post_step *from, int64_t amount);
/* What is owed is paid as soon as something is free. The book is open. */
VN_MUST_USE enum vn_status vn_post_settle(const struct vn_turn *turn, struct vn_post_books *books);

/* --- post_owed.c */

/* When what tills have of the open member's points is to come back, because he has not been there for so long; to the day. 0:
 * they have none, or he is no member. */
int64_t vn_post_idle_ms(const struct vn_post *post, const struct vn_post_books *books);
/* Notes what tills have of the open account that is to come back by its turn's time: of lots that have expired, or of a member
 * who does not come any more all of it. */
void vn_post_ask_idle(const struct vn_turn *turn, const struct vn_post_books *books);
/* Of these accounts, which are stored, as much is asked back of tills as is owed or wanted and not asked back yet. */
VN_MUST_USE enum vn_status vn_post_ask_owed(struct vn_post *post, struct vn_post_account *const *rows,
                                            size_t count);

/* --- post_hold.c: amounts alone, the slices stay out */

/* A right as the journal of its till says, and what of it is there for sure: an entry in quarantine may have brought in the
 * rest, and may be a lie. Below 0: more than was there has left it. */
int64_t vn_post_said(const struct vn_turn *turn, const struct vn_claim_row *row);
int64_t vn_post_sure(const struct vn_turn *turn, const struct vn_claim_row *row);
/* Whether so much can be taken from a right, or from all that is held. VN_INPUT: it is not there, or not for sure; then what
 * takes it waits. */
VN_MUST_USE enum vn_status vn_post_enough(const struct vn_turn *turn, const struct vn_post_claim *claim,
                                          enum vn_ledger_place place, int64_t amount);
/* The same for what a customer has had of it; people may believe what is not sure. */
VN_MUST_USE enum vn_status vn_post_enough_to_spend(const struct vn_turn *turn,
                                                   const struct vn_post_claim *claim,
                                                   enum vn_ledger_place from, int64_t amount);

/* right <-> held, by `delta`; VN_INPUT: nobody says that it is there. */
VN_MUST_USE enum vn_status vn_post_hold(const struct vn_turn *turn, struct vn_post_claim *claim,
                                        int64_t delta, struct vn_sale_rest *rest);
/* A hold of `rest` whose journal has ended: what it holds is that till's right again. `hold` is gone then. */
VN_MUST_USE enum vn_status vn_post_unhold(const struct vn_turn *turn, const struct vn_sale_hold *hold,
                                          struct vn_sale_rest *rest);
/* right <-> lent. */
VN_MUST_USE enum vn_status vn_post_lent(const struct vn_turn *turn, struct vn_post_claim *claim,
                                        int64_t delta);
/* right <-> suspense. */
VN_MUST_USE enum vn_status vn_post_suspend(const struct vn_turn *turn, struct vn_post_claim *claim,
                                           int64_t delta);

/* --- post_entry.c and the kinds of entries */

/* What came of an entry of a branch. */
struct vn_branch_tally {
    bool posted, known, differs; /* a sale */
    int64_t points, coupons;     /* redeemed without a right */
};

struct vn_apply {
    struct vn_turn turn;
    const struct vn_enrolment_row *enrolment;
    const struct vn_prepared *entry;
    struct vn_post_sale *sale;
    struct vn_post_claim
        *claims[VN_RIGHTS_MAX]; /* of the entry's rights, and how much it moves into and out of each */
    int64_t in[VN_RIGHTS_MAX], out[VN_RIGHTS_MAX];
    int64_t came_ms;               /* when the entry did, by the hub's clock */
    int64_t stranger;              /* as in the turn; 0: none such */
    struct vn_branch_tally *tally; /* NULL: it is of an enrolment's own journal */
    int64_t successor;             /* of a branch: who handed it in */
    int64_t risked;                /* of the sale's risk so much is owed by its accounts already */
    bool uncounted;                /* the member has too many limits: one that still holds was forgotten */
    bool back;                     /* something of another till's receipt came back */
    bool capped; /* the sale earned or gave more than a receipt or a day may: the rest is not posted */
};

/* Finds the sale of the entry's key at this till, its packed part in post->rest. */
VN_MUST_USE enum vn_status vn_apply_open(struct vn_apply *apply);
/* Writes post->rest and the row; one that is new gets its number. */
VN_MUST_USE enum vn_status vn_apply_close(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_number(struct vn_apply *apply);
void vn_apply_flag(struct vn_sale_row *sale, const char *word); /* once; left out when there is no room */

VN_MUST_USE enum vn_status vn_apply_hold(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_cancel(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_commit(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_used(struct vn_apply *apply);
/* In whose journal the entry's sale is, before it is opened: there its hold is. 0: the hub does not know it. */
VN_MUST_USE enum vn_status vn_apply_holder(struct vn_apply *apply, int64_t *holder);
/* The open sale's hold counts as used: what it told is taken, with a right, at a risk or without; nothing is earned. */
VN_MUST_USE enum vn_status vn_apply_use_hold(struct vn_apply *apply, int64_t holder);
/* That is undone, before the sale is voided, or committed all the same. Nothing for any other sale. */
VN_MUST_USE enum vn_status vn_apply_uncount_hold(struct vn_apply *apply, int64_t holder);
VN_MUST_USE enum vn_status vn_apply_void(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_return(struct vn_apply *apply);

/* post_transfer.c */
VN_MUST_USE enum vn_status vn_apply_give(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_take(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_refuse(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_back(struct vn_apply *apply);
/* The counters of an entry of a transfer move what it says; else VN_INPUT. */
VN_MUST_USE enum vn_status vn_apply_check_moved(const struct vn_apply *apply, int64_t in, int64_t out);

/* post_stranger.c: of a transfer with an enrolment that the hub does not know: VN_OK when people may believe it, and do. */
VN_MUST_USE enum vn_status vn_apply_believe_stranger(const struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_with_stranger(struct vn_apply *apply);

/* post_branch.c: an entry of a branch, as far as it is posted; and into the counts of its branch. */
VN_MUST_USE enum vn_status vn_apply_branch(struct vn_apply *apply);
void vn_branch_count(struct vn_branch_row *branch, const struct vn_branch_tally *tally);

/* post_earn.c: what a commit does to the book of whose sale it is, beside what it spends, and its void. */
VN_MUST_USE enum vn_status vn_apply_earn(struct vn_apply *apply, const struct vn_prepared *outcome);
VN_MUST_USE enum vn_status vn_apply_unearn(struct vn_apply *apply, const struct vn_prepared *outcome);
/* Of a hold that counts as used: the limits and stamps that it takes are counted in the book, or with `back` no more. */
VN_MUST_USE enum vn_status vn_apply_count_hold(struct vn_apply *apply, const struct vn_prepared *hold,
                                               bool back);
/* Opens the books of all that the sale earned into. */
VN_MUST_USE enum vn_status vn_apply_open_earned(struct vn_apply *apply, struct vn_post_books *books);

/* The till wrote it down before the hub of this epoch could grant it anything: it had not shown where it stands, or this is at or
 * below what it had then. */
VN_MUST_USE enum vn_status vn_apply_is_of_before(const struct vn_apply *apply, bool *out);
/* It is tried again now and then, and when all tills have told what they have, if the hub was set back. */
void vn_post_wait_for_tills(const struct vn_turn *turn);
/* The same, but only if the hub was set back since this enrolment was made: *set_back. */
VN_MUST_USE enum vn_status vn_apply_wait_if_set_back(const struct vn_apply *apply, bool *set_back);
/* post_entry.c: so much more is the till's: free points first; what is not there (yet) is owed. */
VN_MUST_USE enum vn_status vn_apply_grant_more(struct vn_apply *apply, struct vn_post_claim *claim,
                                               int64_t more);
/* Runs one entry of a turn that has begun: by its counters, or (of a release) by what they are known to have moved. */
VN_MUST_USE enum vn_status vn_apply_entry(struct vn_apply *apply, const struct vn_moved *known);
/* What an entry can be guilty of; everything else is our own trouble and ends the transaction. */
bool vn_apply_is_to_blame(enum vn_status status, const struct vn_error *error);
/* `stranger`: an account that it names and that is not known, VN_QUARANTINE_FOR_TILLS, or 0. */
enum vn_quarantine_class vn_apply_class(const struct vn_prepared *entry, enum vn_status status,
                                        int64_t stranger);

/* post_ahead.c: after a sale was posted, in a turn of its own: grants its till ahead. */
VN_MUST_USE enum vn_status vn_post_ahead(struct vn_apply *apply, struct vn_enrolment_row *enrolment,
                                         int64_t now_ms);

/* post_release.c: entries that wait for a sale which has been committed now. *others: as vn_post_slice; set, never cleared. */
VN_MUST_USE enum vn_status vn_post_release_waiting(struct vn_post *post, const struct vn_post_item *items,
                                                   size_t count, bool *others);

/* What the open sale takes by this outcome and has not from holds and rights yet: out of holds that it has in journals that
 * ended, then of what is free. What was printed is honoured: what is not there is a debt, and flagged. */
VN_MUST_USE enum vn_status vn_apply_cover(struct vn_apply *apply, const struct vn_prepared *outcome);
/* What it holds in such journals and did not spend goes back: nobody will say that it is over. */
VN_MUST_USE enum vn_status vn_apply_free_elsewhere(struct vn_apply *apply);
/* The hold that is this entry of the journal. VN_INPUT: it is none. */
VN_MUST_USE enum vn_status vn_apply_held(struct vn_apply *apply, int64_t enrolment, int64_t seq,
                                         const struct vn_prepared **out);
/* What a commit of this journal says of its sale: itself, or the hold that it names. VN_INPUT: there is no such hold. */
VN_MUST_USE enum vn_status vn_apply_outcome(struct vn_apply *apply, int64_t enrolment,
                                            const struct vn_prepared *commit, const struct vn_prepared **out);
/* The bytes of another entry. */
VN_MUST_USE enum vn_status vn_post_body(struct vn_post *post, int64_t enrolment, int64_t seq,
                                        const struct vn_post_fact **out);

/* post_reverse.c */
void vn_post_returns_destroy(struct vn_post_returns *returns);

#endif
