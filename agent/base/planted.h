/* Faults that are planted to prove the prover: each is a mistake that somebody could make, and the simulator must find it.
 *
 * Only a build with VERNO_PLANTED has any of them, and commits one only when it is told to; in every other build VN_PLANTED is
 * false, and nothing of them is there. `toolchain/prove` plants them one by one, and says which invariant found each, and after
 * how many seeds. */
#ifndef VN_BASE_PLANTED_H
#define VN_BASE_PLANTED_H

#include <stdbool.h>

/* Name, and the mistake in a sentence. */
#define VN_PLANTS(X)                                                                                         \
    X(REPLY_BEFORE_FSYNC, "the POS is answered before its entry is on the disk")                             \
    X(ACK_BEFORE_COMMIT, "the hub acknowledges entries that are not on its disk")                            \
    X(DURABLE_WITHOUT_BACKUP, "what the hub has counts as safe, though it is on one disk only")              \
    X(WATERMARK_FALLS, "what a till knows to be safe at the hub falls when the hub says less")               \
    X(PRUNED_BEFORE_DURABLE, "entries leave the journal while the hub has them on one disk only")            \
    X(PRUNED_BEFORE_INCLUDED, "entries leave the journal before the cache includes them")                    \
    X(COUNTERS_OF_PRUNED, "the counters of rights are reckoned anew from a journal that was pruned")         \
    X(RESENT_COUNTS_AGAIN, "a batch that the hub has is taken in once more")                                 \
    X(VOID_COUNTED_TWICE, "a void takes back what the sale earned a second time")                            \
    X(LENT_OUT_EXPIRES, "points that are out at a till expire")                                              \
    X(QUARANTINE_FORGETS, "counters of an entry in quarantine do not count")                                 \
    X(CLONE_UNNOTICED, "a till that was rolled back or cloned is served")                                    \
    X(REVOKED_SERVED, "a till that was revoked is served")                                                   \
    X(OLD_RULES_TAKEN, "a ruleset with a lower number takes effect, and a hub that was set back gives one")  \
    X(OLD_REPLY_GIVEN, "another sale of the same number gets the old reply")                                 \
    X(RETRY_ADDS, "an answer about rights that comes again is granted again")                                \
    X(EPOCH_KEPT, "a hub that was restored goes on in its epoch")                                            \
    X(SET_BACK_FORGETS, "grants that a hub forgot when it was set back are not counted")                     \
    X(STAMPS_WITHOUT_RIGHT, "stamps are cashed in without a right")                                          \
    X(INCLUDED_OF_ALL,                                                                                       \
      "one number for all: each member's row is said to include all that the hub has acknowledged")          \
    X(HELD_RELEASED, "a right that a hold has goes back when the hub asks for it, unchecked by the journal") \
    X(RELEASED_AND_KEPT, "a right that goes back to the hub stays at the till, too")                         \
    X(CANCEL_KEEPS, "a hold that is cancelled or voided keeps its rights")                                   \
    X(LENT_AGAIN, "a request to lend that comes again is lent again")                                        \
    X(LENT_THOUGH_HELD, "a right that a hold has is lent to a neighbour, unchecked by the journal")          \
    X(TAKE_COUNTS_TWICE, "what a neighbour lent counts twice at the borrower")                               \
    X(GIVE_REFUNDED, "what was lent comes back without the borrower's word, while he takes it")              \
    X(REFUSED_TAKEN,                                                                                         \
      "a transfer that was refused is taken all the same, when its give comes late and is waited for")       \
    X(GRANTED_TO_TWO, "what is granted to one till is granted to the next one, too")                         \
    X(BUDGET_ISSUED_AGAIN, "a promotion's limit is issued again when tills have got it")                     \
    X(OLD_GRANTS_GIVEN, "a new enrolment is told the grants of the old one")                                 \
    X(SET_BACK_GRANTS, "a hub that was set back grants before all have shown what they have")                \
    X(WRITE_OFF_FORGETS, "what a till held that is written off is not looked for")                           \
    X(CHANGE_SKIPPED, "a change that is made while the feed is numbered is dropped with the others")         \
    X(OLD_LOG_REPLAYED, "a snapshot is renamed over the cache in force, whose log stays beside it")          \
    X(HELD_OPEN, "a hold that the next receipt finds open does not count as used")                           \
    X(TOMBSTONE_FORGOTTEN, "what is taken out is not told to the tills")                                     \
    X(SKIP_SAID_TO_BE_SAFE, "a batch that the hub has is answered before anybody else has it, as if safe")   \
    X(GONE_LOANS_NOT_ASKED, "what a till that is gone had lent, and nobody took, is asked for of nobody")    \
    X(UNSIGNED_GIVE, "a give that the lender did not sign is taken and posted")                              \
    X(RISK_UNBOUNDED,                                                                                        \
      "a till that is cut off gives points at a risk without a bound, unchecked by the journal")

enum vn_plant {
#define VN_PLANT_NAME(name, sentence) VN_PLANT_##name,
    VN_PLANTS(VN_PLANT_NAME)
#undef VN_PLANT_NAME
        VN_PLANT_COUNT,
};

#ifdef VERNO_PLANTED
/* Whether this one is to be committed now. Who links such a build says it. */
bool vn_planted(enum vn_plant plant);
#define VN_PLANTED(name) vn_planted(VN_PLANT_##name)
#else
#define VN_PLANTED(name) false
#endif

#endif
