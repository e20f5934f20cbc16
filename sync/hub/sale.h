/* One entry of a till's journal, applied to the ledger: which movements each kind makes (sync/wire/entry.h).
 *
 * What moves follows from the counters in the entry's envelope, as differences to those that the till said
 * last, so that it fits the till's own reckoning whatever the entry's body says:
 *
 *     grant    nothing: it moved when it was granted; the numbers are compared
 *     hold     right -> held, or back when a later hold needs less
 *     cancel   held -> right
 *     commit   held -> redeemed, or back to the right where it is not needed; right -> redeemed; what the
 *              outcome consumes beyond that is a debt; earns a lot
 *     used     as commit, without earning
 *     void     redeemed -> right; earned points are taken back
 *     return   redeemed -> free; earned points are taken back
 *     release  right -> free
 *     boot, finding: remembered
 *
 * A sale is told apart by (till, sale key); a step that was done already is never posted again. The recorded
 * outcome is compared with the envelope, and differences are flagged on the sale. A till's outcome is taken
 * as it is, within caps (VN_EARN_RECEIPT_MAX, VN_EARN_DAY_MAX): quoting it again is not there yet. */
#ifndef VN_HUB_SALE_H
#define VN_HUB_SALE_H

#include "sync/hub/ledger.h"
#include "sync/hub/storage_segments.h"

/* `segment` is the entry's own: a hold that it names is mostly in there, and needs no unzipping. VN_INPUT, VN_CONFLICT: the entry can't be applied, `error` says why; the caller undoes what was written and
 * keeps the entry in quarantine. Everything else but VN_OK is trouble of the store. */
VN_MUST_USE enum vn_status vn_sale_apply(struct vn_storage *storage, const struct vn_enrolment_row *enrolment,
                                         const struct vn_segment *segment, int64_t seq, int64_t at_ms,
                                         const struct vn_entry *entry, struct vn_error *error);

/* For an entry in quarantine: its counters count even so. What they moved stands in suspense. */
VN_MUST_USE enum vn_status vn_sale_count_only(struct vn_storage *storage,
                                              const struct vn_enrolment_row *enrolment, int64_t seq,
                                              int64_t at_ms, const struct vn_entry *entry);

#endif
