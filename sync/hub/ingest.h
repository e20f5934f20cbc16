/* Taking in a till's journal: each entry once, in order, as it came. What it means is posted later (posting.h).
 *
 *     seq <= high, same hash     had it: skipped
 *     seq <= high, other hash    a branch
 *     seq == high + 1            stored, whatever it says; never a reason to stop
 *     seq >  high + 1            refused: the answer says what is expected
 *
 * What is stored is acknowledged. Ids of starts are remembered here and not when they are posted, because a till speaks of
 * the start that it has just sent. durable_seq is 0: there is no backup or standby yet. */
#ifndef VN_HUB_INGEST_H
#define VN_HUB_INGEST_H

#include "sync/hub/hub.h"
#include "sync/hub/intake.h"

enum vn_ingest_verdict { VN_INGEST_TAKEN, VN_INGEST_EXPECTED, VN_INGEST_BRANCH };

struct vn_ingest_result {
    enum vn_ingest_verdict verdict;
    struct vn_ack ack;           /* TAKEN */
    struct vn_expected expected; /* EXPECTED */
    unsigned taken;              /* new entries */
    int64_t boot_seq;            /* of the last start among them; 0: none */
    uint8_t boot[VN_ID_BYTES];
};

/* Runs inside the caller's transaction, so that many tills' batches share one commit; the result may be told
 * only after it. `row` is brought up to date. Statuses of the store. */
VN_MUST_USE enum vn_status vn_ingest_batch(struct vn_hub *hub, struct vn_enrolment_row *row,
                                           const struct vn_intake *intake, struct vn_ingest_result *out);

#endif
