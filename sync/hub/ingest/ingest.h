/* Taking in a till's journal: each entry once, in order, as it came. What it means is posted later (posting.h).
 *
 *     seq <= high, same hash     had it: skipped
 *     seq <= high, other hash    a branch
 *     seq == high + 1            stored, whatever it says; never a reason to stop
 *     seq >  high + 1            refused: the answer says what is expected
 *
 * What is stored is acknowledged. Ids of starts are remembered here and not when they are posted, because a till speaks of
 * the start that it has just sent. durable_seq follows what is taken in when the database is on two machines, and backups
 * that are off this one when it is not. */
#ifndef VN_HUB_INGEST_H
#define VN_HUB_INGEST_H

#include "sync/hub/core/hub.h"
#include "sync/hub/ingest/intake.h"
#include "sync/hub/storage/segments.h"

enum vn_ingest_verdict { VN_INGEST_TAKEN, VN_INGEST_EXPECTED, VN_INGEST_BRANCH };

struct vn_ingest_result {
    enum vn_ingest_verdict verdict;
    struct vn_ack ack;           /* TAKEN */
    struct vn_expected expected; /* EXPECTED */
    unsigned taken;              /* new entries */
    bool
        held; /* TAKEN: the commit will wait for a standby; then all that is acknowledged is durable, see vn_storage_held */
    int64_t boot_seq; /* of the last start among them; 0: none */
    uint8_t boot[VN_ID_BYTES];
};

/* What the batches of one transaction write, all at once at its end. */
struct vn_ingest_group {
    struct vn_segment_row *segments;
    const struct vn_enrolment_row **rows;
    size_t segment_count, row_count, max;
    bool held; /* see vn_storage_held */
};
/* Begins a group of up to `max` batches in the caller's transaction. To be ended by vn_ingest_end in any case. */
VN_MUST_USE enum vn_status vn_ingest_begin(struct vn_hub *hub, size_t max, struct vn_ingest_group *out);
/* Takes in one batch of an enrolment that has none in the group. `row` is as it is in this transaction, and is brought up to
 * date; it and `intake` live until the group was stored. `head_seq`: how far the till's journal went when it sent this; what is
 * behind the batch was written before now, and is not to count as later than the last acknowledgement that left nothing. One that
 * says so on VN_HUB_MORE_DAYS days is taken to have sent what it had on the first of them. The result may be told after the
 * commit. VN_FULL: the group is. */
VN_MUST_USE enum vn_status vn_ingest_batch(struct vn_hub *hub, struct vn_ingest_group *group,
                                           struct vn_enrolment_row *row, const struct vn_intake *intake,
                                           int64_t head_seq, struct vn_ingest_result *out);
VN_MUST_USE enum vn_status vn_ingest_store(struct vn_hub *hub, const struct vn_ingest_group *group);
void vn_ingest_end(struct vn_ingest_group *group);

#endif
