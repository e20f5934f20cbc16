/* Does the hub contradict itself? Checked over everything that it keeps:
 *
 *     what an account has in a place is the sum of its movements, which sum to 0 as each has both its sides
 *     what is free or waiting is the sum of its lots; each lot is out as far as tills have slices of it
 *     a right is granted + in - out by the till's last counters, and its slices are what is out
 *     what is held is the sum of open holds
 *     each journal is gapless, and its chain leads from the enrolment to the stored head
 *     each applied commit is its sale's one commit
 *
 * It reads only, and takes as long as reading everything takes. */
#ifndef VN_HUB_AUDIT_H
#define VN_HUB_AUDIT_H

#include "sync/hub/core/hub.h"
#include "sync/hub/storage/ledger.h"

/* Calls `visit` with one sentence for each contradiction. *entries: how many were verified. */
VN_MUST_USE enum vn_status vn_audit(struct vn_hub *hub, vn_sentence_visit visit, void *ctx, int64_t *entries);

/* audit_ledger.c: what is packed in the ledger's rows, against the rest of them. */
VN_MUST_USE enum vn_status vn_audit_ledger(struct vn_storage *storage, vn_sentence_visit visit, void *ctx);

#endif
