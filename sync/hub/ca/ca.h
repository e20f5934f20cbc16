/* The chain's own authority, as files, and what is signed with it.
 *
 *     ca.pem         the root's certificate, 20 years: what tills pin. No secret
 *     root.key       its key. Made in a folder of its own, to be taken away from the machine; needed again only when a
 *                    new issuing key is made
 *     issuing.pem    the hub's key that signs tills and the hub itself, and behind it its certificate by the root
 *                    (5 years; signs no further authority). One file, so that the two never part
 *     server.pem     the hub's own certificate and its chain
 *
 * Whoever takes the hub's machine over has the issuing key, not the root: with the root another issuing key is made,
 * and no till needs a new ca.pem. A certificate travels with its issuer's behind it, so tills that hold one of an
 * earlier issuing key go on, and know nothing of it.
 *
 * A folder of version 1 has one key, ca.key, that is root and issuer at once. It goes on; vn_ca_split makes the
 * other kind of it.
 *
 * The dates of a certificate lie within those of its issuers: a resumed TLS session knows the end certificate alone.
 * A struct vn_ca may be used from several threads: it locks itself. Functions with a folder do file I/O. Times are
 * milliseconds since 1970 UTC. */
#ifndef VN_HUB_CA_H
#define VN_HUB_CA_H

#include "agent/base/random.h"
#include "agent/crypto/x509.h"

#define VN_CA_DAY_MS        INT64_C(86400000)
#define VN_CA_ROOT_TERM_MS  (7300 * VN_CA_DAY_MS)
#define VN_CA_ISSUE_TERM_MS (1825 * VN_CA_DAY_MS)
#define VN_CA_LEAF_TERM_MS  (365 * VN_CA_DAY_MS) /* tills' and the hub's own; renewed at two thirds of it */

struct vn_ca; /* opaque */

/* Whether certificates can have the chain's name. VN_INPUT: no, and a sentence says what they can have. */
VN_MUST_USE enum vn_status vn_ca_check_name(const char *name, struct vn_error *error);

/* Makes ca.pem and issuing.pem in `dir`, root.key in `root_dir` (made with mode 0700 when it is not there). VN_CONFLICT:
 * one of the files exists. VN_INPUT (name), VN_IO, VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ca_create_in(const char *dir, const char *root_dir, const char *name,
                                           int64_t now_ms, const struct vn_random *random,
                                           struct vn_error *error);

/* VN_ABSENT: no authority in this folder; VN_DENIED: a key that others can read; VN_INPUT: key and certificate are no
 * pair, or not readable as such; VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ca_open(const char *dir, struct vn_ca **out, struct vn_error *error);
void vn_ca_close(struct vn_ca *ca); /* also wipes; NULL is fine */
/* Reads the folder again; a new issuing key signs from then on. On failure everything stays as it was. */
VN_MUST_USE enum vn_status vn_ca_reopen(struct vn_ca *ca, struct vn_error *error);

/* What tills pin: one root, two while a chain of version 1 is being moved. Appended to `out`. VN_FULL, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_ca_roots(struct vn_ca *ca, struct vn_buf *out);
/* What the hub accepts its tills by: the issuing certificate first, which saves a signature a handshake, and the roots. */
VN_MUST_USE enum vn_status vn_ca_trusted(struct vn_ca *ca, struct vn_buf *out);

/* Issues a certificate for the key in the request, from a day ago to VN_CA_LEAF_TERM_MS from now, or to the end in `terms` if
 * that is later, or to its issuer's end if that is earlier; the beginning in `terms` is not looked at. Its chain is appended to
 * `chain`. Statuses of vn_cert_issue. */
VN_MUST_USE enum vn_status vn_ca_issue(struct vn_ca *ca, const struct vn_cert_terms *terms,
                                       struct vn_view csr_pem, int64_t now_ms, const struct vn_random *random,
                                       struct vn_buf *chain, struct vn_error *error);

/* Two thirds of the term are over: time for another one. */
bool vn_ca_is_due(const struct vn_cert_info *info, int64_t now_ms);

/* --- server.pem ----------------------------------------------------------------------------------------- */

