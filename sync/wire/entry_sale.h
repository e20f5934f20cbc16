/* The sale in the body of a hold or a commit (entry.h), whatever version the entry is of: what a till writes of basket and
 * outcome, and what hub and till read of it.
 *
 * A commit that changes nothing of what was held says {"held":SEQ} instead: the hold's entry, of this journal, has both. */
#ifndef VN_WIRE_ENTRY_SALE_H
#define VN_WIRE_ENTRY_SALE_H

#include "agent/loyalty/journal_json.h"
#include "agent/loyalty/with.h"
#include "sync/wire/entry.h"

/* Adds basket and outcome to the body, which is made when there is none; of the entry's version. `items` are beside the
 * basket's lines, or NULL; `with` is what the outcome was quoted with, or NULL. The entry's time and account are set
 * before. VN_NOMEM. */
VN_MUST_USE enum vn_status vn_entry_sale_write(struct vn_entry *entry, const struct vn_basket *basket,
                                               const struct vn_item *items, const struct vn_outcome *outcome,
                                               const struct vn_with *with);
/* The same for a commit of what entry `seq` holds. */
VN_MUST_USE enum vn_status vn_entry_held_write(struct vn_entry *entry, int64_t seq);

struct vn_entry_sale {
    int64_t held; /* > 0: the hold that has basket and outcome; then they are not here */
    bool has_basket, has_outcome;
};

/* Fills *basket and *outcome as far as they are there, and *out with what there was. VN_INPUT with the place in *error. */
VN_MUST_USE enum vn_status vn_entry_sale_read(const struct vn_entry *entry, struct vn_basket *basket,
                                              struct vn_outcome *outcome, struct vn_entry_sale *out,
                                              struct vn_error *error);
/* The same where `hold` is the body of the entry that a commit says: for whoever keeps entries. VN_INPUT also when it is no
 * hold of this sale, or holds nothing by itself. */
VN_MUST_USE enum vn_status vn_entry_hold_read(const struct vn_entry *commit, struct vn_view hold,
                                              struct vn_basket *basket, struct vn_outcome *outcome,
                                              struct vn_entry_sale *out, struct vn_error *error);

/* What the outcome was quoted with, for quoting it again (agent/loyalty/requote.h); of the entry that has the outcome.
 * VN_ABSENT: it does not say; VN_INPUT. */
VN_MUST_USE enum vn_status vn_entry_with_read(const struct vn_entry *entry, struct vn_with *out,
                                              struct vn_error *error);

#endif
