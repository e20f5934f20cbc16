/* The members of a large chain, straight into the hub's storage.
 *
 * The first BENCH_MEMBERS_LIKES are imported line by line, as `verno-hub members import` does it, and published. Every further
 * one is like one of them: he gets the rows that the import left of that one, under his own number, with his own card, movement
 * and number in the feed. So twenty million take minutes, and what is written is what an import would have written:
 * tests/unit/test_hub_members.c holds one against the other, table by table. */
#ifndef VN_TESTS_BENCH_HUB_MEMBERS_H
#define VN_TESTS_BENCH_HUB_MEMBERS_H

#include "sync/hub/core/hub.h"

#define BENCH_MEMBERS_LIKES 900

/* Member n's line for the import, appended. Members n and n + BENCH_MEMBERS_LIKES differ in id and card alone. */
VN_MUST_USE enum vn_status bench_member_line(long n, struct vn_buf *out);

/* Writes members 1 to `members` into a hub that has none; its ledger is attached, and it serves nobody meanwhile. `progress` may
 * be NULL. Takes 40 bytes of memory a member. */
VN_MUST_USE enum vn_status bench_members_put(struct vn_hub *hub, long members,
                                             void (*progress)(const char *what, long done, long of));

#endif
