/* Taking in a till's journal: each entry once, in order, raw bytes first, then its meaning.
 *
 *     seq <= high, same hash     had it: skipped
 *     seq <= high, other hash    a branch
 *     seq == high + 1            stored and applied, or stored in quarantine; never a reason to stop
 *     seq >  high + 1            refused: the answer says what is expected
 *
 * An entry that can't be applied is kept as it came, with a sentence why, and its counters count. Its points
 * are not posted, but stay in the balance that its own till is told, if the envelope can be read. Nobody can
 * mend or release quarantined entries yet. durable_seq is 0: there is no backup or standby yet. */
#ifndef VN_HUB_INGEST_H
#define VN_HUB_INGEST_H

#include "sync/hub/hub.h"
#include "sync/wire/batch.h"

enum vn_ingest_verdict { VN_INGEST_TAKEN, VN_INGEST_EXPECTED, VN_INGEST_BRANCH };

struct vn_ingest_result {
    enum vn_ingest_verdict verdict;
    struct vn_ack ack;           /* TAKEN */
    struct vn_expected expected; /* EXPECTED */
    unsigned taken;              /* new entries */
};

/* Runs inside the caller's transaction, so that many tills' batches share one commit; the result may be told
 * only after it. `row` is brought up to date. Statuses of the store. */
VN_MUST_USE enum vn_status vn_ingest_batch(struct vn_hub *hub, struct vn_enrolment_row *row,
                                           const struct vn_batch *batch, struct vn_ingest_result *out);

#endif
