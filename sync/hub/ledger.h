/* The ledger's movements: what issuing, granting, spending, giving back and taking back do to balances, lots
 * and slices. Everything is a movement between two slots (storage.h), so the sum over all slots stays 0:
 *
 *     issue      issued -> free          a lot; what the account owes is paid out of it (free -> debt)
 *     grant      free -> right           named slices, soonest to expire first
 *     spend      right, held -> redeemed slices are consumed
 *     release    right -> free           slices go back to their lots
 *     take back  free -> issued          what is short: debt -> issued
 *
 * Accounts: "w<n>" the wallet of member n, "c<n>" single-use coupon n (capacity 1), "card:<hash>" what a card
 * earned that the hub does not know; it goes to the member when the card is imported.
 * Expired lots are not granted any more, but nothing moves them out of `free` in this version.
 *
 * All functions run inside the caller's transaction and mark the accounts as changed for the feed. Statuses
 * of the store besides the named ones. */
#ifndef VN_HUB_LEDGER_H
#define VN_HUB_LEDGER_H

#include "sync/hub/storage.h"

#define VN_LOT_TERM_MS (365 * INT64_C(86400000)) /* a lot expires after a year */

/* The number of a wallet or coupon account; false when the text is no such account. */
bool vn_account_member(const char *account, int64_t *id);
bool vn_account_coupon(const char *account, int64_t *id);

/* What tills know of the account has changed, by what an enrolment did; 0: by the hub's own doing. */
VN_MUST_USE enum vn_status vn_ledger_changed(struct vn_storage *storage, const char *account,
                                             int64_t enrolment);

VN_MUST_USE enum vn_status vn_ledger_issue(struct vn_storage *storage, const char *account,
                                           const struct vn_lot *lot, const struct vn_cause *cause);
VN_MUST_USE enum vn_status vn_ledger_take_back(struct vn_storage *storage, const char *account,
                                               int64_t amount, const struct vn_cause *cause);

/* Grants `amount`, or less when less is spendable or it would take more than VN_LOTS_MAX slices. Appends the
 * slices to out; *given is what was moved. */
VN_MUST_USE enum vn_status vn_ledger_grant(struct vn_storage *storage, int64_t enrolment, const char *account,
                                           int64_t amount, const struct vn_cause *cause, struct vn_grant *out,
                                           int64_t *given);
/* From VN_PLACE_RIGHT or VN_PLACE_HELD of the enrolment, noted as used by the sale. VN_INPUT: more than there
 * is. */
VN_MUST_USE enum vn_status vn_ledger_spend(struct vn_storage *storage, int64_t enrolment, int64_t sale,
                                           const char *account, enum vn_place from, int64_t amount,
                                           const struct vn_cause *cause, struct vn_error *error);
/* What was consumed without a hold or a right: a stated debt. */
VN_MUST_USE enum vn_status vn_ledger_spend_uncovered(struct vn_storage *storage, int64_t sale,
                                                     const char *account, int64_t amount,
                                                     const struct vn_cause *cause);
/* Gives back what the sale used: up to back_to_right of `account` to the right of the enrolment, everything
 * else of all accounts to where it is free (or to the debt that it made). VN_INPUT: the sale used less. */
struct vn_give_back {
    int64_t enrolment;
    int64_t sale;
    unsigned count;
    struct vn_right_want to_right[VN_RIGHTS_MAX]; /* `granted`: how much */
};
VN_MUST_USE enum vn_status vn_ledger_give_back(struct vn_storage *storage, const struct vn_give_back *back,
                                               const struct vn_cause *cause, struct vn_error *error);
/* VN_INPUT: more than the right. */
VN_MUST_USE enum vn_status vn_ledger_release(struct vn_storage *storage, int64_t enrolment,
                                             const char *account, int64_t amount,
                                             const struct vn_cause *cause, struct vn_error *error);
/* Everything of a card's own account becomes the wallet's. */
VN_MUST_USE enum vn_status vn_ledger_adopt(struct vn_storage *storage, const char *card_account,
                                           const char *wallet, const struct vn_cause *cause);

#endif
