/* The rows of the ledger: accounts, movements, what tills may take (claims), sales, quarantine. As storage.h: it stores
 * and finds rows and knows no rules, each call belongs into a transaction when it writes.
 *
 * Calls for the way of a receipt take arrays, so that a slice of entries costs a few of them: rows that are not there
 * are not visited. What rows carry packed (lots, slices, uses) is theirs who post (storage/book.h, post_work.h).
 * A row that a visitor is given lives until it returns. */
#ifndef VN_HUB_STORAGE_LEDGER_H
#define VN_HUB_STORAGE_LEDGER_H

#include "agent/loyalty/basket.h"
#include "sync/hub/storage/account_id.h"
#include "sync/hub/storage/storage.h"

/* Where value stands. Every movement takes from one place what it adds to another, so all places sum to 0. */
enum vn_ledger_place {
    VN_PLACE_ISSUED,   /* where value comes from: negative */
    VN_PLACE_FREE,     /* with the hub, the member's */
    VN_PLACE_RIGHT,    /* granted to an enrolment */
    VN_PLACE_HELD,     /* held by a sale at an enrolment */
    VN_PLACE_REDEEMED, /* spent */
    VN_PLACE_DEBT,     /* negative: taken out without being there */
    VN_PLACE_SUSPENSE, /* moved by an entry that is in quarantine */
    VN_PLACE_PAST,     /* earned before the hub existed: imported history */
    VN_PLACE_WAITING,  /* the member's, and not mature yet */
    VN_PLACE_EXPIRED,
    VN_PLACE_LOST, /* written off */
    VN_PLACE_LENT, /* by one enrolment to another; below 0: that has it, and the give is not posted yet */
    VN_PLACES,
};
const char *vn_ledger_place_name(enum vn_ledger_place place); /* "free"; static */

struct vn_account_row {
    int64_t id;   /* storage/account_id.h */
    int64_t heir; /* the wallet that a card's account went to; 0 */
    bool
        closed; /* nothing new is booked to it: its member or coupon was taken out, or nobody has opened it yet */
    int64_t places[VN_PLACES];
    int64_t matured_ms;    /* lots that mature until then are free, later ones wait */
    int64_t day_ms;        /* when the day began in which ... */
    int64_t day_earned;    /* ... so much was earned */
    struct vn_view late;   /* and on days before, by what came later (pack.h) */
    int64_t due_ms;        /* when the next lot matures or expires; 0: none does */
    int64_t last_movement; /* 0: none */
    int64_t risk;          /* what of its debt was given at the chain's risk */
    struct vn_view book;   /* book_pack.h */
};

typedef enum vn_status (*vn_account_visit)(void *ctx, const struct vn_account_row *row);
VN_MUST_USE enum vn_status vn_storage_accounts_load(struct vn_storage *storage, const int64_t *ids,
                                                    size_t count, vn_account_visit visit, void *ctx);
/* Inserts or replaces. */
VN_MUST_USE enum vn_status vn_storage_accounts_store(struct vn_storage *storage,
                                                     const struct vn_account_row *const *rows, size_t count);
/* All of them, by number. */
VN_MUST_USE enum vn_status vn_storage_accounts(struct vn_storage *storage, vn_account_visit visit, void *ctx);
/* Accounts of which a lot matures or expires by `now_ms`, the longest due first, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_accounts_due(struct vn_storage *storage, int64_t now_ms, size_t max,
                                                   int64_t *out, size_t *count);
/* An account is due at this time, and not before. */
VN_MUST_USE enum vn_status vn_storage_account_due(struct vn_storage *storage, int64_t account,
                                                  int64_t due_ms);
/* Makes members' first wallets due, those behind `after` by number, at most `max`. *last: the last one that was looked at; 0:
 * there is none behind. */
VN_MUST_USE enum vn_status vn_storage_accounts_wake(struct vn_storage *storage, int64_t after, int64_t max,
                                                    int64_t *last);
/* Sums over all accounts by place. */
VN_MUST_USE enum vn_status vn_storage_totals(struct vn_storage *storage, int64_t out[VN_PLACES]);

