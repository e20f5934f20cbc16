/* The book of one member: what a chain owes him, and what he owes the chain. Facts go in (a sale, its void, a return, the
 * passing of time), movements come out, and the book is as it is afterwards. Pure: no clock, no storage, no allocation;
 * whoever keeps books fills one in, applies facts, and stores what the movements say.
 *
 * Points lie in lots. Each point that was ever issued is in one place at any time:
 *
 *     issued -> free -> redeemed       a lot is earned, and spent
 *     free -> expired                  what is left of it, when its day has come
 *     free -> debt                     an earning pays what the member owes, before anything else
 *     debt -> issued, debt -> redeemed what is taken back or spent, and is not there: he owes it
 *
 * A wallet that owes has nothing free. Spending takes the lots that the outcome names; what one of them does not have any
 * more is taken from the others, soonest to expire first, and then owed: what was printed is honoured. A sale from before
 * a lot's last day that is heard of after it takes the points out of what expired since: expiry never takes points that
 * were spent. One from that day on gets none of them, whether vn_book_expire has been there or not. Taking back takes the
 * sale's own lot first. Giving back goes to the lots that the points came from; into one that has expired it goes with
 * `return_grace_days` more to live, as a lot of its own while tills have points of the old one, since theirs expire when they
 * are here again. What a sale took from lots that it does not name pays debt first, then goes back to the lots that paid a
 * debt, since they gave their points for it, then to those that have points out; of either to those that live longest first.
 *
 * An empty lot stays while points of it are out, because they may come back. When a new lot finds no room, the empty one
 * that expires first, and that no till has a right to, is forgotten; points of it come back as points of an expired lot. Where
 * none is empty the points join the lot that lives longest of those that mature no later, which then lives as long as they would
 * have: no earning is refused for want of room. A keeper joins lots before it comes to that (vn_book_join).
 *
 * Counters are stamps and uses of limited offers (accounts.h names them); coupons are those that were issued for a next
 * visit; tags are segments that a promotion put the member into. What was used meanwhile is not taken back.
 *
 * A fact is applied once: who hands it in sees to that (the hub by sale and kind of entry). Each function changes all or,
 * when it fails, nothing. */
#ifndef VN_LOYALTY_BOOK_H
#define VN_LOYALTY_BOOK_H

#include "agent/base/error.h"
#include "agent/loyalty/member.h"
#include "agent/loyalty/outcome.h"

struct vn_book_lot {
    int64_t id;
    int64_t amount;  /* free */
    int64_t spent;   /* out in sales: may come back */
    int64_t granted; /* with tills, by right: the keeper's to move, no fact does */
    int64_t expired; /* taken by its last day */
    int64_t lapsed;  /* of those, before it got days of grace: gone for whoever spends */
    int64_t paid;    /* where points expire, by a debt or a loan posted before: back with what it was for */
    int64_t earned_ms, matures_ms;
    int64_t expires_ms; /* 0: never */
    int64_t sale;       /* that earned it; 0: none */
};

struct vn_book_wallet {
    char wallet[VN_TAG_MAX]; /* as the ruleset's header names it; the first: "" */
    char account[VN_ID_MAX];
    int64_t matures_days;      /* of new lots */
    int64_t expires_days;      /* 0: never */
    int64_t return_grace_days; /* of what comes back into an expired lot */
    int64_t debt;              /* >= 0 */
    unsigned lot_count;
    struct vn_book_lot lots[VN_BOOK_LOTS_MAX]; /* soonest to expire first, then by id */
};

#define VN_BOOK_LOTS_SOFT 128 /* from so many on, lots of one day are joined */

/* For who keeps a wallet, between two facts. From VN_BOOK_LOTS_SOFT lots on those that expire on one day are joined, when nothing
 * of them is out. In a wallet without room those of one week are, then of 30 days, of a year, of whatever time, until there is
 * room for one more lot: the soonest to expire first, also such as sales took from, but no lot of which a till has a slice. Only
 * such are joined as are in one state by `now_ms`, mature or not, expired or not. A joined lot has the number of the later
 * one, its last day, and the sooner day of maturing, so that nobody loses a day. Which sale they were earned by is forgotten. */
void vn_book_join(struct vn_book_wallet *wallet, int64_t now_ms);
/* Puts a lot, which has a number, into its place. The lot whose points they are now, which is another when there is no room. */
struct vn_book_lot *vn_book_add(struct vn_book_wallet *wallet, const struct vn_book_lot *lot);

/* Coupons or a tag that a sale gave. */
struct vn_book_given {
    enum vn_given_kind kind; /* VN_GIVEN_COUPON, VN_GIVEN_TAG */
    char what[VN_ID_MAX];
    int64_t sale;
    int64_t amount; /* that are not used */
    int64_t valid_from_ms, valid_until_ms;
};

