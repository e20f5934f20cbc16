/* What the files sale*.c share and nobody else includes: one entry on its way into the ledger. */
#ifndef VN_HUB_SALE_APPLY_H
#define VN_HUB_SALE_APPLY_H

#include "agent/loyalty/outcome.h"
#include "sync/hub/sale.h"
#include "sync/wire/entry_sale.h"

struct vn_apply {
    struct vn_storage *storage;
    const struct vn_enrolment_row *enrolment;
    const struct vn_segment *segment;
    const struct vn_entry *entry;
    struct vn_cause cause;
    struct vn_error *error;
    struct vn_sale_row sale;
    struct vn_counters known[VN_RIGHTS_MAX]; /* what the till said before this entry */
    bool has_outcome;
    struct vn_outcome outcome;
    struct vn_basket basket; /* beside it, if the entry has one */
};

/* How much the entry moves into and out of right `i`. */
int64_t vn_apply_in(const struct vn_apply *apply, unsigned i);
int64_t vn_apply_out(const struct vn_apply *apply, unsigned i);

/* All as vn_sale_apply. */
VN_MUST_USE enum vn_status vn_apply_account_exists(struct vn_apply *apply, const char *account);
/* The sale of the entry's key at this till; a new row, not yet stored, when it is the first that we hear. */
VN_MUST_USE enum vn_status vn_apply_open(struct vn_apply *apply);

VN_MUST_USE enum vn_status vn_apply_hold(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_cancel(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_commit(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_used(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_void(struct vn_apply *apply);
VN_MUST_USE enum vn_status vn_apply_return(struct vn_apply *apply);

#endif