/* Accounts that have a name and no number of their own. */
typedef enum vn_status (*vn_name_visit)(void *ctx, const char *name, int64_t id);
VN_MUST_USE enum vn_status vn_storage_names_load(struct vn_storage *storage, const char *const *names,
                                                 size_t count, vn_name_visit visit, void *ctx);
VN_MUST_USE enum vn_status vn_storage_name_put(struct vn_storage *storage, const char *name, int64_t id);
VN_MUST_USE enum vn_status vn_storage_name(struct vn_storage *storage, int64_t id,
                                           char out[VN_HUB_ACCOUNT_MAX]); /* VN_ABSENT */

/* Both sides in one row: `amount` > 0 goes from one place to the other. */
struct vn_movement_row {
    int64_t id;
    int64_t account;                  /* whose chain it is in */
    int64_t from_account, to_account; /* where a side is another account's: that; else 0 */
    int64_t before;                   /* the account's movement before this one; 0: none */
    enum vn_ledger_place from, to;
    int64_t from_enrolment, to_enrolment; /* of right, held, suspense and lent; else 0 */
    int64_t amount;
    int64_t lot;       /* 0: of no lot, or of several */
    int64_t sale;      /* 0: of none */
    const char *why;   /* an entry's kind, "import", "grant", ...; static, or the visitor's */
    int64_t enrolment; /* whose entry; 0: the hub's own doing */
    int64_t seq;
    int64_t at_ms;
};
VN_MUST_USE enum vn_status vn_storage_movements_put(struct vn_storage *storage,
                                                    const struct vn_movement_row *rows, size_t count);
/* The account's newest VN_REPORT_ROWS_MAX, newest first, by their chain. */
typedef enum vn_status (*vn_movement_visit)(void *ctx, const struct vn_movement_row *row);
VN_MUST_USE enum vn_status vn_storage_movements(struct vn_storage *storage, int64_t last,
                                                vn_movement_visit visit, void *ctx);
/* What an enrolment may take of an account, and what of that is where. */
struct vn_claim_row {
    int64_t enrolment;
    int64_t account;
    int64_t granted, in, out; /* the counters: what the hub granted; what the till said last */
    int64_t right, held, suspense, lent;
    int64_t released; /* by entries of kind release, those in quarantine too */
    int64_t asked;    /* so much it shall have released: at most `released` when nothing is asked back */
    int64_t
        stated; /* of one that was written off: lost with it, and not found elsewhere since; below 0: more was found */
    struct vn_view slices; /* of lots, as granted (post_work.h): right, held, suspense and lent together */
};
struct vn_claim_key {
    int64_t enrolment;
    int64_t account;
};
typedef enum vn_status (*vn_claim_visit)(void *ctx, const struct vn_claim_row *row);
VN_MUST_USE enum vn_status vn_storage_claims_load(struct vn_storage *storage, const struct vn_claim_key *keys,
                                                  size_t count, vn_claim_visit visit, void *ctx);
VN_MUST_USE enum vn_status vn_storage_claims_store(struct vn_storage *storage,
                                                   const struct vn_claim_row *const *rows, size_t count);
/* Of all accounts, by account; read in pages. */
VN_MUST_USE enum vn_status vn_storage_claims_all(struct vn_storage *storage, vn_claim_visit visit, void *ctx);
/* Of one account, by enrolment. */
VN_MUST_USE enum vn_status vn_storage_claims(struct vn_storage *storage, int64_t account,
                                             vn_claim_visit visit, void *ctx);

