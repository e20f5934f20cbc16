/* The ledger beside the tills' entries (post.h): what the hub itself issues, grants and moves, and what it says of an account.
 *
 *     open       issued -> free          a member's first balance, a coupon
 *     grant      free -> right           named slices of mature lots, soonest to expire first
 *     adopt      all that a card earned before its member was known becomes his wallet's
 *     past       issued -> past          points of imported receipts, which are in the balance already
 *
 * Accounts: storage/account_id.h. Everything is a movement between two places (storage/ledger.h), so the sum over all stays 0.
 * Functions that take a vn_post belong inside the caller's transaction and mark for the feed what they change; statuses of the
 * store beside the named ones. */
#ifndef VN_HUB_LEDGER_H
#define VN_HUB_LEDGER_H

#include "sync/hub/core/hub.h"
#include "sync/hub/ledger/post.h"
#include "sync/hub/ledger/terms.h"

/* What a thread needs to move value (a writer alone) and to read accounts: hub->post and hub->view. VN_NOMEM. */
enum vn_ledger_use { VN_LEDGER_READS, VN_LEDGER_WRITES };
VN_MUST_USE enum vn_status vn_ledger_attach(struct vn_hub *hub, enum vn_ledger_use use);
void vn_ledger_detach(struct vn_hub *hub); /* fine when nothing was attached */

/* A member's account is there from now on; `points` are his opening balance unless he ever had any. */
VN_MUST_USE enum vn_status vn_ledger_open_member(struct vn_post *post, int64_t member, int64_t points,
                                                 int64_t at_ms);
/* A coupon of single use: a lot of one, from and until these days; 0: open. */
VN_MUST_USE enum vn_status vn_ledger_open_coupon(struct vn_post *post, int64_t coupon, int64_t from_ms,
                                                 int64_t until_ms, int64_t at_ms);
/* Nothing new is booked to it: its member or coupon was taken out. */
VN_MUST_USE enum vn_status vn_ledger_close(struct vn_post *post, int64_t account);
VN_MUST_USE enum vn_status vn_ledger_adopt(struct vn_post *post, const char *card_account, int64_t member,
                                           int64_t at_ms);
VN_MUST_USE enum vn_status vn_ledger_past(struct vn_post *post, int64_t member, int64_t points,
                                          int64_t at_ms);

/* What has matured by `at_ms` is free, and what has expired is gone: what is out at tills stays until it is spent or comes back.
 * A tier whose period ended falls when it is due. */
VN_MUST_USE enum vn_status vn_ledger_age(struct vn_post *post, int64_t account, int64_t at_ms);
/* The rules of tiers that are in force (agent/loyalty/tiers.h); 0: without periods. */
VN_MUST_USE enum vn_status vn_ledger_tier_rules(struct vn_post *post, int64_t *out);

/* What was imported of a member, without what the ledger knows better. VN_ABSENT; VN_CORRUPT. */
VN_MUST_USE enum vn_status vn_ledger_facts(struct vn_storage *storage, int64_t member, struct vn_member *out);

struct vn_ledger_want {
    int64_t enrolment;
    int64_t number; /* the grant's */
    const char *account;
    const struct vn_right_of *of; /* what its name is made of; NULL: it has a number, or nobody said */
    int64_t granted;              /* the counter that the till would like to see */
    int64_t at_ms;
};
/* Grants what is wanted, or less when less is spendable or it would take more than VN_LOTS_MAX slices. *out gets the slices, the
 * counter as it is then and what is left to spend; *account is its number. VN_INPUT: there is no such account, or one that
 * nobody grants of. */
VN_MUST_USE enum vn_status vn_ledger_grant(struct vn_post *post, const struct vn_ledger_want *want,
                                           struct vn_grant *out, int64_t *account, struct vn_error *error);

/* Brings what the till has of the chance to take risks (accounts.h) up to the setting when it is less than half of that. Of
 * `want` account and counter don't count. *given is set if there was any, and never cleared. */
VN_MUST_USE enum vn_status vn_ledger_grant_risk(struct vn_post *post, const struct vn_ledger_want *want,
                                                bool *given);

/* --- what it says; reading alone */

/* What the owner has: free, waiting, out at tills, between them and in suspense, less what he owes. */
int64_t vn_ledger_owned(const struct vn_account_row *row);
/* What of it tills have: at hand, held in open receipts, and lent as long as its end is not known. Not below 0. */
int64_t vn_ledger_at_tills(const struct vn_account_row *row);
/* What of that is not at this one: what it has lent is elsewhere. Not below 0. */
int64_t vn_ledger_elsewhere(int64_t at_tills, const struct vn_claim_row *own);

struct vn_ledger_view; /* scratch, and one account read into it */
VN_MUST_USE enum vn_status vn_ledger_view_create(struct vn_ledger_view **out); /* VN_NOMEM */
void vn_ledger_view_destroy(struct vn_ledger_view *view);
/* VN_ABSENT: nothing was ever booked to it. */
VN_MUST_USE enum vn_status vn_ledger_view_read(struct vn_ledger_view *view, struct vn_storage *storage,
                                               int64_t account);
const struct vn_account_row *vn_ledger_view_row(const struct vn_ledger_view *view);
/* Its lots in the first wallet, and of a member's first wallet what he has beside. */
const struct vn_book *vn_ledger_view_book(const struct vn_ledger_view *view);

/* Adds what the ledger knows to a member's row as tills get it: balances and lots of his wallets (those of the ruleset in
 * force), what he owes, spend, visits, counters, tier and segments. `facts` is what was
 * imported. */
VN_MUST_USE enum vn_status vn_ledger_tell(struct vn_ledger_view *view, struct vn_storage *storage,
                                          int64_t member, struct vn_member *facts);

#endif
