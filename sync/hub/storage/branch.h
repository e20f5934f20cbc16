/* Journals that branched off what the hub has of them, as a later enrolment of the same till handed them in (branch.h).
 *
 * A branch is an enrolment of its own, in the state VN_ENROLMENT_HANDED_IN: its entries lie in segments, and are posted, as all
 * others are, under the numbers that they have in the till's old journal. This row says where it begins, and what came of it. */
#ifndef VN_HUB_STORAGE_BRANCH_H
#define VN_HUB_STORAGE_BRANCH_H

#include "sync/hub/storage/storage.h"

struct vn_branch_row {
    int64_t id;                       /* of its enrolment row: the branch's number */
    struct vn_enrolment_id enrolment; /* whose journal it is */
    int64_t origin;    /* that enrolment's number, whose entries are before it; 0: it is not known here */
    int64_t successor; /* the enrolment that hands it in */
    int64_t from_seq;  /* its first entry */
    struct vn_hash prev_hash; /* hash(from_seq - 1) */
    int64_t opened_ms;
    int64_t sales;           /* posted */
    int64_t known;           /* that the hub had, and were not posted again ... */
    int64_t differing;       /* ... of which with other points than the hub has */
    int64_t points, coupons; /* redeemed without a right */
};
VN_MUST_USE enum vn_status vn_storage_branch_add(struct vn_storage *storage, const struct vn_branch_row *row);
VN_MUST_USE enum vn_status vn_storage_branch_get(struct vn_storage *storage, int64_t id,
                                                 struct vn_branch_row *out); /* VN_ABSENT */
/* The next branch of this enrolment's journal, behind number `after`. VN_ABSENT: there is none. */
VN_MUST_USE enum vn_status vn_storage_branch_after(struct vn_storage *storage,
                                                   const struct vn_enrolment_id *enrolment, int64_t after,
                                                   struct vn_branch_row *out);
/* Writes what came of it. */
VN_MUST_USE enum vn_status vn_storage_branch_put(struct vn_storage *storage, const struct vn_branch_row *row);
typedef enum vn_status (*vn_branch_visit)(void *ctx, const struct vn_branch_row *row);
VN_MUST_USE enum vn_status vn_storage_branches(struct vn_storage *storage, vn_branch_visit visit, void *ctx);
/* Branches that the enrolment `successor` handed in, counted no further than to `most`. */
VN_MUST_USE enum vn_status vn_storage_branches_count(struct vn_storage *storage, int64_t successor,
                                                     int64_t most, int64_t *out);

/* Whose entries are before the branch's first one; 0: nobody's, or it is no branch that begins above `seq`. */
VN_MUST_USE enum vn_status vn_storage_branch_origin(struct vn_storage *storage, int64_t id, int64_t seq,
                                                    int64_t *origin);

#endif
