/* Does the hub contradict itself? Checked over everything that it keeps:
 *
 *     each movement's postings sum to 0, and so do all balances
 *     a balance is the sum of its postings; what is free is the sum of free lots
 *     a right is granted + in - out by the till's last counters, and its slices are what is out
 *     what is held is the sum of open holds
 *     each journal is gapless, and its chain leads from the enrolment to the stored head
 *     each applied commit is its sale's one commit
 *
 * It reads only, and takes as long as reading everything takes. */
#ifndef VN_HUB_AUDIT_H
#define VN_HUB_AUDIT_H

#include "sync/hub/hub.h"

/* Calls `visit` with one sentence for each contradiction. *entries: how many were verified. */
VN_MUST_USE enum vn_status vn_audit(struct vn_hub *hub, vn_sentence_visit visit, void *ctx, int64_t *entries);

#endif