/* Of one enrolment behind an account those of which it has something, or less than nothing, at hand, or has some held; by
 * account, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_claims_of(struct vn_storage *storage, int64_t enrolment, int64_t after,
                                                int64_t max, vn_claim_visit visit, void *ctx);

/* A member's own coupons of single use that are good at that moment, the newest first, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_coupons_of(struct vn_storage *storage, int64_t member, int64_t now_ms,
                                                 unsigned max, int64_t *out, unsigned *count);

/* An enrolment that could give back of an account. */
struct vn_holder_row {
    int64_t id; /* of the enrolment */
    struct vn_enrolment_id enrolment;
    char store[VN_ID_MAX];
    int64_t right, released, asked;
};
typedef enum vn_status (*vn_holder_visit)(void *ctx, const struct vn_holder_row *row);
/* Of active enrolments but this one, those that have most first, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_holders(struct vn_storage *storage, int64_t account, int64_t but,
                                              int64_t max, vn_holder_visit visit, void *ctx);
/* The enrolment shall release so much `more` of the account; it was asked once more. */
VN_MUST_USE enum vn_status vn_storage_claim_ask(struct vn_storage *storage, int64_t enrolment,
                                                int64_t account, int64_t more);
/* It was asked once more, by other means. */
VN_MUST_USE enum vn_status vn_storage_enrolment_asked(struct vn_storage *storage, int64_t enrolment);
/* Accounts of which something is asked back of the enrolment, those first of which it has something at hand, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_claims_asked(struct vn_storage *storage, int64_t enrolment, int64_t max,
                                                   vn_claim_visit visit, void *ctx);
/* What accounts owe that was given at the chain's risk, together. */
VN_MUST_USE enum vn_status vn_storage_risk(struct vn_storage *storage, int64_t *out);
/* What of the chain's risk went with tills that were written off, or with entries that were given up. */
VN_MUST_USE enum vn_status vn_storage_risk_lost(struct vn_storage *storage, int64_t *out);
/* Those that owe some, by number, VN_REPORT_ROWS_MAX at most. */
typedef enum vn_status (*vn_risk_visit)(void *ctx, int64_t account, int64_t points);
VN_MUST_USE enum vn_status vn_storage_risks(struct vn_storage *storage, vn_risk_visit visit, void *ctx);

VN_MUST_USE enum vn_status vn_storage_grant_put(struct vn_storage *storage, int64_t enrolment, int64_t number,
                                                int64_t account, int64_t granted,
                                                const struct vn_slice *slice);
