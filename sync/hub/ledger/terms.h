/* The chain's wallets, and how long points of each wait and live, by ruleset: lots are kept with the terms of the ruleset
 * that earned them. A ruleset that the hub does not have (or none) stands for the one in force; before the first one points
 * mature at once and live 365 days.
 *
 * Further wallets ("partner") get a number when a ruleset that has them is first looked at, for ever: it is in the names of
 * their accounts (storage/account_id.h). Reads the store and keeps what it read; which ruleset is in force until it is told to
 * forget. */
#ifndef VN_HUB_TERMS_H
#define VN_HUB_TERMS_H

#include "agent/loyalty/ruleset.h"
#include "sync/hub/storage/ledger.h"

struct vn_term {
    char wallet[VN_TAG_MAX]; /* "": the first */
    unsigned number;         /* storage/account_id.h; 0: the first */
    int64_t matures_days, expires_days /* 0: never */, return_grace_days;
    int64_t earn_max_day; /* 0: no maximum */
};

struct vn_term_set {
    int64_t ruleset; /* as it was asked for */
    unsigned count;  /* the first is the chain's own */
    struct vn_term wallets[VN_WALLETS_MAX];
};

struct vn_terms;
VN_MUST_USE enum vn_status vn_terms_create(struct vn_terms **out); /* VN_NOMEM */
void vn_terms_destroy(struct vn_terms *terms);
/* Forgets which is in force: another may be by now. */
void vn_terms_forget(struct vn_terms *terms);
/* Borrowed, until the next call. Statuses of the store. With `may_write` wallets that have no number yet get one; without,
 * they are left out. */
VN_MUST_USE enum vn_status vn_terms_of(struct vn_terms *terms, struct vn_storage *storage, int64_t ruleset,
                                       bool may_write, const struct vn_term_set **out);
/* The header of the ruleset in force, read, for its tiers; NULL: there is none. Borrowed, until vn_terms_forget. */
VN_MUST_USE enum vn_status vn_terms_header(struct vn_terms *terms, struct vn_storage *storage,
                                           const struct vn_ruleset **out);
/* The whole of it, read when it is first asked for, which takes its time; NULL: there is none. Borrowed, as the header. */
VN_MUST_USE enum vn_status vn_terms_ruleset(struct vn_terms *terms, struct vn_storage *storage,
                                            const struct vn_ruleset **out);
const struct vn_term *vn_term_find(const struct vn_term_set *set, const char *wallet); /* NULL */

#endif
