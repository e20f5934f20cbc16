/* The fleet: one-time codes, enrolment, who a request comes from, branches, revocation.
 *
 * An enrolment is one certificate and one journal. A till that enrols anew gets a second enrolment beside the
 * first, which goes on counting until it is revoked. Revoking a till ends all of its enrolments. Writing off
 * what an ended enrolment still holds is not there yet. */
#ifndef VN_HUB_FLEET_H
#define VN_HUB_FLEET_H

#include "sync/hub/core/hub.h"
#include "sync/wire/enrol.h"
#include "sync/wire/stamp.h"

#define VN_ENROL_CODE_TERM_MS   INT64_C(86400000)
#define VN_FLEET_ENROLMENTS_MAX 32 /* of one till that are revoked at once */

/* A code for a till of a store: 130 random bits in groups, only its hash is stored. Makes the till when it is
 * new. VN_ABSENT: no such store; VN_CONFLICT: the till belongs to another store; VN_IO. */
VN_MUST_USE enum vn_status vn_fleet_code(struct vn_hub *hub, const char *store, const char *till,
                                         char out[VN_ENROL_CODE_MAX], struct vn_error *error);

/* Code and CSR against a certificate; a code counts once, also when the request then fails. Small letters,
 * blanks and other grouping are taken. VN_DENIED: the code is unknown, used or expired; VN_INPUT, VN_CORRUPT:
 * the CSR; VN_IO, VN_NOMEM. One transaction of its own. */
VN_MUST_USE enum vn_status vn_fleet_enrol(struct vn_hub *hub, const struct vn_enrol_request *request,
                                          struct vn_enrol_reply *reply, struct vn_error *error);

/* The next certificate for a till, in the caller's transaction; the present one stays good until this one was used.
 * VN_INPUT, VN_CORRUPT: the CSR; VN_DENIED: the issuing certificate is over; VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_fleet_renew(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                          const struct vn_renew_request *request,
                                          struct vn_renew_reply *reply, struct vn_error *error);

/* What a certificate is that the enrolment's till shows and that is not the one in use. *first: it is used for the first
 * time, which vn_storage_certificate_use writes down; else it was replaced, and the till must not go on. */
VN_MUST_USE enum vn_status vn_fleet_other_certificate(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                                      const char *serial, bool *first);

/* Whether the till should renew now although its certificate is not due: another key signs than the one that signed it,
 * and what the till knows the hub by may be another, too. */
VN_MUST_USE enum vn_status vn_fleet_wants_renewal(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                                  bool *out);

/* Whether where the till says it stands can be true. *branch is a sentence when it can't: the journal was set
 * back or copied. A request that was delayed on its way is not a branch: only what contradicts the entries
 * that the hub has counts. That is another hash at the same number, or another boot than the one in force at
 * that number or the one after it (a start's first requests are sent while its boot entry is written); a boot
 * that the hub never saw must stand at the head, since each start of a till is an entry. */
VN_MUST_USE enum vn_status vn_fleet_check(struct vn_hub *hub, const struct vn_enrolment_row *row,
                                          const struct vn_stamp *stamp, const char **branch);

/* Puts the enrolment into the state "branch", in the caller's transaction. */
VN_MUST_USE enum vn_status vn_fleet_branch(struct vn_hub *hub, struct vn_enrolment_row *row);

struct vn_revoked {
    int64_t enrolments; /* that were not revoked before */
    int64_t codes;      /* that were still good */
    /* Why a hub that is set back would not know it (core/mark_revoked.h), and what to do; "": it would. */
    char unkept[VN_ERROR_TEXT_MAX];
};
/* Revokes all enrolments of a till, and takes back its codes; notes it for a hub that is set back, and the log says by whom.
 * VN_ABSENT: nothing is known of such a till. Transactions of its own. */
VN_MUST_USE enum vn_status vn_fleet_revoke(struct vn_hub *hub, const char *till, const char *who,
                                           struct vn_revoked *out);

#endif