/* Whether a grant ever brought the account's counter to `granted`. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_grant_known(struct vn_storage *storage, int64_t enrolment,
                                                  int64_t account, int64_t granted);
/* A part of a grant, as it was given. */
struct vn_grant_row {
    int64_t number, account;
    int64_t granted; /* the counter then */
    struct vn_slice slice;
};
typedef enum vn_status (*vn_grant_visit)(void *ctx, const struct vn_grant_row *row);
/* All of an enrolment above `after`, by their numbers, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_grants(struct vn_storage *storage, int64_t enrolment, int64_t after,
                                             int64_t max, vn_grant_visit visit, void *ctx);

/* Numbers that were never given before. */
VN_MUST_USE enum vn_status vn_storage_next_name(struct vn_storage *storage, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_next_movement(struct vn_storage *storage, int64_t *out);
VN_MUST_USE enum vn_status vn_storage_next_sale(struct vn_storage *storage, int64_t *out);

/* The number of a further wallet. VN_ABSENT: it has none; with `may_write` it gets one, VN_FULL beyond
 * VN_HUB_WALLETS_MAX. */
VN_MUST_USE enum vn_status vn_storage_wallet_number(struct vn_storage *storage, const char *wallet,
                                                    bool may_write, unsigned *out);

/* --- sales ---------------------------------------------------------------------------------------------- */

/* Sales of a till that are held, at most `max`, behind this one by their numbers. */
typedef enum vn_status (*vn_held_visit)(void *ctx, int64_t sale, const struct vn_sale_key *key);
VN_MUST_USE enum vn_status vn_storage_sales_held(struct vn_storage *storage, const char *till, int64_t after,
                                                 int64_t max, vn_held_visit visit, void *ctx);

enum vn_hub_sale_state {
    VN_SALE_HELD,
    VN_SALE_CANCELLED,
    VN_SALE_COMMITTED,
    VN_SALE_USED,
    VN_SALE_VOIDED,
    VN_SALE_RETURNED,
    VN_SALE_STATES,
};
const char *vn_sale_state_name(enum vn_hub_sale_state state); /* static */

struct vn_sale_row {
    int64_t id;
    int64_t enrolment; /* of the journal in which commit_seq and hold_seq count */
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    struct vn_sale_key key;
    enum vn_hub_sale_state state;
    int64_t account;    /* 0: nobody's */
    int64_t commit_seq; /* 0: not committed */
    int64_t hold_seq;   /* 0: never held */
    int64_t at_ms;
    int64_t total_minor;
    int64_t discount_minor;
    int64_t points_earned; /* as posted */
    int64_t points_spent;
    int64_t ruleset;
    char fiscal[VN_NAME_MAX];
    char flags[VN_HUB_FLAGS_MAX]; /* space-separated: "late points-differ" */
    struct vn_view rest;          /* what it holds, used and earned, and what of it came back (post_work.h) */
};
struct vn_sale_at { /* a sale: of a till, or with till "" wherever it was */
    char till[VN_ID_MAX];
    struct vn_sale_key key;
};
/* `at` is the index of the key that it was found by: several tills may have what is looked for everywhere. */
typedef enum vn_status (*vn_sale_found)(void *ctx, size_t at, const struct vn_sale_row *row);
VN_MUST_USE enum vn_status vn_storage_sales_load(struct vn_storage *storage, const struct vn_sale_at *keys,
                                                 size_t count, vn_sale_found visit, void *ctx);
/* `fresh[n]`: it is inserted; else it is there. */
VN_MUST_USE enum vn_status vn_storage_sales_put(struct vn_storage *storage,
                                                const struct vn_sale_row *const *rows, const bool *fresh,
                                                size_t count);
typedef enum vn_status (*vn_sale_visit)(void *ctx, const struct vn_sale_row *row);
VN_MUST_USE enum vn_status vn_storage_sales(struct vn_storage *storage, const char *till, vn_sale_visit visit,
                                            void *ctx); /* till "": all; the newest VN_REPORT_ROWS_MAX */

/* All that hold, used or earned anything, by number. */
VN_MUST_USE enum vn_status vn_storage_sales_with_rest(struct vn_storage *storage, vn_sale_visit visit,
                                                      void *ctx);

/* --- quarantine ----------------------------------------------------------------------------------------- */

#define VN_QUARANTINE_FOR_TILLS (-1) /* no account has this number */

enum vn_quarantine_class {
    VN_QUARANTINE_WAITS,       /* for its sale: goes on by itself when that arrives */
    VN_QUARANTINE_UNSUPPORTED, /* of a newer till: goes on by itself when a newer hub starts */
    VN_QUARANTINE_BROKEN,      /* can't be read */
    VN_QUARANTINE_REFUSED,     /* can be read, and contradicts what is there */
    VN_QUARANTINE_WAITS_ACCOUNT, /* names an account that is not known: goes on by itself when that is imported or signs up */
    /* Of a right that the hub forgot when it was set back, or that another entry in quarantine brought in, and that is not there:
     * goes on when all tills have shown what they have, if it is then. */
    VN_QUARANTINE_WAITS_TILLS,
    VN_QUARANTINE_CLASSES,
};
const char *vn_quarantine_class_name(enum vn_quarantine_class class_); /* "waits-for-sale"; static */
enum vn_quarantine_decision { VN_QUARANTINE_OPEN, VN_QUARANTINE_RELEASED, VN_QUARANTINE_DISCARDED };

struct vn_quarantine_row {
    int64_t enrolment;
    int64_t seq;
    char kind[VN_ID_MAX]; /* of the entry; "?" when it can't be read */
    enum vn_quarantine_class class_;
    char reason[VN_ERROR_TEXT_MAX];
    int64_t account; /* whose shown balance at its own till has ... */
    int64_t points;  /* ... these points more; 0: nobody's */
    bool has_sale;
    struct vn_sale_key sale;
    int64_t since_ms, until_ms; /* between which it happened */
    int64_t attempts;
    int64_t
        stranger; /* VN_QUARANTINE_WAITS_ACCOUNT: for whom; VN_QUARANTINE_WAITS_TILLS: VN_QUARANTINE_FOR_TILLS */
    enum vn_quarantine_decision decision;
    int64_t decided_ms;
    char by[VN_NAME_MAX]; /* who decided: "uid 1001", "the hub" */
    char why[VN_NAME_MAX];
    struct vn_view moves; /* what its counters moved (post_work.h) */
};
VN_MUST_USE enum vn_status vn_storage_quarantine_put(struct vn_storage *storage,
                                                     const struct vn_quarantine_row *row);
typedef enum vn_status (*vn_quarantine_visit)(void *ctx, const struct vn_quarantine_row *row);
/* VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_quarantine_get(struct vn_storage *storage, int64_t enrolment,
                                                     int64_t seq, vn_quarantine_visit visit, void *ctx);
/* The open one of this number at a till, and if there is none and `decided`, one that was decided; of several enrolments, the
 * newest one's. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_quarantine_of_till(struct vn_storage *storage, const char *till,
                                                         int64_t seq, bool decided, vn_quarantine_visit visit,
                                                         void *ctx);
struct vn_quarantine_choice {
    enum vn_quarantine_class class_;    /* VN_QUARANTINE_CLASSES: all */
    bool decided;                       /* else those that are open */
    int64_t after_enrolment, after_seq; /* those behind this one */
    int64_t max;
};
/* In order of enrolment and number. */
VN_MUST_USE enum vn_status vn_storage_quarantine(struct vn_storage *storage,
                                                 const struct vn_quarantine_choice *choice,
                                                 vn_quarantine_visit visit, void *ctx);
