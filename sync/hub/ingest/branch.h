/* The way out for a till whose journal is not the one that the hub has of it: set back, copied, or unknown here since the hub was
 * restored. It enrols anew, and hands in what the hub lacks of its old journal (`verno enrol --replaces`).
 *
 * What comes is a batch of the old enrolment, as it would have sent it itself, and the certificate is the new one's. What the hub
 * has of it is skipped, by the hash; the rest is a *branch*, with a number: its entries are stored as they came, and posted as
 * far as they are sales that the hub does not know (post.h). A batch that was sent twice is had already. */
#ifndef VN_HUB_BRANCH_H
#define VN_HUB_BRANCH_H

#include "sync/hub/ingest/ingest.h"

/* Takes in a batch from the enrolment `by`, inside the caller's transaction; the journal has nothing before its entry `oldest`.
 * The verdict is TAKEN (acked_seq: up to where the hub has the old journal now) or EXPECTED (send from there). VN_DENIED: the
 * journal is another till's, or `by` has handed in VN_BRANCHES_MAX that branched off; VN_INPUT: it is no journal that was
 * replaced; VN_CONFLICT: it is not the one whose beginning was handed in; all with a sentence. The old enrolment is revoked with
 * it. */
VN_MUST_USE enum vn_status vn_branch_take(struct vn_hub *hub, const struct vn_enrolment_row *by,
                                          const struct vn_intake *intake, int64_t oldest,
                                          struct vn_ingest_result *out, struct vn_error *error);

#endif
