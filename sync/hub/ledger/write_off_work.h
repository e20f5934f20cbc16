/* What the files write_off*.c share, and what posting does by itself for a till that is gone. Nobody else includes it.
 *
 * Of each account the look states what the booking books: both reckon by vn_write_off_beyond, _at_hand and _found. */
#ifndef VN_HUB_WRITE_OFF_WORK_H
#define VN_HUB_WRITE_OFF_WORK_H

#include "sync/hub/ledger/post_work.h"

struct vn_write_off {
    struct vn_post *post;
    const struct vn_enrolment_row *row; /* which is gone */
    int64_t at_ms;
    bool late;              /* of an entry that was decided after it was written off */
    struct vn_error *error; /* says why, with VN_INPUT */
};

/* --- write_off_claim.c: one account of it */

/* What it has, when all that is held is at its hand again. What only an entry in quarantine brought in hangs on no lot, and is
 * decided with that entry. */
int64_t vn_write_off_at_hand(const struct vn_claim_row *row);
/* So much more than it had it used; an entry in quarantine may explain the rest, and is decided by itself. */
int64_t vn_write_off_beyond(const struct vn_claim_row *row);
/* What is no loss, of so much that would be lost: others turned out to have it before. */
int64_t vn_write_off_found(const struct vn_claim_row *row, int64_t amount);
/* What is lost of an account, all in all: `given`, `taken` as in vn_storage_losing. */
int64_t vn_write_off_reckon(const struct vn_claim_row *row, int64_t given, int64_t taken);

/* What is at hand is lost; or what it used beyond that comes out of what is free, or is owed, and what nobody can owe stays below
 * 0. */
VN_MUST_USE enum vn_status vn_write_off_claim(const struct vn_write_off *self, const struct vn_turn *turn,
                                              struct vn_post_claim *claim);
/* The same of an account of it, in the caller's transaction. */
VN_MUST_USE enum vn_status vn_write_off_account(const struct vn_write_off *self, int64_t account);
struct vn_turn vn_write_off_turn(const struct vn_write_off *self);

/* --- write_off_hold.c */

/* Holds of its till's sales behind *after end, of VN_WRITE_OFF_UNIT sales at most; *count: of how many. In the caller's
 * transaction. They are at hand then; `late`: and written off. */
#define VN_WRITE_OFF_UNIT 64
VN_MUST_USE enum vn_status vn_write_off_holds(const struct vn_write_off *self, int64_t *after,
                                              unsigned *count);

/* --- write_off_lent.c: ends the transfers of such an enrolment, before the rest that it has is written off. Units of its own */

struct vn_hub;
VN_MUST_USE enum vn_status vn_write_off_lent(struct vn_hub *hub, const struct vn_write_off *self);

/* --- write_off_late.c */

VN_MUST_USE enum vn_status vn_write_off_is_gone(struct vn_post *post, const struct vn_enrolment_row *row,
                                                bool *out);
/* After an entry was decided, in its transaction: of a till that was written off before, what is at hand now goes as it would
 * have gone then, and after the last one what is held. `moved`: the accounts that the entry names. Never to blame for anything:
 * what could not be booked stays, and the log says so. */
VN_MUST_USE enum vn_status vn_write_off_late(struct vn_post *post, const struct vn_enrolment_row *row,
                                             const struct vn_moved *moved, int64_t at_ms);

#endif
