/* A till that is gone for good: what it holds is stated as lost, and the chain bears it.
 *
 * Its points may have been spent, in sales that nobody will hear of, or not. Members get them back in any case, so the
 * loss is the chain's, but for what turns up elsewhere: issued -> lost, by as much as goes from the till's right back to
 * its owner. Coupons of single use, stamps, limits and what it had of promotions are lost for good, because they could be
 * used a second time; and the risks that it could have taken stay out (ledger/capacity.c). What it had borrowed goes with
 * it, whether or not it told of that, and what it lent to others is theirs (write_off_lent.c). Entries in quarantine are
 * decided by themselves (quarantine.h); what one that is decided later leaves with it goes the same way then
 * (write_off_late.c). */
#ifndef VN_HUB_WRITE_OFF_H
#define VN_HUB_WRITE_OFF_H

#include "sync/hub/core/hub.h"

struct vn_loss {
    int64_t enrolments;
    int64_t points;  /* of wallets, held ones too */
    int64_t wallets; /* that they are of */
    int64_t coupons;
    int64_t others; /* rights of limits, stamps, counts and budgets */
    int64_t risk;   /* points of what the chain risks */
    int64_t
        unshown; /* enrolments that have not shown what they have since the hub was set back: there may be more */
    int64_t before; /* enrolments that were written off before */
};

/* What the enrolments of a till hold, or (by its id in hex) one that has ended, or that its till has left for another; what they
 * sent is posted first. VN_ABSENT, VN_INPUT with a sentence: there is no such till, or that enrolment is in force. Units of its
 * own. */
VN_MUST_USE enum vn_status vn_write_off_look(struct vn_hub *hub, const char *till, struct vn_loss *out,
                                             struct vn_error *error);
/* Ends them and books it, if `points` is what would be lost in points: VN_CONFLICT with a sentence if it is not, and nothing was
 * done; VN_INPUT with a sentence: something of it can't be booked. In many short units: who repeats it after a failure is told
 * what is left. *out: what was lost. */
VN_MUST_USE enum vn_status vn_write_off(struct vn_hub *hub, const char *till, int64_t points, const char *who,
                                        struct vn_loss *out, struct vn_error *error);

/* Of write-offs alone: so much of the account may have been spent where nobody will hear of it. Points are back at the member at
 * the chain's cost; anything else could be used a second time, and is taken out. */
struct vn_turn;
struct vn_post_claim;
/* `claim`: whose loss it is; it remembers what was stated. What was found already of this loss is none. */
VN_MUST_USE enum vn_status vn_write_off_lose(const struct vn_turn *turn, struct vn_post_claim *claim,
                                             int64_t amount);
/* `borrower` is gone, and what `lender` gave it was not heard of there: it goes back to its owner and is lost in that way, but
 * for what the borrower is known to have lent on beyond what it had, which it must have had from there. */
VN_MUST_USE enum vn_status vn_write_off_given(const struct vn_turn *turn, struct vn_post_claim *lender,
                                              struct vn_post_claim *borrower, int64_t amount);

#endif
