/* Rows of lending between the tills of a store: transfers, where tills listen and by which keys they sign, and rosters. As
 * ledger.h: it stores and finds rows and knows no rules. */
#ifndef VN_HUB_STORAGE_LENDING_H
#define VN_HUB_STORAGE_LENDING_H

#include "sync/hub/storage/ledger.h"
#include "sync/hub/storage/storage.h"
#include "sync/wire/roster.h"
#include "sync/wire/transfer.h"

/* What is known of a transfer, added up. The audit (audit.c) reckons with these numbers. */
enum vn_transfer_step {
    VN_TRANSFER_STEP_GIVE = 1,
    VN_TRANSFER_STEP_TAKE = 2,
    VN_TRANSFER_STEP_REFUSE = 4,
    VN_TRANSFER_STEP_BACK = 8,
    VN_TRANSFER_STEP_GONE = 16,  /* its borrower was written off */
    VN_TRANSFER_STEP_ENDED = 32, /* its lender is gone, and it was refused: it went back to its owner */
    VN_TRANSFER_STEP_FOUND =
        64, /* beside GIVE: nobody told of it before its lender was written off, and it was taken */
};

struct vn_transfer_row {
    char number[VN_TRANSFER_MAX];
    int64_t lender, borrower; /* enrolments, by their rows' numbers */
    int64_t account;
    int64_t amount;
    int64_t steps;    /* 0: nothing is known of it */
    int64_t taken_ms; /* when the hub heard of it by its borrower; 0: it did not */
};
typedef enum vn_status (*vn_transfer_visit)(void *ctx, const struct vn_transfer_row *row);
VN_MUST_USE enum vn_status vn_storage_transfer_get(struct vn_storage *storage, const char *number,
                                                   int64_t lender,
                                                   struct vn_transfer_row *out); /* VN_ABSENT */
VN_MUST_USE enum vn_status vn_storage_transfer_put(struct vn_storage *storage,
                                                   const struct vn_transfer_row *row);
/* Those of this enrolment, as lender or as borrower, that one side alone has told of, or that were refused and did not come back;
 * behind `after` by number, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_transfers_open(struct vn_storage *storage, int64_t enrolment,
                                                     const char *after, struct vn_transfer_row *out,
                                                     unsigned max, unsigned *count);
/* Loans that one side alone has told of, for longer than it should be. */
struct vn_open_loans {
    int64_t count;
    char lender[VN_ID_MAX], borrower[VN_ID_MAX]; /* tills of the oldest */
    int64_t account, amount;
    bool heard;                       /* all that its lender had, since then */
    struct vn_enrolment_id enrolment; /* the borrower's, */
    bool ended; /* and it will tell no more: it was revoked, or its till enrolled anew */
};
/* Transfers that a borrower told of and their lender did not, though all that it had was heard later than that, or a week has
 * gone: either till may have made them up. */
VN_MUST_USE enum vn_status vn_storage_loans_untold(struct vn_storage *storage, int64_t now_ms,
                                                   struct vn_open_loans *out);
/* What tills that were written off, and not heard for a day, are known to have lent, and no till has told the end of. */
VN_MUST_USE enum vn_status vn_storage_loans_unended(struct vn_storage *storage, int64_t now_ms,
                                                    struct vn_open_loans *out);
/* Enrolments of a store whose transfers were ended because they are gone, the newest first, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_transfers_gone(struct vn_storage *storage, const char *store,
                                                     struct vn_enrolment_id *out, unsigned max,
                                                     unsigned *count);
/* Gives of tills that were written off to those of a store that are in force and have told of no end; at most
 * VN_ROSTER_OPEN_MAX, of each of these tills in turn, so that one that is away keeps no other from being asked. Not those under
 * a number that its borrower has told of as another's: he can't say anything else of it. */
VN_MUST_USE enum vn_status vn_storage_transfers_unended(struct vn_storage *storage, const char *store,
                                                        struct vn_give *out, unsigned *count);

/* What an enrolment has of each account, with what its transfers say of it that one side alone has told of: `given` to it by
 * others and not heard of, `taken` of it by others whose gives are still to come. By account, those behind `after`, at most
 * `max`. */
typedef enum vn_status (*vn_losing_visit)(void *ctx, const struct vn_claim_row *row, int64_t given,
                                          int64_t taken);
VN_MUST_USE enum vn_status vn_storage_losing(struct vn_storage *storage, int64_t enrolment, int64_t after,
                                             int64_t max, vn_losing_visit visit, void *ctx);

/* What it held is written off, and so is what comes to light later. */
VN_MUST_USE enum vn_status vn_storage_written_off_put(struct vn_storage *storage, int64_t enrolment);
VN_MUST_USE enum vn_status vn_storage_written_off(struct vn_storage *storage, int64_t enrolment, bool *out);

/* Where an enrolment listens, as it said last, and that key among those that it ever signed with; at most 8, the oldest go. */
VN_MUST_USE enum vn_status vn_storage_peer_put(struct vn_storage *storage, int64_t enrolment,
                                               const struct vn_peer_place *place, int64_t now_ms);
#define VN_PEER_KEYS_MAX 8
VN_MUST_USE enum vn_status vn_storage_peer_keys(struct vn_storage *storage, int64_t enrolment,
                                                struct vn_public_key out[VN_PEER_KEYS_MAX], unsigned *count);
/* The tills of a store that are in force and have said where they are, by enrolment; at most VN_ROSTER_TILLS_MAX, the newest. */
VN_MUST_USE enum vn_status vn_storage_peers(struct vn_storage *storage, const char *store,
                                            struct vn_roster_till *out, unsigned *count);

struct vn_roster_row {
    int64_t epoch, number;
    size_t signature_len;
    uint8_t signature[VN_SIGNATURE_MAX];
};
/* The last one that was made for the store, its text into `text`. VN_ABSENT. */
VN_MUST_USE enum vn_status vn_storage_roster_get(struct vn_storage *storage, const char *store,
                                                 struct vn_roster_row *out, struct vn_buf *text);
/* Its number alone; {0, 0}: none was made yet. */
VN_MUST_USE enum vn_status vn_storage_roster_number(struct vn_storage *storage, const char *store,
                                                    struct vn_cursor *out);
VN_MUST_USE enum vn_status vn_storage_roster_put(struct vn_storage *storage, const char *store,
                                                 const struct vn_roster_row *row, struct vn_view text);

#endif