struct vn_book {
    int64_t next_lot; /* the id of the next lot; the caller's to set */
    int64_t lifetime_minor;
    int64_t qualifying;
    unsigned wallet_count; /* the first is the chain's own */
    struct vn_book_wallet wallets[VN_WALLETS_MAX];
    unsigned counter_count; /* none is 0 */
    struct vn_member_counter counters[VN_COUNTERS_MAX];
    unsigned given_count;
    struct vn_book_given given[VN_BOOK_GIVEN_MAX];
};

enum vn_movement_kind {
    VN_MOVE_ISSUE,      /* issued -> free */
    VN_MOVE_TAKE_BACK,  /* free -> issued */
    VN_MOVE_OWE,        /* debt -> issued: to be taken back, and gone */
    VN_MOVE_PAY,        /* free -> debt */
    VN_MOVE_SPEND,      /* free -> redeemed */
    VN_MOVE_OVERSPEND,  /* debt -> redeemed: spent, and not there */
    VN_MOVE_GIVE_BACK,  /* redeemed -> free */
    VN_MOVE_FORGIVE,    /* redeemed -> debt: what comes back pays what is owed */
    VN_MOVE_EXPIRE,     /* free -> expired */
    VN_MOVE_REVIVE,     /* expired -> free: it was spent in time */
    VN_MOVE_COUNT,      /* `name` is an account: a counter, a limit, a coupon that was presented */
    VN_MOVE_COUPON,     /* `name`: coupons issued; < 0: revoked */
    VN_MOVE_TAG,        /* `name`: 1 joins the segment, -1 leaves it */
    VN_MOVE_LIFETIME,   /* minor units */
    VN_MOVE_QUALIFYING, /* of the tiers' counter */
};

struct vn_movement {
    enum vn_movement_kind kind;
    unsigned wallet; /* of points: its place in the book */
    int64_t lot;     /* of points: in or out of `free`; else 0 */
    int64_t amount;  /* of points > 0; else signed */
    char name[VN_ID_MAX];
};

struct vn_movements {
    unsigned count;
    struct vn_movement rows[VN_MOVEMENTS_MAX];
};

const char *vn_movement_name(enum vn_movement_kind kind); /* "give-back"; static */

struct vn_return; /* returns.h */

/* Adds a wallet without points. VN_FULL. */
VN_MUST_USE enum vn_status vn_book_open(struct vn_book *book, const char *wallet, const char *account);

/* `sale` > 0 is the caller's number of the receipt, the same for all that becomes of it. *moves is filled anew. VN_FULL
 * beyond limits.h; VN_INPUT for amounts out of range, or a wallet that the book does not have. */
VN_MUST_USE enum vn_status vn_book_commit(struct vn_book *book, int64_t sale, int64_t at_ms,
                                          const struct vn_outcome *outcome, struct vn_movements *moves,
                                          struct vn_error *error);
VN_MUST_USE enum vn_status vn_book_void(struct vn_book *book, int64_t sale, int64_t at_ms,
                                        const struct vn_outcome *outcome, struct vn_movements *moves,
                                        struct vn_error *error);
VN_MUST_USE enum vn_status vn_book_return(struct vn_book *book, int64_t sale, int64_t at_ms,
                                          const struct vn_return *plan, struct vn_movements *moves,
                                          struct vn_error *error);
/* Empties the lots whose last day has come. */
void vn_book_expire(struct vn_book *book, int64_t now_ms, struct vn_movements *moves);

/* For who keeps a book, before a fact at `at_ms` that gives: sees that `rows` more coupons and tags find room. Forgotten are
 * coupons whose last day has come; then rows that say the same are joined (a tag that several sales gave is nobody's to
 * take back, alike coupons are the last sale's); then the coupons that were given first: they are printed, and count. Tags
 * stay, so that there may be no room all the same. */
void vn_book_make_room(struct vn_book *book, int64_t at_ms, unsigned rows);
/* Takes over what another book was given: a row that says the same takes it, as above, or it gets one. False: there is no
 * room. */
bool vn_book_keep(struct vn_book *book, const struct vn_book_given *given);

/* How many counters the book would get. */
unsigned vn_book_new_counters(const struct vn_book *book, const struct vn_outcome *outcome);
/* A counter's keeper thinks that nobody asks for it any more. */
void vn_book_forget_counter(struct vn_book *book, unsigned at);

/* A coupon that the sale issued was used, so it can't be revoked any more. VN_ABSENT: there is none left. */
VN_MUST_USE enum vn_status vn_book_use_coupon(struct vn_book *book, int64_t sale, const char *what);

/* What a wallet can spend now, and what matures later; what has expired is in neither. */
struct vn_book_balance {
    int64_t spendable, waiting, debt;
};
struct vn_book_balance vn_book_balance(const struct vn_book_wallet *wallet, int64_t now_ms);
int64_t vn_book_counter(const struct vn_book *book, const char *account); /* 0 when it is not there */
/* Of figures that only sums are made of (spend, qualifying amount, counters), whoever adds them: it stays at the end of their
 * range, for else one till could make a book that no other's sale fits into. */
int64_t vn_book_sum(int64_t a, int64_t b);
bool vn_book_has_tag(const struct vn_book *book, const char *tag);

#endif