/* Which entry of quarantine; {0, 0}: before all. */
struct vn_quarantine_place {
    int64_t enrolment, seq;
};
/* *until: the last of the next VN_RELEASE_LOOK_MAX behind `after` that are open and wait for something, in the same order; *more:
 * there may be others behind it. Fewer are left: behind all, and no more. */
VN_MUST_USE enum vn_status vn_storage_quarantine_look(struct vn_storage *storage,
                                                      const struct vn_quarantine_place *after,
                                                      struct vn_quarantine_place *until, bool *more);
/* Of those behind `after`, up to `until`: the first one that waited for an account, the tills or a sale's commit, and it is there
 * now. Those that wait for tills or a sale only if they were tried less than `tries` times. */
VN_MUST_USE enum vn_status vn_storage_quarantine_known(struct vn_storage *storage, int64_t tries,
                                                       const struct vn_quarantine_place *after,
                                                       const struct vn_quarantine_place *until,
                                                       vn_quarantine_visit visit, void *ctx);
/* Those of an enrolment that are open and before `seq`; `max` at most, the first ones. */
VN_MUST_USE enum vn_status vn_storage_quarantine_before(struct vn_storage *storage, int64_t enrolment,
                                                        int64_t seq, int64_t max, vn_quarantine_visit visit,
                                                        void *ctx);
/* VN_ABSENT: none that is open waits for a sale. */
VN_MUST_USE enum vn_status vn_storage_quarantine_has_waiting(struct vn_storage *storage);
/* Those that are open, wait for this sale and were tried less than `tries` times; `max` at most. */
VN_MUST_USE enum vn_status vn_storage_quarantine_waiting(struct vn_storage *storage,
                                                         const struct vn_sale_key *sale, int64_t tries,
                                                         int64_t max, vn_quarantine_visit visit, void *ctx);
/* Points of open ones that their own till goes on showing. */
VN_MUST_USE enum vn_status vn_storage_waiting(struct vn_storage *storage, int64_t enrolment, int64_t account,
                                              int64_t *out);

/* --- audit ---------------------------------------------------------------------------------------------- */

/* Compares sums in the store with one another (audit.h says which) and reports each contradiction in a sentence. */
VN_MUST_USE enum vn_status vn_storage_audit(struct vn_storage *storage, vn_sentence_visit visit, void *ctx);

#endif