struct vn_ca_names {
    const char *name[VN_CERT_NAMES_MAX];
    size_t count;
};
/* localhost, 127.0.0.1 and `hosts`, each once; views of them. VN_INPUT: one is neither a name nor an address, or they are too
 * many. */
VN_MUST_USE enum vn_status vn_ca_server_names(const char *const *hosts, size_t host_count,
                                              struct vn_ca_names *out, struct vn_error *error);

/* Writes server.pem for this key and these names, good at now_ms and at latest_ms, which is now_ms or later. */
VN_MUST_USE enum vn_status vn_ca_write_server(struct vn_ca *ca, struct vn_key *server,
                                              const struct vn_ca_names *names, int64_t now_ms,
                                              int64_t latest_ms, const struct vn_random *random,
                                              struct vn_error *error);

/* The same for the names that it carries now, when it is due, not good yet, or not signed by what tills pin. *renewed: it was.
 * VN_ABSENT: there is none; VN_INPUT: it is no certificate; both say what to do. */
VN_MUST_USE enum vn_status vn_ca_renew_server(struct vn_ca *ca, struct vn_key *server, int64_t now_ms,
                                              int64_t latest_ms, const struct vn_random *random,
                                              bool *renewed, struct vn_error *error);

struct vn_ca_server {
    struct vn_cert_names names;
    bool made_key;
};
/* The same for `hosts` (none: those that it carries now), with server.key, which is made when it is missing. A hub that runs
 * goes on with what it has read. VN_INPUT; others as vn_ca_create_in. */
VN_MUST_USE enum vn_status vn_ca_server_anew(const char *dir, const char *const *hosts, size_t host_count,
                                             int64_t now_ms, const struct vn_random *random,
                                             struct vn_ca_server *out, struct vn_error *error);

/* --- the authority itself ------------------------------------------------------------------------------- */

/* A new issuing key, signed with the root's, in place of the present one or of one that was lost: issuing.pem. VN_DENIED: the key
 * file is not that root's. Others as vn_ca_create_in. Whoever has the folder open reads it again by vn_ca_reopen. */
VN_MUST_USE enum vn_status vn_ca_renew_issuing(const char *dir, const char *root_key, int64_t now_ms,
                                               const struct vn_random *random, struct vn_error *error);

/* Version 1 to root and issuing key: makes both beside ca.key, and adds the new root to ca.pem. From then on tills get
 * certificates of the issuing key and are told of the new root when they renew, while the hub itself still shows a
 * certificate of ca.key, which all tills know. VN_CONFLICT: it is no folder of version 1. */
VN_MUST_USE enum vn_status vn_ca_split(const char *dir, const char *root_dir, const char *name,
                                       int64_t now_ms, const struct vn_random *random,
                                       struct vn_error *error);
/* The end of that, when no till is left that knows ca.key alone: ca.pem is the new root, and ca.key is removed.
 * VN_CONFLICT: there is nothing to end. */
VN_MUST_USE enum vn_status vn_ca_retire(const char *dir, struct vn_error *error);

/* What there is to know of it. */
struct vn_ca_state {
    enum { VN_CA_V1, VN_CA_SPLIT, VN_CA_MOVING } kind;
    struct vn_cert_info root;            /* the one that counts */
    struct vn_cert_info issuing;         /* version 1: the root */
    char old_serial[VN_SERIAL_TEXT_MAX]; /* of the root of version 1 that the chain is moving away from; "" */
};
void vn_ca_describe(struct vn_ca *ca, struct vn_ca_state *out);

/* What may be left to do for a person. Times are 0 when there is nothing of the kind. */
struct vn_ca_look {
    bool one_key;             /* version 1: the root issues, and its key is ca.key */
    int64_t issuing_until_ms; /* end of the certificate of what signs */
    bool issuing_due;
    int64_t server_until_ms; /* of server.pem; 0: it is missing, or no certificate */
    bool server_due;         /* for a day, and it could be had longer: it should have renewed itself */
    int64_t root_key_ms;     /* offline/root.key lies here, and was written then */
    int64_t old_key_ms;      /* so does ca.key; of a chain that is moving, since that began */
};
void vn_ca_look(struct vn_ca *ca, int64_t now_ms, struct vn_ca_look *out);

#endif
