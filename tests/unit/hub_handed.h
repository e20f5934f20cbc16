/* Journals that a later enrolment of their till hands in. */
#ifndef VN_TESTS_HUB_HANDED_H
#define VN_TESTS_HUB_HANDED_H

#include "tests/unit/hub_world.h"

/* Entries from_seq to the head of `old`, handed in by `by`, whose oldest that is left is `oldest`. What is taken is posted. Its
 * status; that a refusal says why is asserted. */
enum vn_status world_hand(const struct world_till *by, const struct world_till *old, int64_t from_seq,
                          int64_t oldest, struct vn_ingest_result *out);
/* The same; it must be taken, to its head. */
void world_hand_in(const struct world_till *by, const struct world_till *old, int64_t from_seq);

#endif
