/* What a till is since it was enrolled: its identity, its keys and where its hub is. Files of mode 0600 in the till's
 * folder, written once by `verno enrol`:
 *
 *     till.key        private key, made here, never leaves
 *     till.crt        its certificate, from the hub
 *     hub-ca.crt      the authority that the hub's certificate is checked against; a renewal may bring another
 *     enrolment.json  the rest, the card key among it
 *     till.pem        since the first renewal: key and certificate in one file, in place of till.key and till.crt
 *     journal.db      created together with the enrolment, never recreated (journal.h) */
#ifndef VN_STORE_ENROLMENT_H
#define VN_STORE_ENROLMENT_H

#include "agent/base/error.h"
#include "agent/base/limits.h"
#include "agent/crypto/x509.h"
#include "sync/wire/enrol.h"

struct vn_enrolment {
    struct vn_enrolment_id id;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    char hub_host[VN_NAME_MAX];
    int64_t hub_port;
    int64_t epoch;
    uint8_t card_key[VN_HASH_SIZE];
    char publishing_key[VN_PEM_MAX];
    char certificate[VN_PEM_MAX];
    char hub_ca[VN_PEM_MAX];
};

/* Writes all but key and journal; each file is whole and durable or not there (agent/base/file.h), enrolment.json
 * comes last. VN_CONFLICT when one exists, VN_ARG (the folder's name is too long), VN_FULL, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_enrolment_save(const char *folder, const struct vn_enrolment *enrolment,
                                             struct vn_error *error);
/* On failure *out is empty and *error names the file. VN_ABSENT: this till is not enrolled, or a file is gone;
 * VN_DENIED: a file that we can't read, or an enrolment.json that others can; VN_INPUT: what is in a file can't be right; VN_ARG
 * (as above), VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_enrolment_load(const char *folder, struct vn_enrolment *out,
                                             struct vn_error *error);

/* The key of enrolment->certificate. VN_ABSENT: its file is gone; VN_DENIED, VN_INPUT, VN_IO, VN_NOMEM as vn_key_load. */
VN_MUST_USE enum vn_status vn_enrolment_key(const char *folder, struct vn_key **out, struct vn_error *error);

/* Takes what POST /v1/renew brought: a certificate for `key` with this enrolment's name, signed by the authority that comes with
 * it. Writes it into the folder, where it is found from the next start on, and into *enrolment. The files of before
 * go. *info: the certificate's dates. VN_CORRUPT: it is for another key or name; VN_DENIED: not signed by its
 * authority; VN_INPUT: unreadable; in these cases nothing has changed. VN_IO, VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_enrolment_renew(const char *folder, struct vn_enrolment *enrolment,
                                              const struct vn_key *key, const struct vn_renew_reply *reply,
                                              struct vn_cert_info *info, struct vn_error *error);

/* Removes the files that save wrote, of an enrolment that never got its journal or has lost it: without one there is
 * nothing to lose. The key stays. VN_CONFLICT: there is a journal; nothing was removed. VN_ARG, VN_IO. */
VN_MUST_USE enum vn_status vn_enrolment_clear(const char *folder, struct vn_error *error);

#endif
